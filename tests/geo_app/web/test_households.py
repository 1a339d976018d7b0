"""The page of monitored households: a sheet in, counts out, and no personal value on a disk, in a log or on a page."""

import io
import logging
import os
import random
import re
import sys
import tempfile
import threading
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from waitress import create_server

from geo_app.actions import households as action
from layers.household_cells import MEASURES
from tests.sample_households import MARK, as_csv, as_xlsx, grid, household, households, markers


@pytest.fixture
def villages(app):
    return sorted(app.extensions["xiangtu"].store.read("villages")["village_code"].astype(str))


def send(web, data, name="表.csv", **fields):
    sent = {"file": (io.BytesIO(data), name), "period": "2026-10", "csrf_token": web._token()} | fields
    return web.client.post("/households", base_url="http://127.0.0.1:8000", data=sent, headers={"X-CSRF-Token": web.token})


def token_of(page):
    return re.search(r'name="token" value="([^"]+)"', page).group(1)


def write(web, page):
    form = {"token": token_of(page), "csrf_token": web._token(), "reason": "月比对"}
    answer = web.client.post(
        "/households/write", base_url="http://127.0.0.1:8000", data=form, headers={"X-CSRF-Token": web.token}
    )
    assert answer.status_code == 302, answer.text[:500]
    return answer


def stored(app):
    return app.extensions["xiangtu"].store.read(action.LAYER)


def everything_written(*folders):
    """The bytes of every file, and the names of the files, below folders."""
    for folder in folders:
        for path in Path(folder).rglob("*"):
            yield str(path).encode()
            if path.is_file():
                yield path.read_bytes()


def forms_of(value):
    """A value as a file, a log or a page could hold it."""
    return {value.encode(encoding) for encoding in ("utf-8", "gb18030", "utf-16-le")} | {value.encode("unicode_escape")}


@pytest.fixture
def no_disk(app, tmp_path, monkeypatch):
    """A folder for temporary files in which nothing can be made, and every attempt to make one is noted."""
    folder = tmp_path / "nowhere"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    monkeypatch.setenv("TMPDIR", str(folder))
    made = []

    def watch(event, arguments):
        if (
            event == "open"
            and watching.is_set()
            and isinstance(arguments[2], int)
            and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        ):
            made.append(str(arguments[0]))
        if event in {"tempfile.mkstemp", "tempfile.mkdtemp"} and watching.is_set():
            made.append(event)

    watching = threading.Event()
    sys.addaudithook(watch)
    watching.set()
    yield made, folder
    watching.clear()


@pytest.mark.parametrize(
    ("pack", "name"), [(as_csv, "十月.csv"), (as_xlsx, "十月.xlsx"), (lambda cells: as_csv(cells, "utf-8-sig"), "x.csv")]
)
def test_no_personal_value_is_left_anywhere(app, web, villages, tmp_path, no_disk, caplog, pack, name):
    made, folder = no_disk
    cells = grid(households(villages, 700, seed=3))
    wanted = markers(cells)
    assert len(wanted) > 2000
    data = pack(cells)
    caplog.set_level(logging.DEBUG)
    web._token()
    before = set(made)
    answer = send(web, data, f"{MARK}{name}")
    assert answer.status_code == 200, re.sub(r"<[^>]+>", " ", answer.text)[-3000:]
    write(web, answer.text)
    pages = [answer.text, web.page("/households"), web.page("/jobs"), web.page("/changes"), web.page("/imports")]
    pages.append(web.get("/households/counts.csv?period=2026-10").text)
    pages += [
        web.page(f"/households?area={villages[0][:9]}"),
        web.page("/layers/monitored_households"),
        web.page("/changes/1"),
    ]
    opened = [path for path in set(made) - before if "store.gpkg" not in path]
    assert opened == []
    assert list(folder.iterdir()) == []
    said = [caplog.text.encode(), *(page.encode() for page in pages)]
    store = app.extensions["xiangtu"].store
    said.append(repr([(item.reason, item.file_name, item.file_sha256) for item in store.changes(limit=50)]).encode())
    on_disk = list(everything_written(tmp_path))
    assert len(on_disk) > 4
    for value in [MARK, *wanted[:: max(1, len(wanted) // 60)]]:
        for form in forms_of(value):
            assert not any(form in text for text in on_disk + said), value
    assert len(stored(app)) > len(villages)


def test_the_search_would_find_a_value(app, web, villages, tmp_path):
    """The control: the same sheet taken as an ordinary upload lies on the disk, and the search finds it."""
    data = as_csv(grid(households(villages, 20)), "utf-8")
    sent = {"file": (io.BytesIO(data), "x.csv"), "csrf_token": web._token()}
    web.client.post("/imports", base_url="http://127.0.0.1:8000", data=sent, headers={"X-CSRF-Token": web.token})
    assert any(form in text for text in everything_written(tmp_path) for form in forms_of(MARK))


def test_a_sheet_becomes_protected_counts(app, web, villages):
    rows = households(villages, 400, seed=5)
    page = send(web, as_csv(grid(rows))).text
    assert "不显示" in page
    assert len(stored(app)) == 0
    write(web, page)
    found = stored(app)
    assert set(found["period"]) == {"2026-10"}
    assert found["suppressed"].any()
    assert not found.loc[:, [name for name in MEASURES if name != "persons"]].isin([1, 2, 3, 4]).any().any()
    shown = web.page("/households?period=2026-10")
    assert "隐藏的数" in shown
    assert "东县" in shown
    assert web.get("/households/map?period=2026-10").status_code == 200
    table = web.get("/households/counts.xlsx?period=2026-10")
    assert table.status_code == 200
    assert table.data[:2] == b"PK"
    again = send(web, as_csv(grid(rows)))
    assert write(web, again.text).status_code == 302
    assert len(stored(app)) == len(found)


def test_faults_name_the_cell_and_never_what_stands_there(app, web, villages):
    draw = random.Random(1)
    rows = household(draw, 1, villages[0], A28="约九千九百九十九", A33="88888", A3="1", A4="否", A25="也许会的")
    rows += household(draw, 2, "未知村庄名", A27="怪病")
    rows += household(draw, 1, villages[1], 户编号="X")
    answer = send(web, as_csv(grid(rows)))
    assert answer.status_code == 422
    for hidden in ("约九千九百九十九", "88888", "也许会的", "未知村庄名", "怪病", MARK):
        assert hidden not in answer.text
    for item in ("A28", "A25", "A27", "A4", "A7", "村代码"):
        assert item in answer.text
    assert 'name="token"' not in answer.text
    assert stored(app).empty


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 no zip", b"\xff\xfe\xff", "姓名,电话\n甄别记号,1\n".encode()])
def test_what_is_no_sheet_is_refused_without_repeating_it(web, data):
    answer = send(web, data)
    assert 400 <= answer.status_code < 500
    assert MARK not in answer.text


def test_only_the_bureau_and_the_administrator_see_and_write(as_):
    for login, status in (("all", 404), ("east", 404), ("water_east", 404)):
        who = as_(login)
        assert who.get("/households").status_code == status
        assert "/households" not in who.page("/")


def test_a_body_stays_in_memory_under_waitress(app, villages, tmp_path, monkeypatch):
    """A sheet of more than 512 kB through a real server: no temporary file is made by the server or by the form reader."""
    data = as_csv(grid(households(villages, 1300, seed=2)), "utf-8")
    assert len(data) > 700_000
    folder = tmp_path / "nowhere"
    folder.mkdir()
    folder.chmod(0o500)
    made = []
    real = tempfile.TemporaryFile
    monkeypatch.setattr("waitress.buffers.TempfileBasedBuffer.newfile", lambda _: made.append("waitress") or real())
    server = create_server(app, host="127.0.0.1", port=0, threads=2)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{server.effective_port}"
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    try:
        token = re.search(r'csrf-token" content="([^"]+)"', opener.open(f"{address}/jobs").read().decode()).group(1)
        for path, spooled in (("/households", False), ("/imports", True)):
            edge = "xxEDGExx"
            parts = {"csrf_token": token, "period": "2026-10"}
            body = b"".join(
                f'--{edge}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
                for key, value in parts.items()
            )
            body += (
                f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'.encode()
                + data
                + f"\r\n--{edge}--\r\n".encode()
            )
            request = urllib.request.Request(
                f"{address}{path}",
                data=body,
                headers={"Content-Type": f"multipart/form-data; boundary={edge}", "X-CSRF-Token": token, "Accept": "text/html"},
            )
            made.clear()
            try:
                said = opener.open(request).read().decode()
            except urllib.error.HTTPError as error:
                said = error.read().decode()
            assert ("waitress" in made) is spooled, (path, said[:300])
            assert MARK not in said
    finally:
        server.task_dispatcher.shutdown()  # no answer is still on its way when the server closes
        server.close()
        thread.join(timeout=20)
