"""Several processes that serve one installation: what a person began in one of them is answered by that one.

Jobs and waiting files live in the process that began them. So an answer that may have begun something carries a cookie with the
number of its process, and another process hands later requests of the person on to it, over a socket that only this user of the
system may open. When that process has ended, the one that was asked answers by itself.
"""

from __future__ import annotations

import atexit
import http.client
import logging
import os
import socket
import tempfile
import threading
from contextlib import suppress
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from waitress import create_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    Answer = Callable[..., Any]
    Application = Callable[[dict[str, Any], Answer], Iterable[bytes]]

log = logging.getLogger(__name__)
COOKIE = "xiangtu-process"
PEER, SCHEME = "X-Xiangtu-Peer", "X-Xiangtu-Scheme"
HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "proxy-connection", "expect"}
)
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
KEEPS_NOTHING = ("/editing/", "/api/", "/tiles/", "/sign-in", "/sign-out")
"""Addresses whose answers are whole: nothing of them waits in the process."""
ANSWER_SECONDS = 300.0
PIECE = 65536
THREADS = 4


class _Handed(http.client.HTTPConnection):
    """A connection to another process of this server."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=ANSWER_SECONDS)
        self._path = path

    def connect(self) -> None:
        """Open the socket of the process; raise OSError when nobody listens there."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def own_folder() -> Path | None:
    """Make the folder of the sockets of one server, which nobody else may enter; None when somebody else has made it."""
    folder = Path(tempfile.gettempdir()) / f"xiangtu-{os.getuid()}-{os.getppid()}"
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    if not folder.is_dir() or folder.is_symlink() or found.st_uid != os.getuid() or found.st_mode & 0o077:
        log.warning("%s belongs to somebody else; what is begun in one process is not found by the others", folder)
        return None
    return folder


class Workers:
    """The application of one process, beside others of the same server."""

    def __init__(self, app: Application, folder: Path) -> None:
        """Listen on the socket of this process."""
        self._app, self._folder, self._own = app, folder, str(os.getpid())
        path = self._socket(self._own)
        path.unlink(missing_ok=True)
        server = create_server(
            self._inside,
            unix_socket=str(path),
            unix_socket_perms="600",
            threads=THREADS,
            clear_untrusted_proxy_headers=False,
            ident="",
        )
        threading.Thread(target=server.run, name="handed on", daemon=True).start()
        atexit.register(path.unlink, missing_ok=True)

    def _socket(self, process: str) -> Path:
        return self._folder / f"{process}.sock"

    def __call__(self, environ: dict[str, Any], start_response: Answer) -> Iterable[bytes]:
        """Answer a request, or hand it on to the process in which the person began something."""
        wanted = _wanted(environ)
        if wanted and wanted != self._own:
            connection = _Handed(self._socket(wanted))
            try:
                connection.connect()
            except OSError:
                connection.close()
            else:
                return _hand_on(connection, environ, start_response)
        return self._app(environ, self._marking(environ, start_response))

    def _inside(self, environ: dict[str, Any], start_response: Answer) -> Iterable[bytes]:
        """Answer a request that another process hands on, as the client's own."""
        environ["REMOTE_ADDR"] = environ.pop("HTTP_X_XIANGTU_PEER", "")
        environ["wsgi.url_scheme"] = environ.pop("HTTP_X_XIANGTU_SCHEME", "http")
        return self._app(environ, start_response)

    def _marking(self, environ: dict[str, Any], start_response: Answer) -> Answer:
        """Put the number of this process into an answer that may have begun something."""
        if environ["REQUEST_METHOD"] in SAFE_METHODS or environ.get("PATH_INFO", "").startswith(KEEPS_NOTHING):
            return start_response
        secure = "; Secure" if environ.get("wsgi.url_scheme") == "https" else ""
        cookie = f"{COOKIE}={self._own}; Path=/; HttpOnly; SameSite=Lax{secure}"

        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            return start_response(status, [*headers, ("Set-Cookie", cookie)], *error)

        return start


def _wanted(environ: dict[str, Any]) -> str:
    """Read the number of the process from the cookies; empty where it is none."""
    try:
        found = SimpleCookie(environ.get("HTTP_COOKIE", "")).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found is not None and found.value.isascii() and found.value.isdigit() else ""


def _headers(environ: dict[str, Any]) -> dict[str, str]:
    found = {
        name.removeprefix("HTTP_").replace("_", "-").title(): value for name, value in environ.items() if name.startswith("HTTP_")
    }
    found = {name: value for name, value in found.items() if name.lower() not in HOP_BY_HOP}
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if environ.get(name):
            found[name.replace("_", "-").title()] = environ[name]
    return found | {PEER: environ.get("REMOTE_ADDR", ""), SCHEME: environ.get("wsgi.url_scheme", "http"), "Connection": "close"}


def _hand_on(connection: _Handed, environ: dict[str, Any], start_response: Answer) -> Iterable[bytes]:
    path = quote(environ.get("PATH_INFO", "/").encode("latin-1")) or "/"
    query = environ.get("QUERY_STRING", "")
    body = environ["wsgi.input"] if environ.get("CONTENT_LENGTH") else None
    try:
        connection.request(environ["REQUEST_METHOD"], f"{path}?{query}" if query else path, body, _headers(environ))
        answer = connection.getresponse()
    except (OSError, http.client.HTTPException):
        connection.close()
        log.exception("the process that was asked has not answered")
        text = (
            b'{"code": "busy", "message": "The part of the server that was asked has just ended. Try again.", "request_id": ""}'
        )
        start_response("503 Service Unavailable", [("Content-Type", "application/json"), ("Retry-After", "2")])
        return [text]
    kept = [(name, value) for name, value in answer.getheaders() if name.lower() not in HOP_BY_HOP]
    start_response(f"{answer.status} {answer.reason}", kept)
    return _pieces(connection, answer)


def _pieces(connection: _Handed, answer: http.client.HTTPResponse) -> Iterator[bytes]:
    try:
        while piece := answer.read(PIECE):
            yield piece
    finally:
        connection.close()
