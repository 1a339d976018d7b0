"""The project library of a demonstration county: eleven fields, exact money, and works where something is lacking."""

from __future__ import annotations

import csv
import datetime as dt
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely

from layers.demo import stages
from layers.demo.budget import CATEGORIES, budget_of
from layers.demo.rows import AS_OF, frame
from layers.demo.shapes import Sites, project_shape
from layers.demo.shares import split

if TYPE_CHECKING:
    from layers.demo.area_rows import Built

Array = np.ndarray
ACTIVE = ("in_library", "annual_plan", "implementing")
SECTORS = {"交通运输局": "transport", "水务局": "water", "农业农村局": "agriculture", "生态环境局": "environment"}
"""Whose opinion is asked, by the unit responsible; the others are `other`."""
_WAN_A_VILLAGE = 620.0
"""万元 for which a project takes in one more village."""
_FUNDS = (("S11", 0.5), ("S02", 0.16), ("S03", 0.12), ("S06", 0.08), ("S04", 0.07), ("S05", 0.04), ("S08", 0.03))


class Item(NamedTuple):
    """A sub-item of the plan: what is built, where it is wanted, who answers for it and which asset it leaves."""

    item: str
    category: str
    geometry: str
    gap: str
    quantity_unit: str
    unit_cost_wan: str
    responsible: str
    sub_class: str
    feature: str
    work: str


@lru_cache(maxsize=1)
def items() -> dict[str, Item]:
    """Read the sub-items that the generator knows (`items.csv`); C7 has none in the plan and stands for itself."""
    text = (files("layers.demo") / "items.csv").read_text(encoding="utf-8")
    return {row["item"]: Item(**row) for row in csv.DictReader(text.splitlines())}


@dataclass(slots=True)
class _Draft:
    """A project on its way."""

    item: Item
    budget: int
    villages: list[int]
    shape: Any
    open_gap: bool
    """Whether its works are still to be done, as the layers show."""
    quantity: float


def gaps(built: Built) -> dict[str, Array]:
    """Say how much each village lacks: persons without hardened road, without central water, without toilet, or plainly 1."""
    places = built.places
    hamlets, villages = places.hamlets, places.villages
    count = len(villages)

    def persons(chosen: Array) -> Array:
        return np.bincount(hamlets.village[chosen], weights=hamlets.persons[chosen], minlength=count)

    toilets = built.frames["sanitation"]
    own = toilets[(toilets["facility_type"] == "户厕汇总") & toilets["hh_sanitary"].notna()]
    number = {row.code: place for place, row in enumerate(villages.rows)}
    lacking = np.zeros(count)
    at = [number[code] for code in own["village_code"]]
    lacking[at] = (own["households"] - own["hh_sanitary"]).to_numpy(dtype=float)
    settled = np.zeros(count)
    settled[built.facts["settlement_village"]] = 1
    towns = np.zeros(count)
    towns[places.township_seat] = 1
    fields = np.bincount(built.facts["farmland"]["village"], minlength=count).astype(float)
    untreated = np.array([value is False for value in built.facts["sewage"]["treated"]]) * built.facts["persons"]
    rural = (~villages.community).astype(float)
    plain = rural * np.sqrt(built.facts["persons"])
    return {
        "road": persons(~built.facts["hardened"]),
        "water": persons(hamlets.mode != "central"),
        "toilet": lacking,
        "sewage": untreated * rural,
        "settlement": settled,
        "town": towns,
        "farmland": fields,
        "any": plain if plain.any() else np.ones(count),
    }


def _villages_for(need: Array, plain: Array, money: int, built: Built, rng: np.random.Generator) -> list[int]:
    """Choose the villages of a project: mostly where something lacks, some anywhere; more of its township for more money."""
    wanted = need / need.sum() if need.sum() > 0 else plain / plain.sum()
    share = 0.72 * wanted + 0.28 * plain / plain.sum()
    first = int(rng.choice(len(share), p=share / share.sum()))
    more = int(np.clip(money / _WAN_A_VILLAGE * rng.lognormal(-0.3, 0.5), 0, 11))
    villages = built.places.villages
    near = np.flatnonzero((villages.township == villages.township[first]) & (plain > 0))
    near = near[near != first]
    if not more or not len(near):
        return [first]
    likely = share[near] + 1e-6
    chosen = rng.choice(near, min(more, len(near)), replace=False, p=likely / likely.sum())
    return [first, *sorted(chosen.tolist())]


def _drafts(built: Built, rng: np.random.Generator) -> list[_Draft]:
    budget = budget_of(built.code, built.places.plan)
    need = gaps(built)
    sites = Sites(built)
    known = items()
    drafts = []
    for category, amount, count in zip(CATEGORIES, budget.amounts, budget.counts, strict=True):
        own = [one for name, one in known.items() if name.split("-")[0] == category]
        chosen = [own[place] for place in rng.choice(len(own), int(count), p=_item_shares(own))]
        sizes = rng.lognormal(0, 0.6, int(count)) * np.array([np.sqrt(float(one.unit_cost_wan) + 1) for one in chosen])
        for item, money in zip(chosen, split(int(amount), sizes, least=5), strict=True):
            villages = _villages_for(need[item.gap], need["any"], int(money), built, rng)
            shape, open_gap, quantity = project_shape(sites, item.geometry, villages, money / float(item.unit_cost_wan), rng)
            if quantity is None:
                quantity = max(1.0, round(int(money) / float(item.unit_cost_wan)))
            drafts.append(_Draft(item, int(money), villages, shape, open_gap, float(quantity)))
    return drafts


def _item_shares(own: list[Item]) -> Array:
    """Works for roads, water, toilets, sewage and farmland are more common than the rest."""
    weight = np.array([1.0 if one.gap in {"any", "town"} else 2.6 for one in own])
    return np.asarray(weight / weight.sum())


def _stage(draft: _Draft, rng: np.random.Generator) -> tuple[str, int | None]:
    """Give status and plan year; works still to be done are not reported as done."""
    if draft.open_gap:
        status = str(rng.choice(ACTIVE, p=[0.4, 0.25, 0.35]))
        return status, {"in_library": None, "annual_plan": 2026}.get(status, int(rng.integers(2025, 2027)))
    year = int(rng.choice([0, 2021, 2022, 2023, 2024, 2025, 2026], p=[0.1, 0.15, 0.17, 0.17, 0.16, 0.15, 0.1]))
    if not year:
        return str(rng.choice(["in_library", "county_notice", "opinions", "withdrawn"], p=[0.82, 0.08, 0.06, 0.04])), None
    if year == 2026:  # noqa: PLR2004 - the running year
        return str(rng.choice(["annual_plan", "implementing", "completed"], p=[0.25, 0.6, 0.15])), year
    formed = {2021: 0.95, 2022: 0.93, 2023: 0.9, 2024: 0.8, 2025: 0.45}[year]
    return str(rng.choice(["asset_formed", "completed"], p=[formed, 1 - formed])), year


def _dates(status: str, year: int | None, rng: np.random.Generator) -> tuple[dt.date, dt.date]:
    start = dt.date(year or 2027, int(rng.integers(3, 6)), int(rng.integers(1, 28)))
    end = start + dt.timedelta(days=int(rng.integers(80, 235)))
    if status == "completed" and end >= AS_OF:
        end = AS_OF - dt.timedelta(days=int(rng.integers(3, 40)))
    return start, end


def _funding(budget: int, rng: np.random.Generator) -> list[dict[str, Any]]:
    """Split a budget over one to three sources in whole 万元."""
    codes = [code for code, _ in _FUNDS]
    count = int(rng.choice([1, 2, 3], p=[0.55, 0.33, 0.12]))
    chosen = sorted(rng.choice(codes, count, replace=False, p=[share for _, share in _FUNDS]).tolist())
    parts = split(budget, rng.dirichlet(np.ones(count) * 2), least=1)
    return [{"code": code, "amount_wan_yuan": float(part)} for code, part in zip(chosen, parts, strict=True)]


def _row(built: Built, draft: _Draft, number: int, rng: np.random.Generator) -> dict[str, Any]:
    county, item = built.places.county, draft.item
    status, year = _stage(draft, rng)
    start, end = _dates(status, year, rng)
    names = [built.name_of(place) for place in draft.villages]
    town = county.townships[built.places.villages.township[draft.villages[0]]].name
    whole = int(built.facts["persons"][draft.villages].sum())
    persons = max(1, int(whole * rng.uniform(0.15, 0.85)))
    poor = int(persons * rng.uniform(0.1, 0.45))
    return {
        "project_id": f"P{built.code}{number:04d}",
        "name": f"{town}{names[0]}{'等村' if len(names) > 1 else ''}{item.work.removesuffix('项目')}项目",
        "category": item.category,
        "build_nature": str(rng.choice(["新建", "改扩建", "维修", "续建"], p=[0.55, 0.27, 0.13, 0.05])),
        "location_text": f"{county.name}{town}{'、'.join(names)}",
        "village_codes": built.village_codes(np.array(draft.villages)),
        "start_date": start,
        "end_date": end,
        "responsible_unit": f"{county.name}{item.responsible}",
        "task": f"{item.work}，{draft.quantity:g}{item.quantity_unit}",
        "quantity": draft.quantity,
        "quantity_unit": item.quantity_unit,
        "budget_total": float(draft.budget),
        "funding_sources": _funding(draft.budget, rng),
        "beneficiary_text": f"{'、'.join(names)}农户",
        "benefit_households": max(1, round(persons / 3.9)),
        "benefit_persons": persons,
        "benefit_former_poor": poor,
        "benefit_monitored": int(poor * rng.uniform(0, 0.12)),
        "performance_target": f"按期完成{item.work}，受益群众满意度不低于95%",
        "participation": "村民代表会议商议立项，村务公开栏公示，群众代表参与监督",
        "interest_linkage": "优先吸纳脱贫人口务工，建成资产归村集体，收益按民主议定方案使用",
        "scope": "跨区域规模化" if len(names) > 3 else "到村到户",  # noqa: PLR2004 - more than three villages
        "status": status,
        "plan_year": year,
        "baiyin_category": item.item.split("-")[0],
        "baiyin_item": item.item if "-" in item.item else None,
        "work_relief": item.item == "C3-3",
        "sector": SECTORS.get(item.responsible, "other"),
        "emergency_cause": None,
        "village_code": None if len(names) > 3 else built.village_codes(np.array(draft.villages[:1]))[0],  # noqa: PLR2004
        "township_code": county.townships[built.places.villages.township[draft.villages[0]]].code,
        "county_code": built.code,
    }


def add_projects(built: Built) -> None:
    """Add the frame `projects`; budgets add up to the county's amounts by category, and sources to each budget."""
    rng = built.places.rng("projects")
    drafts = _drafts(built, rng)
    rows = [_row(built, draft, number, rng) for number, draft in enumerate(drafts, 1)]
    stages.spread(rows, [draft.open_gap for draft in drafts], built.places.rng("stages"))
    years = [row["plan_year"] for row in rows]
    order = rng.permutation(len(rows))
    rank: dict[int, int] = {}
    for place in order.tolist():
        year = years[place]
        if year is not None:
            rank[year] = rank.get(year, 0) + 1
        rows[place]["plan_rank"] = None if year is None else rank[year]
    shapes = np.empty(len(rows), dtype=object)
    shapes[:] = [draft.shape for draft in drafts]
    built.facts["drafts"] = drafts
    built.frames["projects"] = frame(
        "projects", {name: [row[name] for row in rows] for name in rows[0]}, shapely.force_2d(shapes)
    )
