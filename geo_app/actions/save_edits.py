"""The one way in for edits by hand, by another tool, in bulk or in the field: rights, checks, the store, and what is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from geo_app.access import Verb
from geo_app.actions import already_saved, reach, submitting
from geo_app.actions.edit_faults import faults_of
from geo_app.actions.edit_rows import feature_after
from geo_app.actions.keeping import REFUSALS, keep_refused
from geo_app.errors import BadRequestError, ForbiddenError
from geo_app.progress import Progress
from layers.catalogue import LAYERS
from layers.errors import NotFoundError, OutOfReachError, PreconditionRequiredError, StaleVersionError
from layers.files import FaultsError
from layers.store import Change, Delete, Update
from layers.store.reaching import narrow_feature

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from geo_app.access import Person
    from geo_app.actions.edit_faults import EditFault, EditReport
    from layers.store import Edit, Reach, Receipt, Store
    from layers.store.papers import Cause, Origin
    from layers.store.records import Kind

SHOWN = 5


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of edits: the receipt of their change, or the number of the request that waits for a reviewer; warnings.

    `again` says that they had been applied before and the answer got lost.
    """

    receipt: Receipt | None
    request_id: int | None
    warnings: tuple[EditFault, ...] = ()
    again: bool = False


class EditFaultsError(FaultsError):
    """Edits that do not meet their layer; `report` has every fault, `kept` the numbers under which the edits are kept."""

    def __init__(self, report: EditReport, kept: tuple[int, ...] = ()) -> None:
        self.report = report
        self.kept = kept
        first = "; ".join(
            f"{item.layer} {item.id or f'row {item.row}'}, {item.field}: {item.rule} {item.value} (expected {item.expected[1]})"
            for item in report.errors[:SHOWN]
        )
        more = f"; {len(report.errors) - SHOWN} more" if len(report.errors) > SHOWN else ""
        super().__init__(f"The edits have {len(report.errors)} faults: {first}{more}. Nothing was saved; correct them.")


class StaleEditsError(StaleVersionError):
    """Features were changed meanwhile. Every edit of the set is kept: `kept` has the numbers, in the order of the edits.

    `conflicts` has one mapping per changed feature: layer, id, expected_ver, ver, base (as it was seen, None where that is not
    known), mine (as this edit wants it, None for a deletion), theirs (as it is, None when deleted), who, bureau, at, kept_id.
    """

    code: ClassVar[str] = "changed"

    def __init__(self, message: str, *, conflicts: Sequence[Mapping[str, Any]], kept: tuple[int, ...]) -> None:
        super().__init__(message, conflicts=conflicts)
        self.kept = kept


@dataclass(frozen=True, slots=True)
class _Saving:
    """One saving: where, who, and the change as it would be applied."""

    store: Store
    person: Person
    change: Change
    origin: Origin
    readable: Mapping[str, Reach]

    def keep(self, cause: Cause, theirs: Mapping[tuple[str, str], int | None] | None = None) -> tuple[int, ...]:
        """Keep every edit of the set for its author, all in one transaction."""
        kept = self.store.kept.keep_many(
            self.change.edits,
            who=self.person.name,
            bureau=self.person.bureau,
            account_id=self.person.account_id,
            cause=cause,
            origin=self.origin,
            reason=self.change.reason,
            theirs=theirs,
        )
        return tuple(kept)

    def again(self) -> Saved | None:
        """Say what these edits became when they were sent before."""
        found = already_saved.find(self.store, self.person, self.change.edits, self.readable)
        return None if found is None else Saved(found, None, again=True)


def save(  # noqa: PLR0913 - who, what, why, from where, and how far it is
    store: Store,
    person: Person,
    edits: Sequence[Edit],
    *,
    reason: str,
    origin: Origin = "page",
    kind: Kind = "edit",
    file: tuple[str, str | None] | None = None,
    settles: Iterable[int] = (),
    progress: Progress | None = None,
) -> Saved:
    """Check and apply edits as one change, or submit them as a change request where the person may not apply them.

    Edits that were applied before (the answer got lost) are recognised and not applied twice. Edits that are refused are kept for
    their author, all of the set, whatever the reason; the error has their numbers in `kept`.

    Args:
        store: the store.
        person: who saves; the rights come from here.
        edits: inserts, updates and deletions.
        reason: why, in the person's words.
        origin: where they come from: `page`, `ogc`, `file` or `field`.
        kind: what stands in the history as the kind of change.
        file: name and SHA-256 of the file they were read from.
        settles: numbers of kept edits of this person that this settles.
        progress: how far it is, and where it learns that it was cancelled.

    Raises:
        BadRequestError: there is nothing to save.
        PreconditionRequiredError: an update or deletion does not say which version was seen.
        NotSignedInError, ForbiddenError, NotFoundError, OutOfReachError: the rights do not reach so far. Edits of nobody, and
            of a layer that the person does not read, are not kept.
        EditFaultsError: rows have faults.
        BadFrameError: what only the store can see, such as an id that another row has.
        StaleEditsError: features were changed or deleted meanwhile.
    """
    if not edits:
        raise BadRequestError("There is nothing to save: no edit was sent.")
    layers = list(dict.fromkeys(edit.layer for edit in edits))
    name, sha256 = file or (None, None)
    change = Change(
        person.name,
        person.bureau,
        reason,
        tuple(edits),
        kind=kind,
        file_name=name,
        file_sha256=sha256,
        account_id=person.account_id,
    )
    readable = {layer: reach.of(store, person, layer) for layer in layers}
    saving = _Saving(store, person, change, origin, readable)
    try:
        rights = _rights(saving, layers)
        _refuse_unseen(edits)
        saved = _save(saving, rights, progress or Progress())
    except REFUSALS as error:
        keep_refused(store, person, edits, error, origin=origin, reason=reason)
        raise
    _settle(store, person, settles, saved)
    return saved


def _refuse_unseen(edits: Sequence[Edit]) -> None:
    for edit in edits:
        if isinstance(edit, Update | Delete) and edit.expected_ver is None:
            raise PreconditionRequiredError(
                f"{edit.layer} {edit.id}: the version that was seen is missing. Read the feature again and send its version."
            )


def _rights(saving: _Saving, layers: Sequence[str]) -> tuple[Mapping[str, Reach] | None, Mapping[str, Reach]]:
    """Give how far the person may apply (None: not at all) and submit."""
    store, person = saving.store, saving.person
    asking = reach.for_writing(store, person, layers, Verb.SUBMIT)
    try:
        return reach.for_writing(store, person, layers, Verb.APPLY), asking
    except ForbiddenError:
        return None, asking


def _save(saving: _Saving, rights: tuple[Mapping[str, Reach] | None, Mapping[str, Reach]], progress: Progress) -> Saved:
    applying, asking = rights
    report = faults_of(saving.store, saving.change.edits, readable=saving.readable)
    if not report.ok:
        before = saving.again() if any(item.rule == "key_exists" for item in report.errors) else None
        if before is not None:
            return before
        raise EditFaultsError(report, saving.keep("faults"))
    if applying is None:
        return _submit(saving, asking, report)
    try:
        receipt = saving.store.apply(
            saving.change,
            reach=applying,
            progress=lambda done, total: progress(done, total, "writing"),
            cancel=progress.cancel,
        )
    except StaleVersionError as error:
        before = saving.again()
        if before is not None:
            return before
        raise _stale(saving, error) from error
    except OutOfReachError:
        if applying != asking:
            return _submit(saving, asking, report)
        raise
    return Saved(receipt, None, report.warnings)


def _submit(saving: _Saving, asking: Mapping[str, Reach], report: EditReport) -> Saved:
    submitting.refuse_out_of_reach(saving.store, saving.change.edits, asking, saving.readable)
    number = saving.store.requests.submit(saving.change, account_id=saving.person.account_id, origin=saving.origin)
    return Saved(None, number, report.warnings)


def _stale(saving: _Saving, error: StaleVersionError) -> StaleEditsError:
    """Keep all edits of the set, and lay beside each changed feature what was seen and what this person wants."""
    there = {(str(item["layer"]), str(item["id"])): item for item in error.conflicts}
    kept = saving.keep("stale", {key: item["ver"] for key, item in there.items()})
    conflicts = []
    for edit, number in zip(saving.change.edits, kept, strict=True):
        item = there.get((edit.layer, getattr(edit, "id", "")))
        if item is None or not isinstance(edit, Update | Delete):
            continue
        base = seen(saving.store, edit)
        base = None if base is None else narrow_feature(base, saving.readable[edit.layer], LAYERS[edit.layer])
        mine = None if isinstance(edit, Delete) else feature_after(base or item["feature"] or {}, edit)
        conflicts.append({**item, "base": base, "mine": mine, "theirs": item["feature"], "kept_id": number})
    return StaleEditsError(str(error), conflicts=conflicts, kept=kept)


def seen(store: Store, edit: Update | Delete) -> dict[str, Any] | None:
    """Give the feature as the editor saw it; None where there never was such a version."""
    if edit.expected_ver is None:
        return None
    try:
        found: dict[str, Any] | None = store.feature_at_version(edit.layer, edit.id, edit.expected_ver)
    except NotFoundError:
        return None
    return found


def _settle(store: Store, person: Person, settles: Iterable[int], saved: Saved) -> None:
    """Settle kept edits of this person that the saved ones stand for."""
    change_id = None if saved.receipt is None else saved.receipt.change_id
    for number in dict.fromkeys(settles):
        kept = store.kept.get(number)
        if kept.account_id == person.account_id and kept.state == "open":
            store.kept.settle(number, "merged", by=person.name, change_id=change_id)
