"""What guards every answer: host, origin, token, sizes, and the headers, on every address there is."""

import re

import pytest

PAGES = (
    "/",
    "/areas/990101",
    "/indicators",
    "/indicators/RD1",
    "/imports",
    "/layers",
    "/layers/villages",
    "/runs",
    "/runs/1",
    "/changes",
    "/jobs",
)


@pytest.mark.parametrize("path", [*PAGES, "/nowhere", "/healthz"])
def test_headers_stand_on_every_answer(web, path):
    headers = web.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy
    assert "frame-ancestors 'self'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["X-Request-ID"]


@pytest.mark.parametrize("path", PAGES)
def test_pages_carry_no_inline_code_and_nothing_from_elsewhere(web, path):
    text = web.page(path)
    nonce = re.search(r"'nonce-([^']+)'", web.get(path).headers["Content-Security-Policy"]).group(1)
    assert nonce not in text
    for tag in re.findall(r"<script\b[^>]*>", text):
        assert "src=" in tag or 'type="application/json"' in tag
    assert not re.search(r"\son\w+=", text)
    assert not re.search(r'\sstyle="', text)
    assert not re.search(r"""(?:src|href)=["'](?:https?:)?//""", text)


def test_nonce_is_new_each_time(web):
    first, second = (web.get("/").headers["Content-Security-Policy"] for _ in range(2))
    assert first != second


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "10.0.0.7:8000", "", "localhost@evil.example"])
def test_foreign_host_names_are_refused(app, host):
    answer = app.test_client().get("/", headers={"Host": host, "Accept": "application/json"})
    assert answer.status_code == 403
    assert answer.get_json()["code"] == "forbidden"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:8000", "[::1]:8000"])
def test_own_names_are_answered(app, host):
    assert app.test_client().get("/healthz", headers={"Host": host}).status_code == 200


def test_request_passed_on_by_a_proxy_is_refused(app):
    client = app.test_client()
    for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP"):
        answer = client.get("/", base_url="http://127.0.0.1:8000", headers={name: "10.0.0.1"})
        assert answer.status_code == 403


def test_request_from_another_machine_is_refused(app):
    answer = app.test_client().get("/", base_url="http://127.0.0.1:8000", environ_base={"REMOTE_ADDR": "192.168.1.20"})
    assert answer.status_code == 403


def unsafe_rules(app):
    for rule in app.url_map.iter_rules():
        for verb in {"POST", "PUT", "PATCH", "DELETE"} & rule.methods:
            yield verb, re.sub(r"<int:[^>]+>", "1", re.sub(r"<(?!int)[^>]+>", "x", rule.rule))


def test_every_unsafe_verb_needs_the_token(app):
    client = app.test_client()
    rules = list(unsafe_rules(app))
    assert len(rules) > 12
    for verb, path in rules:
        if path.startswith(("/api/", "/tiles/")):
            continue  # tools have no cookies; a browser is told by its Origin, see below
        answer = client.open(path, method=verb, base_url="http://127.0.0.1:8000", json={}, headers={"Accept": "application/json"})
        assert (answer.status_code, answer.get_json()["code"]) == (403, "csrf"), (verb, path)


def test_a_page_elsewhere_cannot_use_the_addresses_for_tools(app):
    client = app.test_client()
    for verb, path in unsafe_rules(app):
        for said in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
            answer = client.open(
                path, method=verb, base_url="http://127.0.0.1:8000", json={}, headers=said | {"Accept": "application/json"}
            )
            assert (answer.status_code, answer.get_json()["code"]) == (403, "csrf"), (verb, path)


def test_token_of_another_session_is_refused(web, app):
    other = app.test_client()
    other.get("/jobs", base_url="http://127.0.0.1:8000")
    answer = other.post("/runs", base_url="http://127.0.0.1:8000", json={}, headers={"X-CSRF-Token": web._token()})
    assert answer.status_code == 403


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:9999", "https://127.0.0.1:8000"])
def test_another_origin_is_refused_even_with_the_token(web, origin):
    answer = web.post("/runs", {}, headers={"Origin": origin})
    assert (answer.status_code, answer.get_json()["code"]) == (403, "csrf")


def test_cookie_is_shut_to_scripts_and_other_sites(web):
    cookie = web.get("/jobs").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_body_beyond_the_limit_is_refused(web):
    answer = web.post("/queries/run", data=b" " * 1_500_000, headers={"Content-Type": "application/json"})
    assert answer.status_code == 413
    assert answer.get_json()["code"] == "too_large"


def test_names_from_the_data_are_never_markup(web, app):
    from layers.store import Change, Update

    store = app.extensions["xiangtu"].store
    row = store.read("villages", limit=1).iloc[0]
    evil = "<img src=x onerror=alert(1)>${alert(1)}</script>"
    edits = (Update("villages", row["id"], int(row["ver"]), {"name": evil}),)
    store.apply(Change("li", "", "bad name", edits))
    code = row["village_code"]
    for path in (
        "/map/frame?level=village&indicator=RD1",
        f"/areas/{row['township_code']}",
        f"/areas/{code}",
        f"/areas/{code}/map",
    ):
        text = web.page(path)
        assert "<img src=x" not in text, path
        assert "</script>$" not in text, path


def test_static_files_of_ours_may_be_kept(web):
    with web.get("/static/css/app.css") as answer:
        assert answer.status_code == 200
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert web.get("/static/../config.py").status_code == 404
