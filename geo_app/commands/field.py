"""Commands for field work: take an area along as GeoPackage with a QGIS project, bring the edits back."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import click

from geo_app.commands.bench import FILE, Bench, examples, pass_bench, say, words

LANGUAGES = ("zh", "en")


@click.group(
    epilog=examples("geo-app field export --area 620422 --layer roads --out field.zip", "geo-app field return field.gpkg --look")
)
def field() -> None:
    """Take an area to the field as GeoPackage with a QGIS project, and bring the edits back."""


@field.command(name="export", epilog=examples("geo-app field export --area 620422 --layer roads,water_works --out field.zip"))
@click.option("--area", required=True, help="Code of the area.")
@click.option("--layer", "layers", multiple=True, help="Layers to take along, comma-separated or repeated.")
@click.option("--language", type=click.Choice(LANGUAGES), default="zh", show_default=True, help="Language of the forms.")
@click.option("--degrees", is_flag=True, help="Draw the project in EPSG:4490 instead of the area's metric zone.")
@click.option("--out", type=FILE, required=True, help="Zip file to write.")
@pass_bench
def export_package(bench: Bench, area: str, out: Path, **options: Any) -> None:
    """Write a package: the area's rows, a ready QGIS project, a page on how to use it."""
    from geo_app.access import local_person
    from geo_app.actions import field_package
    from geo_app.errors import BadRequestError

    if out.exists():
        raise BadRequestError(f"{out.name} is there already; name another file.")
    layers = words(options["layers"]) or field_package.DEFAULT_LAYERS
    request = field_package.FieldRequest(area=area, layers=layers, language=options["language"], metric=not options["degrees"])
    with bench.store() as store, tempfile.TemporaryDirectory(dir=out.absolute().parent) as folder:
        made = field_package.make(store, local_person(bench.settings), request, Path(folder))
        made.path.replace(out)
    rows = ", ".join(f"{name} {count}" for name, count in made.rows.items())
    say(f"{made.name}: {rows}. Package {made.package_id[:8]} written to {out}.")


@field.command(
    name="return",
    epilog=examples("geo-app field return field.gpkg --reason 'roads of May'", "geo-app field return field.gpkg --look"),
)
@click.argument("file", type=FILE)
@click.option("--reason", default="", help="Why; stands in the history.")
@click.option("--look", is_flag=True, help="Compare only: save and keep nothing.")
@pass_bench
def return_package(bench: Bench, file: Path, reason: str, *, look: bool) -> None:
    """Bring the edited field.gpkg back; what others changed otherwise meanwhile is kept for merging."""
    from geo_app.access import local_person
    from geo_app.actions import field_return, uploads
    from geo_app.progress import on_terminal

    settings = bench.settings
    staged = uploads.stage_file(file, folder=settings.uploads, max_bytes=settings.max_upload_mb * 1_000_000)
    try:
        with bench.store() as store, on_terminal("Field work") as progress:
            brought = field_return.FieldFile(staged.path, staged.original_name, reason)
            found = field_return.bring_back(store, local_person(settings), brought, dry_run=look, progress=progress)
    finally:
        uploads.discard(staged)
    say(f"{found.changed} changed, {found.added} added, {found.deleted} deleted.")
    say(f"{found.unchanged} unchanged, {found.already} already there.")
    if found.saved is not None and found.saved.receipt is not None:
        say(f"Applied as change {found.saved.receipt.change_id}.")
    for item in found.conflicts:
        fields = "; ".join(
            f"{part.name}: {_shown(part.base)} → here {_shown(part.mine)}, there {_shown(part.theirs)}" for part in item.parts
        )
        kept = f" (kept edit {item.kept_id})" if item.kept_id else ""
        say(f"conflict {item.layer} {item.key}{kept}: {fields}")


def _shown(value: Any) -> str:
    kind = getattr(value, "geom_type", None)
    return "—" if value is None else f"a {kind}" if kind else str(value)
