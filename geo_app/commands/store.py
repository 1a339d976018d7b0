"""The command that moves a store: geo-app store copy."""

from __future__ import annotations

import click

from geo_app.commands.bench import examples, say
from geo_app.progress import on_terminal

EXAMPLES = (
    "geo-app store copy /srv/xiangtu/county.gpkg postgresql://xiangtu@localhost/xiangtu",
    "geo-app store copy postgresql://xiangtu@localhost/xiangtu county.gpkg",
)


@click.group("store", epilog=examples(*EXAMPLES))
def store_group() -> None:
    """Move a store to another place or kind of database."""


@store_group.command("copy", epilog=examples(*EXAMPLES))
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
def copy(source: str, target: str) -> None:
    """Copy the store FROM into a new store TO, each a path or a database URL, and compare checksums.

    Layers, history, runs, queries, settings, accounts, change requests, kept edits and publications are copied; people sign in
    anew. Stop the server first: what is written meanwhile is not in the copy.
    """
    from geo_app.actions import copy_store

    with on_terminal("Copying") as progress:
        made = copy_store.copy(source, target, lambda done, total: progress(done, total, "rows"))
    say(f"Copied up to change {made.change}: {made.rows} rows in the layers; both stores have checksum {made.checksum[:16]}.")
