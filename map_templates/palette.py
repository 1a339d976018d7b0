"""The colours of the maps, and what a symbol is: a line, a fill, a marker, a name.

Sizes are millimetres on paper; the screen draws them at `PX_PER_MM`. Choropleth ramps are ColorBrewer's (Apache 2.0), categories
are Okabe and Ito's (2008), both chosen because they stay apart for every kind of colour vision; no ramp runs from red to green.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

PX_PER_MM: Final = 4.0

INK: Final = "#1f2933"
SECONDARY: Final = "#5b6770"
LINE: Final = "#d9dde1"
SURFACE: Final = "#f6f7f8"
PAPER: Final = "#ffffff"
ACCENT: Final = "#1d5c8f"
DANGER: Final = "#b3261e"
WARNING: Final = "#9a6700"
GOOD: Final = "#1a7f4b"
AREA_EDGE: Final = "#5d6b70"
GROUND: Final = "#faf9f6"
GRATICULE: Final = "#4a6a80"
NEIGHBOUR: Final = "#efede8"
NEIGHBOUR_EDGE: Final = "#b4afa3"
NEIGHBOUR_TEXT: Final = "#8d8775"
SIMULATED: Final = "#8a1c7c"
NO_DATA_FILL: Final = "#f1f1f1"
NO_DATA_LINE: Final = "#8f8f8f"
NO_DATA_SPACING_MM: Final = 1.1
TARGET_LINE: Final = "#d55e00"

RAMPS: Final[Mapping[str, tuple[str, ...]]] = {
    "more": ("#ffffcc", "#a1dab4", "#41b6c4", "#2c7fb8", "#253494"),
    "gaps": ("#ffffd4", "#fed98e", "#fe9929", "#d95f0e", "#993404"),
    "change": ("#e66101", "#fdb863", "#f7f7f7", "#b2abd2", "#5e3c99"),
}
"""YlGnBu (more is better), YlOrBr (gaps), PuOr (change), from the low to the high class."""
CATEGORIES: Final = ("#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7")


def ramp(name: str, size: int) -> tuple[str, ...]:
    """Give `size` colours of a ramp, from low to high, interpolated in sRGB where the ramp has another number of steps.

    Examples:
        >>> ramp("more", 5)[0], ramp("gaps", 1)
        ('#ffffcc', ('#fe9929',))
        >>> ramp("more", 3)
        ('#ffffcc', '#41b6c4', '#253494')
    """
    base = [tuple(int(c[i : i + 2], 16) for i in (1, 3, 5)) for c in RAMPS[name]]
    if size == 1:
        return (RAMPS[name][len(base) // 2],)
    colours = []
    for step in range(size):
        where = step * (len(base) - 1) / (size - 1)
        low = min(int(where), len(base) - 2)
        part = where - low
        mixed = [round(a + (b - a) * part) for a, b in zip(base[low], base[low + 1], strict=True)]
        colours.append("#" + "".join(f"{channel:02x}" for channel in mixed))
    return tuple(colours)


@dataclass(frozen=True, slots=True)
class LineSymbol:
    """A line: colour and width, an optional wider casing below it, dash and gap lengths in millimetres."""

    colour: str
    width_mm: float
    casing: str | None = None
    casing_mm: float = 0.0
    dash_mm: tuple[float, ...] = ()
    round_caps: bool = True
    kind: str = "line"


@dataclass(frozen=True, slots=True)
class FillSymbol:
    """An area: fill with its opacity, outline with a band below it, and whether it carries the 45° hatch."""

    fill: str | None
    opacity: float = 1.0
    outline: str | None = None
    outline_mm: float = 0.1
    dash_mm: tuple[float, ...] = ()
    hatch: bool = False
    band: str | None = None
    band_mm: float = 1.5
    band_opacity: float = 0.32
    kind: str = "fill"


@dataclass(frozen=True, slots=True)
class PointSymbol:
    """A marker: a shape of `SHAPES`, its size across, fill (None is hollow) and outline; `half` fills the lower half only."""

    shape: str
    size_mm: float
    fill: str | None
    outline: str
    outline_mm: float = 0.2
    half: bool = False
    dot: str | None = None
    kind: str = "point"


@dataclass(frozen=True, slots=True)
class LabelStyle:
    """How a name is set on paper: size in points, face, colour, halo in points, space between the characters."""

    size_pt: float
    face: str = "sans"
    colour: str = INK
    halo_pt: float = 1.6
    spaced: bool = False


Symbol = LineSymbol | FillSymbol | PointSymbol

SHAPES: Final[Mapping[str, tuple[tuple[float, float], ...]]] = {
    "square": ((-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)),
    "triangle": ((-0.55, -0.45), (0.55, -0.45), (0.0, 0.55)),
    "diamond": ((0.0, -0.6), (0.6, 0.0), (0.0, 0.6), (-0.6, 0.0)),
    "house": ((-0.45, -0.5), (0.45, -0.5), (0.45, 0.08), (0.0, 0.6), (-0.45, 0.08)),
    "circle": (),
}
"""Corner points of each marker in units of its size, y up; a circle has none."""


def scaled(symbol: Symbol, size: float) -> Symbol:
    """Give a point symbol at a share of its size; other symbols as they are.

    Examples:
        >>> scaled(PointSymbol("circle", 1.8, PAPER, INK), 0.5).size_mm, scaled(LineSymbol(INK, 0.2), 0.5).width_mm
        (0.9, 0.2)
    """
    if not isinstance(symbol, PointSymbol) or size == 1:
        return symbol
    return replace(symbol, size_mm=symbol.size_mm * size, outline_mm=symbol.outline_mm * size)


_PIXELS: Final = {"outline_mm": "outline_width", "casing_mm": "casing_width", "band_mm": "band_width"}


def as_json(symbol: Symbol) -> dict[str, Any]:
    """Give a symbol as plain values for the screen; millimetres become pixels.

    Examples:
        >>> as_json(LineSymbol("#8a5a2b", 0.25))["width"]
        1.0
    """
    plain: dict[str, Any] = {}
    for name, value in asdict(symbol).items():
        if name == "dash_mm":
            plain["dash"] = [part * PX_PER_MM for part in value]
        elif name.endswith("_mm"):
            plain[_PIXELS.get(name, name.removesuffix("_mm"))] = value * PX_PER_MM
        else:
            plain[name] = value
    return plain
