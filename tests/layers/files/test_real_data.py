"""The recipes against the real files beside the project: counts, lengths, what was repaired and what was found."""

from dataclasses import dataclass

import geopandas as gpd
import pandas as pd
import pyproj
import pytest

from layers import files
from layers.catalogue import LAYERS

pytestmark = pytest.mark.real_data
GEOD = pyproj.Geod(ellps="GRS80")


@dataclass
class Loaded:
    raw: dict
    rows: dict
    reports: dict
    logs: dict
    skipped: dict


def load(recipe, folder):
    known = {}
    loaded = Loaded({}, {}, {}, {}, {})
    for feed in recipe.feeds:
        layer = LAYERS[feed.layer]
        raw = files.read(folder / feed.file, original_name=feed.file, answers=feed.answers)
        join = None
        if feed.join is not None:
            join = pd.DataFrame(files.read(folder / feed.join.file, original_name=feed.join.file).frame.drop(columns="geometry"))
        frame, index = files.apply_feed(raw, feed, join=join)
        assert index.equals(frame.index)
        repaired = files.repair(frame, layer, feed.repairs)
        report = files.check(repaired.frame, layer, known=known)
        accepted, skipped = files.accept(repaired.frame, report, skip_bad_rows=feed.skip_bad_rows)
        known.setdefault(feed.layer, set()).update(accepted[layer.key].astype(str))
        loaded.raw[feed.layer] = raw
        loaded.rows.setdefault(feed.layer, []).append(accepted)
        loaded.reports.setdefault(feed.layer, []).append(report)
        loaded.logs[feed.layer] = repaired.log
        loaded.skipped[feed.layer] = skipped
    loaded.rows = {name: pd.concat(parts, ignore_index=True) for name, parts in loaded.rows.items()}
    return loaded


@pytest.fixture(scope="module")
def ladakh(shared_data, root):
    return load(files.Recipe.load(root / "examples/pmgsy-ladakh/recipe.toml"), shared_data / "pmgsy-ladakh")


@pytest.fixture(scope="module")
def haryana(shared_data, root):
    return load(files.Recipe.load(root / "examples/pmgsy-haryana/recipe.toml"), shared_data / "pmgsy-haryana")


@pytest.fixture(scope="module")
def malawi(shared_data, root):
    return load(files.Recipe.load(root / "examples/malawi-water/recipe.toml"), shared_data / "water-points-malawi-2023")


def length_km(frame):
    return sum(GEOD.geometry_length(line) for line in frame.geometry) / 1000


def test_ladakh_counts(ladakh):
    assert {name: len(rows) for name, rows in ladakh.rows.items()} == {
        "areas": 35,
        "townships": 31,
        "hamlets": 729,
        "facilities": 1003,
        "roads": 1015,
    }
    assert all(report.ok for reports in ladakh.reports.values() for report in reports)
    assert ladakh.rows["hamlets"]["population"].sum() == 278_462
    assert length_km(ladakh.rows["roads"]) == pytest.approx(6275, abs=5)


def test_ladakh_codes_have_no_fractions_and_fit_together(ladakh):
    hamlets, townships, areas = (ladakh.rows[name] for name in ("hamlets", "townships", "areas"))
    for frame, column in (
        (hamlets, "township_code"),
        (hamlets, "county_code"),
        (townships, "county_code"),
        (hamlets, "hamlet_id"),
    ):
        assert frame[column].str.fullmatch(r"\d+").all(), column
    assert set(townships["county_code"]) == {"742", "743"}
    assert set(hamlets["township_code"]) <= set(townships["township_code"])
    assert set(townships["township_code"]) <= set(areas["area_code"])
    assert areas.set_index("area_code")["parent_code"].dropna().isin(areas["area_code"]).all()
    assert not areas["area_code"].duplicated().any()


def test_ladakh_two_blocks_were_mended_and_say_so(ladakh):
    log = ladakh.logs["townships"]
    assert set(log["repair"]) == {"make_valid"}
    assert len(log) == 2
    assert log["before"].str.contains("invalid").all()
    assert not log["after"].str.contains("invalid").any()
    assert ladakh.rows["townships"].is_valid.all()


def test_ladakh_segments_are_unique_although_er_id_is_not(ladakh):
    roads, raw = ladakh.rows["roads"], ladakh.raw["roads"].frame
    assert raw["ER_ID"].nunique() == 870
    assert roads["segment_id"].is_unique
    assert roads["segment_id"].str.rpartition("-")[0].nunique() == 870
    assert roads["admin_class"].value_counts().to_dict() == {
        "村道": 703,
        "组道": 188,
        "县道": 53,
        "国道": 36,
        "专用": 15,
        "省道": 10,
        "乡道": 10,
    }
    assert roads["all_season"].all()
    assert roads["tech_class"].isna().all()


def test_ladakh_states_its_assumption(root):
    feed = next(feed for feed in files.Recipe.load(root / "examples/pmgsy-ladakh/recipe.toml").feeds if feed.layer == "roads")
    assert "all-season" in feed.assumption_en
    assert "全年" in feed.assumption_zh


def test_haryana_counts(haryana):
    assert len(haryana.raw["projects"].frame) == 247
    assert {name: len(rows) for name, rows in haryana.rows.items()} == {
        "areas": 149,
        "townships": 126,
        "hamlets": 7044,
        "facilities": 16441,
        "projects": 203,
    }


def test_haryana_projects_keep_every_line_and_count_their_length_once(haryana):
    projects, raw = haryana.rows["projects"], haryana.raw["projects"].frame
    assert projects["project_id"].is_unique
    assert projects["quantity"].sum() == pytest.approx(1905.88, abs=0.01)
    assert raw["PROPOSED_L"].sum() == pytest.approx(2436.16, abs=0.01)
    assert length_km(projects) == pytest.approx(length_km(raw), rel=1e-9)
    assert (projects["quantity_unit"] == "km").all()
    assert (projects["plan_year"] == 2020).all()


def test_haryana_orphans_and_missing_names_are_reported(haryana):
    (facilities,) = haryana.reports["facilities"]
    orphans = facilities.warnings[facilities.warnings["rule"] == "unknown_reference"]
    assert len(orphans) == 863
    assert set(orphans["field"]) == {"hamlet_id"}
    (townships,) = haryana.reports["townships"]
    assert townships.relaxed == {"name": 126}


def test_haryana_codes_of_two_levels_do_not_collide(haryana):
    areas = haryana.rows["areas"]
    assert not areas["area_code"].duplicated().any()
    assert {"466", "D466"} <= set(areas["area_code"])
    assert haryana.rows["hamlets"]["county_code"].dropna().isin(areas["area_code"]).all()


def test_malawi_unknown_is_not_zero(malawi):
    raw, works = malawi.raw["water_works"].frame, malawi.rows["water_works"]
    assert len(raw) == 1425
    assert (raw["user_population"] == "NA").sum() > 0
    first = raw.drop_duplicates("waterpoint_id").set_index("waterpoint_id")["user_population"]
    held = works.set_index("work_id")["served_population"]
    assert held.isna().tolist() == (first.loc[held.index] == "NA").tolist()
    assert (held == 0).sum() > 0


def test_malawi_repeated_numbers_are_skipped_and_listed(malawi):
    skipped = malawi.skipped["water_works"]
    assert len(malawi.rows["water_works"]) + len(skipped) == 1425
    assert len(skipped) == 60
    assert skipped["reasons"].str.contains("duplicate_key|required_missing").all()


def test_files_of_the_ladakh_release_open_no_question(shared_data):
    for path in sorted((shared_data / "pmgsy-ladakh").glob("*.zip")):
        found = files.inspect(path, original_name=path.name, area_bounds=(75.0, 32.0, 80.0, 36.0))
        assert found.questions == ()
        assert found.declared_crs == "EPSG:4326"


def test_habitation_moved_to_gcj02_is_noticed(ladakh):
    import numpy as np
    import shapely

    from layers.files import gcj02

    hamlets = gpd.GeoSeries(ladakh.rows["hamlets"].geometry)
    wrong = np.array([shapely.Point(*map(float, gcj02.wgs84_to_gcj02(point.x, point.y))) for point in hamlets], dtype=object)
    frame = gpd.GeoDataFrame(
        {"hamlet_id": ladakh.rows["hamlets"]["hamlet_id"].astype(object)}, geometry=gpd.GeoSeries(wrong, crs=4490), crs=4490
    )
    frame.index = range(1, len(frame) + 1)
    report = files.check(frame, LAYERS["hamlets"], options=files.Checks(reference=hamlets))
    assert "E17_gcj02_suspected" in set(report.faults["rule"])
