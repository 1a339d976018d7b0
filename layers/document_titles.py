"""Titles of the documents that shipped and loaded lists cite: what a reader sees for a citation, in the reader's language."""

from __future__ import annotations

import re
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

from layers.codes import table

if TYPE_CHECKING:
    from collections.abc import Mapping

SEVERAL: Final = re.compile(r";\s+|；")
"""What stands between the documents of a citation that names several."""


@cache
def _titles() -> Mapping[str, Mapping[str, str]]:
    return MappingProxyType({row["cited"]: MappingProxyType(row) for row in table("document_titles")})


def title_of(cited: str, language: Literal["zh", "en"] = "zh") -> str:
    """Give the titles of the documents that a citation names; what is not known by a title stays as it was cited.

    >>> title_of("news repost of the 2021-08-27 list; 县委文件7号")
    '2021年8月27日公布的国家乡村振兴重点帮扶县名单（新闻转载）；县委文件7号'
    >>> title_of("国家乡村振兴重点帮扶县", "en")
    'National key counties'
    """
    known, column = _titles(), f"title_{language}"
    parts = [known[part][column] if part in known else part for part in (item.strip() for item in SEVERAL.split(cited)) if part]
    return ("；" if language == "zh" else "; ").join(dict.fromkeys(parts))
