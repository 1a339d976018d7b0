"""The command that lists what is due and overdue."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from geo_app.commands.bench import FILE, Bench, examples, pass_bench, say

if TYPE_CHECKING:
    from pathlib import Path


@click.command("due", epilog=examples("geo-app due", "geo-app due --area 620422 --state overdue", "geo-app due --ics dues.ics"))
@click.option("--area", help="Code of the county, township or village (default: everything).")
@click.option("--state", type=click.Choice(["overdue", "due", "open", "upcoming"]), help="Only dues of this state.")
@click.option("--ics", type=FILE, help="Write a calendar (iCalendar) instead of a list.")
@pass_bench
def due(bench: Bench, area: str | None, state: str | None, ics: Path | None) -> None:
    """List what is due and overdue for assets, ledgers, projects and tasks, or write it as a calendar."""
    import datetime as dt

    from geo_app import office_day
    from geo_app.access.people import local_person
    from geo_app.actions import calendar, inputs
    from geo_app.actions import due as owed
    from layers.store import Condition

    today: dt.date = office_day.today()
    with bench.store() as store:
        tree = inputs.areas(store)
        found = owed.dues(store, local_person(bench.settings), today, area=inputs.require_area(tree, area) if area else None)
        found = [item for item in found if state in {None, item.state}]
        if ics is not None:
            made = dt.datetime.now(dt.UTC)
            marked = (Condition("data_quality", "=", "synthetic"),)
            note = "模拟数据 Simulated data." if store.count("assets", marked) else ""
            ics.write_bytes(
                calendar.calendar(found, name="乡图 · 待办", words=lambda item: item.kind, places=tree.name, made=made, note=note)
            )
            say(f"{ics}: {len(found)}")
            return
    for item in found:
        click.echo(
            "\t".join((item.state, str(item.due_on or "-"), item.kind, item.key, item.title, item.area_code or "-", item.rule_id))
        )
    say(f"{len(found)} dues on {today}")
