"""What an account learns of a place: projects of wider areas that name its village, and how much of the ground it does not see."""

import shapely

from geo_app.actions.library import site
from processing.project_site import Site
from tests.geo_app.actions.library.people import OTHER_VILLAGE, PEOPLE, PLACE, VILLAGE, day

WORK = {"name": "甲南村道路", "task": "村组道路硬化", "category": "P3"}


def report(library, by, geometry=PLACE, codes=(VILLAGE,)):
    return site.analyse(library.store, PEOPLE[by], Site(geometry, codes, WORK), today=day("03-01"))


def test_a_project_of_a_wider_area_is_named_to_the_village_that_it_serves(library):
    rows = library.store.read("villages").set_index("village_code")
    place = rows.geometry[OTHER_VILLAGE].representative_point()
    key = library.draft(by="revitalisation", place=place, village_codes=[VILLAGE, OTHER_VILLAGE], name="两村道路硬化")
    kept = library.seen(key).project
    assert (kept.get("village_code"), kept["county_code"]) == (None, VILLAGE[:6])
    elsewhere = library.draft(by="other_village", village_codes=[OTHER_VILLAGE], name="别村道路硬化")
    seen = report(library, "village")
    assert seen.unread == {key}
    assert key in {item[0] for item in seen.same_villages}
    assert elsewhere not in {item[0] for item in seen.same_villages} | {item.key for item in seen.projects}
    assert report(library, "revitalisation").unread == frozenset()


def test_ground_beyond_the_village_is_not_known_and_not_empty(library):
    outline = shapely.union_all(
        [row.geometry for row in library.store.read("villages").itertuples() if row.village_code == VILLAGE]
    )
    west, south, east, north = outline.bounds
    inside = shapely.Point((west + east) / 2, (south + north) / 2)
    across = shapely.LineString([(east - 0.002, (south + north) / 2), (east + 0.002, (south + north) / 2)])
    beyond = shapely.Point(116.4, 39.9)
    place = [report(library, "village", shape).unseen.place for shape in (inside, across, beyond)]
    assert place[0] == 0
    assert 0.3 < place[1] < 0.7
    assert place[2] == 1
    assert report(library, "leading_group", beyond).unseen.place == 1
    assert report(library, "leading_group", inside).unseen.place == 0
    assert report(library, "village", None, (VILLAGE, OTHER_VILLAGE)).unseen.place == 0.5


def test_layers_that_are_not_there_are_named(library):
    held = {name for name, version in library.store.versions().items() if version}
    absent = report(library, "village").unseen.absent
    assert "farmland" in absent or "farmland" in held
    assert not absent & {"villages", "projects"} or not held & {"villages", "projects"}
