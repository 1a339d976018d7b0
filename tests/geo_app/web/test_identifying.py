"""Who asks for data and not for a page is told that nobody is signed in, instead of being led to the sign-in page."""

import pytest

from geo_app.web import identifying

GIVEN = (
    "/layers/roads/features",
    "/layers/villages/rows",
    "/layers/villages/rows/990101001200",
    "/imports/none/state",
    "/jobs/1",
    "/map/panel?indicator=W1",
    "/map/units?indicator=RD1&run=1",
    "/map/gaps?indicator=W1",
    "/map/values?level=township&indicator=RD1",
    "/editing/roads/features?bbox=105,36,106,37",
    "/editing/roads/form",
    "/tiles/roads/counts",
    "/api/ogc/collections",
)
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
def nobody(shared_peopled, browser_of):
    return browser_of(shared_peopled)


@pytest.mark.parametrize("path", GIVEN)
def test_data_is_refused_and_leads_to_no_page(nobody, path):
    for headers in ({}, {"Accept": "*/*"}, BROWSER):
        answer = nobody.get(path, headers=headers)
        assert (answer.status_code, answer.get_json()["code"]) == (401, "not_signed_in"), headers


def test_every_address_that_answers_as_json_is_known_as_data(nobody, as_, shared_peopled):
    found = []
    for rule in shared_peopled.url_map.iter_rules():
        if "GET" in rule.methods and not rule.arguments and as_("admin").get(rule.rule, headers=BROWSER).is_json:
            found.append(rule.rule)
            assert nobody.get(rule.rule, headers=BROWSER).status_code in {200, 401}, rule.rule
    assert {"/jobs/list", "/map/areas", "/queries", "/search"} <= set(found)


def test_a_script_that_fetches_a_page_is_refused_and_a_person_is_led_to_sign_in(nobody):
    assert nobody.get("/layers", headers=BROWSER | {"Sec-Fetch-Dest": "empty"}).status_code == 401
    assert nobody.get("/layers", headers=BROWSER | {"Sec-Fetch-Dest": "document"}).status_code == 302


def test_the_endpoints_of_data_are_there(shared_peopled):
    assert set(shared_peopled.view_functions) >= identifying.DATA_ENDPOINTS
