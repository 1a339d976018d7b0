"""Publish a notice or a map for everybody: what is published is kept as it was, and nothing else is shown."""

from __future__ import annotations

import base64
import datetime as dt
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from geo_app.access import Permission, require
from geo_app.actions import compose_map, frozen_map, held, inputs, reach
from geo_app.errors import BadRequestError, ForbiddenError, NotFoundError
from geo_app.progress import Progress
from layers.store.published import is_public
from map_templates import paper

if TYPE_CHECKING:
    from geo_app.access import Person
    from layers.store import Publication, Store
    from processing.areas import Areas

LONGEST_TITLE: Final = 120
LONGEST_TEXT: Final = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """What is said with a publication: title, text, and the days from and to which it is shown (none: at once, for ever)."""

    title: str
    text: str = ""
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    area: str | None = None
    """Code of the area that a publication is about; none for everywhere."""
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


def checked(store: Store, person: Person, item: Paper) -> Paper:
    """Give what is to be published with its texts trimmed, once everything about it is allowed.

    Raises:
        ForbiddenError: the person may not publish, or not for everywhere.
        BadRequestError: no title, a text too long, or days the wrong way round.
        NotFoundError: there is no such area, or the person does not decide for it; both are said alike.
    """
    require(person, Permission.REVIEW, accounts=item.accounts)
    title, text = item.title.strip(), item.text.strip()
    if not title or len(title) > LONGEST_TITLE:
        raise BadRequestError(f"title: 1 to {LONGEST_TITLE} characters were expected, found {len(title)}")
    if len(text) > LONGEST_TEXT:
        raise BadRequestError(f"text: at most {LONGEST_TEXT} characters were expected, found {len(text)}")
    if item.valid_from and item.valid_to and item.valid_to < item.valid_from:
        raise BadRequestError(f"The last day {item.valid_to} lies before the first day {item.valid_from}")
    return replace(item, title=title, text=text, area=_area(store, person, item.area))


def publish_notice(store: Store, person: Person, item: Paper) -> int:
    """Publish a notice and give its number.

    Raises:
        ForbiddenError, BadRequestError, NotFoundError: as `checked`; a notice needs a text as well.
    """
    item = checked(store, person, item)
    if not item.text:
        raise BadRequestError("text: a notice says something; the text is empty")
    content = _head(store, person, item)
    return store.published.publish(
        "notice", item.title, content, who=person.name, valid_from=item.valid_from, valid_to=item.valid_to
    )


def publish_map(
    store: Store, person: Person, item: Paper, request: compose_map.MapRequest, progress: Progress | None = None
) -> int:
    """Compose a map from a run and publish it with its figures and its printed page; give the number of the publication.

    Raises:
        ForbiddenError, BadRequestError: as `checked`.
        NotFoundError: no such run or area, or an area that the person does not decide for.
        NoDataError: no run yet, or no outlines at the level.
    """
    progress = progress or Progress()
    item = checked(store, person, replace(item, area=request.area))
    progress(0, 3, "composing")
    spec = compose_map.compose(store, replace(request, gaps=False, overlays=(), title=item.title), item.maker)
    progress(1, 3, "drawing")
    with tempfile.TemporaryDirectory(prefix="publish-") as folder:
        page = Path(folder) / "map.pdf"
        paper.render(spec, page, format="pdf")
        printed = base64.b64encode(page.read_bytes()).decode("ascii")
    progress(2, 3, "publishing")
    content = _head(store, person, item) | {"map": frozen_map.freeze(spec), "pdf": printed}
    content["indicator"], content["run"] = request.indicator, spec.credits.run_id
    number = store.published.publish(
        "map", item.title, content, who=person.name, valid_from=item.valid_from, valid_to=item.valid_to
    )
    progress(3, 3, "published")
    return number


def _area(store: Store, person: Person, area: str | None) -> str | None:
    area, codes = (area or "").strip(), reach.reviewed_codes(store, person)
    if not area:
        if codes is not None:
            raise ForbiddenError("Your account publishes for its own areas; name the area of the publication.")
        return None
    return inputs.require_area(_tree(store), area, codes)


def _tree(store: Store) -> Areas:
    return inputs.areas(store, held.read(store, held.TREE_LAYERS))


def _head(store: Store, person: Person, item: Paper) -> dict[str, Any]:
    named = _tree(store).name(item.area) if item.area else ""
    return {"text": item.text, "bureau": person.bureau, "area": item.area, "area_name": named}


def manageable(store: Store, person: Person) -> list[Publication]:
    """List what a person may withdraw, also what is no longer shown: all of it, or that of the areas decided for."""
    codes = reach.reviewed_codes(store, person)
    return [item for item in store.published.all() if codes is None or item.content.get("area") in codes]


def public(store: Store, published_id: int, at: dt.datetime | None = None) -> Publication:
    """Give a publication that everybody may see now.

    Raises:
        NotFoundError: there is none of this number, or it is not shown now; both read the same.
    """
    item = store.published.get(published_id)
    if is_public(item, at or dt.datetime.now(dt.UTC)):
        return item
    raise NotFoundError(f"There is no publication {published_id}.")


def withdraw(store: Store, person: Person, published_id: int, *, accounts: bool = True) -> None:
    """Take a publication back; it is kept, and no longer shown.

    Raises:
        ForbiddenError: the person may not publish.
        NotFoundError: there is none of this number, or it is not of an area that the person decides for.
    """
    require(person, Permission.REVIEW, accounts=accounts)
    if all(item.published_id != published_id for item in manageable(store, person)):
        raise NotFoundError(f"There is no publication {published_id}.")
    store.published.withdraw(published_id, person.name)
