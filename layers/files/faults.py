"""One fault of a row, and the sentences that go with each rule, in Chinese and English."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import shapely

COLUMNS = ("row", "field", "rule", "severity", "value", "expected_zh", "expected_en", "advice_zh", "advice_en", "geometry")
SHOWN_VALUE = 80


class Fault(NamedTuple):
    """What is wrong where: row of the file (None = the whole column), field, rule, and what to do about it."""

    row: int | None
    field: str
    rule: str
    severity: str
    value: str
    expected_zh: str
    expected_en: str
    advice_zh: str
    advice_en: str
    geometry: shapely.Geometry | None = None


ADVICE: dict[str, tuple[str, str]] = {
    "required_missing": ("补填该字段", "Fill in this field"),
    "recommended_missing": (
        "可以导入，但相关指标将按“未知”计算",
        "It can be loaded; indicators that need it count it as unknown",
    ),
    "type": (
        "改正该值；数字带单位或千分位时可用修复 parse_numbers",
        "Correct the value; the repair parse_numbers reads units and separators",
    ),
    "too_long": ("缩短该文字", "Shorten the text"),
    "pattern": ("按格式改正", "Correct it to the pattern"),
    "range": ("核对数值和单位", "Check the value and its unit"),
    "code": ("从代码表中选择", "Choose a code of the list"),
    "code_alias": ("可用修复 translate_codes 换成代码", "The repair translate_codes turns it into the code"),
    "duplicate_key": ("改正编号，或删去重复的行", "Correct the number, or remove the repeated row"),
    "key_exists": ("该编号已在库中：改编号，或选择替换", "The number is already held: change it, or choose to replace"),
    "unknown_reference": ("核对代码，或先导入被引用的图层", "Check the code, or load the layer it refers to first"),
    "outer_spaces": ("可用修复 strip_spaces 去掉首尾空格", "The repair strip_spaces removes them"),
    "formula_text": (
        "以公式符号开头的文字在表格软件中会被当作公式执行，请核对",
        "Spreadsheets run a text that begins so as a formula; check it",
    ),
    "undeclared_field": ("删去该列，或在配方中对应到字段", "Remove the column, or map it to a field"),
    "geometry_missing": ("补上位置，或跳过该行", "Add the place, or skip the row"),
    "geometry_unreadable": ("坐标不是数值或图形残缺，请改正", "Its coordinates are no numbers or it is broken; correct it"),
    "geometry_unclosed": ("可用修复 close_rings 闭合", "The repair close_rings closes it"),
    "geometry_not_finite": ("坐标含无穷或非数值，请改正", "A coordinate is not finite; correct it"),
    "geometry_out_of_range": (
        "经纬度超出范围：检查坐标系，或可用修复 swap_lonlat 对调",
        "Not longitude and latitude: check the coordinate system, or the repair swap_lonlat exchanges them",
    ),
    "geometry_type": (
        "核对图形类型；多部件单个图形可用修复 multi_to_single",
        "Check the kind of geometry; the repair multi_to_single takes single parts out",
    ),
    "geometry_invalid": ("可用修复 make_valid，或在编辑软件中改正", "The repair make_valid mends it, or correct it in an editor"),
    "too_many_vertices": ("简化或拆分该图形", "Simplify or split it"),
    "E17_outside": ("检查坐标系和所属区域", "Check the coordinate system and the area"),
    "E17_partly_outside": ("核对边界", "Check the boundary"),
    "E17_gcj02_suspected": (
        "重新读取文件，坐标系选 GCJ-02",
        "Read the file again and answer GCJ-02 as its coordinate system",
    ),
    "E18_code_prefix": (
        "核对代码与所属乡镇、县：其中一个填错，或区划已调整",
        "Compare the code with the township and county beside it: one is wrong, or the areas have changed",
    ),
    "duplicate_geometry": ("核对是否重复登记", "Check whether it is registered twice"),
    "self_overlap": (
        "线路沿自身折返，核对是否重复计长",
        "The line runs back along itself; check whether its length counts twice",
    ),
    "overlap": ("改正地块边界，面积不可重复计算", "Correct the boundaries; area must not count twice"),
}
"""What to do, by rule: Chinese and English."""


def fault(  # noqa: PLR0913 - the columns of the report; two of the six have names at every call
    row: int | None, field: str, rule: str, value: object, *, expected: tuple[str, str], severity: str = "error"
) -> Fault:
    """Make a fault with the advice of its rule."""
    zh, en = ADVICE[rule]
    text = "" if value is None else str(value)
    shown = text if len(text) <= SHOWN_VALUE else text[: SHOWN_VALUE - 1] + "…"
    return Fault(row, field, rule, severity, shown, expected[0], expected[1], zh, en)
