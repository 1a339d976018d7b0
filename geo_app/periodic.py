"""Backups that the server makes by itself: a thread that looks at the clock, and a process of its own for each backup.

The process opens the store as every other one does, so the server's threads go on answering; nothing here touches the file.
Where several workers serve one store, the folder's turn and the age of the newest backup keep them from doing it twice.
"""

from __future__ import annotations

import datetime as dt
import logging
import os
import subprocess
import sys
import threading
import weakref
from typing import TYPE_CHECKING

from geo_app.actions import backups
from geo_app.config import PREFIX

if TYPE_CHECKING:
    from pathlib import Path

    from geo_app.config import Settings

log = logging.getLogger(__name__)

COMMAND = (sys.executable, "-c", "from geo_app.cli import main; main()", "backup")
LOOK_SECONDS = 20.0
LONGEST_SECONDS = 3600


class PeriodicBackups:
    """The backups of one server; they end with `stop`, and with the process."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        """Prepare; `start` begins."""
        self._settings = settings
        self._folder = folder
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="backups", daemon=True)

    def start(self) -> None:
        """Begin to look at the clock."""
        self._thread.start()

    def stop(self) -> None:
        """Make no more backups; one that is being made comes to its end or leaves only a draft."""
        self._stop.set()

    def _run(self) -> None:
        while not self._stop.wait(min(LOOK_SECONDS, self._settings.backup_every_min * 60)):
            if backups.is_due(self._folder, every_min=self._settings.backup_every_min, now=dt.datetime.now(dt.UTC)):
                self.make_one()

    def make_one(self) -> bool:
        """Make one backup in a process of its own and say whether that worked; the log has what it said."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        environment |= {
            f"{PREFIX}STORE": self._settings.store,  # by the environment: a URL may hold a password
            f"{PREFIX}BACKUP_DIR": str(self._folder),
            f"{PREFIX}BACKUP_KEEP": str(self._settings.backup_keep),
        }
        try:
            done = subprocess.run(
                COMMAND,
                env=environment,
                capture_output=True,
                text=True,
                timeout=LONGEST_SECONDS,
                check=False,
                stdin=subprocess.DEVNULL,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            log.error("no backup was made: %s", type(error).__name__)  # noqa: TRY400 -- one line says it
            return False
        said = done.stderr.strip().splitlines()
        if done.returncode != 0:
            log.error("the backup ended with %s: %s", done.returncode, " ".join(said[-3:]))
            return False
        log.info("%s", " ".join(said[-1:]))
        return True


def begin(settings: Settings, owner: object) -> PeriodicBackups | None:
    """Start the periodic backups of a server where a folder is set; they stop when the owner is gone."""
    if settings.backup_dir is None:
        return None
    made = PeriodicBackups(settings, settings.backup_dir)
    made.start()
    weakref.finalize(owner, made.stop)
    return made
