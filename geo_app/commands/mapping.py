"""The command that draws a map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from geo_app.commands.asking import latest_or, suffix
from geo_app.commands.bench import FILE, Bench, examples, pass_bench, say, words
from geo_app.errors import BadRequestError
from geo_app.progress import on_terminal

if TYPE_CHECKING:
    from pathlib import Path

MAP_SUFFIXES = ("pdf", "png", "svg", "html")


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
@click.option("--orientation", type=click.Choice(["auto", "landscape", "portrait"]), default="auto", show_default=True)
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
    if suffix(out) not in MAP_SUFFIXES:
        raise BadRequestError(
            f"{out.name}: a map is written as one of {', '.join(MAP_SUFFIXES)}; found the ending {out.suffix!r}."
        )
    with bench.store() as store:
        run = latest_or(store, bench, options["run_id"])
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
