import inspect

import pytest

from layers import errors
from layers.schema import BugError, PersonError, XiangtuError

CLASSES = [item for _, item in inspect.getmembers(errors, inspect.isclass) if item.__module__ == "layers.errors"]


@pytest.mark.parametrize("kind", CLASSES)
def test_every_error_has_two_parents_and_says_what_it_is(kind):
    assert issubclass(kind, PersonError | BugError)
    if kind is not errors.StoreError:
        builtins = [
            parent
            for parent in kind.__mro__
            if parent.__module__ == "builtins" and parent not in {Exception, BaseException, object}
        ]
        assert builtins, "an error is also one of Python's own"
    assert kind.__doc__
    assert "code" in kind.__dict__


def test_codes_differ_so_that_a_page_can_translate_them():
    codes = [kind.code for kind in CLASSES if issubclass(kind, PersonError)]
    assert len(set(codes)) == len(codes)
    assert all(code != XiangtuError.code for code in codes)


def test_the_tree_in_the_docstring_names_every_error():
    tree = inspect.getdoc(errors.StoreError)
    missing = [kind.__name__ for kind in CLASSES if issubclass(kind, errors.StoreError) and kind.__name__ not in tree]
    assert missing == []


def test_an_error_keeps_its_parts_beside_the_sentence():
    assert errors.DuplicateKeyError("x", rows=[1], keys=["a"]).rows == (1,)
    assert errors.UndoConflictError("x", changes=[3]).changes == (3,)
    assert errors.NotFoundError("x", deleted=True).deleted
