"""The watcher's address."""


def test_health_says_nothing_of_the_data(web):
    assert web.json("/healthz") == {"status": "ok"}
