"""What was read of each source, as a viewer may know it."""

from typing import Any

from hotspots.disclosure import audience_of, may_see_premises
from hotspots.snapshot import Build
from hotspots.views.selection import Viewer

_PREMISES_KINDS = ("premises", "incidents")  # not even how many there are is for other readers
_NOT_TOLD = "how many rows it has is for analysts"


def sources_read(build: Build, viewer: Viewer) -> list[dict[str, Any]]:
    """
    The records of the sources that the viewer may know of: ``title``, coverage, ``tally``, ``sentence``, ``notes``.

    Below restricted, what was noticed while reading a source that is not open is left out (few rows, told one by one),
    and so are the numbers of rows of health sources, whose totals are not printed: their ``tally`` is empty. Premises
    and their incidents are known, with what was noticed, to those who may see premises.
    """
    known = [
        source
        for source in build.manifest["sources"].values()
        if source["kind"] not in _PREMISES_KINDS or may_see_premises(viewer.role)
    ]
    if audience_of(viewer.role) == "restricted":
        return known
    return [source if _is_told(source) else source | _withheld(source) for source in known]


def _is_told(source: dict[str, Any]) -> bool:
    return source["policy"] == "open" or source["kind"] in _PREMISES_KINDS


def _withheld(source: dict[str, Any]) -> dict[str, Any]:
    return {"notes": [], **({"tally": {}, "sentence": _NOT_TOLD} if source["policy"] == "health" else {})}
