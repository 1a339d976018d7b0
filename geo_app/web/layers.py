"""The dictionary of layers: what each holds, field by field, how many rows there are, and a page for a single row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, redirect, render_template, url_for

from geo_app.access import Permission, Verb, permission
from geo_app.actions import reach
from geo_app.web import context
from geo_app.web.desk import desk, layer_of, person
from geo_app.web.desk import reach as reach_of
from layers.catalogue import LAYERS

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

pages = Blueprint("layers", __name__, url_prefix="/layers")


@pages.get("")
@permission(Permission.READ)
def index() -> ResponseReturnValue:
    """List the layers."""
    store, who = desk().store, person()
    versions, readable = store.versions(), reach.for_reading(store, who)
    rows = [
        {
            "layer": LAYERS[name],
            "count": store.count(name, reach=limit) if versions.get(name) else 0,
            "version": versions.get(name, 0) if who.everything else 0,
            "simulated": context.simulated(name),
        }
        for name, limit in readable.items()
    ]
    return render_template("layers.html", rows=rows)


@pages.get("/<name>")
@permission(Permission.READ)
def page(name: str) -> ResponseReturnValue:
    """Show a layer's fields, codes and rules."""
    layer, limit = layer_of(name), reach_of(name)
    count = desk().store.count(name, reach=limit)
    may_import = reach.may(person(), name, Verb.SUBMIT)
    return render_template("layer.html", layer=layer, count=count, simulated_here=context.simulated(name), may_import=may_import)


@pages.get("/<name>/<code>")
@permission(Permission.READ)
def row_page(name: str, code: str) -> ResponseReturnValue:
    """Go to a row on the map, where its values and its history stand."""
    return redirect(url_for("map.page", pick=f"{layer_of(name).name}:{code}"))
