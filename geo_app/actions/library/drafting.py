"""Writing an application before it goes anywhere: a new project, and changes to one that is a draft or was returned."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, Final

from geo_app.access.roles import ADMINISTRATOR
from geo_app.actions import reach
from geo_app.actions.edit_faults import faults_of
from geo_app.actions.library import acting, moving, record
from geo_app.actions.save_edits import EditFaultsError
from geo_app.errors import BadRequestError
from layers.catalogue import LAYERS
from layers.declare import COMMON
from layers.errors import LockedRowError
from layers.projects import CONTENT_FIELDS as PROJECT_CONTENT
from layers.projects import PROCEDURE_FIELDS
from layers.store import UNCHANGED, Condition, Delete, Insert, Update
from processing.library.moves import DRAFT, MOVES, OPEN_STAGES, SECTOR_ROLES

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    import shapely

    from geo_app.access import Person
    from layers.store import Edit, Receipt, Store
    from layers.store.records import Unchanged

WRITERS: Final = frozenset({"village", "township", "revitalisation", *SECTOR_ROLES})
"""Who writes applications."""
NOT_WRITTEN: Final = PROCEDURE_FIELDS | {"project_id"} | ({field.name for field in COMMON} - {"source", "source_date"})


def create(store: Store, person: Person, values: Mapping[str, Any], geometry: shapely.Geometry | None, *, today: dt.date) -> str:
    """Write a new application; give its key. Nothing but the name is needed yet: the rest is asked for when it is handed in.

    Args:
        store: the store.
        person: who writes it: a village, township, sector department or the bureau, in an area of theirs.
        values: fields of the project; the codes of the areas above the village are filled in.
        geometry: where it is, in EPSG:4490; None where villages stand for the place.
        today: the day at the office.

    Raises:
        NotSignedInError, ForbiddenError: nobody, or somebody who writes no applications, or none in this area.
        BadRequestError: a field that the project does not have, or that the procedure writes.
        EditFaultsError: the values do not meet the layer.
    """
    moving.require_moving(person)
    given = _checked(values) | {"status": DRAFT, "event_seq": 0}
    row = _placed(store, person, given) | {"project_id": f"P{today:%Y%m%d}-{uuid.uuid4().hex[:8]}"}
    _require_writer(store, person, row)
    _write(store, person, Insert("projects", moving.project_frame(row, geometry)), "申请填报")
    return str(row["project_id"])


def change(  # noqa: PLR0913 -- who, which, what, as seen
    store: Store,
    person: Person,
    project_id: str,
    values: Mapping[str, Any],
    geometry: shapely.Geometry | Unchanged | None = UNCHANGED,
    *,
    expected_ver: int | None,
) -> Receipt:
    """Change an application that is a draft or was returned.

    Raises:
        NotSignedInError, NotFoundError, ForbiddenError, BadRequestError, EditFaultsError: as `create`.
        LockedRowError: it was handed in; what it says changes by the procedure only.
        PreconditionRequiredError, StaleEditsError: the version is missing, or somebody changed it meanwhile.
    """
    found = _open(store, person, project_id, expected_ver)
    given = _checked(values)
    _require_writer(store, person, dict(found.project) | given)
    return _write(store, person, Update("projects", found.id, expected_ver, given, geometry), "修改申报内容")


def discard(store: Store, person: Person, project_id: str, *, expected_ver: int | None) -> Receipt:
    """Throw away a draft that was never handed in; raises as `change`."""
    found = _open(store, person, project_id, expected_ver)
    if found.events:
        raise LockedRowError.of("projects", found.project_id, ("*",))
    return moving.write(store, person, (Delete("projects", found.id, expected_ver),), "删除草稿")


def _open(store: Store, person: Person, project_id: str, expected_ver: int | None) -> record.ProjectRecord:
    moving.require_moving(person)
    found = record.project(store, person, project_id)
    _require_writer(store, person, found.project)
    moving.refuse_stale(store, found, expected_ver)
    if found.stage not in OPEN_STAGES:
        raise LockedRowError.of("projects", found.project_id, PROJECT_CONTENT[:3])
    return found


def _checked(values: Mapping[str, Any]) -> dict[str, Any]:
    layer = LAYERS["projects"]
    for name in values:
        if name not in layer or layer[name].derived:
            raise BadRequestError(f"A project has no field {name}")
        if name in NOT_WRITTEN:
            raise BadRequestError(f"{name} is written by the procedure; leave it out")
    return dict(values)


def _placed(store: Store, person: Person, given: Mapping[str, Any]) -> dict[str, Any]:
    """Fill in the areas: the village or township of whoever writes, else what the villages share, and what lies above."""
    row = dict(given)
    granted = {item.role: item.areas for item in person.grants if item.role in {"village", "township"} and len(item.areas) == 1}
    if not any(row.get(name) for name in ("village_code", "township_code", "county_code")):
        row |= {f"{role}_code": areas[0] for role, areas in list(granted.items())[:1]} or _common(store, row.get("village_codes"))
    for layer, own, above in (
        ("villages", "village_code", ("township_code", "county_code")),
        ("townships", "township_code", ("county_code",)),
    ):
        if row.get(own):
            found = store.read(layer, where=[Condition(own, "=", str(row[own]))], geometry=False)
            if found.empty:
                raise BadRequestError(f"{own}: there is no area with the code {row[own]}")
            row |= {name: str(found[name].iloc[0]) for name in above if not row.get(name) and found[name].notna().iloc[0]}
    if row.get("village_code") and not row.get("village_codes"):
        row["village_codes"] = [str(row["village_code"])]
    return row


def _common(store: Store, villages: Any) -> dict[str, Any]:
    """Give the finest area in which all the villages lie that a project names: its village, township or county; none without."""
    names = ("village_code", "township_code", "county_code")
    asked = [str(code) for code in villages or ()]
    if not asked:
        return {}
    found = store.read("villages", where=[Condition("village_code", "in", asked)], geometry=False)
    if len(found) != len(set(asked)):
        return {}
    for name in names:
        codes = set(found[name])
        if len(codes) == 1 and isinstance(code := codes.pop(), str):
            return {name: code}
    return {}


def _require_writer(store: Store, person: Person, row: Mapping[str, Any]) -> None:
    if person.is_local:
        return
    apply = MOVES["apply"]
    mine = [item for item in person.grants if item.apply and item.role in {*WRITERS, ADMINISTRATOR}]
    if not mine:
        raise acting.WrongRoleError(
            "Applications of projects are written by villages, townships, sector departments and the revitalisation bureau.",
            "项目申报由村、乡镇、行业部门和乡村振兴局填写。",
            roles=acting.ordered(WRITERS),
        )
    if not any(acting.covers(store, item, apply, row) for item in mine):
        raise acting.WrongRoleError(
            "The project would lie outside the areas of your account.",
            "项目会落在您账号的地区范围之外。",
            roles=acting.ordered(WRITERS),
        )


def _write(store: Store, person: Person, edit: Edit, reason: str) -> Receipt:
    readable = {"projects": reach.of(store, person, "projects")}
    report = faults_of(store, (edit,), readable=readable)
    if not report.ok:
        raise EditFaultsError(report)
    return moving.write(store, person, (edit,), reason)
