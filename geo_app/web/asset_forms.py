"""The form of a step of an asset: which inputs it has, and what was typed as values of the step."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final

from flask import request
from flask_babel import gettext

from geo_app.actions.ledger import event_rows
from geo_app.errors import BadValueError
from geo_app.web.language import title
from layers.catalogue import LAYERS
from layers.codes import INCOME_PROHIBITED, INCOME_USE
from layers.schema import FieldType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from processing.ledger.faults import Offer
    from processing.ledger.moves import Move

MOST_USES: Final = 6
CHOICES: Final = {"result": event_rows.JUDGED}
LONG: Final = frozenset({"opinion", "reason", "plan", "risk_note"})
ALWAYS: Final = ("document", "opinion")


def field_of(name: str) -> Any:
    """Give the declaration of an input: of an asset, else of an event."""
    return LAYERS["assets"][name] if name in LAYERS["assets"] else LAYERS["asset_events"][name]


def inputs_of(move: Move, *, second: str) -> list[dict[str, Any]]:
    """List the inputs of a step: name, title, kind, choices, whether needed; `second` is the label of the second right."""
    names = [*move.needs, *move.takes]
    names += [name for name in ALWAYS if name not in names]
    names += ["result"] if move.judges else []
    return [_input(name, needed=name in move.needs, second=second) for name in names if name != "uses"]


def _input(name: str, *, needed: bool, second: str) -> dict[str, Any]:
    field = field_of(name)
    kind = {FieldType.DATE: "date", FieldType.FLAG: "flag", FieldType.NUMBER: "number", FieldType.INTEGER: "number"}.get(
        field.type, "area" if name in LONG else "text"
    )
    choices = [] if field.codes is None else [(item.code, title(item)) for item in field.codes if _offered(name, item.code)]
    words = f"{title(field)}" if name != "use_right_holder" else second
    return {
        "name": name,
        "title": words,
        "unit": field.unit,
        "kind": "code" if choices else kind,
        "choices": choices,
        "needed": needed,
        "length": field.length or 200,
    }


def _offered(name: str, code: str) -> bool:
    return name not in CHOICES or code in CHOICES[name]


def uses() -> list[tuple[str, str, bool]]:
    """List what income may be used for, and what it may not, which is shown so that the refusal is understood."""
    never = gettext("not allowed")
    return [(item.code, title(item), True) for item in INCOME_USE] + [
        (item.code, f"{title(item)} ({never})", False) for item in INCOME_PROHIBITED
    ]


def read(move: Move) -> dict[str, Any]:
    """Read the form of a step.

    Raises:
        BadValueError: an amount that is none.
    """
    form: Mapping[str, str] = request.form
    names = {*move.needs, *move.takes, *ALWAYS, "start_date", "end_date", "result", "reason", "place", "url", "answers"}
    found: dict[str, Any] = {name: form[name].strip() for name in names if form.get(name, "").strip() and name != "uses"}
    if "uses" in move.needs:
        found["uses"] = _uses(form)
    return found if move.judges else {name: value for name, value in found.items() if name != "result"}


def _uses(form: Mapping[str, str]) -> list[dict[str, Any]]:
    found = []
    for number in range(MOST_USES):
        use, amount = form.get(f"use-{number}", "").strip(), form.get(f"amount-{number}", "").strip()
        if not use and not amount:
            continue
        try:
            money = Decimal(amount)
        except InvalidOperation:
            raise BadValueError(f"uses: {amount[:20]!r} is no amount; a number was expected.", field=f"amount-{number}") from None
        found.append({"use": use, "amount_wan_yuan": float(money)})
    return found


def grouped(offers: list[Any]) -> dict[str, list[Any]]:
    """Divide offers by what they are for: the chains, upkeep and operation, objections."""
    names: dict[str, list[Any]] = {}
    for item in offers:
        names.setdefault(group_of(item.offer), []).append(item)
    return names


def group_of(offer: Offer) -> str:
    """Name the group of a step: its chain, else `keeping`."""
    return offer.move.chain or "keeping"


def groups() -> dict[str, str]:
    """Name the groups of steps in the language of the reader."""
    return {
        "entry": gettext("Into the ledger"),
        "rights": gettext("Confirmation of rights"),
        "change": gettext("Changes"),
        "income": gettext("Distribution of income"),
        "disposal": gettext("Disposal"),
        "keeping": gettext("Upkeep, operation and condition"),
    }
