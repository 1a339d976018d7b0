"""What every command works with: the settings, the store, standard output for data and standard error for words."""

from __future__ import annotations

import logging
import sys
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from geo_app.config import Settings
from geo_app.errors import EXIT_CANCELLED, EXIT_QUESTION, body
from layers.schema import PersonError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pandas as pd

    from geo_app.actions.signing import By
    from layers.store import Store

SHOWN_ROWS = 40
FILE = click.Path(path_type=Path)


@dataclass(frozen=True, slots=True)
class Bench:
    """The settings of this call, with --store put over XIANGTU_STORE."""

    settings: Settings

    @contextmanager
    def store(self, *, create: bool = False) -> Iterator[Store]:
        """Open the store for the length of a command."""
        from geo_app.opening import open_store

        with open_store(self.settings, create=create) as store:
            yield store

    def by(self, options: dict[str, Any]) -> By:
        """Make the signature of a change out of --who, --bureau and --reason."""
        from geo_app.actions.signing import By

        return By(options["who"] or self.settings.user, options["bureau"] or self.settings.bureau, options["reason"] or "")


def pass_bench(command: Callable[..., Any]) -> Callable[..., Any]:
    """Hand the bench of this call to a command as its first argument."""
    return click.make_pass_decorator(Bench)(command)


def make_bench(store: str | None) -> Bench:
    """Read the settings and set up logging to standard error; a command is quieter than a server."""
    settings = Settings.from_env()
    if store:
        settings = replace(settings, store=store)
    level = "WARNING" if settings.log_level == "INFO" else settings.log_level
    logging.basicConfig(stream=sys.stderr, level=level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for noisy in ("matplotlib", "fontTools", "pyogrio", "numba", "PIL"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    return Bench(settings)


class Commands(click.Group):
    """A group whose errors end as a sentence on standard error and the exit code of the one table."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; an error for the person becomes its message and its exit code."""
        try:
            return super().invoke(ctx)
        except PersonError as error:
            found = body(error)
            say(f"geo-app: {found.message}")
            if error.zh:
                say(f"  {error.zh}")
            if found.exit_code == EXIT_QUESTION:
                show_questions(error)
            ctx.exit(found.exit_code)
        except KeyboardInterrupt:
            say("Stopped; nothing of it was kept.")
            ctx.exit(EXIT_CANCELLED)
        except OSError as error:
            found = body(error)
            if found.code == "internal":
                raise
            say(f"geo-app: {found.message}")
            ctx.exit(found.exit_code)


def say(text: str) -> None:
    """Write words for the person to standard error; standard output is for data only."""
    click.echo(text, err=True)


def show_questions(error: PersonError) -> None:
    """Write the questions of a file with their choices, and the option that answers each."""
    options = {"crs": "--crs", "encoding": "--encoding", "layer": "--table", "coordinates": "--xy"}
    for question in getattr(error, "questions", ()):
        say(f"\n{question.text_zh}\n{question.text_en}")
        option = options.get(question.kind, f"--{question.kind}")
        for choice in question.choices:
            evidence = f"  ({choice.evidence})" if choice.evidence else ""
            say(f"  {option} {choice.value}   {choice.label_zh} / {choice.label_en}{evidence}")


def examples(*lines: str) -> str:
    """Make the epilog of a command's help out of example calls; a test runs every one of them through the parser."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


def signed(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add --who, --bureau and --reason to a command that changes the store."""
    for option in (
        click.option("--reason", help="Why; stands in the history."),
        click.option("--bureau", help="For which bureau (default: XIANGTU_BUREAU)."),
        click.option("--who", help="Who makes the change (default: XIANGTU_USER)."),
    ):
        command = option(command)
    return command


def pairs(ctx: click.Context, option: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    """Read repeated NAME=VALUE options."""
    del ctx
    found = {}
    for text in values:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise click.BadParameter(f"expected NAME=VALUE, found {text!r}", param=option)
        found[name.strip()] = value.strip()
    return found


def words(values: tuple[str, ...]) -> tuple[str, ...]:
    """Split repeated, comma-separated values.

    Example:
        >>> words(("W1,W2", "RD1"))
        ('W1', 'W2', 'RD1')
    """
    return tuple(part.strip() for value in values for part in value.split(",") if part.strip())


def deliver(frame: pd.DataFrame, *, out: Path | None, as_json: bool, title: str = "") -> None:
    """Hand a table over: to a file, as JSON or CSV on standard output, or as a readable table in a terminal."""
    from geo_app.actions import tables

    if out is not None:
        tables.write(frame, out)
        say(f"{len(frame)} rows written to {out}")
    if as_json:
        click.echo(tables.json_text(tables.records(frame)), nl=False)
    elif out is None and sys.stdout.isatty():
        show(frame, title)
    elif out is None:
        click.echo(tables.csv_text(frame), nl=False)


def show(frame: pd.DataFrame, title: str) -> None:
    """Show the first rows of a table in a terminal."""
    from rich.console import Console
    from rich.table import Table

    from geo_app.actions import tables

    table = Table(title=title or None)
    for name in frame.columns:
        if name != "geometry":
            table.add_column(str(name))
    for row in tables.records(frame.head(SHOWN_ROWS)):
        table.add_row(*(_cell(value) for value in row.values()))
    Console().print(table)
    if len(frame) > SHOWN_ROWS:
        say(f"{len(frame) - SHOWN_ROWS} more rows; --out FILE writes them all")


def _cell(value: Any) -> str:
    if value is None:
        return "—"
    return f"{value:,.2f}" if isinstance(value, float) else str(value)
