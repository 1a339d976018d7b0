"""C18 Settings (规则参数): the rules that an area set for itself, each from a day on and with the document it stands in.

The rules that ship stand with `processing.library` and `processing.ledger`. One of these prevails over them in its area from its
day on. The values are for everybody to read; they are written by one action alone, which asks the role and the area.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from layers.codes import SOURCE_TAG
from layers.declare import CODE_LENGTH, COMMON, code, text
from layers.row_values import known
from layers.schema import GeometryKind, Layer

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping

EVERYWHERE: Final = "00"
PARTS: Final = ("library", "ledger")
PLACE_TOLERANCE: Final = "place_tolerance_m"
"""Rule of the library that says how far a locked place may be corrected."""


def lineage(row: Mapping[str, Any]) -> list[str]:
    """Name the areas of a row, the finest first, with the prefecture and province of a county's code.

    >>> lineage({"village_code": None, "township_code": None, "county_code": "430424"})
    ['430424', '430400', '430000']
    """
    codes = [str(row[name]) for name in ("village_code", "township_code", "county_code") if known(row, name)]
    if codes and codes[-1].isdigit():
        codes += [codes[-1][:4].ljust(6, "0"), codes[-1][:2].ljust(6, "0")]
    return list(dict.fromkeys(codes))


def scope_forms(scope: str) -> tuple[str, ...]:
    """Give the forms in which a division code of two, four or six digits is written: bare, filled with zeros to 6 and to 12.

    >>> scope_forms("43"), scope_forms("HP")
    (('43', '430000', '430000000000'), ('HP',))
    """
    return tuple(dict.fromkeys((scope, scope.ljust(6, "0"), scope.ljust(12, "0")))) if scope.isdigit() else (scope,)


def own_number(rows: Iterable[Mapping[str, Any]], key: str, codes: Iterable[str], on: dt.date) -> float | None:
    """Give the number that an area's own rule of the library sets on a day: the finest area first, then the latest day.

    None where no rule of one's own holds. `processing.library.rules.rules_for` chooses alike.

    >>> import datetime as dt
    >>> own = {"part": "library", "key": "place_tolerance_m", "scope_code": "4304", "value": "30"}
    >>> rows = [own | {"valid_from": dt.date(2026, 1, 1)}]
    >>> [own_number(rows, PLACE_TOLERANCE, ["430424", "430400"], dt.date(year, 6, 1)) for year in (2025, 2026)]
    [None, 30.0]
    """
    finest = list(codes)
    rank = {name: len(finest) - place for place, name in enumerate(finest)}
    best: tuple[tuple[int, dt.date], float] | None = None
    for row in rows:
        since, scope = row["valid_from"], str(row["scope_code"])
        if row["part"] != "library" or row["key"] != key or since is None or since > on:
            continue
        place = 0 if scope == EVERYWHERE else max((rank.get(form, -1) for form in scope_forms(scope)), default=-1)
        if place >= 0 and (best is None or (place, since) >= best[0]):
            best = ((place, since), float(json.loads(str(row["value"]))))
    return None if best is None else best[1]


LAYER = Layer(
    name="area_rules",
    zh="地区规则",
    en="Rules of areas",
    entity="C18",
    geometry=GeometryKind.NONE,
    key="rule_id",
    name_field="rule_id",
    fields=(
        text("rule_id", "编号", "Rule id", "des", required=True, length=160, note="part, rule, area and day"),
        text(
            "part",
            "所属",
            "Part",
            "des",
            required=True,
            pattern="library|ledger",
            length=10,
            note="project library, asset ledger",
        ),
        text("key", "规则", "Rule", "des", required=True, length=60),
        text("scope_code", "适用地区", "Area", "des", required=True, length=CODE_LENGTH, note="00 = everywhere"),
        text("value", "值", "Value", "des", required=True, length=4000, note="as JSON"),
        text("unit", "单位", "Unit", "des", length=20),
        text("clause", "条目", "Clause", "des", length=80),
        text("document", "文件", "Document", "des", recommended=True, length=300),
        code("source_tag", "des", SOURCE_TAG, ("依据", "How sure"), required=True),
        text("note", "备注", "Note", "des", length=500),
        *COMMON,
    ),
    source="C18",
    area_fields=("scope_code",),
    kept_by=frozenset({"rules", "demo", "area"}),
)
