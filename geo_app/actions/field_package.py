"""A package for the field: an area's rows of some layers as GeoPackage, with a ready QGIS project, to be edited offline.

What went out is written into the package and sealed with a key that only this store has, so that what comes back can be compared
with it: a package of another store, or one whose record was changed, is recognised.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import secrets
import shutil
import tempfile
import uuid
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from pyproj import Transformer

from geo_app.access import Verb
from geo_app.actions import held, inputs, reach
from geo_app.errors import BadRequestError
from layers.catalogue import layer as declared
from layers.files.field_files import FieldTable, dumped, write_package
from layers.schema import STORAGE_CRS
from layers.store import Reach, reaching
from map_templates.qgis import Project, ProjectLayer, project_xml
from processing.crs import metric_crs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geopandas import GeoDataFrame

    from geo_app.access import Person
    from layers.schema import Layer
    from layers.store import Store
    from processing.areas import Areas

KEY: Final = "field_key"
"""Setting under which the store keeps the key of its seals."""
FORMAT: Final = "1"
FILE, PROJECT, READ_ME = "field.gpkg", "field.qgs", "说明-README.txt"
MOST_ROWS: Final = 60_000
SCREEN_MARGIN: Final = 0.03
DEFAULT_LAYERS: Final = ("roads", "hamlets", "water_works", "sanitation", "projects")


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRequest:
    """What to take along: the area's code, the layers, the language of the forms, and the CRS the project is drawn in."""

    area: str
    layers: tuple[str, ...]
    language: str = "zh"
    metric: bool = True


@dataclass(frozen=True, slots=True)
class FieldPackage:
    """What was made: where it lies, its number, and how many rows of each layer went out."""

    path: Path
    package_id: str
    area: str
    name: str
    rows: dict[str, int]


def offered(person: Person) -> tuple[str, ...]:
    """Name the layers that a person may take along: those that are read."""
    return reach.readable_layers(person)


def make(store: Store, person: Person, request: FieldRequest, folder: Path) -> FieldPackage:
    """Write a package for the field as one zip file.

    Args:
        store: the store.
        person: for whom; only rows and fields that the person may read are taken along.
        request: area, layers, language, CRS.
        folder: where to write it.

    Raises:
        NotFoundError: there is no such area or layer (for this person).
        BadRequestError: no layer was named, or the package would be too large for a telephone.
    """
    tree = inputs.areas(store, held.read(store, held.TREE_LAYERS))
    area, layers = checked(store, person, request, tree)
    tables = [FieldTable(layer, _rows(store, person, layer, area)) for layer in layers]
    count = sum(len(table.frame) for table in tables)
    if count > MOST_ROWS:
        raise BadRequestError(f"The area has {count:,} rows in these layers; at most {MOST_ROWS:,} go into a package. Take less.")
    package_id = uuid.uuid4().hex
    base = [feature for table in tables for feature in _features(table)]
    note = _note(store, person, area, tables, package_id) | {"made_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds")}
    note["seal"] = seal(store, note, [(row["layer"], row["id"], row["ver"], dumped(row)) for row in base])
    name = tree.name(area)
    editable = {layer.name: reach.may(person, layer.name, Verb.SUBMIT) for layer in layers}
    path = _packed(folder, tables, base, note, _project(tables, request, name, editable))
    return FieldPackage(path, package_id, area, name, {table.layer.name: len(table.frame) for table in tables})


def checked(store: Store, person: Person, request: FieldRequest, tree: Areas | None = None) -> tuple[str, list[Layer]]:
    """Give the area and the layers of a package that a person may take along.

    Raises:
        NotFoundError: there is no such area or layer, or not for this person; both are said alike.
        BadRequestError: no layer was named.
    """
    if not request.layers:
        raise BadRequestError("Name at least one layer to take along.")
    if tree is None:
        tree = inputs.areas(store, held.read(store, held.TREE_LAYERS))
    area = inputs.require_area(tree, request.area, reach.area_codes(store, person))
    layers = [declared(name) for name in dict.fromkeys(request.layers)]
    for layer in layers:
        reach.of(store, person, layer.name)
    return area, layers


def _rows(store: Store, person: Person, layer: Layer, area: str) -> GeoDataFrame:
    """Give the rows of the area that the person reads: by the finest code a row states, else by where it lies."""
    own = reach.of(store, person, layer.name)
    codes, outline = reach.territory(store, frozenset([area]))
    frame = held.read(store, [layer.name])[layer.name]
    inside = reaching.mask(frame, layer, Reach(codes=codes, outline=outline)) & reaching.mask(frame, layer, own)
    found: GeoDataFrame = reaching.narrow(frame[np.asarray(inside, dtype=bool)], own, layer)
    return found


def _features(table: FieldTable) -> list[dict[str, Any]]:
    names = [field.name for field in table.fields]
    rows = []
    for row in table.frame.to_dict("records"):
        feature = {name: _plain(row[name]) for name in names} | {"geometry": row.get("geometry")}
        rows.append({"layer": table.layer.name, "id": row["id"], "ver": int(row["ver"]), **feature})
    return rows


def _plain(value: Any) -> Any:
    if isinstance(value, list | dict):
        return value
    if value is None or value != value or str(value) == "<NA>":  # noqa: PLR0124 - NaN
        return None
    return value.item() if isinstance(value, np.generic) else value


def _note(store: Store, person: Person, area: str, tables: Sequence[FieldTable], package_id: str) -> dict[str, str]:
    fields = {table.layer.name: [field.name for field in table.fields] for table in tables}
    return {
        "format": FORMAT,
        "store": store_id(store),
        "package": package_id,
        "area": area,
        "who": person.name,
        "account": "" if person.account_id is None else str(person.account_id),
        "fields": json.dumps(fields, ensure_ascii=False),
    }


def _key(store: Store) -> bytes:
    """Give the store's own key; it travels with the store when that is copied or moved."""
    held_key = store.settings_get(KEY)
    if not isinstance(held_key, str):
        held_key = secrets.token_hex(32)
        store.settings_set(KEY, held_key)
    return bytes.fromhex(held_key)


def store_id(store: Store) -> str:
    """Name this store in a package, without telling its key."""
    return hashlib.sha256(b"store" + _key(store)).hexdigest()[:16]


def seal(store: Store, note: Mapping[str, str], base: Sequence[tuple[str, str, int, str]]) -> str:
    """Seal what a package says about itself and about the rows that went out (HMAC-SHA256)."""
    told = sorted((name, value) for name, value in note.items() if name != "seal")
    text = json.dumps([told, sorted(base)], ensure_ascii=False, separators=(",", ":"))
    return hmac.new(_key(store), text.encode(), hashlib.sha256).hexdigest()


def _project(tables: Sequence[FieldTable], request: FieldRequest, title: str, editable: Mapping[str, bool]) -> Project:
    boxes = np.array([table.frame.total_bounds for table in tables if table.families and len(table.frame)], dtype=float)
    boxes = boxes[np.isfinite(boxes).all(axis=1)] if len(boxes) else boxes
    west, south, east, north = (*boxes[:, :2].min(axis=0), *boxes[:, 2:].max(axis=0)) if len(boxes) else (73.0, 18.0, 135.0, 53.0)
    crs, extent = STORAGE_CRS, (float(west), float(south), float(east), float(north))
    zone = metric_crs(extent).to_epsg() if request.metric and len(boxes) else None
    if zone is not None:
        crs = f"EPSG:{zone}"
        extent = Transformer.from_crs(STORAGE_CRS, crs, always_xy=True).transform_bounds(*extent)
    margin = max(extent[2] - extent[0], extent[3] - extent[1]) * SCREEN_MARGIN
    grown = (extent[0] - margin, extent[1] - margin, extent[2] + margin, extent[3] + margin)
    layers = []
    for table in tables:
        names = ("id", "ver", *(field.name for field in table.fields))
        families = table.families
        layers += [
            ProjectLayer(table.layer, table.layer.name, kind, names, editable=editable[table.layer.name], mixed=len(families) > 1)
            for kind in families or ("",)
        ]
    return Project(title, FILE, tuple(layers), grown, crs, request.language)


def _packed(
    folder: Path, tables: Sequence[FieldTable], base: Sequence[Mapping[str, Any]], note: Mapping[str, str], project: Project
) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    working = Path(tempfile.mkdtemp(prefix="field-", dir=folder))
    try:
        write_package(working / FILE, tables, base, note)
        (working / PROJECT).write_text(project_xml(project), encoding="utf-8")
        (working / READ_ME).write_text(READ_ME_TEXT, encoding="utf-8")
        path = folder / f"field-{note['area']}-{note['package'][:8]}.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in (FILE, PROJECT, READ_ME):
                archive.write(working / name, f"{path.stem}/{name}")
    finally:
        shutil.rmtree(working, ignore_errors=True)
    return path


READ_ME_TEXT: Final = """乡图外业数据包

1. 解压整个文件夹，用 QGIS 3.22 以上版本打开 field.qgs；QField 则把文件夹拷到手机后打开 field.qgs。
2. 直接编辑图层并保存。不要修改“内部编号”，不要改 xiangtu_base 和 xiangtu_package 两张表。
3. 新增的要素请填写编号（例如路段编号）；复制、分割出来的要素要给新的编号。
4. 编辑完毕后关闭 QGIS（否则最后的修改还在 field.gpkg-wal 里），把 field.gpkg 交回“外业”页面或
   geo-app field return field.gpkg。

Xiangtu package for the field

1. Unpack the whole folder and open field.qgs in QGIS 3.22 or later; for QField copy the folder to the device and open field.qgs.
2. Edit the layers and save. Leave "Internal id" and the tables xiangtu_base and xiangtu_package as they are.
3. Give new features their number (for example the segment id); copied and split features need new ones.
4. Close QGIS before you bring the file back (the last edits may still be in field.gpkg-wal), then hand field.gpkg to the page
   "Field work" or to geo-app field return field.gpkg.
"""
