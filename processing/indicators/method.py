"""The page that explains every indicator, written from the declarations so that it cannot lag behind them."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Final

from layers.catalogue import layer
from processing import profiles
from processing.matching import kinds

if TYPE_CHECKING:
    from collections.abc import Iterable

    from processing.indicators.definition import Indicator
    from processing.profiles import Threshold

_WORDS: Final = {
    "zh": {
        "title": "指标与算法",
        "intro": "本页由程序中的指标声明生成。比率一律为分子之和除以分母之和；"
        "没有资料的单元计为“未知”，给出下界和上界，从不当作“未覆盖”。",
        "formula": "公式",
        "weight": "权重",
        "layers": "所需图层",
        "uses": "另可利用",
        "parameters": "参数（默认方案）",
        "caveat": "说明",
        "source": "来源",
        "method": "算法（英文，取自程序）",
        "unverified": "未核实",
        "profiles": "参数方案",
        "keys": "参数一览",
        "kinds": "项目类别与短板的对应",
        "scope": "适用",
        "everywhere": "全部地区",
    },
    "en": {
        "title": "Indicators and method",
        "intro": "This page is written from the declarations in the program. A rate is always Σ numerators over Σ denominators; "
        "a unit without data is unknown and gives a low and a high bound, it is never counted as uncovered.",
        "formula": "Formula",
        "weight": "Weight",
        "layers": "Layers needed",
        "uses": "Also used",
        "parameters": "Thresholds (default profile)",
        "caveat": "Caveat",
        "source": "Source",
        "method": "Method",
        "unverified": "unverified",
        "profiles": "Profiles of thresholds",
        "keys": "Thresholds",
        "kinds": "Kinds of projects and the gaps they match",
        "scope": "scope",
        "everywhere": "everywhere",
    },
}
_WEIGHTS: Final = {
    "person": "人",
    "household": "户",
    "hamlet": "自然村",
    "village": "建制村",
    "township": "乡镇",
    "work": "处工程",
    "metre": "米",
    "square_metre": "平方米",
    "asset": "件资产",
    "ledger": "份台账",
    "wan_yuan": "万元",
}


def documentation(language: str = "en") -> str:
    """Write the method page in Markdown: every indicator, every profile, every threshold, and how projects are matched.

    >>> documentation("en").splitlines()[0]
    '# Indicators and method'
    """
    from processing.indicators import INDICATORS  # noqa: PLC0415 - the list is assembled from modules that stand beside this one

    words = _WORDS[language]
    lines = [f"# {words['title']}", "", words["intro"], ""]
    for item in INDICATORS.values():
        lines += _indicator(item, language)
    lines += [f"## {words['profiles']}", ""]
    for name in profiles.names():
        lines.append(f"- `{name}`: {profiles.load(name).title(language)}")
    lines += ["", f"## {words['keys']}", "", *_thresholds(language), "", f"## {words['kinds']}", ""]
    for kind in kinds().values():
        label = kind.zh if language == "zh" else kind.en
        lines.append(f"- {label} (`{kind.name}`): {', '.join(kind.indicators)}; {', '.join(kind.items)}; {'、'.join(kind.words)}")
    return "\n".join(lines) + "\n"


def _indicator(item: Indicator, language: str) -> list[str]:
    words = _WORDS[language]
    weight = _WEIGHTS[item.weight] if language == "zh" else item.weight
    lines = [
        f"## {item.code} {item.title(language)}",
        "",
        f"- {words['formula']}: {item.formula_zh if language == 'zh' else item.formula}",
        f"- {words['weight']}: {weight}",
        f"- {words['layers']}: {_layers(item.needs, language)}",
    ]
    if item.uses:
        lines.append(f"- {words['uses']}: {_layers(item.uses, language)}")
    lines += [
        f"- {words['caveat']}: {item.caveat_zh if language == 'zh' else item.caveat_en}",
        f"- {words['source']}: {item.source}",
    ]
    if item.parameters:
        lines.append(f"- {words['parameters']}:")
        lines += [f"  - {_threshold(found, language)}" for key in item.parameters for found in _values(key)]
    text = inspect.getdoc(item.compute) or ""
    method = text.split("\n>>>")[0].strip().removesuffix("Example:").strip()
    return [*lines, "", f"{words['method']}:", "", *(f"> {line}".rstrip() for line in method.splitlines()), ""]


def _layers(names: Iterable[str], language: str) -> str:
    return ", ".join(f"{layer(name).title(language)} (`{name}`)" for name in names)


def _values(key: str) -> list[Threshold]:
    return [item for item in profiles.load().thresholds if item.key == key]


def _threshold(found: Threshold, language: str) -> str:
    words = _WORDS[language]
    key = profiles.keys()[found.key]
    doubt = f" **{words['unverified']}**" if found.unverified else ""
    scope = "" if found.scope == profiles.EVERYWHERE else f" ({words['scope']} {found.scope})"
    title = key.zh if language == "zh" else key.en
    return f"{title} `{key.name}` = {_written(found.value)} {key.unit}".rstrip() + f"{scope}{doubt}: {found.source}"


def _written(value: Any) -> str:
    if isinstance(value, tuple):
        return "、".join(value)
    return str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)


def _thresholds(language: str) -> list[str]:
    names = profiles.names()
    lines = ["| " + " | ".join(["", *names]) + " |", "|---" * (len(names) + 1) + "|"]
    for key in profiles.keys().values():
        cells = [_cell(name, key.name, language) for name in names]
        lines.append(f"| {key.zh if language == 'zh' else key.en} `{key.name}` | " + " | ".join(cells) + " |")
    return lines


def _cell(profile: str, key: str, language: str) -> str:
    chosen = profiles.load(profile)
    if key not in chosen:
        return ""
    found = chosen.at(key)
    return f"{_written(found.value)} ({_WORDS[language]['unverified']})" if found.unverified else _written(found.value)
