"""The county's workbook against the library: first what it would do, row by row and cell by cell, then one change or none.

New rows are taken over with the status that they state, and an event 登记接收 says so. Of rows that are held, an empty cell
changes nothing; status and plan are changed by the procedure alone, and so is whatever else is locked at their stage.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import pandas as pd
import shapely

from geo_app.access import Verb
from geo_app.actions import reach
from geo_app.actions.library import moving, sheet_rows
from geo_app.actions.merging import SAME_PLACE_DEGREES, plain
from geo_app.errors import ForbiddenError
from layers.catalogue import layer as declared
from layers.declare import AREA_FIELDS
from layers.files import FaultsError
from layers.frames import conform
from layers.projects import LAYER
from layers.schema import STORAGE_CRS
from layers.store import UNCHANGED, Change, Insert, Reach, Receipt, Update

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from geo_app.access import Person
    from geo_app.actions.library.sheet_rows import CellFault, SheetRows
    from geo_app.actions.uploads import Upload
    from layers.files import Feed, Limits
    from layers.store import Edit, Store

KEPT_STATUS: Final = "draft"
PROCEDURE_ONLY: Final = frozenset({"status", "plan_year", "plan_rank"})


@dataclass(frozen=True, slots=True)
class RowPlan:
    """What a row would do: `new`, `changed` or `same`; for a changed one the cells: field, value before, value after."""

    row: int
    project_id: str
    name: str
    what: str
    cells: tuple[tuple[str, Any, Any], ...] = ()
    moved: bool = False


@dataclass(frozen=True, slots=True)
class DryRun:
    """What a workbook would do, and every fault with its cell; `digest` tells whether the library changed since."""

    sheet: SheetRows
    rows: tuple[RowPlan, ...]
    faults: tuple[CellFault, ...]
    edits: tuple[Edit, ...]
    digest: str
    file: str

    @property
    def errors(self) -> tuple[CellFault, ...]:
        """The faults that stop the import."""
        return tuple(item for item in self.faults if item.severity == "error")

    @property
    def warnings(self) -> tuple[CellFault, ...]:
        """The faults that are shown and let it pass."""
        return tuple(item for item in self.faults if item.severity != "error")

    def count(self, what: str) -> int:
        """Count the rows that would be new, changed or stay the same."""
        return sum(item.what == what for item in self.rows)


def dry_run(  # noqa: PLR0913 - a file, how it is read, by whom and when
    store: Store, person: Person, upload: Upload, feed: Feed, *, limits: Limits, today: dt.date
) -> DryRun:
    """Say what a workbook would do to the library; nothing is written.

    Raises:
        NotSignedInError, NotFoundError, ForbiddenError: the person may not write projects.
        NoKeyColumnError, UnreadableFileError, LimitExceededError, RecipeError: the file or the recipe is refused.
    """
    limit = _right(store, person)
    sheet = sheet_rows.read(store, upload, feed, limits=limits, person=person)
    held = store.read("projects", reach=limit.reading)
    return _Comparing(person, sheet, held, today=today, file=upload.original_name).run()


def _right(store: Store, person: Person) -> Reach:
    """Give how far the person writes whole projects: the county's bureau, or the administrator.

    Raises:
        ForbiddenError: the person writes some fields only, or none.
    """
    limit = reach.of(store, person, "projects", Verb.APPLY)
    if limit.fields is not None:
        raise ForbiddenError(
            "Only the rural revitalisation bureau takes a workbook into the project library (role revitalisation)."
        )
    return limit


class _Comparing:
    """One workbook beside the rows that are held."""

    def __init__(self, person: Person, sheet: SheetRows, held: gpd.GeoDataFrame, *, today: dt.date, file: str) -> None:
        self.person, self.sheet, self.today, self.file = person, sheet, today, file
        rows: list[dict[str, Any]] = held.to_dict("records")
        self.held = {str(row["project_id"]): row for row in rows}
        self.faults: list[CellFault] = []
        self.plans: list[RowPlan] = []
        self.updates: list[Edit] = []
        self.new: list[dict[str, Any]] = []

    def run(self) -> DryRun:
        bad = {item.row for item in self.sheet.errors}
        seen: set[str] = set()
        for number, row in zip(self.sheet.frame.index.tolist(), self.sheet.frame.to_dict("records"), strict=True):
            key = str(row.get("project_id") or "")
            if not key or key in seen or number in bad:
                continue
            seen.add(key)
            self._one(int(number), key, row)
        faults = (*self.sheet.faults, *self.faults)
        edits = (*self.updates, *self._inserts())
        digest = hashlib.sha256(
            f"{self.sheet.sha256}{[(p.row, p.what, p.cells, p.moved) for p in self.plans]}".encode()
        ).hexdigest()
        return DryRun(self.sheet, tuple(self.plans), faults, edits, digest, self.file)

    def _one(self, number: int, key: str, row: Mapping[str, Any]) -> None:
        before = self.held.get(key)
        if before is None:
            self._add(number, key, row)
            return
        cells = tuple(
            (name, plain(before[name]), plain(row[name]))
            for name in sorted(self.sheet.fields - {"project_id"})
            if plain(row[name]) is not None and plain(row[name]) != plain(before[name])
        )
        moved = _moved(before.get("geometry"), row.get("geometry"))
        self._refuse_locked(number, before, cells, moved=moved)
        what = "changed" if cells or moved else "same"
        self.plans.append(RowPlan(number, key, str(row.get("name") or before.get("name") or ""), what, cells, moved))
        if what == "changed":
            shape = row["geometry"] if moved else UNCHANGED
            self.updates.append(
                Update("projects", str(before["id"]), int(before["ver"]), {name: new for name, _, new in cells}, geometry=shape)
            )

    def _add(self, number: int, key: str, row: Mapping[str, Any]) -> None:
        self.plans.append(RowPlan(number, key, str(row.get("name") or ""), "new"))
        status = row.get("status") or KEPT_STATUS
        self.new.append({**row, "status": status, "event_seq": None if status == KEPT_STATUS else 1})

    def _refuse_locked(
        self, number: int, before: Mapping[str, Any], cells: tuple[tuple[str, Any, Any], ...], *, moved: bool
    ) -> None:
        plainly = {name: plain(value) for name, value in before.items() if name != "geometry"}
        locked = (LAYER.locked(plainly) if LAYER.locked is not None else frozenset()) | PROCEDURE_ONLY
        stage = str(plainly.get("status") or KEPT_STATUS)
        for name, old, new in cells:
            if name in locked:
                self._locked(number, name, f"{old} → {new}", stage)
        if moved and "geometry" in locked:
            self._locked(number, "geometry", "", stage)

    def _locked(self, number: int, name: str, value: str, stage: str) -> None:
        label_zh, label_en = LAYER["status"].codes.label(stage), LAYER["status"].codes.label(stage, "en")  # type: ignore[union-attr]
        letter = self.sheet.letters.get(name, "")
        self.faults.append(
            sheet_rows.CellFault(
                self.sheet.sheet,
                f"{letter}{number}" if letter else "",
                number,
                name,
                "locked",
                "error",
                value[:80],
                f"与库内一致（项目处于“{label_zh}”，该内容已锁定）",
                f"as it is held (the project is at the stage {label_en}; this is locked)",
                "在项目页按程序办理：退回后修改，或申请调整",
                "Use the procedure on the project's page: return it, or ask for a change",
            )
        )

    def _inserts(self) -> list[Edit]:
        if not self.new:
            return []
        rows = pd.DataFrame([{name: value for name, value in row.items() if name != "geometry"} for row in self.new])
        frame = gpd.GeoDataFrame(rows, geometry=[row.get("geometry") for row in self.new], crs=STORAGE_CRS)
        events = pd.DataFrame([self._taken_over(row) for row in self.new if row["status"] != KEPT_STATUS])
        found: list[Edit] = [Insert("projects", conform(frame, LAYER))]
        return found + ([Insert("project_events", conform(events, declared("project_events")))] if len(events) else [])

    def _taken_over(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """The event that says from which file, when and by whom a row with a status of its own was taken over."""
        areas = {name: row.get(name) for name in AREA_FIELDS}
        return areas | {
            "event_id": f"{row['project_id']}-001",
            "project_id": row["project_id"],
            "seq": 1,
            "event_type": "登记接收",
            "level": "县",
            "start_date": self.today,
            "stage_after": row["status"],
            "opinion": f"由台账文件“{self.file}”接收",
            "document": self.file[:300],
            "proposed": moving.facts(row),
            "plan_year": row.get("plan_year"),
            "unit": self.person.bureau,
            "person": self.person.name,
            "recorded_on": self.today,
            "source": row.get("source"),
            "data_quality": row.get("data_quality"),
        }


def _moved(before: Any, after: Any) -> bool:
    if after is None or after.is_empty:
        return False
    return before is None or not bool(shapely.equals_exact(before, after, tolerance=SAME_PLACE_DEGREES))


def accept(store: Store, person: Person, run: DryRun, *, reason: str = "") -> Receipt:
    """Take a workbook into the library as one change of kind `library`; without changes give a receipt of nothing.

    Raises:
        FaultsError: faults remain; nothing was saved.
        OutOfReachError: a row lies outside of what the person may write; nothing was saved.
        StaleVersionError: a project was changed meanwhile.
    """
    if run.errors:
        first = "; ".join(f"{item.cell or item.row}: {item.field} {item.value} ({item.expected_en})" for item in run.errors[:5])
        raise FaultsError(f"The workbook has {len(run.errors)} faults: {first}. Nothing was saved; correct them.")
    if not run.edits:
        return Receipt(0, {}, 0, 0, 0)
    limit = _right(store, person)
    change = Change(
        person.name,
        person.bureau,
        reason.strip()[:300] or f"项目库台账 {run.file}",
        run.edits,
        kind="library",
        file_name=run.file,
        file_sha256=run.sheet.sha256,
        account_id=person.account_id,
    )
    return store.apply(change, reach={"projects": limit, "project_events": replace(limit, fields=None)})
