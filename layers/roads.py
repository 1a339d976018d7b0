"""C6 Road segment (路段)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from layers.codes import ADMIN_CLASS, CONDITION, ROAD_FUNCTION, SURFACE_TYPE, TECH_CLASS
from layers.declare import COMMON, area, code, flag, integer, number, reference, text
from layers.row_checks import needed_when
from layers.row_values import known
from layers.schema import GeometryKind, Layer, RowFault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROUTE_LETTERS = {"国道": "G", "省道": "S", "县道": "X", "乡道": "Y", "村道": "C", "专用": "Z"}
"""Letter of the route number by administrative class; hamlet roads (组道) have no route number of their own."""


def _is_numbered(row: Mapping[str, Any]) -> bool:
    return known(row, "admin_class") in ROUTE_LETTERS


def check_route_letter(row: Mapping[str, Any]) -> Iterator[RowFault]:
    """Compare the letter of the route number with the administrative class (a warning).

    >>> [fault.value for fault in check_route_letter({"route_no": "X101", "admin_class": "村道"})]
    ['X101']
    """
    route, admin = known(row, "route_no"), known(row, "admin_class")
    letter = ROUTE_LETTERS.get(str(admin))
    if route is not None and letter is not None and not str(route).upper().startswith(letter):
        yield RowFault(
            "route_no",
            "route_letter_fits_class",
            str(route),
            f"{admin}的路线编号以 {letter} 开头",
            f"a route number that begins with {letter} for {ADMIN_CLASS.label(str(admin), 'en')}",
            "核对路线编号与行政等级",
            "Check the route number and the administrative class",
            "warning",
        )


LAYER = Layer(
    name="roads",
    zh="路段",
    en="Roads",
    entity="C6",
    geometry=GeometryKind.LINE,
    key="segment_id",
    fields=(
        text("segment_id", "路段编号", "Segment id", "des", required=True, length=60),
        text(
            "route_no",
            "路线编号",
            "Route number",
            "page B2.1",
            length=20,
            pattern=r"[GSXYCZ]\d{3}(\d{6})?",
            note="letter + 3 digits; hamlet roads have none",
        ),
        text("name", "路名", "Road name", "des", length=200),
        code("admin_class", "page B2.1", ADMIN_CLASS, ("行政等级", "Administrative class"), recommended=True),
        code("tech_class", "page B2.1; Ⅰ/Ⅱ memory", TECH_CLASS, ("技术等级", "Technical class"), recommended=True),
        code("surface_type", "memory", SURFACE_TYPE, ("路面类型", "Surface"), recommended=True),
        number("width_m", "路面宽度", "Width", "des", unit="m", minimum=0.1, maximum=60),
        integer("lanes", "车道数", "Lanes", "des", minimum=1, maximum=12),
        code("function", "S4-7, S3", ROAD_FUNCTION, ("功能", "Function")),
        flag("all_season", "全年通行", "All-season", "page B2.2"),
        number("passability", "可通行度", "Passability", "page B2.2", minimum=0, maximum=1),
        code("condition", "memory", CONDITION, ("路况", "Condition")),
        number("length_m", "里程", "Length", "des", unit="m", derived=True, minimum=0, note="geodesic length of the line"),
        integer("built_year", "建成年", "Year built", "S4-7", minimum=1900, maximum=2100),
        text("maintainer", "管养单位", "Maintainer", "S4-7", length=120),
        reference("asset_id", "assets", ("关联资产", "Asset"), "S4-15"),
        area("village"),
        area("township"),
        area("county"),
        *COMMON,
    ),
    source="C6",
    area_fields=("village_code", "township_code", "county_code"),
    row_checks=(
        check_route_letter,
        needed_when(
            "route_no",
            _is_numbered,
            "国道至村道、专用公路须有路线编号",
            "a route number, as the class has them",
            severity="warning",
        ),
    ),
    geometry_required=True,
)
