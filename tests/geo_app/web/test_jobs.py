"""Jobs as pages see them."""

import threading

from geo_app.web import jobs


def test_list_count_cancel(web, app):
    gate = threading.Event()
    here = app.extensions["xiangtu"]

    def wait(progress):
        while not gate.wait(0.02):
            progress(1, 4, "waiting")

    job = here.jobs.submit("coverage", "waits", who=here.settings.user, work=wait)
    assert web.json("/jobs/count") == {"active": 1}
    assert [item["id"] for item in web.json("/jobs/list")["jobs"]] == [job.id]
    assert web.post(f"/jobs/{job.id}/cancel").status_code == 200
    here.jobs.wait(job.id, timeout=10)
    found = web.json(f"/jobs/{job.id}")
    assert (found["state"], found["href"]) == ("cancelled", None)
    assert web.json("/jobs/count") == {"active": 0}


def test_too_many_jobs_are_refused(web, app):
    gate = threading.Event()
    here = app.extensions["xiangtu"]
    for _ in range(here.settings.jobs_per_user):
        here.jobs.submit("x", "waits", who=here.settings.user, work=lambda _: gate.wait(20))
    answer = web.post("/runs", {})
    gate.set()
    assert (answer.status_code, answer.get_json()["code"]) == (429, "too_many_jobs")


def test_unknown_job_is_404(web):
    web.json("/jobs/99", 404)
    assert web.post("/jobs/99/cancel").status_code == 404


def test_results_of_other_work_have_no_page(app):
    from geo_app.jobs import Job, State

    with app.test_request_context("/"):
        assert jobs.href(Job(1, "other", "", "", state=State.DONE)) is None
        assert jobs.href(Job(1, "coverage", "", "", state=State.RUNNING)) is None
