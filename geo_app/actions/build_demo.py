"""Load the demonstration area: real names and county outlines, the rest simulated and marked so, as one change of kind demo."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geo_app.actions.load_recipe import ASSUMPTIONS, ATTRIBUTION
from geo_app.progress import Progress
from layers import demo
from layers.store import Change, Replace

if TYPE_CHECKING:
    from pathlib import Path

    from geo_app.actions.signing import By
    from layers.store import Receipt, Store

SCALES = ("prefecture", "province", "nation")


@dataclass(frozen=True, slots=True)
class DemoRequest:
    """Which demonstration area: scale, seed, and the folder with names and codes."""

    names_dir: Path
    scale: str = "prefecture"
    seed: int = 20211214


def build(store: Store, request: DemoRequest, by: By, progress: Progress | None = None) -> Receipt:
    """Generate the demonstration area and put it in place of what its layers held."""
    progress = progress or Progress()
    part = progress.part(0, 60)
    made = demo.generate(scale=request.scale, seed=request.seed, names_dir=request.names_dir, progress=part)
    change = Change(
        who=by.who,
        bureau=by.bureau,
        reason=by.reason or f"Demonstration area, seed {request.seed}",
        edits=tuple(Replace(name, frame) for name, frame in made.frames.items()),
        kind="demo",
    )
    writing = progress.part(60, 100)
    receipt = store.apply(change, progress=lambda done, total: writing(done, total, "writing"), cancel=progress.cancel)
    store.settings_set(ATTRIBUTION, list(made.attribution))
    store.settings_set(ASSUMPTIONS, list(made.assumptions))
    return receipt
