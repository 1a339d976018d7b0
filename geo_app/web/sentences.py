"""Whole sentences of errors in the reader's language: an English message is recognised by its form and said anew.

Errors carry one exact English sentence, which scripts and logs get as it is. Here stand the forms of the most common ones, each
a text of the catalogue. What a form names is said in the reader's words as well: layers and fields by their titles.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from flask_babel import gettext

from geo_app.web import file_sentences, page_sentences, procedure_sentences
from geo_app.web.language import language, title
from layers.catalogue import LAYERS

if TYPE_CHECKING:
    from collections.abc import Mapping


def _(text: str) -> str:
    """Mark a text for the catalogue; it is looked up when it is said."""
    return text


FORMS = (
    # changed meanwhile, no version said
    _("%(items)s. Nothing was saved. Compare with the present state and apply your edit to it."),
    _("%(layer)s %(feature)s was changed by %(who)s (%(bureau)s); your edit is kept under number %(number)s for merging."),
    _("%(layer)s %(feature)s was changed meanwhile: say whether it is removed all the same."),
    _("The layer %(layer)s was changed since this preview. Look at it again; nothing was restored."),
    _("The layer was changed since this preview. Look at it again; nothing was restored."),
    _("The rows were changed since this preview. Look at it again; nothing was saved."),
    _("%(layer)s %(feature)s: the version that was seen is missing. Read the feature again and send its version."),
    # not there
    _("Layer %(layer)s has no feature %(feature)s. Read the layer again."),
    _("The layer %(layer)s has no row %(feature)s"),
    _("Layer %(layer)s has no version %(number)s; the last change is %(newest)s."),
    _("There is no layer %(name)s; there are: %(names)s"),
    _("There is no change %(number)s. Look at the list of changes."),
    _("There is no asset %(number)s. Look at the list of assets."),
    _("There is no ledger %(number)s. Look at the list of ledgers."),
    _("The step %(step)s is for: %(roles)s, in the area %(area)s; your account may not take it."),
    _("The ledger %(number)s was built today already. Look at the list of ledgers."),
    _(
        "unit: %(area)s is no area of the level of this ledger. "
        "Choose a village for LV1, a township for LV2, a county for LV3 and LV4."
    ),
    _("file: a column with the numbers of assets (asset_id) was expected; none was found."),
    _("file: a workbook or CSV of one level was expected; choose the file first."),
    _("uses: %(amount)s is no amount; a number was expected."),
    _("The rules of the asset ledger refuse this step: %(items)s. Nothing was saved."),
    _("There is no change %(number)s"),
    _("There is no change request %(number)s. Look at the list of requests."),
    _("There is no kept edit %(number)s. Look at the list of kept edits."),
    _("There is no account %(number)s. Look at the list of accounts."),
    _("There is no run %(number)s. Look at the list of runs."),
    _("There is no publication %(number)s."),
    _("There is no area with the code %(name)s in this store. `geo-app areas` lists them."),
    _("There is no area with the code %(name)s."),
    _("There is no area with the code %(name)s"),
    _("There is no village with the code %(name)s."),
    _("There is no township with the code %(name)s."),
    _("There is no indicator %(name)s; the indicators are %(names)s"),
    _("There is no level %(name)s here; the levels are: %(names)s."),
    _("There is no saved query %(name)s. Look at the list of queries."),
    _("There is no query named %(name)s; there are: %(names)s."),
    _("Change %(number)s has no recipe"),
    _("The layer %(layer)s is a table without geometry"),
    _("This upload is not here any more. Upload the file again."),
    _("This file has not been checked yet"),
    _("There is no such value of an area's own; it was withdrawn already."),
    _("document: the document in which the value stands was expected; name it, or the meeting that decided."),
    _("%(rule)s: %(area)s has a value from %(day)s on already. Change it in the list of own values."),
    _("%(rule)s: %(area)s has no value from %(day)s on. It was withdrawn; set it anew."),
    _("reason: say why the value is withdrawn."),
    _("valid_from: a day such as 2026-01-01 was expected, found %(found)s."),
    # not allowed
    _("Your account may not do this; an administrator can grant it."),
    _("Your account reads the layer %(layer)s and may not %(verb)s it; ask its bureau or the administrator."),
    _("Your account may not change any layer"),
    _("Your account may not change the layer %(layer)s"),
    _("Your account does not reach the area %(name)s."),
    _("Only the author of a kept edit carries it on or puts it away."),
    _("Only who made a change request takes it back."),
    _("Only who collected edits hands them in."),
    _("You may not decide on this change request."),
    _("Somebody else decides on a change request than who made it."),
    _("Restoring this layer would change rows outside your areas; somebody with a wider grant can do it."),
    _("These edits are outside of what you may write: %(items)s. Nothing was submitted."),
    # undo
    _("Change %(number)s cannot be undone: change %(later)s touched the same features later. Undo that first."),
    _("Change %(number)s cannot be undone: %(layer)s %(feature)s was changed by another program."),
    _("Change %(number)s cannot be undone: a feature of %(layer)s was removed by another program."),
    _("The change cannot be undone: %(layer)s has other rows with the key %(keys)s now. Remove those first."),
    # keys
    _(
        "Layer %(layer)s: %(field)s must be different in every row; %(keys)s stands more than once (rows %(rows)s). "
        "Keep one row of each, or replace the layer instead of adding."
    ),
    _(
        "%(count)s rows have a %(field)s that is in %(layer)s already: %(keys)s. "
        "Choose `update` to change those rows, or `replace` to put the file in place of the layer."
    ),
    _("There is an account %(name)s already. Take another login."),
    # requests and kept edits
    _("Change request %(number)s is %(state)s by %(who)s; this cannot be done to it now."),
    _("Change request %(number)s is %(state)s; this cannot be done to it now."),
    _("Change request %(number)s is %(state)s already."),
    _("Change request %(number)s got other edits just now. Look at it again."),
    _("The kept edit %(number)s is %(state)s already."),
    _("Choose for every field that was changed twice; open are: %(fields)s."),
    # queries
    _("Layer %(layer)s has no field %(name)s; its fields are: %(fields)s"),
    _("Layer %(layer)s has no field %(name)s to sort by"),
    _("Layer %(layer)s has no field %(name)s"),
    _("Layer %(layer)s is a table without geometry; it cannot be asked by a box"),
    _("There is no operator %(name)s; use one of %(names)s"),
    _("%(field)s %(operator)s nothing is never true; use is_null to ask for unknown values"),
    _("%(count)s conditions; at most %(most)s are taken at once"),
    _("is_null takes true or false"),
    _("in takes at most %(most)s values, found %(count)s"),
    _("in takes a list of values for %(field)s, not %(value)s"),
    _("contains takes a text for %(field)s, not %(value)s"),
    # too many
    _("Too many requests. Wait %(seconds)s seconds and try again."),
    _("Too many attempts to sign in failed. Wait %(seconds)s seconds and try again."),
    _("You have %(count)s jobs waiting or running, the most there may be. Wait for one or cancel one."),
    _("%(count)s jobs are waiting or running, the most there may be. Try again in a while."),
    _("At most %(most)s edits are saved at once, %(count)s were sent"),
    _("%(items)s. Nothing was saved."),
    # procedures
    _(
        "%(layer)s %(feature)s may not be changed this way: %(names)s. It is kept by its procedure; use the moves of "
        "the project library or the asset ledger. Nothing was saved."
    ),
    _(
        "%(layer)s %(feature)s may not be added or removed this way. It is kept by its procedure; use the moves of the "
        "project library or the asset ledger. Nothing was saved."
    ),
    _(
        "Change %(number)s is a step of a procedure and cannot be undone. Correct it by another step: return, withdraw "
        "or ask for a change in the project library, or enter the correction in the asset ledger. Nothing was saved."
    ),
    _("%(step)s is a step of: %(units)s. Ask them."),
    _("%(step)s: the project lies outside the areas of your account."),
    _("There is no project %(name)s."),
    _("Your account takes no part in the procedures of projects and assets; an administrator can grant it."),
    _("Applications of projects are written by villages, townships, sector departments and the revitalisation bureau."),
    _("The project would lie outside the areas of your account."),
    _("%(step)s is not possible: %(items)s. Nothing was saved."),
    _("There is no attachment %(number)s."),
    *procedure_sentences.FORMS,
    *page_sentences.FORMS,
    *file_sentences.FORMS,
)
"""Forms of whole messages; the first that fits is taken, so the narrower ones stand before the wider ones."""
ITEMS = (
    _("%(layer)s %(feature)s was deleted by %(who)s (%(bureau)s) at %(at)s UTC"),
    _("%(layer)s %(feature)s was deleted"),
    _("%(layer)s %(feature)s was changed to version %(version)s (you saw %(seen)s) by %(who)s (%(bureau)s) at %(at)s UTC"),
    _("%(layer)s %(feature)s was changed to version %(version)s (you saw %(seen)s)"),
    _("the layer %(layer)s may not be changed by you"),
    _("%(layer)s: some rows lie outside your areas"),
    _("%(layer)s %(feature)s lies outside your areas"),
    _("%(layer)s %(feature)s would lie outside your areas"),
    _("%(layer)s %(feature)s: %(field)s is not for you to write"),
    _("%(layer)s new row: %(why)s %(detail)s"),
    _("%(layer)s new row: %(why)s"),
    _("%(layer)s %(feature)s: %(why)s %(detail)s"),
    _("%(layer)s %(feature)s: %(why)s"),
    _("%(count)s more"),
)
"""Forms of the parts that a message strings together with semicolons."""
STEPS = ("project_events", "asset_events")
"""Layers whose fields a form of a step names; they are looked up first."""
SHAPES = {"layer": "[a-z_]+", "feature": r"\S*", "field": "[a-z_0-9]+", "number": r"\d+", "count": r"\d+", "most": r"\d+"}
SHAPES |= {"seconds": r"\d+", "state": "[a-z]+", "verb": "[a-z]+", "why": "[a-z_]+", "bureau": ".*?", "who": ".*?"}
BOTH = re.compile(r"(?P<en>[^()]+) \((?P<zh>.+)\)")
PLACE = re.compile(r"%\((\w+)\)s")


@lru_cache(maxsize=256)
def _pattern(form: str) -> re.Pattern[str]:
    parts = PLACE.split(form)
    names = (f"(?P<{name}>{SHAPES.get(name, '.+?')})" for name in parts[1::2])
    literals = [re.escape(text) for text in parts[::2]]
    return re.compile(literals[0] + "".join(f"{name}{text}" for name, text in zip(names, literals[1:], strict=True)), re.DOTALL)


def said(message: str) -> str | None:
    """Say a message of an error in the reader's language, whole; None where its form is not among ours."""
    return _by_form(message, FORMS)


def _by_form(message: str, forms: tuple[str, ...]) -> str | None:
    for form in forms:
        found = _pattern(form).fullmatch(message)
        if found is not None:
            named = found.groupdict()
            values = {name: _worded(name, text, named) for name, text in named.items()}
            if None not in values.values():
                return str(gettext(form, **values)).replace("（）", "")
    return None


def _worded(name: str, text: str, named: Mapping[str, str]) -> str | None:
    """Give what a form names in the reader's words; None where one of its parts has no form of ours."""
    if name == "items":
        return _items(text)
    if name == "layer":
        return title(LAYERS[text]) if text in LAYERS else None
    if name in {"field", "detail"}:
        return _field(text, named)
    if name in {"fields", "names"}:
        parts = text.split(", ")
        return "、".join(_field(part, named) if name == "fields" else _layer(part) for part in parts)
    if name in {"state", "verb", "why"}:
        return _words().get(text, text)
    return _own_side(text) if name in {"step", "units"} else text.strip("'\"")


def _own_side(text: str) -> str:
    """Give the side of `English (own words)` that the language of the reader is."""
    found = BOTH.fullmatch(text)
    return text if found is None else found["zh" if language() == "zh" else "en"]


def _items(text: str) -> str | None:
    parts = [_by_form(part, ITEMS) for part in text.split("; ")]
    return None if None in parts else "；".join(str(part) for part in parts)


def _layer(name: str) -> str:
    return title(LAYERS[name]) if name in LAYERS else name


def _field(name: str, named: Mapping[str, str]) -> str:
    if name == "geometry":
        return str(gettext("Geometry"))
    own = LAYERS.get(named.get("layer", ""))
    for layer in [own] if own is not None else (*(LAYERS[name] for name in STEPS), *LAYERS.values()):
        if name in layer:
            return title(layer[name])
    return name


def _words() -> dict[str, str]:
    return {
        "collecting": gettext("still being collected"),
        "open": gettext("open"),
        "accepted": gettext("accepted"),
        "refused": gettext("refused"),
        "withdrawn": gettext("withdrawn"),
        "merged": gettext("merged"),
        "dismissed": gettext("put away"),
        "read": gettext("read"),
        "submit": gettext("submit changes to"),
        "apply": gettext("change"),
        "review": gettext("review changes of"),
        "layer": gettext("the layer is not yours to change"),
        "area_before": gettext("it lies outside your areas"),
        "area_after": gettext("it would lie outside your areas"),
        "field": gettext("this is not for you to write:"),
        "not_readable": gettext("some rows lie outside your areas"),
    }
