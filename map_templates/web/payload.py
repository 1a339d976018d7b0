"""MapSpec → plain values for the screen: what `map.js` draws, with text as text and numbers as numbers."""

from __future__ import annotations

import datetime as dt
import json
import math
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from map_templates import classes as class_breaks
from map_templates import palette, symbols
from map_templates.texts import TEXTS, text
from map_templates.web.geojson import collection, screen_geometry

if TYPE_CHECKING:
    from map_templates.spec import Choropleth, Extent, MapLayer, MapSpec

MAX_FEATURES: Final = 5000
"""Features of one layer that are put into a page; more are left out and the page says so."""
NAMED_RANK: Final = 2
MOST_NAMES: Final = 60
"""Names of layers of this rank (seats of counties and townships) always stand on the screen, unless there are too many."""
AREA_LAYERS: Final = frozenset({"counties", "townships", "villages", "neighbours"})
_NOTHING: Final = (-180.0, -85.0, 180.0, 85.0)
_ESCAPES: Final = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026", 0x2028: "\\u2028", 0x2029: "\\u2029"}


def payload(spec: MapSpec, *, max_features: int = MAX_FEATURES) -> dict[str, Any]:
    """Give everything that the page draws as plain values; `XT.show` takes the same shape without a reload.

    Args:
        spec: A validated map.
        max_features: Most features of one layer.
    """
    bounds = spec.bounds() or _NOTHING
    language = spec.language
    own = spec.credits
    return {
        "title": spec.title,
        "subtitle": spec.subtitle,
        "language": language,
        "simulated": own.simulated,
        "bounds": [[bounds[1], bounds[0]], [bounds[3], bounds[2]]],
        "texts": {key: text(key, language) for key in _SCREEN_WORDS},
        "credits": _credit_lines(spec),
        "notes": [*spec.legend.notes, *([own.note] if own.note else [])],
        "choropleth": None if spec.choropleth is None else choropleth_payload(spec.choropleth, bounds, language),
        "layers": [
            layer_payload(layer, bounds, language, max_features)
            for layer in sorted(spec.layers, key=lambda item: symbols.style_of(item.name).order)
        ],
        "hatch": {
            "fill": palette.NO_DATA_FILL,
            "line": palette.NO_DATA_LINE,
            "spacing": palette.NO_DATA_SPACING_MM * palette.PX_PER_MM,
        },
        "shapes": {name: [list(corner) for corner in corners] for name, corners in symbols.SHAPES.items()},
        "colours": {"edge": palette.AREA_EDGE, "selected": palette.TARGET_LINE, "ink": palette.INK, "accent": palette.ACCENT},
    }


_SCREEN_WORDS: Final = tuple(key for key, (zh, _) in TEXTS.items() if "{" not in zh)


def _credit_lines(spec: MapSpec) -> list[str]:
    """Sources, date, run, organisation and review number as lines of plain text."""
    own, language = spec.credits, spec.language
    colon = "：" if language == "zh" else ": "
    pairs = [
        ("sources", ("、" if language == "zh" else ", ").join(own.sources)),
        ("date", own.date),
        ("organisation", own.organisation),
        ("run", "" if own.run_id is None else f"#{own.run_id}"),
        ("review", own.review_number or text("review_default", language)),
    ]
    lines = [f"{text(key, language)}{colon}{value}" for key, value in pairs if value]
    lines[-1:-1] = [own.method] if own.method else []
    return [text("simulated_note", language), *lines] if own.simulated else lines


def choropleth_payload(choropleth: Choropleth, bounds: Extent, language: str) -> dict[str, Any]:
    """Give the coloured areas: class of each, colours, labels, counts, no-data count and the numbers shown when one is picked."""
    frame = choropleth.frame
    breaks = class_breaks.classes_of(choropleth)
    values = class_breaks.known_values(choropleth)
    index = class_breaks.class_index(breaks, values)
    simulated = frame["synthetic"] if "synthetic" in frame.columns else pd.Series([False] * len(frame), index=frame.index)
    columns = [frame[name] for name in ("area_code", "area_name", "low", "high", "numerator", "denominator", "unknown", "status")]
    rows = [
        {"c": plain(code), "n": plain(name), "v": plain(value), "lo": plain(low), "hi": plain(high), "num": plain(num),
         "den": plain(den), "unk": plain(unk), "st": plain(status), "k": int(k), "s": bool(fake) if pd.notna(fake) else False}
        for (code, name, low, high, num, den, unk, status), value, k, fake in zip(
            zip(*columns, strict=True), values, index, simulated, strict=True
        )
    ]  # fmt: skip
    return {
        "title": choropleth.title,
        "unit": choropleth.unit,
        "noun": choropleth.unit_noun or text("areas", language),
        "target": choropleth.target,
        "decimals": breaks.decimals,
        "colours": list(palette.ramp(choropleth.ramp, breaks.size)) if breaks.size else [],
        "labels": list(class_breaks.class_labels(breaks)),
        "counts": list(breaks.counts),
        "no_data": breaks.no_data,
        "features": collection(screen_geometry(frame.geometry, _span(bounds), coverage=True), rows),
    }


def layer_payload(layer: MapLayer, bounds: Extent, language: str, max_features: int = MAX_FEATURES) -> dict[str, Any]:
    """Give one layer: its features, the symbol of each, legend entries with counts, and the details shown when one is picked."""
    style = symbols.style_of(layer.name)
    frame = layer.frame[layer.frame.geometry.notna()]
    total = len(frame)
    frame = frame.iloc[:max_features]
    keys = symbols.symbol_keys(layer.name, frame)
    order = symbols.legend_order(layer.name, set(keys))
    above = keys.map({key: place for place, key in enumerate(reversed(order))}).sort_values(kind="stable").index
    frame, keys = frame.loc[above], keys.loc[above]
    blank = [None] * len(frame)
    codes = frame[layer.key_field].tolist() if layer.key_field else blank
    names = frame[layer.label_field].tolist() if layer.label_field else blank
    fields = [frame[detail.field].tolist() for detail in layer.details]
    rows = [
        {"k": key, "c": plain(code), "n": plain(name), "d": [plain(value) for value in details]}
        for key, code, name, details in zip(
            keys, codes, names, zip(*fields, strict=True) if fields else [()] * len(frame), strict=True
        )
    ]
    legend = []
    counts = keys.value_counts()
    for key in order:
        entry = symbols.entry_of(layer.name, key)
        legend.append(
            {
                "key": key,
                "label": entry.label(language, layer.title),
                "count": int(counts[key]),
                "symbol": symbols.as_json(entry.symbol),
            }
        )
    return {
        "name": layer.name,
        "title": layer.title,
        "group": layer.group,
        "visible": layer.visible,
        "order": style.order,
        "names": layer.label_field is not None and style.label_rank <= NAMED_RANK and len(frame) <= MOST_NAMES,
        "total": total,
        "note": text("thinned", language, shown=len(frame), total=total) if total > len(frame) else "",
        "legend": legend,
        "details": [{"title": detail.title, "unit": detail.unit} for detail in layer.details],
        "features": collection(screen_geometry(frame.geometry, _span(bounds), coverage=layer.name in AREA_LAYERS), rows),
    }


def _span(bounds: Extent) -> float:
    west, south, east, north = bounds
    return max(east - west, north - south)


def plain(value: Any) -> Any:
    """Give a cell as a JSON value: unknown as None, dates as ISO text, lists joined, everything else as text.

    Examples:
        >>> plain(float("nan")), plain(dt.date(2026, 11, 1)), plain(["a", "b"]), plain(3.0)
        (None, '2026-11-01', 'a、b', 3.0)
    """
    if isinstance(value, list | tuple):
        return "、".join(str(plain(part)) for part in value)
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, bool | str):
        return value
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        number = float(value)
        return number if math.isfinite(number) else None
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def as_script_text(values: Any) -> str:
    r"""Write values as JSON that cannot end a script element, open a comment or a tag.

    Examples:
        >>> as_script_text({"n": "</script>"})
        '{"n":"\\u003c/script\\u003e"}'
    """
    return json.dumps(values, ensure_ascii=False, allow_nan=False, separators=(",", ":")).translate(_ESCAPES)
