"""What a map says: frozen descriptions that the web map and the printed page both draw. No drawing library is used here.

Every frame inside is a GeoDataFrame in EPSG:4490 (longitude, latitude); values are percent where `unit` says so; unknown is NaN.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Literal

from map_templates.errors import SpecError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geopandas import GeoDataFrame

LANGUAGES: Final = ("zh", "en")
RAMPS: Final = ("more", "gaps", "change")
"""Names of the colour ramps: more is better (YlGnBu), gaps (YlOrBr), change (PuOr)."""
CHOROPLETH_COLUMNS: Final = ("area_code", "area_name", "value", "low", "high", "status", "numerator", "denominator", "unknown")
SCALE_LIMITS: Final = (500, 20_000_000)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

Extent = tuple[float, float, float, float]
"""West, south, east, north in degrees."""


@dataclass(frozen=True, slots=True)
class Classes:
    """Class breaks of a choropleth: class i holds `breaks[i] <= value < breaks[i + 1]`, the last one its upper edge too.

    Values are compared after rounding to `decimals`, the places that the legend prints, so a printed number always lies in the
    class that its colour says. `counts[i]` is the number of areas in class i and `no_data` that of areas without a value.
    """

    breaks: tuple[float, ...]
    method: str
    counts: tuple[int, ...] = ()
    no_data: int = 0
    decimals: int = 1

    @property
    def size(self) -> int:
        """Number of classes; 0 where no area has a value."""
        return max(len(self.breaks) - 1, 0)


@dataclass(frozen=True, slots=True)
class Choropleth:
    """Areas coloured by a value.

    `frame` has the columns of `CHOROPLETH_COLUMNS` and a geometry; an optional column `synthetic` marks simulated rows.
    `unit_noun` is what is counted in the legend (村, villages). `classes` None lets the map choose natural breaks.
    """

    frame: GeoDataFrame
    title: str
    unit: str = "%"
    classes: Classes | None = None
    ramp: Literal["more", "gaps", "change"] = "more"
    unit_noun: str = ""
    target: float | None = None


@dataclass(frozen=True, slots=True)
class Detail:
    """A field shown when a feature is picked: column of the frame, title, unit."""

    field: str
    title: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class MapLayer:
    """One layer of features over or under the choropleth.

    `name` picks the symbols in `map_templates.symbols` (a layer name such as `roads`, or `neighbours`, `outline`, `gaps`,
    `contradictions`, `result`); `key_field` holds the code or id sent when a person picks a feature, `label_field` the printed
    name.
    """

    name: str
    title: str
    frame: GeoDataFrame
    key_field: str | None = None
    label_field: str | None = None
    details: tuple[Detail, ...] = ()
    visible: bool = True
    group: str = ""


@dataclass(frozen=True, slots=True)
class Legend:
    """How the legend is printed: its notes, and whether the number of areas in each class is shown."""

    notes: tuple[str, ...] = ()
    show_counts: bool = True


@dataclass(frozen=True, slots=True)
class Credits:
    """Who made the map from what: sources with their dates, ISO date, CRS line, organisation, run.

    An empty `crs_text` is written by the page. `review_number` is the 审图号; left empty, the page prints that it is for internal
    use until reviewed. `simulated` marks the map and its footer as showing simulated data.
    """

    sources: tuple[str, ...] = ()
    date: str = ""
    crs_text: str = ""
    review_number: str = ""
    organisation: str = ""
    simulated: bool = False
    run_id: str | int | None = None
    note: str = ""
    method: str = ""


@dataclass(frozen=True, slots=True)
class Locator:
    """Where the mapped area lies: areas of the parent (`area_code`, geometry) and the codes to highlight."""

    frame: GeoDataFrame
    highlight: tuple[str, ...]
    name: str = ""


@dataclass(frozen=True, slots=True)
class PageSpec:
    """Paper: size, orientation, and a fixed scale denominator (None lets the page choose the largest that fits).

    The orientation `auto` is the one in which the area is drawn at the larger scale, landscape where both give the same.
    """

    size: Literal["A3", "A4"] = "A4"
    orientation: Literal["landscape", "portrait", "auto"] = "landscape"
    scale: int | None = None

    @property
    def size_mm(self) -> tuple[float, float]:
        """Width and height of the sheet in millimetres (ISO 216)."""
        short, long = {"A4": (210.0, 297.0), "A3": (297.0, 420.0)}[self.size]
        return (short, long) if self.orientation == "portrait" else (long, short)


@dataclass(frozen=True, slots=True)
class MapSpec:
    """A whole map: title, what is coloured, the layers over it, the furniture and the page.

    `extent` None means the bounds of the choropleth, or of the layers where there is none. Layers are drawn in the order of
    `map_templates.symbols`, not of the tuple.
    """

    title: str
    area_name: str = ""
    subtitle: str = ""
    figure_no: str = ""
    layers: tuple[MapLayer, ...] = ()
    choropleth: Choropleth | None = None
    legend: Legend = field(default_factory=Legend)
    credits: Credits = field(default_factory=Credits)
    extent: Extent | None = None
    locator: Locator | None = None
    language: Literal["zh", "en"] = "zh"
    page: PageSpec = field(default_factory=PageSpec)

    def bounds(self) -> Extent | None:
        """Bounds to show, in degrees; None where nothing has a geometry."""
        if self.extent is not None:
            return self.extent
        own = [self.choropleth.frame] if self.choropleth is not None else []
        for frames in (own, [layer.frame for layer in self.layers if layer.name != "neighbours"]):
            boxes = [frame.total_bounds for frame in frames if len(frame) and not frame.geometry.dropna().empty]
            if boxes:
                west, south, east, north = zip(*boxes, strict=True)
                return (float(min(west)), float(min(south)), float(max(east)), float(max(north)))
        return None


def validate(spec: MapSpec) -> MapSpec:
    """Check that a map holds together and give it back; every fault is reported at once.

    Raises:
        SpecError: A part is not usable; `faults` lists every one.

    Examples:
        >>> validate(MapSpec("会宁县道路")).title
        '会宁县道路'
        >>> validate(MapSpec("", page=PageSpec(size="A7")))
        Traceback (most recent call last):
        ...
        map_templates.errors.SpecError: ...: the title is empty; the page A7 landscape is not A4 or A3, ....
    """
    faults = [*_sheet_faults(spec), *_frame_faults(spec), *_choropleth_faults(spec)]
    if faults:
        raise SpecError(faults)
    return spec


def _sheet_faults(spec: MapSpec) -> Iterator[str]:
    if not spec.title.strip():
        yield "the title is empty"
    if spec.language not in LANGUAGES:
        yield f"the language {spec.language!r} is not one of zh, en"
    page = spec.page
    if page.size not in {"A4", "A3"} or page.orientation not in {"landscape", "portrait", "auto"}:
        yield f"the page {page.size} {page.orientation} is not A4 or A3, landscape, portrait or auto"
    low, high = SCALE_LIMITS
    if page.scale is not None and not low <= page.scale <= high:
        yield f"the scale 1:{page.scale} is outside 1:{low} to 1:{high}"
    review = spec.credits.review_number
    if len(review) > 60 or _CONTROL.search(review):  # noqa: PLR2004 - one line of the footer
        yield "the review number must be one line of at most 60 characters"
    if spec.extent is not None:
        yield from _extent_faults(spec.extent)


def _extent_faults(extent: Extent) -> Iterator[str]:
    west, south, east, north = extent
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):  # noqa: PLR2004 - the globe
        yield f"the extent {extent} is not west, south, east, north in degrees"


def _frame_faults(spec: MapSpec) -> Iterator[str]:
    frames = [(layer.name, layer.frame) for layer in spec.layers]
    if spec.choropleth is not None:
        frames.append(("choropleth", spec.choropleth.frame))
    if spec.locator is not None:
        frames.append(("locator", spec.locator.frame))
    for name, frame in frames:
        crs = getattr(frame, "crs", None)
        if crs is None or not crs.is_geographic:
            yield f"the frame of {name} must be in EPSG:4490, found {crs.to_string() if crs is not None else 'no CRS'}"
    for layer in spec.layers:
        named = [layer.key_field, layer.label_field, *(detail.field for detail in layer.details)]
        missing = [column for column in named if column is not None and column not in layer.frame.columns]
        if missing:
            yield f"the layer {layer.name} has no column {', '.join(missing)}"


def _choropleth_faults(spec: MapSpec) -> Iterator[str]:
    choropleth = spec.choropleth
    if choropleth is None:
        return
    missing = [column for column in CHOROPLETH_COLUMNS if column not in choropleth.frame.columns]
    if missing:
        yield f"the choropleth has no column {', '.join(missing)}"
    if choropleth.ramp not in RAMPS:
        yield f"the ramp {choropleth.ramp!r} is not one of {', '.join(RAMPS)}"
    breaks = choropleth.classes.breaks if choropleth.classes is not None else ()
    if any(a > b for a, b in pairwise(breaks)):
        yield f"the class breaks {breaks} do not rise"
