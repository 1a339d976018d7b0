"""Published lists and plans that ship with the software, loaded as one change; another office loads its own by the import."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from geo_app.actions.merging import Mode, edits
from geo_app.errors import NotFoundError
from layers import frames, key_counties, key_lists, plan_investments
from layers.catalogue import LAYERS
from layers.store import Change, Receipt

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from geo_app.actions.signing import By
    from layers.store import Edit, Store

SHIPPED: Final[Mapping[str, Mapping[str, Callable[[], list[dict[str, Any]]]]]] = {
    "key-counties": {"key_lists": key_lists.published, "key_counties": key_counties.published},
    "investment": {"plan_investments": plan_investments.published},
}
"""What ships, by name: the layers that take the rows, in the order in which they are loaded."""


def load(store: Store, name: str, by: By, *, replace: bool = False) -> Receipt:
    """Load what ships under a name: rows with a known key are updated, or all rows of the layers are replaced.

    Raises:
        NotFoundError: nothing ships under this name.
    """
    if name not in SHIPPED:
        raise NotFoundError(f"Nothing ships under the name {name!r}; there are: {', '.join(SHIPPED)}.")
    made: list[Edit] = []
    for layer, rows in SHIPPED[name].items():
        wanted = frames.conform(pd.DataFrame(rows()), LAYERS[layer])
        made += edits(store, layer, wanted, Mode.REPLACE if replace else Mode.UPDATE)
    if not made:
        return Receipt(0, {}, 0, 0, 0)
    return store.apply(Change(who=by.who, bureau=by.bureau, reason=by.reason or name, edits=tuple(made), kind="import"))
