"""Publishing reaches as far as the person decides: an area's reviewer publishes and takes back for that area alone."""

import pytest

from geo_app.actions import accounts, passwords

EAST, WEST, SECRET = "990101", "990102", "a long enough passphrase"
NOTICE = {"title": "公示", "text": "说明"}
MAP = {"title": "图", "indicator": "RD1", "level": "township"}


@pytest.fixture
def here(peopled):
    store = peopled.extensions["xiangtu"].store
    for login, grants in {
        "rev_east": ["revitalisation@990101"],
        "rev_reads_all": ["revitalisation@990101", "viewer"],
        "rev_two": ["revitalisation@990101", "revitalisation@990102"],
    }.items():
        store.accounts.add(login, login, "", passwords.hashed(SECRET), [accounts.parse_grant(text) for text in grants])
    return peopled


def published(app):
    return app.extensions["xiangtu"].store.published.all()


@pytest.mark.parametrize("login", ["rev_east", "rev_reads_all"])
def test_a_reviewer_of_an_area_publishes_for_it_alone(here, browser_of, login):
    web = browser_of(here, login)
    for asked, status in ((NOTICE, 403), (NOTICE | {"area": WEST}, 404), (NOTICE | {"area": "000000"}, 404)):
        assert web.form("/publications/notices", **asked).status_code == status, asked
    for asked, status in ((MAP, 403), (MAP | {"area": WEST}, 404), (MAP | {"area": "000000"}, 404)):
        assert web.post("/publications/maps", asked).status_code == status, asked
    assert web.json("/jobs/list")["jobs"] == [], "nothing was started"
    assert published(here) == []
    assert web.form("/publications/notices", **NOTICE, area="990101001").status_code == 302
    web.job("/publications/maps", MAP | {"area": EAST})
    assert [item.content["area"] for item in published(here)] == [EAST, "990101001"]
    assert [item.content["area_name"] for item in published(here)] == ["东县", "东县南乡"]


def test_everywhere_is_published_and_taken_back_by_who_decides_everywhere(here, browser_of):
    whole, east = browser_of(here, "revital"), browser_of(here, "rev_east")
    for title, area in (("全域公示", ""), ("西县公示", WEST), ("东县公示", EAST)):
        assert whole.form("/publications/notices", title=title, text="x", area=area).status_code == 302
    page = east.page("/publications")
    assert "东县公示" in page
    assert "西县公示" not in page
    assert "全域公示" not in page
    assert "西县公示" in east.page("/public"), "what is public is read by everybody"
    for number, status in ((1, 404), (2, 404), (3, 302), (77, 404)):
        assert east.form(f"/publications/{number}/withdraw").status_code == status
    assert [item.withdrawn_by for item in published(here)] == ["rev_east", None, None]
    assert "西县公示" in whole.page("/publications")
    assert whole.form("/publications/1/withdraw").status_code == 302


def test_the_form_names_the_one_area_of_an_account(here, browser_of):
    own = browser_of(here, "rev_east").page("/publications")
    assert own.count('name="area" list="area-codes" size="16" maxlength="24" value="990101" required') == 2
    assert '<option value="990102' not in browser_of(here, "rev_reads_all").page("/publications")
    assert 'maxlength="24" value="" required' in browser_of(here, "rev_two").page("/publications")
    assert 'maxlength="24" value="">' in browser_of(here, "revital").page("/publications")


def test_a_notice_without_a_bureau_begins_with_its_area_or_its_day(here, browser_of):
    east = browser_of(here, "rev_east")
    assert east.form("/publications/notices", **NOTICE, area=EAST).status_code == 302
    for path in ("/public", "/public/1"):
        page = east.page(path)
        assert '<p class="quiet small">东县 · ' in page
        assert '<p class="quiet small"> ·' not in page
