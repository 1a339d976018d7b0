"""CQL2 text read into CQL2 JSON: one pass, no backtracking, at most twenty levels; arithmetic is not taken.

Our own because the text comes from anybody: the parsers at hand follow brackets by recursion and with backtracking, so that a few
thousand brackets or signs end the process and twenty that do not close take minutes. They stand beside this one in the tests.

Source: OGC 21-065r2, annex B (the grammar of CQL2 text).
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import shapely

from layers.errors import BadConditionError
from layers.store.cql import MAX_DEPTH

if TYPE_CHECKING:
    from collections.abc import Callable

TOKEN = re.compile(
    r"""\s*(?:
    (?P<text>'(?:[^']|'')*')
  | (?P<quoted>"(?:[^"]|"")*")
  | (?P<number>[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?)
  | (?P<name>[^\W\d][\w.:]*)
  | (?P<sign><>|<=|>=|[=<>(),])
  | (?P<end>\Z)
  )""",
    re.VERBOSE,
)
COMPARISONS = frozenset({"=", "<>", "<", "<=", ">", ">="})
GEOMETRIES = frozenset({"POINT", "LINESTRING", "POLYGON", "MULTIPOINT", "MULTILINESTRING", "MULTIPOLYGON", "GEOMETRYCOLLECTION"})
WKT_DEPTH = 6
WHOLE = re.compile(r"[-+]?\d{1,18}")
EXAMPLE = "surface_type = '水泥' AND width_m >= 3.5"


class Token(NamedTuple):
    """A word of the text: its kind, what it says, and where it begins and ends."""

    kind: str
    text: str
    start: int
    end: int


def parse(text: str) -> Any:
    """Read a filter.

    Raises:
        BadConditionError: it is no filter, or deeper than any person writes.

    >>> parse("name = 'O''Neil' AND NOT (lanes IN (1, 2))")["args"][0]
    {'op': '=', 'args': [{'property': 'name'}, "O'Neil"]}
    """
    reader = _Reader(text)
    found = reader.either(1)
    if reader.token.kind != "end":
        reader.refuse()
    return found


class _Reader:
    """The text, and the word that is read next."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.token = self._at(0)

    def _at(self, place: int) -> Token:
        found = TOKEN.match(self.text, place)
        if found is None or found.lastgroup is None:
            self.refuse(place)
        kind = found.lastgroup
        return Token(kind, found[kind], found.start(kind), found.end())

    def refuse(self, place: int | None = None) -> NoReturn:
        """Say where the text cannot be read."""
        at = self.token.start if place is None else place
        rest = self.text[at : at + 20].strip() or "the end"
        raise BadConditionError(f"The filter cannot be read as CQL2 text at {rest!r}; written rightly it is like: {EXAMPLE}")

    def next(self) -> Token:
        """Take the word and go on."""
        taken = self.token
        self.token = self._at(taken.end)
        return taken

    def word(self, *names: str) -> bool:
        """Say whether the next word is a keyword, and take it if so."""
        found = self.token.kind == "name" and self.token.text.upper() in names
        if found:
            self.next()
        return found

    def sign(self, text: str) -> bool:
        """Say whether the next word is this sign, and take it if so."""
        found = self.token.kind == "sign" and self.token.text == text
        if found:
            self.next()
        return found

    def need(self, text: str) -> None:
        """Take a sign that must stand here."""
        if not self.sign(text):
            self.refuse()

    # conditions

    def either(self, depth: int) -> Any:
        """Conditions joined by OR."""
        return self._joined("or", depth, lambda: self._joined("and", depth, lambda: self._negated(depth)))

    def _joined(self, op: str, depth: int, part: Callable[[], Any]) -> Any:
        if depth > MAX_DEPTH:
            raise BadConditionError(f"The filter has brackets deeper than {MAX_DEPTH} levels; simplify it")
        parts = [part()]
        while self.word(op.upper()):
            parts.append(part())
        return parts[0] if len(parts) == 1 else {"op": op, "args": parts}

    def _negated(self, depth: int) -> Any:
        times = 0
        while self.word("NOT"):
            times += 1
        if times > MAX_DEPTH:
            raise BadConditionError(f"The filter has more than {MAX_DEPTH} NOT in a row; simplify it")
        found = self._condition(depth)
        for _ in range(times):
            found = {"op": "not", "args": [found]}
        return found

    def _condition(self, depth: int) -> Any:
        left = self._operand(depth)
        if self.token.kind == "sign" and self.token.text in COMPARISONS:
            return {"op": self.next().text, "args": [left, self._operand(depth)]}
        if self.word("IS"):
            negated = self.word("NOT")
            if not self.word("NULL"):
                self.refuse()
            return _not({"op": "isNull", "args": [left]}, when=negated)
        negated = self.word("NOT")
        if self.word("LIKE"):
            return _not({"op": "like", "args": [left, self._operand(depth)]}, when=negated)
        if self.word("BETWEEN"):
            low = self._operand(depth)
            if not self.word("AND"):
                self.refuse()
            return _not({"op": "between", "args": [left, low, self._operand(depth)]}, when=negated)
        if self.word("IN"):
            self.need("(")
            return _not({"op": "in", "args": [left, self._list(depth)]}, when=negated)
        if negated:
            self.refuse()
        return left

    # values

    def _operand(self, depth: int) -> Any:
        token = self.next()
        if token.kind == "text":
            return token.text[1:-1].replace("''", "'")
        if token.kind == "quoted":
            return {"property": token.text[1:-1].replace('""', '"')}
        if token.kind == "number":
            return int(token.text) if WHOLE.fullmatch(token.text) else float(token.text)
        if token.kind == "sign" and token.text == "(":
            found = self.either(depth + 1)
            self.need(")")
            return found
        if token.kind != "name":
            self.refuse(token.start)
        return self._named(token, depth)

    def _named(self, token: Token, depth: int) -> Any:
        name = token.text.upper()
        if name in GEOMETRIES:
            return self._geometry(token)
        if name in {"TRUE", "FALSE"}:
            return name == "TRUE"
        if not self.sign("("):
            return {"property": token.text}
        if depth >= MAX_DEPTH:
            raise BadConditionError(f"The filter has brackets deeper than {MAX_DEPTH} levels; simplify it")
        args = self._list(depth + 1)
        if name in {"DATE", "TIMESTAMP"} and len(args) == 1:
            return {name.lower(): args[0]}
        return {name.lower(): args} if name in {"INTERVAL", "BBOX"} else {"op": name.lower(), "args": args}

    def _list(self, depth: int) -> list[Any]:
        """Values between brackets, of which the opening one is taken."""
        found = [self._operand(depth)]
        while self.sign(","):
            found.append(self._operand(depth))
        self.need(")")
        return found

    def _geometry(self, token: Token) -> Any:
        """Read well-known text from its first word to the bracket that closes it."""
        depth, place = 0, token.end
        for place in range(token.end, len(self.text)):
            depth += {"(": 1, ")": -1}.get(self.text[place], 0)
            if depth > WKT_DEPTH or (depth == 0 and self.text[place] == ")"):
                break
        if depth != 0:
            self.refuse(token.start)
        try:
            shape = shapely.force_2d(shapely.from_wkt(self.text[token.start : place + 1]))
        except (shapely.errors.ShapelyError, ValueError):
            self.refuse(token.start)
        self.token = self._at(place + 1)
        return json.loads(shapely.to_geojson(shape))


def _not(condition: Any, *, when: bool) -> Any:
    return {"op": "not", "args": [condition]} if when else condition
