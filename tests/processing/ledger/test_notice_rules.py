"""Every printed rule of notices (PN, AN) is carried out: by a dated value that code reads, or by a step that asks for it."""

import datetime as dt
from pathlib import Path

import processing
from layers.codes import table
from processing.ledger import rules as ledger_rules
from processing.ledger.clock import first_ledgers
from processing.ledger.moves import MOVES
from processing.ledger.publishing import COURSE, violations
from processing.ledger.replaying import replay
from processing.ledger.rules import rules_for
from processing.library import rules as library_rules
from processing.library.moves import MOVES as LIBRARY_MOVES

BY_A_STEP = {
    "PN-04": "入库公告",
    "PN-05": "调整公告",
    "AN-02": "摸底公示",
    "AN-06": "审定公开",
}
"""Rules that print no number of their own: long-term announcements, and the second level of a notice; the event of the step."""
TODAY = dt.date(2026, 11, 22)
COUNTY = "990101"


def test_every_rule_of_projects_and_assets_is_a_value_or_a_step():
    printed = {row["rule_id"] for row in table("notice_rules") if row["domain"] in {"project", "asset"}}
    valued = {item.rule_id for item in (*ledger_rules.values(), *library_rules.shipped())}
    assert printed - valued == set(BY_A_STEP)
    steps = (*MOVES.values(), *LIBRARY_MOVES.values(), *(course.move for course in COURSE.values()))
    assert set(BY_A_STEP.values()) <= {move.event for move in steps}


def test_every_printed_number_of_the_ledger_is_read_by_code():
    folder = Path(processing.__file__).parent / "ledger"
    code = "".join(path.read_text(encoding="utf-8") for path in (*folder.glob("*.py"), folder / "steps.toml"))
    keys = {item.key for item in ledger_rules.values() if item.rule_id.startswith("AN-")}
    assert {key for key in keys if f'"{key}"' not in code} == set()


def test_a_county_without_a_ledger_owes_its_first_one_by_the_printed_day():
    rows = [{"asset_id": "Z1", "county_code": COUNTY, "registered_on": dt.date(2021, 11, 2)}]
    rows += [{"asset_id": "Z2", "county_code": "990102", "registered_on": dt.date(2024, 5, 1)}]
    ledgers = [{"ledger_id": "L1", "level": "LV1", "county_code": COUNTY}]
    first, later = first_ledgers(rows, ledgers, lambda _: rules_for((), TODAY), TODAY)
    assert (first.key, first.rule_id, first.due_on, first.state) == (COUNTY, "AN-15", dt.date(2021, 11, 30), "overdue")
    assert (later.key, later.due_on) == ("990102", dt.date(2024, 5, 1)), "who began later owes it from the first entry on"
    whole = [{"ledger_id": "L4", "level": "LV4", "county_code": code} for code in (COUNTY, "990102")]
    assert first_ledgers(rows, whole, lambda _: rules_for((), TODAY), TODAY) == []


def test_texts_print_the_number_of_the_rule_that_holds():
    text = "\n".join(
        f'[[ledger_rule]]\nkey = "{key}"\nvalue = {value}\nvalid_from = 2021-01-01\ncertainty = "seed"'
        for key, value in (("household_months", 18), ("publications_per_year", 2), ("settlements_per_year", 3))
    )
    rules = rules_for((), TODAY, ledger_rules.read_own(text))
    home = {"asset_id": "Z1", "asset_class": "HHD", "benefit_months": 15, "registered_on": dt.date(2022, 1, 1)}
    (found,) = replay(home, [], rules, today=TODAY).violations
    assert (found.zh, found.en) == ("到户类资产受益期须超过 18 个月", "a benefit period above 18 months")
    shop = {"asset_id": "Z2", "asset_class": "OPR", "registered_on": dt.date(2022, 1, 1)}
    said = {item.zh for item in replay(shop, [], rules, today=TODAY).violations}
    assert "每年至少结算 3 次收益" in said
    assert any("缺：经营主体、" in text for text in said)
    (old,) = violations({"level": "LV4", "opened_on": dt.date(2024, 1, 1)}, rules, TODAY)
    assert "每年至少公示 2 次" in old.zh
