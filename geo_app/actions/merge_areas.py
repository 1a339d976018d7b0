"""Villages merged, divided, renamed or handed to another township: planned and shown, to be written as one change."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pandas as pd

from geo_app.actions import area_links, area_recoding, area_rows, inputs
from geo_app.actions.area_division import parts_of
from geo_app.actions.area_links import Link, Move
from geo_app.actions.area_recoding import Recoding
from geo_app.actions.merging import plain
from geo_app.errors import BadRequestError, NotFoundError
from layers.catalogue import LAYERS
from layers.store import Condition, Delete, Insert, Update

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    import shapely
    from geopandas import GeoDataFrame

    from layers.store import Edit, Store

ChangeKind = Literal["merge", "split", "rename", "transfer"]
KINDS: Final[tuple[ChangeKind, ...]] = ("merge", "split", "rename", "transfer")
LEVELS: Final = (("township", "township_code"), ("county", "county_code"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A village after the change: its code and name, and of a divided one its hamlets, share, outline and values."""

    code: str
    name: str = ""
    hamlets: tuple[str, ...] = ()
    share: float | None = None
    outline: shapely.Geometry | None = None
    given: Mapping[str, Any] = field(default_factory=dict)
    """Values of the village that the person gives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaChange:
    """What is to change: the villages concerned, what they become, and since when.

    merge: several codes, one part. split: one code, several parts. rename: one code, one part (code, name or both).
    transfer: one code, one part, and the township `to` that it goes to.
    """

    kind: ChangeKind
    codes: tuple[str, ...]
    parts: tuple[Part, ...]
    to: str = ""
    on: dt.date | None = None


@dataclass(frozen=True)
class Plan:
    """What a change of areas would do: its edits, its links, how many rows are re-coded in which layer, and what to know.

    `notes` are short codes with a value: `differs:field`, `unknown_sum:field`, `outline_missing:codes`, `by_rule:layer:rows`,
    `thiessen:`.
    """

    wish: AreaChange
    edits: tuple[Edit, ...]
    links: GeoDataFrame
    rows: GeoDataFrame
    recoded: Mapping[str, int]
    notes: tuple[str, ...]

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers that the change touches."""
        return tuple(dict.fromkeys(edit.layer for edit in self.edits))


def plan(store: Store, wish: AreaChange) -> Plan:
    """Work out what a change of areas does; nothing is written.

    Raises:
        NotFoundError: a village, the township or a hamlet that is not there.
        BadRequestError: parts that do not fit the kind of change, or a code that is taken.
        ShareError: the population that shares are made of is not known and no share was given.
    """
    _refuse_odd(wish)
    rows = _villages(store, wish)
    _refuse_taken(store, wish)
    notes: list[str] = []
    made = {"merge": _merge, "split": _split, "rename": _rename, "transfer": _transfer}[wish.kind](store, wish, rows, notes)
    new, recoding, links = made
    links = links + [link for level in LEVELS for link in area_links.above(store, level, _moves(rows, new, links, level[1]))]
    edits: list[Edit] = [*_village_edits(rows, new), *_area_edits(store, rows, new)]
    recoded: dict[str, int] = {}
    for update in area_recoding.updates(store, recoding):
        edits.append(update)
        recoded[update.layer] = recoded.get(update.layer, 0) + 1
    table = area_links.rows(links, wish.kind, wish.on)
    if len(table):
        edits.append(Insert("area_crosswalk", table))
    return Plan(wish, tuple(edits), table, rows, recoded, tuple(dict.fromkeys(notes)))


Made = tuple[list[dict[str, Any]], Recoding, list[Link]]


def _refuse_odd(wish: AreaChange) -> None:
    many = {"merge": len(wish.codes) > 1, "split": len(wish.parts) > 1}
    fits = len(wish.codes) == 1 if wish.kind != "merge" else many["merge"]
    fits = fits and (many["split"] if wish.kind == "split" else len(wish.parts) == 1)
    if not fits or len(set(wish.codes)) < len(wish.codes) or len({part.code for part in wish.parts}) < len(wish.parts):
        raise BadRequestError(
            "A merge takes two or more villages and gives one; a split takes one and gives two or more; a rename and a transfer "
            "take one and give one. No code may stand twice."
        )
    if any(not part.code.strip() for part in wish.parts):
        raise BadRequestError("Each village needs a code after the change.")
    strange = {name for part in wish.parts for name in part.given if name not in LAYERS["villages"]}
    if strange:
        raise BadRequestError(f"The layer of villages has no field {', '.join(sorted(strange))}.")


def _villages(store: Store, wish: AreaChange) -> GeoDataFrame:
    rows = area_links.by_codes(store, "villages", "village_code", wish.codes)
    lacking = sorted(set(wish.codes) - set(rows["village_code"]))
    if lacking:
        raise NotFoundError(f"There is no village with the code {', '.join(lacking)}.")
    order = {code: at for at, code in enumerate(wish.codes)}
    return rows.iloc[np.argsort(rows["village_code"].map(order).to_numpy())]


def _refuse_taken(store: Store, wish: AreaChange) -> None:
    fresh = [part.code for part in wish.parts if part.code not in wish.codes]
    taken = [
        code for code in fresh if code in inputs.areas(store) or store.count("villages", [Condition("village_code", "=", code)])
    ]
    if taken:
        raise BadRequestError(f"The code {', '.join(taken)} is another area's already; give a new one.")


def _moves(rows: GeoDataFrame, new: Sequence[Mapping[str, Any]], links: Sequence[Link], field_name: str) -> list[Move]:
    """Say which village, or share of one, lies in which township (or county) before and after."""
    after = {str(row["village_code"]): row.get(field_name) for row in new}
    found = []
    for code, was_in in zip(rows["village_code"].astype(str), rows[field_name], strict=True):
        ways = [(link.to_code, link.share) for link in links if link.level == "village" and link.from_code == code] or [
            (code, 1.0)
        ]
        for to_code, share in ways:
            is_in = after.get(to_code)
            if isinstance(was_in, str) and isinstance(is_in, str):
                found.append(Move(code, share, was_in, is_in))
    return found


def _merge(store: Store, wish: AreaChange, rows: GeoDataFrame, notes: list[str]) -> Made:
    del store
    part = wish.parts[0]
    people = pd.to_numeric(rows["pop_resident"]).fillna(-1).to_numpy(dtype=float)
    lead = wish.codes.index(part.code) if part.code in wish.codes else int(people.argmax())
    first = rows.iloc[lead]
    new = {name: value for name, value in first.to_dict().items() if name in LAYERS["villages"] or name == "geometry"}
    new |= area_rows.merged(rows, lead, notes)
    new |= {"village_code": part.code, "name": part.name or str(first["name"]), "geometry": area_rows.joined(rows, lead, notes)}
    new |= dict(part.given)
    _note_unset(part, notes)
    codes = dict.fromkeys(wish.codes, part.code)
    links = [
        Link("village", code, part.code, 1.0, area_links.WHOLE, str(name), str(new["name"]))
        for code, name in zip(wish.codes, rows["name"], strict=True)
    ]
    return [new], Recoding(codes=codes, above=_above([new])), links


def _note_unset(part: Part, notes: list[str]) -> None:
    """Take back the notes of what a person gave."""
    taken_back = {f"{kind}:{name}" for name in part.given for kind in ("differs", "unknown_sum")}
    notes[:] = [note for note in notes if note not in taken_back]


def _rename(store: Store, wish: AreaChange, rows: GeoDataFrame, notes: list[str]) -> Made:
    del store, notes
    part, first = wish.parts[0], rows.iloc[0]
    new = _kept(first, part)
    links = []
    if part.code != wish.codes[0]:
        links.append(Link("village", wish.codes[0], part.code, 1.0, area_links.WHOLE, str(first["name"]), str(new["name"])))
    return [new], Recoding(codes={wish.codes[0]: part.code}, above=_above([new])), links


def _transfer(store: Store, wish: AreaChange, rows: GeoDataFrame, notes: list[str]) -> Made:
    township = store.read("townships", where=[Condition("township_code", "=", wish.to)])
    if township.empty:
        raise NotFoundError(f"There is no township with the code {wish.to!r}.")
    made, _, links = _rename(store, wish, rows, notes)
    county = township["county_code"].iloc[0]
    new = made[0] | {"township_code": wish.to, "county_code": county if isinstance(county, str) else made[0]["county_code"]}
    return [new], Recoding(codes={wish.codes[0]: wish.parts[0].code}, above=_above([new])), links


def _kept(row: pd.Series[Any], part: Part) -> dict[str, Any]:
    found = {str(name): value for name, value in row.to_dict().items() if name in LAYERS["villages"] or name == "geometry"}
    return found | {"village_code": part.code, "name": part.name or str(row["name"])} | dict(part.given)


def _split(store: Store, wish: AreaChange, rows: GeoDataFrame, notes: list[str]) -> Made:
    return parts_of(store, wish, rows.iloc[0], notes)


def _above(new: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, str | None]]:
    """Give for each present village the township and county that its rows state."""
    return {str(row["village_code"]): {name: row[name] for _, name in LEVELS if isinstance(row.get(name), str)} for row in new}


def _village_edits(rows: GeoDataFrame, new: Sequence[Mapping[str, Any]]) -> list[Edit]:
    """Write the village rows: one that keeps its code or is alone keeps its identity, the others are removed or added."""
    left = {str(code): at for at, code in enumerate(rows["village_code"])}
    found: list[Edit] = []
    added = []
    for row in new:
        at = left.pop(str(row["village_code"]), None)
        if at is None and len(new) == 1 and len(rows) == 1:
            at = left.popitem()[1]
        if at is None:
            added.append(dict(row))
            continue
        old = rows.iloc[at]
        values = {name: value for name, value in row.items() if name not in {"id", "geometry"} and _differs(value, old[name])}
        shape = row.get("geometry")
        moved = {"geometry": shape} if shape is not None and shape is not old.geometry else {}
        found.append(Update("villages", str(old["id"]), int(old["ver"]), _plain(values), **moved))
    gone = [Delete("villages", str(rows["id"].iloc[at]), int(rows["ver"].iloc[at])) for at in left.values()]
    if added:
        plain_rows = [_plain({name: value for name, value in row.items() if name not in {"id", "ver"}}) for row in added]
        return [*gone, *found, Insert("villages", area_rows.frame(plain_rows))]
    return [*gone, *found]


def _differs(new: Any, old: Any) -> bool:
    return bool(plain(new) != plain(old))


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value if name == "geometry" else plain(value) for name, value in row.items()}


def _area_edits(store: Store, rows: GeoDataFrame, new: Sequence[Mapping[str, Any]]) -> list[Edit]:
    """Write the rows of the hierarchy, where it has rows for these villages."""
    held = (
        area_links.by_codes(store, "areas", "area_code", rows["village_code"].astype(str).tolist())
        if store.version("areas")
        else None
    )
    if held is None or held.empty:
        return []
    left = {str(code): at for at, code in enumerate(held["area_code"])}
    first = held.iloc[0]
    found: list[Edit] = []
    added = []
    for row in new:
        code = str(row["village_code"])
        values = {"area_code": code, "area_name": row["name"], "parent_code": row.get("township_code") or first["parent_code"]}
        at = left.pop(code, None)
        if at is None and len(new) == 1 and len(rows) == 1 and left:
            at = left.popitem()[1]
        if at is None:
            same = {name: first[name] for name in ("level", "rank", "urban_rural_code", "scheme") if name in held}
            added.append(_plain(same | values))
        else:
            old = held.iloc[at]
            changed = {name: value for name, value in values.items() if _differs(value, old[name])}
            if changed:
                found.append(Update("areas", str(old["id"]), int(old["ver"]), changed))
    gone = [Delete("areas", str(held["id"].iloc[at]), int(held["ver"].iloc[at])) for at in left.values()]
    return [*gone, *found, *([Insert("areas", area_rows.frame(added, "areas"))] if added else [])]
