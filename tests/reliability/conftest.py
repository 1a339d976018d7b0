"""The scene of these tests is found by them and by the processes they start."""

import sys
from pathlib import Path

import pytest

HERE = str(Path(__file__).resolve().parent)
if HERE not in sys.path:
    sys.path.append(HERE)


LONGEST_SECONDS = 1800


def pytest_collection_modifyitems(config, items):
    """Give these tests time on a machine that does other things beside; none of them says anything about speed."""
    for item in items:
        if str(item.path).startswith(HERE) and not config.getoption("full"):
            item.add_marker(pytest.mark.timeout(LONGEST_SECONDS))


@pytest.fixture
def path(tmp_path):
    """Where the store of a test lies."""
    return tmp_path / "库.gpkg"
