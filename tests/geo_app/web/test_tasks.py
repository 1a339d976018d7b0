"""The pages of tasks and targets: loading with faults by row and column, progress by the units, and what is compared with what."""

import datetime as dt
import io
import re

import pytest

from layers.codes import table
from layers.tasks import published

SHIPPED = {"shipped": "1"}


def post(web, path, host="http://127.0.0.1:8000", **form):
    return web.client.post(path, base_url=host, data=form | {"csrf_token": web._token()}, headers={"X-CSRF-Token": web._token()})


def token_of(page):
    return re.search(r'name="token" value="([^"]+)"', page).group(1)


def load(web, kind="tasks", **form):
    answer = post(web, f"/{kind}/load", **(form or SHIPPED))
    assert answer.status_code == 200, answer.text[-800:]
    done = post(web, f"/{kind}/load/accept", token=token_of(answer.text))
    assert done.status_code == 302, done.text[:800]
    return answer.text


def as_csv(rows, encoding="gb18030"):
    head = list(rows[0])
    lines = [",".join(head), *(",".join(f'"{row[name]}"' for name in head) for row in rows)]
    return io.BytesIO("\n".join(lines).encode(encoding))


def test_the_shipped_list_is_loaded_and_shown_by_unit_date_and_indicator(app, web):
    checked = load(web)
    assert "97" in checked
    assert "lead_repeated" in checked or "牵头单位不在责任单位中重复" in checked
    store = app.extensions["xiangtu"].store
    assert store.count("tasks") == 97
    page = web.page("/tasks")
    assert page.count("data-task=") == 97
    assert "市乡村振兴局" in page
    by_date = web.page("/tasks?by=date")
    assert by_date.index("HY2021-07") < by_date.index("HY2021-63") < by_date.index("HY2021-01")
    assert web.page("/tasks?unit=市林业局").count("data-task=") == 5
    assert web.page("/tasks?indicator=SN2").count("data-task=") == 1
    assert web.page("/tasks?by=indicator").count("data-task=") >= 97
    unit = web.page("/tasks/units/市纪委")
    assert unit.count("data-task=") == 6
    assert "市纪委监委" in unit
    assert web.get("/tasks/units/没有这个单位").status_code == 404
    lists = web.get("/tasks/list.csv?unit=市水利局").text
    assert lists.count("HY2021-") == 18
    assert web.get("/tasks/list.xlsx").data[:2] == b"PK"


def test_a_task_shows_its_indicators_and_the_defects_of_the_print(web):
    load(web)
    page = web.page("/tasks/HY2021-36")
    assert "SN2" in page
    assert re.search(r"SN2 42\.9", page)
    assert "print has an empty entry" in page
    assert "再列" in web.page("/tasks/HY2021-37") or "又列出牵头单位" in web.page("/tasks/HY2021-37")
    assert web.get("/tasks/HY2021-98").status_code == 404


def test_progress_is_noted_dated_and_kept(app, web):
    app.config["OFFICE_DAY"] = dt.date(2026, 11, 22)
    load(web)
    store = app.extensions["xiangtu"].store
    form = {"ver": "1", "state": "under_way", "progress_on": "2026-11-20", "progress_note": "已开工三处", "due_on": "2026-11-21"}
    assert post(web, "/tasks/HY2021-11/progress", **form).status_code == 302
    row = store.read("tasks").set_index("task_id").loc["HY2021-11"]
    assert (row["state"], str(row["progress_on"])[:10], row["progress_note"]) == ("under_way", "2026-11-20", "已开工三处")
    assert len(store.history("tasks", row["id"])) == 2
    page = web.page("/tasks?state=overdue")
    assert 'data-task="HY2021-11"' in page
    stale = post(web, "/tasks/HY2021-11/progress", **form)
    assert stale.status_code == 412
    for wrong in ({"state": "finished"}, {"progress_on": "2026-11-23"}, {"progress_on": "昨天"}, {"progress_note": "长" * 1001}):
        assert post(web, "/tasks/HY2021-11/progress", **(form | {"ver": "2"} | wrong)).status_code == 400
    load(web)
    assert store.read("tasks").set_index("task_id").loc["HY2021-11", "progress_note"] == "已开工三处"


def test_another_countys_list_takes_its_place_in_one_change(app, web):
    load(web)
    store = app.extensions["xiangtu"].store
    rows = [
        {
            "task_no": str(number),
            "title_zh": f"任务{number}",
            "lead_unit": "县水利局",
            "responsible_units": "县农业农村局;;县财政局",
            "related_indicators": "W1",
            "figures": "供水=5处(2025年)",
        }
        for number in range(1, 6)
    ]
    before = max(item.change_id for item in store.changes(limit=5))
    form = {"list_code": "DX2025", "document": "东县发〔2025〕1号", "area": "990101", "replace": "1"}
    page = load(web, file=(as_csv(rows), "清单.csv"), **form)
    assert "分号之间有内容" in page
    found = store.read("tasks")
    assert sorted(found["task_id"]) == [f"DX2025-0{number}" for number in range(1, 6)]
    assert set(found["due_on"].astype(str).str[:10]) == {"2025-12-31"}
    assert max(item.change_id for item in store.changes(limit=5)) == before + 1
    assert store.change(before + 1).kind == "import"


def test_faults_are_named_by_row_and_column_and_stop_the_list(app, web):
    rows = [
        {"task_no": "1", "title_zh": "", "lead_unit": "县水利局", "group_no": "三"},
        {"task_no": "1", "title_zh": "乙", "lead_unit": "", "group_no": "1"},
    ]
    answer = post(web, "/tasks/load", file=(as_csv(rows), "x.csv"), list_code="X", document="文")
    assert answer.status_code == 200
    assert 'name="token"' not in answer.text
    for word in ("title_zh", "lead_unit", "group_no"):
        assert word in answer.text
    assert app.extensions["xiangtu"].store.count("tasks") == 0


@pytest.fixture
def judged(app, web):
    load(web, "targets")
    return app


def states(web, **asked):
    query = "&".join(f"{name}={value}" for name, value in asked.items())
    return dict(re.findall(r'data-target="([^"]+)" data-state="([^"]+)"', web.page(f"/targets?{query}")))


def test_every_target_has_a_state_or_a_reason(judged, web):
    found = states(web)
    assert len(found) == 145
    assert found["CN-01"] == "not_reached"
    assert {found[name] for name in ("BY-01", "HN-P-01", "CN-08")} == {"baseline"}
    assert {found[name] for name in ("HN-P-03", "CN-02", "HY-04", "MON-01", "HN-12-01", "HN-P-25", "HN6-01")} == {
        "not_comparable"
    }
    assert found["HN-12-13"] == "elsewhere"
    page = web.page("/targets")
    for words in ("与相关指标不是同一个量", "没有指标衡量它", "规则的界线", "文字目标"):
        assert words in page
    assert set(states(web, state="baseline").values()) == {"baseline"}


def test_no_target_of_another_quantity_is_ever_compared(judged, web):
    found = states(web)
    for row in table("indicator_targets"):
        compared = found[row["target_id"]] in {"reached", "not_reached", "unknown"}
        assert not compared or row["indicator_code"], row["target_id"]
        if not row["target_value"]:
            assert found[row["target_id"]] == "baseline"
    downloaded = web.get("/targets/list.csv").text
    assert downloaded.count("与相关指标不是同一个量") >= 10


def test_targets_of_another_county_are_added(judged, web):
    rows = [
        {
            "target_id": "DX-1",
            "area_code": "990101",
            "area_scope": "东县",
            "indicator_name_zh": "农村自来水普及率",
            "indicator_code": "W1",
            "target_year": "2025",
            "operator": ">=",
            "target_value": "60",
            "unit": "%",
            "document": "东县规划",
            "item": "一",
        },
        {
            "target_id": "DX-2",
            "area_code": "990101",
            "area_scope": "东县",
            "indicator_name_zh": "自来水",
            "indicator_code": "W1",
            "target_year": "2030",
            "operator": "≈",
            "target_value": "61",
            "unit": "%",
            "document": "东县规划",
            "item": "二",
        },
        {
            "target_id": "DX-3",
            "area_code": "990101",
            "area_scope": "东县",
            "indicator_name_zh": "污水",
            "indicator_code": "SN2",
            "target_year": "2030",
            "operator": ">",
            "target_value": "99",
            "unit": "%",
            "document": "东县规划",
            "item": "三",
        },
    ]
    load(web, "targets", file=(as_csv(rows, "utf-8"), "东县.csv"))
    found = states(web, area="990101")
    assert len(found) == 148
    assert (found["DX-1"], found["DX-2"], found["DX-3"]) == ("unknown", "unknown", "not_reached")
    assert states(web, area="990102")["DX-1"] == "elsewhere"


def test_units_note_their_own_tasks_only(peopled, browser_of):
    store = peopled.extensions["xiangtu"].store
    import pandas as pd

    from layers.store import Change, Insert

    store.apply(Change("rev", "乡村振兴局", "tasks", (Insert("tasks", pd.DataFrame(published())),)))
    water, roads, money, viewer = (browser_of(peopled, login) for login in ("water_east", "roads_east", "money", "east"))
    form = {"ver": "1", "state": "done", "progress_note": "好", "due_on": "2030-01-01"}

    def note(who, task):
        return post(who, f"/tasks/{task}/progress", host=who.host, **form).status_code

    assert note(water, "HY2021-11") == 302
    assert note(roads, "HY2021-11") == 403
    assert note(money, "HY2021-03") == 302
    assert note(viewer, "HY2021-11") == 403
    rows = store.read("tasks").set_index("task_id")
    assert rows.loc["HY2021-11", "state"] == "done"
    assert rows.loc["HY2021-11", "due_on"] is None or str(rows.loc["HY2021-11", "due_on"]) in ("None", "NaT", "nan")
    assert rows.loc["HY2021-11", "reported_by"] == "water_east bureau"
    assert post(water, "/tasks/load", host=water.host, shipped="1").status_code == 403
