"""Key counties as the loaded lists give them: yes, no or unknown by level, with the source, and what documents contradict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from geo_app.actions import held, inputs, tables
from layers.codes import table
from processing import key_areas

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geo_app.access import Person
    from layers.store import Store
    from processing.areas import Areas
    from processing.key_areas import Conflict, County, Fact, Standing

COUNTY_RANK = 3


@dataclass(frozen=True, slots=True)
class CountyRow:
    """One county with what is known of it at each level; `held` says whether the store holds the county itself."""

    code: str
    name: str
    held: bool
    standings: tuple[Standing, ...]

    def state(self, level: str) -> str:
        """Give the state at one level."""
        return next(item.state for item in self.standings if item.level == level)


@dataclass(frozen=True, slots=True)
class Listing:
    """All counties that a person sees, counted by level and state, with the lists, what documents state, and the conflicts."""

    counties: tuple[CountyRow, ...]
    counts: Mapping[str, Mapping[str, int]]
    lists: tuple[Mapping[str, Any], ...]
    facts: tuple[Fact, ...]
    conflicts: tuple[Conflict, ...]


def listing(store: Store, person: Person | None = None) -> Listing:
    """Decide on every county that a person reads (none named: all) and on every county that the lists name."""
    tree = held.areas(store)
    entries, lists = _rows(store, "key_counties", person), tables.records(held.read(store, ("key_lists",))["key_lists"])
    mine = inputs.areas(store, inputs.read(store, held.TREE_LAYERS, person=person), person=person)
    counties = _counties(mine, tree, entries)
    standings = key_areas.decide(counties, entries, lists)
    shown = {code for item in counties for code in (item.code, *item.above)}
    visible = [row for row in lists if row["area_code"] in shown]
    everything = person is None or person.everything
    facts = key_areas.facts(entries, table("key_county_facts"), lists) if entries and everything else []
    return Listing(
        counties=tuple(_grouped(standings, mine)),
        counts=key_areas.counted(standings),
        lists=tuple(visible),
        facts=tuple(facts),
        conflicts=tuple(key_areas.conflicts(facts)),
    )


def standings_of(store: Store, code: str, name: str, person: Person | None = None) -> tuple[Standing, ...]:
    """Decide on one county, at every level."""
    tree = held.areas(store)
    entries = [row for row in _rows(store, "key_counties", person) if row["county_code"] == code]
    lists = tables.records(held.read(store, ("key_lists",))["key_lists"])
    return tuple(key_areas.decide([key_areas.County(code, name, tree.ancestors(code)[1:])], entries, lists))


def _rows(store: Store, layer: str, person: Person | None) -> list[dict[str, Any]]:
    return tables.records(inputs.read(store, (layer,), person=person)[layer])


def _counties(mine: Areas, tree: Areas, entries: Sequence[Mapping[str, Any]]) -> list[County]:
    ranks = mine.frame["rank"].to_numpy()
    own = [str(code) for code, rank in zip(mine.codes, ranks, strict=True) if rank == COUNTY_RANK]
    found = {code: key_areas.County(code, mine.name(code), tree.ancestors(code)[1:]) for code in own}
    for row in entries:
        code = str(row["county_code"])
        if code not in found:
            above = tree.ancestors(code)[1:] or tuple(str(row[name]) for name in ("province_code",) if row.get(name))
            found[code] = key_areas.County(code, str(row.get("name") or code), above)
    return [found[code] for code in sorted(found)]


def _grouped(standings: Sequence[Standing], mine: Areas) -> list[CountyRow]:
    size = len(key_areas.LEVELS)
    parts = [standings[at : at + size] for at in range(0, len(standings), size)]
    return [CountyRow(part[0].code, part[0].name, part[0].code in mine, tuple(part)) for part in parts]


def frame(found: Listing) -> pd.DataFrame:
    """Give a listing as a table: one row for each county and level, with state, reason, list, document and year."""
    columns = ["county_code", "name", "level", "state", "reason", "list_name", "document", "year", "held"]
    rows = [
        (item.code, item.name, item.level, item.state, item.reason, item.list_name, item.document, item.year, row.held)
        for row in found.counties
        for item in row.standings
    ]
    return pd.DataFrame(rows, columns=columns)


def villages(store: Store, person: Person | None = None) -> pd.DataFrame:
    """Give code, name, key level and collective income of every village that a person reads, in order of codes."""
    held_rows = inputs.read(store, ("villages",), person=person)["villages"]
    names = ["village_code", "name", "key_village_level", "demo_level", "collective_income"]
    return pd.DataFrame(held_rows[names]).sort_values("village_code").reset_index(drop=True)
