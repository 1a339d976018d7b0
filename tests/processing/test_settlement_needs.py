from hypothesis import given
from hypothesis import settings as house
from hypothesis import strategies as st

from processing.settlement_needs import FACILITIES, FURTHER, HAS, LACKS, UNKNOWN, by_size, needs, share

ALL = {flag: True for flags in FACILITIES.values() for flag in flags}


def site(name, persons, **more):
    return {"settlement_id": name, "persons_total": persons, **ALL, **more}


def test_the_eight_are_eight_and_the_service_centre_is_beside_them():
    assert list(FACILITIES) == ["water", "power", "road", "comm", "sewage", "waste", "education", "clinic"]
    assert list(FURTHER) == ["service_center"]


def test_missing_first_then_unknown_most_persons_first():
    rows = [
        site("whole", 9000),
        site("unknown", 5000, has_clinic=None),
        site("small", 100, has_water=False),
        site("large", 800, has_sewage=False, has_waste=False, has_clinic=None),
        site("nobody knows how many", None, has_road=False),
    ]
    found = needs(rows)
    assert [item.settlement_id for item in found] == ["large", "small", "nobody knows how many", "unknown", "whole"]
    assert (found[0].missing, found[0].unknown, found[0].state) == (("sewage", "waste"), ("clinic",), LACKS)
    assert (found[3].state, found[4].state) == (UNKNOWN, HAS)


def test_one_school_of_two_kinds_is_enough_and_the_service_centre_is_not_asked():
    found = needs([site("a", 10, has_school=False, has_kindergarten=True, has_service_center=False)])[0]
    assert (found.state, found.states["education"], found.states["service_center"]) == (HAS, HAS, LACKS)
    assert needs([site("a", 10, has_school=False, has_kindergarten=False)])[0].missing == ("education",)
    assert needs([site("a", 10, has_school=None, has_kindergarten=False)])[0].unknown == ("education",)


def test_shares_weigh_persons_by_hand():
    found = needs(
        [site("a", 600), site("b", 200, has_water=False), site("c", 200, has_water=None), site("d", None, has_water=False)]
    )
    water = share(found, "water")
    assert (water.value, water.low, water.high, water.lacks, water.unknown, water.without_persons) == (75, 60, 80, 200, 200, 1)
    whole = share(found)
    assert (whole.value, whole.low, whole.high) == (75, 60, 80)
    assert share([]).value is None


def test_persons_are_those_registered_where_the_total_is_unknown():
    assert needs([site("a", None, persons_registered_poor=50)])[0].persons == 50


def test_sizes_are_counted_with_an_unknown_class_apart():
    found = needs([site("a", 600, size_class="<800"), site("b", 900, size_class="800-2999", has_water=False), site("c", 5)])
    assert by_size(found, ["<800", "800-2999", "10000+"]) == [
        ("<800", 1, 600, 0), ("800-2999", 1, 900, 1), ("10000+", 0, 0, 0), (None, 1, 5, 0),
    ]  # fmt: skip


FLAG = st.sampled_from([True, False, None])
SITES = st.lists(
    st.builds(
        lambda persons, flags: {"settlement_id": "s", "persons_total": persons, **flags},
        st.one_of(st.none(), st.integers(0, 5000)),
        st.fixed_dictionaries({flag: FLAG for flags in {**FACILITIES, **FURTHER}.values() for flag in flags}),
    ),
    max_size=20,
)


@house(max_examples=80)
@given(SITES)
def test_people_are_all_counted_and_all_eight_is_never_above_one(rows):
    found = needs(rows)
    people = sum(row["persons_total"] or 0 for row in rows)
    shares = [share(found, name) for name in FACILITIES]
    whole = share(found)
    assert all(item.has + item.lacks + item.unknown == people for item in [*shares, whole])
    assert all(whole.has <= item.has and whole.lacks >= item.lacks for item in shares)
    assert all(item.low <= item.high for item in [*shares, whole] if item.low is not None)
    assert not any(set(item.missing) & set(item.unknown) for item in found)
