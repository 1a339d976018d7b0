"""Reads the formats that need GDAL (Shapefile, GeoPackage, KML, FlatGeobuf). Runs only inside the locked-down reading process."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any
from xml.parsers import expat

import numpy as np
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError, FieldError, GeometryError

from layers.files.encoding import find_encoding
from layers.files.errors import UnreadableFileError
from layers.files.plain_table import PlainTable
from layers.files.shapefile_gate import check_shapefile
from layers.files.sqlite_schema import check_tables_only

if TYPE_CHECKING:
    from pathlib import Path

    from layers.files.questions import Answers, Limits

DRIVERS = {"shp": {"ESRI Shapefile"}, "gpkg": {"GPKG"}, "kml": {"LIBKML", "KML"}, "fgb": {"FlatGeobuf"}}
TITLES = {
    "shp": "Shapefile",
    "gpkg": "GeoPackage",
    "kml": "KML",
    "fgb": "FlatGeobuf",
    "geojson": "GeoJSON",
    "csv": "CSV",
    "xlsx": "XLSX",
}
FLATGEOBUF_MAGIC = b"fgb\x03fgb"
XML_DEPTH = 64
TRANSPARENT = "ISO-8859-1"
"""Decodes every byte to one character and back, so that the texts of a .dbf can be judged as the bytes they are."""
GDAL_ERRORS = (DataSourceError, DataLayerError, FieldError, GeometryError, UnicodeError, ValueError, OSError, RuntimeError)
ROW_LOST = "unreadable"
ROW_UNCLOSED = "unclosed"


def _unreadable(kind: str, reason: str = "") -> UnreadableFileError:
    return UnreadableFileError(f"The file could not be read as {TITLES[kind]}. {reason}".strip())


def check_kml(path: Path) -> None:
    """Refuse a KML that declares a document type, nests too deep, or whose root is something else."""
    parser = expat.ParserCreate(namespace_separator=" ")
    depth = 0

    def start(name: str, _: Any) -> None:
        nonlocal depth
        depth += 1
        if depth == 1 and name.rpartition(" ")[2] != "kml":
            raise _unreadable("kml", "Its root is not <kml>.")
        if depth > XML_DEPTH:
            raise _unreadable("kml", f"Its elements nest deeper than {XML_DEPTH}.")

    def end(_: str) -> None:
        nonlocal depth
        depth -= 1

    def doctype(*_: Any) -> None:
        raise _unreadable("kml", "It declares a document type (DOCTYPE), which a map file never needs. Remove it.")

    parser.StartElementHandler, parser.EndElementHandler, parser.StartDoctypeDeclHandler = start, end, doctype
    try:
        with path.open("rb") as handle:
            parser.ParseFile(handle)
    except (expat.ExpatError, LookupError, ValueError) as error:
        if isinstance(error, UnreadableFileError):
            raise
        raise _unreadable("kml", "It is not well-formed XML.") from error


def _check_magic(path: Path, kind: str, limits: Limits) -> int:
    """Look at the bytes before GDAL does; returns the language-driver byte of a shapefile, otherwise 0."""
    if kind == "shp":
        return check_shapefile(path, limits).language_driver
    if kind == "gpkg":
        check_tables_only(path)
    elif kind == "kml":
        check_kml(path)
    else:
        with path.open("rb") as handle:
            if handle.read(len(FLATGEOBUF_MAGIC)) != FLATGEOBUF_MAGIC:
                raise _unreadable(kind)
    return 0


def _choose_layer(path: Path, kind: str, wanted: str | None, table: PlainTable) -> str | None:
    names = [str(name) for name, _ in pyogrio.list_layers(path)]
    table.layers = names
    if wanted is not None and kind != "shp":
        if wanted not in names:
            raise _unreadable(kind, f"It has no layer {wanted[:60]!r}; it has: {', '.join(names)[:300]}")
        return wanted
    if not names:
        raise _unreadable(kind, "It holds no layer.")
    if len(names) > 1 and wanted is None:
        table.layer_question = True
    return names[0]


def _geometries(raw: np.ndarray[Any, Any] | None, table: PlainTable, limits: Limits, what: str | None) -> None:
    if raw is None or what is None:
        table.geometry = None
        return
    with np.errstate(invalid="ignore"):
        geometries = shapely.from_wkb(raw, on_invalid="ignore")
    lost = np.flatnonzero(shapely.is_missing(geometries) & np.array([item is not None for item in raw], dtype=bool))
    for position in lost.tolist():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            closed = shapely.from_wkb(raw[position], on_invalid="fix")
        table.faults[position + 1] = ROW_LOST if closed is None else ROW_UNCLOSED
        geometries[position] = closed
    limits.require("vertices", int(shapely.get_num_coordinates(geometries).sum()), "vertices")
    table.geometry = shapely.to_wkb(geometries, include_srid=False).tolist()


def is_object(values: Any) -> bool:
    """Say whether a column holds Python objects (texts), not numbers."""
    return isinstance(values, np.ndarray) and values.dtype.kind == "O"


def _raw_texts(columns: dict[str, Any]) -> list[bytes]:
    found: set[str] = set()
    for name, values in columns.items():
        found.add(name)
        if is_object(values):
            found.update(value for value in values.tolist() if isinstance(value, str))
    return [text.encode(TRANSPARENT) for text in found]


def _decode(columns: dict[str, Any], encoding: str) -> dict[str, Any]:
    """Decode texts that were read transparently; every distinct text once."""
    decoded: dict[str, Any] = {}
    for name, values in columns.items():
        title = name.encode(TRANSPARENT).decode(encoding, "replace")
        if not is_object(values):
            decoded[title] = values
            continue
        words = {
            text: text.encode(TRANSPARENT).decode(encoding, "replace") for text in set(values.tolist()) if isinstance(text, str)
        }
        decoded[title] = [words.get(value, value) for value in values.tolist()]
    return decoded


def _settle_encoding(table: PlainTable, path: Path, language_driver: int, answer: str | None) -> None:
    cpg = path.with_suffix(".cpg")
    declared = cpg.read_bytes()[:40].decode("ascii", "replace") if cpg.is_file() else None
    found = find_encoding(_raw_texts(table.columns), cpg=declared, language_driver=language_driver, answer=answer)
    table.encoding, table.encoding_how = found.value, found.how
    if found.question is not None:
        question = found.question
        table.encoding_question = {
            "text_zh": question.text_zh,
            "text_en": question.text_en,
            "choices": [[choice.value, choice.label_zh, choice.label_en, choice.evidence] for choice in question.choices],
        }
    table.columns = _decode(table.columns, found.value or TRANSPARENT)


def _read(path: Path, kind: str, table: PlainTable, answers: Answers, limits: Limits) -> None:
    options: dict[str, Any] = {"IMMUTABLE": "YES", "LIST_ALL_TABLES": "NO"} if kind == "gpkg" else {}
    layer = _choose_layer(path, kind, answers.layer, table)
    encoding = TRANSPARENT if kind == "shp" else None
    info = pyogrio.read_info(path, layer=layer, encoding=encoding, **options)
    if info["driver"] not in DRIVERS[kind]:
        raise _unreadable(kind)
    limits.require("fields", len(info["fields"]), "fields")
    limits.require("features", max(int(info["features"]), 0), "rows")
    meta, _, raw, data = pyogrio.raw.read(
        path, layer=layer, encoding=encoding, max_features=limits.features + 1, datetime_as_string=False, **options
    )
    table.layer, table.crs, table.rows = layer, meta["crs"], len(raw) if raw is not None else len(data[0]) if data else 0
    limits.require("features", table.rows, "rows")
    names = unique_names([str(name) for name in meta["fields"]])
    table.columns = dict(zip(names, data, strict=True))
    table.types = list(zip(names, (str(kind) for kind in meta["ogr_types"]), strict=True))
    _geometries(raw, table, limits, meta["geometry_type"])


def unique_names(names: list[str]) -> list[str]:
    """Make column names unique by numbering repeated ones.

    >>> unique_names(["a", "a", ""])
    ['a', 'a_2', 'column_3']
    """
    found: list[str] = []
    for position, name in enumerate(names, start=1):
        text = name.strip() or f"column_{position}"
        count = 2
        candidate = text
        while candidate in found:
            candidate, count = f"{text}_{count}", count + 1
        found.append(candidate)
    return found


def read_vector(path: Path, kind: str, answers: Answers, limits: Limits) -> PlainTable:
    """Read one layer of a file that needs GDAL.

    Raises:
        UnreadableFileError: not of this format, damaged, or made to harm.
        LimitExceededError: too many fields, rows or vertices.
    """
    language_driver = _check_magic(path, kind, limits)
    table = PlainTable(kind)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _read(path, kind, table, answers, limits)
    except GDAL_ERRORS as error:
        if isinstance(error, UnreadableFileError) or hasattr(error, "limit"):
            raise
        raise _unreadable(kind) from error
    table.crs_known_by_format = kind == "kml"
    if kind == "kml":
        table.crs = "OGC:CRS84"
    if kind == "shp":
        _settle_encoding(table, path, language_driver, answers.encoding)
        names = list(table.columns)
        table.types = [(name, kind_name) for name, (_, kind_name) in zip(names, table.types, strict=True)]
    else:
        table.encoding, table.encoding_how = "utf-8", "declared"
    return table
