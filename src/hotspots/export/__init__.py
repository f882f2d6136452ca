"""Files that leave: GeoJSON, GeoPackage, CSV and cloud-optimised GeoTIFF, made from a disclosed layer.

Every file is staged beside its target, reopened, compared with what was meant, and only then moved into place, so that
a reader sees the old file or the new one.
"""

from hotspots.export.about import metadata
from hotspots.export.bundle import bundle, file_name
from hotspots.export.leaving import export_layer, export_noted, formats_for
from hotspots.export.legend import named_classes
from hotspots.export.pivot import long, wide
from hotspots.export.report import export_table, table_bytes

__all__ = [
    "bundle",
    "export_layer",
    "export_noted",
    "export_table",
    "file_name",
    "formats_for",
    "long",
    "metadata",
    "named_classes",
    "table_bytes",
    "wide",
]
