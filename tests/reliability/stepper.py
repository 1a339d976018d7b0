"""Opens old stores and is killed at a statement of the step, or after a time.

Each line is the number of the statement, or `after SECONDS`, and the path.
"""

import os
import signal
import sys
import threading
import time

import scene

from layers.store.geopackage import GeoPackage


def killed_at(stop, path):
    """Open the store in a fork that kills itself before a statement; say how it ended."""
    if threading.active_count() != 1:
        sys.exit("a fork out of several threads")
    pid = os.fork()
    if pid == 0:
        try:
            seen, real = [], GeoPackage.run_statement

            def deadly(self, connection, statement):
                seen.append(statement)
                if len(seen) == stop + 1:
                    os.kill(os.getpid(), signal.SIGKILL)
                real(self, connection, statement)

            GeoPackage.run_statement = deadly
            scene.opened(path)
        finally:
            os._exit(3)
    status = os.waitpid(pid, 0)[1]
    return "killed" if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL else f"status {status}"


def killed_after(seconds, path):
    """Open the store in a fork and kill it after a time; say whether it was done before."""
    if threading.active_count() != 1:
        sys.exit("a fork out of several threads")
    pid = os.fork()
    if pid == 0:
        try:
            scene.opened(path).close()
            os._exit(0)
        finally:
            os._exit(3)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return "done" if status == 0 else f"status {status}"
        time.sleep(0.0002)
    os.kill(pid, signal.SIGKILL)
    status = os.waitpid(pid, 0)[1]
    return "killed" if os.WIFSIGNALED(status) else "done" if status == 0 else f"status {status}"


for line in sys.stdin:
    word, rest = line.rstrip("\n").split(" ", 1)
    if word == "after":
        seconds, path = rest.split(" ", 1)
        said = killed_after(float(seconds), path)
    else:
        said = killed_at(int(word), rest)
    sys.stdout.write(f"{said}\n")
    sys.stdout.flush()
