"""Row checks that several layers share: a row goes in, the faults of that row come out. Pure, no frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from layers.codes import FUND_SOURCE
from layers.row_values import amount, entries, known
from layers.schema import RowFault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    Row = Mapping[str, Any]
    Check = Callable[[Row], Iterator[RowFault]]


def not_above(smaller: str, larger: str, zh: str, en: str) -> Check:
    """Make the check that one number of a row is not above another.

    Args:
        smaller: field that must not be above `larger`.
        larger: the upper bound.
        zh: the rule in Chinese.
        en: the rule in English.

    >>> check = not_above("tap", "served", "入户人口不大于供水人口", "tap not above served")
    >>> [fault.field for fault in check({"tap": 12, "served": 10})]
    ['tap']
    """

    def check(row: Row) -> Iterator[RowFault]:
        low, high = amount(row, smaller), amount(row, larger)
        if low is not None and high is not None and low > high:
            yield RowFault(
                smaller,
                f"{smaller}_not_above_{larger}",
                f"{low:g} > {high:g}",
                zh,
                en,
                f"核对 {smaller} 与 {larger} 两个字段，改正录错的一个",
                f"Compare {smaller} with {larger} and mend the one that was entered wrongly",
            )

    check.__doc__ = f"{smaller} must not be above {larger}."
    return check


def dates_in_order(first: str, last: str, zh: str, en: str) -> Check:
    """Make the check that one date of a row is not after another; dates are `date` objects or ISO texts.

    >>> check = dates_in_order("start_date", "end_date", "开始不晚于结束", "start not after end")
    >>> [fault.value for fault in check({"start_date": "2025-01-02", "end_date": "2024-12-31"})]
    ['2025-01-02 > 2024-12-31']
    """

    def check(row: Row) -> Iterator[RowFault]:
        start, end = known(row, first), known(row, last)
        if start is not None and end is not None and str(start)[:10] > str(end)[:10]:
            yield RowFault(
                first,
                f"{first}_not_after_{last}",
                f"{str(start)[:10]} > {str(end)[:10]}",
                zh,
                en,
                "核对两个日期是否填反",
                "Check whether the two dates were swapped",
            )

    check.__doc__ = f"{first} must not be after {last}."
    return check


def needed_when(name: str, condition: Callable[[Row], bool], zh: str, en: str, *, severity: str = "error") -> Check:
    """Make the check that a field is filled whenever a condition on the row holds.

    >>> check = needed_when("hsf_year", lambda row: row.get("hsf") is True, "高标准农田须有建成年份", "year of HSF needed")
    >>> [fault.field for fault in check({"hsf": True})], list(check({"hsf": False}))
    (['hsf_year'], [])
    """

    def check(row: Row) -> Iterator[RowFault]:
        if condition(row) and known(row, name) is None:
            yield RowFault(name, f"{name}_needed", "", zh, en, f"补填 {name}", f"Fill in {name}", severity)

    check.__doc__ = f"{name} is needed under a condition."
    return check


def fund_codes_listed(name: str) -> Check:
    """Make the check that every entry of a list of money by source names a code of the list of fund sources.

    >>> check = fund_codes_listed("fund_sources")
    >>> [fault.value for fault in check({"fund_sources": [{"code": "S99", "amount_wan_yuan": 1}, {"code": "S11"}]})]
    ['S99']
    """

    def check(row: Row) -> Iterator[RowFault]:
        for item in entries(row.get(name)):
            found = item.get("code") if isinstance(item, dict) else item
            if found not in FUND_SOURCE:
                yield RowFault(
                    name,
                    "fund_source_listed",
                    str(found),
                    "资金来源代码 S01–S11",
                    "a fund source code S01–S11",
                    "按资金来源代码表改正",
                    "Use a code of the list of fund sources",
                )

    check.__doc__ = f"{name} must name codes of the list of fund sources."
    return check
