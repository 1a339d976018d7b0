"""Every address that answers, asked by somebody of one county: nothing of the other is said anywhere."""

from itertools import product

import pytest

from layers.catalogue import LAYERS
from layers.store import Grant
from tests.geo_app.access.matrix import (
    EAST,
    FOREIGN,
    HOUSEHOLDS,
    READS_HOUSEHOLDS,
    TOWNSHIP,
    VILLAGE,
    WEST,
    WORD,
    WRITES,
    addresses,
    asked,
    caller,
    own_id,
    text_of,
    told,
)


def _leaks(who, matrix_app, words):
    found, answered = [], 0
    for rule, _permission, path in addresses(matrix_app, "GET"):
        answer = who("GET", asked(rule, path))
        answered += answer.status_code == 200
        assert answer.status_code < 500, f"{path}: {answer.status_code}"
        said = told(answer, path)
        found += [f"{path}: {word}" for word in words if word in said]
    for layer, kind in product(LAYERS, ("csv", "xlsx", "geojson", "gpkg", "kml")):
        if LAYERS[layer].geometry.value or kind in {"csv", "xlsx"}:
            answer = who("POST", f"/downloads/layers/{layer}", data={"format": kind})
            found += [f"download {layer}.{kind}: {word}" for word in words if word in text_of(answer)]
    for table, indicator in product(("coverage", "gaps", "units"), ("RD1", "W1")):
        answer = who("POST", f"/downloads/{table}", data={"run": "1", "indicator": indicator, "format": "csv"})
        found += [f"download {table}: {word}" for word in words if word in text_of(answer)]
    near = {"layer": "roads", "near": {"layer": "villages", "where": [], "distance_m": 90000}}
    specs = [*({"layer": layer} for layer in LAYERS), near]
    for spec in specs:
        answer = who("POST", "/queries/run", json=spec)
        found += [f"query {spec}: {word}" for word in words if word in text_of(answer)]
    return found


@pytest.mark.parametrize(
    ("role", "area"),
    [("viewer", EAST), ("transport", VILLAGE[EAST]), ("revitalisation", EAST), ("administrator", TOWNSHIP[EAST])],
)
def test_nothing_of_another_area_is_said_anywhere(matrix_app, role, area):
    who = caller(matrix_app, (Grant(role, (area,)),), f"{role}-east")
    assert _leaks(who, matrix_app, FOREIGN) == []


def test_the_leak_test_finds_what_there_is(matrix_app):
    """The control: somebody who may read the west meets its words in many places, so the test above can fail."""
    found = _leaks(caller(matrix_app, (Grant("viewer"),), "everywhere"), matrix_app, (WORD[WEST],))
    places = {text.split(":")[0].split("/")[1] if text.startswith("/") else text.split(" ")[0] for text in found}
    assert {"layers", "download", "query", "api", "editing"} <= places
    assert len(found) > 60


def test_households_are_read_by_their_bureau_only(matrix_app):
    for role in WRITES:
        who = caller(matrix_app, (Grant(role),), role)
        status = 200 if role in READS_HOUSEHOLDS else 404
        for path in (f"/layers/{HOUSEHOLDS}", f"/api/ogc/collections/{HOUSEHOLDS}", f"/layers/{HOUSEHOLDS}/rows"):
            assert who("GET", path).status_code == status, (role, path)
        if role == "viewer":
            words = [text for text in _leaks(who, matrix_app, (f"{HOUSEHOLDS}-",)) if f"/{HOUSEHOLDS}-" not in text]
            assert words == [], role


def test_what_may_not_be_read_is_answered_like_what_does_not_exist(matrix_app):
    who = caller(matrix_app, (Grant("viewer", (EAST,)),), "east")

    def body(path):
        answer = who("GET", path)
        assert answer.status_code == 404, (path, answer.status_code)
        found = answer.get_json()
        found.pop("request_id", None)
        own = {"X-Request-ID", "Content-Length", "Content-Security-Policy", "Date"}
        headers = {name: value for name, value in answer.headers if name not in own}
        return str(found), headers

    for layer in LAYERS:
        hidden, never = own_id(layer, WEST), "x" * len(own_id(layer, WEST))
        if layer in {"areas", "counties", "townships", "villages"}:
            continue
        for form in (f"/layers/{layer}/rows/{{}}", f"/api/ogc/collections/{layer}/items/{{}}"):
            text, *rest = body(form.format(hidden))
            other, *more = body(form.format(never))
            assert (text.replace(hidden, "#"), rest) == (other.replace(never, "#"), more)
    assert body(f"/areas/{WEST}")[0].replace(WEST, "#") == body("/areas/000000")[0].replace("000000", "#")
