"""Accounts, sessions, attempts, kept edits, what was served and what is published, in both kinds of store."""

import datetime as dt
import threading

import geopandas as gpd
import pytest
import shapely

from layers.errors import BadFrameError, DuplicateKeyError, NotFoundError, RequestClosedError
from layers.store import Delete, Grant, Insert, Update
from layers.store.times import now

HOUR = dt.timedelta(hours=1)
NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
GRANTS = (Grant("transport", ("620422", "620423"), False), Grant("viewer"))


@pytest.fixture
def account(store):
    return store.accounts.add("li.hua", "李华", "交通局", "argon2id$1", GRANTS)


def test_an_account_is_found_as_it_was_made(store, account):
    assert (account.account_id, account.grants, account.active, account.language) == (1, GRANTS, True, "zh")
    assert store.accounts.find("li.hua") == store.accounts.get(1) == account
    assert store.accounts.find("LI.HUA") is store.accounts.get(2) is None
    assert "argon2id" not in repr(account)
    assert store.accounts.password_hash(1) == "argon2id$1"
    assert store.accounts.password_hash(9) is None
    second = store.accounts.add("wang", "王", "水务局", "x", [], language="en")
    assert store.accounts.all() == [account, second]


def test_a_login_is_taken_once(store, account):
    with pytest.raises(DuplicateKeyError, match=r"account 'li.hua' already"):
        store.accounts.add("li.hua", "x", "y", "z", [])
    assert len(store.accounts.all()) == 1


@pytest.mark.parametrize(
    ("change", "value"), [("set_password", "other"), ("set_grants", [Grant("viewer")]), ("set_active", False)]
)
def test_a_change_of_an_account_ends_its_sessions_and_no_others(store, account, change, value):
    other = store.accounts.add("wang", "王", "水务局", "x", [])
    for number, owner in enumerate((account, account, other)):
        store.accounts.start_session(owner.account_id, f"t{number}", now() + HOUR, "csrf")
    getattr(store.accounts, change)(account.account_id, value)
    store.accounts.set_active(account.account_id, True)
    assert [store.accounts.session(f"t{number}", now()) is not None for number in range(3)] == [False, False, True]
    with pytest.raises(NotFoundError, match="no account 99"):
        getattr(store.accounts, change)(99, value)


def test_changes_of_an_account_are_kept(store, account):
    store.accounts.set_password(1, "b")
    store.accounts.set_grants(1, [Grant("water", ("1",))])
    store.accounts.set_active(1, False)
    assert store.accounts.password_hash(1) == "b"
    assert (store.accounts.get(1).grants, store.accounts.get(1).active) == ((Grant("water", ("1",), True),), False)


def test_a_session_holds_until_its_time_and_while_the_account_is_on(store, account):
    store.accounts.start_session(1, "t", now() + HOUR, "csrf")
    session = store.accounts.session("t", now())
    assert (session.account_id, session.csrf) == (1, "csrf")
    assert store.accounts.session("t", session.expires_at) is None
    assert store.accounts.session("u", now()) is None
    store.accounts.extend_session("t", now() + 2 * HOUR)
    assert store.accounts.session("t", session.expires_at).seen_at >= session.seen_at
    store.accounts.end_session("t")
    assert store.accounts.session("t", now()) is None
    store.accounts.start_session(1, "a", now() + HOUR, "c")
    store.accounts.start_session(1, "b", now() + HOUR, "c")
    store.accounts.end_sessions(1)
    assert store.accounts.session("a", now()) is store.accounts.session("b", now()) is None


def test_sessions_that_ran_out_are_forgotten(store, account):
    store.accounts.start_session(1, "old", now() - HOUR, "c")
    store.accounts.start_session(1, "new", now() + HOUR, "c")
    with store._backend.reading() as connection:
        assert connection.exec_driver_sql("SELECT token_hash FROM xt_sessions").scalars().all() == ["new"]


def test_failed_attempts_count_since_a_time_and_since_the_last_success(store):
    note = store.accounts.note_attempt
    for minute in (0, 5, 10):
        note("li", "10.0.0.1", NOON + dt.timedelta(minutes=minute), ok=False)
    note("li", "10.0.0.2", NOON, ok=False)
    note("wang", "10.0.0.1", NOON, ok=False)
    count = store.accounts.failed_attempts
    assert count("li", "10.0.0.1", NOON) == 3
    assert count("li", "10.0.0.1", NOON + dt.timedelta(minutes=1)) == 2
    assert count("li", "10.0.0.2", NOON) == count("wang", "10.0.0.1", NOON) == 1
    note("li", "10.0.0.1", NOON + dt.timedelta(minutes=11), ok=True)
    assert count("li", "10.0.0.1", NOON) == 0
    note("li", "10.0.0.1", NOON + dt.timedelta(minutes=12), ok=False)
    assert count("li", "10.0.0.1", NOON) == 1
    note("li", "10.0.0.1", NOON + dt.timedelta(days=30), ok=False)
    with store._backend.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM xt_attempts").scalar() == 1


KEPT = {"who": "李", "bureau": "水务局", "account_id": 3, "cause": "stale", "origin": "ogc", "reason": "测量"}


def test_an_edit_that_was_not_taken_is_kept_whole(store):
    edit = Update("wells", "x", 4, {"name": "“新”", "dug_on": dt.date(2020, 2, 3), "uses": ["饮水"]}, shapely.Point(104.1, 36))
    number = store.kept.keep(edit, **KEPT, theirs_ver=5)
    kept = store.kept.get(number)
    assert (kept.edit, kept.layer, kept.feature_id, kept.theirs_ver, kept.state) == (edit, "wells", "x", 5, "open")
    assert (kept.who, kept.cause, kept.origin, kept.reason, kept.account_id) == ("李", "stale", "ogc", "测量", 3)
    frame = gpd.GeoDataFrame({"well_id": ["n"]}, geometry=[shapely.Point(1, 2)], crs="EPSG:4490")
    new = store.kept.get(store.kept.keep(Insert("wells", frame), **KEPT | {"cause": "forbidden"}))
    assert (new.feature_id, new.edit.frame["well_id"].tolist()) == (None, ["n"])
    with pytest.raises(NotFoundError):
        store.kept.get(99)


def test_a_set_of_edits_is_kept_together_in_its_order(store):
    assert store.kept.keep(Delete("wells", "first", 1), **KEPT) == 1
    frame = gpd.GeoDataFrame({"well_id": ["n"]}, geometry=[shapely.Point(1, 2)], crs="EPSG:4490")
    edits = [Update("wells", str(n), n, {"name": f"“{n}”"}, shapely.Point(104, 36)) for n in range(150)]
    edits += [Insert("wells", frame), Delete("wells", "x", 3)]
    numbers = store.kept.keep_many(edits, **KEPT, theirs={("wells", "3"): 9, ("wells", "x"): None, ("tracks", "4"): 7})
    assert numbers == list(range(2, 154))
    kept = {item.kept_id: item for item in store.kept.list(limit=200)}
    assert len(kept) == 153
    assert [kept[number].edit for number in numbers[:150]] == edits[:150]
    assert kept[numbers[150]].edit.frame["well_id"].tolist() == ["n"]
    assert (kept[153].edit, kept[153].feature_id) == (edits[151], "x")
    assert {kept[number].theirs_ver for number in numbers} == {None, 9}
    assert kept[numbers[3]].theirs_ver == 9
    assert {(item.who, item.cause, item.origin, item.reason, item.state) for item in kept.values()} == {
        ("李", "stale", "ogc", "测量", "open")
    }
    assert store.kept.keep_many([], **KEPT) == []
    assert store.kept.keep(Delete("wells", "last", 1), **KEPT) == 154


def test_a_set_that_cannot_be_kept_whole_is_not_kept_in_part(store):
    foreign = gpd.GeoDataFrame({"well_id": ["n"]}, geometry=[shapely.Point(1, 2)], crs="EPSG:4326")
    with pytest.raises(BadFrameError, match="EPSG:4326"):
        store.kept.keep_many([Delete("wells", "x", 1), Insert("wells", foreign)], **KEPT)
    assert store.kept.list() == []


def test_kept_edits_are_settled_once_and_never_lost(store):
    numbers = [store.kept.keep(Delete("wells", str(n), 1), **KEPT | {"account_id": n % 2}) for n in range(4)]
    store.kept.settle(numbers[0], "merged", by="王", change_id=8)
    store.kept.settle(numbers[1], "dismissed", by="王")
    assert [item.kept_id for item in store.kept.list()] == [4, 3]
    assert [item.kept_id for item in store.kept.list(state=None, account_id=1)] == [4, 2]
    assert [item.kept_id for item in store.kept.list(state=None, layer="wells", feature_id="2")] == [3]
    assert [item.kept_id for item in store.kept.list(state=None, limit=2, offset=1)] == [3, 2]
    merged = store.kept.get(1)
    assert (merged.state, merged.settled_by, merged.change_id) == ("merged", "王", 8)
    assert merged.edit == Delete("wells", "0", 1)
    for state in ("dismissed", "merged", "open"):
        with pytest.raises(RequestClosedError, match="is merged already"):
            store.kept.settle(1, state, by="x")
    with pytest.raises(NotFoundError):
        store.kept.settle(77, "merged", by="x")


def test_what_was_served_is_remembered_per_account(store):
    many = {f"f{number}": number % 7 for number in range(12_000)}
    store.served.note(1, "wells", many)
    store.served.note(1, "wells", {"f1": 9, "f2": 2})
    store.served.note(2, "wells", {"f1": 1})
    assert [store.served.seen(1, "wells", name) for name in ("f1", "f2", "f11999", "g")] == [9, 2, 11999 % 7, None]
    assert (store.served.seen(2, "wells", "f1"), store.served.seen(1, "tracks", "f1")) == (1, None)


def test_noting_the_same_again_writes_nothing(store, monkeypatch):
    store.served.note(1, "wells", {"a": 1})
    monkeypatch.setattr(type(store._backend), "writing", lambda _self: pytest.fail("nothing is to be written"))
    store.served.note(1, "wells", {"a": 1})
    store.served.note(1, "wells", {})


def test_publications_are_shown_between_their_days(store):
    content = {"text": "公示", "rows": [1, None, {"a": 0.5}]}
    notice = store.published.publish(
        "notice", "公示一", content, who="李", valid_from=dt.date(2026, 3, 1), valid_to=dt.date(2026, 3, 7)
    )
    exact = store.published.publish("map", "图", {}, who="李", valid_from=NOON, valid_to=NOON + HOUR)
    always = store.published.publish("map", "图二", {}, who="李")
    item = store.published.get(notice)
    assert (item.kind, item.title, item.content, item.valid_from) == ("notice", "公示一", content, dt.date(2026, 3, 1))

    def public(at):
        return [found.published_id for found in store.published.all(at)]

    assert public(dt.date(2026, 2, 28)) == [always]
    assert public(dt.datetime(2026, 2, 28, 15, 59, tzinfo=dt.UTC)) == [always]
    assert public(dt.datetime(2026, 2, 28, 16, tzinfo=dt.UTC)) == [always, notice]
    assert public(NOON) == [always, exact, notice]
    assert public(NOON + HOUR) == [always, notice]
    assert public(dt.date(2026, 3, 7)) == [always, notice]
    assert public(dt.date(2026, 3, 8)) == [always]
    store.published.withdraw(always, "王")
    store.published.withdraw(always, "赵")
    assert public(NOON) == [exact, notice]
    assert store.published.get(always).withdrawn_by == "王"
    assert len(store.published.all()) == 3
    for number in (99,):
        with pytest.raises(NotFoundError):
            store.published.get(number)
        with pytest.raises(NotFoundError):
            store.published.withdraw(number, "x")
    with pytest.raises(BadFrameError):
        store.published.publish("map", "x", {"a": float("nan")}, who="李")


def test_numbers_are_given_once_by_threads_at_once(store):
    threads = [threading.Thread(target=lambda n=n: store.kept.keep(Delete("wells", str(n), 1), **KEPT)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(item.kept_id for item in store.kept.list()) == list(range(1, 7))
