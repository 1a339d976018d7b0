"""Commands that bring in lists of tasks and targets, and the counts of monitored households."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from geo_app.commands.bench import FILE, Bench, deliver, examples, pass_bench, say, signed
from geo_app.errors import EXIT_FAULTS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from geo_app.actions.work_lists import Checked


def _loading(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option("--shipped", is_flag=True, help="The list that ships with the software."),
        click.option("--replace", is_flag=True, help="Put it in place of every list held."),
        click.option("--dry-run", is_flag=True, help="Check and report only."),
    ):
        command = option(command)
    return command


def _load(bench: Bench, layer: str, file: Path | None, of: Any, options: dict[str, Any]) -> None:
    from geo_app.access import local_person
    from geo_app.actions import import_layer, uploads, work_lists
    from geo_app.actions.merging import Mode
    from geo_app.commands.filling import told

    if (file is None) == (not options["shipped"]):
        raise click.UsageError("Name a file, or --shipped for the list that ships.")
    wish = work_lists.Wish(of=of, mode=Mode.REPLACE if options["replace"] else Mode.UPDATE)
    settings = bench.settings
    with bench.store(create=True) as store:
        if file is None:
            checked = work_lists.shipped(layer, wish)
        else:
            upload = uploads.stage_file(file, folder=settings.uploads, max_bytes=settings.max_upload_mb * 1_000_000)
            try:
                checked = work_lists.check(layer, upload, wish, limits=import_layer.limits_of(settings))
            finally:
                uploads.discard(upload)
        _report(checked)
        if checked.errors or options["dry_run"]:
            say("Nothing was changed.")
            raise SystemExit(EXIT_FAULTS if checked.errors else 0)
        receipt, _ = work_lists.accept(store, local_person(settings), checked, bench.by(options))
    say(told(receipt))


def _report(checked: Checked) -> None:
    warnings = len(checked.report.faults) - checked.errors
    say(f"{checked.name}: {checked.report.rows} rows, {checked.errors} errors, {warnings} warnings")
    for _, fault in checked.report.faults.head(20).iterrows():
        say(f"  row {fault['row']}, {fault['field']}: found {fault['value']!r}, expected {fault['expected_en']}")


@click.group(epilog=examples("geo-app tasks load --shipped"))
def tasks() -> None:
    """Task lists: load another county's list in place of or beside the present one."""


@tasks.command(
    "load",
    epilog=examples(
        "geo-app tasks load --shipped",
        "geo-app tasks load list.csv --list PX2025 --document 平县发〔2025〕3号 --area 620421 --replace",
    ),
)
@click.argument("file", type=FILE, required=False)
@click.option("--list", "list_code", help="Short name of the list; with the number it makes the key of a task.")
@click.option("--document", help="The document that prints the list.")
@click.option("--area", help="Code of the area whose list it is.")
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="Day of the document.")
@_loading
@signed
@pass_bench
def load_tasks(bench: Bench, file: Path | None, **options: Any) -> None:
    """Check a list of tasks (CSV or XLSX) by row and column and take it as one change; progress of known tasks is kept."""
    from layers.tasks import TaskList

    of = None
    if file is not None:
        if not options["list_code"] or not options["document"]:
            raise click.UsageError("Name the list with --list and the document that prints it with --document.")
        day = options["on"]
        of = TaskList(options["list_code"], options["document"], options["area"], day.date().isoformat() if day else None)
    _load(bench, "tasks", file, of, options)


@click.group(epilog=examples("geo-app targets load --shipped"))
def targets() -> None:
    """Published targets: load another county's beside or in place of the present ones."""


@targets.command("load", epilog=examples("geo-app targets load --shipped", "geo-app targets load targets.xlsx --dry-run"))
@click.argument("file", type=FILE, required=False)
@_loading
@signed
@pass_bench
def load_targets(bench: Bench, file: Path | None, **options: Any) -> None:
    """Check a list of targets (CSV or XLSX) by row and column and take it as one change."""
    _load(bench, "indicator_targets", file, None, options)


@click.command(
    epilog=examples(
        "geo-app households sheet.xlsx --month 2026-10",
        "geo-app households sheet.csv --month 2026-10 --area 620422 --line 7200 --write",
    )
)
@click.argument("file", type=FILE)
@click.option("--month", required=True, help="The month that the sheet is for: 2026-10.")
@click.option("--area", help="Area that the sheet covers (default: the counties of its villages).")
@click.option("--line", type=float, help="Income line in yuan a person and year, where another was set.")
@click.option("--write", is_flag=True, help="Write the protected counts; otherwise they are shown only.")
@click.option("--json", "as_json", is_flag=True, help="As JSON on standard output.")
@signed
@pass_bench
def households(bench: Bench, file: Path, **options: Any) -> None:
    """Count the sheet of monitored households in memory; protected counts are shown or written, no row is kept."""
    import pandas as pd

    from geo_app.access import local_person
    from geo_app.actions import households as action
    from geo_app.actions import import_layer
    from geo_app.commands.filling import told

    person, wanted = local_person(bench.settings), action.Wanted(options["month"], options["area"], options["line"])
    with bench.store() as store:
        draft = action.read(store, person, _sheet(file), wanted, limits=import_layer.limits_of(bench.settings))
        say(f"Income from {draft.window[0]} to {draft.window[1]} counts for households taken in in {draft.period}.")
        for fault in draft.faults[:40]:
            say(f"  row {fault.row}, {fault.item} ({fault.severity}): expected {fault.expected_en}")
        if not draft.rows:
            say(f"{draft.errors} errors. Nothing was counted and nothing is kept.")
            raise SystemExit(EXIT_FAULTS)
        say(f"{len(draft.rows)} rows of counts, {draft.hidden} counts hidden.")
        deliver(pd.DataFrame(draft.rows), out=None, as_json=options["as_json"], title=draft.period)
        if options["write"]:
            say(told(action.write(store, person, draft, bench.by(options))))


def _sheet(file: Path) -> bytes:
    """Read a sheet, or standard input for `-`, so that it need not lie on a disk."""
    import sys

    if str(file) == "-":
        return sys.stdin.buffer.read()
    if not file.is_file():
        raise click.UsageError(f"There is no file {file}. Name the sheet, or - for standard input.")
    return file.read_bytes()
