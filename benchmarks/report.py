"""The page docs/benchmarks.md from measured results."""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

TILES = Path(__file__).with_name("tiles.json")
EDITING = Path(__file__).with_name("editing.json")
RELIABILITY = Path(__file__).with_name("reliability.json")
RELIABILITY_COLUMNS = ("what", "ci", "full", "run", "seconds", "result")
STORES = {"gpkg": "GeoPackage", "postgis": "PostGIS"}
COLUMNS = {
    "read_p50_ms": "read p50 ms",
    "read_p95_ms": "read p95 ms",
    "edit_p50_ms": "edit p50 ms",
    "edit_p95_ms": "edit p95 ms",
    "reads_per_s": "reads/s",
    "edits_per_s": "edits/s",
    "store_edits_per_s": "edits/s without a pause",
    "faults": "errors",
    "import_s": "import s",
}
MANY = """{viewers} viewers and {editors} editors, each of whom asks once a second for {seconds:.0f} s over HTTP; {roads:,} roads.
Measured {date} on {cores} cores, a machine shared with other work (the clients among it), load average {load}.
A viewer reads the features of a random view, an editor saves a change of a road: {viewers} reads and {editors} edits a second are
all that is asked for. The GeoPackage is served as `geo-app serve` does, PostGIS by gunicorn with two workers; its server has its
usual settings and syncs every commit. “Without a pause” is the store alone: the editors in threads that apply one change after
the other. Made by `python -m benchmarks.editing`."""
RELIABILITY_READING = """`scripts/test` runs these at the sizes of the second column. `scripts/test --full` runs a hundred
times as many, `scripts/test --full=10` ten times as many; a path of tests may follow. Sizes end where more says nothing: at
200,000 features (the goal for tiles), at every page and every statement there is, and at a history of 5,000 edits, from all
of which each moment is restored; the matrix of rights has as many cells as the address map and does not grow. The runs are
of {date}, on {cores} cores shared with other work (load average {load}), so the seconds say how long it took there, not how
quick it could be."""
TILE_WAYS = {
    "ours": "ours, cold, engine alone",
    "http cold": "ours, cold, whole answer",
    "http warm": "ours, warm, whole answer",
    "http 304": "ours, unchanged (304)",
    "first tile after an edit": "ours, first tile after an edit",
    "usual way": "usual way: shapely and mapbox-vector-tile, nothing left out",
    "PostGIS ST_AsMVT": "PostGIS ST_AsMVT, nothing left out",
}
TILE_READING = """Goal: p95 under 10 ms warm and 30 ms cold, no tile above 500 kB. Wall time waits for the other work of the
machine;
CPU is that of the process, so of PostGIS only its client. "Cold" is a tile made anew, "warm" one that was kept,
"whole answer" the application's answer with rights and ETag. The usual way and PostGIS draw every feature at every
zoom, which is why their tiles grow to many megabytes far out; ours thins by importance and counts (last column). From
zoom 11 on PostGIS with its GiST index is quicker than ours, which reads the envelopes of the whole layer; it has no
thinning, and its rights would have to be asked of the database for every tile, so both kinds of store use the table
in memory."""
TITLES = {
    "nearest": "distance from every hamlet to the nearest road",
    "within": "hamlets within 2 km of a road",
    "join": "the village of every hamlet",
    "length": "metres of road in every village",
    "overlay": "square metres of every parcel inside any service area",
    "run": "whole run: W5, RD1, RD3, RD5, RD6, RA by village, township, county",
}
WAYS = {"ours": "ours", "usual": "usual way", "best": "best geopandas idiom", "lean": "the same, yes and no alone"}
SIZES = {"county": "county", "province": "province", "tenth": "tenth of the nation"}


INTRODUCTION = """# Benchmarks

Made by `scripts/bench`, all in one run; repeat it with the same command (`scripts/bench --quick` only checks that it works).
The data is made up and the same every time (`benchmarks/data.py`); ours is `benchmarks/ours.py`, the others are
`benchmarks/usual.py`.
"""
METHOD = """Times are CPU seconds (user and system) of one process per case: the median of the repeats after the first, which
loads compiled code; the usual way is run once. Wall time and every repeat are in `benchmarks/results.json`.
Projecting, indexing and all else that is needed from longitude and latitude to the answer is inside the time, making
the data is not. Peak memory is that of the process, in brackets what the data alone holds. “Best geopandas idiom” of
the whole run measures the distance of every unit, as ours does (the list of gaps needs it); “yes and no alone” leaves
distances out. Ours also names the nearest feature of every unit and gives bounds for what is unknown.
"""
READING = """## How to read the differences

Ours measures along the ellipsoid. The others measure in one projected plane, as people do: away from the central meridian its
scale is off by 1e-4 and more, which shows as metres of distance and length and as square metres of area; `buffer` draws circles
as polygons, so that a radius of 2000 m is 1990 m in places. A hamlet whose distance lies in that narrow band around a threshold
changes sides, and with it the percentage of its village, township and county.
"""
ALL_WAYS = tuple(WAYS)


@dataclass(frozen=True)
class Results:
    """Cases by kernel, way and size, and how answers differ from ours."""

    cases: dict[tuple[str, str, str], dict[str, Any]]
    differences: dict[str, str]

    def hamlets(self, size: str) -> float:
        """Give the size as a number of hamlets."""
        return next(
            (float(case["rows"]["hamlets"]) for key, case in self.cases.items() if key[2] == size and case["rows"]), math.nan
        )

    def seconds(self, kernel: str, way: str, size: str) -> float | None:
        """Give the time of a case, None where it did not end."""
        case = self.cases.get((kernel, way, size))
        return case["seconds"] if case and case["cpu"] else None


def page(found: dict[str, Any]) -> str:
    """Write the page."""
    cases = {(case["kernel"], case["way"], case["size"]): case for case in found["cases"]}
    results = Results(cases, found["differences"])
    sizes = [size for size in SIZES if any(key[2] == size for key in cases)]
    lines = [INTRODUCTION, *_machine(found["machine"]), *_rows(cases, sizes), METHOD]
    for kernel, title in TITLES.items():
        if not any(key[0] == kernel for key in cases):
            continue
        rows = [_line(results, kernel, way, size) for size in sizes for way in ALL_WAYS if (kernel, way, size) in cases]
        head = [
            "| size | way | CPU s | ours is faster by | peak MB (data) | answer against ours |",
            "|---|---|---:|---:|---:|---|",
        ]
        lines += [f"## {title[0].upper()}{title[1:]}", "", *head, *rows, "", _growth(results, kernel, sizes), ""]
    return "\n".join([*lines, READING, *editing_lines(), *reliability_lines(), *tile_lines()])


def editing_lines(path: Path = EDITING) -> list[str]:
    """Write the part about many people at once from benchmarks/editing.json (`python -m benchmarks.editing`)."""
    if not path.is_file():
        return []
    found = json.loads(path.read_text("utf-8"))
    lines = ["## Many people at once: GeoPackage and PostGIS beside each other", "", MANY.format(**found), ""]
    lines += ["| store | " + " | ".join(COLUMNS.values()) + " | nothing lost |", "|---|" + "---:|" * len(COLUMNS) + "---|"]
    for row in found["measured"]:
        cells = " | ".join(str(row[name]) for name in COLUMNS)
        lines.append(f"| {STORES[row['store']]} | {cells} | {'yes' if row['whole'] else '**no**'} |")
    return [*lines, ""]


def reliability_lines(path: Path = RELIABILITY) -> list[str]:
    """Write the part about the sizes of reliability tests from benchmarks/reliability.json: noted by hand after each run."""
    if not path.is_file():
        return []
    found = json.loads(path.read_text("utf-8"))
    lines = ["## Nothing is lost: sizes of the tests, and what was run of them", "", RELIABILITY_READING.format(**found), ""]
    lines += [
        "| what | `scripts/test` | `--full` | run so far beyond `scripts/test` | took s | result |",
        "|---|---:|---|---|---:|---|",
    ]
    lines += [f"| {' | '.join(str(row[name]) for name in RELIABILITY_COLUMNS)} |" for row in found["rows"]]
    return [*lines, ""]


def tile_lines() -> list[str]:
    """Write the part about vector tiles from benchmarks/tiles.json (`python -m benchmarks.tiles`), where it is there."""
    if not TILES.is_file():
        return []
    found = json.loads(TILES.read_text("utf-8"))
    prepared = ", ".join(f"{way} {seconds} s" for way, seconds in found["prepared_s"].items())
    made_of = (
        f"{found['features']:,} roads of 12 vertices, a fifth of them crowded into towns; {found['date']}, "
        f"{found['cores']} cores shared with other work, load average {found['load']}. "
        "Made by `scripts/bench tiles --postgis URL`."
    )
    rows = sorted(found["measured"], key=lambda item: (item["zoom"], list(TILE_WAYS).index(item["way"])))
    head = "| zoom | way | p50 ms | p95 ms | CPU p95 ms | tiles/s | largest kB | drawn of all |"
    return [
        "## Vector tiles: tiles per second and p95 by zoom",
        "",
        f"{made_of} Prepared once: {prepared}.",
        "",
        TILE_READING,
        "",
        head,
        "|---:|---|---:|---:|---:|---:|---:|---|",
        *(_tile_line(row) for row in rows),
        "",
    ]


def _tile_line(row: dict[str, Any]) -> str:
    drawn = f"{row['shown']:,} of {row['total']:,}" if "shown" in row else ""
    cells = [str(row.get(name, "")) for name in ("p50_ms", "p95_ms", "cpu_p95_ms", "per_second", "largest_kb")]
    return f"| {row['zoom']} | {TILE_WAYS[row['way']]} | {' | '.join(cells)} | {drawn} |"


def _machine(machine: dict[str, str]) -> list[str]:
    names = ", ".join(f"{name} {value}" for name, value in machine.items() if name not in {"date", "system", "load"})
    return [f"{machine['date']}, {machine['system']}, load average {machine['load']} at the end. {names}.", ""]


def _rows(cases: dict[Any, Any], sizes: list[str]) -> list[str]:
    lines = []
    for size in sizes:
        rows = next((case["rows"] for key, case in cases.items() if key[2] == size and case["rows"]), {})
        lines.append(f"- {SIZES[size]}: " + ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in rows.items()))
    return [*lines, ""]


def _line(results: Results, kernel: str, way: str, size: str) -> str:
    case = results.cases[kernel, way, size]
    head = f"| {SIZES[size]} | {WAYS[way]} |"
    if not case["cpu"]:
        return f"{head} – | {_bound(results, kernel, way, size, case.get('stopped_after_cpu_s'))} | – | {case['skipped']} |"
    ours = results.seconds(kernel, "ours", size)
    ratio = f"{case['seconds'] / ours:.1f}×" if ours and way != "ours" else ""
    memory = f"{case['peak_mb']:.0f} ({case['held_mb']:.0f})"
    return f"{head} {case['seconds']:.2f} | {ratio} | {memory} | {results.differences.get(f'{kernel}-{way}-{size}', '')} |"


def _bound(results: Results, kernel: str, way: str, size: str, stopped_after_cpu_s: float | None) -> str:
    """Say how much faster ours is: from the time at which it was stopped, else in proportion from the largest that ended."""
    ours = results.seconds(kernel, "ours", size)
    if ours and stopped_after_cpu_s is not None and stopped_after_cpu_s > 0:
        return f"more than {stopped_after_cpu_s / ours:.0f}× (stopped)"
    ended = [(results.hamlets(other), time) for other in SIZES if (time := results.seconds(kernel, way, other))]
    if not ended or not ours:
        return ""
    guess = ended[-1][1] * results.hamlets(size) / ended[-1][0]
    return f"{guess / ours:.0f}× or more (extrapolated in proportion to size)"


def _growth(results: Results, kernel: str, sizes: list[str]) -> str:
    parts = []
    for way, title in WAYS.items():
        points = [(results.hamlets(size), time) for size in sizes if (time := results.seconds(kernel, way, size))]
        if len(points) > 1:
            x, y = np.log(np.array(points)).T
            parts.append(f"{title} {np.polyfit(x, y, 1)[0]:.2f} over {len(points)} sizes")
    return f"Growth exponent (slope of log time over log size): {'; '.join(parts)}." if parts else ""
