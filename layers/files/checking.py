"""Checks rows against a layer and reports every fault at once, as a table and as a map; accepts what may be stored."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from layers.files import code_checks, geometry_checks, value_checks
from layers.files.errors import FaultsError
from layers.files.faults import COLUMNS, Fault, fault
from layers.files.gcj_shift import measure_shift
from layers.files.values import is_unknown
from layers.frames import conform
from layers.schema import STORAGE_CRS, GeometryKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import shapely
    from numpy.typing import NDArray

    from layers.schema import Layer

REPAIR_FOR_RULE = {
    "type": "parse_numbers",
    "code_alias": "translate_codes",
    "outer_spaces": "strip_spaces",
    "geometry_invalid": "make_valid",
    "geometry_unclosed": "close_rings",
    "geometry_type": "multi_to_single",
    "geometry_out_of_range": "swap_lonlat",
}
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Checks:
    """What a check may know beyond the rows.

    Required fields this source does not have, rows to measure shifts against, the scheme of the area codes, the known counties.
    """

    allow_missing: tuple[str, ...] = ()
    reference: gpd.GeoSeries | None = None
    feature_vertices: int = 100_000
    scheme: str | None = None
    counties: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class CheckReport:
    """Every fault of a frame: row, field, rule, value, what was expected, what to do, and where it is.

    `faults.row` is the row number of the file, empty when a whole column is meant. `relaxed` counts, per required field that the
    source was allowed to lack, the rows without it. `parsed` holds the readable values, column by column.
    """

    layer: Layer
    rows: int
    faults: gpd.GeoDataFrame
    relaxed: dict[str, int]
    repairs: tuple[str, ...]
    parsed: dict[str, list[Any]] = field(repr=False, default_factory=dict)

    @property
    def errors(self) -> gpd.GeoDataFrame:
        """The faults that stop an import."""
        return self.faults[self.faults["severity"] == "error"]

    @property
    def warnings(self) -> gpd.GeoDataFrame:
        """The faults that are shown and let an import pass."""
        return self.faults[self.faults["severity"] != "error"]

    @property
    def ok(self) -> bool:
        """Whether nothing stops the import."""
        return bool(self.errors.empty)

    @property
    def bad_rows(self) -> frozenset[int]:
        """Row numbers with at least one error."""
        return frozenset(int(row) for row in self.errors["row"].dropna().tolist())

    @property
    def counts(self) -> pd.DataFrame:
        """Number of faults by rule and severity, most frequent first."""
        grouped = self.faults.groupby(["rule", "severity"]).size().reset_index(name="count")
        counts: pd.DataFrame = grouped.sort_values(["count", "rule"], ascending=[False, True], ignore_index=True)
        return counts

    def table(self) -> pd.DataFrame:
        """The faults as a table without geometry."""
        return pd.DataFrame(self.faults.drop(columns="geometry"))

    def map(self) -> gpd.GeoDataFrame:
        """The faults that have a place, as points in EPSG:4490."""
        return self.faults[self.faults.geometry.notna()]


def _frame_of(faults: Sequence[Fault]) -> gpd.GeoDataFrame:
    data = pd.DataFrame(list(faults), columns=list(COLUMNS))
    data["row"] = pd.array([item.row for item in faults], dtype="Int64")
    places = np.empty(len(faults), dtype=object)
    places[:] = [item.geometry for item in faults]
    return gpd.GeoDataFrame(data.drop(columns="geometry"), geometry=gpd.GeoSeries(places, crs=STORAGE_CRS), crs=STORAGE_CRS)


@dataclass(frozen=True, slots=True)
class Sheet:
    """Rows to be checked, still unparsed: their numbers, the names of all columns, the values of the layer's own, the geometries.

    `geometry_faults` is what the reading of the file found out about geometries, by row.
    """

    rows: Sequence[int]
    names: Sequence[str]
    columns: Mapping[str, Sequence[Any]]
    geometries: NDArray[np.object_]
    geometry_faults: Mapping[int, str] = field(default_factory=dict)


def sheet_of(frame: pd.DataFrame, layer: Layer) -> Sheet:
    """Take the rows out of a frame; its index = the file's row numbers."""
    own = [item.name for item in layer.fields if item.name != "id" and item.name in frame.columns]
    return Sheet(
        [int(row) for row in frame.index],
        [str(name) for name in frame.columns],
        {name: frame[name].tolist() for name in own},
        _geometries(frame),
        frame.attrs.get("geometry_faults", {}),
    )


def _value_faults(
    sheet: Sheet, layer: Layer, known: Mapping[str, set[str]], allow_missing: Sequence[str]
) -> tuple[list[Fault], dict[str, list[Any]], dict[str, int]]:
    rows = sheet.rows
    faults = list(value_checks.undeclared_faults(sheet.names, layer))
    parsed: dict[str, list[Any]] = {}
    relaxed: dict[str, int] = {}
    for item in layer.fields:
        if item.name == "id":
            continue
        values = sheet.columns.get(item.name, [None] * len(rows))
        if item.name in allow_missing:
            relaxed[item.name] = sum(is_unknown(value) for value in values)
        else:
            faults += value_checks.missing_faults(item, values, rows)
        if item.name in sheet.columns:
            parsed[item.name], found = value_checks.parse_column(item, values, rows)
            faults += found
    own = {str(key) for key in parsed.get(layer.key, []) if key is not None}
    faults += value_checks.key_faults(layer, parsed.get(layer.key, [None] * len(rows)), rows, known.get(layer.name, ()))
    for name, values in parsed.items():
        referenced = layer[name].references
        faults += value_checks.reference_faults(
            layer[name], values, rows, known=known, own=own if referenced == layer.name else ()
        )
    if parsed:
        faults += value_checks.row_faults(layer, parsed, rows)
    return faults, parsed, relaxed


def _geometries(frame: pd.DataFrame) -> NDArray[np.object_]:
    if isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name is not None:
        return np.asarray(frame.geometry.array, dtype=object)
    return np.full(len(frame), None, dtype=object)


def _geometry_faults(
    sheet: Sheet, layer: Layer, parsed: Mapping[str, Sequence[Any]], boundary: shapely.Geometry | None, options: Checks
) -> list[Fault]:
    if layer.geometry is GeometryKind.NONE:
        return []
    rows, geometries = sheet.rows, sheet.geometries
    codes = [parsed[name] for name in layer.area_fields if name in parsed]
    placed = [any(value is not None for value in values) for values in zip(*codes, strict=True)] if codes else [False] * len(rows)
    faults = list(geometry_checks.presence_faults(layer, geometries, rows, sheet.geometry_faults, placed))
    found, sound = geometry_checks.each_faults(layer, geometries, rows, options.feature_vertices)
    faults += found
    good = geometries[sound]
    good_rows = [row for row, keep in zip(rows, sound.tolist(), strict=True) if keep]
    faults += geometry_checks.boundary_faults(good, good_rows, boundary)
    faults += geometry_checks.duplicate_faults(good, good_rows)
    faults += geometry_checks.self_overlap_faults(layer, good, good_rows)
    faults += geometry_checks.overlap_faults(layer, good, good_rows)
    if options.reference is not None:
        faults += _shift_fault(good, options.reference)
    return faults


def _shift_fault(geometries: NDArray[np.object_], reference: gpd.GeoSeries) -> list[Fault]:
    """Report a shift that is that of GCJ-02, with its measured length in metres (E17)."""
    shift = measure_shift(geometries, np.asarray(reference.to_crs(STORAGE_CRS).array, dtype=object))
    if shift is None or not shift.suspected:
        return []
    value = f"{shift.length_m:.0f} m ({shift.east_m:+.0f} E, {shift.north_m:+.0f} N)"
    expected = (
        f"与参照图层一致（GCJ-02 在此处的偏移为 {np.hypot(shift.expected_east_m, shift.expected_north_m):.0f} m）",
        f"agreement with the reference (GCJ-02 shifts by {np.hypot(shift.expected_east_m, shift.expected_north_m):.0f} m here)",
    )
    return [fault(None, "geometry", "E17_gcj02_suspected", value, expected=expected, severity="warning")]


def check(
    frame: pd.DataFrame | gpd.GeoDataFrame,
    layer: Layer,
    *,
    known: Mapping[str, set[str]] | None = None,
    boundary: shapely.Geometry | None = None,
    options: Checks | None = None,
) -> CheckReport:
    """Check a frame against a layer and report every fault; the frame is not changed.

    Args:
        frame: rows with the layer's field names and still unparsed values, geometry in EPSG:4490; index = the file's row numbers.
            Its `attrs` carry what a feed knows: `geometry_faults` of the reading, `allow_missing` of the recipe.
        layer: the layer's declaration.
        known: keys held already, per layer; its own name means that a key must be new, `areas` are the codes of the hierarchy.
        boundary: outline of the area, EPSG:4490 (E17).
        options: required fields the source may lack, and a reference layer to measure a GCJ-02 shift against.
    """
    given = options or Checks()
    allowed = (*given.allow_missing, *frame.attrs.get("allow_missing", ()))
    faults, parsed, relaxed = find(
        sheet_of(frame, layer), layer, known=known, boundary=boundary, options=replace(given, allow_missing=allowed)
    )
    rules = {item.rule for item in faults}
    repairs = tuple(dict.fromkeys(repair for rule, repair in REPAIR_FOR_RULE.items() if rule in rules))
    return CheckReport(layer, len(frame), _frame_of(faults), relaxed, repairs, parsed)


def find(
    sheet: Sheet,
    layer: Layer,
    *,
    known: Mapping[str, set[str]] | None = None,
    boundary: shapely.Geometry | None = None,
    options: Checks | None = None,
) -> tuple[list[Fault], dict[str, list[Any]], dict[str, int]]:
    """Find every fault of rows, as `check` does, without making frames: faults, readable values by column, values let pass."""
    given = options or Checks()
    faults, parsed, relaxed = _value_faults(sheet, layer, known or {}, given.allow_missing)
    if given.scheme == code_checks.SCHEME:
        faults += code_checks.prefix_faults(parsed, sheet.rows, counties=given.counties)
    faults += _geometry_faults(sheet, layer, parsed, boundary, given)
    faults.sort(key=lambda item: (item.row is not None, item.row or 0, item.severity, item.rule))
    return faults, parsed, relaxed


def accept(
    frame: pd.DataFrame | gpd.GeoDataFrame, report: CheckReport, *, skip_bad_rows: bool = False
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Give the frame in the layer's types when nothing stops it, all or nothing unless bad rows are to be skipped.

    Args:
        frame: the frame that was checked.
        report: what the check found.
        skip_bad_rows: leave out rows with errors and list them.

    Returns:
        The accepted rows (see `layers.frames`) and the skipped ones: row, faults (count), reasons.

    Raises:
        FaultsError: errors remain, and rows are not to be skipped or the error concerns a whole column.
    """
    errors = report.errors
    columns = errors[errors["row"].isna()]
    if not errors.empty and (not skip_bad_rows or not columns.empty):
        shown = columns if not columns.empty else errors
        first = "; ".join(
            f"row {row if not pd.isna(row) else 'all'}, {name}: {rule} {value}".strip()
            for row, name, rule, value in shown[["row", "field", "rule", "value"]].head(SHOWN).itertuples(index=False)
        )
        raise FaultsError(
            f"{len(report.bad_rows)} of {report.rows} rows of {report.layer.name} have {len(errors)} faults: {first}. "
            "Mend them, use a repair, or choose to skip bad rows."
        )
    bad = report.bad_rows
    keep = [int(row) not in bad for row in frame.index]
    data: dict[str, Any] = {}
    for name, values in report.parsed.items():
        column = np.empty(sum(keep), dtype=object)
        column[:] = [value for value, good in zip(values, keep, strict=True) if good]
        data[name] = pd.Series(column, index=frame.index[keep], dtype=object)
    accepted = pd.DataFrame(data, index=frame.index[keep])
    if report.layer.geometry is not GeometryKind.NONE:
        geometries = _geometries(frame)[np.array(keep, dtype=bool)]
        accepted = gpd.GeoDataFrame(
            accepted, geometry=gpd.GeoSeries(geometries, index=accepted.index, crs=STORAGE_CRS), crs=STORAGE_CRS
        )
    return conform(accepted, report.layer), _skipped(errors)


def _skipped(errors: gpd.GeoDataFrame) -> pd.DataFrame:
    """List the rows left out with their reasons."""
    rows: dict[int, list[str]] = {}
    for row, name, rule, value in errors[["row", "field", "rule", "value"]].itertuples(index=False):
        rows.setdefault(int(row), []).append(f"{name}: {rule} {value}".strip())
    return pd.DataFrame(
        {
            "row": list(rows),
            "faults": [len(reasons) for reasons in rows.values()],
            "reasons": ["; ".join(reasons) for reasons in rows.values()],
        }
    )
