"""The books of an office by name: which there are, for what area each is written, as a book, a workbook or a PDF."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

from geo_app.actions import book_events, book_ledgers, book_lists, book_projects, reach
from geo_app.actions.book_rows import Sources
from geo_app.errors import BadRequestError, NotFoundError
from geo_app.progress import Progress
from layers.codes import SECTOR
from map_templates.books import book_pdf, book_xlsx

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping

    from geo_app.access import Person
    from layers.store import Store
    from map_templates.books import Book

Format = Literal["pdf", "xlsx"]
FORMATS: Final = ("pdf", "xlsx")
FIRST_YEAR, LAST_YEAR = 2000, 2100
RANKS: Final = {3: "county", 4: "township", 5: "village"}
ASSETS: Final = ("assets",)
EVENTS: Final = ("assets", "asset_events")


@dataclass(frozen=True, slots=True)
class Kind:
    """A book that there is: its name and titles, how it is written, the layers it reads, and the rank that its area must have."""

    name: str
    zh: str
    en: str
    write: Callable[[Sources], Book]
    layers: tuple[str, ...]
    rank: int | None = None
    """3 county, 4 township, 5 village; None: any area, or all that the person reads."""
    needs_area: bool = False
    by_sector: bool = False

    def title(self, language: str = "zh") -> str:
        """Give the title in Chinese or English."""
        return self.zh if language.startswith("zh") else self.en


_KINDS: Final = (
    Kind("village-ledger", "村级资产台账", "Ledger of a village", book_ledgers.village, (*ASSETS, "ledgers"), 5, needs_area=True),
    Kind(
        "township-ledger", "乡镇资产台账", "Ledger of a township", book_ledgers.township, (*ASSETS, "ledgers"), 4, needs_area=True
    ),
    Kind("county-ledger", "县级资产台账", "Ledger of a county", book_ledgers.county, (*ASSETS, "ledgers"), 3),
    Kind("sector-ledger", "行业部门资产台账", "Ledger of a sector", book_ledgers.sector, (*ASSETS, "ledgers"), 3, by_sector=True),
    Kind("disposal", "资产处置台账", "Book of disposals", book_events.disposal, EVENTS),
    Kind("income", "收益分配台账", "Book of income", book_events.income, EVENTS),
    Kind("list-assets", "资产清单", "List of assets", book_lists.assets, ASSETS),
    Kind("list-duties", "责任清单", "List of duties", book_lists.duties, ASSETS),
    Kind("list-rules", "制度清单", "List of rules", book_lists.rules, ()),
    Kind("list-archives", "县乡村三级档案清单", "List of archives", book_lists.archives, EVENTS),
    Kind("library", "项目库清单", "Project library", book_projects.library, ("projects",)),
    Kind("annual-plan", "年度项目计划", "Annual plan", book_projects.plan, ("projects", "annual_plans")),
    Kind("notices", "公示公告登记簿", "Register of notices", book_events.notices, ("project_events", "asset_events")),
)
KINDS: Final[Mapping[str, Kind]] = MappingProxyType({kind.name: kind for kind in _KINDS})
"""Every book by its name, in the order in which they are offered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which book: its name, the area (none: all that the person reads), the year (none: that of today), the sector."""

    name: str
    area: str | None = None
    year: int | None = None
    sector: str = ""


def kind_of(name: str) -> Kind:
    """Give a book that there is.

    Raises:
        NotFoundError: naming those there are.
    """
    if name not in KINDS:
        raise NotFoundError(f"There is no book {name[:40]!r}; there are: {', '.join(KINDS)}.")
    return KINDS[name]


def sources_of(store: Store, person: Person, wanted: Wanted, today: dt.date) -> tuple[Kind, Sources]:
    """Check what is wanted, before a job begins: book, area of the right rank that the person reads, year and sector.

    Raises:
        NotFoundError: no such book, area or layer, or not for this person; said alike.
        BadRequestError: an area of another rank, a year or sector that cannot be used.
    """
    kind = kind_of(wanted.name)
    for layer in kind.layers:
        reach.of(store, person, layer)
    year = today.year if wanted.year is None else wanted.year
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise BadRequestError(f"year: {FIRST_YEAR} to {LAST_YEAR} was expected, found {year}")
    if kind.by_sector and wanted.sector not in SECTOR:
        raise BadRequestError(
            f"sector: one of {', '.join(code.code for code in SECTOR)} was expected, found {wanted.sector[:20]!r}"
        )
    sources = Sources(
        store, person, (wanted.area or "").strip() or None, year, today, sector=wanted.sector if kind.by_sector else ""
    )
    if kind.needs_area and sources.area is None:
        raise BadRequestError(f"area: the book {kind.name} is written for one {RANKS[kind.rank or 0]}; its code is missing")
    if kind.rank is not None and sources.area is not None and sources.rank(sources.area) != kind.rank:
        raise BadRequestError(f"area: the book {kind.name} is written for a {RANKS[kind.rank]}; {sources.area} is none")
    return kind, sources


def book(  # noqa: PLR0913 -- which book, for whom and when
    store: Store,
    person: Person,
    name: str,
    *,
    area: str | None = None,
    year: int | None = None,
    today: dt.date,
    sector: str = "",
) -> Book:
    """Write a book.

    Args:
        store: the store.
        person: who asks; only rows that this person reads are in the book.
        name: one of KINDS.
        area: code of a county, township or village; none for everything that the person reads.
        year: the year of the book; none for that of today.
        today: the day at the office.
        sector: for the ledger of a sector.

    Raises:
        NotFoundError, BadRequestError: as `sources_of`.
    """
    kind, sources = sources_of(store, person, Wanted(name=name, area=area, year=year, sector=sector), today)
    return kind.write(sources)


def xlsx(made: Book) -> bytes:
    """Write a book as a workbook."""
    return book_xlsx(made)


def pdf(made: Book, progress: Progress | None = None) -> bytes:
    """Set a book on paper; the work ends when it is cancelled."""
    progress = progress or Progress()
    return book_pdf(made, check=progress.check)


def file(  # noqa: PLR0913 -- which book, for whom, in which form and when
    store: Store, person: Person, wanted: Wanted, form: Format, *, today: dt.date, progress: Progress | None = None
) -> tuple[str, bytes]:
    """Write a book as a file and give a name for it and its bytes.

    Raises:
        NotFoundError, BadRequestError: as `sources_of`.
        BookTooLongError: more rows than are set on paper in one piece.
        CancelledError: the person has stopped the work.
    """
    progress = progress or Progress()
    progress(0, 3, "reading")
    kind, sources = sources_of(store, person, wanted, today)
    made = kind.write(sources)
    progress(1, 3, "writing")
    data = pdf(made, progress) if form == "pdf" else xlsx(made)
    progress(3, 3, "written")
    return f"{made.title}{f'-{made.area_name}' if made.area_name else ''}-{made.as_of}.{form}", data
