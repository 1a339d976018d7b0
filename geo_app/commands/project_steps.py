"""The commands project list, show, move and rules: the library as its pages show it, for the terminal and for scripts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from geo_app.commands.bench import FILE, Bench, deliver, examples, pairs, pass_bench, say, signed
from geo_app.commands.history import person_of
from geo_app.errors import EXIT_FAULTS, BadRequestError
from geo_app.office_day import today

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from geo_app.access import Person
    from geo_app.actions.library.moving import Offered
    from geo_app.actions.library.record import ProjectRecord
    from layers.store import Store
    from processing.library.faults import Fault

LISTED = ("project_id", "name", "status", "stage", "village_code", "township_code", "county_code", "budget_total", "plan_year")
NEW = "new:"
"""Before a field that a change asks for: new:end_date=2027-12-31."""
MOST_RULES = 200_000


@click.command(
    "list",
    epilog=examples("geo-app project list", "geo-app project list --stage in_library --area 620422 --out projects.xlsx"),
)
@click.option("--stage", help="Only projects in this stage: a code such as in_library, or its title.")
@click.option("--area", default="", help="Code of the county, township or village.")
@click.option("--out", type=FILE, help="Write csv, json or xlsx.")
@click.option("--json", "as_json", is_flag=True, help="As JSON on standard output.")
@pass_bench
def list_(bench: Bench, *, stage: str | None, area: str, out: Path | None, as_json: bool) -> None:
    """List the projects of the library by stage and name; budgets in 万元."""
    import pandas as pd

    from geo_app.access.people import local_person
    from geo_app.actions.library import listing
    from layers.codes import PROJECT_STATUS

    code = PROJECT_STATUS.resolve(stage) if stage else ""
    if code is None:
        raise BadRequestError(f"There is no stage {stage}; there are: {', '.join(item.code for item in PROJECT_STATUS)}")
    with bench.store() as store:
        person = local_person(bench.settings)
        frame = listing.projects(store, person)
        if frame is None:
            deliver(pd.DataFrame(columns=list(LISTED)), out=out, as_json=as_json)
            return
        found = listing.narrowed(store, person, frame, listing.Wanted(stage=code, area=area))
    titles = [None if pd.isna(item) else PROJECT_STATUS.label(str(item)) for item in found["status"]]
    deliver(pd.DataFrame(found.assign(stage=titles)[list(LISTED)]), out=out, as_json=as_json, title="Projects")


@click.command(epilog=examples("geo-app project show P-2027-001", "geo-app project show P-2027-001 --json"))
@click.argument("project_id")
@click.option("--json", "as_json", is_flag=True, help="As JSON on standard output.")
@pass_bench
def show(bench: Bench, project_id: str, *, as_json: bool) -> None:
    """Show the stage of a project, what happened to it, and its next moves: whose, from which day, what stands against them."""
    from geo_app.access.people import local_person
    from geo_app.actions.library import moving, record
    from layers.codes import PROJECT_STATUS

    person, day = local_person(bench.settings), today()
    with bench.store() as store:
        found = record.project(store, person, project_id, on=day)
        offered = moving.offers(store, person, project_id, day)
    if as_json:
        said = {
            "project_id": found.project_id,
            "name": found.project["name"],
            "stage": found.stage,
            "ver": found.ver,
            "events": [{name: value for name, value in event.items() if value is not None} for event in found.events],
            "moves": [_offer(item) for item in offered],
            "remarks": [{"check": item.check, "on": item.on, "zh": item.zh, "en": item.en} for item in found.violations],
        }
        click.echo(json.dumps(said, ensure_ascii=False, indent=1, default=str))
        return
    zh, en = (PROJECT_STATUS.label(found.stage, language) for language in ("zh", "en"))
    click.echo(f"{found.project_id}\t{found.project['name']}\t{found.stage}\t{zh} {en}\tversion {found.ver}")
    _tell(found, offered)


def _tell(found: ProjectRecord, offered: Iterable[Offered]) -> None:
    click.echo("Events 事件")
    for event in found.events:
        words = (event["start_date"], event["event_type"], event.get("unit"), event.get("person"), event.get("document"))
        click.echo("\t".join(str(word or "-") for word in (event["seq"], *words)))
    click.echo("Next moves 下一步")
    for item in offered:
        when = "now" if item.possible else f"from {item.earliest}" if item.earliest else "not yet"
        by = "project move … hands over to the asset ledger" if item.by_ledger else ""
        click.echo("\t".join(filter(None, (item.move.name, item.move.zh, item.move.en, when, ", ".join(item.roles), by))))
        for fault in item.blocked:
            click.echo(f"\t{_reason(fault)}")
    for remark in found.violations:
        click.echo(f"{remark.check}\t{remark.on or '-'}\t{remark.zh}\t{remark.en}")


def _offer(item: Offered) -> dict[str, Any]:
    return {
        "move": item.move.name,
        "zh": item.move.zh,
        "en": item.move.en,
        "possible": item.possible,
        "earliest": item.earliest,
        "roles": list(item.roles),
        "needs": list(item.move.needs),
        "blocked": [_reason(fault) for fault in item.blocked],
    }


def _reason(fault: Fault) -> str:
    name = f"{fault.field} {fault.value}".strip()
    return f"{name}：{fault.expected_zh}；{fault.fix_zh} / {fault.expected_en}; {fault.fix_en} ({fault.source})"


@click.command(
    epilog=examples(
        "geo-app project move P-1 village_notice --set place=村务公开栏 --set start_date=2026-03-02",
        "geo-app project move P-1 spend --set amount=12.5 --set fund_source=S11 --set document=拨付1号",
        "geo-app project move P-1 ask_change --set opinion=改期 --set new:end_date=2027-12-31",
        "geo-app project move P-1 form_asset --set document=移交书 --set owner_level=村集体 --set owner=甲村 --who 王芳",
    )
)
@click.argument("project_id")
@click.argument("move")
@click.option(
    "--set",
    "values",
    multiple=True,
    callback=pairs,
    metavar="FIELD=VALUE",
    help="What the move brings: start_date, document, opinion, place, url, result, amount (万元), …; new:FIELD for a change "
    "that is asked for; fields of the asset for form_asset. May be repeated.",
)
@click.option("--ver", type=int, help="The version that was seen (default: the present one).")
@signed
@pass_bench
def move(bench: Bench, project_id: str, move: str, *, values: dict[str, str], ver: int | None, **options: Any) -> None:
    """Take a project one step on; `form_asset` hands it over to the asset ledger. Where a rule stands against it, say which."""
    from geo_app.actions.ledger.rights import LedgerFaultsError
    from geo_app.actions.library import record
    from geo_app.actions.library.moving import MoveFaultsError

    person, day = person_of(bench, options), today()
    with bench.store() as store:
        seen = record.project(store, person, project_id, on=day).ver if ver is None else ver
        try:
            said = _take(store, person, project_id, move, values, (seen, day))
        except (MoveFaultsError, LedgerFaultsError) as error:
            say(f"geo-app: {move} is not possible; nothing was saved.")
            for fault in error.faults:
                say(f"  {_reason(fault)}")
            raise SystemExit(EXIT_FAULTS) from error
        now = record.project(store, person, project_id, on=day)
    say(f"{said} {now.project_id} is now: {now.stage} (version {now.ver}).")


def _take(  # noqa: PLR0913, PLR0917 -- who moves what, with what, as seen
    store: Store, person: Person, project_id: str, name: str, values: Mapping[str, str], seen: tuple[int, dt.date]
) -> str:
    from geo_app.actions.ledger import forming
    from geo_app.actions.library import moving

    if name == moving.HAND_OVER:
        given = dict(values)
        formed = forming.form(store, person, project_id, expected_ver=seen[0], today=seen[1], overrides=given)
        return f"Change {formed.receipt.change_id}: the ledger has the asset {', '.join(formed.asset_ids)}."
    done = moving.move(store, person, project_id, name, _event_values(values), expected_ver=seen[0], today=seen[1])
    for item in done.warnings:
        say(f"  {_reason(item)}")
    return f"Change {done.receipt.change_id}: {done.event['event_type']} entered."


def _event_values(values: Mapping[str, str]) -> dict[str, Any]:
    """Read what was typed as fields of an event, and behind `new:` as fields of the project."""
    from geo_app.actions import edit_payload
    from layers.catalogue import LAYERS

    given = {name: value for name, value in values.items() if not name.startswith(NEW)}
    found: dict[str, Any] = edit_payload.values_of(LAYERS["project_events"], given)
    asked = {name[len(NEW) :]: value for name, value in values.items() if name.startswith(NEW)}
    place = asked.pop("geometry", None)
    proposed: dict[str, Any] = edit_payload.values_of(LAYERS["projects"], asked)
    if place is not None:
        proposed["geometry"] = edit_payload.geometry_of(LAYERS["projects"], _geojson(place))
    return found | ({"proposed": proposed} if proposed else {})


def _geojson(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise BadRequestError("new:geometry takes a geometry as GeoJSON.") from None


@click.command(
    epilog=examples(
        "geo-app project rules",
        "geo-app project rules --area 430424 --on 2026-01-01 --json",
        "geo-app project rules --set own-rules.toml",
        "geo-app project rules --history --area 430424",
        "geo-app project rules --forget-own",
    )
)
@click.option("--area", help="Code of an area: the rules that hold there (default: those that hold everywhere).")
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="Day whose rules are shown (default: today).")
@click.option("--set", "file", type=FILE, help="Set own dated rules from a TOML file, beside those set before, as one change.")
@click.option("--forget-own", is_flag=True, help="Withdraw every rule of one's own; those that ship hold again.")
@click.option("--history", is_flag=True, help="Show who set, changed and withdrew own rules instead.")
@click.option("--out", type=FILE, help="Write csv, json or xlsx.")
@click.option("--json", "as_json", is_flag=True, help="As JSON on standard output.")
@signed
@pass_bench
def rules(bench: Bench, *, area: str | None, file: Path | None, forget_own: bool, history: bool, **options: Any) -> None:
    """Show the rules of the library and the ledger with source and certainty, or set an area's own.

    A value of the certainty memory or design is printed in no document that was read: it is marked unverified.
    """
    import pandas as pd

    from geo_app.actions.library import own_rules, setting_rules

    on, person, reason = options["on"].date() if options["on"] else today(), person_of(bench, options), options["reason"] or ""
    with bench.store() as store:
        if forget_own:
            say(f"{setting_rules.forget(store, person, reason=reason)} own rules withdrawn.")
        if file is not None:
            say(f"{setting_rules.load(store, person, _text(file), reason=reason)} rules loaded from {file.name}.")
        found = [] if history else own_rules.shown(store, area, on)
        past = own_rules.history(store, area) if history else []
    if history:
        deliver(pd.DataFrame([item.as_row() for item in past]), out=options["out"], as_json=options["as_json"], title="Own rules")
        return
    frame = pd.DataFrame([item.as_row() for item in found])
    deliver(frame, out=options["out"], as_json=options["as_json"], title=f"Rules on {on}")
    doubtful = sum(not item.verified for item in found)
    say(f"{doubtful} of {len(found)} values are unverified 未核实 (memory or design): check them against the documents in force.")


def _text(path: Path) -> str:
    data = path.read_bytes()[: MOST_RULES + 1]
    if len(data) > MOST_RULES:
        raise BadRequestError(f"A file of rules may have at most {MOST_RULES} bytes")
    return data.decode("utf-8", errors="replace")
