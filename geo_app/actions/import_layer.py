"""Import one file into one layer: look, answer, check, repair, accept; one change, all or nothing."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from geo_app.actions import import_rights, inputs, reach
from geo_app.actions.merging import Mode, apply, edits, filled
from geo_app.actions.recipe_text import recipe_text
from geo_app.progress import Progress
from layers import files
from layers.catalogue import layer as declared
from layers.schema import GeometryKind
from layers.store import Change, Receipt

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd
    from geopandas import GeoDataFrame
    from shapely.geometry.base import BaseGeometry

    from geo_app.access import Person
    from geo_app.actions.signing import By
    from geo_app.actions.uploads import Upload
    from geo_app.config import Settings
    from layers.files import Answers, CheckReport, Inspection, Limits
    from layers.schema import Field, Layer
    from layers.store import Store

AREA_GEOMETRY_LAYERS = ("counties", "townships", "villages")
AREA_LAYERS = ("areas", *AREA_GEOMETRY_LAYERS)
UNITS_ZH = {"household": "户", "person": "人", "month": "月"}
UNITS_EN = {
    "万元": "10,000 yuan",
    "万元/年": "10,000 yuan a year",
    "household": "households",
    "person": "persons",
    "month": "months",
}
"""Units as our tables write them in their headings (geo_app.web.language)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What the person chose for a file: the layer, the answers, which column fills which field, repairs, and what of bad rows."""

    layer: str
    answers: Answers = field(default_factory=files.Answers)
    columns: Mapping[str, str] = field(default_factory=dict)
    """Field name → column of the file. Empty: by equal names and titles."""
    match_names: bool = False
    """Whether columns that are not named above are matched by equal names and titles too."""
    constants: Mapping[str, Any] = field(default_factory=dict)
    translate: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    repairs: tuple[str, ...] = ()
    skip_bad_rows: bool = False
    mode: Mode = Mode.ADD


@dataclass(frozen=True, slots=True)
class Checked:
    """A file as it would be taken: rows with dictionary names, the check report, what repairs changed, and what was read how."""

    upload: Upload
    choices: Choices
    feed: files.Feed
    frame: GeoDataFrame
    report: CheckReport
    repaired: pd.DataFrame
    source_crs: str
    encoding: str
    sha256: str
    notes: tuple[str, ...]

    @property
    def errors(self) -> int:
        """Number of faults that stop an import."""
        return len(self.report.errors)

    @property
    def warnings(self) -> int:
        """Number of faults that are shown and pass."""
        return len(self.report.faults) - self.errors


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did: the receipt of its change, rows taken, rows skipped with the reason, cells repaired."""

    receipt: Receipt
    layer: str
    rows: int
    skipped: pd.DataFrame
    repaired: pd.DataFrame
    recipe: str
    request_id: int | None = None
    """Number of the change request that waits for review, where the person may not apply; the receipt is then of nothing."""


def inspect(store: Store, upload: Upload, *, limits: Limits | None = None, person: Person | None = None) -> Inspection:
    """Look into a waiting file: format, layers, fields, sample values, and the questions only the person can answer."""
    bounds = area_bounds(store, person)
    return files.inspect(upload.path, original_name=upload.original_name, area_bounds=bounds, limits=limits or files.Limits())


def suggest(layer_name: str, columns: Sequence[str]) -> dict[str, str]:
    """Match columns of a file to fields by equal name, Chinese title or English title, letter case and spaces aside.

    A title may be followed by the field's own unit in brackets, as our tables write it; another unit is another column.
    """
    layer = declared(layer_name)
    by_text = {_folded(column): column for column in reversed(columns)}
    matched: dict[str, str] = {}
    for item in layer.fields:
        for text in (item.name, item.zh, item.en, item.name[:10], *_with_unit(item)):
            column = by_text.get(_folded(text))
            if column is not None and column not in matched.values():
                matched[item.name] = column
                break
    return matched


def check(
    store: Store, upload: Upload, choices: Choices, *, limits: Limits | None = None, person: Person | None = None
) -> Checked:
    """Read a waiting file with the person's answers and check every row; repairs are applied before the check. Changes nothing.

    Rows are compared with what the person reads (none named: everything).

    Raises:
        QuestionError: the CRS, the encoding or the table is not known and was not answered.
    """
    layer = declared(choices.layer)
    limits = limits or files.Limits()
    raw, feed, repaired = read(store, upload, choices, limits=limits)
    known = known_keys(store, layer, repaired.frame, new=choices.mode is Mode.ADD, person=person)
    options = options_of(store, feed, person=person)
    report = files.check(repaired.frame, layer, known=known, boundary=boundary(store, layer, person), options=options)
    return Checked(
        upload,
        choices,
        feed,
        repaired.frame,
        report,
        repaired.log,
        raw.source_crs or "",
        raw.encoding or "",
        raw.sha256,
        tuple(raw.notes),
    )


def read(
    store: Store, upload: Upload, choices: Choices, *, limits: Limits
) -> tuple[files.RawTable, files.Feed, files.RepairResult]:
    """Read a waiting file in the locked-down process, give its columns the layer's names, and repair as chosen; no check yet.

    Raises:
        QuestionError: the CRS, the encoding or the table is not known and was not answered.
    """
    raw = _read(store, upload, choices.answers, limits)
    columns = _columns(choices, [str(name) for name in raw.frame.columns if name != "geometry"])
    feed = feed_of(upload, choices, columns)
    frame, _ = files.apply_feed(raw, feed)
    return raw, feed, files.repair(frame, declared(choices.layer), choices.repairs, limits=limits)


def _columns(choices: Choices, there: list[str]) -> dict[str, str]:
    if choices.columns and not choices.match_names:
        return dict(choices.columns)
    taken = set(choices.columns.values())
    found = suggest(choices.layer, [name for name in there if name not in taken])
    return {name: column for name, column in found.items() if name not in choices.constants} | dict(choices.columns)


def _read(store: Store, upload: Upload, answers: Answers, limits: Limits) -> files.RawTable:
    """Read a file; a question that stays open is asked with only the choices that put the data inside the known area."""
    try:
        return files.read(upload.path, original_name=upload.original_name, answers=answers, limits=limits)
    except files.QuestionError as error:
        kinds = {question.kind for question in error.questions}
        asked = tuple(question for question in inspect(store, upload, limits=limits).questions if question.kind in kinds)
        raise files.QuestionError(asked or error.questions) from None


def accept(store: Store, checked: Checked, by: By, progress: Progress | None = None, *, person: Person | None = None) -> Imported:
    """Take a checked file into the store as one change, or submit it as a change request where the person may not apply.

    Raises:
        FaultsError: faults remain and rows are not to be skipped.
        NotFoundError, ForbiddenError: the person does not read, or not write, the layer.
        OutOfReachError: a row, before or after, lies outside of what the person may write.
    """
    progress = progress or Progress()
    rights = import_rights.of(store, person, checked.choices.layer)
    choices = checked.choices
    frame, skipped = files.accept(checked.frame, checked.report, skip_bad_rows=choices.skip_bad_rows)
    progress(0, 100, "comparing with the layer")
    recipe = recipe_text(declared(choices.layer), checked.feed)
    change = Change(
        who=by.who,
        bureau=by.bureau,
        reason=by.reason or f"Import of {checked.upload.original_name}",
        edits=tuple(edits(store, choices.layer, frame, choices.mode, fields=filled(checked.feed), reach=rights.reading)),
        kind="import",
        file_name=checked.upload.original_name,
        file_sha256=checked.sha256,
        recipe=recipe,
        account_id=None if person is None else person.account_id,
    )
    if change.edits and rights.asking is not None:
        number = import_rights.submit(store, change, rights)
        return Imported(Receipt(0, {}, 0, 0, 0), choices.layer, len(frame), skipped, checked.repaired, recipe, number)
    receipt = apply(store, change, progress.part(10, 100), rights.applying)
    return Imported(receipt, choices.layer, len(frame), skipped, checked.repaired, recipe)


def limits_of(settings: Settings) -> Limits:
    """Give the reader's limits that an installation has set."""
    return files.Limits(
        upload_mb=settings.max_upload_mb,
        features=settings.reader_features,
        vertices=settings.reader_vertices,
        memory_mb=settings.reader_memory_mb,
        cpu_s=settings.reader_seconds,
        wall_s=float(settings.reader_seconds),
    )


def known_keys(  # noqa: PLR0913 - what may be known, and by whom
    store: Store,
    layer: Layer,
    frame: pd.DataFrame,
    *,
    also: Mapping[str, set[str]] | None = None,
    new: bool = False,
    person: Person | None = None,
) -> dict[str, set[str]]:
    """Give the keys held already in every layer that fields of this one point to, and the codes of the area hierarchy.

    Layers without rows are left out: nothing can be known of them. `also` are keys that come with the same change; `new` asks
    that the keys of `frame` are new, otherwise they are left out of the layer's own.
    """
    pointed = {item.references for item in layer.fields if item.references}
    found = {name: _keys(store, name, person) | set((also or {}).get(name, ())) for name in {*pointed, *AREA_LAYERS, layer.name}}
    found["areas"] = set().union(*(found[name] for name in AREA_LAYERS if name != layer.name or name == "areas"))
    if not new:
        own = set(frame[layer.key].dropna().astype(str)) if layer.key in frame else set()
        found[layer.name] = found[layer.name] - own if layer.name in {*pointed, "areas"} else set()
    wanted = {*pointed, "areas", layer.name}
    return {name: keys for name, keys in found.items() if name in wanted and keys}


def _keys(store: Store, name: str, person: Person | None = None) -> set[str]:
    if (person is not None and not reach.may(person, name)) or not store.count(name):
        return set()
    return set(inputs.read(store, [name], person=person)[name][declared(name).key].dropna().astype(str))


def options_of(store: Store, feed: files.Feed, *, scheme: str | None = None, person: Person | None = None) -> files.Checks:
    """Say what a check may know beyond the rows: fields the source lacks, rows to measure shifts against, the codes' scheme."""
    reference = None
    if declared(feed.layer).geometry is not GeometryKind.NONE and store.count(feed.layer):
        reference = inputs.read(store, [feed.layer], person=person)[feed.layer].geometry
    return replace(code_options(store, scheme, person), allow_missing=feed.allow_missing, reference=reference)


def code_options(store: Store, scheme: str | None = None, person: Person | None = None) -> files.Checks:
    """Say by which scheme area codes are checked (the one given, else the store's own), and which counties it knows."""
    counties = frozenset(_keys(store, "counties", person))
    return files.Checks(scheme=scheme or inputs.scheme_name(store), counties=counties)


def area_bounds(store: Store, person: Person | None = None) -> tuple[float, float, float, float] | None:
    """Give the bounds in degrees of the areas the store knows; None when it knows none."""
    for name in AREA_GEOMETRY_LAYERS:
        if store.count(name):
            frame = inputs.read(store, [name], person=person)[name]
            if frame.empty:
                continue
            west, south, east, north = frame.total_bounds
            return float(west), float(south), float(east), float(north)
    return None


def boundary(store: Store, layer: Layer, person: Person | None = None) -> BaseGeometry | None:
    """Give the outline of the known areas, against which a layer's rows are checked; None for the area layers themselves."""
    if layer.name in AREA_GEOMETRY_LAYERS:
        return None
    for name in AREA_GEOMETRY_LAYERS:
        if store.count(name):
            frame = inputs.read(store, [name], person=person)[name]
            if frame.empty:
                continue
            return frame.geometry.dropna().union_all()
    return None


def feed_of(upload: Upload, choices: Choices, columns: Mapping[str, str]) -> files.Feed:
    """Write down what was chosen, as the feed of the recipe that repeats it; what the file says itself is left to the file."""
    answers = choices.answers
    return files.Feed(
        layer=choices.layer,
        file=upload.original_name,
        member=answers.layer,
        crs=answers.crs,
        encoding=answers.encoding,
        x_field=answers.x_field,
        y_field=answers.y_field,
        columns=dict(columns),
        constants=dict(choices.constants),
        translate={name: dict(table) for name, table in choices.translate.items()},
        repairs=tuple(choices.repairs),
        skip_bad_rows=choices.skip_bad_rows,
    )


def _with_unit(field: Field) -> Iterator[str]:
    for title, unit in ((field.zh, field.unit), (field.zh, UNITS_ZH.get(field.unit)), (field.en, UNITS_EN.get(field.unit))):
        if unit:
            yield f"{title}({unit})"


def _folded(text: str) -> str:
    return "".join(text.casefold().replace("（", "(").replace("）", ")").split()).replace("_", "")
