"""What a locked-down child does for one request: read a file, or mend geometries. Imported in the reading process only."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import shapely

from layers.files.errors import LimitExceededError, UnreadableFileError
from layers.files.geojson_file import read_geojson
from layers.files.grid_files import read_grid
from layers.files.plain_table import GEOMETRY_COLUMN, PlainTable, encode, encode_refusal
from layers.files.questions import Answers, Limits
from layers.files.table_files import read_csv, read_xlsx
from layers.files.vector_files import read_vector

EXIT_MEMORY = 3


def read_file(path: Path, kind: str, answers: Answers, limits: Limits) -> PlainTable:
    """Read one file of a known format."""
    if kind == "geojson":
        return read_geojson(path, limits)
    if kind == "csv":
        return read_csv(path, answers, limits)
    if kind == "xlsx":
        return read_xlsx(path, answers, limits)
    return read_vector(path, kind, answers, limits)


def mend(path: Path) -> PlainTable:
    """Make the geometries of an Arrow file valid (GEOS make_valid by structure), keeping only parts of the same dimension."""
    with pa.ipc.open_stream(path.read_bytes()) as stream:
        raw = np.array(stream.read_all().column(GEOMETRY_COLUMN).to_pylist(), dtype=object)
    geometries = shapely.make_valid(shapely.from_wkb(raw, on_invalid="ignore"), method="structure", keep_collapsed=False)
    return PlainTable("geometries", rows=len(raw), geometry=shapely.to_wkb(geometries).tolist())


def run(request: dict[str, Any], held: dict[str, bool]) -> bytes:
    """Do one request and give the message to send back."""
    if request["job"] == "protection":
        return encode_refusal({"status": "protection", "held": held})
    path = Path(request["path"])
    try:
        if request["job"] == "mend":
            table = mend(path)
        elif request["job"] == "grid":
            table = read_grid(request["given"][0], request["kind"], Answers(**request["answers"]), Limits(**request["limits"]))
        else:
            table = read_file(path, request["kind"], Answers(**request["answers"]), Limits(**request["limits"]))
        return encode(table)
    except UnreadableFileError as error:
        return encode_refusal({"status": "unreadable", "message": str(error)})
    except LimitExceededError as error:
        return encode_refusal(
            {"status": "limit", "limit": error.limit, "value": error.value, "unit": error.unit, "found": error.found}
        )


def rehearse() -> None:
    """Read one tiny file of each kind, so that everything a child needs is loaded before it locks itself in."""
    with tempfile.TemporaryDirectory() as folder:
        for kind, name, content in REHEARSAL:
            path = Path(folder) / name
            path.write_bytes(content)
            encode(read_file(path, kind, Answers(), Limits()))


REHEARSAL: tuple[tuple[str, str, bytes], ...] = (
    ("csv", "a.csv", b"a,b\n1,2\n"),
    ("geojson", "a.geojson", b'{"type":"Feature","properties":{"a":1},"geometry":{"type":"Point","coordinates":[1,2]}}'),
    (
        "kml",
        "a.kml",
        (
            b'<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark><name>a</name>'
            b"<Point><coordinates>1,2</coordinates></Point></Placemark></Document></kml>"
        ),
    ),
)
