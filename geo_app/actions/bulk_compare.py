"""A surveyed file beside the rows that are there: added, changed, unchanged, removed, or for the person to decide."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geo_app.actions import bulk_area
from geo_app.actions.merging import plain
from layers.declare import COMMON
from layers.schema import GeometryKind
from processing import line_match
from processing.line_match import Thresholds
from processing.pairing import SEVERAL, Paired, no_pairs, pair_up
from processing.place_match import match

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geopandas import GeoDataFrame

    from geo_app.progress import Progress
    from layers.schema import Layer
    from layers.store import Store

BOOKKEEPING = frozenset(item.name for item in COMMON)
"""Fields about the record itself: written with a row that changes otherwise, no change of their own."""
OTHER_KEY = "other_key"
"""The place is that of a row with another number."""
SAME_KEY = "same_key"
"""The number stands more than once in the file."""
BY_KEY, BY_PLACE = "key", "place"


class Kind(StrEnum):
    """What became of a row: of the file, or (removed) of the layer."""

    ADDED = "added"
    ATTRIBUTES = "attributes"
    """Same place, other values."""
    GEOMETRY = "geometry"
    """Same values, another place."""
    BOTH = "both"
    UNCHANGED = "unchanged"
    REMOVED = "removed"
    AMBIGUOUS = "ambiguous"


CHANGED = frozenset({Kind.ATTRIBUTES, Kind.GEOMETRY, Kind.BOTH})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """How a file is to be compared.

    `complete_for`: area code for which the file is complete, so that what is not in it was removed; `all` for the whole layer;
    None: nothing is removed. `blanks_erase`: an empty cell makes a known value unknown. `key_prefix`: numbers for new rows
    that have none (prefix and a running number).
    """

    thresholds: Thresholds = field(default_factory=Thresholds)
    complete_for: str | None = None
    blanks_erase: bool = False
    key_prefix: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A row of the layer that a row of the file could be, and how well it fits."""

    id: str
    key: str
    name: str
    share_new: float | None = None
    share_old: float | None = None
    distance_m: float | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One row of the comparison; `row` is the row number of the file, None for a removed one.

    `id` and `ver` are those of the row of the layer as it was seen; `fields` name what differs, with before and after.
    """

    number: int
    kind: Kind
    row: int | None
    key: str
    name: str
    id: str | None = None
    ver: int | None = None
    matched_by: str = ""
    fields: tuple[tuple[str, Any, Any], ...] = ()
    moved_m: float | None = None
    reason: str = ""
    candidates: tuple[Candidate, ...] = ()


@dataclass(frozen=True)
class Sides:
    """The rows that meet: those of the layer and those of the file, and the fields of the file that are compared."""

    layer: Layer
    old: GeoDataFrame
    new: GeoDataFrame
    fields: tuple[str, ...]
    wishes: Wishes
    taken: frozenset[str] = frozenset()
    """Numbers of the whole layer that begin with the prefix for new rows, also those that the person does not read."""

    @cached_property
    def cells(self) -> tuple[dict[str, list[Any]], dict[str, list[Any]]]:
        """The compared values of both sides as plain lists, field by field."""
        old = {name: [plain(value) for value in self.old[name].tolist()] for name in self.fields}
        return old, {name: [plain(value) for value in self.new[name].tolist()] for name in self.fields}

    def position(self, feature_id: str) -> int:
        """Give the position of a row of the layer by its id."""
        return int(np.flatnonzero(self.old["id"].to_numpy() == feature_id)[0])


def compare(store: Store, sides: Sides, progress: Progress) -> tuple[Item, ...]:
    """Compare the rows of a file with those of a layer, by key first, else by place.

    A row of the file whose number is in the layer is that row. The others are matched by place with the rows whose number is not
    in the file: one to one, both ways, by the thresholds of `wishes`. What several rows claim is ambiguous.

    Raises:
        NotFoundError: the area for which the file is said to be complete is not known.
    """
    progress(0, 100, "matching by key")
    keyed, doubled = _by_key(sides)
    progress(10, 100, "matching by place")
    paired = _by_place(sides, keyed, doubled, progress.part(10, 70))
    progress(70, 100, "comparing values")
    found = _items(sides, keyed, doubled, paired, progress.part(70, 98))
    taken = {item.id for item in found if item.id} | {one.id for item in found for one in item.candidates}
    found += _removed(store, sides, taken, start=len(found))
    return tuple(found)


def _by_key(sides: Sides) -> tuple[dict[int, int], dict[int, int | None]]:
    """Give new → old positions by the key, and the positions of rows whose key the file has twice (with the old one, if any)."""
    key = sides.layer.key
    old = {str(value): at for at, value in enumerate(sides.old[key].tolist()) if plain(value) is not None}
    values = [None if plain(value) is None else str(value) for value in sides.new[key].tolist()]
    counts = pd.Series([value for value in values if value is not None], dtype=object).value_counts()
    twice = set(counts[counts > 1].index)
    known = [(at, value) for at, value in enumerate(values) if value is not None]
    doubled = {at: old.get(value) for at, value in known if value in twice}
    keyed = {at: old[value] for at, value in known if value in old and value not in twice}
    return keyed, doubled


def _by_place(sides: Sides, keyed: dict[int, int], doubled: dict[int, int | None], progress: Progress) -> Paired:
    if sides.layer.geometry is GeometryKind.NONE or not len(sides.old) or not len(sides.new):
        return Paired(no_pairs(), no_pairs())
    new = np.setdiff1d(np.arange(len(sides.new)), [*keyed, *doubled])
    old = np.setdiff1d(np.arange(len(sides.old)), [*keyed.values(), *(at for at in doubled.values() if at is not None)])
    pairs = match(
        sides.old.geometry.iloc[old],
        sides.new.geometry.iloc[new],
        sides.wishes.thresholds,
        progress=lambda done, total: progress(done, total, "matching by place"),
    )
    found = pair_up(pairs.assign(new=new[pairs["new"].to_numpy(dtype=int)], old=old[pairs["old"].to_numpy(dtype=int)]))
    other = sides.new[sides.layer.key].iloc[found.sure["new"].to_numpy(dtype=int)].notna().to_numpy()
    moved = found.sure[other].assign(reason=OTHER_KEY)
    return Paired(found.sure[~other], pd.concat([found.open, moved], ignore_index=True) if len(moved) else found.open)


def _items(sides: Sides, keyed: dict[int, int], doubled: dict[int, int | None], paired: Paired, progress: Progress) -> list[Item]:
    placed = dict(zip(paired.sure["new"].tolist(), paired.sure["old"].tolist(), strict=True))
    moved = _moved(sides, keyed | placed)
    left = {int(str(at)): rows for at, rows in paired.open.groupby("new")}
    found: list[Item] = []
    for at in range(len(sides.new)):
        if at % 500 == 0:
            progress(at, len(sides.new), "comparing values")
        if at in left:
            reason, candidates = str(left[at]["reason"].iloc[0]), _candidates(sides, left[at])
            found.append(_head(sides, at, len(found), Kind.AMBIGUOUS, reason=reason, candidates=candidates))
        elif at in doubled:
            old = doubled[at]
            candidates = () if old is None else (candidate(sides, old),)
            found.append(_head(sides, at, len(found), Kind.AMBIGUOUS, reason=SAME_KEY, candidates=candidates))
        elif at in keyed or at in placed:
            matched_by = BY_KEY if at in keyed else BY_PLACE
            old = keyed[at] if at in keyed else int(placed[at])
            found.append(changed(sides, at, old, number=len(found), matched_by=matched_by, moved_m=moved.get(at)))
        else:
            found.append(_head(sides, at, len(found), Kind.ADDED))
    return found


def _moved(sides: Sides, pairs: dict[int, int]) -> dict[int, float]:
    """Measure in metres how far the places of matched rows part; rows without a place on both sides are left out."""
    if sides.layer.geometry is GeometryKind.NONE or not pairs:
        return {}
    new = np.array(sorted(pairs))
    old = np.array([pairs[at] for at in new.tolist()])
    before, after = line_match.metric_pair(sides.old.geometry.iloc[old], sides.new.geometry.iloc[new])
    there = np.array([a is not None and b is not None for a, b in zip(before, after, strict=True)], dtype=bool)
    distance = line_match.moved_m(before[there], after[there])
    return dict(zip(new[there].tolist(), distance.tolist(), strict=True))


def changed(  # noqa: PLR0913 - a pair of rows, and how it was found
    sides: Sides, at: int, old: int, *, number: int, matched_by: str, moved_m: float | None
) -> Item:
    """Say what a row of the file changes of a row of the layer; both are positions."""
    fields = _differences(sides, at, old)
    shape = None if sides.layer.geometry is GeometryKind.NONE else sides.new.geometry.iloc[at]
    brought = shape is not None and not shape.is_empty
    moved = brought and (moved_m is None or moved_m > sides.wishes.thresholds.same_m)
    told = any(name not in BOOKKEEPING for name, _, _ in fields)
    kind = {(True, True): Kind.BOTH, (True, False): Kind.ATTRIBUTES, (False, True): Kind.GEOMETRY}.get(
        (told, moved), Kind.UNCHANGED
    )
    return Item(
        number=number,
        kind=kind,
        row=int(sides.new.index[at]),
        key=_text(sides.old[sides.layer.key].iloc[old]),
        name=_name(sides.layer, sides.old, old),
        id=str(sides.old["id"].iloc[old]),
        ver=int(sides.old["ver"].iloc[old]),
        matched_by=matched_by,
        fields=fields if kind is not Kind.UNCHANGED else (),
        moved_m=moved_m,
    )


def _differences(sides: Sides, at: int, old: int) -> tuple[tuple[str, Any, Any], ...]:
    found = []
    olds, news = sides.cells
    for name in sides.fields:
        before, after = olds[name][old], news[name][at]
        if (
            before != after
            and (after is not None or sides.wishes.blanks_erase)
            and not (name == sides.layer.key and after is None)
        ):
            found.append((name, before, after))
    return tuple(found)


def _head(  # noqa: PLR0913 - a row, and why it is open
    sides: Sides, at: int, number: int, kind: Kind, *, reason: str = "", candidates: tuple[Candidate, ...] = ()
) -> Item:
    key, name = _text(sides.new[sides.layer.key].iloc[at]), _name(sides.layer, sides.new, at)
    return Item(number, kind, int(sides.new.index[at]), key, name, reason=reason, candidates=candidates)


def _candidates(sides: Sides, rows: pd.DataFrame) -> tuple[Candidate, ...]:
    ranked = rows.assign(fit=rows[["share_new", "share_old"]].min(axis=1)).sort_values(
        ["fit", "distance_m"], ascending=[False, True], kind="stable"
    )
    shares = ranked[["old", "share_new", "share_old", "distance_m"]].itertuples(index=False, name=None)
    return tuple(
        candidate(sides, int(old), _number(share_new), _number(share_old), _number(distance))
        for old, share_new, share_old, distance in shares
    )


def candidate(
    sides: Sides, old: int, share_new: float | None = None, share_old: float | None = None, distance_m: float | None = None
) -> Candidate:
    """Describe a row of the layer as a candidate."""
    key = _text(sides.old[sides.layer.key].iloc[old])
    return Candidate(str(sides.old["id"].iloc[old]), key, _name(sides.layer, sides.old, old), share_new, share_old, distance_m)


def _removed(store: Store, sides: Sides, taken: set[str], *, start: int) -> list[Item]:
    if sides.wishes.complete_for is None:
        return []
    inside = bulk_area.inside(store, sides.layer, sides.old, sides.wishes.complete_for)
    gone = np.flatnonzero(inside & ~sides.old["id"].isin(taken).to_numpy(dtype=bool))
    return [
        Item(
            start + step,
            Kind.REMOVED,
            None,
            _text(sides.old[sides.layer.key].iloc[at]),
            _name(sides.layer, sides.old, int(at)),
            id=str(sides.old["id"].iloc[at]),
            ver=int(sides.old["ver"].iloc[at]),
        )
        for step, at in enumerate(gone.tolist())
    ]


def compared_fields(layer: Layer, filled: Sequence[str] | set[str]) -> tuple[str, ...]:
    """Give the fields of a layer that a file fills and that are compared: not those that are computed here."""
    return tuple(
        item.name for item in layer.fields if item.name in filled and not item.derived and item.name not in {"id", "ver"}
    )


def _number(value: float) -> float | None:
    return None if pd.isna(value) else float(value)


def _text(value: Any) -> str:
    found = plain(value)
    return "" if found is None else str(found)


def _name(layer: Layer, frame: GeoDataFrame, at: int) -> str:
    return _text(frame[layer.name_field].iloc[at]) if layer.name_field in frame else ""


__all__ = ["SEVERAL", "Candidate", "Item", "Kind", "Sides", "Wishes", "changed", "compare", "compared_fields"]
