"""A transverse Mercator plane on the CGCS2000 ellipsoid with its scale at every point: planar distance over scale is distance.

The plane is conformal, so its scale k at a point is one number and grows smoothly across it. A straight planar step of length p,
divided by k at its middle, is the geodesic distance to about p²/(24R²): 4e-9 at 2 km and 4e-7 at 20 km, as far east as China.
Krüger's series to the fourth order: Karney, Transverse Mercator with an accuracy of a few nanometers, J. Geodesy 85 (2011).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from processing.ellipsoid import E2, FLATTENING, SEMI_MAJOR_M, E

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_N = FLATTENING / (2 - FLATTENING)
RECTIFYING_RADIUS_M = SEMI_MAJOR_M / (1 + _N) * (1 + _N**2 / 4 + _N**4 / 64)
ALPHA = (
    _N / 2 - 2 * _N**2 / 3 + 5 * _N**3 / 16 + 41 * _N**4 / 180,
    13 * _N**2 / 48 - 3 * _N**3 / 5 + 557 * _N**4 / 1440,
    61 * _N**3 / 240 - 103 * _N**4 / 140,
    49561 * _N**4 / 161280,
)
BETA = (
    _N / 2 - 2 * _N**2 / 3 + 37 * _N**3 / 96 - _N**4 / 360,
    _N**2 / 48 + _N**3 / 15 - 437 * _N**4 / 1440,
    17 * _N**3 / 480 - 37 * _N**4 / 840,
    4397 * _N**4 / 161280,
)
DELTA = (
    2 * _N - 2 * _N**2 / 3 - 2 * _N**3 + 116 * _N**4 / 45,
    7 * _N**2 / 3 - 8 * _N**3 / 5 - 227 * _N**4 / 45,
    56 * _N**3 / 15 - 136 * _N**4 / 35,
    4279 * _N**4 / 630,
)


@dataclass(frozen=True, slots=True)
class Plane:
    """The plane touching the ellipsoid along `meridian` (degrees): x, y in metres, no false easting, scale 1 on the meridian."""

    meridian: float

    def forward(self, lonlat: Floats) -> Floats:
        """Project (n, 2) longitudes and latitudes in degrees to (n, 2) metres."""
        w = self._sphere(lonlat)[0]
        z = w + sum(a * np.sin(2 * j * w) for j, a in enumerate(ALPHA, start=1))
        return RECTIFYING_RADIUS_M * np.column_stack([z.imag, z.real])

    def inverse(self, xy: Floats) -> Floats:
        """Turn (n, 2) metres back into (n, 2) longitudes and latitudes in degrees."""
        z = (xy[:, 1] + 1j * xy[:, 0]) / RECTIFYING_RADIUS_M
        w = z - sum(b * np.sin(2 * j * z) for j, b in enumerate(BETA, start=1))
        chi = np.arcsin(np.sin(w.real) / np.cosh(w.imag))
        lat = chi + sum(d * np.sin(2 * j * chi) for j, d in enumerate(DELTA, start=1))
        lon = np.arctan2(np.sinh(w.imag), np.cos(w.real))
        return np.column_stack([self.meridian + np.degrees(lon), np.degrees(lat)])

    def scale(self, lonlat: Floats) -> Floats:
        """Give the scale k of the plane at (n, 2) longitudes and latitudes in degrees: planar step over true step."""
        w, tau, cos_lon, tau_chi = self._sphere(lonlat)
        stretch = np.abs(1 + sum(2 * j * a * np.cos(2 * j * w) for j, a in enumerate(ALPHA, start=1)))
        sin2 = tau**2 / (1 + tau**2)
        own = np.sqrt((1 - E2 * sin2) * (1 + tau**2)) / np.hypot(tau_chi, cos_lon)
        return np.asarray(own * stretch * RECTIFYING_RADIUS_M / SEMI_MAJOR_M)

    def _sphere(self, lonlat: Floats) -> tuple[NDArray[np.complex128], Floats, Floats, Floats]:
        """Give the spherical transverse coordinates ξ' + iη', tan φ, cos λ and the tangent of the conformal latitude."""
        lon = np.radians((lonlat[:, 0] - self.meridian + 180) % 360 - 180)
        sin_lat = np.sin(np.radians(lonlat[:, 1]))
        cos_lat = np.sqrt(1 - sin_lat**2)
        tau = sin_lat / cos_lat
        sigma = np.sinh(E * np.arctanh(E * sin_lat))
        tau_chi = tau * np.sqrt(1 + sigma**2) - sigma / cos_lat
        cos_lon = np.cos(lon)
        xi = np.arctan2(tau_chi, cos_lon)
        eta = np.arcsinh(np.sin(lon) / np.hypot(tau_chi, cos_lon))
        return xi + 1j * eta, tau, cos_lon, tau_chi
