"""Dated rules of the monitoring of households: income lines by year and area, the window of twelve months, small cells.

No cap on the number of households is among them: the text of 2020 names one, the Hunan text of 2021 does away with it.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Line:
    """An income line in yuan per person and year, with the year it was set for and where it stands."""

    year: int
    yuan: float
    source: str
    tag: str


@dataclass(frozen=True, slots=True)
class HouseholdRules:
    """The rules of one document, for the areas whose codes begin as named (none named: everywhere)."""

    name: str
    zh: str
    en: str
    areas: tuple[str, ...]
    valid_from: date
    small_cell: int
    protection_width: float
    months: int
    removal_line: float | None
    lines: tuple[Line, ...]

    def line(self, year: int) -> Line | None:
        """Give the income line of a year: its own, else the last one before it, which is then out of date; None before any.

        >>> rules_for(["430421"], date(2026, 10, 31)).line(2026)
        Line(year=2021, yuan=6500.0, source='湘委乡振组发〔2021〕1号; 衡办发〔2021〕7号 二（一）', tag='seed')
        """
        past = [item for item in self.lines if item.year <= year]
        return max(past, key=lambda item: item.year, default=None)


def _rules(raw: dict[str, Any]) -> HouseholdRules:
    lines = tuple(Line(item["year"], float(item["yuan"]), item["source"], item["tag"]) for item in raw["income_lines"])
    removal = raw.get("removal_line")
    return HouseholdRules(
        name=raw["name"],
        zh=raw["zh"],
        en=raw["en"],
        areas=tuple(raw["areas"]),
        valid_from=raw["valid_from"],
        small_cell=raw["suppression"]["small_cell"],
        protection_width=float(raw["suppression"]["protection_width"]),
        months=raw["window"]["months"],
        removal_line=None if removal is None else float(removal["yuan"]),
        lines=lines,
    )


@cache
def shipped() -> tuple[HouseholdRules, ...]:
    """Give every set of rules that ships."""
    folder = files("processing") / "household_profiles"
    paths = sorted((item for item in folder.iterdir() if item.name.endswith(".toml")), key=lambda item: item.name)
    return tuple(_rules(tomllib.loads(item.read_text(encoding="utf-8"))) for item in paths)


def rules_for(areas: Sequence[str], on: date) -> HouseholdRules:
    """Give the rules in force on a day for areas: the narrowest that names them all, else the national ones.

    >>> rules_for(["620422"], date(2026, 10, 31)).name, rules_for(["430421"], date(2026, 10, 31)).name
    ('national', 'hunan2021')
    """

    def narrowness(rules: HouseholdRules) -> int:
        return min((max((len(own) for own in rules.areas if area.startswith(own)), default=0) for area in areas), default=0)

    fit = [item for item in shipped() if not item.areas or (areas and narrowness(item))]
    return max(fit, key=lambda item: (narrowness(item), item.valid_from <= on, item.valid_from))


def month_before(year: int, month: int, back: int = 1) -> tuple[int, int]:
    """Give the month so many months earlier.

    >>> month_before(2021, 5, 12)
    (2020, 5)
    """
    count = year * 12 + month - 1 - back
    return count // 12, count % 12 + 1


def last_day(year: int, month: int) -> date:
    """Give the last day of a month.

    >>> last_day(2024, 2)
    datetime.date(2024, 2, 29)
    """
    after = month_before(year, month, -1)
    return date.fromordinal(date(*after, 1).toordinal() - 1)


def window(year: int, month: int, months: int = 12) -> tuple[date, date]:
    """Give the days whose income counts for a household that is taken in in a month: the full months that end the month before.

    Source: the example of 湘委乡振组发〔2021〕1号, annex 6.

    >>> [day.isoformat() for day in window(2021, 5)]
    ['2020-05-01', '2021-04-30']
    """
    return date(*month_before(year, month, months), 1), last_day(*month_before(year, month))
