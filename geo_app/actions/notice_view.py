"""Notices as everybody reads them: how long they hang, which there are by area and kind, and the sheet for the board."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final, Literal, cast

from geo_app import office_day
from geo_app.actions import inputs
from geo_app.errors import NotFoundError
from map_templates.books import Book, Column, NoticeSheet

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from layers.store import Publication, Store
    from map_templates.books import Align, Cell

State = Literal["running", "ended", "lasting"]
OBJECTION: Final = "公示期内如有异议，请以书面或当面方式向{contact}反映，写明事实和理由。不受理电话转述，不公布个人联系方式。"
LASTING: Final = "对公告内容有异议的，可以书面或当面方式向{contact}反映，写明事实和理由。"
HERE_ONLY: Final = "此二维码只能在本机打开，请勿张贴：尚未设置 XIANGTU_PUBLIC_URL（群众打开的网址）。"
"""Printed with a code whose address is this machine's own."""
LONG_TABLE: Final = 60
"""A sheet for the board prints so many rows of a table; more are read behind the code."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A publication that is a notice of a project, asset, ledger, plan or change."""

    number: int
    title: str
    published: dt.date
    area: str | None
    area_name: str
    text: str
    starts: dt.date
    ends: dt.date | None
    content: Mapping[str, Any]

    @property
    def kind(self) -> str:
        """Which of `geo_app.actions.notices.KINDS` it is."""
        return str(self.content["kind"])

    @property
    def subject(self) -> tuple[str, str]:
        """What it is about: kind of thing and its key."""
        return str(self.content["subject"]), str(self.content["key"])

    def state(self, today: dt.date) -> State:
        """Say whether it hangs, has ended (it stays as a record) or has no end."""
        if self.ends is None:
            return "lasting"
        return "running" if today <= self.ends else "ended"

    def days_left(self, today: dt.date) -> int | None:
        """Count the days on which it still hangs, today included; None without an end."""
        return None if self.ends is None else max(0, (self.ends - max(today, self.starts)).days + 1)

    @property
    def days(self) -> int | None:
        """Count the days on which it hangs, the first and the last included; None without an end."""
        return None if self.ends is None else (self.ends - self.starts).days + 1


def of(item: Publication) -> Notice | None:
    """Read a publication as a notice; None for a plain text or a map."""
    content = item.content.get("notice")
    if not isinstance(content, dict):
        return None
    ends = content.get("ends")
    return Notice(
        number=item.published_id,
        title=item.title,
        published=office_day.today(item.at),
        area=item.content.get("area"),
        area_name=str(item.content.get("area_name") or ""),
        text=str(item.content.get("text") or ""),
        starts=dt.date.fromisoformat(content["starts"]),
        ends=dt.date.fromisoformat(ends) if ends else None,
        content=content,
    )


def inside(store: Store, items: Sequence[Publication], area: str) -> list[Publication]:
    """Keep the publications about an area or about what lies in it; an unknown code keeps those that name it."""
    tree = inputs.areas(store)
    codes = set(tree.codes[tree.within([area])].tolist()) | {area}
    return [item for item in items if item.content.get("area") in codes]


def about(items: Sequence[Publication], subject: str, key: str) -> list[Notice]:
    """Give the notices about one project or asset, the latest first; those of a project's changes are among them.

    Raises:
        NotFoundError: nothing was published about it.
    """
    found = []
    for item in items:
        notice = of(item)
        if notice is not None and key in {notice.subject[1], notice.content.get("of")} and notice.subject[0] in SUBJECTS[subject]:
            found.append(notice)
    if not found:
        raise NotFoundError(f"Nothing was published about {key[:60]!r}.")
    return found


SUBJECTS: Final[Mapping[str, frozenset[str]]] = {"projects": frozenset({"project", "change"}), "assets": frozenset({"asset"})}


def objection(notice: Notice) -> str:
    """Say to whom objections go and how; a unit, never a person or a number."""
    contact = str(notice.content.get("contact") or notice.content.get("unit") or "公示单位")
    return (OBJECTION if notice.ends else LASTING).format(contact=contact)


def table(notice: Notice) -> Book | None:
    """Give the table of a notice as a book; None when it has none."""
    kept = notice.content.get("table")
    if not kept:
        return None
    columns = tuple(
        Column(
            item["title"],
            width=item["width"],
            align=cast("Align", item["align"]),
            unit=item["unit"],
            decimals=2 if item["unit"] else 0,
            total=at in kept["total"],
        )
        for at, item in enumerate(kept["columns"])
    )
    rows = tuple(tuple(_cell(value, column) for value, column in zip(row, columns, strict=True)) for row in kept["rows"])
    return Book(title=notice.title, columns=columns, rows=rows, paper="A4", landscape=False)


def _cell(value: str | None, column: Column) -> Cell:
    if value is None or column.align != "number":
        return value
    try:
        number = Decimal(value)
    except InvalidOperation:
        return value
    return number if column.decimals else int(number)


def sheet(notice: Notice, address: str, *, here_only: bool = False) -> NoticeSheet:
    """Give what is printed for the board: the facts, a table that is not too long, the days, and the code of the address.

    Args:
        notice: what is printed.
        address: where the code leads.
        here_only: the address opens on this machine alone; the sheet says so.
    """
    whole = table(notice)
    text = [line for line in notice.text.splitlines() if line.strip()]
    if whole is not None and len(whole.rows) > LONG_TABLE:
        text.append(f"明细共 {len(whole.rows)} 行，扫码查看；公示单位备有纸质台账。")
        whole = None
    return NoticeSheet(
        title=notice.title,
        unit=str(notice.content.get("unit") or ""),
        issued=notice.starts,
        starts=notice.starts,
        ends=notice.ends,
        objection=objection(notice),
        address=address,
        warning=HERE_ONLY if here_only else "",
        number=f"公示第{notice.number}号",
        text=tuple(text),
        facts=tuple((item["zh"], item["value"]) for item in notice.content.get("facts", ())),
        table=whole,
        simulated=bool(notice.content.get("simulated")),
    )
