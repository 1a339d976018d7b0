"""A recipe: which file feeds which layer, so that next year's files are one command.

The form is TOML:

    [recipe]                                  name, title_zh, title_en, attribution, licence
    [scheme]                                  name, levels = [{name=, rank=, zh=, en=}, …] of the area codes
    [[feed]]
    layer = "hamlets"                         a layer of the catalogue
    file = "Habitation.zip"                   looked for in the data folder
    member = "Habitation2"                    layer or sheet inside the file, where it has several
    crs, encoding, x_field, y_field           answers to what the file does not say
    columns = {hamlet_id = "HAB_ID"}          field of the layer = column of the file
    constants = {data_quality = "registered"}
    translate.admin_class = {NH = "国道"}      value of the file = code of the layer; "*" stands for every other value
    unknown = ["NA", ""]                      texts that mean: not known
    factors = {length_m = 1000.0}             number of the file × factor
    prefixes = {county_code = "D"}            put before every value, where codes of two levels would collide
    parts.segment_id = "ER_ID"                column + running number of its repetitions, for keys that are not unique
    where = [{column = "STATE_ID", op = "=", value = 37}]
    distinct = ["DISTRICT_ID"]                one row for each combination of these columns
    dissolve = ["MRL_ID"]                     rows that agree in these columns are parts of one feature: one row, all geometries
    join = {file = "…", on = "BLOCK_ID", to = "BLOCK_ID", columns = ["BLOCK_NAME"]}
    geometry_from = {layer = "villages", field = "village_code"}    rows without geometry take it from a layer by code
    allow_missing = ["tech_class"]            required fields that this source does not have; counted in the report
    repairs = ["make_valid"], skip_bad_rows = true
    assumption_zh, assumption_en              shown with every result that rests on this feed
    header_row = 3                            row of a workbook's sheet that names its columns; what stands above is passed over
    units = {budget_total = "元"}              unit in which a library's sheet writes money: 元, 万元 (otherwise) or 亿元
    sources = {S11 = "衔接资金"}                columns that hold what each fund source pays
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from layers.catalogue import LAYERS
from layers.files.errors import RecipeError
from layers.files.questions import Answers
from layers.files.repairing import REPAIRS

if TYPE_CHECKING:
    from collections.abc import Mapping

OPERATORS = ("=", "!=", "<", "<=", ">", ">=", "in", "not in", "is_null", "not_null")
SCHEME_KEYS = {"name", "rank", "zh", "en", "pattern"}
MOST_TEXT = 1 << 18
MOST_HEADER_ROW = 50


@dataclass(frozen=True, slots=True)
class Filter:
    """Rows to take: a column of the file, an operator, a value."""

    column: str
    op: str
    value: Any = None


@dataclass(frozen=True, slots=True)
class Join:
    """Columns looked up in a second table: `on` is the column of the main file, `to` that of the table."""

    file: str
    on: str
    to: str
    columns: tuple[str, ...]
    encoding: str | None = None


@dataclass(frozen=True, slots=True)
class GeometryFrom:
    """Rows without geometry take it from a layer: `field` of this layer holds the key of that one."""

    layer: str
    field: str


@dataclass(frozen=True, slots=True)
class Feed:
    """One file that feeds one layer, and how."""

    layer: str
    file: str
    member: str | None = None
    crs: str | None = None
    encoding: str | None = None
    x_field: str | None = None
    y_field: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, Any] = field(default_factory=dict)
    translate: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    factors: Mapping[str, float] = field(default_factory=dict)
    prefixes: Mapping[str, str] = field(default_factory=dict)
    parts: Mapping[str, str] = field(default_factory=dict)
    where: tuple[Filter, ...] = ()
    distinct: tuple[str, ...] = ()
    dissolve: tuple[str, ...] = ()
    join: Join | None = None
    geometry_from: GeometryFrom | None = None
    allow_missing: tuple[str, ...] = ()
    repairs: tuple[str, ...] = ()
    skip_bad_rows: bool = False
    assumption_zh: str = ""
    assumption_en: str = ""
    header_row: int = 1
    units: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)

    @property
    def answers(self) -> Answers:
        """The answers this feed gives to what the file does not say."""
        return Answers(self.crs, self.encoding, self.member, self.x_field, self.y_field, self.header_row)


@dataclass(frozen=True, slots=True)
class Recipe:
    """A named set of feeds with the attribution of its data and the levels of its area codes."""

    name: str
    title_zh: str
    title_en: str
    attribution: str
    licence: str
    feeds: tuple[Feed, ...]
    scheme_name: str = "cn-12"
    scheme_levels: tuple[Mapping[str, Any], ...] = ()
    text: str = ""

    @classmethod
    def load(cls, source: Path | str) -> Recipe:
        """Read a recipe from a TOML file (a Path) or a TOML text; every fault is named with its table, key and line.

        >>> feed = '[[feed]]@layer="hamlets"@file="a.csv"@columns={hamlet_id="A"}'.replace("@", chr(10))
        >>> Recipe.load('[recipe]@name="x"@'.replace("@", chr(10)) + feed).feeds[0].layer
        'hamlets'
        """
        text = _text(source) if isinstance(source, Path) else source
        try:
            document = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise RecipeError(f"The recipe is no TOML: {error}.") from error
        return _Reader(text).recipe(document)


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MOST_TEXT:
            raise RecipeError("The recipe is longer than a recipe can be.")
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"The recipe {path.name} cannot be read: give a TOML file in UTF-8.") from error


class _Reader:
    """Turns the TOML document into a Recipe and gathers every fault before it complains."""

    def __init__(self, text: str) -> None:
        self.lines = text.splitlines()
        self.text = text
        self.faults: list[str] = []

    def fault(self, place: str, key: str, message: str) -> None:
        self.faults.append(f"{place}{self._line(key, place)}: {key}: {message}")

    def _line(self, key: str, place: str) -> str:
        """Find the line of a key, looking from its [[feed]] on."""
        wanted = int(place.rpartition(" ")[2]) if place.startswith("[[feed]]") else 0
        seen = 0
        for number, line in enumerate(self.lines, start=1):
            seen += line.strip().startswith("[[feed]]")
            if seen >= wanted and line.strip().partition("=")[0].strip().split(".")[0].strip('"') == key:
                return f", line {number}"
        return ""

    def recipe(self, document: dict[str, Any]) -> Recipe:
        for key in document:
            if key not in ("recipe", "scheme", "feed"):
                self.fault("top", key, "unknown table; there are [recipe], [scheme] and [[feed]]")
        head, scheme = self._table(document, "recipe"), self._table(document, "scheme")
        named = {key: self._string(head, key, "[recipe]") for key in ("name", "title_zh", "title_en", "attribution", "licence")}
        for key in head.keys() - named.keys():
            self.fault("[recipe]", key, f"unknown key; known are {', '.join(named)}")
        levels = self._levels(scheme)
        raw = document.get("feed", [])
        feeds = tuple(
            feed
            for number, item in enumerate(raw if isinstance(raw, list) else [], start=1)
            if isinstance(item, dict) and (feed := self.feed(item, f"[[feed]] {number}")) is not None
        )
        if not raw:
            self.fault("top", "feed", "the recipe has no [[feed]]")
        if not named["name"]:
            self.fault("[recipe]", "name", "is missing")
        if self.faults:
            raise RecipeError("The recipe cannot be followed:\n- " + "\n- ".join(self.faults))
        scheme_name = str(scheme.get("name", "cn-12"))
        return Recipe(**named, feeds=feeds, scheme_name=scheme_name, scheme_levels=levels, text=self.text)

    def _table(self, document: dict[str, Any], name: str) -> dict[str, Any]:
        value = document.get(name, {})
        if not isinstance(value, dict):
            self.fault("top", name, "must be a table")
            return {}
        return value

    def _string(self, table: dict[str, Any], key: str, place: str) -> str:
        value = table.get(key, "")
        if not isinstance(value, str):
            self.fault(place, key, "must be a text")
            return ""
        return value

    def _levels(self, scheme: dict[str, Any]) -> tuple[Mapping[str, Any], ...]:
        levels = scheme.get("levels", [])
        good = isinstance(levels, list) and all(
            isinstance(item, dict)
            and isinstance(item.get("name"), str)
            and isinstance(item.get("rank"), int)
            and item.keys() <= SCHEME_KEYS
            for item in levels
        )
        if not good:
            self.fault("[scheme]", "levels", "must be a list of {name=…, rank=…, zh=…, en=…}")
            return ()
        return tuple(levels)

    def feed(self, item: dict[str, Any], place: str) -> Feed | None:
        known = {entry.name for entry in fields(Feed)}
        for key in item.keys() - known:
            self.fault(place, key, f"unknown key; known are {', '.join(sorted(known))}")
        before = len(self.faults)
        for key in ("layer", "file"):
            if not isinstance(item.get(key), str):
                self.fault(place, key, "is missing or no text")
        layer = LAYERS.get(str(item.get("layer")))
        if layer is None:
            self.fault(place, "layer", f"there is no layer {item.get('layer')!r}; there are {', '.join(LAYERS)}")
        values: dict[str, Any] = {key: item[key] for key in known & item.keys()}
        self._shapes(values, place)
        if len(self.faults) == before and layer is not None:
            self._names(values, layer.field_names, place)
        if len(self.faults) > before:
            return None
        return Feed(**values)

    def _shapes(self, values: dict[str, Any], place: str) -> None:
        """Check the form of each value and turn lists and tables into our own."""
        for key in ("member", "crs", "encoding", "x_field", "y_field", "assumption_zh", "assumption_en"):
            if key in values and not isinstance(values[key], str):
                self.fault(place, key, "must be a text")
        if not isinstance(values.get("header_row", 1), int) or not 1 <= values.get("header_row", 1) <= MOST_HEADER_ROW:
            self.fault(place, "header_row", f"must be a whole number from 1 to {MOST_HEADER_ROW}")
        for key in ("columns", "constants", "translate", "factors", "prefixes", "parts", "units", "sources"):
            if key in values and not isinstance(values[key], dict):
                self.fault(place, key, 'must be a table, for example {hamlet_id = "HAB_ID"}')
                values[key] = {}
        for key in ("unknown", "distinct", "dissolve", "allow_missing", "repairs"):
            if key in values:
                values[key] = self._texts(values[key], key, place)
        self._tables(values, place)

    def _texts(self, value: Any, key: str, place: str) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.fault(place, key, "must be a list of texts")
            return ()
        return tuple(value)

    def _tables(self, values: dict[str, Any], place: str) -> None:
        makers = {"join": Join, "geometry_from": GeometryFrom}
        for key, maker in makers.items():
            if key in values:
                try:
                    given = {name: tuple(v) if isinstance(v, list) else v for name, v in dict(values[key]).items()}
                    values[key] = maker(**given)
                except (TypeError, ValueError):
                    self.fault(place, key, f"must be a table with {', '.join(entry.name for entry in fields(maker))}")
        filters = values.get("where", [])
        made = []
        for item in filters if isinstance(filters, list) else [None]:
            good = (
                isinstance(item, dict)
                and "column" in item
                and item.get("op", "=") in OPERATORS
                and item.keys() <= {"column", "op", "value"}
            )
            if not good or item is None:
                self.fault(place, "where", f"must be a list of {{column=…, op=…, value=…}} with op one of {', '.join(OPERATORS)}")
                return
            made.append(Filter(str(item["column"]), str(item.get("op", "=")), item.get("value")))
        values["where"] = tuple(made)

    def _names(self, values: dict[str, Any], names: tuple[str, ...], place: str) -> None:
        """Check that every field named is a field of the layer, and every repair a repair."""
        for key in ("columns", "constants", "translate", "factors", "prefixes", "parts", "allow_missing"):
            for name in values.get(key, ()):
                if name not in names:
                    self.fault(place, key, f"the layer {values['layer']} has no field {name!r}")
        for name in values.get("repairs", ()):
            if name not in REPAIRS:
                self.fault(place, "repairs", f"there is no repair {name!r}; there are {', '.join(REPAIRS)}")
        if not values.get("columns") and not values.get("parts"):
            self.fault(place, "columns", "names no column of the file")
