"""An area's own rules: who sets them, how each is kept with who and when, and that all that they govern follows them."""

import datetime as dt

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.affinity import translate

from geo_app.access import NOBODY, local_person
from geo_app.actions import due, run_coverage, save_edits
from geo_app.actions.library import own_rules, setting_rules
from geo_app.actions.library.setting_rules import Wish
from geo_app.config import Settings
from geo_app.errors import BadRequestError, ForbiddenError, NotFoundError, NotSignedInError, answer
from layers import area_rules
from layers.errors import LockedRowError, PreconditionRequiredError, StaleVersionError
from layers.store import Change, Delete, Insert, Update
from processing.errors import ProfileValueError
from processing.library import rules
from tests.geo_app.actions.library.people import COUNTY, OTHER_COUNTY, PEOPLE, PLACE, TOWN, VILLAGE, day

BUREAU, LOCAL = PEOPLE["revitalisation"], local_person(Settings())
SINCE = day("01-01")


def wish(name="county_notice_days", value="15", area=COUNTY, since=SINCE, part="library", **given):
    return Wish(part, name, area, since, value, **({"document": "县办〔2026〕1号", "certainty": "seed"} | given))


def held(store, name="county_notice_days", area=COUNTY, on=None):
    return next(item for item in own_rules.shown(store, area, on or day("06-01")) if item.key.name == name)


def test_a_value_holds_in_its_area_from_its_day_and_says_where_it_stands(library):
    store = library.store
    assert (held(store).value, held(store).own, held(store).verified) == (10, False, True)
    receipt = setting_rules.save(store, BUREAU, wish(clause="第三条"))
    assert (receipt.inserted, store.change(receipt.change_id).kind, store.change(receipt.change_id).who) == (
        1,
        "rules",
        "revitalisation",
    )
    found = held(store, area=VILLAGE)
    assert (found.value, found.own, found.scope, found.valid_from) == (15, True, COUNTY, SINCE)
    assert found.source == "第三条 县办〔2026〕1号"
    assert held(store, on=dt.date(2025, 12, 31)).value == 10
    assert held(store, area=OTHER_COUNTY).value == 10
    setting_rules.save(store, LOCAL, wish(value=12, area=TOWN, certainty="design"))
    assert [held(store, area=area).value for area in (VILLAGE, TOWN, COUNTY)] == [12, 12, 15]
    assert not held(store, area=TOWN).verified


@pytest.mark.parametrize("who", [name for name in PEOPLE if name != "revitalisation"])
def test_rules_are_set_by_the_revitalisation_bureau_of_the_area_alone(library, who):
    before = library.store.versions()
    with pytest.raises(ForbiddenError, match="set the rules of an area"):
        setting_rules.save(library.store, PEOPLE[who], wish())
    with pytest.raises(NotSignedInError):
        setting_rules.save(library.store, NOBODY, wish())
    for area in (area_rules.EVERYWHERE, OTHER_COUNTY):
        with pytest.raises(ForbiddenError, match="set the rules of an area"):
            setting_rules.save(library.store, BUREAU, wish(area=area))
    assert library.store.versions() == before


@pytest.mark.parametrize(
    ("changed", "error", "said"),
    [
        ({"value": "soon"}, ProfileValueError, "a whole number of days from 0 to 3660 was expected, found 'soon'"),
        ({"value": "2.5"}, ProfileValueError, "whole number"),
        ({"value": "nan"}, ProfileValueError, "whole number"),
        ({"value": True}, ProfileValueError, "whole number"),
        ({"name": "day_kind", "value": "lunar"}, ProfileValueError, "one of calendar, working"),
        ({"name": "holidays", "value": "2026-02-30"}, ProfileValueError, "a list of days"),
        ({"name": "plan_deadline", "value": "02-29"}, ProfileValueError, "month and a day"),
        ({"name": "place_tolerance_m", "value": "-1"}, ProfileValueError, "metres from 0 to 10000"),
        ({"name": "forbidden_uses", "part": "ledger", "value": ["IP9"]}, ProfileValueError, "list of IP1"),
        ({"name": "upkeep", "part": "ledger", "value": "no"}, ProfileValueError, "a duty that no area sets anew"),
        ({"name": "reserve_growth"}, ProfileValueError, "There is no rule reserve_growth"),
        ({"document": " "}, BadRequestError, "document: the document"),
        ({"certainty": "sure"}, BadRequestError, "certainty: one of"),
        ({"certainty": "given"}, BadRequestError, "certainty: one of"),
        ({"note": "x" * 501}, BadRequestError, "note: at most 500"),
        ({"since": dt.date(1999, 1, 1)}, BadRequestError, "valid_from: a day from 2000-01-01"),
    ],
)
def test_what_cannot_be_used_is_refused_and_nothing_is_kept(library, changed, error, said):
    with pytest.raises(error, match=said):
        setting_rules.save(library.store, BUREAU, wish(**changed))
    assert library.store.count("area_rules") == 0


def test_an_area_that_is_none_is_refused(library):
    with pytest.raises(BadRequestError, match="area: the code of an area"):
        setting_rules.save(library.store, LOCAL, wish(area="123456"))


def test_changed_and_withdrawn_with_the_version_that_was_seen_and_all_of_it_in_the_history(library):
    store = library.store
    setting_rules.save(store, BUREAU, wish())
    with pytest.raises(PreconditionRequiredError, match="has a value from 2026-01-01 on already"):
        setting_rules.save(store, BUREAU, wish(value="20"))
    setting_rules.save(store, BUREAU, wish(value="20", document="县办〔2026〕9号"), expected_ver=1)
    with pytest.raises(StaleVersionError):
        setting_rules.save(store, BUREAU, wish(value="30"), expected_ver=1)
    own = own_rules.own(store, VILLAGE)
    assert [(item.value, item.ver, item.document) for item in own] == [(20, 2, "县办〔2026〕9号")]
    with pytest.raises(BadRequestError, match="say why"):
        setting_rules.withdraw(store, BUREAU, own[0].rule_id, expected_ver=2, reason=" ")
    with pytest.raises(ForbiddenError):
        setting_rules.withdraw(store, PEOPLE["other_bureau"], own[0].rule_id, expected_ver=2, reason="误")
    with pytest.raises(StaleVersionError):
        setting_rules.withdraw(store, BUREAU, own[0].rule_id, expected_ver=1, reason="误录")
    setting_rules.withdraw(store, BUREAU, own[0].rule_id, expected_ver=2, reason="误录")
    with pytest.raises(NotFoundError, match="withdrawn already"):
        setting_rules.withdraw(store, BUREAU, own[0].rule_id, expected_ver=2, reason="误录")
    with pytest.raises(NotFoundError, match="set it anew"):
        setting_rules.save(store, BUREAU, wish(), expected_ver=2)
    assert held(store).value == 10
    past = own_rules.history(store, COUNTY)
    assert [(item.who, item.before, item.after) for item in past] == [
        ("revitalisation", 20, None),
        ("revitalisation", 15, 20),
        ("revitalisation", None, 15),
    ]
    assert own_rules.history(store, OTHER_COUNTY) == []
    assert "误录" in store.changes("area_rules", limit=1)[0].reason


def test_no_other_door_writes_rules_and_no_undo_takes_them_back(library):
    store = library.store
    receipt = setting_rules.save(store, BUREAU, wish())
    row = store.features("area_rules")[0]
    for kind in ("edit", "ogc", "bulk", "field", "import", "request", "library", "ledger"):
        for edit in (
            Update("area_rules", row["id"], 1, {"value": "0"}),
            Delete("area_rules", row["id"], 1),
            Insert("area_rules", pd.DataFrame([{"rule_id": "x", "part": "library"}], dtype=object)),
        ):
            with pytest.raises(LockedRowError):
                store.apply(Change("li", "局", "侧门", (edit,), kind=kind))
    with pytest.raises(LockedRowError, match="cannot be undone"):
        store.undo(receipt.change_id, who="li", bureau="局", reason="撤销")
    with pytest.raises(LockedRowError):
        store.restore_layer("area_rules", 0, who="li", bureau="局", reason="恢复")
    assert held(store).value == 15


@pytest.mark.parametrize(
    ("metres", "tolerance", "passes"), [(50, None, True), (50, 20, False), (300, None, False), (300, 500, True)]
)
def test_the_lock_of_a_place_follows_the_rule_of_its_area(library, metres, tolerance, passes):
    seen = library.seen(library.brought("enter_library"))
    if tolerance is not None:
        setting_rules.save(library.store, BUREAU, wish("place_tolerance_m", tolerance, since=dt.date(2020, 1, 1)))
        setting_rules.save(library.store, LOCAL, wish("place_tolerance_m", 5000, since=dt.date(2099, 1, 1)))
        setting_rules.save(library.store, LOCAL, wish("place_tolerance_m", 5000, area=OTHER_COUNTY, since=dt.date(2020, 1, 1)))
    edit = Update("projects", seen.id, seen.ver, {}, geometry=translate(PLACE, 0, metres / 110_900))
    if passes:
        assert save_edits.save(library.store, BUREAU, [edit], reason="更正").receipt
    else:
        with pytest.raises(LockedRowError):
            save_edits.save(library.store, BUREAU, [edit], reason="更正")


SCOPES = ("00", "99", "9901", "990100", COUNTY, TOWN, VILLAGE, OTHER_COUNTY)


@given(
    st.lists(st.tuples(st.sampled_from(SCOPES), st.integers(2019, 2027), st.integers(0, 900)), max_size=8),
    st.integers(2018, 2028),
)
def test_the_store_and_the_library_choose_the_same_tolerance(listed, year):
    stated = [
        {
            "part": "library",
            "key": "place_tolerance_m",
            "scope_code": scope,
            "valid_from": dt.date(since, 1, 1),
            "value": str(metres),
        }
        | {"source_tag": "seed"}
        for scope, since, metres in listed
    ]
    codes = area_rules.lineage({"village_code": VILLAGE, "township_code": TOWN, "county_code": COUNTY})
    on = dt.date(year, 6, 1)
    chosen = rules.rules_for(codes, on, rules.from_rows(stated)).place_tolerance_m
    own = area_rules.own_number(stated, "place_tolerance_m", codes, on)
    assert chosen == (100 if own is None else own)


def test_a_file_of_rules_is_one_change_and_touches_no_area_of_another(library):
    text = '[[rule]]\nkey="county_notice_days"\nvalue=15\nscope="{0}"\nvalid_from=2026-01-01\ncertainty="seed"\ndocument="文1"\n'
    kept = '[[ledger_rule]]\nkey="publication_days"\nvalue=5\nscope="{0}"\nvalid_from=2026-01-01\ncertainty="design"\n'
    before = library.store.versions()
    with pytest.raises(ForbiddenError):
        setting_rules.load(library.store, BUREAU, (text + kept).format(OTHER_COUNTY))
    with pytest.raises(ProfileValueError, match="names the document"):
        setting_rules.load(library.store, BUREAU, text.format(COUNTY).replace('document="文1"', ""))
    assert library.store.versions() == before
    assert setting_rules.load(library.store, BUREAU, (text + kept).format(COUNTY), reason="县文件") == 2
    assert library.store.changes("area_rules")[0].reason == "县文件"
    assert setting_rules.load(library.store, BUREAU, (text + kept).format(COUNTY).replace("=15", "=16")) == 2
    assert (held(library.store).value, library.store.count("area_rules")) == (16, 2)
    with pytest.raises(ForbiddenError):
        setting_rules.forget(library.store, PEOPLE["viewer"])
    assert setting_rules.forget(library.store, BUREAU) == 2
    assert (held(library.store).value, len(own_rules.history(library.store, COUNTY))) == (10, 5)


LEDGER = {
    "ledger_id": "LV1-1",
    "level": "LV1",
    "unit": VILLAGE,
    "name": "村台账",
    "year": 2026,
    "built_on": day("03-01"),
    "published_on": day("03-07"),
    "published_until": day("03-20"),
    "state": "published",
    "village_code": VILLAGE,
    "township_code": TOWN,
    "county_code": COUNTY,
}
OPENED = {"ledger_id": "LV4-1", "level": "LV4", "unit": COUNTY, "year": 2026, "opened_on": day("04-01"), "county_code": COUNTY}


def _ledgers(store, *rows):
    store.apply(Change("li", "局", "台账", (Insert("ledgers", pd.DataFrame(list(rows), dtype=object)),), kind="demo"))


def test_as2_of_a_run_follows_the_rules_of_the_area_and_replays(library):
    store = library.store
    _ledgers(store, LEDGER, OPENED)
    request = run_coverage.RunRequest(indicators=("AS2",), on=day("11-01"))

    def value(found):
        return found.table.set_index("area_code")["value"].get(COUNTY)

    plain = run_coverage.run(store, request)
    assert value(plain) == 100.0
    setting_rules.save(store, BUREAU, wish("publication_days", "5", part="ledger"))
    stricter = run_coverage.run(store, request)
    assert (stricter.fresh, value(stricter)) == (True, 0.0)
    assert any("area_rules" in text for text in stricter.record.caveats)
    assert stricter.record.layer_versions["area_rules"] > plain.record.layer_versions.get("area_rules", 0)
    setting_rules.forget(store, BUREAU)
    assert run_coverage.replay(store, plain.id).same
    assert run_coverage.replay(store, stricter.id).same
    assert value(run_coverage.run(store, request)) == 100.0


def test_working_days_of_an_area_lengthen_the_notice_that_as2_asks_for(library):
    store = library.store
    _ledgers(store, LEDGER | {"published_until": day("03-18")}, OPENED)
    request = run_coverage.RunRequest(indicators=("AS2",), on=day("11-01"))
    assert run_coverage.run(store, request).table.set_index("area_code")["value"].get(COUNTY) == 100.0
    setting_rules.save(store, BUREAU, wish("day_kind", "working", part="ledger"))
    assert run_coverage.run(store, request).table.set_index("area_code")["value"].get(COUNTY) == 0.0  # until 20 March at least


def test_what_is_due_follows_at_once(library):
    store, on = library.store, day("03-02")
    _ledgers(
        store, {name: None if name.startswith("published") else value for name, value in LEDGER.items()} | {"state": "built"}
    )

    def last():
        return [item.due_on for item in due.dues(store, LOCAL, on, mine=False) if item.layer == "ledgers" and item.key == "LV1-1"]

    assert day("03-08") in last()
    setting_rules.save(store, BUREAU, wish("publication_days", "3", part="ledger"))
    assert day("03-04") in last()


def test_errors_have_their_answers(library):
    with pytest.raises(ProfileValueError) as caught:
        setting_rules.save(library.store, BUREAU, wish(value="x"))
    assert answer(caught.value)[1].status == 400
