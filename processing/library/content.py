"""The content of an application: the eleven required fields (E1) and the sum of the money (E6), every fault named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import shapely

from layers.projects import CONTENT_FIELDS, ELEVEN_FIELDS, LAYER, funding_total
from layers.row_values import entries, known
from processing.ellipsoid import GEOD
from processing.library.faults import fault
from processing.library.money import CENT, decimal_of
from processing.library.moves import EMERGENCY
from processing.library.trail import day_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from processing.library.faults import Fault

CHANGEABLE: Final = CONTENT_FIELDS
"""What was applied for: once it is in the library it changes by a decision of the leading group only (E7)."""
VILLAGES: Final = "village_codes"
KEY_FACTS: Final = tuple(name for name in CHANGEABLE if name != VILLAGES)
"""What a history compares with the register value for value; villages are compared by `same_villages`."""
PLACE: Final = "geometry"
NUMBERS: Final = frozenset({"quantity", "budget_total", "benefit_households", "benefit_persons", "benefit_former_poor"}) | {
    "benefit_monitored"
}


def required() -> list[tuple[str, str]]:
    """List the columns of the eleven required fields with their numbers; F08 and F11 are two columns each.

    >>> [name for number, name in required() if number in {"F08", "F11"}]
    ['budget_total', 'funding_sources', 'participation', 'interest_linkage']
    """
    return [(f"F{number:02d}", name) for number, names in enumerate(ELEVEN_FIELDS, 1) for name in names]


def is_empty(row: Mapping[str, Any], name: str) -> bool:
    """Say whether a field holds nothing: unknown, blank, or a list without entries."""
    value = known(row, name)
    return value is None or (name in {"village_codes", "funding_sources"} and not entries(value))


def faults(project: Mapping[str, Any]) -> list[Fault]:
    """List what an application lacks: each of the eleven fields, both halves of the eighth and the eleventh, the sum, the days.

    >>> [(item.value, item.field) for item in faults({"name": "路"})][:3]
    [('F02', 'category'), ('F03', 'build_nature'), ('F04', 'location_text')]
    """
    found = [
        fault("field_missing", name, number, zh=LAYER[name].zh, en=LAYER[name].en)
        for number, name in required()
        if is_empty(project, name)
    ]
    if known(project, "scope") == EMERGENCY and known(project, "emergency_cause") is None:
        field = LAYER["emergency_cause"]
        found.append(fault("field_missing", field.name, "", zh=field.zh, en=field.en))
    return found + _money(project) + _days(project)


def _money(project: Mapping[str, Any]) -> list[Fault]:
    found = []
    total = decimal_of(known(project, "budget_total"))
    if known(project, "budget_total") is not None and (total is None or total <= 0):
        found.append(
            fault(
                "value_bad", "budget_total", project["budget_total"], zh="大于 0 的金额（万元）", en="an amount above 0, in 万元"
            )
        )
    if is_empty(project, "funding_sources"):
        return found
    sources = entries(known(project, "funding_sources"))
    parts = funding_total({"funding_sources": sources})
    below = "、".join(f"{item.get('code')} {item['amount_wan_yuan']}" for item in sources if _below_nothing(item))
    if below or parts is None or not parts.is_finite():
        found.append(
            fault(
                "value_bad",
                "funding_sources",
                below,
                zh="每个筹资渠道的金额（万元），不小于 0",
                en="an amount in 万元 for each funding source, not below 0",
            )
        )
    elif total is not None and abs(parts - total) >= CENT:
        found.append(fault("sum_differs", "funding_sources", f"{parts} ≠ {total}", total=total))
    return found


def _below_nothing(item: Any) -> bool:
    amount = decimal_of(item.get("amount_wan_yuan")) if isinstance(item, dict) else None
    return amount is not None and amount < 0


def _days(project: Mapping[str, Any]) -> list[Fault]:
    start, end = (day_of(known(project, name)) for name in ("start_date", "end_date"))
    if start is None or end is None or start <= end:
        return []
    return [fault("date_order", "end_date", end, day=start)]


def middle(value: Any) -> tuple[float, float] | None:
    """Give the middle of a place in degrees: of a geometry, or of one written as GeoJSON; None where there is none.

    >>> middle('{"type":"LineString","coordinates":[[104,36],[105,36]]}')
    (104.5, 36.0)
    """
    if isinstance(value, str):
        value = shapely.from_geojson(value, on_invalid="ignore")
    if not isinstance(value, shapely.Geometry) or value.is_empty:
        return None
    return (round(value.centroid.x, 6), round(value.centroid.y, 6))


def moved_m(stated: Any, present: Any) -> float | None:
    """Measure how far the middle of a place moved, in metres along the ellipsoid; None where one of them is unknown.

    >>> round(moved_m('{"type":"Point","coordinates":[104,36]}', shapely.Point(104, 36.001)))
    111
    """
    one, other = middle(stated), middle(present)
    return None if one is None or other is None else float(GEOD.inv(*one, *other)[2])


def same_villages(stated: Any, present: Any, links: Iterable[tuple[str, str]]) -> bool:
    """Say whether two lists name the same villages, each as it is or as changes of areas have renumbered it since.

    Every village that was stated is still named, by itself or by what became of it, and nothing else is named.

    Args:
        stated: codes that were applied for, or approved.
        present: codes in the register.
        links: former and present code of every change of areas (merged, divided, renamed).

    >>> same_villages(["A", "B"], ["C"], [("A", "C"), ("B", "C")]), same_villages(["A", "B"], ["A"], [])
    (True, False)
    """
    onward: dict[str, set[str]] = {}
    for former, now in links:
        onward.setdefault(former, set()).add(now)
    named, became = set(map(str, entries(present))), [_became(str(code), onward) for code in entries(stated)]
    return all(named & codes for codes in became) and named <= set().union(*became)


def _became(code: str, onward: Mapping[str, set[str]]) -> set[str]:
    found, open_ = {code}, [code]
    while open_:
        fresh = onward.get(open_.pop(), set()) - found
        found |= fresh
        open_ += fresh
    return found


def comparable(name: str, value: Any) -> Any:
    """Give a value in a form in which two of them can be compared, however they were held.

    >>> comparable("budget_total", 12.0) == comparable("budget_total", "12"), comparable("name", " ")
    (True, None)
    """
    if known({"x": value}, "x") is None:
        return None
    if name in NUMBERS:
        return decimal_of(value)
    if name in {"start_date", "end_date"}:
        return day_of(value)
    if name == "funding_sources":
        return sorted(
            (str(item.get("code")), decimal_of(item.get("amount_wan_yuan"))) for item in entries(value) if isinstance(item, dict)
        )
    if name == "village_codes":
        return sorted(map(str, entries(value)))
    return str(value).strip()
