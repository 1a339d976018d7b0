"""Faults of maps that a person can mend.

PersonError
├── SpecError          what the map is asked to say does not hold together (ValueError)
├── FontMissingError   no font with Chinese glyphs on this machine (OSError)
└── AssetMissingError  a front-end file that belongs to the installation is not there (LookupError)
"""

from __future__ import annotations

from typing import ClassVar

from layers.schema import PersonError


class SpecError(PersonError, ValueError):
    """The parts of a map do not hold together; the message lists every fault."""

    code: ClassVar[str] = "bad_map"

    def __init__(self, faults: list[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("This map cannot be drawn: " + "; ".join(faults) + ".")


class FontMissingError(PersonError, OSError):
    """A printed map needs a font with Chinese glyphs and none was found."""

    code: ClassVar[str] = "font_missing"


class AssetMissingError(PersonError, LookupError):
    """A script or style of the web map is not part of the installation; it is never fetched from elsewhere."""

    code: ClassVar[str] = "asset_missing"
