"""How far a waiting file has come on its way in: looked into, answered, mapped, checked, accepted. Kept while the server runs."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from geo_app.actions import import_layer, uploads
from geo_app.actions.merging import Mode
from geo_app.errors import BadRequestError
from geo_app.web.figures import plain_value
from layers import files
from layers.catalogue import LAYERS
from layers.files import Answers

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import geopandas as gpd

    from geo_app.access import Person
    from geo_app.actions.import_layer import Checked, Imported
    from geo_app.actions.uploads import Upload
    from geo_app.config import Settings
    from layers.files import Inspection
    from layers.store import Store

SAMPLES = 3
MOST_KEPT = 40
QUESTIONS = ("crs", "encoding", "layer", "coordinates")
STEPS = ("file", "questions", "columns", "report", "done")


@dataclass
class Waiting:
    """One waiting file: what was found in it, what the person answered and chose, and what came of it."""

    upload: Upload
    wish: str = ""
    inspection: Inspection | None = None
    answers: Answers = field(default_factory=Answers)
    samples: dict[str, list[str]] | None = None
    choices: import_layer.Choices | None = None
    checked: Checked | None = None
    imported: Imported | None = None

    @property
    def step(self) -> str:
        """Name the step that the person is at."""
        if self.imported is not None:
            return "done"
        if self.checked is not None:
            return "report"
        return "columns" if self.samples is not None else "questions"


@dataclass
class Desktop:
    """All waiting files of this process, by their id."""

    items: dict[str, Waiting] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def put(self, item: Waiting) -> Waiting:
        """Keep a file's state; the oldest ones beyond the limit are let go, their files stay until swept."""
        with self.lock:
            self.items[item.upload.id] = item
            while len(self.items) > MOST_KEPT:
                del self.items[next(iter(self.items))]
        return item

    def get(self, upload_id: str, settings: Settings, owner: str) -> Waiting:
        """Give the state of a file of somebody's; a file that waits since before a restart begins again.

        Raises:
            NotFoundError: when there is no such file, or it is somebody else's; both are said alike.
        """
        with self.lock:
            held = self.items.get(upload_id)
        found = held or Waiting(uploads.find(upload_id, settings.uploads))
        if found.upload.owner != owner:
            raise uploads.gone()
        return held or self.put(found)

    def drop(self, upload_id: str) -> None:
        """Forget a file."""
        with self.lock:
            self.items.pop(upload_id, None)


def look(store: Store, item: Waiting, settings: Settings, who: Person) -> None:
    """Look into a file; when it leaves nothing open, read its columns as well."""
    item.inspection = import_layer.inspect(store, item.upload, limits=import_layer.limits_of(settings), person=who)
    if not item.inspection.questions:
        read_columns(item, settings)


def read_columns(item: Waiting, settings: Settings) -> None:
    """Read a file with the answers given, for the names of its columns and a few values of each."""
    raw = files.read(
        item.upload.path, original_name=item.upload.original_name, answers=item.answers, limits=import_layer.limits_of(settings)
    )
    item.samples = {str(name): sample(raw.frame, name) for name in raw.frame.columns if name != "geometry"}


def sample(frame: gpd.GeoDataFrame, name: str) -> list[str]:
    """Give the first different known values of a column as text."""
    found: list[str] = []
    for value in frame[name].head(200):
        text = "" if plain_value(value) is None else str(plain_value(value))[:40]
        if text and text not in found:
            found.append(text)
        if len(found) == SAMPLES:
            break
    return found


def guess_layer(columns: list[str], geometry_types: tuple[str, ...], among: Sequence[str] = tuple(LAYERS)) -> str:
    """Guess which layer a file feeds: the one most of whose fields are named by its columns and whose geometry fits."""

    def score(name: str) -> tuple[int, int]:
        layer = LAYERS[name]
        matched = import_layer.suggest(name, columns)
        fits = all(layer.geometry.accepts(kind) for kind in geometry_types) if geometry_types else not layer.geometry.value
        return (len(matched) + (2 if fits else 0) + (2 if layer.key in matched else 0), -len(layer.fields))

    return max(among, key=score)


def answers_of(asked: Mapping[str, Any]) -> Answers:
    """Read the answers to a file's questions."""

    def text(name: str) -> str | None:
        value = asked.get(name)
        return value.strip()[:80] or None if isinstance(value, str) else None

    x_field, y_field = text("x_field"), text("y_field")
    both = text("coordinates")
    if both and "," in both:
        x_field, _, y_field = both.partition(",")
    return Answers(crs=text("crs"), encoding=text("encoding"), layer=text("table"), x_field=x_field, y_field=y_field)


def choices_of(item: Waiting, asked: Mapping[str, Any], among: Collection[str] = tuple(LAYERS)) -> import_layer.Choices:
    """Read what the person chose: layer (one of `among`), columns, constants, repairs, mode.

    Raises:
        BadRequestError: for a layer, field, column or mode that is not there.
    """
    name = str(asked.get("layer", ""))
    if name not in among:
        raise BadRequestError(f"Choose the layer that the file feeds; there is none named {name!r} that you may change")
    layer = LAYERS[name]
    columns = {key: str(value) for key, value in _table(asked, "columns").items() if value}
    strange = [key for key in columns if key not in layer] + [
        value for value in columns.values() if value not in (item.samples or {})
    ]
    constants = {
        key: value for key, value in _table(asked, "constants").items() if value not in (None, "") and key not in columns
    }
    strange += [key for key in constants if key not in layer]
    if strange:
        raise BadRequestError(
            f"These names are neither fields of {name} nor columns of the file: {', '.join(map(str, strange[:5]))}"
        )
    mode = str(asked.get("mode") or Mode.ADD)
    if mode not in set(Mode):
        raise BadRequestError(f"The mode must be one of {', '.join(Mode)}, found {mode!r}")
    repairs = asked.get("repairs") or []
    if not isinstance(repairs, list):
        raise BadRequestError("The repairs must be a list of names")
    return import_layer.Choices(
        layer=name, answers=item.answers, columns=columns, constants=constants, repairs=tuple(map(str, repairs)), mode=Mode(mode)
    )


def _table(asked: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = asked.get(name)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise BadRequestError(f"{name} must be an object of names and values")
    return {str(key): value for key, value in found.items()}
