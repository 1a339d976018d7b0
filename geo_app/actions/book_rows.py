"""What books are written from: the rows of an area that a person reads, names of areas, exact money, days."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from geo_app.actions import export_layer, inputs
from geo_app.actions.notice_facts import day, decimal, funds, known, short_name
from geo_app.actions.personal import HOUSEHOLD_FIELDS, HOUSEHOLD_OWNER, is_household, without_numbers
from layers.catalogue import LAYERS
from layers.schema import FieldType
from map_templates.books import Book, Column, Group

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from geo_app.access import Person
    from layers.store import Store
    from map_templates.books import Cell
    from processing.areas import Areas

Row = dict[str, Any]
WAN: Final = "单位：万元"
COUNTED: Final = Column("序号", 4, "center", decimals=0)
"""The running number that stands first in nearly every book; see `numbered`."""
SYNTHETIC: Final = "synthetic"
YES_NO: Final = {True: "是", False: "否"}
FUND_LISTS: Final = frozenset({"funding_sources", "fund_sources"})


@dataclass
class Sources:
    """Rows for one book: of one area (none: everything that the person reads), as of a day."""

    store: Store
    person: Person
    area: str | None
    year: int
    today: dt.date
    sector: str = ""
    tree: Areas = field(init=False)
    simulated: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        """Find the area among those that the person reads.

        Raises:
            NotFoundError: there is no such area, or the person does not read it.
        """
        self.tree = inputs.areas(self.store, person=self.person)
        if self.area:
            self.area = inputs.require_area(self.tree, self.area)

    @property
    def area_name(self) -> str:
        """Name of the area with what it lies in, the county first."""
        if not self.area:
            return ""
        codes = [code for code in self.tree.ancestors(self.area) if (self.rank(code) or 0) >= COUNTY]
        whole = ""
        for name in (self.name(code) for code in reversed(codes)):
            whole = name if name.startswith(whole) else whole + name
        return whole

    @property
    def as_of(self) -> dt.date:
        """The day for which the book is written: the end of its year, or today in it."""
        return min(self.today, dt.date(self.year, 12, 31))

    def rank(self, code: str) -> int | None:
        """Give the rank of an area: 3 county, 4 township, 5 village."""
        level = self.tree.level_of(code)
        return next((item.rank for item in self.tree.levels if item.name == level), None)

    def name(self, code: object) -> str:
        """Give the name of an area by its code; a dash where it is unknown."""
        found = known(code)
        return "" if found is None else short_name(self.tree.name(str(found)))

    def rows(self, layer: str) -> list[Row]:
        """Give the rows of a layer in the area that the person reads, by key; those of households without what names one."""
        frame = export_layer.rows(self.store, LAYERS[layer], area=self.area, person=self.person)
        found = frame.drop(columns="geometry", errors="ignore").to_dict("records")
        self.simulated |= any(row.get("data_quality") == SYNTHETIC for row in found)
        rows = [{str(name): value for name, value in row.items()} for row in found]
        return sorted((masked(row) for row in rows), key=lambda row: str(row[LAYERS[layer].key]))


COUNTY: Final = 3


def masked(row: Row) -> Row:
    """Take out of an asset of a household whatever may name it.

    >>> masked({"asset_class": "HHD", "sub_class": "HHD1", "name": "某户母羊", "owner": "某户"})["name"]
    '生物性资产'
    """
    if not is_household(row):
        return row
    hidden = dict.fromkeys(HOUSEHOLD_FIELDS & row.keys())
    sub_class = LAYERS["assets"]["sub_class"].codes
    label = sub_class.label(str(known(row.get("sub_class")) or "")) if sub_class else ""
    return row | hidden | {"name": label or "到户类资产", "owner": HOUSEHOLD_OWNER}


def cell(layer: str, row: Mapping[str, Any], name: str) -> Cell:
    """Give a field of a row as a cell: labels for codes, exact numbers, dates, a dash where it is unknown."""
    declared, value = LAYERS[layer][name], known(row.get(name))
    if value is None:
        return None
    if declared.type is FieldType.NUMBER:
        return decimal(value)
    if declared.type is FieldType.INTEGER:
        return int(value)
    if declared.type is FieldType.DATE:
        return day(value)
    return words(layer, name, value)


def words(layer: str, name: str, value: Any) -> str:
    """Give a value that is no number and no date in words."""
    declared = LAYERS[layer][name]
    if declared.type is FieldType.CODE and declared.codes:
        return declared.codes.label(str(value))
    if declared.type is FieldType.FLAG:
        return YES_NO[bool(value)]
    if name in FUND_LISTS:
        return funds(value)
    return without_numbers("、".join(str(item) for item in value) if isinstance(value, (list, tuple)) else str(value))


def cells(layer: str, row: Mapping[str, Any], names: Iterable[str]) -> list[Cell]:
    """Give several fields of a row as cells."""
    return [cell(layer, row, name) for name in names]


def numbered(rows: Iterable[Sequence[Cell]]) -> tuple[tuple[Cell, ...], ...]:
    """Put the running number before each row."""
    return tuple((number, *row) for number, row in enumerate(rows, start=1))


def grouped(rows: Sequence[Row], key: Callable[[Row], str]) -> tuple[list[Row], tuple[Group, ...]]:
    """Bring rows that stand under one heading together, headings in the order in which they first come up."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(key(row), []).append(row)
    ordered = [(title, found[title]) for title in found]
    return [row for _, part in ordered for row in part], tuple(
        Group(f"{title}（{len(part)}项）", len(part)) for title, part in ordered
    )


def total(rows: Iterable[Mapping[str, Any]], name: str) -> tuple[Decimal, int]:
    """Add up a number over rows, exactly, and count the rows where it is unknown.

    >>> total([{"v": 0.1}, {"v": None}, {"v": 0.2}], "v")
    (Decimal('0.3'), 1)
    """
    values = [decimal(row.get(name)) for row in rows]
    return sum((value for value in values if value is not None), Decimal(0)), sum(value is None for value in values)


def unknown_notes(layer: str, rows: Sequence[Row], names: Iterable[str]) -> list[str]:
    """Say of which fields how many rows are unknown and so not in the totals."""
    found = []
    for name in names:
        count = total(rows, name)[1]
        if count:
            found.append(f"注：{LAYERS[layer][name].zh}有 {count} 项未知，以“—”表示，未计入合计。")
    return found


def book_of(sources: Sources, title: str, columns: Sequence[Column], rows: Sequence[Sequence[Cell]], **more: Any) -> Book:
    """Make a book of the area with the usual frame: place, day, mark of simulated data."""
    usual: dict[str, Any] = {"area_name": sources.area_name, "as_of": sources.as_of, "simulated": sources.simulated}
    return Book(title=title, columns=tuple(columns), rows=tuple(tuple(row) for row in rows), **(usual | more))
