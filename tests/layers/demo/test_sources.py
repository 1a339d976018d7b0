import re

import pytest
import shapely

from geo_app.config import Settings
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


def test_the_folder_may_be_named(tmp_path):
    (tmp_path / "villages.csv").write_text("code,name,streetCode\n", encoding="utf-8")
    assert sources.names_dir(tmp_path) == tmp_path


def test_the_folder_is_found_from_any_working_directory(tmp_path, monkeypatch):
    checkout = tmp_path / "checkout"
    names = checkout / sources.NAMES_DIR
    names.mkdir(parents=True)
    (names / "villages.csv").write_text("code,name,streetCode\n", encoding="utf-8")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    monkeypatch.setattr(sources, "__file__", str(checkout / "layers" / "demo" / "sources.py"))
    assert sources.names_dir() == names
    monkeypatch.setattr(sources, "__file__", str(tmp_path / "site-packages" / "layers" / "demo" / "sources.py"))
    monkeypatch.setattr(sources.sys, "prefix", str(checkout / ".venv"))
    assert sources.names_dir() == names


def test_the_message_names_a_setting_that_there_is(tmp_path):
    with pytest.raises(DemoSourceError) as raised:
        sources.names_dir(tmp_path)
    (name,) = re.findall(r"XIANGTU_\w+", str(raised.value))
    assert Settings.from_env({name: str(tmp_path)}).names_dir == tmp_path
