"""Whether a step may be taken: its place in the chain, its days, what it needs, what is forbidden. Every fault, not the first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from layers.asset_fields import OPERATION, RIGHTS, UPKEEP
from layers.codes import ASSET_CLASS
from layers.row_values import known
from processing.ledger import judging
from processing.ledger.faults import Offer
from processing.ledger.moves import DISPOSAL_STARTS, ENTERING, MOVES, NOTICED, Move, disposal_starts, distribution_start
from processing.ledger.standing import SENT_BACK, day, of
from processing.library.faults import Fault, fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from processing.ledger.rules import LedgerRules
    from processing.ledger.standing import Standing

STANDING_FIELDS: Final = frozenset((*RIGHTS, *UPKEEP, *OPERATION))
"""What a step needs and the asset may know already."""
NOT_FOR_ALL: Final = {"use_right_holder": {"OPR"}, "income_right_holder": {"OPR"}, "supervision_right_holder": {"OPR", "PUB"}}
"""Rights that only assets of some classes need (dictionary C13)."""


def check(  # noqa: PLR0913 -- the six things a step is judged by
    move: str,
    asset: Mapping[str, Any],
    events: Sequence[Mapping[str, Any]],
    values: Mapping[str, Any],
    rules: LedgerRules,
    *,
    today: date,
) -> list[Fault]:
    """List what stands against a step of an asset on a day; an empty list lets it pass.

    Args:
        move: name of the step.
        asset: the row of the asset as it is.
        events: what was done with it, in any order.
        values: what is given with the step; `start_date` is its day (today when it is not given).
        rules: the rules of its area.
        today: the day of the office.
    """
    step = MOVES.get(move)
    if step is None:
        return [
            Fault(
                "wrong_stage", "move", move, "台账的步骤名称", "the name of a step of the ledger", "重新选择步骤", "Choose a step"
            )
        ]
    standing = of(asset, events)
    found = [*_placed(step, asset, standing, rules)]
    if found:
        return found
    on = day(known(values, "start_date")) or today
    found += _days(step, asset, standing, rules, on=on, today=today)
    found += _needs(step, asset, values, rules)
    found += judging.check(step, asset, standing, {**values, "start_date": on}, rules)
    return found


def allowed(asset: Mapping[str, Any], events: Sequence[Mapping[str, Any]], rules: LedgerRules, *, today: date) -> list[Offer]:
    """List the steps that stand next for an asset, with the first day of each and what would stand against it today.

    A step that needs values is possible when nothing but those values is missing.
    """
    standing, offers = of(asset, events), []
    for step in MOVES.values():
        if any(_placed(step, asset, standing, rules)):
            continue
        blocked = tuple(_days(step, asset, standing, rules, on=today, today=today))
        earliest = next((item.earliest for item in blocked if item.earliest), None)
        offers.append(Offer(step, not blocked, earliest, blocked))
    return offers


def _placed(step: Move, asset: Mapping[str, Any], standing: Standing, rules: LedgerRules) -> Iterator[Fault]:
    """Say whether the step belongs where the asset stands."""
    yield from _in_ledger(step, asset, standing, rules)
    if not step.chain:
        yield from _loose(step, asset, standing, rules)
        return
    last = standing.step(step.chain)
    if last in step.follows or (not step.follows and (not last or step.chain == "change")):
        yield from _start(step, asset, rules)
        return
    names = "、".join(MOVES[name].zh for name in step.follows) or "本程序尚未开始"
    words = ", ".join(MOVES[name].en for name in step.follows) or "no such procedure under way"
    yield wrong_stage(step, MOVES[last].zh if last else "", (f"前一步为：{names}", f"the step before it: {words}"), rules)


def wrong_stage(step: Move, value: str, expected: tuple[str, str], rules: LedgerRules) -> Fault:
    """Make the fault of a step out of its place."""
    return Fault(
        "wrong_stage", "move", value, *expected, "按程序先办前一步", "Take the step before it first", rules.source(step.rule)
    )


def _in_ledger(step: Move, asset: Mapping[str, Any], standing: Standing, rules: LedgerRules) -> Iterator[Fault]:
    asset_class = known(asset, "asset_class")
    if asset_class not in step.classes:
        yield _other_class(step, asset_class, rules)
    elif standing.disposed and step.name not in {"use_proceeds", "audit"}:
        yield wrong_stage(step, "已处置", ("尚未处置的资产", "an asset that is not disposed of"), rules)
    elif (standing.entered is None) != (step.name in ENTERING):
        expected = (
            ("尚未登记入账的资产", "an asset not yet in the ledger")
            if standing.entered
            else ("已登记入账的资产", "an asset in the ledger")
        )
        yield wrong_stage(step, str(standing.entered or ""), expected, rules)


def _other_class(step: Move, asset_class: Any, rules: LedgerRules) -> Fault:
    """Say that an asset has no class yet, or one that the step is not for."""
    zh = "、".join(f"{ASSET_CLASS.label(kind, 'zh')}（{kind}）" for kind in sorted(step.classes))
    en = ", ".join(f"{ASSET_CLASS.label(kind, 'en')} ({kind})" for kind in sorted(step.classes))
    source = rules.source(step.rule)
    if asset_class is None:
        advice = ("填写资产类别后再办", "Give the class of the asset")
        return Fault("field_missing", "asset_class", "", f"类别之一：{zh}", f"one of the classes: {en}", *advice, source)
    advice = ("该步骤不适用于此类资产；类别有误的先改正", "This step is not for such an asset; mend its class if it is wrong")
    return Fault(
        "wrong_stage", "asset_class", str(asset_class), f"类别为{zh}的资产", f"an asset of the class {en}", *advice, source
    )


def _loose(step: Move, asset: Mapping[str, Any], standing: Standing, rules: LedgerRules) -> Iterator[Fault]:
    """Say whether a step of no chain has its occasion."""
    status = known(asset, "status")
    if step.name == "revive" and status not in judging.WANTING:
        yield wrong_stage(
            step, str(status or ""), ("状态为闲置、低效或亏损", "an asset that is idle, of low yield or loss-making"), rules
        )
    if step.name == "objection" and not any(standing.step(chain) in NOTICED for chain in standing.last):
        yield wrong_stage(step, "", ("有正在公示的事项", "a notice that hangs"), rules)
    if step.name == "answer" and not standing.objections:
        yield wrong_stage(step, "", ("有未答复的异议", "an objection that is not answered"), rules)


def _start(step: Move, asset: Mapping[str, Any], rules: LedgerRules) -> Iterator[Fault]:
    """Say whether a chain begins with the step that is meant for this asset."""
    if step.follows:
        return
    level = known(asset, "owner_level")
    starts: frozenset[str] = frozenset()
    if step.name in DISPOSAL_STARTS:
        starts = disposal_starts(known(asset, "asset_class"), level)
    elif step.chain == "income":
        starts = frozenset({distribution_start(level)})
    if starts and step.name not in starts:
        names = "、".join(sorted(MOVES[name].zh for name in starts))
        words = ", ".join(sorted(MOVES[name].en for name in starts))
        yield wrong_stage(step, str(level or ""), (f"该资产适用：{names}", f"for this asset: {words}"), rules)


def _days(  # noqa: PLR0913 -- a step, its asset, and three days
    step: Move, asset: Mapping[str, Any], standing: Standing, rules: LedgerRules, *, on: date, today: date
) -> Iterator[Fault]:
    if on > today:
        yield fault("future_date", "start_date", on, day=today)
    yield from _before_its_time(asset, standing, on)
    last = standing.last.get(step.chain)
    if last is not None and step.follows:
        begun = day(known(last, "start_date"))
        if begun is not None:
            yield from _after(step, last, begun, rules, on)
    yield from _objected(step, standing)


def _before_its_time(asset: Mapping[str, Any], standing: Standing, on: date) -> Iterator[Fault]:
    """Refuse what is said to have happened before the asset was formed, or before it was entered in the ledger."""
    formed = day(known(asset, "formed_date"))
    if standing.entered is not None and on < standing.entered:
        yield _order(on, standing.entered, ("登记入账日", "its entry in the ledger,"))
    elif formed is not None and on < formed:
        yield _order(on, formed, ("形成日期", "the day on which it was formed,"))


def _order(on: date, earliest: date, what: tuple[str, str]) -> Fault:
    text = (f"不早于{what[0]} {earliest}", f"not before {what[1]} {earliest}")
    return Fault("date_order", "start_date", str(on), *text, "核对日期", "Check the date", "", earliest)


def _after(step: Move, last: Mapping[str, Any], begun: date, rules: LedgerRules, on: date) -> Iterator[Fault]:
    if on < begun:
        before = MOVES[str(last["move"])]
        yield _order(on, begun, (f"前一步“{before.zh}”的日期", f"the step before it ({before.en}),"))
    if not step.waits:
        return
    until = day(known(last, "end_date"))
    earliest = max(filter(None, (rules.after(begun, step.waits), until)))
    if on < earliest:
        days = rules.days(step.waits)
        yield Fault(
            "too_early",
            "start_date",
            str(on),
            f"公示自 {begun} 起满 {days} 日，最早 {earliest}",
            f"the notice from {begun} lasts {days} days; {earliest} at the earliest",
            f"{earliest} 及以后再办",
            f"Take the step on {earliest} or later",
            rules.source(step.waits),
            earliest,
        )


def _objected(step: Move, standing: Standing) -> Iterator[Fault]:
    if not step.chain or not step.follows:
        return
    notice = str(standing.last.get(step.chain, {}).get("event_id", ""))
    for number, item in standing.objections.items():
        if known(item, "answers") in {None, notice}:
            yield Fault(
                "objection_open",
                "objections",
                number,
                "异议均已调查答复",
                "every objection investigated and answered",
                "先办理异议答复",
                "Answer the objection first",
                "湘振局联〔2021〕5号",
            )


def _needs(step: Move, asset: Mapping[str, Any], values: Mapping[str, Any], rules: LedgerRules) -> Iterator[Fault]:
    if known(values, "result") == SENT_BACK:
        yield from _sending_back(step, values, rules)
        return
    for name in step.needs:
        if known(values, name) is not None or (name in STANDING_FIELDS and known(asset, name) is not None):
            continue
        if known(asset, "asset_class") not in NOT_FOR_ALL.get(name, {known(asset, "asset_class")}):
            continue
        yield Fault("field_missing", name, "", "须填写", "must be given", "补填后再办", "Fill it in", rules.source(step.rule))
    if step.name in NOTICED:
        yield from _length(step, values, rules)


def _sending_back(step: Move, values: Mapping[str, Any], rules: LedgerRules) -> Iterator[Fault]:
    if not step.judges:
        yield wrong_stage(step, SENT_BACK, ("审核、审批环节才可退回", "only a review may send back"), rules)
    if known(values, "reason") is None and known(values, "opinion") is None:
        yield Fault("field_missing", "reason", "", "退回须说明理由", "the reason of sending back", "填写理由", "Give the reason")


def _length(step: Move, values: Mapping[str, Any], rules: LedgerRules) -> Iterator[Fault]:
    """Refuse a notice that says itself that it ends too early."""
    start, end = day(known(values, "start_date")), day(known(values, "end_date"))
    key = notice_key(step)
    least = None if start is None else rules.after(start, key)
    if least is not None and end is not None and end < least:
        text = (f"公示不少于 {rules.days(key)} 日，至 {least}", f"a notice of at least {rules.days(key)} days, until {least}")
        yield Fault("notice_short", "end_date", str(end), *text, "延长公示", "Let it hang longer", rules.source(key), least)


def notice_key(step: Move) -> str:
    """Name the rule that says how long a notice hangs."""
    return "inventory_notice_days" if step.name.startswith("inventory") else step.rule
