"""Files from a bureau, and files for a bureau: read in a locked-down process, checked, repaired, written.

archive → sandbox → reading → recipe, feeding → repairing → checking → (the store, not here) · writing
"""

from layers.files.checking import CheckReport, Checks, Sheet, accept, check, find
from layers.files.errors import (
    BadArchiveError,
    FaultsError,
    FileFault,
    LimitExceededError,
    QuestionError,
    RecipeError,
    RefusedCrsError,
    UnreadableFileError,
    WriteError,
)
from layers.files.feeding import apply_feed
from layers.files.questions import Answers, Choice, Limits, Question
from layers.files.reading import Inspection, RawTable, inspect, read
from layers.files.recipe import Feed, Recipe
from layers.files.repairing import REPAIRS, RepairResult, repair
from layers.files.sandbox import protection
from layers.files.writing import FORMATS, write

__all__ = [
    "FORMATS",
    "REPAIRS",
    "Answers",
    "BadArchiveError",
    "CheckReport",
    "Checks",
    "Choice",
    "FaultsError",
    "Feed",
    "FileFault",
    "Inspection",
    "LimitExceededError",
    "Limits",
    "Question",
    "QuestionError",
    "RawTable",
    "Recipe",
    "RecipeError",
    "RefusedCrsError",
    "RepairResult",
    "Sheet",
    "UnreadableFileError",
    "WriteError",
    "accept",
    "apply_feed",
    "check",
    "find",
    "inspect",
    "protection",
    "read",
    "repair",
    "write",
]
