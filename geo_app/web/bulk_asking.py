"""What a bulk update is asked for, read strictly, and its comparison as a map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
from flask_babel import gettext

from geo_app.actions import diff_map
from geo_app.actions.bulk_compare import CHANGED, Kind, Wishes
from geo_app.errors import BadRequestError
from geo_app.web import context, features, frames
from geo_app.web.language import language
from layers.schema import STORAGE_CRS, GeometryKind
from map_templates.spec import Credits, MapLayer, MapSpec
from processing.line_match import Thresholds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geo_app.actions.bulk_compare import Item
    from geo_app.actions.bulk_update import Comparison

NUMBERS = ("buffer_m", "share", "possible_share", "point_m", "same_m", "clear")
PREFIX_LENGTH = 20
ON_MAP = 2000


def wishes_of(asked: Mapping[str, Any]) -> Wishes:
    """Read the thresholds and what else a comparison is asked for.

    Raises:
        BadRequestError: a threshold that means nothing.
    """
    numbers: dict[str, float] = {}
    for name in NUMBERS:
        value = asked.get(name)
        if value in (None, ""):
            continue
        try:
            numbers[name] = float(str(value))
        except ValueError:
            raise BadRequestError(f"{name} must be a number, found {str(value)[:20]!r}") from None
    try:
        thresholds = Thresholds(**numbers)
    except ValueError as error:
        raise BadRequestError(str(error)) from None
    return Wishes(
        thresholds=thresholds,
        complete_for=str(asked.get("complete_for") or "").strip() or None,
        blanks_erase=bool(asked.get("blanks_erase")),
        key_prefix=str(asked.get("key_prefix") or "").strip()[:PREFIX_LENGTH],
    )


def decisions_of(asked: Mapping[str, Any]) -> dict[int, str]:
    """Read what the person decided, row by row.

    Raises:
        BadRequestError: it is no object of row numbers and choices.
    """
    found = asked.get("decisions") or {}
    if not isinstance(found, dict) or not all(str(key).isdecimal() and isinstance(value, str) for key, value in found.items()):
        raise BadRequestError("decisions must be an object of row numbers and choices")
    return {int(key): value for key, value in found.items() if value}


def is_thinned(found: Comparison) -> bool:
    """Say whether the map cannot draw every row; it then leaves some out evenly, so that no corner is empty."""
    return any(count > ON_MAP for kind, count in found.counts.items() if kind is not Kind.UNCHANGED)


def map_of(found: Comparison) -> MapSpec:
    """Compose the map of a comparison: rows as they were, as they become, new, removed, open."""
    drawn: dict[str, list[tuple[str, Any]]] = {
        "gaps": [],
        "diff_before": [],
        "result": [],
        "diff_after": [],
        "contradictions": [],
    }
    if found.layer.geometry is not GeometryKind.NONE:
        old = dict(zip(found.sides.old["id"].tolist(), found.sides.old.geometry.tolist(), strict=True))
        for item in found.items:
            for name, shape in _shapes(found, item, old):
                if shape is not None and not shape.is_empty:
                    drawn[name].append((item.name or item.key, shape))
    titles = {
        "gaps": gettext("removed"),
        "diff_before": gettext("as it was"),
        "result": gettext("only values"),
        "diff_after": gettext("new or moved"),
        "contradictions": gettext("to be decided"),
    }
    layers = [MapLayer(name, str(titles[name]), _frame(shapes), label_field="name") for name, shapes in drawn.items() if shapes]
    extent = diff_map.extent_of([item.frame for item in layers])
    for rank, _ in frames.levels()[:1]:
        layers.append(MapLayer("counties", gettext("Boundary"), frames.outlines(rank), label_field="area_name"))
    return MapSpec(
        gettext("Comparison"),
        layers=tuple(layers),
        extent=extent,
        credits=Credits(simulated=context.simulated(found.layer.name)),
        language="zh" if language() == "zh" else "en",
    )


def _shapes(found: Comparison, item: Item, old: Mapping[str, Any]) -> list[tuple[str, Any]]:
    new = None if item.row is None else found.sides.new.geometry.loc[item.row]
    if item.kind is Kind.REMOVED:
        return [("gaps", old.get(item.id or ""))]
    if item.kind is Kind.AMBIGUOUS:
        return [("contradictions", new), *(("diff_before", old.get(one.id)) for one in item.candidates)]
    if item.kind in CHANGED and item.kind is not Kind.ATTRIBUTES:
        return [("diff_before", old.get(item.id or "")), ("diff_after", new)]
    if item.kind is Kind.ATTRIBUTES:
        return [("result", old.get(item.id or ""))]
    return [("diff_after", new)] if item.kind is Kind.ADDED else []


def _frame(shapes: list[tuple[str, Any]]) -> gpd.GeoDataFrame:
    table = gpd.GeoDataFrame(
        {"name": [name for name, _ in shapes]},
        geometry=gpd.GeoSeries([shape for _, shape in shapes], crs=STORAGE_CRS),
        crs=STORAGE_CRS,
    )
    return features.thin(table, ON_MAP)
