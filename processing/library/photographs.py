"""What speaks against a photograph of works: its place, its time, its stage, and whether the picture was shown before.

Nothing here is proof; every contradiction is named and shown, and a person judges. The limits are a design, no source has any.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence

STAGES: Final = ("开工前", "施工中", "完工")
"""Stages in the order of the works."""
TOLERANCE_M: Final = 500.0
"""How far from the works a photograph may be taken (design)."""
SHIFT_M: Final = (150.0, 1000.0)
"""Between which distances a place is tried as one of the shifted system GCJ-02."""
SHIFTED_NEAR_M: Final = 100.0
"""A place that comes this near to the works once the shift is taken back was probably written in GCJ-02."""
ALIKE_BITS: Final = 6
"""So many of the 64 bits of two perceptual hashes may differ for pictures to count as alike (design)."""


@dataclass(frozen=True, slots=True)
class Photo:
    """What is known of a photograph; None is unknown."""

    photo_id: str
    stage: str | None
    taken_at: dt.datetime | None = None
    distance_m: float | None = None
    shifted_m: float | None = None
    """Distance once the shift of GCJ-02 is taken back."""
    has_place: bool = False
    sha256: str = ""
    look: str = ""
    project_id: str = ""


@dataclass(frozen=True, slots=True)
class Works:
    """What is known of the works: when they began and were completed (entered, else planned), and whether they have a place."""

    project_id: str
    started_on: dt.date | None = None
    completed_on: dt.date | None = None
    has_geometry: bool = True


@dataclass(frozen=True, slots=True)
class Contradiction:
    """One thing that speaks against a photograph: its code, what was found and what was expected (figures, dates)."""

    code: str
    found: str = ""
    expected: str = ""

    def as_item(self) -> dict[str, Any]:
        """Give it as it is stored in the list field of the layer."""
        return {"code": self.code, "found": self.found, "expected": self.expected}


def contradictions(
    photo: Photo, works: Works, others: Sequence[Photo] = (), *, today: dt.date, tolerance_m: float = TOLERANCE_M
) -> list[Contradiction]:
    """Name everything that speaks against a photograph.

    Args:
        photo: the photograph.
        works: the works it is said to show.
        others: the other photographs, of this project and of others.
        today: the day of the office.
        tolerance_m: how far from the works it may be taken.

    >>> import datetime as dt
    >>> shot = Photo("a", "施工中", dt.datetime(2026, 3, 1, 9), distance_m=812.4, has_place=True)
    >>> found = contradictions(shot, Works("p", dt.date(2026, 4, 1)), today=dt.date(2026, 5, 1))
    >>> [(item.code, item.found, item.expected) for item in found]
    [('too_far', '812', '500'), ('before_start', '2026-03-01', '2026-04-01')]
    """
    return [*_place(photo, works, tolerance_m), *_time(photo, works, today), *_order(photo, others), *_seen(photo, others)]


def _place(photo: Photo, works: Works, tolerance_m: float) -> Iterable[Contradiction]:
    if not photo.has_place:
        yield Contradiction("no_position")
        return
    if not works.has_geometry or photo.distance_m is None:
        yield Contradiction("no_works_geometry")
        return
    if photo.distance_m > tolerance_m:
        yield Contradiction("too_far", f"{photo.distance_m:.0f}", f"{tolerance_m:.0f}")
    if looks_shifted(photo.distance_m, photo.shifted_m):
        yield Contradiction("shifted", f"{photo.distance_m:.0f}", f"{photo.shifted_m:.0f}")


def looks_shifted(distance: float, shifted: float | None) -> bool:
    """Say whether a place looks like one written in GCJ-02: some hundred metres off, and near once the shift is taken back.

    >>> looks_shifted(480.0, 12.0), looks_shifted(480.0, 470.0), looks_shifted(20.0, 500.0)
    (True, False, False)
    """
    return shifted is not None and SHIFT_M[0] <= distance <= SHIFT_M[1] and shifted <= SHIFTED_NEAR_M


def _time(photo: Photo, works: Works, today: dt.date) -> Iterable[Contradiction]:
    if photo.taken_at is None:
        yield Contradiction("no_time")
        return
    day = photo.taken_at.date()
    if day > today:
        yield Contradiction("in_future", day.isoformat(), today.isoformat())
    start, end = works.started_on, works.completed_on
    if photo.stage == STAGES[0]:
        if start is not None and day > start:
            yield Contradiction("after_start", day.isoformat(), start.isoformat())
        return
    if start is not None and day < start:
        yield Contradiction("before_start", day.isoformat(), start.isoformat())
    if end is not None and photo.stage == STAGES[1] and day > end:
        yield Contradiction("after_completion", day.isoformat(), end.isoformat())
    if end is not None and photo.stage == STAGES[2] and day < end:
        yield Contradiction("before_completion", day.isoformat(), end.isoformat())


def _order(photo: Photo, others: Sequence[Photo]) -> Iterable[Contradiction]:
    """A photograph of a later stage that was taken before the last one of an earlier stage of the same works."""
    if photo.taken_at is None or photo.stage not in STAGES:
        return
    place = STAGES.index(photo.stage)
    earlier = [
        item.taken_at
        for item in others
        if item.project_id == photo.project_id
        and item.taken_at
        and item.stage in STAGES[:place]
        and item.photo_id != photo.photo_id
    ]
    if earlier and photo.taken_at < max(earlier):
        yield Contradiction("before_earlier_stage", photo.taken_at.isoformat(), max(earlier).isoformat())


def _seen(photo: Photo, others: Sequence[Photo]) -> Iterable[Contradiction]:
    for item in others:
        if item.photo_id == photo.photo_id:
            continue
        elsewhere = item.project_id != photo.project_id
        where = item.project_id if elsewhere else item.photo_id
        if photo.sha256 and item.sha256 == photo.sha256:
            yield Contradiction("same_picture" if elsewhere else "same_picture_here", where)
        elif elsewhere and alike(photo.look, item.look):
            yield Contradiction("alike_picture", where, str(differing_bits(photo.look, item.look)))


def differing_bits(one: str, other: str) -> int:
    """Count the bits in which two perceptual hashes (hexadecimal) differ.

    >>> differing_bits("00ff", "00fe")
    1
    """
    return (int(one, 16) ^ int(other, 16)).bit_count()


def alike(one: str, other: str) -> bool:
    """Say whether two perceptual hashes are so near that the pictures count as alike; an empty or flat one is like none.

    >>> alike("00ff00ff00ff00ff", "00ff00ff00ff00fe"), alike("", "00ff"), alike("0000000000000000", "0000000000000000")
    (True, False, False)
    """
    if not one or not other or not int(one, 16) or not int(other, 16):
        return False
    return differing_bits(one, other) <= ALIKE_BITS
