"""Finds the coordinate columns of a table, or its column of WKT, and makes geometries of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from layers.files.errors import QuestionError
from layers.files.questions import Choice, Question
from layers.files.vector_files import ROW_LOST

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from numpy.typing import NDArray

    from layers.files.questions import Answers

X_NAMES = ("longitude", "lon", "lng", "long", "x", "经度", "东坐标", "y坐标(东)", "x_lon", "lon_dd", "point_x", "gps_longitude")
WKT_NAMES = ("wkt", "geometry_wkt", "geom_wkt", "the_geom", "geometry", "geom")
WKT = re.compile(r"\s*(?:MULTI)?(?:POINT|LINESTRING|POLYGON)\s*(?:Z|M|ZM)?\s*(?:EMPTY|\([\d\s.,()eE+-]*\))\s*", re.IGNORECASE)
"""Texts that are parsed: a kind and numbers. Collections are not, they may nest without end."""
Y_NAMES = ("latitude", "lat", "y", "纬度", "北坐标", "x坐标(北)", "y_lat", "lat_dd", "point_y", "gps_latitude")


def coordinate_fields(names: Sequence[str], answers: Answers) -> tuple[str, str] | None:
    """Give the names of the x and y columns: those the person named, else columns with an unmistakable name, else None.

    Raises:
        QuestionError: the person named a column that is not there.
    """
    if answers.x_field is not None or answers.y_field is not None:
        x, y = answers.x_field, answers.y_field
        if x in names and y in names and x != y and x is not None and y is not None:
            return x, y
        raise QuestionError(
            (
                Question(
                    "coordinates",
                    f"没有名为 {x} 和 {y} 的两列坐标，请选择坐标列。",
                    f"There are no two columns {x} and {y}; choose the coordinate columns.",
                    tuple(Choice(name, name, name) for name in names),
                ),
            )
        )
    folded = {name.strip().casefold(): name for name in names}
    x = next((folded[name] for name in X_NAMES if name in folded), None)
    y = next((folded[name] for name in Y_NAMES if name in folded), None)
    return (x, y) if x is not None and y is not None else None


def _numbers(column: pd.Series[Any]) -> NDArray[np.float64]:
    texts = column.astype(object).where(column.notna(), None)
    cleaned = texts.map(lambda value: str(value).strip().replace("，", ",").replace("．", ".") if value is not None else None)
    return pd.to_numeric(cleaned, errors="coerce").to_numpy(dtype=float)


def points_from(data: pd.DataFrame, x_field: str, y_field: str) -> tuple[NDArray[np.object_], dict[int, str]]:
    """Make points of two columns; a cell that is no number gives no point and a fault, two empty cells give no point."""
    x, y = _numbers(data[x_field]), _numbers(data[y_field])
    given = data[x_field].notna().to_numpy() | data[y_field].notna().to_numpy()
    good = np.isfinite(x) & np.isfinite(y)
    points = np.full(len(data), None, dtype=object)
    points[good] = shapely.points(x[good], y[good])
    faults = {int(row): ROW_LOST for row in data.index[given & ~good]}
    return points, faults


def wkt_field(data: pd.DataFrame, answers: Answers) -> str | None:
    """Give the column that holds geometries as WKT: one of an unmistakable name with a value that is WKT, else None.

    A person who names coordinate columns is followed instead.
    """
    if answers.x_field is not None or answers.y_field is not None:
        return None
    folded = {str(name).strip().casefold(): str(name) for name in data.columns}
    for name in WKT_NAMES:
        if name in folded:
            values = data[folded[name]].dropna()
            if len(values) and any(WKT.fullmatch(str(value)) for value in values):
                return folded[name]
    return None


def geometries_from(column: pd.Series[Any]) -> tuple[NDArray[np.object_], dict[int, str]]:
    """Make geometries of a column of WKT; a text that is none gives no geometry and a fault, an empty cell no geometry."""
    given = column.notna().to_numpy()
    texts = np.full(len(column), None, dtype=object)
    texts[given] = [str(value) if WKT.fullmatch(str(value)) else None for value in column[given]]
    geometries = np.asarray(shapely.from_wkt(texts, on_invalid="ignore"), dtype=object)
    lost = given & shapely.is_missing(geometries)
    return shapely.force_2d(geometries), {int(row): ROW_LOST for row in column.index[lost]}
