"""Projects as OC4IDS 0.9, held against the rules of its published schema and codelists, written down here in short."""

import datetime as dt

import jsonschema
import pytest
from shapely import LineString, MultiPolygon, Point, box

from layers.codes import PROJECT_STATUS
from processing.library import oc4ids

MOMENT = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$"}
TEXT = {"type": "string", "minLength": 1}
VALUE = {
    "type": "object",
    "properties": {"amount": {"type": "number"}, "currency": {"enum": ["CNY"]}},
    "required": ["amount", "currency"],
}
SECTORS = [
    *("education", "health", "energy", "communications", "waterAndWaste", "governance", "economy", "cultureSportsAndRecreation"),
    *("transport", "transport.road", "socialHousing", "naturalResources"),
]
GEOMETRIES = ["Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon"]
ROLES = ["buyer", "procuringEntity", "supplier", "funder", "publicAuthority", "administrativeEntity"]
PAPERS = [
    *("hearingNotice", "projectScope", "budgetApproval", "projectPlan", "physicalProgressReport"),
    *("financialProgressReport", "completionCertificate", "projectEvaluation"),
]
PROJECT = {
    "type": "object",
    "required": ["id"],
    "properties": {
        "id": TEXT,
        "title": TEXT,
        "description": {"type": "string"},
        "status": {"enum": ["identification", "preparation", "implementation", "completion", "completed", "cancelled"]},
        "period": {"type": "object", "properties": {"startDate": MOMENT, "endDate": MOMENT}},
        "sector": {"type": "array", "items": {"enum": SECTORS}},
        "purpose": {"type": "string"},
        "type": {"enum": ["construction", "rehabilitation", "replacement"]},
        "additionalClassifications": {
            "type": "array",
            "uniqueItems": True,
            "items": {"type": "object", "properties": dict.fromkeys(("scheme", "id", "description"), TEXT)},
        },
        "locations": {
            "type": "array",
            "uniqueItems": True,
            "items": {
                "type": "object",
                "required": ["id"],
                "properties": {
                    "id": TEXT,
                    "geometry": {
                        "type": "object",
                        "required": ["type", "coordinates"],
                        "properties": {"type": {"enum": GEOMETRIES}, "coordinates": {"type": "array"}},
                    },
                    "gazetteer": {"type": "object", "properties": {"identifiers": {"type": "array", "items": TEXT}}},
                },
            },
        },
        "budget": {
            "type": "object",
            "properties": {
                "amount": VALUE,
                "approvalDate": MOMENT,
                "budgetBreakdown": {
                    "type": "array",
                    "items": {"type": "object", "required": ["id"], "properties": {"amount": VALUE}},
                },
            },
        },
        "parties": {
            "type": "array",
            "uniqueItems": True,
            "items": {
                "type": "object",
                "properties": {"id": TEXT, "name": TEXT, "roles": {"type": "array", "items": {"enum": ROLES}}},
            },
        },
        "documents": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["id"],
                "properties": {
                    "id": TEXT,
                    "documentType": {"enum": PAPERS},
                    "url": {"type": "string", "pattern": "^https?://"},
                    "datePublished": MOMENT,
                },
            },
        },
        "completion": {"type": "object", "properties": {"endDate": MOMENT}},
    },
}
PACKAGE = {
    "type": "object",
    "required": ["uri", "publisher", "publishedDate", "version", "projects"],
    "properties": {
        "uri": {"type": "string", "pattern": "^https?://"},
        "publishedDate": MOMENT,
        "version": {"type": "string", "pattern": r"^(\d+\.)(\d+)$"},
        "publisher": {"type": "object", "required": ["name"], "properties": {"name": TEXT}},
        "projects": {"type": "array", "minItems": 1, "uniqueItems": True, "items": PROJECT},
    },
}
ROW = {
    "project_id": "P-1",
    "name": "通组路",
    "category": "P3",
    "baiyin_category": "C2",
    "baiyin_item": "C2-1",
    "build_nature": "新建",
    "status": "completed",
    "sector": "transport",
    "task": "硬化",
    "start_date": dt.date(2026, 3, 1),
    "end_date": dt.date(2026, 9, 1),
    "budget_total": 120.35,
    "funding_sources": [{"code": "S11", "amount_wan_yuan": 100.0}, {"code": "S08"}],
    "responsible_unit": "交通局",
    "village_codes": ["620422100201"],
    "county_code": "620422",
    "geometry": LineString([(104, 36), (104.01, 36)]),
}
EVENTS = [
    {
        "event_id": "P-1-001",
        "event_type": "入库公告",
        "start_date": dt.date(2026, 1, 9),
        "url": "https://example.gov.cn/1",
        "unit": "局",
    },
    {"event_id": "P-1-002", "event_type": "县审定", "start_date": dt.date(2025, 12, 9), "document": "纪要"},
    {"event_id": "P-1-003", "event_type": "完工", "start_date": dt.date(2026, 8, 9), "document": "完工报告"},
    {"event_id": "P-1-004", "event_type": "异议", "start_date": dt.date(2026, 8, 9), "document": "来信"},
]


def packed(*rows):
    items = [oc4ids.project(row, EVENTS, prefix="oc4ids-test", area="会宁县") for row in rows]
    at = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
    return oc4ids.package(
        items, uri="https://example.org/x.json", published=at, publisher="县局", licence="https://example.org/l"
    )


@pytest.mark.parametrize("shape", [Point(104, 36), ROW["geometry"], MultiPolygon([box(104, 36, 104.1, 36.1)]), None])
def test_a_package_meets_the_rules(shape):
    found = packed({**ROW, "geometry": shape}, {"project_id": "P-2"})
    jsonschema.validate(found, PACKAGE, cls=jsonschema.Draft4Validator)


def test_amounts_leave_in_yuan_and_unknown_ones_not_at_all():
    budget = packed(ROW)["projects"][0]["budget"]
    assert budget["amount"] == {"amount": 1_203_500.0, "currency": "CNY"}
    assert [item.get("amount") for item in budget["budgetBreakdown"]] == [{"amount": 1_000_000.0, "currency": "CNY"}, None]
    assert budget["approvalDate"] == "2025-12-09T00:00:00+08:00"
    assert "amount" not in packed({"project_id": "P-2"})["projects"][0]["budget"]


def test_documents_are_those_that_are_public_by_kind():
    found = packed(ROW)["projects"][0]
    assert [item["documentType"] for item in found["documents"]] == ["projectScope", "budgetApproval", "completionCertificate"]
    assert found["completion"]["endDate"] == "2026-08-09T00:00:00+08:00"


def test_both_classifications_go_along():
    found = packed(ROW)["projects"][0]["additionalClassifications"]
    assert [item["id"] for item in found] == ["P3", "C2", "C2-1"]
    assert len({item["scheme"] for item in found}) == 3


def test_every_stage_has_a_status():
    assert {item.code for item in PROJECT_STATUS} <= set(oc4ids.STATUS)


def test_simulated_rows_say_so():
    found = packed({**ROW, "data_quality": "synthetic"})
    assert found["x_simulated"] is True
    assert "模拟数据" in found["projects"][0]["title"]
    assert "x_simulated" not in packed(ROW)


def test_an_empty_package_is_none():
    with pytest.raises(ValueError, match="at least one project"):
        packed()
