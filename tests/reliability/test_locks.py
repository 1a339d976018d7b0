"""No endpoint, whatever it does, takes from the store the locks of an open transaction, or the edits acknowledged after it (R1).

A file opened and closed by any other means in the server's process would do that, silently. So every endpoint of the address
map is called while a change is open in the server; after each a second process must still be refused; at the end everything
acknowledged must be seen by a process that starts anew.
"""

import datetime as dt
import io
import re
import sys
import threading
from pathlib import Path

import fiona
import geopandas
import pyogrio
import pytest
import scene
import shapely

from geo_app import access, create_app
from geo_app.actions import load_recipe, run_coverage
from geo_app.actions.signing import By
from geo_app.config import Settings
from layers.errors import StoreError, StoreFaultError
from layers.store import Insert, open_store, sqlite

SMALL = Path(__file__).parents[1] / "geo_app" / "fixtures" / "small"
BASE = {"base_url": "http://127.0.0.1:8000"}
QUERY = "run=1&indicator=RD1&area=990101&level=village&q=990101&bbox=100,20,110,40&limit=5&format=csv&layer=hamlets&lang=zh"
BODY = {
    "run": "1",
    "indicator": "RD1",
    "area": "990101",
    "format": "csv",
    "reason": "x",
    "layer": "hamlets",
    "name": "x",
    "indicators": "RD1",
}
WAIT = 120.0

_opened: list[str] = []
_watched: set[str] = set()


def _audit(event, arguments):
    if _watched and event == "open" and isinstance(arguments[0], str | bytes | Path):
        name = str(arguments[0])
        if name in _watched:
            _opened.append(name)


sys.addaudithook(_audit)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """The small area, loaded and computed."""
    path = tmp_path_factory.mktemp("small") / "s.gpkg"
    with open_store(path, create=True) as store:
        load_recipe.load(store, SMALL / "recipe.toml", SMALL, By("li", "测试局", "first load"))
        run_coverage.run(store, run_coverage.RunRequest(on=dt.date(2026, 11, 1), who="li"))
    return path.read_bytes()


@pytest.fixture
def served(small, tmp_path, monkeypatch):
    """An application on the small area, whose writers do not wait long."""
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.3)
    path = tmp_path / "s.gpkg"
    path.write_bytes(small)
    made = []

    def make(prepare=lambda _app: None):
        app = create_app(Settings(store=str(path), data_dir=tmp_path / "data"))
        prepare(app)
        made.append(app)
        return app, path

    yield make
    for app in made:
        app.extensions["xiangtu"].jobs.close()
        app.extensions["xiangtu"].store.close()


@pytest.fixture
def refused(monkeypatch):
    """The readers of files refuse the live store: their own opening of files is not seen by Python."""
    found = []

    def guarded(real):
        def reader(source, *arguments, **options):
            if str(source) in _watched:
                found.append(str(source))
            return real(source, *arguments, **options)

        return reader

    for module, name in (
        (pyogrio, "read_dataframe"),
        (pyogrio, "read_info"),
        (pyogrio, "list_layers"),
        (pyogrio.raw, "read"),
        (pyogrio.raw, "read_arrow"),
        (fiona, "open"),
        (geopandas, "read_file"),
    ):
        monkeypatch.setattr(module, name, guarded(getattr(module, name)))
    return found


class Caller:
    """Calls endpoints as a browser of this machine does."""

    def __init__(self, app):
        self.app, self.client = app, app.test_client()
        self.desk = app.extensions["xiangtu"]
        page = self.client.get("/jobs", **BASE).text
        self.headers = {"X-CSRF-Token": re.search(r'name="csrf-token" content="([^"]+)"', page).group(1)}
        self.headers |= {"Origin": "http://127.0.0.1:8000"}
        hamlet = self.desk.store.read("hamlets", limit=1).iloc[0]
        static = next(Path(app.static_folder).glob("css/*.css")).relative_to(app.static_folder)
        self.known = {
            "name": "hamlets", "layer": "hamlets", "code": "990101", "feature_id": hamlet["id"], "id": hamlet["id"],
            "kind": "csv", "filename": str(static), "z": 8, "x": 201, "y": 100, "subject": "projects",
        }  # fmt: skip

    def address(self, rule):
        """An address of a rule, its parts filled with what there is."""
        values = {part: self.known.get(part, 1) for part in rule.arguments}
        with self.app.test_request_context(**BASE):
            return rule.build(values, append_unknown=False)[1]

    def call(self, rule):
        """Call a rule in all its ways; give the statuses."""
        address, statuses = self.address(rule), []
        for method in sorted(rule.methods - {"HEAD"}):
            for options in self.ways(method, rule.endpoint):
                with self.client.open(address, method=method, headers=self.headers, **options, **BASE) as answer:
                    _ = answer.data  # the whole body, as it is sent
                    statuses.append(answer.status_code)
        for job in self.desk.jobs.list():
            self.desk.jobs.wait(job.id, timeout=WAIT)
        return statuses

    def ways(self, method, endpoint):
        """Options of the calls by which an endpoint is tried."""
        if method in {"GET", "OPTIONS"}:
            return [{}, {"query_string": QUERY}]
        if endpoint == "imports.upload":
            content = (SMALL / "works.csv").read_bytes()
            return [{"data": {"layer": "water_works", "file": (io.BytesIO(content), "works.csv")}}]
        return [{"data": BODY}, {"json": BODY}]


def hamlets(count, prefix):
    """New rows for the layer of hamlets."""
    return geopandas.GeoDataFrame(
        {"hamlet_id": [f"{prefix}{n}" for n in range(count)]}, geometry=[shapely.Point(104, 36)] * count, crs="EPSG:4490"
    )


def through_all(app, path, wanted=lambda _rule: True):
    """Call every endpoint during an open change; give faults by endpoint, statuses by rule, and the intruder."""
    caller, begun, finish, problems = Caller(app), threading.Event(), threading.Event(), []
    store = caller.desk.store

    def hold(_done, _total):
        begun.set()
        finish.wait(600)

    def work():
        try:
            store.apply(scene.change(Insert("hamlets", hamlets(3, "held"))), progress=hold)
        except (StoreError, StoreFaultError) as error:
            problems.append(error)
        finally:
            begun.set()

    thread = threading.Thread(target=work)
    intruder = scene.script("intruder", path)
    faults, statuses = {}, {}
    thread.start()
    try:
        assert begun.wait(WAIT)
        _watched.update(f"{path}{suffix}" for suffix in ("", "-journal", "-wal", "-shm"))
        for rule in sorted(app.url_map.iter_rules(), key=str):
            if not wanted(rule):
                continue
            statuses[str(rule)] = caller.call(rule)
            said = scene.ask(intruder, "try")
            if said != "locked" or _opened:
                faults[str(rule)] = said if said != "locked" else "opened past the store"
                _opened.clear()
    finally:
        _watched.clear()
        finish.set()
        thread.join(WAIT)
    return faults, statuses, (intruder, problems)


def test_every_endpoint_during_an_open_change_leaves_the_locks_and_every_acknowledged_edit(served, refused):
    app, path = served()
    store = app.extensions["xiangtu"].store
    before = store.count("hamlets")
    faults, statuses, (intruder, problems) = through_all(app, path)
    try:
        assert faults == {}
        assert refused == []
        assert problems == []
        assert not [rule for rule, found in statuses.items() if 500 in found], statuses
        answered = [rule for rule, found in statuses.items() if min(found) < 400]
        assert len(answered) > len(statuses) / 2, statuses
        assert scene.ask(intruder, "try").startswith("wrote")
        store.apply(scene.change(Insert("hamlets", hamlets(2, "after"))))
        assert scene.ask(intruder, "try").startswith("wrote")
        for turn in range(5):
            store.apply(scene.change(Insert("hamlets", hamlets(1, f"later{turn}_"))))
        assert store.count("hamlets") == before + 10
    finally:
        scene.ended(intruder)
    fresh = scene.script("intruder", path)
    assert int(scene.ask(fresh, "SELECT count(*) FROM hamlets")) == before + 10
    assert int(scene.ask(fresh, "SELECT count(*) FROM xt_settings WHERE key LIKE 'intruder%'")) == 2
    assert scene.ask(fresh, "PRAGMA integrity_check") == "ok"
    scene.ended(fresh)
    assert store.verify() == []


def test_an_endpoint_that_opens_the_file_is_found_out(served):
    """The control: the test above can fail."""

    def prepare(app):
        path = Path(app.extensions["xiangtu"].settings.store)

        @access.permission(access.Permission.READ)
        def careless():
            return str(len(path.read_bytes()))

        app.add_url_rule("/careless", "careless", careless)

    app, path = served(prepare)
    faults, _, (intruder, _problems) = through_all(app, path, lambda rule: rule.endpoint == "careless")
    scene.ended(intruder)
    assert faults == {"/careless": "wrote 1"}
