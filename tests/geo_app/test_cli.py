"""The command geo-app from the outside: help, examples, exit codes, data on standard output and words on standard error."""

import json
import os
import resource
import shlex
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from geo_app.cli import cli

COMMANDS = sorted(cli.commands)
WANTED = {"init", "demo", "load", "import", "check", "coverage", "gaps", "query", "map", "export", "serve", "start"}


@pytest.fixture
def geo(tmp_path, monkeypatch):
    """Run geo-app in this process on a store of the test's own."""
    monkeypatch.setenv("XIANGTU_STORE", str(tmp_path / "store.gpkg"))
    monkeypatch.setenv("XIANGTU_DATA_DIR", str(tmp_path / "data"))
    runner = CliRunner()

    def run(*arguments):
        return runner.invoke(cli, list(map(str, arguments)), catch_exceptions=False)

    return run


def _subcommands(command, path=()):
    for name, one in getattr(command, "commands", {}).items():
        yield (*path, name), one
        yield from _subcommands(one, (*path, name))


def test_every_command_of_a_group_says_what_it_does_and_shows_calls_that_parse():
    found = [(path, one) for path, one in _subcommands(cli) if len(path) > 1]
    assert {("project", name) for name in ("list", "show", "move", "rules", "import", "export")} <= {path for path, _ in found}
    for path, one in found:
        lines = [line.strip() for line in (one.epilog or "").splitlines() if line.strip().startswith("geo-app ")]
        assert one.help, path
        assert lines, path
        for line in lines:
            words = shlex.split(line)[1:]
            assert tuple(words[: len(path)]) == path, line
            if not isinstance(one, click.Group):
                one.make_context(path[-1], words[len(path) :], parent=click.Context(cli, info_name="geo-app"))


def _example_lines():
    for name in (None, *COMMANDS):
        command = cli if name is None else cli.commands[name]
        found = [line.strip() for line in (command.epilog or "").splitlines() if line.strip().startswith("geo-app ")]
        assert found, f"geo-app {name} has no examples"
        yield from ((name, line) for line in found)


def test_the_commands_of_the_contract_are_there():
    assert set(COMMANDS) >= WANTED


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name, geo):
    result = geo(name, "--help")
    assert result.exit_code == 0
    assert "Examples:" in result.stdout
    assert cli.commands[name].help


@pytest.mark.parametrize(("name", "line"), list(_example_lines()))
def test_every_example_is_a_call_that_parses(name, line):
    words = shlex.split(line)[1:]
    while words[0].startswith("--"):
        assert words[0] in cli.params[0].opts
        words = words[2:]
    assert name in (None, words[0])
    context = click.Context(cli, info_name="geo-app")
    cli.commands[words[0]].make_context(words[0], words[1:], parent=context)


def test_help_is_quick():
    seconds = []
    for _ in range(3):
        begun = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", "from geo_app.cli import main; main()", "--help"], check=True, capture_output=True)
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds.append(ended.ru_utime + ended.ru_stime - begun.ru_utime - begun.ru_stime)
    assert min(seconds) < 0.8, "geo-app --help must not load pandas, geopandas or flask"


def test_help_loads_nothing_heavy():
    code = "import sys, geo_app.cli; print([m for m in ('pandas', 'numpy', 'flask', 'sqlalchemy', 'rich') if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert found.stdout.strip() == "[]"


def test_a_bad_setting_stops_with_the_variable_and_exit_code_2(geo, monkeypatch):
    monkeypatch.setenv("XIANGTU_PORT", "eighty")
    result = geo("runs")
    assert result.exit_code == 2
    assert "XIANGTU_PORT" in result.stderr
    assert "eighty" in result.stderr
    assert not result.stdout


def test_a_missing_store_is_exit_code_6_and_names_the_next_step(geo):
    result = geo("changes")
    assert result.exit_code == 6
    assert "geo-app init" in result.stderr
    assert not result.stdout


def test_wrong_use_is_exit_code_2(geo):
    assert geo("coverage", "--no-such-option").exit_code == 2
    assert geo("nothing").exit_code == 2


def test_init_makes_a_store_once_and_leaves_it_alone_after(geo, tmp_path):
    assert geo("init").exit_code == 0
    assert (tmp_path / "store.gpkg").is_file()
    again = geo("init")
    assert again.exit_code == 0
    assert not again.stdout
    assert geo("verify").exit_code == 0


def test_unknown_names_are_exit_code_7(geo):
    geo("init")
    assert geo("undo", "99").exit_code == 7
    assert geo("layers", "moons").exit_code == 7
    assert geo("export", "moons", "--out", "moons.csv").exit_code == 7
    assert geo("profiles", "nowhere").exit_code == 7
    assert geo("query", "--name", "nothing").exit_code == 7


def test_no_data_yet_says_what_to_load(geo):
    geo("init")
    result = geo("coverage")
    assert result.exit_code == 7
    assert "geo-app demo" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("settings",),
        ("layers",),
        ("layers", "roads"),
        ("changes",),
        ("runs",),
        ("profiles",),
        ("profiles", "tches18"),
        ("indicators",),
        ("query", "--list"),
    ],
)
def test_json_on_standard_output_parses(geo, arguments):
    geo("init")
    result = geo(*arguments, "--json")
    assert result.exit_code == 0, result.stderr
    json.loads(result.stdout)


def test_the_dictionary_has_titles_types_units_and_sources(geo):
    found = json.loads(geo("layers", "roads", "--json").stdout)
    surface = next(item for item in found["fields"] if item["name"] == "surface_type")
    assert (surface["required"], surface["recommended"]) == (False, True)
    width = next(item for item in found["fields"] if item["name"] == "width_m")
    assert (width["type"], width["unit"], bool(width["zh"]), bool(width["source"])) == ("number", "m", True, True)


def test_an_unforeseen_error_is_exit_code_1_without_a_traceback(tmp_path):
    code = (
        "import geo_app.cli as c, click\n"
        "@click.command('break')\n"
        "def broken(): raise RuntimeError('SELECT secret FROM /srv/x')\n"
        "c.cli.add_command(broken)\nc.main()"
    )
    env = {**os.environ, "XIANGTU_STORE": str(tmp_path / "s.gpkg")}
    found = subprocess.run([sys.executable, "-c", code, "break"], check=False, capture_output=True, text=True, env=env)
    assert found.returncode == 1
    assert "secret" not in found.stderr
    assert "Traceback" not in found.stderr
    assert "on our side" in found.stderr


def test_serve_refuses_an_address_that_others_can_reach(geo, monkeypatch):
    monkeypatch.setenv("XIANGTU_HOST", "0.0.0.0")  # noqa: S104 - refused, that is the point
    result = geo("serve")
    assert result.exit_code == 2
    assert "without accounts" in result.stderr


def test_every_skipped_row_is_listed(geo, tmp_path):
    lines = [f"F{number},医疗,{104 if number == 20 else 'x'},36.{number:02}" for number in range(1, 21)]
    (tmp_path / "f.csv").write_text("\n".join(["facility_id,facility_type,lon,lat", *lines]) + "\n", encoding="utf-8")
    options = ("--crs", "EPSG:4490", "--encoding", "utf-8", "--skip-bad-rows", "--yes")
    found = geo("import", tmp_path / "f.csv", "--layer", "facilities", *options)
    assert found.exit_code == 0, found.stderr
    listed = found.stderr.split("rows skipped:")[1]
    assert [f"row {number}:" in listed for number in range(1, 21)] == [True] * 19 + [False]


def test_a_sheet_of_households_that_is_not_there_is_wrong_use(geo):
    assert geo("init").exit_code == 0
    found = geo("households", "sheet.csv", "--month", "2026-10")
    assert found.exit_code == 2
    assert "There is no file sheet.csv" in found.stderr
