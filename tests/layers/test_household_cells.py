"""Hidden counts cannot be derived: audited by a linear program that is built from the shown rows alone."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from layers.household_cells import ALL, MEASURES, RISKS, TOTAL, TYPES, Month, hidden_cells, shown, summary_id
from layers.monitored_households import COUNTS, LAYER
from layers.small_cells import Cells, intervals, protect

FLAGS = MEASURES[2:]


def count(records, measures):
    """Counts of records: type, risks, persons, set of flags, monitored."""
    there = [record for record in records if record[4]]
    found = {"households": len(there), "persons": sum(record[2] for record in there)}
    for name in measures:
        moved = records if name in ("added", "removed") else there
        found[name] = sum(name in record[3] for record in moved)
    return found


def month_of(villages, period="2026-10", **beside):
    """The true counts of villages: code of township → code of village → records."""
    parent, level, counts = {}, {"99": 2}, {}
    everybody = []
    for town, inside in villages.items():
        parent[town], level[town] = "99", 1
        own = [record for records in inside.values() for record in records]
        everybody += own
        for village, records in inside.items():
            parent[village], level[village] = town, 0
            counts[village, TOTAL, ALL] = count(records, FLAGS)
        counts[town, TOTAL, ALL] = count(own, FLAGS)
        counts |= {(town, kind, ALL): count([item for item in own if item[0] == kind], ()) for kind in TYPES}
    counts["99", TOTAL, ALL] = count(everybody, FLAGS)
    counts |= {("99", kind, ALL): count([item for item in everybody if item[0] == kind], ()) for kind in TYPES}
    counts |= {("99", TOTAL, risk): count([item for item in everybody if risk in item[1]], ()) for risk in RISKS}
    return Month(period, counts, parent, level, **beside)


def audit(rows, parent, before=None):  # noqa: PLR0912 - every relation that a reader knows, in one place
    """Give for every hidden count its least and greatest value by all that the shown rows say: one program for all."""
    names = []

    def variable(key):
        if key not in names_at:
            names_at[key] = len(names)
            names.append(key)
        return names_at[key]

    names_at = {}
    cells = {}
    for row in rows:
        key = (row["area_code"], row["monitor_type"], row["risk_code"])
        for name in MEASURES:
            if name in (row["suppressed_fields"] or ()):
                cells[key, name] = None
                variable((key, name))
            elif row[name] is not None:
                cells[key, name] = row[name]
    for area, row in (before or {}).items():
        key = ((area, "before", ALL), "households")
        cells[key] = row["households"]
        if row["households"] is None:
            variable(key)
    equal, equal_to, under, under_to = [], [], [], []

    def add(relation, left, right):
        line, known = {}, 0.0
        for key, factor in relation:
            if cells[key] is None:
                line[names_at[key]] = line.get(names_at[key], 0) + factor
            else:
                known += factor * cells[key]
        if line:
            left.append(line)
            right.append(-known)
        else:
            assert known <= 1e-9 if left is under else abs(known) < 1e-9

    children = {}
    for area, above in parent.items():
        children.setdefault(above, []).append(area)
    for (area, kind, risk), name in list(cells):
        key = (area, kind, risk)
        if kind == "before":
            continue
        parts = [((one, kind, risk), name) for one in children.get(area, ())]
        if parts and all(part in cells for part in parts):
            add([*((part, 1) for part in parts), ((key, name), -1)], equal, equal_to)
        kinds = [((area, one, risk), name) for one in TYPES]
        if kind == TOTAL and risk == ALL and all(part in cells for part in kinds):
            add([*((part, 1) for part in kinds), ((key, name), -1)], equal, equal_to)
        if name == "households":
            add([((key, name), 1), ((key, "persons"), -1)], under, under_to)
        elif name not in ("persons", "added", "removed"):
            add([((key, name), 1), ((key, "households"), -1)], under, under_to)
        if risk != ALL:
            add([((key, name), 1), (((area, kind, ALL), name), -1)], under, under_to)
        if before and name == "added" and area in before:
            flow = [((key, "households"), 1), (((area, "before", ALL), "households"), -1), ((key, "added"), -1)]
            add([*flow, ((key, "removed"), 1)], equal, equal_to)
    if not names:
        return {}

    def dense(lines):
        matrix = np.zeros((len(lines), len(names)))
        for at, line in enumerate(lines):
            for column, factor in line.items():
                matrix[at, column] = factor
        return matrix if len(lines) else None

    options = {"A_eq": dense(equal), "b_eq": equal_to or None, "A_ub": dense(under), "b_ub": under_to or None}
    found = {}
    for at, name in enumerate(names):
        goal = np.zeros(len(names))
        goal[at] = 1
        ends = []
        for sign in (1, -1):
            answer = linprog(sign * goal, **options, bounds=(0, None), method="highs")
            assert answer.status in (0, 3), (name, answer.message)
            ends.append(sign * answer.fun if answer.status == 0 else sign * -math.inf)
        found[name] = (ends[0], ends[1])
    return found


def narrow(rows, month, width=5.0, before=None):
    """Name the hidden counts that are known too well."""
    return {
        name: ends
        for name, ends in audit(rows, month.parent, before).items()
        if ends[1] - ends[0] < width - 1e-6 and name[0][1] != "before"
    }


def small_shown(rows, small=5):
    """Name the small counts that are shown."""
    return [(row["summary_id"], name) for row in rows for name in COUNTS if row[name] is not None and 1 <= row[name] < small]


records = st.tuples(
    st.sampled_from(TYPES),
    st.frozensets(st.sampled_from(RISKS[:4]), max_size=2),
    st.integers(1, 6),
    st.frozensets(st.sampled_from(FLAGS), max_size=3),
    st.sampled_from([True, True, True, False]),
)
places = st.integers(1, 3).flatmap(
    lambda towns: st.lists(st.lists(st.lists(records, max_size=14), min_size=1, max_size=4), min_size=towns, max_size=towns).map(
        lambda found: {
            f"99{t:02d}": {f"99{t:02d}{v:02d}": inside for v, inside in enumerate(town)} for t, town in enumerate(found)
        }
    )
)


@given(places)
@settings(max_examples=20, deadline=None)
def test_no_hidden_count_can_be_derived_from_any_table(villages):
    month = month_of(villages)
    rows = shown(month)
    assert small_shown(rows) == []
    assert narrow(rows, month) == {}
    for row in rows:
        true = month.counts[row["area_code"], row["monitor_type"], row["risk_code"]]
        for name in MEASURES:
            hidden = name in (row["suppressed_fields"] or ())
            assert row[name] is None if hidden else row[name] == true.get(name)


def test_without_complementary_suppression_the_audit_finds_the_leak():
    """The control: hiding the small counts alone leaves them to be computed from the totals, and the audit says so."""
    villages = {
        "9900": {
            "990000": [(TYPES[0], frozenset(), 2, frozenset(), True)] * 3,
            "990001": [(TYPES[0], frozenset(), 2, frozenset(), True)] * 9,
        }
    }
    month = month_of(villages)
    rows = shown(month)
    assert narrow(rows, month) == {}
    leaking = []
    for row in rows:
        true = month.counts[row["area_code"], row["monitor_type"], row["risk_code"]]
        gone = ["households", "persons"] if 1 <= true["households"] < 5 else []
        leaking.append(row | true | dict.fromkeys(gone) | {"suppressed_fields": gone or None})
    found = narrow(leaking, month)
    assert {ends for name, ends in found.items() if name[1] == "households" and name[0][0] == "990000"} == {(3.0, 3.0)}


def people(number, **options):
    flags = options.get("flags", frozenset())
    return [(options.get("kind", TYPES[0]), frozenset({"01"}), 3, flags, options.get("monitored", True))] * number


def test_what_was_added_does_not_come_out_of_two_months():
    """Both months show their totals; the few households added in one village stay hidden, and so does another figure."""
    before = {"99": {"households": 60}, "9900": {"households": 60}, "990000": {"households": 30}, "990001": {"households": 30}}
    villages = {"9900": {"990000": people(30) + people(2, flags=frozenset({"added"})), "990001": people(30)}}
    month = month_of(villages, before=before)
    rows = {row["summary_id"]: row for row in shown(month)}
    village = rows[summary_id("990000", "2026-10", TOTAL, ALL)]
    assert "added" in village["suppressed_fields"]
    assert narrow(rows.values(), month, before=before) == {}
    alone = shown(month_of(villages))
    assert {ends for name, ends in narrow(alone, month, before=before).items() if name[1] == "added"} == {(2.0, 2.0)}


def test_a_month_that_does_not_follow_the_one_before_hides_no_noughts_for_it():
    """Many villages with nobody, whose counts were hidden last month: what one would compute from that month is no small count."""
    before = {f"99{t:02d}{v:02d}": {"households": None} for t in range(4) for v in range(12)}
    villages = {f"99{t:02d}": {f"99{t:02d}{v:02d}": people(9 if v == 0 else 0) for v in range(12)} for t in range(4)}
    villages["9900"]["990001"] = people(2, flags=frozenset({"water_problem"})) + people(5)
    rows = shown(month_of(villages, before=before))
    assert narrow(rows, month_of(villages)) == {}
    empty = [row for row in rows if row["area_code"][4:] not in ("", "00", "01")]
    assert len(empty) == 40
    assert [row for row in empty if row["suppressed_fields"]] == []


def test_a_nought_below_a_shown_nought_is_never_hidden_for_others():
    villages = {f"99{t:02d}": {f"99{t:02d}{v:02d}": people(30 if v < 2 else 0) for v in range(6)} for t in range(2)}
    villages["9900"]["990000"] = people(28) + people(2, flags=frozenset({"housing_problem"}))
    rows = shown(month_of(villages))
    assert narrow(rows, month_of(villages)) == {}
    assert "housing_problem" in {name for row in rows for name in row["suppressed_fields"] or ()}
    assert [row for row in rows if row["households"] == 0 and row["suppressed_fields"]] == []


def test_a_month_read_again_keeps_hidden_what_was_hidden():
    month = month_of({"9900": {"990000": people(9), "990001": people(12)}})
    assert all(not row["suppressed"] for row in shown(month) if row["monitor_type"] == TOTAL and row["risk_code"] == ALL)
    month.keep_hidden = frozenset({(("990000", TOTAL, ALL), "households")})
    rows = shown(month)
    assert (("990000", TOTAL, ALL), "households") in hidden_cells(rows)
    assert narrow(rows, month) == {}


def test_rows_fit_the_layer():
    rows = shown(month_of({"9900": {"990000": people(3), "990001": people(12), "990002": []}}))
    assert [fault for row in rows for check in LAYER.row_checks for fault in check(row)] == []
    by_id = {row["summary_id"]: row for row in rows}
    assert by_id[summary_id("990002", "2026-10", TOTAL, ALL)]["households"] == 0
    assert by_id[summary_id("990000", "2026-10", TOTAL, ALL)]["suppressed"] is True


def test_the_threshold_is_a_parameter():
    month = month_of({"9900": {"990000": people(7), "990001": people(40), "990002": people(40)}})
    rows = {row["area_code"]: row for row in shown(month, small=10, width=10) if row["monitor_type"] == TOTAL}
    assert rows["990000"]["households"] is None
    rows = {row["area_code"]: row for row in shown(month) if row["monitor_type"] == TOTAL}
    assert rows["990000"]["households"] == 7


@pytest.mark.parametrize("values", [(2.0, 0.0, 0.0, 2.0), (1.0, 1.0, 20.0, 22.0), (4.0, 5.0, 0.0, 9.0)])
def test_one_sum(values):
    cells = Cells(
        np.array(values),
        np.array([1 <= value < 5 for value in values]),
        np.array([*values[:3], 100.0]),
        equations=[((0, 1.0), (1, 1.0), (2, 1.0), (3, -1.0))],
    )
    hidden = protect(cells, width=5)
    low, high = intervals(cells, hidden, width=5)
    assert ((high - low)[hidden] >= 5 - 1e-6).all()
    assert (low[~hidden] == cells.values[~hidden]).all()


def test_what_was_shown_is_never_said_to_be_hidden():
    cells = Cells(
        np.array([3.0, 9.0, 12.0]),
        np.array([True, False, False]),
        np.ones(3),
        equations=[((0, 1.0), (1, 1.0), (2, -1.0))],
        fixed=frozenset({1, 2}),
    )
    assert protect(cells, width=5).tolist() == [True, False, False]
