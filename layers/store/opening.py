"""Opening a store by a path or a database URL."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urlsplit

from layers.catalogue import LAYERS
from layers.errors import DurabilityError, NotAStoreError, StoreAccessError, StoreMissingError
from layers.store import commits, durability, migrations
from layers.store import snapshots as drafts
from layers.store.geopackage import GeoPackage
from layers.store.postgis import PostGIS
from layers.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layers.schema import Layer
    from layers.store.backend import Backend

OPTIONS = frozenset({"journal", "synchronous"})


def open_store(
    where: str | Path, *, create: bool = False, layers: Mapping[str, Layer] | None = None, snapshots: Path | None = None
) -> Store:
    """Open a store, bring it to the present schema, and make the tables of newly declared layers.

    Args:
        where: a path, `gpkg:///path` or `postgresql://user@host/database`.
        create: make a new store when there is none.
        layers: the declarations to hold; those of the catalogue unless given.
        snapshots: folder for snapshots; beside the file, or in the user's cache for a database, unless given.

    Raises:
        StoreMissingError: there is nothing there and `create` is False.
        NotAStoreError: something else is there, or the URL is of an unknown kind.
        MigrationError: the schema is newer, or bringing it up did not succeed.
        DurabilityError: the disk or the settings cannot keep acknowledged edits.
    """
    declared = LAYERS if layers is None else layers
    text = str(where)
    postgres = text.startswith(("postgresql:", "postgresql+psycopg:", "postgres:"))
    backend: Backend = PostGIS(text, declared) if postgres else _geopackage(text, declared, create=create)
    if snapshots is not None:
        backend.snapshots = snapshots
    return _started(backend, create=create)


def _started(backend: Backend, *, create: bool) -> Store:
    started = False
    try:
        if backend.name == "postgis":
            commits.refuse_early_acknowledgement(backend)
        if create:
            migrations.create(backend)
        migrations.bring_up(backend)
        started = True
    finally:
        if not started:
            backend.close()
    drafts.sweep(backend.snapshots)
    return Store(backend)


def _geopackage(where: str, layers: Mapping[str, Layer], *, create: bool) -> GeoPackage:
    path, options = _split(where)
    kept = durability.chosen(sqlite3.sqlite_version_info, journal=options.get("journal"), synchronous=options.get("synchronous"))
    if path.is_dir():
        raise NotAStoreError(f"{path.name} is a folder. Name a file, for example {path.name}/xiangtu.gpkg.")
    if not path.exists():
        if not create:
            raise StoreMissingError(f"There is no store {path.name}. Create it (geo-app init) or name another place.")
        _make_empty(path)
    durability.refuse_network_disk(path, kept)
    return GeoPackage(path, layers, kept)


def _make_empty(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o640))
    except OSError as error:
        raise StoreAccessError(f"{path.name} cannot be made there. Give the service write access to the folder.") from error


def _split(where: str) -> tuple[Path, dict[str, str]]:
    if "://" not in where:
        return Path(where).absolute(), {}
    parts = urlsplit(where)
    if parts.scheme != "gpkg" or parts.netloc:
        raise NotAStoreError(f"A store is a path, gpkg:///path or postgresql://user@host/database, not {parts.scheme}://…")
    options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    strange = options.keys() - OPTIONS
    if strange:
        raise DurabilityError(f"A store has no option {', '.join(sorted(strange))}; there are: {', '.join(sorted(OPTIONS))}")
    return Path(unquote(parts.path)), options
