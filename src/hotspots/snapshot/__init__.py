"""Builds: staged, verified, published whole or not at all, opened, pruned. Nothing else reads or writes them."""

from hotspots.snapshot.content import BuildContent, SurfaceEntry
from hotspots.snapshot.opened import Build, open_build
from hotspots.snapshot.publication import publish

__all__ = ["Build", "BuildContent", "SurfaceEntry", "open_build", "publish"]
