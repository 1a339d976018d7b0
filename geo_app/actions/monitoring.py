"""The monitoring page of a key county or key village: figures against averages and targets, money, land, projects, assets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from geo_app.actions import held, inputs, key_areas, tables
from layers.codes import ASSET_CLASS, ASSET_STATUS, PROJECT_STATUS, table
from processing import averages, key_rules, monitoring, relocation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geo_app.access import Person
    from geo_app.actions.area_summary import AreaSummary, Figure
    from layers.store import Store
    from processing.areas import Areas
    from processing.averages import Average
    from processing.key_areas import Standing
    from processing.key_rules import Rule
    from processing.monitoring import PerHead, Quota, Sum

    Row = Mapping[str, Any]
    Rows = Sequence[Row]

COUNTY_RANK, VILLAGE_RANK = 3, 5
ABOVE_RANKS = (2, 1)
"""Ranks of the areas whose average stands beside a figure: prefecture, then province."""
WANTED = ("projects", "assets", "villages", "settlements", "settlement_origins", "land_quotas", "counties", "indicator_targets")
KEY_VILLAGE_LEVELS = frozenset({"national", "province", "city", "county"})
DEMO_LEVELS = frozenset({"province", "city"})


@dataclass(frozen=True, slots=True)
class Beside:
    """An indicator of the place, with the averages above it and how it stands against each."""

    figure: Figure
    means: tuple[tuple[Average, str], ...]


@dataclass(frozen=True, slots=True)
class People:
    """The people of the place, each counted once; `population` is None for a single village, whose own figure counts."""

    low: int | None
    high: int | None
    population: relocation.Population | None
    moved: relocation.Moved | None


@dataclass(frozen=True, slots=True)
class Money:
    """Money of the place: per head at the lowest and the highest population, and budgets of projects shared with other places."""

    per_head: PerHead
    per_head_low: PerHead
    shared: Sum
    stages: tuple[tuple[str | None, Sum], ...]


@dataclass(frozen=True, slots=True)
class Assets:
    """Assets of the place: original value by class and by class and status; both add up to the same count and money."""

    whole: Sum
    classes: tuple[tuple[str | None, Sum], ...]
    crossed: Mapping[tuple[str | None, str | None], Sum]
    statuses: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Monitored:
    """Everything on the page of one place."""

    code: str
    name: str
    village: bool
    standings: tuple[Standing, ...]
    groups: tuple[str, ...]
    figures: tuple[Beside, ...]
    rules: tuple[Rule, ...]
    people: People
    money: Money
    quotas: tuple[Quota, ...]
    assets: Assets
    income: float | None
    key_level: str | None


@dataclass(frozen=True, slots=True)
class _Desk:
    areas: Areas
    above: Areas
    rows: Mapping[str, Rows]
    code: str
    inside: frozenset[str]


def monitored(store: Store, person: Person | None, code: str, summary: AreaSummary | None) -> Monitored:
    """Gather what is watched of a county or village that a person reads.

    Args:
        store: the store.
        person: who asks; None reads everything.
        code: the county or village.
        summary: the figures of the newest run for the place; None while nothing was computed.

    Raises:
        NotFoundError: there is no such county or village for the person.
    """
    here = _desk(store, person, code)
    level = here.areas.frame["rank"].iloc[here.areas.positions([here.code])[0]]
    village = int(level) == VILLAGE_RANK
    own = next((row for row in here.rows["villages"] if row["village_code"] == here.code), {}) if village else {}
    county = next((item for item in here.above.ancestors(here.code) if _rank(here.above, item) == COUNTY_RANK), "")
    standings = key_areas.standings_of(store, county, here.above.name(county), person) if county else ()
    groups = _village_groups(own) if village else _county_groups(here, standings)
    figures = _beside(here, summary)
    land = tuple(monitoring.quotas([row for row in here.rows["land_quotas"] if row["county_code"] == county]))
    income = own.get("collective_income")
    return Monitored(
        code=here.code,
        name=here.areas.name(here.code),
        village=village,
        standings=standings,
        groups=groups,
        figures=figures,
        rules=tuple(_rules(here, groups, figures, income, land)),
        people=(people := _people(here, village=village)),
        money=_money(here, people, village=village),
        quotas=() if village else land,
        assets=_assets(here),
        income=income,
        key_level=own.get("key_village_level"),
    )


def _desk(store: Store, person: Person | None, code: str) -> _Desk:
    areas = inputs.areas(store, inputs.read(store, held.TREE_LAYERS, person=person), person=person)
    code = inputs.require_area(areas, code)
    read = inputs.read(store, WANTED, person=person)
    rows = {name: tables.records(read[name]) for name in WANTED}
    rows["indicator_targets"] = tables.records(held.read(store, ("indicator_targets",))["indicator_targets"])
    return _Desk(areas, held.areas(store), rows, code, frozenset(areas.codes[areas.within([code])].astype(str)))


def _rank(areas: Areas, code: str) -> int:
    at = int(areas.positions([code])[0])
    return int(areas.frame["rank"].iloc[at]) if at >= 0 else 0


def _county_groups(here: _Desk, standings: Sequence[Standing]) -> tuple[str, ...]:
    levels = {item.level for item in standings if item.state == "yes"}
    own = next((row for row in here.rows["counties"] if row["county_code"] == here.code), {})
    found = [key_rules.KEY_COUNTY] if levels else []
    found += [key_rules.NATIONAL] if "国家" in levels else []
    found += [key_rules.DEMO_COUNTY] if own.get("county_class") == key_rules.DEMO_COUNTY else []
    return tuple(found)


def _village_groups(own: Row) -> tuple[str, ...]:
    found = [key_rules.KEY_VILLAGE] if own.get("key_village_level") in KEY_VILLAGE_LEVELS else []
    found += [key_rules.DEMO_VILLAGE] if own.get("demo_level") in DEMO_LEVELS else []
    return tuple(found)


def _beside(here: _Desk, summary: AreaSummary | None) -> tuple[Beside, ...]:
    if summary is None:
        return ()
    counts = averages.counts_of(table("county_counts"))
    chain = [item for item in here.above.ancestors(here.code) if _rank(here.above, item) in ABOVE_RANKS]
    found = []
    for figure in summary.figures:
        means = [averages.average(summary.run.table, here.above, figure.indicator, item, counts) for item in chain]
        found.append(Beside(figure, tuple((mean, averages.against(figure.low, figure.high, mean)) for mean in means)))
    return tuple(found)


def _rules(
    here: _Desk, groups: Sequence[str], figures: Sequence[Beside], income: float | None, land: Sequence[Quota]
) -> list[Rule]:
    bounds: dict[str, tuple[float | None, float | None]] = {
        item.figure.indicator: (item.figure.low, item.figure.high) for item in figures
    }
    bounds["collective_income"] = (income, income)
    newest = next((float(item.quota_mu) for item in land if item.quota_mu is not None), None)
    bounds["land_quota_mu"] = (newest, newest)
    means = {
        item.figure.indicator: mean
        for item in figures
        for mean, _ in item.means
        if _rank(here.above, mean.code) == min(ABOVE_RANKS)
    }
    above = frozenset(here.above.ancestors(here.code))
    return key_rules.rules(here.rows["indicator_targets"], groups, above=above, figures=bounds, means=means)


def people_of(villages: Rows) -> dict[str, int | None]:
    """Give the population of each village as the indicators weigh it: resident, else registered."""
    return {
        str(row["village_code"]): row["pop_registered"] if row["pop_resident"] is None else row["pop_resident"]
        for row in villages
        if row.get("village_code")
    }


def _people(here: _Desk, *, village: bool) -> People:
    stated = {code: number for code, number in people_of(here.rows["villages"]).items() if code in here.inside}
    origins = here.rows["settlement_origins"]
    if village:
        moved = next((item for item in relocation.moved(origins, stated) if item.village_code == here.code), None)
        number = stated.get(here.code)
        return People(moved.low if moved else number, moved.high if moved else number, None, moved)
    sites = [row for row in here.rows["settlements"] if _lies(row, here.inside)]
    found = relocation.population(stated, sites, origins)
    known = any(number is not None for number in stated.values())
    return People(found.low if known else None, found.high if known else None, found, None)


def _money(here: _Desk, people: People, *, village: bool) -> Money:
    projects = [row for row in here.rows["projects"] if _touches(row, here.inside)]
    split = [(row, village and bool(set(row.get("village_codes") or []) - here.inside)) for row in projects]
    shared, own = [row for row, elsewhere in split if elsewhere], [row for row, elsewhere in split if not elsewhere]
    return Money(
        per_head=monitoring.per_head(own, people.low),
        per_head_low=monitoring.per_head(own, people.high),
        shared=monitoring.total(shared, "budget_total"),
        stages=tuple(monitoring.grouped(projects, "status", "budget_total", [item.code for item in PROJECT_STATUS])),
    )


def _touches(row: Row, inside: frozenset[str]) -> bool:
    return (
        row.get("township_code") in inside
        or row.get("county_code") in inside
        or not inside.isdisjoint(row.get("village_codes") or [])
    )


def _lies(row: Row, inside: frozenset[str]) -> bool:
    return any(row.get(name) in inside for name in ("village_code", "township_code", "county_code"))


def _assets(here: _Desk) -> Assets:
    rows = [row for row in here.rows["assets"] if _lies(row, here.inside)]
    statuses = [
        status for status, _ in monitoring.grouped(rows, "status", "original_value", [item.code for item in ASSET_STATUS])
    ]
    return Assets(
        whole=monitoring.total(rows, "original_value"),
        classes=tuple(monitoring.grouped(rows, "asset_class", "original_value", [item.code for item in ASSET_CLASS])),
        crossed=monitoring.crossed(rows, ("asset_class", "status"), "original_value"),
        statuses=tuple(statuses),
    )
