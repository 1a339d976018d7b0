"""Groups of areas that cut across the hierarchy: key counties, key villages, former poor villages, demonstration places."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

SETTLEMENTS: Final = "settlements"
"""Group whose members are the relocation settlements themselves, as units."""
TITLES: Final[dict[str, tuple[str, str]]] = {
    "key_counties": ("重点帮扶县", "Key counties"),
    "key_counties_national": ("国家乡村振兴重点帮扶县", "National key counties"),
    "key_counties_provincial": ("省级重点帮扶县", "Provincial key counties"),
    "key_counties_city": ("市级重点帮扶县", "City key counties"),
    "key_villages": ("重点帮扶村", "Key villages"),
    "former_poor_villages": ("脱贫村", "Former poor villages"),
    SETTLEMENTS: ("易地搬迁安置点", "Relocation settlements"),
    "demo_counties": ("示范创建县", "Demonstration counties"),
    "demo_villages": ("示范创建村", "Demonstration villages"),
    "toilet_class_1": ("改厕一类县", "Toilet class 1 counties"),
    "toilet_class_2": ("改厕二类县", "Toilet class 2 counties"),
    "toilet_class_3": ("改厕三类县", "Toilet class 3 counties"),
}
"""Chinese and English titles of the groups we know; another group is titled by its name."""
_LEVELS: Final = {"国家": "national", "省": "provincial", "市": "city"}
_COUNTY_FIELDS: Final = {
    ("county_class", "示范创建县"): "demo_counties",
    ("toilet_class", "一类"): "toilet_class_1",
    ("toilet_class", "二类"): "toilet_class_2",
    ("toilet_class", "三类"): "toilet_class_3",
}


def title(name: str, language: str = "zh") -> str:
    """Give the title of a group in Chinese or English; a group we do not know keeps its name.

    >>> title("key_villages"), title("key_villages", "en"), title("our own")
    ('重点帮扶村', 'Key villages', 'our own')
    """
    zh, en = TITLES.get(name, (name, name))
    return zh if language.startswith("zh") else en


def groups_of(inputs: Mapping[str, pd.DataFrame]) -> dict[str, frozenset[str]]:
    """Collect the members of every group that the layers state.

    Only what a layer says is used: a county absent from a partial list of key counties is in no group, which is not a statement
    that it is none. Groups without members are left out.

    Args:
        inputs: layer frames by name; key_counties, counties, villages and settlements are read where present. The members of the
            group `settlements` are settlement ids, not area codes.

    >>> import pandas as pd
    >>> groups_of({"villages": pd.DataFrame({"village_code": ["v1", "v2"], "key_village_level": ["none", "city"]})})
    {'key_villages': frozenset({'v2'})}
    """
    found: dict[str, set[str]] = {}
    for name, code in _statements(inputs):
        found.setdefault(name, set()).add(str(code))
    return {name: frozenset(members) for name, members in found.items()}


def _statements(inputs: Mapping[str, pd.DataFrame]) -> Iterator[tuple[str, Any]]:
    yield from _key_counties(inputs.get("key_counties"))
    settlements = inputs.get(SETTLEMENTS)
    if settlements is not None and "settlement_id" in settlements:
        yield from ((SETTLEMENTS, code) for code in settlements["settlement_id"].dropna())
    for (field, value), name in _COUNTY_FIELDS.items():
        for code in _where(inputs.get("counties"), "county_code", field, {value}):
            yield name, code
    villages = inputs.get("villages")
    for code in _where(villages, "village_code", "key_village_level", {"province", "city", "county", "national"}):
        yield "key_villages", code
    for code in _where(villages, "village_code", "demo_level", {"province", "city"}):
        yield "demo_villages", code
    for code in _where(villages, "village_code", "former_poor_village", {True}):
        yield "former_poor_villages", code


def _key_counties(frame: pd.DataFrame | None) -> Iterator[tuple[str, Any]]:
    if frame is None or "county_code" not in frame:
        return
    levels = frame["level"] if "level" in frame else [None] * len(frame)
    listed = frame["listed"].fillna(value=True) if "listed" in frame else [True] * len(frame)
    for code, level, there in zip(frame["county_code"], levels, listed, strict=True):
        if isinstance(code, str) and there:
            yield "key_counties", code
            if level in _LEVELS:
                yield f"key_counties_{_LEVELS[level]}", code


def _where(frame: pd.DataFrame | None, key: str, field: str, values: set[Any]) -> list[Any]:
    if frame is None or key not in frame or field not in frame:
        return []
    chosen = frame[field].isin(list(values)) & frame[key].notna()
    return list(frame.loc[chosen.fillna(value=False), key])
