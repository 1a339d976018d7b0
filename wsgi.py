"""What a WSGI server loads.

One process: `waitress-serve --listen=127.0.0.1:8000 --call wsgi:application`.
Several processes: `gunicorn -w 3 --threads 8 -b 127.0.0.1:8000 wsgi:app`, for a store on PostGIS.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any

from geo_app import create_app
from geo_app.config import Settings, SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flask import Flask


def application() -> Flask:
    """Make the application from the settings of the environment."""
    return create_app()


class PerProcess:
    """The application of each worker process: a store, jobs and threads never cross a fork, also not with `--preload`.

    Raises:
        SettingsError: workers have no common key for the sign-ins and forms of one person, whom any of them may answer.
    """

    def __init__(self) -> None:
        """Make the application of this process, so that a fault in the settings shows when the server starts."""
        settings = Settings.from_env()
        if not settings.secret_key:
            raise SettingsError("XIANGTU_SECRET_KEY must be set for a server with several processes, the same in all of them")
        self._lock = threading.Lock()
        self._pid = os.getpid()
        self._app = create_app(settings)
        self._number_jobs()

    def _number_jobs(self) -> None:
        """Give the jobs of every process numbers of their own, so that one is never taken for another."""
        self._app.extensions["xiangtu"].jobs.number_from(os.getpid() * 1000 + 1)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer a request."""
        with self._lock:
            if self._pid != os.getpid():
                self._app, self._pid = create_app(), os.getpid()
                self._number_jobs()
        return self._app(environ, start_response)


def __getattr__(name: str) -> PerProcess:
    """Make `app` when gunicorn asks for it, in the worker, so that importing this module does nothing."""
    if name != "app":
        raise AttributeError(name)
    made = globals()[name] = PerProcess()
    return made
