"""No door leads past the procedure: editing, bulk, field, OGC, import, requests, undo and restoring are refused for what it keeps."""

import datetime as dt
import io

import pandas as pd
import pytest
from shapely.affinity import translate

from geo_app.access import local_person
from geo_app.actions import import_layer, requests, restore_layer, save_edits, uploads
from geo_app.actions.import_layer import Choices
from geo_app.actions.merging import Mode
from geo_app.actions.signing import By
from geo_app.config import Settings
from layers.errors import LockedRowError
from layers.files import Answers
from layers.store import Change, Delete, Grant, Insert, Update
from tests.geo_app.actions.library.people import PEOPLE, PLACE, day, person

LOCAL = local_person(Settings())
BUREAU = PEOPLE["revitalisation"]
DOORS = [("page", "edit"), ("ogc", "ogc"), ("file", "bulk"), ("field", "field")]


def save(library, who, edit, door=("page", "edit")):
    return save_edits.save(library.store, who, [edit], reason="侧门", origin=door[0], kind=door[1])


def locked(library, *arguments, fields):
    before = library.store.versions()
    with pytest.raises(LockedRowError) as caught:
        save(library, *arguments)
    assert {item[2] for item in caught.value.items} == set(fields)
    assert library.store.versions() == before


@pytest.mark.parametrize("door", DOORS)
def test_no_way_of_editing_changes_what_was_applied_for(library, door):
    for until, stage in (("apply", "applied"), ("enter_library", "in_library"), ("form_asset", "asset_formed")):
        seen = library.seen(library.brought(until))
        assert seen.stage == stage
        for who in (LOCAL, BUREAU):
            for field, value in (
                ("location_text", "别处"),
                ("task", "别的"),
                ("end_date", dt.date(2027, 12, 31)),
                ("status", "accepted"),
                ("plan_rank", 9),
            ):
                locked(library, who, Update("projects", seen.id, seen.ver, {field: value}), door, fields=[field])
            locked(library, who, Delete("projects", seen.id, seen.ver), door, fields=["*"])
    free = save(library, BUREAU, Update("projects", seen.id, seen.ver, {"work_relief": True}), door)
    assert free.receipt is not None


def test_finance_does_not_change_the_money_of_what_was_applied_for(library):
    seen = library.seen(library.brought("into_plan"))
    locked(
        library,
        PEOPLE["finance"],
        Update(
            "projects", seen.id, seen.ver, {"budget_total": 500.0, "funding_sources": [{"code": "S11", "amount_wan_yuan": 500.0}]}
        ),
        fields=["budget_total", "funding_sources"],
    )


def test_a_place_in_the_library_is_corrected_and_not_moved(library):
    seen = library.seen(library.brought("enter_library"))
    near = translate(PLACE, 0.0005, 0.0)
    far = translate(PLACE, 0.01, 0.01)
    locked(library, BUREAU, Update("projects", seen.id, seen.ver, {}, far), fields=["geometry"])
    save(library, BUREAU, Update("projects", seen.id, seen.ver, {}, near))
    assert library.seen(seen.project_id).violations == ()


def test_small_corrections_that_add_up_to_another_place_are_shown(library):
    key = library.draft()
    library.move(key, "village", "apply", "03-01", document="d", opinion="o")
    shape = PLACE
    for _ in range(3):
        seen = library.seen(key)
        shape = translate(shape, 0.0008, 0.0)
        save(library, BUREAU, Update("projects", seen.id, seen.ver, {}, shape))
    found = library.seen(key).violations
    assert [(item.check, item.code) for item in found] == [("E7", "place_moved")]


def test_villages_that_were_renumbered_break_no_rule_and_other_villages_do(library):
    seen = library.seen(library.brought("enter_library"))
    link = {"link_id": "k", "event_id": "1", "change_kind": "rename", "from_code": "990101001200", "to_code": "990101001299"}
    table = pd.DataFrame([link | {"share": 1.0}], dtype=object)
    edit = Update("projects", seen.id, seen.ver, {"village_codes": ["990101001299"]})
    library.store.apply(Change("li", "统计局", "改代码", (edit, Insert("area_crosswalk", table)), kind="area"))
    assert library.seen(seen.project_id).violations == ()
    edit = Update("projects", seen.id, seen.ver + 1, {"village_codes": ["990101001299", "990101002201"]})
    library.store.apply(Change("li", "统计局", "加村", (edit,), kind="area"))
    found = library.seen(seen.project_id).violations
    assert [(item.check, item.code, item.field) for item in found] == [("E7", "changed_without_approval", "village_codes")]


def test_the_events_take_steps_only(library):
    key = library.brought("apply")
    event = library.seen(key).events[0]
    row = {
        "event_id": "forged",
        "project_id": key,
        "event_type": "入库公告",
        "start_date": day("03-05"),
        "seq": 2,
        "county_code": "990101",
        "level": "县",
    }
    for door in DOORS:
        for edit in (
            Insert("project_events", pd.DataFrame([row], dtype=object)),
            Update("project_events", event["id"], event["ver"], {"start_date": day("01-01")}),
            Delete("project_events", event["id"], event["ver"]),
        ):
            locked(library, LOCAL, edit, door, fields=["*"])
    with pytest.raises(PermissionError):
        save(library, BUREAU, Update("project_events", event["id"], event["ver"], {"opinion": "x"}))


def test_a_request_that_was_made_while_it_was_a_draft_is_not_accepted_later(library):
    key = library.draft()
    seen = library.seen(key)
    asking = person(Grant("revitalisation", ("990101",), apply=False), name="asks", number=900)
    number = save(library, asking, Update("projects", seen.id, seen.ver, {"task": "别的"})).request_id
    library.move(key, "village", "apply", "03-01", document="d", opinion="o")
    with pytest.raises(LockedRowError):
        requests.accept(library.store, BUREAU, number, requests.Decision(note="同意"))
    assert library.seen(key).project["task"] == "硬化3.2公里"


def test_a_step_is_not_undone_and_the_library_is_not_set_back(library):
    key = library.brought("apply")
    moved = library.move(key, "village", "village_notice", "03-02", place="栏")
    with pytest.raises(LockedRowError, match="is a step of a procedure and cannot be undone"):
        library.store.undo(moved.receipt.change_id, who="x", bureau="y", reason="z")
    for layer in ("projects", "project_events"):
        seen = restore_layer.preview(library.store, LOCAL, layer, moved.receipt.change_id - 1)
        with pytest.raises(LockedRowError):
            restore_layer.restore(library.store, LOCAL, seen, reason="回到以前")
    assert library.seen(key).stage == "village_notice"


def test_an_import_takes_over_a_register_and_does_not_write_over_it(library, tmp_path):
    head = "项目编号,项目名称,状态,资金规模,所属县代码,经度,纬度"

    def taken(row):
        text = f"{head}\n{row}\n"
        upload = uploads.stage(io.BytesIO(text.encode()), original_name="projects.csv", folder=tmp_path / "up", max_bytes=10**6)
        checked = import_layer.check(
            library.store,
            upload,
            Choices(layer="projects", answers=Answers(crs="EPSG:4490"), mode=Mode.UPDATE, repairs=("translate_codes",)),
        )
        return import_layer.accept(library.store, checked, By("li", "局", "导入"))

    taken("OLD-1,老项目,已入库,12.5,990101,105.05,36.05")
    assert library.seen("OLD-1").stage == "in_library"
    key = library.brought("enter_library")
    before = library.store.versions()
    with pytest.raises(LockedRowError, match="name"):
        taken(f"{key},换了名字,已入库,120.35,990101,105.05,36.05")
    assert library.store.versions() == before
    library.move("OLD-1", "leading_group", "into_plan", "11-20", plan_year=2027, plan_rank=2)
    found = library.seen("OLD-1")
    assert [event["event_type"] for event in found.events] == ["登记接收", "列入年度计划"]
    assert found.stage == "annual_plan"
    assert {item.check for item in found.violations} == {"E1"}
