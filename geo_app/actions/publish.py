"""Publish a notice or a map for everybody: what is published is kept as it was, and nothing else is shown."""

from __future__ import annotations

import base64
import datetime as dt
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from geo_app.access import Permission, require
from geo_app.actions import compose_map, frozen_map, reach
from geo_app.errors import BadRequestError, NotFoundError
from geo_app.progress import Progress
from map_templates import paper

if TYPE_CHECKING:
    from geo_app.access import Person
    from layers.store import Publication, Store

LONGEST_TITLE: Final = 120
LONGEST_TEXT: Final = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """What is said with a publication: title, text, and the days from and to which it is shown (none: at once, for ever)."""

    title: str
    text: str = ""
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    maker: compose_map.Maker | None = None
    """Who is named on a map."""
    accounts: bool = True
    """Whether the installation has accounts; decides what a refusal says."""


def day(text: str, name: str) -> dt.date | None:
    """Read a day as the page sends it (2026-03-01), nothing for no limit.

    Raises:
        BadRequestError: when it is no day.

    Example:
        >>> day("2026-03-01", "from"), day("", "to")
        (datetime.date(2026, 3, 1), None)
    """
    if not text.strip():
        return None
    try:
        return dt.date.fromisoformat(text.strip())
    except ValueError:
        raise BadRequestError(f"{name}: a day such as 2026-03-01 was expected, found {text[:20]!r}") from None


def _checked(person: Person, item: Paper) -> Paper:
    require(person, Permission.REVIEW, accounts=item.accounts)
    title, text = item.title.strip(), item.text.strip()
    if not title or len(title) > LONGEST_TITLE:
        raise BadRequestError(f"title: 1 to {LONGEST_TITLE} characters were expected, found {len(title)}")
    if len(text) > LONGEST_TEXT:
        raise BadRequestError(f"text: at most {LONGEST_TEXT} characters were expected, found {len(text)}")
    if item.valid_from and item.valid_to and item.valid_to < item.valid_from:
        raise BadRequestError(f"The last day {item.valid_to} lies before the first day {item.valid_from}")
    return replace(item, title=title, text=text)


def publish_notice(store: Store, person: Person, item: Paper) -> int:
    """Publish a notice and give its number.

    Raises:
        ForbiddenError: the person may not review.
        BadRequestError: no title or text, or days the wrong way round.
    """
    item = _checked(person, item)
    if not item.text:
        raise BadRequestError("text: a notice says something; the text is empty")
    content = {"text": item.text, "bureau": person.bureau}
    return store.published.publish(
        "notice", item.title, content, who=person.name, valid_from=item.valid_from, valid_to=item.valid_to
    )


def publish_map(
    store: Store, person: Person, item: Paper, request: compose_map.MapRequest, progress: Progress | None = None
) -> int:
    """Compose a map from a run and publish it with its figures and its printed page; give the number of the publication.

    Raises:
        ForbiddenError: the person may not review.
        NotFoundError: no such run or area, or an area that the person may not read.
        NoDataError: no run yet, or no outlines at the level.
    """
    progress = progress or Progress()
    item = _checked(person, item)
    _require_area(store, person, request.area)
    progress(0, 3, "composing")
    spec = compose_map.compose(store, replace(request, gaps=False, overlays=(), title=item.title), item.maker)
    progress(1, 3, "drawing")
    with tempfile.TemporaryDirectory(prefix="publish-") as folder:
        page = Path(folder) / "map.pdf"
        paper.render(spec, page, format="pdf")
        printed = base64.b64encode(page.read_bytes()).decode("ascii")
    progress(2, 3, "publishing")
    content: dict[str, Any] = {"text": item.text, "bureau": person.bureau, "map": frozen_map.freeze(spec), "pdf": printed}
    content["indicator"], content["run"] = request.indicator, spec.credits.run_id
    number = store.published.publish(
        "map", item.title, content, who=person.name, valid_from=item.valid_from, valid_to=item.valid_to
    )
    progress(3, 3, "published")
    return number


def _require_area(store: Store, person: Person, area: str | None) -> None:
    codes = reach.area_codes(store, person)
    if codes is not None and (area is None or area not in codes):
        raise NotFoundError(f"There is no area with the code {area}" if area else "Name the area that the map shows")


def public(store: Store, published_id: int, at: dt.datetime | None = None) -> Publication:
    """Give a publication that everybody may see now.

    Raises:
        NotFoundError: there is none of this number, or it is not shown now; both read the same.
    """
    for item in store.published.all(public_at=at or dt.datetime.now(dt.UTC)):
        if item.published_id == published_id:
            return item
    raise NotFoundError(f"There is no publication {published_id}.")


def withdraw(store: Store, person: Person, published_id: int, *, accounts: bool = True) -> None:
    """Take a publication back; it is kept, and no longer shown.

    Raises:
        ForbiddenError: the person may not review.
        NotFoundError: there is none of this number.
    """
    require(person, Permission.REVIEW, accounts=accounts)
    store.published.withdraw(published_id, person.name)
