"""Filters as they come over the network: both languages, their limits, and what would end or stall the parser."""

import json
import time

import pytest

from geo_app.api import filters
from geo_app.api.crs import CRS84, EPSG, System
from layers.errors import BadConditionError

PLAIN = System(CRS84)


def read(text, language=None, given=PLAIN):
    return filters.read(text, language, given)


def test_text_and_json_give_the_same_tree():
    tree = read("name = 'O''Neil' AND NOT (lanes IN (1, 2))")
    assert read(json.dumps(tree), "cql2-json") == tree
    assert read(json.dumps(tree)) == tree  # begins like JSON
    assert tree["args"][0] == {"op": "=", "args": [{"property": "name"}, "O'Neil"]}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "name =",
        "name = 'x",
        "name = 'x'; DROP TABLE roads",
        "name = 'x' --",
        "(" * 1999 + "lanes=1" + ")" * 1999,
        "-" * 4000 + "1=1",
        "- " * 1900 + "1=1",
        "lanes in (" * 400 + "1" + ")" * 400,
        "lanes in (1, lanes in (2))",
        "(" * 21 + "lanes=1" + ")" * 21,
        "lanes=1 and " * 400 + "lanes=1",
        "name = '" + "x" * 5000 + "'",
        "GEOMETRYCOLLECTION(" * 200 + "POINT(1 1)" + ")" * 200,
    ],
)
def test_text_that_is_refused(text):
    with pytest.raises(BadConditionError):
        read(text)


@pytest.mark.parametrize(
    "text",
    [
        "{",
        '{"op": "and", "args": NaN}',
        '{"op":"not","args":[' * 100 + "true" + "]}" * 100,
        "[" * 4000,
        '{"op":"=","args":[1e999,1]}',
    ],
)
def test_json_that_is_refused(text):
    with pytest.raises(BadConditionError):
        read(text, "cql2-json")


def test_another_language_is_refused():
    with pytest.raises(BadConditionError, match="cql2-text, cql2-json"):
        read("a=1", "ecql")


def test_brackets_inside_quotes_do_not_count():
    tree = read("name = '" + "(" * 100 + "' AND \"name\" <> '--))'")
    assert tree["op"] == "and"


def test_the_deepest_that_is_taken_is_read_at_once():
    begin = time.process_time()
    for text in ("(" * 18 + "lanes=1" + ")" * 18, "casei(" * 15 + "name" + ")" * 15 + "='x'", "lanes in (" + "1," * 150 + "1)"):
        read(text)
    assert time.process_time() - begin < 20


def test_geometries_are_turned_into_our_axes():
    given = System(f"{EPSG}4490")
    tree = read("S_INTERSECTS(geometry, POINT(36 104)) AND name = 'x'", given=given)
    assert tree["args"][0]["args"][1] == {"type": "Point", "coordinates": [104.0, 36.0]}
    box = read('{"op":"s_within","args":[{"property":"geometry"},{"bbox":[36,104,37,105]}]}', given=given)
    assert box["args"][1]["type"] == "Polygon"


def test_a_geometry_that_is_none_is_refused_in_another_crs_too():
    with pytest.raises(BadConditionError, match="geometry"):
        read(
            '{"op":"s_within","args":[{"property":"geometry"},{"type":"Point","coordinates":["a"]}]}', given=System(f"{EPSG}4490")
        )
