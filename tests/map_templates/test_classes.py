import math
from itertools import pairwise

import mapclassify
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from map_templates.classes import class_index, class_labels, classes_of, classify, counted, through
from map_templates.errors import SpecError
from map_templates.spec import Classes

VALUES = st.lists(st.one_of(st.floats(0, 100), st.just(float("nan"))), max_size=80)


@given(VALUES, st.sampled_from(["fisher_jenks", "quantile", "equal"]), st.integers(1, 7))
def test_every_area_is_in_one_class_or_has_no_data(values, method, k):
    classes = classify(values, method=method, k=k)
    assert sum(classes.counts) + classes.no_data == len(values)
    assert classes.no_data == sum(math.isnan(v) for v in values)
    assert classes.size <= k
    assert list(classes.breaks) == sorted(classes.breaks)


@given(VALUES, st.sampled_from(["fisher_jenks", "quantile", "equal"]))
def test_a_printed_value_lies_in_the_printed_class(values, method):
    classes = classify(values, method=method, decimals=1)
    labels = [[float(end) for end in label.split(" – ")] for label in class_labels(classes)]
    for value, index in zip(values, class_index(classes, values), strict=True):
        if index < 0:
            assert math.isnan(value)
        else:
            shown = float(f"{np.round(value, 1):.1f}")
            assert labels[index][0] <= shown <= labels[index][-1]


@given(VALUES)
def test_labels_neither_overlap_nor_leave_a_gap(values):
    labels = [label.split(" – ") for label in class_labels(classify(values, method="equal", decimals=1))]
    for before, after in pairwise(labels):
        assert round(float(after[0]) - float(before[-1]), 6) == 0.1


@given(VALUES, st.randoms())
def test_the_order_of_rows_does_not_matter(values, random):
    mixed = list(values)
    random.shuffle(mixed)
    assert classify(values) == classify(mixed)


def test_natural_breaks_agree_with_an_independent_implementation():
    for seed in range(4):
        values = np.round(np.random.default_rng(seed).gamma(3, 12, 120), 1)
        theirs = mapclassify.FisherJenks(values, k=5)
        ours = class_index(classify(values, k=5, decimals=1), values)
        assert _spread(values, ours) == pytest.approx(_spread(values, np.asarray(theirs.yb)))


def _spread(values, index):
    return sum(((values[index == i] - values[index == i].mean()) ** 2).sum() for i in np.unique(index))


def test_natural_breaks_are_the_best_of_all_on_a_small_case():
    values = np.array([1.0, 2.0, 4.0, 7.0, 8.0, 12.0, 13.0, 20.0])
    best = min(
        (
            (sum(((part - part.mean()) ** 2).sum() for part in np.split(values, cut)), cut)
            for cut in [(i, j) for i in range(1, 7) for j in range(i + 1, 8)]
        ),
        key=lambda pair: pair[0],
    )
    classes = classify(values, k=3)
    assert classes.breaks[1:-1] == tuple(values[list(best[1])])


def test_many_values_are_sampled_and_still_counted_whole():
    values = np.random.default_rng(4).uniform(0, 100, 20_000)
    classes = classify(values)
    assert sum(classes.counts) == 20_000
    assert classes.size == 5


def test_ties_are_never_parted():
    assert classify([5.0] * 50 + [9.0] * 3, method="quantile").counts == (50, 3)


def test_constant_and_missing_data():
    assert classify([80.0] * 4).counts == (4,)
    nothing = classify([math.nan] * 3)
    assert (nothing.size, nothing.no_data, class_labels(nothing)) == (0, 3, ())
    assert classify([]).no_data == 0


def test_a_constant_prints_one_number():
    assert class_labels(classify([80.0, 80.0])) == ("80",)


def test_given_breaks_hold_the_target_and_are_widened_only_at_the_ends():
    classes = classify([55.0, 89.9, 90.0, 100.0], method="given", given=(60, 90, 95))
    assert classes.breaks == (55.0, 90.0, 100.0)
    assert classes.counts == (2, 2)


def test_a_break_is_moved_onto_the_target(spec):
    values = spec.choropleth.frame["value"]
    plain = classify(values)
    moved = through(plain, values, 90.0)
    assert 90.0 in moved.breaks
    assert moved.size == plain.size
    assert sum(moved.counts) + moved.no_data == len(values)
    assert through(plain, values, 500.0) == plain
    assert classes_of(spec.choropleth) == moved


def test_no_data_by_status_is_not_a_value(spec):
    frame = spec.choropleth.frame.copy()
    frame.loc[frame.index[:5], "status"] = "no_data"
    before, after = classes_of(spec.choropleth), classes_of(type(spec.choropleth)(frame, "x", target=90.0))
    assert after.no_data > before.no_data
    assert sum(after.counts) + after.no_data == len(frame)


def test_own_breaks_are_counted_on_the_frame():
    classes = counted(Classes((0, 50, 100), "given"), [10, 60, 70, math.nan])
    assert (classes.counts, classes.no_data) == ((1, 2), 1)


def test_what_cannot_be_classed_is_refused():
    with pytest.raises(SpecError, match="'jenks' is not one of"):
        classify([1, 2], method="jenks")
    with pytest.raises(SpecError, match="9 classes are asked for, 1 to 7"):
        classify([1, 2], k=9)
    with pytest.raises(SpecError, match="must rise"):
        classify([1, 2], method="given", given=(5, 3))
