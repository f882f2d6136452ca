"""The child that reads a file which somebody handed in: ``python -m hotspots.inbox.apart AREA SOURCE PATH``.

It reads the file in place of the source's own, by the same reader, and answers with one line of JSON. A file that
brings a reader down brings this process down and nothing else.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

os.environ.setdefault("GDAL_SKIP", "VRT,OGR_VRT")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from hotspots.boundaries import load_reference
from hotspots.errors import HotspotsError
from hotspots.settings import Area, load_area
from hotspots.sources import read_source
from hotspots.tables import Reading

MOST_REJECTS = 20
NEEDS_PREMISES = ("incidents", "interventions")


def outcome(area_file: Path, source_id: str, path: str) -> dict[str, Any]:
    """What the reader made of the file: its tally and first rejects, or why it was refused."""
    try:
        reading = _read(load_area(area_file), source_id, path)
    except HotspotsError as error:
        return {"refused": str(error)}
    shown = reading.rejects[["line", "column", "value", "reason", "detail"]].head(MOST_REJECTS)
    return {
        "sentence": reading.tally.sentence,
        "accepted": reading.tally.accepted,
        "rejected": reading.tally.rejected,
        "rejects": shown.astype(str).to_dict("records"),
    }


def _read(area: Area, source_id: str, path: str) -> Reading:
    source = next(source for source in area.file.sources if source.id == source_id)
    reference, limits = load_reference(area), area.file.limits
    register = area.source("premises") if source.kind in NEEDS_PREMISES else None
    premises = None
    if register is not None:
        premises = read_source(register, folder=area.folder, reference=reference, limits=limits)
    handed_in = source.model_copy(update={"path": path})
    return read_source(handed_in, folder=area.folder, reference=reference, premises=premises, limits=limits)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(outcome(Path(sys.argv[1]), sys.argv[2], sys.argv[3])) + "\n")
