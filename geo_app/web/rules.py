"""The rules that hold in an area: days, deadlines, tolerances, with their source; an area's own set, changed and withdrawn."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext

from geo_app.access import Permission, permission
from geo_app.actions import inputs
from geo_app.actions.library import own_rules, setting_rules
from geo_app.errors import BadRequestError
from geo_app.errors import answer as answer_of
from geo_app.web import rule_words
from geo_app.web.desk import desk, person, today
from geo_app.web.errors import told
from geo_app.web.language import short, title
from layers.area_rules import EVERYWHERE
from layers.codes import SOURCE_TAG
from layers.schema import PersonError
from processing import rule_keys
from processing.errors import ProfileValueError

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from geo_app.actions.library.own_rules import OwnRule
    from processing.rule_keys import RuleKey

pages = Blueprint("rules", __name__, url_prefix="/rules")

RANKS: Final = (1, 2, 3, 4)
SHOWN_CHANGES: Final = 100


def _area(text: str) -> str:
    """Give the area asked for; everywhere without one.

    Raises:
        NotFoundError: there is no such area for the reader.
    """
    if text in {"", EVERYWHERE}:
        return EVERYWHERE
    return inputs.require_area(inputs.areas(desk().store, person=person()), text)


def _day(text: str, name: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise BadRequestError(f"{name}: a day such as 2026-01-01 was expected, found {text[:20]!r}.") from None


def _key(text: str) -> RuleKey | None:
    part, _, name = text.partition(".")
    return rule_keys.key(part, name) if text else None


@pages.get("")
@permission(Permission.READ)
def index() -> ResponseReturnValue:
    """Show the rules in force for an area and a day, with the form of the rule that is to be set."""
    asked = request.args
    area, own = _area(asked.get("area", "").strip()), None
    key = _key(asked.get("rule", ""))
    if asked.get("own"):
        own = next((item for item in own_rules.own(desk().store, area) if item.rule_id == asked["own"]), None)
        key = own.key if own else key
    return _page(area, key, _filled(area, own))


def _page(area: str, key: RuleKey | None, typed: dict[str, str], *, refused: str = "", status: int = 200) -> ResponseReturnValue:
    store, who = desk().store, person()
    on = _day(request.args["on"], "on") if request.args.get("on") else today()
    listed = own_rules.own(store, area)
    hierarchy = inputs.areas(store, person=who).frame
    hierarchy = hierarchy[hierarchy["rank"].isin(RANKS) | (hierarchy["area_code"] == area)]
    rows = zip(hierarchy["area_code"], hierarchy["area_name"], hierarchy["rank"], strict=True)
    page = render_template(
        "rules.html",
        area=area,
        everywhere=EVERYWHERE,
        on=on,
        today=today(),
        areas=[(str(code), short(str(name or code)), int(rank)) for code, name, rank in rows],
        rules=own_rules.shown(store, None if area == EVERYWHERE else area, on),
        own=listed,
        past=own_rules.history(store, area, limit=SHOWN_CHANGES),
        may_set=setting_rules.may_set(store, who, area),
        mine={item.rule_id: setting_rules.may_set(store, who, item.area) for item in listed},
        key=key,
        typed=typed,
        refused=refused,
        certainties={name: rule_words.certainty(name, own=True) for name in setting_rules.GIVEN if name in SOURCE_TAG},
        words=rule_words,
        place=_place,
    )
    return page, status


def _filled(area: str, own: OwnRule | None) -> dict[str, str]:
    """Give what the form of a rule holds at first: nothing but the day, or the value that is to be changed."""
    if own is None:
        return {"area": area, "valid_from": today().isoformat(), "certainty": "seed"}
    value = ", ".join(own.value) if isinstance(own.value, list) else str(own.value)
    texts = {"clause": own.clause, "document": own.document, "certainty": own.certainty, "note": own.note}
    return texts | {"area": own.area, "value": value, "valid_from": own.valid_from.isoformat(), "expected_ver": str(own.ver)}


def _place(code: str) -> str:
    tree = inputs.areas(desk().store)
    return str(gettext("everywhere") if code == EVERYWHERE else short(tree.name(code) if code in tree else code))


@pages.post("")
@permission(Permission.CHANGE)
def save() -> ResponseReturnValue:
    """Set a value of an area's own, or change it."""
    form = request.form
    area, key = _area(form.get("area", "").strip()), _key(form.get("rule", ""))
    if key is None:
        raise BadRequestError("rule: the rule that is to be set was expected; choose it on the page of the rules.")
    value: object = form.getlist("value") if key.kind == "codes" else form.get("value", "").strip()
    texts = {name: form.get(name, "").strip() for name in ("valid_from", "document", "certainty", "clause", "note")}
    typed = texts | {"area": area, "value": form.get("value", "").strip(), "expected_ver": form.get("expected_ver", "")}
    try:
        since = _day(texts.pop("valid_from"), "valid_from")
        wish = setting_rules.Wish(key.part, key.name, area, since, value, **texts)
        setting_rules.save(desk().store, person(), wish, expected_ver=form.get("expected_ver", type=int))
    except PersonError as error:
        message = _unusable(key, typed["value"]) if isinstance(error, ProfileValueError) else told(error)
        return _page(area, key, typed, refused=message, status=answer_of(error)[1].status)
    flash(gettext("The rule was set; it holds from %(day)s on.", day=since.isoformat()), "good")
    return redirect(url_for("rules.index", area=area))


def _unusable(key: RuleKey, value: str) -> str:
    texts = {"rule": title(key), "value": value[:60], "expected": rule_words.expected(key)}
    return str(gettext("%(rule)s: “%(value)s” cannot be used; expected: %(expected)s.", **texts))


@pages.post("/withdraw")
@permission(Permission.CHANGE)
def withdraw() -> ResponseReturnValue:
    """Take a value of an area's own back."""
    form = request.form
    number, ver = form.get("rule_id", ""), form.get("expected_ver", type=int)
    setting_rules.withdraw(desk().store, person(), number, expected_ver=ver, reason=form.get("reason", ""))
    flash(gettext("The value was withdrawn; what holds without it holds again."), "good")
    return redirect(url_for("rules.index", area=_area(form.get("area", "").strip())))
