"""A project as the library keeps it: the row, its events, where it stands, the rules of its area, and what breaks them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from geo_app.actions import reach
from geo_app.errors import NotFoundError
from layers.area_rules import lineage
from layers.store import Condition
from processing.library import rules
from processing.library.stages import replay
from processing.rule_keys import LIBRARY

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from geo_app.access import Person
    from layers.store import Reach, Store
    from processing.library.rules import LibraryRules, Rule
    from processing.library.stages import Trail, Violation


@dataclass(frozen=True, slots=True)
class ProjectRecord:
    """A project with everything that happened to it; `events` in order, `documents` as the events name them."""

    project: Mapping[str, Any]
    id: str
    ver: int
    events: tuple[Mapping[str, Any], ...]
    stage: str
    violations: tuple[Violation, ...]
    trail: Trail
    rules: LibraryRules

    @property
    def project_id(self) -> str:
        """Key of the project."""
        return str(self.project["project_id"])

    @property
    def documents(self) -> tuple[tuple[str, str], ...]:
        """Events and the documents they name."""
        return tuple((str(event["event_id"]), str(event["document"])) for event in self.events if event.get("document"))


def project(store: Store, person: Person, project_id: str, *, on: dt.date | None = None) -> ProjectRecord:
    """Read a project by its key, or by its id, as far as the person reads.

    Args:
        store: the store.
        person: who asks.
        project_id: key of the project (`project_id`), or its internal id.
        on: the day whose rules hold; the day of its latest event where none is given.

    Raises:
        NotSignedInError: nobody asks.
        NotFoundError: there is no such project, or the person does not read it; both are said alike.
    """
    row = find(store, project_id, reach.of(store, person, "projects"))
    events = events_of(store, str(row["project_id"]))
    day = on or max((event["start_date"] for event in events if event["start_date"]), default=None) or _first_day()
    law = rules_of(store, row, day)
    found = replay(row, events, law, links=_links(store))
    return ProjectRecord(row, str(row["id"]), int(row["ver"]), tuple(events), found.stage, found.violations, found.trail, law)


def find(store: Store, project_id: str, limits: Reach | None = None) -> dict[str, Any]:
    """Read the row of a project by its key or its id.

    Raises:
        NotFoundError: there is none, or it may not be read.
    """
    keyed = store.features("projects", [Condition("project_id", "=", project_id)], reach=limits)
    found = keyed[0] if keyed else store.get("projects", project_id, reach=limits)
    if found is None:
        raise NotFoundError(f"There is no project {project_id}.")
    return found


def events_of(store: Store, project_id: str) -> list[dict[str, Any]]:
    """Read the events of a project in their order."""
    found = store.features("project_events", [Condition("project_id", "=", project_id)])
    return sorted(found, key=lambda event: (event["seq"] or 0, str(event["event_id"])))


def own_rules(store: Store) -> list[Rule]:
    """Read the rules that areas set for themselves."""
    return list(rules.from_rows(store.features("area_rules", [Condition("part", "=", LIBRARY)])))


def rules_of(store: Store, row: Mapping[str, Any], on: dt.date, *, own: Sequence[Rule] | None = None) -> LibraryRules:
    """Give the rules that hold for a project on a day: those that ship, and the installation's own.

    Who asks for many projects gives the installation's own rules that were read once.
    """
    return rules.rules_for(lineage(row), on, own_rules(store) if own is None else own)


def _links(store: Store) -> list[tuple[str, str]]:
    """Give former and present code of every village that a change of areas renumbered."""
    return [(str(row["from_code"]), str(row["to_code"])) for row in store.features("area_crosswalk")]


def _first_day() -> dt.date:
    return max(rule.valid_from for rule in rules.shipped())
