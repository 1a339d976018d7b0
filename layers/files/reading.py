"""Looks into a bureau's file and reads it: format by name and bytes, then a locked-down process, then EPSG:4490.

`inspect` says what a file holds and which questions it leaves open; `read` gives its rows once they are answered.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from layers.files import crs_question, sandbox
from layers.files.coordinates import coordinate_fields, geometries_from, points_from, wkt_field
from layers.files.errors import QuestionError
from layers.files.plain_table import GEOMETRY_COLUMN
from layers.files.questions import Answers, Choice, Limits, Question
from layers.files.staging import Staged, staging
from layers.schema import STORAGE_CRS

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa
    from numpy.typing import NDArray

    from layers.files.plain_table import PlainTable

SAMPLE_POINTS = 2_000
SAMPLE_VALUES = 5


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a file holds, as far as it says so, and what it leaves open."""

    format: str
    layers: tuple[str, ...]
    layer: str | None
    fields: tuple[tuple[str, str], ...]
    count: int
    geometry_types: tuple[str, ...]
    declared_crs: str | None
    bounds: tuple[float, float, float, float] | None
    encoding: tuple[str | None, str]
    sample_values: dict[str, tuple[str, ...]]
    questions: tuple[Question, ...]
    notes: tuple[str, ...]
    sha256: str


@dataclass(frozen=True, slots=True)
class RawTable:
    """Rows of a file in EPSG:4490; the index holds the 1-based row numbers of the file.

    `frame.attrs["geometry_faults"]` maps a row number to what is wrong with a geometry that could not be read as it stands.
    """

    frame: gpd.GeoDataFrame
    source_crs: str | None
    encoding: str | None
    sha256: str
    notes: tuple[str, ...] = ()
    format: str = ""
    has_geometry: bool = True
    row_numbers: tuple[int, ...] = ()
    """Of a workbook: the number that its sheet gives to each row."""


@dataclass(slots=True)
class _Loaded:
    """A file's rows as the reading process gave them, with what had to be asked."""

    staged: Staged
    table: PlainTable
    data: pd.DataFrame
    geometries: NDArray[np.object_] | None
    questions: list[Question]
    coordinate_fields: tuple[str, str] | None = None


def _series(array: pa.ChunkedArray, index: pd.Index[Any]) -> pd.Series[Any]:
    """Give a column of the file: whole numbers and flags nullable, numbers as floats, texts as objects with None."""
    kind = str(array.type)
    if kind in ("int64", "int32", "int16", "int8"):
        return pd.Series(pd.array(array.to_pylist(), dtype="Int64"), index=index)
    if kind == "bool":
        return pd.Series(pd.array(array.to_pylist(), dtype="boolean"), index=index)
    if kind in ("double", "float"):
        return pd.Series(array.to_numpy().astype(float), index=index)
    column = np.empty(len(array), dtype=object)
    column[:] = array.to_pylist()
    return pd.Series(column, index=index, dtype=object)


def _load(path: Path, original_name: str, answers: Answers, limits: Limits) -> _Loaded:
    with staging(path, original_name, answers.layer, limits) as staged:
        table, arrow = sandbox.read(staged.path, staged.kind, answers=answers, limits=limits)
    index = pd.RangeIndex(1, table.rows + 1, name="row")
    data = pd.DataFrame({name: _series(arrow.column(f"c{at}"), index) for at, (name, _) in enumerate(table.types)}, index=index)
    geometries = None
    if table.geometry is not None or GEOMETRY_COLUMN in arrow.column_names:
        wkb = np.empty(table.rows, dtype=object)
        wkb[:] = arrow.column(GEOMETRY_COLUMN).to_pylist()
        with np.errstate(invalid="ignore"):  # coordinates that are no numbers are told as faults of their rows
            geometries = np.asarray(shapely.from_wkb(wkb), dtype=object)
    loaded = _Loaded(staged, table, data, geometries, _structure_questions(staged, table, answers))
    if geometries is None and staged.kind in ("csv", "xlsx"):
        loaded.coordinate_fields = coordinate_fields(list(data.columns), answers)
        if loaded.coordinate_fields is not None:
            loaded.geometries, faults = points_from(data, *loaded.coordinate_fields)
            table.faults.update(faults)
        else:
            _from_wkt(loaded, answers, limits)
    return loaded


def _from_wkt(loaded: _Loaded, answers: Answers, limits: Limits) -> None:
    """Take a table's geometries from its column of WKT, where it has one; the column itself is no field any more."""
    name = wkt_field(loaded.data, answers)
    if name is None:
        return
    geometries, faults = geometries_from(loaded.data[name])
    limits.require("vertices", int(shapely.get_num_coordinates(geometries).sum()), "vertices")
    loaded.geometries = geometries
    loaded.data = loaded.data.drop(columns=name)
    loaded.table.types = [(column, kind) for column, kind in loaded.table.types if column != name]
    loaded.table.faults.update(faults)


def _structure_questions(staged: Staged, table: PlainTable, answers: Answers) -> list[Question]:
    questions = []
    layers = staged.layers or tuple(table.layers)
    if answers.layer is None and (len(staged.layers) > 1 or table.layer_question):
        choices = tuple(Choice(name, name, name) for name in layers)
        questions.append(
            Question("layer", "文件里有多个图层，请选择一个。", "The file holds several layers; choose one.", choices)
        )
    if table.encoding_question is not None:
        asked = table.encoding_question
        questions.append(
            Question("encoding", asked["text_zh"], asked["text_en"], tuple(Choice(*choice) for choice in asked["choices"]))
        )
    return questions


def _sample_points(geometries: NDArray[np.object_] | None) -> NDArray[np.float64]:
    if geometries is None:
        return np.empty((0, 2))
    points = shapely.get_coordinates(geometries)
    points = points[np.isfinite(points).all(axis=1)]
    step = max(1, len(points) // SAMPLE_POINTS)
    sample: NDArray[np.float64] = points[::step]
    return sample


def _crs_question(loaded: _Loaded, answer: str | None, bounds: tuple[float, float, float, float] | None) -> Question | None:
    points = _sample_points(loaded.geometries)
    if loaded.geometries is None or answer is not None:
        return None
    declared = loaded.table.crs
    if declared is None:
        return crs_question.ask(points, bounds)
    source = crs_question.source_crs(declared)
    return None if crs_question.can_hold(points, source) else crs_question.ask(points, bounds, declared=source.name)


def inspect(
    path: Path, *, original_name: str, area_bounds: tuple[float, float, float, float] | None = None, limits: Limits | None = None
) -> Inspection:
    """Look into a file: format, layers, fields, counts, samples, declared CRS and encoding, and the questions it leaves open.

    Args:
        path: the file as it was stored by us; `original_name` only tells the format.
        original_name: name the person gave it.
        area_bounds: west, south, east, north of the area in degrees EPSG:4490; CRS candidates must put the data inside it.
        limits: how much the file may ask of us.

    Raises:
        UnreadableFileError, BadArchiveError, LimitExceededError: the file is refused.
        RefusedCrsError: the declared CRS has no accurate way to EPSG:4490.
    """
    loaded = _load(path, original_name, Answers(), limits or Limits())
    table = loaded.table
    question = _crs_question(loaded, None, area_bounds)
    questions = [*loaded.questions, *([question] if question else [])]
    points = _sample_points(loaded.geometries)
    bounds = tuple(map(float, (*points.min(axis=0), *points.max(axis=0)))) if len(points) else None
    declared = None if table.crs is None else crs_question.source_crs(table.crs).name
    notes = [*table.notes, *loaded.staged.notes]
    if declared is not None and question is None and area_bounds is not None and len(points):
        notes += _place_notes(points, declared, area_bounds)
    return Inspection(
        format=table.format,
        layers=loaded.staged.layers or tuple(table.layers),
        layer=loaded.staged.layer or table.layer,
        fields=tuple(table.types),
        count=table.rows,
        geometry_types=_geometry_types(loaded.geometries),
        declared_crs=declared,
        bounds=None if bounds is None else (bounds[0], bounds[1], bounds[2], bounds[3]),
        encoding=(table.encoding, table.encoding_how),
        sample_values=_samples(loaded.data),
        questions=tuple(questions),
        notes=tuple(notes),
        sha256=loaded.staged.sha256,
    )


def _place_notes(points: NDArray[np.float64], declared: str, area_bounds: tuple[float, float, float, float]) -> list[str]:
    share = crs_question.share_inside(crs_question.source_crs(declared).transform(points), area_bounds)
    if share >= crs_question.LEAST_SHARE:
        return []
    hint = " Longitude and latitude look swapped." if crs_question.looks_swapped(points, area_bounds) else ""
    return [f"Only {share:.0%} of the data lies inside the area by the declared CRS.{hint}"]


def _geometry_types(geometries: NDArray[np.object_] | None) -> tuple[str, ...]:
    if geometries is None:
        return ()
    return tuple(sorted({geometry.geom_type for geometry in geometries if geometry is not None}))


def _samples(data: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    return {
        name: tuple(str(value) for value in data[name].dropna().drop_duplicates().head(SAMPLE_VALUES).tolist())
        for name in data.columns
    }


def read(path: Path, *, original_name: str, answers: Answers | None = None, limits: Limits | None = None) -> RawTable:
    """Read a file's rows into EPSG:4490.

    Args:
        path: the file as it was stored by us.
        original_name: name the person gave it; tells the format.
        answers: CRS, encoding, layer and coordinate columns where the file does not say them. A CRS given here prevails over the
            declared one, because web-map data in GCJ-02 usually declares WGS 84.
        limits: how much the file may ask of us.

    Raises:
        QuestionError: something only a person knows; carries the questions.
        UnreadableFileError, BadArchiveError, LimitExceededError, RefusedCrsError: the file is refused.
    """
    given = answers or Answers()
    loaded = _load(path, original_name, given, limits or Limits())
    question = _crs_question(loaded, given.crs, None)
    if loaded.questions or question:
        raise QuestionError((*loaded.questions, *([question] if question else [])))
    notes = [*loaded.table.notes, *loaded.staged.notes]
    data, geometries, name = loaded.data, loaded.geometries, None
    if geometries is None:
        geometries = np.full(len(data), None, dtype=object)
    else:
        source = crs_question.source_crs(given.crs or str(loaded.table.crs))
        geometries, name = crs_question.to_storage(geometries, source), source.name
        notes += [source.note] if source.note else []
        if given.crs is not None and loaded.table.crs not in (None, "OGC:CRS84"):
            notes.append(f"The coordinate system was given as {name}; the file itself declares another.")
    frame = gpd.GeoDataFrame(data, geometry=gpd.GeoSeries(geometries, index=data.index, crs=STORAGE_CRS), crs=STORAGE_CRS)
    frame.attrs["geometry_faults"] = dict(loaded.table.faults)
    return RawTable(
        frame,
        name,
        loaded.table.encoding,
        loaded.staged.sha256,
        tuple(notes),
        loaded.table.format,
        loaded.geometries is not None,
        tuple(loaded.table.row_numbers),
    )
