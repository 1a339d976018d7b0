"""The dictionary of layers: what each holds, field by field, and how many rows are in the store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from layers.catalogue import LAYERS
from layers.catalogue import layer as declared

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
        "derived": item.derived,
        "minimum": item.minimum,
        "maximum": item.maximum,
        "references": item.references,
        "codes": codes,
        "source": item.source,
        "note": item.note,
    }
