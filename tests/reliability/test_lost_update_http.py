"""Ten browsers save edits of the same twenty features at once over HTTP: no acknowledged edit is lost, no refused one dropped (R4)."""

import contextlib
import http.client
import json
import random
import re
import socket
import subprocess
import sys
import threading
import time
from collections import Counter

import geopandas
import scene
import shapely

from layers.store import Insert, open_store

FEATURES, EDITORS, WRITES = 20, 10, 1000
FIELD = "tap_in_house_hh"
LONGEST = 240


def made(path):
    """A store with twenty hamlets."""
    numbers = range(FEATURES)
    frame = geopandas.GeoDataFrame(
        {"hamlet_id": [f"h{n}" for n in numbers], "name": [f"村{n}" for n in numbers], FIELD: 0},
        geometry=[shapely.Point(104 + n / 100, 36) for n in numbers],
        crs="EPSG:4490",
    )
    with open_store(path, create=True) as store:
        store.apply(scene.change(Insert("hamlets", frame)))
        return store.read("hamlets")["id"].tolist()


class Server:
    """geo-app serve, in a process of its own."""

    def __init__(self, path):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        environment = scene.environment() | {
            "XIANGTU_STORE": str(path),
            "XIANGTU_DATA_DIR": str(path.parent / "data"),
            "XIANGTU_PORT": str(self.port),
        }
        command = [sys.executable, "-c", "from geo_app.cli import main; main()", "serve"]
        self.process = subprocess.Popen(command, env=environment, cwd=scene.ROOT, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + LONGEST
        while time.monotonic() < deadline:
            assert self.process.poll() is None
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)

    def end(self):
        """Stop it as a service is stopped."""
        self.process.terminate()
        self.process.wait(timeout=LONGEST)


class Editor:
    """One browser: it reads a feature, adds one to a number, and saves what it saw and made."""

    def __init__(self, port, number):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LONGEST)
        self.number, self.rng, self.base = number, random.Random(number), f"http://127.0.0.1:{port}"
        _, headers, page = self.ask("GET", "/jobs")
        self.headers = {
            "X-CSRF-Token": re.search(r'name="csrf-token" content="([^"]+)"', page).group(1),
            "Cookie": headers["Set-Cookie"].split(";")[0],
            "Origin": self.base,
            "Content-Type": "application/json",
            "Accept": "application/json",
        }

    def ask(self, method, path, body=None):
        """Ask once; give status, headers and text."""
        sent = getattr(self, "headers", {})
        self.connection.request(method, path, body=None if body is None else json.dumps(body), headers=sent)
        answer = self.connection.getresponse()
        return answer.status, answer.headers, answer.read().decode()

    def edit(self, ids, *, careful):
        """Make one write; give its status, and the code of a refusal."""
        chosen = self.rng.choice(ids)
        seen = self.read(chosen)
        ver = seen["ver"] if careful else self.read(chosen)["ver"]
        edit = {"op": "update", "layer": "hamlets", "id": chosen, "expected_ver": ver}
        edit["properties"] = {FIELD: seen["properties"][FIELD] + 1, "name": f"{self.number} {self.rng.random()}"}
        status, _, text = self.ask("POST", "/editing/save", {"reason": "one more", "edits": [edit]})
        found = json.loads(text)
        if status == 412:
            assert found["conflicts"][0]["id"] == chosen
        return status

    def read(self, chosen):
        """Read a feature as the page does."""
        status, _, text = self.ask("GET", f"/editing/hamlets/features?ids={chosen}")
        assert status == 200, text
        (feature,) = json.loads(text)["features"]
        return feature | {"ver": feature.get("ver", feature["properties"].get("ver"))}


def edited(path, writes, *, careful):
    """Let ten browsers write so many times in all; give statuses, by how much the numbers grew, and the edits kept."""
    ids, outcomes, lock, failed = made(path), Counter(), threading.Lock(), []
    server = Server(path)

    def work(number):
        try:
            editor, mine = Editor(server.port, number), Counter()
            with contextlib.closing(editor.connection):
                for _ in range(writes // EDITORS):
                    mine[editor.edit(ids, careful=careful)] += 1
            with lock:
                outcomes.update(mine)
        except (AssertionError, OSError, KeyError, ValueError) as error:
            failed.append(error)

    try:
        threads = [threading.Thread(target=work, args=(number,)) for number in range(EDITORS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        server.end()
    assert failed == []
    with open_store(path) as store:
        assert store.verify() == []
        return outcomes, int(store.read("hamlets")[FIELD].sum()), len(store.kept.list(limit=10**6))


def test_no_acknowledged_edit_is_lost_and_no_refused_one_dropped(path, scale):
    outcomes, grown, kept = edited(path, WRITES * scale, careful=True)
    assert set(outcomes) <= {200, 412, 503}
    assert outcomes.total() == WRITES * scale
    assert grown == outcomes[200] > 0
    assert kept == outcomes[412] > 0


def test_browsers_that_look_the_version_up_just_before_lose_edits(path):
    """The control: the test above can fail."""
    outcomes, grown, _ = edited(path, 80, careful=False)
    assert set(outcomes) <= {200, 412, 503}
    assert grown < outcomes[200]
