"""Rows of a layer for the map and the table."""

import pytest

from geo_app.web import features


def test_features_of_a_view(web):
    whole = web.json("/layers/hamlets/features")
    assert (whole["total"], whole["shown"]) == (30, 30)
    part = web.json("/layers/hamlets/features?bbox=105.0,36.0,105.1,36.1")
    assert part["total"] == 4
    one = web.json("/layers/hamlets/features?limit=7")
    assert (one["total"], one["shown"], len(one["features"]["features"])) == (30, 7, 7)
    assert web.json("/layers/hamlets/features?area=990102")["total"] == 14


def test_classes_can_be_hidden(web):
    keys = {entry["key"] for entry in web.json("/layers/roads/features")["legend"]}
    first = min(key.split("/")[0] for key in keys)
    left = web.json(f"/layers/roads/features?hide={first}")
    assert first not in {entry["key"].split("/")[0] for entry in left["legend"]}


def test_rows_are_sorted_filtered_and_paged(web):
    found = web.json("/layers/hamlets/rows?sort=-population&limit=5")
    at = [column["name"] for column in found["columns"]].index("population")
    assert [row["cells"][at] for row in found["rows"]] == [100] * 5
    assert found["total"] == 30
    assert len(web.json("/layers/hamlets/rows?offset=28")["rows"]) == 2
    name = found["rows"][0]["cells"][[column["name"] for column in found["columns"]].index("name")]
    assert web.json(f"/layers/hamlets/rows?text={name}")["total"] >= 1
    assert web.json("/layers/hamlets/rows?text=nobody")["total"] == 0
    assert web.json("/layers/villages/rows?area=990101001")["total"] == 2


def test_codes_are_in_words(web):
    found = web.json("/layers/hamlets/rows")
    at = [column["name"] for column in found["columns"]].index("supply_mode")
    words = {row["cells"][at] for row in found["rows"]}
    assert "central1k" not in words
    english = web.json("/layers/hamlets/rows?lang=en")
    assert words != {row["cells"][at] for row in english["rows"]}


def test_row_has_its_values_and_its_change(web):
    code = web.json("/layers/hamlets/rows")["rows"][0]["code"]
    found = web.json(f"/layers/hamlets/rows/{code}")
    assert found["code"] == code
    assert found["bounds"][0] == found["bounds"][2]
    assert found["history"][0]["change"] >= 1
    assert found["history"][0]["who"] == "li"
    by_id = web.json(f"/layers/hamlets/rows/{found['id']}")
    assert by_id["code"] == code


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/layers/nothing/rows", 404),
        ("/layers/nothing/features", 404),
        ("/layers/areas/features", 404),
        ("/layers/hamlets/rows/none", 404),
        ("/layers/hamlets/rows?sort=nothing", 404),
        ("/layers/hamlets/rows?area=1", 404),
        ("/layers/hamlets/rows?limit=100000", 400),
        ("/layers/hamlets/features?bbox=1,2", 400),
        ("/layers/hamlets/features?bbox=nan,0,1,1", 400),
        ("/layers/hamlets/rows/1'%20OR%201=1", 404),
    ],
)
def test_bad_asking_is_answered(web, path, status):
    web.json(path, status)


def test_thinning_is_even_and_keeps_small_layers_whole():
    import geopandas as gpd

    frame = gpd.GeoDataFrame({"n": range(100)}, geometry=gpd.points_from_xy(range(100), [0] * 100))
    assert len(features.thin(frame, 200)) == 100
    thinned = features.thin(frame, 10)["n"].tolist()
    assert len(thinned) == 10
    assert (thinned[0], thinned[-1]) == (0, 99)
