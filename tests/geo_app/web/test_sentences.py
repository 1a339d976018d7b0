"""Messages of errors are said whole in Chinese; the messages come from the errors themselves, so that their forms stay ours."""

import re

import pytest

from geo_app.actions.deciding_errors import OpenFieldsError
from geo_app.actions.signing_in import TooManyAttemptsError
from geo_app.web import errors, sentences
from geo_app.web.throttle import TooManyRequestsError
from layers.catalogue import LAYERS
from layers.schema import PersonError
from layers.store import EVERYWHERE, Change, Condition, Delete, Insert, Reach, Update
from layers.store.updating import raise_duplicate

LATIN = re.compile(r"[a-z]{3,}")


@pytest.fixture
def zh(app):
    with app.test_request_context("/?lang=zh"):
        yield


def message_of(call, *arguments, **named):
    with pytest.raises(PersonError) as found:
        call(*arguments, **named)
    return str(found.value)


def the_road(store):
    return store.read("roads", where=(Condition("segment_id", "=", "S1"),)).iloc[0]


def test_what_the_store_refuses_is_said_whole(app, zh):
    store = app.extensions["xiangtu"].store
    road = the_road(store)

    def apply(*edits, **reach):
        return store.apply(Change("wu", "交通局", "测试", edits), **reach)

    apply(Update("roads", road["id"], int(road["ver"]), {"name": "幸福路"}))
    only_name = {"roads": Reach(fields=frozenset({"name"}))}
    ver = int(road["ver"]) + 1
    found = {
        "changed": message_of(apply, Update("roads", road["id"], int(road["ver"]), {"name": "x"})),
        "precondition_required": message_of(apply, Update("roads", road["id"], None, {"name": "x"})),
        "field": message_of(apply, Update("roads", road["id"], ver, {"width_m": 9.0}), reach=only_name),
        "layer": message_of(apply, Delete("roads", road["id"], ver), reach={"hamlets": EVERYWHERE}),
        "not_found": message_of(apply, Delete("roads", "never-was", 1)),
        "duplicate": message_of(apply, Insert("roads", store.read("roads"))),
        "undo": message_of(store.undo, 1, who="wu", bureau="", reason="x"),
        "change": message_of(store.change, 77),
        "version": message_of(store.diff, "roads", 1, 99),
        "request": message_of(store.accept, 5, who="wu", bureau="", note="", reach=None),
        "publication": message_of(store.published.get, 3),
        "kept": message_of(store.kept.settle, 3, "merged", by="wu"),
        "bad_filter": message_of(store.read, "roads", where=(Condition("nix", "=", 1),)),
        "operator": message_of(store.read, "roads", where=(Condition("name", "~", 1),)),
    }
    for name, message in found.items():
        said = sentences.said(message)
        assert said, (name, message)
        own = LATIN.sub("", said) if name == "operator" else re.sub(rf"{road['id']}|never-was|nix|is_null", "", said)
        assert not LATIN.search(own), (name, said)
    assert "您看到的是 1" in sentences.said(found["changed"])
    assert "交通局" in sentences.said(found["changed"])
    assert LAYERS["roads"]["width_m"].zh in sentences.said(found["field"])
    assert LAYERS["roads"].zh in sentences.said(found["layer"])


def test_what_is_too_much_or_undecided_is_said_whole(zh):
    for error in (TooManyRequestsError(7), TooManyAttemptsError(30)):
        assert re.search(r"请等 (7|30) 秒", sentences.said(str(error)))
    assert LAYERS["roads"]["width_m"].zh in sentences.said(str(OpenFieldsError("roads", ("width_m", "geometry"))))
    message = message_of(raise_duplicate, LAYERS["roads"], "segment_id", [1, 2], ["S1"])
    assert sentences.said(message).startswith(
        f"图层“{LAYERS['roads'].zh}”：每行的“{LAYERS['roads']['segment_id'].zh}”必须不同；S1"
    )


def test_an_unknown_form_keeps_the_exact_message(zh):
    assert sentences.said("Nobody wrote this. Nothing was saved.") is None
    assert errors.explain("bad_request", "Nobody wrote this.").endswith("Nobody wrote this.")


def test_english_and_tools_keep_the_exact_message(app):
    message = "There is no change 77. Look at the list of changes."
    with app.test_request_context("/changes/77?lang=en"):
        assert errors.explain("not_found", message) == message
    with app.test_request_context("/api/ogc/collections?lang=zh"):
        assert message in errors.explain("not_found", message)
    with app.test_request_context("/changes/77?lang=zh"):
        assert errors.explain("not_found", message) == "没有第 77 号变更。请查看变更列表。"


def test_a_page_says_it_whole(web):
    assert "没有图层“nothing”" in web.page("/layers/nothing", 404)
    assert "There is no layer" not in web.page("/layers/nothing?lang=zh", 404)
    assert "There is no layer" in web.page("/layers/nothing?lang=en", 404)


def test_a_step_and_its_units_are_said_in_one_language(app):
    message = "Hang the village notice (村内公示) is a step of: Village committees, Township (村两委、乡镇). Ask them."
    with app.test_request_context("/?lang=zh"):
        assert sentences.said(message) == "“村内公示”由以下单位办理：村两委、乡镇。请联系他们。"
    with app.test_request_context("/?lang=en"):
        assert sentences.said(message) == "Hang the village notice is a step of: Village committees, Township. Ask them."
