"""The map of one project: as it is planned, as it was built, and what lies around, as far as the person reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import geopandas as gpd

from geo_app.actions import reach
from geo_app.actions.diff import POLYGONS
from geo_app.actions.diff_map import extent_of
from geo_app.actions.library import as_built
from layers.catalogue import LAYERS
from layers.schema import STORAGE_CRS
from layers.store import Condition
from map_templates.spec import Credits, MapLayer, MapSpec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import shapely

    from geo_app.access import Person
    from layers.store import Store

BELOW: Final = ("counties", "townships", "villages", "roads")
AROUND: Final = 1500
WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "planned": ("计划的", "as planned"),
    "built": ("建成的", "as built"),
    "others": ("其他项目", "other projects"),
}


def spec(
    store: Store, person: Person, project: Mapping[str, Any], *, language: Literal["zh", "en"] = "zh", simulated: bool = False
) -> MapSpec | None:
    """Compose the map; None where neither plan nor works have a geometry and no village named has an outline."""
    at = 0 if language == "zh" else 1
    known = as_built.built_of(store, person, str(project["project_id"]))
    planned, built = project.get("geometry"), None if known is None else known.get("geometry")
    name = str(project.get("name") or "")
    own = [
        _own("diff_before" if built is not None else "diff_after", WORDS["planned"][at], name, planned),
        _own("diff_after", WORDS["built"][at], name, built),
    ]
    villages = _villages(store, person, project)
    extent = extent_of([item.frame for item in own if item is not None] or ([] if villages is None else [villages]))
    if extent is None:
        return None
    layers = [*_below(store, person, extent, language), *_others(store, person, project, extent, WORDS["others"][at])]
    layers += [item for item in own if item is not None]
    return MapSpec(name, layers=tuple(layers), extent=extent, credits=Credits(simulated=simulated), language=language)


def _own(layer: str, title: str, name: str, shape: shapely.Geometry | None) -> MapLayer | None:
    if shape is None or shape.is_empty:
        return None
    frame = gpd.GeoDataFrame({"name": [name]}, geometry=gpd.GeoSeries([shape], crs=STORAGE_CRS), crs=STORAGE_CRS)
    return MapLayer(layer, title, frame, label_field="name")


def _villages(store: Store, person: Person, project: Mapping[str, Any]) -> gpd.GeoDataFrame | None:
    codes = [str(code) for code in project.get("village_codes") or ()]
    if not codes or not reach.may(person, "villages"):
        return None
    where = (Condition("village_code", "in", codes),)
    rows = store.read("villages", where=where, reach=reach.of(store, person, "villages"))
    rows = rows[rows.geometry.notna()]
    return rows if len(rows) else None


def _below(store: Store, person: Person, extent: Sequence[float], language: str) -> list[MapLayer]:
    found = []
    west, south, east, north = extent
    for name in BELOW:
        if not reach.may(person, name):
            continue
        rows = store.read(name, bbox=(west, south, east, north), limit=AROUND, reach=reach.of(store, person, name))
        rows = rows[rows.geometry.notna()]
        if name != "roads":
            rows = rows[rows.geom_type.isin(POLYGONS)]
        if len(rows):
            label = LAYERS[name].name_field if name != "roads" and LAYERS[name].name_field in rows else None
            found.append(MapLayer(name, LAYERS[name].title(language), rows, label_field=label))
    return found


def _others(store: Store, person: Person, project: Mapping[str, Any], extent: Sequence[float], title: str) -> list[MapLayer]:
    west, south, east, north = extent
    rows = store.read("projects", bbox=(west, south, east, north), limit=AROUND, reach=reach.of(store, person, "projects"))
    rows = rows[rows.geometry.notna() & (rows["project_id"] != project["project_id"])]
    return [MapLayer("diff_around", title, rows, label_field=None)] if len(rows) else []
