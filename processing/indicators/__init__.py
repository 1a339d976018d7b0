"""The coverage indicators by code: pure functions from layers to units; `processing.rollup` adds the units up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from processing.errors import UnknownIndicatorError
from processing.indicators import (
    assets,
    farmland,
    gap_projects,
    ledgers,
    road_access,
    road_quality,
    safe_water,
    sanitation,
    water,
)
from processing.indicators.definition import MISSING_TEXTS, UNIT_COLUMNS, Context, Indicator
from processing.indicators.method import documentation

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["INDICATORS", "MISSING_TEXTS", "UNIT_COLUMNS", "Context", "Indicator", "documentation", "indicator"]

ORDER: Final = (
    "W1", "W2", "W3", "W4", "W5", "W6", "RD1", "RD2", "RD3", "RD4", "RD5", "RD6", "RA",
    "SN1", "SN2", "SN3", "SN4", "FL1", "AS1", "AS1V", "AS2", "GP1",
)  # fmt: skip
_MODULES = (water, safe_water, road_access, road_quality, sanitation, farmland, assets, ledgers, gap_projects)
_DECLARED = {item.code: item for module in _MODULES for item in module.INDICATORS}
INDICATORS: Final[Mapping[str, Indicator]] = {code: _DECLARED[code] for code in ORDER}
"""Every indicator by code, in the order of the domain dictionary."""


def indicator(code: str) -> Indicator:
    """Give an indicator by code.

    Raises:
        UnknownIndicatorError: there is none of this code; the message lists those there are.

    >>> indicator("RD1").en
    'Rural access index'
    """
    if code not in INDICATORS:
        raise UnknownIndicatorError(f"There is no indicator {code!r}; the indicators are: {', '.join(INDICATORS)}.")
    return INDICATORS[code]
