"""What is read once is kept, and the oldest is let go."""

from geo_app.web.desk import Kept


def test_made_once_and_forgotten_at_last():
    kept = Kept(limit=2)
    made = []

    def make(value):
        made.append(value)
        return value

    for key in ("a", "a", "b", "a", "c", "b"):
        assert kept.get(key, lambda key=key: make(key)) == key
    assert made == ["a", "b", "c", "b"]
