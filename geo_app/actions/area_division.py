"""A village divided: which hamlet goes to which part, which outline and which share each part has, and whose each row is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import shapely

from geo_app.actions import area_links, area_rows
from geo_app.actions.area_links import Link, ShareError
from geo_app.actions.area_recoding import Recoding
from geo_app.errors import BadRequestError
from layers.schema import STORAGE_CRS
from processing.crosswalk import shares
from processing.overlay import locate

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from geopandas import GeoDataFrame

    from geo_app.actions.merge_areas import AreaChange
    from layers.store import Store

ENOUGH = 1e-6


def parts_of(
    store: Store, wish: AreaChange, village: pd.Series[Any], notes: list[str]
) -> tuple[list[dict[str, Any]], Recoding, list[Link]]:
    """Work out the parts of a divided village: their rows, how other rows are re-coded, and the links.

    Raises:
        BadRequestError: hamlets that are not the village's, or that stand in no part or in two.
        ShareError: no share was given and the hamlets' population does not tell it.
    """
    code = str(village["village_code"])
    hamlets = area_links.by_codes(store, "hamlets", "village_code", [code])
    part_of = _assigned(wish, hamlets)
    share, basis = _shares(wish, hamlets, part_of)
    outlines = {part.code: part.outline for part in wish.parts if part.outline is not None}
    if len(outlines) < len(wish.parts):
        shape = village.get("geometry")
        drawn = area_rows.divided(shape, hamlets, part_of) if part_of else {}
        outlines = drawn | outlines
        notes.append("thiessen:")
    new = []
    for part in wish.parts:
        row = area_rows.inherited(village.to_dict()) | {"village_code": part.code, "name": part.name or str(village["name"])}
        new.append(row | {"geometry": outlines.get(part.code)} | dict(part.given))
    links = [
        Link("village", code, part.code, share[part.code], basis, str(village["name"]), part.name or str(village["name"]))
        for part in wish.parts
    ]
    chooser = _Chooser(hamlets, part_of, outlines, max(share, key=lambda one: share[one]), notes)
    above = {
        part.code: {name: village[name] for name in ("township_code", "county_code") if isinstance(village[name], str)}
        for part in wish.parts
    }
    several = {code: tuple(part.code for part in wish.parts)}
    return new, Recoding(several=several, above=above, choose=chooser), links


def _assigned(wish: AreaChange, hamlets: GeoDataFrame) -> dict[str, str]:
    """Give the part of each hamlet: as listed, else by the outlines; every hamlet of the village once."""
    known = set(hamlets["hamlet_id"])
    found: dict[str, str] = {}
    for part in wish.parts:
        for hamlet in part.hamlets:
            if hamlet not in known or hamlet in found:
                raise BadRequestError(f"The hamlet {hamlet} is not in this village, or stands in two parts.")
            found[hamlet] = part.code
    outlines = gpd.GeoSeries({part.code: part.outline for part in wish.parts if part.outline is not None}, crs=STORAGE_CRS)
    if len(outlines) and len(found) < len(known):
        rest = hamlets[~hamlets["hamlet_id"].isin(list(found))]
        where = locate(rest.geometry, outlines)
        found |= {str(rest.loc[at, "hamlet_id"]): str(part) for at, part in where.dropna().items()}
    left = sorted(known - set(found))
    if left and found:
        raise BadRequestError(f"{len(left)} hamlets are in no part: {', '.join(left[:5])}. Say for each to which part it goes.")
    return found


def _shares(wish: AreaChange, hamlets: GeoDataFrame, part_of: Mapping[str, str]) -> tuple[dict[str, float], str]:
    given = {part.code: part.share for part in wish.parts if part.share is not None}
    if len(given) == len(wish.parts):
        total = sum(value for value in given.values() if value is not None)
        if abs(total - 1) > ENOUGH or min(value or 0.0 for value in given.values()) < 0:
            raise ShareError(f"The shares of the parts must add up to 1; they add up to {total:g}.")
        return {code: float(value or 0.0) for code, value in given.items()}, area_links.GIVEN
    population = hamlets["population"]
    if not part_of or population.isna().any():
        lacking = ", ".join(hamlets.loc[population.isna(), "hamlet_id"].astype(str).head(5)) or "no hamlet divides it"
        raise ShareError(
            f"The shares of the parts cannot be told from the hamlets' population ({lacking}). Give a share for each part."
        )
    persons = {part.code: 0.0 for part in wish.parts}
    for hamlet, count in zip(hamlets["hamlet_id"], population, strict=True):
        persons[part_of[str(hamlet)]] += float(count)
    try:
        return shares(persons), area_links.HAMLETS
    except ValueError:
        raise ShareError("Nobody is counted in the hamlets of this village. Give a share for each part.") from None


class _Chooser:
    """Says for a row that states the divided village's code to which part it belongs."""

    def __init__(
        self,
        hamlets: GeoDataFrame,
        part_of: Mapping[str, str],
        outlines: Mapping[str, shapely.Geometry | None],
        largest: str,
        notes: list[str],
    ) -> None:
        self._part_of, self._largest, self._notes = part_of, largest, notes
        self._outlines = [(code, shape) for code, shape in outlines.items() if shape is not None and shape.area > 0]
        placed = hamlets[hamlets.geometry.notna() & hamlets["hamlet_id"].isin(list(part_of))]
        self._points = [(part_of[str(name)], shape) for name, shape in zip(placed["hamlet_id"], placed.geometry, strict=True)]

    def __call__(self, layer: str, row: Mapping[str, Any]) -> str:
        """Choose by hamlet, else by the outline it lies in, else by the nearest hamlet, else the largest part (noted)."""
        hamlet = row.get("hamlet_id")
        if isinstance(hamlet, str) and hamlet in self._part_of:
            return self._part_of[hamlet]
        shape = row.get("geometry")
        if shape is None or shape.is_empty:
            self._notes.append(f"by_rule:{layer}")
            return self._largest
        spot = shapely.point_on_surface(shape)
        for code, outline in self._outlines:
            if outline.intersects(spot):
                return code
        if self._points:
            return min(self._points, key=lambda item: item[1].distance(spot))[0]
        self._notes.append(f"by_rule:{layer}")
        return self._largest
