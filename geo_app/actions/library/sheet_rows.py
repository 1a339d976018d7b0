"""Rows of a county's workbook as rows of the library, every fault with the address of its cell."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, Final

import geopandas as gpd
import pandas as pd
from openpyxl.utils import get_column_letter

from geo_app.actions import import_layer
from geo_app.actions.library import sheet_form
from geo_app.errors import BadRequestError, in_both
from layers import files
from layers.projects import LAYER
from layers.schema import STORAGE_CRS, PersonError
from processing.library.money import PER_UNIT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from geo_app.access import Person
    from geo_app.actions.uploads import Upload
    from layers.files import Feed, Limits
    from layers.store import Store

DEFAULT_CRS: Final = "EPSG:4490"
MOST_FAULTS: Final = 2000


class NoKeyColumnError(PersonError, ValueError):
    """A workbook without a column of project numbers cannot be compared with the library."""

    code: ClassVar[str] = "bad_file"


@dataclass(frozen=True, slots=True)
class CellFault:
    """A fault with its place in the workbook: sheet, address such as C7 (empty: the whole row or column), field, what to do."""

    sheet: str
    cell: str
    row: int | None
    field: str
    rule: str
    severity: str
    value: str
    expected_zh: str
    expected_en: str
    advice_zh: str
    advice_en: str


@dataclass(frozen=True, slots=True)
class SheetRows:
    """The rows of a sheet: typed values with dictionary names (index = the sheet's row numbers), fields it fills, faults."""

    sheet: str
    frame: gpd.GeoDataFrame
    fields: frozenset[str]
    columns: Mapping[str, str]
    units: Mapping[str, str]
    faults: tuple[CellFault, ...]
    sha256: str
    notes: tuple[str, ...]
    letters: Mapping[str, str]
    """The column of the sheet for each field."""

    @property
    def errors(self) -> tuple[CellFault, ...]:
        """The faults that stop an import."""
        return tuple(item for item in self.faults if item.severity == "error")


@dataclass(frozen=True, slots=True)
class _Places:
    """Where in the sheet a field of a row stands."""

    sheet: str
    letters: Mapping[str, str]

    def fault(self, row: int | None, field: str, rule: str, value: Any, texts: tuple[str, str, str, str]) -> CellFault:
        letter = self.letters.get(field, "")
        cell = f"{letter}{row}" if letter and row else letter
        return CellFault(self.sheet, cell, row, field, rule, "error", str(value)[:80], *texts)


def feed_of(recipe: str, name: str) -> Feed:
    """Give the feed for projects of a recipe, or one that takes everything by its titles.

    Raises:
        RecipeError: the recipe cannot be followed.
        BadRequestError: it has no feed for projects.
    """
    if not recipe.strip():
        return files.Feed("projects", name)
    for feed in files.Recipe.load(recipe).feeds:
        if feed.layer == "projects":
            return feed
    raise BadRequestError('The recipe has no [[feed]] with layer = "projects".')


def read(store: Store, upload: Upload, feed: Feed, *, limits: Limits, person: Person | None) -> SheetRows:
    """Read a workbook's sheet of projects, each cell by itself, and check every row; nothing is written.

    Raises:
        NoKeyColumnError: no column holds the project numbers.
        UnreadableFileError, LimitExceededError, RecipeError: the file or recipe is refused.
    """
    answers = replace(feed.answers, crs=feed.crs or DEFAULT_CRS, layer=feed.member)
    try:
        raw = files.read(upload.path, original_name=upload.original_name, answers=answers, limits=limits)
        sheet = feed.member or ""
    except files.QuestionError as error:
        if feed.member or {item.kind for item in error.questions} != {"layer"}:
            raise
        sheet = _sheet(error)
        raw = files.read(upload.path, original_name=upload.original_name, answers=replace(answers, layer=sheet), limits=limits)
    columns, units = _columns(raw, feed)
    if "project_id" not in columns and "project_id" not in feed.constants:
        said = (
            f"The sheet has no column with project numbers ({LAYER['project_id'].zh}). "
            "Name it so, name the header row, or map it in a recipe."
        )
        raise in_both(NoKeyColumnError(said), f"表中没有“{LAYER['project_id'].zh}”一列。请写明列标题或表头行，或写入读取方案。")
    places = _Places(sheet or sheet_form.SHEET, _letters(raw, columns, feed))
    reading = _Reading(raw, feed, columns, units, places)
    frame = reading.frame()
    faults = (*reading.faults, *_checked(store, frame, reading, person))
    fields = frozenset({*columns, *feed.constants})
    return SheetRows(places.sheet, frame, fields, columns, units, faults[:MOST_FAULTS], raw.sha256, raw.notes, places.letters)


def _sheet(error: files.QuestionError) -> str:
    """Choose the sheet of our own form among several; otherwise the first."""
    names = [choice.value for question in error.questions for choice in question.choices]
    return sheet_form.SHEET if sheet_form.SHEET in names else names[0]


def _columns(raw: files.RawTable, feed: Feed) -> tuple[dict[str, str], dict[str, str]]:
    there = [str(name) for name in raw.frame.columns if name != "geometry"]
    taken = {*feed.columns.values(), *feed.sources.values()}
    found, units = sheet_form.match([name for name in there if name not in taken])
    missing = sorted(taken - set(there))
    if missing:
        raise files.RecipeError(f"The sheet has no column {', '.join(missing)}; its columns are: {', '.join(there)[:600]}.")
    if feed.sources:
        found.pop("funding_sources", None)
    for name, unit in feed.units.items():
        if unit not in PER_UNIT:
            raise files.RecipeError(f"units.{name}: one of {', '.join(PER_UNIT)} was expected, found {unit!r}.")
    return found | dict(feed.columns) | (dict.fromkeys(["funding_sources"], "") if feed.sources else {}), units | dict(feed.units)


def _letters(raw: files.RawTable, columns: Mapping[str, str], feed: Feed) -> dict[str, str]:
    order = [str(name) for name in raw.frame.columns if name != "geometry"]
    at = {name: get_column_letter(place) for place, name in enumerate(order, 1)}
    found = {field: at[column] for field, column in columns.items() if column in at}
    if feed.sources:
        found["funding_sources"] = at[next(iter(feed.sources.values()))]
    return found


@dataclass(slots=True)
class _Reading:
    """One sheet while it is read: how, and what was found wrong so far."""

    raw: files.RawTable
    feed: Feed
    columns: Mapping[str, str]
    units: Mapping[str, str]
    places: _Places
    faults: list[CellFault] = field(default_factory=list)

    @property
    def numbers(self) -> tuple[int, ...]:
        """The sheet's own row numbers."""
        return self.raw.row_numbers or tuple(int(at) + 1 for at in self.raw.frame.index)

    def frame(self) -> gpd.GeoDataFrame:
        """Give the rows with typed values; cells that cannot be read are unknown and named in `faults`."""
        raw, numbers = self.raw, self.numbers
        data: dict[str, list[Any]] = {}
        for name, column in self.columns.items():
            cells = raw.frame[column].tolist() if column else [None] * len(raw.frame)
            data[name] = [self._cell(name, value, row) for value, row in zip(cells, numbers, strict=True)]
        for name, value in self.feed.constants.items():
            data[name] = [value] * len(raw.frame)
        if self.feed.sources:
            data["funding_sources"] = [self._sources(at, row) for at, row in enumerate(numbers)]
        table = pd.DataFrame(data, index=pd.Index(list(numbers), name="row"), dtype=object)
        found = gpd.GeoDataFrame(table, geometry=raw.frame.geometry.to_numpy(), crs=STORAGE_CRS)
        rows = {int(at): number for at, number in zip(raw.frame.index, numbers, strict=True)}
        found.attrs["geometry_faults"] = {rows[at]: fault for at, fault in raw.frame.attrs.get("geometry_faults", {}).items()}
        return found

    def _cell(self, name: str, value: Any, row: int) -> Any:
        text = "" if pd.api.types.is_scalar(value) and pd.isna(value) else str(value).strip()
        if not text or text in self.feed.unknown:
            return None
        table = self.feed.translate.get(name, {})
        value = table.get(text, table.get("*", value)) or None
        try:
            return sheet_form.parsed(LAYER[name], value, self.units.get(name, sheet_form.MONEY))
        except sheet_form.CellError as error:
            texts = (error.zh, error.en, "改正该单元格", "Correct this cell")
            self.faults.append(self.places.fault(row, name, "type", text, texts))
            return None

    def _sources(self, at: int, row: int) -> list[dict[str, Any]] | None:
        cells = {code: self.raw.frame[column].iloc[at] for code, column in self.feed.sources.items()}
        known = {code: None if pd.isna(value) else value for code, value in cells.items()}
        try:
            return sheet_form.by_source(known, self.units.get("funding_sources", sheet_form.MONEY))
        except sheet_form.CellError as error:
            texts = (error.zh, error.en, "改正该行各资金列", "Correct the columns of money of this row")
            self.faults.append(self.places.fault(row, "funding_sources", "type", "", texts))
            return None


def _checked(store: Store, frame: gpd.GeoDataFrame, reading: _Reading, person: Person | None) -> list[CellFault]:
    """Check the rows as the import of any layer does, and say each fault with its cell."""
    known = import_layer.known_keys(store, LAYER, frame, person=person)
    report = files.check(
        frame,
        LAYER,
        known=known,
        boundary=import_layer.boundary(store, LAYER, person),
        options=import_layer.options_of(store, reading.feed, person=person),
    )
    rows: Any = report.table().to_dict("records")
    return list(_said(rows, reading.columns, reading.places))


def _said(rows: Iterable[Mapping[str, Any]], columns: Mapping[str, str], places: _Places) -> Iterable[CellFault]:
    for item in rows:
        name = str(item["field"])
        if item["severity"] != "error" and name not in columns and name != "geometry":
            continue  # a column that this sheet does not have is no fault of it
        row = None if pd.isna(item["row"]) else int(item["row"])
        texts = item["expected_zh"], item["expected_en"], item["advice_zh"], item["advice_en"]
        yield replace(places.fault(row, name, str(item["rule"]), item["value"], texts), severity=str(item["severity"]))
