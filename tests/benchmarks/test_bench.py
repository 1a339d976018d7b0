"""The benchmark still works, and its three ways give one answer; no times are asserted."""

import json
import math
import subprocess
import sys

import numpy as np
import pytest

from benchmarks import data, ours, report, run, usual


@pytest.fixture(scope="module")
def layers():
    return data.make("tiny")


def test_the_made_up_country_is_the_same_every_time_and_valid(layers):
    again = data.make("tiny")
    for name, frame in layers.items():
        assert frame.is_valid.all()
        assert frame.equals(again[name])


@pytest.mark.parametrize(
    ("kernel", "mine"),
    [("nearest", "nearest"), ("within", "within"), ("join", "join"), ("length", "length"), ("overlay", "covered")],
)
def test_kernels_agree(layers, kernel, mine):
    a, b = getattr(ours, mine)(layers), getattr(usual, f"{kernel}_best")(layers)
    if kernel in {"within", "join"}:
        assert a.astype(object).where(a.notna(), None).tolist() == b.astype(object).where(b.notna(), None).tolist()
    else:
        assert a.to_numpy() == pytest.approx(b.to_numpy(), rel=2e-3, abs=0.5)


@pytest.mark.parametrize("way", ["best", "lean", "usual"])
def test_the_whole_run_agrees(layers, way):
    order = ["indicator", "level", "area_code"]
    a, b = (table.sort_values(order, ignore_index=True) for table in (ours.run(layers), getattr(usual, f"run_{way}")(layers)))
    assert a[order].to_numpy().tolist() == b[order].to_numpy().tolist()
    if way == "usual":  # its circles are polygons: a hamlet on the rim may be missed
        assert np.abs(a["value"] - b["value"]).mean() < 1
    else:
        assert a["value"].to_numpy() == pytest.approx(b["value"].to_numpy(), abs=0.01)


def test_the_page_tells_ratios_growth_and_what_was_not_tried():
    def case(way, size, seconds, hamlets):
        rows = {"hamlets": hamlets}
        return {
            "kernel": "run",
            "way": way,
            "size": size,
            "cpu": [seconds] if seconds else [],
            "seconds": seconds or math.nan,
            "peak_mb": 300.0,
            "held_mb": 200.0,
            "rows": rows if seconds else {},
            "skipped": "" if seconds else "not tried",
        }

    cases = [
        case("ours", "county", 0.5, 3000),
        case("usual", "county", 10.0, 3000),
        case("ours", "province", 16.5, 99000),
        case("usual", "province", None, 99000),
    ]
    text = report.page(
        {"machine": {"date": "2026-01-01", "system": "x", "load": "0", "numpy": "2"}, "cases": cases, "differences": {}}
    )
    assert "20.0×" in text
    assert "20× or more (extrapolated in proportion to size) | – | not tried" in text
    assert "ours 1.00 over 2 sizes" in text
    cases[-1]["stopped_after_cpu_s"] = 330.0
    stopped = report.page({"machine": {"date": "2026-01-01", "system": "x", "load": "0"}, "cases": cases, "differences": {}})
    assert "more than 20× (stopped)" in stopped


def test_a_case_that_takes_too_long_is_stopped_and_its_time_so_far_kept(tmp_path):
    case = run.Case("run", "usual", "county")
    run.measure(case, repeats=1, limit_s=3, folder=tmp_path)
    assert case.skipped.startswith("stopped after")
    assert case.stopped_after_cpu_s > 0


@pytest.mark.slow
def test_the_command_runs(root):
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.run", "--quick"], cwd=root, capture_output=True, text=True, check=False, timeout=280
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "lean" in done.stdout


@pytest.mark.parametrize(
    ("kernel", "other", "said"),
    [
        ("run", [50.0, 70.0], "1 of 2 values differ by more than"),
        ("nearest", [50.0, 70.0], "at most 10 m"),
        ("within", [50.0, 70.0], "1 of 2 differ"),
        ("overlay", [50.0], "2 against 1 values"),
    ],
)
def test_answers_are_compared_for_every_kernel(tmp_path, kernel, other, said):
    np.save(tmp_path / f"{kernel}-ours-tiny.npy", np.array([50.0, 60.0]))
    np.save(tmp_path / f"{kernel}-best-tiny.npy", np.array(other))
    assert run.difference(tmp_path, kernel, "best", "tiny").startswith(said)


@pytest.mark.slow
def test_people_at_once_are_measured_and_nothing_is_lost(root, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.editing", "--quick", "--gpkg"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    row = json.loads(done.stdout.splitlines()[0])
    assert (row["store"], row["faults"], row["whole"]) == ("gpkg", 0, True)
    kept = {"viewers": 5, "editors": 2, "seconds": 2.0, "roads": 500, "date": "x", "cores": 2, "load": "1", "measured": [row]}
    (tmp_path / "editing.json").write_text(json.dumps(kept))
    assert report.editing_lines(tmp_path / "editing.json")[-2].startswith("| GeoPackage | ")
    assert report.editing_lines(tmp_path / "none.json") == []


def test_the_page_says_how_large_the_reliability_tests_were_run(tmp_path):
    row = {"what": "kills", "ci": 100, "full": "10,000", "run": "10,000", "seconds": 7, "result": "nothing lost"}
    (tmp_path / "found.json").write_text(json.dumps({"date": "2026-11-22", "cores": 2, "load": "1", "rows": [row]}))
    lines = report.reliability_lines(tmp_path / "found.json")
    assert lines[-2] == "| kills | 100 | 10,000 | 10,000 | 7 | nothing lost |"
    assert "runs are of 2026-11-22, on 2 cores" in " ".join(lines[2].split())
    assert report.reliability_lines(tmp_path / "none.json") == []
    assert set(row) == set(report.RELIABILITY_COLUMNS)
