"""What happened to each asset of the demonstration area: into the ledger, rights, income, damage, disposal.

The steps are those of the ledger's rules, told from the finished frames. What an asset was before is not simulated: assets older
than the ledger were taken over as they were.
"""

from __future__ import annotations

import datetime as dt
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from layers.asset_fields import RIGHTS_NEEDED
from layers.demo.project_history import PORTAL, missing
from layers.demo.rows import AS_OF, frame

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

FIRST_LEDGERS = dt.date(2021, 11, 18)
"""Day on which assets older than the ledger were taken over; the first ledgers were due by the end of that month."""
RIGHTS_FROM = dt.date(2024, 1, 1)
"""Confirmations since then are told step by step; earlier ones came with the register."""
_EVENT_OF = {
    "take_over": ("登记接收", "LV4"),
    "hand_over": ("移交", "LV2"),
    "rights_plan": ("确权方案", "LV4"),
    "rights_notice": ("登记通告", "LV4"),
    "rights_survey": ("实地勘验", "LV2"),
    "rights_review": ("确权审核", "LV3"),
    "rights_announce": ("确权公告", "LV4"),
    "certify": ("颁证", "LV4"),
    "damage": ("毁损登记", "LV1"),
    "idle": ("闲置登记", "LV1"),
    "upkeep": ("管护落实", "LV2"),
    "settle": ("收益结算", "LV1"),
    "distribute": ("分配方案", "LV1"),
    "distribution_review": ("分配审核", "LV2"),
    "distribution_file": ("分配备案", "LV4"),
    "distribution_publish": ("分配公布", "LV1"),
    "use_income": ("收益使用", "LV1"),
    "dispose_apply": ("处置申请", "LV1"),
    "dispose_review": ("处置审核", "LV2"),
    "dispose_approve": ("处置审批", "LV4"),
    "members_decide": ("民主决策", "LV1"),
    "collective_review": ("处置审核", "LV2"),
    "collective_file": ("处置备案", "LV3"),
    "small_decide": ("四议两公开", "LV1"),
    "small_notice": ("处置公示", "LV1"),
    "small_register": ("处置登记", "LV2"),
    "small_file": ("处置备案", "LV4"),
    "valuate": ("评估", "LV2"),
    "write_off": ("产权变更", "LV4"),
    "use_proceeds": ("处置收入使用", "LV2"),
}
_JUDGES = frozenset(
    {"rights_review", "distribution_review", "dispose_review", "dispose_approve", "collective_review", "small_register"}
)
_UNITS = {"LV1": "村民委员会", "LV2": "乡镇人民政府", "LV3": "县级行业主管部门", "LV4": "县乡村振兴局"}
_DAY = dt.timedelta(days=1)


@dataclass(slots=True)
class Tale:
    """The events of one asset in order."""

    asset: Mapping[str, Any]
    rng: np.random.Generator
    day: dt.date
    events: list[dict[str, Any]] = field(default_factory=list)

    def wait(self, low: int, high: int) -> None:
        """Let some days go by."""
        self.day += int(self.rng.integers(low, high + 1)) * _DAY

    def tell(self, move: str, changes: Mapping[str, tuple[Any, Any]] | None = None, **values: Any) -> None:
        """Add the event of a step on the present day; `changes` says what it did to the asset: before and after."""
        event, level = _EVENT_OF[move]
        key = self.asset["asset_id"]
        changed = [{"field": name, "before": _plain(old), "after": _plain(new)} for name, (old, new) in (changes or {}).items()]
        found = {
            "event_id": f"{key}-{len(self.events) + 1:03d}",
            "asset_id": key,
            "seq": len(self.events) + 1,
            "event_type": event,
            "move": move,
            "level": level,
            "start_date": self.day,
            "unit": _UNITS[level],
            "person": "经办人（模拟）",
            "result": "通过" if move in _JUDGES else None,
            "changes": changed,
            **{name: self.asset[name] for name in ("village_code", "township_code", "county_code")},
        }
        self.events.append(found | values)

    def paper(self, word: str) -> str:
        """Name a document of the asset."""
        return f"{word}（{self.asset['asset_id']}，模拟）"

    def hang(self, days: int = 10) -> None:
        """Let the notice told last hang for its days and some more."""
        self.events[-1]["end_date"] = self.day + days * _DAY
        self.events[-1]["notice_days"] = days
        self.wait(days, days + 4)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value


def history_of(asset: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Tell the events of one asset."""
    rng = np.random.default_rng([zlib.crc32(str(asset["asset_id"]).encode()), 5])
    tale = Tale(asset, rng, asset["registered_on"])
    if asset["project_id"] is None or asset["formed_date"] < FIRST_LEDGERS:
        tale.tell("take_over", {"registered_on": (None, tale.day)}, document=tale.paper("旧台账"))
    else:
        changes = {"registered_on": (None, tale.day)}
        tale.tell("hand_over", changes, owner_level=None, document=tale.paper("资产移交清单"))
        tale.events[-1].pop("owner_level")
    _confirmed(tale)
    if asset["asset_class"] == "OPR":
        _income(tale)
    elif asset["asset_class"] == "PUB":
        _upkeep(tale)
    _condition(tale)
    return tale.events


def _confirmed(tale: Tale) -> None:
    asset, day = tale.asset, tale.asset["confirmed_date"]
    if not asset["confirmed"] or day is None or day < RIGHTS_FROM or asset["certificate_no"] is None:
        return
    begin = day - dt.timedelta(days=70)
    if begin < asset["registered_on"] or any(asset[name] is None for name in RIGHTS_NEEDED):
        return
    tale.day = begin
    tale.tell("rights_plan", document=tale.paper("确权方案"))
    tale.wait(2, 5)
    tale.tell("rights_notice", url=f"{PORTAL}/rights/{asset['asset_id']}")
    tale.wait(5, 12)
    tale.tell("rights_survey", document=tale.paper("勘验记录"))
    tale.wait(3, 8)
    tale.tell("rights_review", opinion="权属清楚")
    tale.wait(1, 3)
    tale.tell("rights_announce", url=f"{PORTAL}/rights/{asset['asset_id']}", place="村务公开栏")
    tale.hang()
    tale.day = max(tale.day, day)
    after = {"confirmed": (False, True), "certificate_no": (None, asset["certificate_no"]), "confirmed_date": (None, tale.day)}
    tale.tell("certify", after)


def _upkeep(tale: Tale) -> None:
    """Money for the upkeep of this year, settled for all but a few."""
    asset = tale.asset
    day = dt.date(AS_OF.year, 1, 15) + int(tale.rng.integers(0, 70)) * _DAY
    known = asset["maintainer"] is not None and asset["maintenance_fund"] is not None
    if known and tale.day < day and tale.rng.random() < 0.94:  # noqa: PLR2004 - the few that were forgotten
        tale.day = day
        tale.tell("upkeep")


def _income(tale: Tale) -> None:
    """A settlement each year until the last one booked, and what became of the money of the last."""
    asset = tale.asset
    last, amount = asset["settled_date"], asset["annual_income"]
    if last is None or not amount or amount <= 0:
        return
    for year in range(max(asset["registered_on"].year + 1, last.year - 2), last.year + 1):
        day = last if year == last.year else dt.date(year, 12, 20)
        if day <= tale.day and year != last.year:
            continue
        tale.day = max(day, tale.day)
        said: dict[str, Any] = {"document": tale.paper("收益合同")} if asset["sub_class"] == "OPR8" else {}
        tale.tell("settle", {"settled_date": (None, tale.day)}, amount=float(amount), period=f"{year}年度", **said)
    settled = any(event["move"] == "settle" for event in tale.events)
    if not settled or asset["owner_level"] != "村集体" or tale.rng.random() < 0.4 or tale.day > AS_OF - 60 * _DAY:  # noqa: PLR2004 - the rest waits
        return
    given = round(float(amount) * 0.6, 2)
    if given <= 0:
        return
    uses = [{"use": "IU2", "amount_wan_yuan": given}]
    tale.wait(5, 15)
    tale.tell("distribute", uses=uses, plan="优先用于公益性岗位，其余滚存村集体", equal_handout=False)
    tale.wait(3, 8)
    tale.tell("distribution_review", opinion="同意")
    tale.wait(2, 6)
    tale.tell("distribution_file", document=tale.paper("备案表"))
    tale.wait(1, 4)
    tale.tell("distribution_publish", place="村务公开栏")
    tale.wait(5, 15)
    tale.tell("use_income", uses=uses, document=tale.paper("支出凭证"))


def _condition(tale: Tale) -> None:
    """Damage, disposal or idleness, as the register says."""
    asset, status = tale.asset, tale.asset["status"]
    left: int = (AS_OF - tale.day).days
    if status == "正常" or left < 120:  # noqa: PLR2004 - nothing new so shortly before the day
        return
    tale.wait(20, min(left - 100, 400))
    if status == "损毁":
        value = float(asset["current_value"] or 0)
        after = {"status": ("正常", "损毁"), "current_value": (float(asset["original_value"] or 0), value)}
        tale.tell("damage", after, reason="暴雨冲毁（模拟）", value_after=value, document=tale.paper("损毁鉴定"))
    elif status == "已处置":
        _disposed(tale)
    else:
        tale.tell("idle", {"status": ("正常", status)}, status=None, reason="市场变化，产能闲置（模拟）")
        tale.events[-1].pop("status")


def _disposed(tale: Tale) -> None:
    """Disposal by the chain of its class and owner, valuation, write-off and the use of what it brought."""
    asset = tale.asset
    why: dict[str, Any] = {
        "cause": "DC2",
        "disposal_mode": "D5",
        "plan": "残值拍卖，收入用于村级公益事业",
        "reason": "达到使用年限（模拟）",
    }
    said: dict[str, Any] = why | {"opinion": "已不能正常发挥效益"}
    in_village = asset["owner_level"] in {"村集体", "经营主体", "户"}
    if asset["asset_class"] == "HHD":
        tale.tell("small_decide", chain="small", document=tale.paper("四议两公开记录"), **said)
        tale.wait(1, 2)
        tale.tell("small_notice", chain="small", place="村务公开栏")
        tale.hang()
        tale.tell("small_register", chain="small", document=tale.paper("登记表"))
        tale.wait(1, 4)
        tale.tell("small_file", chain="small", document=tale.paper("备案表"))
        chain = "small"
    elif asset["asset_class"] == "PUB" or not in_village:
        tale.tell("dispose_apply", chain="public", **said)
        tale.wait(3, 8)
        tale.tell("dispose_review", chain="public", opinion="同意")
        tale.wait(3, 8)
        tale.tell("dispose_approve", chain="public", approver="县级审批（模拟）", document=tale.paper("批复"))
        chain = "public"
    else:
        tale.tell("members_decide", chain="collective", document=tale.paper("成员代表会议决议"), **said)
        tale.wait(3, 8)
        tale.tell("collective_review", chain="collective", opinion="同意")
        tale.wait(3, 8)
        tale.tell("collective_file", chain="collective", document=tale.paper("备案表"))
        chain = "collective"
    tale.wait(4, 10)
    value = round(float(asset["original_value"] or 1) * 0.05, 2) or 0.01
    worth = {"current_value": (float(asset["original_value"] or 1), value)}
    tale.tell("valuate", worth, chain=chain, value_after=value, valuer="评估机构（模拟）", document=tale.paper("评估报告"))
    tale.wait(4, 10)
    after = {"status": ("损毁", "已处置"), "disposed_on": (None, tale.day), "current_value": (value, 0.0)}
    tale.tell("write_off", after, chain=chain, amount=value, document=tale.paper("核销文件"))
    tale.wait(4, 10)
    uses = [{"use": "IU3", "amount_wan_yuan": value}]
    tale.tell("use_proceeds", chain=chain, amount=value, uses=uses, to_members=False, document=tale.paper("支出凭证"))


def told(frames: Mapping[str, gpd.GeoDataFrame]) -> dict[str, gpd.GeoDataFrame]:
    """Make the frame `asset_events` for the assets of an area, and `assets` with the days of disposals and settlements."""
    assets = frames["assets"].copy()
    plain = pd.DataFrame(assets.drop(columns="geometry"))
    rows: list[dict[str, Any]] = []
    for record in plain.to_dict("records"):
        asset = {str(name): None if missing(value) else value for name, value in record.items()}
        rows += history_of(asset)
    gone = {row["asset_id"]: row["start_date"] for row in rows if row["move"] == "write_off"}
    disposed = assets["asset_id"].isin(gone)
    assets.loc[disposed, "disposed_on"] = assets.loc[disposed, "asset_id"].map(gone)
    assets.loc[disposed, "current_value"] = 0.0
    settled = {row["asset_id"]: row["start_date"] for row in rows if row["move"] == "settle"}  # the last one of each asset
    booked = assets["asset_id"].isin(settled)
    assets.loc[booked, "settled_date"] = assets.loc[booked, "asset_id"].map(settled)
    columns = list(dict.fromkeys(name for row in rows for name in row)) or ["event_id"]
    made = frame("asset_events", {name: [row.get(name) for row in rows] for name in columns})
    return {"assets": assets, "asset_events": made}
