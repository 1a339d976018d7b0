"""Search by name, code and first letters."""

import pytest

from geo_app.web import search


def test_name_code_and_letters_find_an_area(web):
    for text in ("东县", "990101", "dx"):
        hits = web.json(f"/search?q={text}")["hits"]
        assert hits[0]["name"] == "东县", text
        assert hits[0]["href"] == "/areas/990101"
    assert web.json("/search?q=")["hits"] == []
    assert web.json("/search?q=%20%20")["hits"] == []
    assert web.json("/search?q=zzzz")["hits"] == []


def test_hits_are_few_and_the_closest_first(web):
    hits = web.json("/search?q=9901")["hits"]
    assert len(hits) == search.MOST_HITS
    assert hits[0]["layer"] == "counties"


def test_other_things_lead_to_the_map(web):
    code = web.json("/layers/water_works/rows")["rows"][0]["code"]
    hit = web.json(f"/search?q={code}")["hits"][0]
    assert hit["href"].startswith("/?pick=water_works")


@pytest.mark.parametrize(("name", "letters"), [("会宁县", "hnx"), ("白银", "by"), ("A村1", "ac1"), ("㐂", "㐂"), ("", "")])
def test_first_letters(name, letters):
    assert search.first_letters(name) == letters


def test_empty_store_finds_nothing(bare):
    assert bare.json("/search?q=a")["hits"] == []
