"""Whatever the pages and the actions behind them refuse, they say in Chinese to who reads Chinese: every `raise` is walked."""

import ast
import importlib
import itertools
import pkgutil
import re
from pathlib import Path

from flask_babel import force_locale

import geo_app.actions
import geo_app.web
import layers.files
import processing
from geo_app.web import sentences
from layers.files.errors import LimitExceededError
from layers.schema import PersonError

ROOT = Path(__file__).resolve().parents[3]
WALKED = ("geo_app/web", "geo_app/actions", "processing/library", "processing/ledger", "layers/files")
HAN = re.compile(r"[\u4e00-\u9fff]")
FILLED = ("7", "roads", "name")
"""What stands for a named thing: a number, a layer, a field; a form takes one of them."""
TOO_MANY = 4
OWN_SENTENCE = {"BadValueError", "WrongRoleError"}
"""Errors that bring their Chinese as the second thing they are made of."""
IN_PARTS = {"MoveFaultsError", "LedgerFaultsError", "EditFaultsError", "FaultsError", "CellError", "SheetFaultsError"}
"""Errors whose parts are said one by one, by cell or by fault, in both languages."""
SCRIPTS_ONLY = {"BodyError"}
"""What only a broken script sends: no form of a page can."""
MADE_OF_PARTS = {"LimitExceededError"}
"""Errors that make their sentence of numbers; it has a test of its own below."""
COMMANDS_ONLY = {"backups.py", "build_demo.py", "copy_store.py", "draw_map.py", "export_layer.py", "load_shipped.py", "tables.py"}
"""Actions that no page takes: their sentences stand on the command line, as all there, in English."""
WRITTEN_ONLY = {"written_rows.py"}
"""Files are written in a frame that the program chose; a page cannot choose another."""


def errors():
    """Name every error of ours that a person is to read."""
    for package in (geo_app.actions, geo_app.web, layers.files, processing):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    found, open_ = set(), [PersonError]
    while open_:
        children = open_.pop().__subclasses__()
        found |= {child.__name__ for child in children}
        open_ += children
    return found


def raised():
    """Each sentence that is raised there as text and holes, with where; those that bring their own Chinese are left out."""
    known = errors() - IN_PARTS - SCRIPTS_ONLY - MADE_OF_PARTS
    for path in sorted(itertools.chain.from_iterable((ROOT / folder).rglob("*.py") for folder in WALKED)):
        if path.name in COMMANDS_ONLY | WRITTEN_ONLY:
            continue
        tree = ast.parse(path.read_text("utf-8"))
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
        own = {call.args[0] for call in calls if getattr(call.func, "id", "") == "in_both"}
        for call in calls:
            name = getattr(call.func, "id", getattr(call.func, "attr", ""))
            if name in known and call.args and call not in own and not (name in OWN_SENTENCE and len(call.args) > 1):
                yield f"{path.relative_to(ROOT)}:{call.lineno}", call.args[0]


def samples(node):
    """Fill the holes of a sentence; nothing where it is made elsewhere and only handed on."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if not isinstance(node, ast.JoinedStr):
        return []
    parts = [part.value if isinstance(part, ast.Constant) else None for part in node.values]
    holes = parts.count(None)
    fills = itertools.product(FILLED, repeat=holes) if holes <= TOO_MANY else [(word,) * holes for word in FILLED]
    texts = []
    for fill in fills:
        words = iter(fill)
        texts.append("".join(str(part) if part is not None else next(words) for part in parts))
    return texts


def test_every_refusal_is_said_in_chinese(app):
    seen, silent = 0, []
    with app.test_request_context("/"), force_locale("zh"):
        for where, node in raised():
            texts = samples(node)
            if not texts:
                continue
            seen += 1
            said = next((found for found in map(sentences.said, texts) if found is not None and HAN.search(found)), None)
            if said is None:
                silent.append((where, texts[0]))
    assert seen > 150
    assert silent == []


def test_a_limit_is_said_in_chinese(app):
    with app.test_request_context("/"), force_locale("zh"):
        for error in (LimitExceededError("upload_mb", 50, "MB", found=61), LimitExceededError("cpu_s", 60, "s")):
            assert sentences.said(str(error)).startswith("文件超出上限")


def test_fields_are_named_by_their_titles(app):
    with app.test_request_context("/"), force_locale("zh"):
        said = sentences.said("budget_total takes a number from 0, found '5亿'")
    assert said == "“资金规模”应为不小于 0 的数字，填写的是 5亿；单位另选。"
