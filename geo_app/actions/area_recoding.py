"""Re-coding: every row of every layer that states a former area's code states the present one's."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from layers.catalogue import LAYERS
from layers.schema import FieldType
from layers.store import Condition, Update

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from layers.schema import Layer
    from layers.store import Store

AREA_LAYERS: Final = ("areas", "counties", "townships", "villages")
NOT_RECODED: Final = frozenset({"area_crosswalk"})
"""Layers that keep former codes: that is what they are for."""


@dataclass(frozen=True)
class Recoding:
    """Which code becomes which, and where a present area lies.

    `codes` maps former to present codes; `choose` says for one row of a divided area which part it belongs to; `several` gives
    for a divided area all its parts (for lists of codes); `above` gives for a present village its township and county.
    """

    codes: Mapping[str, str] = field(default_factory=dict)
    several: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    above: Mapping[str, Mapping[str, str | None]] = field(default_factory=dict)
    choose: Callable[[str, Mapping[str, Any]], str] | None = None

    @property
    def former(self) -> tuple[str, ...]:
        """All former codes, also those that stay a code of a part or of a village that moved."""
        return tuple(sorted({*self.codes, *self.several}))


def code_fields(layer: Layer) -> tuple[str, ...]:
    """Name the fields of a layer that hold codes of areas, its own key left out.

    >>> from layers.catalogue import layer
    >>> code_fields(layer("projects")), code_fields(layer("villages"))
    (('village_codes', 'township_code', 'county_code'), ('township_code', 'county_code'))
    """
    found = [item.name for item in layer.fields if item.references in AREA_LAYERS or item.name in layer.area_fields]
    own = layer.key if layer.name in AREA_LAYERS else ""
    return tuple(name for name in found if name != own)


def updates(store: Store, recoding: Recoding) -> Iterator[Update]:
    """Give an Update for every row of any layer that states a former code, but for the rows of the changed areas themselves."""
    for layer in LAYERS.values():
        if layer.name in NOT_RECODED or not store.version(layer.name):
            continue
        seen: set[str] = set()
        for name in code_fields(layer):
            for row in _rows(store, layer, name, recoding.former):
                if row["id"] not in seen and not _is_changed_itself(layer, row, recoding):
                    seen.add(row["id"])
                    values = _values(layer, row, recoding)
                    if values:
                        yield Update(layer.name, str(row["id"]), int(row["ver"]), values)


def _is_changed_itself(layer: Layer, row: Mapping[str, Any], recoding: Recoding) -> bool:
    """Say whether the row is one of the changed areas, which the change writes whole."""
    return layer.name in AREA_LAYERS and str(row[layer.key]) in recoding.former


def _rows(store: Store, layer: Layer, name: str, codes: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    if layer[name].type is FieldType.LIST:
        for code in codes:
            yield from store.read(layer.name, where=[Condition(name, "contains", code)]).to_dict("records")
    else:
        yield from store.read(layer.name, where=[Condition(name, "in", list(codes))]).to_dict("records")


def _values(layer: Layer, row: Mapping[str, Any], recoding: Recoding) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in code_fields(layer):
        value = row.get(name)
        new = _listed(value, recoding) if layer[name].type is FieldType.LIST else _one(layer.name, row, value, recoding)
        if new is not None and not _same(new, value):
            found[name] = new
    finest = found.get("village_code", row.get("village_code"))
    above = recoding.above.get(str(finest), {})
    lying = {name: code for name, code in above.items() if name in layer and name != layer.key and isinstance(row.get(name), str)}
    return found | {name: code for name, code in lying.items() if row[name] != code}


def _same(new: Any, old: Any) -> bool:
    return list(new) == list(old) if isinstance(new, list) else new == old


def _one(layer: str, row: Mapping[str, Any], value: Any, recoding: Recoding) -> Any:
    if not isinstance(value, str):
        return None
    if value in recoding.several and recoding.choose is not None:
        return recoding.choose(layer, row)
    return recoding.codes.get(value, value)


def _listed(value: Any, recoding: Recoding) -> Any:
    """Replace codes in a list; a divided area is followed by all its parts, and no code stands twice."""
    if not isinstance(value, (list, tuple, np.ndarray)):
        return None
    found: list[str] = []
    for code in value:
        for new in recoding.several.get(code, (recoding.codes.get(code, code),)):
            if new not in found:
                found.append(new)
    return found
