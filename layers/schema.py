"""The vocabulary of a layer: what a field, a code list, a layer and an error are. Pure: no file, no database, no frame."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

STORAGE_CRS = "EPSG:4490"
"""CGCS2000 geographic; every geometry at rest is in it, x = longitude, y = latitude."""


class XiangtuError(Exception):
    """Base of every error of ours.

    XiangtuError
    ├── PersonError   a person can mend it; its text may be shown
    └── BugError      our own fault; its text goes to the log only
    """

    code: ClassVar[str] = "error"


class PersonError(XiangtuError):
    """A fault that a person can mend: the message says what, what was expected, what was found and what to do."""

    code: ClassVar[str] = "bad_request"
    kept: tuple[int, ...] = ()
    """Numbers under which the edits that it refuses are kept for who sent them."""
    no_room: bool = False
    """Whether they are not kept, because too much is kept already for somebody who may write nothing."""
    zh: str = ""
    """The same sentence in Chinese, where the error says it itself."""


class BugError(XiangtuError):
    """A fault of this software; never shown as text to a client."""

    code: ClassVar[str] = "internal"


class UnknownNameError(PersonError, LookupError):
    """A layer, field, code or indicator that is not declared."""

    code: ClassVar[str] = "unknown_name"


class FieldType(StrEnum):
    """How a value is held: text, whole number, number, ISO date, yes/no, code of a list, list of values (JSON)."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    DATE = "date"
    FLAG = "flag"
    CODE = "code"
    LIST = "list"


class GeometryKind(Enum):
    """Which geometry types a layer takes; `()` means the layer is a table without geometry."""

    NONE = ()
    POINT = ("Point",)
    LINE = ("LineString", "MultiLineString")
    POLYGON = ("Polygon", "MultiPolygon")
    POINT_OR_POLYGON = ("Point", "MultiPoint", "Polygon", "MultiPolygon")
    ANY = ("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon")

    def accepts(self, geometry_type: str) -> bool:
        """Say whether a geometry type name (as shapely gives it) may stand in the layer."""
        return geometry_type in self.value


@dataclass(frozen=True, slots=True)
class Code:
    """One entry of a code list: the stored value, its Chinese and English label, and the document that prints it."""

    code: str
    zh: str
    en: str
    source: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class CodeList:
    """A named list of codes with the document it comes from."""

    name: str
    zh: str
    en: str
    codes: tuple[Code, ...]
    source: str
    aliases: Mapping[str, str] = field(default_factory=dict)
    """Other spellings found in bureau files, mapped to the code (for example 水泥路 → 水泥)."""

    def __contains__(self, value: object) -> bool:
        """Say whether a value is one of the stored codes."""
        return any(item.code == value for item in self.codes)

    def __iter__(self) -> Iterator[Code]:
        """Iterate over the codes in the order of the source."""
        return iter(self.codes)

    def resolve(self, value: str) -> str | None:
        """Find the stored code for a code, a Chinese or English label, or a known alias; None when there is none."""
        text = value.strip()
        for item in self.codes:
            if text in (item.code, item.zh) or text.casefold() == item.en.casefold():
                return item.code
        return self.aliases.get(text)

    def label(self, code: str, language: str = "zh") -> str:
        """Give the label of a code, or the code itself when it is not in the list."""
        for item in self.codes:
            if item.code == code:
                return item.zh if language.startswith("zh") else item.en
        return code


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a layer.

    `minimum`/`maximum` are inclusive. `pattern` is a full-match regular expression for text. `derived` fields are computed by
    us and never asked of a file. `memory` marks a rule that stays configurable because no source was found.
    """

    name: str
    zh: str
    en: str
    type: FieldType
    source: str
    unit: str = ""
    codes: CodeList | None = None
    required: bool = False
    recommended: bool = False
    """The dictionary asks for it, but a row without it still means something: its absence is a warning and the value unknown."""
    derived: bool = False
    minimum: float | None = None
    maximum: float | None = None
    pattern: str | None = None
    length: int | None = None
    references: str | None = None
    """Name of the layer whose key this field points to (the FK column of the dictionary)."""
    note: str = ""

    def title(self, language: str = "zh") -> str:
        """Give the field's title in Chinese or English."""
        return self.zh if language.startswith("zh") else self.en


@dataclass(frozen=True, slots=True)
class RowFault:
    """A fault found by a layer's own row check: which field, what was found, what was expected, what to do."""

    field: str
    rule: str
    value: str
    expected_zh: str
    expected_en: str
    advice_zh: str
    advice_en: str
    severity: str = "error"
    """`error` stops an import, `warning` is shown and lets it pass."""


@dataclass(frozen=True, slots=True)
class Personal:
    """Fields that name a person in some rows of a layer: in those whose `field` has the `value`, `hides` are for few to read."""

    field: str
    value: str
    hides: frozenset[str]


RowCheck = "Callable[[Mapping[str, Any]], Iterator[RowFault]]"


@dataclass(frozen=True, slots=True)
class Layer:
    """One real-world layer: its name, titles, geometry, fields and the checks particular to it.

    `key` is the field that identifies a feature across files. `area_fields` name, finest first, the fields that say in which
    area a feature lies (for example village_code, township_code, county_code).
    """

    name: str
    zh: str
    en: str
    entity: str
    geometry: GeometryKind
    key: str
    fields: tuple[Field, ...]
    source: str
    area_fields: tuple[str, ...] = ()
    name_field: str = "name"
    row_checks: tuple[Callable[[Mapping[str, Any]], Iterator[RowFault]], ...] = ()
    geometry_required: bool = False
    """A row without geometry is a fault (a warning where the dictionary lets a code stand for the place)."""
    personal: Personal | None = None
    """What of some rows only who looks after households reads; everybody else finds it unknown."""
    kept_by: frozenset[str] = frozenset()
    """Kinds of change that alone may write rows of the layer, whoever asks; none named: every kind."""
    locked: Callable[[Mapping[str, Any]], frozenset[str]] | None = None
    """Fields of a row, in the state given, that only a procedure may change; `*` among them: the row may not be removed."""
    own_kinds: frozenset[str] = frozenset()
    """Kinds of change that `locked` does not hold: the layer's own procedures, and what brings in whole registers."""
    entry: Callable[[Mapping[str, Any]], frozenset[str]] | None = None
    """Fields that a new row may not state as it does, unless it comes by the layer's own kinds or an import."""
    place_tolerance_m: float = 0.0
    """How far the geometry of a row that locks it may move all the same: a correction of the survey, no other place."""
    place_rule: str | None = None
    """Rule of the library by which an area sets another such distance (`layers.area_rules`)."""

    def __getitem__(self, name: str) -> Field:
        """Give a field by name; raise UnknownNameError, with the names there are, when it is not declared."""
        for item in self.fields:
            if item.name == name:
                return item
        names = ", ".join(item.name for item in self.fields)
        raise UnknownNameError(f"Layer {self.name} has no field {name!r}; its fields are: {names}")

    def __contains__(self, name: object) -> bool:
        """Say whether the layer declares a field of this name."""
        return any(item.name == name for item in self.fields)

    @property
    def field_names(self) -> tuple[str, ...]:
        """Names of all fields in declared order, common fields last."""
        return tuple(item.name for item in self.fields)

    def title(self, language: str = "zh") -> str:
        """Give the layer's title in Chinese or English."""
        return self.zh if language.startswith("zh") else self.en
