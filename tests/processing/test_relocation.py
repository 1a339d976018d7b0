"""Relocated people counted once: worked by hand, and totals conserved for any rows."""

from hypothesis import given
from hypothesis import settings as house
from hypothesis import strategies as st

from processing.relocation import moved, population


def origin(village, settlement="s", persons=30, counted=True, **more):  # noqa: FBT002 - a shorthand
    return {"village_code": village, "settlement_id": settlement, "persons": persons, "still_counted": counted, **more}


def site(name="s", persons=30, counted=False):  # noqa: FBT002 - a shorthand
    return {"settlement_id": name, "village_code": "w", "persons_total": persons, "counted_in_village": counted}


def test_people_leave_the_old_village_and_land_and_assets_stay():
    found = moved([origin("v", land_mu=12.5, assets_kept=2), origin("v", "t", 10, False, land_mu=None)], {"v": 100})[0]
    assert (found.stated, found.moved, found.still_counted, found.population) == (100, 40, 30, 70)
    assert (found.land_mu, found.land_unknown, found.assets_kept, found.settlements) == (12.5, 1, 2, ("s", "t"))


def test_what_nobody_says_widens_the_bounds():
    unclear = moved([origin("v"), origin("v", persons=20, counted=None)], {"v": 100})[0]
    assert (unclear.low, unclear.high, unclear.population) == (50, 70, None)
    unnumbered = moved([origin("v", persons=None)], {"v": 100})[0]
    assert (unnumbered.low, unnumbered.high, unnumbered.rows_without_persons) == (0, 100, 1)
    already = moved([origin("v", persons=None, counted=False)], {"v": 100})[0]
    assert already.population == 100
    assert moved([origin("v")], {"v": None})[0].low is None
    assert moved([{**origin("v"), "village_code": None}], {"v": 1}) == []


def test_more_moved_than_stated_is_a_contradiction_and_nothing_goes_below_zero():
    found = moved([origin("v", persons=120)], {"v": 100})[0]
    assert found.exceeds
    assert (found.low, found.high) == (0, 0)


def test_everybody_once_by_hand():
    found = population(
        {"v": 100, "w": 50, "x": None}, [site(), site("t", 7, None), site("u", 9, True), site("y", None)], [origin("v")]
    )
    assert (found.villages_stated, found.taken_out, found.villages, found.settlements) == (150, 30, 120, 30)
    assert (found.low, found.high) == (150, 157)
    assert (found.unknown_villages, found.unknown_settlements) == (1, 1)


def test_origins_of_villages_elsewhere_take_nothing_out_here():
    assert population({"w": 50}, [site()], [origin("far away")]).low == 80


NUMBERS = st.integers(0, 200)
STATED = st.dictionaries(st.sampled_from("abcd"), st.integers(0, 3000), min_size=1)
MOVES = st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("stu"), NUMBERS), max_size=15)


@house(max_examples=120)
@given(STATED, MOVES)
def test_moving_people_whom_the_village_still_counts_leaves_the_total(stated, moves):
    """Σ villages + Σ settlements after the correction is what the villages stated, where they stated no less than moved."""
    left = {code: number + sum(persons for village, _, persons in moves if village == code) for code, number in stated.items()}
    known = [(village, name, persons) for village, name, persons in moves if village in left]
    sites = [site(name, sum(persons for _, own, persons in known if own == name)) for name in "stu"]
    found = population(left, sites, [origin(village, name, persons) for village, name, persons in known])
    assert found.low == found.high == sum(left.values())
    assert found.villages == sum(stated.values())


@house(max_examples=120)
@given(STATED, MOVES, st.lists(st.sampled_from([True, False, None]), min_size=15, max_size=15))
def test_bounds_hold_for_any_rows(stated, moves, flags):
    rows = [origin(village, name, persons, flag) for (village, name, persons), flag in zip(moves, flags, strict=False)]
    sites = [site(name, 100, flag) for name, flag in zip("stu", flags, strict=False)]
    found = population(stated, sites, rows)
    assert 0 <= found.low <= found.high
    for item in moved(rows, stated):
        if item.stated is not None:
            assert 0 <= item.low <= item.high <= item.stated
    sure = population(stated, sites, [row | {"still_counted": bool(row["still_counted"])} for row in rows])
    assert found.low <= sure.low
