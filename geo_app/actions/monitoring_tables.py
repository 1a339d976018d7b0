"""What a monitoring page shows as tables, for files."""

from __future__ import annotations

from dataclasses import asdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geo_app.actions.monitoring import Monitored
    from processing.monitoring import Sum


def tables_of(found: Monitored) -> dict[str, pd.DataFrame]:
    """Give what a monitoring page shows as tables by name; money in 万元, land in 亩, unknown empty."""
    return {
        "figures": _figures_table(found),
        "rules": pd.DataFrame([_plain(item) for item in found.rules]),
        "money": _money_table(found),
        "stages": _sums(found.money.stages, "status"),
        "assets": pd.DataFrame(
            [{"asset_class": key[0], "status": key[1], **_sum_row(item)} for key, item in found.assets.crossed.items()]
        ),
        "land": pd.DataFrame([_plain(item) for item in found.quotas]),
        "standings": pd.DataFrame([_plain(item) for item in found.standings]),
    }


def _figures_table(found: Monitored) -> pd.DataFrame:
    names = ("indicator", "zh", "value", "low", "high", "unknown", "numerator", "denominator", "target", "target_status")
    rows = []
    for item in found.figures:
        row = {name: getattr(item.figure, name) for name in names}
        for mean, verdict in item.means:
            row |= {f"{mean.level}": mean.value if mean.usable else None, f"{mean.level}_status": mean.status}
            row |= {f"{mean.level}_counties": f"{mean.held}/{mean.expected or ''}", f"{mean.level}_verdict": verdict}
        rows.append(row)
    return pd.DataFrame(rows, columns=None if rows else list(names))


def _money_table(found: Monitored) -> pd.DataFrame:
    money, people = found.money, found.people
    facts = {
        "budget_wan_yuan": float(money.per_head.budgets.amount),
        "projects": money.per_head.budgets.rows,
        "projects_without_budget": money.per_head.budgets.unknown,
        "shared_projects": money.shared.rows,
        "shared_budget_wan_yuan": float(money.shared.amount),
        "population_low": people.low,
        "population_high": people.high,
        "yuan_per_head_low": _float(money.per_head_low.yuan),
        "yuan_per_head_high": _float(money.per_head.yuan),
    }
    return pd.DataFrame([{"name": name, "value": value} for name, value in facts.items()])


def _sums(parts: Sequence[tuple[str | None, Sum]], name: str) -> pd.DataFrame:
    return pd.DataFrame([{name: key, **_sum_row(item)} for key, item in parts])


def _sum_row(item: Sum) -> dict[str, Any]:
    return {"rows": item.rows, "wan_yuan": float(item.amount), "without_amount": item.unknown}


def _plain(item: Any) -> dict[str, Any]:
    return {name: float(value) if isinstance(value, Decimal) else value for name, value in asdict(item).items()}


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
