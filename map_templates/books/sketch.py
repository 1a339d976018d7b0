"""A small drawing of where works lie: outlines of villages, the works, a scale and north; plain SVG."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from xml.sax.saxutils import escape

from map_templates import palette

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WIDTH: Final = 400.0
"""Units of the drawing across; line widths and letters are in them."""
FOOT: Final = 34.0
TALLEST: Final = 1.2
KILOMETRE: Final = 1000


def svg(sketch: Mapping[str, Any], *, title: str = "") -> str:
    """Draw a sketch: metres from the north-western corner, x to the east, y to the south.

    >>> svg({"width": 1000, "height": 500, "outlines": [], "names": [], "works": [{"kind": "point", "xy": [[500, 250]]}],
    ...      "scale": 200}).startswith('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 234"')
    True
    """
    wide, high = float(sketch["width"]), float(sketch["height"])
    unit = min(WIDTH / wide, WIDTH * TALLEST / high)
    left, height = (WIDTH - wide * unit) / 2, high * unit
    parts = [_shape(item, unit, left, works=False) for item in sketch["outlines"]]
    parts += [_shape(item, unit, left, works=True) for item in sketch["works"]]
    whole = f"{height + FOOT:.0f}"
    name = f"<title>{escape(title)}</title>" if title else ""
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:.0f} {whole}" role="img">{name}'
    ground = f'<rect width="{WIDTH:.0f}" height="{whole}" fill="{palette.PAPER}"/>'
    return head + ground + "".join(parts) + _foot(sketch, unit, height) + "</svg>"


def _points(xy: Sequence[Sequence[float]], unit: float, left: float) -> str:
    return " ".join(f"{x * unit + left:.1f},{y * unit:.1f}" for x, y in xy)


def _shape(item: Mapping[str, Any], unit: float, left: float, *, works: bool) -> str:
    points = _points(item["xy"], unit, left)
    if not works:
        return f'<polygon points="{points}" fill="{palette.GROUND}" stroke="{palette.AREA_EDGE}" stroke-width="1.2"/>'
    if item["kind"] == "point":
        x, _, y = points.partition(",")
        return f'<circle cx="{x}" cy="{y}" r="6" fill="{palette.DANGER}" stroke="{palette.PAPER}" stroke-width="2"/>'
    stroke = f'stroke="{palette.DANGER}" stroke-width="3" stroke-linejoin="round"/>'
    if item["kind"] == "line":
        return f'<polyline points="{points}" fill="none" {stroke}'
    return f'<polygon points="{points}" fill="{palette.DANGER}" fill-opacity="0.25" {stroke}'


def _foot(sketch: Mapping[str, Any], unit: float, top: float) -> str:
    metres = int(sketch["scale"])
    said = f"{metres // KILOMETRE} km" if metres >= KILOMETRE else f"{metres} m"
    y, long = top + 14, metres * unit
    style = f'font-family="sans-serif" font-size="12" fill="{palette.INK}"'
    bar = f'<path d="M10 {y:.0f}v6h{long:.1f}v-6" fill="none" stroke="{palette.INK}" stroke-width="1.5"/>'
    north = f'<path d="M384 {y + 10:.0f}v-16m-4 5l4-6 4 6" fill="none" stroke="{palette.INK}" stroke-width="1.5"/>'
    places = escape("、".join(sketch["names"]))[:60]
    return (
        f'{bar}<text x="{16 + long:.1f}" y="{y + 8:.0f}" {style}>{said}</text>'
        f'<text x="366" y="{y + 8:.0f}" text-anchor="end" {style}>{places}</text>{north}'
        f'<text x="396" y="{y + 8:.0f}" text-anchor="end" {style}>N</text>'
    )
