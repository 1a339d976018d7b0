"""Errors of the processing room: each says what, what was expected, what was found and what to do.

PersonError
├── DegreesError           a length, area or distance was asked of coordinates in degrees (ValueError)
├── MissingCrsError        a frame with geometry does not say its coordinate system (ValueError)
├── MissingInputError      a layer or column that the computation needs is not among the inputs (LookupError)
├── UnknownProfileError    no profile, or no threshold in a profile, of this name (LookupError)
├── ProfileValueError      a threshold of the wrong type or out of its range (ValueError)
├── UnknownIndicatorError  no indicator of this code (LookupError)
├── UnknownLevelError      no level of areas of this name (LookupError)
├── AreaTreeError          the hierarchy of areas contradicts itself (ValueError)
├── CancelledError         a person stopped the computation (RuntimeError)
└── QueryError             a query that cannot be answered as written (ValueError)
"""

from __future__ import annotations

from typing import ClassVar

from layers.schema import PersonError


class DegreesError(PersonError, ValueError):
    """A length, area or distance was asked of coordinates in degrees."""

    code: ClassVar[str] = "degrees"


class MissingCrsError(PersonError, ValueError):
    """A frame with geometry does not say its coordinate system."""

    code: ClassVar[str] = "missing_crs"


class MissingInputError(PersonError, LookupError):
    """A layer or column that the computation needs is not among the inputs."""

    code: ClassVar[str] = "missing_input"


class UnknownProfileError(PersonError, LookupError):
    """No profile, or no threshold in a profile, of this name."""

    code: ClassVar[str] = "unknown_profile"


class ProfileValueError(PersonError, ValueError):
    """A threshold of the wrong type or out of its range."""

    code: ClassVar[str] = "bad_threshold"


class UnknownIndicatorError(PersonError, LookupError):
    """No indicator of this code."""

    code: ClassVar[str] = "unknown_indicator"


class UnknownLevelError(PersonError, LookupError):
    """No level of areas of this name."""

    code: ClassVar[str] = "unknown_level"


class AreaTreeError(PersonError, ValueError):
    """The hierarchy of areas contradicts itself."""

    code: ClassVar[str] = "area_tree"


class CancelledError(PersonError, RuntimeError):
    """A person stopped the computation."""

    code: ClassVar[str] = "cancelled"


class QueryError(PersonError, ValueError):
    """A query that cannot be answered as written."""

    code: ClassVar[str] = "bad_filter"
