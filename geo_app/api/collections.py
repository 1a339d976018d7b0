"""Which collections a person sees, and what the service says of them; made once for a state of the layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import current_app, g, request

from geo_app.access import Verb
from geo_app.actions import reach as rights
from geo_app.api import service
from geo_app.api.asked import Collection
from geo_app.web.desk import Kept, desk, person, scoped
from layers.catalogue import LAYERS
from layers.schema import GeometryKind
from layers.store import querying

if TYPE_CHECKING:
    from layers.store import Reach
    from layers.store.backend import Box


KEPT = 1000


def base_url() -> str:
    """Give the address of the service as the outside sees it."""
    settings = desk().settings
    return (settings.public_url or request.host_url).rstrip("/") + service.PREFIX


def readable() -> list[Collection]:
    """Give every collection that the person sees, in the order of the catalogue."""
    return [collection(name) for name in rights.readable_layers(person())]


def collection(name: str) -> Collection:
    """Give a collection as the person sees it.

    Raises:
        NotFoundError: there is none of this name, or it is not for the person; both are said alike.
    """
    found: dict[str, Collection] = g.setdefault("ogc_collections", {})
    if name not in found:
        found[name] = _collection(name)
    return found[name]


def _collection(name: str) -> Collection:
    here, who = desk(), person()
    reach = rights.of(here.store, who, name)
    layer = LAYERS[name]
    located = layer.geometry is not GeometryKind.NONE
    return Collection(
        settings=here.settings,
        store=here.store,
        person=who,
        layer=layer,
        reach=reach,
        box=_box(name, reach) if located else None,
        editable=rights.may(who, name, Verb.SUBMIT),
    )


def _box(name: str, reach: Reach) -> Box | None:
    """Give where a collection lies: the whole layer, or the areas of somebody who sees no more, so that no row outside tells."""
    if reach.codes is not None:
        if reach.outline is None or reach.outline.is_empty:
            return None
        west, south, east, north = (float(value) for value in reach.outline.bounds)
        return west, south, east, north
    store = desk().store
    return _kept().get(("box", name, store.version(name)), lambda: querying.extent(store, name))


def whole_service() -> service.Service:
    """Give pygeoapi's object for everything the person sees."""
    versions = tuple(sorted(desk().store.versions().items()))
    return _kept().get(scoped("all", base_url(), versions), lambda: service.Service(service.config(base_url(), readable())))


def service_of(one: Collection) -> service.Service:
    """Give pygeoapi's object for one collection."""
    key = scoped("one", base_url(), one.layer.name, one.box, one.editable)
    return _kept().get(key, lambda: service.Service(service.config(base_url(), [one])))


def _kept() -> Kept:
    """Give what this part of the application keeps: many small things, apart from the few large ones of the pages."""
    found: Kept = current_app.extensions.setdefault("xiangtu-ogc", Kept(limit=KEPT))
    return found
