"""How far a right reaches: codes below what was granted, outlines, fields, and what is said of what lies beyond."""

import datetime as dt

import pytest
import shapely

from geo_app.access import NOBODY, Verb, local_person, person_of
from geo_app.actions import reach
from geo_app.config import Settings
from geo_app.errors import ForbiddenError, NotFoundError, NotSignedInError
from layers.catalogue import LAYERS
from layers.store import EVERYWHERE, Account, Change, Grant, Update

EAST, WEST = "990101", "990102"


def person(*grants):
    return person_of(Account(7, "li", "李", "局", tuple(grants), active=True, created_at=dt.datetime.now(dt.UTC)))


@pytest.fixture
def store(small):
    return small


def test_the_local_person_reaches_everywhere(store):
    someone = local_person(Settings())
    assert all(reach.of(store, someone, name, verb) is EVERYWHERE for name in LAYERS for verb in Verb)
    with pytest.raises(NotFoundError, match="There is no layer 'x'"):
        reach.of(store, someone, "x")


def test_nobody_is_told_to_sign_in(store):
    for name in ("roads", "x"):
        with pytest.raises(NotSignedInError):
            reach.of(store, NOBODY, name)
    assert reach.readable_layers(NOBODY) == ()
    assert reach.area_codes(store, NOBODY) == frozenset()


def test_a_county_is_all_that_lies_in_it(store):
    found = reach.of(store, person(Grant("viewer", (EAST,))), "roads")
    assert {EAST, "990101001", "990101001200", "990101002201"} <= found.codes
    assert not {code for code in found.codes if code.startswith(WEST)}
    assert found.outline.equals(shapely.box(105.0, 36.0, 105.2, 36.2))
    assert found.fields is None


def test_a_prefecture_without_outline_is_its_counties(store):
    found = reach.of(store, person(Grant("viewer", ("9901",))), "roads")
    assert {EAST, WEST, "9901"} <= found.codes
    assert found.outline.equals(shapely.box(105.0, 36.0, 105.4, 36.2))


def test_several_grants_reach_together(store):
    found = reach.of(store, person(Grant("viewer", ("990101001200",)), Grant("water", (WEST,))), "roads")
    assert {"990101001200", WEST, "990102001"} <= found.codes
    assert EAST not in found.codes
    assert reach.of(store, person(Grant("viewer"), Grant("water", (WEST,))), "roads").codes is None


def test_an_area_that_is_not_there_reaches_only_itself(store):
    found = reach.of(store, person(Grant("viewer", ("123456",))), "roads")
    assert found.codes == {"123456"}
    assert found.outline is None


def test_writing_is_for_the_bureau_of_the_layer(store):
    water = person(Grant("water", (EAST,)), Grant("viewer"))
    writing = reach.of(store, water, "water_works", Verb.APPLY)
    assert EAST in writing.codes
    assert WEST not in writing.codes
    assert writing.reading.codes is None
    with pytest.raises(ForbiddenError, match="may not apply"):
        reach.of(store, water, "roads", Verb.APPLY)
    with pytest.raises(ForbiddenError):
        reach.of(store, water, "water_works", Verb.REVIEW)


def test_submitting_is_not_applying(store):
    asks = person(Grant("water", (EAST,), apply=False))
    assert reach.of(store, asks, "water_works", Verb.SUBMIT).codes
    with pytest.raises(ForbiddenError):
        reach.for_writing(store, asks, ["water_works"])
    assert set(reach.for_writing(store, asks, ["water_works", "service_areas"], Verb.SUBMIT)) == {"water_works", "service_areas"}


def test_a_layer_not_read_is_said_to_be_none(store):
    viewer = person(Grant("viewer"))
    said = []
    for name in ("monitored_households", "no_such_layer"):
        for verb in Verb:
            with pytest.raises(NotFoundError) as caught:
                reach.of(store, viewer, name, verb)
            said.append(str(caught.value).replace(name, "X"))
    assert len(set(said)) == 1
    assert "monitored_households" not in said[0]


def test_finance_writes_money_and_no_rows(store):
    found = reach.of(store, person(Grant("finance", (EAST,))), "projects", Verb.APPLY)
    assert "budget_total" in found.fields
    assert "name" not in found.fields
    both = person(Grant("finance", (EAST,)), Grant("revitalisation", (EAST,)))
    assert reach.of(store, both, "projects", Verb.APPLY).fields is None


def test_different_fields_in_different_areas_never_add_up_to_more(store):
    """One right over a layer has one list of fields: what all grants allow everywhere; the account itself is refused."""
    crossing = person(Grant("finance", (EAST,)), Grant("revitalisation", (WEST,)))
    found = reach.of(store, crossing, "projects", Verb.APPLY)
    assert found.fields == reach.ROLES["finance"].fields("projects")


def test_the_reach_follows_the_areas(store):
    someone = person(Grant("viewer", (EAST,)))
    before = reach.of(store, someone, "roads")
    assert reach.of(store, someone, "roads").codes is before.codes, "made once for a state of the area layers"
    row = store.read("townships").set_index("township_code").loc["990102001"]
    edit = Update("townships", row["id"], int(row["ver"]), {"county_code": EAST})
    store.apply(Change("stat", "", "merged", (edit,)))
    assert "990102001" in reach.of(store, someone, "roads").codes


def test_a_wrong_role_reaches_nothing(store):
    with pytest.raises(NotFoundError):
        reach.of(store, person(Grant("king")), "roads")
    with pytest.raises(NotFoundError):
        reach.of(store, person(), "roads")
