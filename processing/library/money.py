"""Amounts in 万元, exact: from cells as they come, by fund source, and over the border to 元 and 亿元 with the unit named."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

PER_UNIT: Final[Mapping[str, Decimal]] = {"元": Decimal("0.0001"), "万元": Decimal(1), "亿元": Decimal(10_000)}
"""How many 万元 one of each unit is."""
CENT: Final = Decimal("0.01")
"""Sums are checked to 0.01 万元 (check E6)."""


def decimal_of(value: Any) -> Decimal | None:
    """Give a cell as an exact number; None where it is unknown, no number, or not finite.

    >>> decimal_of(0.1), decimal_of(float("nan")), decimal_of(""), decimal_of(0)
    (Decimal('0.1'), None, None, Decimal('0'))
    """
    if value is None or isinstance(value, bool):
        return None
    try:
        found = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def in_wan_yuan(value: Any, unit: str) -> Decimal | None:
    """Turn an amount in 元, 万元 or 亿元 into 万元, exactly.

    >>> in_wan_yuan("1.25", "亿元"), in_wan_yuan(123456, "元")
    (Decimal('12500.00'), Decimal('12.3456'))
    """
    found = decimal_of(value)
    return None if found is None else found * PER_UNIT[unit]


def in_yuan(wan_yuan: Any) -> Decimal | None:
    """Turn 万元 into 元, to the cent (分).

    >>> in_yuan(12.3456)
    Decimal('123456.00')
    """
    found = decimal_of(wan_yuan)
    return None if found is None else (found * 10_000).quantize(CENT)


def amounts_of(entries: Any) -> dict[str, Decimal | None]:
    """Give what each fund source pays of a list [{"code", "amount_wan_yuan"}]; twice named is added up, unknown stays.

    >>> amounts_of([{"code": "S11", "amount_wan_yuan": 1.1}, {"code": "S11", "amount_wan_yuan": 2}, {"code": "S08"}])
    {'S11': Decimal('3.1'), 'S08': None}
    """
    found: dict[str, Decimal | None] = {}
    for item in entries if isinstance(entries, (list, tuple)) else ():
        if not isinstance(item, dict):
            continue
        code, amount = str(item.get("code") or ""), decimal_of(item.get("amount_wan_yuan"))
        before = found.get(code, Decimal(0))
        found[code] = None if amount is None or before is None else before + amount
    return found
