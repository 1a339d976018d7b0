"""Pages to print: monitoring of a key county or village, what settlements lack, and a plan's investment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from geo_app.actions.notice_facts import decimal, written
from layers.codes import ASSET_CLASS, ASSET_STATUS, PROJECT_STATUS, SIZE_CLASS
from layers.document_titles import title_of
from map_templates.books import Book, Column, Group
from processing.key_rules import APPLIES
from processing.settlement_needs import FACILITIES, HAS, LACKS

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence

    from geo_app.actions.investment import Matrix
    from geo_app.actions.monitoring import Beside, Monitored
    from geo_app.actions.settlement_needs import Settlements
    from map_templates.books import Cell
    from processing.averages import Average
    from processing.investment import Contradiction
    from processing.key_areas import Standing
    from processing.monitoring import Sum
    from processing.settlement_needs import Need

    Row = tuple[Cell, ...]

STATES: Final = {"yes": "是", "no": "不是", "unknown": "未知"}
VERDICTS: Final = {"better": "高于", "worse": "低于", "equal": "相等", "unknown": "不能判定", "met": "达到", "not_met": "未达到"}
MARKS: Final = {HAS: "有", LACKS: "缺"}
FACILITY_NAMES: Final = {
    "water": "水",
    "power": "电",
    "road": "路",
    "comm": "通信",
    "sewage": "污水",
    "waste": "垃圾",
    "education": "教育",
    "clinic": "医疗",
}
UNKNOWN: Final = "未知"
KINDS: Final = {
    "total": "分项合计与公布总数不符",
    "share": "公布占比与金额不符",
    "shares": "各占比的分母不同",
    "items": "子项个数不符",
    "named_twice": "在类别清单中重复出现",
    "not_named": "类别清单漏列",
    "unit": "单位印误",
}


def monitoring_book(found: Monitored, *, today: dt.date, simulated: bool) -> Book:
    """Set what is watched of one place as a book: figures, targets, money, land, projects and assets, group by group."""
    groups = [
        ("重点帮扶名录", [_standing(item) for item in found.standings]),
        ("指标与平均水平", [_figure(item) for item in found.figures]),
        ("目标", [_rule(item) for item in found.rules]),
        ("人均资金", list(_money(found))),
        ("用地指标（亩）", [_quota(item) for item in found.quotas]),
        ("项目（按阶段，万元）", [_sum(PROJECT_STATUS.label(key) if key else "未填", item) for key, item in found.money.stages]),
        ("资产（按类别和状态，万元）", list(_assets(found))),
    ]
    filled = [(title, rows) for title, rows in groups if rows]
    return Book(
        title=f"{found.name}监测表",
        subtitle="重点帮扶村" if found.village else "重点帮扶县",
        columns=(Column("项目", 30), Column("本地", 14), Column("范围", 14), Column("对照", 26), Column("结论或来源", 30)),
        rows=tuple(row for _, rows in filled for row in rows),
        groups=tuple(Group(title, len(rows)) for title, rows in filled),
        area_name=found.name,
        as_of=today,
        notes=("平均水平为运行结果的 Σ/Σ，只在全部县都在库时采用；未知不作零。",),
        simulated=simulated,
    )


def _standing(item: Standing) -> Row:
    return (f"{item.level}级", STATES[item.state], "", item.list_name, f"{title_of(item.document)} {item.year or ''}".strip())


def _figure(item: Beside) -> Row:
    figure = item.figure
    means = "；".join(_mean(mean) for mean, _ in item.means)
    verdicts = "；".join(f"{mean.name}：{VERDICTS[verdict]}" for mean, verdict in item.means)
    return (f"{figure.indicator} {figure.zh}", _pct(figure.value), _bounds(figure.low, figure.high), means, verdicts)


def _mean(mean: Average) -> str:
    if mean.usable:
        return f"{mean.name} {_pct(mean.value)}"
    held = f"（{mean.held}/{mean.expected} 县在库）" if mean.expected else ""
    return f"{mean.name} 未知{held}"


def _rule(item: Any) -> Row:
    verdict = VERDICTS.get(item.verdict, "无数据") if item.applies == APPLIES else "外省，仅供参考"
    goal = f"{item.operator} {item.printed} {item.unit}".strip()
    return (
        f"{item.group}：{item.name}",
        _number(item.low),
        _bounds(item.low, item.high),
        goal,
        f"{verdict}（{title_of(item.document)}）",
    )


def _money(found: Monitored) -> Iterable[Row]:
    money = found.money
    per_head = "—" if money.per_head.yuan is None else f"{money.per_head.yuan} 元/人"
    low = "" if money.per_head_low.yuan in {None, money.per_head.yuan} else f"{money.per_head_low.yuan}–{money.per_head.yuan}"
    unknown = f"{money.per_head.budgets.unknown} 个项目未填资金，为下限" if money.per_head.lower_bound else ""
    yield ("人均资金", per_head, low, f"项目 {money.per_head.budgets.rows} 个，{money.per_head.budgets.amount} 万元", unknown)
    yield ("人口（每人只计一次）", _number(found.people.low), _bounds(found.people.low, found.people.high), "", "")


def _quota(item: Any) -> Row:
    used = UNKNOWN if item.used_mu is None else written(decimal(item.used_mu))
    share = "" if item.used_pct is None else f"{written(decimal(item.used_pct))} %"
    quota = written(decimal(item.quota_mu))
    return (f"{item.year} 年", used, share, f"指标 {quota}", f"{title_of(item.document)} {item.source}".strip())


def _assets(found: Monitored) -> Iterable[Row]:
    for (kind, status), item in found.assets.crossed.items():
        names = (ASSET_CLASS.label(kind) if kind else "未填", ASSET_STATUS.label(status) if status else "未填")
        yield _sum("·".join(names), item)


def _sum(name: str, item: Sum) -> Row:
    return (name, f"{item.rows} 个", "", f"{item.amount} 万元", f"{item.unknown} 个未填金额" if item.unknown else "")


def _size(item: Need) -> str:
    if not item.size_class:
        return UNKNOWN
    return SIZE_CLASS.label(item.size_class) + ("" if item.registered is None else f"，{item.registered} 人")


def settlements_book(found: Settlements, *, today: dt.date, simulated: bool, area_name: str) -> Book:
    """Set what settlements lack as a book: those that lack something first, most persons first."""
    columns = (
        Column("安置点", 26),
        Column("所在村", 18),
        Column("人口", 8, "number", decimals=0, total=True),
        Column("规模（按建档立卡人数）", 18),
        *(Column(name, 6, "center") for name in FACILITY_NAMES.values()),
        Column("缺项", 20),
    )
    rows = tuple(
        (
            item.name,
            found.names.get(item.area_code or "", ""),
            item.persons,
            _size(item),
            *(MARKS.get(item.states[name], UNKNOWN) for name in FACILITIES),
            "、".join(FACILITY_NAMES[name] for name in item.missing),
        )
        for item in found.needs
    )
    notes = (
        "八项：水、电、路、通信、污水、垃圾、教育（学校或幼儿园）、医疗；未知与缺项分开。",
        "规模按建档立卡人数划分，不按总人口；3000 人界限为凭记忆。",
    )
    return Book(
        title="易地搬迁安置点配套设施缺项表",
        columns=columns,
        rows=rows,
        area_name=area_name,
        as_of=today,
        notes=notes,
        simulated=simulated,
    )


def investment_book(found: Matrix, *, today: dt.date, simulated: bool) -> Book:
    """Set a plan's matrix as a book, with what the document contradicts as notes; unit 亿元."""
    columns = (
        Column("类别", 30),
        *(Column(column.name or "未填县", 10, "number", total=True) for column in found.columns),
        Column("项目库合计", 11, "number", total=True),
        Column("规划（原文）", 11, "number", total=True),
        Column("库−规划", 11, "number"),
    )
    rows = tuple(
        (
            line.name or "未填类别",
            *(cell.shown() if cell.projects else None for cell in line.cells),
            line.library.shown(),
            line.plan.amount if line.plan else None,
            line.difference,
        )
        for line in found.lines
    )
    stated = found.plan.total if found.plan else None
    notes = [f"规划公布总数 {stated}；合计行是分项之和。"] if stated is not None else []
    notes += [f"规划分县数：{_margin(found.columns)}"]
    notes += [_contradiction(item) for item in (found.plan.contradictions if found.plan and not found.partial else ())]
    notes += ["只含本账号可查看的部分；合计、占比和前后矛盾须按规划全文核对。"] if found.partial else []
    return Book(
        title="规划投资分类分县表",
        subtitle=found.plan.name if found.plan else "",
        columns=columns,
        rows=rows,
        unit_note="单位：亿元",
        as_of=today,
        notes=tuple(notes),
        simulated=simulated,
    )


def _contradiction(item: Contradiction) -> str:
    """Say a contradiction in the words of the document."""
    text = item.arithmetic.replace(": stated", "：公布总数").replace(": parts", "：分项之和").replace(": —", "：都不符合")
    subject = {"category": "按类别", "county": "按县区"}.get(item.subject, item.subject)
    return f"{KINDS[item.kind]}（{subject}）：{text}" if subject else f"{KINDS[item.kind]}：{text}"


def _margin(columns: Sequence[Any]) -> str:
    return "、".join(f"{column.name} {column.plan.amount}" for column in columns if column.plan) or "无"


def _pct(value: float | None) -> str:
    return "—" if value is None else f"{value:.1f} %"


def _number(value: float | None) -> str:
    return "—" if value is None else f"{value:.0f}" if value == int(value) else f"{value:.1f}"


def _bounds(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None or low == high else f"{_number(low)}–{_number(high)}"
