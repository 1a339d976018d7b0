"""The review page without a browser: rows, checks, figures, decision."""

import json
import re

import pytest

from geo_app.actions.edit_payload import parse
from layers.store import Change

LINE = {"type": "LineString", "coordinates": [[105.0, 36.15], [105.2, 36.15]]}
ROAD = {
    "segment_id": "S9",
    "route_no": "C009",
    "admin_class": "村道",
    "tech_class": "四级",
    "surface_type": "水泥",
    "all_season": True,
}


def store_of(app):
    return app.extensions["xiangtu"].store


def road(app):
    return store_of(app).read("roads").iloc[0]


def ask(app, **properties):
    """A request of somebody else: the first road narrower, a new one."""
    there = road(app)
    edits = (
        parse(
            "roads",
            {"op": "update", "id": there["id"], "expected_ver": int(there["ver"]), "properties": properties or {"width_m": 3}},
        ),
        parse("roads", {"op": "insert", "properties": ROAD, "geometry": LINE}),
    )
    return store_of(app).requests.submit(Change("zhao", "交通局", "请审", edits), account_id=None, origin="page")


def send(web, path, **fields):
    return web.post(path, data={"csrf_token": web._token(), **fields}, headers={"Accept": "text/html"})


def test_the_page_shows_rows_map_checks_and_who_asks(app, web):
    number = ask(app)
    page = web.page(f"/requests/{number}")
    for text in ("zhao", "交通局", "请审", "新增", "S9", "36.0 km", "与第 S2 行不同的位置", "通过并入库"):
        assert text in page, text
    assert web.get(f"/requests/{number}/map").status_code == 200
    assert f"#{number}" in web.page("/requests")
    assert web.get("/requests/99").status_code == 404


def test_the_figures_come_from_a_job_and_stay_until_the_data_changes(app, web):
    number = ask(app)
    job = web.job(f"/requests/{number}/effect", {})
    assert job["href"] == f"/requests/{number}?figures={job['id']}#effect"
    page = web.page(f"/requests/{number}")
    row = re.search(r'<tr data-level="all"><td[^>]*>RD1</td>.*?</tr>', page, re.DOTALL).group(0)
    assert "38.7" in row
    assert "58.1" in row
    assert "+300<" in row
    there = road(app)
    web.post(
        "/editing/save",
        {
            "reason": "x",
            "edits": [{"op": "update", "layer": "roads", "id": there["id"], "expected_ver": 1, "properties": {"lanes": 2}}],
        },
    )
    assert "figures-table" not in web.page(f"/requests/{number}")


def test_a_part_is_accepted_as_one_change(app, web):
    number = ask(app)
    answer = send(web, f"/requests/{number}/accept", edit="1", note="新路可以")
    assert answer.status_code == 302
    change = store_of(app).changes()[0]
    assert (change.kind, change.inserted, change.updated) == ("request", 1, 0)
    assert "zhao" in change.reason
    assert answer.headers["Location"] == f"/changes/{change.change_id}"
    assert "新路可以" in web.page(f"/requests/{number}")
    assert "审核人退回" in web.page("/kept")
    assert send(web, f"/requests/{number}/accept", edit="0").status_code == 409


def test_what_was_changed_meanwhile_is_chosen_on_the_page(app, web):
    number = ask(app, width_m=3, name="甲路")
    there = road(app)
    edit = {"op": "update", "layer": "roads", "id": there["id"], "expected_ver": 1, "properties": {"width_m": 6, "lanes": 2}}
    web.post("/editing/save", {"reason": "其间", "edits": [edit]})
    page = web.page(f"/requests/{number}")
    assert 'id="stale"' in page
    assert 'name="choice:0:width_m"' in page
    answer = web.post(
        f"/requests/{number}/accept", data={"csrf_token": web._token(), "edit": ["0", "1"]}, headers={"Accept": "text/html"}
    )
    assert answer.status_code == 400
    assert "双方都改过的字段须逐一选择，尚未选择：路面宽度。" in answer.text
    assert "Choose for every" not in answer.text
    answer = web.post(
        f"/requests/{number}/accept",
        data={"csrf_token": web._token(), "edit": ["0", "1"], "choice:0:width_m": "mine"},
        headers={"Accept": "text/html"},
    )
    assert answer.status_code == 302
    assert (road(app)["width_m"], road(app)["lanes"], road(app)["name"]) == (3.0, 2, "甲路")


def test_a_refusal_needs_a_note(app, web):
    number = ask(app)
    answer = send(web, f"/requests/{number}/refuse")
    assert answer.status_code == 400
    assert "请写明原因" in answer.text
    assert "Say why" not in answer.text
    assert send(web, f"/requests/{number}/refuse", note="与设计不符").status_code == 302
    assert "与设计不符" in web.page(f"/requests/{number}")
    assert len(store_of(app).kept.list()) == 2


def test_in_english_and_withdrawn(app, web):
    number = ask(app)
    assert "Accept and apply" in web.page(f"/requests/{number}?lang=en")
    assert send(web, f"/requests/{number}/withdraw").status_code == 302
    assert store_of(app).requests.get(number).state == "withdrawn"
    assert f"#{number}" in web.page("/requests?state=withdrawn&lang=en")


def test_the_page_of_an_applied_change_shows_the_same_difference(app, web):
    number = ask(app)
    where = web.post(f"/requests/{number}/accept", data={"csrf_token": web._token(), "edit": ["0", "1"]}).headers["Location"]
    page = web.page(where)
    assert "diff-kind added" in page
    assert "diff-kind changed" in page
    assert web.get(f"{where}/map").status_code == 200
    assert "路面宽度" in page


SEEN = [[105.0, 36.05], [105.4, 36.05]]
ASKED = [[105.0, 36.05], [105.2, 36.051], [105.4, 36.05]]
NOW = [[105.0, 36.05], [105.2, 36.047], [105.4, 36.05]]


def line(points):
    return {"type": "LineString", "coordinates": points}


def stale(app, web, asked=None, now=None, **properties):
    """A request for the first road, which somebody else changes meanwhile."""
    there = road(app)
    payload = {"op": "update", "layer": "roads", "id": there["id"], "expected_ver": int(there["ver"]), "properties": properties}
    edit = parse("roads", payload | ({"geometry": line(asked)} if asked else {}))
    number = store_of(app).requests.submit(Change("zhao", "交通局", "请审", (edit,)), account_id=None, origin="page")
    edit = payload | {"properties": {"lanes": 2}} | ({"geometry": line(now)} if now else {})
    assert web.post("/editing/save", {"reason": "其间", "edits": [edit]}).status_code == 200
    return number


def sides(page):
    return dict(re.findall(r'<li class="key \w+" data-side="(\w+)">[^：]+：([^<]+)</li>', page))


def test_three_geometries_of_a_feature_changed_meanwhile_are_drawn_and_measured(app, web):
    number = stale(app, web, ASKED, NOW)
    page = web.page(f"/requests/{number}")
    assert 'class="key present"' in page
    assert sides(page) == {"before": "36.0 km", "after": "36.0 km · 移动 111 m", "present": "36.0 km · 移动 333 m"}
    row = re.search(r'<tr class="conflict" data-field="geometry">.*?</tr>', page, re.DOTALL).group(0)
    assert re.findall(r'(?:<span>|<td class="before">)([^<]+)<', row) == [
        "36.0 km",
        "36.0 km · 移动 111 m",
        "36.0 km · 移动 333 m",
    ]
    assert "LineString" not in page
    assert "diff-measures" not in page, "the measures of the three stand in one line"
    frame = web.page(f"/requests/{number}/map")
    for points, word in ((SEEN, "申请人看到时"), (ASKED, "申请改成"), (NOW, "现在的")):
        assert word in frame
        assert all(json.dumps(point).replace(" ", "") in frame.replace(" ", "") for point in points), word


def test_a_line_that_only_the_others_moved_is_drawn_beside_what_was_seen(app, web):
    number = stale(app, web, None, NOW, width_m=3)
    page = web.page(f"/requests/{number}")
    assert sides(page) == {"before": "36.0 km", "after": "36.0 km", "present": "36.0 km · 移动 333 m"}
    frame = web.page(f"/requests/{number}/map")
    assert "现在的" in frame
    assert "申请改成" not in frame


def test_a_feature_changed_in_other_fields_has_two_states_only(app, web):
    page = web.page(f"/requests/{stale(app, web, ASKED)}")
    assert sides(page)["present"] == "36.0 km"
    assert 'class="key present"' in page
    assert 'class="key present"' not in web.page(f"/requests/{ask(app)}")


def test_faults_name_fields_by_their_titles_and_the_note_has_room(app, web):
    page = web.page(f"/requests/{ask(app, width_m=900)}")
    checks = re.search(r'<section class="card" id="checks">.*?</section>', page, re.DOTALL).group(0)
    assert "路面宽度" in checks
    assert "width_m" not in checks
    assert '<textarea name="note" rows="4"' in page


@pytest.mark.parametrize("path", ["/requests/99", "/kept/99", "/changes/99"])
def test_what_is_not_there_is_said_in_chinese(web, path):
    answer = web.get(path, headers={"Accept": "text/html"})
    assert answer.status_code == 404
    assert "没有这个编号，或您无权查看。" in answer.text
    assert "There is no" not in answer.text


def test_a_closed_request_is_said_in_chinese(app, web):
    number = ask(app)
    send(web, f"/requests/{number}/refuse", note="不同意")
    for verb in ("accept", "withdraw", "refuse"):
        answer = send(web, f"/requests/{number}/{verb}", note="x", edit="0")
        assert answer.status_code == 409
        assert "已经处理过了（已退回）" in answer.text, verb


def test_how_far_something_moved_is_explained(app, web):
    page = web.page(f"/requests/{moved(app)}")
    assert re.search(r'<abbr title="[^"]*豪斯多夫距离[^"]*">最大移动 111 m</abbr>', page)


def moved(app):
    there = road(app)
    edit = parse("roads", {"op": "update", "id": there["id"], "expected_ver": 1, "properties": {}, "geometry": line(ASKED)})
    return store_of(app).requests.submit(Change("zhao", "交通局", "请审", (edit,)), account_id=None, origin="page")
