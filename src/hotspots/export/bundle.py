"""A download: the file of a layer, or one zip archive where a format has more than one file."""

import io
import re
import zipfile
from pathlib import Path

from hotspots.export.leaving import export_layer
from hotspots.layer import Audience, Layer
from hotspots.staging import scratch
from hotspots.style import Classes

# The first day that a zip archive can name: the same layer makes the same bytes.
_NO_TIME = (1980, 1, 1, 0, 0, 0)
_LONGEST_PART = 60


def bundle(layer: Layer, suffix: str, audience: Audience, *, classes: Classes | None = None) -> tuple[bytes, str]:
    """
    What a reader downloads: the bytes, and the name that says what is in them.

    A format of one file (GeoJSON, GeoPackage) comes as it is. CSV (wide, long and description) and GeoTIFF (cells,
    description and QGIS style) come as a zip archive, ``NAME.csv.zip``, of the files that :func:`export_layer` writes.

    Parameters
    ----------
    suffix
        The format, such as ``.csv``.
    audience, classes
        As :func:`export_layer` has them, which refuses what may not leave.
    """
    name = file_name(layer, suffix)
    with scratch() as folder:
        paths = export_layer(layer, folder / name, audience=audience, classes=classes)
        if len(paths) == 1:
            return paths[0].read_bytes(), name
        return _zipped(paths), f"{name}.zip"


def file_name(layer: Layer, suffix: str) -> str:
    """A safe name for a download: layer, measure, period, place and audience in plain letters."""
    parts = (layer.meta.id, layer.meta.measure, layer.meta.period, layer.meta.area, layer.meta.sensitivity)
    slugs = (re.sub(r"[^a-z0-9]+", "-", part.lower()).strip("-") for part in parts)
    return ("_".join(slug[:_LONGEST_PART] for slug in slugs if slug) or "layer") + suffix


def _zipped(paths: tuple[Path, ...]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for path in paths:
            member = zipfile.ZipInfo(path.name, _NO_TIME)
            member.compress_type, member.create_system, member.external_attr = zipfile.ZIP_DEFLATED, 3, 0o644 << 16
            archive.writestr(member, path.read_bytes())
    return stream.getvalue()
