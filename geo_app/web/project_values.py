"""The application form as it is sent: fields, money with its unit, geometry; read strictly, every misfit named by its field."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from geo_app.actions import edit_payload
from geo_app.actions.edit_payload import BadFieldError
from geo_app.errors import BadRequestError
from geo_app.web.language import language, unit
from layers.codes import BAIYIN_ITEM, FUND_SOURCE, table
from layers.projects import ELEVEN_FIELDS, LAYER
from processing.library.money import PER_UNIT, in_wan_yuan
from processing.project_site import Site

if TYPE_CHECKING:
    from collections.abc import Mapping

    import shapely

GROUPS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("F01", ("name",)),
    ("F02", ("baiyin_item", "category", "baiyin_category", "sector", "work_relief")),
    ("F03", ("build_nature",)),
    ("F04", ("scope", "emergency_cause", "location_text", "village_codes", "site_reason")),
    ("F05", ("start_date", "end_date")),
    ("F06", ("responsible_unit",)),
    ("F07", ("task", "quantity", "quantity_unit")),
    ("F08", ("budget_total", "funding_sources")),
    ("F09", ("beneficiary_text", "benefit_households", "benefit_persons", "benefit_former_poor", "benefit_monitored")),
    ("F10", ("performance_target",)),
    ("F11", ("participation", "interest_linkage")),
)
"""The eleven required fields as printed (F01–F11), each with the columns that the form asks for it."""
FIELDS: Final = tuple(name for _, names in GROUPS for name in names if name in LAYER)
MONEY: Final = ("budget_total", "funding_sources")
UNITS: Final = tuple(PER_UNIT)
USUAL: Final = next(unit for unit, each in PER_UNIT.items() if each == 1)
"""The unit in which amounts are kept and proposed: ten thousand yuan."""
DIGITS: Final = Decimal("0.000001")
"""Amounts are kept to 0.01 yuan, a millionth of ten thousand."""
MOST: Final = Decimal(10) ** 9
MOST_SOURCES: Final = 30
MOST_WIDTH_M: Final = 200.0


def titles() -> dict[str, str]:
    """Give the printed names of the eleven required fields, in the reader's language."""
    name = "label_zh" if language() == "zh" else "label_en"
    return {row["code"]: row[name] for row in table("project_codes") if row["code_list"] == "required_field"}


def required() -> dict[str, list[str]]:
    """Give for each required field the columns without which it is incomplete."""
    return {f"F{no:02d}": list(names) for no, names in enumerate(ELEVEN_FIELDS, 1)}


def amount(given: Any, *, field: str) -> Decimal | None:
    """Read an amount with its unit as ten thousands of yuan; empty is unknown.

    Raises:
        BadFieldError: no number, below zero, finer than 0.01 yuan, or a unit that is none of UNITS.
    """
    if not isinstance(given, dict):
        raise BadFieldError(f"{field} takes an amount and its unit", field=field)
    text, unit = str(given.get("amount") or "").strip().replace(",", ""), str(given.get("unit") or "")
    if unit not in PER_UNIT:
        raise BadFieldError(f"{field}: the unit must be one of {', '.join(PER_UNIT)}, found {unit[:10]!r}", field=field)
    if not text:
        return None
    found = in_wan_yuan(text, unit)
    if found is None or found < 0:
        raise BadFieldError(f"{field} takes a number from 0, found {text[:20]!r}", field=field)
    if found >= MOST or found != found.quantize(DIGITS):
        raise BadFieldError(f"{field} is kept to 0.01 yuan and below 10^13 yuan, found {text[:30]} {unit}", field=field)
    return found


def sources(given: Any) -> list[dict[str, Any]]:
    """Read funding sources, each with code, amount and unit, as they are kept; rows without code and amount are passed over.

    Raises:
        BadFieldError: a source that is none, or an amount that cannot be read.
    """
    if given in (None, []):
        return []
    if not isinstance(given, list) or len(given) > MOST_SOURCES:
        raise BadFieldError(f"funding_sources takes a list of at most {MOST_SOURCES}", field="funding_sources")
    found = []
    for item in given:
        code = str(item.get("code") or "") if isinstance(item, dict) else ""
        value = amount(item, field="funding_sources")
        if not code and value is None:
            continue
        if code not in FUND_SOURCE:
            raise BadFieldError(f"funding_sources: choose a fund source, found {code[:10]!r}", field="funding_sources")
        found.append({"code": code, "amount_wan_yuan": None if value is None else float(value)})
    return found


def read(asked: Mapping[str, Any]) -> tuple[dict[str, Any], shapely.Geometry | None]:
    """Read the form: values by field (empty is unknown) and the geometry in degrees of EPSG:4490.

    Raises:
        BadFieldError: naming the field.
        BadShapeError: saying what is wrong with the geometry.
        BadRequestError: it is not the form.
    """
    given = asked.get("values")
    if not isinstance(given, dict):
        raise BadRequestError("values must be an object of fields and values")
    strange = sorted(str(name) for name in given if name not in FIELDS or name in MONEY)
    if strange:
        raise BadFieldError(f"The application has no field {strange[0][:40]!r}", field=strange[0][:40])
    values = edit_payload.values_of(LAYER, {name: _blank(value) for name, value in given.items()})
    budget = amount(asked.get("budget") or {"unit": USUAL}, field="budget_total")
    values["budget_total"] = None if budget is None else float(budget)
    values["funding_sources"] = sources(asked.get("sources"))
    if values.get("baiyin_item") in BAIYIN_ITEM:
        values["baiyin_category"] = str(values["baiyin_item"]).split("-")[0]
    return values, edit_payload.geometry_of(LAYER, asked.get("geometry"))


def _blank(value: Any) -> Any:
    """Make what a person left empty unknown."""
    if isinstance(value, str):
        value = value.strip()
    return None if value in ("", []) else value


def site(asked: Mapping[str, Any], project_id: str | None = None) -> Site:
    """Read what the analysis of the place needs; faults of other fields do not stand in its way.

    Raises:
        BadFieldError, BadShapeError, BadRequestError: as `read`.
    """
    given = asked.get("values")
    texts = given if isinstance(given, dict) else {}
    codes = texts.get("village_codes") or []
    if not isinstance(codes, list) or not all(isinstance(code, str) for code in codes):
        raise BadFieldError("village_codes takes a list of codes", field="village_codes")
    work = {name: str(texts.get(name) or "")[:1000] or None for name in ("name", "task", "baiyin_item", "category")}
    width = str(asked.get("width_m") or "").strip()
    try:
        width_m = float(width) if width else None
    except ValueError:
        raise BadFieldError("width_m takes a number of metres", field="width_m") from None
    if width_m is not None and not 0 < width_m <= MOST_WIDTH_M:
        raise BadFieldError(f"width_m takes a number of metres up to {MOST_WIDTH_M:g}", field="width_m")
    geometry = edit_payload.geometry_of(LAYER, asked.get("geometry"))
    reason = str(texts.get("site_reason") or "")
    return Site(geometry, tuple(codes), {**work, "project_id": project_id}, reason=reason, width_m=width_m)


def money(value: Any) -> dict[str, str]:
    """Give an amount of ten thousands of yuan in the three units, each with its name, for showing it back."""
    found = Decimal(str(value))
    return {name: f"{(found / each).normalize():,f} {unit(name)}" for name, each in PER_UNIT.items()}
