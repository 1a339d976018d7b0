"""Changes: listed, shown, undone."""


def test_list_and_page(web):
    text = web.page("/changes")
    assert "first load" in text
    assert "测试局" in text
    assert "自然村" in web.page("/changes/1")
    web.page("/changes/99", 404)


def test_undo_brings_back_what_was(web, app):
    from layers.store import Change, Update

    store = app.extensions["xiangtu"].store
    row = store.read("hamlets", limit=1).iloc[0]
    receipt = store.apply(Change("li", "", "fix", (Update("hamlets", row["id"], int(row["ver"]), {"population": 777}),)))
    answer = web.post(f"/changes/{receipt.change_id}/undo", data={"reason": "错了"})
    assert answer.status_code == 302
    text = web.page(answer.headers["Location"])
    assert "已撤销" in text
    assert "错了" in text
    assert store.get("hamlets", row["id"])["population"] == row["population"]
    again = web.post(f"/changes/{receipt.change_id}/undo", data={})
    assert 400 <= again.status_code < 500


def test_recipe_of_a_change(web):
    answer = web.get("/changes/1/recipe.toml")
    assert answer.status_code in {200, 404}
    assert web.get("/changes/99/recipe.toml").status_code == 404


def test_empty_store_names_the_next_step(bare):
    assert "请从导入文件开始" in bare.page("/changes")


def test_a_step_of_a_procedure_is_not_offered_for_undo(web, app):
    import datetime as dt

    import pandas as pd

    from layers.store import Change, Insert

    store = app.extensions["xiangtu"].store
    row = {"event_id": "P-1-001", "project_id": "P-1", "seq": 1, "event_type": "村申报", "start_date": dt.date(2026, 3, 1)}
    edit = Insert("project_events", pd.DataFrame([row], dtype=object))
    step = store.apply(Change("li", "", "申报", (edit,), kind="library"))
    assert "不能撤销" in web.page(f"/changes/{step.change_id}/undo")
    assert f"/changes/{step.change_id}/undo" not in web.page(f"/changes/{step.change_id}")
    assert 400 <= web.post(f"/changes/{step.change_id}/undo", data={"reason": "错了"}).status_code < 500
    assert len(store.read("project_events")) == 1
