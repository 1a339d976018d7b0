"""What never goes out to everybody: numbers of persons' telephones and identity cards, and the names of households."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from layers.asset_fields import PERSONS

if TYPE_CHECKING:
    from collections.abc import Mapping

HOUSEHOLD: Final = "HHD"
HOUSEHOLD_OWNER: Final = "到户"
HIDDEN: Final = "＊＊＊"
_NUMBERS: Final = re.compile(
    r"(?<![0-9])(?:"
    r"[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[0-9Xx]"  # identity card, 18 characters
    r"|(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}"  # mobile telephone
    r"|(?:6[0-9]\d{14}|6[0-9]\d{17})"  # bank card
    r")(?![0-9])"
)
HOUSEHOLD_FIELDS: Final = PERSONS | {"name", "certificate_no", "risk_note"}
"""Fields of an asset that may name a household where the asset belongs to one."""


def without_numbers(text: str) -> str:
    """Blank the numbers of mobile telephones, identity and bank cards in a text that is to be public.

    >>> without_numbers("联系人电话13800138000，投资128.5万元，项目620422-0007")
    '联系人电话＊＊＊，投资128.5万元，项目620422-0007'
    """
    return _NUMBERS.sub(HIDDEN, text)


def is_household(row: Mapping[str, Any]) -> bool:
    """Say whether an asset belongs to a household (到户类资产).

    >>> is_household({"asset_class": "HHD"}), is_household({"asset_class": "PUB"})
    (True, False)
    """
    return row.get("asset_class") == HOUSEHOLD
