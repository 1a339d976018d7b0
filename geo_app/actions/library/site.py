"""Look at the place of a project: what it overlaps, whose land it takes, whom it reaches, which gaps are open there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd
import shapely

from geo_app.actions import inputs, reach, run_coverage
from geo_app.actions.import_layer import area_bounds
from geo_app.errors import BadRequestError, in_both
from layers import files
from layers.schema import PersonError
from processing import profiles, project_site, site_seen
from processing.indicators.definition import Context
from processing.site_seen import Unseen

if TYPE_CHECKING:
    import datetime as dt

    from geopandas import GeoDataFrame

    from geo_app.access import Person
    from geo_app.actions.uploads import Upload
    from layers.files import Answers, Limits, Question
    from layers.store import Store
    from processing.project_site import Site, SiteReport, SiteRules

NOTICED = ("project_id", "name", "status", "category", "baiyin_item", "task", "village_codes", "data_quality")
"""What the analysis tells of a project of a wider area that names the person's village: what its notice says of it."""
MOST_VERTICES = 20_000
"""Vertices of a project's geometry; more is a layer, not the place of a project."""


class TooDetailedError(PersonError, ValueError):
    """The geometry of a project has more vertices than a place needs."""

    code: ClassVar[str] = "too_large"


def analyse(store: Store, person: Person, site: Site, *, today: dt.date, reach_m: float | None = None) -> SiteReport:
    """Analyse a place with the rows that the person reads, and the gaps of the newest run.

    Args:
        store: the store.
        person: who asks; what this person does not read is not counted, and the report says how much of the ground that is.
            Projects of wider areas are named where they name a village that the person reads.
        site: place and work of the project.
        today: the day at the office.
        reach_m: another distance for the persons within reach, metres.

    Raises:
        TooDetailedError: more vertices than a place needs.
    """
    if site.geometry is not None and shapely.get_num_coordinates(site.geometry) > MOST_VERTICES:
        said = f"The geometry has more than {MOST_VERTICES} vertices; draw the place more simply."
        raise in_both(TooDetailedError(said), f"图形的顶点超过 {MOST_VERTICES} 个，请简化后再画。")
    held = store.versions()
    wanted = [name for name in project_site.NEEDS if held.get(name) and reach.may(person, name)]
    frames = inputs.read(store, wanted, person=person) if wanted else {}
    frames, unread = _with_projects_of(store, person, frames)
    run = run_coverage.latest(store)
    distances = project_site.rules()
    if reach_m is not None:
        distances = replace(distances, reach_m=reach_m)
    context = Context(inputs.areas(store, person=person), profiles.load(), today)
    report = project_site.analyse(site, frames, context, units=None if run is None else run.units, distances=distances)
    unseen = _unseen(store, person, site, distances)
    return replace(report, unseen=replace(unseen, absent=frozenset(project_site.NEEDS) - frames.keys()), unread=unread)


def _with_projects_of(
    store: Store, person: Person, frames: dict[str, GeoDataFrame]
) -> tuple[dict[str, GeoDataFrame], frozenset[str]]:
    """Add the projects of wider areas that name a village the person reads, with what a notice of them says; name those added."""
    codes = reach.area_codes(store, person)
    if codes is None or "projects" not in frames:
        return frames, frozenset()
    mine = frames["projects"]
    whole = inputs.read(store, ("projects",))["projects"]
    names = [not codes.isdisjoint(item) if isinstance(item, (list, tuple)) else False for item in whole["village_codes"]]
    others = whole[np.array(names, dtype=bool) & ~whole["project_id"].isin(mine["project_id"]).to_numpy()]
    if others.empty:
        return frames, frozenset()
    joined = pd.concat([mine, others[[*NOTICED, others.active_geometry_name]]], ignore_index=True)
    return {**frames, "projects": joined.set_crs(mine.crs, allow_override=True)}, frozenset(others["project_id"].astype(str))


def _unseen(store: Store, person: Person, site: Site, distances: SiteRules) -> Unseen:
    """Say how much of the place, and of the ground around it, lies beyond the areas that the person reads."""
    if site.geometry is None:
        codes = reach.area_codes(store, person)
        asked = set(site.village_codes)
        away = 0.0 if codes is None or not asked else len(asked - codes) / len(asked)
        return Unseen(place=away, around=away)
    outline = reach.read_outline(store, person)
    if outline is None:
        return Unseen(place=None, around=None)
    return Unseen(
        place=site_seen.beyond(site.geometry, outline, distances.along_m),
        around=site_seen.beyond(site.geometry, outline, distances.reach_m),
    )


class SeveralFeaturesError(PersonError, ValueError):
    """A file was sent for the place of one project and holds none or several features."""

    code: ClassVar[str] = "unreadable_file"


def questions_of(store: Store, person: Person, upload: Upload, limits: Limits) -> tuple[Question, ...]:
    """Give what a file leaves open (its coordinate system, for instance), with the answers that may be given.

    Raises:
        UnreadableFileError, BadArchiveError, LimitExceededError, RefusedCrsError: the file is refused.
    """
    found = files.inspect(upload.path, original_name=upload.original_name, area_bounds=area_bounds(store, person), limits=limits)
    return found.questions


def geometry_of(upload: Upload, answers: Answers, limits: Limits) -> tuple[shapely.Geometry, tuple[str, ...]]:
    """Read the one geometry of a file, in degrees of EPSG:4490, and what the reader remarks about it.

    Raises:
        QuestionError: something only a person knows is still open.
        SeveralFeaturesError: no feature with a geometry, or more than one.
        BadRequestError: a geometry that cannot be read as it stands.
        UnreadableFileError, BadArchiveError, LimitExceededError, RefusedCrsError: the file is refused.
    """
    raw = files.read(upload.path, original_name=upload.original_name, answers=answers, limits=limits)
    shapes: list[Any] = [shape for shape in raw.frame.geometry if shape is not None and not shape.is_empty]
    if len(shapes) != 1:
        said = f"A file with one feature was expected, found {len(shapes)} with a geometry. Leave the one of this project in it."
        raise in_both(SeveralFeaturesError(said), f"文件应只含一个要素，现有 {len(shapes)} 个带图形的要素，请只保留本项目的。")
    faults = raw.frame.attrs.get("geometry_faults", {})
    if faults or not shapes[0].is_valid:
        raise BadRequestError(f"The geometry of {upload.original_name} is broken; repair it and send the file again.")
    return shapes[0], raw.notes
