"""The QGIS project as a file: what QGIS reads from it is tested with QGIS itself in tests/geo_app/actions/test_field.py."""

from xml.etree import ElementTree as ET

import pytest

from layers.catalogue import LAYERS
from layers.schema import FieldType
from map_templates import symbols
from map_templates.qgis import Project, ProjectLayer, project_xml
from map_templates.qgis_symbols import expressions

BOX = (104.0, 35.0, 105.0, 36.0)


def tree(*layers, **options):
    text = project_xml(Project("会宁县 <外业>", "field.gpkg", layers, BOX, **options))
    assert text.startswith("<!DOCTYPE qgis")
    return ET.fromstring(text.split("\n", 1)[1])  # noqa: S314 - our own text


def one(name, geometry, **options):
    layer = LAYERS[name]
    return ProjectLayer(
        layer, name, geometry, ("id", "ver", *(field.name for field in layer.fields if field.name != "id")), **options
    )


def test_sources_are_relative_and_names_long_enough_for_qgis():
    root = tree(one("roads", "Line"), one("projects", "Point", mixed=True), one("projects", "Line", mixed=True))
    sources = [element.text for element in root.iter("datasource")]
    assert all(source.startswith("./field.gpkg|layername=") for source in sources)
    assert "./field.gpkg|layername=projects|geometrytype=LineString" in sources
    names = [element.text for element in root.findall("projectlayers/maplayer/id")]
    assert len(set(names)) == 3
    assert all(len(name) > 10 for name in names)
    assert {element.get("id") for element in root.iter("layer-tree-layer")} == set(names)
    assert root.findtext("title") == "会宁县 <外业>"


@pytest.mark.parametrize(("language", "alias", "label"), [("zh", "路面宽度（m）", "村道"), ("en", "Width (m)", "Village road")])
def test_forms_have_titles_codes_and_limits(language, alias, label):
    root = tree(one("roads", "Line"), language=language)
    aliases = {element.get("field"): element.get("name") for element in root.iter("alias")}
    assert aliases["width_m"] == alias
    widgets = {field.get("name"): field.find("editWidget").get("type") for field in root.findall(".//fieldConfiguration/field")}
    assert (widgets["admin_class"], widgets["ver"], widgets["all_season"], widgets["source_date"]) == (
        "ValueMap",
        "Hidden",
        "ValueMap",
        "DateTime",
    )
    rules = {element.get("field"): element.get("exp") for element in root.findall(".//constraintExpressions/constraint")}
    assert rules["lanes"] == '"lanes" IS NULL OR ("lanes" >= 1 AND "lanes" <= 12)'
    assert "regexp_match" in rules["route_no"]
    editable = {
        element.get("field") or element.get("name"): element.get("editable") for element in root.findall(".//editable/field")
    }
    assert (editable["id"], editable["ver"], editable["length_m"], editable["name"]) == ("0", "0", "0", "1")
    hard = {
        element.get("field") for element in root.findall(".//constraints/constraint") if element.get("notnull_strength") == "1"
    }
    assert hard == {"segment_id"}
    assert any(rule.get("label") == label for rule in root.iter("rule"))


def test_a_layer_that_may_not_be_changed_is_read_only():
    root = tree(one("counties", "Polygon", editable=False))
    assert root.find("projectlayers/maplayer").get("readOnly") == "1"
    assert {element.get("editable") for element in root.findall(".//editable/field")} == {"0"}


PICKED = [
    name
    for name, style in symbols.STYLES.items()
    if name in LAYERS and style.pick and set(style.fields) <= set(LAYERS[name].field_names)
]
"""Layers whose symbols are picked by their own fields; what is computed for a page (the state of a county) is in no project file."""


@pytest.mark.parametrize("name", PICKED)
def test_rules_name_every_symbol_that_the_codes_can_pick(name):
    layer, style = LAYERS[name], symbols.STYLES[name]
    found = expressions(layer)
    assert set(found) <= set(style.entries)
    codes = [code.code for field in style.fields for code in (layer[field].codes or ())]
    assert all(f"'{code}'" in "".join(found.values()) for code in codes)


@pytest.mark.parametrize("name", [name for name, layer in LAYERS.items() if layer.geometry.value])
def test_every_layer_of_the_catalogue_can_be_written(name):
    for geometry in ("Point", "Line", "Polygon"):
        root = tree(one(name, geometry, mixed=True), crs="EPSG:4544")
        (drawn,) = root.findall("projectlayers/maplayer/renderer-v2")
        assert drawn.findall(".//symbol/layer")
    assert "4544" in root.findtext("projectCrs/spatialrefsys/authid")


def test_tables_have_no_renderer():
    name = next(name for name, layer in LAYERS.items() if not layer.geometry.value)
    (layer,) = tree(one(name, "")).findall("projectlayers/maplayer")
    assert layer.find("renderer-v2") is None
    assert all(field.type in FieldType for field in LAYERS[name].fields)
