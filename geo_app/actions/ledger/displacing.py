"""The new place of an asset that was moved: checked, the village that it lies in found, and the right to act there asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import shapely

from geo_app.actions import held
from geo_app.actions.ledger import rights
from geo_app.errors import BadRequestError
from layers.declare import AREA_FIELDS
from layers.row_values import known
from processing.ledger import displacing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geo_app.access import Person
    from geo_app.actions.ledger.records import AssetRecord
    from layers.store import Store
    from processing.ledger.moves import Move


def require_place(found: AssetRecord, step: Move, place: shapely.Geometry | None) -> None:
    """Let a relocation pass that says where to, and every other step that does not.

    Raises:
        LedgerFaultsError: the new place is missing, or it is the place as it is.
        BadRequestError: another step brings a place.
    """
    if step.name != displacing.MOVE:
        if place is not None:
            raise BadRequestError(f"The step {step.name} takes no geometry; a place is moved by {displacing.MOVE}.")
        return
    faults = displacing.lacking(place, found.rules)
    if faults:
        raise rights.LedgerFaultsError(faults)


def codes_at(store: Store, person: Person, found: AssetRecord, step: Move, place: shapely.Geometry) -> dict[str, Any]:
    """Give the area codes of the new place where it lies in another village than the asset states.

    A place in no known outline, or an asset that states no village, keeps its codes.

    Raises:
        ForbiddenError: the person may not act in the village to which the asset comes.
    """
    stated = known(found.row, "village_code")
    if stated is None:
        return {}
    villages = held.read(store, ["villages"])["villages"]
    at = place.representative_point()
    inside = villages[villages.geometry.notna() & shapely.covers(villages.geometry.to_numpy(), at)]
    if inside.empty or stated in set(inside["village_code"]):
        return {}
    row: Mapping[str, Any] = inside.iloc[0].to_dict()
    codes = {name: str(known(row, name)) for name in AREA_FIELDS if known(row, name) is not None}
    rights.require(store, person, step.roles, codes["village_code"], what=step.en)
    return codes
