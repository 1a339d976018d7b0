import sqlite3
import struct

import numpy as np
import pytest
import shapely

from layers.store import geometry

SHAPES = [
    shapely.Point(104.1, 36.5),
    shapely.LineString([(104, 36), (105, 37.25)]),
    shapely.MultiPolygon([shapely.box(104, 36, 105, 37), shapely.box(106, 38, 107, 39)]),
    None,
]


def column(shapes):
    found = np.empty(len(shapes), dtype=object)
    found[:] = shapes
    return found


def test_blobs_are_read_back():
    assert geometry.from_blobs(geometry.to_blobs(column(SHAPES))).tolist() == SHAPES


def test_the_header_follows_the_standard():
    blob = geometry.to_blobs(column(SHAPES))[1]
    magic, version, flags, srs = struct.unpack_from("<2sBBi", blob)
    assert (magic, version, flags, srs) == (b"GP", 0, 3, 4490)
    assert struct.unpack_from("<4d", blob, 8) == (104, 105, 36, 37.25)
    assert blob[40:] == SHAPES[1].wkb


def foreign(shape, *, big=False, envelope=0, empty=False):
    """A blob as another tool may write it."""
    order = ">" if big else "<"
    flags = (0 if big else 1) | (envelope << 1) | (16 if empty else 0)
    minx, miny, maxx, maxy = shape.bounds if not shape.is_empty else (float("nan"),) * 4
    boxes = {
        0: b"",
        1: struct.pack(f"{order}4d", minx, maxx, miny, maxy),
        2: struct.pack(f"{order}6d", minx, maxx, miny, maxy, 0, 0),
    }
    head = b"GP\0" + bytes([flags]) + struct.pack(f"{order}i", 4490)
    return head + boxes[envelope] + shapely.to_wkb(shape, byte_order=0 if big else 1)


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("envelope", [0, 1, 2])
def test_headers_of_other_tools_are_understood(big, envelope):
    blob = foreign(SHAPES[1], big=big, envelope=envelope)
    assert geometry.envelope(blob) == (104, 105, 36, 37.25)
    assert geometry.from_blobs([blob]).tolist() == [SHAPES[1]]


def test_empty_geometries_have_no_envelope():
    assert geometry.envelope(foreign(shapely.Point(), empty=True)) is None
    assert geometry.envelope(foreign(shapely.LineString())) is None


@pytest.mark.parametrize(
    "blob", [foreign(SHAPES[1]), foreign(SHAPES[1], big=True, envelope=1), geometry.to_blobs(column(SHAPES))[1]]
)
def test_the_functions_of_the_triggers(blob):
    connection = sqlite3.connect(":memory:")
    geometry.register(connection)
    row = connection.execute("SELECT ST_MinX(?1), ST_MaxX(?1), ST_MinY(?1), ST_MaxY(?1), ST_IsEmpty(?1)", (blob,)).fetchone()
    assert row == (104, 105, 36, 37.25, 0)
    nothing = connection.execute("SELECT ST_MinX(NULL), ST_IsEmpty(NULL)").fetchone()
    assert nothing == (None, None)
    empty = foreign(shapely.Point(), empty=True)
    assert connection.execute("SELECT ST_MinX(?1), ST_IsEmpty(?1)", (empty,)).fetchone() == (None, 1)
    connection.close()
