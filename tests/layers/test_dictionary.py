import re

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


SECTIONS = re.compile(r"^#{2,3} (C\d+b?) ", re.MULTILINE)
IN_TWO_FIELDS = {"seat_geom": {"seat_lon", "seat_lat"}, "village_code[]": {"village_codes"}}
"""A layer has one geometry, so the seat is two numbers; a list is named in the plural."""


def _asked(text):
    """Give, per entity of the domain dictionary, the fields its table asks for."""
    parts = SECTIONS.split(text)
    for entity, body in zip(parts[1::2], parts[2::2], strict=True):
        lines = [line for line in body.split("\n# ")[0].splitlines() if line.startswith("| ")][1:]
        cells = (line.split("|")[2] for line in lines)
        yield entity, {name.strip() for cell in cells for name in re.split(r",| or ", cell)} - {"geom", "derived"}


def test_every_field_of_the_domain_dictionary_is_declared(shared_tables):
    by_entity = {layer.entity: layer for layer in LAYERS.values()}
    page = (shared_tables.parent / "standards-and-data-dictionary.md").read_text("utf-8")
    asked = {entity: names for entity, names in _asked(page) if entity in by_entity}
    assert {*(f"C{number}" for number in range(1, 12)), "C7b", "C13", "C15", "C16"} <= set(asked)
    missing = {
        f"{entity}.{name}"
        for entity, names in asked.items()
        for name in names
        if not IN_TWO_FIELDS.get(name, {name}) <= set(by_entity[entity].field_names)
    }
    assert missing == set()
