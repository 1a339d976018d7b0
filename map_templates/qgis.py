"""A QGIS project for field work: layers of a GeoPackage beside it, with titles, code lists, constraints and our symbols.

Written for QGIS 3.22 and later and for QField; every path is relative, so the folder can be carried anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from pyproj import CRS

from layers.schema import STORAGE_CRS, FieldType
from map_templates import symbols
from map_templates.qgis_symbols import options, quoted, renderer

if TYPE_CHECKING:
    from layers.schema import Field, Layer

VERSION: Final = "3.22.16-Białowieża"
DOCTYPE: Final = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
GEOMETRIES: Final = {"Point": "0", "Line": "1", "Polygon": "2"}
NOT_NULL, UNIQUE, EXPRESSION = 1, 2, 4
HARD, SOFT = "1", "2"
HIDDEN: Final = frozenset({"fid", "ver"})
LONG_TEXT: Final = 120
KIND_WORDS: Final = {"Point": ("点", "points"), "Line": ("线", "lines"), "Polygon": ("面", "areas")}


@dataclass(frozen=True, slots=True)
class ProjectLayer:
    """One layer of the project: its declaration, the table and kind of geometry, the fields of the table, whether it is edited.

    `geometry` is Point, Line, Polygon, or empty for a table; `mixed` says that the table holds other kinds too.
    """

    layer: Layer
    table: str
    geometry: str
    fields: tuple[str, ...]
    editable: bool = True
    mixed: bool = False

    @property
    def identifier(self) -> str:
        """The layer's name inside the project; QGIS gives layers whose name is of ten characters or fewer another one."""
        return f"xiangtu_{self.table}_{self.geometry.lower() or 'table'}"

    def title(self, language: str) -> str:
        """Words of the layer tree."""
        zh, en = KIND_WORDS.get(self.geometry, ("", ""))
        kind = f"（{zh}）" if language == "zh" else f" ({en})"
        return self.layer.title(language) + (kind if self.mixed else "")


@dataclass(frozen=True, slots=True)
class Project:
    """A project: title, the GeoPackage's file name, layers, the CRS drawn in, and what to show in it."""

    title: str
    file: str
    layers: tuple[ProjectLayer, ...]
    extent: tuple[float, float, float, float]
    crs: str = STORAGE_CRS
    language: str = "zh"


def project_xml(project: Project) -> str:
    """Write the project file (.qgs)."""
    root = Element("qgis", version=VERSION, projectname=project.title, saveUserFull="", saveUser="")
    SubElement(root, "homePath", path="")
    SubElement(root, "title").text = project.title
    _crs(SubElement(root, "projectCrs"), project.crs)
    ordered = sorted(project.layers, key=lambda item: -symbols.style_of(item.layer.name).order)
    _tree(SubElement(root, "layer-tree-group"), ordered, project)
    _view(SubElement(root, "mapcanvas", name="theMapCanvas", annotationsVisible="1"), project)
    held = SubElement(root, "projectlayers")
    for item in ordered:
        _layer(held, item, project)
    order = SubElement(root, "layerorder")
    for item in ordered:
        SubElement(order, "layer", id=item.identifier)
    _properties(SubElement(root, "properties"))
    indent(root, " ")
    return DOCTYPE + tostring(root, encoding="unicode") + "\n"


def _crs(parent: Element, authid: str) -> None:
    known = CRS.from_user_input(authid)
    reference = SubElement(parent, "spatialrefsys")
    SubElement(reference, "wkt").text = known.to_wkt()
    SubElement(reference, "srid").text = authid.rpartition(":")[2]
    SubElement(reference, "authid").text = authid
    SubElement(reference, "description").text = known.name
    SubElement(reference, "geographicflag").text = "true" if known.is_geographic else "false"


def _tree(group: Element, layers: list[ProjectLayer], project: Project) -> None:
    SubElement(group, "customproperties")
    for item in layers:
        SubElement(
            group, "layer-tree-layer", id=item.identifier, name=item.title(project.language), source=_source(item, project.file),
            providerKey="ogr", checked="Qt::Checked", expanded="0", legend_exp="",
        )  # fmt: skip


def _view(canvas: Element, project: Project) -> None:
    """Where the project opens."""
    SubElement(canvas, "units").text = "degrees" if project.crs == STORAGE_CRS else "meters"
    extent = SubElement(canvas, "extent")
    for name, value in zip(("xmin", "ymin", "xmax", "ymax"), project.extent, strict=True):
        SubElement(extent, name).text = repr(value)
    SubElement(canvas, "rotation").text = "0"
    _crs(SubElement(canvas, "destinationsrs"), project.crs)


def _source(item: ProjectLayer, file: str) -> str:
    kind = f"|geometrytype={item.geometry if item.geometry != 'Line' else 'LineString'}" if item.mixed else ""
    return f"./{file}|layername={item.table}{kind}"


def _layer(parent: Element, item: ProjectLayer, project: Project) -> None:
    located = bool(item.geometry)
    found = SubElement(
        parent, "maplayer", type="vector", geometry=item.geometry or "No geometry",
        wkbType="Unknown" if located else "NoGeometry", hasScaleBasedVisibilityFlag="0", labelsEnabled="0",
        readOnly="0" if item.editable else "1",
        refreshOnNotifyEnabled="0", simplifyDrawingHints="1", styleCategories="AllStyleCategories",
    )  # fmt: skip
    SubElement(found, "id").text = item.identifier
    SubElement(found, "datasource").text = _source(item, project.file)
    SubElement(found, "layername").text = item.title(project.language)
    _crs(SubElement(found, "srs"), STORAGE_CRS)
    SubElement(found, "provider", encoding="UTF-8").text = "ogr"
    flags = SubElement(found, "flags")
    for name in ("Identifiable", "Removable", "Searchable"):
        SubElement(flags, name).text = "1"
    if located:
        renderer(found, item.layer, item.geometry, project.language)
    fields = [item.layer[name] for name in item.fields if name in item.layer]
    _forms(found, item, fields, project.language)
    label = item.layer.name_field if item.layer.name_field in item.fields else item.layer.key
    SubElement(found, "previewExpression").text = f'"{label}"'


def _forms(found: Element, item: ProjectLayer, fields: list[Field], language: str) -> None:
    configuration = SubElement(found, "fieldConfiguration")
    names = ["fid", *item.fields]
    for name in names:
        holder = SubElement(configuration, "field", name=name, configurationFlags="None")
        known = next((field for field in fields if field.name == name), None)
        _widget(SubElement(holder, "editWidget"), name, known, language)
    aliases = SubElement(found, "aliases")
    for index, name in enumerate(names):
        known = next((field for field in fields if field.name == name), None)
        SubElement(aliases, "alias", index=str(index), field=name, name=_alias(name, known, language))
    constraints, rules = SubElement(found, "constraints"), SubElement(found, "constraintExpressions")
    for field in fields:
        _constrain(constraints, rules, field, item.layer, language)
    editable = SubElement(found, "editable")
    for name in names:
        SubElement(editable, "field", name=name, editable="1" if _may_edit(name, item) else "0")


def _may_edit(name: str, item: ProjectLayer) -> bool:
    return item.editable and name not in {"fid", "id", "ver"} and name in item.layer and not item.layer[name].derived


def _alias(name: str, field: Field | None, language: str) -> str:
    if name == "id":
        return "内部编号（勿改）" if language == "zh" else "Internal id (leave as it is)"
    if field is None:
        return {"ver": "版本" if language == "zh" else "Version"}.get(name, "")
    unit = f"（{field.unit}）" if language == "zh" else f" ({field.unit})"
    return field.title(language) + (unit if field.unit else "")


def _widget(parent: Element, name: str, field: Field | None, language: str) -> None:
    kind = "Hidden" if name in HIDDEN else "TextEdit"
    config = SubElement(parent, "config")
    if field is None or kind == "Hidden":
        options(config, {})
    elif field.codes is not None and field.type is FieldType.CODE:
        kind = "ValueMap"
        listed = SubElement(SubElement(config, "Option", type="Map"), "Option", name="map", type="List")
        for item in field.codes:
            label = item.zh if language == "zh" else item.en or item.zh
            options(listed, {label: item.code})
    elif field.type is FieldType.FLAG:
        kind = "ValueMap"
        listed = SubElement(SubElement(config, "Option", type="Map"), "Option", name="map", type="List")
        for label, value in zip(("是", "否") if language == "zh" else ("yes", "no"), ("true", "false"), strict=True):
            options(listed, {label: value})
    elif field.type is FieldType.DATE:
        kind = "DateTime"
        options(
            config, {"display_format": "yyyy-MM-dd", "field_format": "yyyy-MM-dd", "calendar_popup": "true", "allow_null": "true"}
        )
    else:
        options(config, {"IsMultiline": "true" if (field.length or 0) > LONG_TEXT else "false", "UseHtml": "false"})
    parent.set("type", kind)


def _constrain(constraints: Element, rules: Element, field: Field, layer: Layer, language: str) -> None:
    """Required fields and keys are asked for, limits are named; only the key stops a feature from being kept."""
    is_key = field.name == layer.key
    wanted = NOT_NULL * (field.required or is_key) + UNIQUE * is_key
    text = _rule(field)
    strength = HARD if is_key else SOFT
    SubElement(
        constraints, "constraint", field=field.name, constraints=str(wanted + EXPRESSION * bool(text)),
        notnull_strength=strength if wanted & NOT_NULL else "0", unique_strength=strength if is_key else "0",
        exp_strength=SOFT if text else "0",
    )  # fmt: skip
    if text:
        SubElement(rules, "constraint", field=field.name, exp=text, desc=_words(field, language))


def _rule(field: Field) -> str:
    name = f'"{field.name}"'
    parts = [f"{name} >= {field.minimum:g}"] if field.minimum is not None else []
    parts += [f"{name} <= {field.maximum:g}"] if field.maximum is not None else []
    parts += [f"regexp_match({name}, {quoted(f'^(?:{field.pattern})$')}) > 0"] if field.pattern else []
    parts += [f"length({name}) <= {field.length}"] if field.length else []
    return f"{name} IS NULL OR ({' AND '.join(parts)})" if parts else ""


def _words(field: Field, language: str) -> str:
    limits = [f"≥ {field.minimum:g}"] if field.minimum is not None else []
    limits += [f"≤ {field.maximum:g}"] if field.maximum is not None else []
    limits += [field.pattern] if field.pattern else []
    limits += [f"≤ {field.length} 字" if language == "zh" else f"≤ {field.length} characters"] if field.length else []
    return f"{field.title(language)}: {', '.join(limits)}"


def _properties(parent: Element) -> None:
    SubElement(SubElement(parent, "Paths"), "Absolute", type="bool").text = "false"
    measure = SubElement(parent, "Measure")
    SubElement(measure, "Ellipsoid", type="QString").text = "EPSG:7024"
    units = SubElement(parent, "Measurement")
    SubElement(units, "DistanceUnits", type="QString").text = "meters"
    SubElement(units, "AreaUnits", type="QString").text = "m2"
    SubElement(SubElement(parent, "SpatialRefSys"), "ProjectionsEnabled", type="int").text = "1"
    digitizing = SubElement(parent, "Digitizing")
    SubElement(digitizing, "SnappingMode", type="QString").text = "all_layers"
