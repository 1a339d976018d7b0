import shapely
from hypothesis import given
from hypothesis import strategies as st

from map_templates.labels import CLEARANCE_MM, Label, place, short_name

FRAME = (0.0, 0.0, 100.0, 80.0)
LABELS = st.lists(
    st.builds(
        Label,
        text=st.just("村"),
        x_mm=st.floats(0, 100),
        y_mm=st.floats(0, 80),
        width_mm=st.floats(1, 20),
        height_mm=st.floats(1, 4),
        rank=st.integers(0, 9),
        gap_mm=st.sampled_from([0.0, 1.0]),
    ),
    max_size=40,
)


def _box(placed):
    label = placed.label
    return shapely.box(
        placed.x_mm - label.width_mm / 2,
        placed.y_mm - label.height_mm / 2,
        placed.x_mm + label.width_mm / 2,
        placed.y_mm + label.height_mm / 2,
    )


@given(LABELS)
def test_no_label_lies_over_another_or_over_the_frame(labels):
    placed, left = place(labels, FRAME, [(40.0, 40.0, 50.0, 50.0)])
    boxes = [_box(item) for item in placed]
    assert len(placed) + len(left) == len(labels)
    for i, box in enumerate(boxes):
        assert shapely.box(*FRAME).buffer(1e-9).contains(box)
        assert not box.intersects(shapely.box(40, 40, 50, 50))
        assert all(box.distance(other) > CLEARANCE_MM * 0.99 for other in boxes[:i])


def test_the_important_name_is_placed_first():
    village, town = Label("村", 50, 40, 60, 4, rank=5), Label("镇", 50, 40, 60, 4, rank=1)
    placed, _ = place([village, town], (0, 36, 100, 44))
    assert [item.label.text for item in placed] == ["镇"]


def test_an_area_name_stands_only_where_it_fits():
    wide, thin = shapely.box(10, 10, 40, 20), shapely.box(60, 10, 62, 70)
    placed, left = place([Label("宽", 25, 15, 12, 3, inside=wide), Label("窄", 61, 40, 12, 3, inside=thin)], FRAME)
    assert [item.label.text for item in placed] == ["宽"]
    assert [label.text for label in left] == ["窄"]
    assert wide.contains(_box(placed[0]))


def test_an_area_that_vanished_gets_no_name():
    placed, left = place([Label("空", 25, 15, 12, 3, inside=shapely.Polygon())], FRAME)
    assert (placed, len(left)) == ([], 1)


def test_an_area_name_moves_to_where_there_is_room():
    area = shapely.box(10, 10, 60, 60)
    taken = [(25.0, 25.0, 45.0, 45.0)]
    placed, _ = place([Label("县", 35, 35, 10, 4, inside=area)], FRAME, taken)
    assert area.contains(shapely.box(*placed[0].box))
    assert not shapely.box(*placed[0].box).intersects(shapely.box(*taken[0]))


def test_long_official_names_are_printed_short():
    assert short_name("上沟村村民委员会") == "上沟村"
    assert short_name("居民委员会") == "居民委员会"
