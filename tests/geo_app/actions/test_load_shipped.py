"""Shipped lists and plans loaded and replaced; the recipe on the published list; counties decided from what is loaded."""

import pytest

from geo_app.actions import investment, key_areas, load_recipe, load_shipped
from geo_app.actions.signing import By
from geo_app.errors import NotFoundError
from layers.store import open_store

WHO = By("li", "乡村振兴局", "名录")


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "store.gpkg", create=True) as opened:
        yield opened


def test_lists_are_loaded_once_and_decide(store):
    receipt = load_shipped.load(store, "key-counties", WHO)
    assert receipt.inserted == 128 + 12
    assert load_shipped.load(store, "key-counties", WHO).change_id == 0
    found = key_areas.listing(store)
    assert found.counts["国家"] == {"yes": 114, "no": 0, "unknown": 14}
    assert found.counts["省"] == {"yes": 14, "no": 0, "unknown": 114}
    assert [(item.stated[0][0], item.stated[1][0]) for item in found.conflicts] == [(44, 53)]
    assert not any(item.held for item in found.counties)


def test_replacing_puts_the_shipped_rows_in_place_of_others(store):
    load_shipped.load(store, "investment", WHO)
    receipt = load_shipped.load(store, "investment", WHO, replace=True)
    assert store.count("plan_investments") == 13
    assert receipt.change_id
    assert investment.matrix(store).plan.plan_id == "6204-14-5"
    assert len(investment.contradictions(investment.matrix(store))) == 10


def test_what_does_not_ship_is_named(store):
    with pytest.raises(NotFoundError, match="key-counties, investment"):
        load_shipped.load(store, "other", WHO)


@pytest.mark.real_data
def test_the_published_list_comes_in_by_its_recipe(store, root, shared_data):
    done = load_recipe.load(store, root / "examples" / "key-counties" / "recipe.toml", shared_data, WHO)
    assert [(feed.rows, feed.skipped) for feed in done.feeds] == [(128, 0)]
    counts = key_areas.listing(store).counts
    assert counts["国家"]["yes"] == 114
    assert counts["国家"]["no"] == counts["省"]["no"] == 0
