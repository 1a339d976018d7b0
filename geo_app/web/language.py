"""Language of an answer, and how numbers, dates and titles are written in it."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pandas as pd
from babel.numbers import format_decimal
from flask import Flask, current_app, g, request
from flask_babel import Babel, get_locale, gettext
from jinja2 import Undefined

from layers.document_titles import title_of
from map_templates.labels import short_name

if TYPE_CHECKING:
    from datetime import date

    from flask import Response

    from layers.schema import Field

LANGUAGES = ("zh", "en")
COOKIE = "lang"
YEAR_SECONDS = 31_536_000
UNKNOWN_MARK = "—"
FULL, MOST_DECIMALS = 100.0, 4


def pick_language() -> str:
    """Choose `zh` or `en`: the address, then the cookie, then the configured language."""
    asked = request.args.get("lang") or request.cookies.get(COOKIE)
    return asked if asked in LANGUAGES else str(current_app.config["XIANGTU_LANGUAGE"])


def language() -> str:
    """Give the language of this answer, `zh` or `en`."""
    locale = get_locale()
    return str(locale.language) if locale else "zh"


def title(item: Any) -> str:
    """Give the title of anything that carries `zh`/`en` or `title_zh`/`title_en`, in the language of this answer."""
    suffix = language()
    for name in (suffix, f"title_{suffix}", f"text_{suffix}", f"label_{suffix}", f"name_{suffix}"):
        found = item.get(name) if isinstance(item, dict) else getattr(item, name, None)
        if found:
            return str(found)
    return str(getattr(item, "name", item))


def said(item: Any, stem: str) -> str:
    """Give a text held as `<stem>_zh` and `<stem>_en`, in the language of this answer."""
    name = f"{stem}_{language()}"
    found = item.get(name) if isinstance(item, dict) else getattr(item, name, None)
    return str(found) if found else ""


def known(value: Any) -> bool:
    """Say whether a value is there: neither None nor NaN nor a pandas NA."""
    if value is None or value is pd.NA or value is pd.NaT or isinstance(value, Undefined):
        return False
    if isinstance(value, (list, tuple, dict)):
        return bool(value)
    return not (isinstance(value, float) and math.isnan(value))


def number(value: Any, digits: int = 0) -> str:
    """Write a number with grouped thousands and a fixed count of decimals; unknown is a dash, never zero."""
    if not known(value) or not math.isfinite(float(value)):
        return UNKNOWN_MARK
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    return str(format_decimal(float(value), format=pattern, locale="en"))


def rate(value: Any) -> str:
    """Write a rate in percent with one decimal and its sign, more where it would round to 100; unknown is a dash."""
    digits = 1
    while digits < MOST_DECIMALS and known(value) and float(value) < FULL and round(float(value), digits) >= FULL:
        digits += 1
    text = number(value, digits)
    return text if text == UNKNOWN_MARK else f"{text} %"


def quantity(value: Any) -> str:
    """Write a number with as many decimals as it needs, at most two, thousands grouped."""
    if not known(value) or not math.isfinite(float(value)):
        return UNKNOWN_MARK
    return str(format_decimal(float(value), format="#,##0.##", locale="en"))


def day(value: date | str | None) -> str:
    """Write a date or a moment as ISO text, to the minute."""
    if not known(value):
        return UNKNOWN_MARK
    return str(value).replace("T", " ")[:16]


def cell(value: Any) -> str:
    """Write any value of a row for reading: yes and no in words, numbers short, lists joined, unknown a dash."""
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False) if value else UNKNOWN_MARK
    if isinstance(value, (list, tuple)):
        return "、".join(cell(item) for item in value) or UNKNOWN_MARK
    if not known(value):
        return UNKNOWN_MARK
    if isinstance(value, bool) or type(value).__name__ == "bool":
        return str(gettext("yes") if value else gettext("no"))
    if isinstance(value, float):
        return quantity(value)
    return str(value)


def unit(text: str | None) -> str:
    """Write a unit of measure in the language of this answer; signs such as m and % stay."""
    words: dict[str, str] = g.get("unit_words") or _unit_words()
    g.unit_words = words
    return words.get(text or "", text or "")


def _unit_words() -> dict[str, str]:
    return {
        "person": gettext("persons"),
        "persons": gettext("persons"),
        "household": gettext("households"),
        "households": gettext("households"),
        "day": gettext("days"),
        "days": gettext("days"),
        "d": gettext("days"),
        "month": gettext("months"),
        "min": gettext("minutes"),
        "hamlet": gettext("hamlets"),
        "village": gettext("villages"),
        "万元": gettext("10,000 yuan"),
        "万元/年": gettext("10,000 yuan a year"),
        "元": gettext("yuan"),
        "亩": gettext("mu"),
        "年": gettext("years"),
        "月": gettext("months"),
        "日": gettext("days"),
    }


def certainty(tag: Any) -> str:
    """Write how sure a value is (`seed`, `page`, `memory`, `design`) in words."""
    words: dict[str, str] = {
        "memory": gettext("unverified"),
        "seed": gettext("founding document"),
        "page": gettext("public page"),
        "design": gettext("own choice"),
    }
    return words.get(str(tag), str(tag))


def document(cited: Any) -> str:
    """Write a citation with the titles of its documents in the language of this answer; unknown is a dash."""
    return title_of(str(cited), "zh" if language() == "zh" else "en") if known(cited) and cited else UNKNOWN_MARK


def short(name: Any) -> Any:
    """Give an area's name as a screen shows it: 旱沟村村民委员会 as 旱沟村; files keep the whole name."""
    return short_name(name) if isinstance(name, str) else name


def split_codes(text: str) -> list[str]:
    """Give the short codes of a text that joins several."""
    return [part for part in text.replace(";", ",").replace(" ", "").split(",") if part]


def project_names(value: Any) -> list[str]:
    """Name the projects that a gap list row mentions, however they are held."""
    items = value if isinstance(value, (list, tuple)) else str(value).split(";") if known(value) else []
    names = [str(item.get("name") or item.get("project_id")) if isinstance(item, dict) else str(item).strip() for item in items]
    return [name for name in names if name]


def _remember(response: Response) -> Response:
    asked = request.args.get("lang")
    if asked in LANGUAGES:
        response.set_cookie(COOKIE, asked, max_age=YEAR_SECONDS, httponly=True, samesite="Lax")
    response.headers.setdefault("Content-Language", g.get("language", "zh"))
    return response


def _note_language() -> None:
    g.language = pick_language()


def other_language_url() -> str:
    """Give this page's address in the other language, its other arguments kept."""
    pairs = [(name, value) for name, value in request.args.items(multi=True) if name != "lang"]
    pairs.append(("lang", "en" if language() == "zh" else "zh"))
    return f"{request.path}?{urlencode(pairs)}"


def install(app: Flask) -> None:
    """Give an application its languages, filters and template functions."""
    app.config.setdefault("BABEL_DEFAULT_LOCALE", "zh")
    Babel(app, locale_selector=pick_language, timezone_selector=None)
    app.before_request(_note_language)
    app.after_request(_remember)
    app.jinja_env.filters.update(
        number=number,
        rate=rate,
        quantity=quantity,
        day=day,
        cell=cell,
        unit=unit,
        split_codes=split_codes,
        projects=project_names,
        short=short,
        document=document,
        certainty=certainty,
    )
    app.jinja_env.globals.update(
        language=language,
        title=title,
        said=said,
        words_of=words_of,
        known=known,
        other_language_url=other_language_url,
        languages=LANGUAGES,
    )


def words_of(field: Field, value: Any) -> Any:
    """Give a value of a field for reading: the label of a code, everything else as it is."""
    if known(value) and field.codes is not None and isinstance(value, str):
        return field.codes.label(value, language())
    return value
