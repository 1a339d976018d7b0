"""The dictionary of layers: what each holds, field by field, how many rows there are, and a page for a single row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, redirect, render_template, url_for

from geo_app.access import Permission, permission
from geo_app.web import context
from geo_app.web.desk import desk
from layers.catalogue import LAYERS
from layers.catalogue import layer as declared

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

pages = Blueprint("layers", __name__, url_prefix="/layers")


@pages.get("")
@permission(Permission.READ)
def index() -> ResponseReturnValue:
    """List the layers."""
    store = desk().store
    versions = store.versions()
    rows = [
        {
            "layer": layer,
            "count": store.count(name) if versions.get(name) else 0,
            "version": versions.get(name, 0),
            "simulated": context.simulated(name),
        }
        for name, layer in LAYERS.items()
    ]
    return render_template("layers.html", rows=rows)


@pages.get("/<name>")
@permission(Permission.READ)
def page(name: str) -> ResponseReturnValue:
    """Show a layer's fields, codes and rules."""
    layer = declared(name)
    return render_template("layer.html", layer=layer, count=desk().store.count(name), simulated_here=context.simulated(name))


@pages.get("/<name>/<code>")
@permission(Permission.READ)
def row_page(name: str, code: str) -> ResponseReturnValue:
    """Go to a row on the map, where its values and its history stand."""
    return redirect(url_for("map.page", pick=f"{declared(name).name}:{code}"))
