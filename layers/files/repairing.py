"""Named repairs: each says in a log what it changed, row by row; nothing is repaired that nobody asked for."""

from __future__ import annotations

import re
import tempfile
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely

from layers.files import sandbox
from layers.files.errors import RecipeError
from layers.files.plain_table import GEOMETRY_COLUMN
from layers.files.questions import Limits
from layers.files.values import NUMBER_FORM
from layers.schema import FieldType

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from layers.schema import Field, Layer

    TextRepair = Callable[[Field, str], Any]
    ShapeRepair = Callable[[shapely.Geometry], shapely.Geometry]

NUMBERS = (FieldType.INTEGER, FieldType.NUMBER)
UNITS = re.compile(r"(公里|千米|米|米²|平方米|亩|人|户|个|座|处|万元|元|km|m|m3/d|m³/d|%|％)$", re.IGNORECASE)
KILOMETRES = re.compile(r"(公里|千米|km)$", re.IGNORECASE)
LOG_COLUMNS = ("row", "field", "repair", "before", "after")
METRES_PER_KM = 1000.0


@dataclass(frozen=True, slots=True)
class RepairResult:
    """The repaired copy of a frame, and a log of every change: row, field, repair, before, after."""

    frame: gpd.GeoDataFrame
    log: pd.DataFrame


def strip_spaces(_: Field, text: str) -> str:
    """Remove spaces around a text, ideographic ones too."""
    return text.strip()


def fullwidth_to_halfwidth(_: Field, text: str) -> str:
    """Turn full-width digits, letters and signs into plain ones; Chinese punctuation stays."""
    return "".join(
        unicodedata.normalize("NFKC", sign) if "\uff10" <= sign <= "\uff5a" or sign in "．－＋\u3000" else sign for sign in text
    )


def parse_numbers(field: Field, text: str) -> Any:
    """Read "1,200", "１２" and "35公里" as 1200, 12 and 35; the unit is dropped, not converted.

    >>> from layers.schema import Field
    >>> parse_numbers(Field("n", "数", "n", FieldType.NUMBER, "example"), "１，２００ 人")
    1200.0
    """
    if field.type not in NUMBERS:
        return text
    plain = unicodedata.normalize("NFKC", text).strip().replace(",", "").replace(" ", "")
    plain = UNITS.sub("", plain)
    return float(plain) if NUMBER_FORM.fullmatch(plain) else text


def unit_km_to_m(field: Field, text: str) -> Any:
    """Turn "3.5公里" into 3500 where the field is in metres."""
    if field.unit != "m" or field.type not in NUMBERS:
        return text
    plain = unicodedata.normalize("NFKC", text).strip().replace(",", "").replace(" ", "")
    number = KILOMETRES.sub("", plain)
    return float(number) * METRES_PER_KM if number != plain and NUMBER_FORM.fullmatch(number) else text


def translate_codes(field: Field, text: str) -> str:
    """Turn a label or a known other spelling into the code of the list."""
    if field.codes is None or text in field.codes:
        return text
    return field.codes.resolve(text) or text


def swap_lonlat(geometry: shapely.Geometry) -> shapely.Geometry:
    """Exchange longitude and latitude."""
    return shapely.transform(geometry, lambda points: points[:, ::-1])


def drop_z(geometry: shapely.Geometry) -> shapely.Geometry:
    """Leave heights out."""
    return shapely.force_2d(geometry)


def multi_to_single(geometry: shapely.Geometry) -> shapely.Geometry:
    """Take the only part out of a multi-part geometry; several parts stay as they are."""
    parts = shapely.get_parts(geometry)
    return parts[0] if len(parts) == 1 else geometry


def drop_repeated_points(geometry: shapely.Geometry) -> shapely.Geometry:
    """Leave out vertices that repeat the one before."""
    return shapely.remove_repeated_points(geometry)


TEXT_REPAIRS: dict[str, TextRepair] = {
    "strip_spaces": strip_spaces,
    "fullwidth_to_halfwidth": fullwidth_to_halfwidth,
    "unit_km_to_m": unit_km_to_m,
    "parse_numbers": parse_numbers,
    "translate_codes": translate_codes,
}
SHAPE_REPAIRS: dict[str, ShapeRepair] = {
    "swap_lonlat": swap_lonlat,
    "drop_z": drop_z,
    "multi_to_single": multi_to_single,
    "drop_repeated_points": drop_repeated_points,
}
REPAIRS: dict[str, tuple[str, str]] = {
    "strip_spaces": ("去掉文字首尾的空格", "remove spaces around texts"),
    "fullwidth_to_halfwidth": ("全角数字、字母改为半角", "turn full-width digits and letters into plain ones"),
    "unit_km_to_m": ("“3.5公里”改为 3500（以米为单位的字段）", "turn “3.5 km” into 3500 in fields in metres"),
    "parse_numbers": ("去掉数字中的千分位和单位", "remove separators and units from numbers"),
    "translate_codes": ("把名称和别名换成代码", "turn labels and other spellings into codes"),
    "swap_lonlat": ("对调经度和纬度", "exchange longitude and latitude"),
    "drop_z": ("去掉高程", "leave heights out"),
    "multi_to_single": ("只有一个部件的多部件图形改为单部件", "take the only part out of multi-part geometries"),
    "drop_repeated_points": ("去掉重复的顶点", "leave out repeated vertices"),
    "close_rings": ("闭合没有闭合的环", "close rings that are not closed"),
    "make_valid": ("修复无效的图形", "mend invalid geometries"),
}
"""Every repair with what it does, in Chinese and English; also the order in which they run."""


def _same(before: Any, after: Any) -> bool:
    return bool(type(before) is type(after) and before == after)


def _repair_texts(frame: pd.DataFrame, layer: Layer, name: str, log: list[tuple[Any, ...]]) -> None:
    mend = TEXT_REPAIRS[name]
    for column in frame.columns:
        texts = frame[column].dtype == object or pd.api.types.is_string_dtype(frame[column].dtype)
        if column not in layer or not texts:
            continue
        field = layer[str(column)]
        before = frame[column].tolist()
        after = [mend(field, value) if isinstance(value, str) else value for value in before]
        changed = [
            (row, column, name, old, new)
            for row, old, new in zip(frame.index, before, after, strict=True)
            if isinstance(old, str) and not _same(old, new)
        ]
        if changed:
            values = np.empty(len(after), dtype=object)
            values[:] = after
            frame[column] = pd.Series(values, index=frame.index, dtype=object)
            log.extend(changed)


def _describe(geometry: shapely.Geometry | None) -> str:
    if geometry is None:
        return ""
    state = "valid" if shapely.is_valid(geometry) else "invalid"
    return f"{geometry.geom_type}, {shapely.get_num_coordinates(geometry)} vertices, {state}"


def mend_geometries(geometries: NDArray[np.object_], limits: Limits) -> NDArray[np.object_]:
    """Make geometries valid in the reading process, which can be killed; raise LimitExceededError when it takes too long."""
    with tempfile.TemporaryDirectory(prefix="xiangtu-mend-") as folder:
        path = Path(folder) / "geometries.arrow"
        table = pa.table({GEOMETRY_COLUMN: pa.array(shapely.to_wkb(geometries).tolist(), pa.binary())})
        with pa.ipc.new_stream(path, table.schema) as writer:
            writer.write_table(table)
        answer = sandbox.mend(path, limits=limits)
    raw = np.empty(len(geometries), dtype=object)
    raw[:] = answer.column(GEOMETRY_COLUMN).to_pylist()
    return np.asarray(shapely.from_wkb(raw), dtype=object)


def _repair_shapes(geometries: NDArray[np.object_], name: str, limits: Limits) -> NDArray[np.object_]:
    repaired = geometries.copy()
    present = np.array([item is not None and not item.is_empty for item in geometries], dtype=bool)
    if name == "make_valid":
        finite = np.isfinite(shapely.bounds(geometries)).all(axis=1)
        wanted = np.flatnonzero(present & finite & ~shapely.is_valid(geometries))
        if len(wanted):
            repaired[wanted] = mend_geometries(geometries[wanted], limits)
        return repaired
    mend = SHAPE_REPAIRS[name]
    for position in np.flatnonzero(present).tolist():
        repaired[position] = mend(geometries[position])
    return repaired


def _log_shapes(rows: Sequence[Any], name: str, before: NDArray[np.object_], after: NDArray[np.object_]) -> list[tuple[Any, ...]]:
    old, new = shapely.to_wkb(before), shapely.to_wkb(after)
    return [
        (row, "geometry", name, _describe(before[position]), _describe(after[position]))
        for position, row in enumerate(rows)
        if old[position] != new[position]
    ]


def _close_rings(frame: gpd.GeoDataFrame, log: list[tuple[Any, ...]]) -> None:
    """Take the closed form of rings that were read unclosed; the reading process has already made it."""
    faults = dict(frame.attrs.get("geometry_faults", {}))
    for row in [row for row, fault in faults.items() if fault == "unclosed"]:
        del faults[row]
        log.append((row, "geometry", "close_rings", "ring not closed", _describe(frame.geometry.loc[row])))
    frame.attrs["geometry_faults"] = faults


def repair(frame: gpd.GeoDataFrame, layer: Layer, repairs: Sequence[str], *, limits: Limits | None = None) -> RepairResult:
    """Repair a copy of a frame as asked, and log every change.

    Args:
        frame: rows with the layer's field names and still unparsed values, index = row numbers of the file.
        layer: the layer's declaration.
        repairs: names of `REPAIRS`; they run in that table's order.
        limits: time and memory of make_valid.

    Raises:
        RecipeError: a repair that does not exist.
        LimitExceededError: make_valid took longer than allowed.
    """
    strange = [name for name in repairs if name not in REPAIRS]
    if strange:
        raise RecipeError(f"There is no repair {', '.join(strange)}; there are: {', '.join(REPAIRS)}.")
    mended = frame.copy()
    mended.attrs = {key: dict(value) if isinstance(value, dict) else value for key, value in frame.attrs.items()}
    log: list[tuple[Any, ...]] = []
    for name in (name for name in REPAIRS if name in repairs):
        if name in TEXT_REPAIRS:
            _repair_texts(mended, layer, name, log)
        elif name == "close_rings":
            _close_rings(mended, log)
        else:
            before = np.asarray(mended.geometry.array, dtype=object)
            after = _repair_shapes(before, name, limits or Limits())
            log += _log_shapes(mended.index.tolist(), name, before, after)
            mended = mended.set_geometry(gpd.GeoSeries(after, index=mended.index, crs=mended.crs))
    return RepairResult(mended, pd.DataFrame(log, columns=list(LOG_COLUMNS)))
