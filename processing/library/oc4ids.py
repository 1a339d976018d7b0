"""Projects as a package of the Open Contracting for Infrastructure Data Standard (OC4IDS) 0.9.

Amounts leave in 元 (currency CNY), days as the beginning of the day by China's clock, geometries in longitude and latitude.
Source: open-contracting.org, OC4IDS 0.9, project package, project schema and their codelists; which of our words stands for which
of its codes is a design and stands in the tables below. A project of simulated rows says so in title, description and a field.
"""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import shapely

from processing.library.money import amounts_of, in_yuan

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Mapping, Sequence

VERSION: Final = "0.9"
CURRENCY: Final = "CNY"
SIMULATED: Final = "模拟数据 Simulated data"
STATUS: Final[Mapping[str, str]] = MappingProxyType(
    {
        **dict.fromkeys(("draft", "applied", "village_notice", "township_review", "returned"), "identification"),
        **dict.fromkeys(("township_notice", "opinions", "county_approval", "county_notice", "in_library"), "preparation"),
        "annual_plan": "preparation",
        "implementing": "implementation",
        "completed": "completion",
        "accepted": "completion",
        "asset_formed": "completed",
        "rejected": "cancelled",
        "withdrawn": "cancelled",
    }
)
"""Status of OC4IDS for each stage (design)."""
SECTOR: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "transport": ("transport", "transport.road"),
        "water": ("waterAndWaste",),
        "agriculture": ("economy",),
        "environment": ("waterAndWaste",),
        "health": ("health",),
    }
)
CATEGORY_SECTOR: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {"P1": ("economy",), "P2": ("economy",), "P4": ("socialHousing",), "P6": ("governance",), "P7": ("governance",)}
)
"""Where a project states no sector, that of its category (design); without one it has none."""
TYPE: Final[Mapping[str, str]] = MappingProxyType(
    {"新建": "construction", "续建": "construction", "改扩建": "rehabilitation", "维修": "rehabilitation"}
)
NOTICES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "村公示": "hearingNotice",
        "乡公示": "hearingNotice",
        "县公示": "hearingNotice",
        "入库公告": "projectScope",
        "县审定": "budgetApproval",
        "调整公告": "projectPlan",
        "列入年度计划": "projectPlan",
        "进度": "physicalProgressReport",
        "支出": "financialProgressReport",
        "完工": "completionCertificate",
        "验收": "projectEvaluation",
    }
)
"""Document types of events that name a document or an address (design)."""
SCHEMES: Final = (
    ("category", "x-cn-county-project-library-8"),
    ("baiyin_category", "x-cn-baiyin-plan-7"),
    ("baiyin_item", "x-cn-baiyin-plan-50"),
)
"""Both classifications: the eight categories of the library, the seven of the Baiyin plan and its fifty items."""


def package(
    projects: Iterable[Mapping[str, Any]], *, uri: str, published: dt.datetime, publisher: str, licence: str | None = None
) -> dict[str, Any]:
    """Put projects into a package; one without projects is none by the standard.

    Raises:
        ValueError: there is no project.
    """
    items = list(projects)
    if not items:
        raise ValueError("A package of OC4IDS holds at least one project.")
    found: dict[str, Any] = {
        "uri": uri,
        "publishedDate": published.isoformat(timespec="seconds"),
        "publisher": {"name": publisher or "—"},
        "version": VERSION,
        "projects": items,
    }
    if licence:
        found["license"] = licence
    if any(item.get("x_simulated") for item in items):
        found["x_simulated"] = True
    return found


def project(
    row: Mapping[str, Any],
    events: Sequence[Mapping[str, Any]] = (),
    *,
    prefix: str,
    label: Callable[[str, str], str] = lambda _field, code: code,
    area: str = "",
) -> dict[str, Any]:
    """Say a project in the words of the standard; what is unknown is left out.

    Args:
        row: a row of the layer of projects, `geometry` in degrees of EPSG:4490.
        events: its events.
        prefix: prefix of project ids, as registered with the standard, such as `oc4ids-bu3kcz`.
        label: gives the words for a code of a field.
        area: name of the county.

    >>> found = project({"project_id": "P-1", "name": "桥", "budget_total": 12.5, "status": "implementing"}, prefix="oc4ids-test")
    >>> found["id"], found["status"], found["budget"]["amount"]
    ('oc4ids-test-P-1', 'implementation', {'amount': 125000.0, 'currency': 'CNY'})
    """
    simulated = row.get("data_quality") == "synthetic"
    name = str(row.get("name") or row["project_id"])
    found: dict[str, Any] = {
        "id": f"{prefix}-{row['project_id']}",
        "title": f"[{SIMULATED}] {name}" if simulated else name,
        "description": _description(row, simulated=simulated),
        "status": STATUS.get(str(row.get("status") or "")),
        "period": _period(row.get("start_date"), row.get("end_date")),
        "sector": list(SECTOR.get(str(row.get("sector")), CATEGORY_SECTOR.get(str(row.get("category")), ()))),
        "purpose": row.get("performance_target"),
        "additionalClassifications": _classes(row, label),
        "type": TYPE.get(str(row.get("build_nature"))),
        "locations": _locations(row, area),
        "budget": _budget(row, events, label),
        "parties": _parties(row, label),
        "documents": _documents(row, events),
        "completion": _completion(row, events),
    }
    if simulated:
        found["x_simulated"] = True
    return {key: value for key, value in found.items() if value not in (None, "", [], {})}


def moment(day: dt.date | None) -> str | None:
    """Give a day as the moment at which it begins in China.

    >>> import datetime
    >>> moment(datetime.date(2026, 3, 1))
    '2026-03-01T00:00:00+08:00'
    """
    return None if day is None else f"{day.isoformat()}T00:00:00+08:00"


def _description(row: Mapping[str, Any], *, simulated: bool) -> str:
    parts = [SIMULATED] if simulated else []
    parts += [str(row[name]) for name in ("task", "beneficiary_text") if row.get(name)]
    return "。".join(parts)


def _period(start: dt.date | None, end: dt.date | None) -> dict[str, Any]:
    found = {"startDate": moment(start), "endDate": moment(end)}
    return {key: value for key, value in found.items() if value}


def _classes(row: Mapping[str, Any], label: Callable[[str, str], str]) -> list[dict[str, str]]:
    return [
        {"scheme": scheme, "id": str(row[name]), "description": label(name, str(row[name]))}
        for name, scheme in SCHEMES
        if row.get(name)
    ]


def _locations(row: Mapping[str, Any], area: str) -> list[dict[str, Any]]:
    found: dict[str, Any] = {"id": "1", "description": row.get("location_text")}
    shape = row.get("geometry")
    if shape is not None and not shape.is_empty:
        found["geometry"] = json.loads(shapely.to_geojson(shape))
    villages = row.get("village_codes")
    codes = [str(item) for item in villages] if isinstance(villages, (list, tuple)) else []
    codes = codes or [str(row[name]) for name in ("village_code", "township_code", "county_code") if row.get(name)][:1]
    if codes:
        found["gazetteer"] = {"scheme": "x-cn-statistical-division-codes", "identifiers": codes}
    if area:
        found["address"] = {"region": area, "countryName": "China"}
    kept = {key: value for key, value in found.items() if value}
    return [kept] if len(kept) > 1 else []


def _value(wan_yuan: Any) -> dict[str, Any] | None:
    yuan = in_yuan(wan_yuan)
    return None if yuan is None else {"amount": float(yuan), "currency": CURRENCY}


def _days(events: Sequence[Mapping[str, Any]], kind: str) -> list[dt.date]:
    return [item["start_date"] for item in events if item.get("event_type") == kind and item.get("start_date")]


def _budget(row: Mapping[str, Any], events: Sequence[Mapping[str, Any]], label: Callable[[str, str], str]) -> dict[str, Any]:
    parts = [
        {"id": code, "description": label("fund_source", code), **({"amount": amount} if (amount := _value(wan)) else {})}
        for code, wan in amounts_of(row.get("funding_sources")).items()
    ]
    approved = _days(events, "县审定")
    found = {
        "amount": _value(row.get("budget_total")),
        "approvalDate": moment(max(approved)) if approved else None,
        "budgetBreakdown": parts,
    }
    return {key: value for key, value in found.items() if value}


def _parties(row: Mapping[str, Any], label: Callable[[str, str], str]) -> list[dict[str, Any]]:
    unit = row.get("responsible_unit")
    found = [{"id": "responsible", "name": str(unit), "roles": ["publicAuthority", "administrativeEntity"]}] if unit else []
    sources = [code for code in amounts_of(row.get("funding_sources")) if code]
    return found + [{"id": f"funder-{code}", "name": label("fund_source", code), "roles": ["funder"]} for code in sources]


def _documents(row: Mapping[str, Any], events: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    found = []
    for event in events:
        kind, url, paper = str(event.get("event_type")), event.get("url"), event.get("document")
        if kind not in NOTICES or not (url or paper):
            continue
        item = {
            "id": str(event["event_id"]),
            "documentType": NOTICES[kind],
            "title": f"{kind} {paper or row.get('name') or ''}".strip(),
            "url": url,
            "datePublished": moment(event.get("start_date")),
            "format": "text/html" if url else "offline/print",
            "language": "zh",
            "author": event.get("unit"),
        }
        found.append({key: value for key, value in item.items() if value})
    return found


def _completion(row: Mapping[str, Any], events: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    days = _days(events, "完工")
    if not days:
        return {}
    return {"endDate": moment(max(days)), "finalScope": str(row.get("task") or row.get("name"))}
