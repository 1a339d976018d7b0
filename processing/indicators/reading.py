"""Columns of a layer as values that can be unknown: a column that is missing is unknown everywhere.

Numbers are `Float64` and yes/no is `boolean`, both nullable, so that comparisons and `&`, `|`, `~` follow three-valued logic:
no and unknown is no, yes or unknown is yes, everything else with unknown is unknown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date

    import geopandas as gpd


def number(frame: pd.DataFrame, name: str) -> pd.Series:
    """Give a column as nullable numbers.

    >>> number(pd.DataFrame({"population": [120, None]}), "population").tolist()
    [120.0, <NA>]
    """
    return as_number(frame[name]) if name in frame else pd.Series(pd.NA, index=frame.index, dtype="Float64")


def as_number(values: pd.Series) -> pd.Series:
    """Turn a series into nullable numbers; what is not a number is unknown."""
    if str(values.dtype) == "Float64":
        return values
    numeric = values if pd.api.types.is_numeric_dtype(values) else pd.to_numeric(values, errors="coerce")
    return numeric.astype("Float64")


def flag(frame: pd.DataFrame, name: str) -> pd.Series:
    """Give a column as nullable yes/no.

    >>> flag(pd.DataFrame({"x": [True, None]}), "y").isna().all()
    np.True_
    """
    if name not in frame:
        return pd.Series(pd.NA, index=frame.index, dtype="boolean")
    values = frame[name]
    return values if str(values.dtype) == "boolean" else values.astype(object).where(values.notna(), pd.NA).astype("boolean")


def text(frame: pd.DataFrame, name: str) -> pd.Series:
    """Give a column as text with None for unknown and for empty."""
    if name not in frame:
        return blank(frame.index)
    column = frame[name]
    values = np.array(column.to_numpy(dtype=object), dtype=object, copy=True)
    values[column.isna().to_numpy() | (values == "")] = None
    return pd.Series(values, index=frame.index, dtype=object)


def blank(index: pd.Index) -> pd.Series:
    """Give a series of None (pandas would make NaN of a plain None).

    >>> blank(pd.RangeIndex(2)).tolist()
    [None, None]
    """
    return pd.Series(np.full(len(index), None, dtype=object), index=index, dtype=object)


def days_before(frame: pd.DataFrame, name: str, day: date) -> pd.Series:
    """Give the days from a date column to a day, as nullable numbers; a date after the day is not known on that day: unknown."""
    found = pd.to_datetime(text(frame, name), errors="coerce")
    days = as_number((pd.Timestamp(day) - found).dt.days)
    return days.where((days >= 0).fillna(value=False), pd.NA)


def among(values: pd.Series, wanted: Collection[str]) -> pd.Series:
    """Say whether each text is one of `wanted`; unknown where the text is.

    >>> among(pd.Series(["水泥", "土", None], dtype=object), {"水泥", "沥青"}).tolist()
    [True, False, <NA>]
    """
    found = values.isin(list(wanted)).astype("boolean")
    return found.mask(values.isna())


def first_known(*choices: pd.Series) -> pd.Series:
    """Give the first of several series that is known, row by row."""
    result = choices[0]
    for other in choices[1:]:
        result = result.where(result.notna(), other)
    return result


def rows(inputs: Mapping[str, gpd.GeoDataFrame], layer: str) -> gpd.GeoDataFrame | None:
    """Give a layer's frame when it is there and holds rows, otherwise None."""
    frame = inputs.get(layer)
    return frame if frame is not None and len(frame) else None


def simulated(inputs: Mapping[str, gpd.GeoDataFrame], *layers: str) -> bool:
    """Say whether any of the layers holds simulated rows."""
    return any(
        bool((frame["data_quality"] == "synthetic").any())
        for frame in (rows(inputs, name) for name in layers)
        if frame is not None and "data_quality" in frame
    )


def picked(values: pd.Series, labels: pd.Series) -> pd.Series:
    """Give for each label the value that stands there in `values`, on the index of the labels; None where there is no label.

    >>> picked(pd.Series(["a", "b"], index=[7, 9]), pd.Series([9, None], dtype="Int64")).tolist()
    ['b', None]
    """
    there = labels.notna().to_numpy()
    found = np.full(len(labels), None, dtype=object)
    found[there] = values.to_numpy(dtype=object)[values.index.get_indexer(pd.Index(labels[there]))]
    return pd.Series(found, index=labels.index, dtype=object)


def spread(value: Any, like: pd.Series, dtype: str = "Float64") -> pd.Series:
    """Give a series of one value on the index of another."""
    return pd.Series(value, index=like.index, dtype=dtype)
