"""The table of roles: which bureau writes which fields of which layers, who reads what, who reviews. One place for all of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from geo_app.access.declaring import Permission, Verb

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from layers.store import Grant

ADMINISTRATOR = "administrator"
VIEWER = "viewer"
CONFIDENTIAL = frozenset({"monitored_households"})
"""Layers about households: read by the revitalisation bureau and the administrator only."""


@dataclass(frozen=True, slots=True)
class Role:
    """What one bureau may do, in whatever areas it is granted for.

    `writes` gives for each layer the fields that may be changed, None for all of them (rows may then be added and removed too).
    """

    name: str
    zh: str
    en: str
    writes: Mapping[str, frozenset[str] | None] = field(default_factory=dict)
    confidential: bool = False
    """Reads the layers of CONFIDENTIAL as well."""
    reviews: bool = False
    """Accepts and refuses change requests for every layer."""
    everything: bool = False
    moves: bool = False
    """Takes part in the procedures of projects and assets; `processing.library.stages` and the ledger say in which steps."""

    def may_read(self, layer: str) -> bool:
        """Say whether the role reads a layer."""
        return self.everything or self.confidential or layer not in CONFIDENTIAL

    def may_write(self, layer: str) -> bool:
        """Say whether the role changes anything of a layer."""
        return self.everything or layer in self.writes

    def may_review(self, layer: str) -> bool:
        """Say whether the role decides on change requests for a layer."""
        return self.everything or (self.reviews and self.may_read(layer))

    def fields(self, layer: str) -> frozenset[str] | None:
        """Give the fields of a layer that the role may change, None for all."""
        return None if self.everything else self.writes.get(layer, frozenset())

    def may(self, layer: str, verb: Verb, *, apply: bool) -> bool:
        """Say whether a grant of the role, with or without the right to apply, lets somebody do this to a layer.

        Example:
            >>> transport = ROLES["transport"]
            >>> transport.may("roads", Verb.APPLY, apply=False), transport.may("roads", Verb.SUBMIT, apply=False)
            (False, True)
        """
        if verb is Verb.READ:
            return self.may_read(layer)
        if verb is Verb.SUBMIT:
            return self.may_write(layer)
        return apply and (self.may_write(layer) if verb is Verb.APPLY else self.may_review(layer))

    def permissions(self, *, apply: bool, everywhere: bool = True) -> frozenset[Permission]:
        """Give what a grant of the role lets somebody ask for at all; layer and area are asked later.

        Accounts are looked after by administrators of everywhere alone: one of an area could grant beyond it.
        """
        found = {
            *(Permission.OPEN, Permission.PUBLIC, Permission.READ),
            *(Permission.RUN, Permission.EXPORT, Permission.EDIT),
        }
        writing = self.everything or bool(self.writes)
        if writing:
            found.add(Permission.SUBMIT)
        if writing and apply:
            found.add(Permission.CHANGE)
        if apply and (self.everything or self.moves):
            found.add(Permission.MOVE)
        if apply and (self.everything or self.reviews):
            found.add(Permission.REVIEW)
        if apply and self.everything and everywhere:
            found.add(Permission.ADMIN)
        return frozenset(found)


def _whole(*layers: str) -> Mapping[str, frozenset[str] | None]:
    return MappingProxyType(dict.fromkeys(layers))


MONEY: Mapping[str, frozenset[str] | None] = MappingProxyType(
    {
        "projects": frozenset({"budget_total", "funding_sources", "performance_target"}),
        "assets": frozenset(
            {"fund_sources", "original_value", "current_value", "maintenance_fund", "annual_income", "settled_date"}
        ),
    }
)
"""What the finance bureau writes: money, and the performance target on which it gives its opinion."""

KEY_LAYERS = ("key_lists", "key_counties", "land_quotas", "settlement_origins", "plan_investments")
"""Layers about key counties, relocation and planned money, which the revitalisation bureau keeps."""

_LIST = (
    Role("transport", "交通运输", "Transport", _whole("roads"), moves=True),
    Role("water", "水利", "Water", _whole("water_works", "service_areas"), moves=True),
    Role("agriculture", "农业农村", "Agriculture", _whole("farmland"), moves=True),
    Role("environment", "生态环境", "Environment", _whole("sanitation"), moves=True),
    Role("health", "卫生健康", "Health", _whole("sanitation"), moves=True),
    Role(
        "revitalisation",
        "乡村振兴",
        "Rural revitalisation",
        _whole("projects", "as_built", "assets", "settlements", "facilities", *KEY_LAYERS, "monitored_households", "tasks"),
        confidential=True,
        reviews=True,
        moves=True,
    ),
    Role("finance", "财政", "Finance", MONEY, moves=True),
    Role("village", "村两委", "Village committees", moves=True),
    Role("township", "乡镇", "Township", moves=True),
    Role("sector", "其他行业主管部门", "Other sector department", moves=True),
    Role("leading_group", "县领导小组", "County leading group", moves=True),
    Role(
        "statistics",
        "统计",
        "Statistics",
        _whole("areas", "counties", "townships", "villages", "hamlets", "area_crosswalk", "indicator_targets"),
    ),
    Role(VIEWER, "查看", "Viewer"),
    Role(ADMINISTRATOR, "管理员", "Administrator", confidential=True, reviews=True, everything=True),
)
ROLES: Mapping[str, Role] = MappingProxyType({role.name: role for role in _LIST})


def permissions_of(grants: Iterable[Grant]) -> frozenset[Permission]:
    """Give what several grants let somebody ask for.

    Example:
        >>> from layers.store import Grant
        >>> found = permissions_of([Grant("viewer"), Grant("water", apply=False)])
        >>> Permission.SUBMIT in found, Permission.CHANGE in found
        (True, False)
    """
    found: frozenset[Permission] = frozenset()
    for item in grants:
        if item.role in ROLES:
            found |= ROLES[item.role].permissions(apply=item.apply, everywhere=not item.areas)
    return found
