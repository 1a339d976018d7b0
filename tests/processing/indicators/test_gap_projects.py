"""Gap villages and the projects meant for them."""

import numpy as np
import pandas as pd
import pytest
from shapely import Point, box

from processing.areas import Areas
from processing.indicators.definition import Context
from processing.indicators.example import DAY, frame
from processing.indicators.gap_projects import GAPS, gap_state, gap_villages_covered
from processing.profiles import load


def layers(projects=None, **columns):
    count = 3
    villages = frame(
        "village_code", [box(104 + i / 10, 36, 104.1 + i / 10, 36.1) for i in range(count)], households=[100] * count,
        sewage_treated=pd.array(columns.pop("sewage", [False, True, None]), dtype="boolean"),
    )  # fmt: skip
    toilets = frame("facility_id", [None] * count, village_code=["v1", "v2", "v3"], facility_type=["户厕汇总"] * count,
                    households=[100] * count, hh_sanitary=columns.pop("toilets", [100] * count))  # fmt: skip
    hamlets = frame(
        "hamlet_id", [Point(104.05 + i / 10, 36.05) for i in range(count)], village_code=["v1", "v2", "v3"], population=[50] * count,
        households=[10] * count, tap_in_house_hh=[10] * count, litres_per_person_day=[60] * count, quality_ok=[True] * count,
        outage_days_year=[0] * count,
    )  # fmt: skip
    found = {"villages": villages, "sanitation": toilets, "hamlets": hamlets}
    return found if projects is None else found | {"projects": projects}


def here(inputs, **overrides):
    profile = load().override({name.replace("__", "."): value for name, value in overrides.items()})
    return Context(Areas.from_layers(inputs), profile, DAY)


def project(geometry=None, **columns):
    row = {"name": ["v1村生活污水治理"], "status": ["in_library"], "village_codes": [["v1"]]} | {
        k: [v] for k, v in columns.items()
    }
    return frame("project_id", [geometry], **row).drop(columns="village_code")


def test_a_village_with_a_gap_and_a_project():
    inputs = layers(project())
    found = gap_villages_covered(inputs, here(inputs))
    assert found["unit_id"].tolist() == ["v1", "v3"]
    assert found["numerator"].iloc[0] == 1
    assert np.isnan(found["denominator"].iloc[1])


@pytest.mark.parametrize(
    ("columns", "missing"),
    [({"status": "completed"}, "no_project"), ({"status": "draft"}, "no_project"), ({"status": None}, "unknown"), ({"status": "implementing"}, None),
     ({"name": "v1村文化广场"}, "no_project"), ({"name": "某项目", "baiyin_item": "C5-2"}, None), ({"village_codes": ["v2"]}, "no_project"),
     ({"name": "某项目", "task": "新建污水管网"}, None), ({"village_codes": '["v1"]'}, None), ({"village_codes": "v9；v1"}, None)],
)  # fmt: skip
def test_the_project_must_match(columns, missing):
    inputs = layers(project(**columns))
    assert gap_villages_covered(inputs, here(inputs))["missing"].iloc[0] == missing


def test_a_drawn_project_counts_where_it_lies():
    for place, missing in (
        (Point(104.05, 36.05), None),
        (Point(104.05, 36.102), None),
        (Point(104.05, 36.2), "no_project"),
        (None, "no_project"),
    ):
        inputs = layers(project(geometry=place, village_codes=None))
        assert gap_villages_covered(inputs, here(inputs))["missing"].iloc[0] == missing


def test_any_gap_or_every_gap():
    inputs = layers(project(), toilets=[50, 100, 100])
    assert gap_villages_covered(inputs, here(inputs))["missing"].iloc[0] is None
    assert gap_villages_covered(inputs, here(inputs, gap__match="all"))["missing"].iloc[0] == "no_project"
    both = pd.concat([project(), project(name="改厕").assign(project_id="p2")], ignore_index=True)
    assert gap_villages_covered(inputs | {"projects": both}, here(inputs, gap__match="all"))["missing"].iloc[0] is None


def test_without_projects_it_cannot_be_known():
    inputs = layers()
    assert gap_villages_covered(inputs, here(inputs))["missing"].tolist() == ["unknown", "unknown"]
    assert gap_villages_covered({}, here({})).empty


def test_thresholds_decide_what_a_gap_is():
    inputs = layers(sewage=[True] * 3, toilets=[84, 85, None])
    villages = inputs["villages"]["village_code"]
    state = gap_state(inputs, here(inputs), "SN1", villages)
    assert [None if pd.isna(value) else bool(value) for value in state] == [True, False, None]
    assert not gap_state(inputs, here(inputs, gap__sn1_pct=80), "SN1", villages).iloc[0]


def test_a_village_without_larger_hamlets_has_no_road_gap():
    inputs = layers()
    state = gap_state(inputs, here(inputs), "RD3", inputs["villages"]["village_code"])
    assert state.tolist() == [False, False, False]
    inputs["hamlets"]["population"] = None
    inputs["hamlets"]["households"] = None
    assert gap_state(inputs, here(inputs), "RD3", inputs["villages"]["village_code"]).isna().all()


def test_without_villages_in_the_hierarchy_nothing_is_known():
    inputs = layers()
    context = Context(Areas(pd.DataFrame({"area_code": ["C"], "rank": [3]})), load(), DAY)
    for code in GAPS:
        assert gap_state(inputs, context, code, inputs["villages"]["village_code"]).isna().all()
