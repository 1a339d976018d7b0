"""Adding, replacing, changing and removing features over OGC API – Features, with and without accounts."""

import copy
import json
from itertools import product

import pytest

from geo_app.api.crs import EPSG
from layers.store import EVERYWHERE, Delete

ITEMS = "/collections/roads/items"
LINE = {"type": "LineString", "coordinates": [[104.02, 36.05], [104.03, 36.055]]}


def new_road(key="N1", **properties):
    values = {"segment_id": key, "name": "新路", "surface_type": "水泥", "township_code": "620122101000", **properties}
    return {"type": "Feature", "geometry": LINE, "properties": values}


def path_of(response):
    return response.headers["Location"].removeprefix("http://localhost/api/ogc")


def test_a_feature_is_added_as_a_change_of_its_author(ask):
    made = ask("POST", ITEMS, json=new_road(), headers={"User-Agent": "QGIS/34003"})
    assert made.status_code == 201, made.text
    found = ask.get(path_of(made))
    assert found.headers["ETag"] == made.headers["ETag"] == '"1"'
    assert found.json["geometry"] == LINE
    assert found.json["properties"]["name"] == "新路"
    change = ask.store.changes("roads")[0]
    assert (change.kind, change.who, change.bureau) == ("ogc", "本机", "测试局")
    assert change.reason == "经 OGC API 编辑（QGIS/34003）"


def test_a_reason_may_be_given(ask):
    assert ask("POST", ITEMS, json=new_road(), headers={"X-Reason": "%E6%B5%8B%E9%87%8F"}).status_code == 201
    assert ask.store.changes("roads")[0].reason == "测量"


def test_if_match_guards_a_change(ask):
    path = f"{ITEMS}/{ask.item('R00003')['id']}"
    first = ask("PATCH", path, json={"properties": {"lanes": 4}}, headers={"If-Match": '"1"'})
    assert (first.status_code, first.headers["ETag"]) == (204, '"2"')
    stale = ask("PATCH", path, json={"properties": {"lanes": 5}}, headers={"If-Match": '"1"'})
    assert (stale.status_code, stale.json["code"], stale.headers["ETag"]) == (412, "changed", '"2"')
    conflict = stale.json["conflicts"][0]
    assert conflict["feature"]["properties"]["lanes"] == 4
    assert (conflict["who"], conflict["ver"], conflict["expected_ver"]) == ("本机", 2, 1)
    kept = ask.store.kept.get(conflict["kept_id"])
    assert (kept.cause, kept.origin, kept.edit.values) == ("stale", "ogc", {"lanes": 5})
    assert ask.get(path).json["properties"]["lanes"] == 4


@pytest.mark.parametrize("header", ["*", '"1", *', "1", "x", "W/*"])
def test_if_match_that_guards_nothing_is_refused(ask, header):
    path = f"{ITEMS}/{ask.item('R00003')['id']}"
    for method in ("PUT", "PATCH", "DELETE"):
        found = ask(method, path, json=new_road(), headers={"If-Match": header})
        assert found.status_code == 400
        kept = ask.store.kept.get(found.json["kept"][0])
        assert (kept.cause, kept.edit.expected_ver, kept.origin) == ("unseen", None, "ogc")
    assert ask.get(path).headers["ETag"] == '"1"'


def test_one_of_several_etags_may_match(ask):
    path = f"{ITEMS}/{ask.item('R00003')['id']}"
    assert ask("PATCH", path, json={"properties": {"lanes": 4}}, headers={"If-Match": '"7", "1"'}).status_code == 204


def test_a_put_replaces_and_a_patch_merges(ask):
    feature = ask.item("R00003")
    path = f"{ITEMS}/{feature['id']}"
    assert ask("PATCH", path, json={"properties": {"maintainer": "乡养护站"}}).status_code == 204
    changed = ask.get(path).json
    assert changed["properties"]["maintainer"] == "乡养护站"
    assert changed["properties"]["name"] == feature["properties"]["name"]
    slim = {"type": "Feature", "geometry": feature["geometry"], "properties": {"segment_id": "R00003", "surface_type": "沥青"}}
    assert ask("PUT", path, json=slim).status_code == 204
    left = ask.get(path).json["properties"]
    assert (left["surface_type"], left["maintainer"], left["name"]) == ("沥青", None, None)


def test_sending_back_what_was_served_changes_nothing(ask):
    feature = ask.item("R00003")
    path, before = f"{ITEMS}/{feature['id']}", len(ask.store.changes())
    assert ask("PUT", path, json=feature).headers["ETag"] == '"1"'
    rounded = copy.deepcopy(feature)
    rounded["geometry"]["coordinates"] = [[round(x, 6), round(y, 6)] for x, y in feature["geometry"]["coordinates"]]
    assert rounded["geometry"] != feature["geometry"]
    assert ask("PUT", path, json=rounded).headers["ETag"] == '"1"'  # QGIS writes six decimals: nothing was moved
    assert len(ask.store.changes()) == before
    assert ask.get(path).json["geometry"] == feature["geometry"]


def test_a_feature_is_removed_and_then_gone(ask):
    path = f"{ITEMS}/{ask.item('R00003')['id']}"
    assert ask("DELETE", path, headers={"If-Match": '"1"'}).status_code == 204
    assert ask.get(path).status_code == 404
    again = ask("DELETE", path, headers={"If-Match": '"1"'})
    assert (again.status_code, again.json["code"]) == (410, "gone")
    assert ask("DELETE", f"{ITEMS}/nix").status_code == 404


def test_geometry_is_taken_in_content_crs(ask):
    feature = ask.item("R00003")
    path = f"{ITEMS}/{feature['id']}"
    turned = {"type": "LineString", "coordinates": [[36.05, 104.02], [36.055, 104.03]]}
    for header in (f"<{EPSG}4490>", f"{EPSG}4490"):
        assert ask("PATCH", path, json={"geometry": turned}, headers={"Content-Crs": header}).status_code == 204
        assert ask.get(path).json["geometry"] == LINE
    zone = ask.get(f"{path}?crs={EPSG}4544").json["geometry"]
    made = ask("POST", ITEMS, json={**new_road("N2"), "geometry": zone}, headers={"Content-Crs": f"{EPSG}4544"})
    found = ask.get(path_of(made)).json["geometry"]["coordinates"]
    assert [value for pair in found for value in pair] == pytest.approx([104.02, 36.05, 104.03, 36.055], abs=1e-9)


def test_a_client_without_if_match_that_never_read_is_asked_to(ask):
    feature = ask.store.read("roads", limit=1).iloc[0]
    path = f"{ITEMS}/{feature['id']}"
    found = ask("PATCH", path, json={"properties": {"lanes": 5, "name": feature["name"]}}, headers={"X-Reason": "why"})
    assert (found.status_code, found.json["code"]) == (428, "precondition_required")
    kept = ask.store.kept.get(found.json["kept"][0])
    assert (kept.cause, kept.edit.values, kept.edit.expected_ver, kept.reason) == ("unseen", {"lanes": 5}, None, "why")
    assert found.json["href"] == f"/kept/{kept.kept_id}"
    assert f"#{kept.kept_id}" in found.json["message"]
    assert ask("DELETE", path).status_code == 428
    assert isinstance(ask.store.kept.list()[0].edit, Delete)
    assert ask("PATCH", path, json={"properties": {"name": feature["name"]}}).status_code == 428
    assert len(ask.store.kept.list()) == 2, "what is so already is not kept"
    assert ask("PATCH", path, json={"properties": {"lanes": "viele"}}).status_code == 400
    assert len(ask.store.kept.list()) == 2, "what cannot be read is no edit"


def test_what_was_to_be_written_to_a_removed_or_unknown_feature_is_kept(ask):
    path = f"{ITEMS}/{ask.item('R00003')['id']}"
    assert ask("DELETE", path, headers={"If-Match": '"1"'}).status_code == 204
    for method in ("PUT", "PATCH"):
        gone = ask(method, path, json={"properties": {"segment_id": "R00003", "lanes": 4}, "geometry": LINE})
        assert (gone.status_code, gone.json["code"]) == (410, "gone")
        kept = ask.store.kept.get(gone.json["kept"][0])
        assert (kept.cause, kept.edit.values["lanes"], kept.edit.expected_ver) == ("stale", 4, 1)
        assert kept.edit.geometry.geom_type == "LineString"
    never = ask("PATCH", f"{ITEMS}/nix", json={"properties": {"lanes": 4}})
    assert never.status_code == 404
    assert ask.store.kept.get(never.json["kept"][0]).cause == "missing"
    count = ask.store.kept.count()
    assert ask("DELETE", path).status_code == 410
    assert ask.store.kept.count() == count, "nothing is left to remove"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b'{"type": "FeatureCollection", "features": []}', 400),
        (b"[" * 100_000, 400),
        (b'{"properties":' * 50_000, 400),
        (b'{"type":"Feature","geometry":null,"properties":{"width_m": NaN}}', 400),
        (b'{"type":"Feature","geometry":null,"properties":{"width_m": 1e999}}', 400),
        (b'{"type":"Feature","geometry":null,"properties":{"nix": 1}}', 400),
        (b'{"type":"Feature","geometry":null,"properties":[1]}', 400),
        (b'{"type":"Feature","geometry":null,"properties":{},"evil":1}', 400),
        (b'{"type":"Feature","geometry":null,"properties":{"width_m": "x"}}', 400),
        (b'{"type":"Feature","geometry":{"type":"Point","coordinates":[1,2]},"properties":{}}', 422),
        (b'{"type":"Feature","geometry":{"type":"LineString","coordinates":[[1000,2],[3,4]]},"properties":{}}', 422),
        (b'{"type":"Feature","geometry":{"type":"LineString","coordinates":[["a","b"],[3,4]]},"properties":{}}', 422),
        (b'{"type":"Feature","geometry":{"type":"LineString"},"properties":{}}', 422),
        (b"\xff\xfe", 400),
        (b'{"type":"Feature","geometry":null,"properties":{"segment_id":"\\ud800"}}', 400),
        (
            b'{"type":"Feature","geometry":{"type":"LineString","coordinates":' + b"[" * 700 + b"]" * 700 + b'},"properties":{}}',
            422,
        ),
        (b'{"type":"Feature","geometry":{"type":"GeometryCollection","geometries":[]},"properties":{}}', 422),
    ],
)
@pytest.mark.parametrize("crs", [None, f"{EPSG}4490"])
def test_bodies_that_cannot_be_used(reader, body, status, crs):
    ask = reader
    headers = {"Content-Type": "application/geo+json", **({"Content-Crs": crs} if crs else {})}
    found = ask("POST", ITEMS, data=body, headers=headers)
    assert found.status_code == status, found.text
    assert set(found.json) >= {"code", "message", "request_id", "description"}
    assert ask.store.count("roads") == 40


def test_a_body_that_is_too_large_or_of_another_type(ask):
    assert ask("POST", ITEMS, data=b" " * 8_000_001, headers={"Content-Type": "application/json"}).status_code == 413
    assert ask("POST", ITEMS, data=b"{}", headers={"Content-Type": "text/plain"}).status_code == 400


def test_rows_are_checked_as_in_an_import(ask):
    found = ask("POST", ITEMS, json=new_road(surface_type="金子"))
    assert (found.status_code, found.json["code"]) == (422, "faults_found")
    assert any(item["field"] == "surface_type" for item in found.json["faults"])
    twice = ask("POST", ITEMS, json=new_road("R00001"))
    assert twice.status_code == 422
    assert ask.store.count("roads") == 40


def test_a_page_elsewhere_cannot_write(ask):
    for headers in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        found = ask("POST", ITEMS, json=new_road(), headers=headers)
        assert (found.status_code, found.json["code"]) == (403, "csrf")
    ask.client.set_cookie("x", "1")  # a browser: it needs our token
    assert ask("POST", ITEMS, json=new_road()).json["code"] == "csrf"


# accounts


def test_what_a_bureau_edits_bears_its_name(asks):
    ask = asks("wang")
    path = f"{ITEMS}/{ask.item('R00003')['id']}"
    assert ask("PATCH", path, json={"properties": {"lanes": 4}}).status_code == 204
    change = ask.store.changes("roads")[0]
    assert (change.who, change.bureau, change.kind) == ("王工", "交通运输局", "ogc")
    assert change.account_id is not None


def test_without_if_match_only_what_nobody_else_changed_is_written(asks):
    wang, zhao = asks("wang"), asks("zhao")
    path = f"{ITEMS}/{wang.item('R00003')['id']}"
    zhao.item("R00003")
    for lanes in (2, 3, 4):  # his own changes do not stand in his way, though he never reads again
        assert wang("PATCH", path, json={"properties": {"lanes": lanes}}).status_code == 204
    late = zhao("PATCH", path, json={"properties": {"lanes": 9}})
    assert late.status_code == 412
    assert late.json["conflicts"][0]["who"] == "王工"
    kept = zhao.store.kept.get(late.json["kept"][0])
    assert (kept.who, kept.edit.values, kept.edit.expected_ver) == ("赵工", {"lanes": 9}, 1)
    assert wang.get(path).json["properties"]["lanes"] == 4
    assert zhao.get(path).status_code == 200  # reads it again, sees what is there now, and may write
    assert zhao("PATCH", path, json={"properties": {"lanes": 9}}).status_code == 204


def test_the_version_among_the_properties_counts_more_than_what_was_served(asks):
    wang, zhao = asks("wang"), asks("zhao")
    held = zhao.item("R00003")
    path = f"{ITEMS}/{held['id']}"
    wang.item("R00003")
    assert wang("PATCH", path, json={"properties": {"lanes": 4}}).status_code == 204
    zhao.item("R00003")  # another layer of the same tool reads it, the form on the screen stays as it was
    held["properties"]["maintainer"] = "乡养护站"
    late = zhao("PUT", path, json=held)
    assert late.status_code == 412
    assert zhao.get(path).json["properties"]["lanes"] == 4


def test_rights_of_layer_area_and_field(asks):
    township, everybody, finance, viewer = asks("xi"), asks("wang"), asks("jin"), asks("kan")
    other, own = everybody.item("R00001"), everybody.item("R00002")
    assert township("PATCH", f"{ITEMS}/{other['id']}", json={"properties": {"lanes": 4}}).status_code == 404
    out = {"properties": {"township_code": "620122102000"}}
    township.item("R00002")
    hidden = township.store.kept.list()[0]
    assert (hidden.cause, hidden.edit.expected_ver) == ("missing", None)
    moved = township("PATCH", f"{ITEMS}/{own['id']}", json=out)
    assert (moved.status_code, moved.json["code"]) == (403, "forbidden")
    assert township.store.kept.get(moved.json["kept"][0]).cause == "forbidden"
    assert township("POST", ITEMS, json=new_road(township_code="620122102000")).status_code == 403
    assert township("POST", ITEMS, json=new_road()).status_code == 201
    finance.item("R00002")
    before = finance.store.kept.count()
    for method, more in product(("PATCH", "PUT"), ({}, {"If-Match": '"1"'}, {"If-Match": "*"})):
        denied = finance(method, f"{ITEMS}/{own['id']}", json={"properties": {"lanes": 4}}, headers=more)
        assert denied.status_code == 403
        assert finance.store.kept.get(denied.json["kept"][0]).edit.values["lanes"] == 4
    denied = viewer("POST", ITEMS, json=new_road("N9"))
    assert denied.status_code == 403
    kept = viewer.store.kept.get(denied.json["kept"][0])
    assert (kept.cause, kept.who, kept.edit.frame["segment_id"].tolist()) == ("forbidden", "看看", ["N9"])
    denied = viewer("DELETE", f"{ITEMS}/{own['id']}")
    assert (denied.status_code, len(denied.json["kept"])) == (403, 1)
    assert viewer.store.kept.count() == before + 8
    assert asks()("POST", ITEMS, json=new_road("N9")).status_code == 401
    assert viewer.store.kept.count() == before + 8, "nobody's are not kept"
    assert viewer("POST", ITEMS, data=b"{", headers={"Content-Type": "application/geo+json"}).status_code == 400
    large = viewer("POST", ITEMS, data=b" " * 1_100_000, headers={"Content-Type": "application/geo+json"})
    assert large.status_code == 413, "whose edits are only kept sends no more than a form"


def test_an_account_that_may_only_submit_has_its_writes_collected(asks):
    sun, wang = asks("sun"), asks("wang")
    first, second = sun.item("R00002"), sun.item("R00004")
    answers = [
        sun("PATCH", f"{ITEMS}/{first['id']}", json={"properties": {"lanes": 4}}),
        sun("PATCH", f"{ITEMS}/{first['id']}", json={"geometry": LINE}),
        sun("DELETE", f"{ITEMS}/{second['id']}"),
        sun("POST", ITEMS, json=new_road()),
    ]
    assert [item.status_code for item in answers] == [202, 202, 202, 202]
    assert answers[-1].headers["Location"].startswith("http://localhost/api/ogc/collections/roads/items/")
    assert len({item.json["request_id"] for item in answers}) == 1
    basket = sun.store.requests.get(answers[0].json["request_id"])
    assert (basket.state, basket.origin, basket.who, len(basket.edits)) == ("collecting", "ogc", "孙工", 3)
    assert wang.item("R00002")["properties"]["lanes"] == first["properties"]["lanes"]
    assert sun.store.count("roads") == 40


def test_an_edit_that_meets_its_basket_being_handed_in_begins_a_new_one(asks, monkeypatch):
    sun = asks("sun")
    first = sun.item("R00002")
    basket = sun("PATCH", f"{ITEMS}/{first['id']}", json={"properties": {"lanes": 4}}).json["request_id"]
    store, held = sun.store, sun.store.requests.get(basket)
    store.requests.set_state(basket, "open", by="孙工")
    monkeypatch.setattr(store.requests, "collecting", lambda _account: held)
    second = sun("PATCH", f"{ITEMS}/{first['id']}", json={"properties": {"width_m": 4.5}})
    assert second.status_code == 202
    assert second.json["request_id"] != basket
    assert store.requests.get(second.json["request_id"]).edits[0].values == {"width_m": 4.5}


def test_a_collected_request_is_handed_in_and_accepted(asks):
    sun, store = asks("sun"), asks("sun").store
    first = sun.item("R00002")
    sun("PATCH", f"{ITEMS}/{first['id']}", json={"properties": {"lanes": 4}})
    made = sun("POST", ITEMS, json=new_road())
    number = made.json["request_id"]
    store.requests.set_state(number, "open", by="孙工")
    later = sun("PATCH", f"{ITEMS}/{sun.item('R00004')['id']}", json={"properties": {"lanes": 4}})
    assert later.json["request_id"] != number  # what was handed in is closed, a new basket begins
    store.accept(number, who="审核", bureau="乡村振兴局", note="", reach={"roads": EVERYWHERE})
    assert sun.item("R00002")["properties"]["lanes"] == 4
    assert sun.get(path_of(made)).json["properties"]["segment_id"] == "N1"


def test_what_is_collected_is_compared_and_checked_too(asks):
    sun, wang = asks("sun"), asks("wang")
    path = f"{ITEMS}/{sun.item('R00002')['id']}"
    wang.item("R00002")
    assert wang("PATCH", path, json={"properties": {"lanes": 4}}).status_code == 204
    late = sun("PATCH", path, json={"properties": {"lanes": 9}})
    assert late.status_code == 412
    assert sun.store.kept.get(late.json["kept"][0]).cause == "stale"
    assert sun("POST", ITEMS, json=new_road(surface_type="金子")).status_code == 422
    assert sun.store.requests.collecting(sun.store.accounts.find("sun").account_id) is None


def test_the_editing_conversation_of_qgis(asks):
    """What QGIS from 3.32 on sends when somebody edits: no If-Match, Content-Crs in the CRS of the store, its own headers."""
    qgis = asks("wang")
    qgis.headers["User-Agent"] = "Mozilla/5.0 QGIS/34003/Debian GNU/Linux"
    described = qgis.get("/collections/roads").json
    crs = described["storageCrs"]
    assert crs == f"{EPSG}4490"
    assert qgis.get(f"{ITEMS}?limit=10", headers={"Accept": "application/geo+json, application/json"}).status_code == 200
    page = qgis.get(f"{ITEMS}?limit=1000&crs={crs}").json["features"]
    view = {"bbox": "36.0,104.0,36.02,104.06", "bbox-crs": crs, "crs": crs, "limit": "1000"}
    assert len(qgis.get(ITEMS, query_string=view).json["features"]) == 4
    on_server = """(("surface_type" = '水泥') AND (CASEI("name") LIKE CASEI('西%')))"""
    found = qgis.get(ITEMS, query_string={"filter": on_server, "filter-lang": "cql2-text", "limit": "1000"}).json
    assert found["numberReturned"] == 10
    place = "S_INTERSECTS(geometry,POLYGON((36 104,36.02 104,36.02 104.06,36 104.06,36 104)))"
    assert len(qgis.get(ITEMS, query_string={"filter": place, "filter-crs": crs, "limit": "1000"}).json["features"]) == 4
    assert "POST" in qgis("OPTIONS", ITEMS).headers["Allow"]
    allowed = qgis("OPTIONS", f"{ITEMS}/{page[0]['id']}").headers["Allow"]
    assert {"PUT", "DELETE", "PATCH"} <= set(allowed.split(", "))
    geo, merge = {"Content-Type": "application/geo+json", "Content-Crs": crs}, {"Content-Type": "application/merge-patch+json"}

    turned = {"type": "LineString", "coordinates": [[36.05, 104.02], [36.055, 104.03]]}
    values = dict.fromkeys(page[0]["properties"]) | {"segment_id": "N1", "name": "新路", "surface_type": "水泥"}
    added = qgis("POST", ITEMS, data=json.dumps({"type": "Feature", "geometry": turned, "properties": values}), headers=geo)
    assert (added.status_code, added.get_data()) == (201, b"")
    number = added.headers["Location"].rpartition("/items/")[2]
    assert qgis.get(f"{ITEMS}/{number}").json["geometry"] == LINE

    target = next(item for item in page if item["properties"]["segment_id"] == "R00005")
    path = f"{ITEMS}/{target['id']}"
    assert qgis("PATCH", path, data=json.dumps({"properties": {"name": "改名"}}), headers=merge).status_code == 204
    assert qgis("PATCH", path, data=json.dumps({"geometry": turned}), headers=merge | {"Content-Crs": crs}).status_code == 204
    whole = {**target, "bbox": [0, 0, 0, 0], "geometry": turned}
    whole["properties"] = {**target["properties"], "name": "又改名"}
    assert qgis("PUT", path, data=json.dumps(whole), headers=geo).status_code == 204
    after = qgis.get(path).json
    assert (after["properties"]["name"], after["geometry"]) == ("又改名", LINE)
    assert qgis("DELETE", path).status_code == 204
    assert [change.kind for change in qgis.store.changes("roads")][:5] == ["ogc"] * 5
