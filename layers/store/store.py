"""The one door to the database: reading, changing, remembering, the same for a GeoPackage and for PostGIS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from layers.store import applying, features, memory, runs, snapshots, transfer, undoing, verifying
from layers.store.accounts import Accounts
from layers.store.kept import Kept
from layers.store.published import Published
from layers.store.records import Change
from layers.store.requests import Requests
from layers.store.served import Served

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    import geopandas as gpd
    import pandas as pd
    import sqlalchemy as sa

    from layers.schema import Layer
    from layers.store.backend import Backend, Box
    from layers.store.records import ChangeRecord, Condition, Receipt, RunRecord, StoredRun, VersionRecord


class Store:
    """An open store; made by `layers.store.open_store`, closed by `close` or at the end of a `with` block.

    May be used from several threads. Frames are in EPSG:4490 with the dtypes of `layers.frames`.
    """

    def __init__(self, backend: Backend) -> None:
        """Work on a backend that is open and of the present schema."""
        self._backend = backend
        self.accounts = Accounts(backend)
        self.requests = Requests(backend)
        self.kept = Kept(backend)
        self.served = Served(backend)
        self.published = Published(backend)

    @property
    def layers(self) -> Mapping[str, Layer]:
        """The declarations of the layers that the store holds, by name."""
        return self._backend.layers

    @property
    def kind(self) -> str:
        """`gpkg` or `postgis`."""
        return self._backend.name

    def _layer(self, name: str) -> Layer:
        return applying.declared(self._backend, name)

    # reading

    def read(  # noqa: PLR0913 -- one call says all that limits a reading
        self,
        layer: str,
        *,
        bbox: Box | None = None,
        ids: Sequence[str] | None = None,
        where: Sequence[Condition] = (),
        limit: int | None = None,
        offset: int = 0,
        geometry: bool = True,
    ) -> gpd.GeoDataFrame:
        """Read rows of a layer, in the order of their fid.

        Args:
            layer: name of the layer.
            bbox: west, south, east, north in degrees of EPSG:4490; rows whose envelope meets it.
            ids: internal ids.
            where: conditions, joined by AND.
            limit: at most so many rows.
            offset: rows to leave out at the beginning.
            geometry: False leaves the geometry column out.

        Raises:
            UnknownNameError: no such layer.
            BadConditionError: a field, operator or value that the layer does not have.
        """
        declared = self._layer(layer)
        clauses = features.condition_list(self._backend, declared, bbox=bbox, ids=ids, where=where)
        with self._backend.reading() as connection:
            return features.read(
                self._backend, connection, declared, clauses=clauses, limit=limit, offset=offset, with_geometry=geometry
            )

    def count(self, layer: str, where: Sequence[Condition] = (), *, bbox: Box | None = None) -> int:
        """Count the rows of a layer that meet all conditions."""
        declared = self._layer(layer)
        clauses = features.condition_list(self._backend, declared, bbox=bbox, ids=None, where=where)
        with self._backend.reading() as connection:
            return features.count(self._backend, connection, declared, clauses)

    def get(self, layer: str, feature_id: str) -> dict[str, Any] | None:
        """Read one feature: fid, id, ver, every field, and `geometry` (shapely) where the layer has one; None when absent."""
        declared = self._layer(layer)
        with self._backend.reading() as connection:
            return features.get(self._backend, connection, declared, feature_id)

    # changing

    def apply(
        self,
        change: Change,
        *,
        progress: Callable[[int, int], object] | None = None,
        cancel: threading.Event | None = None,
    ) -> Receipt:
        """Apply a change in one transaction, with its history, or not at all.

        Args:
            change: who, bureau, reason and the edits.
            progress: called with rows done and rows in all, between the parts of a large edit.
            cancel: when set, the change stops and nothing is saved.

        Raises:
            BadFrameError: a frame or value does not fit the layer (BadGeometryError, DuplicateKeyError).
            PreconditionRequiredError: an Update or Delete without the expected version.
            StaleVersionError: a feature is no longer the one that was seen; all such features of the change are named.
            NotFoundError: no such feature ever was.
            CancelledError, StorageFullError, StoreBusyError: nothing was saved.
        """
        return applying.apply(self._backend, change, progress=progress, cancel=cancel)

    def undo(self, change_id: int, *, who: str, bureau: str, reason: str) -> Receipt:
        """Undo a whole change by a new change.

        Raises:
            NotFoundError: no such change.
            UndoConflictError: later changes that still stand touched the same features; `changes` names them.
        """
        return undoing.undo(self._backend, change_id, Change(who, bureau, reason, (), kind="undo"))

    # remembering

    def changes(self, layer: str | None = None, limit: int = 50) -> list[ChangeRecord]:
        """List changes, the latest first; only those that touched a layer when it is named."""
        name = None if layer is None else self._layer(layer).name
        with self._backend.reading() as connection:
            return memory.changes(connection, layer=name, limit=limit)

    def history(self, layer: str, feature_id: str) -> list[VersionRecord]:
        """List all versions of a feature with before and after, the first one first; empty for an unknown id."""
        declared = self._layer(layer)
        with self._backend.reading() as connection:
            return memory.history(connection, declared, feature_id)

    def version(self, layer: str) -> int:
        """The layer's version: the number of the last change that touched it, 0 for never."""
        return self.versions().get(self._layer(layer).name, 0)

    def versions(self) -> dict[str, int]:
        """The versions of all layers."""
        with self._backend.reading() as connection:
            found = memory.versions(connection)
        return {name: found.get(name, 0) for name in self.layers}

    def frame(self, layer: str, version: int | None = None) -> gpd.GeoDataFrame:
        """Give a whole layer from its snapshot, as of now or as it was after a change.

        The snapshot (GeoParquet) is written when it is not there; an older version is rebuilt from the history. Snapshots of
        versions that no stored run stands on are removed when a newer one is written.

        Raises:
            NotFoundError: there is no such change yet.
        """
        declared = self._layer(layer)
        with self._backend.reading() as connection:
            number, token = self._resolve(connection, declared, version)
        mark = snapshots.mark_of(declared, number, token)
        kept = snapshots.read(snapshots.path_of(self._backend.snapshots, declared, number), declared, mark)
        if kept is not None:
            return kept
        with self._backend.reading() as connection:
            number, token = self._resolve(connection, declared, version)
            if number == memory.versions(connection).get(declared.name, 0):
                frame = features.read(self._backend, connection, declared)
            else:
                frame = memory.frame_at(connection, declared, number)
        path = snapshots.path_of(self._backend.snapshots, declared, number)
        if snapshots.write(path, frame, declared, snapshots.mark_of(declared, number, token)):
            self.prune_snapshots(keep={(declared.name, number)})
        return frame

    def _resolve(self, connection: sa.Connection, layer: Layer, version: int | None) -> tuple[int, str]:
        wanted = memory.versions(connection).get(layer.name, 0) if version is None else version
        return memory.resolve_version(connection, layer, wanted)

    def prune_snapshots(self, *, keep: set[tuple[str, int]] | None = None) -> list[Path]:
        """Remove snapshots that are neither of a layer's present version nor stood on by a stored run nor named in `keep`."""
        with self._backend.reading() as connection:
            wanted = runs.pinned(connection) | set(memory.versions(connection).items())
        return snapshots.prune(self._backend.snapshots, wanted | (keep or set()))

    # runs, queries, settings

    def save_run(self, record: RunRecord, table: pd.DataFrame, units: Mapping[str, pd.DataFrame]) -> int:
        """Keep a run with its table and one frame of units per indicator; give its number."""
        packed = runs.pack(table), {code: runs.pack(frame) for code, frame in units.items()}
        with self._backend.writing() as connection:
            return runs.save_run(connection, record, packed)

    def run(self, run_id: int) -> StoredRun:
        """Bring back a run; raise NotFoundError when there is none of this number."""
        with self._backend.reading() as connection:
            return runs.load_run(connection, run_id)

    def runs(self, limit: int = 50) -> list[RunRecord]:
        """List the records of runs, the latest first; `run_id` is set in each."""
        with self._backend.reading() as connection:
            return runs.list_runs(connection, limit)

    def save_query(self, name: str, spec: Mapping[str, Any], who: str) -> None:
        """Keep a query under a name; a second one of the name takes its place."""
        with self._backend.writing() as connection:
            runs.save_query(connection, name, spec, who)

    def queries(self) -> dict[str, dict[str, Any]]:
        """All saved queries by name."""
        with self._backend.reading() as connection:
            return runs.queries(connection)

    def delete_query(self, name: str) -> None:
        """Forget a query; raise NotFoundError when there is none of this name."""
        with self._backend.writing() as connection:
            runs.delete_query(connection, name)

    def settings_get(self, key: str) -> Any:
        """Read a setting (anything JSON can hold); None when it was never set."""
        with self._backend.reading() as connection:
            return runs.settings_get(connection, key)

    def settings_set(self, key: str, value: object) -> None:
        """Write a setting (anything JSON can hold)."""
        with self._backend.writing() as connection:
            runs.settings_set(connection, key, value)

    # keeping

    def copy_to(self, path: Path) -> Path:
        """Make a consistent, checked GeoPackage of everything at another path, while work goes on."""
        return self._backend.copy_to(path)

    def copy_into(self, other: Store) -> None:
        """Copy everything (layers, history, runs, queries, settings) into a new, empty store of either kind.

        Raises:
            NotAStoreError: the other store holds changes already.
        """
        transfer.move(self._backend, other._backend)

    def checksum(self) -> str:
        """A SHA-256 over all layers and the whole history; equal for two stores that hold the same."""
        return transfer.checksum(self._backend)

    def verify(self) -> list[str]:
        """Look for damage, drift of indexes and changes made past the store; an empty list means that all is well."""
        return verifying.faults(self._backend)

    def close(self) -> None:
        """Close all connections; a second call does nothing."""
        self._backend.close()

    def __enter__(self) -> Self:
        """Give the store itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close the store."""
        self.close()
