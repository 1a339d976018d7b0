"""Which village, township and county an application belongs to, from the villages that it names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from layers.store import Condition
from processing.library.moves import CROSS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geo_app.access import Person
    from layers.store import Store

NAMES = ("village_code", "township_code", "county_code")


def place_codes(store: Store, person: Person, villages: Sequence[str], scope: str | None) -> dict[str, Any]:
    """Give the area codes of an application.

    Works of a village belong to the village that applies: the person's own where it is among those named, else the first. Works
    of several areas belong to the township that holds all their villages, else to their county. Nothing where no village is
    named, or none of them is known: the codes then stay what they are.

    >>> place_codes(None, None, (), None)
    {}
    """
    if not villages:
        return {}
    found = store.read("villages", where=[Condition("village_code", "in", list(dict.fromkeys(villages)))], geometry=False)
    rows = [{name: _text(row[name]) for name in NAMES} for row in found[list(NAMES)].to_dict("records")]
    if not rows:
        return {}
    if scope == CROSS:
        return {"village_code": None} | {name: _only({row[name] for row in rows}) for name in NAMES[1:]}
    own = {code for item in person.grants if item.role == "village" for code in item.areas}
    order = sorted(rows, key=lambda row: (row["village_code"] not in own, villages.index(str(row["village_code"]))))
    return order[0]


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _only(values: set[str | None]) -> str | None:
    return next(iter(values)) if len(values) == 1 else None
