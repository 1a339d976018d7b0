"""The dictionary of layers: what each holds, field by field, and how many rows are in the store."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from layers.catalogue import LAYERS
from layers.catalogue import layer as declared
from processing import profiles
from processing.indicators import INDICATORS

if TYPE_CHECKING:
    from layers.schema import Field, Layer
    from layers.store import Store


def layers(store: Store | None = None) -> list[dict[str, Any]]:
    """List the layers with titles, geometry and key; with a store also the rows and the version of each."""
    versions = store.versions() if store is not None else {}
    found = []
    for name, layer in LAYERS.items():
        row = _layer(layer)
        if store is not None:
            row |= {"rows": store.count(name), "version": versions.get(name, 0)}
        found.append(row)
    return found


def layer(name: str) -> dict[str, Any]:
    """Describe one layer with all its fields and their code lists."""
    found = declared(name)
    return _layer(found) | {"fields": [_field(item) for item in found.fields]}


def _layer(found: Layer) -> dict[str, Any]:
    return {
        "name": found.name,
        "zh": found.zh,
        "en": found.en,
        "entity": found.entity,
        "geometry": "/".join(found.geometry.value) or None,
        "key": found.key,
        "source": found.source,
    }


def _field(item: Field) -> dict[str, Any]:
    codes = None if item.codes is None else [{"code": code.code, "zh": code.zh, "en": code.en} for code in item.codes]
    return {
        "name": item.name,
        "zh": item.zh,
        "en": item.en,
        "type": str(item.type),
        "unit": item.unit,
        "required": item.required,
        "recommended": item.recommended,
        "derived": item.derived,
        "minimum": item.minimum,
        "maximum": item.maximum,
        "pattern": item.pattern,
        "references": item.references,
        "codes": codes,
        "source": item.source,
        "note": item.note,
    }


def profile_list() -> list[dict[str, Any]]:
    """List the profiles of thresholds."""
    return [{"name": name, "zh": (found := profiles.load(name)).title_zh, "en": found.title_en} for name in profiles.names()]


def thresholds(name: str) -> list[dict[str, Any]]:
    """List the thresholds of a profile: value, unit, scope, valid from, source, how sure."""
    return [asdict(item) for item in profiles.load(name).thresholds]


def indicator_list() -> list[dict[str, Any]]:
    """List the indicators with titles, formula, weight, needs, parameters and source."""
    return [
        {
            "code": item.code,
            "zh": item.zh,
            "en": item.en,
            "formula": item.formula,
            "weight": str(item.weight),
            "needs": list(item.needs),
            "parameters": list(item.parameters),
            "source": item.source,
            "caveat_zh": item.caveat_zh,
            "caveat_en": item.caveat_en,
        }
        for item in INDICATORS.values()
    ]
