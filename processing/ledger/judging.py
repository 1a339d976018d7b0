"""What is particular to single steps: uses that are forbidden, sums, statuses, the second thoughts before a disposal."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from layers.row_values import known
from processing.ledger.moves import DISPOSAL_STARTS
from processing.ledger.standing import SENT_BACK, TOLERANCE, Settlement, day, listed, money, used
from processing.library.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from processing.ledger.moves import Move
    from processing.ledger.rules import LedgerRules
    from processing.ledger.standing import Standing

    Checker = Callable[[Mapping[str, Any], Standing, Mapping[str, Any], LedgerRules], Iterator[Fault]]

WANTING: Final = frozenset({"闲置", "低效", "亏损"})
WORKING: Final = "正常"
USES: Final = frozenset({"IU1", "IU2", "IU3", "IU4", "IU5", "IU6"})
CHANGEABLE: Final = ("owner_level", "owner", "mode", "operator")
FIRST_SHARE: Final = "OPR8"
"""Equity: its income is settled by contract."""
NOTHING_EARNED: Final = (
    "改正金额；没有收益或所得的填 0，亏损的另办“闲置、低效、亏损登记”",
    "Mend the amount; give 0 where nothing was earned, and register a loss by its own step",
)
"""The dictionary has no negative income or proceeds: a loss is a state of the asset (C13)."""


def check(step: Move, asset: Mapping[str, Any], standing: Standing, values: Mapping[str, Any], rules: LedgerRules) -> list[Fault]:
    """List what stands against a step by the rules of that step alone."""
    if known(values, "result") == SENT_BACK:
        return []
    found = list(_amounts(values))
    if step.name in DISPOSAL_STARTS:
        found += _working(asset, values, rules)
    checker = CHECKERS.get(step.name)
    return found if checker is None else [*found, *checker(asset, standing, values, rules)]


def _amounts(values: Mapping[str, Any]) -> Iterator[Fault]:
    for name in ("value_after", "amount", "maintenance_fund"):
        given = known(values, name)
        if given is None:
            continue
        amount = money(given)
        if amount is None or amount < 0:
            advice = NOTHING_EARNED if name == "amount" else ("改正金额", "Mend the amount")
            yield Fault(
                "bad_amount", name, str(given), "不小于 0 的金额（万元）", "an amount in 万元, not below 0", *advice, "C14"
            )


def _entering(asset: Mapping[str, Any], _standing: Standing, _values: Mapping[str, Any], rules: LedgerRules) -> Iterator[Fault]:
    months, limit = money(known(asset, "benefit_months")), rules.days("household_months")
    if known(asset, "asset_class") == "HHD" and (months is None or months <= limit):
        yield Fault(
            "household_term",
            "benefit_months",
            "" if months is None else str(months),
            f"到户类资产受益期超过 {limit} 个月",
            f"a household asset with a benefit period above {limit} months",
            "受益期不足的不登记为资产；未填的补填",
            "Fill in the period; what benefits for a shorter time is no asset of the ledger",
            rules.source("household_months"),
        )


def _handing(asset: Mapping[str, Any], standing: Standing, values: Mapping[str, Any], rules: LedgerRules) -> Iterator[Fault]:
    yield from _entering(asset, standing, values, rules)
    if known(asset, "asset_class") != "PUB":
        return
    for name in ("maintainer", "maintenance_fund"):
        if known(values, name) is None and known(asset, name) is None:
            yield Fault(
                "field_missing",
                name,
                "",
                "公益性资产须落实管护人和管护经费",
                "a maintainer and a fund of a public asset",
                "补填管护人和经费",
                "Name both",
                rules.source("upkeep"),
            )


def _changing(asset: Mapping[str, Any], _standing: Standing, values: Mapping[str, Any], rules: LedgerRules) -> Iterator[Fault]:
    after = money(known(values, "value_after"))
    moved = after is not None and after != money(known(asset, "current_value"))
    if not moved and not any(known(values, name) not in {None, known(asset, name)} for name in CHANGEABLE):
        yield Fault(
            "nothing_changes",
            "value_after",
            "",
            "归属、价值、经营方式至少一项变化",
            "a change of owner, value or way of operation",
            "填写变化后的内容",
            "Give what it is now",
            rules.source("change"),
        )


def _transferring(
    asset: Mapping[str, Any], _standing: Standing, values: Mapping[str, Any], rules: LedgerRules
) -> Iterator[Fault]:
    if all(known(values, name) in {None, known(asset, name)} for name in ("owner_level", "owner")):
        yield Fault(
            "nothing_changes",
            "owner",
            str(known(values, "owner") or ""),
            "新的所有权人",
            "another owner",
            "填写转移后的所有权人",
            "Give the new owner",
            rules.source("change"),
        )


def _idling(asset: Mapping[str, Any], _standing: Standing, values: Mapping[str, Any], rules: LedgerRules) -> Iterator[Fault]:
    status = known(values, "status")
    if status is not None and (status not in WANTING or status == known(asset, "status")):
        yield Fault(
            "wrong_status",
            "status",
            str(status),
            "闲置、低效、亏损之一且与现状不同",
            "idle, low yield or loss, other than it is",
            "选择实际状态",
            "Choose what it is",
            rules.source("revival"),
        )


def _operating(asset: Mapping[str, Any], _standing: Standing, values: Mapping[str, Any], rules: LedgerRules) -> Iterator[Fault]:
    start, end = (known(values, name) or known(asset, name) for name in ("term_start", "term_end"))
    if start is not None and end is not None and str(start)[:10] > str(end)[:10]:
        yield Fault(
            "date_order",
            "term_start",
            str(start),
            "经营期起不晚于止",
            "a term that begins before it ends",
            "核对两个日期",
            "Check both dates",
            rules.source("operation"),
        )
    plan = known(values, "plan_exists") if known(values, "plan_exists") is not None else known(asset, "plan_exists")
    if plan is False:
        yield Fault(
            "field_missing",
            "plan_exists",
            "false",
            "经营性资产须有经营方案",
            "an operating plan",
            "先制定经营方案",
            "Draw up the plan first",
            rules.source("operation"),
        )


def _settling(asset: Mapping[str, Any], standing: Standing, values: Mapping[str, Any], rules: LedgerRules) -> Iterator[Fault]:
    yield from _twice(standing, values, rules)
    if known(asset, "sub_class") == FIRST_SHARE and known(values, "document") is None:
        yield Fault(
            "field_missing",
            "document",
            "",
            "权益性资产按合同结算，须注明合同",
            "the contract by which equity income is settled",
            "填写合同编号",
            "Name the contract",
            rules.source("settlements_per_year"),
        )


def _twice(standing: Standing, values: Mapping[str, Any], rules: LedgerRules) -> Iterator[Fault]:
    """Refuse a settlement of a period that is settled already."""
    on, period = day(known(values, "start_date")), known(values, "period")
    if on is None or period is None:
        return
    one = Settlement(on, str(period), money(known(values, "amount")) or Decimal(0))
    for other in standing.settlements:
        if other.same_period(one):
            yield Fault(
                "settled_twice",
                "period",
                str(period),
                f"尚未结算的所属期；“{other.period}”已于 {other.on} 结算 {other.amount} 万元",
                f"a period that is not settled yet; {other.period} was settled on {other.on}: {other.amount} 万元",
                "填写其他所属期；同一所属期不重复结算",
                "Give another period; a period is settled once",
                rules.source("settlements_per_year"),
            )
            return


def _uses(values: Mapping[str, Any], rules: LedgerRules, key: str) -> Iterator[Fault]:
    """Refuse forbidden and unknown uses, and amounts that are none."""
    forbidden = set(rules.of("forbidden_uses").value)
    for item in listed(values, "uses"):
        use = item.get("use") if isinstance(item, dict) else item
        amount = money(item.get("amount_wan_yuan")) if isinstance(item, dict) else None
        if use in forbidden:
            yield Fault(
                "forbidden_use",
                "uses",
                str(use),
                "村级组织不得从资产收益中提取管理费、福利、奖金",
                "no management fee, welfare or bonus for village organisations out of asset income",
                "去掉该项用途",
                "Leave this use out",
                rules.source("forbidden_uses"),
            )
        elif use not in USES:
            yield Fault(
                "unknown_use",
                "uses",
                str(use),
                "收益用途代码 IU1–IU6",
                "a use IU1–IU6",
                "选择列出的用途",
                "Choose a listed use",
                rules.source(key),
            )
        if amount is None or amount <= 0:
            yield Fault(
                "bad_amount",
                "uses",
                str(item),
                "大于 0 的金额（万元）",
                "an amount in 万元 above 0",
                "改正金额",
                "Mend the amount",
            )


def _distributing(
    _asset: Mapping[str, Any], standing: Standing, values: Mapping[str, Any], rules: LedgerRules
) -> Iterator[Fault]:
    yield from _uses(values, rules, "distribution_filed_with")
    if known(values, "equal_handout") is True:
        yield Fault(
            "forbidden_use",
            "equal_handout",
            "true",
            "不得简单平均发放",
            "no equal hand-outs",
            "改为按方案分配",
            "Distribute by need and work",
            rules.source("equal_handout"),
        )
    total = used(values)
    if total - standing.balance >= TOLERANCE:
        yield _sum(
            total, standing.balance, "不大于已结算未分配的收益", "not above the income settled and not yet given away", rules
        )


def _sum(total: Decimal, limit: Decimal, zh: str, en: str, rules: LedgerRules) -> Fault:
    return Fault(
        "sum_differs",
        "uses",
        str(total),
        f"{zh} {limit} 万元",
        f"{en}: {limit} 万元",
        "核对金额与单位",
        "Check amounts and units",
        rules.source("distribution_filed_with"),
    )


def _using(_asset: Mapping[str, Any], standing: Standing, values: Mapping[str, Any], rules: LedgerRules) -> Iterator[Fault]:
    yield from _uses(values, rules, "forbidden_uses")
    total = used(values)
    if total - standing.proposed >= TOLERANCE:
        yield _sum(total, standing.proposed, "不大于批准的分配方案", "not above the distribution that was filed", rules)


def _working(asset: Mapping[str, Any], values: Mapping[str, Any], rules: LedgerRules) -> Iterator[Fault]:
    if known(asset, "status") == WORKING and known(values, "opinion") is None:
        yield Fault(
            "working",
            "opinion",
            WORKING,
            "正常发挥效益的资产原则上不处置；确需处置的须写明理由",
            "assets that work as intended are not disposed of in principle; say why this one is",
            "在“意见”中写明确需处置的理由，或停止处置",
            "Give the reason under opinion, or stop",
            rules.source("working_disposal"),
        )


def _proceeds(_asset: Mapping[str, Any], standing: Standing, values: Mapping[str, Any], rules: LedgerRules) -> Iterator[Fault]:
    amount = money(known(values, "amount"))
    if known(values, "to_members") is True:
        yield Fault(
            "forbidden_use",
            "to_members",
            "true",
            "处置收入不得分配给集体成员",
            "proceeds are not distributed to members",
            "改为用于巩固脱贫成果和乡村振兴",
            "Use them for consolidation and revitalisation",
            rules.source("proceeds_to_members"),
        )
    yield from _uses(values, rules, "proceeds")
    if amount is not None and standing.sold_for is not None and abs(amount - standing.sold_for) >= TOLERANCE:
        yield _sum(amount, standing.sold_for, "等于处置所得", "equal to what the disposal brought", rules)
    if amount is not None and abs(used(values) - amount) >= TOLERANCE:
        yield _sum(used(values), amount, "等于处置收入", "equal to the proceeds", rules)


def _answering(_asset: Mapping[str, Any], standing: Standing, values: Mapping[str, Any], rules: LedgerRules) -> Iterator[Fault]:
    given = known(values, "answers")
    if given is not None and given not in standing.objections:
        names = "、".join(standing.objections)
        yield Fault(
            "unknown_objection",
            "answers",
            str(given),
            f"未答复的异议：{names}",
            f"an open objection: {names}",
            "选择异议",
            "Choose the objection",
            rules.source("rights"),
        )


CHECKERS: Mapping[str, Checker] = {
    "inventory_confirm": _entering,
    "take_over": _entering,
    "hand_over": _handing,
    "change": _changing,
    "transfer": _transferring,
    "idle": _idling,
    "operate": _operating,
    "settle": _settling,
    "distribute": _distributing,
    "owner_distribute": _distributing,
    "use_income": _using,
    "use_proceeds": _proceeds,
    "answer": _answering,
}
"""What is asked of a step besides its place, days and values."""
