"""Seconds that QGIS's heatmap takes: ``python3 qgis_heatmap.py EVENTS RUNS``, with the Python that QGIS belongs to."""

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from qgis.analysis import QgsKernelDensityEstimation
from qgis.core import QgsApplication, QgsFeature, QgsGeometry, QgsPointXY, QgsVectorLayer

application = QgsApplication([], False)
application.initQgis()
eastings, northings = np.fromfile(sys.argv[1]).reshape(2, -1)
layer = QgsVectorLayer("Point?crs=EPSG:27700", "events", "memory")
features = []
for easting, northing in zip(eastings.tolist(), northings.tolist(), strict=True):
    feature = QgsFeature()
    feature.setGeometry(QgsGeometry.fromPointXY(QgsPointXY(easting, northing)))
    features.append(feature)
layer.dataProvider().addFeatures(features)
layer.updateExtents()
chosen = QgsKernelDensityEstimation.Parameters()
chosen.source = layer
chosen.radius, chosen.pixelSize = 300.0, 25.0
chosen.shape = QgsKernelDensityEstimation.KernelQuartic
chosen.outputValues = QgsKernelDensityEstimation.OutputScaled
with tempfile.TemporaryDirectory() as folder:
    for run in range(int(sys.argv[2])):
        made = QgsKernelDensityEstimation(chosen, str(Path(folder) / f"{run}.tif"), "GTiff")
        begun = time.perf_counter()
        if made.run() != QgsKernelDensityEstimation.Success:
            sys.exit("the heatmap failed")
        print(time.perf_counter() - begun, flush=True)
