"""Tables for people and scripts: CSV, JSON and XLSX with full numbers, unknown left empty, and no cell that a sheet would run."""

from __future__ import annotations

import csv
import io
import json
import math
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import pandas as pd
import shapely
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from geo_app.errors import BadRequestError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    import geopandas as gpd

FORMATS = ("csv", "json", "xlsx")
FORMULA_START = ("=", "+", "-", "@", "\t", "\r")
SHEET_NAME_LENGTH = 31
CELL_LENGTH = 32_767
ILLEGAL_IN_XML = {code: None for code in range(32) if chr(code) not in "\t\n\r"}


def plain(value: Any) -> Any:
    """Give any cell as a value that CSV and JSON can hold: None for unknown and for numbers that are not finite.

    Example:
        >>> plain(float("nan")), plain(pd.NA), plain(date(2026, 11, 1)), plain(3)
        (None, None, '2026-11-01', 3)
    """
    if is_dataclass(value) and not isinstance(value, type):
        value = asdict(value)
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    return _plain_scalar(value)


def _plain_scalar(value: Any) -> Any:
    if value is None or (pd.api.types.is_scalar(value) and pd.isna(value)):
        return None
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value if isinstance(value, str | int | float | bool) else str(value)


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Give the rows of a table as plain dictionaries, geometry left out."""
    table = frame.drop(columns="geometry", errors="ignore")
    columns = [str(name) for name in table.columns]
    return [dict(zip(columns, (plain(cell) for cell in row), strict=True)) for row in table.itertuples(index=False, name=None)]


def json_text(content: Any) -> str:
    """Write JSON with Chinese as it is; not-a-number never appears."""
    return json.dumps(plain(content), ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def csv_text(frame: pd.DataFrame) -> str:
    r"""Write CSV: a header row, LF line ends, unknown empty, text that a sheet would run as a formula behind an apostrophe.

    Example:
        >>> csv_text(pd.DataFrame({"name": ["=1+1", "会宁县"], "value": [0.1, float("nan")]}))
        "name,value\n'=1+1,0.1\n会宁县,\n"
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    rows = records(frame)
    writer.writerow([str(name) for name in frame.columns if name != "geometry"])
    writer.writerows([_csv_cell(cell) for cell in row.values()] for row in rows)
    return out.getvalue()


def geojson_text(frame: gpd.GeoDataFrame) -> str:
    """Write GeoJSON (RFC 7946: longitude, latitude) with plain properties; rows without geometry stay, as null."""
    geometries = frame.geometry if "geometry" in frame else [None] * len(frame)
    features = [
        {"type": "Feature", "geometry": None if shape is None else json.loads(shapely.to_geojson(shape)), "properties": row}
        for shape, row in zip(geometries, records(frame), strict=True)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False, allow_nan=False) + "\n"


def write_xlsx(sheets: Mapping[str, pd.DataFrame], target: Path | io.BytesIO) -> None:
    """Write a workbook with one sheet per table; text stays text, numbers stay numbers."""
    book = Workbook(write_only=True)
    for name, frame in sheets.items():
        sheet = book.create_sheet(name[:SHEET_NAME_LENGTH])
        sheet.freeze_panes = "A2"
        sheet.append([WriteOnlyCell(sheet, str(column)) for column in frame.columns if column != "geometry"])
        for row in records(frame):
            sheet.append([_xlsx_cell(sheet, cell) for cell in row.values()])
    book.save(target)


def facts(items: Iterable[tuple[str, Any]]) -> pd.DataFrame:
    """Make a two-column table of facts (name, value), for the sheet that says how a table came about."""
    return pd.DataFrame([(name, _text(value)) for name, value in items], columns=["name", "value"])


def write(frame: pd.DataFrame, path: Path, *, sheet: str = "table", more: Mapping[str, pd.DataFrame] | None = None) -> Path:
    """Write a table by the ending of the path; further sheets go into a workbook only.

    Raises:
        BadRequestError: another ending than csv, json or xlsx.
    """
    kind = path.suffix.lower().removeprefix(".")
    if kind not in FORMATS:
        raise BadRequestError(f"{path.name}: a table is written as one of {', '.join(FORMATS)}; found the ending {kind!r}.")
    path.parent.mkdir(parents=True, exist_ok=True)
    if kind == "xlsx":
        write_xlsx({sheet: frame, **(more or {})}, path)
    else:
        path.write_text(csv_text(frame) if kind == "csv" else json_text(records(frame)), encoding="utf-8", newline="")
    return path


def _text(value: Any) -> Any:
    found = plain(value)
    return json.dumps(found, ensure_ascii=False) if isinstance(found, dict | list) else found


def _csv_cell(value: Any) -> Any:
    value = _text(value)
    if isinstance(value, str) and value.startswith(FORMULA_START):
        return "'" + value
    return value


def _xlsx_cell(sheet: Any, value: Any) -> Any:
    value = _text(value)
    if not isinstance(value, str):
        return WriteOnlyCell(sheet, value)
    cell = WriteOnlyCell(sheet, value.translate(ILLEGAL_IN_XML)[:CELL_LENGTH])
    cell.data_type = "s"
    return cell
