"""A disk whose power is cut: what SQLite writes, syncs and removes is recorded, and a cut keeps only what was promised.

What a file was told before its last sync is there. Of what came after, each 512 bytes are there or not, by chance. A removal is
there when the folder was synced with it, or when anything at all was synced after it (a journal once removed does not come
back after a later sync of the store: a model without this rule finds corruption that cannot happen); otherwise by chance.
"""

import random
import re
import sqlite3

import apsw
import scene

from layers.store import geometry, sqlite

SECTOR = 512
FUNCTIONS = ("ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY", "ST_IsEmpty")


class Disk(apsw.VFS):
    """The machine's disk, with a record of everything that could be lost."""

    def __init__(self, name):
        self.record, self.known_as = [], name
        super().__init__(name, base="")

    def xOpen(self, name, flags):
        return _File(self.record, name, flags)

    def xDelete(self, name, syncdir):
        self.record.append(("remove", name, syncdir))
        return super().xDelete(name, syncdir)


class _File(apsw.VFSFile):
    def __init__(self, record, name, flags):
        super().__init__("", name, flags)
        self._record, self._name = record, name.filename() if hasattr(name, "filename") else (name or "temporary")

    def xWrite(self, data, offset):
        self._record.append(("write", self._name, offset, bytes(data)))
        return super().xWrite(data, offset)

    def xTruncate(self, size):
        self._record.append(("cut", self._name, size))
        return super().xTruncate(size)

    def xSync(self, flags):
        self._record.append(("sync", self._name))
        return super().xSync(flags)


def statements_of(path, edits, monkeypatch, *, seed=3):
    """Let the store itself make changes and give every statement its writing connection ran, with the change each commit ends."""
    told, writers = [], []
    real = sqlite.make_durable

    def watched(connection, durability):
        if not writers:
            writers.append(connection)
            connection.set_trace_callback(told.append)
        real(connection, durability)

    monkeypatch.setattr(sqlite, "make_durable", watched)
    rng = random.Random(seed)
    with scene.opened(path) as store:
        for number in range(edits):
            scene.one_edit(store, rng, f"p{number}")
    monkeypatch.undo()
    return [one for one, before in zip(told, [None, *told], strict=False) if one != before]  # a trigger tells its statement again


def played(path, disk, statements, synchronous=None):
    """Run the statements on the recording disk; give the record and, for each commit, how long the record was then."""
    connection = apsw.Connection(str(path), vfs=disk.known_as)
    for name in FUNCTIONS:
        connection.create_scalar_function(name, _function(name), 1, deterministic=True)
    disk.record.clear()
    commits = []
    for statement in statements:
        if synchronous is not None:
            statement = re.sub(r"(?i)^(PRAGMA synchronous)=\w+$", rf"\1={synchronous}", statement)  # noqa: PLW2901
        connection.execute(statement)
        if statement == "COMMIT":
            commits.append(len(disk.record))
    record = list(disk.record)
    connection.close()
    return record, commits


def _function(name):
    probe = sqlite3.connect(":memory:")
    geometry.register(probe)
    return lambda blob: probe.execute(f"SELECT {name}(?)", (blob,)).fetchone()[0]


def cut(record, at, files, rng):
    """Give the files as they may be found when the power goes after so many entries of the record."""
    found = {name: bytearray(content) for name, content in files.items()}
    synced = {entry[1]: number for number, entry in enumerate(record[:at]) if entry[0] == "sync"}
    last_sync = max(synced.values(), default=-1)
    share = rng.choice([0, 0.3, 0.7, 1])
    for number, entry in enumerate(record[:at]):
        kind, name = entry[:2]
        safe = number < synced.get(name, -1)
        if kind == "write":
            _write(found.setdefault(name, bytearray()), entry[2], entry[3], lambda safe=safe: safe or rng.random() < share)
        elif kind == "cut" and (safe or rng.random() < share):
            del found.setdefault(name, bytearray())[entry[2] :]
        elif kind == "remove" and (entry[2] or number < last_sync or rng.random() < share):
            found.pop(name, None)
    return found


def _write(content, offset, data, kept):
    if len(content) < offset + len(data) and kept():
        content.extend(bytes(offset + len(data) - len(content)))
    for start in range(0, len(data), SECTOR):
        if kept():
            part = data[start : start + SECTOR]
            if len(content) < offset + start + len(part):
                content.extend(bytes(offset + start + len(part) - len(content)))
            content[offset + start : offset + start + len(part)] = part


def laid_down(found, base, target):
    """Write the files of a cut beside each other, under the name of the target."""
    for left in target.parent.glob(target.name + "*"):
        left.unlink()
    for name, content in found.items():
        if name.startswith(str(base)):
            target.with_name(target.name + name.removeprefix(str(base))).write_bytes(content)


def looked_at(target, commits):
    """Open what a cut left with the SQLite the store uses; give what is lost of so many commits, and what is corrupt."""
    connection = sqlite3.connect(target, isolation_level=None)
    geometry.register(connection)
    try:
        if connection.execute("PRAGMA quick_check").fetchone()[0] != "ok":
            return 0, 1
        done = connection.execute("SELECT count(*) FROM xt_changes").fetchone()[0]
        torn = connection.execute(
            "SELECT count(*) FROM xt_changes c WHERE inserted + updated + deleted"
            " != (SELECT count(*) FROM xt_history h WHERE h.change_id = c.change_id)"
        ).fetchone()[0]
        drift = connection.execute(
            "SELECT (SELECT count(*) FROM wells) != (SELECT count(*) FROM rtree_wells_geom)"
            " OR EXISTS (SELECT 1 FROM wells JOIN rtree_wells_geom r ON r.id = fid"
            " WHERE abs(minx - ST_MinX(geom)) > 1e-3 OR abs(miny - ST_MinY(geom)) > 1e-3)"
        ).fetchone()[0]
        gone = connection.execute(
            "SELECT count(*) FROM xt_history h WHERE op != 'delete' AND seq = (SELECT max(seq) FROM xt_history o"
            " WHERE o.layer = h.layer AND o.fid = h.fid) AND layer = 'wells' AND NOT EXISTS"
            " (SELECT 1 FROM wells w WHERE w.fid = h.fid AND w.ver = h.ver)"
        ).fetchone()[0]
    except sqlite3.DatabaseError:
        return 0, 1
    finally:
        connection.close()
    return max(0, commits - done), int(bool(torn or drift or gone))
