"""No view reads around the gate: each reading of the store in pages and interfaces says how far it may reach, or why it need not."""

import ast

import pytest

READING = frozenset(
    {
        *("read", "get", "count", "history", "frame", "state", "diff", "feature_at_version", "change_rows", "changes", "change"),
        *("apply", "undo", "accept", "restore_layer", "queries", "save_query", "delete_query", "run", "page", "tile"),
    }
)
"""Methods of the store that give or change rows, or tell of them."""
SAYS_HOW_FAR = frozenset({"reach", "reach_by_layer"})
PASSED_BY = frozenset({"run_coverage.load", "run_coverage.latest", "run_coverage.replay", "list_gaps.list_gaps", "held.read"})
"""Actions that look at everything; pages use those that ask who looks."""
ALLOWED = {
    ("web/runs.py", "_replay", "run_coverage.replay"): "what differs is narrowed to the asker's areas right after",
    ("web/saving.py", "versions_of", "store.change_rows"): "rows of the change that the asker has just made",
    ("web/bulk.py", "index", "store.changes"): "asked only for whom everything is open",
}
"""Where the rule does not hold, and why."""


def functions(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def called(node):
    """Give the dotted name of what a call calls, calls inside it left out: `desk().store.read` is `store.read`."""
    parts = []
    target = node.func
    while isinstance(target, ast.Attribute):
        parts.append(target.attr)
        target = target.value
    if isinstance(target, ast.Name):
        parts.append(target.id)
    return parts[::-1]


def findings(root):
    for folder in ("web", "api"):
        for path in sorted((root / "geo_app" / folder).rglob("*.py")):
            tree = ast.parse(path.read_text("utf-8"))
            for function in functions(tree):
                for node in ast.walk(function):
                    if isinstance(node, ast.Call):
                        yield from _judged(f"{folder}/{path.name}", function.name, node)


def _judged(name, function, node):
    parts = called(node)
    dotted = ".".join(parts[-2:])
    keywords = {item.arg for item in node.keywords}
    if len(parts) > 1 and parts[-2] in {"store", "_store"} and parts[-1] in READING and not SAYS_HOW_FAR & keywords:
        yield name, function, f"store.{parts[-1]}"
    elif (dotted == "inputs.read" and "person" not in keywords) or dotted in PASSED_BY:
        yield name, function, dotted


def positional(root, finding):
    """Say whether a reading names its reach by place: `store.change_rows(number, reaches)`."""
    name, function, dotted = finding
    method = dotted.rpartition(".")[2]
    tree = ast.parse((root / "geo_app" / name).read_text("utf-8"))
    for item in functions(tree):
        for node in ast.walk(item) if item.name == function else ():
            if isinstance(node, ast.Call) and called(node)[-1:] == [method] and method == "change_rows" and len(node.args) > 1:
                return True
    return False


def test_no_view_reads_around_the_gate(root):
    found = [item for item in findings(root) if item not in ALLOWED and not positional(root, item)]
    assert found == []


def test_exceptions_are_still_needed(root):
    there = set(findings(root))
    assert [item for item in ALLOWED if item not in there] == []


def test_the_rule_would_find_a_view_that_does(tmp_path):
    folder = tmp_path / "geo_app" / "web"
    folder.mkdir(parents=True)
    (folder / "evil.py").write_text(
        "def view():\n    return desk().store.read('roads'), inputs.read(store), run_coverage.load(store, 1), held.read(store)\n"
        "def fair():\n    return desk().store.read('roads', reach=reach('roads')), inputs.read(store, person=person())\n",
        encoding="utf-8",
    )
    assert [item[2] for item in findings(tmp_path)] == ["store.read", "inputs.read", "run_coverage.load", "held.read"]


@pytest.mark.parametrize("folder", ["web", "api"])
def test_views_never_take_the_store_apart(root, folder):
    """Nothing below the store's own methods is used by a page."""
    for path in sorted((root / "geo_app" / folder).rglob("*.py")):
        assert "._backend" not in path.read_text("utf-8"), path
