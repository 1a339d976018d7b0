"""Bodies and arguments are read strictly."""

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from geo_app.web import bodies


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"a": NaN}', "NaN"),
        ('{"a": -Infinity}', "Infinity"),
        ('{"a": 1e999}', "too large"),
        ("[" * 100_000, "nested too deeply"),
        ("{", "not readable JSON"),
        (b"\xff\xfe", "not readable JSON"),
    ],
)
def test_bad_json_is_refused_with_a_sentence(text, said):
    with pytest.raises(bodies.BodyError, match=said):
        bodies.parse(text)


@given(st.dictionaries(st.text(), st.floats(allow_nan=False, allow_infinity=False) | st.integers() | st.text() | st.booleans()))
def test_plain_json_comes_through(value):
    import json

    assert bodies.parse(json.dumps(value)) == value


@pytest.mark.parametrize("text", ["1,2,3", "a,b,c,d", "10,0,5,1", "0,0,nan,1", "-181,0,0,1", "0,50,1,40", "0,-91,1,1"])
def test_box_that_is_none_is_refused(text):
    with Flask("x").test_request_context(f"/?bbox={text}"), pytest.raises(bodies.BodyError, match="bbox"):
        bodies.bbox_argument()


def test_box_and_numbers_are_read():
    with Flask("x").test_request_context("/?bbox=104,36,105,37&n=3"):
        assert bodies.bbox_argument() == (104.0, 36.0, 105.0, 37.0)
        assert bodies.whole_argument("n", 1) == 3
        assert bodies.whole_argument("m", 7) == 7
        with pytest.raises(bodies.BodyError, match="n must be a number from 0 to 2"):
            bodies.number_argument("n", low=0, high=2)
        with pytest.raises(bodies.BodyError, match="m must be a number"):
            bodies.number_argument("m")
    with Flask("x").test_request_context("/"):
        assert bodies.bbox_argument() is None


def test_body_must_be_an_object(web):
    answer = web.post("/queries/run", data=b"[1]", headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.get_json()["code"]) == (400, "bad_request")
    answer = web.post("/queries/run", data=b'{"layer": 1e999}', headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert "request_id" in answer.get_json()


@pytest.mark.parametrize("text", [r'{"a": "\ud800"}', rb'["x", "\uDFFF"]', r'{"\udc00": 1}'])
def test_half_a_character_is_refused(text):
    with pytest.raises(bodies.BodyError, match="half a character"):
        bodies.parse(text)


def test_a_whole_character_in_two_escapes_is_taken():
    assert bodies.parse(r'"\ud83d\ude00"') == "😀"
