"""A store filled with the small area that was worked out by hand (tests/geo_app/fixtures/README.md)."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from geo_app.actions import load_recipe, run_coverage
from geo_app.actions.signing import By
from layers.store import open_store

SMALL = Path(__file__).parents[1] / "fixtures" / "small"
ON = date(2026, 11, 1)


@pytest.fixture(scope="session")
def small_files():
    """Folder with the files and the recipe of the small area."""
    return SMALL


@pytest.fixture(scope="session")
def _small_store_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("small") / "store.gpkg"
    with open_store(path, create=True) as store:
        load_recipe.load(store, SMALL / "recipe.toml", SMALL, By("li", "测试局", "first load"))
        run_coverage.run(store, run_coverage.RunRequest(on=ON, who="li"))
    return path


@pytest.fixture
def small(_small_store_file, tmp_path):
    """The store of the small area with one run, a copy for each test."""
    path = tmp_path / "store.gpkg"
    shutil.copyfile(_small_store_file, path)
    with open_store(path) as store:
        yield store


@pytest.fixture
def empty(tmp_path):
    """A store without rows."""
    with open_store(tmp_path / "empty.gpkg", create=True) as store:
        yield store
