import pytest

from layers.catalogue import LAYERS, layer
from layers.declare import COMMON
from layers.schema import FieldType, GeometryKind, UnknownNameError

NAMES = [
    "areas",
    "counties",
    "townships",
    "villages",
    "hamlets",
    "settlements",
    "roads",
    "water_works",
    "service_areas",
    "sanitation",
    "farmland",
    "settlement_origins",
    "key_lists",
    "key_counties",
    "land_quotas",
    "projects",
    "assets",
    "asset_events",
    "ledgers",
    "ledger_entries",
    "project_events",
    "as_built",
    "photographs",
    "annual_plans",
    "monitored_households",
    "indicator_targets",
    "tasks",
    "facilities",
    "area_crosswalk",
    "plan_investments",
    "area_rules",
]


def test_every_layer_of_the_contract_is_declared():
    assert list(LAYERS) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_declaration_is_whole(name):
    declared = layer(name)
    names = declared.field_names
    assert declared.name == name
    assert declared.zh
    assert declared.en
    assert len(names) == len(set(names))
    assert declared[declared.key].required
    assert declared.name_field in declared
    assert all(area in declared for area in declared.area_fields)
    assert declared.fields[-len(COMMON) :] == COMMON


@pytest.mark.parametrize("name", NAMES)
def test_every_field_says_what_it_is(name):
    for field in LAYERS[name].fields:
        assert field.zh, field.name
        assert field.en, field.name
        assert field.source, field.name
        assert (field.codes is not None) == (field.type is FieldType.CODE), field.name
        assert field.references is None or field.references in LAYERS, field.name
        assert not (field.required and field.recommended), field.name
        if field.name.endswith("_pct"):
            assert (field.unit, field.minimum, field.maximum) == ("%", 0, 100), field.name


def test_area_codes_have_no_pattern_so_that_other_countries_codes_pass():
    for declared in LAYERS.values():
        for name in ("area_code", "parent_code", "county_code", "township_code", "village_code"):
            if name in declared:
                assert declared[name].pattern is None
                assert declared[name].length == 24


def test_tables_without_geometry():
    without = {name for name, declared in LAYERS.items() if declared.geometry is GeometryKind.NONE}
    assert without == {
        "areas",
        "asset_events",
        "ledgers",
        "ledger_entries",
        "project_events",
        "settlement_origins",
        "key_lists",
        "land_quotas",
        "plan_investments",
        "key_counties",
        "monitored_households",
        "indicator_targets",
        "tasks",
        "area_crosswalk",
        "annual_plans",
        "area_rules",
    }


def test_an_unknown_layer_names_the_layers_there_are():
    with pytest.raises(UnknownNameError, match=r"no layer 'rivers'; there are: areas, counties"):
        layer("rivers")


def test_row_checks_pass_an_empty_row_or_name_what_lacks():
    for declared in LAYERS.values():
        found = [fault for check in declared.row_checks for fault in check({})]
        for fault in found:
            assert fault.field in declared
            assert all((fault.expected_zh, fault.expected_en, fault.advice_zh, fault.advice_en))
        assert {fault.rule for fault in found} <= {"hamlet_or_village", "area_or_group"}
