import datetime as dt

import pytest

from layers.errors import BadConditionError
from layers.store import Condition

HOSTILE = [
    "' OR 1=1 --",
    "x'); DROP TABLE wells; --",
    "%",
    "_",
    '" OR ""="',
    "\\",
    "${alert(1)}",
    "w1' UNION SELECT * FROM xt_settings --",
]


@pytest.mark.parametrize(
    ("condition", "keys"),
    [
        (Condition("well_id", "=", "w3"), ["w3"]),
        (Condition("well_id", "!=", "w3"), ["w0", "w1", "w2", "w4", "w5", "w6", "w7", "w8", "w9"]),
        (Condition("persons", "<", 3), ["w1", "w2"]),
        (Condition("persons", "<=", 3), ["w1", "w2", "w3"]),
        (Condition("persons", ">", 7), ["w9"]),
        (Condition("persons", "!=", 3), ["w1", "w2", "w5", "w6", "w7", "w9"]),
        (Condition("depth_m", ">=", 9 / 7), ["w9"]),
        (Condition("well_id", "in", ["w1", "w2", "nothing"]), ["w1", "w2"]),
        (Condition("well_id", "in", []), []),
        (Condition("name", "contains", "“1”"), ["w1"]),
        (Condition("name", "contains", "🚰"), ["w1", "w2", "w4", "w5", "w7", "w8"]),
        (Condition("uses", "contains", "用途1"), ["w1", "w7"]),
        (Condition("uses", "contains", "用途"), []),
        (Condition("persons", "is_null", True), ["w0", "w4", "w8"]),
        (Condition("persons", "is_null", False), ["w1", "w2", "w3", "w5", "w6", "w7", "w9"]),
        (Condition("tested", "=", True), ["w1", "w5", "w7"]),
        (Condition("dug_on", "<", dt.date(2004, 1, 1)), ["w1", "w3"]),
        (Condition("dug_on", "=", "2009-01-01"), ["w9"]),
        (Condition("ver", "=", 1), [f"w{n}" for n in range(10)]),
    ],
)
def test_each_operator(filled, condition, keys):
    assert filled.read("wells", where=[condition])["well_id"].tolist() == keys
    assert filled.count("wells", [condition]) == len(keys)


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("op", ["=", "contains", "in"])
def test_hostile_values_are_only_values(filled, text, op):
    value = [text] if op == "in" else text
    assert filled.count("wells", [Condition("name", op, value)]) == 0
    assert filled.count("wells") == 10


@pytest.mark.parametrize("name", [*HOSTILE, "geom", "rowid", "wells.name", "", None, 3])
def test_unknown_columns_are_refused_not_ignored(filled, name):
    with pytest.raises(BadConditionError, match="has no field"):
        filled.read("wells", where=[Condition(name, "=", "x")])


@pytest.mark.parametrize(
    ("condition", "match"),
    [
        (Condition("persons", "like", 3), "There is no operator 'like'"),
        (Condition("persons", "=", "many"), "takes a whole number"),
        (Condition("persons", "=", None), "use is_null"),
        (Condition("persons", "contains", "3"), "contains works on texts and lists"),
        (Condition("name", "contains", 3), "contains takes a text"),
        (Condition("name", "in", "w1"), "in takes a list"),
        (Condition("name", "in", ["x"] * 30_001), "at most 30000"),
        (Condition("name", "is_null", "yes"), "is_null takes true or false"),
    ],
)
def test_values_that_do_not_fit_are_refused(filled, condition, match):
    with pytest.raises(BadConditionError, match=match):
        filled.read("wells", where=[condition])


def test_too_many_conditions_are_refused(filled):
    with pytest.raises(BadConditionError, match="at most 200"):
        filled.read("wells", where=[Condition("ver", "=", 1)] * 201)


@pytest.mark.parametrize("bbox", [(1, 2, 0, 3), (0, 3, 1, 2), (0, float("nan"), 1, 2), (0, 0, 1)])
def test_a_box_the_wrong_way_round_is_refused(filled, bbox):
    with pytest.raises(BadConditionError, match="west, south, east, north"):
        filled.read("wells", bbox=bbox)


def test_a_table_without_geometry_knows_no_box(filled):
    with pytest.raises(BadConditionError, match="without geometry"):
        filled.read("notes", bbox=(0, 0, 1, 1))


def test_too_many_ids_are_refused(filled):
    with pytest.raises(BadConditionError, match="At most 30000 ids"):
        filled.read("wells", ids=["x"] * 30_001)
