"""The application under gunicorn with three worker processes: nothing that was acknowledged is lost, on either kind of store."""

import http.client
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

import wsgi
from geo_app.config import SettingsError
from layers.store import Change, Insert, open_store

ROOT = Path(__file__).resolve().parents[1]
WORKERS = 3
CLIENTS = 6


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _environment(store, folder, **more):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("XIANGTU_")}
    own = {"XIANGTU_STORE": str(store), "XIANGTU_DATA_DIR": str(folder), "XIANGTU_SNAPSHOTS_DIR": str(folder / "snapshots")}
    return kept | own | more


def _start(store, folder, *options, **environment):
    port = _free_port()
    command = [sys.executable, "-m", "gunicorn", "-w", str(WORKERS), "--threads", "8", "-b", f"127.0.0.1:{port}", "-t", "200"]
    with (folder / "gunicorn.log").open("wb") as log:
        server = subprocess.Popen(
            [*command, *options, "wsgi:app"],
            cwd=ROOT,
            env=_environment(store, folder, **environment),
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    return server, port


class Client:
    """A person's browser, as far as saving edits needs one."""

    def __init__(self, port):
        self.port = port
        self.cookies = {}
        page = self.ask("GET", "/jobs")[1]
        self.token = re.search(r'name="csrf-token" content="([^"]+)"', page).group(1)

    def ask(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=200)
        headers = {"Connection": "close", "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if body is not None:
            headers |= {"Content-Type": "application/json", "Accept": "application/json", "X-CSRF-Token": self.token}
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            text = answer.read().decode()
            for line in answer.headers.get_all("Set-Cookie") or ():
                name, _, value = line.partition(";")[0].partition("=")
                self.cookies[name] = value
            return answer.status, text
        finally:
            connection.close()


def _wait(port, server):
    deadline = time.monotonic() + 200
    while time.monotonic() < deadline:
        assert server.poll() is None, "gunicorn ended"
        try:
            with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
                connection.request("GET", "/healthz")
                answer = connection.getresponse()
                answer.read()
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.2)
    pytest.fail("gunicorn does not answer")


@pytest.fixture(params=["gpkg", pytest.param("postgis", marks=pytest.mark.postgis)])
def place(request, tmp_path):
    """Where the store is: a file or a schema of a database, with twelve roads in it."""
    where = tmp_path / "库.gpkg" if request.param == "gpkg" else request.getfixturevalue("postgis_schema")
    lines = [shapely.LineString([(104, 36 + n / 100), (104.01, 36 + n / 100)]) for n in range(12)]
    frame = gpd.GeoDataFrame({"segment_id": [f"s{n}" for n in range(12)]}, geometry=lines, crs="EPSG:4490")
    with open_store(where, create=True, snapshots=tmp_path / "snapshots") as store:
        store.apply(Change("测试", "测试局", "第一次", (Insert("roads", frame),)))
        ids = store.read("roads")["id"].tolist()
    return where, ids


def _a_job_is_found_by_every_worker(port):
    people = [Client(port) for _ in range(4)]
    for person in people:
        status, text = person.ask("POST", "/runs", {})
        assert status == 202, text
        number = json.loads(text)["job"]
        assert person.cookies["xiangtu-process"] == str(number // 1000)
        answers = [person.ask("GET", f"/jobs/{number}") for _ in range(9)]
        assert {status for status, _ in answers} == {200}
        assert {json.loads(text)["id"] for _, text in answers} == {number}
    stranger = Client(port)
    stranger.cookies["xiangtu-process"] = "1"
    assert stranger.ask("GET", "/jobs")[0] == 200


@pytest.mark.timeout(600)
def test_three_workers_lose_nothing_that_they_acknowledged(place, tmp_path, scale):
    where, ids = place
    preload = () if isinstance(where, Path) else ("--preload",)
    server, port = _start(
        where, tmp_path, *preload, XIANGTU_SECRET_KEY="k" * 40, XIANGTU_JOBS_PER_USER="20", XIANGTU_JOBS_TOTAL="20"
    )
    saved, refused, strange = [], [], []

    def edit(number):
        client = Client(port)
        for turn in range(4 * min(scale, 25)):
            own, shared = ids[number], ids[11]
            for target, name in ((own, f"own {number} {turn}"), (shared, f"shared {number} {turn}")):
                seen = versions.get(target, 1)
                body = {"op": "update", "layer": "roads", "id": target, "expected_ver": seen, "properties": {"name": name}}
                status, text = client.ask("POST", "/editing/save", {"reason": "测试", "edits": [body]})
                if status == 200:
                    versions[target] = seen + 1
                    saved.append((target, seen + 1, name))
                elif status == 412:
                    versions[target] = json.loads(text)["conflicts"][0]["ver"]
                    refused.append(target)
                else:
                    strange.append((status, text[:300]))

    versions = {}
    try:
        _wait(port, server)
        threads = [threading.Thread(target=edit, args=(number,)) for number in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        _a_job_is_found_by_every_worker(port)
    finally:
        server.terminate()
        server.wait(60)
    log = (tmp_path / "gunicorn.log").read_text("utf-8")
    assert strange == [], log[-2000:]
    assert len(set(re.findall(r"Booting worker with pid: (\d+)", log))) == WORKERS
    with open_store(where, snapshots=tmp_path / "snapshots") as store:
        for target, ver, name in saved:
            assert store.feature_at_version("roads", target, ver)["name"] == name
        assert len(store.changes(limit=10_000)) == 1 + len(saved)
        assert len({(target, ver) for target, ver, _ in saved}) == len(saved)
        assert len(store.kept.list(state=None, limit=10_000)) == len(refused)
        assert all(target == ids[11] for target in refused)
        assert len(saved) >= CLIENTS * 4
        assert store.verify() == []


def test_workers_without_a_common_key_do_not_start(tmp_path):
    server, _ = _start(tmp_path / "s.gpkg", tmp_path)
    assert server.wait(200) != 0
    log = (tmp_path / "gunicorn.log").read_text("utf-8")
    assert "XIANGTU_SECRET_KEY must be set for a server with several processes" in log
    assert not (tmp_path / "s.gpkg").exists()


def test_one_process_makes_its_application_once_and_numbers_its_jobs(tmp_path, monkeypatch):
    monkeypatch.setenv("XIANGTU_STORE", str(tmp_path / "s.gpkg"))
    monkeypatch.setenv("XIANGTU_DATA_DIR", str(tmp_path))
    monkeypatch.delenv("XIANGTU_SECRET_KEY", raising=False)
    with pytest.raises(SettingsError):
        wsgi.PerProcess()
    monkeypatch.setenv("XIANGTU_SECRET_KEY", "k" * 40)
    made = wsgi.PerProcess()
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/healthz",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "wsgi.url_scheme": "http",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "127.0.0.1",
        "wsgi.input": None,
    }
    statuses = []
    for _ in range(2):
        b"".join(made(dict(environ), lambda status, _headers, _error=None: statuses.append(status)))
    desk = made._made[1].extensions["xiangtu"]
    try:
        assert statuses == ["200 OK", "200 OK"]
        assert desk.jobs.submit("demo", "count", who="li", work=lambda _progress: 1).id == os.getpid() * 1000 + 1
    finally:
        desk.jobs.close()
        desk.store.close()


def test_there_is_nothing_else_to_ask_for():
    with pytest.raises(AttributeError):
        _ = wsgi.server
