"""Load every file of a recipe, in order, as one change: all of it or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from geo_app.actions import import_layer, inputs
from geo_app.actions.merging import Mode, apply, edits, filled
from geo_app.errors import NotFoundError
from geo_app.progress import Progress
from layers import files
from layers.catalogue import layer as declared
from layers.store import Change

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from geopandas import GeoDataFrame

    from geo_app.actions.signing import By
    from layers.store import Receipt, Store

ATTRIBUTION, ASSUMPTIONS = "attribution", "assumptions"
"""Keys under which the store keeps the sources' attribution and the assumptions shown with results."""


@dataclass(frozen=True, slots=True)
class FeedOutcome:
    """What became of one feed: rows taken, repaired, skipped, warned about, and the assumption shown with results."""

    layer: str
    file: str
    rows: int
    repaired: int
    skipped: int
    warnings: int
    assumption_zh: str = ""
    assumption_en: str = ""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a recipe brought: its change, what became of each feed, and the faults of every feed by layer."""

    receipt: Receipt
    feeds: tuple[FeedOutcome, ...]
    faults: Mapping[str, pd.DataFrame]


@dataclass(frozen=True, slots=True)
class _How:
    """What holds for every feed: limits of the reader, and the area scheme that the recipe brings (none: that of the store)."""

    limits: files.Limits
    scheme: str | None


def load(  # noqa: PLR0913 - what a recipe needs, and how much its files may ask of us
    store: Store,
    recipe_path: Path,
    data_dir: Path,
    by: By,
    progress: Progress | None = None,
    *,
    limits: files.Limits | None = None,
) -> Loaded:
    """Load a recipe's files from a folder in one change; rows whose key is known already are updated.

    Raises:
        NotFoundError: the recipe or one of its files is not there.
        RecipeError: the recipe names what does not exist.
        FaultsError: a feed has faults and its recipe does not skip bad rows; nothing is taken.
    """
    progress = progress or Progress()
    if not recipe_path.is_file():
        raise NotFoundError(f"There is no recipe {recipe_path.name}. Give the path of a recipe.toml.")
    recipe = files.Recipe.load(recipe_path)
    _require_files(recipe, data_dir)
    frames: dict[str, list[GeoDataFrame]] = {}
    outcomes: list[FeedOutcome] = []
    faults: dict[str, list[pd.DataFrame]] = {}
    hashes: list[str] = []
    how = _How(limits or files.Limits(), recipe.scheme_name if recipe.scheme_levels else None)
    for number, feed in enumerate(recipe.feeds):
        progress(number, len(recipe.feeds) + 1, f"{feed.layer} ← {feed.file}")
        frame, outcome, found, sha256 = _feed(store, feed, data_dir, frames, how=how)
        frames.setdefault(feed.layer, []).append(frame)
        faults.setdefault(feed.layer, []).append(found)
        outcomes.append(outcome)
        hashes.append(sha256)
    progress(len(recipe.feeds), len(recipe.feeds) + 1, "writing")
    fields = {name: set().union(*(filled(feed) for feed in recipe.feeds if feed.layer == name)) for name in frames}
    found_edits = [
        edit for name, parts in frames.items() for edit in edits(store, name, _joined(parts), Mode.UPDATE, fields=fields[name])
    ]
    change = Change(
        who=by.who,
        bureau=by.bureau,
        reason=by.reason or f"Recipe {recipe.name}",
        edits=tuple(found_edits),
        kind="import",
        file_name=", ".join(dict.fromkeys(feed.file for feed in recipe.feeds)),
        file_sha256=",".join(dict.fromkeys(hashes)),
        recipe=recipe.text,
    )
    receipt = apply(store, change, progress.part(90, 100))
    _remember(store, recipe, outcomes)
    return Loaded(receipt, tuple(outcomes), {name: pd.concat(parts, ignore_index=True) for name, parts in faults.items()})


def _require_files(recipe: files.Recipe, data_dir: Path) -> None:
    wanted = {feed.file for feed in recipe.feeds} | {feed.join.file for feed in recipe.feeds if feed.join is not None}
    missing = sorted(name for name in wanted if not (data_dir / name).is_file())
    if missing:
        raise NotFoundError(f"The recipe {recipe.name} needs files that are not in the data folder: {', '.join(missing)}.")


def _feed(
    store: Store,
    feed: files.Feed,
    data_dir: Path,
    before: Mapping[str, list[GeoDataFrame]],
    *,
    how: _How,
) -> tuple[GeoDataFrame, FeedOutcome, pd.DataFrame, str]:
    layer = declared(feed.layer)
    raw = files.read(data_dir / feed.file, original_name=feed.file, answers=feed.answers, limits=how.limits)
    frame, _ = files.apply_feed(raw, feed, join=_join_table(feed, data_dir), places=_places(store, feed, before))
    repaired = files.repair(frame, layer, feed.repairs, limits=how.limits)
    also = {name: set(_joined(parts)[declared(name).key].dropna().astype(str)) for name, parts in before.items()}
    known = import_layer.known_keys(store, layer, repaired.frame, also=also)
    report = files.check(repaired.frame, layer, known=known, options=import_layer.options_of(store, feed, scheme=how.scheme))
    taken, skipped = files.accept(repaired.frame, report, skip_bad_rows=feed.skip_bad_rows)
    warnings = int((report.faults["severity"] != "error").sum())
    outcome = FeedOutcome(
        feed.layer,
        feed.file,
        len(taken),
        len(repaired.log),
        len(skipped),
        warnings,
        feed.assumption_zh or "",
        feed.assumption_en or "",
    )
    found = pd.DataFrame(report.faults.drop(columns="geometry", errors="ignore"))
    return taken, outcome, found.assign(layer=feed.layer, file=feed.file), raw.sha256


def _join_table(feed: files.Feed, data_dir: Path) -> pd.DataFrame | None:
    if feed.join is None:
        return None
    answers = files.Answers(encoding=feed.join.encoding)
    table = files.read(data_dir / feed.join.file, original_name=feed.join.file, answers=answers, limits=files.Limits())
    return pd.DataFrame(table.frame.drop(columns="geometry"))


def _places(store: Store, feed: files.Feed, before: Mapping[str, list[GeoDataFrame]]) -> GeoDataFrame | None:
    if feed.geometry_from is None:
        return None
    name = feed.geometry_from.layer
    return _joined(before[name]) if name in before else inputs.read(store, [name])[name]


def _joined(parts: list[GeoDataFrame]) -> GeoDataFrame:
    return parts[0] if len(parts) == 1 else pd.concat(parts, ignore_index=True)


def _remember(store: Store, recipe: files.Recipe, outcomes: list[FeedOutcome]) -> None:
    if recipe.scheme_levels:
        store.settings_set(inputs.SCHEME, {"name": recipe.scheme_name, "levels": [dict(level) for level in recipe.scheme_levels]})
    kept: list[dict[str, Any]] = [item for item in store.settings_get(ATTRIBUTION) or [] if item.get("recipe") != recipe.name]
    own = {
        "recipe": recipe.name,
        "title_zh": recipe.title_zh,
        "title_en": recipe.title_en,
        "attribution": recipe.attribution,
        "licence": recipe.licence,
        "layers": sorted({feed.layer for feed in recipe.feeds}),
    }
    store.settings_set(ATTRIBUTION, [*kept, own])
    told = [item for item in store.settings_get(ASSUMPTIONS) or [] if item.get("recipe") != recipe.name]
    mine = [
        {"recipe": recipe.name, "layer": item.layer, "zh": item.assumption_zh, "en": item.assumption_en}
        for item in outcomes
        if item.assumption_zh or item.assumption_en
    ]
    store.settings_set(ASSUMPTIONS, [*told, *mine])
