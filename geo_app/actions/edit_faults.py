"""Edits checked as an import would check them, reading only the rows they touch, their neighbours and the keys they point to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from geo_app.actions import edit_surroundings as surroundings
from geo_app.actions.edit_rows import EditedRow, rows_of
from layers import files
from layers.catalogue import layer as declared
from layers.frames import GEOMETRY
from layers.schema import GeometryKind
from layers.store import Delete

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import shapely

    from layers.files.faults import Fault
    from layers.schema import Layer
    from layers.store import Edit, Reach, Store


@dataclass(frozen=True, slots=True)
class EditFault:
    """What is wrong with one edit: its place in the list from 0, the layer and feature, the field, the rule, what to do."""

    edit: int
    layer: str
    id: str | None
    field: str
    rule: str
    severity: str
    value: str
    expected: tuple[str, str]
    """Chinese and English."""
    advice: tuple[str, str]
    place: tuple[float, float] | None = None
    row: int = 0
    """Row of the frame, of an edit that brings several."""

    def as_json(self, language: str = "zh") -> dict[str, Any]:
        """Give the fault in one language."""
        at = 0 if language.startswith("zh") else 1
        return {
            "edit": self.edit,
            "layer": self.layer,
            "id": self.id,
            "row": self.row,
            "field": self.field,
            "rule": self.rule,
            "severity": self.severity,
            "value": self.value,
            "expected": self.expected[at],
            "advice": self.advice[at],
            "place": self.place,
        }


@dataclass(frozen=True, slots=True)
class EditReport:
    """The faults of edits: those that stop them, and those that are shown and pass."""

    faults: tuple[EditFault, ...]

    @property
    def errors(self) -> tuple[EditFault, ...]:
        """Faults that stop the edits."""
        return tuple(item for item in self.faults if item.severity == "error")

    @property
    def warnings(self) -> tuple[EditFault, ...]:
        """Faults that are shown and pass."""
        return tuple(item for item in self.faults if item.severity != "error")

    @property
    def ok(self) -> bool:
        """Whether nothing stops the edits."""
        return not self.errors


def faults_of(store: Store, edits: Sequence[Edit], *, readable: Mapping[str, Reach] | None = None) -> EditReport:
    """Check edits with the same rules as an import.

    A row is checked as the edit leaves it. What was wrong with it before and stays as it was is a warning: it does not stop
    somebody who mends another field. References are looked up by key, duplicates and overlaps among the rows whose envelope meets
    the edited one's. A feature that was changed or removed meanwhile is left to the store, which refuses the edit.

    Args:
        store: the store.
        edits: what is to be checked; nothing is changed.
        readable: how far whoever asks may read, by layer; nothing is said of other rows. None: everything.
    """
    found: list[EditFault] = []
    for name in dict.fromkeys(edit.layer for edit in edits):
        layer = declared(name)
        reach = None if readable is None else readable[name]
        rows = list(rows_of(store, layer, [(at, edit) for at, edit in enumerate(edits) if edit.layer == name], reach))
        gone = {edit.id for edit in edits if isinstance(edit, Delete) and edit.layer == name}
        if rows:
            found += _layer_faults(store, layer, rows, gone, reach)
    return EditReport(tuple(sorted(found, key=lambda item: (item.edit, item.row, item.severity, item.field))))


def _layer_faults(store: Store, layer: Layer, rows: Sequence[EditedRow], gone: set[str], reach: Reach | None) -> list[EditFault]:
    after = _sheet(layer, [row.after for row in rows])
    known = surroundings.known_keys(store, layer, rows, gone)
    versions = store.versions()
    outline = None if layer.name in surroundings.OUTLINED else surroundings.outline(store, versions)
    faults = files.find(after, layer, known=known, boundary=outline, options=surroundings.options(store, versions))[0]
    if layer.geometry is not GeometryKind.NONE:
        faults += surroundings.beside_faults(store, layer, rows, gone, reach)
    old = {at: row for at, row in enumerate(rows, start=1) if row.before is not None}
    before = _old_faults(layer, old, known, outline) if faults and old else frozenset()
    found = []
    for item in faults:
        for at in range(1, len(rows) + 1) if item.row is None else [item.row]:
            row, stood = rows[at - 1], (at, item.field, item.rule, item.value) in before
            found.append(_edit_fault(layer, row, item, stood=stood))
    return found


def _edit_fault(layer: Layer, row: EditedRow, item: Fault, *, stood: bool) -> EditFault:
    place = None if item.geometry is None else (float(item.geometry.x), float(item.geometry.y))
    return EditFault(
        row.edit,
        layer.name,
        row.id,
        item.field,
        item.rule,
        "warning" if stood else item.severity,
        item.value,
        (item.expected_zh, item.expected_en),
        (item.advice_zh, item.advice_en),
        place,
        row.row,
    )


def _old_faults(
    layer: Layer, rows: Mapping[int, EditedRow], known: Mapping[str, set[str]], outline: shapely.Geometry | None
) -> frozenset[tuple[int, str, str, str]]:
    """Name what was wrong with the rows before they were edited."""
    sheet = _sheet(layer, [row.before or {} for row in rows.values()])
    held_keys = {name: keys for name, keys in known.items() if name != layer.name}
    numbers = list(rows)
    faults = files.find(sheet, layer, known=held_keys, boundary=outline)[0]
    return frozenset((numbers[item.row - 1], item.field, item.rule, item.value) for item in faults if item.row)


def _sheet(layer: Layer, features: Sequence[Mapping[str, Any]]) -> files.Sheet:
    """Lay features out as a file's rows, numbered from 1, values as they stand."""
    names = [item.name for item in layer.fields if item.name != "id"]
    extra = dict.fromkeys(name for feature in features for name in feature if name not in {"id", "ver", "fid", GEOMETRY, *names})
    shapes = np.empty(len(features), dtype=object)
    shapes[:] = [feature.get(GEOMETRY) for feature in features]
    columns = {name: [feature.get(name) for feature in features] for name in names}
    return files.Sheet(range(1, len(features) + 1), [*names, *extra], columns, shapes)
