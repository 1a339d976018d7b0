"""A recipe is one change: all of it or nothing, again without doubling, with its attribution and assumptions."""

import json
import shutil

import pytest

from geo_app.actions import load_recipe
from geo_app.actions.signing import By
from geo_app.errors import NotFoundError
from geo_app.progress import CancelledError, Progress
from layers.files.errors import FaultsError, RecipeError

BY = By("li", "测试局")


def test_all_feeds_come_in_as_one_change(small):
    changes = small.changes()
    assert len(changes) == 1
    assert set(changes[0].layers) == {"counties", "townships", "villages", "hamlets", "roads", "water_works"}
    assert (changes[0].who, changes[0].bureau, changes[0].kind) == ("li", "测试局", "import")
    assert "hamlets.csv" in changes[0].file_name
    assert changes[0].recipe.startswith("[recipe]")
    assert {name: small.count(name) for name in ("counties", "townships", "villages", "hamlets", "roads")} == {
        "counties": 2,
        "townships": 4,
        "villages": 8,
        "hamlets": 30,
        "roads": 2,
    }


def test_attribution_and_assumptions_are_kept(small):
    assert small.settings_get(load_recipe.ATTRIBUTION)[0]["attribution"] == "Made by hand for the tests"
    assert small.settings_get(load_recipe.ASSUMPTIONS)[0]["zh"] == "自然村人口为手工编制。"


def test_loading_again_changes_only_what_is_different(small, small_files, tmp_path):
    versions = small.versions()
    load_recipe.load(small, small_files / "recipe.toml", small_files, BY)
    assert small.count("hamlets") == 30
    assert {name: small.versions()[name] for name in ("roads", "hamlets")} == {
        name: versions[name] for name in ("roads", "hamlets")
    }
    changed = tmp_path / "next"
    shutil.copytree(small_files, changed)
    text = (changed / "hamlets.csv").read_text("utf-8").replace("甲南村1组,100", "甲南村1组,111")
    (changed / "hamlets.csv").write_text(text, "utf-8")
    receipt = load_recipe.load(small, changed / "recipe.toml", changed, BY).receipt
    assert (receipt.updated, receipt.inserted) == (1, 0)
    assert len(small.settings_get(load_recipe.ATTRIBUTION)) == 1


def test_one_bad_feed_leaves_nothing_of_the_others(empty, small_files, tmp_path):
    broken = tmp_path / "broken"
    shutil.copytree(small_files, broken)
    works = (broken / "works.csv").read_text("utf-8").replace("central1k", "nonsense")
    (broken / "works.csv").write_text(works, "utf-8")
    with pytest.raises(FaultsError):
        load_recipe.load(empty, broken / "recipe.toml", broken, BY)
    assert not any(empty.versions().values())
    assert empty.settings_get(load_recipe.ATTRIBUTION) is None


def test_a_missing_file_is_named_before_anything_is_read(empty, small_files, tmp_path):
    shutil.copy(small_files / "recipe.toml", tmp_path)  # noqa: TID251 - a text file, no store
    with pytest.raises(NotFoundError, match=r"counties\.geojson, .*works\.csv"):
        load_recipe.load(empty, tmp_path / "recipe.toml", tmp_path, BY)
    with pytest.raises(NotFoundError, match=r"no recipe nothing\.toml"):
        load_recipe.load(empty, tmp_path / "nothing.toml", tmp_path, BY)


def test_a_recipe_that_names_an_unknown_field_is_refused(empty, small_files, tmp_path):
    broken = tmp_path / "broken"
    shutil.copytree(small_files, broken)
    text = (broken / "recipe.toml").read_text("utf-8").replace("{ segment_id =", "{ moon_id =")
    (broken / "recipe.toml").write_text(text, "utf-8")
    with pytest.raises(RecipeError, match="moon_id"):
        load_recipe.load(empty, broken / "recipe.toml", broken, BY)


def test_a_stopped_load_leaves_nothing(empty, small_files):
    seen = []
    progress = Progress(report=lambda _done, _total, text: (seen.append(text), progress.cancel.set() if len(seen) == 3 else None))
    with pytest.raises(CancelledError):
        load_recipe.load(empty, small_files / "recipe.toml", small_files, BY, progress)
    assert not any(empty.versions().values())
    assert json.dumps(seen)
