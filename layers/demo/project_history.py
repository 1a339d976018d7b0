"""What happened to each project of the demonstration area: its events from the village meeting to the asset.

The events fit the stage at which the project is booked, the notice periods of the library (10 days at each level) and the money
of the project. They are made from the finished frames, after the planted faults, and only for simulated rows.
"""

from __future__ import annotations

import datetime as dt
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from layers.demo.area_rows import short_name
from layers.demo.rows import AS_OF, frame

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import geopandas as gpd

RULES_FROM = dt.date(2021, 7, 12)
"""Day of the notice on the county project library; projects of the plan of 2021 were taken over from the register of then."""
COMPILED = (11, 24)
"""Month and day on which the plan of the next year is compiled."""
PORTAL = "https://demo.invalid/xiangtu"
"""Addresses of announcements; the domain is reserved for what does not exist (RFC 2606)."""
NOTICE_DAYS = 10
LIBRARY = ("in_library", "annual_plan", "implementing", "completed", "accepted", "asset_formed")
_STATED = ("name", "location_text", "start_date", "end_date", "budget_total")
PAID = 0.97
"""Share of its budget that a project costs where no asset has been formed of it."""
_DAY = dt.timedelta(days=1)


@dataclass(slots=True)
class Story:
    """The events of one project, in order, and the day on which its story stands."""

    project: Mapping[str, Any]
    units: Mapping[str, str]
    rng: np.random.Generator
    day: dt.date
    events: list[dict[str, Any]] = field(default_factory=list)
    stage: str = "draft"

    def wait(self, low: int, high: int) -> None:
        """Let some days go by."""
        self.day += int(self.rng.integers(low, high + 1)) * _DAY

    def paper(self, word: str) -> str:
        """Name a document of the project."""
        return f"{word}（{self.project['project_id']}，模拟）"

    def tell(self, event_type: str, level: str, unit: str, after: str | None = None, **values: Any) -> None:
        """Add an event on the present day; `after` is the stage it leads to."""
        number = len(self.events) + 1
        event = {
            "event_id": f"{self.project['project_id']}-{number:03d}",
            "project_id": self.project["project_id"],
            "seq": number,
            "event_type": event_type,
            "level": level,
            "start_date": self.day,
            "unit": self.units[unit],
            "person": "经办人（模拟）",
            "recorded_on": self.day,
            "stage_before": self.stage,
            "stage_after": after or self.stage,
            **{name: self.project[name] for name in ("village_code", "township_code", "county_code")},
            **values,
        }
        self.events.append(event)
        self.stage = after or self.stage

    def end_notice(self) -> None:
        """Let the notice that hangs last its days and some more, and take it in."""
        notice = self.events[-1]
        self.day += int(NOTICE_DAYS + self.rng.integers(0, 4)) * _DAY
        notice |= {"end_date": self.day, "notice_days": (self.day - notice["start_date"]).days, "objections": 0}
        notice["objections_resolved"] = 0


# from the village into the library


def _applied(story: Story) -> None:
    project = story.project
    stated = [{"field": name, "old": None, "new": _plain(project[name])} for name in _STATED]
    across = not project["village_code"]
    unit, level = ("township", "乡") if across else ("village", "村")
    words = "跨村实施，已征求各村意见" if across else "经村民代表会议讨论，同意申报"
    story.tell(
        "村申报",
        level,
        unit,
        "township_review" if across else "applied",
        proposed=stated,
        opinion=words,
        document=story.paper("会议记录"),
    )


def _village_notice(story: Story) -> None:
    story.wait(1, 3)
    story.tell("村公示", "村", "village", "village_notice", place="村务公开栏")


def _handed_to_township(story: Story) -> None:
    story.end_notice()
    story.tell("上报", "村", "village", "township_review", document=story.paper("项目申报书"))


def _township_notice(story: Story) -> None:
    story.wait(2, 7)
    story.tell("乡审核", "乡", "township", result="通过", opinion="情况真实，确有必要", document=story.paper("乡镇审核意见"))
    story.wait(1, 2)
    story.tell("乡公示", "乡", "township", "township_notice", place="乡镇政务公开栏")


def _handed_to_county(story: Story) -> None:
    story.end_notice()
    story.tell("上报", "乡", "township", "opinions", document=story.paper("乡镇上报文件"))


def _opinions(story: Story) -> None:
    for event, unit, words in (
        ("振兴局意见", "bureau", "属于衔接资金支持范围，联农带农机制明确"),
        ("财政意见", "finance", "资金来源有保障"),
        ("行业意见", "sector", "技术可行，符合行业规划"),
    ):
        story.wait(1, 4)
        story.tell(event, "县", unit, result="通过", opinion=words, document=story.paper(event))


def _approved(story: Story) -> None:
    _opinions(story)
    story.wait(3, 10)
    paper = story.paper("领导小组会议纪要")
    story.tell("县审定", "县", "group", "county_approval", result="通过", opinion="同意", document=paper)


def _county_notice(story: Story) -> None:
    story.wait(1, 3)
    url = f"{PORTAL}/notice/{story.project['project_id']}"
    story.tell("县公示", "县", "bureau", "county_notice", place="县政府门户网站", url=url)


def _entered(story: Story) -> None:
    story.end_notice()
    story.tell("入库公告", "县", "bureau", "in_library", url=f"{PORTAL}/library/{story.project['project_id']}")


WAY: tuple[tuple[str, Callable[[Story], None]], ...] = (
    ("applied", _applied),
    ("village_notice", _village_notice),
    ("township_review", _handed_to_township),
    ("township_notice", _township_notice),
    ("opinions", _handed_to_county),
    ("county_approval", _approved),
    ("county_notice", _county_notice),
    ("in_library", _entered),
)
"""The stages up to the library, each with what leads to it."""
_ENDS = {"returned": ("退回", "township_review"), "rejected": ("不予入库", "opinions"), "withdrawn": ("撤回", "township_notice")}
"""Stages beside the way: the event that leads there and the stage before it."""


def _walk(story: Story, until: str) -> None:
    """Go the way as far as a stage; works of several villages begin at the township."""
    stages = [stage for stage, _ in WAY]
    for stage, step in WAY:
        skipped = not story.project["village_code"] and stage in {"village_notice", "township_review"}
        if not skipped and stages.index(stage) <= stages.index(until):
            step(story)


# in the plan, under way, done


def _planned(story: Story, year: int) -> None:
    story.day = max(dt.date(year - 1, *COMPILED), story.day)
    url = f"{PORTAL}/plan/{story.project['county_code']}-{year}"
    story.tell("列入年度计划", "县", "bureau", "annual_plan", plan_year=year, url=url)


def _works(story: Story) -> None:
    """Start, progress, spending, completion, acceptance and hand-over, as far as the project is."""
    project = story.project
    stage, start, end = project["status"], project["start_date"], project["end_date"]
    story.day = start
    if story.stage != "implementing":
        story.tell("开工", "乡", "sector", "implementing", document=story.paper("开工报告"))
    last = AS_OF if stage == "implementing" else end
    share = 1.0 if stage != "implementing" else float(np.clip((AS_OF - start).days / max((end - start).days, 1), 0.1, 0.92))
    _reported(story, start, last, share, done=stage != "implementing")
    if stage == "implementing":
        return
    story.day = max(end, story.day)
    story.tell("完工", "乡", "sector", "completed", document=story.paper("竣工报告"))
    if stage == "completed":
        return
    left = max((AS_OF - story.day).days, 0)
    story.wait(min(5, left), min(40, left))
    story.tell("验收", "县", "sector", "accepted", opinion="验收合格", document=story.paper("验收意见书"))
    if stage == "asset_formed":
        formed = project.get("formed_date")
        story.day = max(story.day, formed or story.day)
        story.tell("资产移交", "乡", "township", "asset_formed", document=story.paper("资产移交清单"))


def _reported(story: Story, start: dt.date, last: dt.date, share: float, *, done: bool) -> None:
    """Reports of progress, and what each source has paid so far: two of works under way, one of works that are done."""
    project, days = story.project, max((last - start).days, 2)
    parts = (1.0,) if done else (0.5, 1.0)
    for part in parts:
        story.day = start + int(days * part * (0.98 if done else 1.0)) * _DAY
        story.tell("进度", "乡", "sector", progress_pct=round(100.0 if done else share * 100 * part, 1))
        for at, source in enumerate(project["funding_sources"]):
            paid = round(source["amount_wan_yuan"] * (PAID if done else 0.5 * share), 2)
            paid = project["paid"][at]["amount_wan_yuan"] if done and project["paid"] else paid
            if paid > 0:
                story.tell("支出", "县", "finance", amount=paid, fund_source=source["code"], document=story.paper("资金拨付凭证"))


# each project


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value


def _emergency(story: Story) -> None:
    """Consent of the leading group and the start of the works, beside the procedure."""
    story.wait(0, 1)
    story.tell("应急同意", "县", "group", opinion="同意先行实施，同步完善入库程序", document=story.paper("应急会议纪要"))
    story.wait(0, 1)
    story.tell("开工", "乡", "sector", document=story.paper("开工报告"))


def _early(story: Story, stage: str) -> None:
    """A project that is not in the library: its last event lies days, not years, before the day of the demonstration."""
    if stage == "draft":
        return
    event, before = _ENDS.get(stage, ("", stage))
    _walk(story, before)
    if story.project["scope"] == "应急":
        _emergency(story)
    if stage == "opinions" and story.rng.random() < 0.5:  # noqa: PLR2004 - one of the three opinions is there
        story.wait(1, 4)
        paper = story.paper("振兴局意见")
        story.tell("振兴局意见", "县", "bureau", result="通过", opinion="属于衔接资金支持范围", document=paper)
    if event:
        story.wait(2, 6)
        more = {"exclusion": "X4"} if stage == "rejected" else {}
        story.tell(
            event,
            "县" if stage == "rejected" else "乡",
            "bureau" if stage == "rejected" else "township",
            stage,
            opinion="请补充群众参与情况后重新申报" if stage == "returned" else "建设标准超出实际需要",
            **more,
        )


def _moved(story: Story, days: int) -> None:
    """Shift the whole story by days."""
    for event in story.events:
        for name in ("start_date", "end_date", "recorded_on"):
            if event.get(name) is not None:
                event[name] += days * _DAY


def _taken_over(story: Story) -> None:
    """A project of the plan of 2021 comes out of the register of before, at the stage it had when the library's rules began."""
    project = story.project
    story.day = RULES_FROM + int(story.rng.integers(10, 60)) * _DAY
    begun = project["start_date"] <= story.day
    if begun and project["end_date"] <= story.day:
        story.day = max(min(project["end_date"] - _DAY, story.day), RULES_FROM)
    after = "implementing" if begun else "annual_plan"
    story.tell("登记接收", "县", "bureau", after, opinion="2021年度计划项目，由原项目库转入", plan_year=2021)
    if project["start_date"] < story.day:
        story.project = {**project, "start_date": story.day, "end_date": max(project["end_date"], story.day)}
    _works(story)
    story.project = project


def history_of(project: Mapping[str, Any], units: Mapping[str, str]) -> list[dict[str, Any]]:
    """Tell the events of one project, none for a draft."""
    rng = np.random.default_rng([zlib.crc32(str(project["project_id"]).encode()), 4])
    stage, year = str(project["status"]), project["plan_year"]
    if stage not in LIBRARY:
        story = Story(project, units, rng, AS_OF)
        _early(story, stage)
        if story.events:
            _moved(story, (AS_OF - story.events[-1]["start_date"]).days - int(rng.integers(1, 9)))
        return story.events
    begin = dt.date(int(year) - 1, 7, 14) if year is not None else dt.date(2026, 3, 2)
    story = Story(project, units, rng, begin + int(rng.integers(0, 25 if year is not None else 120)) * _DAY)
    if year == 2021:  # noqa: PLR2004 - planned before the rules
        _taken_over(story)
        return story.events
    _walk(story, "in_library")
    if year is not None:
        _planned(story, int(year))
    if stage not in {"in_library", "annual_plan"}:
        _works(story)
    return story.events


def village_unit(name: str) -> str:
    """Give the committee of a village or community, whether or not its name in the area list says it.

    >>> village_unit("程家塬村民委员会"), village_unit("甲南村"), village_unit("滨河社区居委会")
    ('程家塬村村民委员会', '甲南村村民委员会', '滨河社区居民委员会')
    """
    short = short_name(name)
    return f"{short}居民委员会" if short.endswith("社区") else f"{short}村民委员会"


def township_unit(name: str) -> str:
    """Give the office of a township or street.

    >>> township_unit("会师镇"), township_unit("城关街道"), township_unit("城关街道办事处")
    ('会师镇人民政府', '城关街道办事处', '城关街道办事处')
    """
    short = name.removesuffix("办事处")
    return f"{short}办事处" if short.endswith("街道") else f"{short}人民政府"


def _units(project: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, str]:
    county = names.get(project["county_code"], "")
    village = names.get(project["village_code"] or "", "")
    return {
        "village": village_unit(village) if village else "",
        "township": township_unit(names.get(project["township_code"], "")),
        "bureau": f"{county}乡村振兴局",
        "finance": f"{county}财政局",
        "sector": str(project["responsible_unit"]),
        "group": f"{county}巩固拓展脱贫攻坚成果领导小组",
    }


def _projects(frames: Mapping[str, gpd.GeoDataFrame]) -> Iterable[dict[str, Any]]:
    """Give the projects with None for what is unknown, the day their asset was formed and what each source paid for it."""
    projects = pd.DataFrame(frames["projects"].drop(columns="geometry"))
    own = pd.DataFrame(frames["assets"])[["project_id", "formed_date", "fund_sources"]].dropna(subset=["project_id"])
    formed = own.drop_duplicates("project_id").set_index("project_id").to_dict("index")
    for row in projects.to_dict("records"):
        known: dict[str, Any] = {str(name): None if missing(value) else value for name, value in row.items()}
        asset: Mapping[Any, Any] = formed.get(known["project_id"], {})
        yield known | {"formed_date": asset.get("formed_date"), "paid": asset.get("fund_sources")}


def missing(value: Any) -> bool:
    """Say whether a value of a frame is unknown."""
    return value is None or (not isinstance(value, (list, tuple, dict)) and bool(pd.isna(value)))


def events(frames: Mapping[str, gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """Make the frame `project_events` for the projects of an area."""
    areas = frames["areas"]
    names = dict(zip(areas["area_code"].astype(str), areas["area_name"].astype(str), strict=True))
    rows = [event for project in _projects(frames) for event in history_of(project, _units(project, names))]
    columns = list(dict.fromkeys(name for row in rows for name in row)) or ["event_id"]
    return frame("project_events", {name: [row.get(name) for row in rows] for name in columns})
