"""Reading over OGC API – Features: documents, pages, CRS, order, filters, refusals, and who sees what."""

import json
import re

import pytest
import shapely
from pyproj import CRS, Transformer

from geo_app.api.crs import CRS84, EPSG

ITEMS = "/collections/roads/items"


@pytest.fixture
def ask(reader):
    return reader


def names(response, field="segment_id"):
    assert response.status_code == 200, response.text
    return [item["properties"][field] for item in response.json["features"]]


@pytest.mark.parametrize("path", ["", "/", "/conformance", "/openapi", "/api", "/collections", "/collections/"])
def test_documents_are_json_and_name_this_server_only(ask, path):
    found = ask.get(path)
    assert found.status_code == 200
    assert "json" in found.headers["Content-Type"]
    links = re.findall(r'"href": ?"([^"]*)"', found.text)
    assert all(link.startswith("http://localhost/api/ogc") for link in links)


def test_every_link_is_answered(ask):
    seen, waiting = set(), ["http://localhost/api/ogc"]
    while waiting:
        url = waiting.pop()
        path = url.removeprefix("http://localhost/api/ogc")
        if path in seen or not path.startswith(("", "/")):
            continue
        seen.add(path)
        found = ask.get(path)
        assert found.status_code == 200, path
        if "json" in found.headers["Content-Type"]:
            waiting += [
                link["href"] for link in _links(found.json) if "/collections/" not in link["href"] or "roads" in link["href"]
            ]
    assert len(seen) > 10


def _links(document):
    found = list(document.get("links", []))
    for item in document.get("collections", []):
        found += item["links"]
    return found


def test_the_page_for_people_fetches_nothing_from_elsewhere(ask):
    page = ask.get("/", headers={"Accept": "text/html"}).text
    assert "http://localhost/api/ogc" in page
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert all(item.startswith(("/", "http://localhost/", "#", "?")) for item in addresses)


def test_conformance_says_what_is_there(ask):
    found = ask.get("/conformance").json["conformsTo"]
    for part in (
        "features-1/1.0/conf/core",
        "features-2/1.0/conf/crs",
        "features-3/1.0/conf/filter",
        "features-4/1.0/conf/update",
    ):
        assert f"http://www.opengis.net/spec/ogcapi-{part}" in found
    assert not any(item.endswith("conf/html") for item in found)
    assert ask.get("/conformance").json["conformsTo"] == found  # pygeoapi's own list grows with every request


def test_openapi_refers_to_nothing_outside_itself(ask):
    text = ask.get("/openapi").text
    assert all(item.startswith("#/") for item in re.findall(r'"\$ref": ?"([^"]+)"', text))
    document = json.loads(text)
    assert document["components"]["parameters"]["limit"]["schema"]["maximum"] == 10_000
    assert set(document["paths"]["/collections/roads/items"]) == {"get", "post"}


def test_schema_has_titles_codes_limits_and_roles(ask):
    found = ask.get("/collections/roads/schema").json["properties"]
    assert found["surface_type"]["title"] == "路面类型"
    assert "水泥" in found["surface_type"]["enum"]
    assert found["width_m"] == {"title": "路面宽度", "type": "number", "minimum": 0.1, "maximum": 60, "x-ogc-unit": "m"}
    assert found["ver"]["readOnly"]
    assert found["length_m"]["readOnly"]
    assert found["geometry"]["x-ogc-role"] == "primary-geometry"
    english = ask.get("/collections/roads/schema?lang=en").json["properties"]
    assert english["surface_type"]["title"] == "Surface"


def test_pages_follow_one_another_with_the_whole_question(ask):
    url, seen = f"{ITEMS}?limit=7&filter=width_m%20%3E%203.2&sortby=-width_m", []
    while url:
        found = ask.get(url)
        page = names(found)
        assert found.json["numberReturned"] == len(page) <= 7
        seen += page
        following = [item["href"] for item in found.json["links"] if item["rel"] == "next"]
        url = following[0].removeprefix("http://localhost/api/ogc") if following else None
    assert len(seen) == len(set(seen)) == found.json["numberMatched"] > 14
    last = ask.get(f"{ITEMS}?limit=7&offset=7").json["links"]
    assert {item["rel"] for item in last} == {"self", "next", "prev", "collection"}


def test_a_limit_beyond_the_cap_is_cut(ask):
    assert ask.get(f"{ITEMS}?limit=1000000").json["numberReturned"] == 40
    hits = ask.get(f"{ITEMS}?resulttype=hits").json
    assert (hits["numberMatched"], hits["features"]) == (40, [])


def test_order_properties_and_geometry_are_chosen(ask):
    assert names(ask.get(f"{ITEMS}?sortby=-segment_id&limit=2")) == ["R00039", "R00038"]
    found = ask.get(f"{ITEMS}?properties=name,lanes&skipGeometry=true&limit=1").json["features"][0]
    assert found["geometry"] is None
    assert set(found["properties"]) == {"name", "lanes", "ver"}


def test_fields_are_parameters(ask):
    assert names(ask.get(f"{ITEMS}?segment_id=R00007")) == ["R00007"]
    assert len(names(ask.get(f"{ITEMS}?all_season=true"))) == 14
    assert len(names(ask.get(f"{ITEMS}?lanes=2&surface_type=沥青"))) == 4
    assert ask.get(f"{ITEMS}?lanes=x").status_code == 400


@pytest.mark.parametrize(
    "question",
    [
        "nix=1",
        "limit=x",
        "limit=0",
        "limit=-3",
        "offset=-1",
        "offset=99999999999999999999",
        "sortby=nix",
        "properties=nix",
        "bbox=1,2,3",
        "bbox=1,2,x,4",
        "bbox=3,2,1,4",
        "bbox=nan,2,1,4",
        "bbox=36,104,37,inf",
        "bbox=-200,-100,-190,-95",
        "bbox-crs=http://www.opengis.net/def/crs/EPSG/0/4490",
        "bbox=1,2,3,4&bbox-crs=nix",
        "crs=http://www.opengis.net/def/crs/EPSG/0/27700",
        "crs=http://169.254.169.254/",
        "filter=nix=1",
        "filter=name='x'&filter-lang=sql",
        "filter=name='x'&filter-crs=nix",
        "datetime=gestern",
        "f=xml",
        "q=x",
    ],
)
def test_what_cannot_be_used_is_refused_in_both_shapes(ask, question):
    found = ask.get(f"{ITEMS}?{question}")
    assert found.status_code == 400
    assert set(found.json) >= {"code", "message", "request_id", "description"}
    assert "Traceback" not in found.text
    assert "SELECT" not in found.text


def test_what_is_not_there_is_not_found(ask):
    assert ask.get("/collections/nix").status_code == 404
    assert ask.get("/collections/nix/items").status_code == 404
    found = ask.get(f"{ITEMS}/nix")
    assert (found.status_code, found.json["code"]) == (404, "not_found")
    assert ask.get("/nix").status_code == 404


def test_a_feature_has_its_version_as_etag(ask):
    feature = ask.item("R00003")
    found = ask.get(f"{ITEMS}/{feature['id']}")
    assert found.headers["ETag"] == '"1"'
    assert found.json["properties"] == feature["properties"]
    again = ask.get(f"{ITEMS}/{feature['id']}", headers={"If-None-Match": '"1"'})
    assert (again.status_code, again.get_data()) == (304, b"")


def test_a_table_without_geometry_has_features_without_geometry(ask):
    found = ask.get("/collections/areas/items").json
    assert {item["geometry"] for item in found["features"]} == {None}
    assert ask.get("/collections/areas/items?bbox=103,35,105,37").json["numberMatched"] == 0
    described = ask.get("/collections/areas").json
    assert described["storageCrs"] == EPSG + "4490"


# Part 2


def test_the_default_is_longitude_latitude(ask):
    found = ask.get(f"{ITEMS}?limit=1")
    assert found.headers["Content-Crs"] == f"<{CRS84}>"
    assert found.json["features"][0]["geometry"]["coordinates"][0] == [104.01, 36.001]


@pytest.mark.parametrize("code", [4490, 4326, 4523, 4544])
def test_coordinates_come_in_the_axis_order_of_the_registry(ask, code):
    plain = ask.get(f"{ITEMS}?limit=3").json["features"]
    uri = f"{EPSG}{code}"
    found = ask.get(f"{ITEMS}?limit=3&crs={uri}")
    assert found.headers["Content-Crs"] == f"<{uri}>"
    there = Transformer.from_crs("EPSG:4490", CRS.from_epsg(code))  # no always_xy: axes as the registry defines them
    for before, after in zip(plain, found.json["features"], strict=True):
        for (x, y), moved in zip(before["geometry"]["coordinates"], after["geometry"]["coordinates"], strict=True):
            assert moved == pytest.approx(list(there.transform(y, x)), abs=1e-6 if code > 4500 else 1e-12)
    first_axis = CRS.from_epsg(code).axis_info[0].direction
    assert first_axis == "north"
    latitude = found.json["features"][0]["geometry"]["coordinates"][0][0]
    assert latitude == pytest.approx(36.001) if code < 4500 else latitude > 3_900_000


def test_one_feature_comes_in_a_crs_too(ask):
    number = ask.item("R00000")["id"]
    found = ask.get(f"{ITEMS}/{number}?crs={EPSG}4490")
    assert found.json["geometry"]["coordinates"][0] == [36.001, 104.01]
    assert found.headers["Content-Crs"] == f"<{EPSG}4490>"


def test_a_box_is_read_in_its_crs(ask):
    box = "104.0,36.0,104.06,36.02"
    wanted = names(ask.get(f"{ITEMS}?bbox={box}"))
    assert 0 < len(wanted) < 40
    assert names(ask.get(f"{ITEMS}?bbox=36.0,104.0,36.02,104.06&bbox-crs={EPSG}4490")) == wanted
    there = Transformer.from_crs("EPSG:4490", "EPSG:4523")
    south, west, north, east = there.transform_bounds(36.0, 104.0, 36.02, 104.06)
    zone = names(ask.get(f"{ITEMS}?bbox={south},{west},{north},{east}&bbox-crs={EPSG}4523"))
    assert set(wanted) <= set(zone)
    assert names(ask.get(f"{ITEMS}?bbox=104.0,36.0,0,104.06,36.02,9000")) == wanted


def test_a_filter_geometry_is_read_in_its_crs(ask):
    wanted = names(ask.get(f"{ITEMS}?filter=S_INTERSECTS(geometry,BBOX(104,36,104.06,36.02))"))
    swapped = ask.get(f"{ITEMS}?filter=S_INTERSECTS(geometry,BBOX(36,104,36.02,104.06))&filter-crs={EPSG}4490")
    assert names(swapped) == wanted
    as_json = {
        "op": "s_intersects",
        "args": [{"property": "geometry"}, shapely.geometry.mapping(shapely.box(104, 36, 104.06, 36.02))],
    }
    found = ask.get(ITEMS, query_string={"filter": json.dumps(as_json), "filter-lang": "cql2-json"})
    assert names(found) == wanted


def test_features_in_force_at_a_time(writer):
    ask = writer
    feature = ask.item("R00001")
    body = {"properties": {"valid_from": "2024-01-01", "valid_to": "2024-12-31"}}
    assert ask("PATCH", f"{ITEMS}/{feature['id']}", json=body).status_code == 204
    for text, inside in [
        ("2024-06-01", True),
        ("2025-06-01", False),
        ("../2023-01-01", False),
        ("2024-12-31T10:00:00Z/..", True),
    ]:
        assert ("R00001" in names(ask.get(f"{ITEMS}?datetime={text}"))) is inside
    assert len(names(ask.get(f"{ITEMS}?datetime=../.."))) == 40


# who sees what


def test_nobody_is_asked_for_a_password(asks):
    found = asks().get("/collections")
    assert found.status_code == 401
    assert found.headers["WWW-Authenticate"].startswith("Basic ")
    assert found.json["code"] == "not_signed_in"


def test_a_collection_that_is_not_readable_is_not_there(asks):
    ask = asks("wang")
    listed = {item["id"] for item in ask.get("/collections").json["collections"]}
    assert "roads" in listed
    assert "monitored_households" not in listed
    hidden, absent = ask.get("/collections/monitored_households/items"), ask.get("/collections/nix/items")
    assert hidden.status_code == absent.status_code == 404
    assert hidden.json["code"] == absent.json["code"]


def test_somebody_of_a_township_sees_its_rows_only(asks):
    ask, everybody = asks("xi"), asks("wang")
    assert ask.get(ITEMS).json["numberMatched"] == 20
    assert everybody.get(ITEMS).json["numberMatched"] == 40
    other = everybody.item("R00001")["id"]
    assert ask.get(f"{ITEMS}/{other}").status_code == 404
    for question in ["filter=1=1", "filter=true OR true", "segment_id=R00001", "bbox=104.1,36,104.2,36.1", "filter=not name='x'"]:
        found = ask.get(f"{ITEMS}?{question}").json
        assert all(item["properties"]["township_code"] == "620122101000" for item in found["features"])
        assert found["numberMatched"] <= 20
    box = ask.get("/collections/roads").json["extent"]["spatial"]["bbox"][0]
    assert box[2] <= 104.1 + 1e-9


def test_rights_are_announced(asks):
    assert "POST" in asks("wang")("OPTIONS", ITEMS).headers["Allow"]
    assert "POST" in asks("sun")("OPTIONS", ITEMS).headers["Allow"]
    assert "POST" not in asks("kan")("OPTIONS", ITEMS).headers["Allow"]
    assert asks("wang")("OPTIONS", f"{ITEMS}/unknown_id").headers["Allow"] == "GET, HEAD, OPTIONS, PUT, PATCH, DELETE"
    assert asks()("OPTIONS", ITEMS).status_code == 401


def test_english_readers_are_told_in_english(ask):
    found = ask.get("/collections/roads?lang=en").json
    assert (found["title"], ask.get("/collections/roads").json["title"]) == ("Roads", "路段")


def test_what_is_not_there_leaves_no_error_in_the_log(ask, caplog):
    assert ask.get(f"{ITEMS}/never-was").status_code == 404
    assert ask.get("/collections/nix").status_code == 404
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []
