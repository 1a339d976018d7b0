"""Villages merged, divided, renamed and handed over on the small area; its figures were worked by hand."""

from datetime import date

import pytest
import shapely
from shapely import box

from geo_app.access import Permission, Person
from geo_app.actions import change_areas, crosswalk, merge_areas, run_coverage
from geo_app.actions.area_links import ShareError
from geo_app.actions.area_summary import trends
from geo_app.actions.merge_areas import AreaChange, Part
from geo_app.actions.run_coverage import RunRequest
from geo_app.errors import BadRequestError, NotFoundError
from layers.errors import StaleVersionError
from layers.store import Change, Condition, Update
from processing.crosswalk import MERGED, SAME, SHARE, VILLAGES

ON = date(2026, 11, 1)
LI = Person("li", "统计局", frozenset(Permission))
JIA, YI, BING, DING_N = "990101001200", "990101001201", "990102001202", "990102002203"
MERGE = AreaChange(kind="merge", codes=(JIA, YI), parts=(Part(code=YI, name="甲乙村"),), on=ON)


def rows(store, layer, field, *codes):
    return store.read(layer, where=[Condition(field, "in", list(codes))])


def do(store, wish, person=LI):
    return change_areas.apply(store, person, merge_areas.plan(store, wish), reason="")


def figure(run, indicator, code):
    found = run.table[(run.table["indicator"] == indicator) & (run.table["area_code"] == code)].iloc[0]
    return float(found["numerator"]), float(found["denominator"]), float(found["unknown"])


def test_merge_updates_villages_recodes_features_and_leaves_links(small):
    plan = merge_areas.plan(small, MERGE)
    assert plan.recoded["hamlets"] == 4
    saved = change_areas.apply(small, LI, plan, reason="撤并")
    record = small.changes(limit=1)[0]
    assert (record.change_id, record.kind, record.reason) == (saved.receipt.change_id, "area", "撤并")
    assert rows(small, "villages", "village_code", JIA).empty
    village = rows(small, "villages", "village_code", YI).iloc[0]
    assert (village["name"], village["pop_registered"], village["households"]) == ("甲乙村", 400, 100)
    assert village.geometry.equals(box(105.0, 36.0, 105.2, 36.1))
    assert len(rows(small, "hamlets", "village_code", YI)) == 8
    for name in small.layers:
        if name != "area_crosswalk" and "village_code" in small.layers[name] and small.version(name):
            assert rows(small, name, "village_code", JIA).empty, name
    links = small.read("area_crosswalk")
    assert sorted(zip(links["from_code"], links["to_code"], links["share"], strict=True)) == [(JIA, YI, 1.0), (YI, YI, 1.0)]


def test_what_is_not_known_of_all_parts_is_unknown_and_noted(small):
    plan = merge_areas.plan(small, MERGE)
    assert "differs:sewage_treated" in plan.notes
    assert "unknown_sum:pop_resident" in plan.notes
    given = AreaChange(kind="merge", codes=(JIA, YI), parts=(Part(code=YI, name="甲乙村", given={"sewage_treated": True}),))
    assert "differs:sewage_treated" not in merge_areas.plan(small, given).notes


def test_county_stays_and_merged_village_is_sum_over_sum(small):
    before = run_coverage.load(small, 1)
    do(small, MERGE)
    after = run_coverage.run(small, RunRequest(on=ON))
    for indicator in ("RD1", "W1"):
        for code in ("990101", "990102", "9901", "990101001"):
            assert figure(after, indicator, code) == pytest.approx(figure(before, indicator, code))
        parts = [figure(before, indicator, code) for code in (JIA, YI)]
        assert figure(after, indicator, YI) == pytest.approx(tuple(map(sum, zip(*parts, strict=True))))
    carried = crosswalk.figures_of(small, before.record, before.table, YI).set_index("indicator")
    assert carried.loc["W1", "basis"] == MERGED
    assert carried.loc["W1", ["numerator", "denominator", "unknown"]].tolist() == [80 + 130, 150 + 200, 50]
    assert carried.loc["W1", "value"] == pytest.approx(60)


def test_course_of_a_merged_village_has_one_point_per_run(small):
    do(small, MERGE)
    run_coverage.run(small, RunRequest(on=ON))
    course = trends(small, YI)["W1"]
    assert [(point.basis, round(point.value, 6)) for point in course] == [(MERGED, 60.0), (SAME, 60.0)]
    assert [point.basis for point in trends(small, "990101")["W1"]] == [SAME, SAME]


def test_undo_takes_the_whole_change_back(small):
    before = {name: small.read(name) for name in ("villages", "hamlets", "areas", "area_crosswalk")}
    saved = do(small, MERGE)
    small.undo(saved.receipt.change_id, who="li", bureau="", reason="")
    for name, frame in before.items():
        now = small.read(name)
        assert now.drop(columns=["ver"]).equals(frame.drop(columns=["ver"])), name
    run = run_coverage.load(small, 1)
    assert set(crosswalk.figures_of(small, run.record, run.table, JIA)["basis"]) == {SAME}


def test_new_code_for_a_merged_village(small):
    do(small, AreaChange(kind="merge", codes=(JIA, YI), parts=(Part(code="990101001299", name="新村"),)))
    assert len(rows(small, "hamlets", "village_code", "990101001299")) == 8
    assert rows(small, "villages", "village_code", JIA, YI).empty


SPLIT = AreaChange(
    kind="split",
    codes=(JIA,),
    parts=(
        Part(code=JIA, name="甲南村", hamlets=(f"{JIA}-1", f"{JIA}-3")),
        Part(code="990101001298", name="甲新村", hamlets=(f"{JIA}-2", f"{JIA}-4")),
    ),
)


def test_split_divides_by_hamlets_and_shows_the_parent_rate(small):
    plan = merge_areas.plan(small, SPLIT)
    assert sorted(plan.links["share"]) == pytest.approx([0.35, 0.65])  # 70 and 130 of 200 persons
    assert "thiessen:" in plan.notes
    change_areas.apply(small, LI, plan, reason="")
    assert sorted(rows(small, "hamlets", "village_code", "990101001298")["hamlet_id"]) == [f"{JIA}-2", f"{JIA}-4"]
    shapes = rows(small, "villages", "village_code", JIA, "990101001298").geometry
    assert shapes.union_all().symmetric_difference(box(105.0, 36.0, 105.1, 36.1)).area < 1e-12
    assert shapely.area(shapely.intersection(*shapes)) < 1e-12
    run = run_coverage.load(small, 1)
    found = crosswalk.figures_of(small, run.record, run.table, "990101001298").set_index("indicator").loc["W1"]
    assert (found["basis"], found["denominator"]) == (SHARE, pytest.approx(150 * 0.35))
    assert found["value"] == pytest.approx(8000 / 150)
    assert set(crosswalk.figures_of(small, run.record, run.table, "990101")["basis"]) == {SAME}


def test_split_by_outlines_and_given_shares(small):
    west, east = box(105.0, 36.0, 105.05, 36.1), box(105.05, 36.0, 105.1, 36.1)
    wish = AreaChange(
        kind="split",
        codes=(JIA,),
        parts=(Part(code=JIA, outline=west, share=0.9), Part(code="990101001297", name="东", outline=east, share=0.1)),
    )
    plan = merge_areas.plan(small, wish)
    assert sorted(plan.links["share"]) == [0.1, 0.9]
    assert set(plan.links["share_basis"]) == {"given"}
    assert "thiessen:" not in plan.notes


def test_chain_of_changes(small):
    do(small, MERGE)
    do(small, AreaChange(kind="rename", codes=(YI,), parts=(Part(code="990101001290", name="联合村"),)))
    run_coverage.run(small, RunRequest(on=ON))
    course = trends(small, "990101001290")["W1"]
    assert [(point.basis, round(point.value, 6)) for point in course] == [(MERGED, 60.0), (SAME, 60.0)]


def test_transfer_to_another_township_and_county(small):
    before = run_coverage.load(small, 1)
    plan = merge_areas.plan(small, AreaChange(kind="transfer", codes=(YI,), parts=(Part(code=YI),), to="990102001"))
    change_areas.apply(small, LI, plan, reason="")
    after = run_coverage.run(small, RunRequest(on=ON))
    for code in ("990101001", "990102001", "990101", "990102"):
        found = crosswalk.figures_of(small, before.record, before.table, code).set_index("indicator")
        for indicator in ("RD1", "W1"):
            assert found.loc[indicator, "basis"] == VILLAGES
            carried = tuple(found.loc[indicator, ["numerator", "denominator", "unknown"]])
            assert carried == pytest.approx(figure(after, indicator, code)), (code, indicator)
    assert figure(after, "W1", "9901") == figure(before, "W1", "9901")
    links = small.read("area_crosswalk").set_index(["from_code", "to_code"])["share"]
    assert links["990101001", "990102001"] == pytest.approx(0.5)
    assert links["990101", "990102"] == pytest.approx(0.25)


def test_a_row_changed_meanwhile_stops_the_whole(small):
    plan = merge_areas.plan(small, MERGE)
    hamlet = rows(small, "hamlets", "village_code", JIA).iloc[0]
    small.apply(Change("wu", "", "", (Update("hamlets", hamlet["id"], int(hamlet["ver"]), {"name": "改"}),)))
    with pytest.raises(StaleVersionError):
        change_areas.apply(small, LI, plan, reason="")
    assert not rows(small, "villages", "village_code", JIA).empty


@pytest.mark.parametrize(
    ("wish", "error"),
    [
        (AreaChange(kind="merge", codes=(JIA,), parts=(Part(code=JIA),)), BadRequestError),
        (AreaChange(kind="merge", codes=(JIA, JIA), parts=(Part(code=JIA),)), BadRequestError),
        (AreaChange(kind="merge", codes=(JIA, "0"), parts=(Part(code=JIA),)), NotFoundError),
        (AreaChange(kind="merge", codes=(JIA, YI), parts=(Part(code=BING),)), BadRequestError),
        (AreaChange(kind="merge", codes=(JIA, YI), parts=(Part(code=" "),)), BadRequestError),
        (AreaChange(kind="rename", codes=(JIA,), parts=(Part(code=JIA, given={"x": 1}),)), BadRequestError),
        (AreaChange(kind="split", codes=(JIA,), parts=(Part(code=JIA),)), BadRequestError),
        (AreaChange(kind="split", codes=(JIA,), parts=(Part(code=JIA), Part(code="z"))), ShareError),
        (AreaChange(kind="split", codes=(JIA,), parts=(Part(code=JIA, hamlets=("x",)), Part(code="z"))), BadRequestError),
        (AreaChange(kind="split", codes=(JIA,), parts=(Part(code=JIA, hamlets=(f"{JIA}-1",)), Part(code="z"))), BadRequestError),
        (AreaChange(kind="split", codes=(JIA,), parts=(Part(code=JIA, share=0.4), Part(code="z", share=0.4))), ShareError),
        (AreaChange(kind="transfer", codes=(JIA,), parts=(Part(code=JIA),), to="0"), NotFoundError),
    ],
)
def test_changes_that_cannot_be(small, wish, error):
    with pytest.raises(error):
        merge_areas.plan(small, wish)
