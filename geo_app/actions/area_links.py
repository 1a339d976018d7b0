"""The rows of the crosswalk that a change of areas leaves behind: who went where, with which share of the population."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import pandas as pd

from layers.catalogue import layer as declared
from layers.frames import conform
from layers.schema import PersonError
from layers.store import Condition
from processing.crosswalk import shares

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from geopandas import GeoDataFrame

    from layers.store import Store

WHOLE, HAMLETS, VILLAGES, GIVEN = "whole", "hamlets", "villages", "given"
AT_ONCE = 500
POPULATIONS = ("pop_resident", "pop_registered")


class ShareError(PersonError, ValueError):
    """The shares of a divided area are not known: nobody's number is there, and none was given."""

    code: ClassVar[str] = "bad_request"


@dataclass(frozen=True, slots=True)
class Link:
    """One way that people went: from a former area to a present one, with the share of the former one's population."""

    level: str
    from_code: str
    to_code: str
    share: float
    basis: str
    from_name: str = ""
    to_name: str = ""


def rows(links: Sequence[Link], kind: str, on: dt.date | None) -> GeoDataFrame:
    """Give links as rows of the layer, all with the number of one event; those of nobody are left out."""
    day = on or dt.datetime.now(dt.UTC).date()
    event = f"{day:%Y%m%d}-{kind}-{uuid.uuid4().hex[:8]}"
    kept = [link for link in links if link.share > 0]
    table = pd.DataFrame(
        {
            "link_id": [f"{event}-{number}" for number in range(1, len(kept) + 1)],
            "event_id": event,
            "change_kind": kind,
            "level": [link.level for link in kept],
            "from_code": [link.from_code for link in kept],
            "from_name": [link.from_name or None for link in kept],
            "to_code": [link.to_code for link in kept],
            "to_name": [link.to_name or None for link in kept],
            "share": [link.share for link in kept],
            "share_basis": [link.basis for link in kept],
            "valid_from": [day.isoformat()] * len(kept),
        }
    )
    return conform(table, declared("area_crosswalk"))


def persons(store: Store, villages: Collection[str]) -> tuple[dict[str, float], str]:
    """Give the persons of villages and where the numbers come from: their hamlets, else their own population.

    Raises:
        ShareError: neither is known for every village.
    """
    found = _of_hamlets(store, villages)
    if found is not None:
        return found, HAMLETS
    frame = by_codes(store, "villages", "village_code", villages)
    for name in POPULATIONS:
        known = frame.dropna(subset=[name])
        if len(known) == len(villages):
            return {str(code): float(value) for code, value in zip(known["village_code"], known[name], strict=True)}, VILLAGES
    lacking = sorted(set(villages) - set(frame.dropna(subset=list(POPULATIONS), how="all")["village_code"]))
    raise ShareError(
        f"The population of {', '.join(lacking[:5]) or 'these villages'} is not known, neither by hamlets nor by village. "
        "Complete it, or give the shares."
    )


def _of_hamlets(store: Store, villages: Collection[str]) -> dict[str, float] | None:
    frame = by_codes(store, "hamlets", "village_code", villages)
    if frame.empty or frame["population"].isna().any() or set(frame["village_code"]) != set(villages):
        return None
    return {str(code): float(value) for code, value in frame.groupby("village_code")["population"].sum().items()}


def by_codes(store: Store, layer: str, field: str, codes: Collection[str]) -> GeoDataFrame:
    """Read the rows of a layer that state one of these codes."""
    wanted = sorted(codes)
    parts = [
        store.read(layer, where=[Condition(field, "in", wanted[start : start + AT_ONCE])])
        for start in range(0, max(1, len(wanted)), AT_ONCE)
    ]
    return parts[0] if len(parts) == 1 else pd.concat(parts)


@dataclass(frozen=True, slots=True)
class Move:
    """A village, or the share of it, that lies in another township or county now."""

    village: str
    share: float
    was_in: str
    is_in: str


def above(store: Store, level: tuple[str, str], moves: Sequence[Move]) -> list[Link]:
    """Give the links of the townships (or counties) between which villages moved, by the population of all their villages.

    Args:
        store: where the populations stand.
        level: name of the level and the field of a village that names its area there.
        moves: which villages, or shares of villages, went from where to where.

    Raises:
        ShareError: the population of a village of a giving area is not known.
    """
    name, field = level
    real = [move for move in moves if move.was_in != move.is_in]
    links: list[Link] = []
    for giver in sorted({move.was_in for move in real}):
        members = by_codes(store, "villages", field, [giver])["village_code"].astype(str).tolist()
        going = [move for move in real if move.was_in == giver]
        if set(members) <= {move.village for move in going if move.share >= 1} and len({move.is_in for move in going}) == 1:
            links.append(Link(name, giver, going[0].is_in, 1.0, WHOLE))
            continue
        counted, basis = persons(store, members)
        amounts = {giver: sum(counted.values())}
        for move in going:
            amount = counted[move.village] * move.share
            amounts[giver] -= amount
            amounts[move.is_in] = amounts.get(move.is_in, 0.0) + amount
        try:
            links += [Link(name, giver, code, share, basis) for code, share in shares(amounts).items()]
        except ValueError:
            raise ShareError(
                f"Nobody is counted in {giver}; its share of persons cannot be told. Complete the population."
            ) from None
    taking = {move.is_in for move in real} - {link.from_code for link in links}
    return links + [Link(name, code, code, 1.0, WHOLE) for code in sorted(taking)]


def mapping(links: Sequence[Link]) -> Mapping[str, str]:
    """Give old code → new code of links that take a whole area along."""
    return {link.from_code: link.to_code for link in links if link.share >= 1}
