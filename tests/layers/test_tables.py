"""The policy tables shipped with the package are the tables of the specification, row by row."""

import csv

import pytest

from layers.codes import table

NAMES = (
    "asset_codes",
    "baiyin_investment",
    "baiyin_items",
    "hengyang_tasks",
    "household_form",
    "indicator_targets",
    "notice_rules",
    "project_codes",
)
OURS = {"label_en", "category_en", "item_name_en", "document"}
"""Columns that the shipped copies may have beyond the specification's: English labels, the document of the Baiyin plan."""


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_table_equals_the_specification(root, name):
    path = root.parent / "shared" / "domain" / "tables" / f"{name}.csv"
    if not path.is_file():
        pytest.skip("the specification's tables are not beside this checkout")
    with path.open(encoding="utf-8", newline="") as handle:
        wanted = list(csv.DictReader(handle))
    found = table(name)
    assert len(found) == len(wanted)
    for number, (ours, theirs) in enumerate(zip(found, wanted, strict=True), start=2):
        assert set(ours) - set(theirs) <= OURS
        assert {column: ours.get(column) for column in theirs} == theirs, f"{name}.csv line {number}"


@pytest.mark.parametrize("name", NAMES)
def test_the_tables_of_the_specification_are_all_shipped(name):
    rows = table(name)
    assert rows
    assert all(None not in row and None not in row.values() for row in rows)
    assert all(row["label_en"] for row in rows if "label_en" in row)
