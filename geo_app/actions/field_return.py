"""What comes back from the field: each row compared with what went out and with what stands there now, and merged.

base is what went out (it stands in the package, under the store's seal), mine the row of the file, theirs the present store.
What only the field changed is applied, as one change; what both changed differently is kept, field by field, for a person to
merge. The same file returned twice changes nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from geo_app.actions import field_package, reach, save_edits
from geo_app.actions.field_compare import Comparison, FieldConflict, FieldFileError, Returned
from layers.catalogue import LAYERS
from layers.files import Limits, UnreadableFileError
from layers.files.field_files import BASE, PACKAGE, read_plain, read_rows

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from geo_app.access import Person
    from geo_app.progress import Progress
    from layers.store import Store

__all__ = ["FieldConflict", "FieldFile", "FieldFileError", "Returned", "bring_back"]


@dataclass(frozen=True, slots=True)
class FieldFile:
    """A file as it was staged, the sender's name for it, and why it comes (empty: the package is named)."""

    path: Path
    name: str
    reason: str = ""


def bring_back(
    store: Store, person: Person, file: FieldFile, *, dry_run: bool = False, progress: Progress | None = None
) -> Returned:
    """Read a GeoPackage from the field and apply what nobody else changed otherwise.

    Args:
        store: the store.
        person: who brings it; the rights are this person's.
        file: the GeoPackage; it is read in the locked-down process.
        dry_run: compare only, save and keep nothing.
        progress: how far it is, and where it learns that it was cancelled.

    Raises:
        FieldFileError: not a package of this store, changed in its record, or with ids that never went out.
        UnreadableFileError, LimitExceededError: the file is refused.
        NotFoundError, ForbiddenError, OutOfReachError, EditFaultsError: as `save_edits.save`.
    """
    limits = Limits()
    note, base = _opened(store, file.path, limits)
    fields: dict[str, list[str]] = json.loads(note["fields"])
    found = Returned(note["package"], note["area"])
    for number, (name, names) in enumerate(fields.items()):
        if progress is not None:
            progress(number, len(fields), name)
        comparison = Comparison(store, person, LAYERS[name], reach.of(store, person, name), found, dry_run=dry_run)
        comparison.run(base[name], read_rows(file.path, LAYERS[name], names, limits))
    if found.edits and not dry_run:
        found.saved = save_edits.save(
            store,
            person,
            found.edits,
            reason=file.reason.strip() or f"field work {found.package_id[:8]}",
            origin="field",
            kind="field",
            file=(file.name, hashlib.sha256(file.path.read_bytes()).hexdigest()),
            progress=progress,
        )
    return found


def _opened(store: Store, path: Path, limits: Limits) -> tuple[dict[str, str], dict[str, dict[str, tuple[int, str]]]]:
    """Read what a package says about itself and about what went out, and test its seal."""
    note = {str(row.get("name")): str(row.get("value")) for row in _table(path, PACKAGE, limits)}
    if note.get("format") != field_package.FORMAT or "seal" not in note:
        raise _no_package()
    if note.get("store") != field_package.store_id(store):
        raise FieldFileError("The package was made by another store. Bring it back where it was made.")
    rows = [_record(row) for row in _table(path, BASE, limits)]
    if not hmac.compare_digest(field_package.seal(store, note, rows), note["seal"]):
        raise FieldFileError(
            "The record of what went out (tables xiangtu_base and xiangtu_package) was changed, so nothing can be compared. "
            "Take a new package and enter the changes there."
        )
    base: dict[str, dict[str, tuple[int, str]]] = {name: {} for name in json.loads(note["fields"])}
    for layer, feature_id, ver, state in rows:
        base[layer][feature_id] = (ver, state)
    return note, base


def _no_package() -> FieldFileError:
    return FieldFileError("The file is no package for the field. Bring back the field.gpkg of a package made here.")


def _table(path: Path, name: str, limits: Limits) -> list[dict[str, Any]]:
    """Read one of our own tables; a file without it is no package."""
    try:
        return read_plain(path, name, limits)
    except UnreadableFileError as error:
        if name not in str(error):
            raise
        raise _no_package() from error


def _record(row: Mapping[str, Any]) -> tuple[str, str, int, str]:
    try:
        return str(row["layer"]), str(row["id"]), int(row["ver"]), str(row["state"])
    except (KeyError, TypeError, ValueError) as error:
        raise FieldFileError("The table xiangtu_base is damaged. Take a new package and enter the changes there.") from error
