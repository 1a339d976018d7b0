"""Fields of an asset (C13) by what they say: kind, worth, rights, upkeep, operation, and what a ledger repeats of them.

Declared once; the layer, the rules of the ledger, its copies, notices, books and pages take their lists of columns from here.
"""

from __future__ import annotations

from typing import Final

from layers.declare import AREA_FIELDS

KIND: Final = ("asset_class", "sub_class", "project_id")
WORTH: Final = ("fund_sources", "original_value", "current_value", "formed_date")
HOLDERS: Final = (
    "owner",
    "use_right_holder",
    "operating_right_holder",
    "income_right_holder",
    "disposal_right_holder",
    "supervision_right_holder",
)
"""Who holds the five rights; the second stands in both wordings (S4-8: 经营权, S4-15: 使用权)."""
RIGHTS: Final = ("owner_level", *HOLDERS)
RIGHTS_NEEDED: Final = tuple(name for name in RIGHTS if name != "operating_right_holder")
"""The five rights, the second once."""
CERTIFIED: Final = ("confirmed", "certificate_no")
CONFIRMATION: Final = (*CERTIFIED, "confirmed_date")
UPKEEP: Final = ("maintainer", "maintenance_fund")
RUNNING: Final = ("operator", "mode")
TERM: Final = ("term_start", "term_end")
OPERATION: Final = (*RUNNING, *TERM, "plan_exists", "risk_note")
PERSONS: Final = frozenset((*HOLDERS, "maintainer", "operator"))
"""Fields that name a household where the asset is one's own (E11)."""

SAID_IN_LEDGER: Final = (
    "name",
    *KIND,
    *WORTH,
    "owner_level",
    "owner",
    *CERTIFIED,
    *UPKEEP,
    *RUNNING,
    "annual_income",
    "status",
    *AREA_FIELDS,
)
"""What a ledger says of an asset, in the order in which the checksum of its content counts it; copies are compared in it too."""
SECTOR_OF: Final = {
    "PUB01": "transport",
    "PUB02": "agriculture",
    "PUB03": "water",
    "PUB04": "environment",
    "PUB08": "health",
    "OPR1": "agriculture",
}
"""The sector department that keeps a sub-class (design); all others are kept by `other`."""
