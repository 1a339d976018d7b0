"""Edits that were refused and kept: who sees them, what stands against them, and the edit that a merge makes of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from geo_app.access import Verb
from geo_app.actions import reach, save_edits
from geo_app.actions.deciding_errors import NotAuthorError, OpenFieldsError
from geo_app.actions.edit_rows import feature_after, features_of
from geo_app.actions.keeping import REFUSALS
from geo_app.actions.merge import GEOMETRY, Merge, same, three_way
from geo_app.actions.submitting import writable
from geo_app.errors import NotFoundError
from layers.catalogue import LAYERS
from layers.catalogue import layer as declared
from layers.schema import GeometryKind
from layers.store import UNCHANGED, Delete, Insert, Update

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geo_app.access import Person
    from geo_app.actions.save_edits import Saved
    from layers.schema import Layer
    from layers.store import Edit, KeptEdit, Reach, Store, VersionRecord

MINE, THEIRS, OTHER = "mine", "theirs", "other"
LOOKED_AT = 1000


@dataclass(frozen=True, slots=True)
class Standing:
    """A kept edit beside what is there now: the three states, their merge, the last change to the feature, and whose it is."""

    kept: KeptEdit
    layer: Layer
    base: dict[str, Any] | None
    mine: dict[str, Any] | None
    theirs: dict[str, Any] | None
    merge: Merge
    last: VersionRecord | None
    own: bool

    @property
    def rows(self) -> int:
        """How many rows the edit brings; one but for a bulk of new rows."""
        return len(self.kept.edit.frame) if isinstance(self.kept.edit, Insert) else 1

    @property
    def two_way(self) -> bool:
        """Say that it is not known what the author saw: every field in which the edit differs from what is there is asked."""
        return self.base is None and self.theirs is not None and isinstance(self.kept.edit, Update | Delete)


def listed(store: Store, person: Person, *, state: str | None = "open") -> list[KeptEdit]:
    """List the kept edits that a person sees: their own, and those a reviewer may decide on; the latest first."""
    own = None if person.account_id is None else person.account_id
    found = store.kept.list(account_id=own, state=state, limit=LOOKED_AT)  # type: ignore[arg-type]
    reviewed = [name for name in LAYERS if reach.may(person, name, Verb.REVIEW)] if own is not None else []
    numbers = {item.kept_id for item in found}
    for name in reviewed:
        others = store.kept.list(state=state, layer=name, limit=LOOKED_AT)  # type: ignore[arg-type]
        found += [item for item in others if item.kept_id not in numbers and _reviews(store, person, item)]
    return sorted(found, key=lambda item: -item.kept_id)


def get(store: Store, person: Person, kept_id: int) -> KeptEdit:
    """Give a kept edit; raise NotFoundError where it is not for this person, as for one that never was."""
    found = store.kept.get(kept_id)
    if not (is_author(person, found) or _reviews(store, person, found)):
        raise NotFoundError(f"There is no kept edit {kept_id}. Look at the list of kept edits.")
    return found


def is_author(person: Person, kept: KeptEdit) -> bool:
    """Say whether this person made the edit; the person at this machine counts as everybody."""
    return person.is_local or (person.account_id is not None and kept.account_id == person.account_id)


def _reviews(store: Store, person: Person, kept: KeptEdit) -> bool:
    if kept.layer not in LAYERS or not reach.may(person, kept.layer, Verb.REVIEW):
        return False
    right = reach.of(store, person, kept.layer, Verb.REVIEW)
    layer, edit = declared(kept.layer), kept.edit
    if isinstance(edit, Update | Delete):
        states = [save_edits.seen(store, edit) or store.get(layer.name, edit.id)]
        if isinstance(edit, Update) and states[0] is not None:
            states.append(feature_after(states[0], edit))
        return all(state is not None and writable(layer, state, right) for state in states)
    return all(writable(layer, row, right) for row in features_of(edit.frame))


def standing(store: Store, person: Person, kept_id: int) -> Standing:
    """Lay a kept edit beside what is there now.

    Raises:
        NotFoundError: there is none of this number for this person.
    """
    kept = get(store, person, kept_id)
    layer, edit = declared(kept.layer), kept.edit
    reading = reach.of(store, person, kept.layer)
    base, theirs, last = _there(store, edit, reading)
    if isinstance(edit, Update):
        mine: dict[str, Any] | None = feature_after(base or theirs or {}, edit)
    else:
        mine = None if isinstance(edit, Delete) else (features_of(edit.frame) or [{}])[0]
    merged = three_way(layer, base, mine, theirs) if isinstance(edit, Update | Delete) else three_way(layer, {}, mine, {})
    return Standing(kept, layer, base, mine, theirs, merged, last, is_author(person, kept))


def _there(store: Store, edit: Edit, reading: Reach) -> tuple[dict[str, Any] | None, dict[str, Any] | None, VersionRecord | None]:
    if not isinstance(edit, Update | Delete):
        return None, None, None
    versions = store.history(edit.layer, edit.id, reach=reading)
    base = next((item.after for item in versions if item.ver == edit.expected_ver), None)
    return base, store.get(edit.layer, edit.id, reach=reading), versions[-1] if versions else None


def merged_edit(found: Standing, choices: Mapping[str, str], others: Mapping[str, Any], ver: int | None) -> Edit | None:
    """Make the edit that the person's choices ask for, on the version that was looked at; None when nothing is left to change.

    Args:
        found: the kept edit beside what is there.
        choices: for each field (and `geometry`): `mine`, `theirs` or `other`.
        others: the values of the fields chosen as `other`.
        ver: the version of the present feature that the choices were made on; None where it is gone.

    Raises:
        OpenFieldsError: a field that two people changed has no choice.
    """
    if isinstance(found.kept.edit, Delete):
        return Delete(found.layer.name, found.kept.edit.id, ver) if found.theirs is not None else None
    if found.theirs is None:
        return _as_new(found, {name: others.get(name) for name, choice in choices.items() if choice == OTHER})
    values: dict[str, Any] = {}
    open_ = []
    for part in found.merge.parts:
        choice = choices.get(part.name) or (THEIRS if part.state in {"same", "both_same"} else part.state)
        if choice not in {MINE, THEIRS, OTHER}:
            open_.append(part.name)
            continue
        value = others.get(part.name) if choice == OTHER else part.mine if choice == MINE else part.theirs
        values[part.name] = value
    if open_:
        raise OpenFieldsError(found.layer.name, tuple(open_))
    return _as_update(found, values, ver)


def _as_update(found: Standing, values: dict[str, Any], ver: int | None) -> Edit | None:
    theirs = found.theirs or {}
    changed = {name: value for name, value in values.items() if not same(theirs.get(name), value)}
    shape = changed.pop(GEOMETRY) if GEOMETRY in changed else UNCHANGED
    if not changed and shape is UNCHANGED:
        return None
    return Update(found.layer.name, str(theirs["id"]), ver, changed, shape)


def _as_new(found: Standing, values: dict[str, Any]) -> Insert:
    """Bring back as a new row what was deleted meanwhile, or take in a new row that was refused: as this person wanted it."""
    row = {name: value for name, value in (found.mine or {}).items() if name not in {"id", "ver", "fid"}}
    row |= {name: value for name, value in values.items() if value is not None}
    shape = row.pop(GEOMETRY, None)
    columns = {name: pd.Series([value], index=[1], dtype=object) for name, value in row.items() if name in found.layer}
    frame = pd.DataFrame(columns, index=[1])
    if found.layer.geometry is GeometryKind.NONE:
        return Insert(found.layer.name, frame)
    return Insert(found.layer.name, gpd.GeoDataFrame(frame, geometry=[shape], crs="EPSG:4490"))


@dataclass(frozen=True, slots=True)
class Carried:
    """What became of a kept edit: it was saved, or nothing was left to change, or `next_id` takes its place.

    `next_id` is the number of the newly kept edit when the feature was changed once more meanwhile.
    """

    saved: Saved | None = None
    next_id: int | None = None


def carry_on(store: Store, person: Person, found: Standing, edits: Sequence[Edit], reason: str) -> Carried:
    """Save what a merge made of a kept edit, and settle it.

    Raises:
        NotAuthorError: only its author carries a kept edit on.
        EditFaultsError: the rows have faults; the edit stays kept as it was.
        ForbiddenError, OutOfReachError, NotFoundError, BadFrameError: as `save_edits.save`; the edit stays kept as it was.
    """
    kept = found.kept
    _refuse_strangers(person, kept)
    if not edits:
        store.kept.settle(kept.kept_id, "merged", by=person.name)
        return Carried()
    try:
        return Carried(save_edits.save(store, person, edits, reason=reason, origin=kept.origin, settles=[kept.kept_id]))
    except save_edits.StaleEditsError as error:
        store.kept.settle(kept.kept_id, "merged", by=person.name)
        return Carried(next_id=error.kept[0])
    except (save_edits.EditFaultsError, *REFUSALS) as error:
        for number in error.kept:
            store.kept.settle(number, "dismissed", by=person.name)
        error.kept, error.no_room = (kept.kept_id,), False
        raise


def dismiss(store: Store, person: Person, kept_id: int) -> None:
    """Put a kept edit away; it stays in the store, marked as dismissed."""
    found = get(store, person, kept_id)
    _refuse_strangers(person, found)
    store.kept.settle(kept_id, "dismissed", by=person.name)


def _refuse_strangers(person: Person, kept: KeptEdit) -> None:
    if not is_author(person, kept):
        raise NotAuthorError("Only the author of a kept edit carries it on or puts it away.")
