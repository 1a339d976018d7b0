"""The only door to the database: layers, changes with history and undo, runs, snapshots, migrations.

>>> import tempfile
>>> from pathlib import Path
>>> with tempfile.TemporaryDirectory() as folder, open_store(Path(folder) / "s.gpkg", create=True) as store:
...     store.count("villages")
0
"""

from layers.store.guard import assert_not_live
from layers.store.opening import open_store
from layers.store.papers import Account, Allowance, ChangeRequest, Grant, KeptEdit, Publication, Session
from layers.store.records import (
    EVERYWHERE,
    UNCHANGED,
    Change,
    ChangeRecord,
    Condition,
    Delete,
    Edit,
    Insert,
    Reach,
    Receipt,
    Replace,
    RunRecord,
    StoredRun,
    Update,
    VersionRecord,
)
from layers.store.store import Store

__all__ = [
    "EVERYWHERE",
    "UNCHANGED",
    "Account",
    "Allowance",
    "Change",
    "ChangeRecord",
    "ChangeRequest",
    "Condition",
    "Delete",
    "Edit",
    "Grant",
    "Insert",
    "KeptEdit",
    "Publication",
    "Reach",
    "Receipt",
    "Replace",
    "RunRecord",
    "Session",
    "Store",
    "StoredRun",
    "Update",
    "VersionRecord",
    "assert_not_live",
    "open_store",
]
