"""Public facilities (公共设施): schools, clinics, markets and offices beside the layers of their own."""

from __future__ import annotations

from layers.codes import FACILITY_TYPE
from layers.declare import COMMON, area, code, reference, text
from layers.schema import GeometryKind, Layer

LAYER = Layer(
    name="facilities",
    zh="公共设施",
    en="Facilities",
    entity="facility",
    geometry=GeometryKind.POINT,
    key="facility_id",
    fields=(
        text("facility_id", "编号", "Facility id", "des", required=True, length=40),
        text("name", "名称", "Name", "des", length=200),
        code("facility_type", "des", FACILITY_TYPE, ("类型", "Type"), recommended=True),
        text("detail", "细类", "Detail", "des", length=120, note="the source's own word for the facility"),
        reference("hamlet_id", "hamlets", ("所属自然村", "Hamlet"), "des"),
        area("village"),
        area("township"),
        area("county"),
        *COMMON,
    ),
    source="des; PMGSY facilities",
    area_fields=("village_code", "township_code", "county_code"),
    geometry_required=True,
)
