"""What a store remembers of its layers: changes, versions, earlier states and snapshots."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from layers.store import applying, memory, reaching, runs, snapshots, whole

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import geopandas as gpd
    import sqlalchemy as sa

    from layers.schema import Layer
    from layers.store.backend import Backend
    from layers.store.records import ChangeRecord, Reach, VersionRecord


class Remembering:
    """The part of `Store` that looks back."""

    def __init__(self, backend: Backend) -> None:
        """Work on a backend that is open and of the present schema."""
        self._backend = backend

    @property
    def layers(self) -> Mapping[str, Layer]:
        """The declarations of the layers that the store holds, by name."""
        return self._backend.layers

    def _layer(self, name: str) -> Layer:
        return applying.declared(self._backend, name)

    def changes(  # noqa: PLR0913 -- all that may limit the list
        self,
        layer: str | None = None,
        limit: int = 50,
        *,
        offset: int = 0,
        since: dt.datetime | None = None,
        until: dt.datetime | None = None,
        who: str | None = None,
    ) -> list[ChangeRecord]:
        """List changes, the latest first; only those of a layer, between two times (both included) or of a person when named."""
        name = None if layer is None else self._layer(layer).name
        with self._backend.reading() as connection:
            return memory.changes(connection, layer=name, limit=limit, offset=offset, since=since, until=until, who=who)

    def change(self, change_id: int) -> ChangeRecord:
        """Give one change; raise NotFoundError when there is none of this number."""
        with self._backend.reading() as connection:
            return memory.change(connection, change_id)

    def change_rows(
        self, change_id: int, reach_by_layer: Mapping[str, Reach] | None = None, *, limit: int | None = None, offset: int = 0
    ) -> list[VersionRecord]:
        """List the row versions that a change made, in order; with reaches only what may be read, of the layers they name.

        Raises:
            NotFoundError: no such change.
        """
        named = {name: layer for name, layer in self.layers.items() if reach_by_layer is None or name in reach_by_layer}
        with self._backend.reading() as connection:
            memory.change(connection, change_id)
            found = memory.change_rows(connection, named, change_id, limit=limit, offset=offset)
        if reach_by_layer is None:
            return found
        return [seen for item in found for seen in reaching.visible(self.layers[item.layer], [item], reach_by_layer[item.layer])]

    def history(self, layer: str, feature_id: str, *, reach: Reach | None = None) -> list[VersionRecord]:
        """List all versions of a feature with before and after, the first one first; empty for an unknown id.

        With a reach, a feature whose last state may not be read gives nothing, as one that never was.
        """
        declared = self._layer(layer)
        with self._backend.reading() as connection:
            found = memory.history(connection, declared, feature_id)
        return found if reach is None else reaching.readable_versions(declared, found, reach)

    def feature_at_version(self, layer: str, feature_id: str, ver: int) -> dict[str, Any] | None:
        """Give a feature as it was as one version, as somebody saw it; None when it never was that or was removed by it."""
        declared = self._layer(layer)
        with self._backend.reading() as connection:
            return memory.feature_at(connection, declared, feature_id, ver)

    def version(self, layer: str) -> int:
        """The layer's version: the number of the last change that touched it, 0 for never."""
        return self.versions().get(self._layer(layer).name, 0)

    def versions(self) -> dict[str, int]:
        """The versions of all layers."""
        with self._backend.reading() as connection:
            found = memory.versions(connection)
        return {name: found.get(name, 0) for name in self.layers}

    def version_at(self, layer: str, at: dt.datetime | int) -> int:
        """The layer's version at a time, or as it was after a change: the number of the last change of it until then.

        Raises:
            NotFoundError: there is no such change yet.
        """
        declared = self._layer(layer)
        with self._backend.reading() as connection:
            return self._version_at(connection, declared, at)

    def _version_at(self, connection: sa.Connection, layer: Layer, at: dt.datetime | int) -> int:
        if isinstance(at, dt.datetime):
            return memory.version_at(connection, layer, at)
        return memory.resolve_version(connection, layer, at)[0]

    def state(self, layer: str, at: dt.datetime | int) -> gpd.GeoDataFrame:
        """Give a layer as it was at a time, or after a change; empty before its first change.

        Raises:
            NotFoundError: there is no such change yet.
        """
        return self.frame(layer, self.version_at(layer, at))

    def diff(self, layer: str, from_version: int, to_version: int) -> list[VersionRecord]:
        """What became of each feature between two versions of a layer, one record per feature that differs.

        `before` is its state as of `from_version`, `after` as of `to_version` (which may be the earlier one); who and when are
        those of the last change of the feature in between.

        Raises:
            NotFoundError: there is no such change yet.
        """
        declared = self._layer(layer)
        with self._backend.reading() as connection:
            earlier, later = sorted(memory.resolve_version(connection, declared, one)[0] for one in (from_version, to_version))
            found = memory.difference(connection, declared, earlier, later)
        if from_version <= to_version:
            return found
        turned: dict[str, Literal["insert", "update", "delete"]] = {"insert": "delete", "delete": "insert", "update": "update"}
        return [replace(item, op=turned[item.op], before=item.after, after=item.before) for item in found]

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
            newest = memory.versions(connection).get(declared.name, 0)
        mark = snapshots.mark_of(declared, number, token)
        path = snapshots.path_of(self._backend.snapshots, declared, number)
        kept = snapshots.read(path, declared, mark)
        if kept is not None:
            return kept
        rebuild = whole.present if number == newest else whole.earlier
        frame = rebuild(self._backend, declared, number)
        if snapshots.write(path, frame, declared, mark):
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
