"""Edits that another tool (QGIS, OWSLib) sends feature by feature: which version it saw, and where its edits go.

Some tools do not say which version they edit. They are compared with what was last served to the account: when nobody else
changed the feature since, the edit applies to the present version, otherwise it is refused and kept for merging.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, NoReturn

from geo_app.access import Verb
from geo_app.actions import reach as rights
from geo_app.actions import save_edits, submitting
from geo_app.actions.edit_faults import faults_of
from geo_app.actions.edit_rows import feature_after
from geo_app.actions.keeping import REFUSALS, keep_refused
from geo_app.actions.save_edits import EditFaultsError, StaleEditsError, seen
from geo_app.errors import ForbiddenError
from layers.errors import NotFoundError, PreconditionRequiredError, RequestClosedError
from layers.schema import PersonError
from layers.store import UNCHANGED, Change, Delete, Insert, Update

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geo_app.access import Person
    from layers.store import Edit, Reach, Store, VersionRecord
    from layers.store.papers import Cause

LOCAL_ACCOUNT = 0
"""Stands for the one person of an installation without accounts in the notes of what was served."""


class GoneError(PersonError, LookupError):
    """A feature that was there once and was removed."""

    code: ClassVar[str] = "gone"


class Sent(NamedTuple):
    """What became of an edit: the feature's version, or the number of the request in which it waits."""

    ver: int | None
    request_id: int | None


def account_number(person: Person) -> int:
    """Give the number under which it is noted what somebody was served."""
    return LOCAL_ACCOUNT if person.account_id is None else person.account_id


def expected_version(store: Store, person: Person, layer: str, present: Mapping[str, Any], named: int | None = None) -> int:
    """Give the version that an edit without If-Match is an edit of.

    Args:
        store: the store.
        person: who edits.
        layer: name of the layer.
        present: the feature as it is now.
        named: the version that stands in what the tool sent, when it sends all properties back.

    Raises:
        PreconditionRequiredError: the feature was never served to this account.
    """
    number, now = str(present["id"]), int(present["ver"])
    saw = named if named is not None else served_version(store, person, layer, number)
    if saw is None:
        raise PreconditionRequiredError(
            f"{layer} {number}: the version that was seen is missing. Read the feature first, or send its ETag as If-Match."
        )
    return now if saw < now and _only_by(store, person, layer, number, saw) else saw


def served_version(store: Store, person: Person, layer: str, number: str) -> int | None:
    """Give the version of a feature that was last served to this person; None where it never was."""
    found: int | None = store.served.seen(account_number(person), layer, number)
    return found


def _only_by(store: Store, person: Person, layer: str, number: str, saw: int) -> bool:
    """Say whether all versions since one were made by this person."""
    return all(_same(store, person, item) for item in store.history(layer, number) if item.ver > saw)


def _same(store: Store, person: Person, item: VersionRecord) -> bool:
    if person.account_id is not None:
        return bool(store.change(item.change_id).account_id == person.account_id)
    return (item.who, item.bureau) == (person.name, person.bureau)


def writable_fields(store: Store, person: Person, layer: str) -> frozenset[str] | None:
    """Name the fields that a person may write or ask to be written; None for all, and for whom the whole edit is refused."""
    return rights.of(store, person, layer, Verb.SUBMIT).fields if rights.may(person, layer, Verb.SUBMIT) else None


def base_of(store: Store, edit: Update) -> dict[str, Any] | None:
    """Give the feature as the editor saw it; None where there never was such a version."""
    return seen(store, edit)


def refuse_missing(store: Store, layer: str, number: str, reading: Reach) -> None:
    """Tell somebody who may know it that a feature was removed.

    Raises:
        GoneError: it was there once, and the person could read it.
    """
    past = store.history(layer, number, reach=reading)
    if past:
        last = past[-1]
        raise GoneError(f"{layer} {number} was removed by {last.who} ({last.bureau}) at {last.at:%Y-%m-%d %H:%M} UTC.")


def refuse(store: Store, person: Person, edit: Edit | None, error: PersonError, *, reason: str) -> NoReturn:
    """Refuse an edit before it is tried, and keep it where there is one; who may not write the layer is told that first.

    Raises:
        ForbiddenError: the person may not write the layer.
        PersonError: the error, otherwise.
    """
    if edit is None:
        raise error
    try:
        rights.for_writing(store, person, [edit.layer], Verb.SUBMIT)
    except ForbiddenError as forbidden:
        error = forbidden
    cause: Cause | None = "stale" if isinstance(error, GoneError) else "missing" if isinstance(error, LookupError) else None
    keep_refused(store, person, [edit], error, origin="ogc", reason=reason, cause=cause)
    raise error


def send(store: Store, person: Person, edit: Insert | Update | Delete, *, reason: str) -> Sent:
    """Apply an edit as a change, or collect it in the account's basket when the account may only submit.

    Raises:
        EditFaultsError, StaleEditsError, OutOfReachError, ForbiddenError, NotFoundError: as `save_edits.save`.
    """
    if isinstance(edit, Update) and not edit.values and edit.geometry is UNCHANGED:
        return Sent(edit.expected_ver, None)
    if person.account_id is not None and not rights.may(person, edit.layer, Verb.APPLY):
        try:
            return Sent(None, _collect(store, person, edit, reason))
        except REFUSALS as error:
            keep_refused(store, person, [edit], error, origin="ogc", reason=reason)
            raise
    saved = save_edits.save(store, person, [edit], reason=reason, origin="ogc", kind="ogc")
    if saved.receipt is None or isinstance(edit, Delete):
        return Sent(None, saved.request_id)
    number = str(edit.frame["id"].iloc[0]) if isinstance(edit, Insert) else edit.id
    made = [item.ver for item in store.history(edit.layer, number) if item.change_id == saved.receipt.change_id]
    return Sent(made[-1] if made else None, None)


def _collect(store: Store, person: Person, edit: Insert | Update | Delete, reason: str) -> int:
    name, number = edit.layer, None if isinstance(edit, Insert) else edit.id
    readable = {name: rights.of(store, person, name)}
    asking = rights.for_writing(store, person, [name], Verb.SUBMIT)
    report = faults_of(store, [edit], readable=readable)
    if not report.ok:
        raise EditFaultsError(report, (_keep(store, person, edit, "faults", reason=reason),))
    submitting.refuse_out_of_reach(store, [edit], asking, readable)
    if number is not None:
        _refuse_stale(store, person, edit, readable[name], reason)
    basket = store.requests.collecting(account_number(person))
    if basket is not None:
        with suppress(RequestClosedError):  # handed in at this very moment: a new one is begun
            store.requests.add_edits(basket.request_id, [edit])
            return int(basket.request_id)
    change = Change(person.name, person.bureau, reason, (edit,), kind="ogc", account_id=person.account_id)
    return int(store.requests.submit(change, account_id=person.account_id, origin="ogc", state="collecting"))


def _keep(store: Store, person: Person, edit: Edit, cause: Cause, *, reason: str, theirs: int | None = None) -> int:  # noqa: PLR0913 - what is kept of it
    return int(
        store.kept.keep(
            edit,
            who=person.name,
            bureau=person.bureau,
            account_id=person.account_id,
            cause=cause,
            origin="ogc",
            reason=reason,
            theirs_ver=theirs,
        )
    )


def _refuse_stale(store: Store, person: Person, edit: Insert | Update | Delete, reading: Reach, reason: str) -> None:
    """Refuse an edit of a version that is no longer the present one before it waits for days in a basket."""
    if isinstance(edit, Insert):
        return
    present = store.get(edit.layer, edit.id, reach=reading)
    if present is not None and present["ver"] == edit.expected_ver:
        return
    past = store.history(edit.layer, edit.id, reach=reading)
    if not past:
        raise NotFoundError(f"Layer {edit.layer} has no feature {edit.id}. Read the layer again.")
    base, last = seen(store, edit), past[-1]
    kept = _keep(store, person, edit, "stale", reason=reason, theirs=None if present is None else int(present["ver"]))
    conflict = {
        "layer": edit.layer,
        "id": edit.id,
        "expected_ver": edit.expected_ver,
        "ver": None if present is None else present["ver"],
        "feature": present,
        "who": last.who,
        "bureau": last.bureau,
        "at": last.at,
        "base": base,
        "mine": None if isinstance(edit, Delete) else feature_after(base or present or {}, edit),
        "theirs": present,
        "kept_id": kept,
    }
    text = f"{edit.layer} {edit.id} was changed by {last.who} ({last.bureau}); your edit is kept under number {kept} for merging."
    raise StaleEditsError(text, conflicts=[conflict], kept=(kept,))
