"""The pages of works, plans and exchange without a browser: what they show, take and refuse."""

import datetime as dt
import io
import re

import geopandas as gpd
import openpyxl
import pytest
from PIL import Image
from shapely import LineString

from layers.catalogue import LAYERS
from layers.frames import conform
from layers.store import Change, Insert

DAY = dt.date(2026, 11, 22)
COUNTY = "990101"
LINE = LineString([(105.05, 36.05), (105.06, 36.05)])


def project(number, status, **values):
    return {
        "project_id": f"P-{number}",
        "name": f"通组路{number}",
        "category": "P3",
        "build_nature": "新建",
        "location_text": "甲南村",
        "village_codes": ["990101001200"],
        "start_date": dt.date(2026, 3, 1),
        "end_date": dt.date(2026, 10, 30),
        "responsible_unit": "交通局",
        "task": "硬化",
        "quantity": 1.0,
        "quantity_unit": "km",
        "budget_total": 40.0,
        "funding_sources": [{"code": "S11", "amount_wan_yuan": 40.0}],
        "beneficiary_text": "村民",
        "benefit_households": 10,
        "benefit_persons": 100,
        "performance_target": "通",
        "participation": "有",
        "interest_linkage": "有",
        "scope": "到村到户",
        "status": status,
        "sector": "transport",
        "plan_year": 2026 if status not in {"in_library", "draft"} else None,
        "plan_rank": number if status not in {"in_library", "draft"} else None,
        "village_code": "990101001200",
        "township_code": "990101001",
        "county_code": COUNTY,
        "geometry": LINE,
    } | values


@pytest.fixture
def works(app, web):
    app.config["OFFICE_DAY"] = DAY
    store = app.extensions["xiangtu"].store
    rows = [project(1, "implementing"), project(2, "in_library"), project(3, "in_library"), project(4, "accepted")]
    frame = gpd.GeoDataFrame(rows, crs=4490)
    store.apply(Change("li", "b", "r", (Insert("projects", conform(frame, LAYERS["projects"])),), kind="demo"))
    return web


def form(web, path, **fields):
    data = {"csrf_token": web._token(), **fields}
    sent = {"Origin": "http://127.0.0.1:8000"}
    return web.client.post(path, base_url="http://127.0.0.1:8000", data=data, headers=sent, content_type="multipart/form-data")


def ver(web, key):
    store = web.app.extensions["xiangtu"].store
    held = store.read("projects")
    return int(held.loc[held["project_id"] == key, "ver"].iloc[0])


def photograph(place=(105.055, 36.0501), taken="2026:05:04 10:20:30", mark=0):
    image = Image.linear_gradient("L").convert("RGB").rotate(mark).resize((120, 90))
    exif = Image.Exif()
    if taken:
        exif.get_ifd(0x8769)[0x9003] = taken
    if place:
        parts = [(int(v), int(v % 1 * 60), v % 1 * 60 % 1 * 60) for v in (place[1], place[0])]
        exif.get_ifd(0x8825).update({1: "N", 2: parts[0], 3: "E", 4: parts[1]})
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif)
    return io.BytesIO(out.getvalue())


def test_progress_and_spending_are_entered_and_more_than_the_budget_is_refused(works):
    page = works.page("/projects/P-1/progress")
    assert "通组路1" in page
    answer = form(
        works, "/projects/P-1/progress/progress", expected_ver=ver(works, "P-1"), progress_pct="45", start_date="2026-06-01"
    )
    assert answer.status_code == 302, answer.text[:3000]
    spend = {"amount": "250000", "amount_unit": "元", "fund_source": "S11", "document": "凭证1", "start_date": "2026-06-02"}
    assert form(works, "/projects/P-1/progress/spend", expected_ver=ver(works, "P-1"), **spend).status_code == 302
    page = works.page("/projects/P-1/progress")
    assert "45 %" in page
    assert '<b id="spent">25</b>' in page
    refused = form(works, "/projects/P-1/progress/spend", expected_ver=ver(works, "P-1"), **spend)
    assert refused.status_code == 422
    assert 'name="anyway"' in refused.text
    assert 'value="250000"' in refused.text, "what was typed stays, to be entered all the same"
    assert '<option value="元" selected>' in refused.text
    assert 'value="凭证1"' in refused.text
    assert works.app.extensions["xiangtu"].store.count("project_events") == 3
    assert form(works, "/projects/P-1/progress/spend", expected_ver=ver(works, "P-1"), anyway="yes", **spend).status_code == 302
    assert form(works, "/projects/P-1/progress/spend", expected_ver=ver(works, "P-1"), amount="x").status_code == 400
    assert form(works, "/projects/P-1/progress/progress", expected_ver="1", progress_pct="140").status_code == 400


def test_photographs_are_judged_shown_and_given_only_through_the_gate(works):
    sent = [(photograph(), "a.jpg"), (photograph(place=(105.2, 36.2), mark=90), "b.jpg"), (photograph(None, None, 180), "c.jpg")]
    answer = form(works, "/projects/P-1/photographs", stage="施工中", caption="路面", photo=sent)
    assert answer.status_code == 302, answer.text[:2000]
    store = works.app.extensions["xiangtu"].store
    rows = store.read("photographs").to_dict("records")
    codes = {row["file_name"]: [item["code"] for item in row["contradictions"]] for row in rows}
    assert codes == {"a.jpg": [], "b.jpg": ["too_far"], "c.jpg": ["no_position", "no_time"]}
    assert {row["kind"] for row in [{"kind": store.changes(limit=1)[0].kind}]} == {"library"}
    page = works.page("/projects/P-1/progress")
    assert page.count('<figure class="photo') == 3
    assert "照片没有位置" in page
    one = next(row for row in rows if row["file_name"] == "a.jpg")
    assert one["distance_m"] == pytest.approx(11, abs=1)
    shown = works.get(f"/photographs/{one['photo_id']}/thumbnail")
    assert (shown.status_code, shown.mimetype) == (200, "image/jpeg")
    assert b"Exif" not in shown.data
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert works.get("/photographs/none/thumbnail").status_code == 404
    assert form(works, f"/photographs/{one['photo_id']}/remove").status_code == 302
    assert store.count("photographs") == 2
    assert works.get("/projects/P-1/progress/map").status_code == 200


def test_the_same_picture_for_another_project_is_named(works):
    for key in ("P-1", "P-4"):
        assert form(works, f"/projects/{key}/photographs", stage="施工中", photo=[(photograph(), "a.jpg")]).status_code == 302
    assert "P-1" in works.page("/projects/P-4/progress").split('data-code="same_picture"')[1][:80]


def test_what_is_no_photograph_is_refused_with_its_reason(works):
    answer = form(works, "/projects/P-1/photographs", stage="施工中", photo=[(io.BytesIO(b"GIF89a"), "x.gif")])
    assert answer.status_code == 422
    assert "JPEG" in answer.text
    assert form(works, "/projects/P-1/photographs", stage="施工中").status_code == 400
    assert form(works, "/projects/P-1/photographs", stage="夜里", photo=[(photograph(), "a.jpg")]).status_code == 422


def test_works_as_built_are_compared_with_the_plan(works):
    line = '{"type":"LineString","coordinates":[[105.05,36.05],[105.062,36.0501]]}'
    assert works.page("/projects/P-1/as-built")
    answer = form(works, "/projects/P-1/as-built", geometry=line, surveyed_on="2026-10-01", surveyor="测绘队")
    assert answer.status_code == 302, answer.text[:2000]
    page = works.page("/projects/P-1/progress")
    assert "测绘队" in page
    assert "位移" in page
    assert form(works, "/projects/P-1/as-built", geometry='{"type":"LineString"}').status_code == 400
    assert form(works, "/projects/P-1/as-built").status_code == 400
    assert form(works, "/projects/P-1/as-built", geometry=line, surveyed_on="2027-10-01").status_code == 400
    assert form(works, "/projects/P-1/as-built", layer="roads", feature="none").status_code == 404


def test_an_accepted_project_becomes_an_asset_in_one_step(works):
    page = works.page("/projects/P-4/progress")
    assert 'id="form-asset"' in page
    fields = {"asset_class": "PUB", "sub_class": "PUB01", "owner_level": "村集体", "owner": "甲南村", "document": "移交单"}
    missing = form(works, "/projects/P-4/asset", expected_ver=ver(works, "P-4"), **fields)
    assert missing.status_code == 422, missing.text[:500]
    assert '<option value="PUB01" selected>' in missing.text
    assert 'value="甲南村"' in missing.text
    fields |= {"maintainer": "村委会", "maintenance_fund": "0.5"}
    answer = form(works, "/projects/P-4/asset", expected_ver=ver(works, "P-4"), **fields)
    assert answer.status_code == 302, answer.text[answer.text.find("refused") :][:900]
    assert "Z-P-4" in works.page("/projects/P-4/progress")
    store = works.app.extensions["xiangtu"].store
    held = store.read("projects")
    assert held.loc[held["project_id"] == "P-4", "status"].iloc[0] == "asset_formed"


def test_a_plan_is_filled_compiled_published_and_printed(works):
    assert "2027" in works.page("/plans")
    page = works.page(f"/plans/{COUNTY}/2027")
    assert page.count("data-project=") == 2
    fields = {"money_limit": "60", "source:S11": "60", "plan_ver": ""} | {f"ver:P-{n}": ver(works, f"P-{n}") for n in (2, 3)}
    fields |= {"in:P-3": "1", "rank:P-3": "1", "in:P-2": "1", "rank:P-2": "2", "R1:P-2": "0.5", "reason": "会议"}
    answer = form(works, f"/plans/{COUNTY}/2027", **fields)
    assert answer.status_code == 302, answer.text[:1500]
    page = works.page(f"/plans/{COUNTY}-2027")
    assert page.count("data-other-year") == 2, "both are planned for 2026 alone"
    assert "P-2 的计划实施时间（2026-03-01 – 2026-10-30）全部在其他年度" in page
    assert "R1 带动" in page, "the criteria are written out"
    assert "design" not in page.partition("<main")[2].partition("</main>")[0].replace("data-design", "")
    assert page.index("通组路3") < page.index("通组路2")
    assert "放不下" in page
    stale = form(works, f"/plans/{COUNTY}/2027", **fields)
    assert stale.status_code == 412
    for step in ("compile", "publish"):
        assert form(works, f"/plans/{COUNTY}/2027/{step}").status_code == 302
    assert "/public/" in works.page(f"/plans/{COUNTY}/2027")
    assert works.get(f"/plans/{COUNTY}/2027/book.xlsx").status_code == 200
    assert works.get(f"/plans/{COUNTY}/2027/book.pdf").data[:5] == b"%PDF-"
    assert works.get(f"/plans/{COUNTY}/2027/book.doc").status_code == 404
    assert works.get("/plans/nowhere/2027").status_code == 404
    assert works.get(f"/plans/{COUNTY}/2").status_code == 400
    assert works.get(f"/plans/open?county={COUNTY}&year=2027").status_code == 302


def test_the_workbook_goes_out_comes_back_and_is_taken_as_one_change(works):
    data = works.get("/projects/exchange/library.xlsx").data
    book = openpyxl.load_workbook(io.BytesIO(data))
    sheet = book["项目库"]
    names = {cell.value: cell.column for cell in sheet[1]}
    sheet.cell(row=sheet.max_row + 1, column=names["项目编号"], value="P-9")
    sheet.cell(row=sheet.max_row, column=names["项目名称"], value="新桥")
    out = io.BytesIO()
    book.save(out)
    shown = form(works, "/projects/exchange/check", file=(io.BytesIO(out.getvalue()), "库.xlsx"))
    assert shown.status_code == 200, shown.text[:2000]
    assert "新桥" in shown.text
    fields = {name: shown.text.split(f'name="{name}" value="')[1].split('"')[0] for name in ("upload", "digest", "recipe")}
    assert form(works, "/projects/exchange/accept", **(fields | {"digest": "other"})).status_code == 412
    assert form(works, "/projects/exchange/accept", **fields).status_code == 302
    assert "P-9" in works.app.extensions["xiangtu"].store.read("projects")["project_id"].tolist()
    sheet.cell(row=2, column=names["开工日期"], value="昨天")
    out = io.BytesIO()
    book.save(out)
    shown = form(works, "/projects/exchange/check", file=(io.BytesIO(out.getvalue()), "库.xlsx"))
    assert shown.status_code == 422
    assert "昨天" in shown.text
    assert form(works, "/projects/exchange/check", file=(io.BytesIO(b"no workbook"), "库.xlsx")).status_code == 422
    assert form(works, "/projects/exchange/check").status_code == 400


def test_announced_projects_are_given_out_as_oc4ids(works):
    found = works.get("/projects/exchange/oc4ids.json").get_json()
    assert found["version"] == "0.9"
    assert {item["id"] for item in found["projects"]} == {f"oc4ids-xiangtu-P-{n}" for n in (1, 2, 3, 4)}
    assert found["projects"][0]["budget"]["amount"] == {"amount": 400000.0, "currency": "CNY"}


def test_the_page_of_a_project_leads_to_the_hand_over_and_has_no_form_of_its_own(works):
    page = works.page("/projects/P-4")
    assert 'href="/projects/P-4/progress#asset"' in page
    assert "/projects/P-4/moves/form_asset" not in page
    assert "目前没有由您办理的步骤" not in page
    answer = form(works, "/projects/P-4/moves/form_asset", expected_ver=ver(works, "P-4"), document="移交单")
    assert answer.status_code == 422
    assert "打开 /projects/P-4/progress" in answer.text
    store = works.app.extensions["xiangtu"].store
    assert store.count("assets") == 0


def step(web, name, **fields):
    return form(web, f"/projects/P-1/progress/{name}?lang=zh", **{"expected_ver": ver(web, "P-1"), **fields})


def alert(answer):
    return answer.text.split('id="refused"')[1].split("</div>")[0]


@pytest.mark.parametrize(
    ("name", "fields", "field", "words"),
    [
        ("progress", {"progress_pct": "abc"}, "progress_pct", "应为 0 到 100 之间的数字"),
        ("spend", {"amount": "5亿", "fund_source": "S11", "document": "凭证9"}, "amount", "应为不小于 0 的数字"),
        ("progress", {"progress_pct": "40", "start_date": "soon"}, "start_date", "应为日期，如 2026-03-01"),
    ],
)
def test_what_cannot_be_read_comes_back_in_chinese_with_its_field_marked(works, name, fields, field, words):
    answer = step(works, name, **fields)
    assert answer.status_code == 400
    assert words in alert(answer)
    assert not re.search(r"[a-z]{4,}", alert(answer).partition(words)[2].replace("abc", "").replace("soon", ""))
    assert f'name="{field}" aria-invalid="true"' in answer.text
    assert f'value="{fields[field]}"' in answer.text, "what was typed stays"
    english = form(works, f"/projects/P-1/progress/{name}?lang=en", expected_ver=ver(works, "P-1"), **fields)
    assert "was expected" in alert(english)


def test_a_page_that_is_behind_shows_the_form_again_and_names_project_and_person(works):
    behind = ver(works, "P-1")
    assert step(works, "progress", progress_pct="30").status_code == 302
    answer = step(works, "progress", progress_pct="35", opinion="路基", expected_ver=behind)
    assert answer.status_code == 412
    assert "项目“通组路1”（P-1）在您打开之后已由" in alert(answer)
    assert 'value="35"' in answer.text
    assert 'value="路基"' in answer.text
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-", alert(answer)), "no inner number of the row"


def test_progress_that_falls_asks_for_the_reason_and_completion_says_the_whole(works):
    assert step(works, "progress", progress_pct="40").status_code == 302
    asked = step(works, "progress", progress_pct="20")
    assert asked.status_code == 422
    assert "此前登记为 40 %" in alert(asked)
    assert 'name="opinion" aria-invalid="true"' in asked.text
    assert step(works, "progress", progress_pct="20", opinion="返工").status_code == 302
    page = works.page("/projects/P-1/progress?lang=zh")
    assert "不低于上次登记的 40 %" in page, "it is entered, with a warning"
    assert '<b id="percent">20 %</b>' in page
    assert step(works, "complete", document="完工报告").status_code == 302
    page = works.page("/projects/P-1/progress?lang=zh")
    assert "已按 100 % 登记完工" in page
    assert '<b id="percent">100 %</b>' in page


def test_spending_without_a_source_names_the_missing_source(works):
    answer = step(works, "spend", amount="5", amount_unit="万元", document="凭证1")
    assert answer.status_code == 422
    assert "资金来源" in alert(answer)
    assert "超出" not in alert(answer)
    assert 'name="anyway"' not in answer.text


def test_of_several_photographs_all_are_kept_or_none(works):
    store = works.app.extensions["xiangtu"].store
    both = [(photograph(), "好.jpg"), (io.BytesIO(b"GIF89a"), "坏.gif")]
    answer = form(works, "/projects/P-1/photographs?lang=zh", stage="施工中", photo=both)
    assert answer.status_code == 422
    assert "坏.gif：该文件不是 JPEG 或 PNG 图片" in alert(answer)
    assert "所选照片均未保存" in alert(answer)
    assert store.count("photographs") == 0
    both = [(photograph(), "一.jpg"), (photograph(mark=90), "二.jpg")]
    assert form(works, "/projects/P-1/photographs", stage="施工中", photo=both).status_code == 302
    assert store.count("photographs") == 2


def test_the_hand_over_shows_its_form_again_where_a_number_is_none(works):
    answer = form(works, "/projects/P-4/asset?lang=zh", expected_ver=ver(works, "P-4"), owner="甲南村", maintenance_fund="很多")
    assert answer.status_code == 400
    assert "“管护经费”应为" in alert(answer)
    assert 'name="maintenance_fund" aria-invalid="true"' in answer.text
    assert 'value="甲南村"' in answer.text
