"""A store of the small area, and how projects are brought to a stage in it."""

import datetime as dt
import shutil
from types import SimpleNamespace

import pytest

from geo_app.actions.ledger import forming
from geo_app.actions.library import drafting, moving, record
from layers.store import Change, Insert, open_store
from tests.geo_app.actions.library.people import APPLICATION, HAND_OVER, PEOPLE, PLACE, STAGES, WALK, day


class Library:
    """A store with projects that go their way by the accounts of their roles."""

    def __init__(self, store, ready=()):
        self.store = store
        self.ready = {name: list(keys) for name, keys in dict(ready).items()}

    def draft(self, *, by="village", place=PLACE, **values):
        return drafting.create(self.store, PEOPLE[by], APPLICATION | values, place, today=day("02-20"))

    def seen(self, key, by="leading_group"):
        return record.project(self.store, PEOPLE[by], key)

    def move(self, key, by, name, on, ver=None, today=None, **values):
        number = self.seen(key).ver if ver is None else ver
        found = dt.date.fromisoformat(on) if len(on) > 5 else day(on)
        given = {"start_date": found} | values
        return moving.move(self.store, PEOPLE[by], key, name, given, expected_ver=number, today=today or found)

    def hand_over(self, key, by="township", on=HAND_OVER[1], ver=None, today=None, **values):
        """Hand a project over to the ledger, as the page of its works does."""
        number = self.seen(key).ver if ver is None else ver
        given = HAND_OVER[2] | {"start_date": day(on)} | values
        return forming.form(
            self.store,
            PEOPLE[by],
            key,
            expected_ver=number,
            today=day(today or on),
            overrides={k: v for k, v in given.items() if v},
        )

    def brought(self, until, **values):
        """A project that went as far as a move, that move included; one that waits there, or one that goes there now."""
        if until == "form_asset":
            key = self.brought("accept", **values)
            self.hand_over(key)
            return key
        if not values and self.ready.get(until):
            return self.ready[until].pop()
        key = self.draft(**values)
        for role, name, on, given in WALK:
            self.move(key, role, name, on, **given)
            if name == until:
                return key
        raise LookupError(until)

    def offers(self, key, by, on):
        return {item.move.name: item for item in moving.offers(self.store, PEOPLE[by], key, day(on))}


SPARE = 3


@pytest.fixture(scope="session")
def _walked(tmp_path_factory, _small_store_file):
    """A file in which projects wait at every step of the walk: one went it, the others are its copies."""
    path = tmp_path_factory.mktemp("walked") / "store.gpkg"
    shutil.copyfile(_small_store_file, path)
    with open_store(path) as store:
        key = Library(store).brought(WALK[-1][1])
        whole = record.project(store, PEOPLE["leading_group"], key)
        projects, events, ready = [], [], {}
        for at, ((_, name, _, _), stage) in enumerate(zip(WALK, STAGES, strict=True), 1):
            keys = [f"W{at:02d}-{number}" for number in range(SPARE)]
            planned = at > [item[1] for item in WALK].index("into_plan")
            plan = {} if planned else {"plan_year": None, "plan_rank": None}
            for own in keys:
                projects.append(_row(whole.project) | {"project_id": own, "status": stage, "event_seq": at} | plan)
                events += [
                    _row(event) | {"project_id": own, "event_id": f"{own}-{event['seq']:03d}"} for event in whole.events[:at]
                ]
            ready[name] = keys
        frames = [moving.project_frame(row, PLACE) for row in projects]
        edits = [*(Insert("projects", frame) for frame in frames), Insert("project_events", moving.frame(events))]
        store.apply(Change("li", "测试局", "copies", tuple(edits), kind="demo"))
    return path, ready


def _row(row):
    return {name: value for name, value in row.items() if name not in {"fid", "id", "ver", "geometry"}}


@pytest.fixture
def library(_walked, tmp_path):
    path = tmp_path / "store.gpkg"
    shutil.copyfile(_walked[0], path)
    with open_store(path) as store:
        yield Library(store, _walked[1])


@pytest.fixture
def values():
    """What each move of the walk brings."""
    return SimpleNamespace(**{name: given for _, name, _, given in WALK})
