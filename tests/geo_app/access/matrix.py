"""What the tests of rights share: rows of two counties, who asks, every address there is, and what the specification says.

The expected rights are written here from the specification, not taken from the table of roles.
"""

import io
import re
import zipfile
from itertools import product
from urllib.parse import unquote

import geopandas as gpd
import pandas as pd
import shapely

from geo_app.access import declared
from geo_app.actions import signing_in
from geo_app.actions.books import KINDS as BOOKS
from geo_app.web import identifying
from layers.catalogue import LAYERS
from layers.schema import FieldType, GeometryKind

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
    codes |= {
        "area_code": county,
        "scope_code": county,
        "to_code": VILLAGE[county],
        "from_code": VILLAGE[county],
        "work_id": f"water_works-{county}",
    }
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

    def let_work_be(self):
        """Cancel what was begun in the background: that it may be begun is asked here, not what comes of it."""
        jobs = self.app.extensions["xiangtu"].jobs
        for job in jobs.list():
            if job.active:
                jobs.cancel(job.id)


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
    given |= {name: [value] for name, value in (rule.defaults or {}).items()}
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
