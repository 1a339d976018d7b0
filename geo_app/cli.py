"""The command geo-app: the same actions as the pages, for the terminal and for scripts."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

import click

from geo_app.commands import (
    area,
    asking,
    backup,
    books,
    bulk,
    due,
    field,
    filling,
    history,
    keeping,
    keyed,
    listing,
    lists,
    mapping,
    project,
    reading,
    store,
    user,
)
from geo_app.commands.bench import Commands, examples, make_bench
from geo_app.errors import body

if TYPE_CHECKING:
    from types import TracebackType


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog=examples(
        "geo-app start",
        "geo-app load examples/pmgsy-ladakh/recipe.toml --data ../shared/data/pmgsy-ladakh",
        "geo-app coverage --indicator RD1 --level block --out rd1.csv",
    ),
)
@click.option("--store", help="Path or database URL of the store, instead of XIANGTU_STORE.")
@click.version_option(package_name="xiangtu")
@click.pass_context
def cli(ctx: click.Context, store: str | None) -> None:
    """Xiangtu 乡图: from a bureau's files to coverage, gaps and maps of villages, roads, water and sanitation.

    Data goes to standard output, words to standard error. Exit codes: 0 done, 1 our fault, 2 wrong use, 3 faults in the data,
    4 a question was not answered (CRS, encoding), 5 a file that cannot be read or is beyond a limit, 6 the store is busy,
    missing or in conflict, 7 not found, 130 stopped.
    """
    ctx.obj = make_bench(store)


for _command in (
    keeping.start,
    keeping.init,
    keeping.demo,
    keeping.serve_command,
    backup.backup,
    backup.restore,
    backup.verify,
    store.store_group,
    keeping.settings,
    filling.load,
    filling.import_file,
    filling.check,
    asking.coverage,
    asking.gaps,
    asking.query,
    mapping.map_command,
    listing.runs,
    listing.profiles,
    listing.indicators,
    reading.layers,
    reading.areas,
    reading.export,
    reading.changes,
    reading.undo,
    history.history,
    history.restore_layer,
    bulk.update,
    area.area,
    keyed.key_counties,
    keyed.settlements,
    keyed.investment,
    books.book,
    due.due,
    project.project,
    lists.tasks,
    lists.targets,
    lists.households,
    field.field,
    user.user,
):
    cli.add_command(_command)


def main() -> None:
    """Run geo-app; what nobody foresaw ends as one sentence and exit code 1, its traceback with XIANGTU_LOG_LEVEL=DEBUG."""
    sys.excepthook = _unforeseen
    cli()


def _unforeseen(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.stderr.write("Stopped.\n")
        return
    if logging.getLogger().isEnabledFor(logging.DEBUG):
        sys.__excepthook__(kind, error, trace)
    logging.disable(logging.CRITICAL)
    sys.stderr.write(f"geo-app: {body(error).message}\n")
    sys.stderr.write("Run it again with XIANGTU_LOG_LEVEL=DEBUG to see where.\n")
