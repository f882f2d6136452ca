"""Density beside its peers, taking turns in one process: ``python -m benchmarks density`` writes ``DENSITY.md``.

Peers: ``pip install -r benchmarks/requirements.txt``. Those that are not installed are left out, and the table says so.
"""

import os
import platform
import statistics
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

from hotspots.analysis.density import DensitySpec
from hotspots.analysis.density.edges import cells_inside
from hotspots.analysis.density.exact import exact_density
from hotspots.analysis.density.moments import DensityParts
from hotspots.analysis.density.places import sorted_places
from hotspots.layer import GridSpec

RESULTS = Path(__file__).parent / "DENSITY.md"
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
    return exact_density(sorted_places(*events, GRID), spec, cells_inside(GRID, None))[0]


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


# Events, ours, the peer, the name of its distribution, what it computes, the ratio that we must reach.
ROWS: list[tuple[int, Callable[[Events], np.ndarray], Callable[[Events], np.ndarray] | None, str, str, str]] = [
    (1_000, exact, None, "", "", ""),
    (100_000, exact, sklearn, "scikit-learn", "Epanechnikov, ball tree", "100"),
    (1_000_000, exact, kdepy, "KDEpy", "quartic on binned events", "1"),
    (1_000_000, exact, libkdv, "libkdv", "Epanechnikov", "100"),
    (10_000_000, bounded, kdepy, "KDEpy", "quartic on binned events", "6"),
]


def density_rows() -> list[str]:
    """The rows of the table: medians and worst of three, ours and the peer taking turns."""
    lines = []
    for size, ours, peer, distribution, what, must in ROWS:
        events = city(size)
        ours(events)
        label = f"{size:,} events, {ours.__name__}"
        if peer is not None and not _installed(distribution):
            lines.append(f"| {label} | {distribution}: not installed, not measured | | | | {must} |")
            continue
        mine, other = [], []
        for _ in range(RUNS if peer else 20):
            mine.append(_seconds(ours, events))
            if peer is not None:
                other.append(_seconds(peer, events))
        lines.append(_line(label, mine, other, distribution, what, must))
        print(lines[-1], flush=True)
    return lines


def _line(label: str, mine: list[float], other: list[float], distribution: str, what: str, must: str) -> str:
    median = statistics.median(mine)
    cells = [label, f"{distribution} {version(distribution)} ({what})" if other else "none"]
    cells.append(f"{median * 1000:,.1f} ({max(mine) * 1000:,.1f})")
    cells.append(f"{statistics.median(other) * 1000:,.0f} ({max(other) * 1000:,.0f})" if other else "")
    cells.append(f"{statistics.median(other) / median:,.1f}" if other else "")
    return "| " + " | ".join([*cells, must]) + " |"


def _installed(distribution: str) -> bool:
    try:
        return bool(version(distribution))
    except PackageNotFoundError:
        return False


def _seconds(work: Callable[[Events], np.ndarray], events: Events) -> float:
    begun = time.perf_counter()
    work(events)
    return time.perf_counter() - begun


def main() -> None:
    """Measure, and write the page."""
    lines = [
        "# Density beside its peers",
        "",
        "Remade by `pip install -r benchmarks/requirements.txt` and `python -m benchmarks density`. Quartic kernel,",
        "300 m, 400 x 400 cells of 25 m, no edge correction, clustered events; arrays in, array out; compiled, warm.",
        "Milliseconds: median (worst) of three, in turns in one process, on a machine that others used at the same",
        "time: read the ratios. The row without a peer is twenty runs, with a limit of 1 ms.",
        "",
        f"Machine: {platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}.",
        "",
        "| ours | peer | ours, ms | peer, ms | ratio | must |",
        "|---|---|---|---|---|---|",
        *density_rows(),
        "",
        "Not measured here: R spatstat and QGIS, which are no Python packages.",
        "",
    ]
    RESULTS.write_text("\n".join(lines), encoding="utf-8")
