"""What a WSGI server loads: `waitress-serve --listen=127.0.0.1:8000 --call wsgi:application`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geo_app import create_app

if TYPE_CHECKING:
    from flask import Flask


def application() -> Flask:
    """Make the application from the settings of the environment."""
    return create_app()
