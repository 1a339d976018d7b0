"""Signing in and out, sessions on the server, tokens, origins, and the accounts pages."""

import datetime as dt
import re

import argon2
import pytest

from geo_app.actions import signing_in
from geo_app.web import identifying
from geo_app.web.accounts import safe_next

HOST, SECRET = "http://xiangtu.test", "a long enough passphrase"


def cookie_of(browser):
    return browser.client.get_cookie(identifying.COOKIE, domain="xiangtu.test")


def test_nobody_is_sent_to_sign_in_and_back(shared_peopled, browser_of):
    nobody = browser_of(shared_peopled)
    answer = nobody.get("/layers/roads?x=1")
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/sign-in?next=/layers/roads?x%3D1"
    assert 'name="csrf-token"' in nobody.page("/sign-in")
    entered = nobody.sign_in("east", next="/layers/roads?x=1")
    assert (entered.status_code, entered.headers["Location"]) == (303, "/layers/roads?x=1")
    assert "east name" in nobody.page("/account")
    assert nobody.get("/sign-in").status_code == 302


def test_a_script_of_nobody_gets_401(shared_peopled, browser_of):
    answer = browser_of(shared_peopled).get("/jobs/list", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.get_json()["code"]) == (401, "not_signed_in")
    assert "WWW-Authenticate" not in answer.headers


def test_nobody_sees_no_menu_and_no_data(shared_peopled, browser_of):
    page = browser_of(shared_peopled).page("/sign-in")
    assert 'class="pages"' not in page
    assert "小测试区" not in page
    assert "app.js" not in page


@pytest.mark.parametrize(
    "asked",
    [
        "//evil.example",
        "https://evil.example/x",
        "/\\evil.example",
        "\\\\evil.example",
        "/%0d%0aSet-Cookie:x=1\n",
        "javascript:alert(1)",
        "/sign-out",
        "",
        "x",
    ],
)
def test_no_way_leads_elsewhere_after_sign_in(asked):
    assert safe_next(asked) in {"/", asked} - ({asked} if asked != "/" else set())


def test_session_is_on_the_server_and_ends_there(peopled, browser_of):
    east = browser_of(peopled, "east")
    cookie = cookie_of(east)
    assert len(cookie.value) >= 40
    assert "east" not in cookie.value
    store = peopled.extensions["xiangtu"].store
    assert store.accounts.session(cookie.value, signing_in.now()) is None, "the store must know only the hash"
    assert store.accounts.session(signing_in.token_hash(cookie.value), signing_in.now()).account_id
    assert east.form("/sign-out").status_code == 303
    thief = browser_of(peopled)
    thief.client.set_cookie(identifying.COOKIE, cookie.value, domain="xiangtu.test")
    assert thief.get("/layers").status_code == 302


def test_cookie_is_for_this_visit_this_site_and_no_script(peopled, browser_of):
    answer = browser_of(peopled).sign_in("east")
    (sent,) = [text for text in answer.headers.getlist("Set-Cookie") if text.startswith(identifying.COOKIE)]
    assert "HttpOnly" in sent
    assert "SameSite=Lax" in sent
    assert "Path=/" in sent
    assert "Expires" not in sent
    assert "Secure" not in sent


def test_behind_https_every_cookie_is_secure(peopled, browser_of, tmp_path):
    from dataclasses import replace

    here = peopled.extensions["xiangtu"]
    here.settings = replace(here.settings, public_url="https://xiangtu.test")
    peopled.config["SESSION_COOKIE_SECURE"] = True
    nobody = browser_of(peopled, host="https://xiangtu.test")
    answer = nobody.sign_in("east")
    assert answer.status_code == 303
    sent = answer.headers.getlist("Set-Cookie")
    assert any(text.startswith("__Host-xiangtu-session=") for text in sent)
    assert all("Secure" in text for text in sent if "lang=" not in text)
    assert "max-age" in nobody.get("/layers").headers["Strict-Transport-Security"]


def test_sign_in_gives_another_session_whatever_the_browser_brought(peopled, browser_of):
    planted = "planted-by-somebody-else"
    victim = browser_of(peopled)
    victim.client.set_cookie(identifying.COOKIE, planted, domain="xiangtu.test")
    victim.sign_in("east")
    first = cookie_of(victim).value
    assert first != planted
    old_token = victim._token()
    victim.form("/sign-out")
    victim.sign_in("east")
    assert cookie_of(victim).value != first
    assert victim._token() != old_token


def test_password_change_ends_every_other_sign_in(peopled, browser_of):
    one, two = browser_of(peopled, "east"), browser_of(peopled, "east")
    old = cookie_of(one).value
    answer = one.form("/account/password", old=SECRET, new="entirely different words", again="entirely different words")
    assert answer.status_code == 303
    one.token = ""
    assert "good" in one.page("/account")
    assert cookie_of(one).value != old
    assert two.get("/layers").status_code == 302
    assert browser_of(peopled).sign_in("east").status_code == 401
    assert browser_of(peopled).sign_in("east", "entirely different words").status_code == 303


@pytest.mark.parametrize(
    ("old", "new", "again", "said"),
    [
        ("wrong password", "entirely different words", "entirely different words", "当前密码不正确"),
        (SECRET, "short", "short", "密码至少 10 个字符"),
        (SECRET, "east-east-east", "east-east-east", "密码至少 10 个字符"),
        (SECRET, "aaaaaaaaaaaaaa", "aaaaaaaaaaaaaa", "密码至少 10 个字符"),
        (SECRET, "entirely different words", "entirely other words", "两次输入的新密码不一致"),
    ],
)
def test_password_that_cannot_be_used_is_told(peopled, browser_of, old, new, again, said):
    east = browser_of(peopled, "east")
    east.form("/account/password", old=old, new=new, again=again)
    assert said in east.page("/account")
    assert browser_of(peopled).sign_in("east").status_code == 303


def test_a_disabled_account_is_out_at_once(peopled, browser_of):
    east, admin = browser_of(peopled, "east"), browser_of(peopled, "admin")
    number = peopled.extensions["xiangtu"].store.accounts.find("east").account_id
    assert admin.form(f"/accounts/{number}/active", active="no").status_code == 303
    assert east.get("/layers").status_code == 302
    assert browser_of(peopled).sign_in("east").status_code == 401


def test_new_rights_count_at_once(peopled, browser_of):
    east, admin = browser_of(peopled, "east"), browser_of(peopled, "admin")
    number = peopled.extensions["xiangtu"].store.accounts.find("east").account_id
    assert admin.form(f"/accounts/{number}/grants", role=["viewer"], areas=["990102"], how=["apply"]).status_code == 303
    assert east.get("/layers").status_code == 302
    again = browser_of(peopled, "east")
    assert again.json("/layers/counties/rows")["total"] == 1
    assert again.json("/layers/counties/rows/990102")["code"] == "990102"


def test_session_lies_idle_and_runs_out(peopled, browser_of, monkeypatch):
    east = browser_of(peopled, "east")
    started = signing_in.now()
    monkeypatch.setattr(signing_in, "now", lambda: started + dt.timedelta(minutes=59))
    assert east.get("/layers").status_code == 200
    monkeypatch.setattr(signing_in, "now", lambda: started + dt.timedelta(hours=2))
    assert east.get("/layers").status_code == 302
    monkeypatch.setattr(signing_in, "now", lambda: started)
    assert east.get("/layers").status_code == 302, "an idle session must have been revoked, not only refused"


def test_session_has_an_end_however_busy(peopled, browser_of, monkeypatch):
    east = browser_of(peopled, "east")
    store = peopled.extensions["xiangtu"].store
    hashed = signing_in.token_hash(cookie_of(east).value)
    ends = store.accounts.session(hashed, signing_in.now()).expires_at
    assert dt.timedelta(hours=11) < ends - signing_in.now() <= dt.timedelta(hours=12)
    monkeypatch.setattr(signing_in, "now", lambda: ends + dt.timedelta(seconds=1))
    assert east.get("/layers").status_code == 302


# tokens and origins


def unsafe(app):
    for rule in app.url_map.iter_rules():
        for verb in sorted({"POST", "PUT", "PATCH", "DELETE"} & rule.methods):
            yield verb, re.sub(r"<(?:int|float):[^>]+>", "1", re.sub(r"<(?!int|float)[^>]+>", "x", rule.rule))


def test_every_unsafe_verb_needs_the_token_of_the_session(peopled, browser_of):
    admin, other = browser_of(peopled, "admin"), browser_of(peopled, "east")
    stolen = other._token()
    for verb, path in unsafe(peopled):
        for headers in ({}, {"X-CSRF-Token": stolen}, {"X-CSRF-Token": ""}):
            answer = admin.client.open(
                path, method=verb, base_url=HOST, json={}, headers=headers | {"Accept": "application/json"}
            )
            assert (answer.status_code, answer.get_json()["code"]) == (403, "csrf"), (verb, path, headers)


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "null", "https://xiangtu.test", "http://xiangtu.test:81", "http://xiangtu.test.evil.example"],
)
def test_the_token_does_not_help_another_origin(peopled, browser_of, origin):
    east = browser_of(peopled, "east")
    answer = east.post("/queries/run", {"layer": "roads"}, headers={"Origin": origin})
    assert (answer.status_code, answer.get_json()["code"]) == (403, "csrf")


def test_sign_in_needs_a_token_too(peopled, browser_of):
    nobody = browser_of(peopled)
    answer = nobody.client.post("/sign-in", base_url=HOST, data={"login": "east", "password": SECRET})
    assert answer.status_code == 403
    answer = nobody.client.post(
        "/sign-in",
        base_url=HOST,
        data={"login": "east", "password": SECRET, "csrf_token": nobody.anonymous_token()},
        headers={"Origin": "http://evil.example"},
    )
    assert answer.status_code == 403


# hosts and proxies


@pytest.mark.parametrize("host", ["http://evil.example", "http://xiangtu.test.evil.example", "http://10.0.0.5"])
def test_other_host_names_are_refused(shared_peopled, host):
    assert shared_peopled.test_client().get("/healthz", base_url=host).status_code == 403


def test_this_machine_may_ask_after_health_and_no_more(shared_peopled):
    client = shared_peopled.test_client()
    assert client.get("/healthz", base_url="http://127.0.0.1:8000").status_code == 200
    assert client.get("/layers", base_url="http://127.0.0.1:8000").status_code == 302, "with accounts this machine is nobody"
    far = {"REMOTE_ADDR": "10.0.0.9"}
    assert client.get("/healthz", base_url="http://127.0.0.1:8000", environ_base=far).status_code == 403


def test_only_trusted_proxies_tell_the_address(peopled):
    from dataclasses import replace

    from flask import request

    from geo_app.web import security

    seen = []
    peopled.after_request(lambda response: seen.append((request.remote_addr, request.scheme)) or response)
    told = {"X-Forwarded-For": "203.0.113.9, 10.0.0.1", "X-Forwarded-Proto": "https"}
    peopled.test_client().get("/healthz", base_url=HOST, headers=told)
    settings = replace(peopled.extensions["xiangtu"].settings, trusted_proxies=1)
    security.behind_proxies(peopled, settings)
    peopled.test_client().get("/healthz", base_url=HOST, headers=told)
    assert seen == [("127.0.0.1", "http"), ("10.0.0.1", "https")]


# guessing


def test_an_unknown_login_costs_and_says_the_same(peopled, browser_of, monkeypatch):
    counted = []
    verify = argon2.PasswordHasher.verify

    def counting(self, held, password):
        counted.append(held.split("$")[1:4])
        return verify(self, held, password)

    monkeypatch.setattr(argon2.PasswordHasher, "verify", counting)
    store = peopled.extensions["xiangtu"].store
    store.accounts.set_active(store.accounts.find("west").account_id, False)
    answers = [
        browser_of(peopled).sign_in(login, password)
        for login, password in (("east", "wrong password"), ("nobody-of-this-name", "wrong password"), ("west", SECRET))
    ]
    assert [answer.status_code for answer in answers] == [401] * 3
    texts = {re.sub(r'content="[^"]+"|value="[^"]*"|nonce="[^"]+"', "", answer.text) for answer in answers}
    assert len(texts) == 1
    assert len(counted) == 3
    assert counted[0] == counted[1] == counted[2]
    assert counted[0][0] == "argon2id"


def test_the_sixth_attempt_waits_even_with_the_right_password(peopled, browser_of, monkeypatch):
    nobody = browser_of(peopled)
    for _ in range(5):
        assert nobody.sign_in("east", "wrong password").status_code == 401
    answer = nobody.sign_in("east")
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "30"
    assert browser_of(peopled).sign_in("west").status_code == 303, "another account is not held up"
    later = signing_in.now() + dt.timedelta(seconds=31)
    monkeypatch.setattr(signing_in, "now", lambda: later)
    assert nobody.sign_in("east", "wrong password").status_code == 401
    answer = nobody.sign_in("east", "wrong password")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "60")
    later += dt.timedelta(minutes=16)
    assert nobody.sign_in("east").status_code == 303


def test_unknown_logins_wait_alike(peopled, browser_of):
    nobody = browser_of(peopled)
    for _ in range(5):
        assert nobody.sign_in("nobody-of-this-name", "wrong password").status_code == 401
    assert nobody.sign_in("nobody-of-this-name", "wrong password").status_code == 429


def test_one_address_cannot_try_many_accounts(peopled, browser_of, monkeypatch):
    from geo_app.actions import passwords

    monkeypatch.setattr(passwords, "holds", lambda *_: False)
    nobody = browser_of(peopled)
    codes = [nobody.sign_in(f"guess{number}", "wrong password").status_code for number in range(32)]
    assert codes[:30] == [401] * 30
    assert codes[30:] == [429] * 2


def test_a_bureau_behind_one_address_signs_in(peopled, browser_of, monkeypatch):
    from geo_app.actions import passwords

    monkeypatch.setattr(passwords, "holds", lambda _, given: given != "wrong password")
    assert {browser_of(peopled).sign_in("east").status_code for _ in range(35)} == {303}
    assert [browser_of(peopled).sign_in("west", "wrong password").status_code for _ in range(2)] == [401] * 2
    assert browser_of(peopled).sign_in("east").status_code == 303


def test_too_many_requests_wait(peopled, browser_of, monkeypatch):
    from limits import RateLimitItemPerMinute

    from geo_app.web import throttle

    east = browser_of(peopled, "east")
    monkeypatch.setattr(throttle, "GENERAL", RateLimitItemPerMinute(3, 1))
    codes = [east.get("/jobs/count").status_code for _ in range(5)]
    assert codes == [200, 200, 200, 429, 429]
    answer = east.get("/jobs/count", headers={"Accept": "application/json"})
    assert answer.get_json()["code"] == "too_many_requests"
    assert 1 <= int(answer.headers["Retry-After"]) <= 60


# tools: login and password with each request


def basic(login, password=SECRET):
    import base64

    return {"Authorization": "Basic " + base64.b64encode(f"{login}:{password}".encode()).decode()}


def test_a_tool_signs_in_with_each_request_at_its_own_addresses_only(peopled):
    client = peopled.test_client()
    answer = client.get("/api/ogc/collections", base_url=HOST)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic")
    assert client.get("/api/ogc/collections", base_url=HOST, headers=basic("east")).status_code == 200
    assert client.get("/api/ogc/collections", base_url=HOST, headers=basic("east", "wrong password")).status_code == 401
    assert client.get("/layers", base_url=HOST, headers=basic("east")).status_code == 302


def test_a_tools_password_is_hashed_once_and_forgotten_when_changed(peopled, monkeypatch):
    counted = []
    verify = argon2.PasswordHasher.verify
    monkeypatch.setattr(argon2.PasswordHasher, "verify", lambda self, *a: counted.append(1) or verify(self, *a))
    client = peopled.test_client()
    for _ in range(5):
        assert client.get("/api/ogc/collections", base_url=HOST, headers=basic("east")).status_code == 200
    assert len(counted) == 1
    store = peopled.extensions["xiangtu"].store
    account = store.accounts.find("east")
    store.accounts.set_password(account.account_id, argon2.PasswordHasher().hash("another one for east"))
    assert client.get("/api/ogc/collections", base_url=HOST, headers=basic("east")).status_code == 401
    store.accounts.set_active(store.accounts.find("west").account_id, False)
    assert client.get("/api/ogc/collections", base_url=HOST, headers=basic("west")).status_code == 401


# administration


@pytest.mark.parametrize("login", ["east", "water_east", "revital", "all"])
@pytest.mark.parametrize("path", ["/accounts", "/accounts/1"])
def test_accounts_are_for_the_administrator(as_, login, path):
    assert as_(login).get(path).status_code == 403
    assert 'href="/accounts"' not in as_(login).page("/account")


def test_an_account_is_made_with_a_password_shown_once(peopled, browser_of):
    admin = browser_of(peopled, "admin")
    answer = admin.form(
        "/accounts",
        login="New.Li",
        name="李<b>",
        bureau="水利局",
        role=["water", "", ""],
        areas=["990101", "", ""],
        how=["submit", "apply", "apply"],
    )
    assert answer.status_code == 200
    password = re.search(r'id="invented">([^<]+)<', answer.text).group(1)
    assert "李<b>" not in answer.text
    assert password not in admin.page("/accounts")
    new = browser_of(peopled, "new.li", password)
    assert "水利局" in new.page("/account")
    account = peopled.extensions["xiangtu"].store.accounts.find("new.li")
    assert [(item.role, item.areas, item.apply) for item in account.grants] == [("water", ("990101",), False)]


@pytest.mark.parametrize(
    ("login", "role", "area", "said"),
    [
        ("x", "water", "", "登录名为 2 至 40 个"),
        ("east", "water", "", "已有登录名"),
        ("fresh", "king", "", "没有角色“king”"),
        ("fresh", "water", "12345", "没有代码为"),
    ],
)
def test_an_account_that_cannot_be_is_told(peopled, browser_of, login, role, area, said):
    admin = browser_of(peopled, "admin")
    assert admin.form("/accounts", login=login, role=[role], areas=[area], how=["apply"]).status_code == 303
    assert said in admin.page("/accounts")


def test_the_administrator_cannot_lock_himself_out(peopled, browser_of):
    admin = browser_of(peopled, "admin")
    number = peopled.extensions["xiangtu"].store.accounts.find("admin").account_id
    assert admin.form(f"/accounts/{number}/active", active="no").status_code == 400
    assert admin.get("/accounts").status_code == 200


def test_new_password_and_sign_out_by_the_administrator(peopled, browser_of):
    admin, east = browser_of(peopled, "admin"), browser_of(peopled, "east")
    number = peopled.extensions["xiangtu"].store.accounts.find("east").account_id
    admin.form(f"/accounts/{number}/sessions")
    assert east.get("/layers").status_code == 302
    password = re.search(r'id="invented">([^<]+)<', admin.form(f"/accounts/{number}/password").text).group(1)
    assert browser_of(peopled).sign_in("east", password).status_code == 303
    assert admin.get("/accounts/99999").status_code == 404


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_pages_say_who_is_signed_in_and_what_they_may(as_, lang):
    page = as_("money").page(f"/account?lang={lang}")
    assert "money name" in page
    assert ("资金规模" if lang == "zh" else "Budget") in page
    assert "sign-out" in page
    as_("money").page("/account?lang=zh")


def test_without_accounts_there_is_nothing_to_sign_in_to(web):
    assert web.get("/sign-in").status_code == 302
    assert "XIANGTU_ACCESS=accounts" in web.page("/accounts")
    assert "sign-out" not in web.page("/jobs")
