"""The page of an indicator."""

from types import SimpleNamespace

import pandas as pd
import pytest

from geo_app.web import indicators
from processing.indicators import INDICATORS


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("code", list(INDICATORS))
def test_every_indicator_has_a_page(web, code, language):
    text = web.page(f"/indicators/{code}?lang={language}")
    assert INDICATORS[code].title(language) in text
    caveat = INDICATORS[code].caveat_zh if language == "zh" else INDICATORS[code].caveat_en
    assert (caveat[:12] in text) == bool(caveat)


def test_list_shows_the_figures_of_the_whole_area(web):
    text = web.page("/indicators")
    assert "66.0 %" in text
    assert "38.7 %" in text


def test_ranking_starts_with_the_lowest(web):
    text = web.page("/indicators/RD1?level=township")
    assert text.index("0.0 %") < text.index("75.0 %")


def test_memory_is_shown_as_unverified(web):
    from processing import profiles

    held = [
        (code, name)
        for name in profiles.names()
        for code in INDICATORS
        for item in profiles.load(name).thresholds
        if item.unverified and item.key in INDICATORS[code].parameters
    ]
    assert held
    code, name = held[0]
    assert "未核实" in web.page(f"/indicators/{code}?profile={name}")
    assert "unverified" in web.page(f"/indicators/{code}?profile={name}&lang=en")


def test_lower_case_code_works_and_unknown_is_404(web):
    web.page("/indicators/rd1")
    web.page("/indicators/ZZ", 404)


def test_profile_without_a_run_offers_to_compute(web):
    assert "按此依据尚未计算" in web.page("/indicators/RD1?profile=sphere")
    web.page("/indicators/RD1?profile=nothing&level=nothing")


def test_empty_store(bare):
    assert "W1" in bare.page("/indicators")
    bare.page("/indicators/W1")


@pytest.mark.parametrize("code", ["W1", "RD3", "GP1"])
def test_formula_is_in_the_language_of_the_page(web, code):
    item = INDICATORS[code]
    for language, own, other in (("zh", item.formula_zh, item.formula), ("en", item.formula, item.formula_zh)):
        for address in (f"/indicators/{code}", "/indicators"):
            text = web.page(f"{address}?lang={language}")
            assert own in text
            assert other not in text


def test_groups_are_named_in_the_language_of_the_page(app):
    table = pd.DataFrame(
        {"indicator": "W1", "level": "group", "area_code": ["key_villages"], "area_name": ["重点帮扶村"], "value": 50.0}
    )
    for language, name in (("en", "Key villages"), ("zh", "重点帮扶村")):
        with app.test_request_context(f"/?lang={language}"):
            (row,) = indicators._groups("W1", SimpleNamespace(table=table))
        assert (row["area_name"], row["value"]) == (name, 50.0)
