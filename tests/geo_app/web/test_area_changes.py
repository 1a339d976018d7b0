import json

from layers.store import Condition

JIA, YI, NEW = "990101001200", "990101001201", "990101001298"
MERGE = {"kind": "merge", "codes": f"{JIA} {YI}", "code:1": YI, "name:1": "甲乙村", "on": "2026-11-01"}


def store_of(app):
    return app.extensions["xiangtu"].store


def digest_of(page):
    return page.split('name="digest" value="')[1].split('"')[0]


def previewed(web, form):
    answer = web.post("/area-changes/preview", data=form)
    assert answer.status_code == 200, answer.text[:500]
    return answer.text


def test_form_names_the_villages_and_their_hamlets(web, app):
    assert "合并村" in web.page("/area-changes")
    page = web.page(f"/area-changes?kind=split&codes={JIA}")
    assert "甲南村" in page
    assert f"hamlet:{JIA}-1" in page
    assert "没有这些代码的村" in web.page("/area-changes?kind=merge&codes=0")


def test_preview_then_one_change_and_the_course_of_the_area(web, app):
    page = previewed(web, MERGE)
    assert "自然村" in page
    assert "记为未知" in page
    assert store_of(app).version("area_crosswalk") == 0
    answer = web.post("/area-changes/apply", data=MERGE | {"digest": digest_of(page), "reason": "撤并"})
    assert answer.status_code == 302
    record = store_of(app).changes(limit=1)[0]
    assert (record.kind, record.reason) == ("area", "撤并")
    links = web.page("/area-changes")
    assert JIA in links
    assert "整体" in links
    web.job("/runs", {"title": "after"})
    area = web.page(f"/areas/{YI}")
    assert "Σ" in area
    assert "原区划分子分母相加" in area


def test_what_was_not_shown_is_not_done(web, app):
    previewed(web, MERGE)
    answer = web.post("/area-changes/apply", data=MERGE | {"digest": "0"})
    assert answer.status_code == 412
    assert store_of(app).version("area_crosswalk") == 0


def test_split_by_hamlets_and_by_outlines(web, app):
    form = {"kind": "split", "codes": JIA, "code:1": JIA, "name:1": "甲南村", "code:2": NEW, "name:2": "甲新村"}
    hamlets = {f"hamlet:{JIA}-{number}": "1" if number in (1, 3) else "2" for number in range(1, 5)}
    page = previewed(web, form | hamlets)
    assert "65.00 %" in page
    assert "35.00 %" in page

    def half(west, east, code):
        ring = [[west, 36.0], [east, 36.0], [east, 36.1], [west, 36.1], [west, 36.0]]
        return {"type": "Feature", "properties": {"code": code}, "geometry": {"type": "Polygon", "coordinates": [ring]}}

    outlines = json.dumps({"type": "FeatureCollection", "features": [half(105.0, 105.05, JIA), half(105.05, 105.1, NEW)]})
    shares = {"share:1": "0.25", "share:2": "0.75", "outlines": outlines}
    page = previewed(web, form | shares)
    assert "75.00 %" in page
    answer = web.post("/area-changes/apply", data=form | shares | {"digest": digest_of(page)})
    assert answer.status_code == 302
    assert len(store_of(app).read("villages", where=[Condition("village_code", "in", [JIA, NEW])])) == 2


def test_what_cannot_be_read_is_refused(web, app):
    for form in (
        {"kind": "burn"},
        MERGE | {"on": "soon"},
        MERGE | {"given:households": "x"},
        MERGE | {"given:households": "nan"},
        MERGE | {"code:1": ""},
        {"kind": "split", "codes": JIA, "code:1": JIA, "code:2": NEW, "outlines": "{}"},
        {"kind": "split", "codes": JIA, "code:1": JIA, "code:2": NEW, "outlines": '{"features": [{}]}'},
        MERGE | {"codes": " ".join(map(str, range(60)))},
    ):
        assert web.post("/area-changes/preview", data=form).status_code == 400, form
    assert web.post("/area-changes/preview", data=MERGE | {"codes": "0 1"}).status_code == 404


def test_transfer(web, app):
    form = {"kind": "transfer", "codes": YI, "code:1": YI, "to": "990102001"}
    page = previewed(web, form)
    assert "50.00 %" in page
    assert web.post("/area-changes/apply", data=form | {"digest": digest_of(page)}).status_code == 302
    row = store_of(app).read("villages", where=[Condition("village_code", "=", YI)]).iloc[0]
    assert (row["township_code"], row["county_code"]) == ("990102001", "990102")


def test_the_form_takes_code_and_name_of_one_village_and_offers_codes_with_names(web, app):
    page = web.page(f"/area-changes?kind=merge&codes={YI}&codes={JIA}")
    names = {row["village_code"]: row["name"] for row in store_of(app).read("villages").to_dict("records")}
    assert f'name="code:1" maxlength="24" value="{YI}"' in page
    assert f'name="name:1" maxlength="120" value="{names[YI]}"' in page
    assert page.index(f"<td>{YI}</td>") < page.index(f"<td>{JIA}</td>"), "in the order in which they were asked"
    assert f'<option value="{JIA}">{names[JIA]}</option>' in page
    assert '东县南乡 <span class="quiet">990101001</span>' in page
    only_one = web.page(f"/area-changes?kind=merge&codes=0+{JIA}")
    assert f'name="code:1" maxlength="24" value="{JIA}"' in only_one
    assert f'name="name:1" maxlength="120" value="{names[JIA]}"' in only_one
    assert '<option value="990102001">西县南乡</option>' in web.page(f"/area-changes?kind=transfer&codes={YI}")
    shown = previewed(web, MERGE)
    assert f"<td>{JIA} {names[JIA]}</td>" in shown


def test_codes_are_offered_as_far_as_an_account_reaches(peopled, browser_of):
    from geo_app.actions import accounts, passwords

    store = store_of(peopled)
    secret = "a long enough passphrase"
    store.accounts.add("stat_east", "", "", passwords.hashed(secret), [accounts.parse_grant("statistics@990101")])
    page = browser_of(peopled, "stat_east").page("/area-changes?kind=transfer&codes=990101001200")
    assert '<option value="990101001200">' in page
    assert 'value="990102' not in page
