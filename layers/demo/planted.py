"""About thirty contradictions planted in the demonstration area, each written down; later checks are to find them.

They contradict each other across records, or break a rule that warns; none stops an import, none touches a published total.
"""

from __future__ import annotations

import csv
import re
from importlib.resources import files
from typing import TYPE_CHECKING

import pandas as pd

from layers.catalogue import layer
from layers.demo.faults_of_ledgers import FAULTS as LEDGERS
from layers.demo.faults_of_places import FAULTS as PLACES
from layers.demo.planting import NothingFitsError, Planting

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import geopandas as gpd

    from layers.demo.planting import Planted

COLUMNS = ("id", "rule", "layer", "feature", "other_layer", "other_feature", "planted_zh", "planted_en")
FAULTS: tuple[Callable[[Planting], Planted], ...] = (*PLACES, *LEDGERS)
_CHECK = re.compile(r"^e(\d\d)_")
"""A fault that a check of the dictionary finds carries its number."""


def texts() -> dict[str, tuple[str, str]]:
    """Give what each rule's planted fault is, in Chinese and English (`faults.csv`)."""
    text = (files("layers.demo") / "faults.csv").read_text(encoding="utf-8")
    return {row["fault"]: (row["planted_zh"], row["planted_en"]) for row in csv.DictReader(text.splitlines())}


def plant(
    frames: dict[str, gpd.GeoDataFrame], faults: Sequence[Callable[[Planting], Planted]] = FAULTS, *, first: int = 1
) -> tuple[dict[str, gpd.GeoDataFrame], pd.DataFrame]:
    """Plant contradictions in the frames of the five counties, numbered from `first`; the frames given are not changed.

    A fault for which no row fits (which may be with another seed) is left out.

    Returns:
        The frames with the faults, and one row for each fault: id, rule, layer and key of the row, layer and key of the row
        it contradicts, what was planted in Chinese and English.
    """
    planting = Planting({name: frame.copy() for name, frame in frames.items()}, set())
    told = texts()
    found = []
    for number, fault in enumerate(faults, first):
        try:
            here, other = fault(planting)
        except NothingFitsError:
            continue
        name = fault.__name__
        keys = [None if one is None else str(planting.get(*one, layer(one[0]).key)) for one in (here, other)]
        rule = _CHECK.sub(lambda match: f"E{int(match[1])}_", name)
        found.append((f"D{number:02d}", rule, here[0], keys[0], None if other is None else other[0], keys[1], *told[name]))
    return planting.frames, pd.DataFrame(found, columns=list(COLUMNS), dtype=object)


def shipped() -> pd.DataFrame:
    """Read the list of planted contradictions that ships with this package: that of the default seed."""
    text = (files("layers.demo") / "planted_contradictions.csv").read_text(encoding="utf-8")
    rows = [{name: value or None for name, value in row.items()} for row in csv.DictReader(text.splitlines())]
    return pd.DataFrame(rows, columns=list(COLUMNS), dtype=object)
