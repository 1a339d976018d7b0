"""Commands that change areas: area merge, split, rename, transfer."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import click

from geo_app.commands.bench import Bench, examples, pass_bench, say, signed
from geo_app.commands.history import agreed, person_of
from geo_app.errors import BadRequestError

if TYPE_CHECKING:
    from collections.abc import Callable

    from geo_app.actions.merge_areas import AreaChange, Plan

PIECES = 3


@click.group(
    epilog=examples(
        "geo-app area merge 620422100201 620422100202 --into 620422100201 --name 联合村 --yes",
        "geo-app area transfer 620422100201 --to 620422101 --dry-run",
    )
)
def area() -> None:
    """Merge, divide, rename or hand over villages; the crosswalk keeps series comparable."""


def _common(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option("--yes", is_flag=True, help="Do it without asking."),
        click.option("--dry-run", is_flag=True, help="Only say what it would do."),
        click.option("--on", help="In force from this day (default: today)."),
    ):
        command = option(command)
    return signed(command)


@area.command(epilog=examples("geo-app area merge 620422100201 620422100202 --into 620422100201 --name 联合村"))
@click.argument("codes", nargs=-1, required=True)
@click.option("--into", required=True, help="Code after the change: one of them, or a new one.")
@click.option("--name", default="", help="Name after the change.")
@_common
@pass_bench
def merge(bench: Bench, codes: tuple[str, ...], into: str, name: str, **options: Any) -> None:
    """Merge villages into one."""
    from geo_app.actions.merge_areas import AreaChange, Part

    _do(bench, AreaChange(kind="merge", codes=codes, parts=(Part(code=into, name=name),), on=_day(options)), options)


@area.command(
    epilog=examples(
        "geo-app area split 620422100201 --part 620422100201:老村:h1,h2 --part 620422100299:新村:h3",
        "geo-app area split 620422100201 --part 620422100201:老村:0.6 --part 620422100299:新村:0.4",
    )
)
@click.argument("code")
@click.option("--part", "parts", multiple=True, required=True, metavar="CODE:NAME:HAMLETS|SHARE", help="A part; repeat.")
@_common
@pass_bench
def split(bench: Bench, code: str, parts: tuple[str, ...], **options: Any) -> None:
    """Divide a village into parts, by its hamlets or by given shares of its people."""
    from geo_app.actions.merge_areas import AreaChange

    made = tuple(_part(text) for text in parts)
    _do(bench, AreaChange(kind="split", codes=(code,), parts=made, on=_day(options)), options)


@area.command(epilog=examples("geo-app area rename 620422100201 --code 620422100301 --name 新村"))
@click.argument("code")
@click.option("--code", "new", help="Code after the change (default: the same).")
@click.option("--name", default="", help="Name after the change (default: the same).")
@_common
@pass_bench
def rename(bench: Bench, code: str, new: str | None, name: str, **options: Any) -> None:
    """Rename or re-code a village."""
    from geo_app.actions.merge_areas import AreaChange, Part

    _do(bench, AreaChange(kind="rename", codes=(code,), parts=(Part(code=new or code, name=name),), on=_day(options)), options)


@area.command(epilog=examples("geo-app area transfer 620422100201 --to 620422101 --code 620422101201"))
@click.argument("code")
@click.option("--to", required=True, help="Code of the township it goes to.")
@click.option("--code", "new", help="Code after the change (default: the same).")
@_common
@pass_bench
def transfer(bench: Bench, code: str, to: str, new: str | None, **options: Any) -> None:
    """Hand a village to another township."""
    from geo_app.actions.merge_areas import AreaChange, Part

    wish = AreaChange(kind="transfer", codes=(code,), parts=(Part(code=new or code),), to=to, on=_day(options))
    _do(bench, wish, options)


def _day(options: dict[str, Any]) -> dt.date | None:
    if not options["on"]:
        return None
    try:
        return dt.date.fromisoformat(options["on"])
    except ValueError:
        raise BadRequestError("The day must be written as 2026-01-31.") from None


def _part(text: str) -> Any:
    from geo_app.actions.merge_areas import Part

    pieces = text.split(":", PIECES - 1)
    if len(pieces) != PIECES:
        raise BadRequestError(f"{text!r} cannot be read; expected CODE:NAME:HAMLETS or CODE:NAME:SHARE.")
    code, name, rest = (piece.strip() for piece in pieces)
    try:
        return Part(code=code, name=name, share=float(rest))
    except ValueError:
        return Part(code=code, name=name, hamlets=tuple(item.strip() for item in rest.split(",") if item.strip()))


def _do(bench: Bench, wish: AreaChange, options: dict[str, Any]) -> None:
    from geo_app.actions import change_areas
    from geo_app.commands.filling import told

    person = person_of(bench, options)
    with bench.store() as store:
        plan = change_areas.plan(store, person, wish)
        _show(plan)
        if options["dry_run"] or not agreed("Change the areas?", yes=options["yes"]):
            say("Nothing was changed.")
            return
        saved = change_areas.apply(store, person, plan, reason=options["reason"] or "")
    if saved.receipt is not None:
        say(told(saved.receipt))


def _show(plan: Plan) -> None:
    for link in plan.links.to_dict("records"):
        say(f"  {link['level']} {link['from_code']} → {link['to_code']}: {100 * link['share']:.2f} % ({link['share_basis']})")
    for name, count in plan.recoded.items():
        say(f"  {count} rows of {name} re-coded")
    for note in plan.notes:
        say(f"  note: {note}")
