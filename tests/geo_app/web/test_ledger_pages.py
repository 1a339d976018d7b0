"""The pages of the asset ledger as their readers get them: list, record, steps, ledgers, copies, dues and the calendar."""

import base64
import datetime as dt
import io
import re

import icalendar
import pandas as pd
import pytest
import shapely
from openpyxl import Workbook, load_workbook

from geo_app import create_app
from geo_app.access.people import person_of
from geo_app.actions import due
from geo_app.actions.ledger import building
from geo_app.actions.passwords import hashed
from geo_app.actions.signing_in import session, start_session
from geo_app.config import Settings
from geo_app.web import identifying
from layers.store import Change, Condition, Grant, Insert, open_store

COUNTY, TOWN, VILLAGE = "990101", "990101001", "990101001200"
AREAS = {"village_code": VILLAGE, "township_code": TOWN, "county_code": COUNTY}
TODAY = dt.date(2026, 11, 22)
PASSWORD = "a long password of twenty"
HIDDEN = "欧阳锦绣"
"""Name of a household, which nobody but who looks after households finds anywhere."""
FUNDS = [{"code": "S06", "amount_wan_yuan": 30.5}, {"code": "S11", "amount_wan_yuan": 49.5}]
ROLES = {
    "village": VILLAGE,
    "township": TOWN,
    "sector": COUNTY,
    "revitalisation": COUNTY,
    "leading_group": COUNTY,
    "finance": COUNTY,
    "viewer": COUNTY,
}


def put(store, layer, *rows):
    store.apply(Change("test", "测试", "rows", (Insert(layer, pd.DataFrame(list(rows), dtype=object)),), kind="demo"))


def asset(number, **given):
    return {
        "asset_id": f"Z{number}",
        "name": f"第{number}号资产",
        "asset_class": "OPR",
        "sub_class": "OPR7",
        "original_value": 80.0,
        "current_value": 70.0,
        "formed_date": dt.date(2020, 6, 1),
        "registered_on": dt.date(2021, 11, 30),
        "owner_level": "村集体",
        "owner": "甲村股份经济合作社",
        "status": "正常",
        "geometry": shapely.Point(105.01, 36.01),
        "data_quality": "synthetic",
        **AREAS,
    } | given


def household(number):
    names = (
        "owner",
        "use_right_holder",
        "operating_right_holder",
        "income_right_holder",
        "disposal_right_holder",
        "supervision_right_holder",
        "maintainer",
        "operator",
    )
    return asset(
        number,
        asset_class="HHD",
        sub_class="HHD1",
        owner_level="户",
        benefit_months=24,
        name="养羊",
        **dict.fromkeys(names, HIDDEN),
    )


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ledger")
    with open_store(folder / "store.gpkg", create=True) as store:
        put(store, "counties", {"county_code": COUNTY, "name": "甲县", "geometry": shapely.box(105, 36, 105.2, 36.2)})
        put(
            store,
            "townships",
            {"township_code": TOWN, "name": "甲乡", "county_code": COUNTY, "geometry": shapely.box(105, 36, 105.2, 36.2)},
        )
        put(
            store,
            "villages",
            {
                "village_code": VILLAGE,
                "name": "甲村",
                "township_code": TOWN,
                "county_code": COUNTY,
                "geometry": shapely.box(105, 36, 105.2, 36.2),
            },
        )
        put(
            store,
            "assets",
            asset(1, fund_sources=FUNDS, maintenance_fund=0.5),
            household(2),
            asset(3, asset_class="PUB", sub_class="PUB01", status="闲置"),
            asset(4, registered_on=None, original_value=None),
        )
        for name, area in ROLES.items():
            store.accounts.add(name, name, f"{name}局", hashed(PASSWORD), (Grant(name, (area,)),))
    made = create_app(Settings(store=str(folder / "store.gpkg"), data_dir=folder / "data", access="accounts"))
    made.config["OFFICE_DAY"] = TODAY
    yield made
    made.extensions["xiangtu"].jobs.close()
    made.extensions["xiangtu"].store.close()


class Reader:
    """Somebody signed in at the pages."""

    def __init__(self, app, login):
        here = app.extensions["xiangtu"]
        self.app, self.store, self.client = app, here.store, app.test_client()
        account = here.store.accounts.find(login)
        self.person = person_of(account)
        token = start_session(here.store, account, here.settings)
        self.client.set_cookie(identifying.cookie_name(here.settings), token, domain="127.0.0.1")
        self.token = session(here.store, token, here.settings).csrf

    def get(self, path):
        self.app.extensions["xiangtu-limits"].storage.reset()
        return self.client.get(path, base_url="http://127.0.0.1:8000")

    def post(self, path, **data):
        self.app.extensions["xiangtu-limits"].storage.reset()
        return self.client.post(
            path, data=data | {"csrf_token": self.token}, base_url="http://127.0.0.1:8000", content_type="multipart/form-data"
        )


@pytest.fixture(scope="module")
def readers(app):
    return {name: Reader(app, name) for name in ROLES}


def test_the_list_shows_both_partitions_equal_and_filters(readers):
    page = readers["viewer"].get("/assets").get_data(as_text=True)
    assert 'data-equal="yes"' in page
    assert page.count("<tr data-status=") == 4
    assert "第1号资产" in page
    idle = readers["viewer"].get("/assets?status=wanting").get_data(as_text=True)
    assert "Z3" in idle
    assert "Z3" in idle
    assert "第1号资产" not in idle
    assert readers["viewer"].get("/assets?status=sold").status_code == 400
    assert readers["viewer"].get("/assets?area=000000").status_code == 404


def test_a_step_is_taken_in_the_page_and_a_refusal_says_why(readers):
    village = readers["village"]
    page = village.get("/assets/Z1").get_data(as_text=True)
    assert 'data-move="settle"' in page
    assert 'data-move="rights_plan"' not in page
    early = village.post("/assets/Z1/settle", expected_ver="1", start_date="2026-12-30", amount="5", period="2026")
    assert early.status_code == 422
    assert 'data-code="future_date"' in early.get_data(as_text=True)
    assert (
        village.post("/assets/Z1/settle", expected_ver="1", start_date="2026-11-20", amount="5.5", period="2026").status_code
        == 302
    )
    after = village.get("/assets/Z1").get_data(as_text=True)
    assert "收益结算" in after
    bad = village.post("/assets/Z1/distribute", expected_ver="2", **{"use-0": "IP3", "amount-0": "1", "plan": "奖金"})
    assert bad.status_code == 422
    assert "湘扶办联〔2021〕2号" in bad.get_data(as_text=True)
    assert readers["viewer"].post("/assets/Z1/settle", expected_ver="2", amount="1", period="a").status_code == 403
    assert village.post("/assets/Z1/settle", expected_ver="1", amount="1", period="a").status_code == 412


def test_a_value_that_is_none_and_a_page_behind_show_the_form_again_in_chinese(readers):
    village = readers["village"]
    bad = village.post("/assets/Z1/settle?lang=zh", expected_ver="2", amount="abc", period="2027")
    assert bad.status_code == 400
    assert "金额：应为数字，填写的是“abc”" in bad.text.split('id="refused"')[1][:300]
    assert 'value="abc" aria-invalid="true"' in bad.text
    assert 'value="2027"' in bad.text, "what was typed stays"
    behind = village.post("/assets/Z1/settle?lang=zh", expected_ver="1", amount="7", period="2027")
    assert behind.status_code == 412
    said = behind.text.split('id="refused"')[1].split("</div>")[0]
    assert "（Z1）在您打开之后已由" in said
    assert 'value="7"' in behind.text


def workbook(*rows):
    book, out = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(out)
    out.seek(0)
    return out


def test_ledgers_are_built_published_and_compared_with_a_workbook(readers):
    made = readers["village"].post("/ledgers", level="LV1", unit=VILLAGE, year="2026")
    assert made.status_code == 302
    number = made.headers["Location"].rsplit("/", 1)[-1]
    readers["township"].post("/ledgers", level="LV2", unit=TOWN, year="2026")
    page = readers["village"].get(f"/ledgers/{number}").get_data(as_text=True)
    assert 'data-move="publish"' in page
    assert (
        readers["village"]
        .post(f"/ledgers/{number}/publish", expected_ver="1", start_date="2026-11-22", place="公开栏")
        .status_code
        == 302
    )
    early = readers["sector"].post(f"/ledgers/{number}/confirm", expected_ver="2", document="确认")
    assert early.status_code == 422
    assert "2026-12-02" in early.get_data(as_text=True)
    same = readers["viewer"].get(f"/ledgers/compare?area={VILLAGE}&year=2026").get_data(as_text=True)
    assert 'data-same="yes"' in same
    file = workbook(["资产编号", "名称", "现值"], ["Z1", "第1号资产", 71.5], ["Z2", "养羊", 70])
    differing = (
        readers["viewer"].post("/ledgers/compare", area=VILLAGE, year="2026", file=(file, "村台账.xlsx")).get_data(as_text=True)
    )
    assert 'data-same="no"' in differing
    assert 'data-asset="Z1" data-field="current_value"' in differing
    assert 'data-asset="Z3" data-field="*"' in differing
    assert 'data-asset="Z2"' not in differing
    none = readers["viewer"].post("/ledgers/compare", area=VILLAGE, year="2026", file=(workbook(["甲"], [1]), "a.xlsx"))
    assert none.status_code == 400


HEADINGS = {
    "zh": ("原值 (万元)", "现值 (万元)", "管护经费 (万元/年)", "年收益 (万元)", "资金来源 (万元)"),
    "en": ("Original value (10,000 yuan)", "Current value (10,000 yuan)", "Income per year (10,000 yuan)"),
}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_table_of_a_ledger_states_units_and_names_sources_and_is_read_back_as_the_same(readers, language):
    year = {"zh": "2025", "en": "2023"}[language]
    made = readers["village"].post("/ledgers", level="LV1", unit=VILLAGE, year=year)
    sent = readers["viewer"].get(f"{made.headers['Location']}/download.xlsx?lang={language}")
    assert sent.status_code == 200, sent.get_data(as_text=True)
    sent = sent.data
    head, *rows = load_workbook(io.BytesIO(sent)).active.iter_rows(values_only=True)
    assert set(HEADINGS[language]) <= set(head)
    first = next(dict(zip(head, row, strict=True)) for row in rows if "Z1" in row)
    sources = next(text for name, text in first.items() if name.startswith(("资金来源", "Fund sources")))
    assert "S06" not in sources
    assert "30.5" in sources
    assert {"zh": "经营性资产", "en": "Operating asset"}[language] in "".join(str(cell) for row in rows for cell in row)
    file = {"area": VILLAGE, "year": year, "file": (io.BytesIO(sent), "台账.xlsx")}
    compared = readers["viewer"].post(f"/ledgers/compare?lang={language}", **file).get_data(as_text=True)
    assert re.findall(r'data-asset="(\w+)" data-field="(\w+)"', compared) == []
    assert 'data-same="yes"' in compared


def test_the_table_of_assets_states_units_in_the_language_of_the_page(readers):
    chinese = readers["viewer"].get("/assets/download.csv?lang=zh").get_data(as_text=True).splitlines()
    assert "受益期 (个月)" in chinese[0]
    assert "(month)" not in chinese[0]
    assert "S06" not in "".join(chinese)
    english = readers["viewer"].get("/assets/download.csv?lang=en").get_data(as_text=True).splitlines()
    assert "(10,000 yuan)" in english[0]
    assert "万元" not in english[0]


def test_a_refused_step_of_a_ledger_names_the_field(readers):
    number = readers["village"].post("/ledgers", level="LV1", unit=VILLAGE, year="2024").headers["Location"].rsplit("/", 1)[-1]
    lacking = readers["village"].post(f"/ledgers/{number}/publish?lang=zh", expected_ver="1", start_date="2026-11-22")
    assert re.search(r'data-code="field_missing">公示地点：须填写。补填后再办', lacking.get_data(as_text=True))
    early = readers["village"].post(f"/ledgers/{number}/publish?lang=zh", expected_ver="1", start_date="2026-01-01", place="栏")
    assert re.search(
        r'data-code="date_order">开始日：不早于[^<]*2026-11-22 <span class="quiet">\(2026-01-01\)', early.get_data(as_text=True)
    )


def test_a_ledger_is_built_for_an_area_of_its_level_and_areas_go_by_name(readers):
    wrong = readers["revitalisation"].post("/ledgers", level="LV2", unit=COUNTY, year="2026")
    assert wrong.status_code == 400
    said = wrong.get_data(as_text=True)
    assert "“甲县”与台账层级不符" in said
    assert f'value="{COUNTY}"' in said, "what was typed stays"
    year = readers["revitalisation"].post("/ledgers", level="LV4", unit="甲县", year="26").get_data(as_text=True)
    assert 'id="refused"' in year
    made = readers["revitalisation"].post("/ledgers", level="LV4", unit="甲县", year="2026")
    assert made.status_code == 302
    number = made.headers["Location"].rsplit("/", 1)[-1]
    page = readers["revitalisation"].get(f"/ledgers/{number}").get_data(as_text=True)
    assert "甲县资产台账（2026年）" in page
    readers["revitalisation"].post(f"/ledgers/{number}/merge", expected_ver="1", start_date="2026-11-22")
    kept = readers["leading_group"].post(f"/ledgers/{number}/approve", expected_ver="2", document="批复〔2026〕1号")
    assert kept.status_code == 422
    assert "审批人：须填写" in kept.get_data(as_text=True)
    assert 'value="批复〔2026〕1号"' in kept.get_data(as_text=True)
    listed = readers["viewer"].get("/ledgers?level=LV4&area=甲县").get_data(as_text=True)
    assert listed.count("<tr data-state=") == 1
    assert readers["viewer"].get("/ledgers?level=LV4&year=2019").get_data(as_text=True).count("<tr data-state=") == 0


def test_the_calendar_has_one_entry_for_each_due_and_opens_with_a_password(app, readers):
    reader = readers["village"]
    expected = due.dues(reader.store, reader.person, TODAY)
    assert expected
    client = app.test_client()
    app.extensions["xiangtu-limits"].storage.reset()
    assert client.get("/due.ics", base_url="http://127.0.0.1:8000").status_code == 401
    basic = base64.b64encode(f"village:{PASSWORD}".encode()).decode()
    answer = client.get("/due.ics", headers={"Authorization": f"Basic {basic}"}, base_url="http://127.0.0.1:8000")
    assert answer.status_code == 200
    assert answer.mimetype == "text/calendar"
    read = icalendar.Calendar.from_ical(answer.data)
    entries = [part for part in read.walk() if part.name in {"VEVENT", "VTODO"}]
    found = {(str(part["UID"]), part["DTSTART"].dt if part.name == "VEVENT" else None) for part in entries}
    # written down from the rules, not from the clock
    by_hand = {("settle", "Z1"): dt.date(2027, 12, 31), ("operation", "Z1"): None, ("revive", "Z3"): None, ("upkeep", "Z3"): None}
    kinds = {(item.kind.removeprefix("asset_"), item.key): item.due_on for item in expected if item.layer == "assets"}
    assert by_hand.items() <= kinds.items()
    assert found == {(f"{item.uid}@xiangtu", item.due_on) for item in expected}
    assert len(entries) == len(expected)
    assert all("模拟" in str(part["DESCRIPTION"]) for part in entries)
    again = icalendar.Calendar.from_ical(reader.get("/due.ics").data)
    assert sorted(str(part["UID"]) for part in again.walk() if "UID" in part) == sorted(uid for uid, _ in found)
    page = reader.get("/due").get_data(as_text=True)
    assert page.count("<tr data-state=") == len(expected)
    only = reader.get("/due?state=upcoming").get_data(as_text=True)
    assert only.count("<tr data-state=") == sum(item.state == "upcoming" for item in expected)
    assert reader.get("/due/download.csv?whose=all").data.decode("utf-8-sig").count("\r\n") == 1 + len(
        due.dues(reader.store, reader.person, TODAY, mine=False)
    )


PATHS = [
    "/assets",
    f"/assets?text={HIDDEN}",
    "/assets/Z2",
    "/assets/download.csv",
    "/assets/download.xlsx",
    "/ledgers",
    "/due?whose=all",
    "/due.ics?whose=all",
    "/due/download.xlsx?whose=all",
    "/layers/assets",
    "/layers/assets/{id}",
    "/layers/assets/features?bbox=104.9,35.9,105.5,36.3",
    "/layers/assets/history",
    "/history/assets/{id}",
    "/changes",
    "/changes/{change}",
    "/changes/{change}/difference",
    "/api/ogc/collections/assets/items?limit=100&f=json",
    "/api/ogc/collections/assets/items/{id}?f=json",
    f"/api/ogc/collections/assets/items?f=json&owner={HIDDEN}",
    "/api/ogc/collections/assets/items?f=json&sortby=owner",
    f"/search?q={HIDDEN}",
    f"/areas/{VILLAGE}",
    "/tiles/assets/10/811/401.mvt",
    "/tiles/assets/10/811/401",
    "/books",
]


def everything(reader):
    """Every address of every endpoint that answers GET, with the values that lead to the household's asset."""
    row = reader.store.read("assets").set_index("asset_id").loc["Z2"]
    change = next(record.change_id for record in reader.store.changes(limit=50) if "assets" in record.layers)
    for path in PATHS:
        yield path.format(id=row["id"], change=change)
    values = {
        "name": "assets",
        "layer": "assets",
        "code": row["id"],
        "feature_id": row["id"],
        "row_id": row["id"],
        "change_id": change,
        "asset_id": "Z2",
        "ver": 1,
        "kind": "csv",
        "area": VILLAGE,
        "z": 10,
        "x": 811,
        "y": 401,
        "collection_id": "assets",
    }
    adapter = reader.app.url_map.bind("127.0.0.1")
    for rule in reader.app.url_map.iter_rules():
        if "GET" in rule.methods and rule.endpoint != "static" and set(rule.arguments) <= set(values):
            yield adapter.build(rule.endpoint, {name: values[name] for name in rule.arguments}, method="GET")


def said(answer):
    data = answer.get_data()
    if data[:2] == b"PK":
        import zipfile

        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            data = b"\n".join(archive.read(name) for name in archive.namelist())
    text = data.decode("utf-8", "replace")
    return text + re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), text)


@pytest.mark.parametrize("login", ["viewer", "township", "village", "sector", "finance", "leading_group"])
def test_the_name_of_a_household_is_found_nowhere(readers, login):
    reader, seen = readers[login], 0
    for path in dict.fromkeys(everything(reader)):
        answer = reader.get(path)
        if answer.status_code == 200:
            seen += 1
            echoed = HIDDEN in path
            text = said(answer)
            assert text.count(HIDDEN) <= (text.count(f'value="{HIDDEN}"') if echoed else 0) or (echoed and "Z2" not in text), path
    assert seen > 25


def test_who_looks_after_households_reads_the_name(readers):
    reader = readers["revitalisation"]
    assert HIDDEN in said(reader.get("/assets/Z2"))
    assert HIDDEN in said(reader.get("/assets/download.csv"))
    assert HIDDEN in said(reader.get("/api/ogc/collections/assets/items?limit=100&f=json"))


def test_exports_of_a_layer_and_requests_hold_no_name(readers):
    for kind in ("csv", "xlsx", "geojson"):
        answer = readers["viewer"].post("/layers/assets/download", format=kind)
        assert answer.status_code in {200, 404, 405}
        assert HIDDEN not in said(answer)
    assert building.ledger(
        readers["viewer"].store, readers["viewer"].person, readers["viewer"].store.read("ledgers")["ledger_id"].iloc[0], TODAY
    )
    assert HIDDEN not in str(readers["viewer"].store.read("ledger_entries").to_dict())


def test_a_relocation_takes_the_new_place_and_tells_the_distance(readers):
    village = readers["village"]
    page = village.get("/assets/Z3").get_data(as_text=True)
    assert 'name="new_place"' in page
    assert '"geometry": {"coordinates": [105.01, 36.01], "type": "Point"}' in page
    without = village.post("/assets/Z3/relocate", expected_ver="1", reason="原址征用")
    assert without.status_code == 422
    assert "在地图上绘制，或上传文件" in without.get_data(as_text=True)
    crooked = village.post(
        "/assets/Z3/relocate", expected_ver="1", reason="原址征用", new_place='{"type":"Point","coordinates":[999,36]}'
    )
    assert crooked.status_code == 422
    wrong = village.post(
        "/assets/Z3/damage", expected_ver="1", reason="坏", new_place='{"type":"Point","coordinates":[105.02,36.01]}'
    )
    assert wrong.status_code in {400, 422}
    place = '{"type":"Point","coordinates":[105.012,36.013]}'
    assert village.post("/assets/Z3/relocate", expected_ver="1", reason="原址征用", new_place=place).status_code == 302
    after = village.get("/assets/Z3").get_data(as_text=True)
    assert "105.010000, 36.010000" in after
    assert "105.012000, 36.013000" in after
    assert "移动距离" in after
    row = village.store.features("assets", [Condition("asset_id", "=", "Z3")])[0]
    assert (row["geometry"].x, row["geometry"].y, row["ver"]) == (105.012, 36.013, 2)
