"""The copies of a ledger at village, township, sector and county laid side by side, and beside a workbook of one level (E9)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from geo_app.actions import reach
from geo_app.errors import BadRequestError
from layers.asset_fields import SAID_IN_LEDGER
from layers.row_values import known
from layers.store import Condition
from processing.ledger import comparing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geo_app.access import Person
    from layers.store import Store
    from processing.ledger.comparing import Difference

FILE: Final = "file"
LEVELS: Final = ("LV1", "LV2", "LV3", "LV4")


@dataclass(frozen=True)
class Comparison:
    """Copies side by side: which ledgers of each level were taken, how many assets each has, and what differs."""

    ledgers: Mapping[str, tuple[Mapping[str, Any], ...]]
    counts: Mapping[str, int]
    checksums: Mapping[str, str]
    differences: tuple[Difference, ...]

    @property
    def same(self) -> bool:
        """Say whether every copy says the same."""
        return not self.differences


def compare(
    store: Store,
    person: Person,
    area: str,
    year: int,
    *,
    uploaded: tuple[str, Sequence[Mapping[str, Any]]] | None = None,
) -> Comparison:
    """Compare the newest ledgers of each level for an area and year, by asset and field.

    Every level is narrowed to the assets of the area, so a village's ledger is laid beside what the township's, the sectors' and
    the county's ledgers say of that village.

    Args:
        store: the store.
        person: who asks; only what the person reads is compared.
        area: code of a village, township or county.
        year: year of the ledgers.
        uploaded: a level and the rows of a workbook of that level, taken as one more copy named `file`.

    Raises:
        BadRequestError: fewer than two copies are there.
    """
    limit = reach.of(store, person, "ledgers")
    rows = store.read("ledgers", where=(Condition("year", "=", year),), reach=limit).to_dict("records")
    ledgers = {level: _newest([row for row in rows if row["level"] == level]) for level in LEVELS}
    copies = {level: _entries(store, person, found, area) for level, found in ledgers.items() if found}
    copies = {level: found for level, found in copies.items() if found or _covers(ledgers[level], area)}
    taken = {str(entry["ledger_id"]) for found in copies.values() for entry in found}
    ledgers = {
        level: [row for row in found if str(row["ledger_id"]) in taken or _covers([row], area)]
        for level, found in ledgers.items()
    }
    fields: Sequence[str] = SAID_IN_LEDGER
    if uploaded is not None:
        copies[FILE] = [row for row in uploaded[1] if known(row, "asset_id") is not None]
        fields = [name for name in SAID_IN_LEDGER if any(name in row for row in uploaded[1])]
    if len(copies) < 2:  # noqa: PLR2004 -- two copies are compared
        raise BadRequestError(
            f"Fewer than two ledgers of {year} cover the area {area}; build those of village, township, sector and county first."
        )
    return Comparison(
        {level: tuple(found) for level, found in ledgers.items() if level in copies},
        {name: len(found) for name, found in copies.items()},
        {name: comparing.content_sha256(found) for name, found in copies.items()},
        tuple(comparing.differences(copies, fields=fields)),
    )


def _newest(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Keep the last built ledger of each unit."""
    by_unit: dict[str, Mapping[str, Any]] = {}
    for row in sorted(rows, key=lambda row: (str(row["built_on"]), str(row["ledger_id"]))):
        by_unit[str(row["unit"])] = row
    return list(by_unit.values())


def _covers(ledgers: Sequence[Mapping[str, Any]], area: str) -> bool:
    return any(area in {known(row, name) for name in ("village_code", "township_code", "county_code")} for row in ledgers)


def _entries(store: Store, person: Person, ledgers: Sequence[Mapping[str, Any]], area: str) -> list[Mapping[str, Any]]:
    limit = reach.of(store, person, "ledger_entries")
    where = (Condition("ledger_id", "in", [str(row["ledger_id"]) for row in ledgers]),)
    rows = store.read("ledger_entries", where=where, reach=limit).to_dict("records")
    codes = ("village_code", "township_code", "county_code")
    return [{str(name): value for name, value in row.items()} for row in rows if area in {known(row, name) for name in codes}]
