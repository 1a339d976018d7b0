"""The stages of a project and the moves between them: from which stage, to which, by which event, level and role.

Source of the steps: 湘委乡振组办发〔2021〕1号 三 (S4-17, A1.3). Steps that no document prints (handing in after a notice, progress,
spending, acceptance, an objection and its answer) are `design`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

DRAFT: Final = "draft"
RETURNED: Final = "returned"
IN_LIBRARY: Final = "in_library"
OPEN_STAGES: Final = frozenset({DRAFT, RETURNED})
"""Stages in which the content of an application may be written."""
PROCEDURE: Final = (
    "applied",
    "village_notice",
    "township_review",
    "township_notice",
    "opinions",
    "county_approval",
    "county_notice",
)
"""Stages between the application and the library, in order."""
LIBRARY: Final = (IN_LIBRARY, "annual_plan", "implementing", "completed", "accepted", "asset_formed")
"""Stages from the library on, in order."""
CLOSED: Final = frozenset({"rejected", "withdrawn"})
STAGES: Final = (DRAFT, *PROCEDURE, *LIBRARY, RETURNED, "rejected", "withdrawn")

CROSS: Final = "跨区域规模化"
EMERGENCY: Final = "应急"
SECTORS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "transport": "transport",
        "water": "water",
        "agriculture": "agriculture",
        "environment": "environment",
        "health": "health",
        "other": "sector",
    }
)
"""Which role gives the opinion of a sector."""
SECTOR_ROLES: Final = frozenset(SECTORS.values())
BUREAU: Final = frozenset({"revitalisation"})
GROUP: Final = frozenset({"leading_group"})
BUILDERS: Final = frozenset({"village", "township", *SECTOR_ROLES, *BUREAU})
"""Who reports from the works: whoever is responsible for them."""
EVERYBODY: Final = BUILDERS | GROUP | {"finance"}
BEGIN: Final = {"village": "村", "township": "乡"}


@dataclass(frozen=True, slots=True)
class Move:
    """One step of a project.

    `after` is the stage it leads to, None where the stage stays. `level` is where it is done: 村, 乡 or 县, or "" where the level is
    that of whoever does it. `needs` are the values that it cannot do without. `forward` moves wait for the answer to every
    objection. `at` narrows the roles by stage.
    """

    name: str
    zh: str
    en: str
    before: frozenset[str]
    after: str | None
    event: str
    level: str
    roles: frozenset[str]
    needs: tuple[str, ...] = ()
    forward: bool = True
    at: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def title(self, language: str = "zh") -> str:
        """Give the name of the move in Chinese or English."""
        return self.zh if language.startswith("zh") else self.en


_RUNNING = frozenset({"implementing", "completed", "accepted"})
_BEFORE_LIBRARY = frozenset(PROCEDURE)
_RETURNS = MappingProxyType(
    {
        "applied": frozenset({"township"}),
        "village_notice": frozenset({"township"}),
        "township_review": frozenset({"township"}) | BUREAU,
        "township_notice": frozenset({"township"}) | BUREAU,
        "opinions": BUREAU | GROUP,
        "county_approval": BUREAU | GROUP,
        "county_notice": BUREAU | GROUP,
    }
)
_TOWN = frozenset({"township"})


def _move(  # noqa: PLR0913 -- a row of the table below
    name: str,
    titles: tuple[str, str],
    before: frozenset[str] | str,
    after: str | None,
    event: str,
    level: str,
    roles: frozenset[str],
    needs: tuple[str, ...] = (),
    *,
    forward: bool = True,
    at: Mapping[str, frozenset[str]] | None = None,
) -> Move:
    stages = frozenset({before}) if isinstance(before, str) else before
    return Move(name, titles[0], titles[1], stages, after, event, level, roles, needs, forward, at or {})


_TABLE: Final = (
    # the way into the library
    _move("apply", ("申报", "Apply"), OPEN_STAGES, "applied", "村申报", "", BUILDERS, ("document", "opinion")),
    _move(
        "village_notice",
        ("村内公示", "Hang the village notice"),
        "applied",
        "village_notice",
        "村公示",
        "村",
        frozenset({"village"}),
        ("place",),
    ),
    _move(
        "submit_to_township",
        ("公示期满报乡镇", "Hand in to the township"),
        "village_notice",
        "township_review",
        "上报",
        "村",
        frozenset({"village"}),
        ("document",),
    ),
    _move(
        "township_pass",
        ("乡镇审核通过", "Pass the township review"),
        "township_review",
        None,
        "乡审核",
        "乡",
        _TOWN,
        ("opinion", "document"),
    ),
    _move(
        "township_notice",
        ("乡镇公示", "Hang the township notice"),
        "township_review",
        "township_notice",
        "乡公示",
        "乡",
        _TOWN,
        ("place",),
    ),
    _move(
        "submit_to_county",
        ("公示期满报县", "Hand in to the county"),
        "township_notice",
        "opinions",
        "上报",
        "乡",
        _TOWN,
        ("document",),
    ),
    _move(
        "opinion_revitalisation",
        ("乡村振兴部门意见", "Opinion of the revitalisation bureau"),
        "opinions",
        None,
        "振兴局意见",
        "县",
        BUREAU,
        ("result", "opinion", "document"),
        forward=False,
    ),
    _move(
        "opinion_finance",
        ("财政部门意见", "Opinion of finance"),
        "opinions",
        None,
        "财政意见",
        "县",
        frozenset({"finance"}),
        ("result", "opinion", "document"),
        forward=False,
    ),
    _move(
        "opinion_sector",
        ("行业部门意见", "Opinion of the sector"),
        "opinions",
        None,
        "行业意见",
        "县",
        SECTOR_ROLES,
        ("result", "opinion", "document"),
        forward=False,
    ),
    _move(
        "county_approve",
        ("县领导小组审定", "Approve by the leading group"),
        "opinions",
        "county_approval",
        "县审定",
        "县",
        GROUP,
        ("document", "opinion"),
    ),
    _move(
        "county_notice",
        ("县级公示", "Hang the county notice"),
        "county_approval",
        "county_notice",
        "县公示",
        "县",
        BUREAU | GROUP,
        ("place",),
    ),
    _move("enter_library", ("公告入库", "Enter the library"), "county_notice", IN_LIBRARY, "入库公告", "县", BUREAU, ("url",)),
    # back and out
    _move(
        "return_",
        ("退回", "Return"),
        _BEFORE_LIBRARY,
        RETURNED,
        "退回",
        "",
        _TOWN | BUREAU | GROUP,
        ("opinion",),
        forward=False,
        at=_RETURNS,
    ),
    _move(
        "refuse",
        ("不予入库", "Refuse"),
        frozenset({"township_review", "opinions", "county_approval", "county_notice"}),
        "rejected",
        "不予入库",
        "",
        _TOWN | BUREAU | GROUP,
        ("exclusion", "opinion"),
        forward=False,
        at=_RETURNS,
    ),
    _move(
        "withdraw",
        ("撤回", "Withdraw"),
        _BEFORE_LIBRARY | {RETURNED},
        "withdrawn",
        "撤回",
        "",
        frozenset({"village", "township"}) | SECTOR_ROLES,
        ("opinion",),
        forward=False,
    ),
    _move(
        "reenter",
        ("重新申报", "Enter again"),
        CLOSED,
        RETURNED,
        "重新申报",
        "",
        frozenset({"village", "township"}) | SECTOR_ROLES | BUREAU,
        ("opinion",),
        forward=False,
    ),
    _move(
        "leave_library",
        ("退出项目库", "Leave the library"),
        frozenset({IN_LIBRARY, "annual_plan"}),
        "withdrawn",
        "退库",
        "县",
        GROUP,
        ("opinion", "document", "url"),
    ),
    # plan and works
    _move(
        "into_plan",
        ("列入年度计划", "Take into the annual plan"),
        frozenset({IN_LIBRARY, "annual_plan"}),
        "annual_plan",
        "列入年度计划",
        "县",
        BUREAU | GROUP,
        ("plan_year", "plan_rank"),
    ),
    _move(
        "out_of_plan",
        ("移出年度计划", "Take out of the annual plan"),
        "annual_plan",
        IN_LIBRARY,
        "移出年度计划",
        "县",
        BUREAU | GROUP,
        ("opinion",),
    ),
    _move("start", ("开工", "Start the works"), "annual_plan", "implementing", "开工", "", BUILDERS, ("document",)),
    _move(
        "progress", ("登记进度", "Report progress"), "implementing", None, "进度", "", BUILDERS, ("progress_pct",), forward=False
    ),
    _move(
        "spend",
        ("登记支出", "Report spending"),
        _RUNNING,
        None,
        "支出",
        "",
        BUILDERS | {"finance"},
        ("amount", "fund_source", "document"),
        forward=False,
    ),
    _move("complete", ("完工", "Complete the works"), "implementing", "completed", "完工", "", BUILDERS, ("document",)),
    _move(
        "accept",
        ("验收", "Accept the works"),
        "completed",
        "accepted",
        "验收",
        "县",
        BUREAU | SECTOR_ROLES,
        ("document", "opinion"),
    ),
    _move(
        "form_asset",
        ("移交资产", "Hand over as asset"),
        "accepted",
        "asset_formed",
        "资产移交",
        "",
        BUILDERS,
        ("document",),
    ),
    # beside the way
    _move(
        "objection",
        ("登记异议", "Enter an objection"),
        _BEFORE_LIBRARY | {IN_LIBRARY, "annual_plan"},
        None,
        "异议",
        "",
        EVERYBODY,
        ("opinion",),
        forward=False,
    ),
    _move(
        "answer_objection",
        ("答复异议", "Answer an objection"),
        frozenset(STAGES) - {DRAFT},
        None,
        "异议答复",
        "",
        EVERYBODY,
        ("answers", "opinion"),
        forward=False,
    ),
    _move(
        "emergency_consent",
        ("应急项目同意先行实施", "Consent to emergency works"),
        _BEFORE_LIBRARY,
        None,
        "应急同意",
        "县",
        GROUP,
        ("document", "opinion"),
        forward=False,
    ),
    _move(
        "ask_change",
        ("申请调整", "Ask for a change"),
        frozenset({IN_LIBRARY, "annual_plan", "implementing"}),
        None,
        "调整申请",
        "",
        BUILDERS,
        ("proposed", "opinion"),
        forward=False,
    ),
    _move(
        "approve_change",
        ("审定调整", "Decide on a change"),
        frozenset({IN_LIBRARY, "annual_plan", "implementing"}),
        None,
        "调整审定",
        "县",
        GROUP,
        ("result", "document", "opinion"),
    ),
    _move(
        "publish_change",
        ("公告调整结果", "Announce a change"),
        frozenset(LIBRARY),
        None,
        "调整公告",
        "县",
        BUREAU | GROUP,
        ("url",),
        forward=False,
    ),
    _move(
        "take_over",
        ("登记接收", "Take over from a register"),
        frozenset(STAGES) - {DRAFT},
        None,
        "登记接收",
        "县",
        BUREAU,
        ("opinion",),
        forward=False,
    ),
)
MOVES: Final[Mapping[str, Move]] = MappingProxyType({move.name: move for move in _TABLE})
"""Every move by name, in the order of the way."""
OPINIONS: Final[Mapping[str, str]] = MappingProxyType(
    {MOVES[name].event: name for name in ("opinion_revitalisation", "opinion_finance", "opinion_sector")}
)
"""The three opinions that the approval needs (E4): event and move."""
NOTICES: Final[Mapping[str, str]] = MappingProxyType({"村公示": "村", "乡公示": "乡", "县公示": "县"})
"""Events that are notices, with the level whose number of days holds."""
ENDS_NOTICE: Final[Mapping[str, str]] = MappingProxyType(
    {"submit_to_township": "村", "submit_to_county": "乡", "enter_library": "县"}
)
"""Moves that end a notice: too early before its days are over."""
WORKS: Final = ("start", "progress", "spend", "complete", "accept")
"""Moves of the works; those of an emergency project may run before the library."""


def roles_at(move: Move, stage: str, *, sector: str | None = None, has_township: bool = True) -> frozenset[str]:
    """Name the roles that may make a move for a project in a stage.

    Works of several townships state none, so what a township does is done by the bureau or the sector that proposes them
    (S4-17 三). The opinion of the sector is that of the project's sector, where it states one.

    >>> sorted(roles_at(MOVES["opinion_sector"], "opinions", sector="water"))
    ['water']
    >>> sorted(roles_at(MOVES["return_"], "opinions"))
    ['leading_group', 'revitalisation']
    """
    roles = move.at.get(stage, move.roles) & move.roles if move.at else move.roles
    if move.name == "opinion_sector" and sector in SECTORS:
        return frozenset({SECTORS[str(sector)]})
    if move.level == "乡" and not has_township:
        return roles | BUREAU | SECTOR_ROLES
    return roles


def level_of(move: Move, role: str) -> str:
    """Give the level of an event: the move's own, or that of the role that makes it.

    >>> level_of(MOVES["apply"], "village"), level_of(MOVES["apply"], "water"), level_of(MOVES["county_notice"], "leading_group")
    ('村', '县', '县')
    """
    return move.level or BEGIN.get(role, "县")
