"""What can go wrong with a file, as a small tree; every message is meant for the person who brought the file.

FileFault (PersonError)
├── UnreadableFileError   the bytes are not what the name says, or are hostile
├── LimitExceededError    a stated limit was passed; names the limit and its value
├── BadArchiveError       a zip that is refused before anything is unpacked
├── RefusedCrsError       a coordinate system without a trustworthy way to EPSG:4490
├── QuestionError         something only the person knows (CRS, encoding, layer, coordinate columns)
├── RecipeError           a recipe that names what does not exist
├── FaultsError           rows that do not meet the layer, and nobody chose to skip them
└── WriteError            a file that cannot be written as asked
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from layers.schema import PersonError

if TYPE_CHECKING:
    from layers.files.questions import Question


class FileFault(PersonError):  # noqa: N818 - the base of a tree of errors, never raised itself
    """Base of every fault of a file that a person can mend."""

    code: ClassVar[str] = "bad_file"


class UnreadableFileError(FileFault, ValueError):
    """The file is not what its name says, is damaged, or is made to harm."""

    code: ClassVar[str] = "unreadable_file"


class LimitExceededError(FileFault, ValueError):
    """A limit on size, members, rows, fields, vertices, memory or time was passed."""

    code: ClassVar[str] = "limit_exceeded"

    def __init__(self, limit: str, value: float, unit: str, *, found: float | None = None) -> None:
        self.limit = limit
        self.value = value
        self.unit = unit
        self.found = found
        seen = "" if found is None else f" It has {found:g}."
        super().__init__(f"The file passes the limit {limit} = {value:g} {unit}.{seen} Split it, or ask for a higher limit.")


class BadArchiveError(FileFault, ValueError):
    """A zip archive that is refused before anything is unpacked."""

    code: ClassVar[str] = "bad_archive"


class RefusedCrsError(FileFault, ValueError):
    """A coordinate reference system that cannot be brought to EPSG:4490 within metres."""

    code: ClassVar[str] = "crs_refused"


class QuestionError(FileFault, LookupError):
    """The file leaves something open that only a person knows; carries the questions with their choices."""

    code: ClassVar[str] = "question"

    def __init__(self, questions: tuple[Question, ...]) -> None:
        self.questions = questions
        super().__init__("; ".join(question.text_en for question in questions))


class RecipeError(FileFault, ValueError):
    """A recipe that cannot be followed: names the table, the key and the line."""

    code: ClassVar[str] = "bad_recipe"


class FaultsError(FileFault, ValueError):
    """Rows that do not meet the layer remain, and nobody chose to skip them."""

    code: ClassVar[str] = "faults_found"


class WriteError(FileFault, ValueError):
    """A file cannot be written as asked (it exists already, or the format cannot hold the layer)."""

    code: ClassVar[str] = "cannot_write"
