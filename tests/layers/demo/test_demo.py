import hashlib

import pandas as pd
import pytest
import shapely

from layers import demo
from layers.catalogue import LAYERS
from layers.demo import UnknownScaleError
from layers.frames import conform

ABSENT = {"area_crosswalk", "area_rules", "photographs", "tasks"}
"""Layers of which the demonstration has no rows: no village was merged, there are no pictures, the task list is another city's."""
REAL = dict.fromkeys(("areas", "key_lists", "key_counties", "indicator_targets", "plan_investments"), "registered")


def fingerprint(frames):
    """One hash over every value and coordinate."""
    digest = hashlib.sha256()
    for name in sorted(frames):
        frame = pd.DataFrame(frames[name])
        if "geometry" in frame:
            shapes = frame.pop("geometry").to_numpy()
            digest.update(b"".join(b"-" if shape is None else shape for shape in shapely.to_wkb(shapes)))
        digest.update(frame.astype(str).to_csv().encode())
    return digest.hexdigest()


def test_the_same_seed_gives_the_same_county_alone_or_among_others(county):
    again = next(demo.stream(limit=1))
    assert fingerprint(again.frames) == fingerprint(county.frames)
    other = next(demo.stream(limit=1, seed=7))
    assert fingerprint(other.frames) != fingerprint(county.frames)


def test_every_frame_is_as_its_layer_declares(frames):
    assert set(frames) == set(LAYERS) - ABSENT
    for name, frame in frames.items():
        shaped = conform(frame, LAYERS[name])
        assert list(shaped.columns) == list(frame.columns)
        assert shaped.dtypes.astype(str).to_dict() == frame.dtypes.astype(str).to_dict()
        assert frame.index.name == "fid"
        assert frame.index.is_unique
        assert frame[LAYERS[name].key].is_unique


@pytest.mark.parametrize("name", sorted(set(LAYERS) - ABSENT))
def test_values_keep_the_rules_of_the_dictionary(frames, name):
    for field in LAYERS[name].fields:
        values = frames[name][field.name].dropna()
        if field.required:
            assert len(values) == len(frames[name]), field.name
        if field.codes is not None:
            assert set(values) <= {code.code for code in field.codes}, field.name
        if field.minimum is not None:
            assert (values >= field.minimum).all(), field.name
        if field.maximum is not None:
            assert (values <= field.maximum).all(), field.name
        if field.pattern is not None:
            assert values.str.fullmatch(field.pattern).all(), field.name


@pytest.mark.parametrize("name", sorted(set(LAYERS) - ABSENT))
def test_no_row_has_a_fault_that_stops_an_import(frames, name):
    for row in frames[name].to_dict("records"):
        faults = [fault for check in LAYERS[name].row_checks for fault in check(row)]
        assert not [fault for fault in faults if fault.severity == "error"], row


@pytest.mark.parametrize("name", sorted(set(LAYERS) - ABSENT))
def test_references_lead_somewhere(frames, name):
    for field in LAYERS[name].fields:
        if field.references and field.references in frames and field.name != "village_codes":
            known = set(frames[field.references][LAYERS[field.references].key])
            lost = set(frames[name][field.name].dropna()) - known
            assert not lost or name == "indicator_targets", (field.name, list(lost)[:3])


def test_every_simulated_row_says_so_and_real_rows_name_their_source(frames):
    for name, frame in frames.items():
        assert (frame["data_quality"] == REAL.get(name, "synthetic")).all(), name
        assert frame["source"].notna().all(), name
        if name not in REAL:
            assert frame["source"].str.contains("模拟数据").all(), name


def test_areas_are_the_real_hierarchy(frames):
    areas = frames["areas"]
    assert areas["level"].value_counts().to_dict() == {
        "village": 860,
        "township": 78,
        "county": 5,
        "prefecture": 1,
        "province": 1,
    }
    assert set(areas["parent_code"].dropna()) <= set(areas["area_code"])
    assert areas.loc[areas["area_code"] == "6204", "area_name"].item() == "白银市"
    groups = areas["groups"].dropna().explode()
    assert groups.value_counts()["former_poor_villages"] == 302
    assert set(groups) == {"key_counties", "former_poor_villages", "key_villages", "demo_villages"}


def test_key_counties_are_real_entries(frames):
    entries = frames["key_counties"].set_index("county_code")["level"]
    assert len(entries) == 128
    found = entries[entries.index.str.startswith("6204")].to_dict()
    assert found == {"620421": "国家", "620422": "国家", "620423": "省"}


def test_an_unknown_scale_names_those_there_are():
    with pytest.raises(UnknownScaleError, match="prefecture, province, nation"):
        demo.generate(scale="world")


def test_progress_is_told_county_by_county(county):
    told = []
    demo.generate(limit=1, progress=lambda *step: told.append(step))
    assert told == [(1, 1, "白银区")]


@pytest.mark.slow
def test_other_provinces_grow_by_the_same_generator(county):
    some = [one for one in demo.counties("nation") if one.code in {"430421", "540123", "350128", "650121"}]
    assert len(some) >= 3
    for one in some:
        built = demo.county_maker.build(one, 1)
        areas = shapely.area(built.frames["villages"].geometry.to_numpy())
        assert abs(areas.sum() - one.outline.area) < 1e-6 * one.outline.area
        assert len(built.frames["roads"]) > 20
