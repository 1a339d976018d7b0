"""Snapshots: one GeoParquet file per layer and version beside the store, written once and never changed.

A snapshot carries the token of the change it stands for; one that belongs to another history (the store was restored or made
anew at the same place) is not believed but written again. Lists stand in it as JSON text.
"""

from __future__ import annotations

import json
import logging
import os
import re
import time
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from layers.schema import FieldType, GeometryKind
from layers.values import TEXT_DTYPE, columns_of, decode_column, encode_column

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from layers.schema import Layer

log = logging.getLogger(__name__)
MARK = "xiangtu"
DRAFT = re.compile(r"\..+\.parquet\.(?P<process>\d+)\.[0-9a-f]{32}\.part|\..+\.parquet\.[0-9a-f]{32}\.part")
OLD_SECONDS = 24 * 3600
PATTERN = re.compile(r"(?P<layer>[a-z][a-z0-9_]*)-v(?P<version>\d+)\.parquet")


def path_of(folder: Path, layer: Layer, version: int) -> Path:
    """Where the snapshot of a layer's version stands."""
    return folder / f"{layer.name}-v{version}.parquet"


def mark_of(layer: Layer, version: int, token: str) -> dict[str, Any]:
    """What a snapshot says about itself."""
    return {"layer": layer.name, "version": version, "token": token, "fields": list(layer.field_names)}


def read(path: Path, layer: Layer, mark: Mapping[str, Any]) -> gpd.GeoDataFrame | None:
    """Read a snapshot; None when it is not there, not readable, or of another history or declaration."""
    try:
        metadata = pq.read_schema(path).metadata or {}
        if json.loads(metadata.get(b"PANDAS_ATTRS", b"{}")).get(MARK) != mark:
            return None
        frame = pd.read_parquet(path) if layer.geometry is GeometryKind.NONE else gpd.read_parquet(path)
    except FileNotFoundError:
        return None
    except (OSError, pa.ArrowException, ValueError) as error:
        log.warning("snapshot %s is not readable and is written again: %s", path.name, error)
        return None
    return _restored(frame, layer)


def _restored(frame: gpd.GeoDataFrame, layer: Layer) -> gpd.GeoDataFrame:
    """Bring lists and empty columns back to the dtypes of a frame."""
    frame.attrs = {}
    frame["id"] = frame["id"].astype(TEXT_DTYPE)
    for field in columns_of(layer.fields):
        if field.type is FieldType.LIST:
            frame[field.name] = decode_column(field, [None if pd.isna(text) else text for text in frame[field.name]], frame.index)
        elif field.type in (FieldType.TEXT, FieldType.CODE):
            frame[field.name] = frame[field.name].astype(TEXT_DTYPE)
    return frame


def write(path: Path, frame: gpd.GeoDataFrame, layer: Layer, mark: Mapping[str, Any]) -> bool:
    """Write a snapshot under another name, flush it and put it in place in one step; say whether that worked.

    A full or read-only disk is no reason to refuse the numbers: the frame was read already.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.{uuid.uuid4().hex}.part")
    kept = frame.copy()
    for field in columns_of(layer.fields):
        if field.type is FieldType.LIST:
            texts = encode_column(field, kept[field.name])
            kept[field.name] = pd.Series(texts, dtype=TEXT_DTYPE, index=kept.index)
    kept.attrs = {MARK: dict(mark)}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        kept.to_parquet(draft, compression="zstd")
        for target in (draft, path.parent):
            descriptor = os.open(target, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            if target is draft:
                draft.replace(path)
    except OSError as error:
        log.warning("snapshot %s could not be written: %s", path.name, error)
        with suppress(OSError):
            draft.unlink()
        return False
    return True


def prune(folder: Path, keep: Collection[tuple[str, int]]) -> list[Path]:
    """Remove every snapshot of a layer and version that is not among those to keep."""
    if not folder.is_dir():
        return []
    removed = []
    for path in sorted(folder.iterdir()):
        match = PATTERN.fullmatch(path.name)
        if match and (match["layer"], int(match["version"])) not in keep:
            path.unlink(missing_ok=True)
            removed.append(path)
    return removed


def sweep(folder: Path) -> list[Path]:
    """Remove drafts that processes left behind which have ended, and every draft that is older than a day."""
    removed = []
    for path in sorted(folder.glob(".*.part")):
        match = DRAFT.fullmatch(path.name)
        if match is None:
            continue
        try:
            old = time.time() - path.stat().st_mtime > OLD_SECONDS
            if old or (match["process"] is not None and not _runs(int(match["process"]))):
                path.unlink()
                removed.append(path)
        except OSError:  # another process was quicker, or it is not ours to remove
            continue
    return removed


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
