"""One demonstration county, from its real outline and names to all its layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layers.demo.area_rows import Built, add_areas
from layers.demo.asset_rows import add_assets
from layers.demo.key_rows import add_key_county
from layers.demo.land import add_farmland
from layers.demo.living import add_sanitation, plan_sewage
from layers.demo.network import lay_roads
from layers.demo.origins import add_origins
from layers.demo.people import add_facilities, add_monitored, add_settlements
from layers.demo.places import settle
from layers.demo.projects import add_projects
from layers.demo.road_rows import add_roads
from layers.demo.water import add_water

if TYPE_CHECKING:
    from layers.demo.sources import County

STEPS = (
    add_roads,
    add_water,
    plan_sewage,
    add_areas,
    add_sanitation,
    add_settlements,
    add_origins,
    add_facilities,
    add_monitored,
    add_farmland,
    add_key_county,
    add_projects,
    add_assets,
)


def build(county: County, seed: int) -> Built:
    """Make every layer of a county; the same for the same county and seed, whatever other counties are made.

    Raises:
        DemoSourceError: outlines or names are not installed.
    """
    places = settle(county, seed)
    built = Built(places, lay_roads(places))
    for step in STEPS:
        step(built)
    return built
