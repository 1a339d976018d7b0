"""Opening the store that the settings name; commands and pages do it alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layers import store

if TYPE_CHECKING:
    from geo_app.config import Settings


def open_store(settings: Settings, *, create: bool = False) -> store.Store:
    """Open the store of an installation.

    Raises:
        StoreError: it is missing, damaged, of another kind, or held by somebody else; see `layers.errors`.
    """
    return store.open_store(settings.store, create=create, snapshots=settings.snapshots_dir)
