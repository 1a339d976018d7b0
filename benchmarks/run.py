"""Run all cases, ours beside the usual way and the best geopandas idiom; write docs/benchmarks.md and benchmarks/results.json.

scripts/bench            county, province, a tenth of the nation
scripts/bench --quick    a tenth of a county, once, nothing written: does it still work
"""

import argparse
import json
import math
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np

from benchmarks import report
from benchmarks.case import KERNELS, WAYS

ROOT = Path(__file__).resolve().parents[1]
SIZES = ("county", "province", "tenth")
REPEATS = {"tiny": 1, "county": 4, "province": 3, "tenth": 2}
LIMIT_S = 1800
"""A case that has not ended after so long is stopped, and the larger sizes of it are not tried."""
COMMAND_FAILED = "failed"
SMALL = 0.01


@dataclass
class Case:
    """What was measured of one kernel, way and size."""

    kernel: str
    way: str
    size: str
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    peak_mb: float = math.nan
    held_mb: float = math.nan
    rows: dict[str, int] = field(default_factory=dict)
    skipped: str = ""
    stopped_after_cpu_s: float = math.nan
    """CPU time a case had used when it was stopped: what it takes is more."""

    @property
    def seconds(self) -> float:
        """Median CPU time of the repeats; the first is left out where there are more, since it loads compiled code."""
        return float(np.median(self.cpu[1:] or self.cpu)) if self.cpu else math.nan


def measure(case: Case, *, repeats: int, limit_s: float, folder: Path) -> None:
    """Measure one case in a process of its own."""
    names = [case.kernel, case.way, case.size]
    command = [sys.executable, "-m", "benchmarks.case", *names, str(repeats), str(folder / f"{'-'.join(names)}.npy")]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=limit_s, check=True)
    except subprocess.TimeoutExpired:
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        case.stopped_after_cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        case.skipped = f"stopped after {case.stopped_after_cpu_s:.0f} s of CPU time, {limit_s:.0f} s of wall time"
        return
    except subprocess.CalledProcessError as fault:
        case.skipped = f"{COMMAND_FAILED}: {fault.stderr.strip().splitlines()[-1][:160]}"
        return
    for name, value in json.loads(done.stdout).items():
        setattr(case, name, value)


def difference(folder: Path, kernel: str, way: str, size: str) -> str:
    """Compare the answer of a way with ours."""
    mine, other = (folder / f"{kernel}-{name}-{size}.npy" for name in ("ours", way))
    if not (mine.exists() and other.exists()):
        return ""
    a, b = np.load(mine), np.load(other)
    if a.shape != b.shape:
        return f"{len(a)} against {len(b)} values"
    if a.dtype.kind in "US" or kernel == "within":
        return f"{int((a != b).sum())} of {len(a)} differ"
    gap = np.abs(a - b)
    if kernel == "run":
        return (
            f"{int((gap > SMALL).sum())} of {len(a)} values differ by more than {SMALL} points, the most by {np.nanmax(gap):.2g}"
        )
    unit = {"nearest": "m", "length": "m", "overlay": "m²"}[kernel]
    relative = float(np.nanmax(gap / np.maximum(np.abs(a), 1.0)))
    return f"at most {np.nanmax(gap):.2g} {unit} ({relative:.1e} relative)"


def plan(sizes: tuple[str, ...], *, quick: bool, usual_to: str, kernels_usual_to: str | None = None) -> list[Case]:
    """List the cases: the whole run first; the usual way only up to a size, since it takes hours beyond."""
    kernels = ("length", "run") if quick else ("run", *(kernel for kernel in KERNELS if kernel != "run"))
    cases = []
    for kernel in kernels:
        for size in sizes:
            for way in WAYS if kernel == "run" else WAYS[:3]:
                case = Case(kernel, way, size)
                last = usual_to if kernel == "run" else kernels_usual_to or usual_to
                if way == "usual" and size in SIZES and SIZES.index(size) > SIZES.index(last):
                    case.skipped = "not tried: too slow"
                cases.append(case)
    return cases


def run_all(cases: list[Case], options: argparse.Namespace, folder: Path) -> None:
    """Measure every case, compare its answer with ours, and write down what there is after each."""
    differences: dict[str, str] = {}
    for done, case in enumerate(cases, start=1):
        if not case.skipped:
            repeats = 1 if case.way == "usual" else min(REPEATS[case.size], options.repeats)
            measure(case, repeats=repeats, limit_s=options.limit, folder=folder)
        if case.way != "ours":
            differences[f"{case.kernel}-{case.way}-{case.size}"] = difference(folder, case.kernel, case.way, case.size)
        print(f"{case.size:9} {case.kernel:8} {case.way:6} {case.seconds:9.3f} s  {case.skipped}", flush=True)
        if not options.quick:
            write(cases[:done], differences)


def write(cases: list[Case], differences: dict[str, str]) -> None:
    """Write the results and the page made of them."""
    measured = [{**asdict(case), "seconds": case.seconds if case.cpu else None} for case in cases]
    for case in measured:
        case.update({name: None for name in ("peak_mb", "held_mb", "stopped_after_cpu_s") if math.isnan(case[name])})
    found = {"machine": machine(), "cases": measured, "differences": differences}
    text = json.dumps(found, ensure_ascii=False, indent=1, allow_nan=False)
    (ROOT / "benchmarks" / "results.json").write_text(text + "\n", encoding="utf-8")
    (ROOT / "docs" / "benchmarks.md").write_text(report.page(found), encoding="utf-8")


def machine() -> dict[str, str]:
    """Say where and with what the measurements were made."""
    names = ("numpy", "pandas", "geopandas", "shapely", "pyproj", "scipy", "numba")
    model = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line), ""
    )
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "system": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores {model}".strip(),
        "python": platform.python_version(),
        **{name: version(name) for name in names},
        "load": " ".join(f"{value:.1f}" for value in os.getloadavg()),
    }


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a tenth of a county, once; writes nothing")
    parser.add_argument("--sizes", nargs="+", default=list(SIZES), help="sizes to run")
    parser.add_argument("--limit", type=float, default=LIMIT_S, help="seconds after which a case is stopped")
    parser.add_argument("--usual-to", choices=SIZES, default="province", help="largest size at which the usual way is tried")
    parser.add_argument("--kernels-usual-to", choices=SIZES, help="the same for single kernels (default: --usual-to)")
    parser.add_argument("--repeats", type=int, default=4, help="most repeats of a case")
    options = parser.parse_args()
    started = time.perf_counter()
    sizes = ("tiny",) if options.quick else tuple(options.sizes)
    cases = plan(sizes, quick=options.quick, usual_to=options.usual_to, kernels_usual_to=options.kernels_usual_to)
    with tempfile.TemporaryDirectory() as name:
        run_all(cases, options, Path(name))
    print(f"{time.perf_counter() - started:.0f} s")
    return 1 if any(case.skipped.startswith(COMMAND_FAILED) for case in cases) else 0


if __name__ == "__main__":
    sys.exit(main())
