"""The commands of the project library, as a person types them."""

import datetime as dt
import json

import openpyxl
import pandas as pd
import pytest
from click.testing import CliRunner

from geo_app import office_day
from geo_app.actions.ledger import records
from geo_app.cli import cli
from geo_app.errors import EXIT_FAULTS, EXIT_NOT_FOUND, EXIT_USAGE
from layers.store import Change, Insert, open_store
from tests.geo_app.actions.library.people import APPLICATION, PLACE, VILLAGE

HEAD = ["项目编号", "项目名称", "项目类别", "资金规模（元）", "状态"]


def run(tmp_path, *words):
    environment = {"XIANGTU_STORE": str(tmp_path / "store.gpkg"), "XIANGTU_DATA_DIR": str(tmp_path / "data")}
    return CliRunner().invoke(cli, list(words), env=environment, catch_exceptions=False)


def book(path, *rows):
    made = openpyxl.Workbook()
    made.active.title = "项目库"
    for row in (HEAD, *rows):
        made.active.append(row)
    made.save(path)
    return str(path)


def test_a_workbook_is_looked_at_taken_and_written_again(tmp_path):
    assert run(tmp_path, "init").exit_code == 0
    file = book(tmp_path / "库.xlsx", ["P-1", "桥", "乡村建设", 125000, "入库"])
    looked = run(tmp_path, "project", "import", file, "--dry-run")
    assert looked.exit_code == 0, looked.output
    assert "1 new, 0 changed, 0 same" in looked.output
    assert "Nothing was changed" in looked.output
    taken = run(tmp_path, "project", "import", file, "--yes")
    assert "1 projects new" in taken.output
    out = tmp_path / "out.xlsx"
    assert run(tmp_path, "project", "export", str(out)).exit_code == 0
    again = run(tmp_path, "project", "import", str(out), "--dry-run")
    assert "0 new, 0 changed, 1 same" in again.output
    package = tmp_path / "oc4ids.json"
    given = run(tmp_path, "project", "export", str(package), "--oc4ids")
    assert given.exit_code == 0
    assert "XIANGTU_PUBLIC_URL is not set" in given.output
    found = json.loads(package.read_text("utf-8"))
    assert found["projects"][0]["budget"]["amount"]["amount"] == 125000.0


def test_faults_end_with_their_cells_and_an_exit_code(tmp_path):
    assert run(tmp_path, "init").exit_code == 0
    file = book(tmp_path / "库.xlsx", ["P-1", "桥", "没有这一类", 1, None])
    report = tmp_path / "faults.csv"
    found = run(tmp_path, "project", "import", file, "--yes", "--report", str(report))
    assert found.exit_code == EXIT_FAULTS
    assert "C2: category" in found.output
    assert "没有这一类" in report.read_text("utf-8-sig")


def test_an_error_of_the_library_is_told_in_both_languages(tmp_path):
    assert run(tmp_path, "init").exit_code == 0
    file = tmp_path / "表.xlsx"
    made = openpyxl.Workbook()
    made.active.append(["随便", "什么"])
    made.active.append(["1", "2"])
    made.save(file)
    found = run(tmp_path, "project", "import", str(file), "--dry-run")
    assert found.exit_code != 0
    assert "no column with project numbers" in found.output
    assert "表中没有“项目编号”一列" in found.output


@pytest.fixture
def walked(tmp_path):
    """A store with a project that was applied for and whose village notice hangs, by way of the commands."""
    with open_store(tmp_path / "store.gpkg", create=True) as store:
        row = APPLICATION | {"project_id": "P-1", "status": "draft", "geometry": PLACE}
        row |= {"village_code": VILLAGE, "township_code": "990101001", "county_code": "990101"}
        store.apply(Change("li", "局", "r", (Insert("projects", pd.DataFrame([row], dtype=object)),), kind="demo"))
    return lambda *words: run(tmp_path, "project", *words)


def test_a_project_is_moved_shown_and_listed(walked):
    applied = ("--set", "document=村申1号", "--set", "opinion=同意", "--set", "start_date=2026-03-01")
    done = walked("move", "P-1", "apply", *applied, "--who", "王芳", "--bureau", "甲南村")
    assert (done.exit_code, done.stdout) == (0, "")
    assert "P-1 is now: applied (version 2)" in done.stderr
    hung = walked("move", "P-1", "village_notice", "--set", "place=公开栏", "--set", f"start_date={office_day.today()}")
    assert hung.exit_code == 0
    early = walked("move", "P-1", "submit_to_township", "--set", "document=村报1号")
    assert early.exit_code == EXIT_FAULTS
    earliest = office_day.today() + dt.timedelta(days=10)
    assert f"公示满 10 日，最早 {earliest}" in early.stderr
    assert f"a notice of 10 days; {earliest} at the earliest" in early.stderr

    seen = walked("show", "P-1")
    assert "village_notice\t村公示" in seen.stdout
    assert "2\t" + str(office_day.today()) in seen.stdout
    assert "甲南村\t王芳\t村申1号" in seen.stdout
    assert f"submit_to_township\t公示期满报乡镇\tHand in to the township\tfrom {earliest}\tvillage" in seen.stdout
    told = json.loads(walked("show", "P-1", "--json").stdout)
    assert (told["stage"], told["ver"], len(told["events"])) == ("village_notice", 3, 2)
    assert {item["move"]: item["earliest"] for item in told["moves"]}["submit_to_township"] == str(earliest)

    stale = walked("move", "P-1", "return_", "--set", "opinion=补充", "--ver", "1")
    assert stale.exit_code != 0
    assert "version 1 was seen, 3 is there" in stale.stderr
    listed = json.loads(walked("list", "--stage", "村公示", "--json").stdout)
    assert [(item["project_id"], item["status"], item["budget_total"]) for item in listed] == [("P-1", "village_notice", 120.35)]
    assert json.loads(walked("list", "--stage", "in_library", "--json").stdout) == []
    assert "There is no stage 天上" in walked("list", "--stage", "天上").stderr
    assert "There is no move fly" in walked("move", "P-1", "fly").stderr
    assert walked("show", "P-9").exit_code == EXIT_NOT_FOUND


def test_a_change_is_asked_for_and_an_asset_is_handed_over(walked, tmp_path):
    with open_store(tmp_path / "store.gpkg") as store:
        row = store.get("projects", str(store.read("projects")["id"].iloc[0]))
        new = APPLICATION | {"project_id": "P-2", "status": "in_library", "geometry": PLACE}
        old = APPLICATION | {"project_id": "P-3", "status": "accepted", "geometry": PLACE}
        old |= {"start_date": dt.date(2026, 3, 1), "end_date": dt.date(2026, 9, 30)}
        areas = {name: row[name] for name in ("village_code", "township_code", "county_code")}
        rows = pd.DataFrame([new | areas, old | areas], dtype=object)
        store.apply(Change("li", "局", "r", (Insert("projects", rows),), kind="demo"))
    asked = walked("move", "P-2", "ask_change", "--set", "opinion=改期", "--set", "new:end_date=2027-12-31")
    assert asked.exit_code == 0, asked.stderr
    (event,) = [item for item in json.loads(walked("show", "P-2", "--json").stdout)["events"] if item["event_type"] == "调整申请"]
    assert event["proposed"] == [{"field": "end_date", "old": "2027-09-30", "new": "2027-12-31"}]
    lacking = walked("move", "P-3", "form_asset", "--set", "document=移交书")
    assert lacking.exit_code == EXIT_FAULTS
    assert "maintainer" in lacking.stderr
    words = ("document=移交书", "owner_level=村集体", "owner=甲村", "maintainer=村委会", "maintenance_fund=1.2")
    done = walked("move", "P-3", "form_asset", *(part for word in words for part in ("--set", word)))
    assert "the ledger has the asset Z-P-3. P-3 is now: asset_formed" in done.stderr, done.stderr


RULES = """
[[rule]]
key = "county_notice_days"
value = 15
scope = "990101"
valid_from = 2026-01-01
certainty = "seed"
rule_id = "县规1"
document = "平政办〔2026〕1号"

[[ledger_rule]]
key = "publication_days"
value = 5
scope = "990101"
valid_from = 2026-01-01
certainty = "seed"
document = "平政办〔2026〕2号"

[[rule]]
key = "village_notice_days"
value = 12
scope = "990101"
valid_from = 2026-01-01
certainty = "memory"
"""


def test_rules_are_shown_with_source_and_certainty_and_an_areas_own_are_loaded(walked, tmp_path):
    def rules(*words):
        done = walked("rules", *words, "--json")
        assert done.exit_code == 0, done.stderr
        return {(item["part"], item["key"]): item for item in json.loads(done.stdout)}, done.stderr

    found, said = rules()
    county = found["library", "county_notice_days"]
    assert (county["value"], county["source"], county["certainty"]) == (10, "PN-03 湘委乡振组办发〔2021〕1号", "seed")
    assert (county["verified"], county["own"]) == ("", "")
    assert found["library", "day_kind"]["verified"] == "unverified 未核实"
    assert {item["verified"] for item in found.values() if item["certainty"] in {"memory", "design"}} == {"unverified 未核实"}
    assert found["ledger", "publication_days"]["source"] == "AN-04 湘振局联〔2021〕5号"
    assert f"of {len(found)} values are unverified 未核实" in said

    file = tmp_path / "own.toml"
    file.write_text(RULES, "utf-8")
    _, said = rules("--set", str(file))
    assert "3 rules loaded from own.toml" in said
    rules("--set", str(file))
    there, _ = rules("--area", "990101001", "--on", "2026-02-01")
    assert (there["library", "county_notice_days"]["value"], there["library", "county_notice_days"]["own"]) == (15, "own 本地")
    assert there["library", "county_notice_days"]["source"] == "县规1 平政办〔2026〕1号"
    assert there["library", "village_notice_days"]["verified"] == "unverified 未核实"
    ledger = there["ledger", "publication_days"]
    assert (ledger["value"], ledger["source"], ledger["own"]) == (5, "平政办〔2026〕2号", "own 本地")
    with open_store(tmp_path / "store.gpkg") as store:
        row = {"county_code": "990101"}
        held = [records.rules_of(store, row, dt.date(year, 12, 31)).days("publication_days") for year in (2025, 2026)]
        other = records.rules_of(store, {"county_code": "990102"}, dt.date(2026, 12, 31)).days("publication_days")
    assert (held, other) == ([7, 5], 7)
    assert rules("--area", "990101", "--on", "2025-12-31")[0]["library", "county_notice_days"]["value"] == 10
    assert rules("--area", "990102")[0]["library", "county_notice_days"]["value"] == 10

    applied = ("--set", "document=d", "--set", "opinion=o", "--set", "start_date=2026-03-01")
    assert walked("move", "P-1", "apply", *applied).exit_code == 0
    assert walked("move", "P-1", "village_notice", "--set", "place=p", "--set", "start_date=2026-03-02").exit_code == 0
    early = walked("move", "P-1", "submit_to_township", "--set", "document=d", "--set", "start_date=2026-03-12")
    assert "公示满 12 日，最早 2026-03-14" in early.stderr
    assert "3 own rules withdrawn" in rules("--forget-own")[1]
    assert rules("--area", "990101")[0]["library", "county_notice_days"]["value"] == 10


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"county_notice_days"', '"reserve_growth"', "There is no rule reserve_growth"),
        ("value = 15", 'value = "soon"', "a whole number of days from 0 to 3660 was expected, found 'soon'"),
        ('"publication_days"', '"day_kind"', "one of calendar, working was expected, found 5"),
        ("value = 5", "value = -5", "a whole number of days from 0 to 3660 was expected, found -5"),
        ('"publication_days"', '"publication"', "There is no rule publication"),
        ("value = 15", "value = -1", "a whole number of days from 0 to 3660 was expected, found -1"),
        ('certainty = "seed"', 'certainty = "sure"', "certainty is one of"),
        ("valid_from = 2026-01-01", 'valid_from = "soon"', "valid_from is a day"),
        ('scope = "990101"', "scope = 990101", "code of an area in quotes"),
        ("[[rule]]", "[[rule]", "no TOML"),
        (RULES, "", "has no rule"),
    ],
)
def test_rules_that_cannot_be_used_are_refused_and_none_is_kept(walked, tmp_path, old, new, said):
    file = tmp_path / "own.toml"
    file.write_text(RULES.replace(old, new, 1), "utf-8")
    done = walked("rules", "--set", str(file))
    assert done.exit_code == EXIT_USAGE
    assert said in done.stderr
    with open_store(tmp_path / "store.gpkg") as store:
        assert not store.features("area_rules")
