"""Draws docs/images/qgis.png: layers of a running server in QGIS, read over OGC API – Features.

Run by Debian's Python with QGIS and without a screen:

    QT_QPA_PLATFORM=offscreen /usr/bin/python3 tests/geo_app/api/qgis_draws.py http://127.0.0.1:8000/api/ogc docs/images/qgis.png
"""

import json
import os
import sys
import urllib.request

from qgis.core import (
    Qgis,
    QgsApplication,
    QgsCategorizedSymbolRenderer,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsFillSymbol,
    QgsLayerTree,
    QgsLayoutExporter,
    QgsLayoutItemLabel,
    QgsLayoutItemLegend,
    QgsLayoutItemMap,
    QgsLayoutItemScaleBar,
    QgsLayoutPoint,
    QgsLayoutSize,
    QgsLineSymbol,
    QgsMarkerSymbol,
    QgsPalLayerSettings,
    QgsPrintLayout,
    QgsProject,
    QgsRectangle,
    QgsRendererCategory,
    QgsSingleSymbolRenderer,
    QgsTextBufferSettings,
    QgsTextFormat,
    QgsUnitTypes,
    QgsVectorLayer,
    QgsVectorLayerSimpleLabeling,
)
from qgis.PyQt.QtGui import QColor, QFont

FONT = "Noto Sans CJK SC"
ZONE = "EPSG:4544"
HALF_M = (11000, 8800)
SURFACES = {"沥青": ("#3c3c3c", "0.6"), "水泥": ("#7a7a7a", "0.5"), "砂石": ("#b5892f", "0.4"), "土": ("#c46a2b", "0.3")}


def collection(url, name, symbol):
    """Read a collection as a layer under its Chinese title."""
    with urllib.request.urlopen(f"{url}/collections/{name}") as answer:
        title = json.load(answer)["title"]
    layer = QgsVectorLayer(f" pagingEnabled='true' typename='{name}' url='{url}' version='OGC_API_FEATURES'", title, "OAPIF")
    if not layer.isValid():
        raise SystemExit(f"{name} could not be read")
    layer.setRenderer(QgsSingleSymbolRenderer(symbol))
    return layer


def by_surface(layer):
    """Draw roads by their surface."""
    categories = []
    for code, (colour, width) in SURFACES.items():
        categories.append(QgsRendererCategory(code, QgsLineSymbol.createSimple({"color": colour, "width": width}), code))
    other = QgsLineSymbol.createSimple({"color": "#9aa7b0", "width": "0.3"})
    categories.append(QgsRendererCategory("", other, "其他"))
    layer.setRenderer(QgsCategorizedSymbolRenderer("surface_type", categories))


def labelled(layer, size, colour):
    """Write the names of features."""
    settings, text, buffer = QgsPalLayerSettings(), QgsTextFormat(), QgsTextBufferSettings()
    text.setFont(QFont(FONT))
    text.setSize(size)
    text.setColor(QColor(colour))
    buffer.setEnabled(True)
    buffer.setSize(0.7)
    text.setBuffer(buffer)
    settings.setFormat(text)
    settings.fieldName = "name"
    layer.setLabeling(QgsVectorLayerSimpleLabeling(settings))
    layer.setLabelsEnabled(True)


def written(layout, text, size, at):
    """Write a line on the page."""
    label = QgsLayoutItemLabel(layout)
    label.setText(text)
    label.setFont(QFont(FONT, size))
    label.adjustSizeToText()
    label.attemptMove(QgsLayoutPoint(*at, QgsUnitTypes.LayoutMillimeters))
    layout.addLayoutItem(label)


def page(project, layers, extent):
    """Lay out map, legend, scale bar and titles on A4."""
    layout = QgsPrintLayout(project)
    layout.initializeDefaults()
    drawing = QgsLayoutItemMap(layout)
    drawing.attemptMove(QgsLayoutPoint(8, 20, QgsUnitTypes.LayoutMillimeters))
    drawing.attemptResize(QgsLayoutSize(225, 180, QgsUnitTypes.LayoutMillimeters))
    drawing.setLayers(layers)
    drawing.setCrs(QgsCoordinateReferenceSystem(ZONE))
    drawing.setExtent(extent)
    drawing.setFrameEnabled(True)
    layout.addLayoutItem(drawing)
    legend = QgsLayoutItemLegend(layout)
    tree = QgsLayerTree()
    for layer in layers:
        tree.addLayer(layer)
    legend.model().setRootGroup(tree)
    legend.setAutoUpdateModel(False)
    legend.setLinkedMap(drawing)
    legend.attemptMove(QgsLayoutPoint(236, 20, QgsUnitTypes.LayoutMillimeters))
    layout.addLayoutItem(legend)
    bar = QgsLayoutItemScaleBar(layout)
    bar.setStyle("Single Box")
    bar.setLinkedMap(drawing)
    bar.setBackgroundEnabled(True)
    bar.applyDefaultSize(QgsUnitTypes.DistanceKilometers)
    bar.attemptMove(QgsLayoutPoint(12, 186, QgsUnitTypes.LayoutMillimeters))
    layout.addLayoutItem(bar)
    written(layout, "QGIS 经 OGC API – Features 读取乡图图层", 16, (8, 6))
    written(layout, "演示区：除县界与地名外均为模拟数据。坐标系 CGCS2000 / 3 度带 CM 105E", 8, (8, 203))
    return layout


def main(url, picture):
    """Read the layers, draw them and save the picture."""
    fields = collection(url, "farmland", QgsFillSymbol.createSimple({"color": "#dfe9c8", "outline_style": "no"}))
    served = collection(url, "service_areas", QgsFillSymbol.createSimple({"color": "120,170,215,70", "outline_style": "no"}))
    edge = {"style": "no", "outline_color": "#8a6d8f", "outline_width": "0.5", "outline_style": "dash"}
    townships = collection(url, "townships", QgsFillSymbol.createSimple(edge))
    roads = collection(url, "roads", QgsLineSymbol.createSimple({"color": "#777777"}))
    by_surface(roads)
    works = collection(url, "water_works", QgsMarkerSymbol.createSimple({"name": "square", "color": "#1f6fb2", "size": "2"}))
    villages = collection(
        url, "hamlets", QgsMarkerSymbol.createSimple({"color": "#d9482b", "size": "1.1", "outline_style": "no"})
    )
    labelled(townships, 10, "#5d3a66")
    labelled(villages, 6, "#333333")
    layers = [villages, works, roads, townships, served, fields]
    project = QgsProject.instance()
    project.setCrs(QgsCoordinateReferenceSystem(ZONE))
    project.addMapLayers(layers)
    middle = next(feature for feature in townships.getFeatures() if feature["name"].endswith("镇")).geometry().centroid()
    moved = QgsCoordinateTransform(townships.crs(), project.crs(), project).transform(middle.asPoint())
    extent = QgsRectangle(moved.x() - HALF_M[0], moved.y() - HALF_M[1], moved.x() + HALF_M[0], moved.y() + HALF_M[1])
    settings = QgsLayoutExporter.ImageExportSettings()
    settings.dpi = 130
    layout = page(project, layers, extent)
    done = QgsLayoutExporter(layout).exportToImage(picture, settings)
    sys.stdout.write(f"QGIS {Qgis.QGIS_VERSION}: {'drawn' if done == QgsLayoutExporter.Success else 'failed'}\n")


QgsApplication.setPrefixPath("/usr", True)
application = QgsApplication([], True)
application.initQgis()
main(*sys.argv[1:3])
sys.stdout.flush()
os._exit(0)  # QGIS 3.22 ends badly when Python takes its objects apart in the wrong order
