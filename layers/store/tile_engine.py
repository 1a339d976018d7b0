"""The one DuckDB of a process that tiles are cut with: its spatial extension is loaded once, each table has its own database.

To load the extension takes most of a second of the processor; to attach another empty database takes none that could be measured.
"""

from __future__ import annotations

import threading
import weakref
from functools import lru_cache
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import ClassVar, Final

import duckdb

from layers.errors import StoreError

_opening: Final = threading.Lock()
_numbers: Final = count(1)


class TilesUnavailableError(StoreError, RuntimeError):
    """The part that makes tiles is not installed as it should be."""

    code: ClassVar[str] = "store"


def extension_file() -> Path:
    """Find the spatial extension in its package.

    Raises:
        TilesUnavailableError: It is not there, or of another version.
    """
    found = find_spec("duckdb_extension_spatial")
    for folder in (found.submodule_search_locations or ()) if found is not None else ():
        path = Path(folder) / "extensions" / f"v{duckdb.__version__}" / "spatial.duckdb_extension"
        if path.is_file():
            return path
    raise TilesUnavailableError("Vector tiles need the package duckdb-extension-spatial; run scripts/setup.")


@lru_cache(maxsize=1)
def _engine() -> duckdb.DuckDBPyConnection:
    settings: dict[str, str | bool | int | float | list[str]] = {
        "threads": "1",
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
    }
    engine = duckdb.connect(":memory:", config=settings)
    engine.load_extension(str(extension_file()))
    engine.execute("SET enable_external_access=false")
    engine.execute("SET lock_configuration=true")
    return engine


def _detach(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    connection.close()
    with _engine().cursor() as cursor:
        cursor.execute(f"DETACH {name}")


class Room:
    """An empty database in memory that reaches no file, no network and no other room; freed when nobody holds it any more."""

    def __init__(self) -> None:
        """Attach it to the engine of the process."""
        with _opening:
            engine, self._name = _engine(), f"room_{next(_numbers)}"
        self.connection = engine.cursor()
        self.connection.execute(f"ATTACH ':memory:' AS {self._name}")
        self.connection.execute(f"USE {self._name}")
        weakref.finalize(self, _detach, self.connection, self._name)

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """Give a connection of its own to whoever asks, so that many ask at once; the asker closes it."""
        cursor = self.connection.cursor()
        cursor.execute(f"USE {self._name}")
        return cursor
