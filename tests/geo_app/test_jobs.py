"""Background jobs: progress, cancel, result, error, and the limits on how many may wait."""

import threading

import pytest

from geo_app.errors import NotFoundError
from geo_app.jobs import JobLimits, Jobs, State, TooManyJobsError
from layers.errors import CancelledError as StoreCancelledError


@pytest.fixture
def jobs():
    made = Jobs(JobLimits(per_user=2, total=4, workers=2, remembered=3))
    yield made
    made.close()


def _until_cancelled(progress):
    while True:
        progress(1, 10, "waiting")
        progress.cancel.wait(0.01)


def test_a_job_gives_its_result_and_ends_done(jobs):
    job = jobs.wait(jobs.submit("x", "add", who="li", work=lambda _progress: 2 + 2).id, timeout=5)
    assert (job.state, job.result, job.error) == (State.DONE, 4, None)
    assert job.as_json()["state"] == "done"


def test_progress_is_seen_while_it_runs(jobs):
    reached, go_on = threading.Event(), threading.Event()

    def work(progress):
        progress(3, 10, "reading")
        reached.set()
        go_on.wait(5)

    job = jobs.submit("x", "x", who="li", work=work)
    assert reached.wait(5)
    assert (job.done, job.total, job.text, job.state) == (3, 10, "reading", State.RUNNING)
    go_on.set()
    jobs.wait(job.id, timeout=5)


def test_an_error_for_the_person_keeps_its_message(jobs):
    def work(progress):
        raise NotFoundError("There is no area 9.")

    job = jobs.wait(jobs.submit("x", "x", who="li", work=work).id, timeout=5)
    assert job.state is State.FAILED
    assert job.error.code == "not_found"
    assert job.as_json()["error"]["message"] == "There is no area 9."


def test_an_unforeseen_error_shows_nothing_of_the_machine(jobs):
    def work(progress):
        raise RuntimeError("/srv/secret")

    job = jobs.wait(jobs.submit("x", "x", who="li", work=work).id, timeout=5)
    assert job.error.code == "internal"
    assert "secret" not in job.error.message


def test_a_running_job_stops_at_its_next_step(jobs):
    job = jobs.submit("x", "x", who="li", work=_until_cancelled)
    jobs.cancel(job.id)
    assert jobs.wait(job.id, timeout=5).state is State.CANCELLED
    assert job.error is None


def test_a_stop_inside_the_store_counts_as_cancelled(jobs):
    def work(progress):
        progress.cancel.wait(5)
        raise StoreCancelledError("stopped")

    job = jobs.submit("x", "x", who="li", work=work)
    jobs.cancel(job.id)
    assert jobs.wait(job.id, timeout=5).state is State.CANCELLED


def test_a_waiting_job_is_cancelled_at_once_and_never_runs():
    jobs = Jobs(JobLimits(workers=1))
    ran = []
    first = jobs.submit("x", "x", who="li", work=_until_cancelled)
    second = jobs.submit("x", "x", who="li", work=lambda _progress: ran.append(1))
    assert jobs.cancel(second.id).state is State.CANCELLED
    jobs.cancel(first.id)
    jobs.close()
    assert not ran


def test_one_person_may_have_two_and_all_together_four(jobs):
    for who in ("li", "li", "wang", "wang"):
        jobs.submit("x", "x", who=who, work=_until_cancelled)
    with pytest.raises(TooManyJobsError, match="You have 2 jobs"):
        jobs.submit("x", "x", who="li", work=_until_cancelled)
    with pytest.raises(TooManyJobsError, match="4 jobs are waiting or running"):
        jobs.submit("x", "x", who="zhao", work=_until_cancelled)
    assert len(jobs.list()) == 4
    assert len(jobs.list("li")) == 2


def test_an_ended_job_makes_room(jobs):
    for _ in range(5):
        jobs.wait(jobs.submit("x", "x", who="li", work=lambda _progress: None).id, timeout=5)
    assert len(jobs.list()) <= 4


def test_an_unknown_job_is_not_found(jobs):
    with pytest.raises(NotFoundError, match="no job 77"):
        jobs.get(77)


def test_closing_cancels_what_runs():
    jobs = Jobs()
    job = jobs.submit("x", "x", who="li", work=_until_cancelled)
    jobs.close()
    assert job.state is State.CANCELLED
