"""The command update: a surveyed file compared with its layer and accepted as one change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from geo_app.commands.bench import FILE, Bench, examples, pairs, pass_bench, say, signed
from geo_app.commands.history import agreed, person_of
from geo_app.errors import EXIT_FAULTS, BadRequestError
from geo_app.progress import on_terminal

if TYPE_CHECKING:
    from pathlib import Path

    from geo_app.actions.bulk_compare import Wishes
    from geo_app.actions.bulk_update import Comparison

SHOWN = 10


@click.command(
    epilog=examples(
        "geo-app update survey.zip --layer roads --report compared.csv",
        "geo-app update survey.zip --layer roads --crs EPSG:4523 --buffer 10 --share 0.9 --complete-for 620422 --yes",
        "geo-app update survey.gpkg --layer roads --decide 14=S-0102 --decide 15=add --open skip --yes",
    )
)
@click.argument("file", type=FILE)
@click.option("--layer", required=True, help="Layer that the file updates.")
@click.option("--crs", help="Coordinate system of the file, where it does not say.")
@click.option("--encoding", help="Encoding of its text, where it does not say.")
@click.option("--table", help="Which table of the file, where it has several.")
@click.option("--xy", help="Columns with the coordinates of a table: X,Y.")
@click.option(
    "--map", "columns", multiple=True, callback=pairs, metavar="FIELD=COLUMN", help="Column that fills a field; repeat."
)
@click.option(
    "--constant", "constants", multiple=True, callback=pairs, metavar="FIELD=VALUE", help="Same value in every row; repeat."
)
@click.option("--repair", "repairs", multiple=True, help="A named repair; repeat.")
@click.option("--skip-bad-rows", is_flag=True, help="Leave rows out that cannot be read.")
@click.option("--buffer", "buffer_m", type=float, help="Lines: strip on each side, metres (15).")
@click.option("--share", type=float, help="Share of each that must lie in the other, 0 to 1 (0.8).")
@click.option("--distance", "point_m", type=float, help="Points: greatest distance, metres (50).")
@click.option("--same", "same_m", type=float, help="What moved by less is unchanged, metres (0.1).")
@click.option("--complete-for", help="Area code for which the file is complete, or all: what is not in it was removed.")
@click.option("--blanks-erase", is_flag=True, help="An empty cell makes a known value unknown.")
@click.option("--key-prefix", default="", help="Numbers for new rows that have none begin so.")
@click.option(
    "--decide", multiple=True, callback=pairs, metavar="ROW=KEY|add|skip", help="What an open row of the file is; repeat."
)
@click.option(
    "--open", "rest", type=click.Choice(["ask", "skip", "add"]), default="ask", show_default=True, help="Other open rows."
)
@click.option("--report", type=FILE, help="Write the comparison (csv, json, xlsx).")
@click.option("--dry-run", is_flag=True, help="Compare and report only.")
@click.option("--yes", is_flag=True, help="Accept without asking.")
@signed
@pass_bench
def update(bench: Bench, file: Path, **options: Any) -> None:
    """Update a layer from a surveyed file: match by key, else by place; show; accept as one change."""
    from geo_app.actions import bulk_update, import_layer, uploads
    from geo_app.actions.import_layer import Choices
    from layers.files import Answers

    x, _, y = (options["xy"] or "").partition(",")
    choices = Choices(
        layer=options["layer"],
        answers=Answers(options["crs"], options["encoding"], options["table"], x.strip() or None, y.strip() or None),
        columns=options["columns"],
        match_names=True,
        constants=options["constants"],
        repairs=tuple(options["repairs"]),
        skip_bad_rows=options["skip_bad_rows"],
    )
    person = person_of(bench, options)
    with bench.store() as store:
        upload = uploads.stage_file(file, folder=bench.settings.uploads, max_bytes=bench.settings.max_upload_mb * 1_000_000)
        try:
            with on_terminal("Comparing") as progress:
                survey = bulk_update.read_survey(store, upload, choices, limits=import_layer.limits_of(bench.settings))
                found = bulk_update.compare(store, person, survey, _wishes(options), progress)
            _show(found, options["report"])
            decisions = _decisions(found, options)
            if options["dry_run"] or not agreed(f"Update {options['layer']}?", yes=options["yes"]):
                say("Nothing was changed.")
                raise SystemExit(EXIT_FAULTS if found.faults.errors else 0)
            with on_terminal("Writing") as progress:
                saved = bulk_update.accept(store, person, found, decisions, reason=options["reason"] or "", progress=progress)
        finally:
            uploads.discard(upload)
    from geo_app.commands.filling import told

    if saved.receipt is not None:
        say(told(saved.receipt))


def _wishes(options: dict[str, Any]) -> Wishes:
    from geo_app.actions.bulk_compare import Wishes
    from processing.line_match import Thresholds

    given = {name: options[name] for name in ("buffer_m", "share", "point_m", "same_m") if options[name] is not None}
    if "share" in given:
        given["possible_share"] = min(Thresholds().possible_share, given["share"])
    try:
        thresholds = Thresholds(**given)
    except ValueError as error:
        raise BadRequestError(str(error)) from None
    return Wishes(
        thresholds=thresholds,
        complete_for=options["complete_for"],
        blanks_erase=options["blanks_erase"],
        key_prefix=options["key_prefix"],
    )


def _show(found: Comparison, report: Path | None) -> None:
    import pandas as pd

    from geo_app.actions import bulk_update, tables
    from geo_app.actions.bulk_compare import Kind

    limits = found.sides.wishes.thresholds
    say(
        f"{found.survey.upload.original_name} beside {found.layer.name}: "
        + ", ".join(f"{n} {kind}" for kind, n in found.counts.items())
    )
    say(
        f"  strip {limits.buffer_m:g} m, share {limits.share:g}, points {limits.point_m:g} m, unchanged up to {limits.same_m:g} m"
    )
    for item in [one for one in found.items if one.kind is Kind.AMBIGUOUS][:SHOWN]:
        say(f"  row {item.row} is open ({item.reason}): " + ", ".join(one.key or one.id for one in item.candidates))
    for fault in found.faults.errors[:SHOWN]:
        say(f"  fault: {fault.id or f'row {fault.row}'}, {fault.field}: {fault.value!r}, expected {fault.expected[1]}")
    if report is not None:
        tables.write(pd.DataFrame(bulk_update.summary(found)), report)
        say(f"{len(found.items)} rows written to {report}")


def _decisions(found: Comparison, options: dict[str, Any]) -> dict[int, str]:
    """Turn --decide ROW=KEY|add|skip into decisions, and take --open for the rest."""
    from geo_app.actions.bulk_compare import Kind

    by_row = {str(item.row): item for item in found.items if item.row is not None}
    decisions: dict[int, str] = {}
    for row, wanted in options["decide"].items():
        item = by_row.get(row)
        if item is None:
            raise BadRequestError(f"The file has no row {row}.")
        ids = {one.key: one.id for one in item.candidates}
        decisions[item.number] = ids.get(wanted, wanted)
    if options["rest"] != "ask":
        for item in found.items:
            if item.kind is Kind.AMBIGUOUS:
                decisions.setdefault(item.number, options["rest"])
    return decisions
