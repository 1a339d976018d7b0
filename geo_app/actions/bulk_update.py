"""Bulk update: a surveyed file is read as an import is, compared with the layer, and accepted by a person as one change."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from geo_app.actions import bulk_compare, import_layer, reach, save_edits
from geo_app.actions.bulk_compare import CHANGED, Item, Kind, Sides, Wishes, changed, compared_fields
from geo_app.actions.edit_faults import faults_of
from geo_app.actions.merging import filled
from geo_app.actions.recipe_text import recipe_text
from geo_app.errors import BadRequestError
from geo_app.progress import Progress
from layers import files
from layers.catalogue import layer as declared
from layers.schema import GeometryKind
from layers.store import Condition, Delete, Insert, Update
from processing import line_match

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geopandas import GeoDataFrame

    from geo_app.access import Person
    from geo_app.actions.edit_faults import EditReport
    from geo_app.actions.import_layer import Choices
    from geo_app.actions.save_edits import Saved
    from geo_app.actions.uploads import Upload
    from layers.files import Limits
    from layers.schema import Layer
    from layers.store import Edit, Store

ADD, SKIP = "add", "skip"
"""Decisions about a row besides the id of the row that it is."""
SHOWN = 5


@dataclass(frozen=True)
class Survey:
    """A surveyed file as it was read: rows in the layer's types, what it fills, how it was read."""

    upload: Upload
    feed: files.Feed
    frame: GeoDataFrame
    sha256: str
    source_crs: str
    skipped: int


@dataclass(frozen=True)
class Comparison:
    """A surveyed file beside its layer: one item per row, the faults of what would be written, and what was compared how."""

    survey: Survey
    sides: Sides
    items: tuple[Item, ...]
    faults: EditReport

    @property
    def layer(self) -> Layer:
        """The layer that is updated."""
        return self.sides.layer

    @property
    def counts(self) -> dict[Kind, int]:
        """How many rows are of each kind, every kind named."""
        found = dict.fromkeys(Kind, 0)
        for item in self.items:
            found[item.kind] += 1
        return found

    @property
    def recipe(self) -> str:
        """The recipe that reads the file so again."""
        return recipe_text(self.layer, self.survey.feed)


def read_survey(
    store: Store, upload: Upload, choices: Choices, *, limits: Limits | None = None, person: Person | None = None
) -> Survey:
    """Read a waiting file by the locked-down reader, with the person's answers; what it lacks is left to the rows that are there.

    Raises:
        QuestionError: the CRS, the encoding or the table is not known and was not answered.
        FaultsError: values or geometries cannot be read as the layer's, and bad rows are not to be skipped.
    """
    layer = declared(choices.layer)
    raw, feed, repaired = import_layer.read(store, upload, choices, limits=limits or files.Limits())
    lenient = replace(
        layer,
        fields=tuple(replace(item, required=False, recommended=False) for item in layer.fields),
        row_checks=(),
        geometry_required=False,
    )
    report = files.check(repaired.frame, lenient, options=import_layer.options_of(store, feed, person=person))
    repeated = report.faults["rule"].isin(["duplicate_key", "duplicate_geometry", "overlap"])
    report = replace(report, faults=report.faults[~repeated])
    frame, skipped = files.accept(repaired.frame, report, skip_bad_rows=choices.skip_bad_rows)
    return Survey(upload, feed, frame, raw.sha256, raw.source_crs or "", len(skipped))


def compare(
    store: Store, person: Person, survey: Survey, wishes: Wishes | None = None, progress: Progress | None = None
) -> Comparison:
    """Compare a surveyed file with the part of its layer that the person reads; nothing is written.

    Raises:
        NotFoundError: no such layer, or no such area for which the file should be complete.
    """
    progress, wishes = progress or Progress(), wishes or Wishes()
    layer = declared(survey.feed.layer)
    old = store.read(layer.name, reach=reach.of(store, person, layer.name))
    fields = compared_fields(layer, filled(survey.feed))
    if not len(survey.frame):
        raise BadRequestError(f"{survey.upload.original_name} has no row to compare.")
    sides = Sides(layer, old, survey.frame, fields, wishes, _taken(store, layer, wishes.key_prefix))
    items = bulk_compare.compare(store, sides, progress.part(0, 80))
    comparison = Comparison(survey, sides, items, faults_of(store, ()))
    progress(80, 100, "checking every row")
    readable = {layer.name: reach.of(store, person, layer.name)}
    undecided = {item.number: SKIP for item in items if item.kind is Kind.AMBIGUOUS}
    found = edits(comparison, undecided)
    progress(85, 100, "checking every row")
    return replace(comparison, faults=faults_of(store, found, readable=readable) if found else comparison.faults)


def _taken(store: Store, layer: Layer, prefix: str) -> frozenset[str]:
    if not prefix:
        return frozenset()
    keys = store.read(layer.name, where=[Condition(layer.key, "contains", prefix)], geometry=False)[layer.key]
    return frozenset(keys.astype(str))


def decided(comparison: Comparison, decisions: Mapping[int, str]) -> tuple[Item, ...]:
    """Give the items with the person's decisions applied: which row it is, that it is new, or that it is left out.

    Raises:
        BadRequestError: an ambiguous row without a decision, a decision that does not fit, or two rows that are to be the same.
    """
    strange = [number for number in decisions if not 0 <= number < len(comparison.items)]
    if strange:
        raise BadRequestError(f"There is no row {strange[0]} in this comparison; compare the file again.")
    found = [_decide(comparison, item, decisions.get(item.number)) for item in comparison.items]
    kept = [item for item in found if item is not None]
    open_ = [item for item in kept if item.kind is Kind.AMBIGUOUS]
    if open_:
        rows = ", ".join(str(item.row) for item in open_[:SHOWN])
        raise BadRequestError(
            f"{len(open_)} rows are not decided: {rows}. "
            "Say for each which row of the layer it is, that it is new, or leave it out."
        )
    claimed: dict[str, Item] = {}
    for item in kept:
        if item.id is not None and claimed.setdefault(item.id, item) is not item:
            raise BadRequestError(
                f"Rows {claimed[item.id].row} and {item.row} of the file are both to be {comparison.layer.name} {item.key}; "
                "choose one of them."
            )
    return tuple(kept)


def _decide(comparison: Comparison, item: Item, decision: str | None) -> Item | None:
    if decision is None:
        return item
    if decision == SKIP:
        return None
    if item.kind is not Kind.AMBIGUOUS:
        raise BadRequestError(f"Row {item.row} is not open; it can be taken or left out.")
    if decision == ADD:
        return replace(item, kind=Kind.ADDED, candidates=())
    chosen = next((one for one in item.candidates if one.id == decision), None)
    if chosen is None or item.row is None:
        raise BadRequestError(f"Row {item.row} cannot be {decision!r}; choose one of its candidates.")
    sides = comparison.sides
    at, old = sides.new.index.get_loc(item.row), sides.position(chosen.id)
    return changed(sides, at, old, number=item.number, matched_by="person", moved_m=_moved(sides, at, old))


def _moved(sides: Sides, at: int, old: int) -> float | None:
    if sides.layer.geometry is GeometryKind.NONE:
        return None
    before, after = line_match.metric_pair(sides.old.geometry.iloc[[old]], sides.new.geometry.iloc[[at]])
    return None if before[0] is None or after[0] is None else float(line_match.moved_m(before, after)[0])


def edits(comparison: Comparison, decisions: Mapping[int, str] | None = None) -> list[Edit]:
    """Give what has to be done: one Insert of what is new, an Update for each changed row, a Delete for each removed one.

    Every Update and Delete carries the version that was seen when the file was compared.

    Raises:
        BadRequestError: as `decided` does.
    """
    items = decided(comparison, decisions or {})
    sides, layer = comparison.sides, comparison.layer
    new = [item.row for item in items if item.kind is Kind.ADDED]
    found: list[Edit] = []
    if new:
        rows = sides.new.loc[new].drop(columns=["id", "ver"], errors="ignore")
        found.append(Insert(layer.name, _with_keys(rows, sides)))
    for item in items:
        if item.id is None:
            continue
        if item.kind in CHANGED:
            moved = {"geometry": sides.new.geometry.loc[item.row]} if item.kind is not Kind.ATTRIBUTES else {}
            values = {name: after for name, _, after in item.fields}
            found.append(Update(layer.name, item.id, item.ver, values, **moved))
        elif item.kind is Kind.REMOVED:
            found.append(Delete(layer.name, item.id, item.ver))
    return found


def _with_keys(rows: GeoDataFrame, sides: Sides) -> GeoDataFrame:
    """Number the new rows that have no key, where the person gave a prefix."""
    key, prefix = sides.layer.key, sides.wishes.key_prefix
    lacking = rows[key].isna()
    if not prefix or not lacking.any():
        return rows
    taken = sides.taken | set(rows[key].dropna().astype(str))
    numbered, number = rows.copy(), 0
    for label in rows.index[lacking]:
        number += 1
        while f"{prefix}{number:04d}" in taken:
            number += 1
        numbered.loc[label, key] = f"{prefix}{number:04d}"
    return numbered


def accept(  # noqa: PLR0913 - who takes what, why, with which decisions, and how far it is
    store: Store,
    person: Person,
    comparison: Comparison,
    decisions: Mapping[int, str] | None = None,
    *,
    reason: str = "",
    progress: Progress | None = None,
) -> Saved:
    """Take a comparison into the layer as one change, or as a change request where the person may only submit.

    Raises:
        BadRequestError: ambiguous rows are not decided, or there is nothing to change.
        StaleEditsError: somebody changed one of the rows since the comparison; nothing is saved.
        EditFaultsError: rows do not meet the layer.
        ForbiddenError, NotFoundError, OutOfReachError: the person's rights do not reach so far.
    """
    found = edits(comparison, decisions)
    if not found:
        raise BadRequestError("The file changes nothing; there is nothing to accept.")
    upload = comparison.survey.upload
    why = reason or f"Update of {comparison.layer.name} from {upload.original_name}"
    file = (upload.original_name, comparison.survey.sha256)
    return save_edits.save(store, person, found, reason=why, origin="file", kind="bulk", file=file, progress=progress)


def stale(
    store: Store, person: Person, comparison: Comparison, decisions: Mapping[int, str] | None = None
) -> list[dict[str, Any]]:
    """List the rows that somebody changed or removed since the comparison: id, versions, who, bureau and when."""
    seen = {edit.id: edit.expected_ver for edit in edits(comparison, decisions) if isinstance(edit, (Update, Delete))}
    name, readable = comparison.layer.name, reach.of(store, person, comparison.layer.name)
    now = store.read(name, geometry=False, reach=readable)
    versions = dict(zip(now["id"].tolist(), now["ver"].tolist(), strict=True))
    keys = {item.id: item.key for item in comparison.items if item.id}
    found = []
    for feature_id, expected in seen.items():
        if versions.get(feature_id) != expected:
            last = store.history(name, feature_id, reach=readable)[-1:]
            found.append(
                {"layer": name, "id": feature_id, "key": keys.get(feature_id, ""), "expected_ver": expected}
                | {"ver": versions.get(feature_id)}
                | {"who": last[0].who if last else "", "bureau": last[0].bureau if last else ""}
                | {"at": last[0].at.isoformat()[:16] if last else ""}
            )
    return found


def summary(comparison: Comparison) -> list[dict[str, Any]]:
    """Give the comparison as rows of a table."""
    return [
        {
            "class": str(item.kind),
            "row": item.row,
            "key": item.key,
            "name": item.name,
            "matched_by": item.matched_by,
            "moved_m": None if item.moved_m is None else round(item.moved_m, 2),
            "fields": "; ".join(f"{name}: {_shown(before)} → {_shown(after)}" for name, before, after in item.fields),
            "reason": item.reason,
            "candidates": "; ".join(one.key or one.id for one in item.candidates),
        }
        for item in comparison.items
    ]


def _shown(value: Any) -> str:
    return "—" if value is None else str(value)
