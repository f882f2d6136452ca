"""The significance of hotspots: false alarms, power and time; Gi* beside esda.

``python -m benchmarks hotspots`` writes ``HOTSPOTS.md``. It takes about a quarter of an hour.
"""

import os
import platform
import statistics
import time
import warnings
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
import shapely
import shapely.affinity
from scipy.spatial import cKDTree

from hotspots.analysis.density.edges import cells_inside
from hotspots.analysis.hotspots import HotspotSpec
from hotspots.analysis.hotspots.background import Background
from hotspots.analysis.hotspots.deviance import Expectation, peak
from hotspots.analysis.hotspots.events import Events
from hotspots.analysis.hotspots.gi_star import gi_star
from hotspots.analysis.hotspots.maps import Frame, stamp_all
from hotspots.analysis.hotspots.nulls import simulated_peaks
from hotspots.analysis.hotspots.rules import flagged_cells
from hotspots.analysis.hotspots.significance import may_reach
from hotspots.layer import GridSpec
from hotspots.tables import PointEvents, points_from_frame

RESULTS = Path(__file__).parent / "HOTSPOTS.md"
# A city of 40 km²: an ellipse of 6 by 8.5 km.
CITY = shapely.affinity.scale(shapely.Point(545000, 257500).buffer(1000, 64), 3.0, 4.25)
GRID = GridSpec.over(CITY.bounds, cell_m=50)
MAPS, PLANTED = 1000, 100
RATED, SEEDS = 8000, 30
WIDE = GridSpec(540000, 252000, 25, 400, 400)


def within(random: np.random.Generator, many: int) -> np.ndarray:
    """Places spread evenly over the city."""
    west, south, east, north = CITY.bounds
    found = random.uniform((west, south), (east, north), (2 * many + 50, 2))
    return found[shapely.intersects_xy(CITY, found)][:many]


def published_points() -> np.ndarray:
    """Some 900 points, two thirds of them close together about sixty centres, as published snap points are."""
    random = np.random.default_rng(913)
    centres = within(random, 60)
    close = centres[random.integers(0, 60, 600)] + random.normal(0, 200, (600, 2))
    return np.concatenate([close[shapely.intersects_xy(CITY, close)], within(random, 320)])


SNAP = published_points()
NEAREST = cKDTree(SNAP)


def snapped(places: np.ndarray) -> np.ndarray:
    return np.asarray(SNAP[NEAREST.query(places)[1]])


def points(places: np.ndarray) -> PointEvents:
    return points_from_frame(pd.DataFrame(places, columns=["easting", "northing"]))


def calibration_rows() -> list[str]:
    """How many of a thousand maps without clustering show any hot cell."""
    rows = []
    for kind, move, told in (
        ("smooth", np.asarray, None),
        ("snapped", snapped, SNAP),
        ("snapped, tested as if it were not", snapped, None),
    ):
        for size in (80, 800):
            random = np.random.default_rng((size, 5))
            spec = HotspotSpec(seed=1)
            maps = MAPS if kind in ("smooth", "snapped") else PLANTED
            found = sum(
                bool(
                    flagged_cells(
                        points(move(within(random, size))), GRID, spec, border=CITY, snap_points=told
                    ).hot.any()
                )
                for _ in range(maps)
            )
            bound = "60" if maps == MAPS else ""
            rows.append(f"| {kind} | {size} | {maps:,} | {found:,} | {bound} |")
            print(rows[-1], flush=True)
    return rows


def rate_rows() -> list[str]:
    """
    The share of many maps without clustering that show any hot cell, over thirty seeds of the simulations.

    A map is hot when its highest peak is: peaks are made as those of the simulations are, and compared with the
    thresholds that thirty seeds give. The first thousand with the first seed are the maps of the table above it.
    """
    rows = []
    frame, allowed = Frame(GRID, HotspotSpec().bandwidth_m), may_reach(999, 0.95)
    for kind, move, told in (("smooth", np.asarray, None), ("snapped", snapped, SNAP)):
        for size in (80, 800):
            events = Events(move(within(np.random.default_rng(1), size)), np.ones(size))
            null, _ = Background(CITY, snap_points=told).null(events, HotspotSpec(), frame)
            mean, variance, dispersion = null.moments(frame)
            inside = np.pad(cells_inside(GRID, CITY), frame.margin)
            expected = Expectation.of(mean, variance, dispersion=dispersion, within=inside)
            random, values, peaks = np.random.default_rng((size, 5)), np.zeros(frame.shape), np.empty(RATED)
            for number in range(RATED):
                stamp_all(frame.numbers, *frame.from_corner(move(within(random, size))), np.ones(size), values)
                peaks[number] = peak(values, expected.arrays)
            rates = []
            for seed in range(1, SEEDS + 1):
                simulated = np.sort(simulated_peaks(null, frame, expected, simulations=999, seed=seed))
                rates.append(float((peaks > simulated[-allowed - 1]).mean()))
            shown = (statistics.mean(rates), min(rates), max(rates), rates[0])
            rows.append(f"| {kind} | {size} | " + " | ".join(f"{rate:.1%}" for rate in shown) + " |")
            print(rows[-1], flush=True)
    return rows


def power_rows() -> list[str]:
    """How many of a hundred maps with one cluster show a hot cell within 150 m of its middle."""
    rows = []
    for kind, move, told in (("smooth", np.asarray, None), ("snapped", snapped, SNAP)):
        for size in (80, 800):
            found = [_found(size, cluster, move, told) for cluster in (4, 6, 8, 10, 15, 20)]
            rows.append(f"| {kind} | {size} | " + " | ".join(map(str, found)) + " |")
            print(rows[-1], flush=True)
    return rows


def _found(size: int, cluster: int, move: Callable[[np.ndarray], np.ndarray], told: np.ndarray | None) -> int:
    random = np.random.default_rng((size, cluster))
    east, north = np.meshgrid(GRID.centre_eastings, GRID.centre_northings)
    hits = 0
    for _ in range(PLANTED):
        (middle,) = within(random, 1)
        added = middle + random.normal(0, 50, (cluster, 2))
        places = move(np.concatenate([within(random, size), added]))
        hot = flagged_cells(points(places), GRID, HotspotSpec(seed=1), border=CITY, snap_points=told).hot
        hits += bool((np.hypot(east - middle[0], north - middle[1])[hot] <= 150).any())
    return hits


def time_rows() -> list[str]:
    """The whole test with 999 simulations: points in, flagged cells out."""
    random = np.random.default_rng(7)
    places = random.uniform((540000, 252000), (550000, 262000), (10_000, 2))
    published = random.uniform((540000, 252000), (550000, 262000), (913, 2))
    moved = published[cKDTree(published).query(places)[1]]
    # A border with holes in it and cells cut by it, of about the same ground.
    border = shapely.box(540010, 252010, 549990, 261990) - shapely.Point(545000, 257000).buffer(400)
    rows = []
    for label, size, limit, work in (
        ("exact positions, uniform", 1_000, "2", lambda given: flagged_cells(given, WIDE, HotspotSpec())),
        ("exact positions, uniform", 10_000, "10", lambda given: flagged_cells(given, WIDE, HotspotSpec())),
        (
            "exact, uniform in a border",
            1_000,
            "2",
            lambda given: flagged_cells(given, WIDE, HotspotSpec(), border=border),
        ),
        ("913 published points, uniform", 1_000, "2", lambda given: _on_published(given, published)),
        ("913 published points, uniform", 10_000, "10", lambda given: _on_published(given, published)),
        ("a tenth of the reference set", 1_000, "2", lambda given: _among(given, places)),
    ):
        given = points((moved if "published" in label else places)[:size])
        seconds = _timed(work, given)
        rows.append(f"| {label} | {size:,} | {limit} | {statistics.median(seconds):.2f} | {max(seconds):.2f} |")
        print(rows[-1], flush=True)
    return rows


def _on_published(given: PointEvents, published: np.ndarray) -> object:
    return flagged_cells(given, WIDE, HotspotSpec(), snap_points=published)


def _among(given: PointEvents, places: np.ndarray) -> object:
    return flagged_cells(given, WIDE, HotspotSpec(), reference=points(places))


def _timed(work: Callable[[PointEvents], object], given: PointEvents, runs: int = 5) -> list[float]:
    work(given)
    seconds = []
    for _ in range(runs):
        begun = time.perf_counter()
        work(given)
        seconds.append(time.perf_counter() - begun)
    return seconds


def gi_star_rows() -> list[str]:
    """Gi* of a million cells, the eight neighbours of each, ours and esda's in turns."""
    import esda
    from libpysal.graph import Graph
    from scipy import sparse

    side = 1000
    values = np.random.default_rng(1995).poisson(1.0, (side, side)).astype(np.float64)
    gi_star(values).p  # noqa: B018  compiled, warm
    ours, weights, theirs, furthest = [], [], [], 0.0
    for _ in range(5):
        for _ in range(5):  # a few milliseconds each
            begun = time.perf_counter()
            found = gi_star(values)
            ours.append(time.perf_counter() - begun)
        begun = time.perf_counter()
        line = sparse.diags_array([np.ones(side - 1), np.ones(side), np.ones(side - 1)], offsets=[-1, 0, 1])
        graph = Graph.from_sparse(sparse.kron(line, line).tocsr())
        weights.append(time.perf_counter() - begun)
        begun = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            other = esda.G_Local(values.ravel(), graph, star=None, transform="B", permutations=0)
        theirs.append(time.perf_counter() - begun)
        furthest = max(furthest, float(np.abs(np.asarray(other.Zs) - found.z.ravel()).max()))
    mine, statistic, built = (statistics.median(seconds) for seconds in (ours, theirs, weights))
    row = f"| {mine * 1000:.1f} | {statistic:.2f} | {built:.2f} | {statistic / mine:,.0f} | "
    row += f"{(statistic + built) / mine:,.0f} | 200 | {furthest:.0e} |"
    print(row, flush=True)
    return [row]


def page(calibration: list[str], rates: list[str], power: list[str], times: list[str], gi: list[str]) -> str:
    """The page of results."""
    return "\n".join(
        [
            "# Hotspots: false alarms, power, and time",
            "",
            "Remade by `pip install -r benchmarks/requirements.txt` and `python -m benchmarks hotspots`. The rule is",
            "`max_density` as it comes: 150 m, 999 simulations, level 0.95, the null `uniform`, and the same seed for",
            f"every map, as in use. The city is an ellipse of 40 km² in cells of 50 m, with {len(SNAP)} published",
            "points, most of them close together.",
            "",
            f"Machine: {platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}.",
            "",
            "## Maps without clustering",
            "",
            "Events spread evenly, and for *snapped* each moved to the nearest published point. A false alarm is a map",
            "with any hot cell.",
            "",
            "| map | events | maps | false alarms | at most |",
            "|---|---|---|---|---|",
            *calibration,
            "",
            "A thousand maps are a sample, and so are the 999 simulations that a threshold comes from: one seed gives",
            f"the same threshold to all maps. The share of {RATED:,} maps, over {SEEDS} seeds:",
            "",
            "| map | events | mean | least | most | seed 1 |",
            "|---|---|---|---|---|---|",
            *rates,
            "",
            "## Power",
            "",
            f"How often of {PLANTED} maps a cluster is found (a hot cell within 150 m of its middle), by how many",
            "events were planted about one place (normal, with a standard deviation of 50 m along each axis).",
            "",
            "| map | other events | 4 | 6 | 8 | 10 | 15 | 20 |",
            "|---|---|---|---|---|---|---|---|",
            *power,
            "",
            "## Time",
            "",
            "Points in, flagged cells out, the density surface included: 400 x 400 cells of 25 m, 150 m, 999",
            "simulations. Seconds, compiled and warm, of five runs.",
            "",
            "| null | events | limit | median | worst |",
            "|---|---|---|---|---|",
            *times,
            "",
            "## Gi* beside esda",
            "",
            f"1,000 x 1,000 cells, each with the eight about it, ours and esda {version('esda')} in turns,",
            "medians of five of esda's and of twenty-five of ours.",
            "esda needs a graph of the neighbours first; it is made the fastest way that we know, as a sparse product.",
            "",
            "| ours, ms | esda, s | its graph, s | ratio | with the graph | must | largest difference of z |",
            "|---|---|---|---|---|---|---|",
            *gi,
            "",
        ]
    )


def main() -> None:
    """Measure, and write the page."""
    times, gi = time_rows(), gi_star_rows()
    RESULTS.write_text(page(calibration_rows(), rate_rows(), power_rows(), times, gi), encoding="utf-8")
