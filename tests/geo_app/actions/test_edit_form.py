"""The form of a feature says what the declaration of its layer says, for every layer."""

import pytest

from geo_app.actions.edit_form import drawable, form, shapes_of
from layers.catalogue import LAYERS
from layers.schema import FieldType


@pytest.mark.parametrize("name", sorted(LAYERS))
def test_every_field_that_a_person_may_fill_in_is_asked_as_declared(name):
    layer = LAYERS[name]
    made = form(layer, "zh")
    asked = {item["name"]: item for item in made["fields"]}
    assert list(asked) == [item.name for item in layer.fields if not item.derived]
    for field in layer.fields:
        if field.derived:
            continue
        item = asked[field.name]
        assert (item["title"], item["title_other"], item["unit"]) == (field.zh, field.en, field.unit)
        assert (item["required"], item["recommended"]) == (field.required, field.recommended)
        assert (item["minimum"], item["maximum"], item["pattern"]) == (field.minimum, field.maximum, field.pattern)
        assert item["writable"]
        if field.type is FieldType.CODE:
            assert [code["code"] for code in item["codes"]] == [code.code for code in field.codes]
        else:
            assert item["codes"] == []
    assert made["key"] in asked


def test_titles_follow_the_language():
    zh, en = form(LAYERS["roads"], "zh"), form(LAYERS["roads"], "en")
    assert (zh["title"], en["title"]) == ("路段", "Roads")
    surface = next(item for item in en["fields"] if item["name"] == "surface_type")
    assert surface["title_other"] == "路面类型"


def test_only_the_fields_of_the_persons_bureau_may_be_changed():
    made = form(LAYERS["projects"], "zh", writable=frozenset({"budget_total"}))
    assert [item["name"] for item in made["fields"] if item["writable"]] == ["budget_total"]


def test_what_may_be_drawn_follows_the_geometry():
    assert shapes_of(LAYERS["roads"]) == ["line"]
    assert shapes_of(LAYERS["sanitation"]) == ["point", "line", "polygon"]
    assert shapes_of(LAYERS["villages"]) == ["point", "polygon"]
    assert not drawable(LAYERS["areas"])
