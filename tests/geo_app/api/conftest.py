"""A small store, an application on it and a server that other programs can reach."""

import shutil
import threading
from base64 import b64encode
from contextlib import contextmanager

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from waitress.server import create_server

from geo_app import create_app
from geo_app.actions import passwords
from geo_app.config import Settings
from layers.store import Change, Grant, Insert, open_store

CRS = "EPSG:4490"
COUNTY, WEST, EAST = "620122000000", "620122101000", "620122102000"
PASSWORD = "shan-lu-9-qu-18-wan"
SURFACES = ["水泥", "沥青", "砂石", None]


def square(west, south, size=0.1):
    return shapely.box(west, south, west + size, south + size)


def layer_frames(roads=40):
    """A county of two townships side by side, roads in both, places, a table without geometry."""
    counties = gpd.GeoDataFrame(
        {"county_code": [COUNTY], "name": ["测试县"]}, geometry=[shapely.box(104.0, 36.0, 104.2, 36.1)], crs=CRS
    )
    townships = gpd.GeoDataFrame(
        {"township_code": [WEST, EAST], "name": ["西乡", "东乡"], "county_code": [COUNTY, COUNTY]},
        geometry=[square(104.0, 36.0), square(104.1, 36.0)],
        crs=CRS,
    )
    lines, rows = [], []
    for number in range(roads):
        west = number % 2 == 0
        x, y = (104.01 if west else 104.11), 36.001 + 0.098 * number / max(roads, 1)
        lines.append(shapely.LineString([(x, y), (x + 0.04, y + 0.0007123456789)]))
        rows.append(
            {
                "segment_id": f"R{number:05d}",
                "name": f"{'西' if west else '东'}路{number}",
                "surface_type": SURFACES[number % 4],
                "width_m": None if number % 5 == 0 else 3.0 + number % 7 / 2,
                "lanes": number % 3 + 1,
                "all_season": [True, False, None][number % 3],
                "source_date": None if number % 6 == 0 else f"202{number % 5}-0{number % 9 + 1}-15",
                "township_code": WEST if west else EAST,
                "county_code": COUNTY,
            }
        )
    roads_frame = gpd.GeoDataFrame(pd.DataFrame(rows), geometry=lines, crs=CRS)
    areas = pd.DataFrame(
        {
            "area_code": [COUNTY, WEST, EAST],
            "area_name": ["测试县", "西乡", "东乡"],
            "level": ["county", "township", "township"],
            "parent_code": [None, COUNTY, COUNTY],
        }
    )
    return {"areas": areas, "counties": counties, "townships": townships, "roads": roads_frame}


def fill(store, roads=40):
    frames = layer_frames(roads)
    store.apply(Change("数据员", "测试局", "first load", tuple(Insert(name, frame) for name, frame in frames.items())))


ACCOUNTS = {
    "wang": ("王工", "交通运输局", (Grant("transport"),)),
    "zhao": ("赵工", "交通运输局", (Grant("transport"),)),
    "xi": ("西乡路管员", "西乡人民政府", (Grant("transport", (WEST,)),)),
    "sun": ("孙工", "交通运输局", (Grant("transport", (), apply=False),)),
    "kan": ("看看", "统计局", (Grant("viewer"),)),
    "jin": ("金工", "财政局", (Grant("finance"),)),
}


def add_accounts(store):
    hashed = passwords.hashed(PASSWORD)
    return {login: store.accounts.add(login, name, bureau, hashed, grants) for login, (name, bureau, grants) in ACCOUNTS.items()}


def basic(login, password=PASSWORD):
    return {"Authorization": "Basic " + b64encode(f"{login}:{password}".encode()).decode()}


def close(app):
    here = app.extensions["xiangtu"]
    here.jobs.close()
    here.store.close()


@contextmanager
def application(url, tmp_path, **settings):
    app = create_app(Settings(store=url, data_dir=tmp_path, user="本机", bureau="测试局", **settings))
    try:
        yield app
    finally:
        close(app)


@pytest.fixture(scope="session")
def stores(tmp_path_factory):
    """Two closed stores to copy: without accounts and with."""
    folder = tmp_path_factory.mktemp("stores")
    for name in ("local", "shared"):
        with open_store(folder / f"{name}.gpkg", create=True) as store:
            fill(store)
            if name == "shared":
                add_accounts(store)
    return folder


def copied(stores, name, folder):
    return str(shutil.copyfile(stores / f"{name}.gpkg", folder / "store.gpkg"))


@pytest.fixture
def local(stores, tmp_path):
    """An application without accounts."""
    with application(copied(stores, "local", tmp_path), tmp_path) as app:
        yield app


@pytest.fixture
def shared(stores, tmp_path):
    """An application with accounts."""
    with application(copied(stores, "shared", tmp_path), tmp_path, access="accounts") as app:
        yield app


@pytest.fixture(scope="module")
def reader(stores, tmp_path_factory):
    """Asks an application without accounts that a whole module reads."""
    folder = tmp_path_factory.mktemp("reader")
    with application(copied(stores, "local", folder), folder) as app:
        yield Caller(app)


class Caller:
    """A tool that asks as one account."""

    def __init__(self, app, login=None):
        self.client = app.test_client()
        self.headers = basic(login) if login else {}
        self.store = app.extensions["xiangtu"].store

    def __call__(self, method, path, *, headers=None, **options):
        return self.client.open(f"/api/ogc{path}", method=method, headers={**self.headers, **(headers or {})}, **options)

    def get(self, path, **options):
        return self("GET", path, **options)

    def item(self, key, layer="roads", field="segment_id"):
        """Read a feature by its key, as a tool does."""
        found = self.get(f"/collections/{layer}/items?{field}={key}").json["features"]
        assert len(found) == 1
        return found[0]


@pytest.fixture
def ask(local):
    return Caller(local)


@pytest.fixture
def writer(local):
    """As `ask`, where a module reads one application for all."""
    return Caller(local)


@pytest.fixture
def asks(shared):
    return lambda login=None: Caller(shared, login)


@contextmanager
def _serving(app):
    """Serve an application on a free port for as long as the block lasts; gives its address."""
    server = create_server(app, host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:
        server.task_dispatcher.shutdown()  # no answer is still on its way when the server closes
        server.close()
        thread.join(timeout=30)


@pytest.fixture
def serving():
    """Serves an application for as long as a block lasts."""
    return _serving


@pytest.fixture(scope="session")
def running():
    """Runs an application on a store for as long as a block lasts."""
    return application


@pytest.fixture(scope="session")
def calling():
    """Makes a tool that asks an application as one account."""
    return Caller


@pytest.fixture
def filling():
    """Fills a new store."""
    return fill


@pytest.fixture
def password():
    """The password of every account."""
    return PASSWORD
