"""Commands that list what there is to compute with: runs, profiles, indicators."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from geo_app.commands.bench import FILE, Bench, deliver, examples, pass_bench

if TYPE_CHECKING:
    from pathlib import Path


@click.command(epilog=examples("geo-app runs", "geo-app runs --json"))
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
@click.option("--out", type=FILE, help="Write csv, json or xlsx.")
@click.option("--json", "as_json", is_flag=True, help="As JSON on standard output.")
@pass_bench
def runs(bench: Bench, limit: int, out: Path | None, *, as_json: bool) -> None:
    """List the stored runs, newest first."""
    import pandas as pd

    with bench.store() as store:
        rows = [
            {
                "run": item.run_id,
                "at": item.at,
                "who": item.who,
                "profile": item.profile,
                "on": item.parameters.get("on"),
                "indicators": item.parameters.get("indicators"),
                "overrides": item.parameters.get("overrides"),
                "title": item.title,
            }
            for item in store.runs(limit=limit)
        ]
    columns = ["run", "at", "who", "profile", "on", "indicators", "overrides", "title"]
    deliver(pd.DataFrame(rows, columns=columns), out=out, as_json=as_json, title="Runs")


@click.command(epilog=examples("geo-app profiles", "geo-app profiles tches18 --json"))
@click.argument("name", required=False)
@click.option("--out", type=FILE, help="Write csv, json or xlsx.")
@click.option("--json", "as_json", is_flag=True, help="As JSON on standard output.")
def profiles(name: str | None, out: Path | None, *, as_json: bool) -> None:
    """List the profiles of thresholds, or the thresholds of one with source and certainty."""
    import pandas as pd

    from geo_app.actions import describe

    rows = describe.thresholds(name) if name else describe.profile_list()
    deliver(pd.DataFrame(rows), out=out, as_json=as_json, title=name or "Profiles")


@click.command(epilog=examples("geo-app indicators", "geo-app indicators --json"))
@click.option("--out", type=FILE, help="Write csv, json or xlsx.")
@click.option("--json", "as_json", is_flag=True, help="As JSON on standard output.")
def indicators(out: Path | None, *, as_json: bool) -> None:
    """List the indicators with formula, weight, source and what they need."""
    import pandas as pd

    from geo_app.actions import describe

    deliver(pd.DataFrame(describe.indicator_list()), out=out, as_json=as_json, title="Indicators")
