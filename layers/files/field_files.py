"""The GeoPackage that goes to the field: the layers' rows with `id` and `ver`, what they were, and a note of whose package it is.

Beside one table for each layer there are two without geometry: `xiangtu_base`, one row for each row that went out with its values
and its geometry, and `xiangtu_package`, names and values. Both are read back as texts and believed only when their seal fits.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import fiona
import fiona.errors
import numpy as np
import shapely

from layers.files.errors import WriteError
from layers.files.questions import Answers, Limits
from layers.files.reading import read
from layers.files.writing import FIONA_TYPES
from layers.files.written_rows import Rows, as_multi, plain_text
from layers.schema import STORAGE_CRS, FieldType, GeometryKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import geopandas as gpd

    from layers.schema import Field, Layer

BASE: Final = "xiangtu_base"
PACKAGE: Final = "xiangtu_package"
FAMILIES: Final = {"Point": "Point", "LineString": "Line", "Polygon": "Polygon"}


@dataclass(frozen=True, slots=True)
class FieldTable:
    """Rows of one layer on their way out: the frame with `id`, `ver` and the fields that may be read."""

    layer: Layer
    frame: gpd.GeoDataFrame

    @property
    def fields(self) -> tuple[Field, ...]:
        """The declared fields that the frame holds, without the internal id."""
        return tuple(item for item in self.layer.fields if item.name in self.frame.columns and item.name != "id")

    @property
    def families(self) -> tuple[str, ...]:
        """Kinds of geometry that the table holds or may take: Point, Line, Polygon; none for a table."""
        if self.layer.geometry is GeometryKind.NONE:
            return ()
        single = [kind.removeprefix("Multi") for kind in {item.geom_type for item in self.frame.geometry.dropna()}]
        found = {FAMILIES[kind] for kind in single if kind in FAMILIES}
        wanted = found or {FAMILIES[self.layer.geometry.value[0].removeprefix("Multi")]}
        return tuple(family for family in FAMILIES.values() if family in wanted)


def write_package(path: Path, tables: Sequence[FieldTable], base: Sequence[Mapping[str, Any]], note: Mapping[str, str]) -> Path:
    """Write the tables, what their rows were, and the note into a fresh GeoPackage.

    Raises:
        WriteError: something is there already, or it could not be written.
    """
    if path.exists():
        raise WriteError(f"A file named {path.name} is there already; choose another name.")
    try:
        with warnings.catch_warnings(action="ignore"):
            for table in tables:
                _write_table(path, table)
            texts = [
                {"layer": str(row["layer"]), "id": str(row["id"]), "ver": int(row["ver"]), "state": dumped(row)} for row in base
            ]
            _write_plain(path, BASE, {"layer": "str", "id": "str", "ver": "int64", "state": "str"}, texts)
            _write_plain(path, PACKAGE, {"name": "str", "value": "str"}, [{"name": k, "value": v} for k, v in note.items()])
    except (fiona.errors.FionaError, fiona.errors.FionaValueError, OSError, RuntimeError) as error:
        path.unlink(missing_ok=True)
        raise WriteError("The package could not be written as GeoPackage.") from error
    return path


def _write_table(path: Path, table: FieldTable) -> None:
    rows = Rows.of(table.frame.drop(columns=["id"]), table.layer)
    located = rows.geometries is not None
    kind = rows.common_type() if located else "None"
    schema = {
        "geometry": kind,
        "properties": {"id": "str", "ver": "int64"} | {field.name: FIONA_TYPES[field.type] for field in rows.fields},
    }
    heads = zip(table.frame["id"].astype("object"), table.frame["ver"].astype("object"), strict=True)
    with fiona.open(path, "w", driver="GPKG", layer=table.layer.name, schema=schema, crs=STORAGE_CRS) as sink:  # noqa: TID251 - a fresh file of ours
        sink.writerecords(
            {**record, "properties": {"id": head[0], "ver": int(head[1]), **record["properties"]}}
            for head, record in zip(heads, _records(rows, multi=str(kind).startswith("Multi")), strict=True)
        )


def _records(rows: Rows, *, multi: bool) -> Iterator[dict[str, Any]]:
    for values, geometry in rows:
        shape = as_multi(geometry) if multi and geometry is not None else geometry
        cells = [plain_text(value) if isinstance(value, (list, dict, tuple)) else value for value in values]
        yield {
            "type": "Feature",
            "geometry": None if shape is None else shapely.geometry.mapping(shape),
            "properties": dict(zip(rows.names, cells, strict=True)),
        }


def _write_plain(path: Path, name: str, properties: Mapping[str, str], records: Sequence[Mapping[str, Any]]) -> None:
    schema = {"geometry": "None", "properties": dict(properties)}
    with fiona.open(path, "w", driver="GPKG", layer=name, schema=schema) as sink:  # noqa: TID251 - a fresh file of ours
        sink.writerecords({"type": "Feature", "geometry": None, "properties": dict(record)} for record in records)


def dumped(feature: Mapping[str, Any]) -> str:
    """Write a feature's values and geometry as one line of JSON, always the same for the same feature."""
    values = {name: _json(value) for name, value in feature.items() if name not in {"layer", "id", "ver", "fid", "geometry"}}
    shape = feature.get("geometry")
    wkb = None if shape is None else shapely.to_wkb(shape, hex=True, byte_order=1, flavor="iso")
    return json.dumps({"values": values, "wkb": wkb}, ensure_ascii=False, sort_keys=True, allow_nan=False, separators=(",", ":"))


def _json(value: Any) -> Any:
    if isinstance(value, dt.date):
        return value.isoformat()
    return value.item() if isinstance(value, np.generic) else value


def loaded(state: str, layer: Layer) -> dict[str, Any]:
    """Bring a feature back from its line of JSON."""
    found = json.loads(state)
    values = {name: cell(layer[name], value) for name, value in found["values"].items() if name in layer}
    if layer.geometry is not GeometryKind.NONE:
        values["geometry"] = None if found["wkb"] is None else shapely.from_wkb(found["wkb"])
    return values


def cell(field: Field, value: Any) -> Any:
    """Give a cell of the file as a value of a field; what does not fit stays as it is, for the checks to name.

    >>> from layers.catalogue import layer
    >>> cell(layer("roads")["all_season"], 1), cell(layer("roads")["width_m"], ""), cell(layer("roads")["lanes"], 2.0)
    (True, None, 2)
    """
    if value is None or value == "" or (isinstance(value, float) and math.isnan(value)) or value != value:  # noqa: PLR0124 - NaT
        return None
    plain = value.item() if isinstance(value, np.generic) else value
    reader = _READERS.get(field.type)
    return plain if reader is None else reader(plain)


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _flag(value: Any) -> Any:
    return {"true": True, "false": False, "1": True, "0": False}.get(str(value).strip().lower(), value)


def _date(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, str):
        try:
            return dt.date.fromisoformat(value[:10].replace("/", "-"))
        except ValueError:
            return value
    return value


def _list(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


_READERS: Final = {FieldType.INTEGER: _whole, FieldType.FLAG: _flag, FieldType.DATE: _date, FieldType.LIST: _list}


@dataclass(frozen=True, slots=True)
class ReturnedRow:
    """A row as it came back: its number in the table, the id it bears (None: new), its values and geometry."""

    number: int
    id: str | None
    cells: dict[str, Any]


def read_plain(path: Path, name: str, limits: Limits) -> list[dict[str, Any]]:
    """Read one of our tables without geometry, through the locked-down process."""
    frame = read(path, original_name="field.gpkg", answers=Answers(layer=name), limits=limits).frame
    return [{str(key): value for key, value in row.items() if key != "geometry"} for row in frame.to_dict("records")]


def read_rows(path: Path, layer: Layer, fields: Sequence[str], limits: Limits) -> list[ReturnedRow]:
    """Read the rows of a layer as they came back, through the locked-down process; only the fields that went out count."""
    frame = read(path, original_name="field.gpkg", answers=Answers(layer=layer.name), limits=limits).frame
    known = [name for name in fields if name in frame.columns and name in layer and name != "id"]
    located = layer.geometry is not GeometryKind.NONE
    found = []
    for number, row in zip(frame.index.tolist(), frame.to_dict("records"), strict=True):
        values = {name: cell(layer[name], row[name]) for name in known}
        if located:
            values["geometry"] = row["geometry"]
        own = row.get("id")
        found.append(ReturnedRow(int(number), str(own) if isinstance(own, str) and own else None, values))
    return found
