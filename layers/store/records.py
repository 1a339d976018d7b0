"""What is handed to the store and what comes back: changes and their edits, receipts, history, conditions, runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    import geopandas as gpd
    import pandas as pd
    import shapely

Kind = Literal[
    "import", "edit", "undo", "demo", "restore", "request", "bulk", "field", "ogc", "area", "library", "ledger", "rules"
]
Operator = Literal["=", "!=", "<", "<=", ">", ">=", "in", "contains", "is_null"]


class Unchanged(Enum):
    """The one value that leaves a geometry as it is; None would erase it."""

    UNCHANGED = "unchanged"


UNCHANGED: Final = Unchanged.UNCHANGED


@dataclass(frozen=True, slots=True)
class Reach:
    """What part of a layer somebody may read, or write.

    `codes` are the granted area codes and all below them (None: everywhere), `outline` the union of the granted areas'
    outlines in EPSG:4490 (None: not known), `fields` the fields (None: all). `reading` is what may be read where that is more
    than what may be written: it decides between "there is no such feature" and "you may not change it".
    """

    codes: frozenset[str] | None = None
    outline: shapely.Geometry | None = None
    fields: frozenset[str] | None = None
    reading: Reach | None = None
    masked: bool = False
    """Fields that name a person (`Layer.personal`) are unknown in what is read, and nothing can be asked by them."""


EVERYWHERE: Final = Reach()


@dataclass(frozen=True, slots=True)
class Condition:
    """A field of the layer, an operator and a value; several are joined by AND.

    `in` takes a sequence, `contains` a text that must occur in the field (or a member of a list field), `is_null` True or
    False. `id`, `ver` and `fid` may be named besides the declared fields.
    """

    field: str
    op: Operator
    value: Any = None


@dataclass(frozen=True, slots=True)
class Insert:
    """New rows for a layer."""

    layer: str
    frame: gpd.GeoDataFrame | pd.DataFrame


@dataclass(frozen=True, slots=True)
class Replace:
    """The whole layer becomes this frame: rows are matched by the layer's key, so what stays the same keeps its version."""

    layer: str
    frame: gpd.GeoDataFrame | pd.DataFrame


@dataclass(frozen=True, slots=True)
class Update:
    """New values, and perhaps a new geometry, for one feature that the person saw as version `expected_ver`."""

    layer: str
    id: str
    expected_ver: int | None
    values: Mapping[str, Any] = field(default_factory=dict)
    geometry: shapely.Geometry | Unchanged | None = UNCHANGED


@dataclass(frozen=True, slots=True)
class Delete:
    """The removal of one feature that the person saw as version `expected_ver`."""

    layer: str
    id: str
    expected_ver: int | None


Edit = Insert | Replace | Update | Delete


@dataclass(frozen=True, slots=True)
class Change:
    """Who, which bureau, why, when, and a set of edits: applied in one transaction or not at all."""

    who: str
    bureau: str
    reason: str
    edits: tuple[Edit, ...]
    kind: Kind = "edit"
    file_name: str | None = None
    file_sha256: str | None = None
    recipe: str | None = None
    at: dt.datetime | None = None
    account_id: int | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a change did: its number, the new version of every layer it touched, and how many rows."""

    change_id: int
    versions: dict[str, int]
    inserted: int
    updated: int
    deleted: int


@dataclass(frozen=True, slots=True)
class ChangeRecord:
    """A change as the store remembers it; `undoes` and `undone_by` are numbers of other changes."""

    change_id: int
    at: dt.datetime
    who: str
    bureau: str
    reason: str
    kind: str
    file_name: str | None
    file_sha256: str | None
    recipe: str | None
    inserted: int
    updated: int
    deleted: int
    layers: tuple[str, ...]
    undoes: int | None
    undone_by: int | None
    account_id: int | None = None


@dataclass(frozen=True, slots=True)
class VersionRecord:
    """One version of one feature: what a change made of it. Geometries stand under `geometry` in `before` and `after`."""

    layer: str
    id: str
    fid: int
    ver: int
    op: Literal["insert", "update", "delete"]
    change_id: int
    at: dt.datetime
    who: str
    bureau: str
    reason: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class RunRecord:
    """What a run was made of, enough to replay it; `run_id` is given by the store."""

    parameters: Mapping[str, Any]
    profile: str
    layer_versions: Mapping[str, int]
    code_version: str
    who: str
    at: dt.datetime
    title: str = ""
    caveats: tuple[str, ...] = ()
    run_id: int | None = None


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A run as it was saved: its record, its table, and one frame of units per indicator."""

    record: RunRecord
    table: pd.DataFrame
    units: dict[str, pd.DataFrame]

    @property
    def run_id(self) -> int:
        """Number of the run."""
        if self.record.run_id is None:
            raise ValueError("this run was never saved")
        return self.record.run_id
