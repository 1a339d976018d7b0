"""What a form for one feature asks, made from the declaration of its layer: nothing about a field is written twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from layers.schema import FieldType, GeometryKind

if TYPE_CHECKING:
    from layers.schema import Field, Layer

RECORD_FIELDS: Final = ("source", "source_date", "valid_from", "valid_to", "data_quality")
"""Fields that keep the record of a row rather than describe the thing; a form shows them folded, after the others."""
SHAPES: Final = {"Point": "point", "LineString": "line", "Polygon": "polygon"}
"""Geometry type → what a person draws; a layer that takes a multi-part type is drawn by its parts."""


def form(layer: Layer, language: str, *, writable: frozenset[str] | None = None) -> dict[str, Any]:
    """Describe the form of a layer.

    Fields computed by us are left out (`id`, lengths and areas of the geometry): they are never asked of a person. Every other
    field may stay empty, which is unknown and neither zero nor no; `required` ones are the exception.

    Args:
        layer: The declaration.
        language: `zh` or `en`, for titles, codes and notes; the title of the other language stands beside it.
        writable: Names of the fields that the person may change; None for all.

    Returns:
        `layer`, `title`, `key`, `name_field`, `shapes` (what may be drawn), `geometry_required`, and `fields` in declared order.

    Examples:
        >>> from layers.roads import LAYER
        >>> found = form(LAYER, "en", writable=frozenset({"surface_type"}))
        >>> found["shapes"], found["key"]
        (['line'], 'segment_id')
        >>> [item["name"] for item in found["fields"] if item["writable"]]
        ['surface_type']
        >>> "length_m" in {item["name"] for item in found["fields"]}
        False
    """
    return {
        "layer": layer.name,
        "title": layer.title(language),
        "key": layer.key,
        "name_field": layer.name_field,
        "shapes": shapes_of(layer),
        "geometry_required": layer.geometry_required,
        "fields": [_field(item, language, writable) for item in layer.fields if not item.derived],
    }


def shapes_of(layer: Layer) -> list[str]:
    """Give what may be drawn in a layer: `point`, `line`, `polygon`; nothing for a table.

    >>> from layers.water_works import LAYER
    >>> shapes_of(LAYER)
    ['point']
    """
    return [shape for kind, shape in SHAPES.items() if kind in layer.geometry.value]


def drawable(layer: Layer) -> bool:
    """Say whether a layer has a geometry at all."""
    return layer.geometry is not GeometryKind.NONE


def _field(field: Field, language: str, writable: frozenset[str] | None) -> dict[str, Any]:
    other = "en" if language.startswith("zh") else "zh"
    return {
        "name": field.name,
        "title": field.title(language),
        "title_other": field.title(other),
        "type": str(field.type),
        "unit": field.unit,
        "required": field.required,
        "recommended": field.recommended,
        "minimum": field.minimum,
        "maximum": field.maximum,
        "pattern": field.pattern,
        "length": field.length,
        "references": field.references,
        "note": field.note,
        "codes": _codes(field, language),
        "record": field.name in RECORD_FIELDS,
        "writable": writable is None or field.name in writable,
    }


def _codes(field: Field, language: str) -> list[dict[str, str]]:
    if field.type is not FieldType.CODE or field.codes is None:
        return []
    return [{"code": item.code, "title": item.zh if language.startswith("zh") else item.en} for item in field.codes]
