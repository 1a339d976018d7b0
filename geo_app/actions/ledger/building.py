"""Ledgers: built as a copy of what the assets say on a day, then published, confirmed, merged, approved and made public."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from geo_app.actions import held, reach
from geo_app.actions.ledger import event_rows, records, rights
from geo_app.errors import BadRequestError, NotFoundError
from layers.asset_fields import SAID_IN_LEDGER, SECTOR_OF
from layers.codes import LEDGER_LEVEL, SECTOR
from layers.errors import DuplicateKeyError, PreconditionRequiredError
from layers.ledger_names import ledger_name
from layers.row_values import known
from layers.store import Change, Condition, Update
from map_templates.labels import short_name
from processing.ledger import comparing, partitions, publishing
from processing.ledger.standing import DISPOSED, day

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from geo_app.access import Person
    from layers.store import Edit, Receipt, Store
    from processing.ledger.faults import Violation
    from processing.ledger.rules import LedgerRules

STEP_VALUES: Final = frozenset({"start_date", "end_date", "place", "document", "url", "approver", "opinion", "publication_id"})


@dataclass(frozen=True)
class LedgerRecord:
    """A ledger with what it says, its events and rules, and the rules that its course breaks."""

    row: Mapping[str, Any]
    entries: tuple[Mapping[str, Any], ...]
    events: tuple[Mapping[str, Any], ...]
    rules: LedgerRules
    violations: tuple[Violation, ...]

    @property
    def ver(self) -> int:
        """Version that was read."""
        return int(self.row["ver"])


def sector_of(asset: Mapping[str, Any]) -> str:
    """Name the sector that keeps an asset.

    >>> sector_of({"sub_class": "PUB01"}), sector_of({"sub_class": "OPR7"}), sector_of({})
    ('transport', 'other', 'other')
    """
    return SECTOR_OF.get(str(known(asset, "sub_class")), "other")


def build(  # noqa: PLR0913, PLR0917 -- who builds which ledger, of which year, on which day
    store: Store, person: Person, level: str, unit: str, year: int, today: date
) -> str:
    """Build the ledger of a level and unit: a copy of what every asset in the ledger says, with a checksum of the content.

    Args:
        store: the store.
        person: who builds; village or township for their own, a sector or the county bureau for theirs.
        level: LV1 village, LV2 township, LV3 sector, LV4 county.
        unit: the code of the village, township or county; for a sector `county-code:sector`.
        year: the year of the ledger.
        today: the day of the office, on which it is built.

    Returns:
        The number of the ledger. Earlier ledgers of the unit are marked as replaced.

    Raises:
        NotSignedInError, ForbiddenError: the rights do not reach so far.
        BadRequestError: no such level, unit or sector, or the ledger of today is there already.
        NotFoundError: there is no such area.
    """
    code, sector = _unit(store, person, level, unit)
    rights.require(store, person, publishing.BUILDERS.get(level, ()), code, what="build a ledger")
    assets = _assets(store, level, code, sector)
    number = f"{level}-{unit.replace(':', '-')}-{year}-{today:%Y%m%d}"
    entries = [_entry(number, level, asset, today) for asset in assets]
    part = partitions.part_of(assets, "original_value")
    hierarchy = held.areas(store)
    name = ledger_name(short_name(hierarchy.name(code)), SECTOR.label(sector) if sector else "", year)
    simulated = bool(assets) and any(known(asset, "data_quality") == "synthetic" for asset in assets)
    row = {
        "ledger_id": number,
        "name": name,
        "level": level,
        "unit": unit,
        "year": year,
        "built_on": today,
        "count": part.count,
        "value": float(part.value),
        "value_unknown": part.unknown_values,
        "content_sha256": comparing.content_sha256(entries),
        "state": "built",
        **_codes(store, level, code),
        "source": "资产台账",
        "source_date": today,
        "data_quality": "synthetic" if simulated else "registered",
    }
    event = _event("台账建立", "build", level, row, person, seq=1, on=today, today=today)
    edits: list[Edit] = [event_rows.insert([row], "ledgers"), event_rows.insert([event])]
    edits += [event_rows.insert(entries, "ledger_entries")] if entries else []
    edits += _replaced(store, level, unit)
    change = Change(person.name, person.bureau, f"台账建立：{name}", tuple(edits), kind="ledger", account_id=person.account_id)
    try:
        store.apply(change)
    except DuplicateKeyError as error:
        raise BadRequestError(f"The ledger {number} was built today already. Look at the list of ledgers.") from error
    return number


def _replaced(store: Store, level: str, unit: str) -> list[Edit]:
    """Mark the earlier ledgers of a unit as replaced by the one that is built."""
    rows = store.read("ledgers", where=(Condition("level", "=", level), Condition("unit", "=", unit)))
    return [
        Update("ledgers", str(row["id"]), int(row["ver"]), {"state": "replaced"})
        for row in rows.to_dict("records")
        if row["state"] != "replaced"
    ]


def _unit(store: Store, person: Person, level: str, unit: str) -> tuple[str, str]:
    if level not in LEDGER_LEVEL:
        raise BadRequestError(f"There is no level {level!r}; the levels are: {', '.join(item.code for item in LEDGER_LEVEL)}.")
    code, _, sector = unit.partition(":")
    if (level == publishing.SECTOR_LEVEL) != (sector in SECTOR):
        names = ", ".join(item.code for item in SECTOR)
        raise BadRequestError(f"A ledger of a sector names its county and sector as county:sector; the sectors are: {names}.")
    readable = reach.area_codes(store, person) if not person.is_anonymous else frozenset()
    if code not in held.areas(store) or (readable is not None and code not in readable):
        raise NotFoundError(f"There is no area with the code {code}.")
    hierarchy = held.areas(store)
    if hierarchy.level_of(code) != hierarchy.level_name(RANKS[level]):
        raise BadRequestError(
            f"unit: {short_name(hierarchy.name(code))} is no area of the level of this ledger. "
            "Choose a village for LV1, a township for LV2, a county for LV3 and LV4."
        )
    return code, sector


LEVEL_FIELDS: Final = {"LV1": "village_code", "LV2": "township_code", "LV3": "county_code", "LV4": "county_code"}
RANKS: Final = {"LV1": 5, "LV2": 4, "LV3": 3, "LV4": 3}
"""Rank of the areas for which a ledger of a level is built."""


def _assets(store: Store, level: str, code: str, sector: str) -> list[dict[str, Any]]:
    """Read the assets of a unit that stand in the ledger and are not disposed of."""
    rows = store.read("assets", where=(Condition(LEVEL_FIELDS[level], "=", code),), geometry=False).to_dict("records")
    return [
        {str(name): value for name, value in row.items()}
        for row in rows
        if known(row, "registered_on") is not None
        and known(row, "status") != DISPOSED
        and (not sector or sector_of(row) == sector)
    ]


def _entry(number: str, level: str, asset: Mapping[str, Any], today: date) -> dict[str, Any]:
    hidden = comparing.entry(asset)
    values = {name: known(asset, name) for name in SAID_IN_LEDGER if hidden[name] is not None}
    return {
        "entry_id": f"{number}/{asset['asset_id']}",
        "ledger_id": number,
        "level": level,
        "asset_id": asset["asset_id"],
        **values,
        "source": "资产台账",
        "source_date": today,
        "data_quality": asset.get("data_quality"),
    }


def _codes(store: Store, level: str, code: str) -> dict[str, Any]:
    """Give the area codes that a ledger of a unit states: its own and those above it."""
    hierarchy = held.areas(store)
    names = {3: "county_code", 4: "township_code", 5: "village_code"}
    found = {}
    for item in hierarchy.ancestors(code):
        rank = int(hierarchy.frame["rank"].iloc[hierarchy.positions([item])[0]])
        if rank in names:
            found[names[rank]] = item
    return found or {LEVEL_FIELDS[level]: code}


def _event(  # noqa: PLR0913 -- what an event of a ledger is made of
    kind: str, move: str, level: str, ledger: Mapping[str, Any], person: Person, *, seq: int, on: date, today: date
) -> dict[str, Any]:
    return {
        "event_id": f"{ledger['ledger_id']}-{seq:03d}",
        "ledger_id": ledger["ledger_id"],
        "seq": seq,
        "event_type": kind,
        "move": move,
        "level": level,
        "start_date": on,
        "unit": person.bureau or None,
        "person": person.name or None,
        "source": "资产台账",
        "source_date": today,
        "data_quality": ledger.get("data_quality"),
        **{name: ledger.get(name) for name in ("village_code", "township_code", "county_code")},
    }


def ledger(store: Store, person: Person, ledger_id: str, today: date) -> LedgerRecord:
    """Read a ledger with its entries.

    Raises:
        NotFoundError: there is none of this number, or the person may not read it.
    """
    limit = reach.of(store, person, "ledgers")
    rows = store.read("ledgers", where=(Condition("ledger_id", "=", ledger_id),), reach=limit).to_dict("records")
    if not rows:
        raise NotFoundError(f"There is no ledger {ledger_id}. Look at the list of ledgers.")
    row = {str(name): value for name, value in rows[0].items()}
    entries = store.read("ledger_entries", where=(Condition("ledger_id", "=", ledger_id),)).to_dict("records")
    rules = records.rules_of(store, row, today)
    return LedgerRecord(
        row,
        tuple({str(name): value for name, value in item.items()} for item in entries),
        records.events_of(store, ledger_id, "ledger_id"),
        rules,
        tuple(publishing.violations(row, rules, today)),
    )


def step(  # noqa: PLR0913 -- who does what to which ledger, seen as what
    store: Store,
    person: Person,
    ledger_id: str,
    move: str,
    values: Mapping[str, Any],
    *,
    expected_ver: int | None,
    today: date,
) -> Receipt:
    """Take a step of a ledger: publish, confirm, merge, approve, make public, publish of the year.

    Raises:
        NotSignedInError, NotFoundError, ForbiddenError: the rights do not reach so far.
        BadRequestError: no such step, or values that it does not take.
        PreconditionRequiredError, StaleVersionError: the version is missing, or the ledger was changed meanwhile.
        LedgerFaultsError: the rules refuse the step; every reason is named.
    """
    course = publishing.COURSE.get(move)
    if course is None:
        raise BadRequestError(f"There is no step {move!r} of a ledger; there are: {', '.join(publishing.COURSE)}.")
    found = ledger(store, person, ledger_id, today)
    roles = course.move.roles if course.move.name != "publish" else publishing.BUILDERS[str(found.row["level"])]
    rights.require(store, person, roles, rights.area_of(found.row), what=course.move.en)
    if expected_ver is None:
        raise PreconditionRequiredError(
            f"ledgers {ledger_id}: the version that was seen is missing. Read the ledger again and send its version."
        )
    if expected_ver != found.ver:
        raise records.stale(store, "ledgers", str(found.row["ledger_id"]), found.row, expected_ver)
    strange = sorted(set(values) - STEP_VALUES)
    if strange:
        raise BadRequestError(f"The step {move} takes no {', '.join(strange)}; it takes: {', '.join(sorted(STEP_VALUES))}.")
    given = {name: event_rows.typed(name, value) for name, value in values.items() if known(values, name) is not None}
    faults = publishing.check(move, found.row, given, found.rules, today=today)
    if faults:
        raise rights.LedgerFaultsError(faults)
    return store.apply(_step_change(found, course, given, person, today=today))


def _step_change(
    found: LedgerRecord, course: publishing.Course, given: Mapping[str, Any], person: Person, *, today: date
) -> Change:
    row, on = found.row, day(known(given, "start_date")) or today
    changed: dict[str, Any] = {"state": course.after, course.field: on}
    if course.move.waits:
        changed["published_until"] = on
    changed |= {name: given[name] for name in ("url", "publication_id") if name in given}
    event = _event(
        course.move.event, course.move.name, course.move.level, row, person, seq=len(found.events) + 1, on=on, today=today
    )
    event |= {name: value for name, value in given.items() if name not in event}
    if course.move.name == "publish" and known(event, "end_date") is None:
        event["end_date"] = found.rules.after(on, publishing.notice_days_key(str(row["level"])))
    edits: Sequence[Any] = (Update("ledgers", str(row["id"]), found.ver, changed), event_rows.insert([event]))
    reason = f"{course.move.zh}：{row['name']}"
    return Change(person.name, person.bureau, reason, tuple(edits), kind="ledger", account_id=person.account_id)
