"""Compiled search for the nearest of many straight segments; used by `nearest` above the size where compiling pays.

Segments of all targets (a point is a segment of no length) are projected to the transverse Mercator plane of `plane`, binned in a
uniform grid by the cells they cross, and searched ring by ring around each place; the planar distance is divided by the plane's
scale half-way, as everywhere.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from processing.compiled import compiled
from processing.ellipsoid import E2, SEMI_MAJOR_M
from processing.plane import ALPHA, RECTIFYING_RADIUS_M

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Place = tuple[float, float, float, float]

A1, A2, A3, A4 = ALPHA
TIE_M = 1e-6
CELLS_PER_SEGMENT = 0.5
MOST_CELLS = 16_000_000
LONGEST_M = 4.1e7
"""Once around the earth."""


@compiled
def _forward(lon: float, lat: float) -> tuple[float, float, float, float]:
    """Project one position, in radians from the meridian: x, y in metres, scale k, Gaussian radius of curvature in metres.

    The sines of the multiple angles of Krüger's series come from the first by products, without further trigonometry.
    """
    sin_lat = math.sin(lat)
    cos_lat = math.sqrt(1.0 - sin_lat * sin_lat)
    z2 = E2 * sin_lat * sin_lat  # at most 0.0067: five terms of atanh, two of sinh
    small = E2 * sin_lat * (1.0 + z2 * (1 / 3 + z2 * (1 / 5 + z2 * (1 / 7 + z2 * (1 / 9 + z2 / 11)))))
    sigma = small * (1.0 + small * small / 6.0)
    tau_chi = (sin_lat * math.sqrt(1.0 + sigma * sigma) - sigma) / cos_lat
    sin_lon, cos_lon = math.sin(lon), math.cos(lon)
    across = math.sqrt(tau_chi * tau_chi + cos_lon * cos_lon)
    over = 1.0 / across
    sin_xi, cos_xi, sinh_eta = tau_chi * over, cos_lon * over, sin_lon * over
    cosh_eta = math.sqrt(1.0 + sinh_eta * sinh_eta)
    s, c = 2.0 * sin_xi * cos_xi, 1.0 - 2.0 * sin_xi * sin_xi
    sh, ch = 2.0 * sinh_eta * cosh_eta, 1.0 + 2.0 * sinh_eta * sinh_eta
    sine, cosine = complex(s * ch, c * sh), complex(c * ch, -s * sh)
    sine2, cosine2 = 2.0 * sine * cosine, 2.0 * cosine * cosine - 1.0
    sine3, cosine3 = sine2 * cosine + cosine2 * sine, cosine2 * cosine - sine2 * sine
    sine4, cosine4 = 2.0 * sine2 * cosine2, 2.0 * cosine2 * cosine2 - 1.0
    z = A1 * sine + A2 * sine2 + A3 * sine3 + A4 * sine4
    x = RECTIFYING_RADIUS_M * (math.log(sinh_eta + cosh_eta) + z.imag)
    y = RECTIFYING_RADIUS_M * (math.atan2(tau_chi, cos_lon) + z.real)
    slope = 1.0 + 2.0 * A1 * cosine + 4.0 * A2 * cosine2 + 6.0 * A3 * cosine3 + 8.0 * A4 * cosine4
    w2 = 1.0 - E2 * sin_lat * sin_lat
    stretch = math.sqrt(slope.real * slope.real + slope.imag * slope.imag)
    k = math.sqrt(w2) / (cos_lat * across) * stretch * (RECTIFYING_RADIUS_M / SEMI_MAJOR_M)
    return x, y, k, SEMI_MAJOR_M * math.sqrt(1.0 - E2) / w2


@compiled
def project(lonlat: Floats, meridian: float) -> Floats:
    """Project (n, 2) degrees to the plane on a meridian: columns x, y in metres, scale k, Gaussian radius in metres."""
    result = np.empty((lonlat.shape[0], 4))
    for i in range(lonlat.shape[0]):
        found = _forward(math.radians(lonlat[i, 0] - meridian), math.radians(lonlat[i, 1]))
        result[i, 0], result[i, 1], result[i, 2], result[i, 3] = found
    return result


@compiled
def project_lines(lonlat: Floats, owner: Ints, meridian: float) -> tuple[Floats, Ints]:
    """Project the (n, 2) vertices of lines, in degrees, and give their segments: (m, 4) x1, y1, x2, y2 and (m,) owners.

    Consecutive vertices of one owner make a segment; an owner of a single vertex makes one of no length.
    """
    count = lonlat.shape[0]
    segments, owners = np.empty((count, 4)), np.empty(count, dtype=np.int64)
    x, y, made = 0.0, 0.0, 0
    for i in range(count):
        before_x, before_y = x, y
        x, y, _, _ = _forward(math.radians(lonlat[i, 0] - meridian), math.radians(lonlat[i, 1]))
        goes_on = i > 0 and owner[i] == owner[i - 1]
        alone = not goes_on and (i + 1 == count or owner[i + 1] != owner[i])
        if goes_on or alone:
            segments[made, 0], segments[made, 1] = (before_x, before_y) if goes_on else (x, y)
            segments[made, 2], segments[made, 3] = x, y
            owners[made] = owner[i]
            made += 1
    return segments[:made], owners[:made]


@compiled
def _row_span(segment: Floats, low: float, high: float) -> tuple[float, float]:
    """Give the least and greatest x of a segment (x1, y1, x2, y2) between two values of y."""
    x1, y1, x2, y2 = segment[0], segment[1], segment[2], segment[3]
    if abs(y2 - y1) < 1e-9:  # noqa: PLR2004 - a nanometre: level
        return min(x1, x2), max(x1, x2)
    a = min(max((low - y1) / (y2 - y1), 0.0), 1.0)
    b = min(max((high - y1) / (y2 - y1), 0.0), 1.0)
    xa, xb = x1 + a * (x2 - x1), x1 + b * (x2 - x1)
    return min(xa, xb), max(xa, xb)


@compiled
def _bin(segments: Floats, origin: Floats, cell: float, shape: tuple[int, int], starts: Ints, items: NDArray[np.int32]) -> None:  # noqa: PLR0913, PLR0917 - arrays of one compiled pass
    """Count the segments that cross each cell (`items` empty), or write them in place, moving `starts` on."""
    rows, columns = shape
    fill = items.shape[0] > 0
    for i in range(segments.shape[0]):
        y_low, y_high = min(segments[i, 1], segments[i, 3]), max(segments[i, 1], segments[i, 3])
        first = min(max(int((y_low - origin[1]) / cell), 0), rows - 1)
        last = min(max(int((y_high - origin[1]) / cell), 0), rows - 1)
        for row in range(first, last + 1):
            low, high = _row_span(segments[i], origin[1] + row * cell, origin[1] + (row + 1) * cell)
            left = min(max(int((low - origin[0]) / cell - 1e-9), 0), columns - 1)
            right = min(max(int((high - origin[0]) / cell + 1e-9), 0), columns - 1)
            for column in range(left, right + 1):
                place = row * columns + column
                if fill:
                    items[starts[place]] = i
                    starts[place] += 1
                else:
                    starts[place + 1] += 1


@compiled
def _sweep(rings: NDArray[np.int32], step: int) -> None:
    """Carry ring counts one way across the grid: from the row and the cell before (step 1), or from the ones after (step -1)."""
    rows, columns = rings.shape
    for i in range(rows):
        row = i if step > 0 else rows - 1 - i
        for j in range(columns):
            column = j if step > 0 else columns - 1 - j
            best = rings[row, column]
            if j > 0:
                best = min(best, rings[row, column - step] + np.int32(1))
            if i > 0:
                for other in range(max(column - 1, 0), min(column + 2, columns)):
                    best = min(best, rings[row - step, other] + np.int32(1))
            rings[row, column] = best


@compiled
def _emptiness(starts: Ints, shape: tuple[int, int]) -> NDArray[np.int32]:
    """Give for every cell how many rings of empty cells surround it: the chessboard distance to a cell with a segment."""
    rings = np.empty(shape, dtype=np.int32)
    for row in range(shape[0]):
        for column in range(shape[1]):
            place = row * shape[1] + column
            rings[row, column] = 0 if starts[place + 1] > starts[place] else shape[0] + shape[1]
    _sweep(rings, 1)
    _sweep(rings, -1)
    return rings


@compiled
def _scan(items: NDArray[np.int32], place: Place, lines: tuple[Floats, Ints], found: tuple[float, int]) -> tuple[float, int]:
    """Look through the segments of a cell; `found` is the best true distance so far and its owner."""
    segments, owner = lines
    best, chosen = found
    x, y, k, radius = place
    reach = _reach(place, best)
    for item in items:
        x1, y1 = segments[item, 0], segments[item, 1]
        along_x, along_y = segments[item, 2] - x1, segments[item, 3] - y1
        square = along_x * along_x + along_y * along_y
        t = ((x - x1) * along_x + (y - y1) * along_y) / square if square > 0.0 else 0.0
        t = min(max(t, 0.0), 1.0)
        dx, dy = x1 + t * along_x - x, y1 + t * along_y - y
        square = dx * dx + dy * dy
        if square > reach * reach:
            continue
        true = math.sqrt(square) / k * math.cosh(x / radius) / math.cosh((x + dx / 2.0) / radius)
        if true < best - TIE_M or (true <= best + TIE_M and (chosen < 0 or owner[item] < chosen)):
            best, chosen = min(best, true), owner[item]
            reach = _reach(place, best)
    return best, chosen


@compiled
def _reach(place: Place, best: float) -> float:
    """Give how far on the plane a segment may be and still be as near as `best`: its scale can change that much on the way."""
    x, _, k, radius = place
    slack = abs(math.tanh(x / radius)) / radius * best
    return best * k * (1.0 + slack) + TIE_M


@compiled
def _search(places: Floats, lines: tuple[Floats, Ints], grid: tuple[Any, ...], limit_m: float) -> tuple[Floats, Ints]:
    """Search rings of cells around every place until nothing nearer can follow."""
    starts, items, empty, origin, cell = grid
    rows, columns = empty.shape
    distance, target = np.full(places.shape[0], np.inf), np.full(places.shape[0], -1)
    for i in range(places.shape[0]):
        place: Place = (places[i, 0], places[i, 1], places[i, 2], places[i, 3])
        row = min(max(math.floor((place[1] - origin[1]) / cell), 0), rows - 1)
        column = min(max(math.floor((place[0] - origin[0]) / cell), 0), columns - 1)
        found = (limit_m + TIE_M, -1)
        ring = np.int64(empty[row, column])
        bound = -1.0
        while bound < _reach(place, found[0]):
            for r in range(max(row - ring, 0), min(row + ring, rows - 1) + 1):
                stride = 1 if abs(r - row) == ring else 2 * ring
                for c in range(column - ring, column + ring + 1, stride):
                    if 0 <= c < columns:
                        at = r * columns + c
                        found = _scan(items[starts[at] : starts[at + 1]], place, lines, found)
            bound = _clear(place[0] - origin[0], cell, column, ring, columns)
            bound = min(bound, _clear(place[1] - origin[1], cell, row, ring, rows))
            ring += 1
        if found[1] >= 0:
            distance[i], target[i] = found
    return distance, target


@compiled
def _clear(at: float, cell: float, index: int, ring: Any, count: int) -> float:
    """Give how far a place is, along one axis, from the first cell not yet searched; infinite when none is left."""
    before = at - (index - ring) * cell if index - ring > 0 else np.inf
    after = (index + ring + 1) * cell - at if index + ring < count - 1 else np.inf
    return min(before, after)


def nearest_segments(places: Floats, segments: Floats, owner: Ints, *, limit_m: float = LONGEST_M) -> tuple[Floats, Ints]:
    """Find the nearest segment of every place.

    Args:
        places: (n, 4) x, y, scale and radius as `project` gives them.
        segments: (m, 4) x1, y1, x2, y2 on the same plane; m is at least 1.
        owner: (m,) which target each segment belongs to; of targets equally near, the lowest is named.
        limit_m: nothing beyond this true distance is looked for.

    Returns:
        True distances in metres (inf where nothing lies within the limit) and owners (-1 there).
    """
    x, y = segments[:, 0::2], segments[:, 1::2]
    origin = np.array([x.min(), y.min()])
    width, height = x.max() - origin[0], y.max() - origin[1]
    cells = min(max(CELLS_PER_SEGMENT * len(segments), 1.0), MOST_CELLS)
    mean_length = float(np.hypot(np.diff(x, axis=1), np.diff(y, axis=1)).mean())
    cell = max(math.sqrt(width * height / cells), mean_length, max(width, height) / cells, 1.0)
    shape = (int(height / cell) + 1, int(width / cell) + 1)
    counts = np.zeros(shape[0] * shape[1] + 1, dtype=np.int64)
    _bin(segments, origin, cell, shape, counts, np.empty(0, dtype=np.int32))
    starts = np.cumsum(counts)
    items = np.empty(int(starts[-1]), dtype=np.int32)
    _bin(segments, origin, cell, shape, starts[:-1].copy(), items)
    grid = (starts, items, _emptiness(starts, shape), origin, cell)
    distance, target = _search(places, (segments, owner), grid, min(limit_m, LONGEST_M))
    return distance, target
