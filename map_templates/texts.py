"""The words on the furniture of a map, in Chinese and English; titles of layers and areas come with the MapSpec."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

TEXTS: Final[Mapping[str, tuple[str, str]]] = {
    "legend": ("图例", "Legend"),
    "scale": ("比例尺", "Scale"),
    "km": ("千米", "km"),
    "m": ("米", "m"),
    "north": ("北", "N"),
    "no_data": ("无数据", "No data"),
    "unknown": ("未知", "Unknown"),
    "simulated": ("模拟数据", "SIMULATED DATA"),
    "simulated_note": (
        "本图含程序生成的模拟数据，不代表任何真实情况",
        "This map contains simulated data made by a program; it describes no real place",
    ),
    "location_in": ("在{name}的位置", "Location in {name}"),
    "location": ("位置示意", "Location"),
    "sources": ("数据来源", "Sources"),
    "date": ("编制日期", "Date"),
    "organisation": ("编制单位", "Prepared by"),
    "review": ("审图号", "Review No."),
    "review_default": ("内部用图，公开使用前须送审", "internal use; review required before publication"),
    "crs": ("坐标系", "CRS"),
    "gauss_kruger": (
        "2000 国家大地坐标系（CGCS2000），高斯-克吕格投影，3°分带，中央经线 {meridian}（{code}）",
        "CGCS2000, Gauss-Kruger 3-degree zone, central meridian {meridian} ({code})",
    ),
    "equal_area": (
        "2000 国家大地坐标系（CGCS2000），兰勃特等积方位投影，中心 {meridian}、{parallel}",
        "CGCS2000, Lambert azimuthal equal area, centred on {meridian}, {parallel}",
    ),
    "grid_north": (
        "图幅上方为坐标北；图心子午线收敛角 {angle}",
        "Up is grid north; convergence at the centre {angle}",
    ),
    "run": ("计算编号", "Run"),
    "classes": ("分级", "Classes"),
    "fisher_jenks": ("自然断点（Fisher-Jenks）{k} 级", "natural breaks (Fisher-Jenks), {k} classes"),
    "quantile": ("分位数 {k} 级", "quantiles, {k} classes"),
    "equal": ("等间距 {k} 级", "equal intervals, {k} classes"),
    "given": ("给定分级 {k} 级", "given breaks, {k} classes"),
    "target": ("目标 {value}", "Target {value}"),
    "target_line": ("目标线", "target"),
    "met": ("已达", "met"),
    "not_met": ("未达", "not met"),
    "cannot_be_known": ("无法判断", "cannot be known"),
    "number_of": ("{noun}数", "Number of {noun}"),
    "areas": ("单元", "areas"),
    "boundary": ("{name}界", "{name}, boundary"),
    "mapped": ("制图范围", "Mapped area"),
    "layers": ("图层", "Layers"),
    "value": ("数值", "Value"),
    "range": ("可能范围", "Possible range"),
    "numerator": ("达标", "Reached"),
    "denominator": ("总量", "Total"),
    "code": ("代码", "Code"),
    "find": ("查找地区", "Find an area"),
    "close": ("关闭", "Close"),
    "map_of": ("地图：{title}", "Map: {title}"),
    "zoom_in": ("放大", "Zoom in"),
    "zoom_out": ("缩小", "Zoom out"),
    "whole_area": ("全图", "Whole area"),
    "thinned": ("仅显示前 {shown} 个，共 {total} 个", "showing the first {shown} of {total}"),
    "all_unknown": ("各单元均无数据", "no area has data"),
    "draw_polygon": ("画多边形查询", "Draw a polygon to query"),
}
"""key → (Chinese, English)."""


def text(key: str, language: str, **values: object) -> str:
    """Give a word of the furniture in a language, with its blanks filled.

    Args:
        key: A key of `TEXTS`.
        language: `zh`, `en` or a tag that begins with one of them (`zh-CN`).
        **values: What stands in the blanks.

    Raises:
        KeyError: The key is not a word of the furniture (a bug, found by the tests).

    Examples:
        >>> text("legend", "zh"), text("legend", "en")
        ('图例', 'Legend')
        >>> text("location_in", "zh", name="白银市")
        '在白银市的位置'
    """
    pair = TEXTS[key]
    return pair[0 if language.startswith("zh") else 1].format(**values)
