"""Run by the system's Python, which has PyQGIS: ``qgis_probe.py FILE [LAYER] PNG``. Tells what QGIS made of a file.

Imports nothing of ours: what it finds is QGIS's own reading, with no project and no settings.
"""

import collections
import json
import sys


def opened(file, name):
    """The layer, with the style that QGIS loads by itself."""
    from qgis.core import QgsRasterLayer, QgsVectorLayer

    layer = QgsVectorLayer(f"{file}|layername={name}", name, "ogr") if name else QgsRasterLayer(file, "surface")
    assert layer.isValid(), layer.error().message()
    return layer


def told(layer):
    """Kind of renderer, and each line of the legend with its colour."""
    renderer = layer.renderer()
    legend = [(item.label(), None) for item in getattr(renderer, "legendSymbolItems", list)()]
    if renderer.type() == "graduatedSymbol":
        legend = [(one.label(), one.symbol().color().name()) for one in renderer.ranges()]
    if renderer.type() == "singlebandpseudocolor":
        items = renderer.shader().rasterShaderFunction().colorRampItemList()
        legend = [(item.label, item.color.name()) for item in items]
    return {"renderer": renderer.type(), "legend": legend, "crs": layer.crs().authid()}


def pixels(layer, png):
    """How many pixels of each colour a picture of 800 by 800 has."""
    from qgis.core import QgsMapRendererParallelJob, QgsMapSettings
    from qgis.PyQt.QtCore import QSize
    from qgis.PyQt.QtGui import QColor

    settings = QgsMapSettings()
    settings.setLayers([layer])
    settings.setDestinationCrs(layer.crs())
    settings.setExtent(layer.extent())
    settings.setOutputSize(QSize(800, 800))
    settings.setBackgroundColor(QColor("#ff00ff"))
    settings.setFlag(QgsMapSettings.Antialiasing, False)
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    image = job.renderedImage()
    assert image.save(png)
    colours = (image.pixelColor(x, y).name() for y in range(image.height()) for x in range(image.width()))
    return collections.Counter(colours)


def main():
    """Open, describe, draw."""
    from qgis.core import QgsApplication

    *file, png = sys.argv[1:]
    QgsApplication.setPrefixPath("/usr", True)
    application = QgsApplication([], False)
    application.initQgis()
    layer = opened(file[0], file[1] if len(file) > 1 else "")
    print(json.dumps(told(layer) | {"pixels": pixels(layer, png)}))
    del layer
    application.exitQgis()


if __name__ == "__main__":
    main()
