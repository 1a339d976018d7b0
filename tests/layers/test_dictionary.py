import pytest

from layers.catalogue import LAYERS
from layers.dictionary import markdown, rows


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_is_up_to_date(root, language):
    page = (root / "docs" / f"dictionary.{language}.md").read_text(encoding="utf-8")
    assert page == markdown(language), "run scripts/docs"


def test_rows_hold_every_field_once():
    found = [(row["layer"], row["field"]) for row in rows()]
    assert len(found) == len(set(found)) == sum(len(layer.fields) for layer in LAYERS.values())


def test_the_page_names_every_field_and_list():
    page = markdown("zh")
    for row in rows():
        assert f"`{row['field']}`" in page
        assert row["code_list"] is None or f'<a id="{row["code_list"]}"></a>' in page
