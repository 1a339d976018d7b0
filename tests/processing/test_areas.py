"""Areas: a tree given by data, in which codes are opaque and nothing is lost."""

import geopandas as gpd
import pandas as pd
import pytest

from processing.areas import Areas
from processing.errors import AreaTreeError, UnknownLevelError
from processing.groups import groups_of, title


def china():
    return {
        "areas": pd.DataFrame(
            {
                "area_code": ["62", "6204", "620422", "620422100", "620422100201"],
                "area_name": ["甘肃省", "白银市", "会宁县", "会师镇", "南十村"],
                "parent_code": [None, "62", "6204", "620422", "620422100"],
                "rank": [1, 2, 3, 4, 5],
                "groups": [None, None, ["old revolutionary"], None, None],
            }
        )
    }


def test_hierarchy_of_china():
    areas = Areas.from_layers(china())
    assert [level.name for level in areas.levels] == ["province", "prefecture", "county", "township", "village"]
    assert areas.ancestors("620422100201") == ("620422100201", "620422100", "620422", "6204", "62")
    assert areas.ancestor("620422100201", "county") == "620422"
    assert areas.ancestor("620422", "village") is None
    assert areas.ancestor("unknown", "county") is None
    assert areas.ancestors("unknown") == ()
    assert (areas.name("620422"), areas.name("unknown")) == ("会宁县", "unknown")
    assert (areas.level_of("6204"), areas.level_of("unknown")) == ("prefecture", None)
    assert (areas.scheme("62"), areas.scheme("unknown")) == ("cn-12", None)
    assert "62" in areas
    assert "63" not in areas
    assert len(areas) == 5


def test_codes_of_another_country_are_never_cut():
    areas = Areas(
        pd.DataFrame(
            {
                "area_code": ["37", "742", "7754"],
                "area_name": ["Ladakh", "Leh", "Durbugh"],
                "level": ["state", "district", "block"],
                "parent_code": [None, "37", "742"],
                "rank": [1, 3, 4],
                "scheme": "pmgsy",
            }
        )
    )
    table = areas.ancestors_table()
    assert list(table.columns) == ["state", "district", "block"]
    assert table.loc["7754"].tolist() == ["37", "742", "7754"]
    assert table.loc["37"].tolist() == ["37", None, None]
    assert areas.within(["742"]).tolist() == [False, True, True]


def test_missing_areas_come_from_the_layers_that_draw_them():
    inputs = {
        "areas": pd.DataFrame({"area_code": ["620422"], "area_name": ["会宁"], "parent_code": ["6204"], "level": ["county"]}),
        "counties": pd.DataFrame(
            {"county_code": ["620422", "620402"], "name": ["会宁县", "白银区"], "prefecture_code": "6204", "province_code": "62"}
        ),
        "townships": pd.DataFrame({"township_code": ["t1"], "name": ["会师镇"], "county_code": ["620422"]}),
        "villages": pd.DataFrame({"village_code": ["v1", None], "name": ["南十村", "?"], "township_code": ["t1", "t1"]}),
    }
    areas = Areas.from_layers(inputs)
    assert areas.name("620422") == "会宁"
    assert areas.name("620402") == "白银区"
    assert areas.name("6204") == "6204"
    assert areas.ancestor("v1", "province") == "62"
    assert len(areas) == 6
    assert areas.orphans == ()


def test_villages_without_townships_lie_in_their_county():
    areas = Areas.from_layers({"villages": pd.DataFrame({"village_code": ["v"], "county_code": ["c"]})})
    assert areas.orphans == ("c",)
    assert areas.ancestors("v") == ("v",)


def test_a_village_whose_township_is_not_stated_lies_in_its_county():
    villages = pd.DataFrame({"village_code": ["v", "w"], "township_code": ["t", None], "county_code": ["c", "c"]})
    areas = Areas.from_layers({"villages": villages, "townships": pd.DataFrame({"township_code": ["t"], "county_code": ["c"]})})
    assert areas.ancestors("v") == ("v", "t")
    assert areas.frame.set_index("area_code").loc["w", "parent_code"] == "c"


def test_no_layers_give_no_areas():
    areas = Areas.from_layers({})
    assert len(areas) == 0
    assert areas.levels == ()
    assert areas.positions(["x", None]).tolist() == [-1, -1]


def test_groups_from_every_layer():
    inputs = china() | {
        "key_counties": pd.DataFrame({"county_code": ["620422", "x", None], "level": ["国家", "省", "国家"]}),
        "counties": pd.DataFrame({"county_code": ["620422"], "county_class": ["示范创建县"], "toilet_class": ["二类"]}),
        "villages": pd.DataFrame(
            {
                "village_code": ["620422100201", "v2", "v3"],
                "township_code": "620422100",
                "key_village_level": ["city", "none", None],
                "former_poor_village": pd.array([True, None, False], dtype="boolean"),
                "demo_level": [None, "province", "none"],
            }
        ),
    }
    areas = Areas.from_layers(inputs)
    assert areas.groups["key_counties"] == {"620422", "x"}
    assert areas.groups["key_counties_national"] == {"620422"}
    assert areas.groups["key_counties_provincial"] == {"x"}
    assert areas.groups["key_villages"] == {"620422100201"}
    assert areas.groups["former_poor_villages"] == {"620422100201"}
    assert areas.groups["demo_villages"] == {"v2"}
    assert areas.groups["demo_counties"] == areas.groups["toilet_class_2"] == {"620422"}
    assert areas.groups["old revolutionary"] == {"620422"}
    assert areas.group_masks["key_counties"].sum() == 5


def test_a_group_stated_twice_has_the_members_of_both():
    inputs = china()
    inputs["areas"]["groups"] = [None, None, ["key_counties"], None, None]
    inputs["key_counties"] = pd.DataFrame({"county_code": ["other"]})
    assert Areas.from_layers(inputs).groups["key_counties"] == {"620422", "other"}


def test_group_titles():
    assert title("key_counties") == "重点帮扶县"
    assert title("settlements", "en") == "Relocation settlements"
    assert groups_of({}) == {}
    assert groups_of({"settlements": pd.DataFrame({"settlement_id": ["S1", None]})}) == {"settlements": {"S1"}}
    assert groups_of({"key_counties": pd.DataFrame({"name": ["x"]})}) == {}


def test_empty_geometry_frames_are_taken():
    areas = Areas.from_layers({"villages": gpd.GeoDataFrame({"village_code": []}, geometry=[], crs=4490)})
    assert len(areas) == 0


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        ({"area_code": ["a", "a"], "rank": [3, 3]}, "doubled: a"),
        ({"area_code": ["a", "b"], "parent_code": ["b", "a"], "rank": [3, 4]}, "smaller rank"),
        ({"area_code": ["a"], "level": ["quarter"]}, "neither a rank nor a known level"),
    ],
)
def test_contradictions_are_named(frame, message):
    with pytest.raises(AreaTreeError, match=message):
        Areas(pd.DataFrame(frame))


def test_unknown_level_names_those_there_are():
    with pytest.raises(UnknownLevelError, match="levels are: province, prefecture"):
        Areas.from_layers(china()).column("block")


def test_the_input_is_not_changed():
    inputs = china()
    before = inputs["areas"].copy(deep=True)
    Areas.from_layers(inputs)
    pd.testing.assert_frame_equal(inputs["areas"], before)


def test_derived_areas_take_the_level_names_of_the_scheme():
    counties = pd.DataFrame({"county_code": ["D"], "name": ["Leh"], "province_code": ["S"]})
    areas = Areas.from_layers({"counties": counties}, level_names={1: "state", 3: "district"})
    assert [level.name for level in areas.levels] == ["state", "district"]
    stated = pd.DataFrame({"area_code": ["D2"], "level": ["zila"], "rank": [3]})
    both = Areas.from_layers({"areas": stated, "counties": counties}, level_names={3: "district"})
    assert both.level_of("D") == "zila"
