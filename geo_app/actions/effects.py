"""What edits would do to the coverage figures, by area, before anybody applies them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from geo_app.actions import held
from geo_app.actions.edited_frames import edited
from geo_app.progress import Progress
from processing import profiles, resettled, rollup
from processing.areas import HAMLET_RANK, Areas
from processing.coverage import evaluate
from processing.indicators import INDICATORS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from geopandas import GeoDataFrame

    from layers.store import Edit, Store
    from processing.coverage import Evaluation
    from processing.indicators.definition import Indicator

KEYS: Final = ["indicator", "level", "area_code"]
NUMBERS: Final = ("numerator", "denominator", "value", "unknown", "low", "high")
TREE: Final = frozenset({"areas", "counties", "townships", "villages", "key_counties", "settlements"})
"""Layers that decide to which area or group a unit belongs: they touch every indicator."""
COLUMNS: Final = (
    *("indicator", "level", "area_code", "area_name", "parent_code"),
    *(f"{name}_{side}" for name in NUMBERS for side in ("before", "after")),
    *("gained", "lost"),
)
SAME = 1e-9
SETTLEMENTS: Final = "settlements"


@dataclass(frozen=True, slots=True)
class Effect:
    """The figures that would change.

    `table` has the rows of the coverage table that differ (COLUMNS): numbers before and after, and the persons who would be
    covered and are not (`gained`) or would no longer be (`lost`); persons of whom it is not known on one side count in neither.
    An area in which as many are gained as lost has a row although its numbers stay.
    `parent_code` is the area in which a single unit of the finest level lies. `indicators` were computed.
    """

    indicators: tuple[str, ...]
    table: pd.DataFrame
    profile: str
    on: date

    @property
    def empty(self) -> bool:
        """Whether no figure would change."""
        return self.table.empty


def touched(layers: Iterable[str], indicators: Iterable[str] | None = None) -> tuple[str, ...]:
    """Name the indicators that depend on any of these layers.

    Example:
        >>> touched(["farmland"]), touched(["monitored_households"])
        (('FL1',), ())
    """
    names = set(layers)
    asked = set(INDICATORS) if indicators is None else set(indicators)
    return tuple(code for code, item in INDICATORS.items() if code in asked and names & _read(item))


def _read(item: Indicator) -> frozenset[str]:
    return TREE | {*item.needs, *item.uses}


def effect(  # noqa: PLR0913 - what is changed, by which thresholds and day, and how far it is
    store: Store,
    edits: Sequence[Edit],
    *,
    profile: str,
    on: date,
    indicators: Iterable[str] | None = None,
    progress: Progress | None = None,
) -> Effect:
    """Compute the indicators that edits touch, on the layers as they are and as the edits would leave them, and compare.

    Both sides are computed for the same day with the same thresholds. Persons gained and lost in an area: over its units, the
    growth and the fall of the persons covered, which is the numerator where persons are counted and otherwise the persons of the
    unit times its numerator over its denominator. A unit that comes from or goes to another area counts in both.

    Args:
        store: the layers as they are.
        edits: what would be applied; versions are not compared.
        profile: name of the profile of thresholds.
        on: the day the figures hold for.
        indicators: codes to look at; None: all that the edits touch.
        progress: how far it is, and where it learns that it was cancelled.
    """
    progress = progress or Progress()
    layers = sorted({edit.layer for edit in edits})
    codes = touched(layers, indicators)
    if not codes:
        return Effect((), pd.DataFrame(columns=list(COLUMNS)), profile, on)
    progress(0, 100, "reading the layers")
    there = held.read(store)
    for name in layers:
        there.setdefault(name, held.read(store, [name])[name])
    then = edited(there, edits)
    names = held.level_names(store)
    before = _evaluated(there, codes, (profile, on, names), progress.part(5, 48))
    after = _evaluated(then, codes, (profile, on, names), progress.part(48, 92))
    progress(92, 100, "comparing")
    trees = Areas.from_layers(there, level_names=names), Areas.from_layers(then, level_names=names)
    table = _compared(before, after, _moved(before, after, codes, trees))
    table["parent_code"] = table["parent_code"].astype(object).where(table["parent_code"].notna(), None)
    return Effect(codes, _ordered(table[list(COLUMNS)], trees[1]), profile, on)


def _ordered(table: pd.DataFrame, tree: Areas) -> pd.DataFrame:
    """Put the rows in the order of the indicators, the wide areas first, then those where most persons are moved."""
    levels = [rollup.TOP, *(level.name for level in tree.levels)]
    keys = pd.DataFrame(
        {
            "indicator": table["indicator"].map({code: at for at, code in enumerate(INDICATORS)}),
            "level": table["level"].map({name: at for at, name in enumerate(levels)}).fillna(len(levels)),
            "persons": -(table["gained"] + table["lost"]),
            "code": table["area_code"].astype(str),
        },
        index=table.index,
    )
    return table.loc[keys.sort_values(list(keys.columns)).index].reset_index(drop=True)


def _evaluated(
    frames: Mapping[str, GeoDataFrame], codes: Sequence[str], how: tuple[str, date, Mapping[int, str]], progress: Progress
) -> Evaluation:
    profile, on, names = how
    return evaluate(
        frames,
        indicators=codes,
        profile=profiles.load(profile),
        on=on,
        level_names=dict(names),
        progress=progress,
        cancel=progress.cancel,
    )


def _compared(before: Evaluation, after: Evaluation, moved: pd.DataFrame) -> pd.DataFrame:
    """Give the rows of the two tables in which a number differs, or persons are gained and as many lost."""
    columns = [*KEYS, "area_name", *NUMBERS]
    joined = after.table[columns].merge(before.table[columns], on=KEYS, how="outer", suffixes=("_after", "_before"), sort=False)
    joined = joined.merge(moved, on=KEYS, how="left")
    joined[["gained", "lost"]] = joined[["gained", "lost"]].fillna(0.0)
    differs = (joined["gained"] + joined["lost"]).to_numpy(dtype=float) > SAME
    for name in NUMBERS:
        a, b = (pd.to_numeric(joined[f"{name}_{side}"]).to_numpy(dtype=float) for side in ("before", "after"))
        differs |= ~np.isclose(a, b, rtol=SAME, atol=SAME, equal_nan=True)
    found = joined[differs].copy()
    found["area_name"] = found["area_name_after"].where(found["area_name_after"].notna(), found["area_name_before"])
    return found


# persons


def _moved(before: Evaluation, after: Evaluation, codes: Sequence[str], trees: tuple[Areas, Areas]) -> pd.DataFrame:
    """Add up by indicator and area the persons gained and lost; `parent_code` for single units."""
    rows = []
    for code in codes:
        sums: dict[tuple[str, str], list[Any]] = {}
        settled = tuple(resettled.in_areas(side.units[code]) for side in (before, after))
        for unit in _changed(before.units[code], after.units[code], code):
            for place in unit.places(trees, settled, finest=INDICATORS[code].finest_rank):
                held_ = sums.setdefault(place[:2], [0.0, 0.0, place[2]])
                held_[0] += max(place[3], 0.0)
                held_[1] += max(-place[3], 0.0)
        rows += [(code, level, area, parent, gained, lost) for (level, area), (gained, lost, parent) in sums.items()]
    return pd.DataFrame(rows, columns=[*KEYS, "parent_code", "gained", "lost"])


@dataclass(frozen=True, slots=True)
class _Unit:
    """A unit whose covered persons, area or existence differ: persons and area, before and after."""

    layer: str
    id: str
    persons: tuple[float, float]
    areas: tuple[str | None, str | None]

    def places(
        self, trees: tuple[Areas, Areas], settled: tuple[frozenset[str], ...], *, finest: int
    ) -> Iterable[tuple[str, str, str | None, float]]:
        """Give level, code, parent and growth of persons for every area, group and level that the unit counts in.

        `settled` names the settlements that count in the areas, before and after.
        """
        sides = [
            _chain(tree, code, self.layer, counts=self.layer != SETTLEMENTS or self.id in ids)
            for tree, code, ids in zip(trees, self.areas, settled, strict=True)
        ]
        for place in dict.fromkeys([*sides[0], *sides[1]]):
            growth = (self.persons[1] if place in sides[1] else 0.0) - (self.persons[0] if place in sides[0] else 0.0)
            yield (*place, None, growth)
        if self.layer != SETTLEMENTS and finest >= HAMLET_RANK:
            level = next((item.name for item in trees[1].levels if item.rank >= finest), trees[1].level_name(finest))
            yield level, self.id, self.areas[1] or self.areas[0], self.persons[1] - self.persons[0]


def _chain(tree: Areas, code: str | None, layer: str, *, counts: bool) -> tuple[tuple[str, str], ...]:
    """Give level and code of every area and group that a place counts in, and of the row for all."""
    own = ((rollup.GROUP, SETTLEMENTS),) if layer == SETTLEMENTS else ()
    if not counts:
        return own
    top = (*own, (rollup.TOP, rollup.TOP))
    if code is None or code not in tree:
        return top
    at = tree.positions([code])[0]
    groups = tuple((rollup.GROUP, name) for name, members in tree.group_masks.items() if members[at] and name != SETTLEMENTS)
    areas = tuple((tree.level_of(item) or "", item) for item in tree.ancestors(code))
    return (*top, *groups, *areas)


def _changed(before: pd.DataFrame, after: pd.DataFrame, code: str) -> Iterable[_Unit]:
    keys = ["unit_layer", "unit_id"]
    columns = [*keys, "area_code", "covered"]
    sides = [frame.assign(covered=_covered(frame, code))[columns].drop_duplicates(keys) for frame in (before, after)]
    joined = sides[0].merge(sides[1], on=keys, how="outer", suffixes=("_before", "_after"), indicator="found")
    only = {"before": joined["found"] == "right_only", "after": joined["found"] == "left_only"}
    persons = {side: joined[f"covered_{side}"].astype(float).mask(only[side], 0.0) for side in ("before", "after")}
    known = persons["before"].notna() & persons["after"].notna()
    places = [joined[f"area_code_{side}"].astype(object).where(joined[f"area_code_{side}"].notna(), None) for side in only]
    differs = known & ((persons["before"] != persons["after"]) | (places[0] != places[1]))
    for row in np.flatnonzero(differs.to_numpy()):
        yield _Unit(
            str(joined["unit_layer"].iloc[row]),
            str(joined["unit_id"].iloc[row]),
            (float(persons["before"].iloc[row]), float(persons["after"].iloc[row])),
            (places[0].iloc[row], places[1].iloc[row]),
        )


def _covered(units: pd.DataFrame, code: str) -> pd.Series:
    """Give the persons covered in each unit; NaN where they cannot be known."""
    numerator, denominator = units["numerator"].astype(float), units["denominator"].astype(float)
    if INDICATORS[code].weight == "person":
        return numerator
    share = (numerator / denominator.where(denominator > 0)).where(denominator != 0, 0.0)
    return share * units["persons"].astype(float)


def of_person(found: Effect, codes: frozenset[str] | None) -> pd.DataFrame:
    """Leave the rows of an effect that lie in some areas; None leaves all."""
    if codes is None:
        return found.table
    inside = found.table["area_code"].isin(list(codes)) | found.table["parent_code"].isin(list(codes))
    return found.table[inside]
