"""Requests that one process hands on to another: whole in both directions, and answered in any case."""

import io
import os
import tempfile
from pathlib import Path

import pytest

from geo_app import workers


@pytest.fixture
def folder():
    """A folder with a short name: the address of a socket may have 107 characters."""
    with tempfile.TemporaryDirectory() as made:
        yield Path(made)


def echo(environ, start_response):
    """Say what was asked, and from where."""
    size = int(environ.get("CONTENT_LENGTH") or 0)
    body = environ["wsgi.input"].read(size) if size else b""
    said = [environ["REQUEST_METHOD"], environ["PATH_INFO"].encode("latin-1").decode(), environ.get("QUERY_STRING", "")]
    said += [environ.get("REMOTE_ADDR", ""), environ["wsgi.url_scheme"], environ.get("HTTP_HOST", ""), body.decode()]
    start_response("201 Created", [("Content-Type", "text/plain; charset=utf-8"), ("X-Process", "one"), ("Set-Cookie", "a=1")])
    return ["|".join(said).encode()]


def ask(application, *, method="GET", path="/jobs/7", query="", cookie="", body=b"", **more):
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path.encode().decode("latin-1"),
        "QUERY_STRING": query,
        "REMOTE_ADDR": "10.0.0.7",
        "wsgi.url_scheme": "https",
        "HTTP_HOST": "xiangtu.example",
        "HTTP_COOKIE": cookie,
        "CONTENT_LENGTH": str(len(body)) if body else "",
        "wsgi.input": io.BytesIO(body),
    } | more
    met = []
    text = b"".join(application(environ, lambda status, headers, _error=None: met.extend((status, headers))))
    return met[0], met[1], text.decode()


@pytest.fixture
def there(folder):
    """The process of a number of its own, and another one that knows its socket."""
    return workers.Workers(echo, folder)


def other(folder, there):
    """Another process beside it, as far as the number goes."""
    made = object.__new__(workers.Workers)
    made._app, made._folder, made._own = lambda *_: pytest.fail("handed on, not answered here"), folder, "1"
    return made


def test_a_request_is_handed_on_whole(folder, there):
    mine = f"b=2; {workers.COOKIE}={os.getpid()}"
    beside = other(folder, there)
    status, headers, text = ask(beside, method="POST", path="/图/导入", query="a=%20b", cookie=mine, body="村".encode() * 50_000)
    assert status == "201 Created"
    assert text == "POST|/图/导入|a=%20b|10.0.0.7|https|xiangtu.example|" + "村" * 50_000
    names = [name for name, _ in headers]
    assert {"X-Process", "Set-Cookie", "Content-Type"} <= set(names)
    assert not {name.lower() for name in names} & workers.HOP_BY_HOP
    spoofed = ask(beside, cookie=mine, HTTP_X_XIANGTU_PEER="127.0.0.1", HTTP_X_XIANGTU_SCHEME="ftp")
    assert spoofed[2] == "GET|/jobs/7||10.0.0.7|https|xiangtu.example|"


@pytest.mark.parametrize("value", ["99999999", "", "../x", "１", "1 2"])
def test_a_process_that_is_not_there_leaves_the_answer_to_the_one_asked(there, value):
    status, headers, _ = ask(there, cookie=f"{workers.COOKIE}={value}")
    assert status == "201 Created"
    assert not any(value.startswith(workers.COOKIE) for _, value in headers)


@pytest.mark.parametrize(
    ("method", "path", "marked"),
    [
        ("POST", "/runs", True),
        ("DELETE", "/imports/3", True),
        ("GET", "/runs", False),
        ("POST", "/editing/save", False),
        ("POST", "/sign-in", False),
    ],
)
def test_only_an_answer_that_may_have_begun_something_is_marked(there, method, path, marked):
    _, headers, _ = ask(there, method=method, path=path)
    wanted = f"{workers.COOKIE}={os.getpid()}; Path=/; HttpOnly; SameSite=Lax; Secure"
    assert (("Set-Cookie", wanted) in headers) == marked


def test_a_process_that_ends_while_it_is_asked(folder, there, monkeypatch):
    def broken(self):
        raise ConnectionResetError

    monkeypatch.setattr(workers._Handed, "getresponse", broken)
    status, headers, text = ask(other(folder, there), cookie=f"{workers.COOKIE}={os.getpid()}")
    assert status.startswith("503")
    assert ("Retry-After", "2") in headers
    assert '"code": "busy"' in text


def test_the_folder_of_the_sockets_is_for_this_user_alone(monkeypatch, folder):
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    made = workers.own_folder()
    assert made == workers.own_folder()
    assert made.stat().st_mode & 0o777 == 0o700
    made.chmod(0o755)
    assert workers.own_folder() is None
    made.rmdir()
    made.symlink_to(folder)
    assert workers.own_folder() is None
