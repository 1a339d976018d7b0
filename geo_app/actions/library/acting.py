"""Who may make a move: the role of the step, and an area that holds the project at the level of the step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

from geo_app.access.roles import ADMINISTRATOR, ROLES
from geo_app.actions import reach
from geo_app.errors import ForbiddenError, NotSignedInError
from layers.row_values import entries
from processing.library.moves import CROSS, SECTOR_ROLES, level_of, roles_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from geo_app.access import Person
    from layers.store import Grant, Store
    from processing.library.moves import Move

ORDER: Final = ("village", "township", *sorted(SECTOR_ROLES), "finance", "revitalisation", "leading_group", ADMINISTRATOR)
"""The finest level first: somebody with several roles acts in the first that the step belongs to."""
LOCAL: Final = "local"


class WrongRoleError(ForbiddenError):
    """The step belongs to other roles, or the project to other areas; `roles` are those whose step it is."""

    code: ClassVar[str] = "forbidden"

    def __init__(self, message: str, zh: str, *, roles: Iterable[str] = ()) -> None:
        """Keep the roles and the Chinese beside the sentence."""
        super().__init__(message)
        self.zh = zh
        self.roles = tuple(roles)


@dataclass(frozen=True, slots=True)
class Acting:
    """As what somebody acts: the role, and the level at which the event stands."""

    role: str
    level: str


def acting(store: Store, person: Person, move: Move, project: Mapping[str, Any], stage: str) -> Acting:
    """Say as what a person makes a move of a project that they read.

    Raises:
        NotSignedInError: nobody asks.
        WrongRoleError: the step is another role's, which is named, or the project lies in another area.
    """
    roles = roles_of(move, project, stage)
    if person.is_anonymous:
        raise NotSignedInError("Sign in first.")
    cross = project.get("scope") == CROSS
    if person.is_local:
        return Acting(LOCAL, move.level or ("乡" if cross and move.name == "apply" else "村"))
    mine = [item for item in person.grants if item.apply and item.role in {*roles, ADMINISTRATOR}]
    if not mine:
        names = "、".join(ROLES[role].zh for role in ordered(roles))
        english = ", ".join(ROLES[role].en for role in ordered(roles))
        said = f"{move.en} ({move.zh}) is a step of: {english} ({names}). Ask them."
        raise WrongRoleError(said, f"{move.zh}由{names}办理，请与其联系。", roles=ordered(roles))
    within = [item for item in mine if covers(store, item, move, project)]
    if not within:
        said = f"{move.en} ({move.zh}): the project lies outside the areas of your account."
        raise WrongRoleError(said, f"{move.zh}：项目不在您账号的地区范围内。", roles=ordered(roles))
    chosen = sorted(within, key=lambda item: ORDER.index(item.role), reverse=cross and move.name == "apply")[0]
    return Acting(chosen.role, _level(move, chosen.role, cross=cross))


def roles_of(move: Move, project: Mapping[str, Any], stage: str) -> frozenset[str]:
    """Name the roles whose step a move of a project is."""
    return roles_at(move, stage, sector=project.get("sector"), has_township=bool(project.get("township_code")))


def ordered(roles: Iterable[str]) -> list[str]:
    """Put roles in the order of their levels."""
    return sorted(roles, key=ORDER.index)


def _level(move: Move, role: str, *, cross: bool) -> str:
    if role == ADMINISTRATOR and not move.level:
        return "县" if cross or move.name != "apply" else "村"
    return level_of(move, role)


def covers(store: Store, grant: Grant, move: Move, project: Mapping[str, Any]) -> bool:
    """Say whether the areas of a grant hold a project at the level at which the role acts."""
    if not grant.areas:
        return True
    codes = reach.territory(store, frozenset(grant.areas))[0]
    wanted = targets(move.level or _own_level(grant.role), project)
    return any(code in codes for code in wanted)


def _own_level(role: str) -> str:
    """Departments that report from works or objections do so for whatever part of the county is theirs."""
    return {"village": "村", "township": "乡"}.get(role, "")


def targets(level: str, project: Mapping[str, Any]) -> list[str]:
    """Name the areas of which one has to be granted for a step of a level.

    >>> targets("乡", {"village_code": "990101001200", "township_code": "990101001", "county_code": "990101"})
    ['990101001']
    >>> targets("村", {"village_code": None, "village_codes": ["990101001200"], "township_code": "990101001"})
    ['990101001200']
    """
    village, township, county = (project.get(name) for name in ("village_code", "township_code", "county_code"))
    villages = [village] if village else entries(project.get("village_codes"))
    if level == "村":
        return [str(code) for code in villages]
    if level == "乡":
        return [str(code) for code in [township or county] if code]
    if level == "县":
        return [str(county)] if county else []
    return [str(code) for code in (*villages, township, county) if code]
