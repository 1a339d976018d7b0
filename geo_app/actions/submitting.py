"""Edits that somebody else decides on: the same rule of area and field as for applying, asked before they are submitted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import shapely

from geo_app.actions.edit_rows import feature_after, features_of, present
from layers.catalogue import layer as declared
from layers.errors import NotFoundError, OutOfReachError
from layers.frames import GEOMETRY
from layers.store import UNCHANGED, Insert, Replace, Update
from layers.store.reaching import code_fields

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from layers.schema import Layer
    from layers.store import Edit, Reach, Store

GROWN_DEGREES = 1e-6
SHOWN = 5
Item = tuple[str, str, str, str]


def refuse_out_of_reach(store: Store, edits: Sequence[Edit], asking: Mapping[str, Reach], readable: Mapping[str, Reach]) -> None:
    """Refuse edits of rows, before or after, that lie outside the areas and fields of a right.

    When the request is accepted the store asks the same of the reviewer's right, inside the transaction.

    Raises:
        NotFoundError: a feature may not be read, or is not there and never was.
        OutOfReachError: naming each row and why.
    """
    items = [item for edit in edits for item in _items(store, edit, asking[edit.layer], readable[edit.layer])]
    if items:
        named = "; ".join(
            f"{layer} {number or 'new row'}: {why} {detail}".strip() for layer, number, why, detail in items[:SHOWN]
        )
        raise OutOfReachError(f"These edits are outside of what you may write: {named}. Nothing was submitted.", items=items)


def _items(store: Store, edit: Edit, reach: Reach, reading: Reach) -> Iterator[Item]:
    layer = declared(edit.layer)
    if isinstance(edit, Insert | Replace):
        for feature in features_of(edit.frame):
            if reach.fields is not None:
                yield layer.name, "", "field", "new rows"
            elif not writable(layer, feature, reach):
                yield layer.name, str(feature.get(layer.key) or ""), "area_after", ""
        return
    before = present(store, layer.name, [edit.id], reading).get(edit.id)
    if before is None:
        _refuse_unknown(store, layer, edit.id, reading)
        return
    if not writable(layer, before, reach):
        yield layer.name, edit.id, "area_before", ""
    elif isinstance(edit, Update):
        yield from _update_items(layer, edit, before, reach)
    elif reach.fields is not None:
        yield layer.name, edit.id, "field", "removal"


def _update_items(layer: Layer, edit: Update, before: Mapping[str, Any], reach: Reach) -> Iterator[Item]:
    touched = {*edit.values, *([] if edit.geometry is UNCHANGED else [GEOMETRY])}
    strange = sorted(touched - reach.fields) if reach.fields is not None else []
    if strange:
        yield layer.name, edit.id, "field", ", ".join(strange)
    elif not writable(layer, feature_after(before, edit), reach):
        yield layer.name, edit.id, "area_after", ""


def _refuse_unknown(store: Store, layer: Layer, feature_id: str, reading: Reach) -> None:
    """Refuse a feature that this person never could read; one that was deleted is left to the reviewer, as a conflict."""
    if not store.history(layer.name, feature_id, reach=reading):
        raise NotFoundError(f"Layer {layer.name} has no feature {feature_id}. Read the layer again.")


def writable(layer: Layer, feature: Mapping[str, Any], reach: Reach) -> bool:
    """Say whether a row may be written: its finest area code is granted, and its geometry lies within the granted outline.

    A row that states no code needs the geometry. The outline is grown by 1e-6 degrees.
    """
    if reach.codes is None:
        return True
    code = next((feature[name] for name in code_fields(layer) if feature.get(name) is not None), None)
    if code is not None and code not in reach.codes:
        return False
    shape = feature.get(GEOMETRY)
    if shape is None or shape.is_empty:
        return code is not None
    if reach.outline is None:
        return code is not None
    return bool(shapely.covers(reach.outline.buffer(GROWN_DEGREES), shape))
