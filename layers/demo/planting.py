"""The hand that plants faults: it finds rows that fit, takes each row once, and changes values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from layers.catalogue import layer

if TYPE_CHECKING:
    import geopandas as gpd

Row = tuple[str, Any]
"""A layer and the label of a row of it."""
Planted = tuple[Row, Row | None]
"""The row that holds the fault, and the row it contradicts where one row does."""


class NothingFitsError(LookupError):
    """No row of the area is such that the fault can be planted in it."""


@dataclass(slots=True)
class Planting:
    """Frames being changed and the rows already taken."""

    frames: dict[str, gpd.GeoDataFrame]
    taken: set[tuple[str, str]]

    def pick(self, name: str, mask: Any, place: int = 0) -> Row:
        """Take a row that fits the mask and that no other fault touches; `place` counts along them in thousandths."""
        frame = self.frames[name]
        key = layer(name).key
        fits = mask.fillna(value=False) if hasattr(mask, "fillna") else mask
        fitting = frame.index[np.asarray(fits, dtype=bool)]
        labels = [
            label
            for label, own in zip(fitting, frame.loc[fitting, key].astype(str), strict=True)
            if (name, own) not in self.taken
        ]
        if not labels:
            raise NothingFitsError(f"no row of {name} fits")
        label = labels[(len(labels) - 1) * place // 1000]
        self.taken.add((name, str(frame.at[label, key])))
        return name, label

    def get(self, name: str, label: Any, field: str) -> Any:
        """Give a value of a row."""
        return self.frames[name].at[label, field]

    def of(self, row: Row, field: str) -> Any:
        """Give a value of a row."""
        return self.frames[row[0]].at[row[1], field]

    def put(self, row: Row, **values: Any) -> None:
        """Change values of a row."""
        for field, value in values.items():
            self.frames[row[0]].at[row[1], field] = value
