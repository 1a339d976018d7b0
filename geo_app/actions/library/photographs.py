"""Photographs of works: taken in, judged by place, time and the other pictures, sent out and removed."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import pandas as pd
import shapely

from geo_app.actions import reach
from geo_app.actions.edit_rows import features_of
from geo_app.actions.library import as_built, moving, pictures, record, reporting
from geo_app.errors import BadRequestError, NotFoundError, in_both
from layers.codes import PHOTO_STAGE
from layers.declare import AREA_FIELDS
from layers.files.gcj02 import gcj02_to_wgs84
from layers.schema import STORAGE_CRS
from layers.store import Condition, Delete, Insert
from processing.library import photographs as rules
from processing.library import works as compared

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from geo_app.access import Person
    from geo_app.actions.library.record import ProjectRecord
    from layers.store import Store
    from layers.store.attachments import Attachment
    from processing.library.photographs import Contradiction, Photo, Works


MOST_PHOTOS: Final = 200
HIDDEN: Final = "—"


@dataclass(frozen=True, slots=True)
class Judged:
    """A photograph with what speaks against it now."""

    row: Mapping[str, Any]
    contradictions: tuple[Contradiction, ...]
    distance_m: float | None


def works_of(found: ProjectRecord, shapes: Sequence[shapely.Geometry]) -> Works:
    """Give what is known of the works: the days of their events, else the planned start."""
    days = {str(event["event_type"]): event["start_date"] for event in found.events if event.get("start_date")}
    start = days.get("开工") or found.project.get("start_date")
    return rules.Works(found.project_id, start, days.get("完工"), bool(shapes))


def shapes_of(found: ProjectRecord, built: Mapping[str, Any] | None) -> list[shapely.Geometry]:
    """Give the shapes by which a place is judged: the planned one and the built one, as far as they are there."""
    known = (found.project.get("geometry"), None if built is None else built.get("geometry"))
    return [shape for shape in known if shape is not None and not shape.is_empty]


def judged_of(
    store: Store, person: Person, found: ProjectRecord, built: Mapping[str, Any] | None, *, today: dt.date
) -> Iterable[Judged]:
    """Judge every photograph of a project anew: events and works as built may have come since it was sent."""
    where = (Condition("project_id", "=", found.project_id),)
    rows = features_of(store.read("photographs", where=where))
    if not rows:
        return
    shapes = shapes_of(found, built)
    works, others = works_of(found, shapes), _all_photos(store)
    readable = _readable(store, person)
    for row in sorted(rows, key=lambda item: (item.get("taken_at") or "", item["photo_id"])):
        photo = photo_of(row, shapes)
        against = rules.contradictions(photo, works, others, today=today)
        yield Judged(row, tuple(_masked(item, readable) for item in against), photo.distance_m)


def _masked(item: Contradiction, readable: frozenset[str]) -> Contradiction:
    """A picture shown for a project that this person does not read: that it was is said, not where."""
    if item.code in {"same_picture", "alike_picture"} and item.found not in readable:
        return rules.Contradiction(item.code, HIDDEN, item.expected)
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
    return rules.Photo(
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


@dataclass(frozen=True, slots=True)
class Sent:
    """A photograph as it was sent: its bytes, its name, the stage it is said to show, and words."""

    data: bytes
    name: str
    stage: str
    caption: str = ""


def add_photographs(store: Store, person: Person, project_id: str, sent: Sequence[Sent], *, today: dt.date) -> list[Judged]:
    """Keep photographs of a project's works: clean copies as attachments, what they say as rows, all as one change or none.

    Raises:
        NotSignedInError, NotFoundError, ForbiddenError: the works are not this person's.
        BadRequestError: no such stage, or too many photographs.
        BadPictureError: one is no picture that can be taken; it is named, and none was kept.
    """
    found = record.project(store, person, project_id, on=today)
    reporting.require_reporter(store, person, found)
    for item in sent:
        if item.stage not in PHOTO_STAGE:
            stages = ", ".join(code.code for code in PHOTO_STAGE)
            raise BadRequestError(f"stage: one of {stages} was expected, found {item.stage[:20]!r}")
    if store.count("photographs", (Condition("project_id", "=", found.project_id),)) + len(sent) > MOST_PHOTOS:
        raise BadRequestError(f"At most {MOST_PHOTOS} photographs are kept of a project; remove one first")
    read = [_picture(item, len(sent)) for item in sent]
    shapes = shapes_of(found, as_built.built_of(store, person, found.project_id))
    works, others, readable = works_of(found, shapes), _all_photos(store), _readable(store, person)
    rows, places, judged = [], [], []
    for item, picture in zip(sent, read, strict=True):
        place = None if picture.lon is None or picture.lat is None else shapely.Point(picture.lon, picture.lat)
        row = _photo_row(found, item, picture, person, today)
        photo = photo_of({**row, "geometry": place}, shapes)
        against = rules.contradictions(photo, works, others, today=today)
        others.append(photo)
        row |= {"distance_m": photo.distance_m, "contradictions": [one.as_item() for one in against]}
        rows.append(row)
        places.append(place)
        judged.append(Judged({**row, "geometry": place}, tuple(_masked(one, readable) for one in against), photo.distance_m))
    for row, picture in zip(rows, read, strict=True):
        row.update(_attached(store, person, found.project_id, picture))
    frame = gpd.GeoDataFrame(pd.DataFrame(rows, dtype=object), geometry=places, crs=STORAGE_CRS)
    stages = "、".join(dict.fromkeys(item.stage for item in sent))
    moving.write(store, person, [Insert("photographs", frame)], f"照片 {stages} {found.project.get('name') or ''}".strip())
    return judged


def _picture(item: Sent, count: int) -> pictures.Picture:
    try:
        return pictures.read(item.data)
    except pictures.BadPictureError as error:
        en, zh = (" None of the photographs was kept.", "所选照片均未保存。") if count > 1 else ("", "")
        raise in_both(pictures.BadPictureError(f"{item.name}: {error}{en}"), f"{item.name}：{error.zh}{zh}") from error


def _attached(store: Store, person: Person, project_id: str, picture: pictures.Picture) -> dict[str, int]:
    parts = {"picture_id": picture.picture, "thumbnail_id": picture.thumbnail}
    return {name: store.attachments.add(data, f"{project_id}.jpg", "image/jpeg", who=person.name) for name, data in parts.items()}


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
        **{name: found.project.get(name) for name in AREA_FIELDS},
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
    reporting.require_reporter(store, person, found)
    moving.write(store, person, [Delete("photographs", str(row["id"]), int(row["ver"]))], "撤下照片")
    return found.project_id
