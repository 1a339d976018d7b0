"""Published figures computed again: does a stated rate follow from its own numbers (E15), do the parts add up to the total (E16).

Arithmetic is decimal and exact; a figure's last printed digit says how far it may be rounded. A difference is reported, never
repaired and never hidden.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import TYPE_CHECKING, Final

from processing.errors import ProfileValueError

if TYPE_CHECKING:
    from collections.abc import Mapping

Figure = Decimal | int | float | str
AGREES: Final = "agrees"
ROUNDING: Final = "rounding"
DIFFERS: Final = "differs"
NO_BASE: Final = "no_base"


@dataclass(frozen=True, slots=True)
class RateFinding:
    """A stated rate beside the one that follows from its numerator and denominator, both in percent.

    `computed` is rounded to the digits of the stated rate, `exact` is not. `status`: agrees, differs, or no_base (nothing to
    divide by).
    """

    subject: str
    stated: Decimal
    computed: Decimal | None
    exact: Decimal | None
    difference: Decimal | None
    status: str

    def sentence(self, language: str = "zh") -> str:
        """Say in one sentence what was found."""
        if self.computed is None:
            none = {"zh": "：分母为 0，无法复算。", "en": ": the denominator is 0, no rate follows."}
            return self.subject + none[language]
        if language == "zh":
            verdict = "一致" if self.status == AGREES else f"相差 {self.difference:+} 个百分点"
            return f"{self.subject}：公布 {self.stated}%，按其数字复算 {self.computed}%，{verdict}。"
        verdict = "they agree" if self.status == AGREES else f"difference {self.difference:+} percentage points"
        return f"{self.subject}: stated {self.stated} %, recomputed from its own numbers {self.computed} %; {verdict}."


@dataclass(frozen=True, slots=True)
class PartitionFinding:
    """The sum of parts beside the stated total. `status`: agrees, rounding (within the tolerance: a warning), or differs."""

    subject: str
    total: Decimal
    parts_sum: Decimal
    difference: Decimal
    tolerance: Decimal
    status: str

    def sentence(self, language: str = "zh") -> str:
        """Say in one sentence what was found."""
        if language == "zh":
            verdict = {
                AGREES: "一致",
                ROUNDING: f"相差 {self.difference:+}，在舍入范围内",
                DIFFERS: f"相差 {self.difference:+}",
            }[self.status]
            return f"{self.subject}：分项合计 {self.parts_sum}，公布总数 {self.total}，{verdict}。"
        verdict = {
            AGREES: "they agree",
            ROUNDING: f"difference {self.difference:+}, within rounding",
            DIFFERS: f"difference {self.difference:+}",
        }[self.status]
        return f"{self.subject}: the parts sum to {self.parts_sum}, the stated total is {self.total}; {verdict}."


def recompute_rate(numerator: Figure, denominator: Figure, *, stated: Figure, subject: str = "") -> RateFinding:
    """Recompute a rate in percent from its own numbers and compare it with the stated one (check E15).

    rate = 100 · numerator / denominator, rounded half up to as many digits as the stated rate prints; anything else than equality
    after rounding is a difference. Figures may be text, to keep trailing zeros.

    Raises:
        ProfileValueError: a figure is no number.

    >>> recompute_rate("533.36", "559.40", stated="95.03", subject="曲靖市集中供水率").sentence("en")
    '曲靖市集中供水率: stated 95.03 %, recomputed from its own numbers 95.35 %; difference -0.32 percentage points.'
    >>> recompute_rate("476.81", "693.53", stated="68.8").status
    'agrees'
    """
    top, base, printed = _decimal(numerator), _decimal(denominator), _decimal(stated)
    if base == 0:
        return RateFinding(subject, printed, None, None, None, NO_BASE)
    exact = 100 * top / base
    computed = exact.quantize(_last_digit(printed), rounding=ROUND_HALF_UP)
    return RateFinding(subject, printed, computed, exact, printed - computed, AGREES if printed == computed else DIFFERS)


def check_partition(
    parts: Mapping[str, Figure], *, total: Figure, tolerance: Figure | None = None, subject: str = ""
) -> PartitionFinding:
    """Compare the sum of parts with a stated total (checks E10 and E16).

    Without a tolerance: half a unit of the last printed digit for each part and for the total, at the coarsest digit printed;
    none for whole numbers, since counts are not rounded. Within the tolerance the difference is still reported, as rounding.

    Raises:
        ProfileValueError: a figure is no number.

    >>> check_partition({"a": "144.65", "b": "144.65"}, total="289.31", tolerance="0.05").status
    'rounding'
    >>> check_partition({"区": 19, "镇": 28, "村": 488, "户": 89}, total=624).status
    'agrees'
    """
    figures = [_decimal(value) for value in parts.values()]
    whole = _decimal(total)
    added = sum(figures, Decimal(0))
    allowed = _rounding([*figures, whole]) if tolerance is None else _decimal(tolerance)
    difference = added - whole
    status = AGREES if difference == 0 else ROUNDING if abs(difference) <= allowed else DIFFERS
    return PartitionFinding(subject, whole, added, difference, allowed, status)


def totals_that_fit(part: Figure, totals: Mapping[str, Figure], *, stated_share: Figure) -> tuple[str, ...]:
    """Name the totals on which a part gives the stated share in percent, at the digits printed; none when it fits no total.

    >>> totals_that_fit("103.76", {"stated total": "289.31", "sum of parts": "289.30"}, stated_share="35.86")
    ('stated total',)
    >>> totals_that_fit("4.15", {"stated total": "289.31", "sum of parts": "289.30"}, stated_share="1.44")
    ()
    """
    return tuple(name for name, total in totals.items() if recompute_rate(part, total, stated=stated_share).status == AGREES)


def _decimal(value: Figure) -> Decimal:
    try:
        number = Decimal(str(value).strip().removesuffix("%"))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise ProfileValueError(f"A figure must be a number; found {value!r}. Give it as printed, without unit.")
    return number


def _last_digit(number: Decimal) -> Decimal:
    exponent = number.as_tuple().exponent
    return Decimal(1).scaleb(min(int(exponent), 0))


def _rounding(figures: list[Decimal]) -> Decimal:
    if all(figure == figure.to_integral_value() for figure in figures):
        return Decimal(0)
    return max(_last_digit(figure) for figure in figures) / 2 * len(figures)
