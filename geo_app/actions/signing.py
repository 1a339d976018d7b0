"""Who does something, for which bureau and why: what stands beside every change and run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class By:
    """The signature of a change: person, bureau and reason."""

    who: str
    bureau: str = ""
    reason: str = ""
