"""Assets counted and valued twice over, by class and by owner level: both give the same number and the same value (A2.5, E10)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from layers.row_values import known
from processing.ledger.standing import DISPOSED, money

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

UNKNOWN: Final = ""
"""The part of assets whose class or owner level is not known."""
ROUNDING: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Part:
    """One part: how many assets, the sum of the values that are known in 万元, and how many values are not."""

    count: int
    value: Decimal
    unknown_values: int


@dataclass(frozen=True, slots=True)
class Partitions:
    """Both partitions of the same assets, and the whole."""

    by_class: Mapping[str, Part]
    by_owner: Mapping[str, Part]
    total: Part

    @property
    def equal(self) -> bool:
        """Say whether both partitions add up to the whole, in number, in value and in values that are not known."""
        return all(joined(parts.values()) == self.total for parts in (self.by_class, self.by_owner))


def joined(parts: Iterable[Part]) -> Part:
    """Add parts up.

    >>> joined([Part(1, Decimal("1.5"), 0), Part(2, Decimal("2.5"), 1)])
    Part(count=3, value=Decimal('4.0'), unknown_values=1)
    """
    found = list(parts)
    return Part(
        sum(part.count for part in found),
        sum((part.value for part in found), Decimal(0)),
        sum(part.unknown_values for part in found),
    )


def part_of(assets: Iterable[Mapping[str, Any]], field: str) -> Part:
    """Count assets and add up a value, exactly; what is not known is counted apart and is not zero."""
    amounts = [money(known(asset, field)) for asset in assets]
    sums = sum((amount for amount in amounts if amount is not None), Decimal(0))
    return Part(len(amounts), sums, sum(amount is None for amount in amounts))


def partitions(assets: Iterable[Mapping[str, Any]], *, value: str = "original_value", disposed: bool = False) -> Partitions:
    """Divide assets by class and by owner level.

    Args:
        assets: rows of the layer `assets`.
        value: the field that is added up, in 万元.
        disposed: whether assets that were disposed of are counted too.

    >>> found = partitions([{"asset_class": "PUB", "owner_level": "村集体", "original_value": 0.1},
    ...                     {"asset_class": "PUB", "owner_level": "户", "original_value": 0.2}, {"original_value": None}])
    >>> found.by_class["PUB"].value, found.by_class[""].unknown_values, found.equal
    (Decimal('0.3'), 1, True)
    """
    rows = [row for row in assets if disposed or known(row, "status") != DISPOSED]
    return Partitions(_by(rows, "asset_class", value), _by(rows, "owner_level", value), part_of(rows, value))


def _by(rows: list[Mapping[str, Any]], field: str, value: str) -> dict[str, Part]:
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        groups.setdefault(str(known(row, field) or UNKNOWN), []).append(row)
    return {name: part_of(found, value) for name, found in sorted(groups.items())}


def agree(parts: Mapping[str, tuple[int, Decimal]], total: tuple[int, Decimal], *, rounding: Decimal = ROUNDING) -> bool:
    """Say whether printed parts add up to a printed total, to within the rounding of each printed number.

    >>> agree({"a": (1, Decimal("1.50")), "b": (2, Decimal("2.49"))}, (3, Decimal("4.00")))
    True
    """
    count = sum(number for number, _ in parts.values())
    value = sum((amount for _, amount in parts.values()), Decimal(0))
    return count == total[0] and abs(value - total[1]) <= rounding * len(parts)
