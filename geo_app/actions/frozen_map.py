"""A map put down as plain values, so that it shows for ever what it showed on the day it was published."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import pandas as pd

from layers.schema import STORAGE_CRS
from map_templates.spec import CHOROPLETH_COLUMNS, Choropleth, Classes, Credits, Legend, MapLayer, MapSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

SHOWN_LAYERS: Final = frozenset({"neighbours", "outline", "townships", "counties"})
"""Layers kept beside the coloured areas; features of single works, roads or households are not published with a map."""
NUMBERS: Final = ("value", "low", "high", "numerator", "denominator", "unknown")


def freeze(spec: MapSpec) -> dict[str, Any]:
    """Put a map down: coloured areas with their figures and classes, boundary layers, title, notes and sources.

    Coordinates are kept to 7 decimals of a degree (about 1 cm).

    Raises:
        ValueError: when nothing is coloured.
    """
    if spec.choropleth is None:
        raise ValueError("a map is published with its figures")
    shown = spec.choropleth
    columns = [name for name in (*CHOROPLETH_COLUMNS, "synthetic") if name in shown.frame]
    return {
        "title": spec.title,
        "area_name": spec.area_name,
        "subtitle": spec.subtitle,
        "language": spec.language,
        "notes": list(spec.legend.notes),
        "credits": asdict(spec.credits),
        "coloured": {
            "title": shown.title,
            "unit": shown.unit,
            "unit_noun": shown.unit_noun,
            "target": shown.target,
            "ramp": shown.ramp,
            "classes": None if shown.classes is None else asdict(shown.classes),
            "areas": _collection(shown.frame, columns),
        },
        "layers": [
            {"name": layer.name, "title": layer.title, "features": _collection(layer.frame, [])}
            for layer in spec.layers
            if layer.name in SHOWN_LAYERS
        ],
    }


def thaw(kept: Mapping[str, Any]) -> MapSpec:
    """Give the map that was put down by `freeze`."""
    shown = kept["coloured"]
    frame = _frame(shown["areas"])
    for name in NUMBERS:
        frame[name] = pd.to_numeric(frame[name]).astype(float)
    credit: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in kept["credits"].items()}
    classes = shown["classes"]
    return MapSpec(
        title=kept["title"],
        area_name=kept["area_name"],
        subtitle=kept["subtitle"],
        layers=tuple(MapLayer(item["name"], item["title"], _frame(item["features"])) for item in kept["layers"]),
        choropleth=Choropleth(
            frame,
            shown["title"],
            unit=shown["unit"],
            classes=None if classes is None else Classes(**{**classes, **_tuples(classes)}),
            ramp=shown["ramp"],
            unit_noun=shown["unit_noun"],
            target=shown["target"],
        ),
        legend=Legend(notes=tuple(kept["notes"])),
        credits=Credits(**credit),
        language=kept["language"],
    )


def rows(kept: Mapping[str, Any]) -> pd.DataFrame:
    """Give the figures of a map that was put down, one row per area, unknown as NaN."""
    found = [item["properties"] for item in kept["coloured"]["areas"]["features"]]
    return pd.DataFrame(found, columns=list(CHOROPLETH_COLUMNS))


def _tuples(classes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(classes[name]) for name in ("breaks", "counts")}


def _collection(frame: gpd.GeoDataFrame, columns: list[str]) -> dict[str, Any]:
    shapes = frame.geometry.set_precision(1e-7, mode="pointwise")
    drawn = gpd.GeoDataFrame(frame[columns].copy(), geometry=shapes, crs=frame.crs)
    found: dict[str, Any] = json.loads(drawn.to_json(drop_id=True, na="null"))
    return {"type": "FeatureCollection", "features": found["features"]}


def _frame(collection: Mapping[str, Any]) -> gpd.GeoDataFrame:
    if not collection["features"]:
        return gpd.GeoDataFrame(geometry=[], crs=STORAGE_CRS)
    return gpd.GeoDataFrame.from_features(collection["features"], crs=STORAGE_CRS)
