"""Which coordinate system a file is in, and the way from there to EPSG:4490.

A declared system is taken when it can hold the coordinates. A missing one is a question whose choices are only those systems that
put the data inside the area, with the evidence. Xi'an 80 and Beijing 54 are refused: no transformation grid is public, a shift by
constants is off by tens of metres, so the surveying department has to convert them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pyproj
import shapely
from pyproj.exceptions import CRSError, ProjError
from pyproj.transformer import TransformerGroup

from layers.files import gcj02
from layers.files.errors import RefusedCrsError
from layers.files.questions import Choice, Question

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    Points = NDArray[np.float64]
    Bounds = tuple[float, float, float, float]
    Transform = Callable[[Points], Points]

CHINA: Bounds = (73.4, 3.4, 135.2, 53.7)
"""Where Chinese data may lie when no area is given: the land and the islands."""
GLOBE: Bounds = (-180.0, -90.0, 180.0, 90.0)
UNSHIFTED = ("EPSG:4490", "EPSG:4326")
FIRST_ZONE, LAST_ZONE = 25, 45
PREFIXED_FROM, CENTRED_FROM = 4488, 4509
"""EPSG of the 3-degree zones: 4488 + zone with the zone in the easting, 4509 + zone (4534 + zone − 25) without it."""
LEAST_SHARE = 0.5
SHIFTED = {"GCJ-02": gcj02.gcj02_to_wgs84, "BD-09": gcj02.bd09_to_wgs84}
SPELLINGS = {
    "gcj02": "GCJ-02", "gcj-02": "GCJ-02", "火星坐标": "GCJ-02", "bd09": "BD-09", "bd-09": "BD-09", "bd09ll": "BD-09",
    "wgs84": "EPSG:4326", "wgs-84": "EPSG:4326", "wgs 84": "EPSG:4326", "crs84": "EPSG:4326", "ogc:crs84": "EPSG:4326",
    "cgcs2000": "EPSG:4490", "2000国家大地坐标系": "EPSG:4490",
}  # fmt: skip
SAME_DATUM = (
    *("world geodetic system 1984", "wgs 1984", "wgs84", "wgs 84"),
    *("china 2000", "cgcs2000", "cgcs 2000", "china geodetic coordinate system 2000"),
)
REFUSED_DATUM = {
    "xian 1980": "Xi'an 80 (西安80)",
    "xian80": "Xi'an 80 (西安80)",
    "beijing 1954": "Beijing 54 (北京54)",
    "beijing54": "Beijing 54 (北京54)",
    "new beijing": "New Beijing (新北京54)",
}
WORST_ACCURACY_M = 10.0
PROJECTED_LEAST = 1000.0
BALLPARK_NOTE = (
    "EPSG:4326 → EPSG:4490 is taken as equal (no parameters are published; the two differ by centimetres to decimetres)."
)


@dataclass(frozen=True, slots=True)
class SourceCrs:
    """A coordinate system as a person or a file named it, and how to bring its points to EPSG:4490."""

    name: str
    transform: Transform
    note: str = ""
    geographic: bool = True


def _plain(name: str) -> str:
    return name.casefold().replace("_", " ")


def _same(points: Points) -> Points:
    return points


def _shifted(name: str) -> Transform:
    undo = SHIFTED[name]

    def transform(points: Points) -> Points:
        return np.column_stack(undo(points[:, 0], points[:, 1]))

    return transform


def _through(*steps: pyproj.Transformer) -> Transform:
    def transform(points: Points) -> Points:
        x, y = points[:, 0], points[:, 1]
        for step in steps:
            x, y = step.transform(x, y)
        return np.column_stack([x, y])

    return transform


def _refused(name: str, shown: str) -> RefusedCrsError:
    return RefusedCrsError(
        f"The file is in {shown} ({name}). No transformation grid to CGCS2000 is public; without one the data would be off by "
        "tens of metres (a ballpark shift only). Ask the surveying department to convert it to EPSG:4490 and load that."
    )


@lru_cache(maxsize=256)
def source_crs(text: str) -> SourceCrs:
    """Understand a coordinate system given as an EPSG code, WKT, or one of the shifted systems GCJ-02 and BD-09.

    Raises:
        RefusedCrsError: Xi'an 80, Beijing 54, a system without an accurate way to EPSG:4490, or a name nobody knows.

    >>> source_crs("gcj02").name, source_crs("EPSG:4523").geographic
    ('GCJ-02', False)
    """
    name = SPELLINGS.get(text.strip().casefold(), text.strip())
    if name in SHIFTED:
        return SourceCrs(name, _shifted(name), f"{name} was undone by its published formula.")
    try:
        crs = pyproj.CRS.from_user_input(int(name) if name.isdigit() else name)
    except (CRSError, ProjError) as error:
        raise RefusedCrsError(
            f"No coordinate system is known as {name[:60]!r}. Give an EPSG code such as EPSG:4490, or GCJ-02 or BD-09."
        ) from error
    if isinstance(crs, pyproj.CRS) and crs.is_bound and crs.source_crs is not None:
        crs = crs.source_crs
    return _known(crs)


def _shown_name(crs: pyproj.CRS) -> str:
    authority = crs.to_authority(min_confidence=70)
    return f"{authority[0]}:{authority[1]}" if authority else crs.name


def _known(crs: pyproj.CRS) -> SourceCrs:
    base = crs.geodetic_crs
    shown = _shown_name(crs)
    if base is None or base.datum is None or not (crs.is_geographic or crs.is_projected or crs.is_compound):
        raise RefusedCrsError(
            f"The coordinate system {shown} has no place on the earth. Give the file in EPSG:4490 or EPSG:4326."
        )
    datum = _plain(f"{base.datum.name} | {base.name}")
    for word, title in REFUSED_DATUM.items():
        if word in datum:
            raise _refused(shown, title)
    steps = [] if crs.is_geographic else [pyproj.Transformer.from_crs(crs, base, always_xy=True)]
    if any(word in datum for word in SAME_DATUM):
        note = "" if "2000" in datum else BALLPARK_NOTE
        return SourceCrs(shown, _through(*steps) if steps else _same, note, crs.is_geographic)
    group = TransformerGroup(base, "EPSG:4326", always_xy=True, allow_ballpark=False)
    best = group.transformers[0] if group.transformers else None
    if best is None or not 0 <= best.accuracy <= WORST_ACCURACY_M:
        raise RefusedCrsError(
            f"From {shown} there is only a ballpark shift to CGCS2000 here. Convert the file to EPSG:4490 first and load that."
        )
    return SourceCrs(
        shown, _through(*steps, best), f"{base.name} → WGS 84 within {best.accuracy:g} m. {BALLPARK_NOTE}", crs.is_geographic
    )


def to_storage(geometries: NDArray[np.object_], source: SourceCrs) -> NDArray[np.object_]:
    """Bring geometries (x = easting or longitude first) to EPSG:4490; two-dimensional, missing ones stay missing.

    Coordinates that no projection can undo become infinite, which the check names row by row.
    """
    with np.errstate(all="ignore"):
        moved: NDArray[np.object_] = np.asarray(shapely.transform(shapely.force_2d(geometries), source.transform), dtype=object)
    return moved


def can_hold(points: Points, source: SourceCrs) -> bool:
    """Say whether the coordinates can be what the declared system says: degrees within the globe, metres beyond it."""
    if not len(points):
        return True
    degrees = bool((np.abs(points[:, 0]) <= 360).all() and (np.abs(points[:, 1]) <= 90).all())  # noqa: PLR2004 - the globe
    return degrees if source.geographic else bool(np.abs(points).max() > PROJECTED_LEAST)


def _systems(points: Points) -> Iterator[tuple[str, str, str]]:
    """Give value, Chinese and English label of every system whose numbers look like these."""
    if (np.abs(points[:, 0]) <= 180).all() and (np.abs(points[:, 1]) <= 180).all():  # noqa: PLR2004 - degrees, perhaps swapped
        yield "EPSG:4490", "CGCS2000 经纬度", "CGCS2000 longitude and latitude"
        yield "EPSG:4326", "WGS 84 经纬度", "WGS 84 longitude and latitude"
        yield "GCJ-02", "GCJ-02（高德、腾讯等网络地图，有偏移）", "GCJ-02 (shifted: AMap, Tencent and other web maps)"
        yield "BD-09", "BD-09（百度地图，有偏移）", "BD-09 (shifted: Baidu map)"
        return
    for zone in range(FIRST_ZONE, LAST_ZONE + 1):
        meridian = 3 * zone
        yield (
            f"EPSG:{PREFIXED_FROM + zone}",
            f"CGCS2000 3度带第{zone}带（坐标带带号，中央经线{meridian}°）",
            f"CGCS2000 3-degree zone {zone} (zone in the easting, central meridian {meridian}°)",
        )
        yield (
            f"EPSG:{CENTRED_FROM + zone}",
            f"CGCS2000 3度带，中央经线{meridian}°（坐标不带带号）",
            f"CGCS2000 3-degree, central meridian {meridian}° (no zone in the easting)",
        )


def share_inside(points: Points, bounds: Bounds) -> float:
    """Give the share of points within bounds (west, south, east, north)."""
    x, y = points[:, 0], points[:, 1]
    inside = (x >= bounds[0]) & (x <= bounds[2]) & (y >= bounds[1]) & (y <= bounds[3])
    return float(inside.mean()) if len(points) else 0.0


def candidates(points: Points, area_bounds: Bounds | None) -> tuple[Choice, ...]:
    """Offer the systems that put at least half of the points inside the area, best first, with where each would put them.

    Args:
        points: coordinates as in the file, shape (n, 2), x first, finite.
        area_bounds: west, south, east, north of the area in degrees; None = anywhere (the Chinese systems: in China).
    """
    found: list[tuple[float, int, Choice]] = []
    for order, (value, zh, en) in enumerate(_systems(points)):
        with np.errstate(all="ignore"):
            placed = source_crs(value).transform(points)
        bounds = area_bounds or (GLOBE if value in UNSHIFTED else CHINA)
        share = share_inside(placed, bounds)
        if share < LEAST_SHARE:
            continue
        west, south = placed.min(axis=0)
        east, north = placed.max(axis=0)
        evidence = f"{share:.0%} inside the area; {west:.4f}–{east:.4f}°E, {south:.4f}–{north:.4f}°N"
        found.append((-share, order, Choice(value, zh, en, evidence)))
    return tuple(choice for _, _, choice in sorted(found, key=lambda item: item[:2]))


def looks_swapped(points: Points, area_bounds: Bounds | None) -> bool:
    """Say whether the points lie in the area only when x and y change places (in any system)."""
    return bool(len(points)) and not candidates(points, area_bounds) and bool(candidates(points[:, ::-1], area_bounds))


def ask(points: Points, area_bounds: Bounds | None, *, declared: str | None = None) -> Question:
    """Put the question which system the file is in; `declared` names one that cannot be true."""
    choices = candidates(points, area_bounds)
    zh = f"文件声明为 {declared}，但坐标值与它不符。" if declared else "文件没有说明坐标系。"
    en = (
        f"The file says {declared}, but its coordinates cannot be that."
        if declared
        else "The file does not say its coordinate system."
    )
    if choices:
        zh, en = zh + "下列坐标系能使数据落在本区域内，请选择。", en + " These put the data inside the area; choose one."
    elif looks_swapped(points, area_bounds):
        zh = zh + "只有把两列坐标对调后数据才落在本区域内：请检查经纬度（或北坐标、东坐标）是否颠倒。"
        en = (
            en
            + " Only with x and y exchanged would the data lie inside the area: check whether longitude and latitude are swapped."
        )
    else:
        zh = zh + "没有一种候选坐标系能使数据落在本区域内：请向数据提供单位询问。"
        en = en + " No candidate puts the data inside the area: ask the bureau that made the file."
    return Question("crs", zh, en, choices)
