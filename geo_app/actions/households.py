"""The sheet of monitored households: read in memory, counted, protected, written as monthly counts, and forgotten.

No row of the sheet is kept: not in a file, a job, a log, an edit, an error or an answer. What stays is a `Draft`: counts with
every cell empty that would give a small one away, and faults that name row and item.
"""

from __future__ import annotations

import gc
import re
import resource
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

import pandas as pd

from geo_app.access import Verb
from geo_app.actions import inputs, reach
from geo_app.actions.merging import Mode, edits
from geo_app.actions.uploads import TooLargeError
from geo_app.errors import BadRequestError, ForbiddenError, NoDataError
from layers import frames, household_cells
from layers.catalogue import LAYERS
from layers.files import in_memory
from layers.schema import PersonError
from layers.store import Change, Condition, Delete, Receipt
from processing import household_rules as rules
from processing.household_counts import counted
from processing.household_sheet import Asked, read_sheet

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping
    from typing import Any

    from geo_app.access import Person
    from geo_app.actions.signing import By
    from layers.files import Limits
    from layers.store import Reach, Store
    from processing.areas import Areas
    from processing.household_rules import HouseholdRules, Line
    from processing.household_sheet import Fault, Sheet

LAYER: Final = "monitored_households"
MOST_MB: Final = 8
"""A county's sheet of some thousands of persons is one or two megabytes."""
PERIOD: Final = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
COUNTY, TOWNSHIP, VILLAGE = 3, 4, 5
RANKS: Final = {VILLAGE: 0, TOWNSHIP: 1, COUNTY: 2}


class SheetFaultsError(PersonError, ValueError):
    """The sheet has faults; they are told by row and item, and nothing was written."""

    code: ClassVar[str] = "faults_found"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a sheet is for: the month, the area it covers (none: the counties of its villages), another income line."""

    period: str
    area: str | None = None
    line: float | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """The protected counts of a sheet, not written yet; without rows where the sheet has faults."""

    period: str
    areas: tuple[str, ...]
    rows: tuple[dict[str, Any], ...]
    faults: tuple[Fault, ...]
    window: tuple[dt.date, dt.date]
    rules: HouseholdRules
    line: Line | None
    given_line: float | None
    header_row: int

    @property
    def errors(self) -> int:
        """Number of faults that stop the counting."""
        return sum(1 for fault in self.faults if fault.severity == "error")

    @property
    def hidden(self) -> int:
        """Number of counts that are left empty."""
        return sum(len(row["suppressed_fields"] or ()) for row in self.rows)


def no_core_dumps() -> None:
    """Let this process leave no memory image behind should it crash."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


def month_of(period: str) -> tuple[int, int]:
    """Read a month written as 2026-10.

    Raises:
        BadRequestError: it is none.

    Example:
        >>> month_of("2026-10")
        (2026, 10)
    """
    found = PERIOD.fullmatch(period)
    if found is None:
        raise BadRequestError("The month is written as year and month, for example 2026-10")
    return int(found[1]), int(found[2])


def may(person: Person, verb: Verb = Verb.READ) -> bool:
    """Say whether a person reads (or writes) the counts of households at all."""
    return reach.may(person, LAYER, verb)


def read(store: Store, person: Person, data: bytes, wanted: Wanted, *, limits: Limits | None = None) -> Draft:
    """Count the households of a sheet given as bytes and protect the counts; nothing is written.

    Raises:
        NotFoundError, ForbiddenError: the person does not read, or may not write, the layer.
        BadRequestError: no month.
        TooLargeError: more than MOST_MB.
        NoDataError: no villages are held that the sheet could speak of.
        UnreadableFileError, BadArchiveError, LimitExceededError: the file cannot be read; no message repeats a cell.
    """
    reach.of(store, person, LAYER, Verb.APPLY)
    year, month = month_of(wanted.period)
    if len(data) > MOST_MB << 20:
        raise TooLargeError(f"The sheet is larger than {MOST_MB} MB. Split it by township and name each one's area code.")
    no_core_dumps()
    areas = inputs.areas(store, person=person)
    villages = _villages(areas, wanted.area)
    grid = in_memory.read_grid(data, limits=limits)
    own = [wanted.area] if wanted.area else sorted(set(villages.values()))
    held = rules.rules_for(own, rules.last_day(year, month))
    line = held.line(year)
    yuan = wanted.line if wanted.line is not None else None if line is None else line.yuan
    sheet = read_sheet(grid, Asked(year, month, held, yuan, villages))
    del grid
    gc.collect()
    covered = _covered(areas, sheet, wanted.area)
    shown: list[dict[str, Any]] = []
    if sheet.households and not sheet.errors:
        shown = _shown(_month(areas, sheet, covered, wanted.period), held, store, reach.of(store, person, LAYER))
    extra = {"income_line": yuan, "profile": held.name}
    complete = tuple(row | extra for row in shown)
    return Draft(wanted.period, covered, complete, sheet.faults, sheet.window, held, line, wanted.line, sheet.header_row)


def _villages(areas: Areas, area: str | None) -> dict[str, str]:
    """Give codes of villages by code and by names that only one of them has."""
    frame = areas.frame
    chosen = frame["rank"] == VILLAGE
    if area is not None:
        inputs.require_area(areas, area)
        chosen &= areas.within([area])
    rows = frame[chosen]
    if rows.empty:
        raise NoDataError("No villages are held there; load the areas first, so that households can be counted by village.")
    codes = rows["area_code"].astype(str).tolist()
    names = rows["area_name"].astype(str)
    once = rows[~names.duplicated(keep=False)]
    return dict(zip(once["area_name"].astype(str), once["area_code"].astype(str), strict=True)) | {code: code for code in codes}


def _covered(areas: Areas, sheet: Sheet, area: str | None) -> tuple[str, ...]:
    if area is not None:
        return (area,)
    above = {areas.ancestor(household.village, areas.level_name(COUNTY)) for household in sheet.households}
    return tuple(sorted(code for code in above if code is not None))


def _month(areas: Areas, sheet: Sheet, covered: tuple[str, ...], period: str) -> household_cells.Month:
    """Count the households of a sheet for every area that it covers, also those where nobody lives that it names."""
    frame = areas.frame[areas.within(covered) & areas.frame["rank"].isin(RANKS)]
    level = {str(code): RANKS[int(rank)] for code, rank in zip(frame["area_code"], frame["rank"], strict=True)}
    parent = {
        str(code): str(above)
        for code, above in zip(frame["area_code"], frame["parent_code"], strict=True)
        if pd.notna(above) and str(above) in level
    }
    counts = counted(sheet.households, parent, level, types=household_cells.TYPES, risks=household_cells.RISKS)
    return household_cells.Month(period, counts, parent, level)


def _shown(month: household_cells.Month, held: HouseholdRules, store: Store, limit: Reach) -> list[dict[str, Any]]:
    """Protect the counts of a month, beside what was shown of it and of the months around it."""
    year, number = month_of(month.period)
    before, now, after = (
        _written(store, "{:04d}-{:02d}".format(*rules.month_before(year, number, back)), limit) for back in (1, 0, -1)
    )
    month.before, month.after = _totals(before), _totals(after)
    month.keep_hidden = household_cells.hidden_cells(now)
    return household_cells.shown(month, small=held.small_cell, width=held.protection_width)


def _written(store: Store, period: str, limit: Reach) -> list[dict[str, Any]]:
    found = store.read(LAYER, where=[Condition("period", "=", period)], reach=limit)
    return [
        {str(name): None if not isinstance(value, list) and pd.isna(value) else value for name, value in row.items()}
        for row in found.to_dict("records")
    ]


def _totals(rows: list[dict[str, Any]]) -> Mapping[str, Mapping[str, Any]]:
    return {
        str(row["area_code"]): row
        for row in rows
        if (row["monitor_type"], row["risk_code"]) == (household_cells.TOTAL, household_cells.ALL)
    }


def write(store: Store, person: Person, draft: Draft, by: By) -> Receipt:
    """Write the protected counts of a month as one change of kind `import`; rows of the month that are no longer there go.

    Neither name nor checksum of the sheet is kept with the change.

    Raises:
        SheetFaultsError: the sheet had faults, or nobody stood in it.
        NotFoundError, ForbiddenError, OutOfReachError: it is not for this person to write.
    """
    if not draft.rows:
        raise SheetFaultsError("The sheet was not counted, so nothing can be written. Correct what is listed and read it again.")
    writing = reach.for_writing(store, person, [LAYER], Verb.APPLY)
    limit = reach.of(store, person, LAYER)
    wanted = frames.conform(pd.DataFrame([row | _signature(draft) for row in draft.rows]), LAYERS[LAYER])
    made = edits(store, LAYER, wanted, Mode.UPDATE, reach=limit)
    inside = set(inputs.areas(store, person=person).codes[inputs.areas(store, person=person).within(draft.areas)])
    ids = {row["summary_id"] for row in draft.rows}
    gone = [
        Delete(LAYER, str(row["id"]), int(row["ver"]))
        for row in _written(store, draft.period, limit)
        if row["area_code"] in inside and row["summary_id"] not in ids
    ]
    if not made and not gone:
        return Receipt(0, {}, 0, 0, 0)
    reason = by.reason or f"{LAYERS[LAYER].zh} {draft.period}"
    change = Change(by.who, by.bureau, reason, (*made, *gone), kind="import", account_id=person.account_id)
    return store.apply(change, reach=None if person.is_local else writing)


def _signature(draft: Draft) -> dict[str, Any]:
    return {"source": f"{draft.rules.zh}；{draft.period}", "data_quality": "registered"}


def refuse(person: Person) -> None:
    """Refuse whoever may not write the counts.

    Raises:
        ForbiddenError: with the bureau that may.
    """
    if not may(person, Verb.APPLY):
        raise ForbiddenError("Only the revitalisation bureau and the administrator bring in counts of households")


def months(store: Store, person: Person) -> list[str]:
    """List the months that hold counts that the person reads, the newest first."""
    found = store.read(LAYER, reach=reach.of(store, person, LAYER))
    return sorted({str(period) for period in found["period"].dropna()}, reverse=True)


def table(store: Store, person: Person, period: str) -> list[dict[str, Any]]:
    """Give the rows of a month that the person reads, areas in order, the total row of each area first."""
    rows = _written(store, period, reach.of(store, person, LAYER))
    order = (household_cells.TOTAL, *household_cells.TYPES)
    return sorted(
        rows,
        key=lambda row: (
            row["area_code"],
            row["risk_code"] != household_cells.ALL,
            order.index(row["monitor_type"]),
            row["risk_code"],
        ),
    )
