"""What is owed for assets and ledgers: each duty once, with the day of its cause, its last day, who acts and the rule."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final

from layers.row_values import known
from processing import dues
from processing.ledger import publishing
from processing.ledger.checking import notice_key
from processing.ledger.judging import WANTING
from processing.ledger.moves import COUNTY, GOVERNMENT, KEEPERS, MOVES, NOTICED, SECTOR, TOWNSHIP, VILLAGE
from processing.ledger.standing import day, of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from processing.dues import Due
    from processing.ledger.rules import LedgerRules
    from processing.ledger.standing import Standing

    Rows = Sequence[Mapping[str, Any]]

AREAS: Final = ("village_code", "township_code", "county_code")


class _Pad:
    """Writes the dues of one row."""

    def __init__(self, layer: str, key: str, row: Mapping[str, Any], rules: LedgerRules, today: date) -> None:
        self.row, self.rules, self.today = row, rules, today
        self.head = (layer, key)
        self.area = next((str(row[name]) for name in AREAS if known(row, name) is not None), None)

    def due(self, kind: str, rule: str, since: date, due_on: date | None, roles: Iterable[str]) -> Due:
        value = self.rules.of(rule)
        return dues.made(
            kind,
            *self.head,
            title=str(known(self.row, "name") or self.head[1]),
            since=since,
            due_on=due_on,
            today=self.today,
            area_code=self.area,
            roles=roles,
            rule_id=value.rule_id,
            document=value.document,
        )


def of_assets(
    assets: Rows, events: Iterable[Mapping[str, Any]], rules: Callable[[Mapping[str, Any]], LedgerRules], today: date
) -> list[Due]:
    """List what is owed for assets.

    Args:
        assets: rows of the layer `assets`.
        events: rows of the layer `asset_events`, of any asset.
        rules: gives the rules that hold for a row.
        today: the day of the office.
    """
    by_asset: dict[str, list[Mapping[str, Any]]] = {}
    for event in events:
        by_asset.setdefault(str(known(event, "asset_id") or ""), []).append(event)
    found: list[Due] = []
    for asset in assets:
        pad = _Pad("assets", str(asset["asset_id"]), asset, rules(asset), today)
        found += _asset(pad, of(asset, by_asset.get(str(asset["asset_id"]), [])))
    one_each = {item.uid: item for item in found}  # several objections of one day are answered as one thing that is owed
    return dues.in_order(one_each.values())


def _asset(pad: _Pad, standing: Standing) -> Iterator[Due]:
    yield from _chains(pad, standing)
    entered = standing.entered
    if entered is None or standing.disposed:
        return
    row = pad.row
    if known(row, "asset_class") == "PUB" and (known(row, "maintainer") is None or known(row, "maintenance_fund") is None):
        yield pad.due("asset_upkeep", "upkeep", entered, None, KEEPERS | VILLAGE)
    elif known(row, "asset_class") == "PUB":
        yield pad.due("asset_upkeep_money", "upkeep_per_year", *_this_year(pad.today, standing.last_upkeep), KEEPERS)
    if known(row, "asset_class") == "OPR":
        yield from _operating(pad, standing, entered)
    if known(row, "asset_class") in {"OPR", "PUB"} and known(row, "confirmed") is not True and "rights" not in standing.last:
        yield pad.due("asset_rights", "rights", entered, None, COUNTY)
    if known(row, "status") in WANTING:
        yield pad.due("asset_revive", "revival", entered, None, KEEPERS | VILLAGE)


def _this_year(today: date, last: date | None) -> tuple[date, date]:
    """Give the first and last day of the year for which something yearly is owed: this one, or the next where it was done."""
    year = today.year + (last is not None and last.year >= today.year)
    return date(year, 1, 1), date(year, 12, 31)


def _operating(pad: _Pad, standing: Standing, entered: date) -> Iterator[Due]:
    """An operation settled, income settled by the end of each year, and the end of the contract."""
    row = pad.row
    if any(known(row, name) in {None, False} for name in ("operator", "mode", "term_start", "term_end", "plan_exists")):
        yield pad.due("asset_operation", "operation", entered, None, KEEPERS | VILLAGE)
    last = max(filter(None, (standing.last_settled, day(known(row, "settled_date")))), default=None)
    since = last or entered
    yield pad.due("asset_settle", "settlements_per_year", since, date(since.year + 1, 12, 31), VILLAGE | KEEPERS)
    end = day(known(row, "term_end"))
    if end is not None:
        yield pad.due("asset_contract", "contract_soon_days", day(known(row, "term_start")) or entered, end, VILLAGE | KEEPERS)
    if standing.balance > 0 and "income" not in standing.last:
        yield pad.due("asset_distribute", "distribution_filed_with", since, None, VILLAGE | KEEPERS)


NEXT: Final[Mapping[str, tuple[str, str, frozenset[str]]]] = {
    "rights": ("asset_rights_next", "rights", COUNTY | SECTOR),
    "change": ("asset_change_next", "change", VILLAGE | TOWNSHIP | SECTOR | COUNTY),
    "income": ("asset_income_next", "distribution_filed_with", VILLAGE | TOWNSHIP | COUNTY | GOVERNMENT),
    "disposal": ("asset_disposal_next", "disposal", VILLAGE | TOWNSHIP | SECTOR | COUNTY),
    "entry": ("asset_entry_next", "rights", VILLAGE | TOWNSHIP | SECTOR | COUNTY),
}
"""By chain: what is owed while it is under way, the rule and who acts."""


def _chains(pad: _Pad, standing: Standing) -> Iterator[Due]:
    """The next step of every procedure under way, the end of a notice, and objections without an answer."""
    for chain, last in standing.last.items():
        since = day(known(last, "start_date")) or pad.today
        step = standing.step(chain)
        if step in NOTICED:
            until = pad.rules.after(since, notice_key(MOVES[step]))
            yield pad.due(
                "asset_notice_end",
                notice_key(MOVES[step]),
                since,
                max(until, day(known(last, "end_date")) or until),
                NEXT[chain][2],
            )
            continue
        kind, rule, roles = ("asset_proceeds", "proceeds", KEEPERS | VILLAGE) if step == "write_off" else NEXT[chain]
        following = [move for move in MOVES.values() if move.chain == chain and step in move.follows]
        yield pad.due(kind, rule, since, None, frozenset().union(*(move.roles for move in following)) or roles)
    for item in standing.objections.values():
        yield pad.due("asset_objection", "rights", day(known(item, "start_date")) or pad.today, None, KEEPERS)


def of_ledgers(ledgers: Rows, rules: Callable[[Mapping[str, Any]], LedgerRules], today: date) -> list[Due]:
    """List what is owed for ledgers: publication in seven days, the end of the notice, the next step, publication every year."""
    found: list[Due] = []
    for ledger in ledgers:
        pad = _Pad("ledgers", str(ledger["ledger_id"]), ledger, rules(ledger), today)
        found += _ledger(pad, str(known(ledger, "state") or ""), str(known(ledger, "level") or ""))
    return dues.in_order(found)


def first_ledgers(assets: Rows, ledgers: Rows, rules: Callable[[Mapping[str, Any]], LedgerRules], today: date) -> list[Due]:
    """List the counties that hold entered assets and never built a ledger of the county (AN-15).

    The last day is that of the rule, or the day of the first entry where the county began later.
    """
    built = {known(row, "county_code") for row in ledgers if known(row, "level") == publishing.COUNTY_LEVEL}
    begun: dict[str, date] = {}
    for asset in assets:
        county, entered = known(asset, "county_code"), day(known(asset, "registered_on"))
        if county is not None and county not in built and entered is not None:
            begun[str(county)] = min(entered, begun.get(str(county), entered))
    found = []
    for county, since in begun.items():
        row = {"county_code": county}
        pad = _Pad("counties", county, row, rules(row), today)
        by = day(pad.rules.of("first_ledger_by").value) or since
        found.append(pad.due("ledger_first", "first_ledger_by", since, max(by, since), COUNTY))
    return dues.in_order(found)


def _ledger(pad: _Pad, state: str, level: str) -> Iterator[Due]:
    row = pad.row
    since = max(filter(None, (day(known(row, name)) for name in publishing.DAYS)), default=None)
    if since is None:
        return
    local = level in publishing.LOCAL
    if state == "built" and local:
        by = publishing.publish_by(row, pad.rules)
        roles = VILLAGE if level == publishing.VILLAGE_LEVEL else TOWNSHIP
        yield pad.due("ledger_publish", "publication_days", since, by, roles)
    elif state == "published":
        key = publishing.notice_days_key(level)
        yield pad.due("ledger_confirm", key, since, publishing.notice_over(row, pad.rules), SECTOR | COUNTY)
    elif state == "open":
        yield pad.due("ledger_republish", "publications_per_year", since, date(since.year + 1, 12, 31), COUNTY)
    elif state in {"built", "merged", "approved"}:
        roles = GOVERNMENT if state == "merged" else SECTOR | COUNTY if level == publishing.SECTOR_LEVEL else COUNTY
        yield pad.due("ledger_next", "ledger_course", since, None, roles)
