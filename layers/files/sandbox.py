"""Starts the locked-down reading process, gives it one job at a time per child, and kills what takes too long.

The server side (`layers.files.worker`) has GDAL loaded and its other drivers switched off; each file is read by a child of its
own, forked in some ten milliseconds and ended after the one file. `layers.files.confinement` says what the child cannot do.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from layers.files import plain_table
from layers.files.errors import LimitExceededError, UnreadableFileError
from layers.files.questions import Answers, Limits
from layers.files.worker import environment

if TYPE_CHECKING:
    import pyarrow as pa

    from layers.files.plain_table import PlainTable

PACKAGE_ROOT = Path(__file__).resolve().parents[2]
START = "import sys; sys.path.insert(0, sys.argv[1]); from layers.files.worker import main; main()"
START_TIMEOUT_S = 60.0
CHUNK = 1 << 20
EXIT_MEMORY = 3
FILE_TITLES = {
    "shp": "Shapefile",
    "gpkg": "GeoPackage",
    "kml": "KML",
    "fgb": "FlatGeobuf",
    "geojson": "GeoJSON",
    "csv": "CSV",
    "xlsx": "XLSX",
    "geometries": "geometries",
}


class _ServerGoneError(ConnectionError):
    """The reading process ended by itself."""


class ReadingServer:
    """One reading process; `read` and `mend` may be called from several threads."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control = ours
        self._lock = threading.Lock()
        self.owner = os.getpid()
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-c", START, str(PACKAGE_ROOT)],
            stdin=theirs.fileno(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment(),
            cwd="/",
        )
        theirs.close()
        ours.settimeout(START_TIMEOUT_S)
        hello = self._hello()
        self.network_namespace = bool(hello.get("network_namespace"))

    def _hello(self) -> dict[str, Any]:
        try:
            data = self._control.recv(CHUNK)
        except OSError:
            data = b""
        if not data:
            self.close()
            raise _ServerGoneError
        answer: dict[str, Any] = json.loads(data)
        return answer

    @property
    def alive(self) -> bool:
        """Say whether the process still runs and belongs to this process."""
        return self.owner == os.getpid() and self._process.poll() is None

    def close(self) -> None:
        """End the process; idle children end with it."""
        self._control.close()
        if self.owner != os.getpid():
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=2)
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def _start(self, request: dict[str, Any], *handles: int) -> int:
        with self._lock:
            try:
                socket.send_fds(self._control, [json.dumps(request).encode()], handles)
                _, descriptors, _, _ = socket.recv_fds(self._control, 64, 1)
            except OSError as error:
                raise _ServerGoneError from error
        if not descriptors:
            raise _ServerGoneError
        return descriptors[0]

    def run(
        self, request: dict[str, Any], *, wall_s: float, most_bytes: int, given: int | None = None
    ) -> tuple[bytes, int | None]:
        """Do one job: give its message and how the child ended (a wait status), or None when it was killed for its time.

        `given` is an open descriptor that the child gets along with the job.
        """
        result_in, result_out = os.pipe()
        status_in, status_out = os.pipe()
        try:
            try:
                handle = self._start(request, result_out, status_out, *([] if given is None else [given]))
            finally:
                os.close(result_out)
                os.close(status_out)
            try:
                return _collect(result_in, status_in, deadline=time.monotonic() + wall_s, most_bytes=most_bytes)
            finally:
                with contextlib.suppress(ProcessLookupError):
                    signal.pidfd_send_signal(handle, signal.SIGKILL)
                os.close(handle)
        finally:
            os.close(result_in)
            os.close(status_in)


def _collect(result: int, status: int, *, deadline: float, most_bytes: int) -> tuple[bytes, int | None]:
    """Read the message until the child closes it, then how the child ended; stop at the deadline or the size limit."""
    parts: list[bytes] = []
    size = 0
    while True:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([result], [], [], left)[0]:
            return b"", None
        chunk = os.read(result, CHUNK)
        if not chunk:
            break
        size += len(chunk)
        if size > most_bytes:
            raise LimitExceededError("result_mb", most_bytes / 2**20, "MB in memory")
        parts.append(chunk)
    left = max(deadline - time.monotonic(), 1.0)
    ended = os.read(status, 4) if select.select([status], [], [], left)[0] else b""
    return b"".join(parts), int.from_bytes(ended, "little", signed=True) if ended else None


_servers: dict[int, ReadingServer] = {}
_servers_lock = threading.Lock()


def server() -> ReadingServer:
    """Give this process's reading process, starting it when there is none (about one second, once)."""
    with _servers_lock:
        found = _servers.get(os.getpid())
        if found is None or not found.alive:
            for other in _servers.values():
                other.close()
            _servers.clear()
            found = ReadingServer()
            _servers[os.getpid()] = found
        return found


def close() -> None:
    """End this process's reading process, if there is one."""
    with _servers_lock:
        found = _servers.pop(os.getpid(), None)
    if found is not None:
        found.close()


atexit.register(close)


def protection() -> dict[str, bool]:
    """Say which layers of the lock-down hold on this machine (network_namespace, landlock, seccomp, limits, audit_hook)."""
    limits = Limits()
    request = {"job": "protection", "path": "/", "folder": "/nonexistent", "limits": asdict(limits), "answers": {}}
    running = server()
    message, _ = running.run(request, wall_s=limits.wall_s, most_bytes=CHUNK)
    answer = plain_table.split(message)
    held: dict[str, bool] = {} if answer is None else answer[0]["held"]
    return {"network_namespace": running.network_namespace, **held}


def _failure(kind: str, ended: int | None, limits: Limits) -> UnreadableFileError | LimitExceededError:
    if ended is None:
        return LimitExceededError("wall_s", limits.wall_s, "seconds for reading")
    if os.WIFSIGNALED(ended) and os.WTERMSIG(ended) in (signal.SIGXCPU, signal.SIGKILL):
        return LimitExceededError("cpu_s", limits.cpu_s, "seconds of processor time for reading")
    if os.WIFEXITED(ended) and os.WEXITSTATUS(ended) == EXIT_MEMORY:
        return LimitExceededError("memory_mb", limits.memory_mb, "MB of memory for reading")
    return UnreadableFileError(f"The file could not be read as {FILE_TITLES[kind]}.")


def _ask(request: dict[str, Any], kind: str, limits: Limits, *, given: int | None = None) -> tuple[PlainTable, pa.Table]:
    most_bytes = limits.result_mb << 20
    try:
        message, ended = server().run(request, wall_s=limits.wall_s, most_bytes=most_bytes, given=given)
    except _ServerGoneError:
        message, ended = server().run(request, wall_s=limits.wall_s, most_bytes=most_bytes, given=given)
    answer = plain_table.split(message)
    if answer is None:
        raise _failure(kind, ended, limits)
    header, stream = answer
    if header["status"] == "unreadable":
        raise UnreadableFileError(header["message"])
    if header["status"] == "limit":
        raise LimitExceededError(header["limit"], header["value"], header["unit"], found=header["found"])
    if ended != 0:
        raise _failure(kind, ended, limits)
    return plain_table.decode(header, stream, FILE_TITLES[kind])


def read(path: Path, kind: str, *, answers: Answers, limits: Limits) -> tuple[PlainTable, pa.Table]:
    """Read a file that lies alone in its folder under a name of ours; gives the header and the Arrow table.

    Raises:
        UnreadableFileError: not of this format, damaged or hostile.
        LimitExceededError: rows, fields, vertices, memory, processor time or wall time.
    """
    request = {
        "job": "read",
        "kind": kind,
        "path": str(path),
        "folder": str(path.parent),
        "limits": asdict(limits),
        "answers": asdict(answers),
    }
    return _ask(request, kind, limits)


def read_given(descriptor: int, kind: str, *, answers: Answers, limits: Limits) -> pa.Table:
    """Read a CSV or XLSX from an open descriptor as a grid of texts; no file is opened by name on either side.

    Raises:
        UnreadableFileError, LimitExceededError: as `read`.
    """
    request = {
        "job": "grid",
        "kind": kind,
        "path": "/",
        "folder": "/nonexistent",
        "limits": asdict(limits),
        "answers": asdict(answers),
    }
    return _ask(request, kind, limits, given=descriptor)[1]


def mend(path: Path, *, limits: Limits) -> pa.Table:
    """Make the geometries of an Arrow file valid in a child that can be killed (GEOS cannot be interrupted).

    Source: a self-crossing ring of 1,000 vertices keeps make_valid busy for more than a minute.
    """
    request = {
        "job": "mend",
        "kind": "geometries",
        "path": str(path),
        "folder": str(path.parent),
        "limits": asdict(limits),
        "answers": {},
    }
    return _ask(request, "geometries", limits)[1]
