"""Differences of features in words and on a map, as the pages of changes, requests and kept edits show them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask_babel import gettext

from geo_app.actions import diff_map, reach
from geo_app.actions.diff import describe, moved_m, size
from geo_app.web import context, frames
from geo_app.web.desk import desk, person
from geo_app.web.features import words
from geo_app.web.language import cell, language, number, quantity, title, unit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import shapely
    from flask.typing import ResponseReturnValue

    from geo_app.actions.diff import FeatureDiff, Measure
    from geo_app.actions.diff_map import Drawn
    from layers.schema import Layer

KILOMETRE, HECTARE = 10_000.0, 100_000.0
LEAST_M = 0.005
GEOMETRY = "geometry"


@dataclass(frozen=True, slots=True)
class Shown:
    """One feature of a difference, ready for a page: names, kind, rows of fields, and a line about its geometry."""

    layer: Layer
    title: str
    name: str
    id: str | None
    ver: int | None
    diff: FeatureDiff
    fields: tuple[tuple[str, str, str], ...]
    """Title of the field, value before, value after."""
    measures: tuple[str, ...]

    @property
    def moved(self) -> bool:
        """Whether the first of the measures says how far it moved."""
        return self.diff.moved_m is not None and self.diff.moved_m > LEAST_M

    def drawn(self, beside: tuple[shapely.Geometry | None, ...] = ()) -> Drawn:
        """Give what a map draws of it; `beside` finds room there too."""
        return diff_map.of_diff(self.layer, self.name, self.diff, beside)


def shown(layer: Layer, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> Shown:
    """Describe one feature before and after for a page."""
    found = describe(layer, before, after)
    feature = after or before or {}
    fields = tuple((_field(layer, name), said(layer, name, old), said(layer, name, new)) for name, old, new in found.fields)
    return Shown(
        layer, title(layer), label(layer, feature), feature.get("id"), feature.get("ver"), found, fields, tuple(_measures(found))
    )


def label(layer: Layer, feature: Mapping[str, Any]) -> str:
    """Name a feature by its name and its key."""
    name, key = feature.get(layer.name_field), feature.get(layer.key)
    return " · ".join(dict.fromkeys(str(text) for text in (name, key) if text))


def said(layer: Layer, name: str, value: Any, seen: Any = None) -> str:
    """Write a value of a field for reading; a geometry as its size and how far it is from the one that was `seen`."""
    if name == GEOMETRY:
        return _place(value, seen)
    return cell(words(layer[name], value))


def _place(shape: shapely.Geometry | None, seen: shapely.Geometry | None) -> str:
    if shape is None or shape.is_empty:
        return "—"
    measured = size(shape)
    if measured is None:
        place = shape.centroid
        found = f"{place.x:.5f}, {place.y:.5f}"
    else:
        found = metres(measured[1]) if measured[0] == "length" else square(measured[1])
    far = None if seen is None or seen.is_empty else moved_m(seen, shape)
    if far is None or far <= LEAST_M:
        return found
    moved = gettext("moved %(far)s", far=metres(far))
    return f"{found} · {moved}"


def _field(layer: Layer, name: str) -> str:
    item = layer[name]
    sign = unit(item.unit)
    return f"{title(item)} / {sign}" if sign else title(item)


def _measures(found: FeatureDiff) -> Iterable[str]:
    if found.moved_m is not None and found.moved_m > LEAST_M:
        yield str(gettext("moved by up to %(far)s", far=metres(found.moved_m)))
        if found.centroid_m is not None and found.centroid_m > LEAST_M:
            yield str(gettext("its middle by %(far)s", far=metres(found.centroid_m)))
    elif found.geometry_changed and found.moved_m is not None:
        yield str(gettext("drawn anew in the same place"))
    if found.length.difference is not None:
        yield str(gettext("length %(text)s", text=_measure(found.length, metres)))
    if found.area.difference is not None:
        yield str(gettext("area %(text)s", text=_measure(found.area, square)))


def _measure(found: Measure, write: Any) -> str:
    if found.before is None or found.after is None:
        return str(write(found.after if found.before is None else found.before))
    if abs(found.difference or 0.0) < LEAST_M:
        return str(write(found.after))
    sign = "+" if (found.difference or 0.0) > 0 else "−"
    return f"{write(found.before)} → {write(found.after)} ({sign}{write(abs(found.difference or 0.0))})"


def metres(value: float) -> str:
    """Write a length: metres, kilometres from 10 km on; below ten metres with decimals.

    >>> metres(3.14159), metres(512.4), metres(12345)
    ('3.14 m', '512 m', '12.3 km')
    """
    if value >= KILOMETRE:
        return f"{number(value / 1000, 1)} km"
    return f"{quantity(value) if value < 10 else number(value)} m"  # noqa: PLR2004 - centimetres count there


def square(value: float) -> str:
    """Write an area: square metres, hectares from ten hectares on.

    >>> square(1234.5), square(2_500_000)
    ('1,234 m²', '250 ha')
    """
    return f"{number(value / 10_000)} ha" if value >= HECTARE else f"{number(value)} m²"


def map_answer(items: Sequence[Shown | Drawn]) -> ResponseReturnValue:
    """Draw differences in a frame."""
    here, who = desk(), person()
    names = {item.layer.name for item in items} | set(diff_map.BOUNDARIES)
    reaches = {name: reach.of(here.store, who, name) for name in names if reach.may(who, name)}
    spec = diff_map.spec(
        here.store,
        [item.drawn() if isinstance(item, Shown) else item for item in items],
        reaches=reaches,
        language="zh" if language() == "zh" else "en",
        simulated=context.simulated(*(item.layer.name for item in items)),
    )
    return frames.answer(spec, frames.options())
