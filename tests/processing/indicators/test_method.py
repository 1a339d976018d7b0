"""The method pages are those the declarations give."""

import pytest

from processing import profiles
from processing.errors import UnknownIndicatorError
from processing.indicators import INDICATORS, MISSING_TEXTS, documentation, indicator
from processing.indicators.gap_projects import GAPS
from processing.matching import kind_of_indicator


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_pages_in_docs_are_current(root, language):
    written = (root / "docs" / f"indicators.{language}.md").read_text(encoding="utf-8")
    assert written == documentation(language), "write docs/indicators.*.md again with processing.indicators.documentation"


def test_every_indicator_is_declared_in_full():
    for code, item in INDICATORS.items():
        assert item.code == code
        assert item.title("zh") == item.zh != item.en == item.title("en")
        for text in (item.formula, item.formula_zh, item.source, item.caveat_zh, item.caveat_en, item.compute.__doc__):
            assert text
        assert ">>>" in item.compute.__doc__
        for key in item.parameters:
            assert key in profiles.load()


def test_every_indicator_of_the_issue_is_there():
    wanted = [
        *(f"W{n}" for n in range(1, 7)),
        *(f"RD{n}" for n in range(1, 7)),
        *(f"SN{n}" for n in range(1, 5)),
        "FL1",
        "AS1",
        "GP1",
    ]
    assert set(wanted) <= set(INDICATORS)


def test_every_code_of_what_is_missing_has_words():
    for zh, en in MISSING_TEXTS.values():
        assert zh
        assert en


def test_unknown_code_names_those_there_are():
    with pytest.raises(UnknownIndicatorError, match="the indicators are: W1, W2"):
        indicator("X9")


def test_unverified_thresholds_are_marked():
    assert "**unverified**" in documentation("en")
    assert "**未核实**" in documentation("zh")


def test_the_kinds_of_gaps_are_those_of_the_projects():
    assert {code: kind for code, (_, _, kind, _) in GAPS.items()} == {code: kind_of_indicator(code) for code in GAPS}
