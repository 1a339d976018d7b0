"""Code lists of the domain: stored value, Chinese and English label, source, and the spellings that bureaus really write.

The lists ship as tables beside this module (`layers/tables`): lists printed by policy documents in `project_codes`, `asset_codes`
and `baiyin_items`, each label with the document that prints it; lists of engineering practice in `domain_codes`, with the tag of
the data dictionary (Part B and C); other spellings in `code_aliases`. The labels in English are ours.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING

from layers.schema import Code, CodeList, UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Mapping


def table(name: str) -> list[dict[str, str]]:
    """Read one of the policy tables shipped with this package, one dictionary of texts per row.

    >>> table("baiyin_investment")[-1]["amount_yi_yuan"]
    '289.31'
    """
    return [dict(row) for row in _rows(name)]


@cache
def _rows(name: str) -> tuple[dict[str, str], ...]:
    text = (files("layers") / "tables" / f"{name}.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


def _aliases(name: str) -> dict[str, str]:
    """Give the other spellings of a list's codes."""
    return {row["alias"]: row["code"] for row in _rows("code_aliases") if row["code_list"] == name}


def _domain(name: str) -> CodeList:
    """Build a list of engineering practice from `domain_codes`."""
    rows = [row for row in _rows("domain_codes") if row["code_list"] == name]
    codes = tuple(Code(row["code"], row["label_zh"], row["label_en"], row["source"]) for row in rows)
    return CodeList(name, rows[0]["list_zh"], rows[0]["list_en"], codes, rows[0]["source"], _aliases(name))


def _policy(file: str, name: str, zh: str, en: str) -> CodeList:
    """Build a list printed by policy documents from a shipped table; its source is the documents that print its labels."""
    rows = [row for row in _rows(file) if row["code_list"] == name]
    codes = tuple(Code(row["code"], row["label_zh"], row["label_en"], row["document"], row["note"]) for row in rows)
    return CodeList(name, zh, en, codes, ";".join(dict.fromkeys(code.source for code in codes)), _aliases(name))


def _baiyin() -> tuple[CodeList, CodeList]:
    """Build the Baiyin plan's seven categories (C1–C7) and its fifty sub-items (for example C4-1)."""
    rows = _rows("baiyin_items")
    source = rows[0]["document"]
    numbered = {
        f"C{row['category_no']}": Code(f"C{row['category_no']}", row["category"], row["category_en"], source) for row in rows
    }
    numbered["C7"] = Code("C7", "其他", "Other", source, "no sub-items in the plan")
    items = (Code(f"C{row['category_no']}-{row['item_no']}", row["item_name"], row["item_name_en"], source) for row in rows)
    return (
        CodeList("baiyin_category", "白银规划投资类别", "Baiyin plan category", tuple(numbered.values()), source),
        CodeList("baiyin_item", "白银规划投资子项", "Baiyin plan sub-item", tuple(items), source),
    )


DATA_QUALITY = _domain("data_quality")
URBAN_RURAL = _domain("urban_rural")
RURAL_CODES = frozenset({"210", "220"})
"""Urban-rural classes that count as rural."""

# counties and townships
COUNTY_CLASS = _domain("county_class")
KEY_LEVEL = _domain("key_level")
TOILET_CLASS = _domain("toilet_class")
LIST_LEVEL = _domain("list_level")
AREA_CHANGE = _domain("area_change")
SHARE_BASIS = _domain("share_basis")
OLD_REV_REGION = _domain("old_rev_region")
SOURCE_TAG = _domain("source_tag")

# villages, hamlets, settlements, facilities
PLANNING_TYPE = _domain("planning_type")
PLAN_STATUS = _domain("plan_status")
KEY_VILLAGE_LEVEL = _domain("key_village_level")
DEMO_LEVEL = _domain("demo_level")

# water
WORK_CLASS = _domain("work_class")
SUPPLY_MODE = _domain("supply_mode")
SIZE_CLASS = _domain("size_class")
SETTING = _domain("setting")
FACILITY_TYPE = _domain("facility_type")

# roads
ADMIN_CLASS = _domain("admin_class")
TECH_CLASS = _domain("tech_class")
SURFACE_TYPE = _domain("surface_type")
ROAD_FUNCTION = _domain("road_function")
CONDITION = _domain("condition")
SOURCE_TYPE = _domain("source_type")

# sanitation
SANITATION_TYPE = _domain("sanitation_type")
TOILET_TYPE = _domain("toilet_type")
FACILITY_STATUS = _domain("facility_status")

# farmland
LAND_CODE = _domain("land_code")

# projects and assets
PROJECT_CATEGORY = _policy("project_codes", "project_category", "项目类别", "Project category")
BAIYIN_CATEGORY, BAIYIN_ITEM = _baiyin()
BUILD_NATURE = _domain("build_nature")
PROJECT_SCOPE = _domain("project_scope")
PROJECT_STATUS = _domain("project_status")
PROJECT_EVENT = _domain("project_event")
PROJECT_LEVEL = _domain("project_level")
MOVE_RESULT = _domain("move_result")
EXCLUSION = _domain("exclusion")
SECTOR = _domain("sector")
EMERGENCY_CAUSE = _domain("emergency_cause")
PHOTO_STAGE = _domain("photo_stage")
PLAN_STATE = _domain("plan_state")
ASSET_EVENT = _domain("asset_event")
LEDGER_LEVEL = _domain("ledger_level")
LEDGER_STATE = _domain("ledger_state")
DISPOSAL_CHAIN = _domain("disposal_chain")
DISPOSAL_MODE = _domain("disposal_mode")
DISPOSAL_CAUSE = _domain("disposal_cause")
REVIVAL_MODE = _domain("revival_mode")
INCOME_USE = _domain("income_use")
INCOME_PROHIBITED = _domain("income_prohibited")
ASSET_CLASS = _policy("asset_codes", "asset_class", "资产类别", "Asset class")
ASSET_SUB_CLASS = _policy("asset_codes", "asset_sub_class", "资产子类", "Asset sub-class")
FUND_SOURCE = _policy("asset_codes", "fund_source", "资金来源", "Fund source")
OWNER_LEVEL = _domain("owner_level")
OPERATING_MODE = _domain("operating_mode")
ASSET_STATUS = _domain("asset_status")
FEATURE_TYPE = _domain("feature_type")

# monitoring and targets
MONITOR_TYPE = _domain("monitor_type")
RISK_CODE = _domain("risk_code")
TARGET_OPERATOR = _domain("target_operator")
TARGET_NATURE = _domain("target_nature")
TASK_STATE = _domain("task_state")

CODE_LISTS: Mapping[str, CodeList] = MappingProxyType(
    {item.name: item for item in list(globals().values()) if isinstance(item, CodeList)}
)
"""Every code list by its name."""


def code_list(name: str) -> CodeList:
    """Give a code list by name; raise UnknownNameError, with the names there are, when there is none.

    >>> code_list("surface_type").resolve("水泥路")
    '水泥'
    """
    if name in CODE_LISTS:
        return CODE_LISTS[name]
    raise UnknownNameError(f"There is no code list {name!r}; there are: {', '.join(CODE_LISTS)}")
