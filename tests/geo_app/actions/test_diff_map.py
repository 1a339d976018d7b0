"""What the map of differences draws: two states of a feature, or three of one that was changed meanwhile."""

import shapely

from geo_app.actions import diff_map
from geo_app.actions.diff import describe
from layers.catalogue import layer
from layers.store import EVERYWHERE

ROADS = layer("roads")
SEEN = shapely.LineString([(105.0, 36.05), (105.4, 36.05)])
ASKED = shapely.LineString([(105.0, 36.05), (105.2, 36.06), (105.4, 36.05)])
NOW = shapely.LineString([(105.0, 36.05), (105.2, 36.02), (105.4, 36.05)])


def drawn(store, *features, language="zh"):
    made = diff_map.spec(store, features, reaches={"roads": EVERYWHERE}, language=language)
    return {item.name: item for item in made.layers if item.name in {"diff_before", "diff_after", "diff_present", "result"}}, made


def test_two_states_keep_their_words(small):
    found = describe(ROADS, {"geometry": SEEN}, {"geometry": ASKED})
    layers, _ = drawn(small, diff_map.of_diff(ROADS, "甲", found))
    assert {name: item.title for name, item in layers.items()} == {"diff_before": "原来的", "diff_after": "改后的"}


def test_three_states_are_three_layers_with_a_title_each(small):
    layers, made = drawn(small, diff_map.Drawn(ROADS, "甲", before=SEEN, after=ASKED, present=NOW), language="en")
    titles = {name: item.title for name, item in layers.items()}
    assert titles == {"diff_present": "as it is now", "diff_before": "as it was seen", "diff_after": "as requested"}
    shapes = {name: item.frame.geometry.iloc[0] for name, item in layers.items()}
    assert shapes == {"diff_present": NOW, "diff_before": SEEN, "diff_after": ASKED}
    assert made.extent[1] < 36.02
    assert made.extent[3] > 36.06


def test_what_lies_beside_finds_room_and_is_not_drawn(small):
    found = describe(ROADS, {"geometry": SEEN}, {"geometry": ASKED})
    layers, made = drawn(small, diff_map.of_diff(ROADS, "甲", found, (SEEN, None, NOW)))
    assert set(layers) == {"diff_before", "diff_after"}
    assert made.extent[1] < 36.02
    _, other = drawn(small, diff_map.of_diff(ROADS, "甲", describe(ROADS, {"geometry": SEEN}, {"geometry": NOW}), (ASKED,)))
    assert other.extent == made.extent
