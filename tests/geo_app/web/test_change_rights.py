"""Who may look back, restore, update in bulk and change areas, where there are accounts: by role, area and right to apply."""

import json

import pytest

from geo_app.access.people import person_of
from geo_app.actions import bulk_update, change_areas, history, restore_layer, uploads
from geo_app.actions.bulk_compare import Wishes
from geo_app.actions.import_layer import Choices
from geo_app.actions.merge_areas import AreaChange, Part
from geo_app.errors import ForbiddenError, NotFoundError
from layers.errors import OutOfReachError
from layers.files import Answers
from layers.store import Condition, Grant

JIA, YI, BING = "990101001200", "990101001201", "990102001202"
EAST, WEST = "990101", "990102"


@pytest.fixture
def store(app):
    return app.extensions["xiangtu"].store


def somebody(store, role, areas=(), *, apply=True):
    made = store.accounts.add(f"{role}{len(store.accounts.all())}", "王", "局", "x", (Grant(role, tuple(areas), apply),))
    return person_of(store.accounts.get(made.account_id))


MERGE = AreaChange(kind="merge", codes=(JIA, YI), parts=(Part(code=YI, name="甲乙村"),))


def test_statistics_changes_areas_and_what_follows_from_it(app, store):
    person = somebody(store, "statistics", [EAST])
    plan = change_areas.plan(store, person, MERGE)
    saved = change_areas.apply(store, person, plan, reason="")
    assert saved.receipt is not None
    assert store.changes(limit=1)[0].account_id == person.account_id
    assert len(store.read("hamlets", where=[Condition("village_code", "=", YI)])) == 8


def test_new_code_in_the_own_area(app, store):
    person = somebody(store, "statistics", [EAST])
    wish = AreaChange(kind="merge", codes=(JIA, YI), parts=(Part(code="990101001299", name="新村"),))
    assert change_areas.apply(store, person, change_areas.plan(store, person, wish), reason="").receipt is not None


def test_who_may_only_submit_gets_a_request(app, store):
    person = somebody(store, "statistics", [EAST], apply=False)
    saved = change_areas.apply(store, person, change_areas.plan(store, person, MERGE), reason="")
    assert saved.receipt is None
    assert store.requests.get(saved.request_id).state == "open"
    assert store.version("area_crosswalk") == 0


def test_other_bureaus_and_other_areas_do_not(app, store):
    with pytest.raises(ForbiddenError):
        change_areas.plan(store, somebody(store, "transport"), MERGE)
    with pytest.raises(NotFoundError):
        change_areas.plan(store, somebody(store, "statistics", [WEST]), MERGE)
    across = AreaChange(kind="transfer", codes=(YI,), parts=(Part(code=YI),), to="990102001")
    with pytest.raises(NotFoundError):
        change_areas.plan(store, somebody(store, "statistics", [EAST]), across)


def survey(store, person, tmp_path, west=105.0, east=105.1):
    line = {"type": "LineString", "coordinates": [[west + 0.02, 36.02], [east - 0.02, 36.03]]}
    features = [{"type": "Feature", "properties": {"name": "新", "village_code": JIA}, "geometry": line}]
    path = tmp_path / "s.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    upload = uploads.stage_file(path, folder=tmp_path / "up", max_bytes=1_000_000)
    choices = Choices(layer="roads", answers=Answers(crs="EPSG:4490"), match_names=True)
    read = bulk_update.read_survey(store, upload, choices, person=person)
    return bulk_update.compare(store, person, read, Wishes(key_prefix="S-"))


def test_bulk_updates_follow_role_area_and_right_to_apply(app, store, tmp_path):
    own = somebody(store, "transport", [EAST])
    assert bulk_update.accept(store, own, survey(store, own, tmp_path)).receipt is not None
    asks = somebody(store, "transport", [EAST], apply=False)
    saved = bulk_update.accept(store, asks, survey(store, asks, tmp_path, east=105.06))
    assert (saved.receipt, store.requests.get(saved.request_id).state) == (None, "open")
    foreign = somebody(store, "transport", [WEST])
    version = store.version("roads")
    with pytest.raises((OutOfReachError, ForbiddenError)):
        bulk_update.accept(store, foreign, survey(store, foreign, tmp_path))
    viewer = somebody(store, "viewer")
    with pytest.raises(ForbiddenError):
        bulk_update.accept(store, viewer, survey(store, viewer, tmp_path, east=105.07))
    assert store.version("roads") == version


def test_looking_back_shows_only_the_own_area(app, store):
    west = somebody(store, "statistics", [WEST])
    assert set(history.state(store, west, "villages", 1)["county_code"]) == {WEST}
    assert history.versions(store, west, "villages", BING)
    with pytest.raises(NotFoundError):
        history.versions(store, west, "villages", JIA)
    change_areas.apply(
        store, somebody(store, "statistics", [EAST]), change_areas.plan(store, somebody(store, "administrator"), MERGE), reason=""
    )
    assert [item.kind for item in history.layer_changes(store, west, "villages")] == ["import"]
    seen = restore_layer.preview(store, west, "villages", 1)
    assert seen.rows == ()
    with pytest.raises(OutOfReachError):
        restore_layer.restore(store, west, seen, reason="")


def test_confidential_layers_are_not_there(app, store):
    person = somebody(store, "transport")
    for look in (
        lambda: history.layer_changes(store, person, "monitored_households"),
        lambda: history.state(store, person, "monitored_households", 1),
        lambda: restore_layer.preview(store, person, "monitored_households", 1),
    ):
        with pytest.raises(NotFoundError):
            look()
