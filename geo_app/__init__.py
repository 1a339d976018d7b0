"""The application: `create_app(settings)` is the only assembly; importing does nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from geo_app.config import Settings


def create_app(settings: Settings | None = None) -> Flask:
    """Assemble the web application on one store: the settings given, or those of the environment.

    Raises:
        SettingsError: when a setting cannot be used.
        UndeclaredEndpointError: when an endpoint has no declared permission.
    """
    from geo_app.config import Settings  # noqa: PLC0415 - the same
    from geo_app.web.assembly import assemble  # noqa: PLC0415 - importing geo_app must not load Flask and the store

    return assemble(settings or Settings.from_env())
