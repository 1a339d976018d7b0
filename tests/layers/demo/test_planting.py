import pandas as pd
import pytest

from layers.demo import rows
from layers.demo.planting import NothingFitsError, Planting


@pytest.fixture
def planting():
    return Planting({"areas": rows.frame("areas", {"area_code": ["1", "2", "3"], "rank": [1, 2, 2]})}, set())


def test_a_row_is_taken_once(planting):
    every = pd.Series([True] * 3, index=[1, 2, 3])
    assert [planting.pick("areas", every)[1] for _ in range(3)] == [1, 2, 3]
    with pytest.raises(NothingFitsError, match="no row of areas fits"):
        planting.pick("areas", every)


def test_the_place_counts_along_the_rows_that_fit(planting):
    assert planting.pick("areas", planting.frames["areas"]["rank"] == 2, 1000) == ("areas", 3)


def test_values_are_changed_and_read(planting):
    row = planting.pick("areas", planting.frames["areas"]["rank"] == 1)
    planting.put(row, area_name="甘肃省", rank=9)
    assert (planting.of(row, "area_name"), planting.get("areas", 1, "rank")) == ("甘肃省", 9)
