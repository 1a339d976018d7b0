"""Checks Chinese 12-digit statistical codes against the area codes that stand beside them (E18).

Only for the scheme `cn-12`: there a code begins with the code of what it lies in. Codes of other schemes are opaque.
The hierarchy stays what the data says; a code that disagrees is shown, never followed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from layers.files.faults import Fault, fault

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

SCHEME = "cn-12"
RULE = "E18_code_prefix"
ABOVE = (
    ("village_code", "township_code"),
    ("village_code", "county_code"),
    ("township_code", "county_code"),
    ("area_code", "parent_code"),
)
"""Code of a row, and the code of what it is said to lie in."""
WHOLE = re.compile(r"\d{6}|\d{9}|\d{12}")
COUNTY_DIGITS = 6


def prefix_faults(parsed: Mapping[str, Sequence[Any]], rows: Sequence[int], *, counties: Collection[str] = ()) -> Iterator[Fault]:
    """Name codes whose first digits are not the township or county that the row states, or no county that is known.

    Args:
        parsed: readable values, column by column.
        rows: row numbers of the file.
        counties: codes of the known counties; none: nothing is said about a county that is not stated.

    Example:
        >>> columns = {"village_code": ["620402100200"], "township_code": ["620402101"], "county_code": ["620402"]}
        >>> [(found.field, found.value) for found in prefix_faults(columns, [7])]
        [('village_code', '620402100200 / 620402101')]
    """
    for finer, coarser in ABOVE:
        for row, code, above in zip(rows, parsed.get(finer, ()), parsed.get(coarser, ()), strict=False):
            if _whole(code) and _whole(above) and len(str(above)) < len(str(code)) and not str(code).startswith(str(above)):
                shown = f"{code} / {above}"
                expected = (f"以 {above} 开头的代码（{coarser}）", f"a code that begins with {above} ({coarser})")
                yield fault(row, finer, RULE, shown, expected=expected, severity="warning")
    yield from _unknown_county(parsed, rows, counties)


def _unknown_county(parsed: Mapping[str, Sequence[Any]], rows: Sequence[int], counties: Collection[str]) -> Iterator[Fault]:
    """Name village and township codes that state no county and begin with that of none that is known."""
    held = {code for code in counties if _whole(code)}
    if not held:
        return
    stated = parsed.get("county_code", [None] * len(rows))
    expected = ("前 6 位是已有的县代码", "six digits of a known county at the start")
    for name in ("village_code", "township_code"):
        for row, code, county in zip(rows, parsed.get(name, ()), stated, strict=False):
            if county is None and _whole(code) and str(code)[:COUNTY_DIGITS] not in held:
                yield fault(row, name, RULE, code, expected=expected, severity="warning")


def _whole(code: Any) -> bool:
    return code is not None and WHOLE.fullmatch(str(code)) is not None
