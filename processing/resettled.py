"""Relocated people in a coverage run: they count at their settlement and leave the hamlets of the village that still holds them.

Land and assets stay with the old village: only indicators that weigh persons are touched. People leave the hamlets of their old
village in proportion to population, in whole persons. Which hamlets they really left, and, where nobody says so, whether the
figures still hold them, is not known: both widen the bounds of every area above.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from processing.indicators import reading
from processing.indicators.subjects import subject
from processing.rollup import Resettled

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from processing.indicators.definition import Context, Inputs

    Floats = NDArray[np.float64]

PERSON: Final = "person"
RULE: Final = "relocation.count_at"
AT_SETTLEMENT: Final = "settlement"
HAMLETS: Final = "hamlets"
SETTLEMENTS: Final = "settlements"
STATED: Final = ("stated_numerator", "stated_denominator")
"""Columns that units gain: numerator and denominator as the ledgers state them; 0 for a settlement, as its people count there."""
SHARED: Final = ("numerator", "denominator", "persons")


@dataclass(frozen=True)
class Move:
    """Who leaves the hamlets of one village: persons for sure, and persons who may or may not stand in its figures."""

    sure: float
    doubtful: float


@dataclass(frozen=True)
class Counting:
    """How relocated people count in a run.

    `left` is the share of its people that each hamlet keeps (those that keep all are not in it), `moves` the persons by village,
    `settled` the settlements that count in the areas, `people` the persons that the hamlets of each village of `moves` state.
    """

    left: Mapping[str, float] = field(default_factory=dict)
    moves: Mapping[str, Move] = field(default_factory=dict)
    settled: frozenset[str] = frozenset()
    people: Mapping[str, float] = field(default_factory=dict)


def counting(inputs: Inputs, context: Context) -> Counting:
    """Work out how relocated people count; made once in a run.

    Of a settlement: rows of `settlement_origins` that say `still_counted` take their persons out of the old village, and a
    settlement whose people the village it lies in counts (`counted_in_village`) takes them out there; others are in doubt.
    Nobody leaves twice, and never more people than the hamlets of the village state. `relocation.count_at` of the profile, by the
    area of the settlement, says whether this holds (settlement) or the ledgers are taken as they stand (stated).

    Source: domain dictionary C5 and S4-11 (the rural population includes relocated people); the rule itself is design.

    >>> from processing.indicators.example import context, frame, hamlets
    >>> inputs = {"hamlets": hamlets(population=[80, 20]), "settlements": frame("settlement_id", [None], persons_total=[30])}
    >>> inputs["settlement_origins"] = frame("origin_id", [None], settlement_id=inputs["settlements"]["settlement_id"],
    ...                                      village_code=["V"], persons=[10], still_counted=[True])
    >>> counting(inputs, context()).left
    {'h1': 0.9, 'h2': 0.9}
    """
    return context.once("resettled", lambda: _counting(inputs, context))


def units_of(
    code: str, weight: str, compute: Callable[[Inputs, Context], pd.DataFrame], inputs: Inputs, context: Context
) -> pd.DataFrame:
    """Give the units of an indicator with relocated people at their settlement; computed once in a run."""
    return context.once(("units", code), lambda: resettle(compute(inputs, context), weight, inputs, context))


def resettle(rows: pd.DataFrame, weight: str, inputs: Inputs, context: Context) -> pd.DataFrame:
    """Take relocated people out of the hamlets among the units of an indicator, where it weighs persons.

    Args:
        rows: units of the indicator as computed from the ledgers.
        weight: what the indicator weighs.
        inputs: layer frames by name.
        context: what the run is computed in.

    Returns:
        The units with numerator, denominator, persons and shortfall in persons of hamlets reduced, and the columns STATED.
    """
    found = counting(inputs, context)
    if weight != PERSON or not found.settled or rows.empty:
        return rows
    hamlet = (rows["unit_layer"] == HAMLETS).to_numpy()
    share = rows["unit_id"].map(found.left).fillna(1.0).where(hamlet, 1.0).astype(float)
    moved_in = rows["unit_id"].isin(found.settled).to_numpy() & (rows["unit_layer"] == SETTLEMENTS).to_numpy()
    changed = {name: rows[name] * share for name in SHARED}
    in_persons = (rows["shortfall_unit"] == PERSON).to_numpy(dtype=bool)
    changed["shortfall"] = (rows["shortfall"] * share).where(in_persons, rows["shortfall"])
    stated = {name: rows[name.removeprefix("stated_")].mask(moved_in, 0.0) for name in STATED}
    return rows.assign(**changed, **stated)


def spread(rows: pd.DataFrame, inputs: Inputs, context: Context) -> Resettled | None:
    """Say how far the bounds of an indicator reach beyond its sums because of relocated people; None where none are counted.

    Of the people in doubt and of those who left, nobody knows from which hamlets: the lower bound takes them out of those who are
    covered, as far as there are any, the upper bound out of those who are not.

    Args:
        rows: units as given by `resettle`.
        inputs: layer frames by name.
        context: what the run is computed in.
    """
    found = counting(inputs, context)
    if STATED[0] not in rows:
        return None
    chosen = rows[(rows["unit_layer"] == HAMLETS).to_numpy() & rows["area_code"].isin(found.moves).to_numpy()]
    return Resettled(found.settled, _ranges(chosen, found))


def in_areas(rows: pd.DataFrame) -> frozenset[str]:
    """Name the settlements among the units of an indicator that count in the areas and not only in their own group."""
    if STATED[0] not in rows:
        return frozenset()
    own = (rows["unit_layer"] == SETTLEMENTS) & (rows["stated_denominator"] == 0)
    return frozenset(rows.loc[own, "unit_id"].astype(str))


def _ranges(rows: pd.DataFrame, found: Counting) -> pd.DataFrame:
    codes = rows["area_code"]
    weight = rows["stated_denominator"]
    known = rows["stated_numerator"].notna() & weight.notna()
    sums = pd.DataFrame(
        {
            "passing": rows["stated_numerator"].where(known, 0.0),
            "whole": weight.fillna(0.0),
            "known": weight.where(known, 0.0),
            "now_passing": rows["numerator"].where(known, 0.0),
            "now_whole": rows["denominator"].fillna(0.0),
            "now_known": rows["denominator"].where(known, 0.0),
        }
    )
    by_village = sums.groupby(codes.to_numpy()).sum()
    whole, passing = by_village["whole"].to_numpy(), by_village["passing"].to_numpy()
    failing = by_village["known"].to_numpy() - passing
    people = np.array([found.people[code] for code in by_village.index])
    scale = np.divide(whole, people, out=np.zeros_like(whole), where=people > 0)
    sure = np.array([found.moves[code].sure for code in by_village.index]) * scale
    most = np.minimum(sure + np.array([found.moves[code].doubtful for code in by_village.index]) * scale, whole)
    now_passing, now_whole = by_village["now_passing"].to_numpy(), by_village["now_whole"].to_numpy()
    unknown = whole - passing - failing
    low_out, high_out = np.minimum(most, passing), np.minimum(most, failing)
    return pd.DataFrame(
        {
            "area_code": by_village.index.to_numpy(dtype=object),
            "low_numerator": passing - low_out - now_passing,
            "low_whole": whole - np.maximum(sure, low_out) - now_whole,
            "high_numerator": (passing + unknown - np.maximum(sure - high_out, 0.0))
            - (now_passing + now_whole - by_village["now_known"].to_numpy()),
            "high_whole": whole - np.maximum(sure, high_out) - now_whole,
        }
    )


def _counting(inputs: Inputs, context: Context) -> Counting:
    sites = subject(inputs, context, SETTLEMENTS)
    if sites is None:
        return Counting()
    rule = context.per_unit(RULE, sites.area_codes)
    chosen = sites.take((rule == AT_SETTLEMENT).astype("boolean"))
    if not len(chosen.ids):
        return Counting()
    hamlets = subject(inputs, context, HAMLETS)
    settled = frozenset(chosen.ids.astype(str))
    if hamlets is None:
        return Counting(settled=settled)
    size = hamlets.persons.astype(float).fillna(0.0)
    whole = size.groupby(hamlets.area_codes.to_numpy(dtype=object)).sum()
    moves = _moves(_pairs(inputs, chosen.ids, chosen.area_codes, chosen.persons, chosen.frame), whole)
    lost = sum(item.sure for item in moves.values())
    doubtful = sum(item.doubtful for item in moves.values())
    _note(context, len(settled), len(moves), lost, doubtful)
    places = hamlets.area_codes.to_numpy(dtype=object)
    left: dict[str, float] = {}
    for code, item in moves.items():
        if item.sure:
            at = np.flatnonzero(places == code)
            held = np.asarray(size, dtype=np.float64)[at]
            kept = held - apportion(item.sure, held)
            ids = hamlets.ids.to_numpy(dtype=object)[at]
            left |= {str(name): float(k / h) for name, k, h in zip(ids, kept, held, strict=True) if h > 0}
    return Counting(left, moves, settled, {str(code): float(whole[code]) for code in moves})


def apportion(count: float, sizes: Floats) -> Floats:
    """Share persons out over hamlets in proportion to their size: whole persons by largest remainder, never more than a size.

    Args:
        count: persons, at most Σ sizes.
        sizes: persons of each hamlet.

    >>> apportion(5, np.array([60.0, 30.0, 10.0])).tolist()
    [3.0, 2.0, 0.0]
    """
    total = sizes.sum()
    if total <= 0 or count <= 0:
        return np.zeros_like(sizes)
    exact = sizes * min(count / total, 1.0)
    floor = np.floor(exact + 1e-9)
    rest = round(min(count, total) - floor.sum())
    order = np.argsort(-(exact - floor), kind="stable")
    floor[order[: max(rest, 0)]] += 1.0
    shared: Floats = np.minimum(floor, sizes)
    return shared


def _pairs(
    inputs: Inputs, ids: pd.Series, areas: pd.Series, persons: pd.Series, sites: pd.DataFrame
) -> Mapping[tuple[str, str], tuple[float, float]]:
    """Give for each (village, settlement) the persons who surely stand in the village's figures, and the most who may."""
    room = dict(zip(ids.astype(str), persons.astype(float), strict=True))
    found: dict[tuple[str, str], tuple[float, float]] = {}
    inside = reading.flag(sites, "counted_in_village")
    for name, code, state in zip(ids.astype(str), areas, inside, strict=True):
        people = room[name]
        if isinstance(code, str) and not np.isnan(people):
            found[code, name] = _sure_and_most(people, state)
    origins = reading.rows(inputs, "settlement_origins")
    if origins is None:
        return found
    summed: dict[tuple[str, str], tuple[float, float]] = {}
    table = zip(
        reading.text(origins, "village_code"),
        reading.text(origins, "settlement_id"),
        reading.number(origins, "persons"),
        reading.flag(origins, "still_counted"),
        strict=True,
    )
    for village, site, number, counted in table:
        if not isinstance(village, str) or not isinstance(site, str) or site not in room:
            continue
        most = float(number) if number is not pd.NA else room[site]
        sure, most = _sure_and_most(most, counted)
        sure = 0.0 if number is pd.NA else sure
        before = summed.get((village, site), (0.0, 0.0))
        summed[village, site] = (before[0] + sure, before[1] + most)
    for pair, (sure, most) in summed.items():
        own = found.get(pair, (0.0, 0.0))
        found[pair] = (max(own[0], sure), max(own[1], most))
    return found


def _sure_and_most(persons: float, counted: Any) -> tuple[float, float]:
    """Give how many of these persons surely stand in a figure, and how many may: counted is yes, no or not known."""
    if counted is pd.NA:
        return 0.0, persons
    return (persons, persons) if counted else (0.0, 0.0)


def _moves(pairs: Mapping[tuple[str, str], tuple[float, float]], whole: pd.Series) -> dict[str, Move]:
    sums: dict[str, tuple[float, float]] = {}
    for (village, _), (sure, most) in sorted(pairs.items()):
        before = sums.get(village, (0.0, 0.0))
        sums[village] = (before[0] + sure, before[1] + (np.inf if np.isnan(most) else most))
    found = {}
    for village, (sure, most) in sums.items():
        held = float(whole.get(village, 0.0))
        out, top = min(sure, held), min(max(most, sure), held)
        if top > 0:
            found[village] = Move(out, top - out)
    return found


def _note(context: Context, settlements: int, villages: int, sure: float, doubtful: float) -> None:
    context.note(
        "resettled",
        f"搬迁人口在安置点计数（{settlements} 个安置点）：按比例从 {villages} 个村的自然村中转出 {sure:.0f} 人；另有至多 "
        f"{doubtful:.0f} 人不知是否仍计在原村，计入上下限。土地和资产仍在原村。",
        f"Relocated people count at their settlement ({settlements} settlements): {sure:.0f} persons leave the hamlets of "
        f"{villages} villages in proportion; of up to {doubtful:.0f} more nobody says whether their old village still counts "
        "them, which widens low and high. Land and assets stay with the old village.",
    )
