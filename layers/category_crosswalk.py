"""The crosswalk between the two classifications of a project: the plan's seven categories with items, and the library's eight.

Both lists are printed by their documents, no document relates them: every row of `tables/category_crosswalk.csv` is `design`, a
proposal that the person sees and may change.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from layers.codes import table


@dataclass(frozen=True, slots=True)
class Match:
    """An item of the plan (C4-1; C7 stands for itself) with the category proposed, others that fit, and why."""

    item: str
    category: str
    alternatives: tuple[str, ...]
    tag: str
    reason: str

    @property
    def plan_category(self) -> str:
        """Give the plan's category of the item.

        >>> matches()["C4-1"].plan_category
        'C4'
        """
        return self.item.split("-")[0]

    def fits(self, category: str) -> bool:
        """Say whether a category is the one proposed or one of the others."""
        return category == self.category or category in self.alternatives


@cache
def matches() -> dict[str, Match]:
    """Give the crosswalk by item of the plan.

    >>> matches()["C1-5"].category, matches()["C2-13"].alternatives
    ('P4', ('P3',))
    """
    return {
        row["plan_item"]: Match(
            row["plan_item"],
            row["category"],
            tuple(part for part in row["alternatives"].split(";") if part),
            row["tag"],
            row["reason"],
        )
        for row in table("category_crosswalk")
    }


def items_of(category: str) -> tuple[str, ...]:
    """Name the items of the plan that fit a category of the library, those for which it is proposed first.

    >>> items_of("P4"), items_of("P7")
    (('C1-5',), ('C7',))
    """
    first = [item.item for item in matches().values() if item.category == category]
    return (*first, *(item.item for item in matches().values() if category in item.alternatives))
