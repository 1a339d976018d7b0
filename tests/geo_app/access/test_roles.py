"""The table of roles: every layer and field it names exists, and the documentation shows the same table."""

import re

import pytest

from geo_app.access import Permission, Verb, people
from geo_app.access.roles import ADMINISTRATOR, CONFIDENTIAL, ROLES
from geo_app.access.table import markdown
from layers.catalogue import LAYERS
from layers.store import Account, Grant


def person(*grants):
    import datetime as dt

    return people.person_of(Account(7, "li", "李", "局", tuple(grants), active=True, created_at=dt.datetime.now(dt.UTC)))


def test_every_layer_and_field_of_the_table_exists():
    for role in ROLES.values():
        for name, fields in role.writes.items():
            assert name in LAYERS, (role.name, name)
            assert all(field in LAYERS[name] for field in fields or ()), (role.name, name)
    assert set(LAYERS) >= CONFIDENTIAL


def test_every_layer_is_written_by_some_bureau():
    written = {name for role in ROLES.values() if role.name != ADMINISTRATOR for name in role.writes}
    kept = {name for name, layer in LAYERS.items() if layer.kept_by}
    assert set(LAYERS) - written - kept == set()
    assert written & kept == set(), "a layer that only a procedure writes is no bureau's to edit"


@pytest.mark.parametrize("role", list(ROLES))
def test_every_role_reads_all_but_what_is_confidential(role):
    reads = {name for name in LAYERS if ROLES[role].may_read(name)}
    assert set(LAYERS) - reads == (set() if role in {"revitalisation", ADMINISTRATOR} else set(CONFIDENTIAL))


def test_who_may_only_submit_changes_nothing_at_once():
    asks = person(Grant("water", (), apply=False))
    assert asks.may(Permission.SUBMIT)
    assert not asks.may(Permission.CHANGE)
    assert not asks.may(Permission.REVIEW)


def test_reviews_are_for_who_may_apply():
    assert person(Grant("revitalisation")).may(Permission.REVIEW)
    assert not person(Grant("revitalisation", (), apply=False)).may(Permission.REVIEW)
    assert ROLES["revitalisation"].may("roads", Verb.REVIEW, apply=True)
    assert not ROLES["revitalisation"].may("roads", Verb.APPLY, apply=True)


def test_accounts_are_for_the_administrator_of_everywhere():
    assert person(Grant(ADMINISTRATOR)).may(Permission.ADMIN)
    assert not person(Grant(ADMINISTRATOR, ("990101",))).may(Permission.ADMIN)
    assert not person(Grant(ADMINISTRATOR, (), apply=False)).may(Permission.ADMIN)
    assert not person(Grant("revitalisation")).may(Permission.ADMIN)


def test_an_unknown_role_gives_nothing():
    found = person(Grant("king"))
    assert not found.may(Permission.READ)
    assert not found.everything
    assert not found.is_anonymous


def test_scope_tells_people_apart():
    assert person(Grant("viewer", ("a",))).scope != person(Grant("viewer", ("b",))).scope
    assert person(Grant("viewer", ("a", "b"))).scope == person(Grant("viewer", ("b", "a"))).scope
    assert person(Grant(ADMINISTRATOR)).scope is None
    assert people.NOBODY.scope == frozenset()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_documentation_shows_the_table(root, language):
    name = "accounts.zh.md" if language == "zh" else "accounts.en.md"
    text = (root / "docs" / name).read_text("utf-8")
    shown = re.search(r"<!-- roles -->\n(.*?)<!-- /roles -->", text, re.DOTALL)
    assert shown, "the page needs the marks <!-- roles --> and <!-- /roles -->"
    assert shown.group(1) == markdown(language), (
        f"put geo_app.access.table.markdown({language!r}) between the marks of docs/{name}"
    )
