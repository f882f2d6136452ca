"""Run the benchmarks and write their tables.

``HOTSPOTS_REAL_DATA=... python -m benchmarks`` measures pages and builds (``RESULTS.md``). With a name, one room beside
its peers, which ``benchmarks/requirements.txt`` lists: ``density``, ``locate``, ``geojson``, ``hotspots``, ``score`` or
``compare`` (false alarms and power, without peers); ``places`` measures matching on a labelled list, ``prediction``
how well places chosen from earlier months hold what comes later.
"""

import os
import platform
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from benchmarks.build import real_build
from benchmarks.rerun import page_rerun

ROOMS = ("density", "locate", "geojson", "hotspots", "score", "compare", "places", "prediction")
RESULTS = Path(__file__).parent / "RESULTS.md"


def main() -> None:
    rows = [page_rerun()]
    if named := os.environ.get("HOTSPOTS_REAL_DATA"):
        rows.append(real_build(Path(named)))
    else:
        print("HOTSPOTS_REAL_DATA is not set: the build of the real folder was not measured")
    lines = [
        "# Benchmarks",
        "",
        "Remade by `HOTSPOTS_REAL_DATA=<folder> python -m benchmarks`. Absolute times mean little on a shared machine.",
        "",
        f"Machine: {platform.machine()}, {os.cpu_count()} processors, {platform.system()}, "
        f"Python {platform.python_version()}.",
        "",
        "| what | limit | median | worst | runs |",
        "|---|---|---|---|---|",
        *rows,
    ]
    RESULTS.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(RESULTS.read_text(encoding="utf-8"))


def beside_peers(name: str) -> Callable[[], None]:
    """The benchmark of one room; imported only when asked for, as it needs its peers."""
    if name not in ROOMS:
        sys.exit(f"there is no benchmark {name!r}; there are {', '.join(ROOMS)}")
    room: Callable[[], None] = import_module(f"benchmarks.{name}").main
    return room


if __name__ == "__main__":
    beside_peers(sys.argv[1])() if len(sys.argv) > 1 else main()
