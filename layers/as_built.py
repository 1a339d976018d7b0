"""The works of a project as they were built: surveyed, drawn or taken from a bureau's layer, beside the planned geometry."""

from __future__ import annotations

from layers.declare import COMMON, area, date, number, reference, text
from layers.schema import GeometryKind, Layer

LAYER = Layer(
    name="as_built",
    zh="竣工图形",
    en="Works as built",
    entity="as_built",
    geometry=GeometryKind.ANY,
    key="project_id",
    fields=(
        reference("project_id", "projects", ("项目编号", "Project"), "des", required=True),
        text("name", "名称", "Name", "des", length=300),
        date("surveyed_on", "测量日期", "Surveyed on", "des"),
        text("surveyor", "测量单位或人员", "Surveyor", "des", length=120),
        text("feature_layer", "来源图层", "Layer it was taken from", "des", length=40),
        text("feature_id", "来源要素编号", "Feature it was taken from", "des", length=80),
        number("length_m", "长度", "Length", "des", unit="m", minimum=0, derived=True, note="lines, on the ellipsoid"),
        number("area_m2", "面积", "Area", "des", unit="m²", minimum=0, derived=True, note="areas, on the ellipsoid"),
        area("village"),
        area("township"),
        area("county"),
        *COMMON,
    ),
    source="des",
    area_fields=("village_code", "township_code", "county_code"),
    geometry_required=True,
)
