"""Small drawings as numbers."""

from hypothesis import given
from hypothesis import strategies as st

from geo_app.web import plots


def test_one_point_is_no_line():
    assert plots.line([1.0]) is None
    assert plots.line([None, 5.0, None]) is None
    assert plots.line([]) is None


@given(st.lists(st.floats(0, 100) | st.none(), min_size=2, max_size=40))
def test_line_stays_in_its_box(values):
    found = plots.line(values, width=96, height=22)
    if found is None:
        return
    for point in found.points.split():
        x, y = map(float, point.split(","))
        assert 0 <= x <= 96
        assert 0 <= y <= 22


@given(st.lists(st.floats(0, 100), max_size=60))
def test_every_area_is_in_one_bar(values):
    found = plots.bars(values)
    assert sum(bar.count for bar in found) == len(values)
    assert all(0 <= bar.share <= 1 for bar in found)
