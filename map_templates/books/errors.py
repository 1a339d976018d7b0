"""Faults of printed books.

PersonError
└── BookTooLongError   more rows than are typeset at once (ValueError)
BugError
└── TypesettingError   our own document could not be typeset (RuntimeError)
"""

from __future__ import annotations

from typing import ClassVar

from layers.schema import BugError, PersonError


class BookTooLongError(PersonError, ValueError):
    """A book has more rows, or more text, than is set on paper in one piece."""

    code: ClassVar[str] = "book_too_long"


class TypesettingError(BugError, RuntimeError):
    """The typesetter refused a document of ours."""

    code: ClassVar[str] = "typesetting"
