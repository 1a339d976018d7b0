"""Writes a layer's rows for other programs: fields by the layer's declaration, text in the encoding asked for, formulas disarmed.

Files are written only to fresh paths, never over anything. Schema-first formats (Shapefile, GeoPackage, FlatGeobuf) stream
through fiona; GeoJSON, KML, CSV and XLSX are written by ourselves.
"""

from __future__ import annotations

import csv
import io
import warnings
from typing import TYPE_CHECKING, Any, Literal, get_args

import fiona
import fiona.errors
import geopandas as gpd
import numpy as np
import pandas as pd

from layers.files import shapefile_writing
from layers.files.errors import WriteError
from layers.files.text_writing import write_geojson, write_kml, write_xlsx
from layers.files.written_rows import Rows, plain_text
from layers.schema import STORAGE_CRS, FieldType, GeometryKind

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import shapely

    from layers.schema import Layer

Format = Literal["csv", "gpkg", "shp", "geojson", "kml", "xlsx", "fgb", "parquet"]
FORMATS: tuple[str, ...] = get_args(Format)
ENCODINGS = ("utf-8", "utf-8-sig", "gb18030")
"""Encodings of text files; utf-8-sig begins with the byte-order mark that spreadsheets need to see UTF-8."""
WITHOUT_TABLES = ("shp", "kml", "geojson", "fgb")
"""Formats that are nothing without geometry."""
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
FIONA_TYPES = {
    FieldType.TEXT: "str",
    FieldType.CODE: "str",
    FieldType.LIST: "str",
    FieldType.INTEGER: "int64",
    FieldType.NUMBER: "float",
    FieldType.FLAG: "bool",
    FieldType.DATE: "date",
}
DRIVERS = {"gpkg": "GPKG", "fgb": "FlatGeobuf"}


def guard_formula(text: str) -> str:
    """Put an apostrophe before a text that a spreadsheet would run as a formula.

    >>> guard_formula("=1+1"), guard_formula("村道")
    ("'=1+1", '村道')
    """
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def write(
    frame: gpd.GeoDataFrame | pd.DataFrame,
    layer: Layer,
    path: Path,
    *,
    format: Format | str,  # noqa: A002 - the word a person uses
    encoding: str = "utf-8",
) -> Path:
    """Write rows of a layer to a fresh file and give its path.

    Args:
        frame: rows with the layer's field names, geometry in EPSG:4490 (see `layers.frames`).
        layer: the layer's declaration; only its fields are written.
        path: where to write; nothing may be there. A shapefile is also packed as .zip beside it, and that path is given back.
        format: one of csv, gpkg, shp, geojson, kml, xlsx, fgb, parquet.
        encoding: utf-8, gb18030, or utf-8-sig for csv that spreadsheets open; csv and shp only, the others are always UTF-8.

    Raises:
        WriteError: something is there already, or the format cannot hold the layer.
    """
    if format not in FORMATS:
        raise WriteError(f"There is no format {format!r}; there are {', '.join(FORMATS)}.")
    if encoding.casefold() not in ENCODINGS:
        raise WriteError(f"There is no encoding {encoding!r} for files; there are {', '.join(ENCODINGS)}.")
    encoding = encoding.casefold()
    if path.exists():
        raise WriteError(f"A file named {path.name} is there already; choose another name.")
    if layer.geometry is GeometryKind.NONE and format in WITHOUT_TABLES:
        raise WriteError(f"{layer.en} is a table without geometry and cannot be written as {format}; write csv, xlsx or gpkg.")
    rows = Rows.of(frame, layer)
    if format == "shp":
        return shapefile_writing.write_shapefile(rows, path, encoding=encoding.removesuffix("-sig"))
    if format == "csv":
        _write_csv(rows, path, encoding)
        return path
    writers: dict[str, Callable[[Rows, Path], None]] = {
        "gpkg": _write_streamed,
        "fgb": _write_streamed,
        "geojson": write_geojson,
        "kml": write_kml,
        "xlsx": write_xlsx,
        "parquet": _write_parquet,
    }
    writers[format](rows, path)
    return path


def _write_csv(rows: Rows, path: Path, encoding: str) -> None:
    """Write CSV: CRLF, apostrophe before formulas; points as lon and lat, others as WKT."""
    points = rows.kinds <= {"Point"}
    extra = [] if rows.geometries is None else ["lon", "lat"] if points else ["wkt"]
    with path.open("x", encoding=encoding, newline="") as handle:
        writer = csv.writer(handle, lineterminator="\r\n")
        writer.writerow([*rows.names, *extra])
        for values, geometry in rows:
            cells = [guard_formula(plain_text(value)) if not _is_number(value) else plain_text(value) for value in values]
            writer.writerow([*cells, *_place_cells(geometry, points=points, there=bool(extra))])


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _place_cells(geometry: shapely.Geometry | None, *, points: bool, there: bool) -> list[str]:
    if not there:
        return []
    if geometry is None or geometry.is_empty:
        return ["", ""] if points else [""]
    return [repr(geometry.x), repr(geometry.y)] if points else [geometry.wkt]


def _write_streamed(rows: Rows, path: Path) -> None:
    """Write GeoPackage or FlatGeobuf, schema first, row by row."""
    format_name = path.suffix.removeprefix(".")
    driver = DRIVERS.get(format_name, "GPKG")
    schema: dict[str, Any] = {
        "geometry": rows.common_type() if rows.geometries is not None else "None",
        "properties": {field.name: FIONA_TYPES[field.type] for field in rows.fields},
    }
    if driver == "FlatGeobuf":
        schema["properties"] = {name: "str" if kind == "date" else kind for name, kind in schema["properties"].items()}
        rows = rows.with_dates_as_text()
    options: dict[str, Any] = {"layer": rows.layer.name} if driver == "GPKG" else {"SPATIAL_INDEX": "NO"}
    try:
        with (
            warnings.catch_warnings(action="ignore"),
            fiona.open(path, "w", driver=driver, schema=schema, crs=STORAGE_CRS, **options) as sink,  # noqa: TID251 - writes a fresh file
        ):
            sink.writerecords(rows.records(rows.names))
    except (fiona.errors.FionaError, fiona.errors.FionaValueError, OSError, RuntimeError) as error:
        path.unlink(missing_ok=True)
        raise WriteError(f"{rows.layer.en} could not be written as {driver}.") from error


def _write_parquet(rows: Rows, path: Path) -> None:
    """Write GeoParquet (or plain Parquet for a table); lists as JSON texts, dates as dates."""
    data = {}
    for at, item in enumerate(rows.fields):
        values = [plain_text(row[at]) if item.type is FieldType.LIST and row[at] is not None else row[at] for row, _ in rows]
        column = np.empty(len(values), dtype=object)
        column[:] = values
        data[item.name] = pd.Series(column).convert_dtypes() if item.type is not FieldType.DATE else pd.Series(column)
    table = pd.DataFrame(data)
    if rows.geometries is not None:
        table = gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(rows.geometries, crs=STORAGE_CRS), crs=STORAGE_CRS)
    buffer = io.BytesIO()
    table.to_parquet(buffer, index=False)
    with path.open("xb") as handle:
        handle.write(buffer.getvalue())
