"""What people with rights over different areas and layers see of the same data: nothing beyond, through no address."""

import io
import json
import re

import pytest

EAST, WEST = "990101", "990102"
WEST_NAMES = ("丙南村", "丁南村", "丙北村", "丁北村", "西县南乡", "西县北乡", "西县", "水厂三")
WEST_CODES = ("990102", "W-3")
PAGES = (
    "/",
    "/areas/990101",
    "/areas/990101/map",
    "/areas/990101001",
    "/indicators",
    "/indicators/RD1",
    "/indicators/W1?level=village",
    "/layers",
    "/layers/villages",
    "/runs",
    "/runs/1",
    "/runs/1?level=village",
    "/runs/1?level=county",
    "/changes",
    "/changes/1",
    "/jobs",
    "/account",
    "/map/frame?level=village&indicator=RD1",
    "/map/frame?level=county&indicator=W1&area=990101",
    "/map/values?level=township&indicator=RD1",
    "/map/areas",
    "/map/areas?area=990101",
    "/map/panel?indicator=W1&area=990101",
    "/map/panel?indicator=SN2&area=990101",
    "/map/units?indicator=RD1&run=1",
    "/map/units?indicator=W1&run=1&area=990101",
    "/map/gaps?indicator=W1",
    "/map/gaps?indicator=SN2",
    "/search?q=村",
    "/search?q=西",
    "/search?q=水厂",
    "/search?q=9901",
    "/queries",
    "/jobs/list",
)


def hidden_in(text):
    """Give what of the western county stands in a text, unicode escapes undone."""
    plain = re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found.group(1), 16)), text)
    return [name for name in (*WEST_NAMES, *WEST_CODES) if name in plain]


@pytest.mark.parametrize("path", PAGES)
def test_the_east_sees_nothing_of_the_west(as_, path):
    answer = as_("east").get(path)
    assert answer.status_code == 200, answer.text[:500]
    assert hidden_in(answer.text) == []


@pytest.mark.parametrize("path", PAGES)
def test_the_same_pages_are_whole_for_whom_everything_is_open(as_, path):
    """Proves that the pages above could have told: somewhere each kind of page names the west."""
    assert as_("all").get(path).status_code == 200


def test_the_pages_do_tell_whom_they_may(as_):
    told = set()
    for path in PAGES:
        told |= set(hidden_in(as_("all").get(path).text))
    assert set(WEST_NAMES) - {"西县"} <= told


LAYER_PATHS = (
    "rows",
    "features",
    "rows?text=村",
    "rows?sort=-name&limit=200",
    "features?bbox=105.15,36,105.35,36.2",
    "rows?text=丙",
)


@pytest.mark.parametrize("layer", ["counties", "townships", "villages", "hamlets", "water_works", "areas"])
@pytest.mark.parametrize("path", LAYER_PATHS)
def test_rows_and_features_end_at_the_border(as_, layer, path):
    if layer == "areas" and path != "rows":
        return  # a table without geometry and without a field `name`
    answer = as_("east").get(f"/layers/{layer}/{path}")
    assert answer.status_code == 200
    assert hidden_in(answer.text) == []


def test_counts_are_of_what_is_read(as_):
    east, whole = as_("east"), as_("all")
    for layer, mine, all_of_it in (
        ("villages", 4, 8),
        ("townships", 2, 4),
        ("counties", 1, 2),
        ("water_works", 2, 3),
        ("roads", 2, 2),
    ):
        assert east.json(f"/layers/{layer}/rows")["total"] == mine, layer
        assert whole.json(f"/layers/{layer}/rows")["total"] == all_of_it, layer
        page = east.page(f"/layers/{layer}")
        assert f"{mine} 行" in page, layer
    assert as_("nothing").json("/layers/villages/rows")["total"] == 0
    assert as_("village").json("/layers/villages/rows")["total"] == 1


def test_a_row_beyond_is_answered_like_one_that_never_was(as_):
    east = as_("east")
    ids = {row["code"]: row["id"] for row in as_("all").json("/layers/villages/rows")["rows"]}

    def body(code):
        answer = east.get(f"/layers/villages/rows/{code}", headers={"Accept": "application/json"})
        found = answer.get_json()
        return answer.status_code, found.get("code"), str(found.get("message")).replace(code, "X"), sorted(answer.headers.keys())

    expected = body("990102009999")
    assert expected[0] == 404
    for code in ("990102001202", "990102002203", ids["990102001202"]):
        assert body(code) == expected
    assert body("990101001200")[0] == 200


def test_a_layer_not_read_is_answered_like_one_that_is_not_there(as_):
    for path in ("/layers/{}", "/layers/{}/rows", "/layers/{}/features", "/layers/{}/rows/M-1", "/layers/{}/M-1"):
        bodies = []
        for name in ("monitored_households", "no_such_layer"):
            answer = as_("all").get(path.format(name), headers={"Accept": "application/json"})
            found = answer.get_json()
            del found["request_id"]
            bodies.append((answer.status_code, json.dumps(found).replace(name, "X")))
        assert bodies[0] == bodies[1], path
        assert bodies[0][0] == 404
    assert as_("revital").json("/layers/monitored_households/rows")["total"] == 1
    assert as_("admin").json("/layers/monitored_households/rows")["total"] == 1


@pytest.mark.parametrize("path", ["/", "/layers", "/runs/1", "/changes", "/queries", "/account", "/imports", "/search?q=M-1"])
def test_nothing_names_a_layer_that_is_not_read(as_, path):
    answer = as_("water_east").get(path)
    assert answer.status_code == 200
    for word in ("monitored_households", "M-1", 'monitored"', "监测户"):
        assert word not in answer.text, word


# areas, runs, exports


@pytest.mark.parametrize(
    "path",
    [
        "/areas/{}",
        "/areas/{}/map",
        "/map/panel?indicator=W1&area={}",
        "/map/units?indicator=W1&run=1&area={}",
        "/map/areas?area={}",
        "/map/frame?area={}",
    ],
)
@pytest.mark.parametrize("code", [WEST, "990102001", "990102001202", "9901", "99"])
def test_an_area_beyond_is_answered_like_none(as_, path, code):
    bodies = []
    for asked in (code, "999999"):
        answer = as_("east").get(path.format(asked), headers={"Accept": "application/json"})
        found = answer.get_json()
        del found["request_id"]
        bodies.append((answer.status_code, json.dumps(found).replace(asked, "X")))
    assert bodies[0] == bodies[1]
    assert bodies[0][0] == 404


def test_the_figure_of_an_area_is_the_same_for_everybody_who_sees_it(as_):
    asked = "/map/panel?indicator=W1&area=990101"
    mine, whole = as_("east").json(asked), as_("all").json(asked)
    assert mine["figure"] == whole["figure"]
    assert mine["tally"] == whole["tally"]


def csv_of(browser, path, **fields):
    answer = browser.form(path, format="csv", **fields)
    assert answer.status_code == 200, answer.text[:400]
    return answer.get_data().decode("utf-8-sig")


@pytest.mark.parametrize("layer", ["villages", "townships", "counties", "water_works", "hamlets"])
def test_exports_end_at_the_border(as_, layer):
    text = csv_of(as_("east"), f"/downloads/layers/{layer}")
    assert hidden_in(text) == []
    if layer in {"villages", "townships", "counties", "water_works"}:
        assert hidden_in(csv_of(as_("all"), f"/downloads/layers/{layer}")) != []


def test_run_tables_end_at_the_border(as_):
    east, whole = as_("east"), as_("all")
    for path, fields in (
        ("/downloads/coverage", {"run": "1"}),
        ("/downloads/coverage", {"run": "1", "indicator": "W1", "area": EAST}),
        ("/downloads/units", {"run": "1", "indicator": "RD1"}),
        ("/downloads/gaps", {"run": "1", "indicator": "SN2"}),
        ("/areas/990101/download", {"run": "1"}),
    ):
        assert hidden_in(csv_of(east, path, **fields)) == [], path
    assert hidden_in(csv_of(whole, "/downloads/coverage", run="1")) != []
    assert east.form("/downloads/coverage", format="csv", run="1", area=WEST).status_code == 404
    assert east.form("/downloads/layers/villages", format="csv", area=WEST).status_code == 404
    assert east.form("/downloads/layers/monitored_households", format="csv").status_code == 404


def test_workbook_of_an_area_holds_nothing_of_another(as_):
    from openpyxl import load_workbook

    answer = as_("east").form("/areas/990101/download", format="xlsx", run="1")
    book = load_workbook(io.BytesIO(answer.get_data()))
    text = "\n".join(str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row)
    assert hidden_in(text) == []


def test_print_map_shows_what_is_read_and_belongs_to_who_asked(as_, shared_peopled):
    east = as_("east")
    answer = east.post("/downloads/maps", {"indicator": "RD1", "level": "village", "format": "html"})
    assert answer.status_code == 202
    number = answer.get_json()["job"]
    shared_peopled.extensions["xiangtu"].jobs.wait(number, timeout=120)
    got = east.get(f"/downloads/jobs/{number}")
    assert got.status_code == 200
    assert hidden_in(got.text) == []
    for path in (f"/downloads/jobs/{number}", f"/jobs/{number}"):
        assert as_("all").get(path).status_code == 404
    assert as_("all").post(f"/jobs/{number}/cancel").status_code == 404
    assert str(number) not in [str(job["id"]) for job in as_("all").json("/jobs/list")["jobs"]]


# queries

OR_ONE = {
    "or": [
        {"where": [{"field": "name", "op": "contains", "value": "村"}]},
        {"where": [{"field": "name", "op": "is_null", "value": False}]},
    ]
}


@pytest.mark.parametrize(
    "spec",
    [
        {"layer": "villages"},
        {"layer": "villages", **OR_ONE},
        {"layer": "villages", "where": [{"field": "county_code", "op": "=", "value": WEST}]},
        {"layer": "villages", "where": [{"field": "name", "op": "contains", "value": "' OR 1=1 --"}]},
        {"layer": "villages", "not": {"where": [{"field": "name", "op": "=", "value": "x"}]}},
        {"layer": "water_works", "near": {"layer": "villages", "distance_m": 90000}},
        {"layer": "villages", "near": {"layer": "water_works", "distance_m": 90000}},
        {"layer": "counties", "relation": {"layer": "townships", "predicate": "contains"}},
    ],
)
def test_no_question_looks_over_the_border(as_, spec):
    answer = as_("east").post("/queries/run", spec)
    if answer.status_code == 400:
        assert answer.get_json()["code"] == "bad_filter"
        return
    assert answer.status_code == 200, answer.text[:400]
    assert hidden_in(answer.text) == []
    assert answer.get_json()["total"] <= 4


def test_the_questions_can_be_asked(as_):
    for spec in ({"layer": "villages", **OR_ONE}, {"layer": "villages", "near": {"layer": "water_works", "distance_m": 90000}}):
        answer = as_("all").post("/queries/run", spec)
        assert answer.status_code == 200, answer.text
        assert answer.get_json()["total"] == 8


def test_a_question_about_a_layer_not_read_is_one_about_none(as_):
    for template in (
        {"layer": "{}"},
        {"layer": "villages", "near": {"layer": "{}", "distance_m": 1000}},
        {"layer": "villages", "relation": {"layer": "{}", "predicate": "intersects"}},
    ):
        bodies = []
        for name in ("monitored_households", "no_such_layer"):
            spec = json.loads(json.dumps(template).replace("{}", name))
            answer = as_("east").post("/queries/run", spec)
            found = answer.get_json()
            del found["request_id"]
            bodies.append((answer.status_code, json.dumps(found).replace(name, "X")))
        assert bodies[0] == bodies[1]
        assert bodies[0][0] in {400, 404}


def test_saved_questions_are_ones_own(as_):
    east, west = as_("east"), as_("west")
    assert east.post("/queries", {"name": "mine", "spec": {"layer": "villages"}}).status_code == 201
    assert west.post("/queries", {"name": "mine", "spec": {"layer": "counties"}}).status_code == 201
    assert east.json("/queries")["queries"] == [{"name": "mine", "spec": {"layer": "villages"}}]
    assert as_("all").json("/queries")["queries"] == []
    assert as_("all").delete("/queries/mine").status_code == 404
    assert west.delete("/queries/mine").status_code == 200
    assert [item["name"] for item in east.json("/queries")["queries"]] == ["mine"]


# changes


def test_changes_are_listed_where_a_row_is_read(as_):
    def listed(login):
        return {int(number) for number in re.findall(r'href="/changes/(\d+)"', as_(login).page("/changes"))}

    assert listed("admin") == {1, 2, 3}
    assert listed("all") == {1, 3}
    assert listed("east") == {1}
    assert listed("west") == {1, 3}
    assert listed("nothing") <= {1}


def test_a_change_beyond_is_answered_like_none(as_):
    bodies = []
    for number in (3, 99):
        answer = as_("east").get(f"/changes/{number}", headers={"Accept": "application/json"})
        found = answer.get_json()
        del found["request_id"]
        bodies.append((answer.status_code, found["code"], found["message"].replace(str(number), "N")))
    assert bodies[0] == bodies[1]
    assert bodies[0][0] == 404
    assert as_("west").get("/changes/3").status_code == 200


def test_only_the_rows_that_are_read_are_counted(as_, shared_peopled):
    from geo_app.access import person_of
    from geo_app.actions import visible_changes

    store = shared_peopled.extensions["xiangtu"].store
    counts = {
        login: visible_changes.find(store, person_of(store.accounts.find(login)), 1).inserted
        for login in ("all", "east", "village")
    }
    assert counts["village"] < counts["east"] < counts["all"]


def test_the_whole_recipe_is_not_for_who_reads_a_part(as_):
    assert as_("east").get("/changes/1/recipe.toml").status_code == 404
    assert as_("admin").get("/changes/1/recipe.toml").status_code == 200


def test_history_of_a_row_is_for_who_reads_it(as_):
    assert len(as_("west").json("/layers/villages/rows/990102001202")["history"]) == 2
    as_("east").json("/layers/villages/rows/990102001202", status=404)


def test_undo_needs_the_right_to_every_row(peopled, browser_of):
    viewer, water, stats = browser_of(peopled, "west"), browser_of(peopled, "water_east"), browser_of(peopled, "admin")
    assert viewer.post("/changes/3/undo").status_code == 403
    assert water.post("/changes/3/undo").status_code == 404
    assert water.post("/changes/1/undo").status_code == 403
    assert stats.form("/changes/3/undo").status_code == 302


# etags and caches


def test_what_is_kept_for_one_person_is_not_given_to_another(as_):
    path = "/map/values?level=village&indicator=RD1"
    whole = as_("all").get(path)
    mine = as_("east").get(path)
    assert whole.headers["ETag"] != mine.headers["ETag"]
    again = as_("east").get(path, headers={"If-None-Match": whole.headers["ETag"]})
    assert again.status_code == 200
    assert hidden_in(again.text) == []
    assert "Cookie" in again.headers["Vary"]
    assert as_("east").get(path, headers={"If-None-Match": mine.headers["ETag"]}).status_code == 304


def test_an_etag_does_not_tell_of_edits_beyond(peopled, browser_of):
    from layers.store import Change, Update

    east = browser_of(peopled, "east")
    paths = [
        "/map/values?level=village&indicator=RD1",
        "/layers/villages/rows",
        "/layers/villages/features",
        "/changes",
        "/layers",
    ]

    def said():
        return [re.sub(r'nonce="[^"]+"|nonce-[^\']+', "", east.get(path).text) for path in paths]

    before, tag = said(), east.get(paths[0]).headers["ETag"]
    store = peopled.extensions["xiangtu"].store
    row = store.read("villages").set_index("village_code").loc["990102002203"]
    store.apply(Change("stat", "", "again", (Update("villages", row["id"], int(row["ver"]), {"pop_registered": 999}),)))
    assert said() == before
    assert east.get(paths[0]).headers["ETag"] == tag


# imports

WORKS = "work_id,name,work_class,lon,lat,county_code\n{key},新水厂,central20,{lon},36.05,{county}\n"


def import_works(browser, app, *, key="W-9", lon=105.05, county=EAST, mode="add", layer="water_works"):
    """Upload, check and accept a file of one work; give the job's description of the last step that was reached."""
    jobs = app.extensions["xiangtu"].jobs
    content = WORKS.format(key=key, lon=lon, county=county)
    sent = browser.client.post(
        "/imports",
        base_url=browser.host,
        data={"file": (io.BytesIO(content.encode()), "works.csv"), "layer": layer, "csrf_token": browser._token()},
        headers={"X-CSRF-Token": browser._token(), "Accept": "application/json", "Origin": browser.host},
    )
    assert sent.status_code == 202, sent.text
    number = sent.get_json()["job"]
    jobs.wait(number, timeout=120)
    upload = browser.json(f"/jobs/{number}")["href"].rsplit("/", 1)[-1]
    answers = browser.post(f"/imports/{upload}/answers", {"crs": "EPSG:4490", "encoding": "utf-8", "coordinates": "lon,lat"})
    jobs.wait(answers.get_json()["job"], timeout=120)
    columns = {name: name for name in ("work_id", "name", "work_class", "county_code")}
    chosen = {
        "layer": layer,
        "columns": columns,
        "constants": {"data_quality": "surveyed", "source": "t", "source_date": "2026-01-01"},
    }
    checked = browser.post(f"/imports/{upload}/check", chosen | {"mode": mode})
    if checked.status_code != 202:
        return upload, checked
    jobs.wait(checked.get_json()["job"], timeout=120)
    accepted = browser.post(f"/imports/{upload}/accept", {"skip_bad_rows": False, "reason": "t"})
    number = accepted.get_json()["job"]
    jobs.wait(number, timeout=120)
    return upload, browser.json(f"/jobs/{number}")


def test_who_may_apply_imports_inside_their_area(peopled, browser_of):
    water = browser_of(peopled, "water_east")
    upload, done = import_works(water, peopled)
    assert done["state"] == "done", done
    assert "#4" in water.page(f"/imports/{upload}")
    record = peopled.extensions["xiangtu"].store.change(4)
    assert (record.who, record.bureau, record.account_id) == ("water_east name", "water_east bureau", 5 - 1)


@pytest.mark.parametrize(("lon", "county"), [(105.35, WEST), (105.35, EAST), (105.35, "")])
def test_no_file_writes_over_the_border(peopled, browser_of, lon, county):
    water = browser_of(peopled, "water_east")
    store = peopled.extensions["xiangtu"].store
    before = store.checksum()
    _, done = import_works(water, peopled, lon=lon, county=county)
    assert done["state"] == "failed"
    assert done["error"]["code"] in {"forbidden", "faults_found"}
    assert store.checksum() == before


def test_who_may_only_submit_gets_a_change_request(peopled, browser_of):
    asks = browser_of(peopled, "water_asks")
    store = peopled.extensions["xiangtu"].store
    upload, done = import_works(asks, peopled)
    assert done["state"] == "done", done
    assert store.count("water_works") == 3
    (request,) = store.requests.list(state="open")
    assert request.who == "water_asks name"
    assert f"/requests/{request.request_id}" in asks.page(f"/imports/{upload}")


def test_a_layer_that_is_not_ones_own_cannot_be_imported(peopled, browser_of):
    roads = browser_of(peopled, "roads_east")
    _, refused = import_works(roads, peopled)
    assert refused.status_code == 400
    assert browser_of(peopled, "east").post("/imports").status_code == 403
    assert browser_of(peopled, "east").get("/imports").status_code == 403


def test_a_waiting_file_is_for_who_brought_it(peopled, browser_of):
    upload, _ = import_works(browser_of(peopled, "water_asks"), peopled)
    other = browser_of(peopled, "water_east")
    for path in ("", "/map", "/state", "/report.csv", "/recipe.toml"):
        assert other.get(f"/imports/{upload}{path}").status_code == 404, path
    assert other.post(f"/imports/{upload}/accept", {}).status_code == 404
    assert other.post(f"/imports/{upload}/discard").status_code == 404


# everywhere


def test_nobody_gets_nothing(shared_peopled, browser_of):
    """Every endpoint without arguments of its own kind, asked by nobody: sign-in, health and what is public only."""
    from geo_app import access

    client = shared_peopled.test_client()
    for rule in shared_peopled.url_map.iter_rules():
        if rule.endpoint == "static" or "GET" not in rule.methods:
            continue
        path = re.sub(r"<(?:int|float):[^>]+>", "1", re.sub(r"<(?!int|float)[^>]+>", "roads", rule.rule))
        needed = access.declared(shared_peopled.view_functions[rule.endpoint])
        answer = client.get(path, base_url="http://xiangtu.test", headers={"Accept": "application/json"})
        if needed in access.ANYBODY:
            assert answer.status_code != 401, path
        else:
            assert answer.status_code == 401, path
            assert set(answer.get_json()) - {"description"} == {"code", "message", "request_id"}, path


def test_viewers_see_no_menu_item_that_would_refuse_them(as_):
    page = as_("east").page("/account")
    links = re.findall(r'<a href="(/[a-z]*)"', page)
    assert "/imports" not in links
    assert "/accounts" not in links
    assert as_("water_east").page("/account").count('href="/imports"') == 1
    for link in set(links):
        assert as_("east").get(link).status_code in {200, 302}, link
