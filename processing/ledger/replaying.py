"""Which rules a history breaks: every event judged by what was before it, and what the asset lacks today (E8, E11–E14)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from layers.catalogue import LAYERS
from layers.row_values import known
from processing.ledger.checking import check
from processing.ledger.faults import Violation
from processing.ledger.moves import MOVES
from processing.ledger.standing import DISPOSED, day, listed, of, ordered

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from processing.ledger.rules import LedgerRules
    from processing.ledger.standing import Standing

LAYER: Final = LAYERS["assets"]
CHECKS: Final = {"entry": "E8", "rights": "E8", "change": "E8", "income": "E13", "disposal": "E14"}
"""Which check of the dictionary a fault of a chain belongs to."""


@dataclass(frozen=True)
class Replayed:
    """Where an asset stands by its events, and what they break."""

    standing: Standing
    violations: tuple[Violation, ...]


def replay(
    asset: Mapping[str, Any], events: Sequence[Mapping[str, Any]], rules: LedgerRules, *, today: date | None = None
) -> Replayed:
    """Judge the history of an asset.

    The asset is taken back to what it was before its events by what they record as changed; each event is then judged as if it
    were to be taken on its day. With `today`, what the asset lacks by then is named as well.
    """
    told = ordered(events)
    found: list[Violation] = []
    row = _before(asset, told)
    for number, event in enumerate(told):
        name = str(known(event, "move") or "")
        if name in MOVES:
            found += _judged(name, row, told[:number], event, rules)
        row = {**row, **{item["field"]: item.get("after") for item in _changes(event)}}
    standing = of(asset, told)
    if today is not None:
        found += list(lacking(asset, standing, rules, today))
    return Replayed(standing, tuple(found))


def _changes(event: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [item for item in listed(event, "changes") if isinstance(item, dict) and "after" in item]


def _changed_unseen(event: Mapping[str, Any]) -> bool:
    """Say whether an event changed a field whose content it does not keep, because it names a person of a household."""
    return any(isinstance(item, dict) and "after" not in item for item in listed(event, "changes"))


def _before(asset: Mapping[str, Any], told: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    row = dict(asset)
    for event in reversed(told):
        row |= {item["field"]: item.get("before") for item in _changes(event)}
    return row


def _judged(
    name: str, row: Mapping[str, Any], before: Sequence[Mapping[str, Any]], event: Mapping[str, Any], rules: LedgerRules
) -> Iterator[Violation]:
    said = {
        **{item["field"]: item.get("after") for item in _changes(event)},
        **{k: event[k] for k in event if known(event, k) is not None},
    }
    on = day(known(event, "start_date"))
    move = MOVES[name]
    for fault in check(name, row, before, said, rules, today=date.max):
        unseen = fault.code == "field_missing" or (fault.code == "nothing_changes" and _changed_unseen(event))
        hidden = known(row, "asset_class") == "HHD" and unseen
        if not hidden:
            yield Violation(
                CHECKS.get(move.chain, "E8"),
                fault.code,
                "broken",
                on,
                f"{move.zh}：{fault.expected_zh}",
                f"{move.en}: {fault.expected_en}",
                fault.source,
            )


NEEDED: Final = {
    "PUB": (("E12", "upkeep", ("maintainer", "maintenance_fund"), "公益性资产须落实管护人和经费", "a maintainer and a fund"),),
    "OPR": (
        (
            "E13",
            "operation",
            ("operator", "mode", "term_start", "term_end", "plan_exists"),
            "经营性资产须明确经营主体、方式、期限和方案",
            "operator, mode, term and plan",
        ),
    ),
}


def lacking(asset: Mapping[str, Any], standing: Standing, rules: LedgerRules, today: date) -> Iterator[Violation]:
    """Name what an asset in the ledger lacks: upkeep, operation, a yearly settlement, a benefit period, the reuse of proceeds."""
    if standing.entered is None:
        return
    if standing.disposed or known(asset, "status") == DISPOSED:
        if standing.step("disposal") == "write_off":
            yield _lack(
                "E14", "proceeds", "处置收入须重新用于巩固脱贫成果和乡村振兴", "proceeds used for consolidation again", rules
            )
        return
    asset_class = str(known(asset, "asset_class"))
    for check_, key, names, zh, en in NEEDED.get(asset_class, ()):
        missing = [name for name in names if known(asset, name) in {None, False}]
        if missing:
            names_zh, names_en = "、".join(LAYER[name].zh for name in missing), ", ".join(LAYER[name].en for name in missing)
            yield _lack(check_, key, f"{zh}（缺：{names_zh}）", f"{en} (lacking: {names_en})", rules)
    months = known(asset, "benefit_months")
    limit = rules.days("household_months")
    if asset_class == "HHD" and (months is None or int(months) <= limit):
        text = (f"到户类资产受益期须超过 {limit} 个月", f"a benefit period above {limit} months")
        yield _lack("E11", "household_months", *text, rules)
    if asset_class == "OPR":
        yield from _settlement(asset, standing, rules, today)


def _settlement(asset: Mapping[str, Any], standing: Standing, rules: LedgerRules, today: date) -> Iterator[Violation]:
    last = max(filter(None, (standing.last_settled, day(known(asset, "settled_date")), standing.entered)), default=None)
    if last is not None and last < date(today.year - 1, 1, 1):
        times = rules.days("settlements_per_year")
        text = (f"每年至少结算 {times} 次收益", f"income settled every year, {times} time(s) at least")
        yield _lack("E13", "settlements_per_year", *text, rules, on=last)


def _lack(  # noqa: PLR0913 -- what is said of something lacking
    check_: str, key: str, zh: str, en: str, rules: LedgerRules, *, on: date | None = None
) -> Violation:
    return Violation(check_, key, "lacking", on, zh, en, rules.source(key))
