"""Maps of key counties by state and of settlements by what they lack, for the screen and for the printed page."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from geo_app.actions import boundaries, inputs, outlines
from geo_app.actions.load_recipe import ASSUMPTIONS, ATTRIBUTION
from geo_app.errors import NoDataError
from map_templates import paper
from map_templates.spec import Credits, Detail, MapLayer, MapSpec, PageSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geopandas import GeoDataFrame

    from geo_app.access import Person
    from geo_app.actions.compose_map import Maker
    from layers.store import Store
    from processing.areas import Areas

COUNTY_RANK: Final = 3
LABELLED: Final = 40
"""Up to so many settlements are named on a map."""
WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "zh": {
        "counties": "重点帮扶县（{level}级名录）",
        "note": "名录不完整的省份，名录外的县为未知，不是“不是”。",
        "settlements": "易地搬迁安置点配套设施缺项",
        "rule": "八项：水、电、路、通信、污水、垃圾、教育（学校或幼儿园）、医疗；未知与缺项分开。",
        "persons": "安置人口",
        "missing": "缺项",
        "county": "县",
    },
    "en": {
        "counties": "Key counties ({level} list)",
        "note": "Where a list is partial, a county absent from it is unknown, not a “no”.",
        "settlements": "What relocation settlements lack",
        "rule": "Eight: water, power, road, communication, sewage, waste, education (school or kindergarten), clinic; "
        "unknown apart from missing.",
        "persons": "Persons",
        "missing": "Missing",
        "county": "Counties",
    },
}


@dataclass(frozen=True, slots=True)
class Look:
    """In which language, on which page and by whom a map is made."""

    language: Literal["zh", "en"] = "zh"
    page: PageSpec = field(default_factory=PageSpec)
    maker: Maker | None = None

    def say(self, key: str, **values: object) -> str:
        """Give a text in the language of the map."""
        return WORDS[self.language][key].format(**values)


def counties(store: Store, states: Mapping[str, str], level: str, look: Look, *, person: Person | None = None) -> MapSpec:
    """Draw the counties that are held, by state at one level of lists.

    Raises:
        NoDataError: no county is held with an outline.
    """
    areas, frames = _tree(store, person)
    name = next((item.name for item in areas.levels if item.rank == COUNTY_RANK), None)
    if name is None:
        raise NoDataError("No county is held; load counties with their outlines first.")
    shapes = outlines.outlines(areas, frames, name)
    shown = shapes.assign(state=[states.get(code, "unknown") for code in shapes["area_code"]])
    layer = MapLayer(
        "key_counties", look.say("county"), shown.reset_index(drop=True), key_field="area_code", label_field="area_name"
    )
    title = look.say("counties", level=level)
    return MapSpec(
        title,
        layers=(layer,),
        credits=_credits(store, look, look.say("note"), simulated=_simulated(frames["counties"])),
        language=look.language,
        page=look.page,
    )


def settlements(store: Store, points: GeoDataFrame, look: Look, *, person: Person | None = None) -> MapSpec:
    """Draw settlements by what they lack, with the boundaries around them.

    Raises:
        NoDataError: no settlement has a place.
    """
    if points.empty:
        raise NoDataError("No relocation settlement with a place is held; load settlements first.")
    areas, frames = _tree(store, person)
    around = []
    try:
        whole = outlines.outlines(areas, frames, next(item.name for item in areas.levels if item.rank == COUNTY_RANK))
        around = [MapLayer("counties", look.say("county"), whole, label_field="area_name")]
        around += [
            item
            for item in boundaries.boundary_layers(
                areas, frames, whole.geometry.union_all(), rank=COUNTY_RANK + 2, language=look.language
            )
            if item.name == "townships"
        ]
    except (NoDataError, StopIteration):
        pass
    drawn = points.assign(missing=["、".join(item) or "—" for item in points["missing"]])
    details = (Detail("persons", look.say("persons")), Detail("missing", look.say("missing")))
    layer = MapLayer(
        "settlement_needs",
        look.say("settlements"),
        drawn,
        key_field="settlement_id",
        label_field="name" if len(drawn) <= LABELLED else None,
        details=details,
    )
    return MapSpec(
        look.say("settlements"),
        layers=(layer, *around),
        credits=_credits(store, look, look.say("rule"), simulated=_simulated(points)),
        language=look.language,
        page=look.page,
    )


def pdf(spec: MapSpec) -> bytes:
    """Draw a map as a PDF page."""
    with tempfile.TemporaryDirectory(prefix="map-") as folder:
        path = Path(folder) / "map.pdf"
        paper.render(spec, path, format="pdf")
        return path.read_bytes()


def _tree(store: Store, person: Person | None) -> tuple[Areas, dict[str, GeoDataFrame]]:
    frames = inputs.read(store, inputs.AREA_LAYERS, person=person)
    return inputs.areas(store, person=person), frames


def _simulated(frame: GeoDataFrame) -> bool:
    return "data_quality" in frame and bool((frame["data_quality"] == "synthetic").any())


def _credits(store: Store, look: Look, rule: str, *, simulated: bool) -> Credits:
    sources = tuple(str(item.get("attribution") or "") for item in store.settings_get(ATTRIBUTION) or [])
    notes = [str(item.get(look.language) or "") for item in store.settings_get(ASSUMPTIONS) or []]
    return Credits(
        sources=tuple(text for text in sources if text),
        review_number=look.maker.review_number if look.maker else "",
        organisation=look.maker.organisation if look.maker else "",
        simulated=simulated,
        note=" ".join(dict.fromkeys(text for text in (rule, *notes) if text)),
    )
