"""A store of the small area, and how projects are brought to a stage in it."""

import datetime as dt
from types import SimpleNamespace

import pytest

from geo_app.actions.library import drafting, moving, record
from tests.geo_app.actions.library.people import APPLICATION, PEOPLE, PLACE, WALK, day


class Library:
    """A store with projects that go their way by the accounts of their roles."""

    def __init__(self, store):
        self.store = store

    def draft(self, *, by="village", place=PLACE, **values):
        return drafting.create(self.store, PEOPLE[by], APPLICATION | values, place, today=day("02-20"))

    def seen(self, key, by="leading_group"):
        return record.project(self.store, PEOPLE[by], key)

    def move(self, key, by, name, on, ver=None, today=None, **values):
        number = self.seen(key).ver if ver is None else ver
        found = dt.date.fromisoformat(on) if len(on) > 5 else day(on)
        given = {"start_date": found} | values
        return moving.move(self.store, PEOPLE[by], key, name, given, expected_ver=number, today=today or found)

    def brought(self, until, **values):
        """A project that went as far as a move, that move included."""
        key = self.draft(**values)
        for role, name, on, given in WALK:
            self.move(key, role, name, on, **given)
            if name == until:
                return key
        raise LookupError(until)

    def offers(self, key, by, on):
        return {item.move.name: item for item in moving.offers(self.store, PEOPLE[by], key, day(on))}


@pytest.fixture
def library(small):
    return Library(small)


@pytest.fixture
def values():
    """What each move of the walk brings."""
    return SimpleNamespace(**{name: given for _, name, _, given in WALK})
