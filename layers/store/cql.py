"""CQL2 turned into SQL: a tree of plain values (CQL2-JSON), a list of allowed columns, every value a parameter.

The tree comes from the other side of the network; nothing of it but values reaches the database, and those as parameters.
A comparison with an unknown value is unknown, as in SQL: `NOT (a = 1)` does not give the rows whose `a` is not known.

Source: OGC 21-065r2, Common Query Language (CQL2).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from layers.errors import BadConditionError
from layers.schema import FieldType, GeometryKind
from layers.store import cql_spatial
from layers.store.cql_temporal import TEMPORAL, interval_of, temporal
from layers.store.cql_values import KINDS, Operand, as_date, glob_of, like_of, literal, shown
from layers.store.filters import OWN

if TYPE_CHECKING:
    import datetime as dt

    from layers.schema import Field, Layer
    from layers.store.backend import Backend

Tree = Any
Clause = sa.ColumnElement[bool]
MAX_DEPTH, MAX_NODES, MAX_WILDCARDS = 20, 200, 10
GEOMETRY_NAMES = frozenset({"geometry", "geom"})
ORDERED: Mapping[str, Callable[[Any, Any], Any]] = {
    "=": lambda left, right: left == right,
    "<>": lambda left, right: left != right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}


def measure(tree: Tree) -> None:
    """Refuse a tree that is deeper or larger than any person writes; walks without recursion.

    Raises:
        BadConditionError: more than 20 levels or 200 nodes.
    """
    nodes, waiting = 0, [(tree, 1)]
    while waiting:
        node, depth = waiting.pop()
        nodes += 1
        if depth > MAX_DEPTH or nodes > MAX_NODES:
            raise BadConditionError(f"The filter is deeper than {MAX_DEPTH} levels or larger than {MAX_NODES} parts; simplify it")
        if isinstance(node, Mapping) and "op" in node:
            args = node.get("args")
            waiting += [(item, depth + 1) for item in args] if isinstance(args, list) else [(args, depth + 1)]
        elif isinstance(node, list):
            waiting += [(item, depth) for item in node]


def clause(backend: Backend, layer: Layer, tree: Tree) -> Clause:
    """Compile a filter for a layer.

    Raises:
        BadConditionError: a field the layer does not have, an operator that is not taken, a value that does not fit the field,
            or a filter beyond the limits.
    """
    measure(tree)
    return _Compiler(backend, layer).predicate(tree, negated=False)


def fields_of(tree: Tree) -> set[Any]:
    """Name every field that a filter asks about.

    >>> fields_of({"op": "=", "args": [{"property": "name"}, "x"]})
    {'name'}
    """
    found, waiting = set(), [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Mapping):
            found |= {node["property"]} if isinstance(node.get("property"), str) else set()
            waiting.append(node.get("args"))
        elif isinstance(node, list):
            waiting += node
    return found


@dataclass(frozen=True)
class _Compiler:
    backend: Backend
    layer: Layer

    def predicate(self, node: Tree, *, negated: bool) -> Clause:
        """Compile something that is true or false; `negated` says that an odd number of NOT stands above it."""
        if isinstance(node, bool):
            return sa.true() if node else sa.false()
        if not isinstance(node, Mapping):
            raise BadConditionError(f"A condition was expected, found {shown(node)}")
        if "property" in node:
            operand = self.operand(node)
            if operand.kind != "flag" or operand.column is None:
                raise BadConditionError("A field alone is a condition only when it is a yes/no field")
            return self._compare("=", operand, Operand("flag", value=True))
        op, args = node.get("op"), node.get("args")
        if not isinstance(op, str) or not isinstance(args, list):
            raise BadConditionError("A condition has an operator (op) and a list of arguments (args)")
        return self._operator(op, args, negated=negated)

    def _operator(self, op: str, args: list[Tree], *, negated: bool) -> Clause:
        if op in {"and", "or"}:
            _count(op, args, least=1)
            joined = sa.and_ if op == "and" else sa.or_
            return joined(*(self.predicate(item, negated=negated) for item in args)).self_group()
        if op == "not":
            _count(op, args, least=1, most=1)
            return sa.not_(self.predicate(args[0], negated=not negated))
        if op in cql_spatial.OPERATORS:
            return self._spatial(op, args, negated=negated)
        if op in TEMPORAL:
            return self._temporal(op, args)
        found = {"isNull": self._is_null, "like": self._like, "between": self._between, "in": self._in}.get(op)
        if found is not None:
            return found(args)
        if op in ORDERED:
            _count(op, args, least=2, most=2)
            return self._compare(op, self.operand(args[0]), self.operand(args[1]))
        known = (*ORDERED, "and", "or", "not", "like", "between", "in", "isNull", "casei", *cql_spatial.OPERATORS, *TEMPORAL)
        raise BadConditionError(f"There is no operator {shown(op)}; use one of {', '.join(known)}")

    # values

    def field(self, node: Tree) -> Field:
        """Find the declared field that a node names."""
        name = node.get("property") if isinstance(node, Mapping) else None
        if isinstance(name, str) and name in OWN:
            return OWN[name]
        if not isinstance(name, str) or name not in self.layer:
            names = ", ".join((*self.layer.field_names, "ver"))
            raise BadConditionError(f"Layer {self.layer.name} has no field {shown(name)}; its fields are: {names}")
        return self.layer[name]

    def operand(self, node: Tree) -> Operand:
        """Read a field, a literal, or either inside `casei`."""
        if isinstance(node, Mapping) and node.get("op") == "casei":
            args = node.get("args")
            if not isinstance(args, list) or len(args) != 1:
                raise BadConditionError("casei takes one argument")
            inner = self.operand(args[0])
            if inner.kind != "text":
                raise BadConditionError("casei works on texts")
            return inner._replace(folded=True)
        if isinstance(node, Mapping) and "property" in node:
            field = self.field(node)
            return Operand(KINDS[field.type], column=self.backend.tables[self.layer.name].c[field.name])
        return literal(node)

    def _sql(self, operand: Operand, like: Operand) -> sa.ColumnElement[Any]:
        """Give an operand as SQL; a literal takes the column type of the operand it stands beside."""
        if operand.column is not None:
            return self._fold(operand.column) if operand.folded else operand.column
        value = operand.value.lower() if operand.folded else operand.value
        typed = like.column.type if like.column is not None else None
        return sa.literal(value, type_=sa.Boolean() if operand.kind == "flag" else typed)

    def _fold(self, column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
        if self.backend.name == "gpkg":
            return sa.func.XT_Lower(column, type_=column.type)
        return sa.func.lower(sa.collate(column, "default"), type_=column.type)  # the column's own knows ASCII only

    # comparisons

    def _compare(self, op: str, left: Operand, right: Operand) -> Clause:
        left, right = as_date(left, right), as_date(right, left)
        if left.kind != right.kind or left.kind == "list":
            raise BadConditionError(f"{op} compares values of one kind; found {left.kind} and {right.kind}")
        if left.folded != right.folded and op not in {"=", "<>"}:
            raise BadConditionError("casei stands on both sides of an ordering or on none")
        if left.column is None and right.column is None:
            sides = [side.value.lower() if side.folded else side.value for side in (left, right)]
            return sa.true() if ORDERED[op](*sides) else sa.false()
        result: Clause = ORDERED[op](self._sql(left, right), self._sql(right, left))
        return result

    def _is_null(self, args: list[Tree]) -> Clause:
        _count("isNull", args, least=1, most=1)
        node = args[0]
        if isinstance(node, Mapping) and node.get("property") in GEOMETRY_NAMES:
            return self._geometry(node).is_(None)
        return self.backend.tables[self.layer.name].c[self.field(node).name].is_(None)

    def _like(self, args: list[Tree]) -> Clause:
        _count("like", args, least=2, most=2)
        text, pattern = self.operand(args[0]), self.operand(args[1])
        if text.kind != "text" or text.column is None or pattern.kind != "text" or pattern.column is not None:
            raise BadConditionError("like takes a text field and a pattern")
        folded = text.folded or pattern.folded
        wanted = pattern.value.lower() if folded else pattern.value
        if len(re.findall(r"[%_]+", wanted)) > MAX_WILDCARDS:
            raise BadConditionError(f"like takes at most {MAX_WILDCARDS} wildcards")
        column = self._fold(text.column) if folded else text.column
        if self.backend.name == "gpkg":
            return column.op("GLOB", is_comparison=True, return_type=sa.Boolean())(sa.literal(glob_of(wanted), type_=sa.Text()))
        return column.like(sa.literal(like_of(wanted), type_=sa.Text()), escape="\\")

    def _between(self, args: list[Tree]) -> Clause:
        _count("between", args, least=3, most=3)
        middle, low, high = (self.operand(item) for item in args)
        return sa.and_(self._compare(">=", middle, low), self._compare("<=", middle, high)).self_group()

    def _in(self, args: list[Tree]) -> Clause:
        _count("in", args, least=2, most=2)
        if not isinstance(args[1], list) or not args[1]:
            raise BadConditionError("in takes a field and a list of values")
        value = self.operand(args[0])
        choices = [self.operand(item) for item in args[1]]
        if value.column is None or any(item.column is not None for item in choices):
            raise BadConditionError("in takes a field and a list of values")
        return sa.or_(*(self._compare("=", value, item) for item in choices)).self_group()

    # place and time

    def _geometry(self, node: Tree) -> sa.ColumnElement[Any]:
        if not isinstance(node, Mapping) or node.get("property") not in GEOMETRY_NAMES:
            raise BadConditionError("A spatial condition takes the property geometry and a geometry")
        if self.layer.geometry is GeometryKind.NONE:
            raise BadConditionError(f"Layer {self.layer.name} is a table without geometry")
        return self.backend.tables[self.layer.name].c.geom

    def _spatial(self, op: str, args: list[Tree], *, negated: bool) -> Clause:
        _count(op, args, least=2, most=2)
        swapped = not (isinstance(args[0], Mapping) and "property" in args[0])
        place, shape = (args[1], args[0]) if swapped else (args[0], args[1])
        self._geometry(place)
        relation = cql_spatial.OPERATORS[op]
        return cql_spatial.relate(
            self.backend,
            self.layer,
            cql_spatial.SWAPPED.get(relation, relation) if swapped else relation,
            cql_spatial.geometry_of(shape),
            negated=negated,
        )

    def _temporal(self, op: str, args: list[Tree]) -> Clause:
        _count(op, args, least=2, most=2)
        field = self.field(args[0])
        if field.type is not FieldType.DATE:
            raise BadConditionError(f"{op} takes a date field and a date or an interval")
        column = self.backend.tables[self.layer.name].c[field.name]
        first, last = interval_of(args[1])

        def day(value: dt.date | None) -> Any:
            return None if value is None else sa.literal(value.isoformat(), type_=column.type)

        return temporal(op, column, day(first), day(last), instant=not (isinstance(args[1], Mapping) and "interval" in args[1]))


def _count(op: str, args: Sequence[Tree], *, least: int, most: int = MAX_NODES) -> None:
    if not least <= len(args) <= most:
        raise BadConditionError(f"{op} has {len(args)} arguments, that is not how it is written")
