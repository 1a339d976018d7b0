"""Change requests: who sees them, how each edit stands against what is there now, and what a reviewer decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from geo_app.access import Verb
from geo_app.actions import reach
from geo_app.actions.deciding_errors import (
    GoneError,
    NoNoteError,
    NotAuthorError,
    NothingLeftError,
    OpenFieldsError,
    OwnRequestError,
    RemovalOpenError,
)
from geo_app.actions.edit_faults import faults_of
from geo_app.actions.edit_rows import feature_after, features_of, present
from geo_app.actions.kept_edits import MINE, THEIRS
from geo_app.actions.merge import GEOMETRY, Merge, same, three_way
from geo_app.actions.save_edits import EditFaultsError, seen
from geo_app.actions.submitting import writable
from geo_app.errors import ForbiddenError, NotFoundError
from layers.catalogue import LAYERS
from layers.catalogue import layer as declared
from layers.errors import RequestClosedError
from layers.store import UNCHANGED, Delete, Insert, Replace, Update

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from geo_app.access import Person
    from geo_app.actions.edit_faults import EditFault
    from layers.schema import Layer
    from layers.store import ChangeRequest, Edit, Receipt, Store

LOOKED_AT = 500
WAITING = ("open", "collecting")


@dataclass(frozen=True, slots=True)
class Item:
    """One edit of a request beside what is there now: as it was seen, as it would become, as it is, and the merge of the three.

    `row` counts the rows of an edit that brings several; `stale` says that the feature was changed or removed since.
    """

    at: int
    row: int
    edit: Edit
    layer: Layer
    base: dict[str, Any] | None
    after: dict[str, Any] | None
    now: dict[str, Any] | None
    merge: Merge | None
    stale: bool

    @property
    def gone(self) -> bool:
        """Whether the feature was removed meanwhile."""
        return not isinstance(self.edit, Insert | Replace) and self.now is None

    @property
    def applied(self) -> dict[str, Any] | None:
        """The feature as accepting leaves it: with what was changed meanwhile where nothing stands against it."""
        if self.merge is None or self.after is None or self.now is None:
            return self.after
        return {**self.now, **self.merge.merged} if self.stale else self.after


@dataclass(frozen=True, slots=True)
class Decision:
    """What a reviewer chose: which edits, by number (None: all), how each open field is settled, and a note.

    `choices` has for an edit's number a mapping from field (or `geometry`) to `mine` (the request) or `theirs` (what is there).
    """

    chosen: frozenset[int] | None = None
    choices: Mapping[int, Mapping[str, str]] | None = None
    note: str = ""


def may_review(store: Store, person: Person, request: ChangeRequest) -> bool:
    """Say whether a person may decide on a request: the right to review each of its layers, and each row inside the area."""
    if not request.layers or any(name not in LAYERS or not reach.may(person, name, Verb.REVIEW) for name in request.layers):
        return False
    rights = {name: reach.of(store, person, name, Verb.REVIEW) for name in request.layers}
    if all(right.codes is None for right in rights.values()):
        return True
    states = ((edit.layer, state) for edit in request.edits for state in _states(store, edit))
    return all(writable(declared(name), state, rights[name]) for name, state in states)


def _states(store: Store, edit: Edit) -> Iterator[Mapping[str, Any]]:
    if isinstance(edit, Insert | Replace):
        yield from features_of(edit.frame)
        return
    before = seen(store, edit) or store.get(edit.layer, edit.id)
    if before is not None:
        yield before
        if isinstance(edit, Update):
            yield feature_after(before, edit)


def is_author(person: Person, request: ChangeRequest) -> bool:
    """Say whether this person asked; the person at this machine counts as everybody."""
    return person.is_local or (person.account_id is not None and request.account_id == person.account_id)


def mine(store: Store, person: Person) -> list[ChangeRequest]:
    """List the requests that this person made, the latest first."""
    return store.requests.list(account_id=person.account_id, limit=LOOKED_AT)


def to_review(store: Store, person: Person, *, state: str | None = "open") -> list[ChangeRequest]:
    """List the requests that this person may decide on, the latest first."""
    names = {name for name in LAYERS if reach.may(person, name, Verb.REVIEW)}
    found = store.requests.list(state=state, limit=LOOKED_AT) if names else []  # type: ignore[arg-type]
    able = [item for item in found if item.layers and set(item.layers) <= names and item.state != "collecting"]
    if person.everything:
        return able
    return [item for item in able if may_review(store, person, store.requests.get(item.request_id))]


def get(store: Store, person: Person, request_id: int) -> ChangeRequest:
    """Give a request; raise NotFoundError where it is not for this person, as for one that never was."""
    found = store.requests.get(request_id)
    if not (is_author(person, found) or (found.state != "collecting" and may_review(store, person, found))):
        raise NotFoundError(f"There is no change request {request_id}. Look at the list of requests.")
    return found


def items(store: Store, person: Person, request: ChangeRequest) -> list[Item]:
    """Lay every edit of a request beside what is there now, as far as the person reads it."""
    readable = {name: reach.of(store, person, name) for name in request.layers}
    there: dict[str, dict[str, dict[str, Any]]] = {}
    for name in request.layers:
        ids = [edit.id for edit in request.edits if isinstance(edit, Update | Delete) and edit.layer == name]
        there[name] = present(store, name, ids, readable[name])
    return [item for at, edit in enumerate(request.edits) for item in _items(store, at, edit, there[edit.layer])]


def _items(store: Store, at: int, edit: Edit, there: Mapping[str, dict[str, Any]]) -> Iterator[Item]:
    layer = declared(edit.layer)
    if isinstance(edit, Insert | Replace):
        for row, feature in enumerate(features_of(edit.frame), start=1):
            yield Item(at, row, edit, layer, None, feature, None, None, stale=False)
        return
    now = there.get(edit.id)
    if now is not None and now["ver"] == edit.expected_ver:
        base: dict[str, Any] | None = now
    else:
        base = seen(store, edit)
    after = feature_after(base or now or {}, edit) if isinstance(edit, Update) else None
    stale = now is None or now["ver"] != edit.expected_ver
    yield Item(at, 1, edit, layer, base, after, now, three_way(layer, base, after, now), stale)


def warnings(store: Store, person: Person, request: ChangeRequest) -> tuple[EditFault, ...]:
    """Check the edits of a request as an import would, against what is there now."""
    readable = {name: reach.of(store, person, name) for name in request.layers}
    return faults_of(store, request.edits, readable=readable).faults


def withdraw(store: Store, person: Person, request_id: int) -> None:
    """Take a request back; only its author does."""
    if not is_author(person, get(store, person, request_id)):
        raise NotAuthorError("Only who made a change request takes it back.")
    store.requests.set_state(request_id, "withdrawn", by=person.name)


def hand_in(store: Store, person: Person, request_id: int) -> None:
    """Hand a basket of collected edits in for review; only its author does."""
    found = get(store, person, request_id)
    if not is_author(person, found):
        raise NotAuthorError("Only who collected edits hands them in.")
    if not found.edits:
        raise NothingLeftError("Nothing was collected yet.")
    store.requests.set_state(request_id, "open", by=person.name)


def refuse_own(store: Store, person: Person, request: ChangeRequest) -> None:
    """Refuse a reviewer who made the request, unless the administrator, and whoever may not review it.

    Raises:
        ForbiddenError: in both cases.
    """
    if not may_review(store, person, request):
        raise ForbiddenError("You may not decide on this change request.")
    if is_author(person, request) and not person.everything:
        raise OwnRequestError("Somebody else decides on a change request than who made it.")


def refuse(store: Store, person: Person, request_id: int, note: str) -> tuple[int, ...]:
    """Refuse a request with a note; its edits stay kept for who asked. Gives their numbers.

    Raises:
        BadRequestError: no note.
        ForbiddenError: as `refuse_own`.
        RequestClosedError: it was decided on already.
    """
    found = get(store, person, request_id)
    refuse_own(store, person, found)
    if not note.strip():
        raise NoNoteError("Say why: who asked reads the note.")
    store.requests.set_state(request_id, "refused", by=person.name, note=note)
    return _keep(store, found, found.edits)


def _keep(store: Store, request: ChangeRequest, edits: Sequence[Edit]) -> tuple[int, ...]:
    numbers = store.kept.keep_many(
        edits,
        who=request.who,
        bureau=request.bureau,
        account_id=request.account_id,
        cause="refused",
        origin=request.origin,
        reason=request.reason,
    )
    return tuple(numbers)


def accept(store: Store, person: Person, request_id: int, decision: Decision) -> Receipt:
    """Accept a request, or some of its edits, in one transaction; what is left out stays kept for who asked.

    An edit whose feature was changed meanwhile is applied on the present version, merged: where both changed a field differently
    the reviewer's choice decides.

    Raises:
        BadRequestError: nothing was chosen, or a field that was changed twice has no choice.
        ForbiddenError: as `refuse_own`.
        EditFaultsError: what is to be applied has faults.
        RequestClosedError, StaleVersionError, OutOfReachError: as `Store.accept`; the request stays open.
    """
    request = get(store, person, request_id)
    refuse_own(store, person, request)
    if request.state != "open":
        raise RequestClosedError(f"Change request {request_id} is {request.state} already.", state=request.state)
    chosen = decision.chosen if decision.chosen is not None else frozenset(range(len(request.edits)))
    edits = _settled(items(store, person, request), chosen, decision.choices or {})
    left = [edit for at, edit in enumerate(request.edits) if at not in chosen]
    if not edits:
        raise NothingLeftError("Nothing of the request would be applied: choose an edit, or refuse the request.")
    report = faults_of(store, edits, readable={name: reach.of(store, person, name) for name in request.layers})
    if not report.ok:
        raise EditFaultsError(report)
    receipt = store.accept(
        request_id,
        who=person.name,
        bureau=person.bureau,
        note=decision.note,
        reach=reach.for_writing(store, person, request.layers, Verb.REVIEW),
        account_id=person.account_id,
        edits=edits,
    )
    _keep(store, request, left)
    return receipt


def _settled(found: Sequence[Item], chosen: Collection[int], choices: Mapping[int, Mapping[str, str]]) -> list[Edit]:
    """Give the chosen edits on the present versions."""
    edits: list[Edit] = []
    for item in found:
        if item.at not in chosen or item.row > 1:
            continue
        if not item.stale:
            edits.append(item.edit)
            continue
        merged = _merged(item, choices.get(item.at, {}))
        edits += [merged] if merged is not None else []
    return edits


def _merged(item: Item, choices: Mapping[str, str]) -> Edit | None:
    if item.now is None:
        name = f"{item.layer.name} {getattr(item.edit, 'id', '')}"
        raise GoneError(f"{name} was removed meanwhile: leave this edit out, or let the feature be brought back first.")
    if isinstance(item.edit, Delete):
        if choices.get("deletion") != MINE:
            raise RemovalOpenError(
                f"{item.layer.name} {item.edit.id} was changed meanwhile: say whether it is removed all the same."
            )
        return Delete(item.layer.name, item.edit.id, item.now["ver"])
    if item.merge is None:
        return item.edit
    open_ = [part.name for part in item.merge.parts if part.state == "conflict" and choices.get(part.name) not in {MINE, THEIRS}]
    if open_:
        raise OpenFieldsError(item.layer.name, tuple(open_))
    values = {
        part.name: part.mine if choices.get(part.name, part.state) == MINE else part.theirs
        for part in item.merge.parts
        if part.state not in {"same", "both_same"}
    }
    changed = {name: value for name, value in values.items() if not same(item.now.get(name), value)}
    shape = changed.pop(GEOMETRY) if GEOMETRY in changed else UNCHANGED
    if not changed and shape is UNCHANGED:
        return None
    return Update(item.layer.name, str(item.now["id"]), item.now["ver"], changed, shape)
