"""Builds: staged, verified, published whole or not at all, opened, pruned. Nothing else reads or writes them."""

from hotspots.snapshot.changes import changed_figures, current_build, record_changes
from hotspots.snapshot.content import BuildContent, SurfaceEntry
from hotspots.snapshot.folder import check_folder
from hotspots.snapshot.journal import record_export
from hotspots.snapshot.opened import Build, open_build
from hotspots.snapshot.publication import publish
from hotspots.snapshot.purge import purge

__all__ = [
    "Build",
    "BuildContent",
    "SurfaceEntry",
    "changed_figures",
    "check_folder",
    "current_build",
    "open_build",
    "publish",
    "purge",
    "record_changes",
    "record_export",
]
