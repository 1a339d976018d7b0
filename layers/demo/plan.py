"""The numbers a demonstration county is made to: published totals for Baiyin, plain rules for every other county."""

from __future__ import annotations

from dataclasses import dataclass

PLAN = "市政办发〔2021〕130号"
"""The plan whose published totals the five counties of Baiyin reproduce."""


@dataclass(frozen=True, slots=True)
class CountyPlan:
    """What one county is made to. Persons and households are of the rural population."""

    central_persons: int
    """Persons served by centralised works (with the other counties of Baiyin 123.23万)."""
    central_households: int
    dispersed_persons: int
    unserved_persons: int
    works: int
    """Centralised works (Baiyin: 65)."""
    tap_share: float
    """Share of the centrally served who have a tap at home."""
    settlements: int
    settlement_households: int
    settlement_persons: int
    former_poor: int
    toilet_share: float
    water_short: bool
    projects: int | None = None
    """Number of projects; None where the plan's own two-way table decides."""


BAIYIN = {
    "620402": CountyPlan(90_000, 23_000, 100, 0, 5, 0.970, 5, 400, 1_700, 4, 0.90, water_short=False),
    "620403": CountyPlan(82_300, 21_000, 200, 0, 5, 0.950, 7, 700, 3_000, 10, 0.86, water_short=False),
    "620421": CountyPlan(395_000, 100_700, 7_500, 500, 19, 0.921, 33, 3_900, 16_700, 88, 0.74, water_short=True),
    "620422": CountyPlan(470_000, 119_800, 14_000, 1_300, 24, 0.868, 40, 4_600, 19_800, 148, 0.63, water_short=True),
    "620423": CountyPlan(195_000, 49_700, 3_349, 200, 12, 0.941, 23, 2_500, 10_700, 52, 0.78, water_short=True),
}
"""Split of the published totals over the five counties: the totals are the plan's, the split is simulated.

Σ central_persons 1 232 300 · Σ central_households 314 200 · Σ works 65 · central / (central + dispersed) 98 % · taps ≈ 89 % ·
Σ settlements 108 with 12 100 households and 51 900 persons · Σ former_poor 302.
"""


def plan_of(code: str, villages: int) -> CountyPlan:
    """Give the numbers of a county: Baiyin's from the plan, any other's by rule from its number of villages and its code.

    >>> plan_of("620422", 284).works, plan_of("430421", 100).central_persons
    (24, 175500)
    """
    if code in BAIYIN:
        return BAIYIN[code]
    turn = (int(code) * 2_654_435_761 % 2**32) / 2**32
    persons = villages * 1_755
    moved = round(villages * 0.15)
    return CountyPlan(
        central_persons=persons,
        central_households=round(persons / 3.92),
        dispersed_persons=round(persons * (0.005 + 0.04 * turn)),
        unserved_persons=round(persons * 0.002 * turn),
        works=max(4, round(persons / 19_000)),
        tap_share=round(0.84 + 0.13 * (1 - turn), 3),
        settlements=moved,
        settlement_households=moved * 112,
        settlement_persons=moved * 480,
        former_poor=round(villages * (0.1 + 0.45 * turn)),
        toilet_share=round(0.6 + 0.3 * (1 - turn), 3),
        water_short=turn > 0.6,  # noqa: PLR2004 - the drier two fifths
        projects=round(villages * 1.7),
    )
