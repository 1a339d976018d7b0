"""Signing in over real connections, to the server that `geo-app serve` runs."""

import http.client
import re
import threading
import urllib.parse
from concurrent.futures import ThreadPoolExecutor

import pytest
from waitress import create_server

SECRET = "a long enough passphrase"


class Line:
    """A client over HTTP that keeps cookies; it names the host as a proxy would pass it on."""

    def __init__(self, port, **headers):
        self.port = port
        self.headers = headers
        self.cookies = {}

    def ask(self, verb, path, fields=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        sent = {"Host": "xiangtu.test", "Accept": "text/html"} | self.headers | headers
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        body = None
        if fields is not None:
            body = urllib.parse.urlencode(fields)
            sent |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": "http://xiangtu.test"}
        try:
            connection.request(verb, path, body, sent)
            answer = connection.getresponse()
            text = answer.read().decode("utf-8", "replace")
            for line in answer.headers.get_all("Set-Cookie") or ():
                name, _, value = line.partition(";")[0].partition("=")
                self.cookies[name] = value
            return answer.status, dict(answer.headers), text
        finally:
            connection.close()

    def token(self, path="/sign-in"):
        return re.search(r'name="csrf-token" content="([^"]+)"', self.ask("GET", path)[2]).group(1)

    def sign_in(self, login, password=SECRET):
        return self.ask("POST", "/sign-in", {"csrf_token": self.token(), "login": login, "password": password})


@pytest.fixture
def port(peopled):
    server = create_server(peopled, host="127.0.0.1", port=0, threads=8, clear_untrusted_proxy_headers=False)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield server.effective_port
    server.task_dispatcher.shutdown()  # no answer is still on its way when the server closes
    server.close()
    server.task_dispatcher.shutdown()
    thread.join(timeout=30)


def test_a_session_over_real_connections(port):
    east = Line(port)
    status, headers, _ = east.ask("GET", "/layers")
    assert (status, headers["Location"]) == (302, "/sign-in?next=/layers")
    assert east.sign_in("east", "wrong password")[0] == 401
    assert east.sign_in("east")[0] == 303
    status, _, text = east.ask("GET", "/layers/villages")
    assert status == 200
    assert "4 行" in text
    assert east.ask("GET", "/areas/990102")[0] == 404
    stolen = dict(east.cookies)
    assert east.ask("POST", "/sign-out", {"csrf_token": east.token("/account")})[0] == 303
    thief = Line(port)
    thief.cookies = stolen
    assert thief.ask("GET", "/layers/villages")[0] == 302
    assert thief.ask("GET", "/jobs/list", Accept="application/json")[0] == 401


def test_what_a_proxy_says_is_not_believed_unless_it_is_ours(port):
    """Without trusted proxies the address is the connection's: saying another one does not give more attempts."""
    for number in range(5):
        assert Line(port, **{"X-Forwarded-For": f"203.0.113.{number}"}).sign_in("east", "wrong password")[0] == 401
    status, headers, _ = Line(port, **{"X-Forwarded-For": "203.0.113.99"}).sign_in("east")
    assert status == 429
    assert int(headers["Retry-After"]) == 30


def test_a_foreign_name_is_refused(port):
    assert Line(port, Host="evil.example").ask("GET", "/sign-in")[0] == 403


def test_people_at_once_see_each_their_own(port):
    def look(login):
        line = Line(port)
        assert line.sign_in(login)[0] == 303
        texts = [line.ask("GET", f"/map/values?level=village&indicator=RD1&n={number}")[2] for number in range(6)]
        texts += [line.ask("GET", "/layers/counties/rows")[2] for _ in range(6)]
        return login, texts

    with ThreadPoolExecutor(4) as pool:
        for login, texts in pool.map(look, ["east", "west", "east", "west"]):
            other = "990102" if login == "east" else "990101"
            assert all(other not in text for text in texts), login
            assert any(("990101" if login == "east" else "990102") in text for text in texts)
