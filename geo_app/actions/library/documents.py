"""The document of a step: its title and, where the paper itself was sent, the number under which the store keeps it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_NUMBERED: Final = re.compile(r"^(?P<title>.*?)\s*\[附件 (?P<number>[0-9A-Za-z-]{1,64})\]$", re.DOTALL)
LONGEST: Final = 300
"""Characters of the field `document` of an event."""


@dataclass(frozen=True, slots=True)
class Document:
    """What an event says of its document; `number` is that of the attachment, empty where only the title is known."""

    title: str
    number: str = ""


def written(title: str, number: str = "") -> str:
    """Write a document into the field of an event, the number after the title.

    >>> written("村民代表会议纪要", "12"), written("", "12"), written("会议纪要")
    ('村民代表会议纪要 [附件 12]', '文件 [附件 12]', '会议纪要')
    """
    title = " ".join(title.split())
    if not number:
        return title[:LONGEST]
    tail = f" [附件 {number}]"
    return f"{(title or '文件')[: LONGEST - len(tail)]}{tail}"


def read(text: str | None) -> Document | None:
    """Read the field of an event.

    >>> read("村民代表会议纪要 [附件 12]"), read("会议纪要"), read(None)
    (Document(title='村民代表会议纪要', number='12'), Document(title='会议纪要', number=''), None)
    """
    if not text:
        return None
    found = _NUMBERED.match(text)
    return Document(text) if found is None else Document(found["title"], found["number"])
