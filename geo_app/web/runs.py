"""Runs: what was computed from what, started and repeated as jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, render_template, request
from flask_babel import gettext

from geo_app.access import Permission, permission
from geo_app.actions import reach, run_coverage, scoped_runs
from geo_app.errors import BadRequestError
from geo_app.jobs import State
from geo_app.web import bodies, figures, jobs
from geo_app.web.desk import desk, person
from geo_app.web.language import title
from geo_app.web.map import home
from layers.catalogue import LAYERS
from processing import profiles

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from geo_app.access import Person
    from geo_app.progress import Progress
    from layers.store import Store

pages = Blueprint("runs", __name__, url_prefix="/runs")

ROWS_SHOWN = 200
OVERRIDES = 40


@pages.get("")
@permission(Permission.READ)
def index() -> ResponseReturnValue:
    """List the runs, newest first, with the form that starts one."""
    held = figures.versions()
    rows = [{"record": item, "current": dict(item.layer_versions) == held} for item in figures.listed()]
    choices = [(name, title(profiles.load(name))) for name in profiles.names()]
    return render_template("runs.html", rows=rows, profiles=choices, chosen=desk().settings.profile, empty=not held)


def _overrides(asked: Any) -> dict[str, Any]:
    if asked in (None, ""):
        return {}
    if isinstance(asked, str):
        pairs = [line.split("=", 1) for line in asked.splitlines() if line.strip()]
        if any(len(pair) != 2 for pair in pairs):  # noqa: PLR2004 - a name and a value
            raise BadRequestError("Thresholds are changed one a line, as name=value")
        asked = {name.strip(): value.strip() for name, value in pairs}
    if not isinstance(asked, dict) or len(asked) > OVERRIDES:
        raise BadRequestError(f"At most {OVERRIDES} thresholds may be changed, as name and value")
    return asked


@pages.post("")
@permission(Permission.RUN)
def compute() -> ResponseReturnValue:
    """Start computing coverage with a profile; the same question asked twice gives the same run.

    Raises:
        BadRequestError: when the profile or a threshold cannot be used.
    """
    asked = bodies.body()
    profile = str(asked.get("profile") or desk().settings.profile)
    if profile not in profiles.names():
        raise BadRequestError(f"There is no profile {profile!r}; the profiles are {', '.join(profiles.names())}")
    overrides = _overrides(asked.get("overrides"))
    if overrides:
        profiles.load(profile).override(overrides)
    store, who = desk().store, person().name
    name = str(asked.get("title") or "")[:120]
    wanted = run_coverage.RunRequest(profile=profile, overrides=overrides, who=who, title=name)
    return jobs.start(
        jobs.COVERAGE,
        gettext("Coverage with %(profile)s", profile=profile),
        lambda progress: run_coverage.run(store, wanted, progress).id,
    )


@pages.get("/<int:run_id>")
@permission(Permission.READ)
def page(run_id: int) -> ResponseReturnValue:
    """Show a run: parameters, versions, caveats, the first rows of its table, and what a replay found."""
    found = figures.run(run_id)
    level = request.args.get("level", "")
    levels = list(dict.fromkeys(found.table["level"]))
    top = home(figures.areas())
    table = (
        found.table[found.table["level"] == level]
        if level in levels
        else found.table[found.table["area_code"] == top]
        if top
        else found.table
    )
    return render_template(
        "run.html",
        run=found,
        stale=figures.is_stale(found),
        versions=[
            (name, title(LAYERS[name]) if name in LAYERS else name, version)
            for name, version in found.record.layer_versions.items()
            if reach.may(person(), name)
        ],
        rows=figures.records(table.head(ROWS_SHOWN)),
        total=len(table),
        whole=len(found.table),
        levels=levels,
        level=level,
        replay=_replayed(request.args.get("replay", type=int), run_id),
    )


def _replayed(job_id: int | None, run_id: int) -> dict[str, Any] | None:
    if job_id is None:
        return None
    found = next((job for job in desk().jobs.list(person().owner) if job.id == job_id and job.kind == jobs.REPLAY), None)
    if found is None or found.state is not State.DONE or found.result["run"] != run_id:
        return None
    return dict(found.result)


def _replay(store: Store, run_id: int, who: Person, progress: Progress) -> dict[str, Any]:
    found = run_coverage.replay(store, run_id, progress)
    shown = scoped_runs.differences(found.differences, store, who)
    return {
        "run": run_id,
        "same": found.same,
        "differences": figures.records(shown.head(ROWS_SHOWN)),
        "total": len(shown),
    }


@pages.post("/<int:run_id>/replay")
@permission(Permission.RUN)
def replay(run_id: int) -> ResponseReturnValue:
    """Start computing a run again from the same versions, to see that its numbers come out the same."""
    figures.run(run_id)
    store, who = desk().store, person()
    name = gettext("Replay of run #%(id)s", id=run_id)
    return jobs.start(jobs.REPLAY, name, lambda progress: _replay(store, run_id, who, progress))
