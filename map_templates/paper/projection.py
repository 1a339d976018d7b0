"""From the ellipsoid to the sheet: the metric CRS of the page, its scale, and the map window in metres."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely
from pyproj import CRS, Transformer

from map_templates.texts import text

if TYPE_CHECKING:
    from geopandas import GeoSeries
    from numpy.typing import NDArray

    from map_templates.paper.sheet import Rect
    from map_templates.spec import Extent

MANTISSAS: Final = (1, 1.2, 1.5, 1.8, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9)
"""First figures of the scales a page may choose: 1:20 000, 1:25 000, 1:30 000 and so on."""
FILL: Final = 0.94
"""Most of the window that the area may take, so that it does not touch the frame."""
GEOGRAPHIC: Final = "EPSG:4490"
AREA: Final = 2
_FIRST_ZONE, _FIRST_MERIDIAN, _LAST_MERIDIAN = 4534, 75, 135
_LATITUDES: Final = (3.0, 54.0)
_WIDEST_ZONE_DEGREES: Final = 4.5


@dataclass(frozen=True)
class Projection:
    """A metric CRS with the words of the CRS line."""

    crs: CRS
    description: str

    def convergence_degrees(self, longitude: float, latitude: float) -> float:
        """Angle from true north to grid north at a place, positive where grid north lies east of true north (degrees).

        Examples:
            >>> choose_projection((105.0, 35.0, 106.0, 36.0), "zh").convergence_degrees(105.5, 35.5) > 0
            True
        """
        x, y = Transformer.from_crs(GEOGRAPHIC, self.crs, always_xy=True).transform([longitude] * 2, [latitude, latitude + 0.001])
        return -math.degrees(math.atan2(x[1] - x[0], y[1] - y[0]))


def choose_projection(bounds: Extent, language: str) -> Projection:
    """Choose the CRS of a page: the CGCS2000 3-degree Gauss-Krueger zone by the centre, or equal area round it.

    The zone form without a prefix (EPSG:4534 to 4554, central meridians 75° to 135°) is taken where the centre lies in its range
    and the area is at most 4.5° wide; the scale error then stays below 1:1000 in the window. Elsewhere Lambert azimuthal equal
    area.

    Examples:
        >>> choose_projection((104.4, 35.4, 105.6, 36.4), "zh").crs.to_epsg()
        4544
        >>> choose_projection((20.0, 0.0, 21.0, 1.0), "en").crs.to_epsg() is None
        True
    """
    west, south, east, north = bounds
    longitude, latitude = (west + east) / 2, (south + north) / 2
    meridian = round(longitude / 3) * 3
    in_range = _FIRST_MERIDIAN <= meridian <= _LAST_MERIDIAN and _LATITUDES[0] <= latitude <= _LATITUDES[1]
    if in_range and east - west <= _WIDEST_ZONE_DEGREES:
        code = _FIRST_ZONE + (meridian - _FIRST_MERIDIAN) // 3
        words = text("gauss_kruger", language, meridian=f"{meridian}°E", code=f"EPSG:{code}")
        return Projection(CRS.from_epsg(code), words)
    crs = CRS.from_proj4(f"+proj=laea +lat_0={latitude:.4f} +lon_0={longitude:.4f} +ellps=GRS80 +units=m +no_defs")
    words = text("equal_area", language, meridian=degrees(longitude, "EW"), parallel=degrees(latitude, "NS"))
    return Projection(crs, words)


def degrees(value: float, letters: str) -> str:
    """Print an angle in degrees and minutes with its hemisphere.

    Examples:
        >>> degrees(104.99999, "EW"), degrees(-0.25, "NS")
        ('105°00′E', '0°15′S')
    """
    minutes = round(abs(value) * 60)
    return f"{minutes // 60}°{minutes % 60:02d}′{letters[0] if value >= 0 else letters[1]}"


def nice_scale(width_m: float, height_m: float, window: Rect) -> int:
    """Choose the largest round scale at which an area fits a window of the sheet.

    Examples:
        >>> from map_templates.paper.sheet import Rect
        >>> nice_scale(40_000, 20_000, Rect(0, 0, 200, 150))
        250000
    """
    needed = max(width_m / window.width, height_m / window.height, 1e-3) * 1000 / FILL
    power = 10.0 ** math.floor(math.log10(needed))
    for first in (*MANTISSAS, 10):
        if first * power >= needed * (1 - 1e-9):
            return round(first * power)
    return round(10 * power)


def sound(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Mend polygons that cross themselves, for display only; everything else is given as it is."""
    broken = (shapely.get_dimensions(shapes) == AREA) & ~shapely.is_valid(shapes)
    mended = shapes.copy()
    mended[broken] = shapely.buffer(shapes[broken], 0)
    return mended


@dataclass(frozen=True)
class Window:
    """The map on the sheet: its rectangle, scale denominator, projection and the ground coordinates of its lower left corner."""

    rect: Rect
    scale: int
    projection: Projection
    left_m: float
    bottom_m: float

    @property
    def width_m(self) -> float:
        """Ground width of the window."""
        return self.rect.width * self.scale / 1000

    @property
    def height_m(self) -> float:
        """Ground height of the window."""
        return self.rect.height * self.scale / 1000

    def to_sheet(self, xy: NDArray[np.float64]) -> NDArray[np.float64]:
        """Projected metres → millimetres of the sheet."""
        return (np.asarray(xy) - (self.left_m, self.bottom_m)) * (1000 / self.scale) + (self.rect.x, self.rect.y)

    def draw(self, geometry: GeoSeries) -> NDArray[np.object_]:
        """Project geometries, drop what lies outside the window, simplify below the eye (0.03 mm) and give them in millimetres.

        Missing and unseen geometries become None, so the result stays aligned with the rows.
        """
        shown = np.full(len(geometry), None, dtype=object)
        if not len(geometry):
            return shown
        projected = sound(np.asarray(geometry.to_crs(self.projection.crs).array, dtype=object))
        tree_box = shapely.box(*self.ground_box())
        seen = np.array([g is not None for g in projected]) & shapely.intersects(projected, tree_box)
        simple = shapely.simplify(projected[seen], 0.03e-3 * self.scale, preserve_topology=True)
        shown[seen] = shapely.transform(shapely.force_2d(simple), self.to_sheet)
        return shown

    def ground_box(self) -> tuple[float, float, float, float]:
        """Left, bottom, right, top of the window in projected metres."""
        return (self.left_m, self.bottom_m, self.left_m + self.width_m, self.bottom_m + self.height_m)

    def degree_box(self) -> Extent:
        """Bounds of the window in degrees, by sampling its edge."""
        left, bottom, right, top = self.ground_box()
        along, up = np.linspace(left, right, 40), np.linspace(bottom, top, 40)
        x = np.concatenate([along, along, np.full(40, left), np.full(40, right)])
        y = np.concatenate([np.full(40, bottom), np.full(40, top), up, up])
        lon, lat = Transformer.from_crs(self.projection.crs, GEOGRAPHIC, always_xy=True).transform(x, y)
        return (float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max()))

    def centre_degrees(self) -> tuple[float, float]:
        """Longitude and latitude of the centre of the window."""
        left, bottom, right, top = self.ground_box()
        inverse = Transformer.from_crs(self.projection.crs, GEOGRAPHIC, always_xy=True)
        lon, lat = inverse.transform((left + right) / 2, (bottom + top) / 2)
        return (float(lon), float(lat))


def open_window(bounds: Extent, rect: Rect, scale: int | None, language: str) -> Window:
    """Open a map window on the sheet that shows bounds (degrees) centred, at a given scale or the largest round one that fits."""
    projection = choose_projection(bounds, language)
    west, south, east, north = bounds
    along, up = np.linspace(west, east, 40), np.linspace(south, north, 40)
    edge_x = np.concatenate([along, along, np.full(40, west), np.full(40, east)])
    edge_y = np.concatenate([np.full(40, south), np.full(40, north), up, up])
    x, y = Transformer.from_crs(GEOGRAPHIC, projection.crs, always_xy=True).transform(edge_x, edge_y)
    width, height = float(x.max() - x.min()), float(y.max() - y.min())
    chosen = scale or nice_scale(width, height, rect)
    left = (x.min() + x.max()) / 2 - rect.width * chosen / 2000
    bottom = (y.min() + y.max()) / 2 - rect.height * chosen / 2000
    return Window(rect, chosen, projection, float(left), float(bottom))
