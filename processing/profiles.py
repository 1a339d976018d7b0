"""Thresholds: dated, sourced, per area. A profile is a named set of them; an override changes one for one run.

The numbers stand in `profiles/*.toml`, their names, units and ranges in `profiles/_keys.toml`.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from functools import cache, cached_property
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from processing.errors import ProfileValueError, UnknownProfileError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date
    from importlib.resources.abc import Traversable

    from processing.areas import Areas

DEFAULT: Final = "tches18"
EVERYWHERE: Final = "00"
CERTAINTIES: Final = ("seed", "page", "memory", "design", "given")
"""How sure a value is: a founding document, a public page, unverified memory, our own choice, or given for this run."""


@dataclass(frozen=True, slots=True)
class Key:
    """A threshold's name with its titles, unit, kind (number, text, list, flag) and range."""

    name: str
    zh: str
    en: str
    unit: str
    kind: str
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()

    def check(self, value: Any) -> Any:
        """Give the value in its proper type.

        Raises:
            ProfileValueError: it is of another kind, out of range, or not among the choices.

        >>> keys()["road_access.radius_m"].check("500")
        500.0
        """
        if self.kind == "number":
            return self._number(value)
        if self.kind == "flag":
            return self._flag(value)
        if self.kind == "list":
            return tuple(str(item).strip() for item in (value.split(",") if isinstance(value, str) else value))
        if self.choices and value not in self.choices:
            raise ProfileValueError(f"Threshold {self.name} must be one of {', '.join(self.choices)}; found {value!r}.")
        return str(value)

    def _number(self, value: Any) -> float:
        try:
            number = float(value)
        except (TypeError, ValueError):
            raise ProfileValueError(f"Threshold {self.name} must be a number; found {value!r}.") from None
        low, high = self.minimum or 0.0, self.maximum if self.maximum is not None else np.inf
        if not low <= number <= high:
            raise ProfileValueError(f"Threshold {self.name} must lie in {low:g}–{high:g} {self.unit}; found {number:g}.")
        return number

    def _flag(self, value: Any) -> bool:
        known = {True: True, False: False, "true": True, "false": False}
        if not isinstance(value, (bool, str)) or value not in known:
            raise ProfileValueError(f"Threshold {self.name} must be true or false; found {value!r}.")
        return known[value]


@dataclass(frozen=True, slots=True)
class Threshold:
    """One value of one key: where and from when it holds, who says so, and how sure it is."""

    key: str
    value: Any
    unit: str
    scope: str
    valid_from: date | None
    source: str
    certainty: str

    @property
    def unverified(self) -> bool:
        """Say whether the value stands on memory alone; shown as such to people."""
        return self.certainty == "memory"


@dataclass(frozen=True)
class Profile:
    """A named set of thresholds.

    >>> load("rai").override({"road_access.radius_m": 500}).at("road_access.radius_m").value
    500.0
    """

    name: str
    title_zh: str
    title_en: str
    thresholds: tuple[Threshold, ...]
    overrides: tuple[str, ...] = ()

    def title(self, language: str = "zh") -> str:
        """Give the title in Chinese or English."""
        return self.title_zh if language.startswith("zh") else self.title_en

    @cached_property
    def values(self) -> dict[str, Threshold]:
        """The value of each key that holds everywhere, the newest where there are several."""
        return {key: self.at(key) for key in dict.fromkeys(item.key for item in self.thresholds)}

    def __contains__(self, key: object) -> bool:
        """Say whether the profile gives a value for a key."""
        return any(item.key == key for item in self.thresholds)

    def at(self, key: str, area_code: str | None = None, areas: Areas | None = None, on: date | None = None) -> Threshold:
        """Give the threshold that holds in an area on a day: the finest scope first, then the newest not after the day.

        Args:
            key: dotted name, listed by `keys()`.
            area_code: the area; without it the value that holds everywhere.
            areas: the hierarchy, in which the scopes are looked up.
            on: the day; without it the newest value.

        Raises:
            UnknownProfileError: the profile has no value of this name.

        >>> load("tches18").at("water.fetch_distance_m").certainty
        'page'
        """
        lineage = areas.ancestors(area_code) if areas is not None and area_code is not None else ()
        rank = {code: len(lineage) - place for place, code in enumerate(lineage)}
        best: tuple[tuple[int, int], Threshold] | None = None
        for item in self._dated(key, on):
            places = [0] if item.scope == EVERYWHERE else [rank[code] for code in code_forms(item.scope) if code in rank]
            if places:
                order = (max(places), item.valid_from.toordinal() if item.valid_from else 0)
                best = (order, item) if best is None or order >= best[0] else best
        if best is None:
            raise UnknownProfileError(f"Profile {self.name} has no value for {key!r}; names are: {', '.join(self._names())}.")
        return best[1]

    def per_unit(self, key: str, area_codes: Iterable[str | None], areas: Areas, on: date | None = None) -> pd.Series:
        """Give the value of a threshold for each of many units, by the area each lies in; same order as given."""
        codes = pd.Series(list(area_codes), dtype=object)
        everywhere = self.at(key, on=on).value
        listed = {form for item in self._dated(key, on) if item.scope != EVERYWHERE for form in code_forms(item.scope)}
        scopes = sorted((form for form in listed if form in areas), key=lambda form: len(areas.ancestors(form)))
        whole = (
            pd.Series([everywhere], dtype=object).infer_objects().take(np.zeros(len(codes), dtype=np.intp)).set_axis(codes.index)
        )
        if not scopes:
            return whole
        values, position = whole.to_numpy(dtype=object, copy=True), areas.positions(codes)
        for scope in scopes:
            inside = np.append(areas.within([scope]), values=False)[position]
            values[inside] = self.at(key, scope, areas, on).value
        return pd.Series(values, index=codes.index, dtype=object).infer_objects()

    def override(self, values: Mapping[str, Any]) -> Profile:
        """Give a profile in which the named thresholds hold everywhere with the values given, marked as given.

        Raises:
            UnknownProfileError: no threshold has this name.
            ProfileValueError: a value is of the wrong kind or out of its range.
        """
        known = keys()
        unknown = sorted(set(values) - set(known))
        if unknown:
            raise UnknownProfileError(f"No threshold is called {', '.join(unknown)}; names are: {', '.join(known)}.")
        given = tuple(
            Threshold(name, known[name].check(value), known[name].unit, EVERYWHERE, None, "given for this run", "given")
            for name, value in values.items()
        )
        kept = tuple(item for item in self.thresholds if item.key not in values)
        return replace(self, thresholds=kept + given, overrides=tuple(dict.fromkeys((*self.overrides, *values))))

    def _dated(self, key: str, on: date | None) -> list[Threshold]:
        return [i for i in self.thresholds if i.key == key and (on is None or i.valid_from is None or i.valid_from <= on)] or [
            i for i in self.thresholds if i.key == key
        ]

    def _names(self) -> list[str]:
        return sorted({item.key for item in self.thresholds})


def code_forms(scope: str) -> tuple[str, ...]:
    """Give the forms in which a division code of two, four or six digits is written: bare, and filled with zeros to 6 and to 12.

    >>> code_forms("43")
    ('43', '430000', '430000000000')
    """
    return tuple(dict.fromkeys((scope, scope.ljust(6, "0"), scope.ljust(12, "0")))) if scope.isdigit() else (scope,)


@cache
def keys() -> dict[str, Key]:
    """List every threshold there is, by name."""
    rows = _read(_folder() / "_keys.toml")["key"]
    return {row["name"]: Key(**{**row, "choices": tuple(row.get("choices", ()))}) for row in rows}


@cache
def names() -> tuple[str, ...]:
    """List the profiles there are, the default first.

    >>> names()[0]
    'tches18'
    """
    found = sorted(item.name.removesuffix(".toml") for item in _folder().iterdir() if item.name.endswith(".toml"))
    return (DEFAULT, *(name for name in found if name != DEFAULT and not name.startswith("_")))


@cache
def load(name: str = DEFAULT) -> Profile:
    """Load a profile by name; a profile that extends another has its values where it gives none itself.

    Raises:
        UnknownProfileError: there is no profile of this name.
    """
    if name not in names():
        raise UnknownProfileError(f"There is no profile {name!r}; profiles are: {', '.join(names())}.")
    document = _read(_folder() / f"{name}.toml")
    head, known = document["profile"], keys()
    own = tuple(
        Threshold(
            row["key"],
            known[row["key"]].check(row["value"]),
            known[row["key"]].unit,
            row.get("scope", EVERYWHERE),
            row["valid_from"],
            row["source"],
            row["certainty"],
        )
        for row in document.get("threshold", ())
    )
    given = {item.key for item in own}
    base = load(head["extends"]).thresholds if "extends" in head else ()
    return Profile(head["name"], head["title_zh"], head["title_en"], tuple(i for i in base if i.key not in given) + own)


def _folder() -> Traversable:
    return files("processing") / "profiles"


def _read(path: Traversable) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))
