"""An asset as the ledger knows it: its row, its events, where it stands and the rules of its area."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from geo_app.actions import held, reach
from geo_app.actions.ledger.rights import area_of
from geo_app.errors import NotFoundError, in_both
from layers.area_rules import lineage
from layers.errors import StaleVersionError
from layers.row_values import known
from layers.store import Condition
from processing.ledger import rules, standing
from processing.ledger.replaying import replay
from processing.rule_keys import LEDGER

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from geo_app.access import Person
    from layers.store import Store
    from processing.areas import Areas
    from processing.ledger.faults import Violation
    from processing.ledger.rules import LedgerRules, Value
    from processing.ledger.standing import Standing


@dataclass(frozen=True)
class AssetRecord:
    """An asset with everything that its steps are judged by.

    `shown` is the row as this person may see it, `row` the whole one, which never leaves the actions.
    """

    row: Mapping[str, Any]
    shown: Mapping[str, Any]
    events: tuple[Mapping[str, Any], ...]
    standing: Standing
    rules: LedgerRules
    violations: tuple[Violation, ...]

    @property
    def asset_id(self) -> str:
        """Number of the asset."""
        return str(self.row["asset_id"])

    @property
    def ver(self) -> int:
        """Version that was read."""
        return int(self.row["ver"])

    @property
    def area(self) -> str | None:
        """Finest area code that the asset states."""
        return area_of(self.row)


def own_rules(store: Store) -> list[Value]:
    """Read the rules of the ledger that areas set for themselves."""
    return list(rules.from_rows(store.features("area_rules", [Condition("part", "=", LEDGER)])))


def rules_of(
    store: Store, row: Mapping[str, Any], today: date, *, tree: Areas | None = None, own: Sequence[Value] | None = None
) -> LedgerRules:
    """Give the rules that hold where a row lies: of its areas as the store knows them, then of the prefecture and province.

    The installation's own rules prevail in their area. Who asks for many rows gives the hierarchy of areas and these rules,
    each read once.
    """
    code = area_of(row)
    known_areas = (held.areas(store) if tree is None else tree).ancestors(code) if code else ()
    return rules.rules_for(tuple(dict.fromkeys((*known_areas, *lineage(row)))), today, own_rules(store) if own is None else own)


def asset(store: Store, person: Person, asset_id: str, today: date) -> AssetRecord:
    """Read an asset with its events.

    Raises:
        NotFoundError: there is none of this number, or the person may not read it; both are said alike.
    """
    limit = reach.of(store, person, "assets")
    found = store.read("assets", where=(Condition("asset_id", "=", asset_id),), geometry=False, reach=limit)
    if found.empty:
        raise NotFoundError(f"There is no asset {asset_id}. Look at the list of assets.")
    number = str(found["id"].iloc[0])
    row, shown = store.get("assets", number), store.get("assets", number, reach=limit)
    if row is None or shown is None:
        raise NotFoundError(f"There is no asset {asset_id}. Look at the list of assets.")
    events = events_of(store, asset_id)
    holding = rules_of(store, row, today)
    return AssetRecord(
        row, shown, events, standing.of(row, events), holding, replay(row, events, holding, today=today).violations
    )


def events_of(store: Store, key: str, field: str = "asset_id") -> tuple[Mapping[str, Any], ...]:
    """Read the events of an asset or a ledger, in their order."""
    rows = store.read("asset_events", where=(Condition(field, "=", key),))
    return tuple(standing.ordered([{str(name): value for name, value in row.items()} for row in rows.to_dict("records")]))


def stale(store: Store, layer: str, number: str, shown: Mapping[str, Any], expected: int) -> StaleVersionError:
    """Make the error for an asset or ledger that somebody else acted on meanwhile; `shown` is the row as the person sees it."""
    ver, name = int(shown["ver"]), str(known(shown, "name") or number)
    last = store.history(layer, str(shown["id"]))[-1]
    item = {"layer": layer, "id": str(shown["id"]), "expected_ver": expected, "ver": ver, "feature": dict(shown)}
    by, at = f"{last.who} ({last.bureau})" if last.bureau else last.who, f"{last.at:%Y-%m-%d %H:%M}"
    said = (
        f"{name} ({number}) was changed meanwhile by {by} at {at} UTC (version {ver}, seen {expected}). Nothing was saved. "
        "Look at it again and take the step then."
    )
    by_zh = f"{last.who}（{last.bureau}）" if last.bureau else last.who
    zh = (
        f"“{name}”（{number}）在您打开之后已由{by_zh}于 {at}（UTC）修改："
        f"您看到的是第 {expected} 版，现为第 {ver} 版。没有保存，请核对现在的内容后再办理。"
    )
    return in_both(StaleVersionError(said, conflicts=[item | {"who": last.who, "bureau": last.bureau, "at": last.at}]), zh)
