"""Where the relocated households of a county come from: their old villages, high and far from the towns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from layers.demo.rows import frame, some_unknown
from layers.demo.shares import split

if TYPE_CHECKING:
    from layers.demo.area_rows import Built

HOUSEHOLDS_A_VILLAGE = 40
MOST_VILLAGES = 6
MU_A_HOUSEHOLD = 9.5
COUNTED = (None, True, False)


def add_origins(built: Built) -> None:
    """Add the frame `settlement_origins`: the households and persons of each settlement, split exactly over old villages.

    Whether an old village's figures still hold the people who left differs, and is not always known, as in real ledgers.
    """
    settlements, villages = built.frames["settlements"], built.places.villages
    rng = built.places.rng("origins")
    rural = np.flatnonzero(~villages.community)
    if not len(settlements) or not len(rural):
        return
    lean = villages.height[rural] + 0.2
    parts: dict[str, list[Any]] = {name: [] for name in ("settlement_id", "village", "households", "persons", "moved_year")}
    for row in settlements.to_dict("records"):
        count = int(np.clip(row["households"] // HOUSEHOLDS_A_VILLAGE, 1, min(MOST_VILLAGES, len(rural))))
        chosen = rng.choice(rural, count, replace=False, p=lean / lean.sum())
        weight = rng.uniform(0.5, 1.5, count)
        homes = split(int(row["households"]), weight, least=1)
        parts["settlement_id"] += [row["settlement_id"]] * count
        parts["village"] += chosen.tolist()
        parts["households"] += homes.tolist()
        parts["persons"] += split(int(row["persons_registered_poor"]), homes.astype(float), least=1).tolist()
        parts["moved_year"] += [row["completed_year"]] * count
    village = np.array(parts.pop("village"), dtype=int)
    total = len(village)
    homes = np.array(parts["households"], dtype=int)
    built.frames["settlement_origins"] = frame(
        "settlement_origins",
        {
            **parts,
            "origin_id": [f"{name}-{at:02d}" for name, at in zip(parts["settlement_id"], _numbers(parts), strict=True)],
            "still_counted": [COUNTED[at] for at in rng.choice(3, total, p=[0.05, 0.2, 0.75])],
            "land_mu": some_unknown(np.round(homes * rng.uniform(0.6, 1.4, total) * MU_A_HOUSEHOLD, 1), 0.08, rng),
            "assets_kept": some_unknown(rng.poisson(1.2, total), 0.1, rng),
            **built.area_columns(village),
        },
    )


def _numbers(parts: dict[str, list[Any]]) -> list[int]:
    seen: dict[str, int] = {}
    found = []
    for name in parts["settlement_id"]:
        seen[name] = seen.get(name, 0) + 1
        found.append(seen[name])
    return found
