"""Run all cases, ours beside the usual way and the best geopandas idiom; write docs/benchmarks.md and benchmarks/results.json.

scripts/bench            county, province, a tenth of the nation
scripts/bench --quick    a tenth of a county, once, nothing written: does it still work
"""

import argparse
import json
import math
import os
import platform
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
REPEATS = {"county": 4, "province": 3, "tenth": 2}
LIMIT_S = 240
"""A case that has not ended after so long is stopped, and the larger sizes of it are not tried."""
COMMAND_FAILED = "failed"
BEYOND = {"nearest": "county", "join": "county", "length": "county", "overlay": "county", "within": "province", "run": "province"}
"""Largest size at which the usual way is tried: a larger one takes hours."""


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

    @property
    def seconds(self) -> float:
        """Median CPU time of the repeats; the first is left out where there are more, since it loads compiled code."""
        return float(np.median(self.cpu[1:] or self.cpu)) if self.cpu else math.nan


def measure(case: Case, *, repeats: int, limit_s: float, folder: Path) -> None:
    """Measure one case in a process of its own."""
    names = [case.kernel, case.way, case.size]
    command = [sys.executable, "-m", "benchmarks.case", *names, str(repeats), str(folder / f"{'-'.join(names)}.npy")]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=limit_s, check=True)
    except subprocess.TimeoutExpired:
        case.skipped = f"stopped after {limit_s:.0f} s of wall time"
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
    unit = {"nearest": "m", "length": "m", "overlay": "m²", "run": "points of a percent"}[kernel]
    gap = np.abs(a - b)
    relative = float(np.nanmax(gap / np.maximum(np.abs(a), 1.0)))
    return f"at most {np.nanmax(gap):.2g} {unit} ({relative:.1e} relative)"


def plan(sizes: tuple[str, ...], *, quick: bool) -> list[Case]:
    """List the cases: the whole run first; the usual way only as far as it can end."""
    kernels = ("length", "run") if quick else ("run", *(kernel for kernel in KERNELS if kernel != "run"))
    cases = []
    for kernel in kernels:
        for size in sizes:
            for way in WAYS if kernel == "run" else WAYS[:3]:
                case = Case(kernel, way, size)
                if way == "usual" and size in SIZES and SIZES.index(size) > SIZES.index(BEYOND[kernel]):
                    case.skipped = "not tried: it would take hours"
                cases.append(case)
    return cases


def run_all(cases: list[Case], *, repeats: dict[str, int], limit_s: float, folder: Path) -> dict[str, str]:
    """Measure every case and compare its answer with ours."""
    differences: dict[str, str] = {}
    for case in cases:
        if not case.skipped:
            measure(case, repeats=repeats[case.size] if case.way != "usual" else 1, limit_s=limit_s, folder=folder)
        if case.way != "ours":
            differences[f"{case.kernel}-{case.way}-{case.size}"] = difference(folder, case.kernel, case.way, case.size)
        print(f"{case.size:9} {case.kernel:8} {case.way:6} {case.seconds:9.3f} s  {case.skipped}", flush=True)
    return differences


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
    options = parser.parse_args()
    sizes = ("tiny",) if options.quick else tuple(options.sizes)
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as name:
        repeats = {"tiny": 1, **REPEATS}
        cases = plan(sizes, quick=options.quick)
        differences = run_all(cases, repeats=repeats, limit_s=options.limit, folder=Path(name))
    if not options.quick:
        found = {
            "machine": machine(),
            "cases": [{**asdict(case), "seconds": case.seconds} for case in cases],
            "differences": differences,
        }
        (ROOT / "benchmarks" / "results.json").write_text(
            json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
        )
        (ROOT / "docs" / "benchmarks.md").write_text(report.page(found), encoding="utf-8")
    print(f"{time.perf_counter() - started:.0f} s")
    return 1 if any(case.skipped.startswith(COMMAND_FAILED) for case in cases) else 0


if __name__ == "__main__":
    sys.exit(main())
