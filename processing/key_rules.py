"""Targets that documents set for key counties, key villages and demonstration places, applied to one of them.

A target of another province's plan is shown for reference and never judged as if it held here. A target that nothing in the store
measures stays without a verdict; an average of a province that is not held whole is not known, and so is the verdict.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from processing.targets import NATION, NONE, PROVINCE_MEAN, SCOPES, UNKNOWN, judge

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from processing.averages import Average

    Row = Mapping[str, Any]
    Bounds = tuple[float | None, float | None]

KEY_COUNTY, KEY_VILLAGE, DEMO_COUNTY, DEMO_VILLAGE = "重点帮扶县", "重点帮扶村", "示范创建县", "示范创建村"
GROUPS: Final = (KEY_COUNTY, KEY_VILLAGE, DEMO_COUNTY, DEMO_VILLAGE)
NATIONAL: Final = "国家乡村振兴重点帮扶县"
QUANTITIES: Final[Mapping[str, str]] = {"村集体经济年收入": "collective_income", "每县每年建设用地计划指标": "land_quota_mu"}
"""Quantities of the store by the name that a target prints, where no indicator measures it."""
APPLIES, REFERENCE = "applies", "reference"


@dataclass(frozen=True, slots=True)
class Rule:
    """A target for a group of places, with the figure it is compared with and the verdict.

    `applies`: applies here, or is another province's and shown for reference. `goal` None: the goal is words, or an average that
    is not known. `verdict`: met, not_met, unknown, none (nothing in the store measures it, or only for reference).
    """

    target_id: str
    group: str
    name: str
    operator: str
    printed: str
    unit: str
    goal: float | None
    low: float | None
    high: float | None
    measured: bool
    applies: str
    verdict: str
    document: str
    item: str


def rules(
    targets: Iterable[Row],
    groups: Iterable[str],
    *,
    above: frozenset[str],
    figures: Mapping[str, Bounds],
    means: Mapping[str, Average],
) -> list[Rule]:
    """Give the targets set for the groups that a place belongs to; those that apply here first, in the order of the table.

    Args:
        targets: rows of the layer indicator_targets.
        groups: which of GROUPS the place belongs to; NATIONAL beside KEY_COUNTY for a national key county.
        above: codes of the areas the place lies in.
        figures: low and high by indicator code, and by the names in QUANTITIES' values.
        means: the province's average by indicator.

    Example:
        >>> row = {"target_id": "HN-41-06b", "area_group": "湖南省重点帮扶村", "indicator_name": "村集体经济年收入",
        ...        "operator": ">=", "target_value": 5.0, "unit": "万元", "document": "d", "item_no": "i"}
        >>> def verdict(province, income):
        ...     found = rules([row], ["重点帮扶村"], above=frozenset({province}), figures={"collective_income": income}, means={})
        ...     return found[0].applies, found[0].verdict
        >>> verdict("43", (5.0, 5.0)), verdict("43", (None, None)), verdict("62", (9.0, 9.0))
        (('applies', 'met'), ('applies', 'unknown'), ('reference', 'none'))
    """
    wanted = set(groups)
    found = [
        _rule(row, group, above, figures, means)
        for row in targets
        for group in _groups(_text(row.get("area_group")), wanted)
        if _number(row.get("target_value")) is not None or _text(row.get("target_text"))
    ]
    return sorted(found, key=lambda item: item.applies != APPLIES)


def _groups(printed: str, wanted: set[str]) -> list[str]:
    if printed == NATIONAL:
        return [KEY_COUNTY] if NATIONAL in wanted else []
    return [group for group in GROUPS if group in wanted and any(part.endswith(group) for part in printed.split("、"))]


def _rule(row: Row, group: str, above: frozenset[str], figures: Mapping[str, Bounds], means: Mapping[str, Average]) -> Rule:
    name, code = _text(row.get("indicator_name")), _text(row.get("indicator_code"))
    quantity = code or QUANTITIES.get(name, "")
    words, value = _text(row.get("target_text")), _number(row.get("target_value"))
    goal = value if value is not None else _mean(words, means.get(code))
    low, high = figures.get(quantity, (None, None))
    numeric = value is not None or words in PROVINCE_MEAN
    measured = quantity in figures and numeric
    applies = APPLIES if _applies(row, above) else REFERENCE
    operator = _text(row.get("operator")) or ">="
    return Rule(
        target_id=str(row["target_id"]),
        group=group,
        name=name,
        operator=operator,
        printed=words or f"{value:g}",
        unit=_text(row.get("unit")),
        goal=goal,
        low=low,
        high=high,
        measured=measured,
        applies=applies,
        verdict=_verdict(operator, goal, low, high) if measured and applies == APPLIES else NONE,
        document=_text(row.get("document")),
        item=_text(row.get("item_no")),
    )


def _verdict(operator: str, goal: float | None, low: float | None, high: float | None) -> str:
    if goal is None or low is None or high is None:
        return UNKNOWN
    return judge(operator, goal, low, high)


def _mean(words: str, mean: Average | None) -> float | None:
    return mean.value if words in PROVINCE_MEAN and mean is not None and mean.usable else None


def _applies(row: Row, above: frozenset[str]) -> bool:
    scope = SCOPES.get(_text(row.get("area_group")).split("、")[0])
    own = _text(row.get("area_code"))
    if own:
        return own in above
    if scope is not None:
        return scope.code == NATION or scope.code in above
    return any(text.startswith(name) and code in above for text in [_text(row.get("area_group"))] for name, code in PROVINCES)


PROVINCES: Final = (("湖南省", "43"),)
"""Names that scopes of several groups begin with, with the code of the province."""


def _text(value: Any) -> str:
    return "" if value is None or pd.isna(value) else str(value)


def _number(value: Any) -> float | None:
    return None if value is None or pd.isna(value) else float(value)
