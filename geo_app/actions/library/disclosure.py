"""Projects for open contracting: the package of OC4IDS 0.9 that an installation gives out."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

from geo_app.actions import export_layer, inputs, notices, reach
from geo_app.actions.edit_rows import features_of
from geo_app.actions.personal import without_numbers
from geo_app.errors import NoDataError
from layers.codes import FUND_SOURCE
from layers.projects import LAYER
from processing.library import oc4ids

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geo_app.access import Person
    from layers.store import Store

OPEN_STAGES: Final = frozenset({"in_library", "annual_plan", "implementing", "completed", "accepted", "asset_formed"})
"""Given out are the projects that the county has announced: those of the library and after; drafts and refusals are not."""
TEXTS: Final = ("name", "task", "location_text", "beneficiary_text", "performance_target", "responsible_unit")


def package(  # noqa: PLR0913 - whose projects, under which name, from where
    store: Store,
    person: Person,
    *,
    area: str | None,
    prefix: str,
    publisher: str,
    base: str,
    now: dt.datetime | None = None,
) -> dict[str, Any]:
    """Make the package of the announced projects that a person reads, in an area or everywhere.

    Args:
        store: the store.
        person: who asks.
        area: code of an area; none for everywhere.
        prefix: prefix of the project ids, as registered with the standard.
        publisher: name of who publishes.
        base: address of this server, for the package's own address and relative addresses.
        now: when it is published.

    Raises:
        NotSignedInError, NotFoundError: the person reads no projects, or there is no such area.
        NoDataError: no project was announced there.
    """
    inside = set(export_layer.rows(store, LAYER, area=area, person=person)["project_id"].astype(str))
    rows = features_of(store.read("projects", reach=reach.of(store, person, "projects")))
    shown = [row for row in rows if str(row["project_id"]) in inside and row.get("status") in OPEN_STAGES]
    if not shown:
        raise NoDataError("No project of the library is there to give out.")
    tree = inputs.areas(store)
    events: dict[str, list[dict[str, Any]]] = {}
    for event in features_of(store.read("project_events")):
        events.setdefault(str(event["project_id"]), []).append(_addressed(event, base))
    projects = [
        oc4ids.project(_plain(row), events.get(str(row["project_id"]), ()), prefix=prefix, label=_label, area=_county(tree, row))
        for row in shown
    ]
    uri = f"{base.rstrip('/')}/projects/exchange/oc4ids.json" + (f"?area={area}" if area else "")
    return oc4ids.package(projects, uri=uri, published=now or dt.datetime.now(dt.UTC), publisher=publisher)


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """Leave telephone and identity numbers out of texts that somebody typed."""
    return {**row, **{name: without_numbers(str(row[name])) for name in TEXTS if row.get(name)}}


def _addressed(event: Mapping[str, Any], base: str) -> dict[str, Any]:
    """An address on this server becomes whole; the number of a paper that was sent stays inside, and so do persons."""
    number = event.get("publication_id")
    url = str(event.get("url") or "")
    url = notices.own_path(url, None if number is None else int(number)) or url
    paper = str(event.get("document") or "").partition(" [附件")[0]
    whole = f"{base.rstrip('/')}{url}" if url.startswith("/") else url
    return {**event, "url": whole if whole.startswith(("https://", "http://")) else None, "document": paper or None}


def _county(tree: Any, row: Mapping[str, Any]) -> str:
    code = row.get("county_code")
    return str(tree.name(str(code))) if code and str(code) in tree else ""


def _label(field: str, code: str) -> str:
    if field == "fund_source":
        return FUND_SOURCE.label(code)
    codes = LAYER[field].codes
    return code if codes is None else codes.label(code)
