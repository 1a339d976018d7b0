import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.schema import (
    BugError,
    Code,
    CodeList,
    Field,
    FieldType,
    GeometryKind,
    Layer,
    PersonError,
    UnknownNameError,
    XiangtuError,
)

SURFACE = CodeList(
    "surface", "路面", "Surface", (Code("沥青", "沥青", "Asphalt"), Code("水泥", "水泥", "Cement")), "memory", {"柏油": "沥青"}
)
LAYER = Layer("x", "某", "X", "C0", GeometryKind.LINE, "a", (Field("a", "甲", "A", FieldType.TEXT, "des"),), "des")


def test_the_error_tree_has_two_kinds():
    assert issubclass(PersonError, XiangtuError)
    assert issubclass(BugError, XiangtuError)
    assert not issubclass(PersonError, BugError)
    assert issubclass(UnknownNameError, LookupError)


@pytest.mark.parametrize("written", ["沥青", " 沥青 ", "asphalt", "Asphalt", "柏油"])
def test_a_code_is_found_by_value_label_and_alias(written):
    assert SURFACE.resolve(written) == "沥青"


def test_an_unknown_spelling_is_none_not_a_guess():
    assert SURFACE.resolve("沥") is None
    assert "沥" not in SURFACE


def test_labels_follow_the_language_and_fall_back_to_the_code():
    assert (SURFACE.label("水泥", "en"), SURFACE.label("水泥"), SURFACE.label("?")) == ("Cement", "水泥", "?")


@given(st.text(max_size=10))
def test_whatever_is_resolved_is_in_the_list(written):
    found = SURFACE.resolve(written)
    assert found is None or found in SURFACE


def test_an_unknown_field_names_the_fields_there_are():
    with pytest.raises(UnknownNameError, match="no field 'b'; its fields are: a"):
        LAYER["b"]
    assert "a" in LAYER
    assert "b" not in LAYER


def test_geometry_kinds_accept_their_types_only():
    assert LAYER.geometry.accepts("MultiLineString")
    assert not LAYER.geometry.accepts("Point")
    assert not any(GeometryKind.NONE.accepts(name) for name in GeometryKind.ANY.value)


def test_recommended_is_weaker_than_required():
    field = Field("a", "甲", "A", FieldType.TEXT, "des", recommended=True)
    assert field.recommended
    assert not field.required
    assert LAYER.geometry_required is False
