"""Tiles asked over HTTP: addresses, ETag, fresh after an edit, and never a row beyond the asker's rights."""

import threading

import geopandas as gpd
import mapbox_vector_tile
import numpy as np
import pytest
import shapely

from geo_app import create_app
from geo_app.access import Person, Verb
from geo_app.actions import reach, tiles
from geo_app.config import Settings
from geo_app.errors import BusyError
from layers.catalogue import LAYERS
from layers.store import EVERYWHERE, Change, Delete, Grant, Insert, Reach, Update, open_store

ROADS = LAYERS["roads"]
WEST, SOUTH = 104.0, 35.5
COUNTIES = ("620422", "620423")
HERE = (103.9, 35.4, 104.8, 36.1)


def roads(count, *, county=COUNTIES[0], prefix="S", west=WEST, seed=1):
    random = np.random.default_rng(seed)
    starts = np.array([west, SOUTH]) + random.uniform(0, 0.3, (count, 1, 2))
    return gpd.GeoDataFrame(
        {
            "segment_id": [f"{prefix}{n}" for n in range(count)],
            "name": [f"路{n}" for n in range(count)],
            "admin_class": ["县道" if n % 10 == 0 else "村道" for n in range(count)],
            "surface_type": "沥青",
            "maintainer": "内部养护单位",
            "county_code": county,
        },
        geometry=shapely.linestrings(starts + random.normal(0, 0.001, (count, 5, 2)).cumsum(axis=1)),
        crs="EPSG:4490",
    )


def squares():
    return gpd.GeoDataFrame(
        {"county_code": list(COUNTIES), "name": ["甲县", "乙县"]},
        geometry=[shapely.box(104, 35.4, 104.35, 36), shapely.box(104.35, 35.4, 104.8, 36)],
        crs="EPSG:4490",
    )


def applied(store, *edits):
    return store.apply(Change("li", "交通局", "test", tuple(edits)))


@pytest.fixture
def app(tmp_path):
    made = create_app(Settings(store=str(tmp_path / "s.gpkg"), data_dir=tmp_path / "data"))
    store = made.extensions["xiangtu"].store
    applied(
        store,
        Insert("counties", squares()),
        Insert("roads", roads(300)),
        Insert("roads", roads(200, county=COUNTIES[1], prefix="T", west=WEST + 0.3, seed=2)),
    )
    yield made
    made.extensions["xiangtu"].jobs.close()
    store.close()


@pytest.fixture
def store(app):
    return app.extensions["xiangtu"].store


@pytest.fixture
def get(app):
    client = app.test_client()
    return lambda path, **options: client.get(path, base_url="http://127.0.0.1:8000", **options)


def ids_in(data):
    return {item["properties"]["id"] for item in mapbox_vector_tile.decode(data)["roads"]["features"]} if data else set()


def addresses(z, box=HERE):
    n = 2**z

    def row(lat):
        return int((1 - np.arcsinh(np.tan(np.radians(lat))) / np.pi) / 2 * n)

    return [
        (z, x, y)
        for x in range(int((box[0] + 180) / 360 * n), int((box[2] + 180) / 360 * n) + 1)
        for y in range(row(box[3]), row(box[1]) + 1)
    ]


def all_ids(get, z=9):
    return set().union(*(ids_in(get(f"/tiles/roads/{z}/{x}/{y}.mvt").data) for z, x, y in addresses(z)))


def test_tiles_hold_every_row_and_no_more_than_the_drawing_needs(get, store):
    assert all_ids(get) == set(store.read("roads")["id"])
    z, x, y = addresses(9, (104.1, 35.6, 104.1, 35.6))[0]
    answer = get(f"/tiles/roads/{z}/{x}/{y}.mvt")
    assert answer.mimetype == "application/vnd.mapbox-vector-tile"
    assert answer.headers["X-Xiangtu-Left-Out"] == "0"
    assert "内部养护单位".encode() not in answer.data
    item = mapbox_vector_tile.decode(answer.data)["roads"]["features"][0]
    assert item["properties"].keys() == {"id", "k", "n"}


@pytest.mark.parametrize("at", ["19/0/0", "3/8/0", "3/0/8", "0/1/0", "99/0/0"])
def test_addresses_that_do_not_exist(get, at):
    assert get(f"/tiles/roads/{at}.mvt").status_code == 404


def test_layers_that_cannot_be_drawn(get):
    for name in ("nothing", "indicator_targets"):
        assert get(f"/tiles/{name}/3/0/0.mvt").status_code == 404
        assert get(f"/tiles/{name}/drawing").status_code == 404
    assert get("/tiles/roads/-1/0/0.mvt").status_code == 404


def test_an_empty_tile_is_204_and_an_unchanged_one_304(get, store):
    empty = get("/tiles/roads/9/0/0.mvt")
    assert (empty.status_code, empty.data) == (204, b"")
    z, x, y = addresses(9, (104.1, 35.6, 104.1, 35.6))[0]
    path = f"/tiles/roads/{z}/{x}/{y}.mvt"
    first = get(path)
    assert first.headers["Cache-Control"] == "private, no-cache"
    again = get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    applied(store, Insert("roads", roads(1, prefix="N")))
    assert get(path, headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


def test_an_edit_is_in_the_next_tile(get, store):
    all_ids(get)
    frame = store.read("roads")
    changed, removed = frame.iloc[3], frame.iloc[4]
    far = shapely.LineString([(110.0, 30.0), (110.01, 30.01)])
    applied(
        store,
        Update("roads", changed["id"], 1, {"name": "新路"}, far),
        Delete("roads", removed["id"], 1),
        Insert("roads", roads(1, prefix="N", seed=9)),
    )
    found = all_ids(get)
    assert changed["id"] not in found
    assert removed["id"] not in found
    assert len(found) == len(frame) - 1
    ((z, x, y),) = addresses(12, (110.005, 30.005, 110.005, 30.005))
    (item,) = mapbox_vector_tile.decode(get(f"/tiles/roads/{z}/{x}/{y}.mvt").data)["roads"]["features"]
    assert (item["properties"]["id"], item["properties"]["n"]) == (changed["id"], "新路")


def test_an_edit_changes_rows_of_the_table_and_does_not_make_it_anew(store, monkeypatch):
    tiles.drawn(store, ROADS, EVERYWHERE, 9, HERE)
    monkeypatch.setattr(tiles, "_made", None)
    applied(store, Insert("roads", roads(5, prefix="N", seed=9)))
    assert tiles.drawn(store, ROADS, EVERYWHERE, 14, HERE).total == 505


def test_counts_say_what_a_zoom_shows(get):
    found = get("/tiles/roads/counts?z=14&bbox=103,35,106,37").get_json()
    assert (found["shown"], found["total"], found["cut"]) == (500, 500, 0)
    assert found["classes"]["县道"] == {"shown": 50, "total": 50}
    fewer = get("/tiles/roads/counts?z=14&bbox=103,35,106,37&hide=村道").get_json()
    assert fewer["total"] == 50
    assert get("/tiles/roads/counts?z=14&bbox=0,0,1,1").get_json()["total"] == 0
    for wrong in ("z=19", "z=x", "z=3&bbox=1,2,3", "z=3&bbox=5,0,1,1"):
        assert get(f"/tiles/roads/counts?{wrong}").status_code == 400, wrong


def test_the_drawing_names_symbols_and_version(get):
    found = get("/tiles/roads/drawing").get_json()
    assert [entry["key"] for entry in found["legend"]] == ["县道", "村道"]
    assert found["legend"][0]["symbol"]["kind"] == "line"
    assert (found["total"], found["tiled"]) == (500, False)


def person(*areas, role="transport"):
    return Person("wang", "交通局", frozenset(), account_id=7, grants=(Grant(role, areas, apply=True),))


def test_a_person_of_one_county_gets_no_row_of_another(store):
    own = reach.of(store, person(COUNTIES[1]), "roads", Verb.READ)
    frame = store.read("roads")
    theirs = set(frame[frame["county_code"] == COUNTIES[1]]["id"])
    for z in (0, 5, 9, 12):
        found = set().union(*(ids_in(tiles.tile(store, ROADS, own, at).data) for at in addresses(z)))
        assert found == theirs if z > 8 else found < theirs
    assert tiles.drawn(store, ROADS, own, 3, HERE).total == len(theirs)
    assert tiles.tag(store, ROADS, own) != tiles.tag(store, ROADS, EVERYWHERE)
    applied(
        store, Insert("roads", roads(1, prefix="X")), Insert("roads", roads(1, county=COUNTIES[1], prefix="Y", west=WEST + 0.3))
    )
    assert tiles.drawn(store, ROADS, own, 3, HERE).total == len(theirs) + 1


def test_fields_that_may_not_be_read_are_not_in_a_tile(store):
    own = Reach(fields=frozenset({"surface_type"}))
    data = tiles.tile(store, ROADS, own, (0, 0, 0)).data
    items = mapbox_vector_tile.decode(data)["roads"]["features"]
    assert {item["properties"]["k"] for item in items} == {"村道"}
    assert "路1".encode() not in data
    assert {item["properties"]["n"] for item in items} <= set(store.read("roads")["segment_id"])


def test_a_queue_of_more_than_two_seconds_is_refused(store, monkeypatch):
    tiles.drawn(store, ROADS, EVERYWHERE, 3, HERE)
    monkeypatch.setattr(tiles, "QUEUE_SECONDS", 0.05)
    monkeypatch.setattr(tiles, "_renders", threading.BoundedSemaphore(1))
    tiles._renders.acquire()
    with pytest.raises(BusyError, match="Try again") as refused:
        tiles.tile(store, ROADS, EVERYWHERE, (7, 101, 50))
    assert refused.value.retry_after == 2
    tiles._renders.release()
    assert tiles.tile(store, ROADS, EVERYWHERE, (7, 101, 50)) is not None


def test_a_busy_server_answers_503_with_the_time_to_wait(get, monkeypatch):
    def busy(*_):
        raise BusyError("Too many tiles are being drawn. Try again in a moment.")

    monkeypatch.setattr(tiles, "tile", busy)
    answer = get("/tiles/roads/3/0/0.mvt", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert answer.get_json()["code"] == "busy_drawing"


def test_tiles_asked_while_the_layer_changes_are_whole_and_end_up_fresh(store):
    faults, done = [], threading.Event()

    def ask():
        while not done.is_set():
            for at in addresses(8):
                try:
                    ids_in(tiles.tile(store, ROADS, EVERYWHERE, at).data)
                except (BusyError, ValueError, KeyError) as error:
                    faults.append(error)

    askers = [threading.Thread(target=ask) for _ in range(3)]
    for thread in askers:
        thread.start()
    for n in range(10):
        applied(store, Insert("roads", roads(3, prefix=f"R{n}-", seed=n + 20)))
    done.set()
    for thread in askers:
        thread.join(30)
    assert faults == []
    assert tiles.drawn(store, ROADS, EVERYWHERE, 14, HERE).total == 530
    assert set().union(*(ids_in(tiles.tile(store, ROADS, EVERYWHERE, at).data) for at in addresses(9))) == set(
        store.read("roads")["id"]
    )


@pytest.mark.postgis
def test_tiles_of_a_store_on_postgis_are_the_same(store, postgis_schema, tmp_path):
    with open_store(postgis_schema, create=True, snapshots=tmp_path / "snapshots") as other:
        store.copy_into(other)
        for z in (5, 9, 12):
            for at in addresses(z)[::5]:
                assert ids_in(tiles.tile(other, ROADS, EVERYWHERE, at).data) == ids_in(
                    tiles.tile(store, ROADS, EVERYWHERE, at).data
                )
        assert tiles.tag(other, ROADS, EVERYWHERE) == tiles.tag(store, ROADS, EVERYWHERE)
        applied(other, Insert("roads", roads(2, prefix="P")))
        assert tiles.drawn(other, ROADS, EVERYWHERE, 14, HERE).total == 502
