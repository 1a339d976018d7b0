import ast
import string

import pytest

from map_templates.texts import TEXTS, text


@pytest.mark.parametrize("key", TEXTS)
def test_both_languages_have_the_same_blanks(key):
    blanks = [{name for _, name, _, _ in string.Formatter().parse(part) if name} for part in TEXTS[key]]
    assert blanks[0] == blanks[1]
    assert all(TEXTS[key])


def test_every_word_asked_for_in_the_code_exists(root):
    for path in (root / "map_templates").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if (
                isinstance(node, ast.Call)
                and getattr(node.func, "id", "") == "text"
                and node.args
                and isinstance(node.args[0], ast.Constant)
            ):
                assert node.args[0].value in TEXTS, path


def test_a_word_that_is_not_there_is_a_bug():
    with pytest.raises(KeyError, match="nothing"):
        text("nothing", "zh")
