"""A surveyed file against the roads of the small area, with planted cases whose classes are known."""

import json

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely import LineString, MultiLineString

from geo_app.access import Permission, Person
from geo_app.actions import bulk_update, uploads
from geo_app.actions.bulk_compare import OTHER_KEY, SAME_KEY, Kind, Wishes
from geo_app.actions.bulk_update import ADD, SKIP
from geo_app.actions.import_layer import Choices
from geo_app.actions.save_edits import EditFaultsError, StaleEditsError
from geo_app.errors import BadRequestError, NotFoundError
from geo_app.progress import CancelledError, Progress
from layers.files import Answers, FaultsError
from layers.store import Change, Condition, Insert, Update
from processing.line_match import Thresholds
from processing.pairing import SPLIT

LI = Person("li", "交通局", frozenset(Permission))
METRE = 1 / 110_958
NAMES = ("kept", "shifted", "reversed", "renamed", "both", "split", "doubled", "gone", "far")


def road(number, north_m=0.0, west=0.0, east=0.02):
    """A road 1.8 km long, each 300 m north of the one before."""
    y = 36.02 + (number * 300 + north_m) * METRE
    return LineString([(105.01 + west, y), (105.01 + (west + east) / 2, y), (105.01 + east, y)])


@pytest.fixture
def roads(small):
    """The store with nine roads more, R-0 to R-8, named for what the survey does to them."""
    frame = gpd.GeoDataFrame(
        {
            "segment_id": [f"R-{number}" for number in range(len(NAMES))],
            "name": NAMES,
            "surface_type": "砂石",
            "village_code": ["990101001200"] * len(NAMES),
        },
        geometry=[road(number) for number in range(len(NAMES))],
        crs=4490,
    )
    small.apply(Change("li", "", "roads", (Insert("roads", frame),)))
    return small


def feature(shape, **values):
    return {"type": "Feature", "properties": values, "geometry": None if shape is None else json.loads(shapely.to_geojson(shape))}


SURVEY = [
    feature(road(0), name="kept", surface_type="砂石"),
    feature(road(1, north_m=6), name="shifted", surface_type="砂石"),
    feature(shapely.reverse(road(2)), name="reversed", surface_type="砂石"),
    feature(road(3), name="新名", surface_type="砂石"),
    feature(road(4, north_m=-8), name="both", surface_type="水泥"),
    feature(road(5, east=0.01), name="split", surface_type="砂石"),
    feature(road(5, west=0.01), name="split", surface_type="砂石"),
    feature(road(6), name="doubled", surface_type="砂石"),
    feature(road(6), name="doubled", surface_type="砂石"),
    feature(road(8, north_m=120), name="far", surface_type="砂石"),
    feature(road(20), name="new", surface_type="水泥"),
]
KINDS = [
    *(Kind.UNCHANGED, Kind.GEOMETRY, Kind.UNCHANGED, Kind.ATTRIBUTES, Kind.BOTH),
    *(Kind.AMBIGUOUS, Kind.AMBIGUOUS, Kind.AMBIGUOUS, Kind.AMBIGUOUS, Kind.ADDED, Kind.ADDED),
]


def survey(store, tmp_path, features, **options):
    path = tmp_path / "survey.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    upload = uploads.stage_file(path, folder=tmp_path / "uploads", max_bytes=10_000_000)
    choices = Choices(layer="roads", answers=Answers(crs="EPSG:4490"), match_names=True, **options)
    return bulk_update.read_survey(store, upload, choices)


def compared(store, tmp_path, features=SURVEY, person=LI, **wishes):
    return bulk_update.compare(store, person, survey(store, tmp_path, features), Wishes(**wishes))


def kinds(comparison):
    return [item.kind for item in comparison.items]


def test_planted_cases_fall_into_their_classes(roads, tmp_path):
    found = compared(roads, tmp_path)
    assert kinds(found) == KINDS
    assert found.items[1].moved_m == pytest.approx(6, abs=0.05)
    assert found.items[2].fields == ()
    assert found.items[3].fields == (("name", "renamed", "新名"),)
    assert {name for name, _, _ in found.items[4].fields} == {"surface_type"}
    assert (found.items[5].reason, [one.key for one in found.items[5].candidates]) == (SPLIT, ["R-5"])
    assert [one.key for one in found.items[7].candidates] == ["R-6"]
    assert found.counts[Kind.REMOVED] == 0


def test_removed_only_where_the_file_is_said_to_be_complete(roads, tmp_path):
    found = compared(roads, tmp_path, complete_for="990101001200")
    assert [item.key for item in found.items if item.kind is Kind.REMOVED] == ["R-7", "R-8"]
    assert compared(roads, tmp_path, complete_for="990102").counts[Kind.REMOVED] == 0
    whole = {item.key for item in compared(roads, tmp_path, complete_for="all").items if item.kind is Kind.REMOVED}
    assert {"R-7", "R-8"} < whole
    with pytest.raises(NotFoundError):
        compared(roads, tmp_path, complete_for="0")


def decide(found):
    return {5: found.items[5].candidates[0].id, 6: ADD, 7: found.items[7].candidates[0].id, 8: SKIP}


def test_accepted_as_one_change_and_undone_as_one(roads, tmp_path):
    before = roads.read("roads")
    found = compared(roads, tmp_path, key_prefix="S-", complete_for="990101001200")
    saved = bulk_update.accept(roads, LI, found, decide(found), reason="2026 survey")
    record = roads.changes(limit=1)[0]
    assert (record.kind, record.reason, record.file_name) == ("bulk", "2026 survey", "survey.geojson")
    assert (saved.receipt.inserted, saved.receipt.updated, saved.receipt.deleted) == (3, 4, 2)
    now = roads.read("roads").set_index("segment_id")
    assert now.loc["R-1"].geometry.equals_exact(road(1, north_m=6), 1e-9)
    assert now.loc["R-3", "name"] == "新名"
    assert now.loc["R-5"].geometry.equals_exact(road(5, east=0.01), 1e-9)
    assert {"S-0001", "S-0002", "S-0003"} < set(now.index)
    assert "R-7" not in now.index
    roads.undo(record.change_id, who="li", bureau="", reason="")
    assert roads.read("roads").drop(columns="ver").equals(before.drop(columns="ver"))


def test_nothing_is_written_before_acceptance(roads, tmp_path):
    version = roads.version("roads")
    found = compared(roads, tmp_path)
    bulk_update.edits(found, dict.fromkeys(range(5, 9), SKIP))
    assert roads.version("roads") == version


def test_open_rows_must_be_decided(roads, tmp_path):
    found = compared(roads, tmp_path, key_prefix="S-")
    with pytest.raises(BadRequestError, match="4 rows are not decided"):
        bulk_update.accept(roads, LI, found)
    same = found.items[5].candidates[0].id
    with pytest.raises(BadRequestError, match="both to be"):
        bulk_update.edits(found, {5: same, 6: same, 7: SKIP, 8: SKIP})
    for decisions in ({0: ADD}, {5: "x"}, {99: SKIP}):
        with pytest.raises(BadRequestError):
            bulk_update.edits(found, decisions | dict.fromkeys(range(6, 9), SKIP))


def test_neighbours_edit_in_between_is_shown_and_nothing_is_saved(roads, tmp_path):
    found = compared(roads, tmp_path, key_prefix="S-")
    road_1 = roads.read("roads", where=[Condition("segment_id", "=", "R-1")]).iloc[0]
    roads.apply(Change("wu", "水利局", "", (Update("roads", road_1["id"], int(road_1["ver"]), {"name": "别人改的"}),)))
    version = roads.version("roads")
    with pytest.raises(StaleEditsError) as caught:
        bulk_update.accept(roads, LI, found, decide(found))
    assert [(item["id"], item["who"]) for item in caught.value.conflicts] == [(road_1["id"], "wu")]
    assert roads.version("roads") == version


def test_key_comes_before_place(roads, tmp_path):
    rows = [
        feature(road(1), segment_id="R-0", name="kept", surface_type="砂石"),
        feature(road(2), segment_id="X-9", name="other", surface_type="砂石"),
        feature(None, segment_id="R-3", name="只改名", surface_type="砂石"),
        feature(road(4), segment_id="R-4", name="a", surface_type="砂石"),
        feature(road(4), segment_id="R-4", name="b", surface_type="砂石"),
    ]
    found = compared(roads, tmp_path, rows)
    assert [item.kind for item in found.items] == [Kind.GEOMETRY, Kind.AMBIGUOUS, Kind.ATTRIBUTES, Kind.AMBIGUOUS, Kind.AMBIGUOUS]
    assert found.items[0].moved_m == pytest.approx(300, rel=0.01)
    assert (found.items[1].reason, found.items[3].reason) == (OTHER_KEY, SAME_KEY)


def test_blank_cells_leave_what_is_known_unless_asked(roads, tmp_path):
    rows = [feature(road(0), name=None, surface_type="砂石")]
    assert kinds(compared(roads, tmp_path, rows)) == [Kind.UNCHANGED]
    assert compared(roads, tmp_path, rows, blanks_erase=True).items[0].fields == (("name", "kept", None),)


def test_faults_of_what_would_be_written_are_shown_and_stop(roads, tmp_path):
    rows = [feature(road(30), name="no number", surface_type="砂石")]
    found = compared(roads, tmp_path, rows)
    assert {fault.field for fault in found.faults.errors} == {"segment_id"}
    with pytest.raises(EditFaultsError):
        bulk_update.accept(roads, LI, found)
    assert compared(roads, tmp_path, rows, key_prefix="S-").faults.ok


def test_unreadable_values_stop_the_reading(roads, tmp_path):
    with pytest.raises(FaultsError):
        survey(roads, tmp_path, [feature(road(0), surface_type="奶酪")])
    assert survey(roads, tmp_path, [feature(road(0), surface_type="奶酪"), SURVEY[1]], skip_bad_rows=True).skipped == 1


def test_record_fields_alone_are_no_change(roads, tmp_path):
    rows = [feature(road(0), name="kept", surface_type="砂石"), feature(road(3), name="新名", surface_type="砂石")]
    found = bulk_update.compare(
        roads, LI, survey(roads, tmp_path, rows, constants={"source": "2026 survey", "source_date": "2026-10-01"})
    )
    assert kinds(found) == [Kind.UNCHANGED, Kind.ATTRIBUTES]
    assert {name: after for name, _, after in found.items[1].fields}["source"] == "2026 survey"


def test_thresholds_are_the_persons(roads, tmp_path):
    found = compared(roads, tmp_path, thresholds=Thresholds(buffer_m=3))
    assert found.items[1].kind is Kind.ADDED
    found = compared(roads, tmp_path, thresholds=Thresholds(same_m=10))
    assert found.items[1].kind is Kind.UNCHANGED


def test_cancel_and_progress(roads, tmp_path):
    seen = []
    bulk_update.compare(roads, LI, survey(roads, tmp_path, SURVEY), Wishes(), Progress(report=lambda *step: seen.append(step)))
    assert [done for done, _, _ in seen] == sorted(done for done, _, _ in seen)
    stopped = Progress()
    stopped.cancel.set()
    with pytest.raises(CancelledError):
        bulk_update.compare(roads, LI, survey(roads, tmp_path, SURVEY), Wishes(), stopped)


def test_summary_has_one_line_per_row(roads, tmp_path):
    lines = bulk_update.summary(compared(roads, tmp_path))
    assert len(lines) == len(SURVEY)
    assert lines[3]["fields"] == "name: renamed → 新名"


def test_a_survey_of_many_roads_is_taken_in_whole_and_undone_whole(empty, tmp_path, scale):
    """200 roads, with --full up to 20,000, a tenth of the goal: a survey is read, compared and written whole each time."""
    count = min(200 * scale, 20_000)
    at = np.arange(count)
    west, north = 105.0 + (at % 50) * 0.03, (at // 50) * 300.0
    starts = zip(west, 35.0 + north * METRE, strict=True)
    lines = [LineString([(x, y), (x + 0.01, y), (x + 0.02, y)]) for x, y in starts]
    columns = {"segment_id": [f"M-{n}" for n in at], "name": [f"路{n}" for n in at], "surface_type": "砂石"}
    empty.apply(Change("li", "", "roads", (Insert("roads", gpd.GeoDataFrame(columns, geometry=lines, crs=4490)),)))
    changes = empty.changes(limit=1)[0].change_id
    features = []
    for number, line in enumerate(lines):
        kind = number % 5
        moved = shapely.transform(line, lambda xy: xy + np.array([0, 5 * METRE])) if kind in {1, 2} else line
        name = f"新路{number}" if kind in {2, 3} else f"路{number}"
        if kind != 4:
            features.append(feature(moved, name=name, surface_type="砂石"))
    features += [feature(road(n, north_m=-90_000), name=f"添{n}", surface_type="水泥") for n in range(count // 10)]
    found = compared(empty, tmp_path, features, key_prefix="N-", complete_for="all")
    fifth = count // 5
    assert [found.counts[kind] for kind in (Kind.UNCHANGED, Kind.GEOMETRY, Kind.BOTH, Kind.ATTRIBUTES)] == [fifth] * 4
    assert [found.counts[kind] for kind in (Kind.REMOVED, Kind.ADDED, Kind.AMBIGUOUS)] == [fifth, count // 10, 0]
    saved = bulk_update.accept(empty, LI, found, {}, reason="survey")
    assert (saved.receipt.inserted, saved.receipt.updated, saved.receipt.deleted) == (count // 10, 3 * fifth, fifth)
    rows = empty.read("roads").set_index("segment_id")
    assert len(rows) == count - fifth + count // 10
    for number in range(0, count, 5):
        assert rows.loc[f"M-{number + 2}", "name"] == f"新路{number + 2}"
    empty.undo(saved.receipt.change_id, who="li", bureau="", reason="")
    assert len(empty.changes(limit=10)) == changes + 2
    assert empty.frame("roads", changes).drop(columns="ver").equals(empty.frame("roads").drop(columns="ver"))
    assert empty.verify() == []


@pytest.mark.real_data
def test_real_roads_shifted_by_a_survey(empty, shared_data, tmp_path):
    """Roads of Ladakh as they are, then 200 of them measured again 5 m beside, reversed by turns, and 20 left out."""
    archive = shared_data / "pmgsy-ladakh" / "Road_DRRP.zip"
    upload = uploads.stage_file(archive, folder=tmp_path / "uploads", max_bytes=50_000_000)
    choices = Choices(layer="roads", columns={"name": "DRRP_ROAD_"}, answers=Answers())
    first = bulk_update.read_survey(empty, upload, choices)
    frame = first.frame.iloc[:220].assign(segment_id=[f"L-{number}" for number in range(220)])
    frame = frame.drop(columns=["id", "ver"], errors="ignore")
    empty.apply(Change("li", "", "roads", (Insert("roads", frame),)))
    rng = np.random.default_rng(5)
    kept = sorted(rng.choice(220, 200, replace=False).tolist())
    shapes = []
    for number, at in enumerate(kept):
        shape = shapely.transform(frame.geometry.iloc[at], lambda xy: xy + np.array([0, 5 * METRE]))
        parts = [shapely.reverse(part) for part in shapely.get_parts(shape)] if number % 2 else list(shapely.get_parts(shape))
        shapes.append(parts[0] if len(parts) == 1 else MultiLineString(parts))
    found = compared(empty, tmp_path, [feature(shape) for shape in shapes], complete_for="all")
    counts = found.counts
    old_id = dict(zip(empty.read("roads")["segment_id"], empty.read("roads")["id"], strict=True))
    sure = [item for item in found.items if item.kind is Kind.GEOMETRY]
    assert all(item.id == old_id[f"L-{kept[item.row - 1]}"] for item in sure)
    assert all(item.moved_m == pytest.approx(5, abs=0.2) for item in sure)
    assert counts[Kind.GEOMETRY] + counts[Kind.AMBIGUOUS] == 200
    assert counts[Kind.GEOMETRY] >= 150
    assert counts[Kind.ADDED] == 0
