"""The rules of the project library in one place: its moves, what may be done now and why not, and a history played again."""

from __future__ import annotations

from processing.library.checking import Offer, allowed, check, refusals
from processing.library.faults import Fault
from processing.library.moves import MOVES, STAGES, Move, level_of, roles_at
from processing.library.replaying import Replayed, Violation, replay
from processing.library.trail import Trail, event_of, follow

__all__ = [
    "MOVES",
    "STAGES",
    "Fault",
    "Move",
    "Offer",
    "Replayed",
    "Trail",
    "Violation",
    "allowed",
    "check",
    "event_of",
    "follow",
    "level_of",
    "refusals",
    "replay",
    "roles_at",
]
