"""The address under which everybody opens a page of this installation, made when it is shown and kept with nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import request

from geo_app.actions.notices import own_path
from geo_app.config import LOOPBACK
from geo_app.web.desk import desk

if TYPE_CHECKING:
    from flask import Flask

SETTING = "XIANGTU_PUBLIC_URL"
"""The setting that says under which address people open the pages."""


def base() -> str:
    """Give the address of this installation: the one that is set, else the one that this page was asked under."""
    return (desk().settings.public_url or request.host_url).rstrip("/")


def absolute(path: str) -> str:
    """Give the address under which everybody opens a page."""
    return base() + path


def whole(url: str, publication_id: int | None = None) -> str:
    """Give an address of an event as it is today: one of a publication here begins with the address of this installation."""
    path = own_path(url, publication_id)
    return url if path is None else absolute(path)


def this_machine_only() -> bool:
    """Say whether addresses made now open on this machine alone: none is set, and the page was asked under a loopback address."""
    named = urlsplit(base()).hostname or ""
    return named in LOOPBACK or named.startswith("127.")


def install(app: Flask) -> None:
    """Hand the functions to the templates of an application."""
    app.jinja_env.globals.update(this_machine_only=this_machine_only, whole_address=whole, address_setting=SETTING)
