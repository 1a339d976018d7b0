"""An application on the small area that was worked out by hand (tests/geo_app/fixtures/README.md), asked without a browser."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from geo_app import create_app
from geo_app.actions import load_recipe, run_coverage
from geo_app.actions.signing import By
from geo_app.config import Settings
from layers.store import open_store

ROOT = Path(__file__).resolve().parents[3]
SMALL = Path(__file__).parents[1] / "fixtures" / "small"


@pytest.fixture(scope="session")
def compiled():
    """The translations, compiled where they are not."""
    folder = ROOT / "geo_app" / "translations"
    if any(
        not po.with_suffix(".mo").is_file() or po.with_suffix(".mo").stat().st_mtime < po.stat().st_mtime
        for po in folder.rglob("*.po")
    ):
        subprocess.run(
            [sys.executable, "-m", "babel.messages.frontend", "-q", "compile", "-d", str(folder)], check=True, cwd=ROOT
        )
    return folder


@pytest.fixture(scope="session")
def _small_folder(tmp_path_factory):
    from datetime import date

    folder = tmp_path_factory.mktemp("small") / "store"
    folder.mkdir()
    with open_store(folder / "store.gpkg", create=True) as store:
        load_recipe.load(store, SMALL / "recipe.toml", SMALL, By("li", "测试局", "first load"))
        run_coverage.run(store, run_coverage.RunRequest(on=date(2026, 11, 1), who="li"))
    return folder


@pytest.fixture(scope="session")
def small_files():
    """Folder with the files and the recipe of the small area."""
    return SMALL


def _close(app):
    here = app.extensions["xiangtu"]
    here.jobs.close()
    here.store.close()


@pytest.fixture
def app(_small_folder, tmp_path, compiled):
    """An application on a copy of the small store."""
    shutil.copytree(_small_folder, tmp_path / "store")
    made = create_app(Settings(store=str(tmp_path / "store" / "store.gpkg"), data_dir=tmp_path / "data", max_upload_mb=1))
    yield made
    _close(made)


@pytest.fixture(scope="session")
def shared_app(_small_folder, tmp_path_factory, compiled):
    """An application that tests share which change nothing that others look at."""
    folder = tmp_path_factory.mktemp("shared")
    shutil.copytree(_small_folder, folder / "store")
    made = create_app(Settings(store=str(folder / "store" / "store.gpkg"), data_dir=folder / "data", max_upload_mb=1))
    yield made
    _close(made)


@pytest.fixture
def empty_app(tmp_path, compiled):
    """An application on a store without rows."""
    made = create_app(Settings(store=str(tmp_path / "empty.gpkg"), data_dir=tmp_path / "data"))
    yield made
    _close(made)


class Browser:
    """A client that keeps cookies, knows the page's token and sends it, as our scripts do."""

    def __init__(self, app):
        self.app = app
        self.client = app.test_client()
        self.token = ""

    def get(self, path, **options):
        return self.client.get(path, base_url="http://127.0.0.1:8000", **options)

    def page(self, path, status=200, **options):
        answer = self.get(path, **options)
        assert answer.status_code == status, answer.text[:800]
        return answer.text

    def json(self, path, status=200):
        answer = self.get(path, headers={"Accept": "application/json"})
        assert answer.status_code == status, answer.text[:800]
        return answer.get_json()

    def _token(self):
        if not self.token:
            self.token = re.search(r'name="csrf-token" content="([^"]+)"', self.page("/jobs")).group(1)
        return self.token

    def post(self, path, body=None, *, headers=None, **options):
        sent = {"X-CSRF-Token": self._token(), "Accept": "application/json", "Origin": "http://127.0.0.1:8000"} | (headers or {})
        if body is not None:
            options["json"] = body
        return self.client.post(path, base_url="http://127.0.0.1:8000", headers=sent, **options)

    def delete(self, path):
        headers = {"X-CSRF-Token": self._token(), "Accept": "application/json"}
        return self.client.delete(path, base_url="http://127.0.0.1:8000", headers=headers, json={})

    def job(self, path, body=None, *, state="done", **options):
        """Start a job, wait for it, and give its description."""
        answer = self.post(path, body, **options)
        assert answer.status_code == 202, answer.text
        number = answer.get_json()["job"]
        self.app.extensions["xiangtu"].jobs.wait(number, timeout=60)
        found = self.json(f"/jobs/{number}")
        assert found["state"] == state, found
        return found


@pytest.fixture
def web(request):
    """A browser on the small area: on an application of the test's own where it asks for `app`, otherwise on one that all share."""
    return Browser(request.getfixturevalue("app" if "app" in request.fixturenames else "shared_app"))


@pytest.fixture
def bare(empty_app):
    """A browser on an empty store."""
    return Browser(empty_app)
