"""The table of roles as documentation, in both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geo_app.access.roles import ROLES
from layers.catalogue import LAYERS

if TYPE_CHECKING:
    from geo_app.access.roles import Role

WORDS = {
    "zh": (
        "| 角色 | 名称 | 可改图层（字段） | 查看 | 审核 |",
        ("全部图层", "全部图层", "除监测对象汇总外的全部图层", "全部图层的申请", "—", "、", "（{}）"),
    ),
    "en": (
        "| role | name | layers written (fields) | reads | reviews |",
        ("all layers", "all layers", "all layers but monitored households", "requests for all layers", "—", ", ", " ({})"),
    ),
}


def markdown(language: str) -> str:
    """Write the table of roles.

    Example:
        >>> markdown("en").splitlines()[2]
        '| `transport` | Transport | Roads | all layers but monitored households | — |'
    """
    head, words = WORDS[language]
    lines = [head, "|---|---|---|---|---|"]
    for role in ROLES.values():
        reads = words[1] if role.confidential else words[2]
        name = role.zh if language == "zh" else role.en
        lines.append(
            f"| `{role.name}` | {name} | {_written(role, language)} | {reads} | {words[3] if role.reviews else words[4]} |"
        )
    return "\n".join(lines) + "\n"


def _written(role: Role, language: str) -> str:
    everything, _, _, _, none, comma, brackets = WORDS[language][1]
    if role.everything:
        return everything
    parts = []
    for name, fields in role.writes.items():
        layer = LAYERS[name]
        names = [layer[field].title(language) for field in layer.field_names if field in (fields or ())]
        parts.append(layer.title(language) + (brackets.format(comma.join(names)) if names else ""))
    return comma.join(parts) or none
