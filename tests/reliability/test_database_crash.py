"""The database server stopped at once, as by a crash, while writers are at work: what was acknowledged is there after recovery (R3)."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg
import pytest
import scene

from layers.errors import DurabilityError

pytestmark = pytest.mark.postgis
CRASHES = 3
BIN = next(
    (folder for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True) if (folder / "initdb").exists()), None
)


class Server:
    """A PostgreSQL of this module's own, with the settings a real one has: it syncs, and it acknowledges late."""

    def __init__(self, folder):
        self.data, self.log = folder / "data", folder / "log"
        self.owner = {"user": "postgres"} if os.getuid() == 0 else {}
        if self.owner:
            shutil.chown(folder, "postgres")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._run(BIN / "initdb", "-D", self.data, "-U", "xiangtu", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")
        self.url = f"postgresql://xiangtu@127.0.0.1:{self.port}/postgres"

    def _run(self, *command):
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": self.data.parent}
        subprocess.run(command, check=True, **quiet, **self.owner)

    def start(self, more=""):
        """Start, and wait until it answers."""
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' {more}"
        self._run(BIN / "pg_ctl", "-D", self.data, "-w", "-t", "120", "-o", options, "-l", self.log, "start")

    def crash(self):
        """Stop without a checkpoint."""
        self._run(BIN / "pg_ctl", "-D", self.data, "-w", "-m", "immediate", "stop")


@pytest.fixture(scope="module")
def server():
    """The server of this module, running."""
    if BIN is None or not list(Path("/usr/share/postgresql").glob("*/extension/postgis.control")):
        pytest.skip("PostgreSQL with PostGIS (Debian packages postgresql-15, postgresql-15-postgis-3) is not installed")
    folder = Path(tempfile.mkdtemp(prefix="xiangtu-crash-"))
    made = Server(folder)
    made.start()
    try:
        yield made
    finally:
        made.crash()
        shutil.rmtree(folder)


def noted(acks):
    """What the writers say was acknowledged."""
    return set(acks.read_text().split("\n")[:-1]) if acks.exists() else set()


def test_crashes_of_the_server_lose_nothing_acknowledged(server, tmp_path, scale):
    where = scene.made(f"{server.url}?schema=crashed")
    for number in range(CRASHES * scale):
        acks = tmp_path / f"acks{number}"
        writers = [scene.script("steady", where, acks, number * 10 + one) for one in range(2)]
        deadline = time.monotonic() + 120
        while len(noted(acks)) < 15 and time.monotonic() < deadline:
            time.sleep(0.01)
        server.crash()
        for writer in writers:
            writer.communicate(timeout=120)
            assert writer.returncode == 0
        server.start()
        assert len(noted(acks)) >= 15
        assert scene.broken(where, noted(acks)) == []


def test_a_server_that_acknowledges_early_loses_what_it_acknowledged(server):
    """The control: with synchronous_commit off the same crash loses acknowledged rows."""
    lost = 0
    for turn in range(40):
        with psycopg.connect(server.url, autocommit=True, options="-c synchronous_commit=off") as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS early (n int)")
            connection.execute("TRUNCATE early")
            connection.execute("CHECKPOINT")
            for n in range(50):
                connection.execute("INSERT INTO early VALUES (%s)", (n,))
            server.crash()
        server.start()
        with psycopg.connect(server.url) as connection:
            lost += 50 - connection.execute("SELECT count(*) FROM early").fetchone()[0]
        if lost:
            break
        assert turn < 39  # a server on a loaded machine writes soon after it answers
    assert lost


def test_a_store_on_such_a_server_is_refused(server):
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("ALTER ROLE xiangtu SET synchronous_commit = off")
    try:
        with pytest.raises(DurabilityError, match=r"synchronous_commit is off.*Set it to on") as caught:
            scene.opened(f"{server.url}?schema=early", create=True)
        assert caught.value.code == "durability"
    finally:
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("ALTER ROLE xiangtu RESET synchronous_commit")
            assert connection.execute("SELECT to_regnamespace('early')").fetchone()[0] is None
    scene.opened(f"{server.url}?schema=early", create=True).close()
