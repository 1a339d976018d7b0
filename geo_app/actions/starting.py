"""What a server does with its store before it answers: it says that it holds it, and looks it over at a glance."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from layers.store import holding, repairing

if TYPE_CHECKING:
    from layers.store import Store

log = logging.getLogger(__name__)


def watch(store: Store) -> list[str]:
    """Hold the store against an exchange of its file, and log what a glance shows to be wrong; reading goes on all the same."""
    holding.hold(store)
    faults = repairing.light_faults(store)
    for line in faults:
        log.error("the store is not whole: %s; run geo-app verify", line)
    return faults
