"""Every width, dash and marker of the layers, the same on screen and on paper; with `palette`, nothing else names a colour."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from map_templates.palette import (
    ACCENT,
    AREA_EDGE,
    DANGER,
    GOOD,
    INK,
    NEIGHBOUR,
    NEIGHBOUR_EDGE,
    NEIGHBOUR_TEXT,
    NO_DATA_LINE,
    PAPER,
    SHAPES,
    FillSymbol,
    LabelStyle,
    LineSymbol,
    PointSymbol,
    Symbol,
    as_json,
    scaled,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = [
    "LABELS",
    "SHAPES",
    "STYLES",
    "Entry",
    "Style",
    "as_json",
    "entry_of",
    "legend_order",
    "row_keys",
    "scaled",
    "style_of",
    "symbol_keys",
]


@dataclass(frozen=True, slots=True)
class Entry:
    """One symbol of a layer with the words of the legend; empty words mean the title of the layer."""

    symbol: Symbol
    zh: str = ""
    en: str = ""

    def label(self, language: str, title: str) -> str:
        """Words of the legend: the entry's own, or the title of the layer."""
        return (self.zh if language.startswith("zh") else self.en) or title


@dataclass(frozen=True, slots=True)
class Style:
    """How a layer is drawn: its symbols by key, which fields give the key, and its place in the stack (higher is above)."""

    entries: Mapping[str, Entry]
    order: float
    fields: tuple[str, ...] = ()
    pick: Callable[..., str] | None = None
    label_rank: int = 9
    """Importance of the printed name: 0 is placed first; 9 is never printed."""
    label_style: str = "plain"

    def keys(self, columns: Mapping[str, Sequence[Any]], count: int) -> list[str]:
        """Key of `entries` for each of `count` rows of plain values (unknown: None); a value without an entry takes the first."""
        first = next(iter(self.entries))
        if self.pick is None:
            return [first] * count
        held = [columns.get(name) or [None] * count for name in self.fields]
        picked = [self.pick(*row) for row in zip(*held, strict=True)]
        return [key if key in self.entries else first for key in picked]


def _areas(area: FillSymbol, point: PointSymbol, order: float, **more: Any) -> Style:
    return Style({"": Entry(area), "point": Entry(point)}, order, **more)


def _one(symbol: Symbol, order: float, **more: Any) -> Style:
    return Style({"": Entry(symbol)}, order, **more)


UNPAVED: Final = ("砂石", "土", "其他", "砖石块")
DOTTED_MM: Final = (0.35, 0.7)
_ROADS: Final[Mapping[str, tuple[LineSymbol, str]]] = {
    "国道": (LineSymbol("#e4572e", 0.55, "#5a2a1a", 0.85), "National road"),
    "省道": (LineSymbol("#f2b134", 0.5, "#5a3a1a", 0.78), "Provincial road"),
    "县道": (LineSymbol("#fff3e0", 0.42, "#e06c00", 0.82), "County road"),
    "乡道": (LineSymbol("#cc8a1e", 0.38, PAPER, 0.62), "Township road"),
    "村道": (LineSymbol("#8a5a2b", 0.26), "Village road"),
    "组道": (LineSymbol("#8a5a2b", 0.2, dash_mm=(1.1, 0.6), round_caps=False), "Hamlet road"),
    "专用": (LineSymbol("#7a6f5d", 0.3, dash_mm=(2.0, 0.6)), "Special road"),
}


def _road_entries() -> dict[str, Entry]:
    entries = {key: Entry(symbol, key, en) for key, (symbol, en) in _ROADS.items()}
    for key, (symbol, en) in _ROADS.items():
        dotted = replace(
            symbol, colour=symbol.casing if key == "县道" and symbol.casing else symbol.colour, casing=None, dash_mm=DOTTED_MM
        )
        entries[f"{key}/unpaved"] = Entry(dotted, f"{key}（未硬化）", f"{en}, unpaved")
    return entries


def _road(admin_class: str | None, surface_type: str | None) -> str:
    key = admin_class if admin_class in _ROADS else "村道"
    return f"{key}/unpaved" if surface_type in UNPAVED else str(key)


WATER: Final = "#1f6fb4"
_WATER_WORKS: Final = {
    "central20": Entry(PointSymbol("square", 1.5, WATER, PAPER), "小型集中供水（20–999 人）", "Small piped scheme (20–999)"),
    "central1k": Entry(PointSymbol("square", 2.1, WATER, PAPER), "千人供水工程", "Scheme for 1,000–9,999"),
    "central10k": Entry(PointSymbol("square", 2.8, WATER, PAPER, 0.25), "万人供水工程", "Scheme for 10,000 or more"),
    "city_ext": Entry(PointSymbol("square", 2.4, PAPER, WATER, 0.45, dot=WATER), "城市管网延伸", "City network extension"),
    "dispersed": Entry(PointSymbol("square", 1.1, PAPER, WATER, 0.25), "分散供水", "Dispersed supply"),
}
_DONE: Final = frozenset({"completed", "asset_formed"})
_STAGE: Final = "#0072b2"
_PROJECTS: Final = {
    "planned": Entry(PointSymbol("diamond", 1.8, PAPER, _STAGE, 0.3), "项目：拟建", "Project, planned"),
    "under_way": Entry(PointSymbol("diamond", 1.8, _STAGE, _STAGE, 0.3, half=True), "项目：在建", "Project, under way"),
    "done": Entry(PointSymbol("diamond", 1.8, _STAGE, PAPER, 0.2), "项目：已完成", "Project, done"),
}
_FACILITY_COLOURS: Final = {
    "医疗": ("#d55e00", "Health"),
    "教育": ("#009e73", "School"),
    "农业": ("#e69f00", "Farming"),
    "交通行政": ("#0072b2", "Transport or office"),
    "其他": ("#cc79a7", "Other facility"),
}
_SANITATION: Final = {
    "公厕": Entry(PointSymbol("circle", 1.5, "#009e73", PAPER), "公厕", "Public toilet"),
    "污水处理站": Entry(PointSymbol("diamond", 2.0, "#009e73", PAPER), "污水处理站", "Sewage plant"),
    "污水管网": Entry(LineSymbol("#009e73", 0.3, dash_mm=(1.6, 0.5)), "污水管网", "Sewer"),
    "垃圾收集点": Entry(PointSymbol("circle", 1.1, "#6b6b2a", PAPER), "垃圾收集点", "Waste point"),
    "垃圾转运站": Entry(PointSymbol("square", 1.6, "#6b6b2a", PAPER), "垃圾转运站", "Waste transfer"),
    "垃圾处理场": Entry(PointSymbol("square", 2.2, "#6b6b2a", PAPER), "垃圾处理场", "Waste site"),
}
_ASSETS: Final = {
    "OPR": Entry(PointSymbol("circle", 1.5, "#e69f00", INK, 0.15), "经营性资产", "Operating asset"),
    "PUB": Entry(PointSymbol("circle", 1.5, "#56b4e9", INK, 0.15), "公益性资产", "Public asset"),
    "HHD": Entry(PointSymbol("circle", 1.2, "#cc79a7", INK, 0.15), "到户类资产", "Household asset"),
}
_FARMLAND: Final = {
    "": Entry(FillSymbol("#e9d9a6", 0.5, "#b89b4a", 0.1), "耕地", "Farmland"),
    "hsf": Entry(FillSymbol("#c9b458", 0.55, "#8a6f1f", 0.12), "高标准农田", "High-standard farmland"),
}


_KEY: Final = {
    "yes": Entry(FillSymbol("#0072b2", 0.45, INK, 0.3), "重点帮扶县", "Key county"),
    "no": Entry(FillSymbol(PAPER, 0.9, AREA_EDGE, 0.25), "不是", "Not one"),
    "unknown": Entry(FillSymbol(NO_DATA_LINE, 0.28, AREA_EDGE, 0.25, dash_mm=(1.2, 0.8)), "未知", "Unknown"),
}
_NEEDS: Final = {
    "lacks": Entry(PointSymbol("house", 2.6, "#d95f0e", PAPER, 0.2), "安置点：有缺项", "Settlement that lacks something"),
    "unknown": Entry(PointSymbol("house", 2.3, PAPER, NO_DATA_LINE, 0.35), "安置点：情况未知", "Settlement, not known"),
    "has": Entry(PointSymbol("house", 2.0, "#7b3fa0", PAPER), "安置点：八项齐全", "Settlement with all eight"),
}


def _stage(status: str | None) -> str:
    if status in _DONE:
        return "done"
    return "under_way" if status == "implementing" else "planned"


def _text(value: str | None) -> str:
    return str(value)


VILLAGE: Final = PointSymbol("circle", 1.0, PAPER, INK, 0.18)
SETTLEMENT: Final = "#7b3fa0"
LABELS: Final[Mapping[str, LabelStyle]] = {
    "plain": LabelStyle(5.6),
    "county_seat": LabelStyle(10, "sans-bold", halo_pt=2.2),
    "county": LabelStyle(11, "serif-bold", halo_pt=2.2, spaced=True),
    "township": LabelStyle(7.6, "sans-bold", halo_pt=2.0),
    "village": LabelStyle(4.6, halo_pt=1.2),
    "water": LabelStyle(5.4, colour="#0b3c66", halo_pt=1.8),
    "settlement": LabelStyle(5.4, colour="#5a2a7a", halo_pt=1.8),
    "neighbour": LabelStyle(9.5, "serif", NEIGHBOUR_TEXT, 0, spaced=True),
}
"""Styles of names by the `label_style` of a layer."""
SEAT: Final = PointSymbol("circle", 1.9, PAPER, INK, 0.3)
COUNTY_SEAT: Final = PointSymbol("circle", 2.9, PAPER, INK, 0.38, dot=INK)
_COUNTY_LINE: Final = FillSymbol(None, 0, INK, 0.4, (2.5, 0.6, 0.3, 0.6, 0.3, 0.6), band="#c58ad6")
_TOWNSHIP_LINE: Final = FillSymbol(None, 0, "#333333", 0.26, (1.8, 0.6, 0.3, 0.6), band=PAPER, band_mm=0.55, band_opacity=0.8)

STYLES: Final[Mapping[str, Style]] = {
    "neighbours": _one(FillSymbol(NEIGHBOUR, 1.0, NEIGHBOUR_EDGE, 0.2), 0, label_rank=8, label_style="neighbour"),
    "farmland": Style(_FARMLAND, 2, ("hsf",), lambda hsf: "hsf" if hsf else ""),
    "service_areas": _one(FillSymbol(WATER, 0.1, WATER, 0.3), 3),
    "result": _one(FillSymbol("#e69f00", 0.25, "#d55e00", 0.35), 3.5),
    "villages": _areas(FillSymbol(None, 0, AREA_EDGE, 0.08), VILLAGE, 4, label_rank=5, label_style="village"),
    "townships": _areas(_TOWNSHIP_LINE, SEAT, 4.5, label_rank=2, label_style="township"),
    "counties": _areas(_COUNTY_LINE, COUNTY_SEAT, 5, label_rank=1, label_style="county"),
    "outline": _one(_COUNTY_LINE, 5.2),
    "roads": Style(_road_entries(), 4.8, ("admin_class", "surface_type"), _road),
    "hamlets": _one(PointSymbol("circle", 0.9, PAPER, INK, 0.12), 6, label_rank=7, label_style="village"),
    "facilities": Style(
        {key: Entry(PointSymbol("circle", 1.3, colour, PAPER, 0.15), key, en) for key, (colour, en) in _FACILITY_COLOURS.items()},
        6.2,
        ("facility_type",),
        _text,
    ),
    "sanitation": Style(_SANITATION, 6.4, ("facility_type",), _text),
    "assets": Style(_ASSETS, 6.5, ("asset_class",), _text),
    "water_works": Style(_WATER_WORKS, 6.6, ("work_class",), _text, label_rank=6, label_style="water"),
    "projects": Style(_PROJECTS, 6.8, ("status",), _stage),
    "settlements": _one(PointSymbol("house", 2.1, SETTLEMENT, PAPER), 7, label_rank=6, label_style="settlement"),
    "key_counties": Style(_KEY, 1, ("state",), _text, label_rank=1, label_style="township"),
    "settlement_needs": Style(_NEEDS, 7.1, ("state",), _text, label_rank=6, label_style="settlement"),
    "gaps": _one(PointSymbol("circle", 1.5, "#d95f0e", PAPER, 0.2), 7.2, label_rank=6, label_style="village"),
    "village_seats": _one(VILLAGE, 7.4, label_rank=5, label_style="village"),
    "township_seats": _one(SEAT, 7.6, label_rank=2, label_style="township"),
    "county_seats": _one(COUNTY_SEAT, 7.8, label_rank=0, label_style="county_seat"),
    "contradictions": _one(PointSymbol("triangle", 2.3, "#cc00a0", PAPER, 0.25), 8),
    "diff_around": _one(LineSymbol(NO_DATA_LINE, 0.25), 8.1),
    "diff_present": _one(LineSymbol(ACCENT, 1.1), 8.15),
    "diff_before": _one(LineSymbol(DANGER, 0.75, dash_mm=(1.6, 1.0), round_caps=False), 8.2),
    "diff_after": _one(LineSymbol(GOOD, 0.6), 8.3),
}
"""Style of each layer by name; `style_of` gives a plain one for any other."""
_PLAIN: Final = Style(
    {
        "point": Entry(PointSymbol("circle", 1.4, ACCENT, PAPER)),
        "line": Entry(LineSymbol(ACCENT, 0.35)),
        "area": Entry(FillSymbol(ACCENT, 0.15, ACCENT, 0.25)),
    },
    6,
)
GEOMETRY_KEYS: Final[Mapping[str, str]] = {
    "Point": "point",
    "MultiPoint": "point",
    "LineString": "line",
    "MultiLineString": "line",
    "Polygon": "area",
    "MultiPolygon": "area",
}
_SHAPE_OF: Final[Mapping[str, str]] = {"point": "point", "line": "line", "fill": "area"}


def style_of(name: str) -> Style:
    """Give the style of a layer by its name; a name without one gets plain symbols in the accent colour."""
    return STYLES.get(name, _PLAIN)


def symbol_keys(name: str, frame: Any) -> pd.Series[str]:
    """Give the key of the symbol of each row, on the frame's index: by the layer's fields, or by geometry type for plain layers.

    Where the picked symbol does not fit the geometry (a project drawn as a line), the key is `point`, `line` or `area`, which
    `symbol_of` answers for every layer.

    Examples:
        >>> import geopandas as gpd
        >>> roads = gpd.GeoDataFrame(
        ...     {"admin_class": ["县道", "村道"], "surface_type": ["沥青", "土"]},
        ...     geometry=gpd.GeoSeries.from_wkt(["LINESTRING (0 0, 1 1)"] * 2),
        ... )
        >>> symbol_keys("roads", roads).tolist()
        ['县道', '村道/unpaved']
    """
    columns = {
        field: frame[field].astype("object").where(frame[field].notna(), None).tolist()
        for field in style_of(name).fields
        if field in frame.columns
    }
    return pd.Series(row_keys(name, columns, frame.geometry.geom_type.tolist()), index=frame.index, dtype="object")


def row_keys(name: str, columns: Mapping[str, Sequence[Any]], kinds: Sequence[str | None]) -> list[str]:
    """Give the keys of `symbol_keys` for rows held as columns of plain values, with the type of each geometry.

    Examples:
        >>> row_keys("roads", {"admin_class": ["县道", None], "surface_type": [None, "土"]}, ["LineString", "LineString"])
        ['县道', '村道/unpaved']
    """
    style = style_of(name)
    shapes = [GEOMETRY_KEYS.get(kind or "", "point") for kind in kinds]
    if style is _PLAIN:
        return shapes
    fits = {key: _SHAPE_OF[entry.symbol.kind] for key, entry in style.entries.items()}
    return [key if fits[key] == shape else shape for key, shape in zip(style.keys(columns, len(shapes)), shapes, strict=True)]


def entry_of(name: str, key: str) -> Entry:
    """Give the legend entry behind a key of `symbol_keys`; geometry keys take the colour of the layer's first symbol."""
    style = style_of(name)
    if key in style.entries:
        return style.entries[key]
    first = next(iter(style.entries.values())).symbol
    colour = first.colour if isinstance(first, LineSymbol) else first.outline if isinstance(first, FillSymbol) else first.fill
    colour = colour or ACCENT
    if colour == PAPER and isinstance(first, PointSymbol):
        colour = first.outline
    symbols: dict[str, Symbol] = {
        "point": PointSymbol("circle", 1.4, colour, PAPER),
        "line": LineSymbol(colour, 0.4),
        "area": FillSymbol(colour, 0.15, colour, 0.25),
    }
    return Entry(symbols[key])


def legend_order(name: str, keys: set[str]) -> list[str]:
    """Put the keys of a layer in the order of the legend; drawn in the reverse order, the important lie above.

    Examples:
        >>> legend_order("roads", {"村道", "县道"})
        ['县道', '村道']
    """
    known = [key for key in style_of(name).entries if key in keys]
    return [*known, *sorted(keys - set(known))]
