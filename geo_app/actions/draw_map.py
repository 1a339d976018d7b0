"""Draw a composed map to a file: a page to print, or one self-contained HTML file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from geo_app.actions import compose_map
from geo_app.errors import BadRequestError
from geo_app.progress import Progress
from map_templates import paper, web

if TYPE_CHECKING:
    from pathlib import Path

    from geo_app.access import Person
    from layers.store import Store

PAGES: Final[dict[str, Literal["pdf", "png", "svg"]]] = {".pdf": "pdf", ".png": "png", ".svg": "svg"}


@dataclass(frozen=True, slots=True)
class Drawn:
    """A map that was written: its title, and whether it shows simulated data."""

    title: str
    simulated: bool


def draw(  # noqa: PLR0913 - what, for whom, where to, how far
    store: Store,
    request: compose_map.MapRequest,
    maker: compose_map.Maker,
    out: Path,
    progress: Progress | None = None,
    *,
    person: Person | None = None,
) -> Drawn:
    """Compose a map of what a person reads (none named: everything) and write it by the ending: pdf, png, svg or html."""
    progress = progress or Progress()
    progress(0, 2, "composing")
    spec = compose_map.compose(store, request, maker, person=person)
    progress(1, 2, "drawing")
    out.parent.mkdir(parents=True, exist_ok=True)
    suffix = out.suffix.lower()
    if suffix == ".html":
        out.write_text(web.render(spec, inline=True), encoding="utf-8")
    elif suffix in PAGES:
        paper.render(spec, out, format=PAGES[suffix])
    else:
        raise BadRequestError(f"{out.name}: a map is written as one of pdf, png, svg, html; found the ending {suffix!r}.")
    return Drawn(spec.title, spec.credits.simulated)
