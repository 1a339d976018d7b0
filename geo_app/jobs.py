"""Long work in the background: threads with progress, cancel, result and error, and limits on how many may wait."""

from __future__ import annotations

import functools
import itertools
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar

from geo_app.errors import ErrorBody, NotFoundError, body
from geo_app.progress import CancelledError, Progress
from layers.schema import PersonError

log = logging.getLogger(__name__)


class TooManyJobsError(PersonError, RuntimeError):
    """The person or the whole installation has as many jobs as the limits allow."""

    code: ClassVar[str] = "too_many_jobs"


class State(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


ACTIVE = frozenset({State.QUEUED, State.RUNNING})
Work = Callable[[Progress], Any]


@dataclass(slots=True)
class Job:
    """One piece of work: what it is, whose, how far, and how it ended. Read it; only `Jobs` changes it."""

    id: int
    kind: str
    title: str
    who: str
    state: State = State.QUEUED
    done: int = 0
    total: int = 0
    text: str = ""
    result: Any = None
    error: ErrorBody | None = None
    queued_at: float = field(default_factory=time.time)
    started_at: float | None = None
    finished_at: float | None = None
    cancel_event: threading.Event = field(default_factory=threading.Event)
    finished: threading.Event = field(default_factory=threading.Event)

    @property
    def active(self) -> bool:
        """Say whether the job waits or runs."""
        return self.state in ACTIVE

    def as_json(self) -> dict[str, Any]:
        """Give what a page needs to show; the result itself is left to the page that asked for the job."""
        return {
            "id": self.id,
            "kind": self.kind,
            "title": self.title,
            "state": str(self.state),
            "done": self.done,
            "total": self.total,
            "text": self.text,
            "seconds": None if self.started_at is None else round((self.finished_at or time.time()) - self.started_at, 1),
            "error": None if self.error is None else self.error.as_json(),
        }


@dataclass(frozen=True, slots=True)
class JobLimits:
    """How many jobs may wait or run, how many run at once, and how many finished ones are remembered."""

    per_user: int = 2
    total: int = 4
    workers: int = 2
    remembered: int = 100


class Jobs:
    """The jobs of this process; they end with it.

    Example:
        >>> jobs = Jobs()
        >>> job = jobs.submit("demo", "count", who="li", work=lambda progress: 6 * 7)
        >>> jobs.wait(job.id, timeout=5).result
        42
        >>> jobs.close()
    """

    def __init__(self, limits: JobLimits | None = None) -> None:
        self._limits = limits or JobLimits()
        self._jobs: dict[int, Job] = {}
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(max_workers=self._limits.workers, thread_name_prefix="job")

    def number_from(self, first: int) -> None:
        """Give the next jobs numbers from here on, where several processes serve and each has jobs of its own."""
        self._numbers = itertools.count(first)

    def submit(self, kind: str, title: str, *, who: str, work: Work) -> Job:
        """Queue work; raise TooManyJobsError when the person or the installation has enough already."""
        with self._lock:
            active = [job for job in self._jobs.values() if job.active]
            mine = sum(job.who == who for job in active)
            if mine >= self._limits.per_user:
                raise TooManyJobsError(
                    f"You have {mine} jobs waiting or running, the most there may be. Wait for one or cancel one."
                )
            if len(active) >= self._limits.total:
                raise TooManyJobsError(f"{len(active)} jobs are waiting or running, the most there may be. Try again in a while.")
            job = Job(next(self._numbers), kind, title, who)
            self._jobs[job.id] = job
            self._forget()
        future = self._pool.submit(self._run, job, work)
        future.add_done_callback(functools.partial(self._ended, job))
        return job

    def get(self, job_id: int) -> Job:
        """Give a job by its number; raise NotFoundError when this process has none of it."""
        with self._lock:
            job = self._jobs.get(job_id)
        if job is None:
            raise NotFoundError(f"There is no job {job_id} in this session of the server.")
        return job

    def list(self, who: str | None = None) -> list[Job]:
        """List jobs, newest first, of one person or of all."""
        with self._lock:
            jobs = [job for job in self._jobs.values() if who is None or job.who == who]
        return sorted(jobs, key=lambda job: -job.id)

    def cancel(self, job_id: int) -> Job:
        """Ask a job to stop; it ends as cancelled at its next step, a waiting one at once."""
        job = self.get(job_id)
        job.cancel_event.set()
        with self._lock:
            if job.state is State.QUEUED:
                self._close(job, State.CANCELLED)
        return job

    def wait(self, job_id: int, *, timeout: float | None = None) -> Job:
        """Wait until a job has ended, at most `timeout` seconds, and give it."""
        job = self.get(job_id)
        job.finished.wait(timeout)
        return job

    def close(self) -> None:
        """Cancel everything and wait for the threads; called when the server stops."""
        for job in self.list():
            if job.active:
                self.cancel(job.id)
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _run(self, job: Job, work: Work) -> Any:
        with self._lock:
            if job.state is not State.QUEUED:
                raise CancelledError("The job was stopped before it began.")
            job.state, job.started_at = State.RUNNING, time.time()

        def report(done: int, total: int, text: str) -> None:
            job.done, job.total, job.text = done, total, text or job.text

        return work(Progress(report=report, cancel=job.cancel_event))

    def _ended(self, job: Job, future: Future[Any]) -> None:
        """Take over how the work ended; whatever it raised becomes the job's error, and what nobody foresaw is logged."""
        error = CancelledError("The job was stopped before it began.") if future.cancelled() else future.exception()
        found = None if error is None else body(error)
        if found is None:
            job.result, job.done, state = future.result(), job.total, State.DONE
        elif found.code == CancelledError.code and job.cancel_event.is_set():
            state = State.CANCELLED
        else:
            job.error, state = found, State.FAILED
        with self._lock:
            self._close(job, state)

    def _close(self, job: Job, state: State) -> None:
        if job.active:
            job.state, job.finished_at = state, time.time()
        job.finished.set()

    def _forget(self) -> None:
        ended = [job.id for job in self._jobs.values() if not job.active]
        for number in ended[: max(0, len(ended) - self._limits.remembered)]:
            del self._jobs[number]
