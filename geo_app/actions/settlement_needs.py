"""Relocation settlements that a person reads: what each lacks, where its people come from, and people counted once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from geo_app.actions import inputs, tables
from geo_app.actions.monitoring import people_of
from layers.codes import SIZE_CLASS
from processing import relocation, relocation_effect, settlement_needs
from processing.settlement_needs import FACILITIES, FURTHER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geopandas import GeoDataFrame

    from geo_app.access import Person
    from geo_app.actions.run_coverage import Run
    from layers.store import Store
    from processing.areas import Areas
    from processing.relocation import Moved, Population
    from processing.relocation_effect import Effect
    from processing.settlement_needs import Need, Share

NAMES = ("settlements", "settlement_origins", "villages")


@dataclass(frozen=True, slots=True)
class Settlements:
    """All settlements by what they lack, the share of people by facility, sizes, old villages, and the people counted once."""

    needs: tuple[Need, ...]
    all_eight: Share
    shares: Mapping[str, Share]
    sizes: tuple[tuple[str | None, int, int, int], ...]
    moved: tuple[Moved, ...]
    people: Population
    names: Mapping[str, str]
    origins_of: Mapping[str, int]


def settlements(store: Store, person: Person | None = None, *, area: str | None = None) -> Settlements:
    """Gather the settlements of an area (none named: everywhere) that a person reads.

    Raises:
        NotFoundError: there is no such area for the person.
    """
    frames = inputs.read(store, NAMES, person=person)
    areas = inputs.areas(store, person=person)
    inside = _inside(areas, area)
    rows = {name: tables.records(frames[name]) for name in NAMES}
    kept = [row for row in rows["settlements"] if inside is None or _lies(row, inside)]
    found = settlement_needs.needs(kept)
    stated = {code: number for code, number in people_of(rows["villages"]).items() if inside is None or code in inside}
    origins = rows["settlement_origins"]
    origins_of: dict[str, int] = {}
    for row in origins:
        key = str(row["settlement_id"])
        origins_of[key] = origins_of.get(key, 0) + int(row.get("persons") or 0)
    old = [item for item in relocation.moved(origins, stated) if inside is None or item.village_code in inside]
    return Settlements(
        needs=tuple(found),
        all_eight=settlement_needs.share(found),
        shares={name: settlement_needs.share(found, name) for name in (*FACILITIES, *FURTHER)},
        sizes=tuple(settlement_needs.by_size(found, [item.code for item in SIZE_CLASS])),
        moved=tuple(sorted(old, key=lambda item: -item.moved)),
        people=relocation.population(stated, kept, origins),
        names={
            code: areas.name(code) for code in {item.area_code for item in found} | {item.village_code for item in old} if code
        },
        origins_of=origins_of,
    )


def _inside(areas: Areas, area: str | None) -> frozenset[str] | None:
    if not area:
        return None
    code = inputs.require_area(areas, area)
    return frozenset(areas.codes[areas.within([code])].astype(str))


def _lies(row: Mapping[str, Any], inside: frozenset[str]) -> bool:
    return any(row.get(name) in inside for name in ("village_code", "township_code", "county_code"))


def effects(run: Run) -> list[tuple[str, Effect]]:
    """Say what counting relocated people at their settlement changes in the indicators of a run that weigh persons."""
    made = [(code, relocation_effect.effect(run.units[code])) for code in run.units]
    return [(code, item) for code, item in made if item is not None]


def frame(found: Settlements) -> pd.DataFrame:
    """Give the settlements as a table: persons, size, the state of each facility, what is missing and what is unknown."""
    columns = ["settlement_id", "name", "area_code", "area_name", "households", "persons", "registered", "size_class"]
    columns += ["setting", "state"]
    rows = [
        {
            **{name: getattr(item, name) for name in columns if name != "area_name"},
            "area_name": found.names.get(item.area_code or ""),
            **item.states,
            "missing": ";".join(item.missing),
            "unknown": ";".join(item.unknown),
        }
        for item in found.needs
    ]
    return pd.DataFrame(rows, columns=[*columns, *FACILITIES, *FURTHER, "missing", "unknown"])


def old_villages(found: Settlements) -> pd.DataFrame:
    """Give the old villages as a table: persons stated, moved, still in the figures, what is left, land and assets that stay."""
    names = (
        "village_code",
        "stated",
        "moved",
        "still_counted",
        "unclear",
        "low",
        "high",
        "land_mu",
        "land_unknown",
        "assets_kept",
    )
    rows = [
        {"area_name": found.names.get(item.village_code)} | {name: getattr(item, name) for name in names} for item in found.moved
    ]
    return pd.DataFrame(rows, columns=["area_name", *names])


def points(store: Store, found: Settlements, person: Person | None = None) -> GeoDataFrame:
    """Give the settlements that have a place, with their state and what they lack in words' codes."""
    held = inputs.read(store, ("settlements",), person=person)["settlements"]
    states = {item.settlement_id: item for item in found.needs}
    chosen = held[held["settlement_id"].isin(states) & held.geometry.notna()]
    ids = chosen["settlement_id"].astype(str)
    return chosen[["settlement_id", "name", "geometry"]].assign(
        state=[states[key].state for key in ids],
        persons=[states[key].persons for key in ids],
        missing=[list(states[key].missing) for key in ids],
        data_quality=chosen["data_quality"],
    )
