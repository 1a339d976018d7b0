"""What a PostgreSQL server must promise before a store on it is opened: a commit is on the disk when it is acknowledged."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import sqlalchemy as sa

from layers.errors import DurabilityError

if TYPE_CHECKING:
    from layers.store.backend import Backend

log = logging.getLogger(__name__)


def refuse_early_acknowledgement(backend: Backend) -> None:
    """Raise DurabilityError when the server acknowledges before a commit is on its disk; warn when it does not sync at all.

    `synchronous_commit = off` may stand in the server's settings, at the role or at the database; the last 0.6 seconds of
    acknowledged edits are then lost with the server's process. `fsync = off` loses them with a power cut, and the database too;
    only a throw-away server has it.
    """
    with backend.reading() as connection:
        mode = connection.execute(sa.text("SHOW synchronous_commit")).scalar_one()
        synced = connection.execute(sa.text("SHOW fsync")).scalar_one()
    if mode == "off":
        raise DurabilityError(
            "The database server acknowledges edits before they are on its disk (synchronous_commit is off). "
            "Set it to on for the server, the database or the user of the store."
        )
    if synced == "off":
        log.warning("the database server does not sync its disk (fsync is off): a power cut can destroy everything")
