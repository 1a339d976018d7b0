"""Ledgers of villages and townships that were published in time, long enough and every year (AS2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from layers.area_rules import lineage
from layers.row_values import known
from processing.indicators import reading
from processing.indicators.definition import Context, Finding, Indicator, nothing, units
from processing.indicators.subjects import subject
from processing.ledger.publishing import COUNTY_LEVEL, LOCAL, notice_days_key, publish_by
from processing.ledger.rules import from_rows, rules_for
from processing.ledger.standing import day

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from processing.indicators.definition import Inputs
    from processing.ledger.rules import LedgerRules

OPENED: Final = frozenset({"审定公开", "年度公示"})


def published(inputs: Inputs, context: Context) -> pd.DataFrame:
    """Compute AS2, the share of village and township ledgers that were published as the rules ask.

    Of every village and township the last ledger built by the day counts. It complies when its notice began within 7 days,
    lasted at least 10, and the county's ledger was made public in the year in which it was built. What is still running (the 7
    days, the notice, the year) is unknown, not a failure. An area's own numbers (layer `area_rules`) stand in the place of the 7
    and the 10 from their day on. Source: domain dictionary D19 (湘振局联〔2021〕5号).

    >>> from processing.indicators.example import context
    >>> rows = pd.DataFrame({"ledger_id": ["a", "b"], "level": "LV1", "unit": ["V", "W"], "village_code": "V", "county_code": "C",
    ...     "built_on": "2024-01-02", "published_on": ["2024-01-05", "2024-01-20"], "published_until": "2024-02-01"})
    >>> county = pd.DataFrame([{"ledger_id": "c", "level": "LV4", "unit": "C", "county_code": "C", "opened_on": "2024-03-01"}])
    >>> published({"ledgers": pd.concat([rows, county], ignore_index=True)}, context())[["unit_id", "numerator", "missing"]]
      unit_id  numerator        missing
    0       a        1.0           None
    1       b        0.0  not_published
    """
    ledgers = subject(inputs, context, "ledgers")
    if ledgers is None:
        return nothing()
    kept = ledgers.take(_last(ledgers.frame, context.on))
    years, rules = _opened(inputs), _rules(inputs, context)
    rows = [{str(name): value for name, value in row.items()} for row in kept.frame.to_dict("records")]
    answers = [_complies(row, rules(row, code), years, context.on) for row, code in zip(rows, kept.area_codes, strict=True)]
    covered = pd.Series(pd.array(answers, dtype="boolean"), index=kept.ids.index)
    return units(kept, Finding(weight=reading.spread(1.0, kept.ids), covered=covered, missing="not_published"))


def _last(frame: pd.DataFrame, on: date) -> pd.Series:
    """Choose of each village's and township's ledgers the last one built by the day."""
    best: dict[str, tuple[date, Any]] = {}
    for label, row in zip(frame.index, frame.to_dict("records"), strict=True):
        built = day(known({"built_on": row.get("built_on")}, "built_on"))
        if row.get("level") not in LOCAL or built is None or built > on:
            continue
        unit = str(row.get("unit"))
        if unit not in best or built >= best[unit][0]:
            best[unit] = (built, label)
    return pd.Series(frame.index.isin([label for _, label in best.values()]), index=frame.index)


def _opened(inputs: Inputs) -> dict[str, set[int]]:
    """Give by county the years in which its ledger was made public, from the ledgers and their events."""
    found: dict[str, set[int]] = {}
    levels: dict[str, str] = {}
    for row in _records(inputs, "ledgers"):
        levels[str(row.get("ledger_id"))] = str(row.get("level"))
        opened = day(known(row, "opened_on"))
        if row.get("level") == COUNTY_LEVEL and opened is not None:
            found.setdefault(str(row.get("county_code")), set()).add(opened.year)
    for row in _records(inputs, "asset_events"):
        on = day(known(row, "start_date"))
        if row.get("event_type") in OPENED and on is not None and levels.get(str(row.get("ledger_id"))) == COUNTY_LEVEL:
            found.setdefault(str(row.get("county_code")), set()).add(on.year)
    return found


def _records(inputs: Inputs, layer: str) -> list[dict[str, Any]]:
    frame = reading.rows(inputs, layer)
    if frame is None:
        return []
    rows = frame.drop(columns="geometry", errors="ignore").to_dict("records")
    return [{str(name): value for name, value in row.items()} for row in rows]


def _rules(inputs: Inputs, context: Context) -> Callable[[Mapping[str, Any], str | None], LedgerRules]:
    """Give a function that finds the rules of a ledger in an area on the day, the area's own among them."""
    own = from_rows(_records(inputs, "area_rules"))
    found: dict[str | None, LedgerRules] = {}

    def rules(row: Mapping[str, Any], code: str | None) -> LedgerRules:
        if code not in found:
            known_areas = context.areas.ancestors(code) if code else ()
            found[code] = rules_for(tuple(dict.fromkeys((*known_areas, *lineage(row)))), context.on, own)
        return found[code]

    if own:
        context.note(
            "own_rules",
            f"台账规则中有 {len(own)} 条为地区自定（图层 area_rules），按适用地区和起始日计算。",
            f"{len(own)} rules of the ledger were set by areas (layer area_rules) and hold there from their day on.",
        )
    return rules


def _complies(row: Mapping[str, Any], rules: LedgerRules, years: Mapping[str, set[int]], on: date) -> bool | None:
    """Judge one ledger; None while something of it is still running."""
    last, begun, until = publish_by(row, rules), day(known(row, "published_on")), day(known(row, "published_until"))
    if last is None or (begun is None and on <= last):
        return None
    if begun is None or begun > last:
        return False
    least = rules.after(begun, notice_days_key(str(row["level"])))
    if until is not None and until < least:
        return False
    year = last.year
    if year in years.get(str(known(row, "county_code")), set()):
        return True if until is not None or on >= least else None
    return False if on.year > year else None


INDICATORS = (
    Indicator(
        code="AS2",
        zh="台账公示合规率",
        en="Ledgers published by the rules",
        formula_zh="100 × 按时（7 日内）、足期（不少于 10 日）公示且当年县级台账公开的村、乡镇台账数 ÷ 村、乡镇台账数",
        formula="100 · ledgers published within 7 days for at least 10, with a county publication in the year / ledgers built",
        weight="ledger",
        needs=("ledgers",),
        parameters=(),
        source="domain dictionary D19 (湘振局联〔2021〕5号)",
        caveat_zh="每个村、乡镇取当日前最近一份台账；仍在期内的单列为不明。",
        caveat_en="The last ledger of each village and township; what is still running is counted apart as unknown.",
        compute=published,
        uses=("asset_events", "area_rules"),
        finest_rank=5,
    ),
)
