"""MapSpec → a printed page at a true scale: PDF, SVG or PNG drawn from the data, never from a screen."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import matplotlib as mpl

from map_templates import fonts
from map_templates.errors import SpecError
from map_templates.paper.page import compose, oriented
from map_templates.spec import validate

if TYPE_CHECKING:
    from map_templates.paper.page import Page
    from map_templates.spec import Classes, MapSpec

__all__ = ["PageReport", "render"]

FORMATS: Final = ("pdf", "png", "svg")
DPI: Final = 300
_SETTINGS: Final[Any] = {
    "pdf.fonttype": 3,
    "svg.fonttype": "path",
    "svg.hashsalt": "xiangtu",
    "axes.unicode_minus": False,
    "path.simplify": False,
}
_DRAWING: Final = threading.Lock()
"""matplotlib keeps its settings for the whole process; one page is drawn at a time."""


@dataclass(frozen=True, slots=True)
class PageReport:
    """What was drawn: file, scale denominator, CRS, classes, names placed and left out, characters that no font could draw.

    `fits` is False where a given scale cuts the area at the frame.
    """

    path: Path
    scale: int
    crs: str
    classes: Classes | None
    labels_placed: int
    labels_left_out: int
    missing_glyphs: tuple[str, ...]
    fits: bool


def render(spec: MapSpec, path: str | Path, *, format: Literal["pdf", "png", "svg"] = "pdf") -> PageReport:  # noqa: A002 - the contract
    """Draw a map as a page.

    One millimetre of paper is `scale` millimetres of ground in the CRS of the page. The same map gives the same file, byte for
    byte: no time stands in it.

    Args:
        spec: The map; frames in EPSG:4490.
        path: The file to write.
        format: `pdf` (text can be searched and copied), `svg`, or `png` at 300 dots an inch.

    Raises:
        SpecError: The map does not hold together, or the format is not one of the three.
        FontMissingError: No font with Chinese glyphs is installed.
    """
    if format not in FORMATS:
        raise SpecError([f"the format {format!r} is not one of {', '.join(FORMATS)}"])
    target = Path(path)
    checked, faces = validate(spec), fonts.load()
    with _DRAWING, mpl.rc_context(_SETTINGS):
        page = compose(oriented(checked, faces), faces)
        page.sheet.figure.savefig(target, format=format, dpi=DPI, metadata=_metadata(checked, format))
    return _report(page, target)


def _metadata(spec: MapSpec, kind: str) -> dict[str, Any]:
    own = spec.credits
    if kind == "pdf":
        return {"Title": spec.title, "Author": own.organisation, "Creator": "Xiangtu", "Producer": None, "CreationDate": None}
    if kind == "svg":
        return {"Title": spec.title, "Creator": own.organisation or "Xiangtu", "Date": None}
    return {"Title": spec.title, "Author": own.organisation, "Software": "Xiangtu"}


def _report(page: Page, target: Path) -> PageReport:
    west, south, east, north = page.window.degree_box()
    own = page.bounds
    epsg = page.window.projection.crs.to_epsg()
    return PageReport(
        path=target,
        scale=page.window.scale,
        crs=f"EPSG:{epsg}" if epsg else page.window.projection.crs.to_string(),
        classes=page.classes,
        labels_placed=len(page.shown.placed),
        labels_left_out=len(page.shown.left_out),
        missing_glyphs=tuple(sorted(page.sheet.missing)),
        fits=west <= own[0] and south <= own[1] and east >= own[2] and north >= own[3],
    )
