"""The demonstration area, made once for all tests of this folder."""

import pytest

from layers import demo
from layers.demo.sources import DemoSourceError


@pytest.fixture(scope="session")
def area():
    """The five counties of Baiyin with the default seed; the tests skip where names and outlines are not installed."""
    try:
        return demo.generate()
    except DemoSourceError as absent:
        pytest.skip(str(absent))


@pytest.fixture(scope="session")
def frames(area):
    """Its frames by layer name."""
    return area.frames


@pytest.fixture(scope="session")
def county():
    """The smallest of the five counties, as the generator leaves it, without planted faults."""
    try:
        return next(demo.stream(limit=1))
    except DemoSourceError as absent:
        pytest.skip(str(absent))
