"""What a reader asks, and what a person answers."""

from __future__ import annotations

from dataclasses import dataclass

from layers.files.errors import LimitExceededError


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a single file may ask of us; every passing names the limit and its value.

    The vertex, feature and field limits are those of a county's largest layers with room to spare; time and memory hold for the
    locked-down process that reads the file.
    """

    upload_mb: int = 100
    members: int = 200
    unpacked_mb: int = 500
    ratio: int = 200
    features: int = 200_000
    fields: int = 300
    vertices: int = 5_000_000
    feature_vertices: int = 100_000
    memory_mb: int = 2048
    cpu_s: int = 15
    wall_s: float = 18.0
    open_files: int = 64
    result_mb: int = 1024

    def require(self, name: str, found: float, unit: str) -> None:
        """Raise LimitExceededError when `found` is above the limit of this name.

        >>> Limits(fields=3).require("fields", 2, "fields")
        >>> Limits(fields=3).require("fields", 5, "fields")
        Traceback (most recent call last):
        layers.files.errors.LimitExceededError: The file passes the limit fields = 3 fields. It has 5. ...
        """
        value = getattr(self, name)
        if found > value:
            raise LimitExceededError(name, value, unit, found=found)


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer that may be given, and what speaks for it."""

    value: str
    label_zh: str
    label_en: str
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """Something the file does not say; `kind` is crs, encoding, layer or coordinates."""

    kind: str
    text_zh: str
    text_en: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Answers:
    """What the person (or a recipe) said about a file; None = not said."""

    crs: str | None = None
    encoding: str | None = None
    layer: str | None = None
    x_field: str | None = None
    y_field: str | None = None
    header_row: int = 1
    """Row of a workbook's sheet that holds the names of its columns; what stands above it is passed over."""
