"""COPY into PostGIS: whatever a text, number or geometry is made of arrives as an insert would bring it."""

import numpy as np
import pandas as pd
import pytest
import shapely
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from layers.store import Insert, copying, geometry, open_store, tables

NASTY = [
    "",
    "\\N",
    "\\.",
    "a\tb",
    "a\nb\r\n",
    "\\\\x00",
    "'; DROP TABLE wells;--",
    "“引号”😀",
    "NULL",
    "{1}",
    '"',
    "\x01\x7f",
    "𠮷",
]
SHAPES = [
    None,
    shapely.LineString([(0.1, -0.0), (1e-300, 90), (-180, -90)]),
    shapely.MultiLineString([[(1, 2), (3, 4)], [(5, 6), (7, 8)]]),
]


@pytest.mark.postgis
def test_many_rows_arrive_as_single_ones_do(postgis_schema, layers, tmp_path, change, wells, monkeypatch):
    many = wells(150)
    many["name"] = [NASTY[n % len(NASTY)] if n % 7 else None for n in range(150)]
    many["uses"] = [[NASTY[n % len(NASTY)], {"code": n, "量": 0.1}] if n % 3 else None for n in range(150)]
    many["depth_m"] = [[np.nan, 0.1, -0.0, 1.7e308, 5e-324][n % 5] for n in range(150)]
    column = np.empty(150, dtype=object)
    column[:] = [SHAPES[n % 3] for n in range(150)]
    lines = pd.DataFrame({"track_id": [f"t{n}" for n in range(150)], "geometry": column})
    used = []
    real = copying.copy_rows
    monkeypatch.setattr(copying, "copy_rows", lambda *parts, **more: (used.append(parts[1].name), real(*parts, **more)))
    with (
        open_store(postgis_schema, create=True, layers=layers, snapshots=tmp_path / "s") as database,
        open_store(tmp_path / "s.gpkg", create=True, layers=layers) as file,
    ):
        for store in (database, file):
            ids = [f"00000000-0000-7000-8000-{n:012}" for n in range(150)]
            store.apply(change(Insert("wells", many.assign(id=ids)), Insert("tracks", lines.assign(id=ids))))
        assert used == ["wells", "xt_history", "tracks", "xt_history"]
        assert database.checksum() == file.checksum()
        assert database.read("tracks").geometry.tolist() == column.tolist()
        assert database.verify() == []


def test_only_a_plain_insert_is_copied():
    assert copying.is_plain(sa.insert(tables.served))
    insert = postgresql.insert(tables.served)
    assert not copying.is_plain(insert.on_conflict_do_update(index_elements=["id"], set_={"ver": insert.excluded.ver}))
    assert not copying.is_plain(sa.insert(tables.served).returning(tables.served.c.ver))


@pytest.mark.parametrize("shape", [shapely.Point(1, 2), *SHAPES, shapely.MultiPolygon([shapely.box(0, 0, 1, 1)])])
def test_geometries_carry_the_reference_system(shape):
    wkb = geometry.to_wkb(np.array([shape]))[0]
    text = copying.ewkb_hex(wkb)
    if shape is None:
        assert text is None
    else:
        back = shapely.from_wkb(text)
        assert shapely.get_srid(back) == 4490
        assert shapely.to_wkb(back, flavor="iso", include_srid=False) == wkb
