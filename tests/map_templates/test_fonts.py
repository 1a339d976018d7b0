import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.font_manager import fontManager

from map_templates import fonts
from map_templates.errors import FontMissingError
from map_templates.paper import render

FACES = fonts.load()


@given(st.text(alphabet="会宁县道路供水 abc，。0123（）%", max_size=60), st.floats(12, 80))
def test_wrapped_lines_keep_the_text_and_the_width(text, width_mm):
    lines = FACES.wrap(text, 7, width_mm)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    for line in lines:
        kept = line.rstrip(" ，。；：、！？）》」』”’％%)")
        assert FACES.width_mm(kept, 7) <= width_mm + 1e-6 or len(fonts._WORD.findall(kept)) == 1


def test_width_grows_with_size_and_text():
    assert FACES.width_mm("会宁县", 10) == pytest.approx(3 * 10 * fonts.MM_PER_POINT)
    assert FACES.width_mm("会宁县", 20) == pytest.approx(2 * FACES.width_mm("会宁县", 10))


def test_without_a_chinese_font_the_page_fails_and_says_what_to_install(monkeypatch, spec, tmp_path):
    def nothing(*args, **kwargs):
        raise ValueError("Failed to find font")

    monkeypatch.setattr(fontManager, "findfont", nothing)
    with pytest.raises(FontMissingError, match="apt-get install fonts-noto-cjk"):
        render(spec, tmp_path / "map.pdf")
    assert list(tmp_path.iterdir()) == []


def test_serif_falls_back_to_sans(monkeypatch):
    found = fontManager.findfont

    def no_serif(prop, *args, **kwargs):
        if "Serif" in prop.get_family()[0]:
            raise ValueError("none")
        return found(prop, *args, **kwargs)

    monkeypatch.setattr(fontManager, "findfont", no_serif)
    assert fonts.load().face("serif-bold").get_family() == FACES.face("sans-bold").get_family()


def test_characters_without_a_glyph_are_named():
    assert FACES.missing(["会宁\U0001f6b0县"]) == {"\U0001f6b0"}
