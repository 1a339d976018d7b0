"""Writes shapefiles: ten-letter field names, byte widths, one file per kind of geometry, a .cpg, a list of what was shortened."""

from __future__ import annotations

import csv
import tempfile
import warnings
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fiona
import fiona.errors
import numpy as np

from layers.files.errors import WriteError
from layers.files.written_rows import SINGLE_OF, Rows, plain_text
from layers.schema import STORAGE_CRS, FieldType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layers.schema import Field

NAME_LENGTH = 10
TEXT_WIDTH = 254
FIELDS_LIST = "fields.csv"
CPG = {"utf-8": "UTF-8", "gb18030": "GB18030"}
TYPES = {FieldType.INTEGER: "int:18", FieldType.NUMBER: "float:24.10", FieldType.FLAG: "int:1", FieldType.DATE: "date"}


def short_names(names: Sequence[str]) -> list[str]:
    """Shorten field names to ten letters, each different from the others.

    >>> short_names(["benefit_households", "benefit_persons", "benefit_former_poor", "name"])
    ['benefit_ho', 'benefit_pe', 'benefit_fo', 'name']
    >>> short_names(["pop_registered_a", "pop_registered_b"])
    ['pop_regist', 'pop_regi_2']
    """
    found: list[str] = []
    for name in names:
        candidate, count = name[:NAME_LENGTH], 2
        while candidate in found:
            ending = f"_{count}"
            candidate, count = name[: NAME_LENGTH - len(ending)] + ending, count + 1
        found.append(candidate)
    return found


def cut(text: str, encoding: str) -> str:
    """Cut a text to what a .dbf cell holds, at a whole character.

    >>> len(cut("汉" * 100, "utf-8").encode()), cut("短", "utf-8")
    (252, '短')
    """
    raw = text.encode(encoding, "replace")
    return text if len(raw) <= TEXT_WIDTH else raw[:TEXT_WIDTH].decode(encoding, "ignore")


def _columns(rows: Rows, encoding: str) -> tuple[list[list[Any]], list[int], list[int]]:
    """Give the columns as a .dbf holds them, their byte widths, and how many texts of each were cut."""
    columns: list[list[Any]] = []
    widths: list[int] = []
    cuts: list[int] = []
    for item, values in zip(rows.fields, rows.columns, strict=True):
        if item.type in TYPES:
            columns.append([int(value) if isinstance(value, bool) else value for value in values])
            widths.append(0)
            cuts.append(0)
            continue
        texts = [None if value is None else cut(plain_text(value), encoding) for value in values]
        columns.append(texts)
        widths.append(max((len(text.encode(encoding, "replace")) for text in texts if text), default=1))
        cuts.append(sum(text is not None and text != plain_text(value) for text, value in zip(texts, values, strict=True)))
    return columns, widths, cuts


def _type(item: Field, width: int) -> str:
    return TYPES.get(item.type, f"str:{max(width, 1)}")


def _families(rows: Rows) -> dict[str, np.ndarray[Any, Any]]:
    """Sort rows by the kind of geometry that one shapefile can hold; rows without geometry go with the first."""
    families: dict[str, list[int]] = {}
    without: list[int] = []
    for at, (_, geometry) in enumerate(rows):
        if geometry is None:
            without.append(at)
            continue
        families.setdefault(SINGLE_OF.get(geometry.geom_type, geometry.geom_type), []).append(at)
    if not families:
        families[SINGLE_OF.get(rows.layer.geometry.value[0], rows.layer.geometry.value[0])] = []
    first = next(iter(families))
    families[first] = sorted(families[first] + without)
    return {family: np.array(positions, dtype=int) for family, positions in families.items()}


def _part(rows: Rows, positions: np.ndarray[Any, Any], columns: list[list[Any]]) -> Rows:
    geometries = None if rows.geometries is None else rows.geometries[positions]
    picked = [[column[at] for at in positions.tolist()] for column in columns]
    return Rows(rows.layer, rows.fields, picked, geometries, len(positions))


def _write_one(rows: Rows, path: Path, *, types: dict[str, str], encoding: str) -> None:
    kind = str(rows.common_type())
    schema = {"geometry": "MultiPoint" if kind == "MultiPoint" else SINGLE_OF.get(kind, kind), "properties": types}
    try:
        with (
            warnings.catch_warnings(action="ignore"),
            fiona.open(path, "w", driver="ESRI Shapefile", schema=schema, crs=STORAGE_CRS, encoding=CPG[encoding]) as sink,  # noqa: TID251 - writes a fresh file
        ):
            sink.writerecords(rows.records(list(types)))
    except (fiona.errors.FionaError, fiona.errors.FionaValueError, OSError, RuntimeError) as error:
        raise WriteError(f"{rows.layer.en} could not be written as a shapefile.") from error
    path.with_suffix(".cpg").write_text(CPG[encoding], "ascii")


def _write_list(rows: Rows, path: Path, shorts: list[str], cuts: list[int]) -> None:
    with path.open("x", encoding="utf-8-sig", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\r\n")
        writer.writerow(["short", "field", "zh", "en", "unit", "texts_cut"])
        writer.writerows(
            [short, item.name, item.zh, item.en, item.unit, count]
            for short, item, count in zip(shorts, rows.fields, cuts, strict=True)
        )


def write_shapefile(rows: Rows, path: Path, *, encoding: str) -> Path:
    """Write a shapefile and the same packed as .zip; gives the path of the .zip.

    A layer with several kinds of geometry becomes one shapefile each (`name_point`, `name_line`, `name_polygon`). `fields.csv` in
    the archive says which short name stands for which field, and how many texts were cut to 254 bytes.

    Raises:
        WriteError: a file of the set or the archive is there already.
    """
    encoding = encoding.casefold()
    target = path.with_suffix(".zip")
    if target.exists():
        raise WriteError(f"A file named {target.name} is there already; choose another name.")
    columns, widths, cuts = _columns(rows, encoding)
    shorts = short_names(rows.names)
    types = {short: _type(item, width) for short, item, width in zip(shorts, rows.fields, widths, strict=True)}
    families = _families(rows)
    with tempfile.TemporaryDirectory(prefix="xiangtu-write-", dir=path.parent) as folder:
        for family, positions in families.items():
            stem = path.stem if len(families) == 1 else f"{path.stem}_{family.lower().removesuffix('string')}"
            _write_one(_part(rows, positions, columns), Path(folder) / f"{stem}.shp", types=types, encoding=encoding)
        _write_list(rows, Path(folder) / FIELDS_LIST, shorts, cuts)
        written = sorted(Path(folder).iterdir())
        with zipfile.ZipFile(target, "x", zipfile.ZIP_DEFLATED) as archive:
            for part in written:
                archive.write(part, part.name)
        if path.suffix == ".shp":
            _place_beside(written, path.parent)
    return target


def _place_beside(written: Sequence[Path], folder: Path) -> None:
    """Put the loose files of the set where a .shp was asked for."""
    loose = [part for part in written if part.name != FIELDS_LIST]
    taken = [part.name for part in loose if (folder / part.name).exists()]
    if taken:
        raise WriteError(f"A file named {taken[0]} is there already; choose another name.")
    for part in loose:
        part.rename(folder / part.name)
