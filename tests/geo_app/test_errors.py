"""The table of errors: every class of ours has its answer, and nothing of the machine reaches a client."""

import errno
import importlib
import logging
import pkgutil

import pytest

import geo_app
import layers
import map_templates
import processing
from geo_app import errors
from layers.schema import PersonError


def _all_errors():
    for package in (layers, processing, map_templates, geo_app):
        for info in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            if info.name.endswith("worker"):
                continue
            importlib.import_module(info.name)
    found, todo = set(), [PersonError]
    while todo:
        cls = todo.pop()
        found.add(cls)
        todo += cls.__subclasses__()
    return sorted(
        (cls for cls in found if cls.__module__.split(".")[0] in {"layers", "processing", "map_templates", "geo_app"}), key=str
    )


def test_every_error_for_a_person_has_its_row_in_the_table():
    missing = {f"{cls.__module__}.{cls.__name__}: {cls.code}" for cls in _all_errors() if cls.code not in errors.TABLE}
    assert not missing


def test_every_error_for_a_person_has_a_builtin_parent_too():
    lonely = {
        cls.__name__
        for cls in _all_errors()
        if not cls.__subclasses__()
        and not any(base.__module__ == "builtins" and base not in {object, Exception, BaseException} for base in cls.__mro__)
    }
    assert not lonely


@pytest.mark.parametrize(
    ("code", "status", "exit_code"),
    [
        ("too_many_jobs", 429, 6),
        ("question", 422, 4),
        ("faults_found", 422, 3),
        ("unreadable_file", 422, 5),
        ("too_large", 413, 5),
        ("busy", 503, 6),
        ("storage_full", 507, 6),
        ("changed", 412, 6),
        ("not_found", 404, 7),
        ("bad_filter", 400, 2),
        ("internal", 500, 1),
    ],
)
def test_answers_of_the_contract(code, status, exit_code):
    assert errors.TABLE[code] == (status, exit_code)


def test_the_body_has_three_members():
    body = errors.body(errors.NotFoundError("There is no run 9."), request_id="abc")
    assert body.as_json() == {"code": "not_found", "message": "There is no run 9.", "request_id": "abc"}
    assert (body.status, body.exit_code) == (404, 7)


def test_an_unforeseen_error_says_nothing_of_the_machine(caplog):
    with caplog.at_level(logging.ERROR):
        body = errors.body(RuntimeError("SELECT * FROM /srv/secret.gpkg"), request_id="r1")
    assert body.code == "internal"
    assert "secret" not in body.message
    assert "r1" in body.message
    assert "secret" in caplog.text


def test_a_full_disk_is_told_as_such():
    body = errors.body(OSError(errno.ENOSPC, "No space left on device", "/srv/x"))
    assert (body.code, body.status, body.exit_code) == ("storage_full", 507, 6)
    assert "/srv/x" not in body.message


def test_a_class_without_a_row_is_answered_as_its_parent():
    class OddError(errors.NotFoundError):
        code = "odd_thing"

    assert errors.answer(OddError("x")) == ("odd_thing", errors.TABLE["not_found"])


def test_messages_go_through_the_translation_hook():
    body = errors.body(errors.NotFoundError("no"), translate=lambda code, message: f"{code}: {message}")
    assert body.message == "not_found: no"
