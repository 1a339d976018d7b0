"""What a WSGI server loads.

One process: `waitress-serve --listen=127.0.0.1:8000 --call wsgi:application`.
Several processes: `gunicorn -w 3 --threads 8 -b 127.0.0.1:8000 wsgi:app`, for a store on PostGIS.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any

from geo_app import create_app, workers
from geo_app.config import Settings, SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

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
        self._made = os.getpid(), create_app(settings)
        self._serving: tuple[int, Callable[..., Iterable[bytes]]] | None = None

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer a request."""
        serving = self._serving
        if serving is None or serving[0] != os.getpid():
            with self._lock:
                serving = self._begin()
        return serving[1](environ, start_response)

    def _begin(self) -> tuple[int, Callable[..., Iterable[bytes]]]:
        """Begin to serve, at the first request: from here on the process does not fork."""
        process = os.getpid()
        if self._serving is None or self._serving[0] != process:
            app = self._made[1] if self._made[0] == process else create_app()
            app.extensions["xiangtu"].jobs.number_from(process * 1000 + 1)
            folder = workers.own_folder()
            self._made = process, app
            self._serving = process, app if folder is None else workers.Workers(app, folder)
        return self._serving


def __getattr__(name: str) -> PerProcess:
    """Make `app` when gunicorn asks for it, in the worker, so that importing this module does nothing."""
    if name != "app":
        raise AttributeError(name)
    made = globals()[name] = PerProcess()
    return made
