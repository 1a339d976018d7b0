"""Faults planted in the histories of projects, plans and ledgers, after these were told from the finished frames."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from layers.demo.planting import Planted, Planting


def e02_notice_short(plant: Planting) -> Planted:
    """A village notice that was taken in after six days."""
    events = plant.frames["project_events"]
    row = plant.pick("project_events", (events["event_type"] == "村公示") & events["end_date"].notna(), 300)
    begin, key, seq = plant.of(row, "start_date"), plant.of(row, "project_id"), plant.of(row, "seq")
    end = begin + dt.timedelta(days=6)
    after = plant.pick("project_events", (events["project_id"] == key) & events["seq"].eq(seq + 1))
    plant.put(row, end_date=end, notice_days=6)
    plant.put(after, start_date=end)
    return row, after


def e04_opinion_missing(plant: Planting) -> Planted:
    """A project that the leading group approved although finance had said no."""
    events = plant.frames["project_events"]
    decided = set(events.loc[events["event_type"] == "县审定", "project_id"])
    mask = (events["event_type"] == "财政意见") & events["project_id"].isin(decided)
    row = plant.pick("project_events", mask, 640)
    plant.put(row, result="退回", opinion="资金来源尚未落实")
    return row, None


def e05_plan_late(plant: Planting) -> Planted:
    """A plan compiled ten days after the end of November."""
    plans = plant.frames["annual_plans"]
    row = plant.pick("annual_plans", plans["plan_year"].eq(2024).fillna(value=False), 500)
    late = dt.date(2023, 12, 10)
    plant.put(row, compiled_on=late, published_on=late + dt.timedelta(days=3))
    return row, None


def e08_ledger_late(plant: Planting) -> Planted:
    """A village ledger that was published on the eleventh day."""
    ledgers = plant.frames["ledgers"]
    row = plant.pick("ledgers", ledgers["level"] == "LV1", 200)
    begin = plant.of(row, "built_on") + dt.timedelta(days=11)
    _published(plant, row, begin, begin + dt.timedelta(days=10))
    return row, None


def e08_ledger_short(plant: Planting) -> Planted:
    """A township ledger whose notice hung for five days."""
    ledgers = plant.frames["ledgers"]
    row = plant.pick("ledgers", ledgers["level"] == "LV2", 600)
    begin = plant.of(row, "published_on")
    _published(plant, row, begin, begin + dt.timedelta(days=5))
    return row, None


def _published(plant: Planting, row: tuple[str, object], begin: dt.date, end: dt.date) -> None:
    """Move the notice of a ledger, in its row and in its events."""
    number, events = plant.of(row, "ledger_id"), plant.frames["asset_events"]
    plant.put(row, published_on=begin, published_until=end, confirmed_on=end)
    own = events["ledger_id"] == number
    for move, values in (
        ("publish", {"start_date": begin, "end_date": end, "notice_days": (end - begin).days}),
        ("confirm", {"start_date": end}),
    ):
        plant.put(plant.pick("asset_events", own & (events["move"] == move)), **values)


def e09_copies_differ(plant: Planting) -> Planted:
    """An asset whose current value in the township's copy is not the one in the village's."""
    entries = plant.frames["ledger_entries"]
    row = plant.pick("ledger_entries", (entries["level"] == "LV2") & entries["current_value"].gt(10), 400)
    other = plant.pick("ledger_entries", (entries["level"] == "LV1") & (entries["asset_id"] == plant.of(row, "asset_id")))
    plant.put(row, current_value=round(float(np.float64(plant.of(row, "current_value"))) * 1.1, 2))
    return row, other


FAULTS = (e02_notice_short, e04_opinion_missing, e05_plan_late, e08_ledger_late, e08_ledger_short, e09_copies_differ)
