"""Settings: read once, typed, and a value that cannot be used names its variable."""

from dataclasses import FrozenInstanceError, fields
from pathlib import Path

import pytest

from geo_app.config import Settings, SettingsError, variable
from geo_app.settings_page import documented, markdown, shown_value


def test_defaults_need_no_environment():
    settings = Settings.from_env({})
    assert settings.store == "data/xiangtu.gpkg"
    assert settings.host == "127.0.0.1"
    assert settings.uploads == Path("data/uploads")


def test_settings_do_not_change_after_reading():
    with pytest.raises(FrozenInstanceError):
        Settings.from_env({}).port = 1


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("XIANGTU_PORT", "http", "a whole number from 1 to 65535"),
        ("XIANGTU_PORT", "70000", "a whole number from 1 to 65535"),
        ("XIANGTU_LANGUAGE", "fr", "zh or en"),
        ("XIANGTU_STORE", "", "a file path"),
        ("XIANGTU_STORE", "mysql://root@db/x", "postgresql://"),
        ("XIANGTU_LOG_LEVEL", "loud", "DEBUG, INFO"),
        ("XIANGTU_THREADS", "0", "from 1 to 64"),
        ("XIANGTU_MAX_UPLOAD_MB", "-1", "megabytes"),
        ("XIANGTU_DATA_DIR", " ", "a folder path"),
    ],
)
def test_a_bad_value_names_its_variable_what_was_expected_and_what_was_found(name, value, expected):
    with pytest.raises(SettingsError, match=name) as caught:
        Settings.from_env({name: value})
    assert expected in str(caught.value)
    if value and "@" not in value:
        assert repr(value) in str(caught.value)


def test_all_bad_values_are_reported_at_once():
    with pytest.raises(SettingsError) as caught:
        Settings.from_env({"XIANGTU_PORT": "x", "XIANGTU_LANGUAGE": "y"})
    assert "XIANGTU_PORT" in str(caught.value)
    assert "XIANGTU_LANGUAGE" in str(caught.value)


def test_a_misspelt_variable_is_refused_with_the_name_meant():
    with pytest.raises(SettingsError, match="did you mean XIANGTU_STORE"):
        Settings.from_env({"XIANGTU_STROE": "a.gpkg"})


def test_variables_of_the_test_suite_and_of_others_are_left_alone():
    assert Settings.from_env({"XIANGTU_TEST_POSTGIS": "x", "HOME": "/x"}) == Settings()


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "example.cn", ""])  # noqa: S104 - refused, that is the point
def test_an_address_that_others_can_reach_is_refused(host):
    with pytest.raises(SettingsError, match="accounts"):
        Settings.from_env({"XIANGTU_HOST": host})


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_loopback_is_taken(host):
    assert Settings.from_env({"XIANGTU_HOST": host}).host == host


def test_a_password_in_a_bad_store_address_is_not_shown():
    with pytest.raises(SettingsError) as caught:
        Settings.from_env({"XIANGTU_STORE": "mysql://planner:geheim@db/x"})
    assert "geheim" not in str(caught.value)


def test_secrets_are_not_shown_among_the_settings():
    settings = Settings.from_env({"XIANGTU_SECRET_KEY": "abc", "XIANGTU_STORE": "postgresql://u:p@h/d"})
    assert shown_value(settings, "secret_key") == "(not shown)"
    assert shown_value(settings, "store") == "(not shown)"
    assert shown_value(settings, "port") == "8000"


def test_every_setting_is_documented_in_both_languages():
    docs = {doc.variable: doc for doc in documented()}
    assert set(docs) == {variable(item) for item in fields(Settings)}
    assert all(doc.en and doc.zh and doc.expected for doc in docs.values())


def test_the_settings_page_is_current(root):
    assert (root / "docs" / "settings.md").read_text("utf-8") == markdown(), "run: geo-app settings --markdown > docs/settings.md"


def test_with_accounts_another_address_needs_the_one_people_open():
    open_to_all = {"XIANGTU_ACCESS": "accounts", "XIANGTU_HOST": "0.0.0.0"}  # noqa: S104
    with pytest.raises(SettingsError, match="XIANGTU_PUBLIC_URL"):
        Settings.from_env(open_to_all)
    found = Settings.from_env(open_to_all | {"XIANGTU_PUBLIC_URL": "https://Xiangtu.example.cn/"})
    assert found.public_url == "https://xiangtu.example.cn"


@pytest.mark.parametrize(
    "url", ["xiangtu.cn", "ftp://xiangtu.cn", "https://", "https://a@b.cn", "https://xiangtu.cn/map", "https://x?y"]
)
def test_a_public_address_that_is_none_is_refused(url):
    with pytest.raises(SettingsError, match="XIANGTU_PUBLIC_URL"):
        Settings.from_env({"XIANGTU_PUBLIC_URL": url})
