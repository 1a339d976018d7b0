"""What the edit page asks the server for: the page, the frame, the features of a view with their versions, the form."""

import json

import pytest
import shapely

from geo_app.web import editing, figures
from layers.store import Change, Update
from map_templates import symbols


def test_page_offers_every_layer_with_a_geometry(web):
    text = web.page("/edit")
    setup = json.loads(text.split('id="setup"')[1].split(">", 1)[1].split("</script>")[0])
    names = [item["name"] for item in setup["layers"]]
    assert "roads" in names
    assert "areas" not in names
    assert {item["name"] for item in setup["references"]} <= set(names)
    assert setup["limit"] == editing.MOST_FEATURES
    roads = next(item for item in setup["layers"] if item["name"] == "roads")
    assert (roads["shapes"], roads["key"], roads["apply"]) == (["line"], "segment_id", True)


def test_frame_has_the_edit_tools_the_frames_policy_and_no_features(web):
    answer = web.get("/edit/frame")
    assert answer.headers["Content-Security-Policy"].startswith("sandbox allow-scripts;")
    assert "leaflet-geoman.min.js" in answer.text
    assert "startXiangtuEditing" in answer.text
    assert "addControls" not in answer.text
    assert "unpkg" not in answer.text
    assert "C001" not in answer.text


def test_features_of_a_view_come_whole_with_version_and_raw_values(web, shared_app):
    found = web.json("/editing/roads/features?bbox=105.1,36.04,105.3,36.06")
    (road,) = found["features"]
    assert (found["total"], found["shown"], found["zoom_in"]) == (1, 1, False)
    assert road["properties"]["segment_id"] == "S1"
    assert road["properties"]["surface_type"] == "水泥"
    assert road["properties"]["width_m"] is None
    assert road["properties"]["all_season"] is True
    assert road["ver"] == 1
    assert "id" not in road["properties"]
    stored = shared_app.extensions["xiangtu"].store.get("roads", road["id"])["geometry"]
    assert shapely.from_geojson(json.dumps(road["geometry"])).equals_exact(stored, 0)
    assert found["symbols"][road["k"]]["kind"] == "line"


def test_a_view_with_too_many_is_counted_and_not_cut_short(web):
    found = web.json("/editing/roads/features?bbox=104,35,106,37&limit=1")
    assert (found["features"], found["total"], found["zoom_in"]) == ([], 2, True)


def test_a_view_with_too_many_corners_is_counted_too(web, monkeypatch):
    monkeypatch.setattr(editing, "MOST_VERTICES", 4)
    found = web.json("/editing/roads/features?bbox=104,35,106,37")
    assert (found["features"], found["total"], found["zoom_in"]) == ([], 2, True)


def test_features_by_key_and_by_ids(web):
    (road,) = web.json("/editing/roads/features?key=S2")["features"]
    again = web.json(f"/editing/roads/features?ids={road['id']}")["features"]
    assert again == [road]
    assert web.json("/editing/roads/features?key=S7")["features"] == []
    assert web.json("/editing/areas/features?key=990101")["total"] in {0, 1}


@pytest.mark.parametrize(
    "query",
    ["", "bbox=1,2,3", "bbox=10,0,5,1", "bbox=a,b,c,d", "bbox=0,0,nan,1", "bbox=0,0,1,1&limit=0", "bbox=0,0,1,1&limit=99999"],
)
def test_a_view_that_cannot_be_used_is_refused(web, query):
    assert web.json(f"/editing/roads/features?{query}", status=400)["code"] == "bad_request"


def test_too_many_ids_and_tables_without_geometry_are_refused(web):
    assert "50" in web.json(f"/editing/roads/features?ids={','.join('abcdefghijklm' * 4)}", status=400)["message"]
    assert "without geometry" in web.json("/editing/areas/features?bbox=0,0,1,1", status=400)["message"]


def test_a_layer_that_is_not_there_is_not_found(web):
    assert web.json("/editing/nothing/features?bbox=0,0,1,1", status=404)["code"] == "not_found"
    assert web.json("/editing/nothing/form", status=404)["code"] == "not_found"


def test_form_in_both_languages(web):
    zh, en = web.json("/editing/roads/form?lang=zh"), web.json("/editing/roads/form?lang=en")
    assert (zh["title"], en["title"]) == ("路段", "Roads")
    assert {item["name"] for item in zh["fields"]} == {item["name"] for item in en["fields"]}
    assert web.json("/editing/roads/form?lang=xx")["title"] == zh["title"]


def test_units_stand_in_the_readers_language(web):
    fields = web.json("/editing/hamlets/form?lang=zh")["fields"]
    assert next(item for item in fields if item["name"] == "population")["unit"] == "人"


def test_a_version_goes_up_with_a_change(web, app):
    store = app.extensions["xiangtu"].store
    (road,) = web.json("/editing/roads/features?key=S1")["features"]
    store.apply(Change("li", "测试局", "wider", (Update("roads", road["id"], road["ver"], {"width_m": 5.0}),)))
    (again,) = web.json("/editing/roads/features?key=S1")["features"]
    assert (again["ver"], again["properties"]["width_m"]) == (2, 5.0)


@pytest.mark.parametrize("layer", ["roads", "villages", "hamlets", "facilities", "projects", "water_works"])
def test_a_view_says_what_a_frame_of_the_layer_says(web, shared_app, layer):
    frame = shared_app.extensions["xiangtu"].store.read(layer, bbox=(70, 10, 140, 60))
    found = web.json(f"/editing/{layer}/features?bbox=70,10,140,60")["features"]
    assert [item["id"] for item in found] == frame["id"].tolist()
    assert [item["ver"] for item in found] == frame["ver"].tolist()
    assert [item["k"] for item in found] == symbols.symbol_keys(layer, frame).tolist()
    for item, (_, row) in zip(found, frame.drop(columns=["id", "ver", "geometry"]).iterrows(), strict=True):
        assert item["properties"] == {name: figures.plain_value(value) for name, value in row.items()}
    drawn = [json.loads(text) for text in shapely.to_geojson(frame.geometry.array)]
    assert [item["geometry"] for item in found] == drawn
