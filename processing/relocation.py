"""Relocated people counted once, at their settlement; their land and assets stay with the old village.

An old village whose population figure still holds the households that moved is corrected by them; one whose figure was corrected
already is left alone. A settlement counts all of its people, unless the village it lies in counts them already.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Moved:
    """An old village: persons stated, persons who moved, what is left of the population, and the land and assets that stay.

    `low` and `high` bound the population where rows do not say whether its figure still holds those who moved, or how many.
    `exceeds` says that more people moved away than the village states: a contradiction, left as it is.
    """

    village_code: str
    stated: int | None
    moved: int
    still_counted: int
    unclear: int
    rows_without_persons: int
    low: int | None
    high: int | None
    land_mu: float
    land_unknown: int
    assets_kept: int
    settlements: tuple[str, ...]

    @property
    def population(self) -> int | None:
        """Population after the correction; None while it is not known exactly."""
        return self.low if self.low == self.high else None

    @property
    def exceeds(self) -> bool:
        """Say whether more people left than the village states."""
        return self.stated is not None and self.still_counted > self.stated


def moved(origins: Iterable[Row], stated: Mapping[str, int | None]) -> list[Moved]:
    """Correct the old villages, in order of their codes.

    Args:
        origins: rows of the layer settlement_origins.
        stated: population of villages as their layer states it.

    Example:
        >>> rows = [{"village_code": "v", "settlement_id": "s", "persons": 30, "still_counted": True, "land_mu": 12.5},
        ...         {"village_code": "v", "settlement_id": "t", "persons": 10, "still_counted": False}]
        >>> found = moved(rows, {"v": 100})[0]
        >>> found.moved, found.population, found.land_mu, found.land_unknown
        (40, 70, 12.5, 1)
    """
    by_village: dict[str, list[Row]] = {}
    for row in origins:
        code = row.get("village_code")
        if isinstance(code, str):
            by_village.setdefault(code, []).append(row)
    return [_moved(code, rows, stated.get(code)) for code, rows in sorted(by_village.items())]


def _moved(code: str, rows: Sequence[Row], stated: int | None) -> Moved:
    persons = [_whole(row.get("persons")) for row in rows]
    flags = [_flag(row.get("still_counted")) for row in rows]
    counted = sum(number or 0 for number, flag in zip(persons, flags, strict=True) if flag)
    unclear = sum(number or 0 for number, flag in zip(persons, flags, strict=True) if flag is None)
    unnumbered = sum(number is None and flag is not False for number, flag in zip(persons, flags, strict=True))
    high = None if stated is None else max(0, stated - counted)
    low = None if high is None else 0 if unnumbered else max(0, high - unclear)
    land = [row.get("land_mu") for row in rows]
    known = [float(item or 0) for item in land if not pd.isna(item)]
    return Moved(
        village_code=code,
        stated=stated,
        moved=sum(number or 0 for number in persons),
        still_counted=counted,
        unclear=unclear,
        rows_without_persons=sum(number is None for number in persons),
        low=low,
        high=high,
        land_mu=sum(known),
        land_unknown=len(land) - len(known),
        assets_kept=sum(_whole(row.get("assets_kept")) or 0 for row in rows),
        settlements=tuple(dict.fromkeys(str(row["settlement_id"]) for row in rows)),
    )


@dataclass(frozen=True, slots=True)
class Population:
    """People of an area, each counted once: in the villages after correction, and at the settlements.

    `low` and `high` bound the total; `unknown_villages` and `unknown_settlements` state no number and are in neither.
    """

    villages_stated: int
    taken_out: int
    villages: int
    settlements: int
    low: int
    high: int
    unknown_villages: int
    unknown_settlements: int


def population(villages: Mapping[str, int | None], settlements: Iterable[Row], origins: Iterable[Row]) -> Population:
    """Count the people of villages and settlements once.

    total = Σ villages stated − Σ moved people still in those figures + Σ people of settlements that no village counts.

    Args:
        villages: population that each village of the area states, by code.
        settlements: rows of the layer settlements in the area (persons_total, counted_in_village).
        origins: rows of the layer settlement_origins; those of villages that are not given are left aside.

    Example:
        >>> here = [{"settlement_id": "s", "village_code": "w", "persons_total": 30, "counted_in_village": False}]
        >>> rows = [{"village_code": "v", "settlement_id": "s", "persons": 30, "still_counted": True}]
        >>> found = population({"v": 100, "w": 50}, here, rows)
        >>> found.villages_stated, found.taken_out, found.settlements, found.low, found.high
        (150, 30, 30, 150, 150)
    """
    changed = [item for item in moved(origins, villages) if item.stated is not None]
    stated = sum(number or 0 for number in villages.values())
    out = sum((item.stated or 0) - (item.high or 0) for item in changed)
    doubt = sum((item.high or 0) - (item.low or 0) for item in changed)
    sites = list(settlements)
    sure = sum(_people(row) or 0 for row in sites if _flag(row.get("counted_in_village")) is False)
    perhaps = sum(_people(row) or 0 for row in sites if _flag(row.get("counted_in_village")) is None)
    return Population(
        villages_stated=stated,
        taken_out=out,
        villages=stated - out,
        settlements=sure,
        low=stated - out - doubt + sure,
        high=stated - out + sure + perhaps,
        unknown_villages=sum(number is None for number in villages.values()),
        unknown_settlements=sum(_people(row) is None for row in sites),
    )


def _people(row: Row) -> int | None:
    found = _whole(row.get("persons_total"))
    return _whole(row.get("persons_registered_poor")) if found is None else found


def _whole(value: Any) -> int | None:
    return None if value is None or pd.isna(value) else int(value)


def _flag(value: Any) -> bool | None:
    return None if value is None or pd.isna(value) else bool(value)
