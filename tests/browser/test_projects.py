"""The project library in a real browser: a village applies with a drawn line, is refused too early, the offices review and approve."""

import datetime as dt
import shutil
import threading
import time

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from werkzeug.serving import WSGIRequestHandler, make_server

from geo_app import create_app
from geo_app.actions import accounts, load_recipe, run_coverage
from geo_app.actions.library import drafting, moving, record
from geo_app.actions.signing import By
from geo_app.config import Settings
from layers.store import Change, Grant, Insert, Update, open_store

pytestmark = pytest.mark.browser

PASSWORD = "Feng-yu-qiao-8841"
COUNTY, TOWN, VILLAGE = "990101", "990101001", "990101001200"
PEOPLE = {
    "village": ("王村", "甲南村村委会", Grant("village", (VILLAGE,))),
    "township": ("李乡", "东县南乡政府", Grant("township", (TOWN,))),
    "bureau": ("赵局", "县乡村振兴局", Grant("revitalisation", (COUNTY,))),
    "finance": ("钱财", "县财政局", Grant("finance", (COUNTY,))),
    "transport": ("孙路", "县交通局", Grant("transport", (COUNTY,))),
    "group": ("周组", "县领导小组", Grant("leading_group", (COUNTY,))),
}
OWN = ("http://127.0.0.1:", "data:", "blob:", "about:")
OFFLINE = "net::ERR_INTERNET_DISCONNECTED"


class Quiet(WSGIRequestHandler):
    def log(self, *_):
        pass


def _frame(row, shape):
    return gpd.GeoDataFrame(pd.DataFrame([row], dtype=object), geometry=[shape], crs=4490)


@pytest.fixture(scope="module")
def store_folder(root, tmp_path_factory):
    folder = tmp_path_factory.mktemp("library")
    files = root / "tests" / "geo_app" / "fixtures" / "small"
    with open_store(folder / "store.gpkg", create=True) as store:
        load_recipe.load(store, files / "recipe.toml", files, By("li", "测试局", "first load"))
        row = {
            "parcel_id": "F1",
            "land_code": "0101",
            "hsf": True,
            "hsf_year": 2022,
            "permanent_basic": True,
            "village_code": VILLAGE,
        }
        store.apply(
            Change("li", "农业局", "farmland", (Insert("farmland", _frame(row, shapely.box(105.03, 36.02, 105.05, 36.04))),))
        )
        village = store.read("villages").set_index("village_code").loc[VILLAGE]
        store.apply(
            Change("li", "局", "type", (Update("villages", village["id"], int(village["ver"]), {"planning_type": "搬迁撤并"}),))
        )
        run_coverage.run(store, run_coverage.RunRequest(on=dt.date(2026, 11, 1), who="li"))
        for login, (name, bureau, grant) in PEOPLE.items():
            accounts.create(store, accounts.NewAccount(login, name, bureau, (grant,)), PASSWORD)
    return folder


class Site:
    """A server with accounts on a copy of the store, at a day of the test's choosing."""

    def __init__(self, folder):
        settings = Settings(store=str(folder / "store.gpkg"), data_dir=folder / "data", access="accounts")
        self.app = create_app(settings)
        self.store = self.app.extensions["xiangtu"].store
        self.server = make_server("127.0.0.1", 0, self.app, threaded=True, request_handler=Quiet)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def on(self, text):
        self.app.config["OFFICE_DAY"] = dt.date.fromisoformat(text)

    def person(self, login):
        from geo_app.access import person_of

        return person_of(next(item for item in self.store.accounts.all() if item.login == login))

    def close(self):
        self.server.shutdown()
        self.thread.join(timeout=30)
        self.server.server_close()
        self.app.extensions["xiangtu"].jobs.close()
        self.store.close()


@pytest.fixture
def site(store_folder, tmp_path):
    shutil.copytree(store_folder, tmp_path / "site")
    made = Site(tmp_path / "site")
    made.on("2026-03-01")
    yield made
    made.close()


class Office:
    """Somebody of the procedure at their browser."""

    def __init__(self, site, page, context):
        self.site, self.page, self.context = site, page, context

    def open(self, path):
        self.page.goto(self.site.url + path)
        return self.page

    def until(self, expression, target=None, *, seconds=60):
        last = time.monotonic() + seconds
        while not (target or self.page).evaluate(expression):
            assert time.monotonic() < last, f"did not become true: {expression}"
            time.sleep(0.1)

    def open_step(self, move):
        """Open the form of a step on the record page, and what it is folded into."""
        box = self.page.locator(f'details[data-move="{move}"]')
        if box.get_attribute("open") is None:
            folded = box.locator("xpath=ancestor::details[1]")
            if folded.count() and folded.get_attribute("open") is None:
                folded.locator("> summary").click()
            box.locator("> summary").click()
        return box

    def step(self, key, move, **values):
        """Take a step by its form on the record page."""
        self.open(f"/projects/{key}")
        box = self.open_step(move)
        for name, value in values.items():
            field = box.locator(f'[name="{name}"]')
            if field.evaluate("node => node.tagName") == "SELECT":
                field.select_option(value)
            elif field.get_attribute("type") == "checkbox":
                field.set_checked(value)
            elif field.get_attribute("type") == "file":
                field.set_input_files(value)
            else:
                field.fill(value)
        box.locator('button[type="submit"]').click()
        self.page.wait_for_selector(".notice.good, #refused")
        return self.page

    def stage(self):
        return self.page.get_attribute("#stage", "data-stage")

    def forced(self, key, move, **values):
        """Send a step past the page, with this person's session and token; give the status and the answer."""
        token = self.page.get_attribute('meta[name="csrf-token"]', "content")
        sent = {"csrf_token": token, **values}
        answer = self.context.request.post(
            f"{self.site.url}/projects/{key}/moves/{move}", multipart=sent, headers={"Origin": self.site.url}
        )
        return answer.status, answer.text()


@pytest.fixture
def come(browser):
    contexts, outside, errors = [], [], []

    def make(site, login):
        context = browser.new_context(viewport={"width": 1440, "height": 1000}, locale="zh-CN")
        context.set_default_timeout(60_000)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: None if request.url.startswith(OWN) else outside.append(request.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.goto(f"{site.url}/sign-in")
        page.fill("#login", login)
        page.fill("#password", PASSWORD)
        page.press("#password", "Enter")
        page.wait_for_url(lambda address: "/sign-in" not in address)
        return Office(site, page, context)

    yield make
    for context in contexts:
        context.close()
    assert outside == []
    assert [text for text in errors if OFFLINE not in text and "422" not in text] == []


TEXTS = {
    "name": "甲南村通组路硬化",
    "location_text": "甲南村三组至四组",
    "start_date": "2027-03-01",
    "end_date": "2027-09-30",
    "responsible_unit": "东县南乡人民政府",
    "task": "硬化通组路",
    "beneficiary_text": "全村群众",
    "benefit_households": "80",
    "benefit_persons": "310",
    "performance_target": "三十分钟到乡镇",
    "participation": "村民投工投劳",
    "interest_linkage": "优先用工",
}
CHOICES = {"baiyin_item": "C4-1", "build_nature": "新建", "scope": "到村到户", "sector": "transport"}


def fill_form(page):
    for name, value in TEXTS.items():
        page.fill(f"#field-{name}", value)
    for name, value in CHOICES.items():
        page.select_option(f"#field-{name}", value)


HINT = """(() => {
  const hint = MAP.pm.Draw.Line._hintMarker;
  if (!hint) return false;
  const at = MAP.latLngToContainerPoint(hint.getLatLng());
  return Math.hypot(at.x - %s, at.y - %s) < 22;
})()"""


def draw_line(office, *points):
    """Draw corner by corner in the map of the form; the last by a double click."""
    page = office.page
    page.wait_for_selector("#measures:not(:empty)")
    frame = next(item for item in page.frames if "/projects/frame" in item.url)
    office.until("Boolean(window.MAP && window.XTE)", frame)
    page.click('[data-draw="line"]')
    office.until("XTE.state().tool === 'draw'", frame)
    page.locator("#map").scroll_into_view_if_needed()
    box = page.locator("#map").bounding_box()
    for number, (lng, lat) in enumerate(points, 1):
        at = frame.evaluate(f"(() => {{ const p = MAP.latLngToContainerPoint([{lat}, {lng}]); return [p.x, p.y]; }})()")
        spot = box["x"] + at[0], box["y"] + at[1]
        page.mouse.move(*spot, steps=4)
        for turn in range(50):  # the corner to come follows the pointer, or what it snapped to on the way is drawn
            if frame.evaluate(HINT % (at[0], at[1])):
                break
            page.mouse.move(spot[0] + turn % 2, spot[1])
            page.wait_for_timeout(100)
        (page.mouse.dblclick if number == len(points) else page.mouse.click)(*spot)
    office.until("!document.getElementById('remove-place').disabled")


@pytest.mark.timeout(600)
def test_a_village_applies_with_a_drawn_line(site, come):
    village = come(site, "village")
    page = village.open("/projects/new")

    # eleven fields, each fault beside its field
    village.until("document.getElementById('complete-count').textContent.includes('0')")
    assert page.locator("#group-F06").get_attribute("data-state") == "missing"
    assert "尚未填写" in page.inner_text('[data-field="responsible_unit"] .says')
    assert page.locator("#village-tags li").all_inner_texts() != []
    fill_form(page)
    assert page.input_value("#field-category") == "P3"
    assert "乡村建设" in page.inner_text("#crosswalk")

    # money with its unit, shown back, Σ live
    page.fill("#budget-amount", "0.012035")
    page.select_option("#budget-unit", "亿元")
    assert "120.35 万元" in page.inner_text("#budget-back")
    assert "1,203,500 元" in page.inner_text("#budget-back")
    page.locator("#sources .source").first.select_option("S11")
    page.locator("#sources .amount").first.fill("100")
    assert "少 20.35 万元" in page.inner_text("#sources-state")
    assert "E6" in page.inner_text('[data-field="funding_sources"] .says')
    page.click("#add-source")
    page.locator("#sources .source").nth(1).select_option("S08")
    page.locator("#sources .amount").nth(1).fill("203500")
    page.locator("#sources .unit").nth(1).select_option("元")
    assert "一致" in page.inner_text("#sources-state")
    assert page.inner_text("#complete-count").endswith("已填全 11 项")

    # the place, and what it touches
    draw_line(village, (105.02, 36.03), (105.06, 36.03))
    page.wait_for_selector('[data-block="warnings"]')
    village.until("document.querySelector('[data-block=\"warnings\"]').textContent.includes('E20')")
    village.until("document.querySelector('[data-block=\"farmland\"]').textContent.includes('米')")
    assert "永久基本农田" not in page.inner_text('[data-block="warnings"]')  # a line without a width takes no known surface
    page.fill("#width", "6")
    page.press("#width", "Tab")
    village.until("document.querySelector('[data-block=\"warnings\"]').textContent.includes('永久基本农田')")
    assert "人" in page.inner_text('[data-block="persons"]')
    assert "通硬化路" in page.inner_text('[data-block="gaps"]')
    page.fill("#field-site_reason", "搬迁前仍有三十户居住")
    village.until("!document.querySelector('[data-block=\"warnings\"]').textContent.includes('E20')")

    # without a connection the draft is kept, and stands in the form again
    village.context.set_offline(True)
    page.click("#save-draft")
    page.wait_for_selector("#form-notice.danger")
    assert "草稿已保存" in page.inner_text("#form-notice")
    village.context.set_offline(False)
    page = village.open("/projects/new")
    page.wait_for_selector("#form-notice.warning")
    assert page.input_value("#field-name") == TEXTS["name"]
    village.until("!document.getElementById('remove-place').disabled")
    page.click("#save-draft")
    page.wait_for_url("**/projects/P*")
    key = page.url.rsplit("/", 1)[1]
    assert village.stage() == "draft"
    kept = record.project(site.store, site.person("village"), key).project
    assert kept["budget_total"] == pytest.approx(120.35)
    assert [item["amount_wan_yuan"] for item in kept["funding_sources"]] == [100.0, 20.35]
    assert kept["geometry"].geom_type == "LineString"
    assert kept["geometry"].coords[0] == pytest.approx((105.02, 36.03), abs=2e-3)
    assert kept["site_reason"]


APPLICATION = {
    "name": "甲南村引水",
    "category": "P5",
    "build_nature": "新建",
    "location_text": "甲南村",
    "village_codes": [VILLAGE],
    "start_date": dt.date(2027, 3, 1),
    "end_date": dt.date(2027, 9, 30),
    "responsible_unit": "东县南乡人民政府",
    "task": "引水",
    "budget_total": 10.0,
    "funding_sources": [{"code": "S11", "amount_wan_yuan": 10.0}],
    "beneficiary_text": "全村",
    "performance_target": "通水",
    "participation": "投劳",
    "interest_linkage": "用工",
    "scope": "到村到户",
    "sector": "transport",
}
PLACE = shapely.LineString([(105.02, 36.03), (105.06, 36.03)])
UP_TO_OPINIONS = (
    ("village", "apply", "03-01", {"document": "申", "opinion": "同意"}),
    ("village", "village_notice", "03-01", {"place": "村口"}),
    ("village", "submit_to_township", "03-11", {"document": "报"}),
    ("township", "township_pass", "03-12", {"opinion": "属实", "document": "审"}),
    ("township", "township_notice", "03-12", {"place": "乡政府"}),
    ("township", "submit_to_county", "03-22", {"document": "报"}),
)


def moved(site, key, *steps):
    """Take steps past the pages: what a test does not look at."""
    for login, name, on, values in steps:
        who = site.person(login)
        seen = record.project(site.store, who, key).ver
        moving.move(site.store, who, key, name, values, expected_ver=seen, today=dt.date.fromisoformat(f"2026-{on}"))


def applied(site):
    return drafting.create(site.store, site.person("village"), APPLICATION, PLACE, today=dt.date(2026, 3, 1))


@pytest.mark.timeout(600)
def test_the_village_is_refused_too_early_and_the_township_reviews(site, come, tmp_path):
    key = applied(site)
    village = come(site, "village")

    # the village applies, with its paper, and hangs its notice with a public page
    paper = tmp_path / "会议纪要.pdf"
    paper.write_bytes(b"%PDF-1.4 minutes")
    page = village.step(key, "apply", opinion="村民代表会议通过", document="村申1号", paper=str(paper))
    assert village.stage() == "applied"
    link = page.locator("#timeline a", has_text="村申1号")
    assert village.context.request.get(site.url + link.get_attribute("href")).body() == b"%PDF-1.4 minutes"
    site.on("2026-03-02")
    village.step(key, "village_notice", place="村务公开栏")
    assert village.stage() == "village_notice"
    village.until("(() => { const i = document.querySelector('#links img'); return i && i.complete && i.naturalWidth > 0; })()")

    # too early: the page says from which day, and a forced one is refused with that day
    site.on("2026-03-11")
    village.open(f"/projects/{key}")
    early = page.locator('details[data-move="submit_to_township"]')
    assert "最早 2026-03-12" in early.inner_text()
    assert early.locator("form").count() == 0
    ver = str(record.project(site.store, site.person("village"), key).ver)
    status, said = village.forced(key, "submit_to_township", expected_ver=ver, document="村报1号")
    assert status == 422
    assert "2026-03-12" in said
    assert record.project(site.store, site.person("village"), key).stage == "village_notice"
    site.on("2026-03-12")
    village.step(key, "submit_to_township", document="村报1号")
    assert village.stage() == "township_review"

    # the township finds it among what waits, and reviews
    township = come(site, "township")
    town = township.open("/projects/review")
    assert town.locator(f'#ready tr[data-project="{key}"][data-move="township_pass"]').count() == 1
    township.step(key, "township_pass", opinion="情况属实，确有必要", document="乡审4号")
    township.step(key, "township_notice", place="乡政务公开栏", announce=False)
    assert township.stage() == "township_notice"


@pytest.mark.timeout(600)
def test_the_wrong_role_is_refused_and_opinions_lead_to_the_approval(site, come):
    key = applied(site)
    moved(site, key, *UP_TO_OPINIONS)
    site.on("2026-04-01")

    # the wrong role sees no button, and a forced step is forbidden
    finance = come(site, "finance")
    money = finance.open(f"/projects/{key}")
    assert money.locator('details[data-move="opinion_finance"]').count() == 1
    assert money.locator('details[data-move="county_approve"]').count() == 0
    ver = str(record.project(site.store, site.person("finance"), key).ver)
    status, said = finance.forced(key, "county_approve", expected_ver=ver, document="x", opinion="y")
    assert status == 403
    assert "领导小组" in said
    assert record.project(site.store, site.person("finance"), key).stage == "opinions"
    finance.step(key, "opinion_finance", result="通过", opinion="资金有保障", document="财意1号")

    # the group sees what lacks, and approves when the other opinions are there
    group = come(site, "group")
    page = group.open(f"/projects/{key}")
    assert "行业部门意见" in page.locator('details[data-move="county_approve"]').inner_text()
    passed = {"result": "通过", "opinion": "可行", "document": "意见"}
    moved(site, key, ("bureau", "opinion_revitalisation", "04-01", passed), ("transport", "opinion_sector", "04-01", passed))
    group.step(key, "county_approve", opinion="同意", document="县领纪2号")
    assert group.stage() == "county_approval"
    moved(
        site,
        key,
        ("bureau", "county_notice", "04-01", {"place": "门户网站"}),
        ("bureau", "enter_library", "04-11", {"url": "https://example.gov/1"}),
    )
    listed = group.open("/projects?stage=in_library")
    assert listed.locator("#projects tbody tr").count() == 1
    assert listed.inner_text("#total-budget") == "10.00"
    assert record.project(site.store, site.person("group"), key).violations == ()


@pytest.mark.timeout(600)
def test_an_objection_stops_the_next_step_until_it_is_answered(site, come):
    key = applied(site)
    moved(site, key, *UP_TO_OPINIONS[:2])
    site.on("2026-03-12")
    village = come(site, "village")
    village.step(key, "objection", opinion="线路经过我家田")
    page = village.page
    assert page.locator("#timeline li.objection").count() == 1
    blocked = page.locator('details[data-move="submit_to_township"]')
    assert "异议" in blocked.inner_text()
    assert blocked.locator("form").count() == 0
    village.step(key, "answer_objection", opinion="已改线并征得同意")
    assert page.locator("#timeline li.objection").count() == 0
    village.step(key, "submit_to_township", document="村报2号")
    assert village.stage() == "township_review"


@pytest.mark.timeout(600)
def test_a_change_of_place_is_drawn_in_the_browser_and_takes_effect_when_it_is_approved(site, come):
    key = applied(site)
    passed = {"result": "通过", "opinion": "可行", "document": "意见"}
    moved(
        site,
        key,
        *UP_TO_OPINIONS,
        ("bureau", "opinion_revitalisation", "04-01", passed),
        ("finance", "opinion_finance", "04-01", passed),
        ("transport", "opinion_sector", "04-01", passed),
        ("group", "county_approve", "04-01", {"opinion": "同意", "document": "县领纪2号"}),
        ("bureau", "county_notice", "04-01", {"place": "门户网站"}),
        ("bureau", "enter_library", "04-11", {"url": "https://example.gov/1"}),
    )
    site.on("2026-05-01")
    village = come(site, "village")
    page = village.open(f"/projects/{key}")
    village.open_step("ask_change")
    page.locator(".new-place > summary").click()
    draw_line(village, (105.03, 36.036), (105.05, 36.034))
    drawn = "JSON.parse(document.querySelector('input[name=\"new:geometry\"]').value || '{}').coordinates"
    village.until(f"Math.abs(({drawn} ?? [[0, 0]])[0][1] - 36.036) < 0.002")
    box = page.locator('details[data-move="ask_change"]')
    box.locator('[name="opinion"]').fill("避开农田")
    box.locator('form button[type="submit"]').click()
    page.wait_for_load_state()
    seen = record.project(site.store, site.person("village"), key)
    assert seen.trail.asked is not None
    assert seen.project["geometry"].equals(PLACE)
    moved(site, key, ("group", "approve_change", "05-01", {"result": "通过", "opinion": "同意", "document": "县领纪5号"}))
    there = record.project(site.store, site.person("village"), key)
    assert there.project["geometry"].geom_type == "LineString"
    assert there.project["geometry"].coords[0] == pytest.approx((105.03, 36.036), abs=2e-3)
    assert there.violations == ()
