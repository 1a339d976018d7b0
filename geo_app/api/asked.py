"""What a request of another tool asks of a collection, read strictly before anything is looked up."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from geo_app.api import crs, filters
from geo_app.errors import BadRequestError
from layers.schema import FieldType, GeometryKind
from layers.store.querying import Query

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geo_app.access import Person
    from geo_app.config import Settings
    from layers.schema import Field, Layer
    from layers.store import Reach, Store
    from layers.store.backend import Box

DEFAULT_LIMIT, MOST_ITEMS = 100, 10_000
PASSED_ON = frozenset({"limit", "offset", "crs", "sortby", "properties", "skipGeometry", "resulttype", "f", "lang"})
"""Parameters that pygeoapi reads itself."""
OURS = frozenset({"bbox", "bbox-crs", "datetime", "filter", "filter-lang", "filter-crs"})
"""Parameters read here: pygeoapi follows only the corners of a box into another CRS and knows no CQL2 text."""
TRUTHS = {"true": True, "1": True, "false": False, "0": False}
OPEN_ENDS = frozenset({"", ".."})


@dataclass(frozen=True, slots=True)
class Collection:
    """A layer as one person sees it: how far, where it lies, whether he may send edits."""

    settings: Settings
    store: Store
    person: Person
    layer: Layer
    reach: Reach
    box: Box | None
    editable: bool

    @property
    def systems(self) -> tuple[str, ...]:
        """URIs of the CRS that are offered."""
        return crs.offered(self.box)

    @property
    def fields(self) -> tuple[Field, ...]:
        """The fields that the person may read; the store's own id stands outside of them."""
        open_names = self.reach.fields
        return tuple(
            item
            for item in self.layer.fields
            if item.name != "id" and (open_names is None or item.name in open_names or item.name == self.layer.key)
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """A request for items: what is asked of the store, besides what pygeoapi adds (paging, order)."""

    collection: Collection
    query: Query
    nothing: bool = False
    """A box asked of a table without geometry: no feature of it lies anywhere."""

    def with_query(self, **changes: Any) -> Query:
        """Complete the query."""
        return replace(self.query, **changes)


def read(collection: Collection, arguments: Mapping[str, str]) -> Asked:
    """Read the parameters of an items request that are ours.

    Raises:
        BadRequestError: an unknown parameter, or one that cannot be read.
        BadConditionError: a filter that cannot be used.
    """
    names = {item.name: item for item in collection.fields}
    strange = sorted(set(arguments) - PASSED_ON - OURS - set(names))
    if strange:
        known = ", ".join(sorted(PASSED_ON | OURS))
        raise BadRequestError(f"There is no parameter {strange[0][:60]!r}; there are {known}, and every field of the layer")
    if len(arguments.get("offset", "")) > len("1000000000"):
        raise BadRequestError("offset is too large")
    box = _box(collection, arguments)
    trees = [_equals(names[name], value) for name, value in arguments.items() if name in names]
    if arguments.get("datetime"):
        trees.append(_in_force(arguments["datetime"]))
    if arguments.get("filter") is not None:
        given = crs.system(arguments.get("filter-crs"), collection.systems, parameter="filter-crs")
        trees.append(filters.read(arguments["filter"], arguments.get("filter-lang"), given))
    tree = None if not trees else trees[0] if len(trees) == 1 else {"op": "and", "args": trees}
    located = collection.layer.geometry is not GeometryKind.NONE
    return Asked(collection, Query(bbox=box if located else None, tree=tree), nothing=box is not None and not located)


def _box(collection: Collection, arguments: Mapping[str, str]) -> Box | None:
    text, given = arguments.get("bbox"), arguments.get("bbox-crs")
    if text is None:
        if given is not None:
            raise BadRequestError("bbox-crs stands beside bbox only")
        return None
    return crs.box_of(text, crs.system(given, collection.systems, parameter="bbox-crs"))


def _equals(field: Field, text: str) -> Any:
    value: Any = text
    try:
        if field.type in (FieldType.INTEGER, FieldType.NUMBER):
            value = float(text)
        elif field.type is FieldType.FLAG:
            value = TRUTHS[text.lower()]
    except (ValueError, KeyError):
        raise BadRequestError(f"{field.name} is a {field.type.value} field; {text[:60]!r} is none") from None
    return {"op": "=", "args": [{"property": field.name}, value]}


def _in_force(text: str) -> Any:
    """Features in force at a time or within a span of time; one without dates is in force always."""
    first, found, last = text.partition("/")
    begin, end = (first, last) if found else (first, first)
    parts: list[Any] = []
    if end not in OPEN_ENDS:
        parts.append(_unknown_or("valid_from", "<=", end))
    if begin not in OPEN_ENDS:
        parts.append(_unknown_or("valid_to", ">=", begin))
    return {"op": "and", "args": parts} if parts else True


def _unknown_or(name: str, op: str, day: str) -> Any:
    field = {"property": name}
    moment = {"timestamp": day} if "T" in day else {"date": day}
    return {"op": "or", "args": [{"op": "isNull", "args": [field]}, {"op": op, "args": [field, moment]}]}
