"""Turns the rows of a file into rows of a layer, as a recipe's feed says: columns, constants, codes, filters, joins."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from layers.catalogue import LAYERS
from layers.files.errors import RecipeError
from layers.files.plain_table import as_text
from layers.schema import STORAGE_CRS, FieldType

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from layers.files.reading import RawTable
    from layers.files.recipe import Feed, Filter
    from layers.schema import Field

COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
TEXT_TYPES = (FieldType.TEXT, FieldType.CODE)


def _require_columns(frame: pd.DataFrame, feed: Feed) -> None:
    wanted = [*feed.columns.values(), *feed.parts.values(), *feed.distinct, *feed.dissolve, *(item.column for item in feed.where)]
    missing = sorted({name for name in wanted if name not in frame.columns})
    if missing:
        there = ", ".join(str(name) for name in frame.columns if name != "geometry")
        raise RecipeError(
            f"{feed.file} has no column {', '.join(missing)}; its columns are: {there}. Correct `columns` of the feed."
        )


def plain(value: Any) -> Any:
    """Give a cell as a plain Python value, None for unknown; whole floats of codes lose their fraction only as text.

    >>> plain(float("nan")), plain(" a "), plain(3)
    (None, ' a ', 3)
    """
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, float) and np.isnan(value):
        return None
    return value.item() if isinstance(value, np.generic) else value


def _objects(values: list[Any], index: pd.Index[Any]) -> pd.Series[Any]:
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return pd.Series(column, index=index, dtype=object)


def _texts(column: pd.Series[Any]) -> list[str | None]:
    """Give the cells of a column as texts, None for unknown."""
    cells = [plain(value) for value in column.tolist()]
    return [None if cell is None else as_text(cell) for cell in cells]


def _mask(frame: pd.DataFrame, item: Filter) -> pd.Series[bool]:
    column = _objects([plain(value) for value in frame[item.column].tolist()], frame.index)
    if item.op in ("is_null", "not_null"):
        return column.isna() if item.op == "is_null" else column.notna()
    if item.op in ("in", "not in"):
        wanted = {as_text(value) for value in item.value} if isinstance(item.value, list) else {as_text(item.value)}
        found = column.map(lambda value: value is not None and as_text(value) in wanted)
        return found if item.op == "in" else ~found
    compare, value = COMPARE[item.op], item.value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        numbers = pd.to_numeric(column, errors="coerce")
        return compare(numbers, value) & numbers.notna() if item.op != "!=" else ~numbers.eq(value)
    wanted_text = as_text(value)
    if item.op == "!=":
        return column.map(lambda cell: cell is None or as_text(cell) != wanted_text)
    return column.map(lambda cell: cell is not None and bool(compare(as_text(cell), wanted_text)))


def _filtered(frame: gpd.GeoDataFrame, feed: Feed) -> gpd.GeoDataFrame:
    for item in feed.where:
        frame = frame[_mask(frame, item).to_numpy(dtype=bool)]
    if feed.distinct:
        frame = frame[~frame.duplicated(list(feed.distinct)).to_numpy()]
    return frame


def _dissolved(frame: gpd.GeoDataFrame, feed: Feed) -> gpd.GeoDataFrame:
    """Merge rows that agree in the dissolve columns: the first row's values, the geometries of all as one multi-part geometry."""
    if not feed.dissolve:
        return frame
    keys = [tuple(as_text(plain(value) or "") for value in row) for row in frame[list(feed.dissolve)].itertuples(index=False)]
    parts: dict[tuple[str, ...], list[Any]] = {}
    for key, geometry in zip(keys, frame.geometry, strict=True):
        parts.setdefault(key, []).extend([] if geometry is None else shapely.get_parts(geometry).tolist())
    first = frame[~pd.Series(keys, index=frame.index).duplicated().to_numpy()]
    merged = [_collected(parts[key]) for key in dict.fromkeys(keys)]
    return first.set_geometry(gpd.GeoSeries(merged, index=first.index, crs=STORAGE_CRS))


def _collected(parts: list[Any]) -> Any:
    if len(parts) <= 1:
        return parts[0] if parts else None
    makers = {"Point": shapely.MultiPoint, "LineString": shapely.MultiLineString, "Polygon": shapely.MultiPolygon}
    kinds = {part.geom_type for part in parts}
    make = makers.get(kinds.pop(), shapely.GeometryCollection) if len(kinds) == 1 else shapely.GeometryCollection
    return make(parts)


def _joined(frame: gpd.GeoDataFrame, feed: Feed, table: pd.DataFrame | None) -> gpd.GeoDataFrame:
    """Look up the join's columns by code; codes are compared as texts, so 742 and 742.0 and "742" are one."""
    if feed.join is None:
        return frame
    if table is None:
        raise RecipeError(f"The feed of {feed.file} joins {feed.join.file}, which was not given.")
    for column, where, name in (
        (feed.join.on, frame, feed.file),
        *((c, table, feed.join.file) for c in (feed.join.to, *feed.join.columns)),
    ):
        if column not in where.columns:
            raise RecipeError(f"{name} has no column {column}, which `join` names.")
    first: dict[str | None, int] = {}
    for at, key in enumerate(_texts(table[feed.join.to])):
        first.setdefault(key, at)
    first.pop(None, None)
    rows = [first.get(key) for key in _texts(frame[feed.join.on])]
    found = {}
    for name in feed.join.columns:
        values = table[name].tolist()
        found[name] = _objects([None if at is None else plain(values[at]) for at in rows], frame.index)
    return frame.assign(**found)


def _converted(value: Any, target: Field, feed: Feed, unknown: set[str]) -> Any:
    """Give one cell as the feed says: unknown texts become None, codes are translated, factors applied, codes become text."""
    cell = plain(value)
    if cell is None or (isinstance(cell, str) and cell.strip() in unknown):
        return None
    table = feed.translate.get(target.name)
    if table is not None:
        return _translated(cell, table)
    if target.name in feed.factors:
        return _scaled(cell, feed.factors[target.name])
    if target.type in TEXT_TYPES and not isinstance(cell, str):
        cell = as_text(cell)
    return f"{feed.prefixes[target.name]}{cell}" if target.name in feed.prefixes else cell


def _translated(cell: Any, table: Mapping[str, str]) -> Any:
    text = as_text(cell).strip()
    if text in table:
        return table[text] or None
    return table.get("*", text) or None


def _scaled(cell: Any, factor: float) -> Any:
    try:
        return float(cell) * factor
    except (TypeError, ValueError):
        return cell


def _parts(column: pd.Series[Any]) -> list[str | None]:
    """Make keys unique that repeat: the first keeps its name with part 1, and so on (`1543362-1`, `1543362-2`)."""
    texts = _texts(column)
    seen: dict[str | None, int] = {}
    found = []
    for text in texts:
        seen[text] = seen.get(text, 0) + 1
        found.append(None if text is None else f"{text}-{seen[text]}")
    return found


def apply_feed(
    raw: RawTable, feed: Feed, *, join: pd.DataFrame | None = None, places: gpd.GeoDataFrame | None = None
) -> tuple[gpd.GeoDataFrame, pd.Index[Any]]:
    """Give the rows of a file as rows of the layer, with the layer's field names and still unparsed values.

    Args:
        raw: the file's rows, as `layers.files.read` gave them.
        feed: what the recipe says about this file.
        join: the table that the feed's `join` names, read as it stands.
        places: frame of the layer that `geometry_from` names, with its key column; rows without geometry take its geometry.

    Returns:
        The frame (fields named by the feed, geometry EPSG:4490, index = row numbers of the file) and that index.

    Raises:
        RecipeError: a column that the file does not have.
    """
    layer = LAYERS[feed.layer]
    source = _joined(raw.frame, feed, join)
    _require_columns(source, feed)
    source = _dissolved(_filtered(source, feed), feed)
    unknown = {text.strip() for text in feed.unknown}
    columns: dict[str, pd.Series[Any]] = {
        name: _objects([_converted(value, layer[name], feed, unknown) for value in source[column].tolist()], source.index)
        for name, column in feed.columns.items()
    }
    for name, column in feed.parts.items():
        columns[name] = _objects(list(_parts(source[column])), source.index)
    for name, value in feed.constants.items():
        columns[name] = _objects([value] * len(source), source.index)
    geometry = source.geometry
    if feed.geometry_from is not None and places is not None:
        geometry = _placed(geometry, columns, feed, places)
    frame = gpd.GeoDataFrame(pd.DataFrame(columns, index=source.index), geometry=geometry, crs=STORAGE_CRS)
    ordered = [name for name in layer.field_names if name in columns]
    frame = frame[[*ordered, "geometry"]]
    faults = raw.frame.attrs.get("geometry_faults", {})
    rows = set(frame.index.tolist())
    frame.attrs = {
        "geometry_faults": {row: fault for row, fault in faults.items() if row in rows},
        "allow_missing": tuple(feed.allow_missing),
        "rows_read": len(raw.frame),
    }
    return frame, frame.index


def _placed(
    geometry: gpd.GeoSeries, columns: Mapping[str, pd.Series[Any]], feed: Feed, places: gpd.GeoDataFrame
) -> gpd.GeoSeries:
    rule = feed.geometry_from
    if rule is None or rule.field not in columns:
        raise RecipeError(f"`geometry_from` of the feed of {feed.file} names a field that the feed does not fill.")
    key = LAYERS[rule.layer].key
    by_key = dict(zip(places[key].map(as_text), places.geometry, strict=True))
    found = [
        own if own is not None else by_key.get(as_text(code)) if code is not None else None
        for own, code in zip(geometry, columns[rule.field], strict=True)
    ]
    return gpd.GeoSeries(found, index=geometry.index, crs=STORAGE_CRS)
