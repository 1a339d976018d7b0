"""The moves of the project library as documentation, in both languages: from where to where, by whom, with what."""

from __future__ import annotations

from geo_app.access.roles import ROLES
from layers.catalogue import LAYERS
from layers.codes import PROJECT_STATUS
from processing.library.moves import MOVES, STAGES

HEADS = {
    "zh": "| 步骤 | 从 | 到 | 事件 | 层级 | 由谁办理 | 必填 | 出处 |",
    "en": "| step | from | to | event | level | whose step | needs | source |",
}


def markdown(language: str) -> str:
    """Write the table of moves.

    Example:
        >>> markdown("en").splitlines()[3].split("|")[1:4]
        [' Hang the village notice ', ' Applied for by the village ', ' Village notice ']
    """
    layer, comma = LAYERS["project_events"], "、" if language == "zh" else ", "
    lines = [HEADS[language], "|---|---|---|---|---|---|---|---|"]
    for move in MOVES.values():
        before = [PROJECT_STATUS.label(name, language) for name in STAGES if name in move.before]
        after = PROJECT_STATUS.label(move.after, language) if move.after else "—"
        roles = [role.zh if language == "zh" else role.en for role in ROLES.values() if role.name in move.roles]
        needs = [layer[name].title(language) for name in move.needs]
        cells = (
            move.title(language),
            comma.join(before),
            after,
            move.event,
            move.level or "—",
            comma.join(roles),
            comma.join(needs),
        )
        lines.append(f"| {' | '.join(cells)} | {move.source} |")
    return "\n".join(lines) + "\n"
