"""Opens old stores and is killed at a statement of the step: each line is the number of the statement and the path."""

import os
import signal
import sys
import threading

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


for line in sys.stdin:
    stop, path = line.rstrip("\n").split(" ", 1)
    sys.stdout.write(f"{killed_at(int(stop), path)}\n")
    sys.stdout.flush()
