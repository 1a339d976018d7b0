"""Our symbols as QGIS writes them: rules by the fields of a layer, lines with casing, fills, markers. Sizes in millimetres."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any, Final
from xml.etree.ElementTree import Element, SubElement

from layers.schema import FieldType
from map_templates import symbols
from map_templates.palette import PAPER, FillSymbol, LineSymbol, PointSymbol, Symbol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from layers.schema import Field, Layer

KINDS: Final = {"Point": "marker", "Line": "line", "Polygon": "fill"}
MARKERS: Final = {"circle": "circle", "square": "square", "diamond": "diamond", "triangle": "triangle", "house": "pentagon"}
GEOMETRY_KEYS: Final = {"Point": "point", "Line": "line", "Polygon": "area"}
FITS: Final = {"Point": "point", "Line": "line", "Polygon": "fill"}


def quoted(value: str) -> str:
    """Write a text as QGIS expressions take it.

    >>> quoted("it's")
    "'it''s'"
    """
    escaped = value.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"


def rgba(colour: str | None, opacity: float = 1.0) -> str:
    """Write a colour as red, green, blue, alpha.

    >>> rgba("#" + "1d5c8f", 0.5), rgba(None)
    ('29,92,143,128', '0,0,0,0')
    """
    if colour is None:
        return "0,0,0,0"
    parts = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    return ",".join(str(part) for part in (*parts, round(255 * opacity)))


def options(parent: Element, values: Mapping[str, Any]) -> Element:
    """Write a map of options the way QGIS 3 does."""
    found = SubElement(parent, "Option", type="Map")
    for name, value in values.items():
        SubElement(found, "Option", name=name, type="QString", value=str(value))
    return found


def _part(symbol: Element, kind: str, values: Mapping[str, Any]) -> None:
    layer = SubElement(symbol, "layer", {"class": kind, "enabled": "1", "locked": "0", "pass": "0"})
    options(layer, values)
    for name, value in values.items():
        SubElement(layer, "prop", k=name, v=str(value))


def _line(
    colour: str | None, width: float, *, dash: Sequence[float] = (), round_caps: bool = True, opacity: float = 1
) -> dict[str, Any]:
    return {
        "line_color": rgba(colour, opacity),
        "line_width": width,
        "line_width_unit": "MM",
        "line_style": "solid",
        "capstyle": "round" if round_caps and not dash else "flat",
        "joinstyle": "round",
        "use_custom_dash": "1" if dash else "0",
        "customdash": ";".join(map(str, dash or (5, 2))),
        "customdash_unit": "MM",
    }


def _marker(symbol: PointSymbol, **more: Any) -> dict[str, Any]:
    return {
        "name": MARKERS.get(symbol.shape, "circle"),
        "color": rgba(PAPER if symbol.half else symbol.fill),
        "outline_color": rgba(symbol.outline),
        "outline_width": symbol.outline_mm,
        "outline_width_unit": "MM",
        "size": symbol.size_mm,
        "size_unit": "MM",
    } | more


def draw(parent: Element, name: str, symbol: Symbol) -> None:
    """Write a symbol under a name."""
    kind = {"point": "marker", "line": "line", "fill": "fill"}[symbol.kind]
    found = SubElement(parent, "symbol", type=kind, name=name, alpha="1", clip_to_extent="1", force_rhr="0")
    if isinstance(symbol, LineSymbol):
        if symbol.casing:
            _part(found, "SimpleLine", _line(symbol.casing, symbol.casing_mm))
        _part(found, "SimpleLine", _line(symbol.colour, symbol.width_mm, dash=symbol.dash_mm, round_caps=symbol.round_caps))
    elif isinstance(symbol, FillSymbol):
        if symbol.band:
            _part(found, "SimpleLine", _line(symbol.band, symbol.band_mm, opacity=symbol.band_opacity))
        plain = {"style": "solid" if symbol.fill else "no", "outline_style": "no", "color": rgba(symbol.fill, symbol.opacity)}
        _part(found, "SimpleFill", plain)
        if symbol.outline:
            _part(found, "SimpleLine", _line(symbol.outline, symbol.outline_mm, dash=symbol.dash_mm))
    else:
        _part(found, "SimpleMarker", _marker(symbol))
        if symbol.half:
            _part(
                found,
                "SimpleMarker",
                _marker(symbol, name="semi_circle", color=rgba(symbol.fill), angle="180", outline_width="0"),
            )
        if symbol.dot:
            dot = PointSymbol("circle", symbol.size_mm * 0.4, symbol.dot, symbol.dot, 0)
            _part(found, "SimpleMarker", _marker(dot))


def _domain(field: Field) -> list[str | bool | None]:
    if field.type is FieldType.FLAG:
        return [True, False, None]
    return [None, *(item.code for item in field.codes)] if field.codes is not None else [None]


def _condition(field: str, values: Sequence[str | bool | None]) -> str:
    known = [value for value in values if value is not None]
    texts = ["true" if value is True else "false" if value is False else quoted(str(value)) for value in known]
    parts = [f'"{field}" IN ({", ".join(texts)})'] if texts else []
    parts += [f'"{field}" IS NULL'] if None in values else []
    return parts[0] if len(parts) == 1 else f"({' OR '.join(parts)})"


def expressions(layer: Layer) -> dict[str, str]:
    """Say for each symbol of a layer, as a QGIS expression, which rows it draws; the layer's codes are tried one by one.

    >>> from layers.catalogue import layer as declared
    >>> expressions(declared("farmland"))
    {'hsf': '"hsf" IN (true)', '': '("hsf" IN (false) OR "hsf" IS NULL)'}
    """
    style = symbols.style_of(layer.name)
    if style.pick is None or any(name not in layer for name in style.fields):
        return {}
    first = next(iter(style.entries))
    found: dict[str, dict[tuple[Any, ...], list[Any]]] = {}
    for values in product(*(_domain(layer[name]) for name in style.fields)):
        key = style.pick(*values)
        found.setdefault(key if key in style.entries else first, {}).setdefault(values[:-1], []).append(values[-1])
    joined = {}
    for key, groups in found.items():
        merged: dict[tuple[Any, ...], list[Any]] = {}
        for head, last in groups.items():
            merged.setdefault(tuple(last), []).append(head)
        terms = [_term(style.fields, heads, last) for last, heads in merged.items()]
        joined[key] = " OR ".join(terms)
    return joined


def _term(fields: Sequence[str], heads: Sequence[tuple[Any, ...]], last: Sequence[Any]) -> str:
    tail = _condition(fields[-1], list(last))
    if len(fields) == 1:
        return tail
    return f"({_condition(fields[0], [head[0] for head in heads])} AND {tail})"


def renderer(parent: Element, layer: Layer, geometry: str, language: str) -> None:
    """Write how a layer is drawn: one symbol, or rules by its fields with the words of the legend."""
    style = symbols.style_of(layer.name)
    rules = [(key, text) for key, text in expressions(layer).items() if style.entries[key].symbol.kind == FITS[geometry]]
    title = layer.title(language)
    if len(rules) < 2:  # noqa: PLR2004 - a choice is between two
        found = SubElement(parent, "renderer-v2", type="singleSymbol", forceraster="0", enableorderby="0", symbollevels="0")
        draw(SubElement(found, "symbols"), "0", _single(layer.name, geometry))
        return
    found = SubElement(parent, "renderer-v2", type="RuleRenderer", forceraster="0", enableorderby="0", symbollevels="1")
    root = SubElement(found, "rules", key="root")
    kept = SubElement(found, "symbols")
    rules.sort(key=lambda rule: list(style.entries).index(rule[0]))
    for number, (key, text) in enumerate(rules):
        entry = style.entries[key]
        SubElement(root, "rule", key=f"r{number}", symbol=str(number), label=entry.label(language, title), filter=text)
        draw(kept, str(number), entry.symbol)
    SubElement(root, "rule", key="else", symbol=str(len(rules)), label=title, filter="ELSE")
    draw(kept, str(len(rules)), _single(layer.name, geometry))


def _single(name: str, geometry: str) -> Symbol:
    style = symbols.style_of(name)
    for entry in style.entries.values():
        if entry.symbol.kind == FITS[geometry]:
            return entry.symbol
    return symbols.entry_of(name, GEOMETRY_KEYS[geometry]).symbol
