"""Commands that look back and bring back: history, restore-layer."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from geo_app.commands.bench import FILE, Bench, deliver, examples, pass_bench, say, signed
from geo_app.errors import BadRequestError

if TYPE_CHECKING:
    from pathlib import Path

    from geo_app.access import Person
    from geo_app.actions.restore_layer import Preview

SHOWN = 10


def person_of(bench: Bench, options: dict[str, Any]) -> Person:
    """Give the person at this machine, under the name and bureau that were given."""
    from geo_app.access.people import local_person

    by = bench.by(options | {"reason": options.get("reason")})
    return replace(local_person(bench.settings), name=by.who, bureau=by.bureau)


@click.command(
    epilog=examples(
        "geo-app history roads",
        "geo-app history roads --since 2026-10-01 --by 李明 --out changes.csv",
        "geo-app history roads S1 --json",
        "geo-app history roads --at 2026-11-01 --out roads-2026-11-01.gpkg",
    )
)
@click.argument("layer")
@click.argument("row", required=False)
@click.option("--since", help="Changes from this day on.")
@click.option("--until", help="Changes until this day.")
@click.option("--by", "maker", help="Changes of this person.")
@click.option("--at", help="The layer as it was at the end of a day, at a moment, or after a change (#12); needs --out.")
@click.option("--out", type=FILE, help="Write csv, json or xlsx; with --at any format of export.")
@click.option("--json", "as_json", is_flag=True, help="As JSON on standard output.")
@pass_bench
def history(bench: Bench, layer: str, row: str | None, **options: Any) -> None:
    """List the changes of a layer, the versions of one row (by key or id), or write the layer as of a date."""
    from geo_app.access.people import local_person
    from geo_app.actions import history as looking_back

    person, as_json, out = local_person(bench.settings), options["as_json"], options["out"]
    with bench.store() as store:
        if options["at"]:
            _write_state(store, person, layer, options["at"], out)
            return
        if row is not None:
            frame = _versions(looking_back.versions(store, person, layer, row))
        else:
            span = looking_back.Span(
                since=looking_back.moment(options["since"], end=False) if options["since"] else None,
                until=looking_back.moment(options["until"]) if options["until"] else None,
                who=options["maker"],
            )
            frame = looking_back.table(looking_back.layer_changes(store, person, layer, span, limit=looking_back.LOOKED_AT))
    deliver(frame, out=out, as_json=as_json, title=f"{layer} {row or ''}".strip())


def _versions(found: list[Any]) -> Any:
    import pandas as pd

    from geo_app.actions.diff import describe
    from layers.catalogue import layer as declared

    rows = []
    for item in found:
        diff = describe(declared(item.layer), item.before, item.after)
        fields = "; ".join(f"{name}: {_said(before)} → {_said(after)}" for name, before, after in diff.fields)
        rows.append(
            {"ver": item.ver, "change_id": item.change_id, "at": item.at, "who": item.who, "bureau": item.bureau}
            | {"reason": item.reason, "op": item.op, "fields": fields, "moved_m": diff.moved_m}
        )
    return pd.DataFrame(rows)


def _said(value: Any) -> str:
    return "—" if value is None else str(value)


def _write_state(store: Any, person: Person, layer: str, at: str, out: Path | None) -> None:
    from geo_app.actions import export_layer
    from geo_app.actions import history as looking_back
    from layers import files
    from layers.catalogue import layer as declared

    if out is None:
        raise BadRequestError("Name the file to write with --out, for example --out roads-2026-11-01.gpkg.")
    kind = out.suffix.lower().removeprefix(".")
    if kind not in export_layer.FORMATS:
        raise BadRequestError(f"{out.name}: expected one of {', '.join(export_layer.FORMATS)}.")
    if out.exists():
        raise BadRequestError(f"{out} is there already; name another file.")
    frame = looking_back.state(store, person, layer, looking_back.when(at))
    written = files.write(frame, declared(layer), out, format=kind)
    say(f"{layer} as of {at}: {len(frame)} rows written to {written}")


@click.command(
    "restore-layer",
    epilog=examples(
        "geo-app restore-layer roads --at 2026-11-01", 'geo-app restore-layer roads --at "#12" --yes --reason "wrong file"'
    ),
)
@click.argument("layer")
@click.option("--at", required=True, help="The end of a day, a moment, or a change (#12) after which the layer was right.")
@click.option("--yes", is_flag=True, help="Restore without asking.")
@signed
@pass_bench
def restore_layer(bench: Bench, layer: str, **options: Any) -> None:
    """Bring a layer back to what it was, as one new change, after a preview."""
    from geo_app.actions import history as looking_back
    from geo_app.actions import restore_layer as restoring
    from geo_app.commands.filling import told

    person = person_of(bench, options)
    with bench.store() as store:
        seen = restoring.preview(store, person, layer, looking_back.when(options["at"]))
        _show(seen)
        if not seen.rows or not agreed(f"Restore {layer}?", yes=options["yes"]):
            say("Nothing was changed.")
            return
        receipt = restoring.restore(store, person, seen, reason=options["reason"] or f"{layer} as of {options['at']}")
    say(told(receipt))


def _show(seen: Preview) -> None:
    say(f"{seen.count('insert')} rows would come back, {seen.count('update')} change, {seen.count('delete')} be removed.")
    for row in seen.rows[:SHOWN]:
        say(f"  {row.op} {row.layer} {row.id}")
    if len(seen.rows) > SHOWN:
        say(f"  {len(seen.rows) - SHOWN} more")


def agreed(question: str, *, yes: bool) -> bool:
    """Ask a person, unless --yes was given; without a terminal and without --yes the answer is no."""
    if yes:
        return True
    if not sys.stdin.isatty():
        say("Run again with --yes to do it.")
        return False
    return click.confirm(question, err=True)
