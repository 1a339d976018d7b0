"""The rules that are dated and set by area: what each is called, what kind of value it has, and how a written value is read."""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from processing.errors import ProfileValueError

if TYPE_CHECKING:
    from collections.abc import Iterable

LIBRARY: Final = "library"
LEDGER: Final = "ledger"
DUTY: Final = "duty"
MOST_DAYS: Final = 3660
MOST_METRES: Final = 10_000
COMMON_YEAR: Final = 2023


@dataclass(frozen=True, slots=True)
class RuleKey:
    """A rule by part and name: its titles, the kind of its value, its unit and the choices there are."""

    part: str
    name: str
    kind: str
    zh: str
    en: str
    unit: str = ""
    choices: tuple[str, ...] = ()
    note_zh: str = ""

    @property
    def settable(self) -> bool:
        """Whether an area sets a value of its own; a duty is there or not and has none."""
        return self.kind != DUTY

    def expected(self) -> str:
        """Say in English what a value looks like.

        >>> key("library", "plan_deadline").expected()
        'a month and a day such as 11-30'
        """
        return {
            "days": f"a whole number of days from 0 to {MOST_DAYS}",
            "months": f"a whole number of months from 0 to {MOST_DAYS}",
            "metres": f"a number of metres from 0 to {MOST_METRES}",
            "choice": f"one of {', '.join(self.choices)}",
            "codes": f"a list of {', '.join(self.choices)}",
            "holidays": "a list of days such as 2026-10-01",
            "month_day": "a month and a day such as 11-30",
        }.get(self.kind, "nothing: it is a duty that no area sets anew")

    def read(self, given: object) -> Any:
        """Give a value as the rules use it, from what a file or a form says.

        Raises:
            ProfileValueError: it cannot be used; the message says what was expected and found.

        >>> key("library", "village_notice_days").read("15"), key("ledger", "holidays").read("2026-10-01, 2026-10-02")
        (15, ['2026-10-01', '2026-10-02'])
        """
        try:
            found = _READERS[self.kind](self, given)
        except (KeyError, TypeError, ValueError, OverflowError):
            found = None
        if found is None:
            text = f"{self.name}: the value cannot be used; {self.expected()} was expected, found {given!r}."
            raise ProfileValueError(text) from None
        return found


def _whole(_: RuleKey, given: Any) -> int | None:
    number = float(given)
    allowed = not isinstance(given, bool) and number == math.floor(number) and 0 <= number <= MOST_DAYS
    return int(number) if allowed else None


def _metres(_: RuleKey, given: Any) -> float | None:
    number = float(given)
    allowed = not isinstance(given, bool) and 0 <= number <= MOST_METRES
    return (int(number) if number == math.floor(number) else number) if allowed else None


def _choice(self: RuleKey, given: Any) -> str | None:
    return str(given) if given in self.choices else None


def _several(self: RuleKey, given: Any) -> list[str] | None:
    found = _parts(given)
    return found if set(found) <= set(self.choices) else None


def _days(_: RuleKey, given: Any) -> list[str]:
    return sorted({date.fromisoformat(item).isoformat() for item in _parts(given)})


def _month_day(_: RuleKey, given: Any) -> str:
    month, _dash, day = str(given).partition("-")
    return f"{date(COMMON_YEAR, int(month), int(day)):%m-%d}"


def _parts(given: Any) -> list[str]:
    items: Iterable[Any] = given.replace("，", ",").replace("\n", ",").split(",") if isinstance(given, str) else given
    return [str(item).strip() for item in items if str(item).strip()]


_READERS: Final = {
    "days": _whole,
    "months": _whole,
    "metres": _metres,
    "choice": _choice,
    "codes": _several,
    "holidays": _days,
    "month_day": _month_day,
}


@cache
def keys() -> tuple[RuleKey, ...]:
    """List every rule there is, those of the library first."""
    rows = tomllib.loads((files("processing") / "rule_keys.toml").read_text(encoding="utf-8"))["key"]
    return tuple(RuleKey(**{**row, "choices": tuple(row.get("choices", ()))}) for row in rows)


def key(part: str, name: str) -> RuleKey:
    """Give a rule by part and name.

    Raises:
        ProfileValueError: there is none of this name.
    """
    found = next((item for item in keys() if (item.part, item.name) == (part, name)), None)
    if found is None:
        known = ", ".join(sorted(item.name for item in keys() if item.part == part)) or f"none in {part!r}"
        raise ProfileValueError(f"There is no rule {name}; there are: {known}")
    return found
