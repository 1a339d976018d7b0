"""50 viewers and 10 editors at once, on a GeoPackage and on PostGIS beside each other: edits per second, read p95.

python -m benchmarks.editing            20,000 roads, 20 s; writes benchmarks/editing.json, which docs/benchmarks.md is made of
python -m benchmarks.editing --quick    500 roads, 2 s each, 5 viewers and 2 editors; nothing written

Each person is a thread of this process that asks the running server over HTTP once a second: a viewer for the features of a
random view, an editor to save a change of a road. The GeoPackage is served as `geo-app serve` does, PostGIS by gunicorn with two
workers. “Without a pause” is the store alone: editors in threads that apply one change after the other.
"""

import argparse
import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from layers.store import Change, Insert, Store, Update, open_store

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "editing.json"
POSTGRES = next((path for path in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None)
WEST, SOUTH, SPAN = 104.0, 36.0, 1.0
VIEW = 0.05
"""Width of a view in degrees: a four-hundredth of the roads."""
SEED = 20261121
PAUSE_S = 1.0
START_S = 120.0


def roads(count: int) -> gpd.GeoDataFrame:
    """Make roads of six vertices, spread evenly."""
    random = np.random.default_rng(SEED)
    starts = np.array([WEST, SOUTH]) + random.uniform(0, SPAN, (count, 2))
    shapes = shapely.linestrings(starts[:, None, :] + random.normal(0, 0.001, (count, 6, 2)).cumsum(axis=1))
    return gpd.GeoDataFrame({"segment_id": [f"S{n}" for n in range(count)]}, geometry=shapes, crs="EPSG:4490")


def free_port() -> int:
    """Find a port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def database() -> Iterator[str]:
    """Start a PostgreSQL server with its usual settings (it syncs every commit) and give its URL."""
    if POSTGRES is None:
        raise SystemExit("PostgreSQL is not installed (Debian packages postgresql-15, postgresql-15-postgis-3)")
    owner = {"user": "postgres"} if os.getuid() == 0 else {}
    folder = Path(tempfile.mkdtemp(prefix="xiangtu-bench-"))
    if owner:
        shutil.chown(folder, "postgres")
    port, data = free_port(), folder / "data"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder, **owner}
    made = ["-U", "xiangtu", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"]
    subprocess.run([POSTGRES / "initdb", "-D", data, *made], check=True, **quiet)
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=''"
    subprocess.run([POSTGRES / "pg_ctl", "-D", data, "-w", "-o", options, "-l", folder / "log", "start"], check=True, **quiet)
    try:
        yield f"postgresql://xiangtu@127.0.0.1:{port}/postgres"
    finally:
        subprocess.run([POSTGRES / "pg_ctl", "-D", data, "-w", "-m", "fast", "stop"], check=True, **quiet)
        shutil.rmtree(folder)


@contextmanager
def server(where: str, folder: Path) -> Iterator[int]:
    """Start the server for a store and give its port when it answers."""
    port = free_port()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("XIANGTU_")}
    own = {"XIANGTU_STORE": where, "XIANGTU_DATA_DIR": str(folder), "XIANGTU_SNAPSHOTS_DIR": str(folder / "snapshots")}
    own |= {"XIANGTU_SECRET_KEY": "k" * 40, "XIANGTU_LOG_LEVEL": "WARNING"}
    command = ["-c", "from geo_app.cli import main; main()", "serve", "--port", str(port)]
    if where.startswith("postgresql"):
        command = ["-m", "gunicorn", "-w", "2", "--threads", "16", "-b", f"127.0.0.1:{port}", "wsgi:app"]
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen([sys.executable, *command], cwd=ROOT, env=kept | own, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + START_S
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit((folder / "server.log").read_text("utf-8")[-2000:])
            time.sleep(0.2)
        yield port
    finally:
        process.terminate()
        process.wait(60)


def _answers(port: int) -> bool:
    with suppress(OSError), closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.client.OK
    return False


class Person:
    """One browser: keeps its cookie and token, notes how long every answer took."""

    def __init__(self, port: int) -> None:
        """Open the page from which the token comes."""
        self.port, self.cookie, self.token = port, "", ""
        self.seconds: list[float] = []
        self.faults: list[int] = []
        found = re.search(r'name="csrf-token" content="([^"]+)"', self.ask("GET", "/jobs")[1])
        self.token = found.group(1) if found else ""
        self.seconds.clear()

    def ask(self, method: str, path: str, body: dict | None = None) -> tuple[int, str]:
        """Ask, note the time from the first byte sent to the last one read, and give status and text."""
        headers = {"Cookie": self.cookie, "Content-Type": "application/json", "Accept": "application/json, text/html"}
        headers |= {"X-CSRF-Token": self.token}
        start = time.perf_counter()
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        self.seconds.append(time.perf_counter() - start)
        if answer.status >= http.client.BAD_REQUEST:
            self.faults.append(answer.status)
        cookie = answer.getheader("Set-Cookie")
        if cookie:
            self.cookie = cookie.partition(";")[0]
        return answer.status, text


def view(person: Person, random: np.random.Generator) -> None:
    """Look at a random part of the map."""
    west, south = np.array([WEST, SOUTH]) + random.uniform(0, SPAN - VIEW, 2)
    person.ask("GET", f"/editing/roads/features?bbox={west:.5f},{south:.5f},{west + VIEW:.5f},{south + VIEW:.5f}&limit=500")


def save(person: Person, feature_id: str, ver: int) -> int:
    """Save a change of a road and give the version it then has."""
    edit = {"op": "update", "layer": "roads", "id": feature_id, "expected_ver": ver, "properties": {"name": f"路 {ver}"}}
    status, _ = person.ask("POST", "/editing/save", {"reason": "测量", "edits": [edit]})
    return ver + (status == http.client.OK)


def together(tasks: list[Callable[[], None]]) -> None:
    """Run tasks in threads of their own and wait for all."""
    threads = [threading.Thread(target=task) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def over_http(port: int, ids: list[str], *, viewers: int, editors: int, seconds: float) -> dict:
    """Let viewers and editors work once a second each, and give what they met."""
    people = [Person(port) for _ in range(viewers + editors)]
    end = time.monotonic() + seconds

    def paced(step: Callable[[], None], number: int) -> None:
        time.sleep(PAUSE_S * number / len(people))
        while time.monotonic() < end:
            begun = time.monotonic()
            step()
            time.sleep(max(0.0, PAUSE_S - (time.monotonic() - begun)))

    def viewer(number: int) -> Callable[[], None]:
        random = np.random.default_rng([SEED, number])
        return lambda: paced(lambda: view(people[number], random), number)

    def editor(number: int) -> Callable[[], None]:
        held = {"ver": 1}

        def step() -> None:
            held["ver"] = save(people[number], ids[number], held["ver"])

        return lambda: paced(step, number)

    together([viewer(n) for n in range(viewers)] + [editor(n) for n in range(viewers, viewers + editors)])
    reads = [value for person in people[:viewers] for value in person.seconds]
    edits = [value for person in people[viewers:] for value in person.seconds]
    faults = [status for person in people for status in person.faults]
    return (
        spread("read", reads)
        | spread("edit", edits)
        | {
            "reads_per_s": round(len(reads) / seconds, 1),
            "edits_per_s": round(len(edits) / seconds, 1),
            "edits": len(edits),
            "faults": len(faults),
        }
    )


def spread(name: str, seconds: list[float]) -> dict:
    """Give the median and the 95th percentile in milliseconds."""
    if not seconds:
        return {}
    return {f"{name}_p{part}_ms": round(float(np.percentile(seconds, part)) * 1000) for part in (50, 95)}


def without_pause(store: Store, ids: list[str], *, editors: int, seconds: float) -> dict:
    """Let editors apply changes to the store one after the other, each to a road of its own."""
    taken: list[float] = []
    end = time.monotonic() + seconds

    def editor(feature_id: str) -> Callable[[], None]:
        def work() -> None:
            ver = (store.get("roads", feature_id) or {})["ver"]
            while time.monotonic() < end:
                begun = time.perf_counter()
                store.apply(Change("a", "b", "c", (Update("roads", feature_id, ver, {"name": f"S{ver}"}),)))
                taken.append(time.perf_counter() - begun)
                ver += 1

        return work

    together([editor(feature_id) for feature_id in ids[:editors]])
    return {"store_edits_per_s": round(len(taken) / seconds, 1)} | spread("store_edit", taken)


def measure(  # noqa: PLR0913 -- the size of the office
    where: str, folder: Path, count: int, *, viewers: int, editors: int, seconds: float
) -> dict:
    """Fill a store, measure it over HTTP and by itself, and look whether anything was lost."""
    with open_store(where, create=True, snapshots=folder / "snapshots") as store:
        start = time.perf_counter()
        store.apply(Change("a", "b", "c", (Insert("roads", roads(count)),), kind="import"))
        found = {"store": store.kind, "import_s": round(time.perf_counter() - start, 1)}
        ids = store.read("roads", limit=viewers + editors, geometry=False)["id"].tolist()
    with server(where, folder) as port:
        found |= over_http(port, ids, viewers=viewers, editors=editors, seconds=seconds)
    with open_store(where, snapshots=folder / "snapshots") as store:
        acknowledged = store.changes(limit=1)[0].change_id - 1
        found |= without_pause(store, ids[-editors:], editors=editors, seconds=seconds / 2)
        applied = sum(row - 1 for row in store.read("roads", ids=ids, geometry=False)["ver"])
        found |= {"edits_held": acknowledged, "whole": applied == store.changes(limit=1)[0].change_id - 1 and not store.verify()}
    found["whole"] = found["whole"] and acknowledged >= found["edits"] - found["faults"]
    return found


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="500 roads, 2 s each; writes nothing")
    parser.add_argument("--gpkg", action="store_true", help="leave PostGIS out; writes nothing")
    options = parser.parse_args()
    count, size = (500, {"viewers": 5, "editors": 2, "seconds": 2.0}) if options.quick else (
        20_000, {"viewers": 50, "editors": 10, "seconds": 20.0})  # fmt: skip
    measured = []
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("gpkg",) if options.gpkg else ("gpkg", "postgis"):
            place = Path(folder) / kind
            place.mkdir()
            if kind == "gpkg":
                measured.append(measure(str(place / "store.gpkg"), place, count, **size))
            else:
                with database() as where:
                    measured.append(measure(where, place, count, **size))
            print(json.dumps(measured[-1]), flush=True)
    found = {
        "date": datetime.now(UTC).date().isoformat(), "roads": count, **size, "cores": os.cpu_count(),
        "load": " ".join(f"{value:.1f}" for value in os.getloadavg()), "measured": measured,
    }  # fmt: skip
    if not (options.quick or options.gpkg):
        RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return 0 if all(item["whole"] and not item["faults"] for item in measured) else 1


if __name__ == "__main__":
    sys.exit(main())
