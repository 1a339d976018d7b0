"""The command that writes the books of an office."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from geo_app.commands.asking import suffix
from geo_app.commands.bench import FILE, Bench, examples, pass_bench, say
from geo_app.errors import BadRequestError
from geo_app.progress import on_terminal

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path


@click.command(
    "book",
    epilog=examples(
        "geo-app book village-ledger --area 620422101201 --out ledger.pdf",
        "geo-app book county-ledger --area 620422 --year 2026 --out county.xlsx",
        "geo-app book sector-ledger --sector transport --out roads.xlsx",
        "geo-app book --list",
    ),
)
@click.argument("name", required=False)
@click.option("--list", "list_all", is_flag=True, help="List the books there are.")
@click.option("--area", help="Code of the county, township or village (default: everything).")
@click.option("--year", type=int, help="Year of the book (default: this year).")
@click.option("--sector", default="", help="Sector, for the ledger of a sector: transport, water …")
@click.option("--out", type=FILE, help="File to write: pdf or xlsx.")
@pass_bench
def book(bench: Bench, name: str | None, **options: Any) -> None:
    """Write a book of an office as PDF or workbook: ledgers, disposals, income, the four lists, library, plan, notices."""
    from geo_app import office_day
    from geo_app.access.people import local_person
    from geo_app.actions import books

    if options["list_all"] or not name:
        for kind in books.KINDS.values():
            click.echo(f"{kind.name}\t{kind.zh}\t{kind.en}")
        return
    out: Path | None = options["out"]
    if out is None or suffix(out) not in books.FORMATS:
        raise BadRequestError(f"--out: a file ending in one of {', '.join(books.FORMATS)} was expected.")
    wanted = books.Wanted(name=name, area=options["area"], year=options["year"], sector=options["sector"])
    form: Any = suffix(out)
    today: dt.date = office_day.today()
    with bench.store() as store, on_terminal("Book") as progress:
        _, data = books.file(store, local_person(bench.settings), wanted, form, today=today, progress=progress)
    out.write_bytes(data)
    say(f"{books.kind_of(name).zh}: {out} ({len(data):,} bytes)")
