"""How far a person's right goes: which rows (by area) and which fields of a layer may be read or written.

A right is asked for by layer and verb; the answer is a `Reach` that the store turns into a predicate and that frames are
masked with. A layer that a person does not read is answered like one that does not exist.
"""

from __future__ import annotations

import threading
import weakref
from collections import OrderedDict
from functools import reduce
from typing import TYPE_CHECKING

import shapely

from geo_app.access import Permission, Person, Verb
from geo_app.access.roles import ROLES
from geo_app.actions import held
from geo_app.errors import ForbiddenError, NotFoundError, NotSignedInError
from layers.catalogue import LAYERS
from layers.store import EVERYWHERE, Reach

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from geopandas import GeoDataFrame

    from layers.store import Grant, Store
    from processing.areas import Areas

OUTLINED = (("counties", "county_code"), ("townships", "township_code"), ("villages", "village_code"))
"""Layers that hold outlines of areas, the coarsest first, with their keys."""
KEPT_TERRITORIES = 64

Territory = tuple[frozenset[str], shapely.Geometry | None]
_kept: weakref.WeakKeyDictionary[Store, OrderedDict[tuple[object, ...], Territory]] = weakref.WeakKeyDictionary()
_lock = threading.Lock()


def of(store: Store, person: Person, layer: str, verb: Verb = Verb.READ, *, versions: Mapping[str, int] | None = None) -> Reach:
    """Give how far a person's right to do something to a layer goes; `versions` are the layers' own, where they are known.

    Raises:
        NotSignedInError: nobody asks.
        NotFoundError: there is no such layer, or the person does not read it; both are said alike.
        ForbiddenError: the person reads the layer and may not do this to it.
    """
    grants = _grants(person, layer, verb)
    if grants is None:
        return EVERYWHERE
    codes, outline = _together(store, [item.areas for item in grants], versions)
    if verb is Verb.READ:
        return Reach(codes=codes, outline=outline, masked=_masked(person, grants, layer))
    fields = None if verb is Verb.REVIEW else _fields(grants, layer)
    return Reach(codes=codes, outline=outline, fields=fields, reading=of(store, person, layer, versions=versions))


def may(person: Person, layer: str, verb: Verb = Verb.READ) -> bool:
    """Say whether a person may do something to a layer in some area at all."""
    if layer not in LAYERS or person.is_anonymous:
        return False
    return person.is_local or any(_may(item, layer, verb) for item in person.grants)


def readable_layers(person: Person) -> tuple[str, ...]:
    """Name the layers that a person reads, in the order of the catalogue."""
    return tuple(name for name in LAYERS if may(person, name))


def for_reading(store: Store, person: Person) -> dict[str, Reach]:
    """Give for every layer that a person reads how far; none for nobody."""
    versions = {} if person.is_local else store.versions()
    return {name: of(store, person, name, versions=versions) for name in readable_layers(person)}


def for_writing(store: Store, person: Person, layers: Iterable[str], verb: Verb = Verb.APPLY) -> Mapping[str, Reach]:
    """Give for every layer that is to be written how far the person's right goes.

    Raises:
        NotSignedInError, NotFoundError, ForbiddenError: as `of`, for the first layer that may not be written.
    """
    versions = {} if person.is_local else store.versions()
    return {name: of(store, person, name, verb, versions=versions) for name in dict.fromkeys(layers)}


def area_codes(store: Store, person: Person) -> frozenset[str] | None:
    """Give the codes of the areas that a person reads, with everything below them; None for everywhere."""
    if person.everything:
        return None
    return _together(store, [item.areas for item in person.grants if item.role in ROLES])[0]


def read_outline(store: Store, person: Person) -> shapely.Geometry | None:
    """Give the union of the outlines of the areas that a person reads (EPSG:4490); None where no outline is held."""
    codes = None if person.everything else _together(store, [item.areas for item in person.grants if item.role in ROLES])
    if codes is None or codes[0] is None:
        return territory(store, frozenset(held.areas(store).codes))[1]
    return codes[1]


def reviewed_codes(store: Store, person: Person) -> frozenset[str] | None:
    """Give the codes of the areas that a person decides for (reviews, publishes), with everything below; None for everywhere."""
    if person.everything:
        return None
    roles = [(item, ROLES.get(item.role)) for item in person.grants]
    deciding = [item.areas for item, role in roles if role and Permission.REVIEW in role.permissions(apply=item.apply)]
    return _together(store, deciding)[0]


def _masked(person: Person, grants: Sequence[Grant], layer: str) -> bool:
    """Say whether names of households are hidden: from everybody but who looks after them in every area that is read."""
    if LAYERS[layer].personal is None or person.everything:
        return False
    return not all(ROLES[item.role].confidential for item in grants)


def _may(grant: Grant, layer: str, verb: Verb) -> bool:
    role = ROLES.get(grant.role)
    return role is not None and role.may(layer, verb, apply=grant.apply)


def _grants(person: Person, layer: str, verb: Verb) -> list[Grant] | None:
    """Give the grants that carry a right, None for the person who has every right."""
    if person.is_anonymous:
        raise NotSignedInError("Sign in first.")
    if not may(person, layer):
        raise NotFoundError(f"There is no layer {layer!r}; there are: {', '.join(readable_layers(person)) or 'none'}")
    if person.is_local:
        return None
    found = [item for item in person.grants if _may(item, layer, verb)]
    if not found:
        raise ForbiddenError(f"Your account reads the layer {layer} and may not {verb} it; ask its bureau or the administrator.")
    return found


def _fields(grants: Sequence[Grant], layer: str) -> frozenset[str] | None:
    """Give the fields that may be written everywhere these grants reach: all grants' together where they reach equally far."""
    sets = [ROLES[item.role].fields(layer) for item in grants]
    if len({frozenset(item.areas) for item in grants}) == 1:
        return None if None in sets else reduce(frozenset.union, [item for item in sets if item is not None])
    limited = [item for item in sets if item is not None]
    return reduce(frozenset.intersection, limited) if limited else None


def _together(
    store: Store, areas: Sequence[Sequence[str]], versions: Mapping[str, int] | None = None
) -> tuple[frozenset[str] | None, shapely.Geometry | None]:
    if any(not item for item in areas):
        return None, None
    return territory(store, frozenset(code for item in areas for code in item), versions)


def territory(store: Store, granted: frozenset[str], versions: Mapping[str, int] | None = None) -> Territory:
    """Give the codes of areas with all that lies below them, and the union of their outlines (EPSG:4490; None without one).

    Made once for a state of the area layers.
    """
    versions = store.versions() if versions is None else versions
    key = (granted, *(versions.get(name, 0) for name in held.TREE_LAYERS))
    with _lock:
        kept = _kept.setdefault(store, OrderedDict())
        if key in kept:
            kept.move_to_end(key)
            return kept[key]
    frames = held.read(store, held.TREE_LAYERS)
    tree = held.areas(store, frames)
    made = (frozenset(tree.codes[tree.within(granted)].tolist()) | granted, _outline(tree, frames, granted))
    with _lock:
        kept[key] = made
        while len(kept) > KEPT_TERRITORIES:
            kept.popitem(last=False)
    return made


def _outline(tree: Areas, frames: Mapping[str, GeoDataFrame], granted: frozenset[str]) -> shapely.Geometry | None:
    """Join the outlines of areas; one without its own is what lies in it, the coarsest first."""
    wanted = tree.within(granted)
    parts: list[shapely.Geometry] = []
    for name, key in OUTLINED:
        frame = frames.get(name)
        if frame is None or frame.empty:
            continue
        at = tree.positions(frame[key])
        drawn = frame.geometry.notna() & frame.geom_type.isin(["Polygon", "MultiPolygon"])
        chosen = drawn.to_numpy() & (at >= 0) & wanted[at]
        if chosen.any():
            parts += frame.geometry[chosen].tolist()
            wanted = wanted & ~tree.within(frame.loc[chosen, key].astype(str))
    return shapely.union_all(parts) if parts else None
