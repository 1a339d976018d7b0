"""Lists of tasks and of targets brought in from a file: read, checked by row and column, taken as one change."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from geo_app.actions import import_layer, import_rights
from geo_app.actions.merging import Mode, apply, edits
from geo_app.errors import BadRequestError
from geo_app.progress import Progress
from layers import files, indicator_targets, tasks
from layers.catalogue import LAYERS
from layers.codes import table as shipped_table
from layers.files.in_memory import encoding_of
from layers.store import Change, Receipt

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geo_app.access import Person
    from geo_app.actions.signing import By
    from geo_app.actions.uploads import Upload
    from layers.files import Limits
    from layers.store import Store

TASKS, TARGETS = "tasks", "indicator_targets"
PRINTED: Final = {
    TASKS: {"task": "title_zh", "title": "title_zh"},
    TARGETS: {"area_scope": "area_scope", "indicator_name_zh": "indicator_name_zh", "item": "item", "wording": "wording"},
}
"""Columns of the printed tables that are no field of the layer by the same name."""
LISTS: Final = ("responsible_units", "spatial_layer", "related_indicators", "figures")


@dataclass(frozen=True, slots=True)
class Checked:
    """A list as it would be taken: rows, faults by row and column, and what is done with rows whose key is known."""

    layer: str
    name: str
    sha256: str
    frame: pd.DataFrame
    report: files.CheckReport
    mode: Mode
    filled: frozenset[str]

    @property
    def errors(self) -> int:
        """Number of faults that stop the list."""
        return len(self.report.errors)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How a list is to be taken: the list of tasks that it is, and whether it replaces everything held."""

    of: tasks.TaskList | None = None
    mode: Mode = Mode.UPDATE


def check(layer: str, upload: Upload, wish: Wish, *, limits: Limits | None = None) -> Checked:
    """Read a waiting CSV or XLSX in the form of the shipped table, or with the layer's own names, and check every row.

    A list cell holds its entries separated by semicolons; an empty entry between two is flagged. Text is UTF-8 or GB18030.

    Raises:
        BadRequestError: no column of the list stands in the file.
        UnreadableFileError, LimitExceededError: the file cannot be read.
    """
    limits = limits or files.Limits()
    encoding = encoding_of(upload.path.read_bytes()) if upload.path.suffix == ".csv" else None
    raw = files.read(upload.path, original_name=upload.original_name, answers=files.Answers(encoding=encoding), limits=limits)
    table = raw.frame.drop(columns="geometry")
    columns = _columns(layer, [str(name) for name in table.columns])
    if LAYERS[layer].key not in columns.values() and "task_no" not in columns.values():
        raise BadRequestError(f"The file has no column {LAYERS[layer].key}. Take the downloaded list as a pattern.")
    cells = table[list(columns)].rename(columns=columns)
    printed = {
        at: {name: _text(value) for name, value in row.items()}
        for at, row in zip(cells.index, cells.to_dict("records"), strict=True)
    }
    return checked_rows(layer, upload.original_name, raw.sha256, printed, wish)


def shipped(layer: str, wish: Wish) -> Checked:
    """Check the list that ships, as if it came in a file."""
    name = "hengyang_tasks" if layer == TASKS else "indicator_targets"
    return checked_rows(layer, f"{name}.csv", "", dict(enumerate(shipped_table(name), start=1)), replace(wish, of=None))


def checked_rows(layer: str, name: str, sha256: str, printed: Mapping[int, Mapping[str, str]], wish: Wish) -> Checked:
    """Turn printed rows into rows of the layer and check them; the index is the row number of the file."""
    of = wish.of or tasks.TaskList()
    rows = [tasks.from_printed(row, of) if layer == TASKS else indicator_targets.from_printed(row) for row in printed.values()]
    frame = pd.DataFrame(rows, index=pd.Index(list(printed), name="row"), dtype=object)
    report = files.check(frame, LAYERS[layer], known={})
    given = {name for row in printed.values() for name, value in row.items() if value}
    kept = (
        {item for item in tasks.PROGRESS if item not in given and item not in ("due_on", "due_basis")}
        if layer == TASKS
        else set()
    )
    report = replace(report, faults=pd.concat([report.faults, _empty_entries(printed, report.faults)], ignore_index=True))
    return Checked(layer, name, sha256, frame, report, wish.mode, frozenset(set(frame.columns) - kept))


def _columns(layer: str, there: list[str]) -> dict[str, str]:
    found = {column: field for field, column in import_layer.suggest(layer, there).items()}
    folded = {name.strip().casefold(): name for name in there}
    return found | {folded[name]: field for name, field in PRINTED[layer].items() if name in folded and folded[name] not in found}


def _text(value: Any) -> str:
    if value is None or (not isinstance(value, (list, str)) and pd.isna(value)):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _empty_entries(printed: Mapping[int, Mapping[str, str]], like: pd.DataFrame) -> pd.DataFrame:
    """Flag lists with an empty entry between two separators, as the print of task 36 has one."""
    found = [
        {
            "row": at,
            "field": name,
            "rule": "empty_entry",
            "value": row[name],
            "expected_zh": "分号之间有内容",
            "expected_en": "something between two semicolons",
            "advice_zh": "来源如此则保留，空项不计",
            "advice_en": "Left as it is where the source has it so; the empty entry counts for nothing",
            "severity": "warning",
        }
        for at, row in printed.items()
        for name in LISTS
        if ";;" in row.get(name, "").replace(" ", "").replace("；", ";")
    ]
    return pd.DataFrame(found).reindex(columns=[name for name in like.columns if name != "geometry"]) if found else like.iloc[:0]


def accept(
    store: Store, person: Person, checked: Checked, by: By, progress: Progress | None = None
) -> tuple[Receipt, int | None]:
    """Take a checked list as one change, or submit it where the person may not apply; give the receipt or the request's number.

    Rows with a known key are updated and keep what the county entered of their progress; `replace` puts the list in place of all.

    Raises:
        FaultsError: the list has faults.
        NotFoundError, ForbiddenError, OutOfReachError: it is not for this person to change.
    """
    rights = import_rights.of(store, person, checked.layer)
    frame, _ = files.accept(checked.frame, checked.report)
    made = edits(store, checked.layer, frame, checked.mode, fields=checked.filled, reach=rights.reading)
    change = Change(
        by.who,
        by.bureau,
        by.reason or f"{LAYERS[checked.layer].zh} {checked.name}",
        tuple(made),
        kind="import",
        file_name=checked.name,
        file_sha256=checked.sha256 or None,
        account_id=person.account_id,
    )
    if change.edits and rights.asking is not None:
        return Receipt(0, {}, 0, 0, 0), import_rights.submit(store, change, rights)
    return apply(store, change, progress or Progress(), rights.applying), None
