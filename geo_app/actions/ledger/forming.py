"""Handing a finished project over into the ledger: the project becomes an asset in one change, nothing typed twice."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from geo_app.actions.ledger import event_rows, records, rights
from geo_app.actions.library import acting, moving, record
from geo_app.errors import BadRequestError
from layers.catalogue import LAYERS
from layers.projects import funding_total
from layers.row_values import known
from layers.store import Change, Condition, Insert
from processing.ledger import checking, effects
from processing.ledger.moves import KEEPERS, MOVES
from processing.ledger.standing import TOLERANCE, day, listed, money
from processing.library.faults import Fault
from processing.library.moves import MOVES as LIBRARY_MOVES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from geo_app.access import Person
    from geo_app.actions.library.moving import Prepared
    from layers.store import Edit, Receipt, Store

BY_SECTOR: Final = {"transport": "PUB01", "agriculture": "PUB02", "water": "PUB03", "environment": "PUB04", "health": "PUB08"}
"""The sub-class that is proposed for a project of a sector (design); the person may choose another."""
INDUSTRY: Final = "P1"
MAKERS: Final = KEEPERS | {"village"}
GIVEN: Final = frozenset(LAYERS["assets"].field_names) - {
    "id",
    "project_id",
    "registered_on",
    "disposed_on",
    "confirmed",
    "confirmed_date",
    "certificate_no",
}
EXTRA: Final = frozenset({"document", "start_date", "opinion"})


@dataclass(frozen=True, slots=True)
class Formed:
    """What a handing over made: the receipt of its change, and the numbers of the assets."""

    receipt: Receipt
    asset_ids: tuple[str, ...]


@dataclass(frozen=True)
class _Project:
    row: Mapping[str, Any]
    stage: str
    events: tuple[Mapping[str, Any], ...]
    as_built: Any


def proposal(store: Store, person: Person, project_id: str) -> dict[str, Any]:
    """Give what the project knows of the asset that it forms: name, place, class, money, day and geometry.

    The value is what was spent, or the budget where no spending was entered; the day is that of the acceptance.

    Raises:
        NotFoundError: there is no such project, or the person may not read it.
    """
    return _proposal(_read(store, person, project_id))


def form(  # noqa: PLR0913 -- who forms which project, seen as what, into what
    store: Store,
    person: Person,
    project_id: str,
    *,
    expected_ver: int | None,
    today: date,
    overrides: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
) -> Formed:
    """Hand a completed and accepted project over into the asset ledger, as one asset or as several.

    Args:
        store: the store.
        person: who hands over: the village, township, sector or county bureau of the area.
        project_id: number of the project.
        expected_ver: version of the project that was seen.
        today: the day of the office.
        overrides: what the project does not know (upkeep, owner, the linked feature, `document`), or knows otherwise; a list of
            such mappings forms one asset each, whose original values add up to what was spent.

    Raises:
        NotSignedInError, NotFoundError, ForbiddenError: the rights do not reach so far; in the library it is the step's role at
            the stage of the project, in the ledger who keeps it.
        PreconditionRequiredError, StaleEditsError: the version is missing, or the project was changed meanwhile.
        LedgerFaultsError: the rules of the library stand against it (stage, open objections, order of days, a day ahead), or the
            asset lacks what its class needs (E11, E12).
    """
    moving.require_moving(person)
    found = _read(store, person, project_id, today)
    row = found.row
    acting.acting(store, person, LIBRARY_MOVES[moving.HAND_OVER], row, found.stage)
    rights.require(store, person, MAKERS, rights.area_of(row), what=MOVES["hand_over"].en)
    parts = _parts(overrides)
    assets = [_asset(found, part, number if len(parts) > 1 else 0) for number, part in enumerate(parts, 1)]
    handed = [_handing(asset, part) for asset, part in zip(assets, parts, strict=True)]
    rules = records.rules_of(store, row, today)
    faults = _sum(found, assets)
    for asset, values in zip(assets, handed, strict=True):
        faults += checking.check("hand_over", asset, (), values, rules, today=today)
    step = _step(store, person, found, (expected_ver, today), _said(assets, handed, today), faults)
    move = MOVES["hand_over"]
    edits: list[Edit] = []
    for asset, values in zip(assets, handed, strict=True):
        changed = effects.changes(move, asset, values, day(known(values, "start_date")) or today)
        event = event_rows.event_row(
            move, ("asset_id", asset["asset_id"]), values, asset, person=person, seq=1, today=today, rules=rules
        )
        event["changes"] = effects.recorded(asset, changed)
        edits += [_inserted(asset | changed), event_rows.insert([event])]
    edits += step.edits
    change = Change(
        person.name, person.bureau, f"{move.zh}：{row['name']}", tuple(edits), kind="ledger", account_id=person.account_id
    )
    return Formed(store.apply(change), tuple(str(asset["asset_id"]) for asset in assets))


def _said(assets: Sequence[Mapping[str, Any]], handed: Sequence[Mapping[str, Any]], today: date) -> dict[str, Any]:
    """Give what the project's own event says: the first document, the earliest day, and the numbers of the assets."""
    return {
        "document": handed[0].get("document"),
        "start_date": min(day(known(values, "start_date")) or today for values in handed),
        "opinion": "、".join(str(asset["asset_id"]) for asset in assets),
    }


def _step(  # noqa: PLR0913, PLR0917 -- the whole question, with what the ledger holds against it
    store: Store,
    person: Person,
    found: _Project,
    seen: tuple[int | None, date],
    values: Mapping[str, Any],
    faults: Sequence[Fault],
) -> Prepared:
    """Prepare the step of the library; what stands against it there comes before what the ledger asks for."""
    try:
        step = moving.prepare_hand_over(store, person, str(found.row["project_id"]), values, expected_ver=seen[0], today=seen[1])
    except moving.MoveFaultsError as error:
        named = {item.field for item in error.faults}
        raise rights.LedgerFaultsError([*error.faults, *(item for item in faults if item.field not in named)]) from error
    if faults:
        raise rights.LedgerFaultsError(faults)
    return step


def _parts(overrides: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None) -> list[Mapping[str, Any]]:
    if overrides is None:
        return [{}]
    return [overrides] if isinstance(overrides, Mapping) else list(overrides) or [{}]


def _read(store: Store, person: Person, project_id: str, today: date | None = None) -> _Project:
    found = record.project(store, person, project_id, on=today)
    built = store.read("as_built", where=(Condition("project_id", "=", found.project_id),))
    shape = None if built.empty else built.geometry.iloc[-1]
    return _Project(found.project, found.stage, found.events, shape)


def _last(found: _Project, kind: str) -> Mapping[str, Any]:
    own = [item for item in found.events if item.get("event_type") == kind]
    return max(own, key=lambda item: int(known(item, "seq") or 0), default={})


def _spent(found: _Project) -> Any:
    amounts = [money(known(item, "amount")) for item in found.events if item.get("event_type") == "支出"]
    kept = [amount for amount in amounts if amount is not None]
    return sum(kept[1:], kept[0]) if kept else None


def _sources(found: _Project) -> list[dict[str, Any]]:
    """Give what each source paid, in 万元, so that the sources add up to the value (E6); as planned where nothing was spent."""
    paid: dict[str, Decimal] = {}
    for item in found.events:
        amount, code = money(known(item, "amount")), known(item, "fund_source")
        if item.get("event_type") == "支出" and amount is not None:
            paid[str(code or "")] = paid.get(str(code or ""), Decimal(0)) + amount
    if not paid or "" in paid:
        return listed(found.row, "funding_sources")
    return [{"code": code, "amount_wan_yuan": float(paid[code])} for code in sorted(paid)]


def _proposal(found: _Project) -> dict[str, Any]:
    row = found.row
    villages = [str(code) for code in listed(row, "village_codes")]
    sub_class = BY_SECTOR.get(str(known(row, "sector")))
    industry = known(row, "category") == INDUSTRY
    spent = _spent(found)
    value = spent if spent is not None else money(known(row, "budget_total"))
    formed = day(known(_last(found, "验收"), "start_date")) or day(known(_last(found, "完工"), "start_date"))
    proposed = {
        "name": known(row, "name"),
        "asset_class": "OPR" if industry else "PUB" if sub_class else None,
        "sub_class": None if industry else sub_class,
        "project_id": row["project_id"],
        "fund_sources": _sources(found) or None,
        "original_value": None if value is None else float(value),
        "current_value": None if value is None else float(value),
        "formed_date": formed or day(known(row, "end_date")),
        "village_code": villages[0] if len(villages) == 1 else None,
        "township_code": known(row, "township_code"),
        "county_code": known(row, "county_code"),
        "status": "正常",
        "geometry": found.as_built if found.as_built is not None else row.get("geometry"),
        "source": "项目移交",
        "data_quality": "synthetic" if row.get("data_quality") == "synthetic" else "registered",
    }
    return {name: item for name, item in proposed.items() if item is not None}


def _asset(found: _Project, part: Mapping[str, Any], number: int) -> dict[str, Any]:
    strange = sorted(set(part) - GIVEN - EXTRA - {"geometry"})
    if strange:
        raise BadRequestError(f"An asset that is formed takes no {', '.join(strange)}.")
    said = {
        name: event_rows.typed(name, value)
        for name, value in part.items()
        if name not in EXTRA and name != "geometry" and known(part, name) is not None
    }
    asset = _proposal(found) | said
    if "original_value" in said and "current_value" not in said:
        asset["current_value"] = said["original_value"]
    if part.get("geometry") is not None:
        asset["geometry"] = part["geometry"]
    asset["asset_id"] = said.get("asset_id") or f"Z-{found.row['project_id']}"[:56] + (f"-{number}" if number else "")
    return asset


def _handing(asset: Mapping[str, Any], part: Mapping[str, Any]) -> dict[str, Any]:
    """Give what the step itself is told; what the asset states already counts as given."""
    move = MOVES["hand_over"]
    names = {name for name in (*move.needs, *move.takes) if known(asset, name) is not None}
    return {name: asset[name] for name in names} | {
        name: event_rows.typed(name, part[name]) for name in EXTRA if known(part, name) is not None
    }


def _sum(found: _Project, assets: Sequence[Mapping[str, Any]]) -> list[Fault]:
    """Compare the values of several assets with what the project cost, and the funds with the value where one asset is formed."""
    values = [money(known(asset, "original_value")) for asset in assets]
    if len(assets) < 2 or any(value is None for value in values):  # noqa: PLR2004 -- one asset takes the whole value
        return []
    total = sum(value for value in values if value is not None)
    whole = _spent(found) or funding_total(found.row) or money(known(found.row, "budget_total"))
    if whole is None or abs(total - whole) < TOLERANCE:
        return []
    text = (f"各资产原值之和等于 {whole} 万元", f"original values that add up to {whole} 万元")
    return [Fault("sum_differs", "original_value", str(total), *text, "核对各资产原值", "Check the values", "C13")]


def _inserted(asset: Mapping[str, Any]) -> Insert:
    row = {"id": str(uuid.uuid4()), **asset}
    return Insert("assets", pd.DataFrame([list(row.values())], columns=list(row), dtype=object))
