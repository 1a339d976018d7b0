"""Commands that compute and answer: coverage, gaps, query, map, runs, profiles, indicators."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from geo_app.commands.bench import FILE, Bench, deliver, examples, pairs, pass_bench, say, words
from geo_app.errors import EXIT_FAULTS, BadRequestError
from geo_app.progress import on_terminal

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path

    import pandas as pd

    from geo_app.actions.run_coverage import Run
    from layers.store import Store

MAP_SUFFIXES = ("pdf", "png", "svg", "html")


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
@click.option("--targets", is_flag=True, help="Add the columns target and target_status.")
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
            targets=options["targets"] or options["as_json"] or _suffix(options["out"]) == "json",
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

    if _suffix(options["out"]) != "xlsx":
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


def _suffix(out: Path | None) -> str:
    return out.suffix.lower().removeprefix(".") if out is not None else ""


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _latest_or(store: Store, bench: Bench, run_id: int | None) -> Run:
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
        found = list_gaps.list_gaps(store, _latest_or(store, bench, run_id), indicators=words(indicators), area=area)
    if _suffix(options["out"]) == "geojson":
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
@click.option("--out", type=FILE, help="Write csv, json, xlsx or geojson.")
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
    if _suffix(options["out"]) == "geojson":
        options["out"].write_text(tables.geojson_text(result.frame), encoding="utf-8")
        say(f"Written to {options['out']}")
        return
    deliver(pd.DataFrame(result.frame).drop(columns="geometry", errors="ignore"), out=options["out"], as_json=options["as_json"])


@click.command(
    "map",
    epilog=examples(
        "geo-app map W1 --area 620422 --level village --out w1.pdf",
        "geo-app map RD1 --level block --out rd1.png --page A3 --language en",
        "geo-app map W1 --area 620422 --level township --scale 250000 --review-number GS(2024)0650 --out w1.svg",
        "geo-app map SN1 --level county --out sn1.html",
    ),
)
@click.argument("indicator")
@click.option("--area", help="Area to map (default: everything).")
@click.option("--level", required=True, help="Level that is coloured: county, township, village …")
@click.option("--out", type=FILE, required=True, help="File to write: pdf, png, svg or html (one self-contained file).")
@click.option("--page", type=click.Choice(["A4", "A3"]), default="A4", show_default=True)
@click.option("--orientation", type=click.Choice(["landscape", "portrait"]), default="landscape", show_default=True)
@click.option("--scale", type=click.IntRange(500, 20_000_000), help="Scale denominator (default: the largest that fits).")
@click.option("--title", default="", help="Title instead of the one made.")
@click.option("--figure-no", default="", help="Number of the figure.")
@click.option("--review-number", help="Map review number 审图号 (default: XIANGTU_REVIEW_NUMBER).")
@click.option("--language", type=click.Choice(["zh", "en"]), help="Language of the map (default: XIANGTU_LANGUAGE).")
@click.option("--layer", "overlays", multiple=True, help="Layers drawn over it (default: by the indicator).")
@click.option("--no-gaps", is_flag=True, help="Leave the failing units out.")
@click.option("--run", "run_id", type=int, help="Of this run (default: the newest for the present data).")
@pass_bench
def map_command(bench: Bench, indicator: str, **options: Any) -> None:
    """Draw a thematic map of an indicator: a page to print, or one self-contained HTML file."""
    from geo_app.actions import draw_map

    out: Path = options["out"]
    if _suffix(out) not in MAP_SUFFIXES:
        raise BadRequestError(
            f"{out.name}: a map is written as one of {', '.join(MAP_SUFFIXES)}; found the ending {out.suffix!r}."
        )
    with bench.store() as store:
        run = _latest_or(store, bench, options["run_id"])
        with on_terminal("Map") as progress:
            written = draw_map.draw(store, _map_request(bench, indicator, options, run.id), _maker(bench, options), out, progress)
    say(f"{written.title}: {out} ({out.stat().st_size:,} bytes)" + (", simulated data 模拟数据" if written.simulated else ""))


def _map_request(bench: Bench, indicator: str, options: dict[str, Any], run_id: int) -> Any:
    from geo_app.actions.compose_map import MapRequest
    from map_templates.spec import PageSpec

    return MapRequest(
        indicator=indicator,
        level=options["level"],
        area=options["area"],
        run_id=run_id,
        overlays=words(options["overlays"]) or None,
        gaps=not options["no_gaps"],
        language=options["language"] or bench.settings.language,
        page=PageSpec(options["page"], options["orientation"], options["scale"]),
        title=options["title"],
        figure_no=options["figure_no"],
    )


def _maker(bench: Bench, options: dict[str, Any]) -> Any:
    from geo_app.actions.compose_map import Maker

    found = bench.settings
    number = options["review_number"] if options["review_number"] is not None else found.review_number
    return Maker(found.organisation, number, found.area_name)


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
