"""What a page with a place to draw gives its script: words, the map's address, layers to snap to, the place as it is now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import shapely
from flask import url_for

from geo_app.web import project_forms, project_texts
from geo_app.web.desk import desk
from geo_app.web.language import language, title, unit
from layers.catalogue import LAYERS

if TYPE_CHECKING:
    from collections.abc import Mapping


def setup(place: Any, *, project_id: str = "", urls: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Give the setup of `new-place.js`; `place` is the geometry as it is (EPSG:4490) or None."""
    held = desk().store.versions()
    return {
        "texts": project_texts.texts(),
        "language": language(),
        "project_id": project_id,
        "mu": unit(LAYERS["farmland"]["area_mu"].unit),
        "below": [{"name": name, "title": title(LAYERS[name])} for name in project_forms.BELOW if held.get(name)],
        "limit": project_forms.MOST_FEATURES,
        "geometry": None if place is None else shapely.geometry.mapping(shapely.force_2d(place)),
        "urls": {
            "frame": url_for("project_forms.frame", lang=language()),
            "file": url_for("project_forms.site_file"),
            **(urls or {}),
        },
    }
