"""The one place where an application is put together from settings, store, jobs, language, guards and pages."""

from __future__ import annotations

import logging
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from flask import Flask

from geo_app import access, periodic
from geo_app.actions import starting
from geo_app.api import ogc, tiles
from geo_app.jobs import JobLimits, Jobs
from geo_app.opening import open_store
from geo_app.web import (
    accounts,
    area_changes,
    areas,
    assets,
    books,
    bulk,
    changes,
    context,
    downloads,
    due,
    editing,
    errors,
    exchange,
    features,
    field,
    frames,
    health,
    history,
    households,
    imports,
    indicators,
    investment,
    jobs,
    kept,
    key_areas,
    language,
    layers,
    ledgers,
    map,  # noqa: A004 - the page's name; the built-in is not used here
    notices,
    photographs,
    plans,
    project_forms,
    project_pages,
    projects,
    public,
    publications,
    queries,
    requests,
    rules,
    runs,
    saving,
    search,
    security,
    settlements,
    sheet_bodies,
    targets,
    tasks,
    throttle,
    works,
)
from geo_app.web.desk import Desk
from geo_app.web.importing import Desktop
from layers.schema import BugError

if TYPE_CHECKING:
    from geo_app.config import Settings

logger = logging.getLogger(__name__)

PACKAGE = Path(__file__).resolve().parents[1]
MEGABYTE = 1_000_000
FORM_ROOM_BYTES = 200_000
PAGES = (
    map,
    frames,
    editing,
    areas,
    indicators,
    key_areas,
    settlements,
    investment,
    imports,
    queries,
    downloads,
    jobs,
    layers,
    features,
    search,
    runs,
    changes,
    history,
    households,
    tasks,
    targets,
    plans,
    works,
    photographs,
    exchange,
    bulk,
    area_changes,
    saving,
    kept,
    requests,
    health,
    accounts,
    projects,
    project_forms,
    project_pages,
    assets,
    ledgers,
    due,
    rules,
    public,
    publications,
    books,
    notices,
    tiles,
    ogc,
    field,
)
"""Every page module; each holds one blueprint named `pages`."""
UNGUARDED = frozenset({"static"})
"""Endpoints of the framework itself: our own style sheets and scripts, no data."""


class UndeclaredEndpointError(BugError, RuntimeError):
    """An endpoint says nothing about who may use it; the application must not start."""

    code: ClassVar[str] = "undeclared_endpoint"


def refuse_undeclared(app: Flask) -> None:
    """Stop start-up when any endpoint of the address map has no declared permission.

    Raises:
        UndeclaredEndpointError: naming every such endpoint.
    """
    views = {rule.endpoint: app.view_functions[rule.endpoint] for rule in app.url_map.iter_rules()}
    names = access.undeclared(views, exempt=UNGUARDED)
    if names:
        raise UndeclaredEndpointError(f"These endpoints declare no permission: {', '.join(names)}")


def _configure(app: Flask, settings: Settings) -> None:
    app.config.update(
        SECRET_KEY=settings.secret_key or secrets.token_hex(32),
        SESSION_COOKIE_NAME="xiangtu",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.public_url.startswith("https://"),
        MAX_CONTENT_LENGTH=settings.max_upload_mb * MEGABYTE + FORM_ROOM_BYTES,
        BABEL_DEFAULT_LOCALE=settings.language,
        BABEL_TRANSLATION_DIRECTORIES=str(PACKAGE / "translations"),
        XIANGTU_LANGUAGE=settings.language,
    )
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.json.sort_keys = False  # type: ignore[attr-defined]


def _warn_untranslated() -> None:
    for po in sorted((PACKAGE / "translations").glob("*/LC_MESSAGES/messages.po")):
        mo = po.with_suffix(".mo")
        if not mo.is_file() or mo.stat().st_mtime < po.stat().st_mtime:
            logger.warning("Translations of %s are not compiled; run: pybabel compile -d geo_app/translations", po.parts[-3])


def assemble(settings: Settings) -> Flask:
    """Put the application together on one open store.

    Raises:
        UndeclaredEndpointError: when an endpoint has no declared permission.
    """
    app = Flask("geo_app", static_folder=str(PACKAGE / "static"), template_folder=str(PACKAGE / "templates"))
    _configure(app, settings)
    _warn_untranslated()
    store = open_store(settings, create=True)
    starting.watch(store)
    limits = JobLimits(per_user=settings.jobs_per_user, total=settings.jobs_total)
    app.extensions["xiangtu"] = Desk(settings=settings, store=store, jobs=Jobs(limits), imports=Desktop())
    app.extensions["xiangtu-limits"] = throttle.make()
    security.behind_proxies(app, settings)
    language.install(app)
    sheet_bodies.install(app)
    security.install(app)
    context.install(app)
    errors.install(app)
    for page in PAGES:
        app.register_blueprint(page.pages)
    refuse_undeclared(app)
    periodic.begin(settings, app)
    return app
