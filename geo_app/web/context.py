"""What every template may ask: is anything simulated, who must be named as a source, and the words that scripts show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geo_app.web.desk import desk
from geo_app.web.language import language
from geo_app.web.texts import script_texts
from layers.catalogue import LAYERS
from layers.store import Condition

if TYPE_CHECKING:
    from flask import Flask

SYNTHETIC = (Condition("data_quality", "=", "synthetic"),)


def simulated_layers() -> frozenset[str]:
    """Name the layers that hold simulated rows now."""
    here = desk()
    versions = here.store.versions()

    def look() -> frozenset[str]:
        return frozenset(name for name in LAYERS if versions.get(name) and here.store.count(name, SYNTHETIC))

    return here.kept.get(("simulated", tuple(sorted(versions.items()))), look)


def simulated(*names: str) -> bool:
    """Say whether any of these layers (any at all, when none is named) holds simulated rows."""
    found = simulated_layers()
    return bool(found & set(names)) if names else bool(found)


def attributions() -> list[str]:
    """Give the lines that name the sources of what is loaded, as recipes and the demonstration leave them in the store."""
    held = desk().store.settings_get("attribution")
    lines = held if isinstance(held, list) else [held] if held else []
    return [_line(item) for item in lines]


def _line(item: Any) -> str:
    if not isinstance(item, dict):
        return str(item)
    name = str(item.get(language()) or item.get(f"title_{language()}") or item.get("title_en") or "")
    source = str(item.get("attribution") or "")
    return f"{name}: {source}" if name and source and source != name else name or source


def install(app: Flask) -> None:
    """Hand the functions to the templates of an application."""
    app.jinja_env.globals.update(simulated=simulated, attributions=attributions, script_texts=script_texts)
