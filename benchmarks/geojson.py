"""Features to GeoJSON beside pyogrio: ``python -m benchmarks geojson [FEATURES]`` writes GEOJSON.md.

Ours starts from National Grid shapes and ends with a file that was converted by OSTN15, written, reopened and compared;
pyogrio's starts from shapes that are in degrees already, and ends with the file. The writers take turns, so that a busy
machine slows both: of a million each time in a process of its own, of few within one process that has written before.
"""

import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from hotspots.export import export_layer, geojson
from hotspots.layer import Layer, LayerMeta

RESULTS = Path(__file__).parent / "GEOJSON.md"
SHAPES = ("points", "cells")
WRITERS = ("hotspots", "pyogrio")
ROUNDS, ROUNDS_OF_FEW = 3, 25
FEW = (10, 100, 1_000, 10_000)
_META = LayerMeta(
    *("finds", "Invented finds", "instances", "finds", "2016/17 to 2018/19", "invented", "invented"),
    *("open", "OFFICIAL", True, True),
)


class Run(NamedTuple):
    """One file: seconds of the clock and of the processors, MB that memory rose by at most, and MB of the file."""

    seconds: float
    processor_seconds: float
    more_mb: float
    file_mb: float


def main() -> None:
    features = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
    if len(sys.argv) > 4:
        print(*_run(_given(features, sys.argv[3], sys.argv[4]), sys.argv[4]))
        return
    many = [_row_of_many(shape, features) for shape in SHAPES]
    few = [_row_of_few(shape, count) for shape in SHAPES for count in FEW]
    lines = [
        "# GeoJSON",
        "",
        f"Remade by `python -m benchmarks geojson {features}`. From a table in memory to the file, the writers in",
        "turns: median of seconds by the clock (least to most), and how many times as long pyogrio took, by the clock",
        "and in time of the processors (which a busy machine changes least). `hotspots` converts by OSTN15, checks",
        "validity, writes, waits for the disk, reopens and compares; pyogrio was given degrees and writes.",
        "",
        f"Machine: {platform.machine()}, {os.cpu_count()} processors, {platform.system()}, Python "
        f"{platform.python_version()}, pyogrio {pyogrio.__version__} (GDAL {pyogrio.__gdal_version_string__}).",
        "",
        f"Many: {ROUNDS} rounds, each in a process of its own. Memory: how much the highest resident memory rose.",
        "",
        "| features | hotspots, s | pyogrio, s | ratio | of processors | MB more (ours, theirs) | file, MB |",
        "|---|---|---|---|---|---|---|",
        *many,
        "",
        f"Few: {ROUNDS_OF_FEW} rounds in a process that has written before.",
        "",
        "| features | hotspots, ms | pyogrio, ms | ratio | of processors |",
        "|---|---|---|---|---|",
        *few,
    ]
    RESULTS.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(RESULTS.read_text(encoding="utf-8"))


def _row_of_many(shape: str, features: int) -> str:
    runs: dict[str, list[Run]] = {writer: [] for writer in WRITERS}
    for _ in range(ROUNDS):
        for writer in WRITERS:
            command = [sys.executable, "-m", "benchmarks", "geojson", str(features), shape, writer]
            told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            runs[writer].append(Run(*map(float, told.split())))
    memory = ", ".join(f"{max(run.more_mb for run in runs[writer]):,.0f}" for writer in WRITERS)
    size = ", ".join(f"{runs[writer][0].file_mb:,.0f}" for writer in WRITERS)
    return f"| {features:,} {shape} | {_compared(runs, per_second=1, digits=1)} | {memory} | {size} |"


def _row_of_few(shape: str, features: int) -> str:
    given = {writer: _given(features, shape, writer) for writer in WRITERS}
    rounds = [{writer: _run(given[writer], writer) for writer in WRITERS} for _ in range(ROUNDS_OF_FEW + 2)]
    runs = {writer: [one[writer] for one in rounds[2:]] for writer in WRITERS}
    return f"| {features:,} {shape} | {_compared(runs, per_second=1000, digits=0)} |"


def _compared(runs: dict[str, list[Run]], *, per_second: int, digits: int) -> str:
    """Cells of a table: the clock of each writer, and both ratios of their medians."""
    cells = []
    for writer in WRITERS:
        seconds = [run.seconds * per_second for run in runs[writer]]
        middle, least, most = (
            f"{seen:.{digits}f}" for seen in (statistics.median(seconds), min(seconds), max(seconds))
        )
        cells.append(f"{middle} ({least} to {most})")
    for measured in ("seconds", "processor_seconds"):
        ours, theirs = (statistics.median(getattr(run, measured) for run in runs[writer]) for writer in WRITERS)
        cells.append(f"{theirs / ours:.1f}")
    return " | ".join(cells)


def _given(features: int, shape: str, writer: str) -> gpd.GeoDataFrame:
    """What the writer starts from: shapes of the National Grid, or for pyogrio shapes in degrees."""
    frame = _frame(features, shape)
    if writer == "hotspots":
        return frame
    ids = tuple(frame["event_id"])
    blocks = [slice(start, start + 20_000) for start in range(0, features, 20_000)]
    shapes = np.asarray(frame.geometry.array, dtype=object)
    degrees = np.concatenate([geojson.degrees(shapes[rows], ids=ids[rows]) for rows in blocks])
    return gpd.GeoDataFrame(frame.drop(columns="geometry"), geometry=degrees, crs="EPSG:4326")


def _run(given: gpd.GeoDataFrame, writer: str) -> Run:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "out.geojson"
        before, begun, processors = _peak_mb(), time.perf_counter(), time.process_time()
        if writer == "pyogrio":
            pyogrio.write_dataframe(given, path, driver="GeoJSON")
        else:
            export_layer(Layer(_META, features=given), path, audience="restricted")
        seconds, of_processors = time.perf_counter() - begun, time.process_time() - processors
        return Run(seconds, of_processors, _peak_mb() - before, path.stat().st_size / 1e6)


def _frame(features: int, shape: str) -> gpd.GeoDataFrame:
    """Invented records about Cambridge: five columns, and a point or a cell of 50 m each."""
    chance = np.random.default_rng(7)
    easting, northing = chance.uniform(530_000, 560_000, features), chance.uniform(240_000, 270_000, features)
    columns: dict[str, Any] = {
        "event_id": [f"e{number:07d}" for number in range(features)],
        "date": pd.Timestamp("2016-04-01") + pd.to_timedelta(chance.integers(0, 1095, features), unit="D"),
        "category": pd.Categorical.from_codes(chance.integers(0, 3, features), ["drugs", "violence", "other theft"]),
        "quantity": pd.array(chance.integers(0, 90, features), dtype="Int64"),
        "uncertainty_m": chance.random(features).round(3),
    }
    west, south = np.floor(easting / 50) * 50, np.floor(northing / 50) * 50
    cells = shape == "cells"
    geometry = shapely.box(west, south, west + 50, south + 50) if cells else shapely.points(easting, northing)
    return gpd.GeoDataFrame(columns, geometry=geometry, crs="EPSG:27700")


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
