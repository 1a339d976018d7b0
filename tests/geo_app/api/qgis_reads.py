"""Run by Debian's Python with QGIS, without a screen: load a collection, filter it, draw it; prints one JSON object."""

import json
import os
import sys

from qgis.core import (
    QgsApplication,
    QgsFeatureRequest,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsRectangle,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor

url, picture = sys.argv[1:3]
QgsApplication.setPrefixPath("/usr", True)
application = QgsApplication([], True)
application.initQgis()
layer = QgsVectorLayer(f" pagingEnabled='true' typename='roads' url='{url}' version='OGC_API_FEATURES'", "路段", "OAPIF")
said = {"valid": layer.isValid()}
if layer.isValid():
    names = [field.name() for field in layer.fields()]
    features = list(layer.getFeatures())
    said["count"] = layer.featureCount()
    said["fields"] = names
    said["read"] = len(features)
    said["names"] = sorted(feature["name"] for feature in features)[:2]
    expression = '"surface_type" = \'水泥\' AND "width_m" > 3.2'
    found = layer.getFeatures(QgsFeatureRequest().setFilterExpression(expression))
    said["expression"] = sorted(feature["segment_id"] for feature in found)
    box = QgsFeatureRequest().setFilterRect(QgsRectangle(104.0, 36.0, 104.06, 36.02))
    said["box"] = sorted(feature["segment_id"] for feature in layer.getFeatures(box))
    first = next(feature for feature in features if feature["segment_id"] == "R00000")
    said["first"] = first.geometry().asWkt(13)
    settings = QgsMapSettings()
    settings.setLayers([layer])
    settings.setExtent(layer.extent())
    settings.setOutputSize(QSize(400, 300))
    settings.setBackgroundColor(QColor("white"))
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    image = job.renderedImage()
    said["drawn"] = sum(image.pixelColor(x, y) != QColor("white") for x in range(0, 400, 2) for y in range(0, 300, 2))
    image.save(picture)
    said["subset"] = layer.setSubsetString('"lanes" = 2') and layer.featureCount()
sys.stdout.write(json.dumps(said) + "\n")
sys.stdout.flush()
os._exit(0)  # QGIS 3.22 ends badly when Python takes its objects apart in the wrong order
