"""The reading process: what it cannot do, that it survives bad children, serves threads and forks, and ends with us."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from layers import files
from layers.files import sandbox, worker
from layers.files.confinement import FORBIDDEN

ROOT = Path(__file__).resolve().parents[3]


def inside(code, *, tmp_path):
    """Run code in a process that has locked itself in as the reading children do; gives its output."""
    program = f"""
import os, sys
sys.path.insert(0, {str(ROOT)!r})
from pathlib import Path
import ctypes, socket, threading
from layers.files import confinement
confinement.leave_network()
held = confinement.confine(Path({str(tmp_path)!r}), memory_mb=1024, cpu_s=5, open_files=32, tables=())
def tried(what):
    try:
        what()
    except BaseException as error:
        return type(error).__name__
    return "done"
{code}
"""
    out = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, timeout=60, check=False)
    return out.stdout.split(), out.returncode


def test_inside_nothing_can_be_reached_written_or_started(tmp_path):
    (tmp_path / "file").write_text("x", "utf-8")
    code = f"""
print(Path({str(tmp_path / "file")!r}).read_text())
print(tried(lambda: open("/etc/passwd")))
print(tried(lambda: os.listdir("/")))
print(tried(lambda: open({str(tmp_path / "new")!r}, "w")))
print(tried(lambda: os.truncate({str(tmp_path / "file")!r}, 0)))
print(tried(lambda: os.unlink({str(tmp_path / "file")!r})))
print(tried(lambda: socket.socket()))
print(tried(lambda: os.fork()))
print(tried(lambda: os.execv("/bin/true", ["true"])))
print(tried(lambda: os.kill(os.getppid(), 0)))
print(tried(lambda: bytearray(2 << 30)))
"""
    lines, _ = inside(code, tmp_path=tmp_path)
    assert lines[0] == "x"
    assert lines[1:10] == ["PermissionError"] * 9
    assert lines[10] == "MemoryError"
    assert (tmp_path / "file").read_text("utf-8") == "x"


def test_the_kernel_refuses_where_python_is_not_asked(tmp_path):
    """The system calls themselves, past every hook of Python."""
    if not sandbox.protection()["seccomp"]:
        pytest.skip("no seccomp filter on this machine")
    program = f"""
import os, sys, ctypes
sys.path.insert(0, {str(ROOT)!r})
from layers.files import confinement
libc = ctypes.CDLL(None, use_errno=True)
confinement.refuse_system_calls()
print(libc.socket(2, 1, 0), ctypes.get_errno())
print(libc.socketpair(1, 1, 0, (ctypes.c_int * 2)()), ctypes.get_errno())
print(libc.ptrace(0, 0, 0, 0), ctypes.get_errno())
print(libc.execve(b"/bin/true", None, None), ctypes.get_errno())
import threading
thread = threading.Thread(target=lambda: print("thread"))
thread.start(); thread.join()
"""
    out = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert out.stdout.splitlines() == ["-1 1"] * 4 + ["thread"]


def test_processor_time_ends_a_child(tmp_path):
    program = "while True: pass"
    start = time.monotonic()
    _, code = inside(program, tmp_path=tmp_path)
    assert code < 0
    assert time.monotonic() - start < 40


def test_only_allowed_drivers_are_in_force():
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from layers.files.worker import check_drivers; print(check_drivers())"
    out = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, timeout=60, check=True, env=worker.environment()
    )
    assert out.stdout.strip() == "()"


def test_without_the_list_other_drivers_would_be_found():
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from layers.files.worker import check_drivers; print('OGR_VRT' in check_drivers())"
    out = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, timeout=60, check=True, env={"PATH": "/usr/bin"}
    )
    assert out.stdout.strip() == "True"


def test_a_driver_that_nobody_knew_is_switched_off_at_start(monkeypatch):
    monkeypatch.setattr(worker, "OTHER_DRIVERS", tuple(name for name in worker.OTHER_DRIVERS if name != "OGR_VRT"))
    assert "OGR_VRT" not in worker.environment()["OGR_SKIP"]
    server = sandbox.ReadingServer()
    assert server.alive
    server.close()


def test_no_secret_of_the_server_is_in_the_environment(monkeypatch):
    monkeypatch.setenv("XIANGTU_STORE", "postgresql://secret")
    server = sandbox.ReadingServer()
    environ = Path(f"/proc/{server._process.pid}/environ").read_bytes()
    server.close()
    assert b"secret" not in environ
    assert b"HOME" not in environ


def test_lists_of_refused_calls_have_no_doubles():
    assert all(len(set(calls)) == len(calls) for calls in FORBIDDEN.values())


def test_many_threads_read_at_once(geojson):
    paths = [geojson({"type": "Point", "coordinates": [104, 36]}, name=f"{at}.geojson") for at in range(12)]
    with ThreadPoolExecutor(6) as pool:
        rows = list(pool.map(lambda path: len(files.read(path, original_name=path.name).frame), paths))
    assert rows == [1] * 12


def test_a_server_that_died_is_started_again(geojson):
    path = geojson({"type": "Point", "coordinates": [104, 36]})
    first = sandbox.server()
    first._process.kill()
    first._process.wait()
    assert len(files.read(path, original_name=path.name).frame) == 1
    assert sandbox.server() is not first


def test_a_read_takes_little_once_the_server_runs(geojson):
    path = geojson({"type": "Point", "coordinates": [104, 36]})
    files.read(path, original_name=path.name)
    took = []
    for _ in range(7):
        start = time.perf_counter()
        files.read(path, original_name=path.name)
        took.append(time.perf_counter() - start)
    assert min(took) < 0.5, took


def test_killed_children_leave_no_zombies_and_no_descriptors(geojson, tmp_path):
    path = geojson({"type": "Point", "coordinates": [104, 36]})
    files.read(path, original_name=path.name)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(5):
        with pytest.raises(files.LimitExceededError):
            files.read(path, original_name=path.name, limits=files.Limits(wall_s=0.0))
    files.read(path, original_name=path.name)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    time.sleep(0.3)
    server = sandbox.server()._process.pid
    states = [
        line
        for line in subprocess.run(
            ["ps", "--ppid", str(server), "-o", "stat="], capture_output=True, text=True, check=False
        ).stdout.split()
        if line
    ]
    assert states == []


def test_close_is_quiet_and_repeatable():
    sandbox.close()
    sandbox.close()
    assert sandbox.server().alive
