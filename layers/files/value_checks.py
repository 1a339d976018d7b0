"""Checks the values of a frame against a layer's fields: present, readable, in range, in the list, known elsewhere."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Any

from layers.files.faults import Fault, fault
from layers.files.values import EXPECTED, MisfitError, is_unknown, read_value
from layers.schema import FieldType

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from layers.schema import Field, Layer

FORMULA_START = re.compile(r"[=@\t\r]|[+-](?![\d.\s])")
AREA_LAYERS = frozenset({"villages", "townships", "counties", "areas"})
SUGGESTIONS = 3


def text_faults(field: Field, value: Any, row: int) -> Iterator[Fault]:
    """Name what a text breaks: length, pattern, spaces around it, a sign that spreadsheets run as a formula."""
    if not isinstance(value, str):
        return
    if field.length is not None and len(value) > field.length:
        yield fault(
            row, field.name, "too_long", value, expected=(f"不超过 {field.length} 个字", f"at most {field.length} characters")
        )
    if field.pattern is not None and not re.fullmatch(field.pattern, value.strip()):
        yield fault(row, field.name, "pattern", value, expected=(f"格式 {field.pattern}", f"the pattern {field.pattern}"))
    if value != value.strip():
        yield fault(row, field.name, "outer_spaces", value, expected=("首尾没有空格", "no spaces around it"), severity="warning")
    if FORMULA_START.match(value):
        yield fault(row, field.name, "formula_text", value, expected=("普通文字", "a plain text"), severity="warning")


def range_faults(field: Field, value: Any, row: int) -> Iterator[Fault]:
    """Name a number below the field's minimum or above its maximum."""
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return
    low, high = field.minimum, field.maximum
    if (low is not None and value < low) or (high is not None and value > high):
        shown = f"{'' if low is None else f'{low:g}'} … {'' if high is None else f'{high:g}'} {field.unit}".strip()
        yield fault(row, field.name, "range", f"{value:g}", expected=(shown, shown))


def code_faults(field: Field, value: Any, row: int) -> Iterator[Fault]:
    """Name a value that is not in the field's code list, with the nearest entries."""
    if field.codes is None or value is None or value in field.codes:
        return
    resolved = field.codes.resolve(str(value))
    if resolved is not None:
        yield fault(row, field.name, "code_alias", value, expected=(resolved, resolved))
        return
    labels = [label for item in field.codes for label in (item.code, item.zh, item.en)]
    near = difflib.get_close_matches(str(value), labels, n=1, cutoff=0.5)
    codes = [item.code for item in field.codes]
    more = "…" if len(codes) > SUGGESTIONS * 4 else ""
    shown = "、".join(codes[: SUGGESTIONS * 4]) + more
    guess_zh, guess_en = (f"{near[0]}？（{shown}）", f"{near[0]}? ({shown})") if near else (shown, shown)
    yield fault(row, field.name, "code", value, expected=(guess_zh, guess_en))


def missing_faults(field: Field, values: Sequence[Any], rows: Sequence[int]) -> Iterator[Fault]:
    """Name rows without a value that the dictionary asks for: an error where required, a warning where recommended."""
    if field.derived or not (field.required or field.recommended):
        return
    empty = [row for row, value in zip(rows, values, strict=True) if is_unknown(value)]
    expected = (
        (f"{field.zh}必填", f"{field.en} is required")
        if field.required
        else (f"建议填写{field.zh}", f"{field.en} is recommended")
    )
    rule, severity = ("required_missing", "error") if field.required else ("recommended_missing", "warning")
    if empty and len(empty) == len(rows) and not field.required:
        yield fault(None, field.name, rule, None, expected=expected, severity=severity)
        return
    for row in empty:
        yield fault(row, field.name, rule, None, expected=expected, severity=severity)


def parse_column(field: Field, values: Sequence[Any], rows: Sequence[int]) -> tuple[list[Any], list[Fault]]:
    """Read a column by its field; gives the values (None where unreadable) and the faults found on the way."""
    parsed: list[Any] = []
    faults: list[Fault] = []
    for value, row in zip(values, rows, strict=True):
        try:
            found = read_value(field, value)
        except MisfitError:
            faults.append(fault(row, field.name, "type", value, expected=EXPECTED[field.type]))
            parsed.append(None)
            continue
        parsed.append(found)
        if found is None:
            continue
        if field.type is FieldType.TEXT:
            faults.extend(text_faults(field, found, row))
        elif field.type is FieldType.CODE:
            faults.extend(code_faults(field, found, row))
        else:
            faults.extend(range_faults(field, found, row))
    return parsed, faults


def key_faults(layer: Layer, keys: Sequence[Any], rows: Sequence[int], held: Collection[str]) -> Iterator[Fault]:
    """Name rows whose key another row of the file has, or that the store holds already."""
    first: dict[str, int] = {}
    for key, row in zip(keys, rows, strict=True):
        if key is None:
            continue
        text = str(key)
        if text in first:
            expected = (f"编号不重复（第 {first[text]} 行已用）", f"a number of its own (row {first[text]} has it)")
            yield fault(row, layer.key, "duplicate_key", text, expected=expected)
            continue
        first[text] = row
        if text in held:
            yield fault(row, layer.key, "key_exists", text, expected=("库中没有的编号", "a number that is not held yet"))


def reference_faults(
    field: Field, values: Sequence[Any], rows: Sequence[int], *, known: Mapping[str, Collection[str]], own: Collection[str]
) -> Iterator[Fault]:
    """Name values that point to nothing we know.

    An area code is known when its layer or the area hierarchy has it, and an unknown one is an error; a pointer to another
    feature that is not there (yet) is a warning. Where nothing is known of the layer pointed to, nothing is said.
    """
    target = field.references
    if target is None:
        return
    held = set(known.get(target, ())) | set(own)
    if target in AREA_LAYERS:
        held |= set(known.get("areas", ()))
    if not held:
        return
    severity = "error" if target in AREA_LAYERS else "warning"
    for value, row in zip(values, rows, strict=True):
        for item in value if isinstance(value, list) else [value]:
            if item is not None and str(item) not in held:
                expected = (f"{target} 中已有的代码", f"a code that {target} holds")
                yield fault(row, field.name, "unknown_reference", item, expected=expected, severity=severity)


def row_faults(layer: Layer, parsed: Mapping[str, Sequence[Any]], rows: Sequence[int]) -> Iterator[Fault]:
    """Run the layer's own checks on each row of readable values."""
    if not layer.row_checks:
        return
    names = list(parsed)
    for row, values in zip(rows, zip(*parsed.values(), strict=True), strict=True):
        record = dict(zip(names, values, strict=True))
        for check in layer.row_checks:
            for item in check(record):
                yield Fault(
                    row,
                    item.field,
                    item.rule,
                    item.severity,
                    item.value,
                    item.expected_zh,
                    item.expected_en,
                    item.advice_zh,
                    item.advice_en,
                )


def undeclared_faults(names: Iterable[str], layer: Layer) -> Iterator[Fault]:
    """Name columns that the layer does not declare; they cannot be stored."""
    for name in names:
        if name not in layer and name not in ("id", "ver", "geometry"):
            yield fault(None, str(name), "undeclared_field", None, expected=(f"{layer.zh}的字段", f"a field of {layer.en}"))
