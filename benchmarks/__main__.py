"""Run every benchmark and write the table: ``HOTSPOTS_REAL_DATA=... python -m benchmarks``."""

import os
import platform
import runpy
import sys
from pathlib import Path

from benchmarks.build import real_build
from benchmarks.rerun import page_rerun

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


if __name__ == "__main__":
    runpy.run_module(f"benchmarks.{sys.argv[1]}")["main"]() if len(sys.argv) > 1 else main()
