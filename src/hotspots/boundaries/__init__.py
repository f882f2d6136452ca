"""Boundaries: polygon files from outside become checked sets of one kind and vintage, with a manifest and lookups."""

from hotspots.boundaries.add import add_boundaries, add_polygons
from hotspots.boundaries.check import repair_words
from hotspots.boundaries.manifest import list_boundaries
from hotspots.boundaries.read import PolygonFile, read_features, read_polygons
from hotspots.boundaries.reference import load_reference, reference_files

__all__ = [
    "PolygonFile",
    "add_boundaries",
    "add_polygons",
    "list_boundaries",
    "load_reference",
    "read_features",
    "read_polygons",
    "reference_files",
    "repair_words",
]
