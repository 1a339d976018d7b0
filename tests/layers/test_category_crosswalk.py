"""The crosswalk names every item of the plan once and only codes that the two lists print."""

from layers.category_crosswalk import items_of, matches
from layers.codes import BAIYIN_ITEM, PROJECT_CATEGORY
from layers.demo.projects import items


def test_every_item_of_the_plan_has_one_category():
    wanted = [item.code for item in BAIYIN_ITEM]
    assert len(wanted) == 50
    assert list(matches()) == [*wanted, "C7"]


def test_every_category_has_items_and_only_listed_ones_are_named():
    for match in matches().values():
        assert match.category in PROJECT_CATEGORY
        assert all(code in PROJECT_CATEGORY for code in match.alternatives)
        assert match.category not in match.alternatives
        assert match.tag == "design"
    assert all(items_of(item.code) for item in PROJECT_CATEGORY)


def test_the_demonstration_agrees_with_it():
    assert {name: item.category for name, item in items().items()} == {name: item.category for name, item in matches().items()}
