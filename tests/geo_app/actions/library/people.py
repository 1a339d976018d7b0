"""The people of the small area: one account of each role, in the areas in which the role acts."""

import datetime as dt

import shapely

from geo_app.access import person_of
from layers.store import Account, Grant

COUNTY, TOWN, VILLAGE = "990101", "990101001", "990101001200"
OTHER_VILLAGE, OTHER_TOWN, OTHER_COUNTY = "990101002201", "990101002", "990102"
GRANTS = {
    "village": Grant("village", (VILLAGE,)),
    "township": Grant("township", (TOWN,)),
    "revitalisation": Grant("revitalisation", (COUNTY,)),
    "finance": Grant("finance", (COUNTY,)),
    "transport": Grant("transport", (COUNTY,)),
    "water": Grant("water", (COUNTY,)),
    "sector": Grant("sector", (COUNTY,)),
    "leading_group": Grant("leading_group", (COUNTY,)),
    "statistics": Grant("statistics", (COUNTY,)),
    "viewer": Grant("viewer", (COUNTY,)),
    "other_village": Grant("village", (OTHER_VILLAGE,)),
    "other_township": Grant("township", (OTHER_TOWN,)),
    "other_bureau": Grant("revitalisation", (OTHER_COUNTY,)),
    "asks": Grant("village", (VILLAGE,), apply=False),
}


def person(*grants, name="某", number=7):
    account = Account(number, name, name, f"{name}单位", tuple(grants), active=True, created_at=dt.datetime.now(dt.UTC))
    return person_of(account)


PEOPLE = {name: person(grant, name=name, number=number) for number, (name, grant) in enumerate(GRANTS.items(), 100)}

APPLICATION = {
    "name": "甲南村通组路硬化",
    "category": "P3",
    "build_nature": "新建",
    "location_text": "甲南村三组",
    "village_codes": [VILLAGE],
    "start_date": dt.date(2027, 3, 1),
    "end_date": dt.date(2027, 9, 30),
    "responsible_unit": "甲乡人民政府",
    "task": "硬化3.2公里",
    "quantity": 3.2,
    "quantity_unit": "公里",
    "budget_total": 120.35,
    "funding_sources": [{"code": "S11", "amount_wan_yuan": 100.0}, {"code": "S08", "amount_wan_yuan": 20.35}],
    "beneficiary_text": "全村群众",
    "benefit_households": 80,
    "benefit_persons": 310,
    "performance_target": "30分钟到乡镇",
    "participation": "村民投工投劳",
    "interest_linkage": "优先用工",
    "scope": "到村到户",
    "sector": "transport",
}
PLACE = shapely.LineString([(105.05, 36.05), (105.06, 36.06)])


def day(text):
    return dt.date.fromisoformat(f"2026-{text}")


WALK = (
    ("village", "apply", "03-01", {"document": "村申〔2026〕1号", "opinion": "村民代表会议通过"}),
    ("village", "village_notice", "03-02", {"place": "村务公开栏"}),
    ("village", "submit_to_township", "03-12", {"document": "村报〔2026〕1号"}),
    ("township", "township_pass", "03-15", {"opinion": "属实，必要", "document": "乡审〔2026〕4号"}),
    ("township", "township_notice", "03-16", {"place": "乡政务公开栏"}),
    ("township", "submit_to_county", "03-26", {"document": "乡报〔2026〕4号"}),
    ("revitalisation", "opinion_revitalisation", "03-28", {"result": "通过", "opinion": "属支持范围", "document": "振意1"}),
    ("finance", "opinion_finance", "03-29", {"result": "通过", "opinion": "资金有保障", "document": "财意1"}),
    ("transport", "opinion_sector", "03-30", {"result": "通过", "opinion": "可行", "document": "交意1"}),
    ("leading_group", "county_approve", "04-02", {"document": "县领纪〔2026〕2号", "opinion": "同意"}),
    ("revitalisation", "county_notice", "04-03", {"place": "县政府门户网站"}),
    ("revitalisation", "enter_library", "04-13", {"url": "https://example.gov/lib/1"}),
    ("leading_group", "into_plan", "11-20", {"plan_year": 2027, "plan_rank": 1}),
    ("township", "start", "11-25", {"document": "开工令"}),
    ("village", "progress", "11-28", {"progress_pct": 40}),
    ("finance", "spend", "11-29", {"amount": 60, "fund_source": "S11", "document": "拨付1"}),
    ("township", "complete", "12-10", {"document": "完工报告"}),
    ("transport", "accept", "12-20", {"document": "验收报告", "opinion": "合格"}),
)
HAND_OVER = (
    "township",
    "12-25",
    {
        "document": "移交书",
        "asset_class": "PUB",
        "sub_class": "PUB01",
        "owner_level": "村集体",
        "owner": "甲南村股份经济合作社",
        "maintainer": "村级公益性岗位",
        "maintenance_fund": 1.2,
    },
)
"""The end of the way: by whom, on which day and with what the ledger takes the project over."""
STAGES = (
    "applied",
    "village_notice",
    "township_review",
    "township_review",
    "township_notice",
    "opinions",
    "opinions",
    "opinions",
    "opinions",
    "county_approval",
    "county_notice",
    "in_library",
    "annual_plan",
    "implementing",
    "implementing",
    "implementing",
    "completed",
    "accepted",
)
"""Stage after each step of the walk."""
