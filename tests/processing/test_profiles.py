"""Thresholds: dated, sourced, by area; an override changes one and says so."""

from datetime import date

import pandas as pd
import pytest

from processing import profiles
from processing.areas import Areas
from processing.errors import ProfileValueError, UnknownProfileError
from processing.indicators import INDICATORS
from processing.profiles import EVERYWHERE, Profile, Threshold


@pytest.fixture
def areas():
    codes = ["50", "5001", "43", "4304"]
    return Areas(pd.DataFrame({"area_code": codes, "parent_code": [None, "50", None, "43"], "rank": [1, 2, 1, 2]}))


@pytest.mark.parametrize("name", profiles.names())
def test_every_value_has_a_unit_a_source_a_date_and_a_certainty(name):
    profile = profiles.load(name)
    assert profile.name == name
    assert profile.title("zh") != profile.title("en")
    for item in profile.thresholds:
        known = profiles.keys()
        assert item.key in known
        assert item.unit == known[item.key].unit
        assert item.source
        assert item.valid_from is not None
        assert item.certainty in profiles.CERTAINTIES


def test_every_key_has_titles_and_the_default_profile_a_value():
    for key in profiles.keys().values():
        assert key.zh
        assert key.en
        assert key.name in profiles.load()


def test_every_key_decides_something():
    used = {key for item in INDICATORS.values() for key in item.parameters}
    assert set(profiles.keys()) == used


def test_alternatives_differ_where_they_should():
    radius = {name: profiles.load(name).at("road_access.radius_m").value for name in ("rai", "rai500", "rai1000")}
    assert radius == {"rai": 2000, "rai500": 500, "rai1000": 1000}
    assert profiles.load("jmp").at("water.fetch_minutes").value == 15
    assert profiles.load("sphere").at("water.quantity_l").value == 15
    assert profiles.load("hunan2021").at("gap.sn1_pct").value == 90
    assert profiles.load("moh_2004").at("water.fetch_rule").value == "time"
    assert profiles.load("tches18_full").at("water.quantity_l").unverified


def scoped(key="water.fetch_distance_m"):
    rows = [(800, EVERYWHERE, 2018), (1000, "43", 2020), (600, "4304", 2019), (900, "43", 2022)]
    return Profile(
        "p", "", "", tuple(Threshold(key, float(v), "m", scope, date(year, 1, 1), "s", "page") for v, scope, year in rows)
    )


@pytest.mark.parametrize(
    ("area", "on", "value"),
    [(None, None, 800), ("43", date(2021, 1, 1), 1000), ("43", date(2023, 1, 1), 900), ("4304", date(2023, 1, 1), 600),
     ("5001", date(2023, 1, 1), 800), ("nowhere", None, 800), ("43", date(2000, 1, 1), 900)],
)  # fmt: skip
def test_the_finest_scope_then_the_newest_counts(areas, area, on, value):
    assert scoped().at("water.fetch_distance_m", area, areas, on).value == value


def test_values_by_unit(areas):
    found = scoped().per_unit("water.fetch_distance_m", ["43", "5001", None, "4304"], areas, date(2023, 1, 1))
    assert found.tolist() == [900, 800, 800, 600]
    assert profiles.load().per_unit("water.fetch_distance_m", [None, "43"], areas).tolist() == [800, 800]


def test_a_scope_is_found_in_every_form_of_its_code():
    areas = Areas(pd.DataFrame({"area_code": ["430000000000"], "rank": [1]}))
    assert scoped().at("water.fetch_distance_m", "430000000000", areas, date(2023, 1, 1)).value == 900
    assert profiles.code_forms("leh") == ("leh",)


def test_override_is_marked_as_given():
    profile = profiles.load().override({"road_access.radius_m": 500, "road.hardened_surfaces": "水泥, 砖石块"})
    assert profile.at("road_access.radius_m").certainty == "given"
    assert profile.at("road.hardened_surfaces").value == ("水泥", "砖石块")
    assert profile.override({"road_access.radius_m": 700}).overrides == ("road_access.radius_m", "road.hardened_surfaces")
    assert profiles.load().at("road_access.radius_m").value == 2000


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("road_access.radius_m", "far", "must be a number; found 'far'"),
        ("road_access.radius_m", -1, "must lie in 1–50000"),
        ("road_access.variant", "best", "must be one of all_season, passability"),
        ("road.outclass_hardened_is_all_season", "yes", "must be true or false"),
    ],
)
def test_a_wrong_value_is_refused(key, value, message):
    with pytest.raises(ProfileValueError, match=message):
        profiles.load().override({key: value})


def test_flags_may_be_words():
    changed = profiles.load().override({"road.outclass_hardened_is_all_season": "false"})
    assert changed.at("road.outclass_hardened_is_all_season").value is False


def test_unknown_names_are_refused_with_those_there_are():
    with pytest.raises(UnknownProfileError, match="profiles are: tches18"):
        profiles.load("who")
    with pytest.raises(UnknownProfileError, match=r"No threshold is called x\.y"):
        profiles.load().override({"x.y": 1})
    with pytest.raises(UnknownProfileError, match=r"has no value for 'x\.y'"):
        profiles.load().at("x.y")


def test_values_that_hold_everywhere_are_listed_by_key():
    listed = profiles.load("sphere").values  # noqa: PD011 - a profile, not a frame
    assert listed["water.fetch_distance_m"].value == 500


def test_no_key_without_minimum_goes_below_zero():
    assert profiles.keys()["water.fetch_minutes"].check(0) == 0
