"""The one door to the database: reading, changing, remembering, the same for a GeoPackage and for PostGIS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from layers.store import accepting, applying, features, layer_restoring, reaching, rows, runs, transfer, undoing, verifying
from layers.store.accepting import Decision
from layers.store.accounts import Accounts
from layers.store.attachments import Attachments
from layers.store.kept import Kept
from layers.store.published import Published
from layers.store.records import Change, Reach
from layers.store.remembering import Remembering
from layers.store.requests import Requests
from layers.store.served import Served

if TYPE_CHECKING:
    import datetime as dt
    import threading
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    import geopandas as gpd
    import pandas as pd

    from layers.store.backend import Backend, Box
    from layers.store.records import Condition, Edit, Receipt, RunRecord, StoredRun


class Store(Remembering):
    """An open store; made by `layers.store.open_store`, closed by `close` or at the end of a `with` block.

    May be used from several threads. Frames are in EPSG:4490 with the dtypes of `layers.frames`.
    """

    def __init__(self, backend: Backend) -> None:
        """Work on a backend that is open and of the present schema."""
        super().__init__(backend)
        self.accounts = Accounts(backend)
        self.requests = Requests(backend)
        self.kept = Kept(backend)
        self.served = Served(backend)
        self.published = Published(backend)
        self.attachments = Attachments(backend)

    @property
    def kind(self) -> str:
        """`gpkg` or `postgis`."""
        return self._backend.name

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
        reach: Reach | None = None,
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
            reach: only the rows and fields that may be read.

        Raises:
            UnknownNameError: no such layer.
            BadConditionError: a field, operator or value that the layer does not have.
        """
        declared = self._layer(layer)
        clauses = features.condition_list(self._backend, declared, bbox=bbox, ids=ids, where=where, reach=reach)
        with self._backend.reading() as connection:
            rows = features.fetch(
                self._backend, connection, declared, clauses=clauses, limit=limit, offset=offset, with_geometry=geometry
            )
        found = features.build(self._backend, declared, rows, with_geometry=geometry)
        return found if reach is None else reaching.narrow(found, reach, declared)

    def count(self, layer: str, where: Sequence[Condition] = (), *, bbox: Box | None = None, reach: Reach | None = None) -> int:
        """Count the rows of a layer that meet all conditions; with a reach only those that may be read."""
        declared = self._layer(layer)
        clauses = features.condition_list(self._backend, declared, bbox=bbox, ids=None, where=where, reach=reach)
        with self._backend.reading() as connection:
            return features.count(self._backend, connection, declared, clauses)

    def get(self, layer: str, feature_id: str, *, reach: Reach | None = None) -> dict[str, Any] | None:
        """Read one feature: fid, id, ver, every field, and `geometry` (shapely) where the layer has one; None when absent.

        With a reach, a feature that may not be read is absent.
        """
        declared = self._layer(layer)
        with self._backend.reading() as connection:
            found = features.get(self._backend, connection, declared, feature_id)
        if found is None or reach is None:
            return found
        return reaching.narrow_feature(found, reach, declared) if reaching.feature_inside(found, declared, reach) else None

    def features(self, layer: str, where: Sequence[Condition] = (), *, reach: Reach | None = None) -> list[dict[str, Any]]:
        """Read a few features as `get` gives one, in the order of their fid; with a reach only what may be read."""
        declared = self._layer(layer)
        clauses = features.condition_list(self._backend, declared, bbox=None, ids=None, where=where, reach=reach)
        with self._backend.reading() as connection:
            found = rows.fetch(self._backend, connection, declared, clauses)
        made = [rows.feature(declared, row) for row in found]
        return made if reach is None else [reaching.narrow_feature(item, reach, declared) for item in made]

    # changing

    def apply(
        self,
        change: Change,
        *,
        reach: Mapping[str, Reach] | None = None,
        progress: Callable[[int, int], object] | None = None,
        cancel: threading.Event | None = None,
    ) -> Receipt:
        """Apply a change in one transaction, with its history, or not at all.

        Args:
            change: who, bureau, reason and the edits.
            reach: what the person may write, by layer; a layer it does not name may not be written. None: everything.
            progress: called with rows done and rows in all, between the parts of a large edit.
            cancel: when set, the change stops and nothing is saved.

        Raises:
            BadFrameError: a frame or value does not fit the layer (BadGeometryError, DuplicateKeyError).
            PreconditionRequiredError: an Update or Delete without the expected version.
            StaleVersionError: a feature is no longer the one that was seen; all such features of the change are named.
            NotFoundError: no such feature ever was, or the person may not read it.
            OutOfReachError: a layer, area or field that the person may not write.
            CancelledError, StorageFullError, StoreBusyError: nothing was saved.
        """
        return applying.apply(self._backend, change, reach=reach, progress=progress, cancel=cancel)

    def undo(  # noqa: PLR0913 -- who, for whom and why, and what the person may
        self,
        change_id: int,
        *,
        who: str,
        bureau: str,
        reason: str,
        reach: Mapping[str, Reach] | None = None,
        account_id: int | None = None,
    ) -> Receipt:
        """Undo a whole change by a new change.

        Raises:
            NotFoundError: no such change, or none of its rows may be read.
            OutOfReachError: a row of it may not be written.
            UndoConflictError: later changes that still stand touched the same features; `changes` names them.
        """
        head = Change(who, bureau, reason, (), kind="undo", account_id=account_id)
        return undoing.undo(self._backend, change_id, head, reach)

    def restore_layer(  # noqa: PLR0913 -- who, for whom and why, and what the person may
        self,
        layer: str,
        at: dt.datetime | int,
        *,
        who: str,
        bureau: str,
        reason: str,
        reach: Mapping[str, Reach] | Reach | None = None,
        account_id: int | None = None,
    ) -> Receipt:
        """Bring a whole layer back to what it was at a time, or after a change, by one new change.

        Raises:
            NotFoundError: there is no such change yet.
            OutOfReachError: a row that differs may not be written.
        """
        declared = self._layer(layer)
        head = Change(who, bureau, reason, (), kind="restore", account_id=account_id)
        rights = {declared.name: reach} if isinstance(reach, Reach) else reach
        return layer_restoring.restore(
            self._backend,
            declared,
            head,
            version=lambda connection: self._version_at(connection, declared, at),
            reach=rights,
        )

    def accept(  # noqa: PLR0913 -- who, for whom and why, and what the person may
        self,
        request_id: int,
        *,
        who: str,
        bureau: str,
        note: str = "",
        reach: Mapping[str, Reach] | None = None,
        account_id: int | None = None,
        edits: Sequence[Edit] | None = None,
    ) -> Receipt:
        """Apply the edits of a change request (or the reviewer's merged ones) and mark it accepted, in one transaction.

        The change is the reviewer's; its reason names who asked.

        Raises:
            NotFoundError: no such request.
            RequestClosedError: it is not open.
            StaleVersionError, OutOfReachError and whatever `apply` raises: nothing was saved and the request stays open.
        """
        return accepting.accept(
            self._backend,
            request_id,
            Decision(who, bureau, note, account_id),
            reach=reach,
            edits=None if edits is None else tuple(edits),
        )

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

    def copy_into(self, other: Store, *, progress: Callable[[int, int], object] | None = None) -> None:
        """Copy everything into a new, empty store of either kind: layers, history, runs, queries, settings, accounts and papers.

        Sign-ins (sessions, attempts) are left behind. `progress` is called with rows done and rows in all.

        Raises:
            NotAStoreError: the other store holds something already.
        """
        transfer.move(self._backend, other._backend, progress)

    def checksum(self) -> str:
        """A SHA-256 over all layers and the whole history; equal for two stores that hold the same."""
        return transfer.checksum(self._backend)

    def full_checksum(self) -> str:
        """A SHA-256 over everything that `copy_into` copies; equal for two stores of either kind that hold the same."""
        return transfer.full_checksum(self._backend)

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
