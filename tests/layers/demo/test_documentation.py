"""The page on the demonstration area says what the generator is made to."""

import csv
import re

import pytest

from layers.demo.budget import BAIYIN_PROJECTS, published


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_states_the_published_totals_and_the_planted_contradictions(root, language):
    page = (root / "docs" / f"demonstration.{language}.md").read_text(encoding="utf-8")
    stated = {name.strip(): amount for name, amount in re.findall(r"\| ([^|]+) \| (\d+\.\d\d) ", page)}
    for name, amount in published("county").items():
        assert stated[name] == f"{amount / 10_000:.2f}"
    by_category = [amount for name, amount in stated.items() if re.match(r"C\d ", name)]
    assert by_category == [f"{amount / 10_000:.2f}" for amount in published("category").values()]
    assert str(BAIYIN_PROJECTS) in page.replace(",", "")
    with (root / "layers" / "demo" / "planted_contradictions.csv").open(encoding="utf-8") as file:
        assert f" {len(list(csv.DictReader(file)))} " in page
