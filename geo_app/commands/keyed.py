"""Commands about key counties, relocation settlements and planned money: key-counties, settlements, investment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from geo_app.commands.bench import FILE, Bench, deliver, examples, pass_bench, say, signed

if TYPE_CHECKING:
    from pathlib import Path


@click.group(
    "key-counties",
    epilog=examples("geo-app key-counties load", "geo-app key-counties list --level 国家 --state unknown --out unknown.csv"),
)
def key_counties() -> None:
    """Key counties in three values by level; load the shipped lists, or import other ones."""


@key_counties.command("list", epilog=examples("geo-app key-counties list --level 省 --json"))
@click.option("--level", help="Only this level: 国家, 省 or 市.")
@click.option("--state", type=click.Choice(["yes", "no", "unknown"]), help="Only this state.")
@click.option("--out", type=FILE, help="Write csv, json or xlsx.")
@click.option("--json", "as_json", is_flag=True, help="As JSON on standard output.")
@pass_bench
def list_(bench: Bench, level: str | None, state: str | None, out: Path | None, *, as_json: bool) -> None:
    """List every county with its state at each level, the reason, the list and its source."""
    from geo_app.actions import key_areas

    with bench.store() as store:
        frame = key_areas.frame(key_areas.listing(store))
    for name, wanted in (("level", level), ("state", state)):
        if wanted:
            frame = frame[frame[name] == wanted]
    deliver(frame, out=out, as_json=as_json, title="Key counties")


def _load(bench: Bench, name: str, options: dict[str, Any]) -> None:
    from geo_app.actions import load_shipped
    from geo_app.commands.filling import told

    with bench.store(create=True) as store:
        say(told(load_shipped.load(store, name, bench.by(options), replace=options["replace"])))


@key_counties.command("load", epilog=examples("geo-app key-counties load", "geo-app key-counties load --replace"))
@click.option("--replace", is_flag=True, help="Put the shipped rows in place of what the layers hold; the history keeps it.")
@signed
@pass_bench
def load_lists(bench: Bench, **options: Any) -> None:
    """Load the shipped lists (114 national and 14 provincial entries, 12 lists with what is known of their completeness)."""
    _load(bench, "key-counties", options)


@click.command(
    "settlements", epilog=examples("geo-app settlements --area 620422 --out missing.xlsx", "geo-app settlements --json")
)
@click.option("--area", help="Only settlements of this area.")
@click.option("--out", type=FILE, help="Write csv, json or xlsx.")
@click.option("--json", "as_json", is_flag=True, help="As JSON on standard output.")
@pass_bench
def settlements(bench: Bench, area: str | None, out: Path | None, *, as_json: bool) -> None:
    """List relocation settlements with what each lacks, most persons first."""
    from geo_app.actions import settlement_needs

    with bench.store() as store:
        frame = settlement_needs.frame(settlement_needs.settlements(store, area=area))
    deliver(frame, out=out, as_json=as_json, title="Relocation settlements")


@click.group("investment", epilog=examples("geo-app investment load", "geo-app investment show --out matrix.xlsx"))
def investment() -> None:
    """A plan's investment by category and county, computed again, beside the project library."""


@investment.command("load", epilog=examples("geo-app investment load"))
@click.option("--replace", is_flag=True, help="Put the shipped plan in place of what the layer holds; the history keeps it.")
@signed
@pass_bench
def load_plan(bench: Bench, **options: Any) -> None:
    """Load the shipped plan of 白银市 as printed."""
    _load(bench, "investment", options)


@investment.command("show", epilog=examples("geo-app investment show --contradictions"))
@click.option("--plan", help="Id of the plan (default: the first).")
@click.option("--contradictions", is_flag=True, help="What the document contradicts, instead of the matrix.")
@click.option("--out", type=FILE, help="Write csv, json or xlsx.")
@click.option("--json", "as_json", is_flag=True, help="As JSON on standard output.")
@pass_bench
def show(bench: Bench, plan: str | None, out: Path | None, *, contradictions: bool, as_json: bool) -> None:
    """Show the matrix in 亿元, or what the document contradicts."""
    from geo_app.actions import investment as action

    with bench.store() as store:
        found = action.matrix(store, plan_id=plan)
    frame = action.contradictions(found) if contradictions else action.frame(found)
    deliver(frame, out=out, as_json=as_json, title="Plan investment")
