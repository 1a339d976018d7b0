"""Ask the layers a question (by attribute, within an area, near a feature, layer against layer), and keep questions by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from geo_app.actions import inputs, reach
from geo_app.errors import NotFoundError
from layers import files
from layers.catalogue import LAYERS
from layers.catalogue import layer as declared
from processing import query

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from geopandas import GeoDataFrame

    from geo_app.access import Person
    from layers.schema import Layer
    from layers.store import Store


OWNED = "\x1f"
"""Stands around the number of an account before the name of a question that it keeps; no name holds it."""
LAYER_FORMATS = ("gpkg", "shp", "kml", "fgb", "parquet")
"""Files of a layer: its declared fields with geometry, without what a query measured."""


@dataclass(frozen=True, slots=True)
class Result:
    """The rows that answer a question, with the layer they are of, and whether any is simulated."""

    layer: str
    frame: GeoDataFrame
    spec: Mapping[str, Any]
    synthetic: bool


def run(store: Store, spec: Mapping[str, Any], person: Person | None = None) -> Result:
    """Answer a question over the rows that a person reads (none named: all).

    Raises:
        QueryError: (`bad_filter`) a field or operator that is not declared.
        UnknownNameError: a layer that is not declared, or not read by the person; both are said alike.
    """
    layers = readable(person)
    frames = inputs.read(store, query.layers_needed(spec, layers=layers), person=person)
    found = query.run_query(spec, frames, layers=layers)
    return Result(str(spec["layer"]), found, spec, is_synthetic(found))


def write(result: Result, path: Path) -> Path:
    """Write the rows of an answer as a file of their layer, by the ending of the path (one of LAYER_FORMATS)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    kind = path.suffix.lower().removeprefix(".")
    return files.write(result.frame, declared(result.layer), path, format=kind)


def readable(person: Person | None) -> Mapping[str, Layer]:
    """Give the declarations of the layers that a person reads: to a question no others exist."""
    return LAYERS if person is None else {name: LAYERS[name] for name in reach.readable_layers(person)}


def save(store: Store, name: str, spec: Mapping[str, Any], who: str, person: Person | None = None) -> None:
    """Keep a question under a name, after checking it; each account has names of its own."""
    query.validate(spec, layers=readable(person))
    store.save_query(_own(person) + name.strip(), dict(spec), who)


def kept(store: Store, person: Person | None = None) -> dict[str, dict[str, Any]]:
    """Give the questions that a person keeps, by name."""
    own = _own(person)
    return {
        name.removeprefix(own): spec
        for name, spec in store.queries().items()
        if (name.startswith(own) if own else not name.startswith(OWNED))
    }


def forget(store: Store, name: str, person: Person | None = None) -> None:
    """Throw a kept question away; raise NotFoundError when this person has none of the name."""
    saved(store, name, person)
    store.delete_query(_own(person) + name)


def _own(person: Person | None) -> str:
    return "" if person is None or person.account_id is None else f"{OWNED}{person.account_id}{OWNED}"


def saved(store: Store, name: str, person: Person | None = None) -> dict[str, Any]:
    """Give a kept question; raise NotFoundError when this person has none of the name."""
    found = kept(store, person)
    if name not in found:
        names = ", ".join(found) or "none"
        raise NotFoundError(f"There is no query named {name!r}; there are: {names}.")
    return found[name]


def is_synthetic(frame: GeoDataFrame) -> bool:
    """Say whether any row is simulated."""
    return "data_quality" in frame and bool((frame["data_quality"] == "synthetic").any())
