"""Long work: how far it is, where its result is, and how to stop it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, jsonify, render_template, url_for

from geo_app.access import Permission, permission
from geo_app.errors import NotFoundError
from geo_app.jobs import State
from geo_app.web.desk import desk, person
from geo_app.web.errors import explain, said_with_kept

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from geo_app.jobs import Job, Work

pages = Blueprint("jobs", __name__, url_prefix="/jobs")

COVERAGE, REPLAY, INSPECT, CHECK, ACCEPT, PRINT = "coverage", "replay", "inspect", "check", "accept", "map"
PUBLISH = "publish"
BOOK = "book"
EFFECT = "effect"
BULK = "bulk"
FIELD_OUT, FIELD_BACK = "field package", "field return"
IMPORTS = frozenset({INSPECT, CHECK, ACCEPT})


def start(kind: str, title: str, work: Work) -> ResponseReturnValue:
    """Queue work for the person who asks and answer with the number of the job."""
    job = desk().jobs.submit(kind, title, who=person().owner, work=work)
    return jsonify(job=job.id), 202


def own(job_id: int) -> Job:
    """Give a job of the asker.

    Raises:
        NotFoundError: there is none of this number, or it is somebody else's; both are said alike.
    """
    found = next((job for job in desk().jobs.list(person().owner) if job.id == job_id), None)
    if found is None:
        raise NotFoundError(f"There is no job {job_id} in this session of the server.")
    return found


PLACES = {COVERAGE: ("runs.page", "run_id"), BULK: ("bulk.page", "upload_id"), PUBLISH: ("public.item", "published_id")}
PLACES |= dict.fromkeys(IMPORTS, ("imports.page", "upload_id"))
"""Where the results of jobs are to be seen whose result is a number or an id: endpoint and argument."""
OWN_PLACES = {PRINT: "downloads.finished", FIELD_OUT: "field.package", FIELD_BACK: "field.returned", BOOK: "books.finished"}
"""The same for jobs that keep their result themselves."""


def href(job: Job) -> str | None:
    """Say where the result of a finished job is to be seen."""
    if job.state is not State.DONE:
        return None
    if job.kind in PLACES:
        endpoint, argument = PLACES[job.kind]
        return url_for(endpoint, **{argument: job.result})
    if job.kind == REPLAY:
        return url_for("runs.page", run_id=job.result["run"], replay=job.id)
    if job.kind == EFFECT:
        return url_for("requests.page", request_id=job.result, figures=job.id, _anchor="effect")
    return url_for(OWN_PLACES[job.kind], job_id=job.id) if job.kind in OWN_PLACES else None


def described(job: Job) -> dict[str, Any]:
    """Describe a job for a page: state, progress, fault in the reader's language, place of the result."""
    found = job.as_json() | {"href": href(job)}
    if job.error is not None:
        found["error"] = job.error.as_json() | {"message": said_with_kept(job.error, explain(job.error.code, job.error.message))}
    return found


@pages.get("")
@permission(Permission.READ)
def index() -> ResponseReturnValue:
    """Show the tasks page."""
    return render_template("jobs.html")


@pages.get("/list")
@permission(Permission.READ)
def listing() -> ResponseReturnValue:
    """List this person's jobs, newest first."""
    return jsonify(jobs=[described(job) for job in desk().jobs.list(person().owner)])


@pages.get("/count")
@permission(Permission.READ)
def count() -> ResponseReturnValue:
    """Count this person's waiting and running jobs."""
    return jsonify(active=sum(job.active for job in desk().jobs.list(person().owner)))


@pages.get("/<int:job_id>")
@permission(Permission.READ)
def state(job_id: int) -> ResponseReturnValue:
    """Say how far a job is."""
    return jsonify(described(own(job_id)))


@pages.post("/<int:job_id>/cancel")
@permission(Permission.RUN)
def cancel(job_id: int) -> ResponseReturnValue:
    """Ask a job to stop."""
    return jsonify(described(desk().jobs.cancel(own(job_id).id)))
