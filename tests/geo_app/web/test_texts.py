"""Nothing on a page is left untranslated, and no words stand in templates or scripts outside the catalogue."""

import re
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[3]
WEB = ROOT / "geo_app"
METHODS = [("web/**.py", "python"), ("templates/**.html", "jinja2")]
HAN = re.compile(r"[\u4e00-\u9fff]")
ALLOWED = {"中文", "、", "（", "）"}


def asked():
    found = extract_from_dir(WEB, method_map=METHODS, keywords={"_": None, "gettext": None})
    return {message for _, _, message, *_ in found}


def catalogue(language):
    with (WEB / "translations" / language / "LC_MESSAGES" / "messages.po").open("rb") as handle:
        return {message.id: message for message in read_po(handle) if message.id}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_text_is_translated_and_none_is_left_over(language):
    messages = catalogue(language)
    wanted = asked()
    assert len(wanted) > 300
    assert wanted - set(messages) == set()
    assert set(messages) - wanted == set()
    assert [key for key, message in messages.items() if not message.string or message.fuzzy] == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_translations_keep_their_places(language):
    place = re.compile(r"%\(\w+\)s|\{\w+\}")
    for key, message in catalogue(language).items():
        assert sorted(place.findall(key)) == sorted(place.findall(message.string)), key


def test_chinese_catalogue_is_chinese():
    latin = [key for key, message in catalogue("zh").items() if not HAN.search(message.string)]
    assert latin == []


def literal_text(source):
    """What a template shows that is neither an expression nor markup."""
    source = re.sub(r"\{#.*?#\}", "", source, flags=re.DOTALL)
    source = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "\x00", source, flags=re.DOTALL)
    source = re.sub(r"<script\b.*?</script>|<style\b.*?</style>|<code\b[^>]*>", "\x00", source, flags=re.DOTALL)
    shown = re.findall(r'(?:placeholder|aria-label|title|alt)="([^"]*)"', source)
    return shown + re.sub(r"<[^>]*>", "\x00", source).split("\x00")


def test_templates_hold_no_words_outside_the_catalogue():
    fixed = {
        "CSV",
        "XLSX",
        "KB",
        "SHA-256",
        "X /",
        "Y /",
        "m",
        "A4",
        "A3",
        "100 %",
        "of",
        "EPSG:4523",
        "GeoJSON",
        "OGC API – Features",
        "field.gpkg",
        "m ·",
        "map-page",
        "map-page edit-page",
    }
    found = []
    for path in sorted((WEB / "templates").rglob("*.html")):
        for piece in literal_text(path.read_text("utf-8")):
            text = piece.strip()
            if re.search(r"[A-Za-z\u4e00-\u9fff]", text) and text not in fixed:
                found.append((path.name, text))
    assert found == []


def test_scripts_and_views_hold_no_chinese():
    found = []
    for path in [*(WEB / "static" / "js").rglob("*.js"), *(WEB / "web").rglob("*.py")]:
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
            if HAN.search(re.sub(r">>> .*|^\s+\('hnx.*|first_letters\(.*", "", line)):
                found.append((path.name, number, line.strip()))
    assert [item for item in found if item[0] not in {"language.py", "queries.py"}] == []


def test_scripts_ask_only_for_texts_there_are(app):
    from flask_babel import force_locale

    from geo_app.web.texts import script_texts

    with app.test_request_context("/"), force_locale("zh"):
        texts = script_texts()
    wanted = set()
    for path in (WEB / "static" / "js").rglob("*.js"):
        wanted |= set(re.findall(r'\bsay\("(\w+)"', path.read_text("utf-8")))
    assert wanted - set(texts) == set()
    assert texts["missing_no_tap"] == "未通自来水入户"


def test_scripts_put_text_in_as_text():
    for path in (WEB / "static" / "js").rglob("*.js"):
        source = path.read_text("utf-8")
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", source), path.name
