"""Who may take a step: the role and the area of the person, as everywhere; a step for another role says whose it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from geo_app.access.roles import ADMINISTRATOR, ROLES
from geo_app.actions import reach
from geo_app.errors import ForbiddenError, NotSignedInError, in_both
from layers.declare import AREA_FIELDS
from layers.schema import PersonError
from processing.library.faults import in_chinese

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from geo_app.access import Person
    from layers.store import Store
    from processing.library.faults import Fault

SHOWN = 5


class LedgerFaultsError(PersonError, ValueError):
    """A step that the rules of the ledger refuse; `faults` has every reason."""

    code: ClassVar[str] = "ledger_rule"

    def __init__(self, faults: Sequence[Fault]) -> None:
        """Say the first reasons in one sentence."""
        self.faults = tuple(faults)
        lines = "; ".join(
            f"{item.field}: {item.value or '—'} (expected {item.expected_en}; {item.source or 'design'})"
            for item in faults[:SHOWN]
        )
        super().__init__(f"The rules of the asset ledger refuse this step: {lines}. Nothing was saved.")
        self.zh = f"资产台账的规则不允许这一步：{in_chinese(self.faults, ('asset_events', 'assets', 'ledgers'))}。没有保存。"


def area_of(row: Mapping[str, Any]) -> str | None:
    """Give the finest area code that a row states."""
    return next((str(row[name]) for name in AREA_FIELDS if isinstance(row.get(name), str) and row[name]), None)


def holds(store: Store, person: Person, roles: Iterable[str], code: str | None) -> bool:
    """Say whether a person may act in one of the roles for an area."""
    if person.everything:
        return True
    wanted = {*roles, ADMINISTRATOR}
    return any(grant.apply and grant.role in wanted and _covers(store, grant.areas, code) for grant in person.grants)


def _covers(store: Store, areas: Sequence[str], code: str | None) -> bool:
    return not areas or (code is not None and code in reach.territory(store, frozenset(areas))[0])


def require(store: Store, person: Person, roles: Iterable[str], code: str | None, *, what: str) -> None:
    """Let the person pass or say whose step it is.

    Raises:
        NotSignedInError: nobody asks.
        ForbiddenError: the step is for another role, or for another area.
    """
    if person.is_anonymous:
        raise NotSignedInError("Sign in first.")
    if not holds(store, person, roles, code):
        names = ", ".join(sorted(ROLES[role].en for role in roles if role in ROLES))
        own = "、".join(ROLES[role].zh for role in ROLES if role in set(roles))
        place = f"代码为 {code} 的地区" if code else "该资产所在地区"
        raise in_both(
            ForbiddenError(
                f"The step {what} is for: {names}, in the area {code or 'of the asset'}; your account may not take it."
            ),
            f"这一步由{place}的{own}办理，您的账号不能办理。",
        )


def may_act(person: Person) -> bool:
    """Say whether a person takes part in procedures at all."""
    return person.everything or any(grant.apply and grant.role in ROLES and ROLES[grant.role].moves for grant in person.grants)
