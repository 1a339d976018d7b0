"""Ledgers of villages and townships that were published in time, long enough and every year (AS2)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from layers.row_values import known
from processing.indicators import reading
from processing.indicators.definition import Context, Finding, Indicator, nothing, units
from processing.indicators.subjects import subject
from processing.ledger.publishing import COUNTY_LEVEL, LOCAL, notice_days_key, publish_by
from processing.ledger.rules import rules_for
from processing.ledger.standing import day

if TYPE_CHECKING:
    from collections.abc import Mapping

    from processing.indicators.definition import Inputs

OPENED: Final = frozenset({"审定公开", "年度公示"})


def published(inputs: Inputs, context: Context) -> pd.DataFrame:
    """Compute AS2, the share of village and township ledgers that were published as the rules ask.

    Of every village and township the last ledger built by the day counts. It complies when its notice began within 7 days,
    lasted at least 10, and the county's ledger was made public in the year in which it was built. What is still running (the 7
    days, the notice, the year) is unknown, not a failure. Source: domain dictionary D19 (湘振局联〔2021〕5号).

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
    years = _opened(inputs)
    answers = [
        _complies({str(name): value for name, value in row.items()}, context, code, years)
        for row, code in zip(kept.frame.to_dict("records"), kept.area_codes, strict=True)
    ]
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


def _complies(row: Mapping[str, Any], context: Context, code: str | None, years: Mapping[str, set[int]]) -> bool | None:
    """Judge one ledger; None while something of it is still running."""
    rules = rules_for(context.areas.ancestors(code) if code else (), context.on)
    last, begun, until = publish_by(row, rules), day(known(row, "published_on")), day(known(row, "published_until"))
    if last is None or (begun is None and context.on <= last):
        return None
    if begun is None or begun > last:
        return False
    least = begun + timedelta(days=rules.days(notice_days_key(str(row["level"]))))
    if until is not None and until < least:
        return False
    year = last.year
    if year in years.get(str(known(row, "county_code")), set()):
        return True if until is not None or context.on >= least else None
    return False if context.on.year > year else None


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
        uses=("asset_events",),
        finest_rank=5,
    ),
)
