"""A store with a row of every layer in each of two counties, and applications on copies of it."""

import datetime as dt
import shutil

import pytest

from geo_app import create_app
from geo_app.access.people import person_of
from geo_app.actions import load_recipe, run_coverage, save_edits
from geo_app.actions.signing import By
from geo_app.config import Settings
from layers.catalogue import LAYERS
from layers.store import Change, Grant, Insert, Update, open_store
from tests.geo_app.access.matrix import AREA_LAYERS, EAST, WEST, WORD, own_id, rows_of


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


@pytest.fixture(scope="session")
def matrix_app(full_folder, tmp_path_factory):
    """One that the tests share which only read."""
    app = _opened(full_folder, tmp_path_factory.mktemp("shared"))
    yield app
    _closed(app)
