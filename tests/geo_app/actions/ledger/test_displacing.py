"""An asset that was moved: its new place in the same change as the event, with the distance, in whatever village it came to."""

import datetime as dt

import pytest
import shapely
from pyproj import Geod

from geo_app.actions.ledger import acting, records, rights
from geo_app.errors import BadRequestError, ForbiddenError
from layers.store import Change, Condition, Update
from tests.geo_app.actions.ledger.conftest import OTHER, TODAY, VILLAGE, asset_row, put

HERE, THERE, NEXT = shapely.Point(105.01, 36.01), shapely.Point(105.012, 36.013), shapely.Point(105.11, 36.01)
REGISTERED = dt.date(2021, 11, 30)


@pytest.fixture
def moved(store, people):
    """Take the step of a relocation; the two villages lie side by side."""
    put(store, "assets", asset_row(registered_on=REGISTERED, geometry=HERE))
    rows = {row["village_code"]: row for row in store.features("villages")}
    boxes = {VILLAGE: shapely.box(105.0, 36.0, 105.1, 36.1), OTHER: shapely.box(105.1, 36.0, 105.2, 36.1)}
    edits = tuple(Update("villages", rows[code]["id"], rows[code]["ver"], {}, geometry=box) for code, box in boxes.items())
    store.apply(Change("li", "局", "outlines", edits, kind="demo"))

    def take(role, place, move="relocate", **values):
        seen = records.asset(store, people["local"], "Z1", TODAY)
        given = {"reason": "原址征用", "start_date": TODAY} | values
        return acting.act(store, people[role], "Z1", move, given, expected_ver=seen.ver, today=TODAY, place=place)

    return take


def asset(store):
    return store.features("assets", [Condition("asset_id", "=", "Z1")])[0]


def test_the_place_and_its_event_are_one_change_with_the_distance(store, people, moved):
    done = moved("village", THERE, value_after=60.0)
    row, event = asset(store), store.features("asset_events")[0]
    assert row["geometry"].equals(THERE)
    assert (row["current_value"], row["village_code"]) == (60.0, VILLAGE)
    assert event["moved_m"] == pytest.approx(Geod(ellps="GRS80").inv(105.01, 36.01, 105.012, 36.013)[2], abs=0.06)
    assert {"field": "geometry", "before": "105.010000, 36.010000", "after": "105.012000, 36.013000"} in event["changes"]
    assert (done.receipt.updated, done.receipt.inserted) == (1, 1)
    assert {item.layer for item in store.change_rows(done.receipt.change_id)} == {"assets", "asset_events"}
    assert (
        records.asset(store, people["local"], "Z1", TODAY).violations
        == records.asset(store, people["village"], "Z1", TODAY).violations
    )


def test_without_the_new_place_nothing_is_moved(store, moved):
    before = store.versions()
    for place in (None, shapely.Point()):
        with pytest.raises(rights.LedgerFaultsError) as caught:
            moved("village", place)
        assert [(item.code, item.field) for item in caught.value.faults] == [("field_missing", "geometry")]
        assert all((item.source, item.fix_zh, item.fix_en) for item in caught.value.faults)
    assert store.versions() == before


def test_no_other_step_takes_a_place(store, moved):
    before = store.versions()
    with pytest.raises(BadRequestError, match="takes no geometry"):
        moved("village", THERE, move="damage", value_after=0)
    assert store.versions() == before


def test_an_asset_that_comes_to_another_village_is_counted_there(store, people, moved):
    before = store.versions()
    with pytest.raises(ForbiddenError, match=OTHER):
        moved("village", NEXT)  # the committees of one village do not bring it into another
    assert store.versions() == before
    moved("township", NEXT)
    row, event = asset(store), store.features("asset_events")[0]
    assert (row["village_code"], row["geometry"].equals(NEXT)) == (OTHER, True)
    assert {"field": "village_code", "before": VILLAGE, "after": OTHER} in event["changes"]
    assert records.asset(store, people["other_village"], "Z1", TODAY).area == OTHER


def test_a_place_outside_every_outline_keeps_the_village(store, moved):
    moved("township", shapely.Point(106, 37))
    assert asset(store)["village_code"] == VILLAGE


def test_an_asset_that_was_not_drawn_gets_its_place_without_a_distance(store, people):
    put(store, "assets", asset_row(registered_on=REGISTERED))
    seen = records.asset(store, people["local"], "Z1", TODAY)
    given = {"reason": "原址征用", "start_date": TODAY}
    acting.act(store, people["village"], "Z1", "relocate", given, expected_ver=seen.ver, today=TODAY, place=THERE)
    event = store.features("asset_events")[0]
    assert (event["moved_m"], asset(store)["geometry"].equals(THERE)) == (None, True)
    assert {"field": "geometry", "before": None, "after": "105.012000, 36.013000"} in event["changes"]
