"""The framed map is shut off: its own policy, an opaque origin, and only what was asked for inside."""

import json
import re


def data_of(text):
    return json.loads(re.search(r'id="xt-data">(.*?)</script>', text, re.DOTALL).group(1))


def test_frame_has_a_policy_of_its_own(web):
    answer = web.get("/map/frame?indicator=RD1&level=township")
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox allow-scripts;")
    assert "allow-same-origin" not in policy
    assert "connect-src 'none'" in policy
    assert "script-src http://127.0.0.1:8000 'nonce-" in policy
    assert "https://" not in answer.text.replace("http://www.w3.org", "")


def test_values_are_those_of_the_run(web):
    values = web.json("/map/values?indicator=RD1&level=township")
    rows = {feature["properties"]["c"]: feature["properties"] for feature in values["choropleth"]["features"]["features"]}
    assert len(rows) == 4
    assert round(rows["990101001"]["v"], 4) == 75
    assert rows["990102002"]["v"] == 0
    assert sum(values["choropleth"]["counts"]) + values["choropleth"]["no_data"] == 4


def test_area_leaves_its_neighbours_uncoloured(web):
    values = web.json("/map/values?indicator=RD1&level=village&area=990101")
    assert len(values["choropleth"]["features"]["features"]) == 4
    around = next(layer for layer in values["layers"] if layer["name"] == "neighbours")
    assert [feature["properties"]["c"] for feature in around["features"]["features"]] == ["990102"]


def test_without_a_run_every_area_is_no_data(web):
    values = web.json("/map/values?indicator=RD1&level=county&profile=sphere")
    assert values["choropleth"]["no_data"] == 2


def test_unknown_indicator_and_level_fall_back(web):
    assert web.json("/map/values?indicator=nothing")["choropleth"] is None
    values = web.json("/map/values?indicator=RD1&level=nothing")
    assert len(values["choropleth"]["features"]["features"]) == 2


def test_empty_store_draws_an_empty_map(bare):
    assert bare.json("/map/values?indicator=RD1")["choropleth"] is None
    assert data_of(bare.page("/map/frame"))["layers"] == []


def test_frame_speaks_the_language_asked_for(web):
    assert data_of(web.page("/map/frame?lang=en"))["language"] == "en"


def test_values_are_kept_and_a_browser_that_holds_them_is_told(web):
    first = web.get("/map/values?indicator=RD1&level=township&lang=en")
    tag = first.headers["ETag"]
    assert first.headers["Cache-Control"] == "private, no-cache"
    again = web.get("/map/values?indicator=RD1&level=township&lang=en", headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    for other in ("level=county&lang=en", "level=township&lang=zh"):
        answer = web.get(f"/map/values?indicator=RD1&{other}", headers={"If-None-Match": tag})
        assert answer.status_code == 200
