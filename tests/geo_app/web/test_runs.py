"""Runs: listed, started, shown, replayed."""

import pytest

pytestmark = pytest.mark.usefixtures("app")


def test_list_and_page(web):
    assert "#1" in web.page("/runs")
    text = web.page("/runs/1")
    assert "tches18" in text
    assert "RD1" in text
    assert "RD1" in web.page("/runs/1?level=township")
    web.page("/runs/99", 404)


def test_compute_gives_a_new_run_and_the_same_question_the_same(web):
    job = web.job("/runs", {"profile": "rai"})
    again = web.job("/runs", {"profile": "rai"})
    assert job["href"] == again["href"] == "/runs/2"
    assert "rai" in web.page(job["href"])


def test_threshold_is_changed_for_one_run(web):
    job = web.job("/runs", {"profile": "tches18", "overrides": "road_access.radius_m=5000", "title": "5 km"})
    text = web.page(job["href"])
    assert "road_access.radius_m=5000" in text
    assert "5 km" in text
    assert web.json("/map/panel?area=9901&indicator=RD1")["run"]["id"] == 1


@pytest.mark.parametrize(
    "body",
    [
        {"profile": "nothing"},
        {"overrides": "nothing=1"},
        {"overrides": "no value"},
        {"overrides": [1]},
        {"overrides": {"road_access.radius_m": "x"}},
    ],
)
def test_bad_asking_is_refused(web, body):
    answer = web.post("/runs", body)
    assert answer.status_code in {400, 404, 422}
    assert answer.get_json()["code"] != "internal"


def test_replay_gives_the_same_numbers(web):
    job = web.job("/runs/1/replay")
    assert "所有数字一致" in web.page(job["href"])
    assert web.post("/runs/99/replay").status_code == 404
    assert "所有数字一致" not in web.page("/runs/1?replay=99")


def test_without_data_the_job_fails_with_a_sentence(bare):
    job = bare.job("/runs", {}, state="failed")
    assert job["error"]["code"] == "no_data"
    assert "库中还没有数据，请先导入数据" in job["error"]["message"]
    assert "导入文件" in bare.page("/runs")
