"""Two people changed one feature: what each of them changed, field by field, and what can be put together without asking."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import shapely

from geo_app.actions.merging import SAME_PLACE_DEGREES, plain
from layers.schema import GeometryKind
from layers.values import columns_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layers.schema import Layer

    Feature = Mapping[str, Any]

GEOMETRY = "geometry"
State = Literal["same", "mine", "theirs", "both_same", "conflict"]
Deleted = Literal["mine", "theirs", "both"]


@dataclass(frozen=True, slots=True)
class FieldMerge:
    """One field as it was seen (`base`), as one person wants it (`mine`), as it is now (`theirs`), and who changed it.

    `same`: nobody. `mine`, `theirs`: one of them. `both_same`: both, to the same value. `conflict`: both, to different values.
    """

    name: str
    base: Any
    mine: Any
    theirs: Any
    state: State

    @property
    def merged(self) -> Any:
        """The value that needs no asking; of a conflict what stands there now."""
        return self.mine if self.state == "mine" else self.theirs


@dataclass(frozen=True, slots=True)
class Merge:
    """A feature merged: every field, the geometry (None for a table without), and who deleted it, if anybody did.

    `conflicts` says that a person has to choose: both changed one field differently, or one deleted what the other changed.
    `merged` holds the values (and `geometry`) that need no asking; where there is a conflict the present value stands in it.
    """

    fields: tuple[FieldMerge, ...]
    geometry: FieldMerge | None
    deleted: Deleted | None
    conflicts: bool
    merged: dict[str, Any]

    @property
    def parts(self) -> tuple[FieldMerge, ...]:
        """The fields and the geometry."""
        return self.fields if self.geometry is None else (*self.fields, self.geometry)


def same(one: Any, other: Any) -> bool:
    """Say whether two values of a feature are the same; geometries by their vertices, unknown equals unknown.

    >>> same(float("nan"), None), same(1, 1.0), same([1], [2])
    (True, True, False)
    """
    if isinstance(one, shapely.Geometry) or isinstance(other, shapely.Geometry):
        return _same_place(one, other)
    return bool(plain(one) == plain(other))


def _same_place(one: Any, other: Any) -> bool:
    empty = [item is None or item.is_empty for item in (one, other)]
    if any(empty):
        return all(empty)
    return bool(shapely.equals_exact(one, other, tolerance=SAME_PLACE_DEGREES))


def state_of(base: Any, mine: Any, theirs: Any) -> State:
    """Say who changed a value.

    >>> state_of(1, 1, 2), state_of(1, 2, 1), state_of(1, 2, 2), state_of(1, 2, 3), state_of(1, 1, 1)
    ('theirs', 'mine', 'both_same', 'conflict', 'same')
    """
    by_me, by_them = not same(base, mine), not same(base, theirs)
    if by_me and by_them:
        return "both_same" if same(mine, theirs) else "conflict"
    return "mine" if by_me else "theirs" if by_them else "same"


def three_way(layer: Layer, base: Feature | None, mine: Feature | None, theirs: Feature | None) -> Merge:
    """Merge a feature that two people changed from the same state.

    Args:
        layer: the layer's declaration.
        base: the feature as it was seen; None where that is no longer known: then every difference between the two is a conflict.
        mine: the feature as the one wants it; None when the one deletes it.
        theirs: the feature as it is now; None when it was deleted.

    Example:
        >>> from layers.catalogue import layer
        >>> base = {"segment_id": "S1", "name": "a", "width_m": 4.0}
        >>> found = three_way(layer("roads"), base, base | {"name": "b"}, base | {"width_m": 5.0})
        >>> found.conflicts, found.merged["name"], found.merged["width_m"]
        (False, 'b', 5.0)
    """
    deleted = _deleted(mine, theirs)
    names = [item.name for item in columns_of(layer.fields)]
    fields = tuple(_part(name, base, mine, theirs) for name in names)
    located = layer.geometry is not GeometryKind.NONE
    geometry = _part(GEOMETRY, base, mine, theirs) if located else None
    parts = fields if geometry is None else (*fields, geometry)
    if deleted is None:
        conflicts = any(part.state == "conflict" for part in parts)
    else:
        conflicts = deleted != "both" and any(part.state not in {"same", _absent(deleted)} for part in parts)
    return Merge(fields, geometry, deleted, conflicts, {part.name: part.merged for part in parts})


def _deleted(mine: Feature | None, theirs: Feature | None) -> Deleted | None:
    if mine is None:
        return "both" if theirs is None else "mine"
    return "theirs" if theirs is None else None


def _absent(deleted: Deleted) -> str:
    """The state of the parts that the deletion alone changed."""
    return deleted if deleted != "both" else "both_same"


def _part(name: str, base: Feature | None, mine: Feature | None, theirs: Feature | None) -> FieldMerge:
    values = [None if feature is None else plain_or_shape(feature.get(name)) for feature in (base, mine, theirs)]
    if base is None:
        state: State = "both_same" if same(values[1], values[2]) else "conflict"
    elif mine is None or theirs is None:
        state = _beside_deletion(values, mine, theirs)
    else:
        state = state_of(*values)
    return FieldMerge(name, values[0], values[1], values[2], state)


def _beside_deletion(values: list[Any], mine: Feature | None, theirs: Feature | None) -> State:
    """What the other one did to a field of a feature that one deleted."""
    if mine is None and theirs is None:
        return "both_same"
    if mine is None:
        return "mine" if same(values[0], values[2]) else "conflict"
    return "theirs" if same(values[0], values[1]) else "conflict"


def plain_or_shape(value: Any) -> Any:
    """Give a geometry as it is and any other value as a plain one, unknown as None."""
    return value if isinstance(value, shapely.Geometry) else plain(value)
