"""The .sql files of the store, cut into statements. Only names of declared layers and fields are ever put into them."""

from __future__ import annotations

import re
import sqlite3
from functools import cache
from importlib import resources

from layers.errors import BadFrameError

NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
RESERVED = ("xt_", "gpkg_", "rtree_", "sqlite_", "pg_")


@cache
def text(folder: str, name: str) -> str:
    """Read a script of one kind of store."""
    return resources.files("layers.store").joinpath("sql", folder, f"{name}.sql").read_text("utf-8")


@cache
def migrations(folder: str) -> tuple[tuple[int, str], ...]:
    """List the migrations as (version, script name), in order; a script's name begins with its version."""
    names = [entry.name for entry in resources.files("layers.store").joinpath("sql", folder).iterdir()]
    found = [(int(name[:4]), name.removesuffix(".sql")) for name in names if re.fullmatch(r"\d{4}_\w+\.sql", name)]
    return tuple(sorted(found))


def statements(script: str) -> list[str]:
    r"""Cut a script into statements, triggers in one piece.

    >>> statements("CREATE TABLE a (b);\n-- a note\nDROP TABLE a;")
    ['CREATE TABLE a (b);', '-- a note\nDROP TABLE a;']
    """
    found, piece = [], ""
    for line in script.splitlines(keepends=True):
        piece += line
        if sqlite3.complete_statement(piece):
            found.append(piece.strip())
            piece = ""
    return found


def checked_name(name: str) -> str:
    """Let pass the name of a layer or field that may stand in SQL; raise BadFrameError for any other."""
    if not NAME.fullmatch(name) or name.startswith(RESERVED):
        raise BadFrameError(f"{name!r} cannot be the name of a table or column: lower-case letters, digits and _ only")
    return name


def for_layer(folder: str, name: str, layer: str) -> list[str]:
    """Read a script with the name of a declared layer in place of {layer}."""
    return [statement.replace("{layer}", checked_name(layer)) for statement in statements(text(folder, name))]


def for_column(folder: str, layer: str, column: str, kind: str) -> list[str]:
    """Read the script that adds a column, with declared names in place."""
    filled = text(folder, "add_column").replace("{layer}", checked_name(layer)).replace("{column}", checked_name(column))
    return statements(filled.replace("{type}", kind))
