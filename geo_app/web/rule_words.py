"""Values of rules in the words of the reader, and how sure they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_babel import gettext

from geo_app.web.language import language, unit
from layers.codes import INCOME_PROHIBITED, SOURCE_TAG

if TYPE_CHECKING:
    from processing.rule_keys import RuleKey


def part(name: str) -> str:
    """Name the part that a rule belongs to."""
    return str(gettext("Project library") if name == "library" else gettext("Asset ledger"))


def value(key: RuleKey, found: Any) -> str:
    """Say a value with its unit."""
    if found is None:
        return "—"
    if isinstance(found, list):
        return "、".join(word(key, item) for item in found) or str(gettext("none"))
    text = word(key, found)
    return f"{text} {unit(key.unit)}" if key.unit else text


def word(key: RuleKey, found: Any) -> str:
    """Say one value of a choice, or the value as it is."""
    if key.kind == "codes":
        return INCOME_PROHIBITED.label(str(found), language())
    words: dict[str, str] = {
        "calendar": gettext("calendar days"),
        "working": gettext("working days"),
        "needed": gettext("needed"),
        "promptly": gettext("promptly, no number of days"),
        "forbidden": gettext("forbidden"),
        "reused": gettext("used again"),
        "reason": gettext("a reason is needed"),
        "chain": gettext("application, review, approval"),
        "noticed": gettext("noticed and filed"),
        "county": gettext("the county"),
        "sector": gettext("the sector department"),
        "sector, county bureau, county government, public": gettext("sector, county bureau, county government, public"),
    }
    return words.get(str(found), str(found))


def certainty(name: str, *, own: bool) -> str:
    """Say how sure a value is; what was not read in a document is unverified, or an area's own choice."""
    if name == "design" and own:
        return str(gettext("own choice"))
    return SOURCE_TAG.label(name, language())


def note(key: RuleKey, text: str, *, own: bool) -> str:
    """Give the note of a rule: an area's own as it was written, that of a rule that ships in the language of the reader."""
    return key.note_zh if text and not own and language() == "zh" else text


def expected(key: RuleKey) -> str:
    """Say what a value of a rule looks like."""
    words: dict[str, str] = {
        "days": gettext("a whole number of days"),
        "months": gettext("a whole number of months"),
        "metres": gettext("metres"),
        "holidays": gettext("days such as 2026-10-01, separated by commas or lines; empty for none"),
        "month_day": gettext("month and day such as 11-30"),
    }
    return words.get(key.kind, "、".join(word(key, item) for item in key.choices))
