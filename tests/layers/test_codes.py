import csv

import pytest

from layers import codes
from layers.codes import CODE_LISTS, code_list, table
from layers.schema import UnknownNameError


@pytest.mark.parametrize("name", CODE_LISTS)
def test_every_list_is_sound(name):
    codes = CODE_LISTS[name]
    values = [code.code for code in codes]
    assert codes.name == name
    assert len(values) == len(set(values)) > 1
    assert codes.zh
    assert codes.en
    assert codes.source
    for code in codes:
        assert code.zh
        assert code.en
        assert code.source


@pytest.mark.parametrize("name", CODE_LISTS)
def test_every_alias_leads_to_a_code_and_hides_none(name):
    codes = CODE_LISTS[name]
    for alias, code in codes.aliases.items():
        assert code in codes
        assert codes.resolve(alias) == code, alias


@pytest.mark.parametrize(
    ("list_name", "written", "code"),
    [
        ("surface_type", "水泥路", "水泥"),
        ("surface_type", "混凝土", "水泥"),
        ("surface_type", "沥青混凝土", "沥青"),
        ("surface_type", "柏油", "沥青"),
        ("surface_type", "砂砾", "砂石"),
        ("admin_class", "X", "县道"),
        ("tech_class", "等外公路", "等外"),
        ("work_class", "千吨万人", "central10k"),
        ("supply_mode", "分散供水", "dispersed"),
        ("land_code", "旱地", "0103"),
        ("toilet_type", "三格式", "三格化粪池"),
        ("planning_type", "搬迁撤并类", "搬迁撤并"),
        ("asset_class", "公益性资产", "PUB"),
        ("asset_status", "长期闲置", "闲置"),
        ("fund_source", "衔接资金", "S11"),
        ("project_category", "乡村建设", "P3"),
    ],
)
def test_bureaus_spellings_are_understood(list_name, written, code):
    assert code_list(list_name).resolve(written) == code


def test_lists_have_the_printed_sizes():
    sizes = {
        "project_category": 8,
        "asset_class": 3,
        "asset_sub_class": 22,
        "fund_source": 11,
        "baiyin_category": 7,
        "baiyin_item": 50,
    }
    assert {name: len(CODE_LISTS[name].codes) for name in sizes} == sizes


def test_supply_modes_are_the_work_classes_and_none():
    assert {code.code for code in codes.SUPPLY_MODE} == {code.code for code in codes.WORK_CLASS} | {"none"}


def test_an_unknown_list_names_the_lists_there_are():
    with pytest.raises(UnknownNameError, match=r"no code list 'colour'; there are: .*surface_type"):
        code_list("colour")


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "key"),
    [("project_codes", "code"), ("asset_codes", "code"), ("baiyin_items", "item_name"), ("indicator_targets", "target_id")],
)
def test_shipped_tables_agree_with_the_policy_tables(shared_tables, name, key):
    with (shared_tables / f"{name}.csv").open(encoding="utf-8") as file:
        originals = {(row.get("code_list"), row.get("category"), row[key]): row for row in csv.DictReader(file)}
    for row in table(name):
        original = originals[(row.get("code_list"), row.get("category"), row[key])]
        assert {column: row[column] for column in original} == original
