"""The sheet of monitored households, read in memory: what is counted of each, and faults that name a cell, never its value.

Members stand in rows, a household's own items on any of its rows. Nothing of a person leaves this module: a `Household` holds the
village, the type, the risks and what is counted, and a `Fault` holds the row, the item and what is expected there.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from processing import household_form as form
from processing.household_rules import last_day, window

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from processing.household_rules import HouseholdRules

LOOKED_AT: Final = 15
"""Rows among which the header is looked for: offices put titles above it."""
HEADER_ITEMS: Final = 6
HEAD: Final = frozenset({"01", "1"})
ONE_CENT: Final = Decimal("0.01")
SUPPORT: Final = tuple(f"A{number}" for number in range(39, 53))
TYPE_BY_CODE: Final = {"1": "脱贫不稳定", "2": "边缘易致贫", "3": "突发严重困难"}
UNSTABLE, NEAR_POOR, SUDDEN = TYPE_BY_CODE.values()
NEEDED: Final = (form.AREA, "A3", "A8", "A17", "A23", "A24", "A25", "A28", "A29", "A30", "A31", "A32", "A35", "A36")
"""Columns without which nothing can be counted."""
FLAGS: Final = {
    "A1": "in_settlement",
    "A23": "housing_problem",
    "A24": "schooling_problem",
    "A25": "water_problem",
}
EXPECTED: Final = {
    "yesno": ("01 是 或 02 否", "01 yes or 02 no"),
    "number": ("数字", "a number"),
    "codes": ("表中印出的代码或名称", "a code or label as the form prints it"),
    "filled": ("必填", "must be filled"),
    "village": ("本库中的行政村代码（12位）或唯一的村名", "the code of a village held here, or a name that only one has"),
    "day": ("日期，如 2021.01.01", "a day such as 2021.01.01"),
    "number18": ("18位身份证号或20位残疾人证号", "18 characters of an identity card or 20 of a disability card"),
    "once": ("每人只出现一次", "each person once"),
    "same": ("同一户各行一致", "the same on all rows of a household"),
    "not_later": ("不晚于所报月份", "not later than the month reported"),
}
COMPUTED: Final = {
    "A33": ("A28+A29+A30+A31−A32", "A28+A29+A30+A31−A32"),
    "A34": ("A33÷家庭人口数", "A33 divided by the persons"),
    "A37": ("A33+A35−A36", "A33+A35−A36"),
    "A38": ("A37÷家庭人口数", "A37 divided by the persons"),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a cell: row of the sheet, item, rule and what is expected; never what stands there."""

    row: int | None
    item: str
    rule: str
    expected_zh: str
    expected_en: str
    severity: str = "error"


@dataclass(frozen=True, slots=True)
class Household:
    """What is counted of one household; no name, no number, no amount."""

    village: str
    kind: str
    risks: tuple[str, ...]
    persons: int
    counted: frozenset[str]
    """Measures that the household counts for, such as `water_problem`."""
    monitored: bool


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet as read: the households, the faults, and the days whose income counts for those taken in in the month."""

    households: tuple[Household, ...]
    faults: tuple[Fault, ...]
    header_row: int
    persons: int
    window: tuple[date, date]

    @property
    def errors(self) -> int:
        """Number of faults that stop the counting."""
        return sum(1 for fault in self.faults if fault.severity == "error")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a sheet is read by: the month it is for, the rules, the income line, and the villages by code and unique name."""

    year: int
    month: int
    rules: HouseholdRules
    line: float | None
    villages: Mapping[str, str]


Row = tuple[int, dict[str, str]]


def read_sheet(grid: Sequence[Sequence[object]], asked: Asked) -> Sheet:
    """Read the cells of a sheet into households.

    The header is the row with most items of the form among the first rows; a line of marks right below it belongs to it.

    Args:
        grid: the cells, row by row.
        asked: month, rules, line and villages.
    """
    header, columns, first = _header(grid)
    period = window(asked.year, asked.month, asked.rules.months)
    missing = [item for item in NEEDED if item not in columns]
    if missing:
        faults = [Fault(header + 1, item, "column_missing", f"缺少列 {item}", f"a column {item}") for item in missing]
        return Sheet((), tuple(faults), header + 1, 0, period)
    rows = list(_rows(grid, columns, first))
    found, faults, seen = [], [], dict[str, int]()
    for group in _groups(rows, with_number=form.HOUSEHOLD in columns):
        reader = _Reader(group, asked)
        household = reader.read()
        faults += [*reader.faults, *_persons_twice(group, seen)]
        if household is not None:
            found.append(household)
    return Sheet(tuple(found), tuple(faults), header + 1, len(rows), period)


def _header(grid: Sequence[Sequence[object]]) -> tuple[int, dict[str, int], int]:
    """Find the header line; give its position, the column of each item, and the position of the first row of data."""
    best: tuple[int, int, list[str | None]] = (0, 0, [])
    for at, cells in enumerate(grid[:LOOKED_AT]):
        names = form.header_items(cells)
        count = sum(name is not None for name in names)
        if count > best[0]:
            best = (count, at, names)
    count, at, names = best
    first = at + 1
    if count >= HEADER_ITEMS and first < len(grid):
        below = form.header_items(grid[first])
        if sum(name is not None for name in below) >= HEADER_ITEMS:
            names = [name or (below[place] if place < len(below) else None) for place, name in enumerate(names)]
            first += 1
    columns: dict[str, int] = {}
    for place, name in enumerate(names):
        if name is not None:
            columns.setdefault(name, place)
    return at, columns, first


def _rows(grid: Sequence[Sequence[object]], columns: Mapping[str, int], first: int) -> Iterator[Row]:
    for at, cells in enumerate(grid[first:], start=first + 1):
        row = {item: form.plain(cells[place]) for item, place in columns.items() if place < len(cells)}
        if any(row.values()):
            yield at, row


def _groups(rows: Sequence[Row], *, with_number: bool) -> Iterator[list[Row]]:
    """Take the rows apart into households: by their number where the sheet has one, else where a head of household stands."""
    group: list[Row] = []
    last = ""
    for at, row in rows:
        number = row.get(form.HOUSEHOLD, "")
        begins = bool(number) and number != last if with_number else _is_head(row)
        if group and begins:
            yield group
            group = []
        last = number or last
        group.append((at, row))
    if group:
        yield group


def _is_head(row: Mapping[str, str]) -> bool:
    text = row.get("A8", "")
    return text in {"户主", "本人"} or bool(HEAD & set(form.codes(text, "A8") or ()))


def _persons_twice(group: Sequence[Row], seen: dict[str, int]) -> Iterator[Fault]:
    for at, row in group:
        number = row.get("A7", "")
        if number and seen.setdefault(number, at) != at:
            yield _fault(at, "A7", "once")


def _fault(row: int | None, item: str, rule: str, severity: str = "error") -> Fault:
    return Fault(row, item, rule, *EXPECTED[rule], severity)


class _Reader:
    """Reads one household from its rows and notes what is wrong with them."""

    def __init__(self, group: Sequence[Row], asked: Asked) -> None:
        self.group, self.asked = group, asked
        self.first = group[0][0]
        self.faults: list[Fault] = []

    def read(self) -> Household | None:
        """Give what is counted of the household; None where something that is counted cannot be read."""
        village = self._village()
        answers = {item: self._yes_no(item) for item in ("A23", "A24", "A25")}
        answers["A1"] = self._ticked("A1")
        insured = [self._member(at, row, "A17") for at, row in self.group]
        money = self._money()
        risks = self._codes("A27")
        kind = self._kind(money)
        self._dates_and_rules(money)
        self._filled()
        if village is None or kind is None or money is None or risks is None or any(one is None for one in insured):
            return None
        if any(answer is None for answer in answers.values()):
            return None
        return self._counted(village, kind, risks, answers, uninsured=False in insured)

    def _counted(
        self, village: str, kind: str, risks: tuple[str, ...], answers: Mapping[str, bool | None], *, uninsured: bool
    ) -> Household:
        names = {name for item, name in FLAGS.items() if answers[item]}
        included, gone = self._day(form.INCLUDED), self._day("A54")
        month = (self.asked.year, self.asked.month)
        removed = gone is not None and (gone.year, gone.month) <= month
        names |= {"insurance_problem"} if uninsured else set()
        names |= {"relocated"} if any(form.yes_no(row.get("A22")) for _, row in self.group) else set()
        names |= {"supported"} if any(self._text(item) for item in SUPPORT) else set()
        names |= {"added"} if included is not None and (included.year, included.month) == month else set()
        names |= {"removed"} if gone is not None and (gone.year, gone.month) == month else set()
        return Household(village, kind, risks, len(self.group), frozenset(names), monitored=not removed)

    def _text(self, item: str) -> str:
        """Give the household's own cell of an item: the first that is filled; rows that differ are a fault."""
        found = [(at, row[item]) for at, row in self.group if row.get(item)]
        if found and any(text != found[0][1] for _, text in found[1:]):
            at = next(at for at, text in found if text != found[0][1])
            fault = _fault(at, item, "same")
            if fault not in self.faults:
                self.faults.append(fault)
        return found[0][1] if found else ""

    def _note(self, item: str, rule: str, severity: str = "error", row: int | None = None) -> None:
        self.faults.append(_fault(self.first if row is None else row, item, rule, severity))

    def _village(self) -> str | None:
        found = self.asked.villages.get(self._text(form.AREA))
        if found is None:
            self._note(form.AREA, "village")
        return found

    def _yes_no(self, item: str) -> bool | None:
        found = form.yes_no(self._text(item))
        if found is None:
            self._note(item, "yesno")
        return found

    def _ticked(self, item: str) -> bool | None:
        """Read a choice that may stay unticked: empty means no."""
        return self._yes_no(item) if self._text(item) else False

    def _member(self, at: int, row: Mapping[str, str], item: str) -> bool | None:
        found = form.yes_no(row.get(item))
        if found is None:
            self._note(item, "yesno", row=at)
        return found

    def _amount(self, item: str) -> Decimal | None:
        found = form.amount(self._text(item))
        if found is None:
            self._note(item, "number")
        return found

    def _codes(self, item: str) -> tuple[str, ...] | None:
        found = form.codes(self._text(item), item)
        if found is None:
            self._note(item, "codes")
        return found

    def _day(self, item: str) -> date | None:
        return form.day_of(self._text(item)) if self._text(item) else None

    def _money(self) -> dict[str, Decimal] | None:
        """Compute A33, A34, A37 and A38 and compare what the sheet states of them, to the cent."""
        asked = {item: self._amount(item) for item in ("A28", "A29", "A30", "A31", "A32", "A35", "A36")}
        known = {item: value for item, value in asked.items() if value is not None}
        if len(known) < len(asked):
            return None
        found = incomes(known, len(self.group))
        for item, value in found.items():
            stated = form.amount(self._text(item)) if self._text(item) else None
            if self._text(item) and (stated is None or abs(stated - value) > ONE_CENT):
                self.faults.append(Fault(self.first, item, "sum_differs", *COMPUTED[item]))
        stated_uninsured = form.yes_no(self._text("A26"))
        members = [form.yes_no(row.get("A17")) for _, row in self.group]
        if stated_uninsured is not None and None not in members and stated_uninsured != (False in members):
            self.faults.append(Fault(self.first, "A26", "sum_differs", "任一成员 A17=02 则为 01", "01 if any member has A17=02"))
        return found

    def _kind(self, money: Mapping[str, Decimal] | None) -> str | None:
        """Give the type as stated, or by the logic of the form where the choice is not ticked; contradictions are faults."""
        stated = self._codes("A3")
        former = form.yes_no(self._text("A4")) if self._text("A4") else None
        if stated is None:
            return None
        if len(stated) > 1:
            self._note("A3", "codes")
            return None
        kind = TYPE_BY_CODE[stated[0]] if stated else kind_of(money, former, self.asked.line)
        if kind is None:
            self._note("A3", "filled")
        elif (kind == UNSTABLE and former is False) or (kind == NEAR_POOR and former is True):
            self.faults.append(
                Fault(
                    self.first,
                    "A4",
                    "type_logic",
                    "A3=1 须为脱贫户，A3=2 须不是脱贫户",
                    "A3=1 is a former poor household, A3=2 is none",
                )
            )
        elif stated and former is not None and money is not None and kind_of(money, former, self.asked.line) != kind:
            self.faults.append(
                Fault(self.first, "A3", "type_line", "按 A34 与基准线复核类型", "the type that A34 and the line give", "warning")
            )
        return kind

    def _dates_and_rules(self, money: Mapping[str, Decimal] | None) -> None:
        end = last_day(self.asked.year, self.asked.month)
        for item in (form.INCLUDED, "A54"):
            if self._text(item) and self._day(item) is None:
                self._note(item, "day")
        included, gone = self._day(form.INCLUDED), self._day("A54")
        if included is not None and included > end:
            self._note(form.INCLUDED, "not_later")
        if self._text("A53") and gone is None and not self._text("A54"):
            self._note("A54", "day")
        least = self.asked.rules.removal_line
        if gone is not None and least is not None and money is not None and money["A34"] < Decimal(str(least)):
            expected = f"人均纯收入不低于 {least:g} 元", f"at least {least:g} yuan net per person before the risk is removed"
            self.faults.append(Fault(self.first, "A34", "removal_line", *expected))

    def _filled(self) -> None:
        """Warn of items that the form asks of everybody and that are empty, and of numbers of the wrong length.

        Choices may stay unticked where no option fits, as the print says.
        """
        for item in form.items().values():
            if not item.mandatory or item.stage != 1 or item.mark in NEEDED or item.kind in ("derived", "single"):
                continue
            if item.of_person:
                for at, row in self.group:
                    if item.mark in row and not row[item.mark]:
                        self._note(item.mark, "filled", "warning", at)
            elif item.mark != "A2" and any(item.mark in row for _, row in self.group) and not self._text(item.mark):
                self._note(item.mark, "filled", "warning")
        for at, row in self.group:
            if row.get("A7") and len(row["A7"]) not in (18, 20):
                self._note("A7", "number18", "warning", at)


def incomes(amounts: Mapping[str, Decimal], persons: int) -> dict[str, Decimal]:
    """Compute A33 = A28+A29+A30+A31−A32, A34 = A33 per head, A37 = A33+A35−A36 and A38 = A37 per head, in yuan.

    >>> given = dict(zip(("A28", "A29", "A30", "A31", "A32", "A35", "A36"), map(Decimal, (9000, 5000, 0, 2000, 1000, 500, 3500))))
    >>> {item: str(value) for item, value in incomes(given, 3).items()}
    {'A33': '15000', 'A34': '5000', 'A37': '12000', 'A38': '4000'}
    """
    net = amounts["A28"] + amounts["A29"] + amounts["A30"] + amounts["A31"] - amounts["A32"]
    reference = net + amounts["A35"] - amounts["A36"]
    return {"A33": net, "A34": net / persons, "A37": reference, "A38": reference / persons}


def kind_of(money: Mapping[str, Decimal] | None, former: bool | None, line: float | None) -> str | None:  # noqa: FBT001 - as printed
    """Give the type by the logic of the form: from the line up sudden hardship, below it by whether it was poor before.

    >>> kind_of({"A34": Decimal(6400)}, True, 6500), kind_of({"A34": Decimal(6500)}, None, 6500), kind_of(None, True, 6500)
    ('脱贫不稳定', '突发严重困难', None)
    """
    if money is None or line is None:
        return None
    if money["A34"] >= Decimal(str(line)):
        return SUDDEN
    return None if former is None else UNSTABLE if former else NEAR_POOR
