"""Ask the layers a question (by attribute, within an area, near a feature, layer against layer), and keep questions by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from geo_app.actions import inputs
from geo_app.errors import NotFoundError
from layers import files
from layers.catalogue import layer as declared
from processing import query

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from geopandas import GeoDataFrame

    from layers.store import Store


LAYER_FORMATS = ("gpkg", "shp", "kml", "fgb", "parquet")
"""Files of a layer: its declared fields with geometry, without what a query measured."""


@dataclass(frozen=True, slots=True)
class Result:
    """The rows that answer a question, with the layer they are of, and whether any is simulated."""

    layer: str
    frame: GeoDataFrame
    spec: Mapping[str, Any]
    synthetic: bool


def run(store: Store, spec: Mapping[str, Any]) -> Result:
    """Answer a question; raise QueryError (`bad_filter`) for a field, operator or layer that is not declared."""
    frames = inputs.read(store, query.layers_needed(spec))
    found = query.run_query(spec, frames)
    return Result(str(spec["layer"]), found, spec, is_synthetic(found))


def write(result: Result, path: Path) -> Path:
    """Write the rows of an answer as a file of their layer, by the ending of the path (one of LAYER_FORMATS)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    kind = path.suffix.lower().removeprefix(".")
    return files.write(result.frame, declared(result.layer), path, format=kind)


def save(store: Store, name: str, spec: Mapping[str, Any], who: str) -> None:
    """Keep a question under a name, after checking it."""
    query.validate(spec)
    store.save_query(name.strip(), dict(spec), who)


def saved(store: Store, name: str) -> dict[str, Any]:
    """Give a kept question; raise NotFoundError when there is none of this name."""
    found = store.queries()
    if name not in found:
        names = ", ".join(found) or "none"
        raise NotFoundError(f"There is no query named {name!r}; there are: {names}.")
    return found[name]


def is_synthetic(frame: GeoDataFrame) -> bool:
    """Say whether any row is simulated."""
    return "data_quality" in frame and bool((frame["data_quality"] == "synthetic").any())
