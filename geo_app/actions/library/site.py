"""Look at the place of a project: what it overlaps, whose land it takes, whom it reaches, which gaps are open there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

import shapely

from geo_app.actions import inputs, reach, run_coverage
from geo_app.actions.import_layer import area_bounds
from geo_app.errors import BadRequestError
from layers import files
from layers.schema import PersonError
from processing import profiles, project_site
from processing.indicators.definition import Context

if TYPE_CHECKING:
    import datetime as dt

    from geo_app.access import Person
    from geo_app.actions.uploads import Upload
    from layers.files import Answers, Limits, Question
    from layers.store import Store
    from processing.project_site import Site, SiteReport

MOST_VERTICES = 20_000
"""Vertices of a project's geometry; more is a layer, not the place of a project."""


class TooDetailedError(PersonError, ValueError):
    """The geometry of a project has more vertices than a place needs."""

    code: ClassVar[str] = "too_large"


def analyse(store: Store, person: Person, site: Site, *, today: dt.date, reach_m: float | None = None) -> SiteReport:
    """Analyse a place with the rows that the person reads, and the gaps of the newest run.

    Args:
        store: the store.
        person: who asks; what this person does not read is not counted.
        site: place and work of the project.
        today: the day at the office.
        reach_m: another distance for the persons within reach, metres.

    Raises:
        TooDetailedError: more vertices than a place needs.
    """
    if site.geometry is not None and shapely.get_num_coordinates(site.geometry) > MOST_VERTICES:
        raise TooDetailedError(f"The geometry has more than {MOST_VERTICES} vertices; draw the place more simply.")
    held = store.versions()
    wanted = [name for name in project_site.NEEDS if held.get(name) and reach.may(person, name)]
    frames = inputs.read(store, wanted, person=person) if wanted else {}
    run = run_coverage.latest(store)
    distances = project_site.rules()
    if reach_m is not None:
        distances = replace(distances, reach_m=reach_m)
    context = Context(inputs.areas(store, person=person), profiles.load(), today)
    return project_site.analyse(site, frames, context, units=None if run is None else run.units, distances=distances)


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
        raise SeveralFeaturesError(
            f"A file with one feature was expected, found {len(shapes)} with a geometry. Leave the one of this project in it."
        )
    faults = raw.frame.attrs.get("geometry_faults", {})
    if faults or not shapes[0].is_valid:
        raise BadRequestError(f"The geometry of {upload.original_name} is broken; repair it and send the file again.")
    return shapes[0], raw.notes
