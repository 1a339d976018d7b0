"""Commands that compute and answer: coverage, gaps, query."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from geo_app.commands.bench import FILE, Bench, deliver, examples, pairs, pass_bench, say, words
from geo_app.errors import EXIT_FAULTS
from geo_app.progress import on_terminal

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path

    import pandas as pd

    from geo_app.actions.run_coverage import Run
    from layers.store import Store


@click.command(
    epilog=examples(
        "geo-app coverage --indicator W1,RD3 --level county --out coverage.csv",
        "geo-app coverage --indicator RD1 --level block --set road_access.radius_m=500 --json",
        "geo-app coverage --area 620422 --level village --out huining.xlsx",
        "geo-app coverage --profile hunan2021 --on 2026-06-30",
        "geo-app coverage --run 1 --out again.csv",
    )
)
@click.option("--indicator", "indicators", multiple=True, help="Indicator codes, comma-separated or repeated (default: all).")
@click.option("--level", "levels", multiple=True, default=("all",), help="all, or levels of the store's areas: village, block …")
@click.option("--area", help="Only this area and everything in it.")
@click.option("--profile", help="Profile of thresholds (default: XIANGTU_PROFILE; geo-app profiles lists them).")
@click.option("--set", "overrides", multiple=True, callback=pairs, metavar="KEY=VALUE", help="Another threshold; repeat.")
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="Day it holds for (default: today).")
@click.option("--run", "run_id", type=int, help="Compute this stored run again and compare; exit code 3 when a number differs.")
@click.option("--targets", is_flag=True, help="Add target, target_status (met, not_met, unknown), target_text, target_id.")
@click.option("--out", type=FILE, help="Write csv, json or xlsx.")
@click.option("--json", "as_json", is_flag=True, help="As JSON on standard output.")
@pass_bench
def coverage(bench: Bench, **options: Any) -> None:
    """Compute coverage by area: numerator, denominator, unknown, low and high; kept as a run that replays."""
    from geo_app.actions import run_coverage

    indicators = words(options["indicators"])
    with bench.store() as store:
        found, differing = _replayed(store, options["run_id"]) if options["run_id"] else (_computed(bench, store, options), 0)
        wanted = run_coverage.View(
            levels=words(options["levels"]),
            area=options["area"],
            indicators=indicators,
            targets=options["targets"] or options["as_json"] or suffix(options["out"]) == "json",
        )
        table = run_coverage.view(store, found, wanted)
        _deliver_coverage(store, found, wanted, table, options)
    for caveat in found.record.caveats:
        say(f"  {caveat}")
    if differing:
        raise SystemExit(EXIT_FAULTS)


def _computed(bench: Bench, store: Store, options: dict[str, Any]) -> Run:
    from geo_app.actions import run_coverage

    on: dt.datetime | None = options["on"]
    request = run_coverage.RunRequest(
        indicators=words(options["indicators"]),
        profile=options["profile"] or bench.settings.profile,
        overrides={key: _value(text) for key, text in options["overrides"].items()},
        on=on.date() if on else None,
        who=bench.settings.user,
    )
    with on_terminal("Coverage") as progress:
        found = run_coverage.run(store, request, progress)
    say(f"Run {found.id}" + ("" if found.fresh else " (computed before from the same data and parameters)"))
    return found


def _replayed(store: Store, run_id: int) -> tuple[Run, int]:
    from geo_app.actions import run_coverage

    with on_terminal(f"Run {run_id} again") as progress:
        replay = run_coverage.replay(store, run_id, progress)
    if replay.same:
        say(f"Run {run_id} computed again: all {len(replay.run.table)} rows came out the same.")
    else:
        say(f"Run {run_id} computed again: {len(replay.differences)} of {len(replay.run.table)} rows differ:")
        for _, row in replay.differences.head(10).iterrows():
            say(f"  {row['indicator']} {row['level']} {row['area_code']}: {row['value_before']} → {row['value_after']}")
    return replay.run, len(replay.differences)


def _deliver_coverage(store: Store, found: Run, wanted: Any, table: pd.DataFrame, options: dict[str, Any]) -> None:
    from dataclasses import replace

    from geo_app.actions import run_coverage, tables

    if suffix(options["out"]) != "xlsx":
        deliver(table, out=options["out"], as_json=options["as_json"], title=f"Coverage, run {found.id}")
        return
    record = found.record
    with_targets = run_coverage.view(store, found, replace(wanted, targets=True))
    columns = ["indicator", "level", "area_code", "area_name", "value", "low", "high", *run_coverage.TARGET_COLUMNS]
    about = tables.facts(
        [
            ("run", found.id),
            ("profile", record.profile),
            ("at", record.at),
            ("who", record.who),
            ("code_version", record.code_version),
            *record.parameters.items(),
            *((f"version of {name}", version) for name, version in record.layer_versions.items()),
            *(("caveat", text) for text in record.caveats),
        ]
    )
    tables.write(
        table.drop(columns=[*run_coverage.TARGET_COLUMNS], errors="ignore"),
        options["out"],
        sheet="coverage",
        more={"targets": with_targets[columns], "run": about},
    )
    say(f"{len(table)} rows written to {options['out']}")
    if options["as_json"]:
        deliver(table, out=None, as_json=True)


def suffix(out: Path | None) -> str:
    """Give the ending of a path in small letters, without its dot."""
    return out.suffix.lower().removeprefix(".") if out is not None else ""


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def latest_or(store: Store, bench: Bench, run_id: int | None) -> Run:
    """Give a run by its number, or the newest for the present data, computed where there is none."""
    from geo_app.actions import run_coverage

    if run_id is not None:
        return run_coverage.load(store, run_id)
    if run_coverage.is_current(store):
        found = run_coverage.latest(store)
        if found is not None:
            return found
    request = run_coverage.RunRequest(profile=bench.settings.profile, who=bench.settings.user)
    with on_terminal("Coverage") as progress:
        return run_coverage.run(store, request, progress)


@click.command(
    epilog=examples(
        "geo-app gaps --indicator RD1 --out gaps.csv", "geo-app gaps --indicator W4 --area 620422 --json", "geo-app gaps --run 3"
    )
)
@click.option("--indicator", "indicators", multiple=True, help="Indicator codes, comma-separated or repeated (default: all).")
@click.option("--area", help="Only units in this area.")
@click.option("--run", "run_id", type=int, help="Of this run (default: the newest for the present data).")
@click.option("--out", type=FILE, help="Write csv, json, xlsx or geojson.")
@click.option("--json", "as_json", is_flag=True, help="As JSON on standard output.")
@pass_bench
def gaps(bench: Bench, indicators: tuple[str, ...], area: str | None, run_id: int | None, **options: Any) -> None:
    """List the units that fail an indicator: what is missing, how far, how many persons, the nearest facility, projects."""
    import pandas as pd

    from geo_app.actions import list_gaps, tables

    with bench.store() as store:
        found = list_gaps.list_gaps(store, latest_or(store, bench, run_id), indicators=words(indicators), area=area)
    if suffix(options["out"]) == "geojson":
        options["out"].write_text(tables.geojson_text(found), encoding="utf-8")
        say(f"{len(found)} gaps written to {options['out']}")
        return
    deliver(pd.DataFrame(found).drop(columns="geometry", errors="ignore"), title="Gaps", **options)


@click.command(
    epilog=examples(
        "geo-app query spec.json --out result.csv",
        'geo-app query --layer villages --where "population>100" --near water_works:W-001:500m',
        "geo-app query --layer hamlets --within drawn.geojson --outside service_areas --save 无水自然村",
        "geo-app query --layer farmland --crosses roads --json",
        "geo-app query --name 无水自然村 --out result.geojson",
    )
)
@click.argument("spec", type=FILE, required=False)
@click.option("--name", help="Ask a saved query.")
@click.option("--layer", help="Layer whose rows are wanted.")
@click.option(
    "--where",
    multiple=True,
    help="Condition such as population>100, surface_type=水泥, name~新 (contains), households? (unknown).",
)
@click.option("--within", type=FILE, help="GeoJSON file with the area to look in.")
@click.option("--near", help="LAYER:KEY:DISTANCE, for example water_works:W-001:500m or roads::2km for any row.")
@click.option("--outside", help="Layer that none of the rows may touch.")
@click.option("--crosses", help="Layer that the rows must be crossed by.")
@click.option("--save", help="Keep the query under this name.")
@click.option("--list", "list_all", is_flag=True, help="List the saved queries.")
@click.option("--out", type=FILE, help="Write csv, json, xlsx or geojson with what was measured; gpkg, shp, kml, fgb, parquet.")
@click.option("--json", "as_json", is_flag=True, help="As JSON on standard output.")
@pass_bench
def query(bench: Bench, **options: Any) -> None:
    """Ask the layers: by attribute, within an area, near a feature, layer against layer, combined; keep it by name."""
    import pandas as pd

    from geo_app.actions import run_query, tables
    from geo_app.commands.questions import spec_of

    with bench.store() as store:
        if options["list_all"]:
            rows = [{"name": name, "spec": spec} for name, spec in store.queries().items()]
            deliver(pd.DataFrame(rows, columns=["name", "spec"]), out=options["out"], as_json=options["as_json"])
            return
        spec = run_query.saved(store, options["name"]) if options["name"] else spec_of(options)
        result = run_query.run(store, spec)
        if options["save"]:
            run_query.save(store, options["save"], spec, bench.settings.user)
            say(f"Kept as {options['save']}")
    say(f"{len(result.frame)} rows of {result.layer}" + (", simulated data 模拟数据" if result.synthetic else ""))
    if suffix(options["out"]) == "geojson":
        options["out"].write_text(tables.geojson_text(result.frame), encoding="utf-8")
        say(f"Written to {options['out']}")
        return
    if suffix(options["out"]) in run_query.LAYER_FORMATS:
        say(f"Written to {run_query.write(result, options['out'])}, the layer's own fields only")
        return
    deliver(pd.DataFrame(result.frame).drop(columns="geometry", errors="ignore"), out=options["out"], as_json=options["as_json"])
