"""An application on the small area that was worked out by hand (tests/geo_app/fixtures/README.md), asked without a browser."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
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


PEOPLE = {
    "admin": ["administrator"],
    "east": ["viewer@990101"],
    "west": ["viewer@990102"],
    "water_east": ["water@990101"],
    "water_asks": ["water@990101:submit"],
    "roads_east": ["transport@990101"],
    "village": ["viewer@990101001200"],
    "revital": ["revitalisation"],
    "money": ["finance@990101"],
    "all": ["viewer"],
    "nothing": ["viewer@990109"],
}
"""Accounts of the tests: login and grants. 990101 is the eastern county of the small area, 990102 the western one."""
SECRET = "a long enough passphrase"
HOST = "http://xiangtu.test"


class SignedIn(Browser):
    """A browser of somebody with an account, on an installation that people sign in to."""

    def __init__(self, app, login=None, password=SECRET, host=HOST):
        super().__init__(app)
        self.host = host
        if login is not None:
            answer = self.sign_in(login, password)
            assert answer.status_code == 303, answer.text[:600]

    def get(self, path, **options):
        return self.client.get(path, base_url=self.host, **options)

    def _token(self):
        if not self.token:
            self.token = re.search(r'name="csrf-token" content="([^"]+)"', self.get("/account").text or "").group(1)
        return self.token

    def anonymous_token(self):
        return re.search(r'name="csrf-token" content="([^"]+)"', self.get("/sign-in").text).group(1)

    def sign_in(self, login, password=SECRET, **fields):
        data = {"csrf_token": self.anonymous_token(), "login": login, "password": password, **fields}
        self.token = ""
        return self.client.post("/sign-in", base_url=self.host, data=data, headers={"Origin": self.host})

    def form(self, path, **fields):
        data = {"csrf_token": self._token(), **fields}
        return self.client.post(path, base_url=self.host, data=data, headers={"Origin": self.host})

    def post(self, path, body=None, *, headers=None, **options):
        sent = {"X-CSRF-Token": self._token(), "Accept": "application/json", "Origin": self.host} | (headers or {})
        if body is not None:
            options["json"] = body
        return self.client.post(path, base_url=self.host, headers=sent, **options)

    def delete(self, path):
        headers = {"X-CSRF-Token": self._token(), "Accept": "application/json", "Origin": self.host}
        return self.client.delete(path, base_url=self.host, headers=headers, json={})


@pytest.fixture(scope="session")
def _peopled_folder(_small_folder, tmp_path_factory):
    """The small area with an account of each kind, with rows of layers that need a right, and a second change in the west."""
    from geo_app.actions import accounts, passwords
    from layers.store import Change, Insert, Update

    folder = tmp_path_factory.mktemp("peopled") / "store"
    shutil.copytree(_small_folder, folder)
    with open_store(folder / "store.gpkg") as store:
        secret = passwords.hashed(SECRET)
        for login, grants in PEOPLE.items():
            checked = [accounts.parse_grant(text) for text in grants]
            store.accounts.add(login, f"{login} name", f"{login} bureau", secret, checked)
        row = {"summary_id": "M-1", "area_code": "990101", "households": 12, "data_quality": "surveyed"}
        store.apply(Change("rev", "乡村振兴局", "monitored", (Insert("monitored_households", pd.DataFrame([row])),)))
        west = store.read("villages").set_index("village_code").loc["990102001202"]
        edit = Update("villages", west["id"], int(west["ver"]), {"pop_registered": 321})
        store.apply(Change("stat", "统计局", "西县人口更正", (edit,)))
    return folder


def _peopled(folder, tmp):
    shutil.copytree(folder, tmp / "store")
    settings = Settings(
        store=str(tmp / "store" / "store.gpkg"), data_dir=tmp / "data", max_upload_mb=1, access="accounts", public_url=HOST
    )
    return create_app(settings)


@pytest.fixture(scope="session")
def shared_peopled(_peopled_folder, tmp_path_factory, compiled):
    """An application that people sign in to, shared by tests that change nothing others look at."""
    made = _peopled(_peopled_folder, tmp_path_factory.mktemp("shared-peopled"))
    yield made
    _close(made)


@pytest.fixture
def peopled(_peopled_folder, tmp_path, compiled):
    """An application that people sign in to, of the test's own."""
    made = _peopled(_peopled_folder, tmp_path)
    yield made
    _close(made)


@pytest.fixture(scope="session")
def as_(shared_peopled):
    """Give the browser of an account of the shared application; each signs in once."""
    held = {}

    def browser(login):
        if login not in held:
            held[login] = SignedIn(shared_peopled, login)
        return held[login]

    return browser


@pytest.fixture(scope="session")
def browser_of():
    """Make a browser of an account (none: of nobody) on an application that people sign in to."""
    return SignedIn
