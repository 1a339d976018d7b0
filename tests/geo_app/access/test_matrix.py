"""Role × area × layer × verb × endpoint, made from the address map: nobody reads or writes beyond what the bureaus' rights say.

The expected rights are written here from the specification, not taken from the table of roles.
"""

import datetime as dt
import io
import re
import shutil
import zipfile
from itertools import product
from urllib.parse import unquote

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from werkzeug.routing import BaseConverter, IntegerConverter

from geo_app import create_app
from geo_app.access import Permission, declared
from geo_app.access.people import person_of
from geo_app.actions import load_recipe, run_coverage, save_edits, signing_in
from geo_app.actions.books import KINDS as BOOKS
from geo_app.actions.signing import By
from geo_app.config import Settings
from geo_app.web import identifying
from layers.catalogue import LAYERS
from layers.schema import FieldType, GeometryKind
from layers.store import EVERYWHERE, Change, Grant, Insert, Update, open_store

EAST, WEST = "990101", "990102"
TOWNSHIP = {EAST: "990101001", WEST: "990102001"}
VILLAGE = {EAST: "990101001200", WEST: "990102001202"}
MIDDLE = {EAST: (105.05, 36.05), WEST: (105.25, 36.05)}
WORD = {EAST: "东界之内", WEST: "西界之内"}
"""Stands in every text of a county's rows."""
NAMES = {EAST: ("东县", "东县南乡", "甲南村"), WEST: ("西县", "西县南乡", "丙南村")}
AREA_LAYERS = ("areas", "counties", "townships", "villages")


def own_id(layer, county):
    return f"{layer}-{'e' if county == EAST else 'w'}"


def shape_of(layer, county):
    x, y = MIDDLE[county]
    if LAYERS[layer].geometry is GeometryKind.LINE:
        return shapely.LineString([(x, y), (x + 0.01, y + 0.01)])
    if LAYERS[layer].geometry is GeometryKind.POLYGON:
        return shapely.box(x, y, x + 0.01, y + 0.01)
    return shapely.Point(x, y)


def value_of(layer, field, county):
    codes = {"county_code": county, "township_code": TOWNSHIP[county], "village_code": VILLAGE[county]}
    codes |= {"area_code": county, "to_code": VILLAGE[county], "from_code": VILLAGE[county], "work_id": f"water_works-{county}"}
    if field.name == LAYERS[layer].key and field.name not in codes:
        return f"{layer}-{county}"
    if field.name in codes:
        return codes[field.name]
    if field.type is FieldType.CODE and field.required:
        return next(iter(field.codes)).code
    if field.type is FieldType.TEXT and not field.pattern and not field.references:
        return WORD[county]
    return max(1, int(field.minimum or 1)) if field.required and field.type in {FieldType.INTEGER, FieldType.NUMBER} else None


def rows_of(layer):
    declared = LAYERS[layer]
    fields = [field for field in declared.fields if field.name != "id" and not field.derived]
    rows = [{field.name: value_of(layer, field, county) for field in fields} for county in (EAST, WEST)]
    frame = pd.DataFrame(rows, dtype=object).assign(id=[own_id(layer, county) for county in (EAST, WEST)])
    if declared.geometry is GeometryKind.NONE:
        return frame
    return gpd.GeoDataFrame(frame, geometry=[shape_of(layer, county) for county in (EAST, WEST)], crs="EPSG:4490")


@pytest.fixture(scope="session")
def full_folder(tmp_path_factory, small_folder_files):
    """A store with the small area, a row of every other layer in each county, a run, changes, requests and kept edits."""
    folder = tmp_path_factory.mktemp("matrix") / "store"
    folder.mkdir()
    with open_store(folder / "store.gpkg", create=True) as store:
        load_recipe.load(store, small_folder_files / "recipe.toml", small_folder_files, By("li", "测试局", "first load"))
        for layer in LAYERS:
            if layer not in AREA_LAYERS:
                kind = "demo" if LAYERS[layer].kept_by else "edit"
                store.apply(Change("li", "测试局", "rows of both counties", (Insert(layer, rows_of(layer)),), kind=kind))
        for county in (EAST, WEST):
            store.apply(Change("li", "测试局", WORD[county], (Update("roads", own_id("roads", county), 1, {"lanes": 2}),)))
        run_coverage.run(store, run_coverage.RunRequest(on=dt.date(2026, 11, 1), who="li"))
        store.save_query("道路", {"layer": "roads"}, "li")
        for county in (EAST, WEST):
            grants = (Grant("transport", (county,), apply=False),)
            asking = store.accounts.add(f"asks-{county}", WORD[county], "交通局", "x", grants)
            edit = Update("roads", own_id("roads", county), 2, {"maintainer": WORD[county] + "改"})
            save_edits.save(store, person_of(asking), (edit,), reason=WORD[county])
            stale = Update("roads", own_id("roads", county), 1, {"lanes": 4})
            late = store.accounts.add(f"late-{county}", WORD[county], "交通局", "x", (Grant("transport", (county,)),))
            with pytest.raises(save_edits.StaleEditsError):
                save_edits.save(store, person_of(late), (stale,), reason=WORD[county])
        store.published.publish("notice", "公开的公示", {"text": "人人可见", "bureau": "局"}, who="li")
    return folder


@pytest.fixture(scope="session")
def small_folder_files(request):
    return request.config.rootpath / "tests" / "geo_app" / "fixtures" / "small"


class Caller:
    """Somebody signed in, by a session of theirs; nobody when there is no account."""

    def __init__(self, app, grants=None, login=""):
        self.app, self.client, self.token = app, app.test_client(), ""
        here = app.extensions["xiangtu"]
        if grants is not None:
            account = here.store.accounts.add(login, login, "测试局", "x", grants)
            token = signing_in.start_session(here.store, account, here.settings)
            self.client.set_cookie(identifying.cookie_name(here.settings), token, domain="127.0.0.1")
            self.token = signing_in.session(here.store, token, here.settings).csrf

    def __call__(self, method, path, **options):
        self.app.extensions["xiangtu-limits"].storage.reset()
        headers = {"Accept": "application/json", "X-CSRF-Token": self.token} | options.pop("headers", {})
        return self.client.open(path, method=method, headers=headers, base_url="http://127.0.0.1:8000", **options)


def _opened(folder, where):
    shutil.copytree(folder, where / "store")
    return create_app(Settings(store=str(where / "store" / "store.gpkg"), data_dir=where / "data", access="accounts"))


def _closed(app):
    here = app.extensions["xiangtu"]
    here.jobs.close()
    here.store.close()


@pytest.fixture
def writing_app(full_folder, tmp_path):
    """An application with accounts on a copy of that store, for a test that writes."""
    app = _opened(full_folder, tmp_path)
    yield app
    _closed(app)


@pytest.fixture(scope="module")
def matrix_app(full_folder, tmp_path_factory):
    """One that the tests share which only read."""
    app = _opened(full_folder, tmp_path_factory.mktemp("shared"))
    yield app
    _closed(app)


def caller(app, grants=None, login=""):
    """Make somebody who asks, with an account of their own when they have grants."""
    known = {account.login for account in app.extensions["xiangtu"].store.accounts.all()}
    return Caller(app, grants, next(name for name in (login, *(f"{login}.{n}" for n in range(99))) if name not in known))


KEY = ("key_lists", "key_counties", "land_quotas", "settlement_origins", "plan_investments")
WRITES = {
    "transport": {"roads"},
    "water": {"water_works", "service_areas"},
    "agriculture": {"farmland"},
    "environment": {"sanitation"},
    "health": {"sanitation"},
    "revitalisation": {"projects", "as_built", "assets", "settlements", "facilities", *KEY, "monitored_households", "tasks"},
    "finance": {"projects", "assets"},
    "statistics": {"areas", "counties", "townships", "villages", "hamlets", "area_crosswalk", "indicator_targets"},
    "viewer": set(),
    **{role: set() for role in ("village", "township", "sector", "leading_group")},  # these move projects and assets only
    "administrator": set(LAYERS),
}
REVIEWERS = {"revitalisation", "administrator"}
HOUSEHOLDS = "monitored_households"
READS_HOUSEHOLDS = {"revitalisation", "administrator"}
EVERYBODY, SIGNED_IN = {"open", "public"}, {"read", "run", "export", "edit"}
"""Permissions that need nobody, and those that every account has."""
WRITERS = {role for role, layers in WRITES.items() if layers}
HAVE = {
    "submit": WRITERS,
    "change": WRITERS,
    "review": REVIEWERS,
    "admin": {"administrator"},
    "move": set(WRITES) - {"statistics", "viewer"},
}
FOREIGN = (WORD[WEST], *NAMES[WEST])
MONEY = {"projects": "budget_total", "assets": "original_value"}


def allowed(role, permission):
    return permission in EVERYBODY | SIGNED_IN or role in HAVE[permission]


NAMED = {"queries": ["道路", "nothing"], "books": [*BOOKS, "nothing"]}
"""What `name` stands for where it is no layer."""


def fillers(rule, store):
    """Values for every part of an address: for the east, for the west, and for nothing at all."""
    changes = {record.reason: record.change_id for record in store.changes(limit=100)}
    numbers = {
        "change_id": [changes[WORD[EAST]], changes[WORD[WEST]], 99999],
        "request_id": [1, 2, 99999],
        "kept_id": [1, 2, 99999],
        "run_id": [1, 99999],
        "published_id": [1, 99999],
        "account_id": [1, 99999],
        "job_id": [1, 99999],
        "upload_id": ["nothing"],
        "z": [10],
        "x": [811],
        "y": [401],
        "ver": [1, 2],
    }
    texts = {
        "name": NAMED.get(rule.rule.split("/")[1], [*LAYERS, "nothing"]),
        "subject": ["projects", "assets"],
        "key": ["nothing", "projects-990102"],
        "layer": [*LAYERS, "nothing"],
        "area": [EAST, WEST, "000000"],
        "task_id": [f"tasks-{EAST}", f"tasks-{WEST}", "nothing"],
        "unit": [WORD[EAST], WORD[WEST], "nothing"],
        "kind": ["csv", "xlsx"],
        "filename": ["css/app.css"],
        "asset_id": [f"assets-{EAST}", f"assets-{WEST}", "nothing"],
        "ledger_id": [f"ledgers-{EAST}", f"ledgers-{WEST}", "nothing"],
        "county": [EAST, WEST, "000000"],
        "year": [2027],
        "plan_id": [f"{EAST}-2027", f"{WEST}-2027", "nothing"],
        "form": ["xlsx", "doc"],
        "project_id": [f"projects-{EAST}", f"projects-{WEST}", "nothing"],
        "photo_id": [f"photographs-{EAST}", f"photographs-{WEST}", "nothing"],
        "step": ["progress", "complete", "nothing"],
        "move": ["apply", "village_notice", "publish", "nothing"],
        "event_id": [f"project_events-{EAST}", f"project_events-{WEST}", "nothing"],
    }
    indicator = rule.rule.startswith("/indicators")
    areas = [EAST, WEST, TOWNSHIP[WEST], VILLAGE[WEST], "000000"]
    codes = (
        ["W1", "RD1"]
        if indicator
        else areas
        if rule.rule.startswith(("/areas", "/key-areas"))
        else ["{east}", "{west}", "nothing"]
    )
    given = (
        numbers
        | texts
        | {"code": codes, "feature_id": ["{east}", "{west}", "nothing"], "row_id": ["{east}", "{west}", "nothing"]}
    )
    missing = [name for name in rule.arguments if name not in given]
    assert not missing, f"{rule.rule}: teach this test which values {missing} takes"
    return {name: given[name] for name in rule.arguments}


def addresses(app, method):
    """Every address of every endpoint that answers a method: endpoint, permission, path."""
    store = app.extensions["xiangtu"].store
    for rule in app.url_map.iter_rules():
        if method not in rule.methods or rule.endpoint == "static":
            continue
        permission = str(declared(app.view_functions[rule.endpoint]))
        values = fillers(rule, store)
        for chosen in product(*values.values()):
            named = dict(zip(values, chosen, strict=True))
            layer = named.get("name") or named.get("layer") or ""
            filled = {
                name: value.format(east=own_id(layer, EAST), west=own_id(layer, WEST)) if isinstance(value, str) else value
                for name, value in named.items()
            }
            yield rule, permission, app.url_map.bind("127.0.0.1").build(rule.endpoint, filled, method=method)


def text_of(answer):
    """Everything an answer says, archives opened."""
    data = answer.get_data()
    if data[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            data = b"\n".join(archive.read(name) for name in archive.namelist())
    text = data.decode("utf-8", "replace")
    return text + re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), text)


def told(answer, path):
    """Everything an answer says, but for the name that was asked for: that there is none may be said with it."""
    text, name = text_of(answer), unquote(path.partition("?")[0].rpartition("/")[2])
    return text.replace(name, "") if answer.status_code == 404 and name else text


QUESTIONS = {
    "/layers/<name>/features": "?bbox=104.9,35.9,105.5,36.3",
    "/editing/<name>/features": "?bbox=104.9,35.9,105.5,36.3&limit=100",
    "/api/ogc/collections/<name>/items": "?limit=100&f=json",
    "/search": "?q=西",
    "/map/units": f"?indicator=RD1&area={WEST}",
    "/map/gaps": f"?indicator=RD1&area={WEST}",
    "/map/panel": f"?indicator=RD1&area={WEST}",
    "/map/values": "?indicator=RD1&level=village",
    "/map/frame": "?indicator=RD1&level=village",
}


def asked(rule, path):
    return path + QUESTIONS.get(rule.rule, "")


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
def test_every_endpoint_asks_for_its_permission(writing_app, role):
    """Without the permission 403, with it anything else; never a fault of the server."""
    who = caller(writing_app, (Grant(role),), role)
    done = set()
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        for rule, permission, path in addresses(writing_app, method):
            if (rule.endpoint, method) in done or rule.endpoint == "accounts.leave":
                continue
            done.add((rule.endpoint, method))
            answer = who(method, path, json={} if method != "GET" else None)
            said = f"{role}: {method} {path} ({permission}): {answer.status_code} {answer.get_data()[:200]!r}"
            assert answer.status_code < 500, said
            if not allowed(role, permission):
                assert answer.status_code == 403, said
            elif method == "GET" and permission not in {"submit", "move"}:
                assert answer.status_code != 403, said
    assert len(done) > 60


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


def payload(store, layer, county):
    feature = store.get(layer, own_id(layer, county))
    field = MONEY.get(layer)
    if field is None:
        texts = [
            item.name
            for item in LAYERS[layer].fields
            if item.type is FieldType.TEXT and item.name not in {"id", LAYERS[layer].key, *LAYERS[layer].area_fields}
        ]
        field = "source" if "source" in texts else texts[0]
    value = float((feature[field] or 0) + 1) if layer in MONEY else f"{feature[field] or ''}."
    return {"op": "update", "layer": layer, "id": feature["id"], "expected_ver": feature["ver"], "properties": {field: value}}


def may_read(role, layer):
    return layer != HOUSEHOLDS or role in READS_HOUSEHOLDS


def expected(role, area, layer, county, *, apply):
    """What the specification says: 200 applied, 202 submitted, 403 readable only, 404 not there."""
    if not may_read(role, layer):
        return 404
    if layer not in WRITES[role]:
        return 403
    of_the_county = {*set(KEY) - {"settlement_origins"}, "monitored_households", "indicator_targets", "tasks"}
    of_the_county |= {name for name, declared in LAYERS.items() if declared.area_fields == ("county_code",)}
    if area is not None and (county == WEST or (area == TOWNSHIP[EAST] and layer in of_the_county)):
        return 404
    if apply and LAYERS[layer].kept_by:
        return 409  # only its procedure writes it, whoever asks
    return 200 if apply else 202


@pytest.mark.parametrize(
    ("role", "apply"),
    [(role, apply) for role, apply in product(WRITES, (True, False)) if apply or WRITES[role]],
)
def test_writes_by_role_area_and_layer(writing_app, role, apply):
    store = writing_app.extensions["xiangtu"].store
    written = [layer for layer in LAYERS if layer not in {"areas", "counties", "townships", "villages"}]
    before = {layer: store.get(layer, own_id(layer, WEST)) for layer in written}
    for area in (None, EAST, TOWNSHIP[EAST]):
        who = caller(writing_app, (Grant(role, (area,) if area else (), apply),), f"{role}-{area}-{apply}".casefold())
        for layer, county in product(written, (EAST, WEST)):
            sent = payload(store, layer, county)
            answer = who("POST", "/editing/save", json={"reason": "试", "edits": [sent]})
            wanted = expected(role, area, layer, county, apply=apply)
            assert answer.status_code == wanted, (role, area, layer, county, answer.text[:300])
            after = store.get(layer, own_id(layer, county))
            assert after["ver"] == sent["expected_ver"] + (1 if wanted == 200 else 0)
            assert len(answer.get_json().get("kept", [])) == (wanted >= 400 and may_read(role, layer)), answer.text[:300]
        if area is not None:
            west = {layer: store.get(layer, own_id(layer, WEST)) for layer in written}
            assert west.keys() == before.keys()
            assert store.count("roads", reach=EVERYWHERE) > 0
        else:
            before = {layer: store.get(layer, own_id(layer, WEST)) for layer in written}
    for layer in written:
        now = store.get(layer, own_id(layer, WEST))
        assert now["ver"] == before[layer]["ver"], layer


def test_the_matrix_knows_every_permission_and_converter(matrix_app):
    assert {str(item) for item in Permission} == EVERYBODY | SIGNED_IN | set(HAVE)
    kinds = {type(converter) for rule in matrix_app.url_map.iter_rules() for converter in rule._converters.values()}
    assert all(issubclass(kind, (BaseConverter, IntegerConverter)) for kind in kinds)
