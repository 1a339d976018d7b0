"""The rules of the house that no linter knows: sizes, names, the packing list, what a page may name."""

import ast
import re
import subprocess
import sys
import tomllib
import zipfile

import pytest

PACKAGES = ("geo_app", "layers", "processing", "map_templates")
VAGUE_NAMES = {"utils", "common", "helpers", "core", "manager", "misc"}


def modules(root):
    return [path for name in PACKAGES for path in sorted((root / name).rglob("*.py"))]


def test_no_module_is_longer_than_500_lines(root):
    long = {str(path.relative_to(root)): n for path in modules(root) if (n := len(path.read_text("utf-8").splitlines())) > 500}
    assert long == {}


def test_no_module_has_a_vague_name(root):
    assert [str(path) for path in modules(root) if path.stem in VAGUE_NAMES] == []


def test_nothing_catches_everything(root):
    found = []
    for path in modules(root):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ExceptHandler):
                names = [n.id for n in ast.walk(node.type) if isinstance(n, ast.Name)] if node.type else ["everything"]
                if {"everything", "Exception", "BaseException"} & set(names):
                    found.append(f"{path.relative_to(root)}:{node.lineno}")
    assert found == []


def test_packing_list_names_every_package(root):
    listed = set(tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]["packages"])
    present = {".".join(path.parent.relative_to(root).parts) for name in PACKAGES for path in (root / name).rglob("__init__.py")}
    assert listed == present


def test_tests_have_no_init(root):
    assert list((root / "tests").rglob("__init__.py")) == []


def test_tracked_files_name_no_machine_path_and_no_registry(root):
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=False)
    if listing.returncode != 0:
        pytest.skip("not a git checkout: there is no list of tracked files to look at")
    forbidden = re.compile(r"/(?:wor[k]|far[m]|roo[t])/[a-z.]|registry\.npmj[s]|pypi\.or[g]|files\.pythonhoste[d]|deb\.debia[n]")
    found = []
    for name in filter(None, listing.stdout.split("\0")):
        path = root / name
        if path.suffix in {".png", ".lock", ".pdf"} or not path.is_file():
            continue
        found += [f"{name}: {m.group(0)}" for m in forbidden.finditer(path.read_text("utf-8", errors="replace"))]
    assert found == []


@pytest.mark.slow
def test_wheel_brings_our_four_packages(root, tmp_path):
    """`layers` and `processing` are generic names: what an installation imports must be ours."""
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", str(tmp_path), str(root)],
        check=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    target = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target)
    code = "import geo_app, layers, processing, map_templates as m; print(geo_app.__file__, layers.__file__, processing.__file__, m.__file__)"
    out = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(target)!r}); {code}"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    ).stdout.split()
    assert all(path.startswith(str(target)) for path in out)
    assert (target / "processing" / "profiles" / "tches18.toml").is_file()
    assert (target / "layers" / "tables" / "indicator_targets.csv").is_file()
    assert list((target / "geo_app" / "templates").glob("*.html"))
