"""The units of each layer, with the area in which each lies: by its code where it states one, else by where it is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from layers.catalogue import layer as declaration
from processing import crs, overlay
from processing.indicators import reading
from processing.indicators.definition import Context, Subject

if TYPE_CHECKING:
    from collections.abc import Mapping

    Inputs = Mapping[str, gpd.GeoDataFrame]

POLYGONS: Final = (("villages", "village_code"), ("townships", "township_code"), ("counties", "county_code"))
"""Layers whose polygons say where a thing lies, finest first, with the code of each polygon."""
CUT: Final = frozenset({"roads"})
"""Layers that are cut at the borders of areas and not placed as a whole."""
RURAL_NOTE: Final = "rural_unknown"


def subject(inputs: Inputs, context: Context, layer: str) -> Subject | None:
    """Give the units of a layer; None when the layer is absent or empty. Made once in a run."""
    frame = reading.rows(inputs, layer)
    return None if frame is None else context.once(("subject", layer), lambda: _subject(inputs, context, layer, frame))


def rural(inputs: Inputs, context: Context, units: Subject) -> pd.Series:
    """Say which units are rural: the urban-rural class of their village or area is among `rural.codes`; unknown counts as rural.

    The class is that of the area in which the unit lies, as villages or areas state it.
    """
    known = context.once("urban_rural", lambda: _classes(inputs, context))
    own = pd.Series(known[context.areas.positions(units.area_codes)], index=units.area_codes.index, dtype=object)
    if own.isna().any():
        count = int(own.isna().sum())
        context.note(
            RURAL_NOTE,
            f"{count} 个统计单元没有城乡分类代码，按农村计。",
            f"{count} units have no urban–rural class and are counted as rural.",
        )
    return reading.among(own, set(context.value("rural.codes"))).fillna(value=True)


def persons_of(inputs: Inputs, context: Context, area_codes: pd.Series) -> pd.Series:
    """Give the persons in each area: those of its villages, or of its hamlets where villages state none; NA without either."""
    totals = context.once("persons", lambda: _persons(inputs, context))
    position = context.areas.positions(area_codes)
    padded = np.append(totals, np.nan)
    return pd.Series(padded[position], index=area_codes.index).astype("Float64")


def positions_lonlat(frame: gpd.GeoDataFrame) -> tuple[pd.Series, pd.Series]:
    """Give longitude and latitude of each row: its point, a vertex of its line, a point on its surface; NaN without geometry."""
    if not isinstance(frame, gpd.GeoDataFrame) or frame.active_geometry_name is None:
        empty = pd.Series(np.nan, index=frame.index)
        return empty, empty
    shapes = np.array(crs.geographic(frame.geometry).values, dtype=object)
    line = shapely.get_type_id(shapes) == shapely.GeometryType.LINESTRING
    shapes[line] = shapely.get_point(shapes[line], shapely.get_num_points(shapes[line]) // 2)
    extended = shapely.get_dimensions(shapes) > 0
    shapes[extended] = shapely.point_on_surface(shapes[extended])
    return pd.Series(shapely.get_x(shapes), index=frame.index), pd.Series(shapely.get_y(shapes), index=frame.index)


def place(inputs: Inputs, context: Context, layer: str, frame: gpd.GeoDataFrame) -> pd.Series:
    """Give the code of the finest known area in which each row lies, or None.

    The codes a row states count, finest first, as far as the hierarchy knows them. A row that states none is looked up in the
    polygons of villages, townships and counties. Rows that lie nowhere are counted in a note.
    """
    result = _stated(context, layer, frame)
    left = result.isna()
    if left.any() and isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name is not None:
        result = result.where(~left, _located(inputs, context, frame[left].geometry).reindex(frame.index))
        result = result.where(result.notna(), None)
    _note_lost(context, layer, int(result.isna().sum()))
    return result


def stated_place(context: Context, layer: str, frame: pd.DataFrame) -> pd.Series:
    """Give the code of the finest known area that each row states, or None, with a note of how many state none."""
    result = _stated(context, layer, frame)
    _note_lost(context, layer, int(result.isna().sum()))
    return result


def _note_lost(context: Context, layer: str, lost: int) -> None:
    if lost:
        title = declaration(layer)
        context.note(
            f"no_area_{layer}",
            f"{title.zh}中有 {lost} 条记录不在任何已知地区内，只计入“全部”。",
            f"{lost} rows of {title.en} lie in no known area and are counted in “all” only.",
        )


def _subject(inputs: Inputs, context: Context, layer: str, frame: gpd.GeoDataFrame) -> Subject:
    declared = declaration(layer)
    ids = reading.text(frame, declared.key)
    ids = ids.where(ids.notna(), reading.text(frame, "id"))
    if ids.isna().any():
        ids = ids.where(ids.notna(), f"{layer}:" + pd.Series(frame.index, index=frame.index).astype(str))
    names = reading.text(frame, declared.name_field)
    codes = reading.blank(frame.index) if layer in CUT else place(inputs, context, layer, frame)
    lon, lat = positions_lonlat(frame)
    quality = reading.text(frame, "data_quality")
    return Subject(
        layer=layer,
        frame=frame,
        ids=ids,
        names=names.where(names.notna(), ids),
        area_codes=codes,
        persons=_own_persons(inputs, context, layer, frame, codes),
        lon=lon,
        lat=lat,
        synthetic=quality == "synthetic",
    )


def _own_persons(inputs: Inputs, context: Context, layer: str, frame: gpd.GeoDataFrame, codes: pd.Series) -> pd.Series:
    if layer == "hamlets":
        return reading.number(frame, "population")
    if layer == "settlements":
        return reading.first_known(reading.number(frame, "persons_total"), reading.number(frame, "persons_registered_poor"))
    if layer == "villages":
        return village_persons(frame)
    if layer == "water_works":
        return reading.number(frame, "served_population")
    if layer == "townships":
        return persons_of(inputs, context, codes)
    return pd.Series(pd.NA, index=frame.index, dtype="Float64")


def village_persons(villages: pd.DataFrame) -> pd.Series:
    """Give the persons of each village: resident, else registered."""
    return reading.first_known(reading.number(villages, "pop_resident"), reading.number(villages, "pop_registered"))


def _stated(context: Context, layer: str, frame: pd.DataFrame) -> pd.Series:
    areas = context.areas
    found = np.full(len(frame), -1, dtype=np.intp)
    for name in ("village_code", "township_code", "county_code"):
        if name in frame and (found < 0).any():
            found = np.where(found >= 0, found, areas.positions(reading.text(frame, name)))
    key = declaration(layer).key
    if layer == "hamlets" and key in frame and (found < 0).any():
        own = areas.positions(reading.text(frame, key))
        parents = areas.positions(areas.frame["parent_code"])
        found = np.where(found >= 0, found, np.append(parents, -1)[own])
    padded = np.array([*areas.codes, None], dtype=object)
    return pd.Series(padded[found], index=frame.index, dtype=object)


def _located(inputs: Inputs, context: Context, geometry: gpd.GeoSeries) -> pd.Series:
    result = reading.blank(geometry.index)
    for layer, key in POLYGONS:
        left = result.isna() & geometry.notna()
        polygons = polygons_of(inputs, context, layer, key)
        if polygons is not None and left.any():
            found = overlay.locate(geometry[left], polygons)
            result = result.where(~left, found.astype(object).reindex(result.index))
    return result.where(result.notna(), None)


def polygons_of(inputs: Inputs, context: Context, layer: str, key: str) -> gpd.GeoSeries | None:
    """Give the polygons of an area layer by area code, as far as the hierarchy knows the code; None without any."""
    return context.once(("polygons", layer), lambda: _polygons(inputs, context, layer, key))


def _polygons(inputs: Inputs, context: Context, layer: str, key: str) -> gpd.GeoSeries | None:
    frame = reading.rows(inputs, layer)
    if frame is None or not isinstance(frame, gpd.GeoDataFrame) or frame.active_geometry_name is None:
        return None
    codes = reading.text(frame, key)
    shapes = frame.geometry
    kept = (shapely.get_dimensions(np.asarray(shapes.values, dtype=object)) == 2) & (context.areas.positions(codes) >= 0)  # noqa: PLR2004 - a surface has two dimensions
    if not kept.any():
        return None
    chosen = shapes[kept]
    named = gpd.GeoSeries(chosen.values, index=pd.Index(codes[kept], dtype=object), crs=frame.crs)
    return named[~named.index.duplicated()]


def _classes(inputs: Inputs, context: Context) -> np.ndarray[Any, np.dtype[np.object_]]:
    """Give the urban-rural class of each area by position, and None for position -1."""
    areas = context.areas
    own = areas.frame["urban_rural_code"].to_numpy(dtype=object, copy=True)
    villages = reading.rows(inputs, "villages")
    if villages is not None:
        stated = reading.text(villages, "urban_rural_code")
        at = areas.positions(reading.text(villages, "village_code"))
        usable = (at >= 0) & stated.notna().to_numpy()
        own[at[usable]] = stated[usable].to_numpy()
    return np.array([*own, None], dtype=object)


def _persons(inputs: Inputs, context: Context) -> np.ndarray[Any, np.dtype[np.float64]]:
    areas = context.areas
    for layer, key in (("villages", "village_code"), ("hamlets", "")):
        frame = reading.rows(inputs, layer)
        if frame is None:
            continue
        persons = village_persons(frame) if layer == "villages" else reading.number(frame, "population")
        codes = reading.text(frame, key) if key else place(inputs, context, layer, frame)
        position = areas.positions(codes)
        usable = (position >= 0) & persons.notna().to_numpy()
        if not usable.any():
            continue
        totals = np.zeros(len(areas))
        for column in range(len(areas.levels)):
            at = areas.lineage[position[usable], column]
            amounts = persons[usable].to_numpy(dtype=float)
            totals += np.bincount(at[at >= 0], weights=amounts[at >= 0], minlength=len(areas))
        return np.where(totals > 0, totals, np.nan)
    return np.full(len(areas), np.nan)
