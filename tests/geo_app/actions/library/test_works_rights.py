"""Who reports from works, who sees their pictures, and what is told of a picture that was used elsewhere."""

import datetime as dt
import io
from pathlib import Path

import geopandas as gpd
import pytest
from PIL import Image
from shapely import Point

from geo_app.access import NOBODY, local_person, person_of
from geo_app.actions import load_recipe
from geo_app.actions.library import as_built, photographs, works
from geo_app.actions.signing import By
from geo_app.config import Settings
from geo_app.errors import BadRequestError, ForbiddenError, NotFoundError, NotSignedInError
from layers.catalogue import LAYERS
from layers.frames import conform
from layers.store import Account, Change, Grant, Insert, open_store

SMALL = Path(__file__).parents[2] / "fixtures" / "small"
TODAY = dt.date(2026, 11, 22)
LOCAL = local_person(Settings())
EAST = {"county_code": "990101", "township_code": "990101001", "village_code": "990101001200"}
WEST = {"county_code": "990102", "township_code": "990102001", "village_code": "990102001202"}


def picture():
    out = io.BytesIO()
    Image.linear_gradient("L").resize((60, 40)).convert("RGB").save(out, "JPEG")
    return out.getvalue()


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "store.gpkg", create=True) as found:
        load_recipe.load(found, SMALL / "recipe.toml", SMALL, By("li", "测试局", "areas"))
        common = {"status": "implementing", "sector": "transport", "geometry": Point(104, 36), "budget_total": 5.0}
        rows = [{"project_id": "E", "name": "东路", **EAST, **common}, {"project_id": "W", "name": "西路", **WEST, **common}]
        frame = gpd.GeoDataFrame(rows, crs=4490)
        found.apply(Change("li", "b", "r", (Insert("projects", conform(frame, LAYERS["projects"])),), kind="demo"))
        yield found


def somebody(*grants):
    return person_of(Account(1, "a", "甲", "局", tuple(grants), True, dt.datetime.now(dt.UTC)))


def add(store, person, key="E", stage="施工中"):
    return photographs.add_photographs(store, person, key, [photographs.Sent(picture(), "a.jpg", stage)], today=TODAY)[0]


@pytest.mark.parametrize(
    "grant", [Grant("village", ("990101001200",)), Grant("township", ("990101001",)), Grant("transport", ("990101",))]
)
def test_village_township_and_sector_of_the_area_report(store, grant):
    person = somebody(grant)
    judged = add(store, person)
    assert [item.code for item in judged.contradictions] == ["no_position", "no_time"]
    assert photographs.picture(store, person, judged.row["photo_id"], small=True).media_type == "image/jpeg"


@pytest.mark.parametrize(
    "grant", [Grant("viewer"), Grant("statistics"), Grant("finance", ("990101",)), Grant("leading_group", ("990101",))]
)
def test_other_roles_do_not_report(store, grant):
    with pytest.raises(ForbiddenError):
        add(store, somebody(grant))
    assert store.count("photographs") == 0


def test_another_area_is_as_if_it_were_not(store):
    judged = add(store, LOCAL)
    west = somebody(Grant("township", ("990102001",)))
    with pytest.raises(NotFoundError):
        add(store, west)
    with pytest.raises(NotFoundError):
        photographs.picture(store, west, judged.row["photo_id"], small=False)
    with pytest.raises(NotSignedInError):
        photographs.picture(store, NOBODY, judged.row["photo_id"], small=False)


def test_a_picture_used_for_a_project_that_is_not_read_is_said_without_its_number(store):
    add(store, LOCAL, "E")
    judged = add(store, somebody(Grant("township", ("990102001",))), "W")
    same = next(item for item in judged.contradictions if item.code == "same_picture")
    assert same.found == photographs.HIDDEN
    seen = works.view(store, LOCAL, "W", today=TODAY)
    assert {item.found for item in seen.photos[0].contradictions if item.code == "same_picture"} == {"E"}


def test_works_as_built_need_a_valid_geometry_and_a_day_that_came(store):
    with pytest.raises(BadRequestError, match="need a geometry"):
        as_built.set_built(store, LOCAL, "E", as_built.Built(), today=TODAY)
    with pytest.raises(BadRequestError, match="not after"):
        as_built.set_built(store, LOCAL, "E", as_built.Built(Point(104, 36), surveyed_on=dt.date(2027, 1, 1)), today=TODAY)
    with pytest.raises(BadRequestError, match="layer: one of"):
        as_built.set_built(store, LOCAL, "E", as_built.Built(layer="monitored_households", feature="1"), today=TODAY)
    as_built.set_built(store, LOCAL, "E", as_built.Built(Point(104, 36.001)), today=TODAY)
    as_built.set_built(store, LOCAL, "E", as_built.Built(Point(104, 36.002)), today=TODAY)
    assert store.count("as_built") == 1
    assert works.view(store, LOCAL, "E", today=TODAY).comparison.largest_m == pytest.approx(222, abs=1)
