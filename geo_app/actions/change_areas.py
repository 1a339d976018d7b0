"""Writing a planned change of areas: with the rights of the statistics bureau, as one change that is undone as one."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from geo_app.access import Verb
from geo_app.actions import area_recoding, merge_areas, reach
from geo_app.actions.save_edits import Saved
from geo_app.errors import ForbiddenError, NotFoundError
from geo_app.progress import Progress
from layers.catalogue import LAYERS
from layers.store import EVERYWHERE, Change, Delete, Reach, Update

if TYPE_CHECKING:
    from geo_app.access import Person
    from geo_app.actions.merge_areas import AreaChange, Plan
    from layers.store import Store

OWN = ("villages", "areas", "area_crosswalk")
"""Layers that whoever changes areas must be allowed to write; re-coding the rest follows from that."""


def plan(store: Store, person: Person, wish: AreaChange) -> Plan:
    """Work out a change of areas for a person, who must be allowed to apply or submit it; nothing is written.

    Raises:
        NotFoundError: a village or township that is not there, or lies outside the person's areas; both are said alike.
        ForbiddenError: the person may not change villages.
        BadRequestError, ShareError: as `merge_areas.plan` does.
    """
    allowed = reach.of(store, person, "villages", Verb.SUBMIT)
    outside = [
        code for code in (*wish.codes, *([wish.to] if wish.to else [])) if allowed.codes is not None and code not in allowed.codes
    ]
    if outside:
        raise NotFoundError(f"There is no area with the code {', '.join(outside)}.")
    return merge_areas.plan(store, wish)


def digest(found: Plan) -> str:
    """Give a text that changes with everything a plan would write, so that what was seen is what is done."""
    parts = [
        " ".join((type(edit).__name__, edit.layer, edit.id, str(edit.expected_ver), str(sorted(getattr(edit, "values", {})))))
        for edit in found.edits
        if isinstance(edit, (Update, Delete))
    ]
    links = found.links[["from_code", "to_code", "share"]].astype(str).agg(" ".join, axis=1).tolist() if len(found.links) else []
    return hashlib.sha256("\n".join([*sorted(parts), *sorted(links)]).encode()).hexdigest()[:32]


def apply(store: Store, person: Person, found: Plan, *, reason: str, progress: Progress | None = None) -> Saved:
    """Write a planned change of areas, or submit it where the person may only submit.

    The right to write villages, the hierarchy and the crosswalk carries the right to re-code: in other layers only the fields
    that hold area codes may change, and only inside the same areas.

    Raises:
        ForbiddenError, NotFoundError, OutOfReachError: the rights do not reach so far.
        StaleVersionError: a row was changed since the plan was made; nothing is saved.
    """
    progress = progress or Progress()
    wish = found.wish
    why = reason.strip() or f"{wish.kind}: {', '.join(wish.codes)} → {', '.join(part.code for part in wish.parts)}"
    change = Change(person.name, person.bureau, why, found.edits, kind="area", account_id=person.account_id)
    try:
        reaches = rights(store, person, found, Verb.APPLY)
    except ForbiddenError:
        rights(store, person, found, Verb.SUBMIT)
        return Saved(None, store.requests.submit(change, account_id=person.account_id, origin="page"))
    receipt = store.apply(
        change, reach=reaches, progress=lambda done, total: progress(done, total, "writing"), cancel=progress.cancel
    )
    return Saved(receipt, None)


def rights(store: Store, person: Person, wanted: Plan, verb: Verb) -> dict[str, Reach]:
    """Give how far a person's rights go for a change of areas, layer by layer.

    New codes below a granted area count as granted.

    Raises:
        NotSignedInError, ForbiddenError, NotFoundError: the person may not do this to villages or the hierarchy.
    """
    own = {name: reach.of(store, person, name, verb) for name in OWN}
    lead = own["villages"]
    if lead.codes is None and person.is_local:
        return dict.fromkeys(wanted.layers, EVERYWHERE)
    fresh = frozenset(part.code for part in wanted.wish.parts) if lead.codes is not None else frozenset()
    found: dict[str, Reach] = {}
    for name in wanted.layers:
        given = own.get(name) or Reach(codes=lead.codes, fields=frozenset(area_recoding.code_fields(LAYERS[name])))
        found[name] = replace(given, codes=None if given.codes is None else given.codes | fresh)
    return found
