"""Relocation settlements: which of eight facilities each has, lacks, or nobody knows of, weighed by persons (indicator 23).

The eight are water, power, road and communication (水电路通信), sewage and waste (污水、垃圾), education (a school or a
kindergarten) and a clinic. The data dictionary lists ten flags: school and kindergarten count as one, and the community service
centre is shown beside the eight, since the documents ask water, power, road and communication of every site, and school and
medical care of large ones. The choice of the eight is `design`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    Row = Mapping[str, Any]

HAS, LACKS, UNKNOWN = "has", "lacks", "unknown"
FACILITIES: Final[Mapping[str, tuple[str, ...]]] = {
    "water": ("has_water",),
    "power": ("has_power",),
    "road": ("has_road",),
    "comm": ("has_comm",),
    "sewage": ("has_sewage",),
    "waste": ("has_waste",),
    "education": ("has_school", "has_kindergarten"),
    "clinic": ("has_clinic",),
}
"""The eight facilities, each with the flags of which one is enough."""
FURTHER: Final[Mapping[str, tuple[str, ...]]] = {"service_center": ("has_service_center",)}
"""Shown beside the eight, not counted among them."""


def state(row: Row, flags: Sequence[str]) -> str:
    """Say whether one of the flags is set: has, lacks (all are known to be absent), else unknown.

    Example:
        >>> state({"has_school": False, "has_kindergarten": True}, ("has_school", "has_kindergarten"))
        'has'
        >>> state({"has_school": False}, ("has_school", "has_kindergarten"))
        'unknown'
    """
    values = [row.get(name) for name in flags]
    known = [None if item is None or pd.isna(item) else bool(item) for item in values]
    if True in known:
        return HAS
    return UNKNOWN if None in known else LACKS


@dataclass(frozen=True, slots=True)
class Need:
    """One settlement: its persons and size class, the state of each facility, what is missing and what is not known."""

    settlement_id: str
    name: str
    area_code: str | None
    persons: int | None
    registered: int | None
    """Registered relocated persons, on which the size class rests."""
    households: int | None
    size_class: str | None
    setting: str | None
    states: Mapping[str, str]
    simulated: bool

    @property
    def missing(self) -> tuple[str, ...]:
        """Name the facilities of the eight that are known to be absent."""
        return tuple(name for name in FACILITIES if self.states[name] == LACKS)

    @property
    def unknown(self) -> tuple[str, ...]:
        """Name the facilities of the eight of which nobody knows."""
        return tuple(name for name in FACILITIES if self.states[name] == UNKNOWN)

    @property
    def state(self) -> str:
        """Say whether all eight are there: has, lacks (one is absent for sure), or unknown."""
        return LACKS if self.missing else UNKNOWN if self.unknown else HAS


def needs(rows: Iterable[Row]) -> list[Need]:
    """Give what each settlement needs: those that lack something first, most persons first; then unknown ones; then whole ones.

    Persons are all who live there, or the registered relocated ones where the total is unknown; unknown persons come last.
    """
    order = {LACKS: 0, UNKNOWN: 1, HAS: 2}
    found = [_need(row) for row in rows]
    return sorted(found, key=lambda item: (order[item.state], item.persons is None, -(item.persons or 0), item.settlement_id))


def _need(row: Row) -> Need:
    persons, registered = _number(row.get("persons_total")), _number(row.get("persons_registered_poor"))
    area = next((_text(row.get(name)) for name in ("village_code", "township_code", "county_code") if _text(row.get(name))), None)
    return Need(
        settlement_id=str(row["settlement_id"]),
        name=_text(row.get("name")) or str(row["settlement_id"]),
        area_code=area,
        persons=registered if persons is None else persons,
        registered=registered,
        households=_number(row.get("households")),
        size_class=_text(row.get("size_class")),
        setting=_text(row.get("setting")),
        states={name: state(row, flags) for name, flags in {**FACILITIES, **FURTHER}.items()},
        simulated=row.get("data_quality") == "synthetic",
    )


@dataclass(frozen=True, slots=True)
class Share:
    """A share weighed by persons: who has, who lacks, of whom nobody knows, and the settlements whose persons are unknown.

    `value` is over known persons; `low` counts the unknown as lacking, `high` as having; in percent, None with nobody.
    """

    settlements: int
    has: int
    lacks: int
    unknown: int
    without_persons: int

    @property
    def value(self) -> float | None:
        """Percent of the persons of whom it is known."""
        return _pct(self.has, self.has + self.lacks)

    @property
    def low(self) -> float | None:
        """Percent where all unknown persons lack it."""
        return _pct(self.has, self.has + self.lacks + self.unknown)

    @property
    def high(self) -> float | None:
        """Percent where all unknown persons have it."""
        return _pct(self.has + self.unknown, self.has + self.lacks + self.unknown)


def share(found: Sequence[Need], facility: str | None = None) -> Share:
    """Weigh one facility (none named: all eight) by persons.

    Example:
        >>> rows = [{"settlement_id": "a", "persons_total": 300, "has_water": True}, {"settlement_id": "c", "persons_total": 100},
        ...         {"settlement_id": "b", "persons_total": 100, "has_water": False}]
        >>> water = share(needs(rows), "water")
        >>> water.value, water.low, water.high
        (75.0, 60.0, 80.0)
    """
    persons = dict.fromkeys((HAS, LACKS, UNKNOWN), 0)
    for item in found:
        persons[item.states[facility] if facility else item.state] += item.persons or 0
    return Share(len(found), persons[HAS], persons[LACKS], persons[UNKNOWN], sum(item.persons is None for item in found))


def by_size(found: Sequence[Need], order: Sequence[str]) -> list[tuple[str | None, int, int, int]]:
    """Count settlements, persons and settlements that lack something by size class; None for an unknown class, last."""
    classes: list[str | None] = [*order, *({None} & {item.size_class for item in found})]
    parts = [(name, [item for item in found if item.size_class == name]) for name in classes]
    return [
        (name, len(part), sum(item.persons or 0 for item in part), sum(item.state == LACKS for item in part))
        for name, part in parts
    ]


def _pct(part: int, whole: int) -> float | None:
    return 100 * part / whole if whole else None


def _number(value: Any) -> int | None:
    return None if value is None or pd.isna(value) else int(value)


def _text(value: Any) -> str | None:
    return None if value is None or pd.isna(value) else str(value)
