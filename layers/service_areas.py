"""C7b Water service area (供水范围): which work serves which hamlet, and how many persons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from layers.declare import COMMON, area, flag, integer, reference, text
from layers.row_checks import not_above
from layers.row_values import known
from layers.schema import GeometryKind, Layer, RowFault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def check_place(row: Mapping[str, Any]) -> Iterator[RowFault]:
    """Ask for a hamlet, or for a village where hamlets are not known.

    >>> [fault.field for fault in check_place({"work_id": "W1"})]
    ['hamlet_id']
    """
    if known(row, "hamlet_id") is None and known(row, "village_code") is None:
        yield RowFault(
            "hamlet_id",
            "hamlet_or_village",
            "",
            "自然村编号或行政村代码至少填一个",
            "a hamlet id or a village code",
            "补填供水范围所在的自然村或行政村",
            "Fill in the hamlet or the village served",
        )


LAYER = Layer(
    name="service_areas",
    zh="供水范围",
    en="Water service areas",
    entity="C7b",
    geometry=GeometryKind.POLYGON,
    key="service_id",
    name_field="service_id",
    fields=(
        text("service_id", "编号", "Service id", "des", required=True, length=80),
        reference("work_id", "water_works", ("供水工程", "Water work"), "des", required=True),
        reference("hamlet_id", "hamlets", ("自然村", "Hamlet"), "des"),
        integer("served_persons", "供水人口", "Persons served", "page B1.2", unit="person", minimum=0, recommended=True),
        integer("tap_persons", "入户人口", "Persons with tap", "page B1.2", unit="person", minimum=0),
        flag("dual_supply", "双水源", "Second supply", "des"),
        area("village"),
        area("township"),
        area("county"),
        *COMMON,
    ),
    source="C7b",
    area_fields=("village_code", "township_code", "county_code"),
    row_checks=(
        not_above("tap_persons", "served_persons", "入户人口不大于供水人口", "persons with tap not above persons served"),
        check_place,
    ),
)
