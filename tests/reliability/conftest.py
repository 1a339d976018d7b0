"""The scene of these tests is found by them and by the processes they start."""

import sys
from pathlib import Path

import pytest

HERE = str(Path(__file__).resolve().parent)
if HERE not in sys.path:
    sys.path.append(HERE)


@pytest.fixture
def path(tmp_path):
    """Where the store of a test lies."""
    return tmp_path / "库.gpkg"
