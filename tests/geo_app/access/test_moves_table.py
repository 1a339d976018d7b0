"""The documentation of the project library shows its moves as they are, and every role that it names exists."""

import re

import pytest

from geo_app.access.moves_table import markdown
from geo_app.access.roles import ROLES
from layers.codes import PROJECT_EVENT, PROJECT_STATUS
from processing.library.moves import MOVES, STAGES
from processing.library.rules import rules_for, shipped


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_documentation_shows_the_moves(root, language):
    text = (root / "docs" / f"project-library.{language}.md").read_text("utf-8")
    shown = re.search(r"<!-- moves -->\n(.*?)<!-- /moves -->", text, re.DOTALL)
    assert shown, "the page needs the marks <!-- moves --> and <!-- /moves -->"
    assert shown.group(1) == markdown(language), f"put geo_app.access.moves_table.markdown({language!r}) between the marks"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_documentation_names_every_rule_with_its_source(root, language):
    text = (root / "docs" / f"project-library.{language}.md").read_text("utf-8")
    for rule in shipped():
        assert f"`{rule.key}`" in text
        assert rule.rule_id in text
        assert rule.certainty in text


def test_every_move_is_of_roles_stages_and_events_that_exist():
    for move in MOVES.values():
        assert move.roles <= set(ROLES), move.name
        assert all(ROLES[role].moves for role in move.roles), move.name
        assert move.before <= set(STAGES), move.name
        assert move.event in PROJECT_EVENT, move.name
        assert move.after is None or move.after in STAGES, move.name
    assert {item.code for item in PROJECT_STATUS} == set(STAGES)
    assert {item.code for item in PROJECT_EVENT} == {move.event for move in MOVES.values()}


def test_the_rules_that_ship_are_those_that_the_notice_rules_print(root):
    import csv
    import datetime as dt

    with (root / "layers" / "tables" / "notice_rules.csv").open(encoding="utf-8") as lines:
        printed = {row["rule_id"]: row for row in csv.DictReader(lines)}
    rules = rules_for((), dt.date(2026, 1, 1))
    for number, level in (("PN-01", "村"), ("PN-02", "乡"), ("PN-03", "县")):
        assert rules.notice_days(level) == int(printed[number]["min_days"]) == 10
    assert rules.day_kind == "calendar"
    assert rules.deadline(2027) == dt.date(2026, 11, 30)
    assert not {"reserve_growth", "adjustment_cap"} & set(rules.sources)
