"""The commands project import and export, as a person types them."""

import json

import openpyxl
from click.testing import CliRunner

from geo_app.cli import cli
from geo_app.errors import EXIT_FAULTS

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
    assert run(tmp_path, "project", "export", str(package), "--oc4ids").exit_code == 0
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
