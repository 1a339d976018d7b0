"""The factory: importing does nothing, every endpoint declares who may use it, and one without stops start-up."""

import subprocess
import sys

import pytest

from geo_app import access
from geo_app.web.assembly import UNGUARDED, UndeclaredEndpointError, refuse_undeclared


def test_importing_loads_neither_flask_nor_the_store():
    code = "import sys, geo_app, wsgi; print(sorted({'flask', 'sqlalchemy', 'geopandas'} & set(sys.modules)))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_every_endpoint_declares_a_permission(app):
    for rule in app.url_map.iter_rules():
        if rule.endpoint not in UNGUARDED:
            assert access.declared(app.view_functions[rule.endpoint]) is not None, rule.endpoint


def test_endpoint_without_permission_stops_start_up(app):
    app.view_functions["loose"] = lambda: "loose"
    app.url_map.add(app.url_rule_class("/loose", endpoint="loose"))
    with pytest.raises(UndeclaredEndpointError, match="loose"):
        refuse_undeclared(app)


def test_only_changing_endpoints_take_unsafe_verbs(app):
    reading = {access.Permission.OPEN, access.Permission.PUBLIC, access.Permission.READ}
    own = {"accounts.enter", "accounts.leave", "accounts.change_password"}
    for rule in app.url_map.iter_rules():
        if {"POST", "PUT", "PATCH", "DELETE"} & rule.methods and rule.endpoint not in own:
            assert access.declared(app.view_functions[rule.endpoint]) not in reading, rule.endpoint


def test_server_object_is_made_from_the_environment(tmp_path, monkeypatch):
    import wsgi

    monkeypatch.setenv("XIANGTU_STORE", str(tmp_path / "s.gpkg"))
    made = wsgi.application()
    assert made.test_client().get("/healthz", base_url="http://localhost").status_code == 200
    made.extensions["xiangtu"].jobs.close()
    made.extensions["xiangtu"].store.close()


def test_untranslated_catalogue_is_told(app, caplog, monkeypatch, tmp_path):
    from geo_app.web import assembly

    folder = tmp_path / "translations" / "zh" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "messages.po").write_text("", encoding="utf-8")
    monkeypatch.setattr(assembly, "PACKAGE", tmp_path)
    assembly._warn_untranslated()
    assert "pybabel compile" in caplog.text
