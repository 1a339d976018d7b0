"""The course of an area over runs made before its village was merged, divided, re-coded or handed over.

Which links a run does not know yet is told by the version of the crosswalk that it was computed from; so an area change that is
undone, or entered late, is followed as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from geo_app.actions import inputs
from processing import crosswalk
from processing.areas import Areas
from processing.crosswalk import LINKS, SHARE, VILLAGES

if TYPE_CHECKING:
    from layers.store import RunRecord, Store

NAME = "area_crosswalk"
VILLAGE_RANK = 5
CLOSE = 1e-6


def since(store: Store, record: RunRecord) -> pd.DataFrame:
    """Give the links that were written after the data of a run: event, from_code, to_code, share, the earliest first."""
    now = store.versions().get(NAME, 0)
    then = record.layer_versions.get(NAME, 0)
    if now == then:
        return pd.DataFrame(columns=list(LINKS))
    rows = inputs.read(store, [NAME])[NAME]
    if then:
        rows = rows[~rows["link_id"].isin(store.frame(NAME, version=then)["link_id"])]
    return pd.DataFrame(rows[["event_id", "from_code", "to_code", "share"]]).rename(columns={"event_id": "event"})


def figures_of(store: Store, record: RunRecord, table: pd.DataFrame, code: str) -> pd.DataFrame:
    """Give the rows that a run would have had for a present area, with `basis` (see `processing.crosswalk`).

    An area that no change touched has its own rows. A merged or re-coded one has Σ/Σ of the former areas. A township or county
    that whole villages came to or left has its own sums, more those of the villages that came, less those of the ones that left.
    The parts of a divided village have parts of the former one by their share of the people: its rate, an estimate.
    """
    composed = crosswalk.compose(since(store, record))
    parts = crosswalk.sources(composed, code)
    basis = crosswalk.basis_of(parts, code)
    if basis == crosswalk.SAME:
        return table[table["area_code"] == code].assign(basis=basis)
    if basis == SHARE:
        exact = _by_villages(store, record, composed, code) if code in parts else None
        parts, basis = (parts, SHARE) if exact is None else (exact, VILLAGES)
    return crosswalk.carried(table, parts).assign(area_code=code, basis=basis)


def _by_villages(store: Store, record: RunRecord, composed: pd.DataFrame, code: str) -> dict[str, float] | None:
    """Give the area itself, +1 for each village that came to it and -1 for each that left; None where a village was divided."""
    now = inputs.areas(store)
    place = now.positions([code])[0]
    if place < 0 or int(now.frame["rank"].iloc[place]) >= VILLAGE_RANK:
        return None
    rank = int(now.frame["rank"].iloc[place])
    then = Areas.from_layers(
        inputs.read(store, inputs.TREE_LAYERS, versions=record.layer_versions), level_names=inputs.level_names(store)
    )
    went: dict[str, dict[str, float]] = {}
    for old, to, share in composed.itertuples(index=False, name=None):
        went.setdefault(str(old), {})[str(to)] = float(share)
    was_in, is_in = _lying(then, rank), _lying(now, rank)
    weights = {code: 1.0}
    for old, above in was_in.items():
        inside = sum(share for to, share in went.get(old, {old: 1.0}).items() if is_in.get(to) == code)
        change = inside - (above == code)
        if CLOSE < abs(change) < 1 - CLOSE:
            return None
        if abs(change) > CLOSE:
            weights[old] = float(round(change))
    return weights


def _lying(tree: Areas, rank: int) -> dict[str, str]:
    """Give for every village the area of a rank in which it lies."""
    names = {level.rank: level.name for level in tree.levels}
    if rank not in names or VILLAGE_RANK not in names:
        return {}
    villages = tree.frame.loc[tree.frame["rank"] == VILLAGE_RANK, "area_code"].astype(str)
    above = tree.ancestors_table()[names[rank]]
    found = above.reindex(villages)
    return {str(code): str(area) for code, area in found.items() if isinstance(area, str)}
