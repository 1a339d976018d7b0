"""The rows of one layer that came back from the field, beside what went out and what stands there now."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Final

import geopandas as gpd
import pandas as pd
import shapely

from geo_app.actions import merge
from layers.files.field_files import loaded
from layers.schema import STORAGE_CRS, GeometryKind, PersonError
from layers.store import UNCHANGED, Condition, Delete, Insert, Update
from layers.store.edit_json import dump_edit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geo_app.access import Person
    from geo_app.actions.save_edits import Saved
    from layers.files.field_files import ReturnedRow
    from layers.schema import Layer
    from layers.store import Edit, Reach, Store

SHOWN: Final = 5
KEPT_LOOKED_AT: Final = 200
AT_ONCE: Final = 500
Feature = dict[str, Any]


class FieldFileError(PersonError, ValueError):
    """A file that is no package of this store, or whose record of what went out was changed."""

    code: ClassVar[str] = "bad_field_file"


@dataclass(frozen=True, slots=True)
class FieldConflict:
    """A row that the field and somebody else changed differently; `parts` are the fields (and `geometry`) in conflict.

    `kept_id` is the number of the kept edit, 0 where nothing was kept; `deleted` says who deleted the row, if anybody did.
    """

    layer: str
    id: str
    key: str
    kept_id: int
    deleted: str | None
    parts: tuple[merge.FieldMerge, ...]


@dataclass(slots=True)
class Returned:
    """What a file brought: how many rows of each kind, the conflicts, and what became of the rest.

    `already` are rows that say what the store says by now: brought back before, or changed alike by somebody else.
    """

    package_id: str
    area: str
    added: int = 0
    changed: int = 0
    deleted: int = 0
    unchanged: int = 0
    already: int = 0
    edits: list[Edit] = field(default_factory=list)
    conflicts: list[FieldConflict] = field(default_factory=list)
    saved: Saved | None = None


def counts(layer: Layer, name: str) -> bool:
    """Say whether a field can be an edit: what is computed from the row itself is none."""
    return name == merge.GEOMETRY or (name in layer and not layer[name].derived)


def fitting(was: Mapping[str, Any], mine: Mapping[str, Any]) -> Feature:
    """Give the row with its geometry single where it was: a table of many parts turns one line into a collection of one."""
    before, now = was.get(merge.GEOMETRY), mine.get(merge.GEOMETRY)
    if now is not None and now.geom_type.startswith("Multi") and shapely.get_num_geometries(now) == 1:
        single = shapely.get_geometry(now, 0)
        if before is None or before.geom_type == single.geom_type:
            return {**mine, merge.GEOMETRY: single}
    return dict(mine)


def alike(layer: Layer, one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Say whether two states of a feature are the same in every field that they both have and that can be edited."""
    return all(merge.same(one[name], other[name]) for name in one.keys() & other.keys() if counts(layer, name))


@dataclass(frozen=True, slots=True)
class Comparison:
    """The comparison of one layer: on whose behalf, how far that person reads, and where the answer goes."""

    store: Store
    person: Person
    layer: Layer
    reach: Reach
    found: Returned
    dry_run: bool = False

    def run(self, base: Mapping[str, tuple[int, str]], rows: Sequence[ReturnedRow]) -> None:
        """Compare every row that went out, and every new one; `base` gives version and state by id."""
        self._refuse_strange(base, rows)
        own: dict[str, ReturnedRow] = {}
        fresh: list[ReturnedRow] = []
        for row in rows:
            if row.id is None or row.id in own:
                fresh.append(row)
            else:
                own[row.id] = row
        for feature_id, (ver, state) in base.items():
            was = loaded(state, self.layer)
            mine = fitting(was, own[feature_id].cells) if feature_id in own else None
            if mine is not None and alike(self.layer, was, mine):
                self.found.unchanged += 1
            else:
                self._weigh(feature_id, ver, was, mine)
        self._add(fresh)

    def _refuse_strange(self, base: Mapping[str, Any], rows: Sequence[ReturnedRow]) -> None:
        strange = [row for row in rows if row.id is not None and row.id not in base]
        if strange:
            named = ", ".join(f"row {row.number}: {row.id}" for row in strange[:SHOWN])
            raise FieldFileError(
                f"{self.layer.name}: {len(strange)} rows bear an internal id that did not go out with this package ({named}). "
                "Leave the column id as it is; a new row has none."
            )

    def _weigh(self, feature_id: str, ver: int, was: Feature, mine: Feature | None) -> None:
        theirs = self.store.get(self.layer.name, feature_id, reach=self.reach)
        base = {**(theirs or {}), **was}
        whole = None if mine is None else {**base, **mine}
        merged = merge.three_way(self.layer, base, whole, theirs)
        if merged.deleted == "both":
            self.found.already += 1
        elif merged.conflicts:
            self._conflict(feature_id, ver, merged, theirs)
        elif merged.deleted == "mine" and theirs is not None:
            self.found.edits.append(Delete(self.layer.name, feature_id, int(theirs["ver"])))
            self.found.deleted += 1
        else:
            self._change(feature_id, merged, theirs)

    def _change(self, feature_id: str, merged: merge.Merge, theirs: Feature | None) -> None:
        values, shape = self._said(merged, {"mine"})
        if theirs is None or (not values and shape is UNCHANGED):
            self.found.already += 1
            return
        self.found.edits.append(Update(self.layer.name, feature_id, int(theirs["ver"]), values, shape))
        self.found.changed += 1

    def _said(self, merged: merge.Merge, states: set[str]) -> tuple[dict[str, Any], Any]:
        values = {part.name: part.mine for part in merged.fields if part.state in states and counts(self.layer, part.name)}
        moved = merged.geometry is not None and merged.geometry.state in states
        return values, merged.geometry.mine if moved and merged.geometry is not None else UNCHANGED

    def _conflict(self, feature_id: str, ver: int, merged: merge.Merge, theirs: Feature | None) -> None:
        """Keep what the field meant, against the version that went out, and list what stands against what."""
        wanted: Update | Delete = Delete(self.layer.name, feature_id, ver)
        if merged.deleted != "mine":
            wanted = Update(self.layer.name, feature_id, ver, *self._said(merged, {"mine", "conflict"}))
        number = 0 if self.dry_run else self._keep(wanted, None if theirs is None else int(theirs["ver"]))
        if number is None:
            self.found.already += 1
            return
        parts = tuple(part for part in merged.parts if part.state == "conflict")
        key = next((str(part.base) for part in merged.fields if part.name == self.layer.key and part.base), feature_id)
        self.found.conflicts.append(FieldConflict(self.layer.name, feature_id, key, number, merged.deleted, parts))

    def _keep(self, edit: Update | Delete, theirs_ver: int | None) -> int | None:
        """Keep an edit once: the number under which it stands, None when somebody has settled it already."""
        told, who = dump_edit(edit), self.person
        listed = self.store.kept.list(who.account_id, None, layer=edit.layer, feature_id=edit.id, limit=KEPT_LOOKED_AT)
        for item in listed:
            if item.origin == "field" and dump_edit(item.edit) == told:
                return item.kept_id if item.state == "open" else None
        return self.store.kept.keep(
            edit,
            who=who.name,
            bureau=who.bureau,
            account_id=who.account_id,
            cause="stale",
            origin="field",
            reason=f"field work {self.found.package_id[:8]}",
            theirs_ver=theirs_ver,
        )

    def _add(self, rows: Sequence[ReturnedRow]) -> None:
        """Take new rows in; one that is in the store with the same key and values was brought before."""
        there = self._by_key([str(row.cells[self.layer.key]) for row in rows if row.cells.get(self.layer.key)])
        new = []
        for row in rows:
            twin = there.get(str(row.cells.get(self.layer.key)))
            if twin is not None and alike(self.layer, twin, fitting(twin, row.cells)):
                self.found.already += 1
            else:
                new.append(row)
        if new:
            self.found.edits.append(Insert(self.layer.name, self._frame(new)))
            self.found.added += len(new)

    def _by_key(self, keys: Sequence[str]) -> dict[str, Feature]:
        features: dict[str, Feature] = {}
        for at in range(0, len(keys), AT_ONCE):
            where = [Condition(self.layer.key, "in", list(keys[at : at + AT_ONCE]))]
            frame = self.store.read(self.layer.name, where=where, reach=self.reach)
            for feature_id in frame["id"].tolist():
                feature = self.store.get(self.layer.name, str(feature_id), reach=self.reach)
                if feature is not None:
                    features[str(feature[self.layer.key])] = feature
        return features

    def _frame(self, rows: Sequence[ReturnedRow]) -> gpd.GeoDataFrame | pd.DataFrame:
        index = pd.Index([row.number for row in rows], dtype="int64")
        names = [name for name in self.layer.field_names if name in rows[0].cells and counts(self.layer, name)]
        columns = {name: pd.Series([row.cells.get(name) for row in rows], index=index, dtype=object) for name in names}
        table = pd.DataFrame(columns, index=index)
        if self.layer.geometry is GeometryKind.NONE:
            return table
        shapes = [fitting({}, row.cells).get(merge.GEOMETRY) for row in rows]
        return gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(shapes, index=index, crs=STORAGE_CRS), crs=STORAGE_CRS)
