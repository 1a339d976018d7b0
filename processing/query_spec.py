"""What may be asked: a query as JSON is read into small frozen clauses, and every fault in it is reported at once.

A query names a layer and holds clauses; all clauses of one object must hold together (and):

    {"layer": "farmland",
     "where": [{"field": "hsf", "op": "=", "value": true}],
     "relation": {"layer": "roads", "where": [{"field": "admin_class", "op": "=", "value": "县道"}], "predicate": "crosses"},
     "within": {"type": "Polygon", "coordinates": [...]},
     "or": [{...}, {...}], "not": {...}}

Keys: `where` (conditions on fields), `within` (lies in a drawn area), `intersects` (shares a part with a drawn area), `near`
(within `distance_m` of features of a layer), `relation` (layer against layer), `and`, `or`, `not` (further objects of the same
layer). The features that `near` and `relation` look at are chosen by the same keys, or by `id`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from layers.schema import GeometryKind, Layer, UnknownNameError
from processing.conditions import Condition, fit, is_number, shown
from processing.drawn import drawn_area
from processing.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shapely import Geometry

PREDICATES = ("intersects", "within", "contains", "crosses", "disjoint", "outside_all")
MAX_DEPTH = 20
MAX_NODES = 200
MAX_BYTES = 4096
MAX_DISTANCE_M = 1_000_000.0
MAX_FAULTS = 20
_SPATIAL_KEYS = frozenset({"within", "intersects", "near", "relation"})
_NODE_KEYS = frozenset({"layer", "where", "and", "or", "not"}) | _SPATIAL_KEYS
_OTHER_KEYS = _NODE_KEYS | {"id"}


@dataclass(frozen=True, slots=True)
class Drawn:
    """A drawn area in degrees; `whole` asks that the feature lies in it, otherwise any shared part will do."""

    area: Geometry
    whole: bool


@dataclass(frozen=True, slots=True)
class Near:
    """Within a distance of chosen features of a layer."""

    other: Node
    distance_m: float


@dataclass(frozen=True, slots=True)
class Relation:
    """A spatial relation to chosen features of a layer."""

    other: Node
    predicate: str


@dataclass(frozen=True, slots=True)
class Node:
    """Clauses on one layer that must all hold."""

    layer: str
    id: str | None = None
    where: tuple[Condition, ...] = ()
    drawn: tuple[Drawn, ...] = ()
    near: Near | None = None
    relation: Relation | None = None
    all_of: tuple[Node, ...] = ()
    any_of: tuple[Node, ...] | None = None
    none_of: Node | None = None


def parse(spec: Any, *, layers: Mapping[str, Layer] | None = None) -> Node:
    """Read a query from JSON-able data; `layers` are the declarations that may be named (the whole catalogue by default).

    Raises:
        QueryError: something in the query is wrong; the message lists every fault with its place.
    """
    reader = _Reader(_catalogue() if layers is None else layers)
    top = _At("query", 1)
    node = reader.node(spec, top, keys=_NODE_KEYS)
    size = 0 if reader.faults else _size(spec)
    if size > MAX_BYTES:
        reader.fault(top, f"the text is {size} bytes long without drawn areas; at most {MAX_BYTES} are taken. Shorten it")
    if reader.faults or node is None:
        raise QueryError("The query cannot be answered: " + "; ".join(reader.faults) + ".")
    return node


def _catalogue() -> Mapping[str, Layer]:
    """Give every declared layer."""
    from layers.catalogue import LAYERS  # noqa: PLC0415 - the catalogue loads every declaration; only queries need it

    return LAYERS


def _size(spec: Any) -> int:
    """Count the bytes of a query without its drawn areas."""
    return len(json.dumps(_without_areas(spec), ensure_ascii=False, separators=(",", ":")).encode())


def _without_areas(spec: Any) -> Any:
    """Leave drawn areas out of a query."""
    if isinstance(spec, dict):
        return {key: _without_areas(value) for key, value in spec.items() if key not in {"within", "intersects"}}
    return [_without_areas(item) for item in spec] if isinstance(spec, list) else spec


@dataclass(frozen=True, slots=True)
class _At:
    """A place in the query, for messages and for the limit on depth."""

    path: str
    depth: int

    def key(self, name: str) -> _At:
        """Give the place under a key of this object."""
        return _At(f"{self.path}.{name}", self.depth)

    def inner(self, name: str) -> _At:
        """Give the place of an object inside this one."""
        return _At(f"{self.path}.{name}", self.depth + 1)


@dataclass(slots=True)
class _Reader:
    """Reads clauses and gathers faults."""

    layers: Mapping[str, Layer]
    faults: list[str] = field(default_factory=list)
    nodes: int = 0

    def fault(self, at: _At, text: str) -> None:
        """Write a fault down with its place in the query; as many as a person will read."""
        if len(self.faults) < MAX_FAULTS:
            self.faults.append(f"{at.path}: {text}")

    def node(self, spec: Any, at: _At, *, keys: frozenset[str], layer: str | None = None) -> Node | None:
        """Read one object of clauses; `layer` is the one it must belong to."""
        if not self._counted(at):
            return None
        if not isinstance(spec, dict):
            self.fault(at, f"an object with clauses was expected, found {shown(spec)}")
            return None
        for key in sorted(set(map(str, spec)) - keys):
            self.fault(at, f"unknown key {key[:40]!r}; keys are {', '.join(sorted(keys))}")
        name = spec.get("layer", layer)
        declared = self.layers.get(name) if isinstance(name, str) else None
        if declared is None or (layer is not None and name != layer):
            self.fault(at.key("layer"), f"unknown layer {shown(name)}; expected {layer or ', '.join(self.layers)}")
            return None
        return self._clauses(spec, declared, at)

    def _counted(self, at: _At) -> bool:
        """Count a node; say whether the query is still small enough to go on."""
        self.nodes += 1
        if at.depth > MAX_DEPTH:
            self.fault(at, f"nested more than {MAX_DEPTH} deep. Flatten the query")
        if self.nodes == MAX_NODES + 1:
            self.fault(at, f"more than {MAX_NODES} clauses. Ask for less at once")
        return at.depth <= MAX_DEPTH and self.nodes <= MAX_NODES

    def _clauses(self, spec: Mapping[str, Any], layer: Layer, at: _At) -> Node:
        """Read every clause of an object whose layer is known."""
        if layer.geometry is GeometryKind.NONE:
            for key in sorted(_SPATIAL_KEYS & set(spec)):
                self.fault(at.key(key), f"layer {layer.name} is a table without geometry; ask by its fields")
        return Node(
            layer=layer.name,
            id=self._id(spec, at),
            where=self._conditions(spec.get("where", []), layer, at.key("where")),
            drawn=tuple(self._drawn(spec, at)),
            near=self._near(spec["near"], at.inner("near")) if "near" in spec else None,
            relation=self._relation(spec["relation"], at.inner("relation")) if "relation" in spec else None,
            all_of=self._children(spec["and"], layer.name, at.inner("and")) if "and" in spec else (),
            any_of=self._children(spec["or"], layer.name, at.inner("or")) if "or" in spec else None,
            none_of=self.node(spec["not"], at.inner("not"), keys=_NODE_KEYS, layer=layer.name) if "not" in spec else None,
        )

    def _id(self, spec: Mapping[str, Any], at: _At) -> str | None:
        """Read the id of the one feature that is meant."""
        found = spec.get("id")
        if found is None or (isinstance(found, str) and found):
            return found
        self.fault(at.key("id"), f"text was expected, found {shown(found)}")
        return None

    def _children(self, found: Any, layer: str, at: _At) -> tuple[Node, ...]:
        """Read the list under `and` or `or`."""
        if not isinstance(found, list) or not found:
            self.fault(at, f"a list of one or more objects was expected, found {shown(found)}")
            return ()
        places = (_At(f"{at.path}[{i}]", at.depth) for i in range(len(found)))
        nodes = (self.node(item, place, keys=_NODE_KEYS, layer=layer) for item, place in zip(found, places, strict=False))
        return tuple(node for node in nodes if node is not None)

    def _other(self, found: Any, extra: str, at: _At) -> Node | None:
        """Read which features of a layer a place is compared with."""
        if not isinstance(found, dict):
            self.fault(at, f"an object with layer and {extra} was expected, found {shown(found)}")
            return None
        chosen = {name: value for name, value in found.items() if name != extra}
        other = self.node(chosen, at, keys=_OTHER_KEYS)
        if other is not None and self.layers[other.layer].geometry is GeometryKind.NONE:
            self.fault(at.key("layer"), f"layer {other.layer} is a table without geometry; nothing can be near it or in it")
        return other

    def _near(self, found: Any, at: _At) -> Near | None:
        """Read a distance clause."""
        other = self._other(found, "distance_m", at)
        if other is None:
            return None
        distance = found.get("distance_m")
        if is_number(distance) and 0 <= distance <= MAX_DISTANCE_M:
            return Near(other, float(distance))
        self.fault(at.key("distance_m"), f"metres from 0 to {MAX_DISTANCE_M:.0f} were expected, found {shown(distance)}")
        return None

    def _relation(self, found: Any, at: _At) -> Relation | None:
        """Read a layer-against-layer clause."""
        other = self._other(found, "predicate", at)
        if other is None:
            return None
        predicate = found.get("predicate")
        if predicate in PREDICATES:
            return Relation(other, predicate)
        self.fault(at.key("predicate"), f"unknown predicate {shown(predicate)}; one of {', '.join(PREDICATES)}")
        return None

    def _drawn(self, spec: Mapping[str, Any], at: _At) -> list[Drawn]:
        """Read drawn areas."""
        areas = []
        for key in ("within", "intersects"):
            if key in spec:
                try:
                    areas.append(Drawn(drawn_area(spec[key]), whole=key == "within"))
                except QueryError as fault:
                    self.fault(at.key(key), str(fault))
        return areas

    def _conditions(self, found: Any, layer: Layer, at: _At) -> tuple[Condition, ...]:
        """Read the list of conditions on fields."""
        if not isinstance(found, list):
            self.fault(at, f"a list of conditions was expected, found {shown(found)}")
            return ()
        read = (self._condition(item, layer, _At(f"{at.path}[{i}]", at.depth)) for i, item in enumerate(found[: MAX_NODES + 1]))
        return tuple(condition for condition in read if condition is not None)

    def _condition(self, item: Any, layer: Layer, at: _At) -> Condition | None:
        """Read one condition: the field must be declared, the operator fit its type, the value its values."""
        if not self._counted(at):
            return None
        if not isinstance(item, dict) or not {"field", "op"} <= set(item) <= {"field", "op", "value"}:
            self.fault(at, f"field, op and value were expected, found {shown(item)}")
            return None
        try:
            declared = layer[str(item["field"])[:64]]
            return fit(declared, item["op"], item.get("value"))
        except UnknownNameError as unknown:
            self.fault(at.key("field"), str(unknown))
        except QueryError as fault:
            self.fault(at, str(fault))
        return None
