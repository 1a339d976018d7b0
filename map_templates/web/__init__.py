"""MapSpec → a folium page that works with the network cut; every value of the data reaches the page as text, never as HTML."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import folium
from branca.element import MacroElement
from folium.elements import JSCSSMixin
from folium.plugins import GeoMan
from folium.template import Template

from map_templates.spec import validate
from map_templates.web.offline import OfflineFigure, Window
from map_templates.web.payload import MAX_FEATURES, as_script_text, payload

if TYPE_CHECKING:
    from map_templates.spec import MapSpec

__all__ = ["WebOptions", "payload", "render"]

_HERE: Final = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class WebOptions:
    """What the page offers.

    `edit` makes it a map to edit on: the page around it hands over the features and keeps them. `draw` adds the tools for drawing
    a query area, `finder` the field that finds an area by name, `controls` the layer list and the legend, `heading` the title on
    the map, `popups` the table of numbers on a click (off where a panel beside the map shows them). `parent_origin` sends every
    event to the page that frames this one, and takes its commands; `nonce` is for its content security policy; `assets_dir` is a
    vendor or node_modules folder to embed from.
    """

    draw: bool = False
    edit: bool = False
    finder: bool = True
    controls: bool = True
    heading: bool = True
    popups: bool = True
    parent_origin: str = ""
    nonce: str = ""
    max_features: int = MAX_FEATURES
    assets_dir: Path | None = None


class _XiangtuMap(MacroElement):
    """Places for our style, data and script on a folium map."""

    _template = Template(
        """
        {% macro header(this, kwargs) %}<style>{{ this.style }}</style>{% endmacro %}
        {% macro html(this, kwargs) %}<script type="application/json" id="xt-data">{{ this.values }}</script>{% endmacro %}
        {% macro script(this, kwargs) %}
        {{ this.code }}
        window.MAP = {{ this._parent.get_name() }};
        const xtData = JSON.parse(document.getElementById("xt-data").textContent);
        window.XT = startXiangtuMap(window.MAP, xtData);
        if (xtData.options.edit) window.XTE = startXiangtuEditing(window.MAP, xtData);
        {% endmacro %}
        """
    )

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "XiangtuMap"
        self.style, self.values, self.code = _MARKERS


_MARKERS: Final = ("/*xiangtu-style*/", "/*xiangtu-values*/", "/*xiangtu-code*/")


class _EditTools(JSCSSMixin, MacroElement):
    """The scripts of Leaflet-Geoman without its tool bar: in edit mode the tools stand in the page around the map."""

    _template = Template("")

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.default_js, self.default_css = GeoMan.default_js, GeoMan.default_css


def _late(values: dict[str, Any]) -> dict[str, str]:
    """Our style, the data and our script, by the markers that they replace; the data last, so that it is never searched."""
    style, data, code = _MARKERS
    editing = values["options"]["edit"]
    scripts = _text("canvas.js", "furniture.js", "map.js", *(["editing.js"] if editing else []))
    return {style: _text("map.css", *(["editing.css"] if editing else [])), code: scripts, data: as_script_text(values)}


def _text(*names: str) -> str:
    return "\n".join((_HERE / name).read_text("utf-8") for name in names)


def render(spec: MapSpec, *, assets_base: str = "/static/vendor", inline: bool = False, options: WebOptions | None = None) -> str:
    """Write a map as a web page.

    Args:
        spec: The map; frames in EPSG:4490.
        assets_base: Address of the vendor folder on the server.
        inline: Embed every script and style, so that the page is one file that opens from a disk.
        options: What the page offers.

    Raises:
        SpecError: The map does not hold together.
        AssetMissingError: A front-end file is not installed; the page never refers to another server.

    Examples:
        >>> from map_templates.spec import MapSpec
        >>> page = render(MapSpec("会宁县道路"))
        >>> "/static/vendor/leaflet/leaflet.js" in page, "https://cdn" in page
        (True, False)
    """
    chosen = options or WebOptions()
    values = payload(validate(spec), max_features=chosen.max_features)
    values["options"] = {
        "draw": chosen.draw,
        "edit": chosen.edit,
        "finder": chosen.finder,
        "controls": chosen.controls,
        "heading": chosen.heading,
        "popups": chosen.popups,
        "parent": chosen.parent_origin,
    }
    figure = OfflineFigure(
        base=assets_base,
        inline=inline,
        folder=chosen.assets_dir,
        window=Window("zh-CN" if spec.language == "zh" else "en", spec.title, chosen.nonce),
    )
    page = folium.Map(tiles=None, prefer_canvas=True, zoom_control=False, attributionControl=False, zoomSnap=0.5)
    page.options["max_zoom"] = 20
    if chosen.draw:
        GeoMan(  # type: ignore[no-untyped-call]
            position="topleft",
            draw_marker=False, draw_circle_marker=False, draw_polyline=False, draw_text=False,
            edit_mode=False, drag_mode=False, cut_polygon=False, rotate_mode=False,
        ).add_to(page)  # fmt: skip
    if chosen.edit:
        _EditTools().add_to(page)
    page.add_child(_XiangtuMap())
    figure.late = _late(values)
    page._parent = None  # type: ignore[assignment]  # noqa: SLF001 - folium has already put the map into a figure of its own
    figure.add_child(page)
    return figure.render()
