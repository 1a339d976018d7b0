"""The guide has a chapter for each role, and its tables of steps are those of the rules."""

import re

import pytest

from geo_app.access.roles import ROLES
from geo_app.actions.role_steps import markdown, roles
from processing.library.moves import SECTORS

SAME_AS_TRANSPORT = {"water", "agriculture", "environment", "health", "sector"}


@pytest.fixture(params=["zh", "en"])
def guide(request, root):
    """The language and the text of the guide."""
    return request.param, (root / "docs" / f"roles.{request.param}.md").read_text("utf-8")


def test_every_role_of_the_procedures_has_a_chapter_with_its_steps(guide):
    language, text = guide
    shown = dict(re.findall(r"<!-- steps (\w+) -->\n(.*?)<!-- /steps -->", text, re.DOTALL))
    assert set(shown) == set(roles()) - SAME_AS_TRANSPORT
    for role, table in shown.items():
        assert table == markdown(role, language), f"put role_steps.markdown({role!r}, {language!r}) between the marks"


def test_the_sectors_take_the_same_steps():
    assert {*SECTORS.values()} == SAME_AS_TRANSPORT | {"transport"}
    assert len({markdown(role, "zh") for role in SECTORS.values()}) == 1


def test_a_role_that_moves_nothing_has_no_steps():
    assert [name for name in ROLES if not markdown(name, "en")] == ["statistics", "viewer", "administrator"]


def test_the_village_hands_in_while_its_notice_hangs_and_finance_speaks_in_the_county():
    assert "| 项目库 | 公示期满报乡镇 | 村公示 |" in markdown("village", "zh")
    assert "| project library | Opinion of finance | Opinions |" in markdown("finance", "en")
    assert "县领导小组审定" not in markdown("township", "zh")
