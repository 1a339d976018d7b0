"""Files on their way out: written in a folder of their own, sent as attachments under readable names, then removed."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Response, send_file
from openpyxl import Workbook

from geo_app.errors import BadRequestError
from geo_app.web.desk import desk
from geo_app.web.figures import plain_value
from layers import files

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from layers.schema import Layer

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "geojson": "application/geo+json",
    "gpkg": "application/geopackage+sqlite3",
    "kml": "application/vnd.google-earth.kml+xml",
    "zip": "application/zip",
    "fgb": "application/octet-stream",
    "parquet": "application/octet-stream",
    "pdf": "application/pdf",
    "png": "image/png",
    "svg": "image/svg+xml",
    "html": "text/html",
    "toml": "application/toml",
}
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""A text that begins so would be run as a formula by a spreadsheet."""
BOM = "\ufeff"


def format_of(text: str | None, allowed: Sequence[str]) -> str:
    """Give a file format that is offered.

    Raises:
        BadRequestError: naming those that are.
    """
    if text not in allowed:
        raise BadRequestError(f"The format must be one of {', '.join(allowed)}, found {text!r}")
    return str(text)


def attachment(data: bytes, *, name: str, kind: str) -> Response:
    """Send bytes as a file to keep; the name may be Chinese (RFC 5987)."""
    response = send_file(BytesIO(data), mimetype=TYPES[kind], as_attachment=True, download_name=name)
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


def layer_file(frame: Any, layer: Layer, file_format: str, *, stem: str) -> Response:
    """Write rows of a layer in a format and send them; the file is ours alone and removed at once."""
    exports = desk().settings.exports
    exports.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="export-", dir=exports))
    try:
        encoding = "utf-8-sig" if file_format == "csv" else "utf-8"  # office programs take a CSV without the mark for GBK
        written = files.write(frame, layer, folder / f"{uuid.uuid4().hex}.{file_format}", format=file_format, encoding=encoding)
        data = written.read_bytes()
        kind = written.suffix.removeprefix(".")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return attachment(data, name=f"{stem}.{kind}", kind=kind if kind in TYPES else "fgb")


def guarded(value: Any) -> Any:
    """Give a cell that no spreadsheet runs: texts that begin like a formula get an apostrophe, numbers stay numbers."""
    found = plain_value(value)
    if isinstance(found, (list, dict)):
        found = "; ".join(_flat(item) for item in found) if isinstance(found, list) else _flat(found)
    if isinstance(found, str) and found.startswith(FORMULA_STARTS):
        return f"'{found}"
    return found


def _flat(item: Any) -> str:
    return " ".join(str(value) for value in item.values()) if isinstance(item, dict) else str(item)


def csv(frame: pd.DataFrame) -> bytes:
    """Write a table as UTF-8 CSV that office programs open rightly (byte order mark, no formulas)."""
    columns = [name for name in frame.columns if name != "geometry"]
    safe = frame[columns].map(guarded)
    return (BOM + str(safe.to_csv(index=False, lineterminator="\r\n"))).encode("utf-8")


def xlsx(sheets: Mapping[str, pd.DataFrame]) -> bytes:
    """Write tables as the sheets of a workbook; texts are texts, never formulas."""
    book = Workbook()
    book.remove(book.active)  # type: ignore[arg-type]
    for name, frame in sheets.items():
        sheet = book.create_sheet(name[:31])
        columns = [column for column in frame.columns if column != "geometry"]
        sheet.append([str(column) for column in columns])
        for line, row in enumerate(frame[columns].itertuples(index=False, name=None), start=2):
            for at, value in enumerate(row, start=1):
                _put(sheet.cell(row=line, column=at), value)
        sheet.freeze_panes = "A2"
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _put(cell: Any, value: Any) -> None:
    found = plain_value(value)
    if isinstance(found, (list, dict)):
        found = guarded(found)
    cell.value = found
    if isinstance(found, str):
        cell.data_type = "s"


def table(frame: pd.DataFrame, *, stem: str, kind: str) -> Response:
    """Send a table as CSV or XLSX."""
    data = csv(frame) if kind == "csv" else xlsx({"1": frame})
    return attachment(data, name=f"{stem}.{kind}", kind=kind)
