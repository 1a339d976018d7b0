"""What every template may ask: is anything simulated, who must be named as a source, and the words that scripts show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import current_app, g

from geo_app.access import Permission, Verb, declared
from geo_app.actions import reach, requests
from geo_app.web import addresses
from geo_app.web.desk import desk, person, scoped
from geo_app.web.language import language
from geo_app.web.texts import script_texts
from layers.catalogue import LAYERS
from layers.store import Condition

if TYPE_CHECKING:
    from flask import Flask

LAYER_OF = {"households.index": "monitored_households"}
"""Pages of one layer that not everybody reads."""
SYNTHETIC = (Condition("data_quality", "=", "synthetic"),)


def simulated_layers() -> frozenset[str]:
    """Name the layers that hold simulated rows that the asker reads; for nobody, all that hold any. Asked once a request."""
    if "simulated" not in g:
        g.simulated = _simulated_layers()
    found: frozenset[str] = g.simulated
    return found


def _simulated_layers() -> frozenset[str]:
    here, who = desk(), person()
    versions = here.store.versions()
    limits = dict.fromkeys(LAYERS) if who.is_anonymous else reach.for_reading(here.store, who)

    def look() -> frozenset[str]:
        return frozenset(
            name for name, limit in limits.items() if versions.get(name) and here.store.count(name, SYNTHETIC, reach=limit)
        )

    return here.kept.get(scoped("simulated", who.is_anonymous, tuple(sorted(versions.items()))), look)


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


def may_open(endpoint: str) -> bool:
    """Say whether the asker may open an endpoint at all, so that no page offers what it would refuse."""
    view = current_app.view_functions.get(endpoint)
    needed = declared(view) if view is not None else None
    layer = LAYER_OF.get(endpoint)
    return needed is not None and person().may(needed) and (layer is None or reach.may(person(), layer))


def may_change_areas() -> bool:
    """Say whether the asker may merge, divide, rename or hand over villages somewhere."""
    return any(reach.may(person(), name, Verb.SUBMIT) for name in ("villages", "areas"))


def waiting_count() -> int:
    """Count what waits for the asker: open change requests to decide on, and the asker's own open kept edits. Once a request."""
    if "waiting" not in g:
        g.waiting = _waiting()
    found: int = g.waiting
    return found


def _waiting() -> int:
    here, who = desk(), person()
    kept = here.store.kept.count(account_id=who.account_id) if who.may(Permission.EDIT) else 0
    if not who.may(Permission.REVIEW):
        return kept
    if who.everything:
        return kept + here.store.requests.count()
    open_ones = tuple(item.request_id for item in here.store.requests.list(state="open", limit=requests.LOOKED_AT))
    key = ("waiting", who.grants, open_ones)
    return kept + (here.kept.get(key, lambda: len(requests.to_review(here.store, who))) if open_ones else 0)


def with_accounts() -> bool:
    """Say whether people sign in here."""
    return desk().settings.access == "accounts"


def install(app: Flask) -> None:
    """Hand the functions to the templates of an application."""
    app.jinja_env.globals.update(simulated=simulated, attributions=attributions, script_texts=script_texts)
    app.jinja_env.globals.update(current_person=person, may_open=may_open, with_accounts=with_accounts)
    addresses.install(app)
    app.jinja_env.globals.update(may_change_areas=may_change_areas, waiting_count=waiting_count)
