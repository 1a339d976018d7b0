"""The sheet of a county's project library: its columns, how a value stands in a cell, and how a cell is read."""

from __future__ import annotations

import datetime as dt
import json
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from layers.codes import FUND_SOURCE
from layers.files.plain_table import as_text
from layers.projects import LAYER
from layers.schema import FieldType
from processing.library.money import PER_UNIT, decimal_of, in_wan_yuan

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from layers.schema import CodeList, Field

SHEET: Final = "项目库"
CODES_SHEET: Final = "代码表"
NOTES_SHEET: Final = "填写说明"
PLACE: Final = "WKT"
LEFT_OUT: Final = frozenset({"id", "event_seq"})
FIELDS: Final = tuple(item for item in LAYER.fields if item.name not in LEFT_OUT)
MONEY: Final = "万元"
_SUFFIX: Final = re.compile(r"[（(]([^（）()]*)[）)]\s*$")
_SPLIT: Final = re.compile(r"[;；\n]+")
_CODES: Final = re.compile(r"[;；、,，\s]+")
_AMOUNT: Final = re.compile(r"^(?P<name>.*?)[\s:：=]*(?P<amount>-?[\d,，]+(?:\.\d+)?)?\s*(?P<unit>亿元|万元|元)?$")
_DAY: Final = re.compile(r"^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?$")
YES: Final = frozenset({"是", "有", "true", "1", "yes", "y", "√"})
NO: Final = frozenset({"否", "无", "false", "0", "no", "n", "×"})


class CellError(ValueError):
    """A cell that cannot be read; what was expected in Chinese and English."""

    def __init__(self, zh: str, en: str) -> None:
        self.zh, self.en = zh, en
        super().__init__(en)


def header(field: Field) -> str:
    """Give the heading of a column: the field's Chinese title, with its unit where it has one that is not counted.

    >>> header(LAYER["budget_total"]), header(LAYER["name"])
    ('资金规模（万元）', '项目名称')
    """
    return f"{field.zh}（{field.unit}）" if field.unit in PER_UNIT else field.zh


def match(columns: Sequence[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Find the column of each field by its title or name, and the units that headings state.

    >>> match(["项目编号", "资金规模（亿元）", "备注"])
    ({'project_id': '项目编号', 'budget_total': '资金规模（亿元）'}, {'budget_total': '亿元'})
    """
    titles = {_folded(text): item for item in FIELDS for text in (item.name, item.zh, item.en)}
    found: dict[str, str] = {}
    units: dict[str, str] = {}
    for column in columns:
        suffix = _SUFFIX.search(column)
        item = titles.get(_folded(column)) or titles.get(_folded(_SUFFIX.sub("", column)))
        if item is None or item.name in found:
            continue
        found[item.name] = column
        if suffix and suffix[1].strip() in PER_UNIT:
            units[item.name] = suffix[1].strip()
    return found, units


def _folded(text: str) -> str:
    return "".join(text.casefold().split())


def cell(field: Field, value: Any) -> Any:
    """Give a value as a cell: labels for codes, `；` between the members of a list, 是 and 否.

    >>> cell(LAYER["category"], "P3"), cell(LAYER["funding_sources"], [{"code": "S08", "amount_wan_yuan": 2.5}])
    ('乡村建设', '社会捐赠 2.5')
    """
    if value is None:
        return None
    if field.type is FieldType.CODE and field.codes is not None:
        return _told(field.codes, str(value))
    if field.type is FieldType.FLAG:
        return "是" if value else "否"
    if field.type is FieldType.LIST:
        return "；".join(_member(item) for item in value)
    return value


def _told(codes: CodeList, code: str) -> str:
    """Give the label of a code, with the code before it where other codes bear the same label: several groups have an 其他.

    >>> cell(LAYER["baiyin_item"], "C4-8"), cell(LAYER["category"], "P3")
    ('C4-8 其他', '乡村建设')
    """
    label = codes.label(code)
    return label if label == code or [item.zh for item in codes].count(label) == 1 else f"{code} {label}"


def _member(item: Any) -> str:
    if not isinstance(item, dict):
        return str(item)
    amount = item.get("amount_wan_yuan")
    return FUND_SOURCE.label(str(item.get("code"))) + ("" if amount is None else f" {as_text(amount)}")


def parsed(field: Field, value: Any, unit: str = MONEY) -> Any:
    """Read a cell as a value of a field; None for an empty one. Money comes out in 万元.

    Raises:
        CellError: it cannot be read.

    >>> parsed(LAYER["start_date"], "2026年3月1日"), parsed(LAYER["budget_total"], "1.2", "亿元")
    (datetime.date(2026, 3, 1), 12000.0)
    >>> parsed(LAYER["funding_sources"], "衔接资金 10；社会捐赠2.5万元")
    [{'code': 'S11', 'amount_wan_yuan': 10.0}, {'code': 'S08', 'amount_wan_yuan': 2.5}]
    """
    text = "" if value is None else as_text(value).strip()
    if not text:
        return None
    if field.name == "funding_sources":
        return _sources(text, unit)
    if field.unit == MONEY:
        return _number(str(in_wan_yuan(text.replace(",", "").replace("，", ""), unit)))
    readers = {
        FieldType.INTEGER: _integer,
        FieldType.NUMBER: _number,
        FieldType.DATE: _date,
        FieldType.FLAG: _flag,
        FieldType.LIST: _list,
    }
    if field.type is FieldType.CODE:
        return _code(field, text)
    return readers[field.type](text) if field.type in readers else text


def _number(text: str) -> float:
    found = decimal_of(text.replace(",", "").replace("，", ""))
    if found is None:
        raise CellError("数值", "a number")
    return float(found)


def _integer(text: str) -> int:
    found = decimal_of(text.replace(",", "").replace("，", ""))
    if found is None or found != found.to_integral_value():
        raise CellError("整数", "a whole number")
    return int(found)


def _date(text: str) -> dt.date:
    found = _DAY.match(text.removesuffix(" 00:00:00"))
    try:
        return dt.date(*(int(part) for part in found.groups())) if found else dt.date.fromisoformat(text)
    except ValueError:
        raise CellError("日期，如 2026-03-01", "a day such as 2026-03-01") from None


def _flag(text: str) -> bool:
    if text.casefold() in YES | NO:
        return text.casefold() in YES
    raise CellError("是 或 否", "是 (yes) or 否 (no)")


def _list(text: str) -> list[Any]:
    if text.startswith("["):
        try:
            found = json.loads(text)
        except ValueError:
            raise CellError("以；分隔的列表", "a list divided by ；") from None
        return found if isinstance(found, list) else [found]
    return [part for part in _CODES.split(text) if part]


def _code(field: Field, text: str) -> str:
    if field.codes is None:
        return text
    parts = text.split()
    found = next((item for item in map(field.codes.resolve, (text, parts[0], parts[-1])) if item is not None), None)
    if found is None:
        some = "、".join(item.zh for item in field.codes)
        raise CellError(f"代码表“{field.codes.zh}”中的一项：{some[:120]}", f"an entry of the list {field.codes.en}")
    return found


def _sources(text: str, unit: str) -> list[dict[str, Any]]:
    """Read 衔接资金 10；社会捐赠 2.5: a source, its amount, and perhaps a unit of its own."""
    if text.startswith("["):
        return _list(text)
    found: list[dict[str, Any]] = []
    for part in filter(None, (item.strip() for item in _SPLIT.split(text))):
        read = _AMOUNT.match(part)
        name = "" if read is None else read["name"].strip()
        code = FUND_SOURCE.resolve(name) or (FUND_SOURCE.resolve(name.split()[0]) if name else None)
        if read is None or code is None:
            raise CellError(
                "“资金来源 金额”，以；分隔，如 衔接资金 10；社会捐赠 2.5", "source and amount, such as 衔接资金 10；社会捐赠 2.5"
            )
        amount = (
            None
            if read["amount"] is None
            else in_wan_yuan(read["amount"].replace(",", "").replace("，", ""), read["unit"] or unit)
        )
        found.append({"code": code, **({} if amount is None else {"amount_wan_yuan": float(amount)})})
    return found


def by_source(cells: Mapping[str, Any], unit: str = MONEY) -> list[dict[str, Any]] | None:
    """Join columns that hold what each source pays to one list; None where all are empty, nought is left out.

    Raises:
        CellError: an amount is no number.

    >>> by_source({"S11": "10", "S08": None, "S01": "0"})
    [{'code': 'S11', 'amount_wan_yuan': 10.0}]
    """
    found = []
    for code, value in cells.items():
        text = "" if value is None else as_text(value).strip()
        if not text:
            continue
        amount = in_wan_yuan(text.replace(",", ""), unit)
        if amount is None:
            raise CellError("数值", "a number")
        if amount != Decimal(0):
            found.append({"code": code, "amount_wan_yuan": float(amount)})
    return found or None
