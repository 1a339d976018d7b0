"""Vector tiles of a layer from memory: a DuckDB table with generalised geometry, changed row by row when the layer changes.

DuckDB with its spatial extension cuts, quantises and encodes (`ST_AsMVTGeom`, `ST_AsMVT`); the extension comes with its own
package and is loaded from there, never fetched. The table is in memory only: the store stays the one place where data is kept.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import shapely
import sqlalchemy as sa

from layers.store import memory, tables, tile_levels
from layers.store.tile_engine import Room

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import duckdb
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from layers.store.store import Store

EXTENT: Final = 4096
BUFFER: Final = 48
"""Units of the tile's grid drawn beyond its edge, so that wide lines join."""
MOST_BYTES: Final = 500_000
KEPT_BYTES: Final = 64_000_000
"""Encoded tiles kept for one table; the longest unused are let go."""
NEIGHBOURHOOD_ZOOM: Final = 12
ATTEMPTS: Final = 12
HALF_STANDING_M: Final = 2_000.0

_TABLE = "CREATE TABLE items AS SELECT id, k, n, importance, minz, west, south, east, north, {levels} FROM incoming"
_ADD = "INSERT INTO items SELECT id, k, n, importance, minz, west, south, east, north, {levels} FROM incoming"
_LEVEL = "ST_GeomFromWKB({column}) AS {column}"
_TILE = """
WITH drawn AS MATERIALIZED (
  SELECT id, k, n, CASE
    WHEN west >= $west AND east <= $east AND south >= $south AND north <= $north
    THEN ST_Affine({column}, $scale, 0, 0, -$scale, $right_by, $down_by)
    ELSE coalesce(ST_AsMVTGeom({column}, {window}), ST_AsMVTGeom(ST_Boundary({column}), {window}),
                  ST_AsMVTGeom(ST_PointOnSurface({column}), {window})) END AS geom
  FROM items
  WHERE minz <= $z AND west <= $east AND east >= $west AND south <= $north AND north >= $south
  {limit}
)
SELECT ST_AsMVT(drawn, $layer, {extent}, 'geom'), count(*) FROM drawn WHERE geom IS NOT NULL
"""
_WINDOW = f"ST_Extent(ST_MakeEnvelope($left, $bottom, $right, $top)), {EXTENT}, {BUFFER}, true"
"""What lies wholly inside needs no clipping: moved and scaled, it is encoded 17 times as fast (3,000 parcels: 7 ms, not 120)."""
_COUNTS = """
SELECT k, count(*) FILTER (minz <= $z), count(*) FROM items
WHERE west <= $east AND east >= $west AND south <= $north AND north >= $south GROUP BY k
"""
_NEIGHBOURS = """
SELECT coalesce(max(minz), 0) FROM items WHERE west <= $east AND east >= $west AND south <= $north AND north >= $south
"""
_GONE = "DELETE FROM items WHERE id IN (SELECT unnest($ids)) RETURNING id, minz, west, south, east, north"


@dataclass(frozen=True, slots=True)
class Tile:
    """An encoded tile, how many features it shows, and how many it had to leave out because of its size."""

    data: bytes
    shown: int
    cut: int = 0


def token(store: Store, layer: str) -> str:
    """Name the change that a layer's version stands for, so that another history of the same length is not taken for it."""
    backend = store._backend  # noqa: SLF001 -- the same package
    with backend.reading() as connection:
        version = memory.versions(connection).get(layer, 0)
        return memory.resolve_version(connection, backend.layers[layer], version)[1][:12]


def changed_ids(store: Store, layer: str, earlier: int, later: int, *, most: int) -> list[str] | None:
    """Name the features that changed between two versions of a layer; None when more than `most` rows of the history say so.

    Found by the number of the change: the layer's own index would lead through its whole history.
    """
    backend, table = store._backend, tables.history  # noqa: SLF001 -- the same package
    between = (table.c.change_id > earlier, table.c.change_id <= later, sa.func.coalesce(table.c.layer, "") == layer)
    with backend.reading() as connection:
        found = connection.execute(sa.select(table.c.id).where(*between).limit(most + 1)).scalars().all()
    return None if len(found) > most else list(dict.fromkeys(str(one) for one in found))


def _arrow(rows: Mapping[str, Any]) -> pa.Table:
    rows = _clustered(rows)
    columns: dict[str, Any] = {}
    for level in tile_levels.LEVELS:
        shapes = np.full(len(rows["id"]), None, dtype=object)
        shown = rows["minz"] <= level.last
        shapes[shown] = shapely.to_wkb(tile_levels.generalised(rows["shapes"][shown], level))
        columns[level.column] = pa.array(shapes, pa.binary())
    texts = {name: pa.array(rows[name], pa.string()) for name in ("id", "k", "n")}
    west, south, east, north = rows["bounds"].T
    boxes = {"west": west, "south": south, "east": east, "north": north}
    return pa.table({**texts, "importance": rows["importance"], "minz": rows["minz"], **boxes, **columns})


def _clustered(rows: Mapping[str, Any]) -> dict[str, Any]:
    """Put neighbours together, so that a tile reads few parts of the table."""
    middle = (rows["bounds"][:, :2] + rows["bounds"][:, 2:]) / 2
    order = np.argsort(tile_levels.cell_of(middle, NEIGHBOURHOOD_ZOOM), kind="stable")
    texts = {name: [rows[name][at] for at in order] for name in ("id", "k", "n")}
    return texts | {name: rows[name][order] for name in ("importance", "minz", "bounds", "shapes")}


def _rows(frame: gpd.GeoDataFrame, words: pd.DataFrame) -> dict[str, Any]:
    """Gather what stands in the table, rows without a shape left out; `minz` is still missing."""
    shapes = np.asarray(frame.geometry.array, dtype=object)
    present = np.array([shape is not None and not shapely.is_empty(shape) for shape in shapes], dtype=bool)
    projected = tile_levels.clockwise(tile_levels.project(shapes[present]))

    def texts(values: pd.Series[Any]) -> list[str | None]:
        return [None if value is None or value != value else str(value) for value in values[present].astype("object")]  # noqa: PLR0124

    return {
        "id": texts(frame["id"]),
        "k": texts(words["k"]),
        "n": texts(words["n"]),
        "importance": words["importance"].to_numpy(dtype=float)[present] + _standing(projected),
        "shapes": projected,
        "bounds": shapely.bounds(projected),
    }


def _standing(shapes: NDArray[np.object_]) -> NDArray[Any]:
    """Rank features of one class: the larger or longer the nearer to 1; points evenly by where they are, always the same."""
    size = np.sqrt(shapely.area(shapes)) + shapely.length(shapes)
    x, y = np.nan_to_num(shapely.get_x(shapes)), np.nan_to_num(shapely.get_y(shapes))
    spread = np.mod(np.abs(np.sin(x * 12.9898 + y * 78.233)) * 43758.5453, 1.0)
    standing: NDArray[Any] = np.where(size > 0, size / (size + HALF_STANDING_M), spread)
    return standing


class TileTable:
    """The tiles of one layer for one reach of rights, at one version of the layer.

    `words` has, on the index of the frame, `k` (key of the symbol), `n` (name shown) and `importance` (a whole number for
    its class: larger is shown earlier; inside a class the larger or longer features are).
    """

    def __init__(self, layer: str, frame: gpd.GeoDataFrame, words: pd.DataFrame, *, version: int) -> None:
        """Generalise, thin and load every row."""
        self.layer, self.version = layer, version
        self.lock = threading.RLock()
        self._room = Room()
        self._kept: OrderedDict[tuple[int, int, int], Tile] = OrderedDict()
        self._bytes = 0
        rows = _rows(frame, words)
        rows["minz"] = tile_levels.first_zooms(
            rows["bounds"], shapely.get_num_coordinates(rows["shapes"]), shapely.length(rows["shapes"]), rows["importance"]
        )
        self._load(self._room.connection, _TABLE, rows)

    def _load(self, connection: duckdb.DuckDBPyConnection, statement: str, rows: Mapping[str, Any]) -> None:
        levels = ", ".join(_LEVEL.format(column=level.column) for level in tile_levels.LEVELS)
        connection.register("incoming", _arrow(rows))
        try:
            connection.execute(statement.format(levels=levels))
        finally:
            connection.unregister("incoming")

    def __len__(self) -> int:
        """Number of features that have a shape."""
        return int(self._one("SELECT count(*) FROM items", {})[0])

    def _one(self, statement: str, values: Mapping[str, Any]) -> tuple[Any, ...]:
        with self._room.cursor() as cursor:
            found = cursor.execute(statement, dict(values)).fetchone()
        return found if found is not None else ()

    def kept(self, z: int, x: int, y: int) -> Tile | None:
        """Give a tile that was made before and still stands; None when it has to be made."""
        with self.lock:
            found = self._kept.get((z, x, y))
            if found is not None:
                self._kept.move_to_end((z, x, y))
            return found

    def tile(self, z: int, x: int, y: int) -> Tile:
        """Give a tile, encoded; empty data where nothing lies in it. At most 500 kB: the least important are left out."""
        key = (z, x, y)
        kept = self.kept(z, x, y)
        if kept is not None:
            return kept
        with self.lock:
            version = self.version
        made = self._render(z, x, y)
        with self.lock:
            if self.version == version and key not in self._kept:
                self._kept[key] = made
                self._bytes += len(made.data)
                while self._bytes > KEPT_BYTES:
                    self._bytes -= len(self._kept.popitem(last=False)[1].data)
        return made

    def _render(self, z: int, x: int, y: int) -> Tile:
        left, bottom, right, top = tile_levels.box_of(z, x, y)
        margin = tile_levels.tile_width(z) * BUFFER / EXTENT
        values = {"z": z, "layer": self.layer, "left": left, "bottom": bottom, "right": right, "top": top}
        values |= {"west": left - margin, "south": bottom - margin, "east": right + margin, "north": top + margin}
        scale = EXTENT / (right - left)
        values |= {"scale": scale, "right_by": 0.5 - left * scale, "down_by": 0.5 + top * scale}
        column, first, limit = tile_levels.level_of(z).column, 0, ""
        for _ in range(ATTEMPTS):
            statement = _TILE.format(column=column, extent=EXTENT, window=_WINDOW, limit=limit)
            data, shown = self._one(statement, values)
            data = bytes(data) if shown else b""
            first = first or shown
            if len(data) <= MOST_BYTES:
                return Tile(data, shown, first - shown)
            room = max(int(shown * 0.9 * MOST_BYTES / len(data)), 1)
            limit = f"ORDER BY importance DESC LIMIT {room}"
        return Tile(b"", 0, first)

    def counts(self, z: int, box: tuple[float, float, float, float]) -> dict[str, tuple[int, int]]:
        """Count what is shown at a zoom and what there is, by key of the symbol, in a box of degrees (envelopes count)."""
        west, south, east, north = tile_levels.degrees_box(*box)
        values = {"z": z, "west": west, "south": south, "east": east, "north": north}
        with self._room.cursor() as cursor:
            found = cursor.execute(_COUNTS, values).fetchall()
        return {str(key): (int(shown), int(total)) for key, shown, total in found}

    def cut(self, z: int, box: tuple[float, float, float, float]) -> int:
        """How many features the tiles of a zoom made so far in a box of degrees had to leave out because of their size."""
        asked = tile_levels.degrees_box(*box)
        with self.lock:
            found = [(key, tile.cut) for key, tile in self._kept.items() if key[0] == z and tile.cut]
        return sum(cut for key, cut in found if _meet(tile_levels.box_of(*key), asked))

    def change(self, ids: Sequence[str], frame: gpd.GeoDataFrame, words: pd.DataFrame, *, version: int) -> None:
        """Put the present rows of some ids in place of what stood there; tiles that they touch are made anew.

        Args:
            ids: every id that changed since the table's version.
            frame: those of them that still are.
            words: as for the table.
            version: the layer's version after the change.
        """
        rows = _rows(frame, words)
        with self.lock, self._room.cursor() as cursor:
            cursor.begin()
            gone = cursor.execute(_GONE, {"ids": list(ids)}).fetchall()
            before = {row[0]: row[1] for row in gone}
            rows["minz"] = np.array(
                [
                    before[found] if found in before else self._neighbours(cursor, box)
                    for found, box in zip(rows["id"], rows["bounds"], strict=True)
                ],
                dtype=np.int8,
            )
            if rows["id"]:
                self._load(cursor, _ADD, rows)
            cursor.commit()
            boxes = [row[2:] for row in gone] + [tuple(box) for box in rows["bounds"].tolist()]
            self._forget(boxes)
            self.version = version

    @staticmethod
    def _neighbours(cursor: duckdb.DuckDBPyConnection, box: Any) -> int:
        """Show a new feature from the zoom from which all of its neighbours are shown."""
        half = tile_levels.tile_width(NEIGHBOURHOOD_ZOOM) / 2
        west, south, east, north = box
        values = {"west": west - half, "south": south - half, "east": east + half, "north": north + half}
        found = cursor.execute(_NEIGHBOURS, values).fetchone()
        return 0 if found is None else int(found[0])

    def _forget(self, boxes: Sequence[tuple[float, float, float, float]]) -> None:
        for key in list(self._kept):
            margin = tile_levels.tile_width(key[0]) * BUFFER / EXTENT
            west, south, east, north = tile_levels.box_of(*key)
            reach = (west - margin, south - margin, east + margin, north + margin)
            if any(_meet(reach, box) for box in boxes):
                self._bytes -= len(self._kept.pop(key).data)


def _meet(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return a[0] <= b[2] and a[2] >= b[0] and a[1] <= b[3] and a[3] >= b[1]
