"""Every error of the project library and the asset ledger has a sentence in both languages, on the pages and on the command line."""

import ast
import re
from pathlib import Path

import pytest
from flask_babel import force_locale

from geo_app.actions.ledger.rights import LedgerFaultsError
from geo_app.actions.library.moving import MoveFaultsError
from geo_app.errors import BadRequestError, in_both
from geo_app.web import errors, sentences
from processing.library.faults import fault
from processing.library.moves import MOVES

ACTIONS = Path(__file__).resolve().parents[3] / "geo_app" / "actions"
HAN = re.compile(r"[\u4e00-\u9fff]")
CELLS = {"CellError", "FaultsError", "MoveFaultsError", "LedgerFaultsError", "EditFaultsError"}
"""Errors whose parts are said one by one, by cell or by fault, in both languages."""
TOLD_ELSEWHERE = {"StaleEditsError", "StaleVersionError"}
"""Their sentences name what was changed; test_sentences has them."""


def raised():
    """Each sentence that the actions raise, with 7 for what it names, and whether the error brings its own Chinese."""
    for path in sorted([*(ACTIONS / "library").glob("*.py"), *(ACTIONS / "ledger").glob("*.py")]):
        tree = ast.parse(path.read_text("utf-8"))
        own = {
            call.args[0]
            for call in ast.walk(tree)
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "in_both" and isinstance(call.args[0], ast.Call)
        }
        for call in ast.walk(tree):
            name = getattr(call.func, "id", getattr(call.func, "attr", "")) if isinstance(call, ast.Call) else ""
            if not name.endswith("Error") or not call.args or name in CELLS | TOLD_ELSEWHERE:
                continue
            yield path.name, name, call.args[0], call in own or len(call.args) == 2


def sentence(node):
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "7" for part in node.values)
    return None


def test_every_sentence_of_the_procedures_is_said_in_chinese(app):
    seen, silent = 0, []
    with app.test_request_context("/"), force_locale("zh"):
        for path, name, node, own in raised():
            text = sentence(node)
            if own or text is None:
                seen += own
                continue
            seen += 1
            said = sentences.said(text)
            if said is None or not HAN.search(said):
                silent.append((path, name, text))
    assert seen > 60
    assert silent == []


FAULTS = [fault("bad_date", "end_date", "soon"), fault("url_missing", "url")]


@pytest.mark.parametrize(
    "error",
    [MoveFaultsError(MOVES["village_notice"], FAULTS), LedgerFaultsError(FAULTS), in_both(BadRequestError("No."), "不行。")],
)
def test_an_error_says_itself_in_the_language_of_the_reader(app, error):
    with app.test_request_context("/"), force_locale("zh"):
        said = errors.told(error)
        assert said == error.zh
        assert not re.search(r"[a-z]{4,}", said.replace("soon", "").replace("https", "").replace("http", "")), said
    with app.test_request_context("/"), force_locale("en"):
        assert errors.told(error) == str(error)


def test_a_step_that_is_not_yours_is_refused_in_chinese_with_the_titles_of_the_roles(peopled, browser_of):
    web = browser_of(peopled, "water_east")
    answer = web.post("/ledgers", data={"level": "LV4", "unit": "990101", "year": "2026"}, headers={"Accept": "application/json"})
    assert answer.status_code == 403
    assert re.search(r"这一步由代码为 990101 的地区的[^a-z]+办理，您的账号不能办理", answer.text)
