"""The conflict page and the review page in a real browser, on the small area."""

import shutil
import threading

import pytest
from waitress.server import create_server

from geo_app import create_app
from geo_app.access import local_person
from geo_app.actions import load_recipe
from geo_app.actions.edit_payload import parse
from geo_app.actions.save_edits import StaleEditsError, save
from geo_app.actions.signing import By
from geo_app.config import Settings
from layers.store import Change, open_store

pytestmark = pytest.mark.browser

ROAD = {
    "segment_id": "S9",
    "route_no": "C009",
    "admin_class": "村道",
    "tech_class": "四级",
    "surface_type": "水泥",
    "all_season": True,
}


@pytest.fixture(scope="module")
def small_store(root, tmp_path_factory):
    folder = tmp_path_factory.mktemp("changes")
    files = root / "tests" / "geo_app" / "fixtures" / "small"
    with open_store(folder / "store.gpkg", create=True) as store:
        load_recipe.load(store, files / "recipe.toml", files, By("li", "测试局", "first load"))
    return folder


class Site:
    """A server on a copy of the small store, with what other people do to it meanwhile."""

    def __init__(self, folder):
        self.app = create_app(Settings(store=str(folder / "store.gpkg"), data_dir=folder / "data"))
        self.store = self.app.extensions["xiangtu"].store
        self.server = create_server(self.app, listen="127.0.0.1:0", threads=6)
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.effective_port}"
        self.person = local_person(Settings(user="wang", bureau="水利局"))

    def close(self):
        self.server.close()
        self.thread.join(timeout=10)
        self.app.extensions["xiangtu"].jobs.close()
        self.store.close()

    @property
    def road(self):
        return self.store.read("roads").iloc[0]

    def edit(self, ver=None, points=None, **values):
        payload = {"op": "update", "id": self.road["id"], "expected_ver": ver or int(self.road["ver"]), "properties": values}
        geometry = {"geometry": {"type": "LineString", "coordinates": points}} if points else {}
        return parse("roads", payload | geometry)

    def save(self, *edits):
        return save(self.store, self.person, edits, reason="别人的修改")

    def refused(self, *edits):
        try:
            self.save(*edits)
        except StaleEditsError as error:
            return error.kept[0]
        raise AssertionError("the edit was not stale")

    def ask(self):
        line = {"type": "LineString", "coordinates": [[105.0, 36.15], [105.2, 36.15]]}
        new = parse("roads", {"op": "insert", "properties": ROAD, "geometry": line})
        change = Change("zhao", "交通局", "请审", (self.edit(width_m=3, name="甲路"), new))
        return self.store.requests.submit(change, account_id=None, origin="page")


@pytest.fixture
def site(small_store, tmp_path):
    shutil.copytree(small_store, tmp_path / "site")
    made = Site(tmp_path / "site")
    yield made
    made.close()


def drawn(page, label):
    """Wait until a framed map has drawn its layers."""
    frame = page.frame_locator(f'iframe[title="{label}"]')
    page.locator(f'iframe[title="{label}"]').scroll_into_view_if_needed()
    frame.locator(".leaflet-container canvas").first.wait_for()


def conflict(site):
    """Width changed by both, lanes and line by the one, the name by the other."""
    late = site.edit(points=[[105.0, 36.05], [105.2, 36.07], [105.4, 36.05]], width_m=5.0, lanes=2)
    site.save(site.edit(width_m=4.0, name="甲路"))
    return site.refused(late)


def test_two_edits_are_merged_field_by_field(web, site):
    number = conflict(site)
    page = web.page()
    page.goto(f"{site.url}/kept")
    page.get_by_role("link", name=f"#{number}").click()
    drawn(page, "您的编辑（地图）")
    drawn(page, "现有内容（地图）")
    assert "wang · 水利局" in page.inner_text("#now")
    for field, side in (("lanes", "mine"), ("name", "theirs"), ("geometry", "mine")):
        assert page.is_checked(f'input[name="choice:{field}"][value="{side}"]'), field
    assert page.locator('input[name="choice:width_m"]:checked').count() == 0
    assert "open" in page.get_attribute('tr[data-field="width_m"]', "class")
    page.get_by_role("button", name="保存合并结果").click()
    assert page.url.endswith(f"/kept/{number}"), "the browser asks for the open field first"
    page.fill('input[name="other:width_m"]', "4.5")
    assert page.is_checked('input[name="choice:width_m"][value="other"]'), "writing a value chooses it"
    page.get_by_role("button", name="保存合并结果").click()
    page.wait_for_url("**/changes/*")
    drawn(page, "变更的内容（地图）")
    assert "最大移动" in page.inner_text("#rows")
    now = site.road
    assert (now["width_m"], now["lanes"], now["name"], now.geometry.coords[1]) == (4.5, 2, "甲路", (105.2, 36.07))


def test_somebody_quicker_opens_the_page_again(web, site):
    number = conflict(site)
    page = web.page()
    page.goto(f"{site.url}/kept/{number}")
    page.check('input[name="choice:width_m"][value="mine"]')
    site.save(site.edit(width_m=4.2))
    page.get_by_role("button", name="保存合并结果").click()
    page.wait_for_selector(".notice.warning")
    assert not page.url.endswith(f"/kept/{number}")
    assert "4.2" in page.inner_text('tr[data-field="width_m"]')
    page.check('input[name="choice:width_m"][value="theirs"]')
    page.get_by_role("button", name="保存合并结果").click()
    page.wait_for_url("**/changes/*")
    assert (site.road["width_m"], site.road["lanes"]) == (4.2, 2)


def test_a_request_is_reviewed_with_map_and_figures_and_accepted_in_part(web, site):
    number = site.ask()
    page = web.page()
    page.goto(f"{site.url}/requests")
    page.get_by_role("link", name=f"#{number}").click()
    drawn(page, "申请的改动（地图）")
    page.locator("#effect").get_by_role("button", name="计算").click()
    page.wait_for_selector("#figures-table", timeout=120_000)
    top = page.locator('#figures-table tr[data-level="all"]').filter(has_text="RD1")
    assert "+300" in top.inner_text()
    page.select_option("#effect-level", "village")
    assert page.locator("#figures-table tbody tr:visible").count() < page.locator("#figures-table tbody tr").count()
    page.uncheck('input[name="edit"][value="0"]')
    page.fill('textarea[name="note"]', "先修新路")
    page.click("#accept")
    page.wait_for_url("**/changes/*")
    assert "zhao" in page.inner_text("#receipt")
    assert site.store.read("roads")["segment_id"].tolist() == ["S1", "S2", "S9"]
    assert site.road["ver"] == 1
    page.goto(f"{site.url}/requests/{number}")
    assert "先修新路" in page.inner_text("#note")


def test_a_stale_request_asks_the_reviewer_for_the_open_field(web, site):
    number = site.ask()
    site.save(site.edit(width_m=6.0, lanes=2))
    page = web.page()
    page.goto(f"{site.url}/requests/{number}")
    assert page.locator("#stale").count() == 1
    page.click("#accept")
    assert page.url.endswith(f"/requests/{number}"), "the browser asks for the open field first"
    page.check('input[name="choice:0:width_m"][value="theirs"]')
    page.click("#accept")
    page.wait_for_url("**/changes/*")
    assert (site.road["width_m"], site.road["lanes"], site.road["name"]) == (6.0, 2, "甲路")


def test_a_refusal_is_told_with_its_note(web, site):
    number = site.ask()
    page = web.page()
    page.goto(f"{site.url}/requests/{number}")
    page.fill('textarea[name="note"]', "与设计不符")
    page.click("#refuse")
    page.wait_for_selector(".notice.good")
    assert "与设计不符" in page.inner_text("#note")
    page.goto(f"{site.url}/kept")
    assert page.locator("#kept tbody tr").count() == 1, "what was refused together is one group"
    page.click("#kept summary")
    assert page.locator("#kept details a").count() == 2


@pytest.mark.parametrize("path", ["/kept", "/kept/1", "/requests", "/requests/1", "/changes/2"])
def test_the_pages_fit_a_phone(web, site, path):
    conflict(site)
    site.ask()
    page = web.page(width=390, height=844)
    page.goto(site.url + path)
    page.wait_for_load_state()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
