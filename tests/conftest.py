"""Fixtures for the whole suite: no test reaches outside this machine, and real data is used where it is present."""

import argparse
import functools
import os
import shutil
import socket
import subprocess
import tempfile
import uuid
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from jinja2 import BytecodeCache
from werkzeug.routing import Rule

ROOT = Path(__file__).resolve().parents[1]
SHARED_DATA = ROOT.parent / "shared" / "data"
SHARED_TABLES = ROOT.parent / "shared" / "domain" / "tables"
LOCAL_HOSTS = frozenset({"127.0.0.1", "::1", "localhost"})

CALM = (HealthCheck.too_slow,)
"""A loaded machine draws examples slowly; that says nothing of the code."""
settings.register_profile("house", deadline=None, suppress_health_check=CALM)
settings.register_profile("ci", deadline=None, derandomize=True, suppress_health_check=CALM)
settings.load_profile("ci" if os.environ.get("CI") else "house")

SLOW_MODULES = frozenset(
    [
        "test_end_to_end",
        "test_postgis",
        "test_kill",
        "test_power_cuts",
        "test_full_disk",
        "test_locks",
        "test_lost_update",
        "test_lost_update_http",
        "test_backup_commands",
        "test_repair",
        "test_backup_while_writing",
        "test_moments",
        "test_steps",
        "test_database_crash",
        "test_periodic",
        "test_nginx",
        "test_properties",
        "test_undoing",
        "test_migrations",
        "test_mutations",
        "test_hostile",
        "test_sandbox",
        "test_real_data",
        "test_sqlite_schema",
        "test_bench",
        "test_ladakh",
        "test_paper",
        "test_asking",
        "test_values",
        "test_field",
        "test_tiles",
        "test_gate",
        "test_accounts",
        "test_accounts_server",
        "test_effects",
        "test_wsgi",
        "test_copy_store",
        "test_reaching",
        "test_remembering",
        "test_matrix",
        "test_matrix_leaks",
        "test_matrix_writes",
        "test_cql",
        "test_clients",
        "test_bulk_update",
        "test_merge_areas",
        "test_change_rights",
        "test_cli_changes",
        "test_ledger_pages",
        "test_projects",
        "test_forbidden",
        "test_orders",
        "test_locking",
        "test_key_pages",
        "web/test_public_notices",
        "api/test_writing",
        "web/test_households",
        "actions/test_run_coverage",
        "ledger/test_walk",
        "web/test_imports",
        "layers/test_household_cells",
        "library/test_works_rights",
        "web/test_kept",
        "web/test_works",
        "web/test_publications",
        "library/test_side_doors",
        "web/test_requests",
        "store/test_sqlite",
        "geo_app/test_cli_project",
        "web/test_books",
        "actions/test_notices",
        "web/test_area_changes",
        "web/test_tasks",
        "web/test_runs",
        "web/test_bulk",
        "store/test_updating",
    ]
)
"""Modules whose tests start processes, build the demonstration area, draw pages or try thousands of cases: left out of --quick.

By name, or with its folder where another module has the same name.
"""

_connect = socket.socket.connect


def _local_only(self, address):
    host = address[0] if isinstance(address, tuple) else "localhost"
    if host not in LOCAL_HOSTS:
        raise RuntimeError(f"A test tried to reach {host!r}; tests use this machine only")
    return _connect(self, address)


FULL_SCALE = 100


def _times(text):
    """Read by how much the sizes grow; without `=` a path that follows `--full` would be taken for it."""
    if not text.isdecimal() or not 1 < int(text) <= FULL_SCALE:
        raise argparse.ArgumentTypeError(f"takes a number from 2 to {FULL_SCALE}; before a path write --full={FULL_SCALE}")
    return int(text)


def pytest_addoption(parser):
    """Offer the sizes of a release."""
    words = f"every size of a test that has one, {FULL_SCALE} times as large, or as many times as it says"
    parser.addoption("--full", nargs="?", type=_times, const=FULL_SCALE, default=None, metavar="N", help=words)


@pytest.fixture(scope="session")
def scale(pytestconfig):
    """By how much a test multiplies its number of cases: 1 ordinarily, 100 with --full, 10 with --full=10."""
    return pytestconfig.getoption("full") or 1


def pytest_ignore_collect(collection_path):
    """Programs that tests start as processes of their own lie among the tests and are not imported."""
    name = collection_path.name
    is_program = collection_path.suffix == ".py" and not name.startswith("test_") and name != "conftest.py"
    return True if is_program and (ROOT / "tests") in collection_path.parents else None


def pytest_collection_modifyitems(config, items):
    """Mark the tests of slow modules, and all that build the demonstration area; with --full those that grow may take hours."""
    for item in items:
        if config.getoption("full") and "scale" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.timeout(0))
        name, folder = item.path.stem, item.path.parent.name
        if folder == "demo" or not SLOW_MODULES.isdisjoint((name, f"{folder}/{name}")):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(autouse=True)
def no_outside_network(monkeypatch):
    monkeypatch.setattr(socket.socket, "connect", _local_only)


class _Compiled(BytecodeCache):
    """What templates were compiled to in this process, for every application that tests make in it."""

    def __init__(self):
        self._kept = {}

    def load_bytecode(self, bucket):
        if (bucket.key, bucket.checksum) in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key, bucket.checksum])

    def dump_bytecode(self, bucket):
        self._kept[bucket.key, bucket.checksum] = bucket.bytecode_to_string()


class _CalmRule(Rule):
    """A rule that compiles what builds its addresses when it builds the first one."""

    def _compile_builder(self, *given):
        compiled = functools.cache(super()._compile_builder)

        def build(rule, /, **values):
            return compiled(*given)(rule, **values)

        return build


@pytest.fixture(autouse=True, scope="session")
def applications_made_cheaply():
    """Hundreds of applications are made here, each of 80 templates and 240 addresses, of which a test uses a few."""
    given = Flask.jinja_options, Flask.url_rule_class
    Flask.jinja_options, Flask.url_rule_class = {"bytecode_cache": _Compiled()}, _CalmRule
    yield
    Flask.jinja_options, Flask.url_rule_class = given


@pytest.fixture(scope="session")
def root():
    """Top folder of the project."""
    return ROOT


@pytest.fixture(scope="session")
def shared_data():
    """Folder of the real data beside the project; the test skips where it is absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip("real data folder ../shared/data is not here; it lies beside the project, never inside it")
    return SHARED_DATA


@pytest.fixture(scope="session")
def shared_tables():
    """Folder of the policy tables beside the project; the test skips where it is absent."""
    if not SHARED_TABLES.is_dir():
        pytest.skip("policy tables ../shared/domain/tables are not here; they lie beside the project")
    return SHARED_TABLES


BIN = next(
    (folder for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True) if (folder / "initdb").exists()), None
)


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def postgis_server():
    """A throw-away PostgreSQL with PostGIS, started here and stopped at the end; gives its URL."""
    if BIN is None:
        pytest.skip("PostgreSQL (Debian packages postgresql-15, postgresql-15-postgis-3) is not installed")
    if not list(Path("/usr/share/postgresql").glob("*/extension/postgis.control")):
        pytest.skip("PostGIS (Debian package postgresql-15-postgis-3) is not installed")
    owner = {"user": "postgres"} if os.getuid() == 0 else {}
    folder = Path(tempfile.mkdtemp(prefix="xiangtu-pg-"))
    if owner:
        shutil.chown(folder, "postgres")
    port = _free_port()
    data = folder / "data"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder, **owner}
    subprocess.run(
        [BIN / "initdb", "-D", data, "-U", "xiangtu", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N"], check=True, **quiet
    )
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off -c full_page_writes=off"
    subprocess.run([BIN / "pg_ctl", "-D", data, "-w", "-o", options, "-l", folder / "log", "start"], check=True, **quiet)
    try:
        yield f"postgresql://xiangtu@127.0.0.1:{port}/postgres"
    finally:
        subprocess.run([BIN / "pg_ctl", "-D", data, "-w", "-m", "immediate", "stop"], check=True, **quiet)
        shutil.rmtree(folder)


@pytest.fixture
def postgis_schema(postgis_server):
    """Where a new store may be made in the server: a schema of its own."""
    return f"{postgis_server}?schema=t{uuid.uuid4().hex[:12]}"


@pytest.fixture(scope="session")
def browser_driver():
    """The one driver of browsers in a test process: a second one beside it does not start."""
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as driver:
        yield driver
