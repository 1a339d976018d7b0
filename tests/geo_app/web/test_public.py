"""What everybody may see: published notices and maps as they were, nothing before, after or beside."""

import datetime as dt

import pytest

from layers.store import Change, Update


def publish_map(web, *, state="done", **data):
    asked = {"title": "公布：通硬化路", "indicator": "RD1", "level": "township", "area": "990101", "text": "说明"} | data
    return web.job("/publications/maps", asked, state=state)


@pytest.fixture
def web(app, web):
    return web


def test_a_notice_is_public_and_can_be_withdrawn(web):
    answer = web.post("/publications/notices", data={"title": "公示<b>", "text": "第一行\n<script>alert(1)</script>"})
    assert answer.status_code == 302
    page = web.page("/public/1")
    assert "公示&lt;b&gt;" in page
    assert "&lt;script&gt;" in page
    assert "<script>alert" not in page
    assert "公示&lt;b&gt;" in web.page("/public")
    assert web.post("/publications/1/withdraw").status_code == 302
    assert "公示" not in web.page("/public").replace("公示与发布的地图", "")
    gone, never = web.get("/public/1"), web.get("/public/77")
    assert gone.status_code == never.status_code == 404
    assert "公示&lt;b&gt;" in web.page("/publications")


def test_a_notice_is_shown_in_its_days_only(web):
    today = dt.datetime.now(dt.timezone(dt.timedelta(hours=8))).date()
    for title, first, last in (("曾经", -9, -2), ("现在", -1, 1), ("将来", 2, 9)):
        days = {"valid_from": str(today + dt.timedelta(first)), "valid_to": str(today + dt.timedelta(last))}
        assert web.post("/publications/notices", data={"title": title, "text": "x"} | days).status_code == 302
    page = web.page("/public")
    assert "现在" in page
    assert "曾经" not in page
    assert "将来" not in page
    assert web.get("/public/1").status_code == web.get("/public/3").status_code == 404


@pytest.mark.parametrize(
    "data",
    [
        {"title": "", "text": "x"},
        {"title": "x" * 121, "text": "x"},
        {"title": "x", "text": " "},
        {"title": "x", "text": "x", "valid_from": "yesterday"},
        {"title": "x", "text": "x", "valid_from": "2026-03-02", "valid_to": "2026-03-01"},
    ],
)
def test_a_notice_that_says_nothing_is_refused(web, data):
    assert web.post("/publications/notices", data=data).status_code == 400
    assert web.app.extensions["xiangtu"].store.published.all() == []


def test_a_published_map_keeps_its_figures_when_the_data_change(web):
    job = publish_map(web)
    assert job["href"] == "/public/1"
    before = web.page("/public/1")
    figures = web.get("/public/1/figures.csv").data.decode("utf-8-sig")
    assert "990101001" in figures
    assert "990102001" not in figures
    frame = web.get("/public/1/map")
    assert frame.status_code == 200
    assert frame.headers["Content-Security-Policy"].startswith("sandbox allow-scripts; default-src 'none'")
    assert web.get("/public/1/map.pdf").data.startswith(b"%PDF")
    assert web.get("/public/1/figures.pdf").status_code == 400

    store = web.app.extensions["xiangtu"].store
    row = store.read("townships").iloc[0]
    store.apply(Change("li", "测试局", "改名", (Update("townships", row["id"], int(row["ver"]), {"name": "改了名"}),)))
    assert web.page("/public/1") == before
    assert web.get("/public/1/figures.csv").data.decode("utf-8-sig") == figures


def test_a_map_of_nothing_is_refused(web):
    assert web.post("/publications/maps", data={"title": "x", "indicator": "X9"}).status_code == 404
    asked = {"title": "x", "indicator": "RD1", "level": "township", "area": "000000"}
    assert web.post("/publications/maps", asked).status_code == 404, "refused before a job begins"
    assert web.json("/jobs/list")["jobs"] == []
    assert web.json("/public/1", status=404)["code"] == "not_found"
