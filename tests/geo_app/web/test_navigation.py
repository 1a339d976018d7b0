"""Every page is reached over links from the menu, the menu says where one is, and what waits is counted beside it."""

import re

import pandas as pd
import pytest

from layers.store import Change, Insert, Update

OF_A_KIND = 3
"""Pages opened of one endpoint: of the many areas or rows a few stand for all."""


def menu(page):
    return re.findall(r'<a href="([^"]*)"', page.split('<nav class="pages"')[1].split("</nav>")[0])


def endpoint_of(app, path):
    return app.url_map.bind("").match(path.split("?")[0].split("#")[0], method="GET")[0]


def reached(web):
    """Open the pages of the menu and whatever they link to, and what that links to; give the endpoints that showed a page."""
    waiting, opened, found = menu(web.page("/jobs")), {}, set()
    while waiting:
        path = waiting.pop(0).replace("&amp;", "&").split("#")[0]
        endpoint = endpoint_of(web.app, path or "/")
        if endpoint == "static" or path in opened.setdefault(endpoint, set()) or len(opened[endpoint]) >= OF_A_KIND:
            continue
        opened[endpoint].add(path)
        answer = web.get(path, follow_redirects=True)
        assert answer.status_code == 200, (path, answer.status_code)
        if answer.mimetype == "text/html":
            found |= {endpoint, endpoint_of(web.app, answer.request.path)}
            waiting += re.findall(r'<a[^>]*\bhref="(/[^"]*)"', answer.text)
    return found


def pages(web):
    """The endpoints without parameters that answer with a page of ours, with its menu (a frame of a page has none)."""
    for rule in web.app.url_map.iter_rules():
        if "GET" in rule.methods and not rule.arguments:
            answer = web.get(rule.rule, headers={"Accept": "text/html"})
            if answer.status_code == 200 and answer.mimetype == "text/html" and 'id="main"' in answer.text:
                yield rule.endpoint


def test_every_page_is_reached_by_the_person_at_this_machine(web, shared_app):
    assert set(pages(web)) - reached(web) - {"accounts.index", "accounts.own"} == set()


def test_every_page_is_reached_by_an_administrator(as_):
    admin = as_("admin")
    there = set(pages(admin))
    assert {"area_changes.index", "bulk.index", "requests.index", "kept.index", "accounts.index", "accounts.own"} <= there
    assert there - reached(admin) == set()


@pytest.mark.parametrize(
    ("path", "item"),
    [
        ("/requests", "/changes"),
        ("/kept", "/changes"),
        ("/bulk", "/imports"),
        ("/area-changes", "/areas"),
        ("/layers/roads/history", "/layers"),
        ("/layers/roads", "/layers"),
        ("/", "/"),
    ],
)
def test_the_menu_says_where_one_is(web, shared_app, path, item):
    assert re.findall(r'<a href="([^"]*)" aria-current="page">', web.page(path).split('<nav class="pages"')[1]) == [item]


def test_changes_of_areas_are_offered_to_who_writes_villages(web, shared_app, as_):
    assert "/area-changes?codes=990101001200" in web.page("/areas/990101001200")
    assert 'href="/area-changes"' in web.page("/areas/990101")
    for layer in ("villages", "areas", "area_crosswalk"):
        assert 'href="/area-changes"' in web.page(f"/layers/{layer}")
        assert "/area-changes" not in as_("all").page(f"/layers/{layer}")
    assert "/area-changes" not in web.page("/layers/roads")
    assert "/area-changes" not in as_("all").page("/areas/990101001200")


def test_what_waits_is_counted_for_whom_it_concerns(peopled, browser_of):
    store = peopled.extensions["xiangtu"].store
    asks, admin, reader = (browser_of(peopled, login) for login in ("water_asks", "admin", "east"))
    account = store.accounts.find("water_asks").account_id

    def waiting(browser):
        found = re.search(r'id="waiting-count"[^>]*>(\d+)<', browser.page("/jobs"))
        return int(found.group(1)) if found else 0

    assert [waiting(browser) for browser in (asks, admin, reader)] == [0, 0, 0]
    row = pd.DataFrame([{"work_id": "W-9", "name": "新水厂", "data_quality": "surveyed"}])
    change = Change("water_asks", "水利局", "新水厂", (Insert("water_works", row),))
    store.requests.submit(change, account_id=account, origin="page")
    work = store.read("water_works", limit=1).iloc[0]
    edit = Update("water_works", work["id"], int(work["ver"]), {"name": "改名"})
    store.kept.keep(
        edit, who="water_asks", bureau="", account_id=account, cause="stale", origin="page", reason="", theirs_ver=None
    )
    assert [waiting(browser) for browser in (asks, admin, reader)] == [1, 1, 0]


def test_a_reviewer_of_an_area_counts_what_lies_in_it(peopled, browser_of):
    from geo_app.actions import accounts, passwords

    store, secret = peopled.extensions["xiangtu"].store, "a long enough passphrase"
    for login, area in (("rev_east", "990101"), ("rev_west", "990102")):
        grant = accounts.parse_grant(f"revitalisation@{area}")
        store.accounts.add(login, login, "", passwords.hashed(secret), [grant])
    village = store.read("villages").set_index("village_code").loc["990101001200"]
    edit = Update("villages", village["id"], int(village["ver"]), {"pop_registered": 400})
    author = store.accounts.find("water_asks").account_id
    store.requests.submit(Change("water_asks", "", "人口", (edit,)), account_id=author, origin="page")
    assert 'id="waiting-count"' in browser_of(peopled, "rev_east").page("/jobs")
    assert 'id="waiting-count"' not in browser_of(peopled, "rev_west").page("/jobs")
