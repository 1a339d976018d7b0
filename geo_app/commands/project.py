"""The commands project …: import and export of the county's workbook and OC4IDS here, the steps in `project_steps`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from geo_app.commands import project_steps
from geo_app.commands.bench import FILE, Bench, deliver, examples, pass_bench, say, signed
from geo_app.commands.history import agreed, person_of
from geo_app.errors import EXIT_FAULTS, BadRequestError
from geo_app.office_day import today

if TYPE_CHECKING:
    from pathlib import Path

    from geo_app.actions.library.sheet_import import DryRun

SHOWN = 20
LARGEST_RECIPE = 60_000


@click.group(
    epilog=examples(
        "geo-app project list --stage in_library",
        "geo-app project show P-1",
        "geo-app project move P-1 village_notice --set place=村务公开栏",
        "geo-app project rules",
        "geo-app project import 项目库.xlsx --dry-run",
        "geo-app project export 项目库.xlsx",
    )
)
def project() -> None:
    """The county's project library: list, show, move, its rules, import and export."""


for _command in (project_steps.list_, project_steps.show, project_steps.move, project_steps.rules):
    project.add_command(_command)


@project.command(
    "import",
    epilog=examples(
        "geo-app project import 项目库.xlsx --dry-run",
        "geo-app project import 县项目库.xlsx --recipe county.toml --report faults.csv --yes",
    ),
)
@click.argument("file", type=FILE)
@click.option("--recipe", type=FILE, help="TOML with header row, columns, codes, unit of money and columns of fund sources.")
@click.option("--report", type=FILE, help="Write the faults by cell (csv, json, xlsx).")
@click.option("--dry-run", is_flag=True, help="Say what it would do, and change nothing.")
@click.option("--yes", is_flag=True, help="Take it without asking.")
@signed
@pass_bench
def import_(bench: Bench, file: Path, **options: Any) -> None:
    """Take the county's workbook into the library: what it would do, faults by cell, then one change or none."""
    from geo_app.actions import import_layer, uploads
    from geo_app.actions.library import sheet_import, sheet_rows

    person = person_of(bench, options)
    recipe = _recipe(options["recipe"])
    with bench.store() as store:
        upload = uploads.stage_file(file, folder=bench.settings.uploads, max_bytes=bench.settings.max_upload_mb * 1_000_000)
        try:
            feed = sheet_rows.feed_of(recipe, upload.original_name)
            limits = import_layer.limits_of(bench.settings)
            run = sheet_import.dry_run(store, person, upload, feed, limits=limits, today=today())
            _show(run, options["report"])
            if run.errors:
                say("Nothing was changed; correct the faults.")
                raise SystemExit(EXIT_FAULTS)
            if options["dry_run"] or not run.edits or not agreed("Take it into the library?", yes=options["yes"]):
                say("Nothing was changed.")
                return
            receipt = sheet_import.accept(store, person, run, reason=options.get("reason") or "")
            say(f"Change {receipt.change_id}: {run.count('new')} projects new, {run.count('changed')} changed.")
        finally:
            uploads.discard(upload)


def _recipe(path: Path | None) -> str:
    if path is None:
        return ""
    data = path.read_bytes()[: LARGEST_RECIPE + 1]
    if len(data) > LARGEST_RECIPE:
        raise BadRequestError(f"A recipe may have at most {LARGEST_RECIPE} bytes")
    return data.decode("utf-8", errors="replace")


def _show(run: DryRun, report: Path | None) -> None:
    import pandas as pd

    counts = ", ".join(f"{run.count(what)} {what}" for what in ("new", "changed", "same"))
    say(f"Sheet {run.sheet.sheet}: {counts}; {len(run.errors)} faults, {len(run.warnings)} warnings.")
    for item in run.errors[:SHOWN]:
        say(f"  {item.cell or item.row}: {item.field} {item.value!r}; expected {item.expected_en}. {item.advice_en}.")
    if report is not None:
        names = ("sheet", "cell", "field", "rule", "severity", "value", "expected_zh", "expected_en", "advice_zh", "advice_en")
        rows = [{name: getattr(item, name) for name in names} for item in run.faults]
        deliver(pd.DataFrame(rows, columns=list(names)), out=report, as_json=False)


@project.command(
    "export",
    epilog=examples(
        "geo-app project export 项目库.xlsx",
        "geo-app project export projects.json --oc4ids --area 620422",
    ),
)
@click.argument("file", type=FILE)
@click.option("--area", help="Code of an area; otherwise everywhere.")
@click.option("--oc4ids", is_flag=True, help="Write a package of OC4IDS 0.9 instead of the workbook.")
@pass_bench
def export(bench: Bench, file: Path, *, area: str | None, oc4ids: bool) -> None:
    """Write the library as a workbook that reads back, or its announced projects as OC4IDS."""
    from geo_app.access.people import local_person
    from geo_app.actions.library import disclosure, sheet_export

    if file.exists():
        raise BadRequestError(f"A file named {file.name} is there already; choose another name.")
    person, settings = local_person(bench.settings), bench.settings
    with bench.store() as store:
        if oc4ids:
            made = disclosure.package(
                store,
                person,
                area=area,
                prefix=settings.oc4ids_prefix or "oc4ids-xiangtu",
                publisher=settings.organisation or person.bureau,
                base=settings.public_url or f"http://{settings.host}:8000",
            )
            if not settings.public_url:
                say("XIANGTU_PUBLIC_URL is not set: the addresses in the package open on this machine only.")
            data, count = json.dumps(made, ensure_ascii=False, indent=1).encode("utf-8"), len(made["projects"])
        else:
            data, count = sheet_export.workbook(store, person, area=area, today=today())
    file.write_bytes(data)
    say(f"{count} projects written to {file}")
