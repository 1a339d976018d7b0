"""A small store and what is done to it, for the tests of this folder and for the processes they start and kill."""

import os
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely

from layers.errors import StoreBusyError
from layers.schema import Field, FieldType, GeometryKind, Layer
from layers.store import Change, Delete, Insert, Update, open_store

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
COMMON = (
    Field("id", "内部编号", "Internal id", FieldType.TEXT, "test", derived=True),
    Field("source", "来源", "Source", FieldType.TEXT, "test"),
)
WELLS = Layer(
    "wells",
    "水井",
    "Wells",
    "T1",
    GeometryKind.POINT,
    "well_id",
    (
        Field("well_id", "编号", "Number", FieldType.TEXT, "test", required=True),
        Field("name", "名称", "Name", FieldType.TEXT, "test"),
        Field("persons", "人数", "Persons", FieldType.INTEGER, "test", unit="人"),
        Field("depth_m", "深度", "Depth", FieldType.NUMBER, "test", unit="m"),
        *COMMON,
    ),
    "test",
)
TRACKS = Layer(
    "tracks",
    "小路",
    "Tracks",
    "T2",
    GeometryKind.LINE,
    "track_id",
    (Field("track_id", "编号", "Number", FieldType.TEXT, "test"), Field("name", "名称", "Name", FieldType.TEXT, "test"), *COMMON),
    "test",
)
LAYERS = {layer.name: layer for layer in (WELLS, TRACKS)}
BATCH = 40
FIRST = 200


def wells(count, *, prefix="w", first=0):
    """Wells in a row from 104 E, 36 N."""
    numbers = range(first, first + count)
    return gpd.GeoDataFrame(
        {
            "well_id": [f"{prefix}{n}" for n in numbers],
            "name": [f"井“{n}”" if n % 3 else None for n in numbers],
            "persons": pd.array([n if n % 4 else None for n in numbers], dtype="Int64"),
            "depth_m": [n / 7 for n in numbers],
        },
        geometry=[shapely.Point(104 + n * 0.01 % 3, 36 + n * 0.001 % 3) for n in numbers],
        crs="EPSG:4490",
    )


def tracks(count, *, prefix="t"):
    """Short lines."""
    return gpd.GeoDataFrame(
        {"track_id": [f"{prefix}{n}" for n in range(count)], "name": [f"路{n}" for n in range(count)]},
        geometry=[shapely.LineString([(104 + n * 0.01, 36), (104.005 + n * 0.01, 36.01), (104.01, 36.02)]) for n in range(count)],
        crs="EPSG:4490",
    )


def change(*edits, reason="测试", **options):
    """A change by a person of a bureau."""
    return Change("李工", "水务局", reason, tuple(edits), **options)


def opened(where, **options):
    """Open the small store."""
    return open_store(where, layers=LAYERS, **options)


def made(where):
    """Make the small store with its first wells and tracks in one change."""
    with opened(where, create=True) as store:
        store.apply(change(Insert("wells", wells(FIRST)), Insert("tracks", tracks(20)), reason="first"))
    return where


def one_edit(store, rng, reason):
    """Make one change as a person would: mostly one feature changed or moved, sometimes removed, sometimes an import of many."""
    if rng.random() < 0.3:
        store.apply(change(Insert("wells", wells(BATCH, prefix=f"{reason}_")), reason=reason))
        return
    frame = store.read("wells", limit=5, offset=rng.randrange(50))
    row = frame.iloc[rng.randrange(len(frame))]
    if rng.random() < 0.1:
        edit = Delete("wells", row["id"], int(row["ver"]))
    elif rng.random() < 0.5:
        edit = Update("wells", row["id"], int(row["ver"]), {"persons": rng.randrange(10_000)})
    else:
        moved = shapely.Point(103 + rng.random(), 35 + rng.random())
        edit = Update("wells", row["id"], int(row["ver"]), {"name": reason}, geometry=moved)
    store.apply(change(edit, reason=reason))


def try_edit(store, rng, reason):
    """Make one change and say whether it was acknowledged; False when another writer was quicker."""
    try:
        one_edit(store, rng, reason)
    except StoreBusyError:
        return False
    except RuntimeError as error:
        if getattr(error, "code", "") != "changed":
            raise
        return False
    return True


def broken(where, acknowledged):
    """List what is lost, there in part, or at odds with itself in a store, given the reasons of acknowledged changes."""
    with opened(where) as store:
        changes = {item.reason: item for item in store.changes(limit=10_000_000)}
        found = [f"lost {reason}" for reason in sorted(acknowledged - changes.keys())]
        whole = {(BATCH, 0), (0, 1), (0, 0)}
        found += [
            f"partial {item.reason}: {item.inserted} {item.updated} {item.deleted}"
            for item in changes.values()
            if item.reason != "first" and (item.inserted, item.updated + item.deleted) not in whole
        ]
        return found + store.verify()


def environment():
    """The environment of processes of these tests: our packages found, no threads of libraries."""
    quiet = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "ARROW_IO_THREADS"), "1")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("XIANGTU_")}
    return kept | quiet | {"PYTHONPATH": f"{ROOT}{os.pathsep}{HERE}", "PYTHONHASHSEED": "0"}


def script(name, *arguments, **options):
    """Start one of the scripts of this folder as a process of its own."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "env": environment(), "cwd": ROOT}
    return subprocess.Popen([sys.executable, str(HERE / f"{name}.py"), *map(str, arguments)], **pipes | options)


def told(process):
    """Read one line that a process says; fail with its exit when it says nothing more."""
    line = process.stdout.readline()
    if not line:
        raise AssertionError(f"the process ended with {process.wait(timeout=60)} and said nothing more")
    return line.strip()


def ask(process, line):
    """Send a process one line and read its answer."""
    process.stdin.write(f"{line}\n")
    process.stdin.flush()
    return told(process)


def ended(process):
    """Let a process that reads lines come to its end."""
    process.stdin.close()
    process.wait(timeout=120)
    process.stdout.close()
    return process.returncode
