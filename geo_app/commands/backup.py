"""Commands that keep a store safe: backup, restore, verify."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from geo_app.commands.bench import FILE, Bench, deliver, examples, pass_bench, say, signed
from geo_app.errors import EXIT_STORE, BadRequestError

if TYPE_CHECKING:
    from geo_app.actions.backups import Backup, Restored

DATABASES = ("postgresql:", "postgresql+psycopg:", "postgres:")


@click.command(epilog=examples("geo-app backup", "geo-app backup /mnt/other-disk/xiangtu --keep 60", "geo-app backup --list"))
@click.argument("folder", required=False, type=FILE)
@click.option("--keep", type=click.IntRange(1, 100_000), help="Backups kept beside one a day (default: XIANGTU_BACKUP_KEEP).")
@click.option("--list", "listed", is_flag=True, help="List the backups there are instead of making one.")
@click.option("--json", "as_json", is_flag=True, help="The list as JSON.")
@pass_bench
def backup(bench: Bench, folder: Path | None, *, keep: int | None, listed: bool, as_json: bool) -> None:
    """Make a consistent, checked copy of the store while work goes on, with its manifest, in FOLDER or XIANGTU_BACKUP_DIR."""
    from geo_app.actions import backups

    place = _folder(bench, folder)
    if listed:
        _list(backups.found_in(place), as_json=as_json)
        return
    with bench.store() as store:
        made = backups.make(store, place, keep=keep or bench.settings.backup_keep)
    say(f"Backup {made.path.name}: change {made.change}, {made.size / 1e6:.1f} MB, checksum {made.checksum[:12]}.")
    for line in made.faults:
        say(f"The store is not whole: {line}")
    if made.faults:
        say("The backup was kept all the same. Run geo-app verify --repair, then make another one.")
        raise SystemExit(EXIT_STORE)


def _folder(bench: Bench, folder: Path | None) -> Path:
    found = folder or bench.settings.backup_dir
    if found is None:
        raise BadRequestError("Name a folder for the backups, or set XIANGTU_BACKUP_DIR. It should lie on another disk.")
    return found


def _list(found: list[Backup], *, as_json: bool) -> None:
    import pandas as pd

    rows = [
        {
            "file": item.path.name,
            "at": item.at.isoformat(timespec="seconds"),
            "change": item.change,
            "size": item.size,
            "checksum": item.checksum,
            "faults": len(item.faults),
        }
        for item in found
    ]
    columns = ["file", "at", "change", "size", "checksum", "faults"]
    deliver(pd.DataFrame(rows, columns=columns), out=None, as_json=as_json)


@click.command(
    epilog=examples(
        "geo-app restore --at 2026-11-21T08:30 restored.gpkg",
        "geo-app restore --at now --from /mnt/other-disk/xiangtu/xiangtu-20261121T083000Z-000000042.gpkg restored.gpkg",
        "geo-app restore --at 2026-11-20 --layer roads",
        "geo-app restore --at 2026-11-21T08:30 --swap",
    )
)
@click.argument("target", required=False, type=FILE)
@click.option("--at", required=True, help="The moment, as 2026-11-21T08:30 (local time), with a zone, a date (its end), or now.")
@click.option("--from", "source", type=FILE, help="Start from this backup instead of choosing one.")
@click.option("--backups", "folder", type=FILE, help="Folder of the backups (default: XIANGTU_BACKUP_DIR).")
@click.option("--layer", help="Bring back this layer only: by one new change in the store, or in a copy when TARGET is named.")
@click.option(
    "--swap", is_flag=True, help="Put the result in the store's place; the old file is kept. The server must be stopped."
)
@signed
@pass_bench
def restore(bench: Bench, target: Path | None, **options: Any) -> None:
    """Restore the store as it was at a moment, into the new file TARGET; the store itself is only touched with --swap."""
    from geo_app.actions import backups

    at = backups.moment(options["at"])
    if options["layer"]:
        _restore_layer(bench, target, at, options)
        return
    request = backups.RestoreRequest(at=at, folder=options["folder"] or bench.settings.backup_dir, source=options["source"])
    if options["swap"]:
        if target is not None:
            raise BadRequestError("--swap puts the result in the store's place; name no file with it.")
        done, kept = backups.restore_in_place(_store_file(bench), request)
        _report(done)
        old = f"; the one before is kept as {kept.name}" if kept else ""
        say(f"The store is now the restored one{old}. Start the server.")
        return
    if target is None:
        raise BadRequestError("Name the new file, or use --swap.")
    _report(backups.restore(bench.settings.store, target, request))
    say("The store was not touched. To put this state in its place: stop the server, run the same with --swap, start the server.")


def _report(done: Restored) -> None:
    say(
        f"Restored {done.path.name} to change {done.change} from {done.source}: {done.replayed} changes added, "
        f"{done.taken_back} taken back, checksum {done.checksum[:12]}, equal to what the history says."
    )
    if not done.complete:
        say("The newest source ends before that moment: changes made after it are not in the file.")


def _store_file(bench: Bench) -> Path:
    where = bench.settings.store
    if where.startswith(DATABASES):
        raise BadRequestError(
            "A database is not swapped. Restore into a new file, copy it into a new schema (geo-app store copy), "
            "and set XIANGTU_STORE to that."
        )
    return Path(where.removeprefix("gpkg://").partition("?")[0]).absolute()


def _restore_layer(bench: Bench, target: Path | None, at: Any, options: dict[str, Any]) -> None:
    from geo_app.actions import backups
    from geo_app.actions.signing import By

    if options["swap"] or options["source"]:
        raise BadRequestError("--layer works on the history of the store itself; it takes neither --swap nor --from.")
    by = bench.by(options)
    by = By(by.who, by.bureau, by.reason or f"restored to {options['at']}")
    with bench.store() as store:
        if target is not None:
            backups.restore_layer_copy(store, target, options["layer"], at, by=by)
            say(f"{target.name} holds the store with {options['layer']} as it was; the store was not touched.")
            return
        receipt = backups.restore_layer(store, options["layer"], at, by)
    say(
        f"Layer {options['layer']} stands as it was, by change {receipt.change_id}: "
        f"{receipt.inserted} rows back, {receipt.updated} changed, {receipt.deleted} removed. geo-app undo takes it back."
    )


@click.command(epilog=examples("geo-app verify", "geo-app verify --repair"))
@click.option("--repair", is_flag=True, help="Build anew what can be derived: indexes, counts, row numbers, snapshots.")
@pass_bench
def verify(bench: Bench, *, repair: bool) -> None:
    """Check the store itself: damage, drift of the spatial index and of counts, broken history, wrong snapshots."""
    from geo_app.actions import backups

    with bench.store() as store:
        faults = backups.faults(store)
        for line in faults:
            click.echo(line)
        if faults and repair:
            for line in backups.repair(store):
                say(f"Mended: {line}")
            faults = backups.faults(store)
            for line in faults:
                click.echo(f"still: {line}")
    if faults:
        say(
            "Rows that differ from the history: geo-app restore --layer. A damaged file: geo-app restore."
            if repair
            else "geo-app verify --repair mends what can be derived from the rows and the history."
        )
        raise SystemExit(EXIT_STORE)
    say("The store is whole.")
