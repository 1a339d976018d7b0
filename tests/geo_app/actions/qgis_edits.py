"""Run by the system's Python with QGIS: opens a project, says what it is, draws it, and edits as a person would. JSON on stdout."""

import json
import os
import sys

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
from qgis.core import (
    QgsApplication,
    QgsCoordinateTransform,
    QgsFeature,
    QgsGeometry,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsPointXY,
    QgsProject,
    QgsRectangle,
)
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor

project_file, picture, orders = sys.argv[1:4]
QgsApplication.setPrefixPath("/usr", True)
application = QgsApplication([], False)
application.initQgis()
project = QgsProject.instance()
found = {"read": project.read(project_file), "crs": project.crs().authid(), "layers": {}}
extent = QgsRectangle()
for identifier, layer in project.mapLayers().items():
    names = [field.name() for field in layer.fields()]
    found["layers"][identifier] = {
        "valid": layer.isValid(),
        "rows": layer.featureCount(),
        "title": layer.name(),
        "aliases": {name: layer.attributeAlias(at) for at, name in enumerate(names)},
        "widgets": {name: layer.editorWidgetSetup(at).type() for at, name in enumerate(names)},
        "codes": {
            name: [next(iter(item)) for item in layer.editorWidgetSetup(at).config().get("map", [])]
            for at, name in enumerate(names)
            if layer.editorWidgetSetup(at).type() == "ValueMap"
        },
        "constraints": {name: layer.constraintExpression(at) for at, name in enumerate(names) if layer.constraintExpression(at)},
        "read_only": [name for at, name in enumerate(names) if layer.editFormConfig().readOnly(at)],
        "renderer": layer.renderer().type() if layer.renderer() else None,
    }
    if layer.featureCount() and layer.isSpatial():
        extent.combineExtentWith(QgsCoordinateTransform(layer.crs(), project.crs(), project).transformBoundingBox(layer.extent()))
settings = QgsMapSettings()
settings.setLayers(project.layerTreeRoot().layerOrder())
settings.setOutputSize(QSize(900, 700))
settings.setDestinationCrs(project.crs())
settings.setExtent(extent)
settings.setBackgroundColor(QColor("white"))
settings.setTransformContext(project.transformContext())
job = QgsMapRendererParallelJob(settings)
job.start()
job.waitForFinished()
image = job.renderedImage()
image.save(picture)
found["inked"] = sum(image.pixelColor(x, y) != QColor("white") for x in range(0, 900, 3) for y in range(0, 700, 3))


def feature_of(layer, key, value):
    return next(feature for feature in layer.getFeatures() if feature[key] == value)


for order in json.loads(orders):
    layer = project.mapLayer(order["layer"])
    assert layer.startEditing()
    if order["do"] == "set":
        feature = feature_of(layer, order["key"], order["of"])
        assert layer.changeAttributeValue(feature.id(), layer.fields().indexOf(order["field"]), order["to"])
    elif order["do"] == "move":
        feature = feature_of(layer, order["key"], order["of"])
        assert layer.changeGeometry(feature.id(), QgsGeometry.fromPolylineXY([QgsPointXY(*point) for point in order["to"]]))
    elif order["do"] == "delete":
        assert layer.deleteFeature(feature_of(layer, order["key"], order["of"]).id())
    elif order["do"] == "add":
        feature = QgsFeature(layer.fields())
        feature.setGeometry(QgsGeometry.fromPolylineXY([QgsPointXY(*point) for point in order["to"]]))
        for name, value in order["values"].items():
            feature[name] = value
        assert layer.addFeature(feature)
    assert layer.commitChanges(), layer.commitErrors()
sys.stdout.write(json.dumps(found, ensure_ascii=False))
sys.stdout.flush()
project.clear()
os._exit(0)
