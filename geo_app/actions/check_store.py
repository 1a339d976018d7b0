"""Check what is in the store again, as if it came in a file today; and check the store itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from geo_app.actions import import_layer, inputs
from geo_app.progress import Progress
from layers import files
from layers.catalogue import LAYERS
from layers.catalogue import layer as declared

if TYPE_CHECKING:
    from layers.store import Store


@dataclass(frozen=True, slots=True)
class StoreReport:
    """Faults of the layers in the store (one row each, with `layer`) and rows checked per layer."""

    faults: gpd.GeoDataFrame
    checked: dict[str, int]

    @property
    def errors(self) -> int:
        """Number of faults that would stop an import."""
        return int((self.faults["severity"] == "error").sum())


def check(store: Store, layer: str | None = None, progress: Progress | None = None) -> StoreReport:
    """Check one layer, or every layer that holds rows."""
    progress = progress or Progress()
    names = [declared(layer).name] if layer else [name for name in LAYERS if store.count(name)]
    parts: list[pd.DataFrame] = []
    checked: dict[str, int] = {}
    for number, name in enumerate(names):
        progress(number, len(names), name)
        frame = inputs.read(store, [name])[name]
        checked[name] = len(frame)
        found = declared(name)
        known = import_layer.known_keys(store, found, frame)
        report = files.check(
            frame, found, known=known, boundary=import_layer.boundary(store, found), options=import_layer.code_options(store)
        )
        parts.append(report.faults.assign(layer=name))
    faults = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame({"layer": [], "severity": []})
    return StoreReport(gpd.GeoDataFrame(faults, geometry="geometry" if "geometry" in faults else None), checked)


def verify(store: Store) -> list[str]:
    """Give what is wrong with the store itself (damage, drift of the spatial index, broken history); empty when it is whole."""
    return list(store.verify())
