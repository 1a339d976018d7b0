"""The page on which two edits are merged, without a browser."""

import re

from geo_app.actions import keeping
from layers.store import Allowance

LINE = [[105.0, 36.05], [105.2, 36.06], [105.4, 36.05]]


def store_of(app):
    return app.extensions["xiangtu"].store


def road(app):
    return store_of(app).read("roads").iloc[0]


def update(app, ver=1, **properties):
    geometry = {"geometry": {"type": "LineString", "coordinates": properties.pop("line")}} if "line" in properties else {}
    return {"op": "update", "layer": "roads", "id": road(app)["id"], "expected_ver": ver, "properties": properties} | geometry


def save(web, *edits):
    return web.post("/editing/save", {"reason": "测量", "edits": list(edits)})


def conflict(app, web):
    """Two edits of one road: both changed the width, one the lanes and the line, the other the name."""
    save(web, update(app, width_m=4.0, name="甲路"))
    return save(web, update(app, width_m=5.0, lanes=2, line=LINE)).get_json()["kept"][0]


def send(web, path, **fields):
    return web.post(path, data={"csrf_token": web._token(), **fields}, headers={"Accept": "text/html"})


def checked(page, field):
    row = re.search(rf'<tr class="[a-z_]+" data-field="{field}">.*?</tr>', page, re.DOTALL).group(0)
    return re.findall(r'value="(mine|theirs|other)" checked', row)


def test_the_page_preselects_what_only_one_side_changed(app, web):
    number = conflict(app, web)
    page = web.page(f"/kept/{number}")
    assert checked(page, "lanes") == ["mine"]
    assert checked(page, "name") == ["theirs"]
    assert checked(page, "geometry") == ["mine"]
    assert checked(page, "width_m") == []
    assert "local" in page
    for side in ("mine", "theirs"):
        frame = web.get(f"/kept/{number}/map?side={side}")
        assert frame.status_code == 200
        assert "sandbox" in frame.headers["Content-Security-Policy"]
    assert f"#{number}" in web.page("/kept")


def test_the_choices_become_a_new_edit(app, web):
    number = conflict(app, web)
    fields = {"choice:width_m": "other", "other:width_m": "4.5", "choice:lanes": "mine", "choice:name": "theirs"}
    answer = send(web, f"/kept/{number}/merge", ver="2", reason="合并", **fields, **{"choice:geometry": "mine"})
    assert answer.status_code == 302
    now = road(app)
    assert (now["width_m"], now["lanes"], now["name"], len(now.geometry.coords)) == (4.5, 2, "甲路", 3)
    assert now.geometry.coords[1] == (105.2, 36.06)
    assert answer.headers["Location"] == f"/changes/{store_of(app).changes()[0].change_id}"
    assert store_of(app).kept.get(number).state == "merged"
    assert "已合并" in web.page(f"/kept/{number}")
    assert f"#{number}" not in web.page("/kept")
    assert f"#{number}" in web.page("/kept?state=merged")


def test_an_open_field_or_a_bad_value_brings_the_page_back(app, web):
    number = conflict(app, web)
    answer = send(web, f"/kept/{number}/merge", ver="2", reason="合并")
    assert answer.status_code == 400
    assert "尚未选择：路面宽度。" in answer.text
    answer = send(web, f"/kept/{number}/merge", ver="2", reason="合并", **{"choice:width_m": "other", "other:width_m": "breit"})
    assert answer.status_code == 400
    answer = send(web, f"/kept/{number}/merge", ver="2", reason="合并", **{"choice:width_m": "other", "other:width_m": "999"})
    assert answer.status_code == 422
    assert 'value="999"' in answer.text
    assert store_of(app).kept.get(number).state == "open"
    assert len(store_of(app).kept.list()) == 1


def test_a_third_edit_between_leads_to_the_page_again(app, web):
    number = conflict(app, web)
    save(web, update(app, ver=2, width_m=4.2))
    answer = send(web, f"/kept/{number}/merge", ver="2", reason="合并", **{"choice:width_m": "mine"})
    again = int(answer.headers["Location"].rpartition("/")[2])
    assert again != number
    page = web.page(f"/kept/{again}")
    assert "4.2" in page
    answer = send(web, f"/kept/{again}/merge", ver="3", reason="合并", **{"choice:width_m": "mine"})
    assert road(app)["width_m"] == 5.0


def test_putting_away_keeps_the_edit_in_the_list(app, web):
    number = conflict(app, web)
    assert send(web, f"/kept/{number}/dismiss").status_code == 302
    assert f"#{number}" in web.page("/kept?state=dismissed")
    assert web.get("/kept/99").status_code == 404


def test_in_english(app, web):
    number = conflict(app, web)
    page = web.page(f"/kept/{number}?lang=en")
    assert "both changed it" in page
    assert "Save the merged feature" in page


def test_the_feature_is_named_and_leads_to_its_row_and_history(app, web):
    number = conflict(app, web)
    code = road(app)["id"]
    page = web.page(f"/kept/{number}")
    assert '<strong id="feature">甲路 · S1</strong>' in page
    assert f'href="/layers/roads/{code}"' in page
    assert f'href="/layers/roads/rows/{code}/history"' in page
    assert "甲路 · S1</a>" in web.page("/kept")


def test_the_feature_that_was_deleted_is_named_as_it_last_was(app, web):
    number = conflict(app, web)
    save(web, {"op": "delete", "layer": "roads", "id": road(app)["id"], "expected_ver": 2})
    page = web.page(f"/kept/{number}")
    assert '<strong id="feature">甲路 · S1</strong>' in page
    assert 'href="/layers/roads/rows/' in page
    assert re.search(r'href="/layers/roads/[^r]', page) is None


def test_edits_that_were_refused_together_are_one_group(app, web):
    from geo_app.actions.edit_payload import parse
    from layers.store import Change

    store = store_of(app)
    rows = store.read("hamlets")
    edits = tuple(parse("hamlets", {"op": "delete", "id": id_, "expected_ver": 1}) for id_ in rows["id"])
    number = store.requests.submit(Change("zhao", "交通局", "请审", edits), account_id=None, origin="page")
    send(web, f"/requests/{number}/refuse", note="不同意")
    page = web.page("/kept")
    body = re.search(r"<tbody>.*</tbody>", page, re.DOTALL).group(0)
    assert body.count("<tr>") == 1
    assert f"同时被拒的 {len(rows)} 项编辑" in body
    assert len(set(re.findall(r'href="(/kept/\d+)" title', body))) == len(rows) > 2
    conflict(app, web)
    assert re.search(r"<tbody>.*</tbody>", web.page("/kept"), re.DOTALL).group(0).count("<tr>") == 2


def test_both_maps_show_the_same_stretch_and_the_row_of_the_geometry_is_measured(app, web):
    far = [[105.0, 36.05], [105.2, 36.25], [105.4, 36.05]]
    save(web, update(app, line=far))
    number = save(web, update(app, line=LINE)).get_json()["kept"][0]
    found = [re.search(r'"bounds": ?\[[^\]]+\]', web.page(f"/kept/{number}/map?side={side}")) for side in ("mine", "theirs")]
    assert found[0] is not None
    assert found[0].group(0) == found[1].group(0)
    row = re.search(r'<tr class="conflict" data-field="geometry">.*?</tr>', web.page(f"/kept/{number}"), re.DOTALL).group(0)
    assert re.findall(r"<span>([^<]+)</span></label>", row) == ["36.1 km · 移动 1,110 m", "57.1 km · 移动 22.2 km"]
    assert "LineString" not in row


def test_a_kept_edit_that_was_put_away_is_said_in_chinese(app, web):
    number = conflict(app, web)
    send(web, f"/kept/{number}/dismiss")
    answer = send(web, f"/kept/{number}/dismiss")
    assert answer.status_code == 409
    assert "已经处理过了（已搁置）" in answer.text


def test_an_edit_without_a_version_is_kept_and_laid_beside_what_is_there(app, web):
    found = save(web, update(app, ver=None, width_m=5.0, lanes=2, line=LINE))
    answer = found.get_json()
    assert (found.status_code, answer["href"]) == (428, f"/kept/{answer['kept'][0]}")
    assert f"已留存，编号 #{answer['kept'][0]}" in answer["message"]
    save(web, update(app, width_m=4.0, name="甲路"))
    page = web.page(answer["href"])
    assert 'id="unseen"' in page
    assert "未说明看到的是哪个版本" in page
    assert '<td class="before">' not in page, "there is no column of what was seen"
    assert [checked(page, field) for field in ("width_m", "lanes", "geometry")] == [[], [], []]
    assert 'data-field="name"' not in page, "what the edit does not touch is not asked"
    for side in ("mine", "theirs"):
        assert web.get(f"{answer['href']}/map?side={side}").status_code == 200
    fields = {"reason": "补上", "ver": "2", "choice:width_m": "mine", "choice:lanes": "mine"}
    assert send(web, f"{answer['href']}/merge", **fields).status_code == 400, "the geometry is open"
    assert send(web, f"{answer['href']}/merge", **fields, **{"choice:geometry": "theirs"}).status_code == 302
    now = road(app)
    assert (now["width_m"], now["lanes"], now["name"], now["ver"]) == (5.0, 2, "甲路", 3)


def test_removals_and_features_that_are_not_here_have_pages_too(app, web):
    number = road(app)["id"]
    removal = save(web, {"op": "delete", "layer": "roads", "id": number, "expected_ver": None}).get_json()["href"]
    missing = save(web, update(app, lanes=2) | {"id": "nobody"})
    assert missing.status_code == 404
    page = web.page(missing.get_json()["href"])
    assert "要素不在此处" in page
    assert checked(page, "lanes") == ["mine"]
    assert web.page(removal)
    assert web.page("/kept")
    assert send(web, f"{removal}/merge", reason="拆除", ver="1").status_code == 302
    assert number not in set(store_of(app).read("roads")["id"])


def test_a_viewer_keeps_what_may_not_be_written_sees_it_and_cannot_apply_it(peopled, browser_of):
    viewer, other = browser_of(peopled, "all"), browser_of(peopled, "water_east")
    edit = update(peopled, width_m=5.0)
    found = viewer.post("/editing/save", {"reason": "听说", "edits": [edit]})
    answer = found.get_json()
    assert (found.status_code, answer["code"], answer["href"]) == (403, "forbidden", f"/kept/{answer['kept'][0]}")
    assert f"编号 #{answer['kept'][0]}" in answer["message"]
    assert viewer.page("/kept").count(answer["href"]) == 2
    page = viewer.page(answer["href"])
    assert 'id="not-yours"' in page
    assert "保存合并结果" not in page
    assert viewer.form(f"{answer['href']}/merge", reason="x", ver="1", **{"choice:width_m": "mine"}).status_code == 403
    assert road(peopled)["ver"] == 1
    assert other.get(answer["href"]).status_code == 404
    assert other.post("/editing/save", {"reason": "x", "edits": [edit]}).status_code == 403
    assert other.form("/kept/2/merge", reason="x", ver="1", **{"choice:width_m": "mine"}).status_code == 403
    assert [item.kept_id for item in store_of(peopled).kept.list()] == [2, 1], "trying again keeps nothing twice"
    assert viewer.form(f"{answer['href']}/dismiss").status_code == 302
    assert store_of(peopled).kept.get(answer["kept"][0]).state == "dismissed"
    nobody = browser_of(peopled)
    sent = {"headers": {"X-CSRF-Token": nobody.anonymous_token()}}
    assert nobody.client.post("/editing/save", base_url=nobody.host, json={"edits": [edit]}, **sent).status_code == 401
    assert store_of(peopled).kept.count() == 1


def test_a_viewer_is_told_when_no_more_is_kept_and_sends_no_large_bodies(peopled, browser_of, monkeypatch):
    monkeypatch.setattr(keeping, "ALLOWANCE", Allowance(edits_a_day=2, text_a_day=10_000, edits=10, text=10_000))
    viewer, edit = browser_of(peopled, "all"), update(peopled, width_m=5.0)
    answers = [viewer.post("/editing/save", {"reason": "x", "edits": [edit]}) for _ in range(3)]
    assert [item.status_code for item in answers] == [403] * 3
    assert ["没有留存" in item.get_json()["message"] for item in answers] == [False, False, True]
    assert "kept" not in answers[2].get_json()
    large = viewer.post("/editing/save", {"reason": "x", "edits": [edit | {"properties": {"name": "长" * 400_000}}]})
    assert large.status_code == 413
    assert store_of(peopled).kept.count() == 2
    assert viewer.client.post("/editing/save", base_url=viewer.host, json={"reason": "x", "edits": [edit]}).status_code == 403
    assert store_of(peopled).kept.count() == 2, "a page elsewhere cannot make somebody keep anything"
