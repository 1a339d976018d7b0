"""Faults as answers: one shape, the reader's language, nothing of the machine."""

import errno

import pytest

from geo_app.access import Permission, permission
from geo_app.web import errors


def failing(app, error):
    @permission(Permission.OPEN)
    def view():
        raise error

    app.view_functions["broken"] = view
    app.url_map.add(app.url_rule_class("/broken", endpoint="broken"))


def test_page_and_json_of_what_is_not_there(web):
    text = web.page("/nowhere", 404)
    assert "此地址没有内容" in text
    assert "There is nothing at this address" in web.page("/nowhere?lang=en", 404)
    found = web.json("/nowhere", 404)
    assert set(found) == {"code", "message", "request_id"}
    assert found["code"] == "not_found"


def test_wrong_verb_is_405(web):
    answer = web.post("/layers", {})
    assert (answer.status_code, answer.get_json()["code"]) == (405, "method_not_allowed")


def test_unforeseen_error_reaches_the_log_and_not_the_client(app, web, caplog):
    failing(app, ZeroDivisionError("secret /srv/store.gpkg"))
    app.config["PROPAGATE_EXCEPTIONS"] = False
    found = web.json("/broken", 500)
    assert found["code"] == "internal"
    assert "secret" not in found["message"]
    assert found["request_id"] in caplog.text
    assert "secret" in caplog.text


def test_full_disk_is_said(app, web):
    failing(app, OSError(errno.ENOSPC, "No space left on device"))
    found = web.json("/broken", 507)
    assert found["code"] == "storage_full"


@pytest.mark.parametrize("path", ["/areas/1", "/indicators/ZZ", "/layers/nothing", "/runs/77"])
def test_missing_things_are_told_in_both_languages(web, path):
    zh, en = web.page(path, 404), web.page(f"{path}?lang=en", 404)
    assert "没有" in zh or "未登记" in zh
    assert "There is no" in en or "no " in en


def test_english_message_stays_as_it_is(app):
    with app.test_request_context("/?lang=en"):
        assert errors.explain("busy", "The store is busy.") == "The store is busy."
    with app.test_request_context("/?lang=zh"):
        assert errors.explain("busy", "x").startswith("数据库正忙")
        assert errors.explain("nothing_known", "x") == "x"
