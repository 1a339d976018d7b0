"""No door enters an asset in the ledger but the ledger's own steps: edit, other tools, bulk, field, import, request."""

import datetime as dt
import io

import pandas as pd
import pytest

from geo_app.access import person_of
from geo_app.actions import import_layer, requests, save_edits, uploads
from geo_app.actions.import_layer import Choices
from geo_app.actions.merging import Mode
from geo_app.actions.signing import By
from layers.errors import LockedRowError
from layers.files import Answers
from layers.store import Change, Condition, Grant, Insert, Update
from tests.geo_app.actions.ledger.conftest import COUNTY, asset_row, put

DOORS = [("page", "edit"), ("ogc", "ogc"), ("file", "bulk"), ("field", "field")]
DAY = dt.date(2026, 3, 1)


def asset(store, number="Z1"):
    return store.features("assets", [Condition("asset_id", "=", number)])[0]


@pytest.fixture
def bureau(people):
    return people["revitalisation"]


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("who", ["revitalisation", "local"])
def test_no_way_of_editing_enters_an_asset_or_takes_it_out(store, people, door, who):
    put(store, "assets", asset_row())
    row, before = asset(store), store.versions()
    for name in ("registered_on", "disposed_on"):
        edit = Update("assets", row["id"], row["ver"], {name: DAY})
        with pytest.raises(LockedRowError) as caught:
            save_edits.save(store, people[who], [edit], reason="侧门", origin=door[0], kind=door[1])
        assert caught.value.items == (("assets", "Z1", name),)
    assert store.versions() == before
    free = Update("assets", row["id"], row["ver"], {"name": "甲村车间", "owner": "甲村"})
    assert save_edits.save(store, people[who], [free], reason="更正", origin=door[0], kind=door[1]).receipt


@pytest.mark.parametrize("door", DOORS)
def test_no_way_of_editing_adds_an_asset_that_stands_in_the_ledger(store, bureau, door):
    for given, field in (
        ({"registered_on": DAY}, "registered_on"),
        ({"disposed_on": DAY}, "disposed_on"),
        ({"status": "已处置"}, "status"),
    ):
        edit = Insert("assets", pd.DataFrame([asset_row(asset_id="Z9", **given)], dtype=object))
        with pytest.raises(LockedRowError) as caught:
            save_edits.save(store, bureau, [edit], reason="侧门", origin=door[0], kind=door[1])
        assert caught.value.items == (("assets", "Z9", field),)
    assert store.count("assets") == 0


@pytest.mark.parametrize("kind", ["edit", "import", "request", "bulk", "field", "ogc", "restore"])
def test_the_store_itself_refuses_every_kind_of_change_but_the_procedures(store, kind):
    put(store, "assets", asset_row())
    row = asset(store)
    change = Change("li", "局", "侧门", (Update("assets", row["id"], row["ver"], {"registered_on": DAY}),), kind=kind)
    with pytest.raises(LockedRowError, match="registered_on"):
        store.apply(change)
    assert asset(store)["registered_on"] is None


def test_a_file_enters_no_asset_that_is_there_and_takes_over_an_older_ledger(store, tmp_path):
    put(store, "assets", asset_row())

    def taken(number, registered):
        text = f"资产编号,名称,类别,登记入账日期,所属县代码\n{number},甲村扶贫车间,OPR,{registered},{COUNTY}\n"
        upload = uploads.stage(io.BytesIO(text.encode()), original_name="assets.csv", folder=tmp_path / "up", max_bytes=10**6)
        choices = Choices(layer="assets", answers=Answers(crs="EPSG:4490"), mode=Mode.UPDATE, repairs=("translate_codes",))
        return import_layer.accept(store, import_layer.check(store, upload, choices), By("li", "局", "导入"))

    before = store.versions()
    with pytest.raises(LockedRowError, match="registered_on"):
        taken("Z1", "2026-03-01")
    assert store.versions() == before
    taken("OLD", "2021-11-30")
    assert asset(store, "OLD")["registered_on"] == dt.date(2021, 11, 30)


def test_a_request_that_would_enter_an_asset_is_not_accepted(store, bureau):
    put(store, "assets", asset_row())
    row = asset(store)
    asking = person_of(store.accounts.add("asks", "asks", "局", "x", (Grant("revitalisation", (COUNTY,), apply=False),)))
    number = save_edits.save(
        store, asking, [Update("assets", row["id"], row["ver"], {"registered_on": DAY})], reason="登记"
    ).request_id
    with pytest.raises(LockedRowError, match="registered_on"):
        requests.accept(store, bureau, number, requests.Decision(note="同意"))
    assert asset(store)["registered_on"] is None
