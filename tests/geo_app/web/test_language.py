"""Language of an answer, and how values are written."""

import re
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_app.web import language


def test_address_then_cookie_then_setting(web):
    assert 'lang="zh-CN"' in web.page("/jobs")
    answer = web.get("/jobs?lang=en")
    assert 'lang="en"' in answer.text
    assert answer.headers["Content-Language"] == "en"
    assert "lang=en" in answer.headers["Set-Cookie"]
    assert 'lang="en"' in web.page("/jobs")
    assert 'lang="zh-CN"' in web.page("/jobs?lang=zh")
    assert 'lang="zh-CN"' in web.page("/jobs?lang=xx")


def test_other_language_keeps_the_arguments(web):
    assert "level=township&amp;lang=en" in web.page("/indicators/RD1?level=township")


@pytest.mark.parametrize("value", [None, float("nan"), pd.NA, pd.NaT])
def test_unknown_is_a_dash_and_never_zero(app, value):
    with app.test_request_context("/"):
        for write in (language.number, language.rate, language.quantity, language.day, language.cell):
            assert write(value) == "—"
    assert not language.known(value)


def test_numbers_dates_and_lists(app):
    with app.test_request_context("/?lang=zh"):
        assert language.number(1234567.4) == "1,234,567"
        assert language.rate(66) == "66.0 %"
        assert language.rate(99.996) == "99.996 %"
        assert language.rate(100) == "100.0 %"
        assert language.quantity(1234.567) == "1,234.57"
        assert language.day(date(2026, 11, 1)) == "2026-11-01"
        assert language.cell(np.bool_(True)) == "是"
        assert language.cell(["水泥", "沥青"]) == "水泥、沥青"
        assert language.cell({"a": 1}) == '{"a": 1}'
        assert language.cell([]) == "—"
        assert language.unit("person") == "人"
        assert language.unit("m") == "m"
        assert language.unit(None) == ""


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e12, max_value=1e12))
def test_written_number_reads_back(value):
    assert float(language.number(value, 1).replace(",", "")) == pytest.approx(value, abs=0.0501)


def test_titles_codes_and_projects(app):
    from layers.catalogue import layer

    with app.test_request_context("/?lang=en"):
        assert language.title({"zh": "甲", "en": "A"}) == "A"
        assert language.title(layer("hamlets")) == layer("hamlets").en
        assert language.said({"caveat_en": "careful"}, "caveat") == "careful"
        assert language.said({}, "caveat") == ""
        assert language.title("plain") == "plain"
        field = layer("hamlets")["supply_mode"]
        assert language.words_of(field, "central1k") == field.codes.label("central1k", "en")
        assert language.words_of(field, None) is None
    assert language.split_codes("no_tap, distance;") == ["no_tap", "distance"]
    assert language.project_names("P1 a; P2 b") == ["P1 a", "P2 b"]
    assert language.project_names([{"name": "a"}, {"project_id": "P2"}]) == ["a", "P2"]
    assert language.project_names(None) == []


def test_screens_show_short_names_of_villages(app):
    assert language.short("旱沟村村民委员会") == "旱沟村"
    assert language.short("会宁县") == "会宁县"
    assert language.short(None) is None
    with app.test_request_context("/"):
        assert app.jinja_env.from_string("{{ '旱沟村村民委员会'|short }}").render() == "旱沟村"


def test_few_names_stand_at_once_and_the_rest_on_demand(app):
    with app.test_request_context("/"):
        few = app.jinja_env.from_string("{% import 'parts.html' as parts %}{{ parts.few(names) }}")
        assert few.render(names=[]) == "—"
        assert few.render(names=["甲", "乙"]) == "甲、乙"
        long = few.render(names=["甲", "乙", "丙", "丁"])
    assert re.search(r"<summary>4 · 甲、乙 …</summary>丙、丁</details>", long)
