"""Geometry as GeoPackage holds it: the header "GP" with the envelope, then ISO WKB; x = longitude, y = latitude.

Source: OGC 12-128r18, GeoPackage 1.3, clause 2.1.3 (StandardGeoPackageBinary) and annex F.3 (the functions of the rtree).
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Sequence

SRS_ID = 4490
MAGIC = b"GP"
FLAGS = 0b0000_0011
"""Little endian, envelope of minx, maxx, miny, maxy."""
EMPTY_FLAG = 0b0001_0000
FIXED_BYTES = 8
ENVELOPE_BYTES = {0: 0, 1: 32, 2: 48, 3: 48, 4: 64}
HEADER = np.dtype([("magic", "S2"), ("version", "u1"), ("flags", "u1"), ("srs", "<i4"), ("envelope", "<f8", (4,))])
Geometries = np.ndarray[Any, Any]


def to_wkb(geometries: Geometries) -> list[bytes | None]:
    """Write geometries as little-endian ISO WKB, None for unknown.

    >>> to_wkb(np.array([shapely.Point(104, 36), None]))[1] is None
    True
    """
    return list(shapely.to_wkb(geometries, byte_order=1, flavor="iso", include_srid=False).tolist())


def to_wkb_one(shape: shapely.Geometry) -> bytes:
    """Write one geometry as little-endian ISO WKB."""
    return bytes(shapely.to_wkb(shape, byte_order=1, flavor="iso", include_srid=False))


def from_wkb(blobs: Sequence[bytes | memoryview | None]) -> Geometries:
    """Read WKB, None for unknown."""
    column = np.empty(len(blobs), dtype=object)
    column[:] = [None if blob is None else bytes(blob) for blob in blobs]
    return np.asarray(shapely.from_wkb(column), dtype=object)


def to_blobs(geometries: Geometries, wkbs: Sequence[bytes | None] | None = None) -> list[bytes | None]:
    """Write geometries as GeoPackage binary with their envelope, None for unknown; `wkbs` spares writing them again."""
    header = np.zeros(len(geometries), dtype=HEADER)
    header["magic"], header["flags"], header["srs"] = MAGIC, FLAGS, SRS_ID
    header["envelope"] = shapely.bounds(geometries)[:, [0, 2, 1, 3]]
    raw, size = header.tobytes(), HEADER.itemsize
    return [
        None if wkb is None else raw[position * size : (position + 1) * size] + wkb
        for position, wkb in enumerate(to_wkb(geometries) if wkbs is None else wkbs)
    ]


def wkb_of(blob: bytes) -> bytes:
    """Cut the header off a GeoPackage geometry, also one written by another tool."""
    return blob[FIXED_BYTES + ENVELOPE_BYTES[(blob[3] >> 1) & 0b111] :]


def from_blobs(blobs: Sequence[bytes | None]) -> Geometries:
    """Read GeoPackage geometries, None for unknown.

    >>> from_blobs(to_blobs(np.array([shapely.Point(104, 36)]))).tolist()
    [<POINT (104 36)>]
    """
    return from_wkb([None if blob is None else wkb_of(blob) for blob in blobs])


def envelope(blob: bytes) -> tuple[float, float, float, float] | None:
    """Give minx, maxx, miny, maxy of a GeoPackage geometry, None for an empty one; from the header where it stands there."""
    flags = blob[3]
    if flags & EMPTY_FLAG:
        return None
    if (flags >> 1) & 0b111:
        order = "<" if flags & 1 else ">"
        minx, maxx, miny, maxy = struct.unpack_from(f"{order}4d", blob, FIXED_BYTES)
    else:
        minx, miny, maxx, maxy = shapely.bounds(shapely.from_wkb(wkb_of(blob)))
    return None if np.isnan(minx) else (float(minx), float(maxx), float(miny), float(maxy))


def _reader(position: int) -> Callable[[bytes | None], float | None]:
    def read(blob: bytes | None) -> float | None:
        if blob is None:
            return None
        if blob[3] == FLAGS:
            found: float = struct.unpack_from("<d", blob, FIXED_BYTES + 8 * position)[0]
            return found
        box = envelope(blob)
        return None if box is None else box[position]

    return read


def _is_empty(blob: bytes | None) -> int | None:
    if blob is None:
        return None
    return 0 if blob[3] == FLAGS else int(envelope(blob) is None)


def register(connection: sqlite3.Connection) -> None:
    """Give a connection the functions that the triggers of the rtree call."""
    for position, name in enumerate(("ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY")):
        connection.create_function(name, 1, _reader(position), deterministic=True)
    connection.create_function("ST_IsEmpty", 1, _is_empty, deterministic=True)
