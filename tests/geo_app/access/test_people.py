"""The gate: this machine passes, everything else and everything undeclared does not."""

import pytest

from geo_app import access
from geo_app.access import NOBODY, Origin, Permission
from geo_app.config import Settings
from geo_app.errors import ForbiddenError


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "[::1]:8000", "LOCALHOST"])
@pytest.mark.parametrize("peer", ["127.0.0.1", "::1", "127.0.0.53", "::ffff:127.0.0.1"])
def test_this_machine_is_the_local_person(peer, host):
    assert access.identify(Origin(peer, host), Settings(user="李明")).name == "李明"


@pytest.mark.parametrize(
    "origin",
    [
        Origin("10.0.0.7", "localhost:8000"),
        Origin(None, "localhost"),
        Origin("127.0.0.1", "evil.example:8000"),
        Origin("127.0.0.1", ""),
        Origin("127.0.0.1", "localhost.evil.example"),
        Origin("127.0.0.1", "localhost:8000", forwarded=True),
        Origin("::ffff:10.0.0.7", "localhost"),
    ],
)
def test_anybody_else_is_nobody(origin):
    assert access.identify(origin, Settings()) is NOBODY


@pytest.mark.parametrize("permission", sorted(set(Permission) - access.ANYBODY))
def test_nobody_may_do_nothing_but_what_is_open(permission):
    with pytest.raises(ForbiddenError, match="no accounts"):
        access.require(NOBODY, permission)
    access.require(NOBODY, Permission.OPEN)


@pytest.mark.parametrize("permission", list(Permission))
def test_the_local_person_may_do_all_that_is_declared(permission):
    access.require(access.local_person(Settings()), permission)


def test_no_declared_permission_means_no():
    with pytest.raises(ForbiddenError):
        access.require(access.local_person(Settings()), None)


def test_views_without_a_declaration_are_listed():
    @access.permission(Permission.READ)
    def declared():
        return "x"

    def forgotten():
        return "y"

    assert access.undeclared({"a": declared, "b": forgotten, "static": forgotten}, exempt={"static"}) == ["b"]
    assert access.declared(declared) is Permission.READ
