"""C13 Asset (帮扶项目资产) of the asset ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from layers.asset_fields import CONFIRMATION, KIND, PERSONS, RIGHTS, RUNNING, TERM, WORTH
from layers.codes import ASSET_CLASS, ASSET_STATUS, ASSET_SUB_CLASS, FEATURE_TYPE, OPERATING_MODE, OWNER_LEVEL
from layers.declare import COMMON, area, code, date, flag, integer, listing, number, reference, text
from layers.row_checks import dates_in_order, fund_codes_listed, needed_when
from layers.row_values import known
from layers.schema import GeometryKind, Layer, Personal, RowFault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def _of_class(asset_class: str, row: Mapping[str, Any]) -> bool:
    return bool(known(row, "asset_class") == asset_class)


def check_sub_class(row: Mapping[str, Any]) -> Iterator[RowFault]:
    """Compare the sub-class with the class it belongs to.

    >>> [fault.value for fault in check_sub_class({"asset_class": "OPR", "sub_class": "PUB01"})]
    ['PUB01']
    """
    asset_class, sub_class = known(row, "asset_class"), known(row, "sub_class")
    if asset_class is not None and sub_class is not None and not str(sub_class).startswith(str(asset_class)):
        yield RowFault(
            "sub_class",
            "sub_class_fits_class",
            str(sub_class),
            f"子类属于 {ASSET_CLASS.label(str(asset_class))}",
            f"a sub-class of {ASSET_CLASS.label(str(asset_class), 'en')}",
            "改正类别或子类",
            "Mend the class or the sub-class",
        )


ENTERED = frozenset({"registered_on", "disposed_on"})
"""What says that an asset stands in the ledger, or no longer; only steps write it, of whatever asset."""
DISPOSED = "已处置"
KEPT_IN_LEDGER = frozenset(
    (
        "asset_id",
        *KIND,
        *WORTH,
        *RIGHTS,
        *CONFIRMATION,
        *RUNNING,
        *TERM,
        "annual_income",
        "settled_date",
        "benefit_months",
        "registered_on",
        "disposed_on",
        "status",
        "*",
    )
)
"""What of an asset in the ledger only the procedures of the ledger change (S4-16: owner, value and way of operation are noticed
and filed); place, name, linked feature, upkeep and notes stay open to the bureaus."""


HOUSEHOLD = Personal("asset_class", "HHD", PERSONS)
"""Who owns, uses and keeps an asset of a household (E11)."""


def locked(row: Mapping[str, Any]) -> frozenset[str]:
    """Name the fields of an asset that only the ledger changes: the day it is entered and, from then on, what the ledger says.

    >>> sorted(locked({"registered_on": None})), "owner" in locked({"registered_on": "2021-11-30"})
    (['disposed_on', 'registered_on'], True)
    """
    return ENTERED if known(row, "registered_on") is None else KEPT_IN_LEDGER


def entry(row: Mapping[str, Any]) -> frozenset[str]:
    """Name the fields with which a new asset would stand in the ledger, or be disposed of, without a step of it.

    >>> sorted(entry({"registered_on": "2021-11-30", "status": "正常"})), entry({"registered_on": None})
    (['registered_on'], frozenset())
    """
    stated = {name for name in ENTERED if known(row, name) is not None}
    return frozenset(stated | ({"status"} if known(row, "status") == DISPOSED else set()))


LAYER = Layer(
    name="assets",
    zh="帮扶项目资产",
    en="Assets",
    entity="C13",
    geometry=GeometryKind.ANY,
    key="asset_id",
    fields=(
        text("asset_id", "资产编号", "Asset id", "S4-16", required=True, length=60),
        text("name", "名称", "Name", "S4-16", required=True, length=300),
        code("asset_class", "S4-13", ASSET_CLASS, ("类别", "Class"), required=True),
        code("sub_class", "S4-15", ASSET_SUB_CLASS, ("子类", "Sub-class"), recommended=True),
        reference(
            "project_id",
            "projects",
            ("来源项目", "Project"),
            "S4-17 四(四)",
            note="may be empty for assets older than the library",
        ),
        listing(
            "fund_sources",
            "资金来源",
            "Fund sources",
            "S4-16; A2.2",
            unit="万元",
            recommended=True,
            note='[{"code","amount_wan_yuan"}]',
        ),
        number("original_value", "原值", "Original value", "S4-16", unit="万元", minimum=0, recommended=True),
        number("current_value", "现值", "Current value", "S4-16", unit="万元", minimum=0, recommended=True),
        date("formed_date", "形成日期", "Formed on", "S4-16", recommended=True, note="since 2012-11 (memory for the month)"),
        code("owner_level", "S4-13, A2.5", OWNER_LEVEL, ("归属层级", "Owner level"), recommended=True),
        text(
            "owner",
            "所有权人",
            "Owner",
            "S4-13",
            recommended=True,
            length=200,
            note="household names are not stored for HHD in a public export",
        ),
        text("use_right_holder", "经营权/使用权", "Right of use", "S4-8/15", length=200, note="needed for OPR"),
        text("operating_right_holder", "经营权", "Right of operation", "S4-8", length=200, note="wording of S4-8"),
        text("income_right_holder", "收益权", "Right to income", "S4-8", length=200, note="needed for OPR"),
        text("disposal_right_holder", "处置权", "Right of disposal", "S4-8", recommended=True, length=200),
        text("supervision_right_holder", "监督权", "Right of supervision", "S4-8", recommended=True, length=200),
        flag("confirmed", "已确权", "Rights confirmed", "S4-16", recommended=True),
        text("certificate_no", "权证号", "Certificate number", "S4-16", length=80),
        date("confirmed_date", "确权日期", "Confirmed on", "S4-16"),
        text("maintainer", "管护人", "Maintainer", "S4-13", length=120, note="needed for PUB"),
        number("maintenance_fund", "管护经费", "Maintenance fund", "S4-13", unit="万元/年", minimum=0, note="needed for PUB"),
        text("operator", "经营主体", "Operator", "S3, S4-13", length=200),
        code("mode", "S3, S4-13", OPERATING_MODE, ("经营方式", "Operating mode")),
        date("term_start", "经营期起", "Term from", "S4-13"),
        date("term_end", "经营期止", "Term to", "S4-13"),
        flag("plan_exists", "有经营方案", "Operating plan", "S4-13"),
        number("annual_income", "年收益", "Income per year", "S4-16", unit="万元", note="at least one settlement a year for OPR"),
        date("settled_date", "收益结算日期", "Income settled on", "S4-16"),
        integer("benefit_months", "受益期", "Benefit period", "S4-15", unit="month", minimum=0, note="HHD: above 12 (E11)"),
        text("risk_note", "风险防控", "Risk control", "S4-13", length=1000),
        date("registered_on", "登记入账日期", "Entered in the ledger on", "S4-16"),
        date("disposed_on", "处置日期", "Disposed of on", "S4-15"),
        code("status", "S4-15", ASSET_STATUS, ("状态", "Status"), recommended=True),
        code("feature_type", "des", FEATURE_TYPE, ("关联设施类型", "Kind of feature")),
        text("feature_id", "关联设施编号", "Feature", "des", length=60),
        area("village"),
        area("township"),
        area("county"),
        *COMMON,
    ),
    source="C13",
    area_fields=("village_code", "township_code", "county_code"),
    personal=HOUSEHOLD,
    locked=locked,
    entry=entry,
    own_kinds=frozenset({"library", "ledger", "demo", "area"}),
    row_checks=(
        check_sub_class,
        fund_codes_listed("fund_sources"),
        needed_when(
            "maintainer",
            lambda row: _of_class("PUB", row),
            "公益性资产须有管护人（E12）",
            "a maintainer of a public asset (E12)",
            severity="warning",
        ),
        needed_when(
            "use_right_holder",
            lambda row: _of_class("OPR", row),
            "经营性资产须有经营权/使用权人（E13）",
            "a holder of the right of use (E13)",
            severity="warning",
        ),
        needed_when(
            "mode",
            lambda row: _of_class("OPR", row),
            "经营性资产须有经营方式（E13）",
            "an operating mode (E13)",
            severity="warning",
        ),
        dates_in_order("term_start", "term_end", "经营期起不晚于止", "term start not after its end"),
        dates_in_order("formed_date", "confirmed_date", "形成日期不晚于确权日期", "formed not after confirmed"),
    ),
)
