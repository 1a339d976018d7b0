"""Saving over HTTP: the status of each outcome, and what a page gets to go on with."""

import pytest

LINE = {"type": "LineString", "coordinates": [[105.0, 36.15], [105.1, 36.17]]}
ROAD = {"segment_id": "S9", "route_no": "C009", "admin_class": "村道", "tech_class": "四级", "surface_type": "水泥"}


def road(app, key="S1"):
    frame = app.extensions["xiangtu"].store.read("roads")
    return frame[frame["segment_id"] == key].iloc[0]


def update(app, ver=1, **properties):
    return {"op": "update", "layer": "roads", "id": road(app)["id"], "expected_ver": ver, "properties": properties}


def save(web, *edits, reason="测量", **more):
    return web.post("/editing/save", {"reason": reason, "edits": list(edits)} | more)


def test_a_saved_edit_gives_its_change_and_the_new_versions(app, web):
    new = {"op": "insert", "layer": "roads", "properties": ROAD, "geometry": LINE}
    answer = save(web, update(app, width_m=4.5), new)
    found = answer.get_json()
    assert answer.status_code == 200
    assert found["versions"]["roads"] == {road(app)["id"]: 2, road(app, "S9")["id"]: 1}
    assert found["href"] == f"/changes/{found['change_id']}"
    assert save(web, update(app, width_m=4.5), new).get_json()["again"]


def test_a_stale_edit_gets_412_with_the_three_states_and_where_to_merge(app, web):
    save(web, update(app, width_m=4.0))
    answer = save(web, update(app, width_m=5.0, lanes=2))
    found = answer.get_json()
    assert (answer.status_code, found["code"]) == (412, "changed")
    (conflict,) = found["conflicts"]
    assert [conflict[side]["properties"]["width_m"] for side in ("base", "mine", "theirs")] == [None, 5.0, 4.0]
    assert conflict["theirs"]["geometry"]["type"] == "LineString"
    assert (conflict["who"], conflict["ver"], conflict["expected_ver"]) == ("local", 2, 1)
    assert conflict["href"] == f"/kept/{found['kept'][0]}"


def test_a_deleted_feature_gets_412_without_theirs(app, web):
    number = road(app)["id"]
    late = update(app, lanes=2)
    save(web, {"op": "delete", "layer": "roads", "id": number, "expected_ver": 1})
    found = save(web, late).get_json()
    assert found["conflicts"][0]["theirs"] is None
    page = web.page(f"/kept/{found['kept'][0]}")
    assert "删除" in page
    assert "local" in page


@pytest.mark.parametrize(
    ("change", "status", "code", "causes"),
    [
        ({"expected_ver": None}, 428, "precondition_required", ["unseen"]),
        ({"properties": {"breite": 4}}, 400, "bad_field", []),
        ({"properties": {"width_m": "breit"}}, 400, "bad_field", []),
        ({"geometry": {"type": "Point", "coordinates": [105, 36]}}, 400, "invalid_geometry", []),
        ({"layer": "nowhere"}, 404, None, []),
        ({"layer": 7}, 400, "bad_field", []),
        ({"id": "nobody"}, 404, "not_found", ["missing"]),
        ({"properties": {"tech_class": "九级"}}, 422, "faults_found", ["faults"]),
    ],
)
def test_what_cannot_be_saved_says_so_and_is_kept_where_it_is_an_edit(app, web, change, status, code, causes):
    answer = save(web, update(app, lanes=2) | change)
    assert answer.status_code in {status, 422 if code == "invalid_geometry" else status}, answer.text
    assert code is None or answer.get_json()["code"] == code
    assert road(app)["ver"] == 1
    kept = app.extensions["xiangtu"].store.kept.list()
    assert [item.cause for item in kept] == causes
    assert answer.get_json().get("kept", []) == [item.kept_id for item in kept]


def test_faults_come_with_field_advice_and_the_kept_edit(app, web):
    found = save(web, update(app, tech_class="九级", width_m=3)).get_json()
    assert [(item["field"], item["edit"], item["severity"]) for item in found["errors"]] == [("tech_class", 0, "error")]
    assert found["errors"][0]["advice"] == "从代码表中选择"
    answer = save(web, update(app, tech_class="三级"), settles=found["kept"])
    assert answer.status_code == 200
    assert app.extensions["xiangtu"].store.kept.get(found["kept"][0]).state == "merged"


@pytest.mark.parametrize(
    "body",
    [
        {"edits": "x"}, {"edits": [1]}, {"edits": []}, {"reason": "", "edits": [{"op": "delete", "layer": "roads", "id": "a"}]},
        {"edits": [{}] * 501}, {"edits": [{"op": "delete", "layer": "roads", "id": "a", "expected_ver": 1}], "settles": ["1"]},
    ],
)  # fmt: skip
def test_a_body_of_another_shape_is_refused(app, web, body):
    assert web.post("/editing/save", {"reason": "x"} | body).status_code == 400


def test_numbers_that_are_none_are_refused(app, web):
    text = '{"reason": "x", "edits": [{"op": "update", "layer": "roads", "id": "a", "expected_ver": 1, "properties": {"width_m": NaN}}]}'
    answer = web.post("/editing/save", headers={"Content-Type": "application/json"}, data=text)
    assert answer.status_code == 400
    huge = text.replace("NaN", "1e999")
    assert web.post("/editing/save", headers={"Content-Type": "application/json"}, data=huge).status_code == 400


def test_a_check_says_what_saving_would_and_changes_nothing(app, web):
    found = web.post("/editing/check", {"edits": [update(app, tech_class="九级")]}).get_json()
    assert [item["rule"] for item in found["errors"]] == ["code"]
    assert road(app)["ver"] == 1
    assert app.extensions["xiangtu"].store.kept.list() == []
    assert web.post("/editing/check", {"edits": [update(app, lanes=2)]}).get_json() == {"errors": [], "warnings": []}


def test_saving_needs_the_token(app, web):
    answer = web.client.post(
        "/editing/save", base_url="http://127.0.0.1:8000", json={"reason": "x", "edits": [update(app, lanes=2)]}
    )
    assert answer.status_code == 403
    assert road(app)["ver"] == 1
