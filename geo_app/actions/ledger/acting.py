"""One step of an asset: rights, rules, and one change with the asset's new content and its event."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from geo_app.actions.ledger import displacing, event_rows, records, rights
from geo_app.errors import BadRequestError
from layers.errors import DuplicateKeyError, PreconditionRequiredError
from layers.row_values import known
from layers.store import UNCHANGED, Change, Update
from processing.ledger import checking, effects
from processing.ledger import displacing as moving
from processing.ledger.moves import DISPOSAL_STARTS, MOVES, NOTICED
from processing.ledger.standing import day, money

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    import shapely

    from geo_app.access import Person
    from geo_app.actions.ledger.records import AssetRecord
    from layers.store import Receipt, Store
    from processing.ledger.faults import Offer
    from processing.ledger.moves import Move


@dataclass(frozen=True, slots=True)
class Acted:
    """What a step did: the receipt of its change, the fields of the asset that changed, and the event."""

    receipt: Receipt
    changed: Mapping[str, Any]
    event: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Offered:
    """A step that stands next: what the rules say, and whether this person may take it."""

    offer: Offer
    mine: bool


def act(  # noqa: PLR0913 -- who does what to which asset, seen as what
    store: Store,
    person: Person,
    asset_id: str,
    move: str,
    values: Mapping[str, Any],
    *,
    expected_ver: int | None,
    today: date,
    place: shapely.Geometry | None = None,
) -> Acted:
    """Take a step of an asset.

    Args:
        store: the store.
        person: who acts; role and area are asked for.
        asset_id: number of the asset.
        move: name of the step (`processing.ledger.moves`).
        values: what is given with it; `start_date` is its day, today when it is not given.
        expected_ver: version of the asset that was seen.
        today: the day of the office.
        place: where a moved asset stands now (EPSG:4490); the step of a relocation needs it, no other takes one.

    Raises:
        NotSignedInError, NotFoundError, ForbiddenError: the rights do not reach so far.
        BadRequestError: no such step, or values that it does not take.
        PreconditionRequiredError, StaleVersionError: the version is missing, or the asset was changed meanwhile.
        LedgerFaultsError: the rules refuse the step; every reason is named.
    """
    step = MOVES.get(move)
    if step is None:
        raise BadRequestError(f"There is no step {move!r} of the asset ledger; there are: {', '.join(MOVES)}.")
    found = records.asset(store, person, asset_id, today)
    rights.require(store, person, step.roles, found.area, what=step.en)
    if expected_ver is None:
        raise PreconditionRequiredError(
            f"assets {asset_id}: the version that was seen is missing. Read the asset again and send its version."
        )
    if expected_ver != found.ver:
        raise records.stale(store, "assets", found.asset_id, found.shown, expected_ver)
    given = _answering(step, found, event_rows.values_of(step, values))
    faults = checking.check(step.name, found.row, found.events, given, found.rules, today=today)
    if faults:
        raise rights.LedgerFaultsError(faults)
    displacing.require_place(found, step, place)
    return _apply(store, person, found, step, given, today=today, place=place)


def _answering(step: Move, found: AssetRecord, values: dict[str, Any]) -> dict[str, Any]:
    """Name the notice that an objection is against, where the person did not."""
    if step.name != "objection" or known(values, "answers") is not None:
        return values
    notices = [item for chain, item in found.standing.last.items() if found.standing.step(chain) in NOTICED]
    return {**values, "answers": str(notices[-1]["event_id"])} if notices else values


def _apply(  # noqa: PLR0913 -- the parts of one step
    store: Store,
    person: Person,
    found: AssetRecord,
    step: Move,
    values: Mapping[str, Any],
    *,
    today: date,
    place: shapely.Geometry | None,
) -> Acted:
    row = found.row
    on = day(known(values, "start_date")) or today
    changed = effects.changes(step, row, values, on, found.events)
    if place is not None:
        changed |= displacing.codes_at(store, person, found, step, place)
    seq = max((int(known(item, "seq") or 0) for item in found.events), default=0) + 1
    event = event_rows.event_row(
        step, ("asset_id", found.asset_id), values, row, person=person, seq=seq, today=today, rules=found.rules
    )
    event["changes"] = effects.recorded(row, changed)
    if place is not None:
        event["changes"].append(moving.record(row["geometry"], place))
        event["moved_m"] = moving.distance_m(row["geometry"], place)
    if "current_value" in changed:
        event |= {"value_before": _number(row, "current_value"), "value_after": changed["current_value"]}
    if step.chain == "disposal":
        event["chain"] = DISPOSAL_STARTS.get(step.name) or found.standing.disposal_chain or None
    shape = UNCHANGED if place is None else place
    update = Update("assets", str(row["id"]), found.ver, changed, geometry=shape)
    change = Change(
        person.name,
        person.bureau,
        f"{step.zh}：{row['name']}",
        (update, event_rows.insert([event])),
        kind="ledger",
        account_id=person.account_id,
    )
    try:
        receipt = store.apply(change)
    except DuplicateKeyError as error:
        raise records.stale(store, "assets", found.asset_id, found.shown, found.ver) from error
    return Acted(receipt, changed, event)


def _number(row: Mapping[str, Any], name: str) -> float | None:
    amount = money(known(row, name))
    return None if amount is None else float(amount)


def offers(store: Store, person: Person, asset_id: str, today: date) -> list[Offered]:
    """List the steps that stand next for an asset, those that this person may take first."""
    found = records.asset(store, person, asset_id, today)
    return offered(store, person, found, today)


def offered(store: Store, person: Person, found: AssetRecord, today: date) -> list[Offered]:
    """List the steps of an asset that was read."""
    listed = [
        Offered(offer, rights.holds(store, person, offer.move.roles, found.area))
        for offer in checking.allowed(found.row, found.events, found.rules, today=today)
    ]
    return sorted((replace(item) for item in listed), key=lambda item: (not item.mine, not item.offer.possible))
