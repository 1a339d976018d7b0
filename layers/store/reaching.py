"""What part of a layer somebody may read: the one rule as SQL, on frames and on rows.

A row is inside when the finest area code that it states is among the granted codes. A row that states none is inside when its
geometry meets the outline of the granted areas. A layer with neither area codes nor geometry is inside for everybody.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
import sqlalchemy as sa

from layers.errors import BadConditionError
from layers.frames import GEOMETRY
from layers.schema import GeometryKind
from layers.store import geometry, rows

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping, Sequence

    import geopandas as gpd

    from layers.schema import Layer
    from layers.store.backend import Backend
    from layers.store.records import Condition, Reach, VersionRecord
    from layers.store.rows import Row

Truths = np.ndarray[Any, np.dtype[np.bool_]]
OUTLINES_HELD = 512
_outlines: OrderedDict[str, shapely.Geometry] = OrderedDict()
_lock = threading.Lock()
_comparing = threading.Lock()
"""GEOS builds the index of a prepared geometry at its first comparison, which two threads must not do at once."""


def code_fields(layer: Layer) -> tuple[str, ...]:
    """Name the fields that say in which area a row lies, finest first; the key of an area layer is the finest.

    >>> from layers.catalogue import layer
    >>> code_fields(layer("townships")), code_fields(layer("projects"))
    (('township_code', 'county_code'), ('village_code', 'township_code', 'county_code'))
    """
    if layer.key in layer.area_fields:
        return tuple(dict.fromkeys((layer.key, *layer.area_fields)))
    return layer.area_fields


def located(layer: Layer) -> bool:
    """Say whether the layer has geometry."""
    return layer.geometry is not GeometryKind.NONE


def clause(backend: Backend, layer: Layer, reach: Reach) -> sa.ColumnElement[bool]:
    """Say the rule in SQL; the codes travel as one parameter, however many they are."""
    fields = code_fields(layer)
    if reach.codes is None or not (fields or located(layer)):
        return sa.true()
    table = backend.tables[layer.name]
    parts: list[sa.ColumnElement[bool]] = []
    finest: sa.ColumnElement[Any] | None = None
    if fields:
        columns = [table.c[name] for name in fields]
        finest = sa.func.coalesce(*columns) if len(columns) > 1 else columns[0]
        parts.append(backend.among(finest, sorted(reach.codes)))
    if located(layer) and reach.outline is not None and not reach.outline.is_empty:
        meets = backend.meets(table, reach.outline)
        parts.append(meets if finest is None else sa.and_(finest.is_(None), meets))
    return sa.or_(*parts) if parts else sa.false()


def mask(frame: gpd.GeoDataFrame, layer: Layer, reach: Reach) -> Truths:
    """Say the rule for every row of a frame that holds the layer's area fields and, where it has one, its geometry."""
    if reach.codes is None:
        return np.ones(len(frame), dtype=bool)
    codes: list[Any] = [None] * len(frame)
    for name in reversed(code_fields(layer)):
        column = frame[name]
        codes = [value if known else old for value, known, old in zip(column, column.notna(), codes, strict=True)]
    shapes = np.asarray(frame[GEOMETRY].array, dtype=object) if located(layer) and GEOMETRY in frame.columns else None
    return _inside(layer, reach, codes, shapes)


def inside(rows_: Sequence[Row], layer: Layer, reach: Reach) -> Truths:
    """Say the rule for rows."""
    if reach.codes is None:
        return np.ones(len(rows_), dtype=bool)
    codes = finest_codes(rows_, layer)
    loose = [row.wkb if code is None else None for row, code in zip(rows_, codes, strict=True)]
    return _inside(layer, reach, codes, geometry.from_wkb(loose) if located(layer) else None)


def finest_codes(rows_: Sequence[Row], layer: Layer) -> list[Any]:
    """Give the finest area code that each row states; None where it states none."""
    fields = code_fields(layer)
    return [next((row.values[name] for name in fields if row.values[name] is not None), None) for row in rows_]


def _inside(layer: Layer, reach: Reach, codes: Sequence[Any], shapes: np.ndarray[Any, Any] | None) -> Truths:
    if not (code_fields(layer) or located(layer)):
        return np.ones(len(codes), dtype=bool)
    granted = reach.codes or frozenset()
    found = np.array([code in granted for code in codes], dtype=bool)
    loose = np.array([code is None for code in codes], dtype=bool)
    if shapes is not None and reach.outline is not None and loose.any():
        found[loose] = intersects(reach.outline, shapes[loose])
    return found


def intersects(outline: shapely.Geometry, shapes: np.ndarray[Any, Any]) -> Truths:
    """Say which geometries meet an outline; an unknown one does not, nor one that GEOS cannot compare."""
    with _comparing:
        shapely.prepare(outline)
        try:
            return np.asarray(shapely.intersects(outline, shapes), dtype=bool)
        except shapely.errors.GEOSException:
            return np.array([_meets(outline, shape) for shape in shapes], dtype=bool)


def _meets(outline: shapely.Geometry, shape: shapely.Geometry | None) -> bool:
    try:
        return shape is not None and bool(outline.intersects(shape))
    except shapely.errors.GEOSException:
        return False


def narrow(frame: gpd.GeoDataFrame, reach: Reach, layer: Layer | None = None) -> gpd.GeoDataFrame:
    """Drop the fields that may not be read, and blank those that name a person where the layer is given.

    `id`, `ver`, the key (where the layer is given) and the geometry stay.
    """
    frame = frame if layer is None else _blanked(frame, reach, layer)
    if reach.fields is None:
        return frame
    stay = {"id", "ver", GEOMETRY, *reach.fields} | ({layer.key} if layer else set())
    return frame[[name for name in frame.columns if name in stay]]


def _blanked(frame: gpd.GeoDataFrame, reach: Reach, layer: Layer) -> gpd.GeoDataFrame:
    """Make unknown what names a person, in a copy; a frame without the field that tells is blanked in every row."""
    rule = layer.personal
    if rule is None or not reach.masked or frame.empty:
        return frame
    names = [name for name in frame.columns if name in rule.hides]
    kinds = frame[rule.field].astype(object).to_numpy() if rule.field in frame else np.full(len(frame), rule.value, dtype=object)
    chosen = np.asarray(kinds == rule.value, dtype=bool)
    if not names or not chosen.any():
        return frame
    found = frame.copy()
    for name in names:
        column = found[name].copy()
        column[chosen] = None
        found[name] = column
    return found


def narrow_feature(feature: Mapping[str, Any], reach: Reach, layer: Layer) -> dict[str, Any]:
    """Drop the fields of one feature that may not be read, and blank those that name a person."""
    stay = None if reach.fields is None else {"fid", "id", "ver", layer.key, GEOMETRY, *reach.fields}
    hidden = personal_fields(layer, reach, feature)
    return {name: None if name in hidden else value for name, value in feature.items() if stay is None or name in stay}


def personal_fields(layer: Layer, reach: Reach, feature: Mapping[str, Any]) -> frozenset[str]:
    """Name the fields of a feature that name a person and are not for this reach.

    >>> from layers.catalogue import layer
    >>> from layers.store.records import Reach
    >>> ["owner" in personal_fields(layer("assets"), Reach(masked=True), {"asset_class": name}) for name in ("HHD", "PUB")]
    [True, False]
    """
    rule = layer.personal
    if rule is None or not reach.masked or feature.get(rule.field, rule.value) != rule.value:
        return frozenset()
    return rule.hides


def unasked(backend: Backend, layer: Layer, reach: Reach | None, names: Iterable[str]) -> list[sa.ColumnElement[bool]]:
    """Leave out the rows that name a person where a filter or an order asks by such a field: its answer would tell the name."""
    rule = layer.personal
    if rule is None or reach is None or not reach.masked or not rule.hides & set(names):
        return []
    column = backend.tables[layer.name].c[rule.field]
    return [sa.or_(column.is_(None), column != rule.value)]


def refuse_hidden_fields(layer: Layer, reach: Reach | None, where: Iterable[Condition]) -> None:
    """Raise BadConditionError for a condition on a field that may not be read, as for one that the layer does not have."""
    if reach is None or reach.fields is None:
        return
    open_names = {"fid", "id", "ver", layer.key, *reach.fields}
    for condition in where:
        if condition.field not in open_names:
            names = ", ".join(name for name in layer.field_names if name in open_names)
            raise BadConditionError(f"Layer {layer.name} has no field {condition.field!r}; its fields are: {names}")


def feature_inside(feature: Mapping[str, Any] | None, layer: Layer, reach: Reach) -> bool:
    """Say the rule for a feature as a dictionary; False for None."""
    if feature is None:
        return False
    code = next((feature[name] for name in code_fields(layer) if feature[name] is not None), None)
    shapes = None
    if located(layer):
        shapes = np.empty(1, dtype=object)
        shapes[0] = feature[GEOMETRY]
    return reach.codes is None or bool(_inside(layer, reach, [code], shapes)[0])


def readable_versions(layer: Layer, versions: Sequence[VersionRecord], reach: Reach) -> list[VersionRecord]:
    """Leave of the versions of one feature what may be read: nothing when its last state may not.

    A state that lay outside is left out of its version, a version with neither state inside is left out.
    """
    if not versions or not feature_inside(versions[-1].after or versions[-1].before, layer, reach):
        return []
    return visible(layer, versions, reach)


def visible(layer: Layer, versions: Iterable[VersionRecord], reach: Reach) -> list[VersionRecord]:
    """Leave of versions, perhaps of many features, the states that lie inside, with the fields that may be read."""
    found = []
    for item in versions:
        states = [
            narrow_feature(state, reach, layer) if state is not None and feature_inside(state, layer, reach) else None
            for state in (item.before, item.after)
        ]
        if any(state is not None for state in states):
            found.append(rows.with_states(item, states[0], states[1]))
    return found


# the test of an outline inside SQLite


def hold_outline(outline: shapely.Geometry) -> str:
    """Keep a prepared outline for the function `xt_meets` and give the name under which it finds it."""
    name = hashlib.sha256(shapely.to_wkb(outline)).hexdigest()
    with _lock:
        if name not in _outlines:
            shapely.prepare(outline)
            _outlines[name] = outline
            while len(_outlines) > OUTLINES_HELD:
                _outlines.popitem(last=False)
        _outlines.move_to_end(name)
    return name


def _blob_meets(blob: bytes | None, name: str) -> int:
    if blob is None:
        return 0
    shape = shapely.from_wkb(geometry.wkb_of(blob))
    with _comparing:
        return int(_meets(_outlines[name], shape))


def register(connection: sqlite3.Connection) -> None:
    """Give a connection the function that `GeoPackage.meets` calls."""
    connection.create_function("xt_meets", 2, _blob_meets, deterministic=True)
