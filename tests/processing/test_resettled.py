"""Relocated people in a run: worked by hand, and the bounds against every way in which people may have left."""

import itertools
from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as house
from hypothesis import strategies as st
from shapely import LineString, Point

from processing import profiles
from processing.areas import Areas
from processing.coverage import evaluate
from processing.indicators.definition import Context
from processing.relocation_effect import effect
from processing.resettled import apportion, counting, resettle, spread
from processing.rollup import roll_up

DAY = date(2026, 11, 1)
ROAD = 36.0
FAR = 36.5


def layer(rows, geometry=None):
    frame = pd.DataFrame(rows)
    return gpd.GeoDataFrame(frame, geometry=geometry or [None] * len(frame), crs=4490)


def county(hamlets, settlements=(), origins=()):
    """Give layers of county C, villages v and w. hamlets: (id, village, persons, near the road); settlements: (id, village, persons, near, counted).

    origins: (settlement, village, persons, still counted).
    """
    villages = [{"village_code": code, "township_code": "t", "county_code": "C", "name": code} for code in ("v", "w")]
    inputs = {
        "counties": layer([{"county_code": "C", "name": "C"}]),
        "townships": layer([{"township_code": "t", "county_code": "C", "name": "t"}]),
        "villages": layer(villages),
        "hamlets": layer(
            [{"hamlet_id": h, "name": h, "village_code": v, "population": p, "data_quality": None} for h, v, p, _ in hamlets],
            [Point(104.0, ROAD + 0.001 if near else FAR) for *_, near in hamlets],
        ),
        "roads": layer(
            [{"segment_id": "s1", "route_no": "X101", "tech_class": "四级"}], [LineString([(103.9, ROAD), (104.1, ROAD)])]
        ),
    }
    if settlements:
        inputs["settlements"] = layer(
            [
                {"settlement_id": s, "name": s, "village_code": v, "persons_total": p, "counted_in_village": c, "has_water": True}
                for s, v, p, _, c in settlements
            ],
            [Point(104.0, ROAD + 0.001 if near else FAR) for *_, near, _ in settlements],
        )
    if origins:
        inputs["settlement_origins"] = layer(
            [
                {"origin_id": str(n), "settlement_id": s, "village_code": v, "persons": p, "still_counted": c}
                for n, (s, v, p, c) in enumerate(origins)
            ]
        )
    return inputs


def run(inputs, *codes, **overrides):
    profile = profiles.load("tches18").override({name.replace("__", "."): value for name, value in overrides.items()})
    return evaluate(inputs, indicators=codes or ["RD1"], profile=profile, on=DAY)


def figures(inputs, **overrides):
    table = run(inputs, **overrides).table.set_index("area_code")
    return {code: tuple(table.loc[code, ["numerator", "denominator", "value", "low", "high"]]) for code in table.index}


HAMLETS = (("h1", "v", 60, True), ("h2", "v", 40, False), ("h3", "w", 100, False))


def test_people_count_at_their_settlement_and_leave_the_old_village_in_proportion():
    """v: 60 near, 40 far, 20 of them moved to s in w, near the road: 12 and 8 leave; v 48 of 80, w 20 of 120, C 68 of 200."""
    found = figures(county(HAMLETS, [("s", "w", 20, True, False)], [("s", "v", 20, True)]))
    assert found["v"][:3] == pytest.approx((48, 80, 60))
    assert found["w"][:3] == pytest.approx((20, 120, 100 / 6))
    assert found["C"][:3] == found["all"][:3] == pytest.approx((68, 200, 34))
    assert found["settlements"][:3] == pytest.approx((20, 20, 100))


def test_which_hamlets_people_left_is_not_known_and_widens_the_bounds():
    """All 20 may have come from the 60 near the road (40 of 80) or from the 40 far from it (60 of 80)."""
    found = figures(county(HAMLETS, [("s", "w", 20, True, False)], [("s", "v", 20, True)]))
    assert found["v"][3:] == pytest.approx((50, 75))
    assert found["C"][3:] == pytest.approx((30, 40))
    assert found["w"][3:] == pytest.approx((100 / 6, 100 / 6))


def test_in_doubt_whether_the_old_village_still_counts_them():
    """Nobody says: as stated 60 of 100; if they left, between 40 and 60 of 80."""
    found = figures(county(HAMLETS, [("s", "w", 20, True, False)], [("s", "v", 20, None)]))
    assert found["v"] == pytest.approx((60, 100, 60, 50, 75))
    status = run(county(HAMLETS, [("s", "w", 20, True, False)], [("s", "v", 20, None)])).table.set_index("area_code")["status"]
    assert (status["v"], status["w"]) == ("partial", "ok")


def test_a_figure_corrected_already_is_left_alone():
    found = figures(county(HAMLETS, [("s", "w", 20, True, False)], [("s", "v", 20, False)]))
    assert found["v"] == pytest.approx((60, 100, 60, 60, 60))
    assert found["C"] == pytest.approx((80, 220, 800 / 22, 800 / 22, 800 / 22))


def test_a_settlement_counted_by_the_village_it_lies_in_counts_once():
    """w states 100 with the 20 of s: 80 far, 20 at s; when origins in the same village say so too, they leave once."""
    for origins in ([], [("s", "w", 20, True)]):
        found = figures(county(HAMLETS, [("s", "w", 20, True, True)], origins))
        assert found["w"][:3] == pytest.approx((20, 100, 20))
        assert found["C"][:2] == pytest.approx((80, 200))


def test_not_known_whether_the_village_counts_its_settlement():
    found = figures(county(HAMLETS, [("s", "w", 20, True, None)]))
    assert found["w"] == pytest.approx((20, 120, 100 / 6, 100 / 6, 20))


def test_more_moved_than_stated_leaves_nobody_and_nothing_below_zero():
    found = figures(county(HAMLETS, [("s", "w", 150, True, False)], [("s", "v", 150, True)]))
    assert found["v"][:2] == (0, 0)
    assert np.isnan(found["v"][2])
    assert found["C"][:2] == pytest.approx((150, 250))


def test_persons_not_known_bound_by_the_settlement():
    found = figures(county(HAMLETS, [("s", "w", 20, True, False)], [("s", "v", None, True)]))
    assert found["v"] == pytest.approx((60, 100, 60, 50, 75))


def test_ledgers_as_they_stand_when_the_profile_says_so():
    inputs = county(HAMLETS, [("s", "w", 20, True, False)], [("s", "v", 20, True)])
    found = figures(inputs, relocation__count_at="stated")
    assert found["v"] == pytest.approx((60, 100, 60, 60, 60))
    assert found["w"][:2] == (0, 100)
    assert found["C"][:2] == (60, 200)
    assert found["settlements"][:2] == (20, 20)


def test_units_keep_what_the_ledger_states_and_the_run_says_who_moved():
    found = run(county(HAMLETS, [("s", "w", 20, True, False)], [("s", "v", 20, True)]))
    units = found.units["RD1"].set_index("unit_id")
    assert units.loc["h1", ["numerator", "denominator", "persons"]].tolist() == [48, 48, 48]
    assert units.loc["h1", ["stated_numerator", "stated_denominator"]].tolist() == [60, 60]
    assert units.loc["s", ["denominator", "stated_denominator"]].tolist() == [20, 0]
    zh, en = found.notes["resettled"]
    assert "转出 20 人" in zh
    assert "20 persons leave the hamlets of 1 villages" in en


def test_what_it_changes_against_the_ledgers_as_they_stand():
    found = effect(run(county(HAMLETS, [("s", "w", 20, True, False)], [("s", "v", 15, True)])).units["RD1"])
    assert (found.before.numerator, found.before.denominator) == pytest.approx((60, 200))
    assert (found.after.numerator, found.after.denominator) == pytest.approx((71, 205))
    assert (found.left, found.came) == pytest.approx((15, 20))
    assert effect(run(county(HAMLETS)).units["RD1"]) is None
    stated = run(county(HAMLETS, [("s", "w", 20, True, False)], [("s", "v", 15, True)]), relocation__count_at="stated")
    assert effect(stated.units["RD1"]) is None


def test_water_counts_settlements_by_what_they_say():
    inputs = county(HAMLETS, [("s", "w", 20, True, False), ("u", "w", 10, True, False)])
    inputs["settlements"]["supply_mode"] = ["city_ext", None]
    inputs["settlements"]["has_water"] = [None, False]
    table = run(inputs, "W1", "W2", "W3").table
    group = table[table["area_code"] == "settlements"].set_index("indicator")
    assert group.loc["W1", ["numerator", "denominator", "unknown"]].tolist() == [0, 10, 20]
    assert group.loc["W2", ["numerator", "denominator", "unknown"]].tolist() == [20, 20, 0]
    assert group.loc["W3", ["numerator", "denominator", "unknown"]].tolist() == [20, 30, 0]


def test_land_and_assets_stay_with_the_old_village():
    inputs = county(HAMLETS, [("s", "w", 20, True, False)], [("s", "v", 20, True)])
    inputs["farmland"] = layer(
        [{"parcel_id": "p", "village_code": "v", "land_code": "0103", "high_standard": True, "area_m2": 500.0}],
        [Point(104, 36).buffer(0.001)],
    )
    inputs["assets"] = layer(
        [{"asset_id": "a", "village_code": "v", "asset_class": "PUB", "original_value": 3.0, "registered_on": "2024-01-01"}]
    )
    codes = ["FL1", "AS1", "AS1V", "RD3"]
    at_settlement, stated = run(inputs, *codes).table, run(inputs, *codes, relocation__count_at="stated").table
    pd.testing.assert_frame_equal(at_settlement, stated)


SIZE = st.integers(0, 6)
COUNTED = st.sampled_from([True, False, None])


@st.composite
def places(draw):
    hamlets = [(f"h{n}", draw(st.sampled_from("vw")), draw(SIZE), draw(st.booleans())) for n in range(draw(st.integers(1, 4)))]
    settlements = [("s", "w", draw(SIZE), draw(st.booleans()), draw(COUNTED))]
    origins = [("s", draw(st.sampled_from("vw")), draw(SIZE), draw(COUNTED)) for _ in range(draw(st.integers(0, 2)))]
    return hamlets, settlements, origins


def added_up(hamlets, settlements, origins):
    """Give the units and the table of places without roads: a hamlet passes as it says."""
    inputs = county(hamlets, settlements, origins)
    context = Context(Areas.from_layers(inputs), profiles.load(), DAY)
    units = [("hamlets", name, village, persons, near) for name, village, persons, near in hamlets]
    units += [("settlements", name, village, persons, near) for name, village, persons, near, _ in settlements]
    rows = pd.DataFrame(units, columns=["unit_layer", "unit_id", "area_code", "denominator", "near"]).astype(
        {"denominator": float}
    )
    rows["numerator"] = rows["denominator"].where(rows["near"], 0.0)
    rows = rows.assign(persons=rows["denominator"], shortfall=np.nan, shortfall_unit=None, synthetic=False, unit_name="")
    rows = resettle(rows, "person", inputs, context)
    return rows, roll_up(rows, context.areas, people=spread(rows, inputs, context)).set_index("area_code")


def ways(hamlets, settlements, origins):
    """Enumerate independently every truth that the ledgers allow: (passing, people) of the county, and of village v."""
    (_, place, arrived, arrives_near, inside), *_ = settlements
    least, most = {"v": 0, "w": 0}, {"v": 0, "w": 0}
    for _, village, persons, counted in origins:
        least[village] += persons if counted else 0
        most[village] += 0 if counted is False else persons
    least[place] = max(least[place], arrived if inside else 0)
    most[place] = max(most[place], 0 if inside is False else arrived)
    sides = {}
    for village in "vw":
        sizes = [(persons, near) for _, v, persons, near in hamlets if v == village]
        held = sum(persons for persons, _ in sizes)
        options = set()
        for left in itertools.product(*(range(persons + 1) for persons, _ in sizes)):
            if min(least[village], held) <= sum(left) <= min(max(most[village], least[village]), held):
                passing = sum(persons - out for (persons, near), out in zip(sizes, left, strict=True) if near)
                options.add((passing, held - sum(left)))
        sides[village] = options
    own = arrived if arrives_near else 0
    for first, second in itertools.product(sides["v"], sides["w"]):
        yield (first[0] + second[0] + own, first[1] + second[1] + arrived), first


@house(max_examples=60, deadline=None)
@given(places())
def test_the_bounds_hold_every_way_in_which_people_may_have_left(county_of):
    hamlets, settlements, origins = county_of
    table = added_up(hamlets, settlements, origins)[1]
    found = {code: tuple(table.loc[code, ["numerator", "denominator", "value", "low", "high"]]) for code in ("C", "v")}
    shares: dict[str, list[float]] = {"C": [], "v": []}
    for whole, of_v in ways(hamlets, settlements, origins):
        for code, (passing, people) in (("C", whole), ("v", of_v)):
            if people:
                shares[code].append(100 * passing / people)
    for code, possible in shares.items():
        value, low, high = found[code][2:]
        if possible and not np.isnan(low):
            assert low <= min(possible) + 1e-6
            assert high >= max(possible) - 1e-6
        if possible and not np.isnan(value):
            assert low - 1e-9 <= value <= high + 1e-9
    if shares["v"] and not np.isnan(found["v"][2]):
        value, low, high = found["v"][2:]
        assert min(low, value) == pytest.approx(min(*shares["v"], value), abs=1e-6)
        assert max(high, value) == pytest.approx(max(*shares["v"], value), abs=1e-6)


@house(max_examples=50, deadline=None)
@given(places())
def test_everybody_counts_once(county_of):
    """Persons of the county = hamlets as stated − those who surely left + the settlement; and areas add up to the county."""
    hamlets, settlements, origins = county_of
    units, table = added_up(hamlets, settlements, origins)
    whole = table["denominator"] + table["unknown"]
    left = sum(persons for *_, persons, _ in hamlets) - units[units["unit_layer"] == "hamlets"]["denominator"].sum()
    sure = {"v": 0, "w": 0}
    for _, village, persons, counted in origins:
        sure[village] += persons if counted else 0
    _, place, arrived, _, inside = settlements[0]
    sure[place] = max(sure[place], arrived if inside else 0)
    held = {code: sum(persons for _, village, persons, _ in hamlets if village == code) for code in "vw"}
    assert left == pytest.approx(sum(min(sure[code], held[code]) for code in "vw"))
    assert whole["C"] == pytest.approx(sum(held.values()) - left + arrived)
    assert whole["v"] + whole["w"] == pytest.approx(whole["C"]) == pytest.approx(whole["all"])


@house(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 50), min_size=1, max_size=8), st.integers(0, 400))
def test_whole_persons_are_shared_out_exactly(sizes, count):
    held = np.array(sizes, dtype=float)
    out = apportion(min(count, held.sum()), held)
    assert out.sum() == pytest.approx(min(count, held.sum()))
    assert (out == np.round(out)).all()
    assert ((out >= 0) & (out <= held)).all()
    if held.sum():
        exact = held * min(count, held.sum()) / held.sum()
        assert (np.abs(out - exact) < 1).all()


def test_counting_is_nothing_without_settlements():
    inputs = county(HAMLETS)
    found = counting(inputs, Context(Areas.from_layers(inputs), profiles.load(), DAY))
    assert (found.left, found.settled) == ({}, frozenset())
