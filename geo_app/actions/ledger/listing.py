"""The list of assets as a person reads it: filters, both partitions, and what is joined to an asset."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from geo_app.actions import inputs, reach
from layers.row_values import known
from layers.store import Condition
from processing.ledger.partitions import partitions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geo_app.access import Person
    from layers.store import Store
    from processing.ledger.partitions import Partitions

JOINED: Final = {
    "road": ("roads", "segment_id"),
    "water": ("water_works", "work_id"),
    "sanitation": ("sanitation", "facility_id"),
    "farmland": ("farmland", "parcel_id"),
    "settlement": ("settlements", "settlement_id"),
}
"""Layer and key of the feature that an asset is, by its kind."""
WANTING: Final = frozenset({"闲置", "低效", "亏损", "损毁"})
STATES: Final = ("entered", "not_entered")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list of assets is narrowed to; empty is everything. `status` may be `wanting`: idle, low yield, loss, damaged."""

    asset_class: str = ""
    status: str = ""
    owner_level: str = ""
    area: str = ""
    entered: str = ""
    text: str = ""

    def fits(self, row: Mapping[str, Any]) -> bool:
        """Say whether a row is wanted, its area aside."""
        for name in ("asset_class", "owner_level"):
            if getattr(self, name) and known(row, name) != getattr(self, name):
                return False
        if self.status and (
            known(row, "status") not in WANTING if self.status == "wanting" else known(row, "status") != self.status
        ):
            return False
        if self.entered and (known(row, "registered_on") is not None) != (self.entered == "entered"):
            return False
        return not self.text or any(self.text in str(known(row, name) or "") for name in ("name", "asset_id", "project_id"))


def assets(store: Store, person: Person, wanted: Wanted) -> list[dict[str, Any]]:
    """List the assets that a person reads and wants, without geometry."""
    frame = inputs.read(store, ("assets",), person=person).get("assets")
    if frame is None:
        return []
    if wanted.area:
        inside = reach.territory(store, frozenset({wanted.area}))[0]
        fits = [
            any(known(row, name) in inside for name in ("village_code", "township_code", "county_code")) for row in _rows(frame)
        ]
        frame = frame[fits]
    return [row for row in _rows(frame) if wanted.fits(row)]


def _rows(frame: Any) -> list[dict[str, Any]]:
    rows = frame.drop(columns="geometry", errors="ignore").to_dict("records")
    return [{str(name): value for name, value in row.items()} for row in rows]


def parts(rows: list[dict[str, Any]]) -> Partitions:
    """Divide the assets that are not disposed of by class and by owner level."""
    return partitions(rows)


def joined(store: Store, person: Person, asset: Mapping[str, Any]) -> dict[str, tuple[str, str, str]]:
    """Give what an asset is joined to and the person reads: kind, then layer, key and name."""
    found: dict[str, tuple[str, str, str]] = {}
    links = {"project": ("projects", "project_id", known(asset, "project_id"))}
    kind = JOINED.get(str(known(asset, "feature_type")))
    if kind is not None:
        links["feature"] = (*kind, known(asset, "feature_id"))
    for name, (layer, key, value) in links.items():
        if value is None or not reach.may(person, layer):
            continue
        rows = store.read(layer, where=(Condition(key, "=", str(value)),), geometry=False, reach=reach.of(store, person, layer))
        if len(rows):
            row = rows.iloc[0].to_dict()
            found[name] = (layer, str(value), str(known(row, "name") or value))
    return found
