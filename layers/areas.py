"""Areas: the hierarchy of codes given by data, and the schemes that name its levels."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from layers.codes import URBAN_RURAL
from layers.declare import CODE_LENGTH, COMMON, code, integer, listing, text
from layers.schema import GeometryKind, Layer, UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True)
class AreaLevel:
    """One level of a hierarchy: its name, rank (1 = top), titles, and the pattern of its codes where the scheme has one."""

    name: str
    rank: int
    zh: str
    en: str
    pattern: str | None = None
    parent_digits: int | None = None

    def title(self, language: str = "zh") -> str:
        """Give the level's title in Chinese or English."""
        return self.zh if language.startswith("zh") else self.en


@dataclass(frozen=True, slots=True)
class AreaScheme:
    """A set of levels, top first. Codes are opaque texts: a parent is what the data says, never a cut string.

    Only a scheme whose levels declare `parent_digits` (the Chinese 12-digit codes) can tell a parent from a code, and that is
    used to generate the `areas` layer from a list of codes, nowhere else.
    """

    name: str
    levels: tuple[AreaLevel, ...]

    @classmethod
    def from_data(cls, name: str, levels: Iterable[Mapping[str, object]]) -> AreaScheme:
        """Build a scheme from plain data (a recipe's `[scheme]`): one mapping with name, rank, zh, en, pattern per level.

        >>> AreaScheme.from_data("pmgsy", [{"name": "state", "rank": 1, "zh": "邦", "en": "State"}]).level("state").rank
        1
        """
        made = (
            AreaLevel(
                str(item["name"]),
                int(str(item["rank"])),
                str(item.get("zh", item["name"])),
                str(item.get("en", item["name"])),
                None if item.get("pattern") is None else str(item["pattern"]),
            )
            for item in levels
        )
        return cls(name, tuple(sorted(made, key=lambda level: level.rank)))

    def level(self, name: str) -> AreaLevel:
        """Give a level by name; raise UnknownNameError when the scheme has none of that name.

        >>> CN12.level("township").title("zh")
        '乡镇'
        """
        for item in self.levels:
            if item.name == name:
                return item
        raise UnknownNameError(
            f"Scheme {self.name} has no level {name!r}; it has: {', '.join(item.name for item in self.levels)}"
        )

    def by_rank(self, rank: int) -> AreaLevel | None:
        """Give the level of a rank, or None.

        >>> CN12.by_rank(3).name
        'county'
        """
        return next((item for item in self.levels if item.rank == rank), None)

    def level_of(self, area_code: str) -> AreaLevel | None:
        """Give the level whose pattern a code matches; None when the scheme has no patterns or none fits.

        >>> CN12.level_of("620422100").name, CN12.level_of("IN-37")
        ('township', None)
        """
        return next((item for item in self.levels if item.pattern and re.fullmatch(item.pattern, area_code)), None)

    def parent_code(self, area_code: str) -> str | None:
        """Give the parent of a code of a scheme that carries it in its digits; None at the top or when the code tells nothing.

        >>> CN12.parent_code("620422100201"), CN12.parent_code("62"), CN12.parent_code("620422100201-03")
        ('620422100', None, '620422100201')
        """
        level = self.level_of(area_code)
        return area_code[: level.parent_digits] if level and level.parent_digits else None


CN12 = AreaScheme(
    "cn-12",
    (
        AreaLevel("province", 1, "省", "Province", r"\d{2}"),
        AreaLevel("prefecture", 2, "市", "Prefecture", r"\d{4}", 2),
        AreaLevel("county", 3, "县", "County", r"\d{6}", 4),
        AreaLevel("township", 4, "乡镇", "Township", r"\d{9}", 6),
        AreaLevel("village", 5, "村", "Village", r"\d{12}", 9),
        AreaLevel("hamlet", 6, "自然村", "Hamlet", r"\d{12}[-A-Za-z0-9]+", 12),
    ),
)
"""China's statistical codes: 2, 4, 6, 9, 12 digits; a hamlet has no official code and takes its village's with a suffix."""

LAYER = Layer(
    name="areas",
    zh="区划",
    en="Areas",
    entity="area hierarchy",
    geometry=GeometryKind.NONE,
    key="area_code",
    name_field="area_name",
    fields=(
        text("area_code", "区划代码", "Area code", "page B3", required=True, length=CODE_LENGTH),
        text("area_name", "区划名称", "Area name", "page B3", required=True, length=120),
        text("level", "级别", "Level", "des", required=True, length=24, note="a level name of the area scheme"),
        text("parent_code", "上级代码", "Parent code", "des", references="areas", length=CODE_LENGTH, note="empty at the top"),
        integer("rank", "级序", "Rank", "des", minimum=1, maximum=9, note="1 = top"),
        code("urban_rural_code", "page B3", URBAN_RURAL, ("城乡分类代码", "Urban-rural class")),
        text("scheme", "代码体系", "Scheme", "des", length=40, note="cn-12 by default"),
        listing("groups", "所属组", "Groups", "des", note="names of the groups the area belongs to, for example key_counties"),
        *COMMON,
    ),
    source="page B3; des",
    area_fields=("area_code",),
)
