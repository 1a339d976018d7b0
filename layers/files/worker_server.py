"""The loop of the reading process: take a request, fork, report how the child ended."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import selectors
import signal
import socket
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyogrio
import pyproj

from layers.files import jobs
from layers.files.confinement import die_with_parent

if TYPE_CHECKING:
    from collections.abc import Callable

REQUEST_ROOM = 1 << 16
ENDED = struct.Struct("<i")
CODECS = (
    "utf-8",
    "utf-8-sig",
    "gb18030",
    "gbk",
    "big5",
    "cp1252",
    "latin-1",
    "cp850",
    "cp932",
    "cp949",
    "utf-16",
    "cp437",
    "ascii",
)


def tables() -> tuple[Path, ...]:
    """Folders of the tables that GDAL, PROJ and Python's codecs open while reading."""
    package = Path(pyogrio.__file__).parent
    return (
        package / "gdal_data",
        package / "proj_data",
        Path(pyproj.datadir.get_data_dir()),
        Path(os.__file__).parent / "encodings",
    )


def _warm() -> None:
    """Load what a child would otherwise have to open after it has locked itself in."""
    for name in CODECS:
        "".encode(name)
    jobs.rehearse()


def _child(request: dict[str, Any], result: int, confine: Callable[..., dict[str, bool]]) -> None:
    die_with_parent()
    signal.set_wakeup_fd(-1)
    limits = request["limits"]
    held = confine(
        Path(request["folder"]),
        memory_mb=limits["memory_mb"],
        cpu_s=limits["cpu_s"],
        open_files=limits["open_files"],
        tables=tables(),
    )
    message = memoryview(jobs.run(request, held))
    while message:
        message = message[os.write(result, message) :]


def _fork(
    request: dict[str, Any], descriptors: list[int], confine: Callable[..., dict[str, bool]], control: socket.socket
) -> int:
    result, status, *given = descriptors
    pid = os.fork()
    if pid:
        for handle in (result, *given):
            os.close(handle)
        return pid
    code = 1
    try:
        control.close()
        os.close(status)
        _child(request | {"given": given}, result, confine)
        code = 0
    except MemoryError:
        code = jobs.EXIT_MEMORY
    except OSError as error:
        code = jobs.EXIT_MEMORY if error.errno == errno.ENOMEM else 1
    finally:
        os._exit(code)


def serve(*, isolated: bool, confine: Callable[..., dict[str, bool]]) -> None:
    """Answer requests on standard input until the other side closes it."""
    _warm()
    control = socket.socket(fileno=os.dup(0))
    control.send(json.dumps({"network_namespace": isolated}).encode())
    selector = selectors.DefaultSelector()
    selector.register(control, selectors.EVENT_READ)
    running: dict[int, tuple[int, int]] = {}
    while True:
        for key, _ in selector.select():
            if key.fileobj is not control:
                pid, status = running.pop(key.fd)
                selector.unregister(key.fd)
                os.close(key.fd)
                _, ended = os.waitpid(pid, 0)
                with contextlib.suppress(BrokenPipeError):
                    os.write(status, ENDED.pack(ended))
                os.close(status)
                continue
            data, descriptors, _, _ = socket.recv_fds(control, REQUEST_ROOM, 3)
            if not data:
                return
            pid = _fork(json.loads(data), descriptors, confine, control)
            handle = os.pidfd_open(pid)
            running[handle] = (pid, descriptors[1])
            selector.register(handle, selectors.EVENT_READ)
            socket.send_fds(control, [b"started"], [handle])
