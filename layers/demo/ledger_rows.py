"""Ledgers of the demonstration area: village, township, sector and county copies of this year, their entries and their course.

The village and township ledgers were built in September 2026 and published within seven days for ten days and more; the county
ledgers stand at different points of their course. A checksum of the content is added where the area is loaded.
"""

from __future__ import annotations

import datetime as dt
import zlib
from typing import TYPE_CHECKING, Any

import pandas as pd

from layers.asset_fields import PERSONS, SAID_IN_LEDGER, SECTOR_OF
from layers.codes import SECTOR
from layers.demo.area_rows import short_name
from layers.demo.project_history import PORTAL, missing
from layers.demo.rows import AS_OF, frame
from layers.ledger_names import ledger_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import geopandas as gpd

BUILT = dt.date(2026, 9, 1)
_LEVELS = ("LV1", "LV2", "LV3", "LV4")
_UNITS = {"LV1": "村民委员会", "LV2": "乡镇人民政府", "LV3": "县级行业主管部门", "LV4": "县乡村振兴局"}
_COURSE = ("built", "merged", "approved", "open", "open")
"""How far the county ledgers are, by the order of their counties."""
_DAY = dt.timedelta(days=1)


def told(frames: Mapping[str, gpd.GeoDataFrame]) -> dict[str, gpd.GeoDataFrame]:
    """Make the frames `ledgers` and `ledger_entries`, and `asset_events` with what happened to the ledgers."""
    plain = pd.DataFrame(frames["assets"].drop(columns="geometry"))
    assets = [
        {str(name): None if missing(value) else value for name, value in row.items()}
        for row in plain.to_dict("records")
        if row["status"] != "已处置"
    ]
    names = dict(zip(frames["areas"]["area_code"].astype(str), frames["areas"]["area_name"].astype(str), strict=True))
    ledgers, entries, events = [], [], []
    counties = sorted({str(asset["county_code"]) for asset in assets})
    for (level, unit), own in sorted(_copies(assets).items()):
        row = _ledger(level, unit, own, names)
        made = _course(row, counties.index(str(row["county_code"])))
        ledgers.append(row)
        events += made
        entries += [_entry(row["ledger_id"], level, asset) for asset in own]
    return {
        "ledgers": _frame("ledgers", ledgers),
        "ledger_entries": _frame("ledger_entries", entries),
        "asset_events": _joined(frames["asset_events"], _frame("asset_events", events)),
    }


def _copies(assets: list[dict[str, Any]]) -> dict[tuple[str, str], list[dict[str, Any]]]:
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for asset in assets:
        sector = f"{asset['county_code']}:{SECTOR_OF.get(asset['sub_class'], 'other')}"
        units = zip(_LEVELS, (asset["village_code"], asset["township_code"], sector, asset["county_code"]), strict=True)
        for level, unit in units:
            found.setdefault((level, str(unit)), []).append(asset)
    return found


def _ledger(level: str, unit: str, own: list[dict[str, Any]], names: Mapping[str, str]) -> dict[str, Any]:
    code, _, sector = unit.partition(":")
    day = BUILT + (zlib.crc32(f"{level}{unit}".encode()) % 9) * _DAY
    fields = {"LV1": ("village_code", "township_code", "county_code"), "LV2": ("township_code", "county_code")}
    return {
        "ledger_id": f"{level}-{unit.replace(':', '-')}-{day.year}-{day:%Y%m%d}",
        "name": ledger_name(short_name(names.get(code, "")), SECTOR.label(sector) if sector else "", day.year),
        "level": level,
        "unit": unit,
        "year": day.year,
        "built_on": day,
        "count": len(own),
        "value": round(sum(asset["original_value"] or 0.0 for asset in own), 2),
        "value_unknown": sum(asset["original_value"] is None for asset in own),
        "state": "built",
        **{name: own[0][name] for name in fields.get(level, ("county_code",))},
    }


def _course(row: dict[str, Any], county: int) -> list[dict[str, Any]]:
    """Take a ledger along its course and give its events; the row is changed in place."""
    events = [_event(row, 1, "台账建立", "build", row["level"], row["built_on"])]
    if row["level"] in {"LV1", "LV2"}:
        begin = row["built_on"] + (1 + zlib.crc32(row["ledger_id"].encode()) % 6) * _DAY
        end = begin + (10 + zlib.crc32(row["unit"].encode()) % 4) * _DAY
        row |= {"published_on": begin, "published_until": end, "confirmed_on": end, "state": "confirmed"}
        hung = {
            "place": "村务公开栏" if row["level"] == "LV1" else "乡镇政务公开栏",
            "end_date": end,
            "notice_days": (end - begin).days,
        }
        events.append(_event(row, 2, "台账公示", "publish", row["level"], begin, **hung))
        events.append(_event(row, 3, "行业确认", "confirm", "LV3", end, document="台账确认表（模拟）"))
    if row["level"] == "LV3":
        day = row["built_on"] + 5 * _DAY
        row |= {"confirmed_on": day, "state": "confirmed"}
        events.append(_event(row, 2, "行业确认", "confirm_sector", "LV3", day, document="台账确认表（模拟）"))
    if row["level"] == "LV4":
        events += _county_course(row, _COURSE[county % len(_COURSE)])
    return events


def _county_course(row: dict[str, Any], until: str) -> list[dict[str, Any]]:
    url = f"{PORTAL}/ledger/{row['unit']}"
    steps: tuple[tuple[str, str, str, str, int, dict[str, Any]], ...] = (
        ("merged", "县级汇总", "merge", "merged_on", 26, {}),
        (
            "approved",
            "县级审定",
            "approve",
            "approved_on",
            36,
            {"approver": "县人民政府（模拟）", "document": "审定文件（模拟）"},
        ),
        ("open", "审定公开", "open", "opened_on", 42, {"url": url}),
    )
    events: list[dict[str, Any]] = []
    for state, event, move, name, days, said in steps:
        if row["state"] == until:
            break
        day = min(row["built_on"] + days * _DAY, AS_OF)
        row |= {"state": state, name: day} | ({"url": url} if state == "open" else {})
        events.append(_event(row, len(events) + 2, event, move, "LV4", day, **said))
    return events


def _event(row: Mapping[str, Any], seq: int, event: str, move: str, level: str, day: dt.date, **said: Any) -> dict[str, Any]:  # noqa: PLR0913, PLR0917
    areas = {name: row.get(name) for name in ("village_code", "township_code", "county_code")}
    return {
        "event_id": f"{row['ledger_id']}-{seq:03d}",
        "ledger_id": row["ledger_id"],
        "seq": seq,
        "event_type": event,
        "move": move,
        "level": level,
        "start_date": day,
        "unit": _UNITS[level],
        "person": "经办人（模拟）",
        **areas,
        **said,
    }


def _entry(number: str, level: str, asset: Mapping[str, Any]) -> dict[str, Any]:
    hidden = PERSONS if asset["asset_class"] == "HHD" else frozenset()
    said = {name: None if name in hidden else asset[name] for name in SAID_IN_LEDGER}
    return {
        "entry_id": f"{number}/{asset['asset_id']}",
        "ledger_id": number,
        "level": level,
        "asset_id": asset["asset_id"],
    } | said


def _frame(name: str, rows: list[dict[str, Any]]) -> gpd.GeoDataFrame:
    columns = list(dict.fromkeys(_names(rows))) or [f"{name[:-1]}_id"]
    return frame(name, {column: [row.get(column) for row in rows] for column in columns})


def _names(rows: list[dict[str, Any]]) -> Iterator[str]:
    for row in rows:
        yield from row


def _joined(first: gpd.GeoDataFrame, second: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Put the rows of two frames of one layer behind each other, numbered from 1."""
    both = pd.concat([first, second], ignore_index=True)
    both.index = pd.RangeIndex(1, len(both) + 1, name="fid")
    return both
