"""Every layer by its name."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from layers import (
    annual_plans,
    area_crosswalk,
    area_rules,
    areas,
    as_built,
    asset_events,
    assets,
    counties,
    facilities,
    farmland,
    hamlets,
    indicator_targets,
    key_counties,
    key_lists,
    land_quotas,
    ledger_entries,
    ledgers,
    monitored_households,
    photographs,
    plan_investments,
    project_events,
    projects,
    roads,
    sanitation,
    service_areas,
    settlement_origins,
    settlements,
    tasks,
    townships,
    villages,
    water_works,
)
from layers.schema import UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layers.schema import Layer

LAYERS: Mapping[str, Layer] = MappingProxyType(
    {
        module.LAYER.name: module.LAYER
        for module in (
            areas,
            counties,
            townships,
            villages,
            hamlets,
            settlements,
            roads,
            water_works,
            service_areas,
            sanitation,
            farmland,
            settlement_origins,
            key_lists,
            key_counties,
            land_quotas,
            projects,
            assets,
            asset_events,
            ledgers,
            ledger_entries,
            project_events,
            as_built,
            photographs,
            annual_plans,
            monitored_households,
            indicator_targets,
            tasks,
            facilities,
            area_crosswalk,
            plan_investments,
            area_rules,
        )
    }
)
"""The layers in the order in which they are best loaded: what is referred to stands before what refers to it."""


def layer(name: str) -> Layer:
    """Give a layer by name; raise UnknownNameError, with the names there are, when there is none.

    >>> layer("roads").title("zh"), layer("roads")["surface_type"].codes.name
    ('路段', 'surface_type')
    """
    if name in LAYERS:
        return LAYERS[name]
    raise UnknownNameError(f"There is no layer {name!r}; there are: {', '.join(LAYERS)}")
