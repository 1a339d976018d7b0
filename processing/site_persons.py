"""How many persons live within reach of a project's place: in hamlets and relocation settlements, each person once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from processing import crs, nearest, resettled
from processing.indicators import reading
from processing.indicators.subjects import subject

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import shapely

    from processing.indicators.definition import Context


@dataclass(frozen=True, slots=True)
class Persons:
    """How many persons live within reach: certainly `low`, at most `high`; None where no bound is known.

    `hamlets` counts hamlets and settlements within reach, `unknown` those whose number of persons, or whose place, is not known.
    """

    low: float
    high: float | None
    hamlets: int
    unknown: int
    reach_m: float | None


def persons_within(
    site: shapely.Geometry | None,
    touched: Collection[str],
    inputs: Mapping[str, gpd.GeoDataFrame],
    context: Context,
    *,
    reach_m: float,
) -> Persons | None:
    """Count the persons within `reach_m` of a place along the ellipsoid; without a place, of the villages touched.

    A hamlet without geometry in a village touched may lie within reach: its persons count for `high` alone. A hamlet whose number
    of persons is unknown adds to `high` what its village has beyond all hamlets that are known (its resident, else its registered
    population), once for a village; where the village's own number is unknown too, or it is below its hamlets', there is no
    upper bound. Relocated people count at their settlement (`processing.resettled`): as they may have left any hamlet of their
    village, `low` takes them out of those within reach, `high` out of the others first. None without hamlets and settlements.
    """
    hamlets = _within(site, touched, reading.rows(inputs, "hamlets"), "population", reach_m)
    counting = resettled.counting(inputs, context)
    sites = subject(inputs, context, "settlements")
    settled = None
    if sites is not None and counting.settled:
        frame = sites.frame.assign(persons=sites.persons, village_code=sites.area_codes)
        settled = _within(site, touched, frame[sites.ids.isin(counting.settled).to_numpy()], "persons", reach_m)
    if hamlets is None and settled is None:
        return None
    low = high = 0.0
    open_end = False
    for part, moves in ((hamlets, counting.moves), (settled, {})):
        if part is not None:
            low_part, high_part = part.bounds(moves)
            low, high = low + low_part, high + high_part
            beyond = part.beyond(inputs) if part is hamlets else (None if part.unnumbered else 0.0)
            open_end, high = open_end or beyond is None, high + (beyond or 0.0)
    parts = [part for part in (hamlets, settled) if part is not None]
    return Persons(
        low,
        None if open_end else high,
        sum(int(part.sure.sum()) for part in parts),
        sum(int(((part.sure & ~part.known) | part.maybe).sum()) for part in parts),
        None if site is None else reach_m,
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """Places of one layer: village, persons (0 where not known), whether known, surely within reach, perhaps within reach."""

    village: pd.Series
    amount: np.ndarray[tuple[int], np.dtype[np.float64]]
    known: np.ndarray[tuple[int], np.dtype[np.bool_]]
    sure: np.ndarray[tuple[int], np.dtype[np.bool_]]
    maybe: np.ndarray[tuple[int], np.dtype[np.bool_]]

    @property
    def unnumbered(self) -> bool:
        """Say whether a place within reach states no persons."""
        return bool(((self.sure | self.maybe) & ~self.known).any())

    def bounds(self, moves: Mapping[str, resettled.Move]) -> tuple[float, float]:
        """Give the least and the most persons of the places whose number is known, after people moved away."""
        table = pd.DataFrame(
            {
                "village": self.village.to_numpy(dtype=object),
                "least": np.where(self.sure, self.amount, 0.0),
                "most": np.where(self.sure | self.maybe, self.amount, 0.0),
                "whole": self.amount,
            }
        )
        low, high = float(table["least"].sum()), float(table["most"].sum())
        for code, sums in table.groupby("village")[["least", "most", "whole"]].sum().iterrows():
            move = moves.get(str(code))
            if move is not None:
                low -= min(float(sums["least"]), move.sure + move.doubtful)
                high -= max(0.0, move.sure - (float(sums["whole"]) - float(sums["most"])))
        return low, high

    def beyond(self, inputs: Mapping[str, gpd.GeoDataFrame]) -> float | None:
        """Add up what villages have beyond their known hamlets; None where one of them has no number of its own."""
        asked = set(self.village[(self.sure | self.maybe) & ~self.known])
        if not asked:
            return 0.0
        rows = reading.rows(inputs, "villages")
        if rows is None or None in asked:
            return None
        own = reading.first_known(reading.number(rows, "pop_resident"), reading.number(rows, "pop_registered"))
        whole = {code: count for code, count in zip(reading.text(rows, "village_code"), own, strict=True) if code in asked}
        total = 0.0
        for code in asked:
            count = whole.get(code)
            rest = None if count is None or pd.isna(count) else float(count) - self._known_of(code)
            if rest is None or rest < 0:
                return None
            total += rest
        return total

    def _known_of(self, village: str | None) -> float:
        return float(self.amount[(self.village == village).to_numpy()].sum())


def _within(
    site: shapely.Geometry | None, touched: Collection[str], frame: gpd.GeoDataFrame | None, field: str, reach_m: float
) -> _Part | None:
    if frame is None:
        return None
    rows = frame.reset_index(drop=True)
    village, persons = reading.text(rows, "village_code"), reading.number(rows, field)
    here = village.isin(list(touched)).to_numpy()
    sure, maybe = here, np.zeros(len(rows), dtype=bool)
    if site is not None:
        shapes = crs.geographic(rows.geometry)
        placed = (shapes.notna() & ~shapes.is_empty).to_numpy()
        pairs = nearest.neighbours(gpd.GeoSeries([site], crs=shapes.crs), shapes, radius_m=reach_m)
        sure = np.isin(np.arange(len(rows)), pairs["target_position"].to_numpy())
        maybe = here & ~placed
    return _Part(village, persons.fillna(0).to_numpy(dtype=np.float64), persons.notna().to_numpy(), sure, maybe)
