"""Commands that show and hand out what the store holds: layers, areas, export, changes, undo."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from geo_app.commands.bench import FILE, Bench, deliver, examples, pass_bench, say, signed
from geo_app.errors import BadRequestError

if TYPE_CHECKING:
    from pathlib import Path

    from layers.store import Store

FORMATS = ("csv", "gpkg", "shp", "geojson", "kml", "xlsx", "fgb", "parquet")


@click.command(epilog=examples("geo-app layers", "geo-app layers roads", "geo-app layers roads --json"))
@click.argument("name", required=False)
@click.option("--out", type=FILE, help="Write csv, json or xlsx.")
@click.option("--json", "as_json", is_flag=True, help="As JSON on standard output.")
@pass_bench
def layers(bench: Bench, name: str | None, out: Path | None, *, as_json: bool) -> None:
    """Print the dictionary of layers with the rows there are, or the fields of one layer."""
    import pandas as pd

    from geo_app.actions import describe, tables
    from layers.errors import StoreMissingError

    if name and as_json and out is None:
        click.echo(tables.json_text(describe.layer(name)), nl=False)
        return
    if name:
        deliver(pd.DataFrame(describe.layer(name)["fields"]), out=out, as_json=as_json, title=name)
        return
    try:
        with bench.store() as store:
            rows = describe.layers(store)
    except StoreMissingError:
        rows = describe.layers()
    deliver(pd.DataFrame(rows), out=out, as_json=as_json, title="Layers")


@click.command(
    epilog=examples("geo-app areas", "geo-app areas --level county --out counties.csv", "geo-app areas --within 620422 --json")
)
@click.option("--level", default="all", show_default=True, help="Level of the store's areas.")
@click.option("--within", help="Only what lies in this area.")
@click.option("--out", type=FILE, help="Write csv, json or xlsx.")
@click.option("--json", "as_json", is_flag=True, help="As JSON on standard output.")
@pass_bench
def areas(bench: Bench, level: str, within: str | None, out: Path | None, *, as_json: bool) -> None:
    """List the areas of the store: code, name, level, parent."""
    from geo_app.actions import inputs

    with bench.store() as store:
        found = inputs.areas(store)
    frame = found.frame
    name = inputs.level_name(found, level)
    if name is not None:
        frame = frame[frame["level"] == name]
    if within:
        frame = frame[frame["area_code"].isin(found.codes[found.within([inputs.require_area(found, within)])])]
    deliver(frame[["area_code", "area_name", "level", "parent_code", "rank"]], out=out, as_json=as_json, title="Areas")


@click.command(
    epilog=examples(
        "geo-app export roads --format gpkg --out roads.gpkg",
        "geo-app export villages --format csv --out villages.csv --area 620422",
        "geo-app export roads --format shp --encoding gb18030 --out roads.zip",
    )
)
@click.argument("layer")
@click.option("--format", "kind", type=click.Choice(FORMATS), help="Format (default: by the ending of --out).")
@click.option("--out", type=FILE, required=True, help="File to write.")
@click.option("--area", help="Only rows in this area.")
@click.option(
    "--encoding",
    type=click.Choice(["utf-8", "utf-8-sig", "gb18030"]),
    default="utf-8",
    show_default=True,
    help="Encoding of csv and shp; utf-8-sig for a csv that a spreadsheet opens.",
)
@click.option("--force", is_flag=True, help="Write over an existing file.")
@pass_bench
def export(bench: Bench, layer: str, out: Path, **options: Any) -> None:
    """Write a layer with the dictionary's field names, county and township codes on every row that lies in one."""
    from geo_app.actions import export_layer

    kind = options["kind"] or out.suffix.lower().removeprefix(".")
    if kind not in FORMATS:
        raise BadRequestError(f"{out.name}: expected one of {', '.join(FORMATS)}; give --format.")
    if out.exists():
        if not options["force"]:
            raise BadRequestError(f"{out} is there already; --force writes over it.")
        out.unlink()
    request = export_layer.ExportRequest(layer, kind, options["encoding"], options["area"])
    with bench.store() as store:
        written = export_layer.export(store, request, out)
    say(f"{layer} written to {written}")


@click.command(epilog=examples("geo-app changes", "geo-app changes --layer roads --limit 5 --json"))
@click.option("--layer", help="Only changes that touched this layer.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
@click.option("--out", type=FILE, help="Write csv, json or xlsx.")
@click.option("--json", "as_json", is_flag=True, help="As JSON on standard output.")
@pass_bench
def changes(bench: Bench, layer: str | None, limit: int, out: Path | None, *, as_json: bool) -> None:
    """List changes, newest first: who, when, why, file, rows."""
    from dataclasses import asdict, fields

    import pandas as pd

    from layers.store import ChangeRecord

    with bench.store() as store:
        rows = [asdict(item) for item in store.changes(layer, limit)]
    frame = pd.DataFrame(rows, columns=[item.name for item in fields(ChangeRecord)])
    if not as_json:
        frame = frame.drop(columns=["recipe", "file_sha256"], errors="ignore")
    deliver(frame, out=out, as_json=as_json, title="Changes")


@click.command(
    epilog=examples("geo-app undo 3", "geo-app undo 3 --dry-run", 'geo-app undo 3 --yes --who 李明 --reason "wrong file"')
)
@click.argument("change_id", type=int)
@click.option("--dry-run", is_flag=True, help="Only say what it would do.")
@click.option("--yes", is_flag=True, help="Undo without asking; needed where there is no terminal to ask on.")
@signed
@pass_bench
def undo(bench: Bench, change_id: int, **options: Any) -> None:
    """Undo a whole change, as a new change, after a preview; refused when later changes touched the same rows."""
    by = bench.by(options)
    with bench.store() as store:
        _preview_undo(store, change_id)
        if options["dry_run"] or not _undo_agreed(change_id, yes=options["yes"]):
            say("Nothing was changed.")
            return
        receipt = store.undo(change_id, who=by.who, bureau=by.bureau, reason=by.reason or f"Undo of change {change_id}")
    say(
        f"Change {change_id} undone by change {receipt.change_id}: {receipt.inserted} rows back, {receipt.deleted} taken out, "
        f"{receipt.updated} as before."
    )


def _preview_undo(store: Store, change_id: int) -> None:
    """Say what undoing would do, layer by layer."""
    from collections import Counter

    record = store.change(change_id)
    say(f"Change {change_id}, {record.at:%Y-%m-%d %H:%M} by {record.who}: {record.reason}")
    counts = Counter((row.layer, str(row.op)) for row in store.change_rows(change_id))
    for name in sorted({layer for layer, _ in counts}):
        back, out, before = (counts[name, op] for op in ("delete", "insert", "update"))
        say(f"  {name}: {back} rows would come back, {out} be taken out, {before} be as before.")


def _undo_agreed(change_id: int, *, yes: bool) -> bool:
    """Ask a person, unless --yes was given.

    Raises:
        BadRequestError: there is no terminal to ask on.
    """
    if yes:
        return True
    if not _is_terminal():
        raise BadRequestError(f"Change {change_id} was not undone: there is no terminal to ask on. Run again with --yes.")
    return click.confirm(f"Undo change {change_id}?", err=True)


def _is_terminal() -> bool:
    return sys.stdin.isatty()
