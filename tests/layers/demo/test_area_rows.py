import pytest

from layers.demo.area_rows import short_name


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("东湾村委会", "东湾村"),
        ("金滩村民委员会", "金滩村"),
        ("河靖坪村村民委员会", "河靖坪村"),
        ("中心街社区居民委员会", "中心街社区"),
        ("东街居委会", "东街社区"),
        ("某农场", "某农场"),
    ],
)
def test_short_names(name, short):
    assert short_name(name) == short


def test_villages_agree_with_their_hamlets(county):
    villages, hamlets = county.frames["villages"], county.frames["hamlets"]
    rural = villages[villages["urban_rural_code"].isin(["210", "220"])].set_index("village_code")
    sums = hamlets.groupby("village_code")[["population", "households"]].sum()
    assert (rural["pop_registered"] == sums["population"].loc[rural.index]).all()
    assert (rural["households"] == sums["households"].loc[rural.index]).all()


def test_one_village_a_township_is_its_centre(county):
    villages = county.frames["villages"]
    centres = villages[villages["urban_rural_code"] == "210"].groupby("township_code").size()
    assert (centres == 1).all()


def test_areas_name_every_level_of_the_county(county):
    areas = county.frames["areas"]
    assert set(areas["level"]) == {"province", "prefecture", "county", "township", "village"}
    assert (areas["scheme"] == "cn-12").all()
    assert (areas["data_quality"] == "registered").all()
