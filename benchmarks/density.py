"""Density beside its peers, taking turns in one process: ``python -m benchmarks density`` writes ``DENSITY.md``.

Peers: ``pip install -r benchmarks/requirements.txt``. Those that are not installed are left out, and the table says so.
"""

import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.memory import extra_mb
from hotspots.analysis.density import DensitySpec
from hotspots.analysis.density.edges import cells_inside
from hotspots.analysis.density.exact import density_of_events
from hotspots.analysis.density.moments import DensityParts
from hotspots.layer import GridSpec

RESULTS = Path(__file__).parent / "DENSITY.md"
PEERS = Path(__file__).parent / "peers"
GRID = GridSpec(525000, 175000, 25, 400, 400)
BANDWIDTH_M = 300.0
RUNS = 3
Events = tuple[np.ndarray, np.ndarray]


def city(size: int) -> Events:
    """Events in 300 clusters (40 to 250 m) with a fifth spread evenly, over 10 km by 10 km."""
    parents = np.random.default_rng(4242)
    centres, spreads = parents.uniform(0, 10_000, (300, 2)), parents.uniform(40, 250, 300)
    random = np.random.default_rng(7_000_000 + size)
    which = random.integers(0, 300, size)
    places = centres[which] + random.normal(size=(size, 2)) * spreads[which][:, None]
    even = random.random(size) < 0.2
    places[even] = random.uniform(0, 10_000, (int(even.sum()), 2))
    east, north = np.clip(places, 0, 9999.99).T
    return np.ascontiguousarray(east + GRID.west), np.ascontiguousarray(north + GRID.south)


def exact(events: Events) -> np.ndarray:
    spec = DensitySpec(BANDWIDTH_M, edge="none")
    return density_of_events(*events, GRID, spec, cells_inside(GRID, None))[0]


def bounded(events: Events) -> np.ndarray:
    parts = DensityParts(GRID, DensitySpec(BANDWIDTH_M, edge="none", method="bounded"))
    parts.add(*events)
    return parts.surface().values


def kdepy(events: Events) -> np.ndarray:
    from KDEpy import FFTKDE

    # Its grid must hold the kernel of every event: the cell centres, and twelve cells and one more on every side.
    east = GRID.west + (np.arange(-13, 413) + 0.5) * 25
    north = GRID.south + (np.arange(-13, 413) + 0.5) * 25
    at = np.stack(np.meshgrid(east, north, indexing="ij"), -1).reshape(-1, 2)
    deviation = BANDWIDTH_M / 7**0.5  # its biweight is scaled to a standard deviation on a line
    return np.asarray(FFTKDE(kernel="biweight", bw=deviation, norm=2).fit(np.column_stack(events)).evaluate(at))


def libkdv(events: Events) -> np.ndarray:
    from libkdv.kdv import kdv

    # It doubles the bandwidth that it is given, as version 1.1.20 does.
    made = kdv(np.column_stack(events), GPS=False, bandwidth=BANDWIDTH_M / 2, row_pixels=400, col_pixels=400)
    return np.asarray(made.compute())


def sklearn(events: Events) -> np.ndarray:
    from sklearn.neighbors import KernelDensity

    at = np.stack(np.meshgrid(GRID.centre_eastings, GRID.centre_northings), -1).reshape(-1, 2)
    tree = KernelDensity(kernel="epanechnikov", bandwidth=BANDWIDTH_M, algorithm="ball_tree")
    return np.asarray(tree.fit(np.column_stack(events)).score_samples(at))


def spatstat(events: Events) -> float:
    """Seconds that R's density.ppp takes, of itself: reading is not counted."""
    return _told(["Rscript", str(PEERS / "spatstat.R")], events)


def qgis(events: Events) -> float:
    """Seconds that the heatmap takes of features that are in memory."""
    return _told(["/usr/bin/python3", str(PEERS / "qgis_heatmap.py")], events)


def _told(command: list[str], events: Events) -> float:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "events"
        np.concatenate(events).tofile(path)
        environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
        environment.pop("PYTHONPATH", None)
        ran = subprocess.run([*command, str(path), "1"], capture_output=True, text=True, check=True, env=environment)
    return float(ran.stdout.split()[-1])


def _debian(package: str) -> str:
    """Version of an installed Debian package; nothing where there is none."""
    if shutil.which("dpkg-query") is None:
        return ""
    found = subprocess.run(["dpkg-query", "-W", "-f=${Version}", package], capture_output=True, text=True, check=False)
    return found.stdout if found.returncode == 0 else ""


# Part, events, ours, the peer, the name of its distribution, what it computes, the ratio that we must reach.
ROWS: list[tuple[str, int, Callable[[Events], np.ndarray], Callable[[Events], Any] | None, str, str, str]] = [
    ("small", 1_000, exact, None, "", "", ""),
    ("sklearn", 100_000, exact, sklearn, "scikit-learn", "Epanechnikov, ball tree", "100"),
    ("kdepy", 1_000_000, exact, kdepy, "KDEpy", "quartic on binned events", "1"),
    ("libkdv", 1_000_000, exact, libkdv, "libkdv", "Epanechnikov", "100"),
    ("qgis", 1_000_000, exact, qgis, "python3-qgis", "heatmap, quartic, features in memory", "25"),
    ("spatstat", 1_000_000, exact, spatstat, "r-cran-spatstat.explore", "density.ppp, quartic", "5"),
    ("kdepy", 10_000_000, bounded, kdepy, "KDEpy", "quartic on binned events", "6"),
]
PARTS = (*dict.fromkeys(row[0] for row in ROWS), "memory")


def density_rows(part: str = "") -> dict[str, str]:
    """The rows of the table, or of one part: medians and worst of three, ours and the peer taking turns."""
    lines = {}
    for name, size, ours, peer, distribution, what, must in ROWS:
        if part not in ("", name):
            continue
        key = f"| {size:,} events, {ours.__name__} | {distribution or 'none'}"
        if peer is not None and not _version(distribution):
            lines[key] = f"{key}: not installed, not measured | | | | {must} |"
            continue
        events = city(size)
        ours(events)
        mine, other = [], []
        for _ in range(RUNS if peer else 20):
            mine.append(_seconds(ours, events))
            if peer in (spatstat, qgis):
                other.append(float(peer(events)))  # type: ignore[misc]
            elif peer is not None:
                other.append(_seconds(peer, events))
        lines[key] = _line(key, mine, other, distribution, what, must)
        print(lines[key], flush=True)
    if part in ("", "memory"):
        for name, most in (("exact", "250"), ("bounded", "50")):
            key = f"| 10,000,000 events, {name} | memory beside the events"
            lines[key] = f"{key} | {extra_mb(name, 10_000_000):,.0f} MB | | | at most {most} MB |"
            print(lines[key], flush=True)
    return lines


def _line(key: str, mine: list[float], other: list[float], distribution: str, what: str, must: str) -> str:
    median = statistics.median(mine)
    cells = [f"{key} {_version(distribution)} ({what})" if other else key]
    cells.append(f"{median * 1000:,.2f} ({max(mine) * 1000:,.2f})")
    cells.append(f"{statistics.median(other) * 1000:,.0f} ({max(other) * 1000:,.0f})" if other else "")
    cells.append(f"{statistics.median(other) / median:,.1f}" if other else "")
    return " | ".join([*cells, must or "1 ms"]) + " |"


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return _debian(distribution)


def _seconds(work: Callable[[Events], np.ndarray], events: Events) -> float:
    begun = time.perf_counter()
    work(events)
    return time.perf_counter() - begun


def main() -> None:
    """Measure, and write the page; with the name of a part after that of the benchmark, the rows of that part only."""
    part = "".join(sys.argv[2:3])
    if part and part not in PARTS:
        sys.exit(f"there is no part {part!r}; there are {', '.join(PARTS)}")
    held = RESULTS.read_text(encoding="utf-8").splitlines() if RESULTS.exists() else []
    made = density_rows(part)
    rows = []
    keys = [f"| {row[1]:,} events, {row[2].__name__} | {row[4] or 'none'}" for row in ROWS]
    keys += [f"| 10,000,000 events, {name} | memory beside the events" for name in ("exact", "bounded")]
    for key in keys:
        kept = [line for line in held if line.startswith(key)]
        rows += [made[key]] if key in made else kept
    lines = [
        "# Density beside its peers",
        "",
        "Remade by `pip install -r benchmarks/requirements.txt`, `apt-get install r-cran-spatstat.explore",
        "python3-qgis qgis-providers` and `python -m benchmarks density` (or, one part at a time, with the name of a",
        f"part: {', '.join(PARTS)}). Quartic kernel, 300 m, 400 x 400 cells of 25 m, no edge correction, clustered",
        "events; arrays in, array out; compiled, warm. Milliseconds: median (worst) of three, in turns; the row",
        "without a peer is twenty runs. Absolute times mean little on a shared machine: read the ratios. Memory is the",
        "peak of a process of its own beyond the loaded events.",
        "",
        f"Machine: {platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}.",
        "",
        "| ours | peer | ours, ms | peer, ms | ratio | must |",
        "|---|---|---|---|---|---|",
        *rows,
        "",
    ]
    RESULTS.write_text("\n".join(lines), encoding="utf-8")
