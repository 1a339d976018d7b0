"""The works of a project: what was spent and done, photographs judged by place and time, and the works as they were built."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Literal

import geopandas as gpd
import pandas as pd
import shapely

from geo_app.actions import reach
from geo_app.actions.edit_rows import features_of
from geo_app.actions.library import acting, moving, pictures, record, site_map
from geo_app.errors import BadRequestError, NotFoundError
from layers.catalogue import LAYERS
from layers.codes import PHOTO_STAGE
from layers.files.gcj02 import gcj02_to_wgs84
from layers.schema import STORAGE_CRS, GeometryKind
from layers.store import Condition, Delete, Insert, Receipt, Update
from map_templates.spec import Credits, MapLayer, MapSpec
from processing.library import photographs, spending
from processing.library import works as compared
from processing.library.money import CENT
from processing.library.moves import MOVES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from geo_app.access import Person
    from geo_app.actions.library.record import ProjectRecord
    from layers.store import Edit, Store
    from layers.store.attachments import Attachment
    from processing.library.photographs import Contradiction, Photo, Works
    from processing.library.works import Comparison

MOST_PHOTOS: Final = 200
HIDDEN: Final = "—"
NEAR: Final = 0.02
"""Degrees around the works within which a photograph still belongs on their map; a matter of the frame, not of a measure."""
AREAS: Final = ("village_code", "township_code", "county_code")
SOURCES: Final = tuple(
    name
    for name, layer in LAYERS.items()
    if layer.geometry is not GeometryKind.NONE and name not in {"photographs", "as_built", "projects", "assets"}
)
"""Layers of the bureaus from which works as built may be taken."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A photograph with what speaks against it now."""

    row: Mapping[str, Any]
    contradictions: tuple[Contradiction, ...]
    distance_m: float | None


@dataclass(frozen=True, slots=True)
class WorksView:
    """A project's works as they stand: record, spending, progress in percent, photographs by stage, planned beside built."""

    found: ProjectRecord
    spending: spending.Spending
    percent: float | None
    photos: tuple[Judged, ...]
    built: Mapping[str, Any] | None
    comparison: Comparison | None
    writable: bool

    def stage(self, name: str) -> tuple[Judged, ...]:
        """Give the photographs of a stage, the earliest first."""
        return tuple(item for item in self.photos if item.row.get("stage") == name)


def may_report(store: Store, person: Person, found: ProjectRecord) -> bool:
    """Say whether a person reports from these works."""
    try:
        require_reporter(store, person, found)
    except PermissionError:
        return False
    return True


def require_reporter(store: Store, person: Person, found: ProjectRecord) -> None:
    """Ask whether a person reports from these works: village, township, sector department or bureau of the area.

    Raises:
        NotSignedInError, ForbiddenError: nobody asks, or the works are not theirs.
    """
    moving.require_moving(person)
    acting.acting(store, person, MOVES["progress"], found.project, found.stage)


def view(store: Store, person: Person, project_id: str, *, today: dt.date) -> WorksView:
    """Give a project's works as a person sees them.

    Raises:
        NotSignedInError, NotFoundError: nobody asks, or there is no such project for this person.
    """
    found = record.project(store, person, project_id, on=today)
    built = _built(store, person, found.project_id)
    return WorksView(
        found,
        spending.spending(found.project, found.events),
        spending.percent_done(found.events),
        tuple(_judged(store, person, found, built, today=today)),
        built,
        _compared(found.project.get("geometry"), None if built is None else built.get("geometry")),
        may_report(store, person, found),
    )


def _built(store: Store, person: Person, project_id: str) -> dict[str, Any] | None:
    if not reach.may(person, "as_built"):
        return None
    where = (Condition("project_id", "=", project_id),)
    rows = features_of(store.read("as_built", where=where, reach=reach.of(store, person, "as_built")))
    return rows[0] if rows else None


def _compared(planned: Any, built: Any) -> Comparison | None:
    if planned is None or built is None or planned.is_empty or built.is_empty:
        return None
    return compared.compare(planned, built)


def works_of(found: ProjectRecord, shapes: Sequence[shapely.Geometry]) -> Works:
    """Give what is known of the works: the days of their events, else the planned start."""
    days = {str(event["event_type"]): event["start_date"] for event in found.events if event.get("start_date")}
    start = days.get("开工") or found.project.get("start_date")
    return photographs.Works(found.project_id, start, days.get("完工"), bool(shapes))


def _shapes(found: ProjectRecord, built: Mapping[str, Any] | None) -> list[shapely.Geometry]:
    known = (found.project.get("geometry"), None if built is None else built.get("geometry"))
    return [shape for shape in known if shape is not None and not shape.is_empty]


def _judged(
    store: Store, person: Person, found: ProjectRecord, built: Mapping[str, Any] | None, *, today: dt.date
) -> Iterable[Judged]:
    """Judge every photograph of a project anew: events and works as built may have come since it was sent."""
    where = (Condition("project_id", "=", found.project_id),)
    rows = features_of(store.read("photographs", where=where))
    if not rows:
        return
    shapes = _shapes(found, built)
    works, others = works_of(found, shapes), _all_photos(store)
    readable = _readable(store, person)
    for row in sorted(rows, key=lambda item: (item.get("taken_at") or "", item["photo_id"])):
        photo = photo_of(row, shapes)
        against = photographs.contradictions(photo, works, others, today=today)
        yield Judged(row, tuple(_masked(item, readable) for item in against), photo.distance_m)


def _masked(item: Contradiction, readable: frozenset[str]) -> Contradiction:
    """A picture shown for a project that this person does not read: that it was is said, not where."""
    if item.code in {"same_picture", "alike_picture"} and item.found not in readable:
        return photographs.Contradiction(item.code, HIDDEN, item.expected)
    return item


def _readable(store: Store, person: Person) -> frozenset[str]:
    keys = store.read("projects", geometry=False, reach=reach.of(store, person, "projects"))["project_id"]
    return frozenset(keys.astype(str))


def _all_photos(store: Store) -> list[Photo]:
    return [photo_of(row, ()) for row in features_of(store.read("photographs"))]


def photo_of(row: Mapping[str, Any], shapes: Sequence[shapely.Geometry]) -> Photo:
    """Give a row of photographs as it is judged, its distances measured to works."""
    place = row.get("geometry")
    taken = row.get("taken_at")
    return photographs.Photo(
        str(row["photo_id"]),
        row.get("stage"),
        None if not taken else dt.datetime.fromisoformat(str(taken)),
        None if place is None else compared.distance_m(place, shapes),
        None if place is None or not shapes else compared.distance_m(_unshifted(place), shapes),
        place is not None,
        str(row.get("sha256") or ""),
        str(row.get("look") or ""),
        str(row.get("project_id") or ""),
    )


def _unshifted(place: shapely.Point) -> shapely.Point:
    lon, lat = gcj02_to_wgs84(place.x, place.y)
    return shapely.Point(float(lon), float(lat))


def overspending(seen: spending.Spending, amount: Decimal, source: str) -> tuple[Decimal | None, Decimal | None]:
    """Say by how much an amount would go beyond the budget, and beyond what its source pays; None where it does not.

    A source that the project does not plan with pays nothing. What is not known is not exceeded.
    """
    whole = None if seen.budget is None else seen.spent + amount - seen.budget
    own = next(
        (item for item in seen.sources if item.code == source), spending.SourceSpent(source, None, Decimal(0), planned=False)
    )
    limit = own.budget if own.planned else Decimal(0)
    part = None if limit is None else own.spent + amount - limit
    beyond = [None if item is None or item < CENT else item for item in (whole, part)]
    return beyond[0], beyond[1]


@dataclass(frozen=True, slots=True)
class Sent:
    """A photograph as it was sent: its bytes, its name, the stage it is said to show, and words."""

    data: bytes
    name: str
    stage: str
    caption: str = ""


def add_photograph(store: Store, person: Person, project_id: str, sent: Sent, *, today: dt.date) -> Judged:
    """Keep a photograph of a project's works: the clean copy as attachment, what it says as a row, as one change.

    Raises:
        NotSignedInError, NotFoundError, ForbiddenError: the works are not this person's.
        BadRequestError: no such stage, or too many photographs.
        BadPictureError: no picture that can be taken.
    """
    found = record.project(store, person, project_id, on=today)
    require_reporter(store, person, found)
    if sent.stage not in PHOTO_STAGE:
        raise BadRequestError(
            f"stage: one of {', '.join(item.code for item in PHOTO_STAGE)} was expected, found {sent.stage[:20]!r}"
        )
    if store.count("photographs", (Condition("project_id", "=", found.project_id),)) >= MOST_PHOTOS:
        raise BadRequestError(f"At most {MOST_PHOTOS} photographs are kept of a project; remove one first")
    picture = pictures.read(sent.data)
    name = f"{found.project_id}.jpg"
    numbers = [store.attachments.add(data, name, "image/jpeg", who=person.name) for data in (picture.picture, picture.thumbnail)]
    place = None if picture.lon is None or picture.lat is None else shapely.Point(picture.lon, picture.lat)
    row = _photo_row(found, sent, picture, person, today) | {"picture_id": numbers[0], "thumbnail_id": numbers[1]}
    shapes = _shapes(found, _built(store, person, found.project_id))
    photo = photo_of({**row, "geometry": place}, shapes)
    against = photographs.contradictions(photo, works_of(found, shapes), _all_photos(store), today=today)
    row |= {"distance_m": photo.distance_m, "contradictions": [item.as_item() for item in against]}
    frame = gpd.GeoDataFrame(pd.DataFrame([row], dtype=object), geometry=[place], crs=STORAGE_CRS)
    moving.write(store, person, [Insert("photographs", frame)], f"照片 {sent.stage} {found.project.get('name') or ''}".strip())
    readable = _readable(store, person)
    return Judged({**row, "geometry": place}, tuple(_masked(item, readable) for item in against), photo.distance_m)


def _photo_row(found: ProjectRecord, sent: Sent, picture: pictures.Picture, person: Person, today: dt.date) -> dict[str, Any]:
    taken = picture.taken_at
    return {
        "photo_id": f"{found.project_id}-{uuid.uuid4().hex[:12]}",
        "project_id": found.project_id,
        "stage": sent.stage,
        "taken_at": None if taken is None else taken.isoformat(timespec="seconds"),
        "file_name": sent.name.replace("\\", "/").rpartition("/")[2][-200:] or "photo.jpg",
        "sha256": picture.sha256,
        "look": picture.look,
        "width": picture.width,
        "height": picture.height,
        "caption": sent.caption.strip()[:300] or None,
        "uploaded_by": person.name,
        "uploaded_on": today,
        "data_quality": found.project.get("data_quality"),
        **{name: found.project.get(name) for name in AREAS},
    }


def _photo(store: Store, person: Person, photo_id: str) -> dict[str, Any]:
    """Read the row of a photograph as far as the person reads it, or reads its project.

    Raises:
        NotSignedInError, NotFoundError: nobody asks, or there is none for this person.
    """
    limit = reach.of(store, person, "photographs")
    where = (Condition("photo_id", "=", photo_id),)
    rows = features_of(store.read("photographs", where=where, reach=limit))
    if rows:
        return rows[0]
    for row in features_of(store.read("photographs", where=where)):
        if row.get("project_id"):
            record.find(store, str(row["project_id"]), reach.of(store, person, "projects"))
            return row
    raise NotFoundError(f"There is no photograph {photo_id[:80]!r}.")


def picture(store: Store, person: Person, photo_id: str, *, small: bool) -> Attachment:
    """Give the bytes of a photograph's clean copy, or of its thumbnail, to somebody who reads it.

    Raises:
        NotSignedInError, NotFoundError: nobody asks, or there is none for this person.
    """
    row = _photo(store, person, photo_id)
    number = row.get("thumbnail_id" if small else "picture_id")
    if number is None:
        raise NotFoundError(f"The photograph {photo_id[:80]!r} has no picture here.")
    return store.attachments.get(int(number))


def remove_photograph(store: Store, person: Person, photo_id: str, *, today: dt.date) -> str:
    """Take a photograph off a project, whose key is given; its row stays in the history, as of every change.

    Raises:
        NotSignedInError, NotFoundError, ForbiddenError: there is none for this person, or the works are not theirs.
    """
    row = _photo(store, person, photo_id)
    found = record.project(store, person, str(row["project_id"]), on=today)
    require_reporter(store, person, found)
    moving.write(store, person, [Delete("photographs", str(row["id"]), int(row["ver"]))], "撤下照片")
    return found.project_id


def assets_of(store: Store, person: Person, project_id: str) -> list[dict[str, Any]]:
    """Give the assets that a project formed, as far as the person reads them."""
    if not reach.may(person, "assets"):
        return []
    limit = reach.of(store, person, "assets")
    return features_of(store.read("assets", where=(Condition("project_id", "=", project_id),), reach=limit, geometry=False))


@dataclass(frozen=True, slots=True)
class Built:
    """Works as built: their geometry, or the feature of a bureau's layer that it is taken from; when and by whom surveyed."""

    geometry: shapely.Geometry | None = None
    layer: str = ""
    feature: str = ""
    surveyed_on: dt.date | None = None
    surveyor: str = ""


def set_built(store: Store, person: Person, project_id: str, built: Built, *, today: dt.date) -> Receipt:
    """Keep the works of a project as they were built, in place of what was kept of them before.

    Raises:
        NotSignedInError, NotFoundError, ForbiddenError: the works are not this person's, or the feature is not read by them.
        BadRequestError: no geometry, one that is not valid, or a day to come.
    """
    found = record.project(store, person, project_id, on=today)
    require_reporter(store, person, found)
    if built.surveyed_on is not None and built.surveyed_on > today:
        raise BadRequestError(f"surveyed_on: a day not after {today.isoformat()} was expected")
    shape = built.geometry if not built.layer else _taken(store, person, built)
    if shape is None or shape.is_empty:
        raise BadRequestError("The works as built need a geometry: draw them, send a file, or name a feature of a layer")
    if not shape.is_valid:
        raise BadRequestError(f"The geometry is not valid: {shapely.is_valid_reason(shape)[:120]}")
    values = {
        "name": found.project.get("name"),
        "surveyed_on": built.surveyed_on,
        "surveyor": built.surveyor.strip()[:120] or None,
        "feature_layer": built.layer or None,
        "feature_id": built.feature or None,
        "length_m": None,
        "area_m2": None,
        "data_quality": found.project.get("data_quality"),
    }
    before = features_of(store.read("as_built", where=(Condition("project_id", "=", found.project_id),)))
    edit: Edit
    if before:
        edit = Update("as_built", str(before[0]["id"]), int(before[0]["ver"]), values, geometry=shape)
    else:
        row = {"project_id": found.project_id, **values, **{name: found.project.get(name) for name in AREAS}}
        edit = Insert("as_built", gpd.GeoDataFrame(pd.DataFrame([row], dtype=object), geometry=[shape], crs=STORAGE_CRS))
    return moving.write(store, person, [edit], f"竣工图形 {found.project.get('name') or ''}".strip())


def _taken(store: Store, person: Person, built: Built) -> shapely.Geometry | None:
    if built.layer not in SOURCES:
        raise BadRequestError(f"layer: one of {', '.join(SOURCES)} was expected, found {built.layer[:40]!r}")
    layer = LAYERS[built.layer]
    where = (Condition(layer.key, "=", built.feature),)
    rows = store.read(layer.name, where=where, reach=reach.of(store, person, layer.name))
    if rows.empty:
        raise NotFoundError(f"The layer {layer.name!r} has no row {built.feature[:60]!r}")
    return rows.geometry.iloc[0]


def map_spec(store: Store, person: Person, seen: WorksView, *, language: Literal["zh", "en"], simulated: bool) -> MapSpec | None:
    """Compose the map of the works: planned, built, and where the photographs say they were taken; None without any place."""
    rows = [item.row for item in seen.photos if item.row.get("geometry") is not None]
    found = site_map.spec(store, person, seen.found.project, language=language, simulated=simulated)
    if not rows:
        return found
    frame = gpd.GeoDataFrame(pd.DataFrame(rows), geometry="geometry", crs=STORAGE_CRS)
    layer = MapLayer("photographs", LAYERS["photographs"].title(language), frame, key_field="photo_id", label_field="stage")
    title = str(seen.found.project.get("name") or "")
    base = found or MapSpec(title, layers=(), credits=Credits(simulated=simulated), language=language)
    return replace(base, layers=(*base.layers, layer), extent=_around(base.extent, frame))


def _around(
    extent: tuple[float, float, float, float] | None, frame: gpd.GeoDataFrame
) -> tuple[float, float, float, float] | None:
    """Widen the map to photographs that were taken beside the works, not to those from another place altogether."""
    if extent is None:
        return None
    west, south, east, north = extent
    near = frame.cx[west - NEAR : east + NEAR, south - NEAR : north + NEAR]
    if near.empty:
        return extent
    box = near.total_bounds
    return min(west, box[0]), min(south, box[1]), max(east, box[2]), max(north, box[3])
