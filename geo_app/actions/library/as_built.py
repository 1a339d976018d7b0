"""Works as they were built: the shape that was surveyed, or that of the feature a bureau keeps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import pandas as pd
import shapely

from geo_app.actions import reach
from geo_app.actions.edit_rows import features_of
from geo_app.actions.library import moving, record, reporting
from geo_app.errors import BadRequestError, NotFoundError
from layers.catalogue import LAYERS
from layers.declare import AREA_FIELDS
from layers.schema import STORAGE_CRS, GeometryKind
from layers.store import Condition, Insert, Receipt, Update

if TYPE_CHECKING:
    import datetime as dt

    from geo_app.access import Person
    from layers.store import Edit, Store


SOURCES: Final = tuple(
    name
    for name, layer in LAYERS.items()
    if layer.geometry is not GeometryKind.NONE and name not in {"photographs", "as_built", "projects", "assets"}
)
"""Layers of the bureaus from which works as built may be taken."""


def built_of(store: Store, person: Person, project_id: str) -> dict[str, Any] | None:
    """Give the works of a project as they were built; None where nothing was entered, or the person may not read it."""
    if not reach.may(person, "as_built"):
        return None
    where = (Condition("project_id", "=", project_id),)
    rows = features_of(store.read("as_built", where=where, reach=reach.of(store, person, "as_built")))
    return rows[0] if rows else None


@dataclass(frozen=True, slots=True)
class Built:
    """Works as built: their geometry, or the feature of a bureau's layer that it is taken from; when and by whom surveyed."""

    geometry: shapely.Geometry | None = None
    layer: str = ""
    feature: str = ""
    surveyed_on: dt.date | None = None
    surveyor: str = ""


def set_built(store: Store, person: Person, project_id: str, built: Built, *, today: dt.date) -> Receipt:
    """Keep the works of a project as they were built, in place of what was kept of them before.

    Raises:
        NotSignedInError, NotFoundError, ForbiddenError: the works are not this person's, or the feature is not read by them.
        BadRequestError: no geometry, one that is not valid, or a day to come.
    """
    found = record.project(store, person, project_id, on=today)
    reporting.require_reporter(store, person, found)
    if built.surveyed_on is not None and built.surveyed_on > today:
        raise BadRequestError(f"surveyed_on: a day not after {today.isoformat()} was expected")
    shape = built.geometry if not built.layer else _taken(store, person, built)
    if shape is None or shape.is_empty:
        raise BadRequestError("The works as built need a geometry: draw them, send a file, or name a feature of a layer")
    if not shape.is_valid:
        raise BadRequestError(f"The geometry is not valid: {shapely.is_valid_reason(shape)[:120]}")
    values = {
        "name": found.project.get("name"),
        "surveyed_on": built.surveyed_on,
        "surveyor": built.surveyor.strip()[:120] or None,
        "feature_layer": built.layer or None,
        "feature_id": built.feature or None,
        "length_m": None,
        "area_m2": None,
        "data_quality": found.project.get("data_quality"),
    }
    before = features_of(store.read("as_built", where=(Condition("project_id", "=", found.project_id),)))
    edit: Edit
    if before:
        edit = Update("as_built", str(before[0]["id"]), int(before[0]["ver"]), values, geometry=shape)
    else:
        row = {"project_id": found.project_id, **values, **{name: found.project.get(name) for name in AREA_FIELDS}}
        edit = Insert("as_built", gpd.GeoDataFrame(pd.DataFrame([row], dtype=object), geometry=[shape], crs=STORAGE_CRS))
    return moving.write(store, person, [edit], f"竣工图形 {found.project.get('name') or ''}".strip())


def _taken(store: Store, person: Person, built: Built) -> shapely.Geometry | None:
    if built.layer not in SOURCES:
        raise BadRequestError(f"layer: one of {', '.join(SOURCES)} was expected, found {built.layer[:40]!r}")
    layer = LAYERS[built.layer]
    where = (Condition(layer.key, "=", built.feature),)
    rows = store.read(layer.name, where=where, reach=reach.of(store, person, layer.name))
    if rows.empty:
        raise NotFoundError(f"The layer {layer.name!r} has no row {built.feature[:60]!r}")
    return rows.geometry.iloc[0]
