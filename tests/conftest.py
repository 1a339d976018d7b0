"""Fixtures for the whole suite: no test reaches outside this machine, and real data is used where it is present."""

import socket
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SHARED_DATA = ROOT.parent / "shared" / "data"
SHARED_TABLES = ROOT.parent / "shared" / "domain" / "tables"
LOCAL_HOSTS = frozenset({"127.0.0.1", "::1", "localhost"})

_connect = socket.socket.connect


def _local_only(self, address):
    host = address[0] if isinstance(address, tuple) else "localhost"
    if host not in LOCAL_HOSTS:
        raise RuntimeError(f"A test tried to reach {host!r}; tests use this machine only")
    return _connect(self, address)


@pytest.fixture(autouse=True)
def no_outside_network(monkeypatch):
    monkeypatch.setattr(socket.socket, "connect", _local_only)


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
