"""Commands that bring data in and check it: load, import, check."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from geo_app.commands.bench import FILE, Bench, deliver, examples, pairs, pass_bench, say, signed
from geo_app.errors import EXIT_FAULTS
from geo_app.progress import on_terminal

if TYPE_CHECKING:
    from geo_app.actions.import_layer import Checked, Choices
    from layers.store import Receipt, Store


@click.command(epilog=examples("geo-app load examples/pmgsy-ladakh/recipe.toml --data ../shared/data/pmgsy-ladakh"))
@click.argument("recipe", type=FILE)
@click.option("--data", "data_dir", type=FILE, required=True, help="Folder that holds the recipe's files.")
@click.option("--report", type=FILE, help="Write every fault found (csv, json or xlsx).")
@signed
@pass_bench
def load(bench: Bench, recipe: Path, data_dir: Path, report: Path | None, **options: Any) -> None:
    """Load all files of a recipe as one change: all of it or nothing."""
    import pandas as pd

    from geo_app.actions import import_layer, load_recipe, tables

    limits = import_layer.limits_of(bench.settings)
    with bench.store(create=True) as store, on_terminal("Loading") as progress:
        loaded = load_recipe.load(store, recipe, data_dir, bench.by(options), progress, limits=limits)
    for feed in loaded.feeds:
        say(
            f"{feed.layer} ← {feed.file}: {feed.rows} rows taken, {feed.repaired} cells repaired, "
            f"{feed.skipped} rows skipped, {feed.warnings} warnings"
        )
    say(told(loaded.receipt))
    if report is not None:
        faults = pd.concat(list(loaded.faults.values()), ignore_index=True)
        tables.write(faults, report)
        say(f"{len(faults)} faults written to {report}")


@click.command(
    "import",
    epilog=examples(
        "geo-app import roads.zip --layer roads --crs EPSG:4523 --yes",
        "geo-app import villages.csv --layer villages --map name=村名 --map village_code=代码 --encoding gb18030",
        "geo-app import works.xlsx --layer water_works --constant data_quality=surveyed --repair trim --skip-bad-rows",
        "geo-app import works.xlsx --layer water_works --mode update --report faults.csv --recipe-out next-year.toml --yes",
    ),
)
@click.argument("file", type=FILE)
@click.option("--layer", required=True, help="Layer that takes the rows (geo-app layers lists them).")
@click.option("--crs", help="Coordinate system of the file, where it does not say: EPSG:4523, EPSG:4326, GCJ-02, BD-09 …")
@click.option("--encoding", help="Encoding of its text, where it does not say: utf-8, gb18030 …")
@click.option("--table", help="Which table of the file, where it has several.")
@click.option("--xy", help="Columns with the coordinates of a table: X,Y.")
@click.option(
    "--map", "columns", multiple=True, callback=pairs, metavar="FIELD=COLUMN", help="Column that fills a field; repeat."
)
@click.option(
    "--constant", "constants", multiple=True, callback=pairs, metavar="FIELD=VALUE", help="Same value in every row; repeat."
)
@click.option("--repair", "repairs", multiple=True, help="A named repair the check report offers; repeat.")
@click.option(
    "--mode", type=click.Choice(["add", "update", "replace"]), default="add", show_default=True, help="What of known keys."
)
@click.option("--skip-bad-rows", is_flag=True, help="Leave rows with faults out and list them; otherwise all or nothing.")
@click.option("--report", type=FILE, help="Write the check report (csv, json, xlsx).")
@click.option("--recipe-out", type=FILE, help="Write the recipe that repeats this import.")
@click.option("--dry-run", is_flag=True, help="Check and report only.")
@click.option("--yes", is_flag=True, help="Take the rows without asking.")
@signed
@pass_bench
def import_file(bench: Bench, file: Path, **options: Any) -> None:
    """Import one file into one layer: read, ask, check, repair, take; one change."""
    from geo_app.actions import import_layer, uploads

    with bench.store(create=True) as store:
        with on_terminal("Reading") as progress:
            progress(0, 0, file.name)
            upload = uploads.stage_file(file, folder=bench.settings.uploads, max_bytes=bench.settings.max_upload_mb * 1_000_000)
        try:
            checked = import_layer.check(store, upload, _choices(options), limits=import_layer.limits_of(bench.settings))
            _report(checked, options)
            if options["dry_run"] or not _agreed(checked, options):
                say("Nothing was changed.")
                raise SystemExit(EXIT_FAULTS if checked.errors else 0)
            _take(bench, store, checked, options)
        finally:
            uploads.discard(upload)


def told(receipt: Receipt) -> str:
    """Say what a change did."""
    if not receipt.change_id:
        return "Nothing was different; no change was made."
    return f"Change {receipt.change_id}: {receipt.inserted} rows added, {receipt.updated} updated, {receipt.deleted} deleted."


def _choices(options: dict[str, Any]) -> Choices:
    from geo_app.actions.import_layer import Choices
    from geo_app.actions.merging import Mode
    from layers.files import Answers

    x, _, y = (options["xy"] or "").partition(",")
    answers = Answers(options["crs"], options["encoding"], options["table"], x.strip() or None, y.strip() or None)
    return Choices(
        layer=options["layer"],
        answers=answers,
        columns=options["columns"],
        match_names=True,
        constants=options["constants"],
        repairs=tuple(options["repairs"]),
        skip_bad_rows=options["skip_bad_rows"],
        mode=Mode(options["mode"]),
    )


def _report(checked: Checked, options: dict[str, Any]) -> None:
    import pandas as pd

    from geo_app.actions import tables

    name, crs, text = checked.upload.original_name, checked.source_crs or "none", checked.encoding or "—"
    say(f"{name}: {len(checked.frame)} rows, CRS {crs}, text {text}")
    for note in checked.notes:
        say(f"  {note}")
    say(f"{checked.errors} errors, {checked.warnings} warnings, {len(checked.repaired)} cells repaired")
    faults = checked.report.faults
    for _, fault in faults.head(10).iterrows():
        expected = f"expected {fault['expected_en']}. {fault['advice_en']}"
        place = "every row" if pd.isna(fault["row"]) else f"row {fault['row']}"
        say(f"  {place}, {fault['field']}: found {fault['value']!r}, {expected}")
    offered = [str(getattr(item, "name", item)) for item in checked.report.repairs]
    if offered:
        say(f"  repairs offered: {', '.join(offered)}")
    if options["report"] is not None:
        tables.write(faults.drop(columns="geometry", errors="ignore"), options["report"])
        say(f"{len(faults)} faults written to {options['report']}")


def _agreed(checked: Checked, options: dict[str, Any]) -> bool:
    if options["yes"] or (checked.errors and not options["skip_bad_rows"]):
        return True
    if not sys.stdin.isatty():
        say("Run again with --yes to take the rows.")
        return False
    return click.confirm(f"Take {len(checked.frame)} rows into {checked.choices.layer}?", err=True)


def _take(bench: Bench, store: Store, checked: Checked, options: dict[str, Any]) -> None:
    from geo_app.actions import import_layer

    with on_terminal("Writing") as progress:
        done = import_layer.accept(store, checked, bench.by(options), progress)
    say(told(done.receipt))
    if len(done.skipped):
        say(f"{len(done.skipped)} rows skipped:")
    for _, row in done.skipped.iterrows():
        say(f"  row {row['row']}: {row['reasons']}")
    if options["recipe_out"] is not None:
        Path(options["recipe_out"]).write_text(done.recipe, encoding="utf-8")
        say(f"Recipe written to {options['recipe_out']}")


@click.command(epilog=examples("geo-app check", "geo-app check roads --out faults.xlsx", "geo-app check villages --json"))
@click.argument("layer", required=False)
@click.option("--out", type=FILE, help="Write csv, json or xlsx.")
@click.option("--json", "as_json", is_flag=True, help="As JSON on standard output.")
@pass_bench
def check(bench: Bench, layer: str | None, out: Path | None, *, as_json: bool) -> None:
    """Check the rows in the store again, as if they came in a file today; exit code 3 when there are errors."""
    import pandas as pd

    from geo_app.actions import check_store

    with bench.store() as store, on_terminal("Checking") as progress:
        report = check_store.check(store, layer, progress)
    deliver(pd.DataFrame(report.faults.drop(columns="geometry", errors="ignore")), out=out, as_json=as_json, title="Faults")
    rows = sum(report.checked.values())
    warnings = len(report.faults) - report.errors
    say(f"{rows} rows of {len(report.checked)} layers checked: {report.errors} errors, {warnings} warnings.")
    if report.errors:
        raise SystemExit(EXIT_FAULTS)
