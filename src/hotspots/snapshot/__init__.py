"""Builds: staged, verified, published whole or not at all, opened and pruned: the only readers and writers of builds."""

from hotspots.snapshot.content import BuildContent, SurfaceEntry
from hotspots.snapshot.open import Build, open_build
from hotspots.snapshot.publish import publish

__all__ = ["Build", "BuildContent", "SurfaceEntry", "open_build", "publish"]
