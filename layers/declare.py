"""Short words for declaring a layer: one function per field type, and the fields that every layer ends with."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict, Unpack

from layers import codes
from layers.schema import CodeList, Field, FieldType

if TYPE_CHECKING:
    from collections.abc import Callable

CODE_LENGTH = 24
"""Greatest length of an area code; codes are free text, their pattern belongs to the area scheme."""


class RuleOptions(TypedDict, total=False):
    """The options that every kind of field takes; see `layers.schema.Field`."""

    unit: str
    required: bool
    recommended: bool
    derived: bool
    minimum: float
    maximum: float
    pattern: str
    note: str


class Options(RuleOptions, total=False):
    """The options of a field whose length and reference are given at the call."""

    length: int
    references: str


def _maker(kind: FieldType) -> Callable[..., Field]:
    def make(name: str, zh: str, en: str, source: str, **options: Unpack[Options]) -> Field:
        return Field(name, zh, en, kind, source, **options)

    make.__doc__ = f"Declare a {kind.value} field: name, Chinese title, English title, source, options."
    return make


text = _maker(FieldType.TEXT)
integer = _maker(FieldType.INTEGER)
number = _maker(FieldType.NUMBER)
date = _maker(FieldType.DATE)
flag = _maker(FieldType.FLAG)
listing = _maker(FieldType.LIST)


def code(field_name: str, source: str, codes_of: CodeList, titles: tuple[str, str], **options: Unpack[Options]) -> Field:
    """Declare a field whose value stands in a code list.

    >>> code("surface_type", "memory", codes.SURFACE_TYPE, ("路面类型", "Surface")).codes.name
    'surface_type'
    """
    return Field(field_name, titles[0], titles[1], FieldType.CODE, source, codes=codes_of, **options)


def reference(name: str, layer: str, titles: tuple[str, str], source: str, **options: Unpack[RuleOptions]) -> Field:
    """Declare a text field that holds the key of a row of another layer (FK of the dictionary).

    >>> reference("work_id", "water_works", ("供水工程", "Water work"), "des").references
    'water_works'
    """
    return Field(name, titles[0], titles[1], FieldType.TEXT, source, references=layer, length=64, **options)


def area(level: str, source: str = "page B3", **options: Unpack[RuleOptions]) -> Field:
    """Declare one of the three area codes that say where a row lies: `village`, `township` or `county`.

    >>> area("village").name, area("village").references, area("village").pattern
    ('village_code', 'villages', None)
    """
    layer, zh, en = {
        "village": ("villages", "所属村代码", "Village code"),
        "township": ("townships", "所属乡镇代码", "Township code"),
        "county": ("counties", "所属县代码", "County code"),
    }[level]
    return Field(f"{level}_code", zh, en, FieldType.TEXT, source, references=layer, length=CODE_LENGTH, **options)


AREA_FIELDS = ("village_code", "township_code", "county_code")
"""Names of the area codes, finest first."""

COMMON: tuple[Field, ...] = (
    text("id", "内部编号", "Internal id", "des", derived=True, length=36, note="assigned by the store; never asked of a file"),
    text("source", "数据来源", "Source", "des", note="document, bureau or file the row comes from"),
    date("source_date", "来源日期", "Source date", "des"),
    date("valid_from", "有效起始日", "Valid from", "des"),
    date("valid_to", "有效截止日", "Valid to", "des", note="empty while the row is in force"),
    code("data_quality", "des", codes.DATA_QUALITY, ("数据质量", "Data quality"), note="synthetic = simulated data"),
)
"""The fields that every layer ends with."""
