"""The works of a project: what was spent and done, photographs judged by place and time, and the works as they were built."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Literal

import geopandas as gpd
import pandas as pd

from geo_app.actions import reach
from geo_app.actions.edit_rows import features_of
from geo_app.actions.library import as_built, photographs, record, reporting, site_map
from layers.catalogue import LAYERS
from layers.schema import STORAGE_CRS
from layers.store import Condition
from map_templates.spec import Credits, MapLayer, MapSpec
from processing.library import spending
from processing.library import works as compared
from processing.library.money import CENT

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from geo_app.access import Person
    from geo_app.actions.library.record import ProjectRecord
    from layers.store import Store
    from processing.library.works import Comparison

NEAR: Final = 0.02
"""Degrees around the works within which a photograph still belongs on their map; a matter of the frame, not of a measure."""


@dataclass(frozen=True, slots=True)
class WorksView:
    """A project's works as they stand: record, spending, progress in percent, photographs by stage, planned beside built."""

    found: ProjectRecord
    spending: spending.Spending
    percent: float | None
    photos: tuple[photographs.Judged, ...]
    built: Mapping[str, Any] | None
    comparison: Comparison | None
    writable: bool

    def stage(self, name: str) -> tuple[photographs.Judged, ...]:
        """Give the photographs of a stage, the earliest first."""
        return tuple(item for item in self.photos if item.row.get("stage") == name)


def view(store: Store, person: Person, project_id: str, *, today: dt.date) -> WorksView:
    """Give a project's works as a person sees them.

    Raises:
        NotSignedInError, NotFoundError: nobody asks, or there is no such project for this person.
    """
    found = record.project(store, person, project_id, on=today)
    built = as_built.built_of(store, person, found.project_id)
    return WorksView(
        found,
        spending.spending(found.project, found.events),
        spending.percent_done(found.events),
        tuple(photographs.judged_of(store, person, found, built, today=today)),
        built,
        _compared(found.project.get("geometry"), None if built is None else built.get("geometry")),
        reporting.may_report(store, person, found),
    )


def _compared(planned: Any, built: Any) -> Comparison | None:
    if planned is None or built is None or planned.is_empty or built.is_empty:
        return None
    return compared.compare(planned, built)


def overspending(seen: spending.Spending, amount: Decimal, source: str) -> tuple[Decimal | None, Decimal | None]:
    """Say by how much an amount would go beyond the budget, and beyond what its source pays; None where it does not.

    A source that the project does not plan with pays nothing. What is not known is not exceeded.
    """
    whole = None if seen.budget is None else seen.spent + amount - seen.budget
    own = next(
        (item for item in seen.sources if item.code == source), spending.SourceSpent(source, None, Decimal(0), planned=False)
    )
    limit = own.budget if own.planned else Decimal(0)
    part = None if limit is None else own.spent + amount - limit
    beyond = [None if item is None or item < CENT else item for item in (whole, part)]
    return beyond[0], beyond[1]


def assets_of(store: Store, person: Person, project_id: str) -> list[dict[str, Any]]:
    """Give the assets that a project formed, as far as the person reads them."""
    if not reach.may(person, "assets"):
        return []
    limit = reach.of(store, person, "assets")
    return features_of(store.read("assets", where=(Condition("project_id", "=", project_id),), reach=limit, geometry=False))


def map_spec(store: Store, person: Person, seen: WorksView, *, language: Literal["zh", "en"], simulated: bool) -> MapSpec | None:
    """Compose the map of the works: planned, built, and where the photographs say they were taken; None without any place."""
    rows = [item.row for item in seen.photos if item.row.get("geometry") is not None]
    found = site_map.spec(store, person, seen.found.project, language=language, simulated=simulated)
    if not rows:
        return found
    frame = gpd.GeoDataFrame(pd.DataFrame(rows), geometry="geometry", crs=STORAGE_CRS)
    layer = MapLayer("photographs", LAYERS["photographs"].title(language), frame, key_field="photo_id", label_field="stage")
    title = str(seen.found.project.get("name") or "")
    base = found or MapSpec(title, layers=(), credits=Credits(simulated=simulated), language=language)
    return replace(base, layers=(*base.layers, layer), extent=_around(base.extent, frame))


def _around(
    extent: tuple[float, float, float, float] | None, frame: gpd.GeoDataFrame
) -> tuple[float, float, float, float] | None:
    """Widen the map to photographs that were taken beside the works, not to those from another place altogether."""
    if extent is None:
        return None
    west, south, east, north = extent
    near = frame.cx[west - NEAR : east + NEAR, south - NEAR : north + NEAR]
    if near.empty:
        return extent
    box = near.total_bounds
    return min(west, box[0]), min(south, box[1]), max(east, box[2]), max(north, box[3])
