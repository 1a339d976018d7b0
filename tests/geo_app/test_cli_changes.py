"""history, restore-layer, update and area from the outside, on the small area."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from geo_app.actions import load_recipe
from geo_app.actions.signing import By
from geo_app.cli import cli
from layers.store import Change, Condition, Update, open_store

SMALL = Path(__file__).parent / "fixtures" / "small"
JIA, YI = "990101001200", "990101001201"


@pytest.fixture(scope="module")
def _loaded(tmp_path_factory):
    path = tmp_path_factory.mktemp("cli") / "store.gpkg"
    with open_store(path, create=True) as store:
        load_recipe.load(store, SMALL / "recipe.toml", SMALL, By("li", "测试局", "first load"))
    return path


@pytest.fixture
def geo(_loaded, tmp_path, monkeypatch):
    """Run geo-app in this process on a copy of the small store."""
    shutil.copyfile(_loaded, tmp_path / "store.gpkg")
    monkeypatch.setenv("XIANGTU_STORE", str(tmp_path / "store.gpkg"))
    monkeypatch.setenv("XIANGTU_DATA_DIR", str(tmp_path / "data"))

    def run(*arguments):
        return CliRunner().invoke(cli, list(map(str, arguments)), catch_exceptions=False)

    return run


def edit(tmp_path):
    with open_store(tmp_path / "store.gpkg") as store:
        row = store.read("roads", where=[Condition("segment_id", "=", "S1")]).iloc[0]
        store.apply(Change("wu", "交通局", "命名", (Update("roads", row["id"], int(row["ver"]), {"name": "幸福路"}),)))


def test_history_of_a_layer_a_row_and_a_day(geo, tmp_path):
    edit(tmp_path)
    found = json.loads(geo("history", "roads", "--json").stdout)
    assert [(item["who"], item["reason"]) for item in found] == [("wu", "命名"), ("li", "first load")]
    (line,) = json.loads(geo("history", "roads", "--by", "wu", "--json").stdout)
    assert line["updated"] == 1
    versions = json.loads(geo("history", "roads", "S1", "--json").stdout)
    assert versions[1]["fields"] == "name: — → 幸福路"
    out = tmp_path / "roads.geojson"
    assert geo("history", "roads", "--at", "#1", "--out", out).exit_code == 0
    assert "幸福路" not in out.read_text("utf-8")
    assert geo("history", "roads", "--at", "#1", "--out", out).exit_code == 2
    assert geo("history", "roads", "--at", "#1").exit_code == 2
    assert geo("history", "roads", "--since", "soon").exit_code == 2
    assert geo("history", "roads", "nothing").exit_code == 7


def test_restore_layer_asks_first(geo, tmp_path):
    edit(tmp_path)
    asked = geo("restore-layer", "roads", "--at", "#1")
    assert "1 change" in asked.stderr
    assert "Nothing was changed" in asked.stderr
    done = geo("restore-layer", "roads", "--at", "#1", "--yes", "--who", "赵", "--reason", "改错了")
    assert done.exit_code == 0
    with open_store(tmp_path / "store.gpkg") as store:
        record = store.changes(limit=1)[0]
        assert (record.kind, record.who, record.reason, record.updated) == ("restore", "赵", "改错了", 1)


def test_update_from_a_surveyed_file(geo, tmp_path):
    def line(*points):
        return {"type": "LineString", "coordinates": list(points)}

    shapes = [
        line([105.0, 36.05004], [105.2, 36.05004], [105.4, 36.05004]),
        line([105.02, 36.0], [105.03, 36.02]),
        line([105.0, 36.15], [105.05, 36.15]),
    ]
    features = [{"type": "Feature", "properties": {"name": f"n{at}"}, "geometry": shape} for at, shape in enumerate(shapes)]
    file = tmp_path / "survey.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    call = ("update", file, "--layer", "roads", "--key-prefix", "S-", "--report", tmp_path / "report.csv")
    looked = geo(*call, "--dry-run")
    assert "1 added" in looked.stderr
    assert "1 both" in looked.stderr
    assert "1 ambiguous" in looked.stderr
    assert "strip 15 m, share 0.8" in looked.stderr
    assert "both" in (tmp_path / "report.csv").read_text("utf-8")
    assert geo(*call, "--yes").exit_code == 2  # one row is open
    assert geo(*call, "--yes", "--decide", "99=add").exit_code == 2
    done = geo(*call, "--yes", "--decide", "3=skip", "--reason", "survey")
    assert done.exit_code == 0, done.stderr
    assert "1 rows added, 1 updated" in done.stderr
    assert geo(*call, "--share", "7").exit_code == 2


def test_area_merge_split_rename_transfer(geo, tmp_path):
    dry = geo("area", "merge", JIA, YI, "--into", YI, "--name", "甲乙村", "--dry-run")
    assert "4 rows of hamlets re-coded" in dry.stderr
    assert geo("area", "merge", JIA, YI, "--into", YI, "--name", "甲乙村", "--yes").exit_code == 0
    assert geo("area", "rename", YI, "--code", "990101001290", "--yes").exit_code == 0
    assert geo("area", "transfer", "990101001290", "--to", "990102001", "--yes").exit_code == 0
    split = geo("area", "split", "990101001290", "--part", "990101001290:老村:0.6", "--part", "990101001291:新村:0.4", "--yes")
    assert split.exit_code == 0, split.stderr
    with open_store(tmp_path / "store.gpkg") as store:
        assert len(store.read("area_crosswalk")["event_id"].unique()) == 4
        assert [item.kind for item in store.changes(limit=4)] == ["area"] * 4
    assert geo("area", "split", JIA, "--part", "x", "--part", "y").exit_code == 2
    assert geo("area", "rename", "0", "--name", "x", "--yes").exit_code == 7
    assert geo("area", "rename", YI, "--on", "soon").exit_code == 2


def test_undo_shows_what_it_does_and_asks(geo, tmp_path, monkeypatch):
    edit(tmp_path)
    looked = geo("undo", "2", "--dry-run")
    assert looked.exit_code == 0
    assert "wu: 命名" in looked.stderr
    assert "roads: 0 rows would come back, 0 be taken out, 1 be as before." in looked.stderr
    refused = geo("undo", "2")
    assert refused.exit_code == 2
    assert "--yes" in refused.stderr
    monkeypatch.setattr("geo_app.commands.reading._is_terminal", lambda: True)
    with monkeypatch.context() as asked:
        asked.setattr("click.confirm", lambda *_, **__: False)
        assert "Nothing was changed" in geo("undo", "2").stderr
    assert len(json.loads(geo("changes", "--json").stdout)) == 2
    with monkeypatch.context() as asked:
        asked.setattr("click.confirm", lambda *_, **__: True)
        assert "undone by change 3" in geo("undo", "2").stderr
    assert geo("undo", "3", "--yes").exit_code == 0
    assert len(json.loads(geo("changes", "--json").stdout)) == 4
