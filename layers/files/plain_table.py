"""What the reading process hands back: plain columns, geometries as WKB, and a header of what the file said about itself."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from layers.files.errors import UnreadableFileError

MAGIC = b"XTR1"
GEOMETRY_COLUMN = "__geometry__"
NUMBER_TYPES = "iuf"
EXACT = 2**53
"""Whole numbers up to this size are held exactly by a float."""


@dataclass(slots=True)
class PlainTable:
    """A file as read: columns of texts or numbers (None = empty), geometries as WKB (None = none), and what was found out.

    `crs` is an authority code or WKT, None when the file does not say. `faults` maps a 1-based row number to what is wrong with
    its geometry although it could be read. `encoding_question` holds the parts of a question that the texts leave open.
    """

    format: str
    columns: dict[str, Any] = field(default_factory=dict)
    geometry: list[bytes | None] | None = None
    types: list[tuple[str, str]] = field(default_factory=list)
    layers: list[str] = field(default_factory=list)
    layer: str | None = None
    crs: str | None = None
    crs_known_by_format: bool = False
    encoding: str | None = None
    encoding_how: str = ""
    encoding_question: dict[str, Any] | None = None
    layer_question: bool = False
    faults: dict[int, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    rows: int = 0
    row_numbers: list[int] = field(default_factory=list)
    """Of a workbook: the sheet's own numbers of the rows, since empty ones are passed over."""

    def header(self) -> dict[str, Any]:
        """Give everything but the columns and geometries, as plain JSON."""
        return {key: value for key, value in asdict_shallow(self).items() if key not in ("columns", "geometry")}

    def to_arrow(self) -> pa.Table:
        """Give the columns and geometries as an Arrow table."""
        arrays = {f"c{index}": arrow_column(values) for index, values in enumerate(self.columns.values())}
        if self.geometry is not None:
            arrays[GEOMETRY_COLUMN] = pa.array(self.geometry, pa.binary())
        return pa.table(arrays) if arrays else pa.table({"rows": pa.nulls(self.rows)})


def asdict_shallow(table: PlainTable) -> dict[str, Any]:
    """Give the fields of a table without copying its columns."""
    return {name: getattr(table, name) for name in table.__slots__}


def arrow_column(values: Any) -> pa.Array:
    """Turn one column into Arrow: numbers stay numbers, dates become ISO texts, everything else text; NaN and None are empty."""
    if isinstance(values, np.ndarray) and values.dtype.kind == "M":
        texts = [
            None if text == "NaT" else text.removesuffix("T00:00:00") for text in np.datetime_as_string(values, unit="s").tolist()
        ]
        return pa.array(texts, pa.string())
    if isinstance(values, np.ndarray) and values.dtype.kind in NUMBER_TYPES + "b":
        return pa.array(values, from_pandas=True)
    items = values.tolist() if isinstance(values, np.ndarray) else list(values)
    present = [item for item in items if item is not None]
    kind = _number_type(present)
    if kind is not None:
        return pa.array([float(item) if kind == pa.float64() and item is not None else item for item in items], kind)
    return pa.array([None if item is None else as_text(item) for item in items], pa.string())


def _number_type(present: list[Any]) -> pa.DataType | None:
    """Give the type that holds all these values exactly; None when they are to be texts."""
    if not present or not all(isinstance(item, (int, float)) and not isinstance(item, bool) for item in present):
        return None
    if all(isinstance(item, int) for item in present):
        return pa.int64() if all(-(2**63) <= item < 2**63 for item in present) else None
    return pa.float64() if all(isinstance(item, float) or abs(item) <= EXACT for item in present) else None


def as_text(value: Any) -> str:
    """Write one cell as text: dates ISO, whole floats without a fraction, lists and mappings as JSON.

    >>> as_text(12.0), as_text(True), as_text(["a"])
    ('12', 'true', '["a"]')
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:  # noqa: PLR2004 - whole within a float's precision
        return str(int(value))
    if isinstance(value, (list, dict)):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, bytes):
        return value.hex()
    if hasattr(value, "isoformat"):
        return str(value.isoformat()).removesuffix("T00:00:00")
    return str(value)


def encode(table: PlainTable) -> bytes:
    """Write the table as one message: magic, length of the header, header as JSON, Arrow stream."""
    sink = pa.BufferOutputStream()
    arrow = table.to_arrow()
    with pa.ipc.new_stream(sink, arrow.schema) as writer:
        writer.write_table(arrow)
    head = json.dumps({"status": "ok", "names": list(table.columns), **table.header()}, ensure_ascii=False).encode()
    body: bytes = sink.getvalue().to_pybytes()
    return MAGIC + struct.pack("<I", len(head)) + head + body


def encode_refusal(answer: dict[str, Any]) -> bytes:
    """Write a refusal as one message without a table."""
    head = json.dumps(answer, ensure_ascii=False).encode()
    return MAGIC + struct.pack("<I", len(head)) + head


def split(message: bytes) -> tuple[dict[str, Any], memoryview] | None:
    """Take a message apart into header and Arrow stream; None when it is cut short."""
    start = len(MAGIC) + 4
    if len(message) < start or message[: len(MAGIC)] != MAGIC:
        return None
    (length,) = struct.unpack("<I", message[len(MAGIC) : start])
    if len(message) < start + length:
        return None
    header: dict[str, Any] = json.loads(message[start : start + length])
    return header, memoryview(message)[start + length :]


def decode(header: dict[str, Any], stream: memoryview, file_type: str) -> tuple[PlainTable, pa.Table]:
    """Rebuild the table from a message; the Arrow data is validated in full before anything looks at it."""
    try:
        arrow = pa.ipc.open_stream(stream).read_all()
        arrow.validate(full=True)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
        raise UnreadableFileError(f"The file could not be read as {file_type}.") from error
    known = {name: header[name] for name in PlainTable.__slots__ if name in header}
    table = PlainTable(**known)
    table.faults = {int(row): fault for row, fault in table.faults.items()}
    table.types = [(str(name), str(kind)) for name, kind in table.types]
    return table, arrow
