"""Load the demonstration area: real names and county outlines, the rest simulated and marked so, as one change of kind demo."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from geo_app.actions import tables
from geo_app.actions.load_recipe import ASSUMPTIONS, ATTRIBUTION
from geo_app.errors import BadRequestError
from geo_app.progress import Progress
from layers import demo
from layers.store import Change, Replace
from processing.ledger import comparing

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

    from geo_app.actions.signing import By
    from layers.store import Receipt, Store

SCALES = tuple(demo.SCALES)
CONTRADICTIONS = "contradictions"
"""Key under which the store keeps the list of contradictions planted in the demonstration area."""
MOST_CHANGES = 1000


@dataclass(frozen=True, slots=True)
class DemoRequest:
    """Which demonstration area: scale, seed, and the folder with names and codes (none: where it is installed)."""

    names_dir: Path | None
    scale: str = "prefecture"
    seed: int = demo.SEED
    replace: bool = False
    """Whether rows that are no demonstration may be put out of their place; the history keeps them."""
    language: str = "zh"
    """Language of the change's reason, `zh` or `en`."""


def build(store: Store, request: DemoRequest, by: By, progress: Progress | None = None) -> Receipt:
    """Generate the demonstration area and put it in place of what its layers held."""
    progress = progress or Progress()
    if not request.replace:
        refuse_over_data(store)
    part = progress.part(0, 60)
    made = demo.generate(scale=request.scale, seed=request.seed, names_dir=request.names_dir, progress=part)
    _checksums(made.frames)
    change = Change(
        who=by.who,
        bureau=by.bureau,
        reason=by.reason or _reason(request),
        edits=tuple(Replace(name, frame) for name, frame in made.frames.items()),
        kind="demo",
    )
    writing = progress.part(60, 100)
    receipt = store.apply(change, progress=lambda done, total: writing(done, total, "writing"), cancel=progress.cancel)
    store.settings_set(ATTRIBUTION, list(made.attribution))
    store.settings_set(ASSUMPTIONS, list(made.assumptions))
    store.settings_set(CONTRADICTIONS, tables.records(made.contradictions))
    return receipt


def _reason(request: DemoRequest) -> str:
    return f"Demonstration area, seed {request.seed}" if request.language == "en" else f"演示区域，种子 {request.seed}"


def _checksums(frames: Mapping[str, pd.DataFrame]) -> None:
    """Write into each ledger the checksum of its entries, as building one does."""
    if "ledgers" not in frames:
        return
    entries: dict[str, list[dict[str, Any]]] = {}
    for row in tables.records(frames["ledger_entries"]):
        entries.setdefault(str(row["ledger_id"]), []).append(row)
    sums = {number: comparing.content_sha256(own) for number, own in entries.items()}
    frames["ledgers"]["content_sha256"] = frames["ledgers"]["ledger_id"].map(sums)


def refuse_over_data(store: Store) -> None:
    """Raise BadRequestError when the store holds rows that somebody loaded: the demonstration would take their place."""
    brought = {
        name for change in store.changes(limit=MOST_CHANGES) if change.kind in {"import", "edit"} for name in change.layers
    }
    held = sorted(name for name in brought if store.count(name))
    if held:
        raise BadRequestError(
            f"The store holds rows that are no demonstration ({', '.join(held)}); the demonstration area would take their place. "
            "Use another store (--store), or --replace; the history keeps what was there."
        )
