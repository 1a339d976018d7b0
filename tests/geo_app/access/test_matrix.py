"""Role × verb × endpoint, made from the address map: nobody gets in where the bureaus' rights do not say so.

What of the data they see stands in test_matrix_leaks, what they write in test_matrix_writes.
"""

import pytest
from werkzeug.routing import BaseConverter, IntegerConverter

from geo_app.access import Permission
from layers.store import Grant
from tests.geo_app.access.matrix import (
    EAST,
    EVERYBODY,
    FOREIGN,
    HAVE,
    SIGNED_IN,
    WORD,
    WRITES,
    addresses,
    allowed,
    caller,
    text_of,
)


def test_nobody_gets_in_but_to_what_is_public(matrix_app):
    nobody = caller(matrix_app)
    seen = 0
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        for _rule, permission, path in addresses(matrix_app, method):
            answer = nobody(method, path, json={} if method != "GET" else None)
            said = f"{method} {path} ({permission}): {answer.status_code}"
            seen += 1
            if permission in EVERYBODY:
                assert answer.status_code < 500, said
            else:
                assert answer.status_code == 401, said
            assert not any(word in text_of(answer) for word in (WORD[EAST], *FOREIGN)), said
    assert seen > 400


@pytest.mark.parametrize("role", WRITES)
def test_every_endpoint_asks_for_its_permission(matrix_app, writing_app, role):
    """Without the permission 403, with it anything else; never a fault of the server."""
    reader, writer = (caller(app, (Grant(role),), role) for app in (matrix_app, writing_app))
    done = set()
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        who = reader if method == "GET" else writer
        for rule, permission, path in addresses(who.app, method):
            if (rule.endpoint, method) in done or rule.endpoint == "accounts.leave":
                continue
            done.add((rule.endpoint, method))
            answer = who(method, path, json={} if method != "GET" else None)
            who.let_work_be()
            said = f"{role}: {method} {path} ({permission}): {answer.status_code} {answer.get_data()[:200]!r}"
            assert answer.status_code < 500, said
            if not allowed(role, permission):
                assert answer.status_code == 403, said
            elif method == "GET" and permission not in {"submit", "move"}:
                assert answer.status_code != 403, said
    assert len(done) > 60


def test_the_matrix_knows_every_permission_and_converter(matrix_app):
    assert {str(item) for item in Permission} == EVERYBODY | SIGNED_IN | set(HAVE)
    kinds = {type(converter) for rule in matrix_app.url_map.iter_rules() for converter in rule._converters.values()}
    assert all(issubclass(kind, (BaseConverter, IntegerConverter)) for kind in kinds)
