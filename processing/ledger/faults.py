"""What stands against a step, said so that a person can mend it, and what could be done with an asset now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    from processing.ledger.moves import Move
    from processing.library.faults import Fault


@dataclass(frozen=True, slots=True)
class Offer:
    """A step that belongs to an asset or ledger: whether it could be taken today, from which day, and what stands against it."""

    move: Move
    possible: bool
    earliest: date | None
    blocked: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that a history breaks: the check (E8–E14), what and when, and the document of the rule.

    `kind` is `broken` for something done against a rule, `late` for something done after its day, `lacking` for something not
    there.
    """

    check: str
    code: str
    kind: str
    on: date | None
    zh: str
    en: str
    source: str
