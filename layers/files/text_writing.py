"""Writes GeoJSON (RFC 7946), KML and XLSX from plain rows, every value as data and never as markup or formula."""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import openpyxl
import shapely
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from layers.files.errors import WriteError
from layers.files.written_rows import plain_text

if TYPE_CHECKING:
    from pathlib import Path

    from layers.files.written_rows import Rows

DECIMALS = 7
XLSX_ROWS = 1_048_575
XLSX_TEXT = 32_767
WKT_TOO_LONG = "too long for a cell; export csv or gpkg 图形超出单元格长度，请导出 csv 或 gpkg"
NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
SHEET_NAME = 31


def _rounded(geometry: shapely.Geometry | None) -> dict[str, Any] | None:
    """Give a geometry as GeoJSON: 7 decimals (about 1 cm), outer rings counter-clockwise."""
    if geometry is None or geometry.is_empty:
        return None
    oriented = shapely.orient_polygons(shapely.force_2d(geometry), exterior_cw=False)
    mapping: dict[str, Any] = json.loads(
        shapely.to_geojson(shapely.transform(oriented, lambda points: np.round(points, DECIMALS)))
    )
    return mapping


def write_geojson(rows: Rows, path: Path) -> None:
    """Write a feature collection in CRS84, one feature a line; dates as ISO texts, lists as JSON lists."""
    with path.open("x", encoding="utf-8", newline="\n") as handle:
        handle.write('{"type":"FeatureCollection","features":[')
        for at, (values, geometry) in enumerate(rows):
            properties = {
                name: value.isoformat() if isinstance(value, dt.date) else value
                for name, value in zip(rows.names, values, strict=True)
            }
            feature = {"type": "Feature", "properties": properties, "geometry": _rounded(geometry)}
            handle.write(("," if at else "") + "\n" + json.dumps(feature, ensure_ascii=False, allow_nan=False))
        handle.write("\n]}\n")


def _xml(text: str) -> str:
    return escape(NO_XML.sub("", text))


def _coordinates(geometry: shapely.Geometry) -> str:
    return " ".join(f"{x:.{DECIMALS}f},{y:.{DECIMALS}f}" for x, y in shapely.get_coordinates(geometry).tolist())


def _ring(ring: shapely.Geometry, name: str) -> str:
    return f"<{name}><LinearRing><coordinates>{_coordinates(ring)}</coordinates></LinearRing></{name}>"


def kml_geometry(geometry: shapely.Geometry | None) -> str:
    """Write a geometry as a KML element; an empty text for none."""
    if geometry is None or geometry.is_empty:
        return ""
    kind = geometry.geom_type
    if kind.startswith("Multi") or kind == "GeometryCollection":
        return f"<MultiGeometry>{''.join(kml_geometry(part) for part in geometry.geoms)}</MultiGeometry>"
    if kind == "Polygon":
        holes = "".join(_ring(hole, "innerBoundaryIs") for hole in geometry.interiors)
        return f"<Polygon>{_ring(geometry.exterior, 'outerBoundaryIs')}{holes}</Polygon>"
    return f"<{kind}><coordinates>{_coordinates(geometry)}</coordinates></{kind}>"


def write_kml(rows: Rows, path: Path) -> None:
    """Write KML 2.2 with a typed schema of the layer's fields; the layer's name field becomes the placemark's name."""
    kinds = {"integer": "int", "number": "double", "flag": "bool"}
    fields = "".join(
        f"<SimpleField name={quoteattr(item.name)} type={quoteattr(kinds.get(item.type.value, 'string'))}/>"
        for item in rows.fields
    )
    title = rows.names.index(rows.layer.name_field) if rows.layer.name_field in rows.names else None
    with path.open("x", encoding="utf-8", newline="\n") as handle:
        handle.write('<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2"><Document>')
        layer = quoteattr(rows.layer.name)
        handle.write(f"<name>{_xml(rows.layer.name)}</name><Schema name={layer} id={layer}>{fields}</Schema>\n")
        for values, geometry in rows:
            name = "" if title is None else f"<name>{_xml(plain_text(values[title]))}</name>"
            data = "".join(
                f"<SimpleData name={quoteattr(field)}>{_xml(_kml_value(value))}</SimpleData>"
                for field, value in zip(rows.names, values, strict=True)
                if value is not None
            )
            extended = (
                f"<ExtendedData><SchemaData schemaUrl={quoteattr('#' + rows.layer.name)}>{data}</SchemaData></ExtendedData>"
            )
            handle.write(f"<Placemark>{name}{extended}{kml_geometry(geometry)}</Placemark>\n")
        handle.write("</Document></kml>\n")


def _kml_value(value: Any) -> str:
    return str(int(value)) if isinstance(value, bool) else plain_text(value)


def _cell(sheet: Any, value: Any) -> Any:
    """Make a cell; a text is forced to be a text, so that none is taken for a formula."""
    if value is None or isinstance(value, (bool, int, float, dt.date)):
        return value
    text = ILLEGAL_CHARACTERS_RE.sub("", plain_text(value))[:XLSX_TEXT]
    cell = WriteOnlyCell(sheet, value=text)
    cell.data_type = "s"
    return cell


def _wkt_cell(geometry: shapely.Geometry) -> str:
    """Write WKT that a cell holds: shortened to our decimals where it is too long; a sentence instead of a geometry cut off."""
    text = geometry.wkt
    if len(text) > XLSX_TEXT:
        text = shapely.to_wkt(geometry, rounding_precision=DECIMALS)
    return text if len(text) <= XLSX_TEXT else WKT_TOO_LONG


def write_xlsx(rows: Rows, path: Path) -> None:
    """Write a workbook with one sheet; points as lon and lat, other geometries as WKT."""
    if rows.count > XLSX_ROWS:
        raise WriteError(f"A sheet holds {XLSX_ROWS} rows, {rows.layer.en} has {rows.count}; write csv or gpkg.")
    points = rows.kinds <= {"Point"}
    extra = [] if rows.geometries is None else ["lon", "lat"] if points else ["wkt"]
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet(rows.layer.name[:SHEET_NAME])
    sheet.append([*rows.names, *extra])
    for values, geometry in rows:
        place: list[Any] = [] if not extra else [None] * len(extra)
        if extra and geometry is not None and not geometry.is_empty:
            place = [geometry.x, geometry.y] if points else [_wkt_cell(geometry)]
        sheet.append([_cell(sheet, value) for value in (*values, *place)])
    with path.open("xb") as handle:
        book.save(handle)
