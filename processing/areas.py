"""The hierarchy of areas, as the data gives it: who lies in whom, at which level, and in which group."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from processing.errors import AreaTreeError, UnknownLevelError
from processing.groups import groups_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

DEFAULT_LEVELS: Final[dict[int, str]] = {1: "province", 2: "prefecture", 3: "county", 4: "township", 5: "village", 6: "hamlet"}
"""Names of the levels where the data gives none (China's); rank 1 is the top."""
HAMLET_RANK: Final = 6
DEFAULT_SCHEME: Final = "cn-12"
COLUMNS: Final = ("area_code", "area_name", "level", "parent_code", "rank", "urban_rural_code", "scheme", "groups")
_PARENTS: Final = (
    # layer, its code, rank, parent's code
    ("villages", "village_code", 5, "township_code"),
    ("townships", "township_code", 4, "county_code"),
    ("counties", "county_code", 3, "prefecture_code"),
)


@dataclass(frozen=True, slots=True)
class Level:
    """One level of the hierarchy: its name in the data and its rank, 1 being the top."""

    name: str
    rank: int


@dataclass(frozen=True)
class Areas:
    """A tree of areas built from rows of `area_code, area_name, level, parent_code, rank, groups`.

    Codes are opaque: nothing is ever cut from them, so that another country's codes work unchanged. A parent that has no row
    of its own is listed in `orphans` and its children stand at the top.

    Raises:
        AreaTreeError: a code stands twice, or a parent does not rank above its child.

    >>> import pandas as pd
    >>> areas = Areas(pd.DataFrame({"area_code": ["D", "B"], "area_name": ["Leh", "Kharu"], "level": ["district", "block"],
    ...                             "parent_code": [None, "D"], "rank": [3, 4]}))
    >>> areas.ancestor("B", "district"), areas.name("D"), areas.level_of("B")
    ('D', 'Leh', 'block')
    """

    frame: pd.DataFrame
    groups: Mapping[str, frozenset[str]] = field(default_factory=dict)
    level_names: Mapping[int, str] = field(default_factory=dict)
    """What the scheme calls the levels, by rank, for ranks that no row names; China's names where it says nothing."""
    levels: tuple[Level, ...] = field(init=False)
    codes: pd.Index[str] = field(init=False)
    orphans: tuple[str, ...] = field(init=False)
    lineage: NDArray[np.intp] = field(init=False)
    """For each area (row) and level (column) the position of its ancestor there, itself included; -1 where there is none."""

    def __post_init__(self) -> None:
        """Check the rows and build the lineage."""
        frame = _conform(self.frame, self.level_names)
        ranks = frame["rank"].to_numpy(dtype=np.int64)
        levels = tuple(Level(_usual_name(frame, rank), int(rank)) for rank in sorted(set(ranks.tolist())))
        codes = pd.Index(frame["area_code"], dtype="str")
        if not codes.is_unique:
            doubled = ", ".join(codes[codes.duplicated()].unique()[:5])
            raise AreaTreeError(f"Each area code must stand once; doubled: {doubled}. Keep one row for each area.")
        parents = codes.get_indexer(pd.Index(frame["parent_code"].fillna(""), dtype="str"))
        wrong = (parents >= 0) & (ranks[parents] >= ranks)
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            raise AreaTreeError(
                f"Area {codes[row]} (rank {ranks[row]}) has parent {codes[parents[row]]} (rank {ranks[parents[row]]}); "
                "a parent must have a smaller rank than its child. Correct parent_code or rank."
            )
        missing = frame["parent_code"].notna().to_numpy() & (parents < 0)
        own = {str(name): frozenset(members) for name, members in _listed_groups(frame).items()}
        merged = {name: frozenset(members) | own.pop(name, frozenset()) for name, members in self.groups.items()} | own
        for name, value in (
            ("frame", frame),
            ("levels", levels),
            ("codes", codes),
            ("orphans", tuple(sorted(set(frame["parent_code"][missing])))),
            ("lineage", _lineage(parents, ranks, [level.rank for level in levels])),
            ("groups", merged),
        ):
            object.__setattr__(self, name, value)

    @classmethod
    def from_layers(cls, inputs: Mapping[str, pd.DataFrame], *, level_names: Mapping[int, str] | None = None) -> Areas:
        """Build the tree from the `areas` layer, with the rows it lacks taken from counties, townships and villages.

        A county's prefecture and province that have no row get one, named by their code. Groups come from `processing.groups`.

        Args:
            inputs: layer frames by name; any of areas, counties, townships, villages, key_counties, settlements may be missing.
            level_names: what the scheme calls the levels, by rank, for levels that the areas layer does not name.
        """
        called = level_names or {}
        rows = [_conform(inputs["areas"], called)] if "areas" in inputs else []
        known = set(rows[0]["area_code"]) if rows else set()
        for part in _derived(inputs):
            fresh = part[~part["area_code"].isin(known) & part["area_code"].notna()].drop_duplicates("area_code")
            known |= set(fresh["area_code"])
            if len(fresh):
                rows.append(_conform(fresh, called))
        frame = pd.concat(rows, ignore_index=True) if rows else _conform(pd.DataFrame({"area_code": []}), called)
        names = frame.drop_duplicates("rank").set_index("rank")["level"].to_dict()
        frame["level"] = frame["level"].where(frame["rank"].map(names).isna(), frame["rank"].map(names))
        return cls(frame, groups_of(inputs), called)

    def __len__(self) -> int:
        """Count the areas."""
        return len(self.codes)

    def __contains__(self, code: object) -> bool:
        """Say whether a code is an area."""
        return code in self._rows

    def positions(self, codes: Iterable[Any]) -> NDArray[np.intp]:
        """Give the row of each code in `codes`; -1 for None and for codes that are no area."""
        wanted = np.asarray(codes if isinstance(codes, (pd.Series, pd.Index)) else list(codes), dtype=object)
        return np.asarray(self._lookup.get_indexer(pd.Index(wanted, dtype=object)), dtype=np.intp)

    @cached_property
    def _lookup(self) -> pd.Index[Any]:
        index: pd.Index[Any] = pd.Index(self.codes.to_numpy(dtype=object), dtype=object)
        return index

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {code: row for row, code in enumerate(self._lookup)}

    @cached_property
    def _values(self) -> dict[str, list[Any]]:
        return {name: self.frame[name].tolist() for name in ("area_name", "level", "scheme")}

    def _row(self, code: str) -> int:
        return self._rows.get(code, -1)

    def _value(self, code: str, name: str) -> str | None:
        row = self._row(code)
        return str(self._values[name][row]) if row >= 0 else None

    def column(self, level: str | int) -> int:
        """Give the column of `lineage` for a level name or rank.

        Raises:
            UnknownLevelError: the hierarchy has no such level.
        """
        for position, item in enumerate(self.levels):
            if level in (item.name, item.rank):
                return position
        names = ", ".join(item.name for item in self.levels)
        raise UnknownLevelError(f"There is no level {level!r} in the areas given; levels are: {names}.")

    def ancestor(self, code: str, level: str | int) -> str | None:
        """Give the code of the area of that level (name or rank) that contains an area, itself included; None without one."""
        row = self._row(code)
        found = self.lineage[row, self.column(level)] if row >= 0 else -1
        return str(self.codes[found]) if found >= 0 else None

    def ancestors(self, code: str) -> tuple[str, ...]:
        """Give the codes of an area and of everything that contains it, finest first; empty for an unknown code."""
        row = self._row(code)
        return tuple(self._lookup[self.lineage[row][::-1][self.lineage[row][::-1] >= 0]].tolist()) if row >= 0 else ()

    def ancestors_table(self) -> pd.DataFrame:
        """Give a table with one row per area, one column per level name: the code of the ancestor there, or None."""
        padded = np.array([*self.codes, None], dtype=object)
        return pd.DataFrame(padded[self.lineage], index=self.codes, columns=[level.name for level in self.levels], dtype=object)

    def name(self, code: str) -> str:
        """Give the name of an area, or the code itself when the area has no name or no row."""
        return self._value(code, "area_name") or code

    def level_of(self, code: str) -> str | None:
        """Give the level name of an area; None when the code is no area."""
        return self._value(code, "level")

    def scheme(self, code: str) -> str | None:
        """Give the code scheme of an area (`cn-12` where the data names none); None when the code is no area."""
        return self._value(code, "scheme")

    def level_name(self, rank: int) -> str:
        """Give what the level of a rank is called here: by the areas of that rank, else by the scheme, else as in China.

        >>> import pandas as pd
        >>> block = pd.DataFrame({"area_code": ["B"], "level": ["block"], "rank": [4]})
        >>> areas = Areas(block, level_names={6: "habitation"})
        >>> areas.level_name(4), areas.level_name(6), areas.level_name(5)
        ('block', 'habitation', 'village')
        """
        own = next((item.name for item in self.levels if item.rank == rank), None)
        return own or _called(rank, self.level_names)

    @cached_property
    def group_masks(self) -> dict[str, NDArray[np.bool_]]:
        """For each group, which areas belong to it or lie in one that does; by position."""
        return {name: self.within(sorted(members)) for name, members in self.groups.items()}

    def within(self, codes: Iterable[str]) -> NDArray[np.bool_]:
        """Say for each area whether it is one of `codes` or lies in one of them."""
        wanted = self.positions(codes)
        return np.asarray(np.isin(self.lineage, wanted[wanted >= 0]).any(axis=1), dtype=np.bool_)


def _called(rank: int, names: Mapping[int, str]) -> str:
    return names.get(rank) or DEFAULT_LEVELS.get(rank, f"level {rank}")


def _conform(frame: pd.DataFrame, names: Mapping[int, str]) -> pd.DataFrame:
    """Give the eight columns, as text and whole numbers; ranks and level names are filled from each other."""
    rows = pd.DataFrame({name: frame.get(name) for name in COLUMNS}, index=frame.index)
    rows = rows[rows["area_code"].notna()].reset_index(drop=True)
    for name in ("area_code", "area_name", "level", "parent_code", "urban_rural_code", "scheme"):
        rows[name] = rows[name].astype(object).where(rows[name].notna(), None)
    ranks = pd.to_numeric(rows["rank"], errors="coerce")
    by_name = {name: rank for called in (DEFAULT_LEVELS, names) for rank, name in called.items()}
    ranks = ranks.fillna(rows["level"].map(by_name))
    if ranks.isna().any():
        code = rows["area_code"][ranks.isna()].iloc[0]
        raise AreaTreeError(f"Area {code} has neither a rank nor a known level name; give rank (1 = top).")
    rows["rank"] = ranks.astype(np.int64)
    usual = rows["rank"].map(lambda rank: _called(rank, names))
    rows["level"] = rows["level"].where(rows["level"].notna(), usual)
    rows["area_name"] = rows["area_name"].where(rows["area_name"].notna(), rows["area_code"])
    rows["scheme"] = rows["scheme"].where(rows["scheme"].notna(), DEFAULT_SCHEME)
    rows["area_code"] = rows["area_code"].astype("str")
    return rows


def _usual_name(frame: pd.DataFrame, rank: int) -> str:
    return str(frame.loc[frame["rank"] == rank, "level"].value_counts().index[0])


def _lineage(parents: NDArray[np.intp], ranks: NDArray[np.int64], levels: list[int]) -> NDArray[np.intp]:
    table = np.full((len(parents), len(levels)), -1, dtype=np.intp)
    column = {rank: position for position, rank in enumerate(levels)}
    current = np.arange(len(parents), dtype=np.intp)
    while (alive := np.flatnonzero(current >= 0)).size:
        at = current[alive]
        table[alive, [column[rank] for rank in ranks[at].tolist()]] = at
        current[alive] = parents[at]
    return table


def _listed_groups(frame: pd.DataFrame) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for code, names in zip(frame["area_code"], frame["groups"], strict=True):
        if isinstance(names, (list, tuple, np.ndarray)):
            for name in names:
                found.setdefault(str(name), set()).add(code)
    return found


def _derived(inputs: Mapping[str, pd.DataFrame]) -> Iterable[pd.DataFrame]:
    for layer, key, rank, parent in _PARENTS:
        frame = inputs.get(layer)
        if frame is None or frame.empty or key not in frame:
            continue
        parents = frame.get(parent)
        if layer == "villages" and "county_code" in frame:
            parents = frame["county_code"] if parents is None else parents.where(parents.notna(), frame["county_code"])
        columns = {"area_code": frame[key], "area_name": frame.get("name"), "parent_code": parents, "rank": rank}
        yield pd.DataFrame({**columns, "urban_rural_code": frame.get("urban_rural_code")}, index=frame.index)
        if layer == "counties":
            yield from _above_counties(frame)


def _above_counties(frame: pd.DataFrame) -> Iterable[pd.DataFrame]:
    province, prefecture = frame.get("province_code"), frame.get("prefecture_code")
    for code, parent, rank in ((prefecture, province, 2), (province, None, 1)):
        yield pd.DataFrame({"area_code": code, "parent_code": parent, "rank": rank}, index=frame.index)
