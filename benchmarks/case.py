"""One case in a process of its own: make the data, answer one question one way, print times, memory and a digest of the answer.

Run as `python -m benchmarks.case KERNEL WAY SIZE REPEATS ANSWER_FILE`.
"""

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks import data, ours, usual

KERNELS = ("nearest", "within", "join", "length", "overlay", "run")
WAYS = ("ours", "usual", "best", "lean")
"""`lean` is the whole run for yes and no alone."""
MEGABYTE = 1024.0


def question(kernel: str, way: str) -> Callable[[usual.Layers], pd.Series | pd.DataFrame]:
    """Find the function that answers a kernel in a way."""
    if way == "ours":
        return getattr(ours, "covered" if kernel == "overlay" else kernel)
    return getattr(usual, f"{kernel}_{way}")


def peak_mb() -> float:
    """Give the most memory held since `forget_peak`, or since the start where the system cannot forget."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / MEGABYTE
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEGABYTE


def forget_peak() -> None:
    """Let the peak start from what is held now, where Linux allows it."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return


def as_array(answer: pd.Series | pd.DataFrame) -> np.ndarray:
    """Turn an answer into plain values in a fixed order, to be compared between ways."""
    if isinstance(answer, pd.DataFrame):
        answer = answer.sort_values(["indicator", "level", "area_code"])["value"]
    if pd.api.types.is_numeric_dtype(answer) or str(answer.dtype) == "boolean":
        return answer.to_numpy(dtype=float, na_value=np.nan)
    return answer.astype(object).where(answer.notna(), "").to_numpy(dtype=str)


def main(kernel: str, way: str, size: str, repeats: int, answer_file: str) -> None:
    """Measure one case."""
    layers = data.make(size)
    ask = question(kernel, way)
    walls, cpus = [], []
    forget_peak()
    held = peak_mb()
    for _ in range(repeats):
        fresh = {name: frame.copy() for name, frame in layers.items()}
        wall, cpu = time.perf_counter(), time.process_time()
        answer = ask(fresh)
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    np.save(answer_file, as_array(answer))
    rows = {name: len(frame) for name, frame in layers.items()}
    print(json.dumps({"wall": walls, "cpu": cpus, "peak_mb": peak_mb(), "held_mb": held, "rows": rows}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5])
