"""A million features to GeoJSON beside pyogrio: ``python -m benchmarks geojson [FEATURES]`` writes GEOJSON.md.

Every run has a process of its own, and the writers take turns, so that a busy machine slows both. Ours starts from
National Grid shapes and ends with a file that was converted by OSTN15, written, reopened and compared; pyogrio's starts
from shapes that are in degrees already, and ends with the file.
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
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from hotspots.export import export_layer, geojson
from hotspots.layer import Layer, LayerMeta

RESULTS = Path(__file__).parent / "GEOJSON.md"
ROUNDS = 2
_META = LayerMeta(
    *("finds", "Invented finds", "instances", "finds", "2016/17 to 2018/19", "invented", "invented"),
    *("open", "OFFICIAL", True, True),
)


def main() -> None:
    features = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
    if len(sys.argv) > 4:
        _one_run(features, sys.argv[3], sys.argv[4])
        return
    rows = [_row(shape, features) for shape in ("points", "cells")]
    lines = [
        "# GeoJSON",
        "",
        f"Remade by `python -m benchmarks geojson {features}`: {ROUNDS} rounds, the writers in turns, each in a",
        "process of its own. Seconds from a table in memory to the file: median (least to most). `hotspots` converts",
        "by OSTN15, checks validity, writes, reopens and compares; pyogrio was given degrees and writes.",
        "Memory: how much the highest resident memory rose while writing.",
        "",
        f"Machine: {platform.machine()}, {os.cpu_count()} processors, {platform.system()}, Python "
        f"{platform.python_version()}, pyogrio {pyogrio.__version__} (GDAL {pyogrio.__gdal_version_string__}).",
        "",
        "| features | hotspots | pyogrio | ratio | hotspots, MB more | pyogrio, MB more | file, MB (ours, theirs) |",
        "|---|---|---|---|---|---|---|",
        *rows,
    ]
    RESULTS.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(RESULTS.read_text(encoding="utf-8"))


def _row(shape: str, features: int) -> str:
    found: dict[str, list[list[float]]] = {"hotspots": [], "pyogrio": []}
    for _ in range(ROUNDS):
        for writer, runs in found.items():
            command = [sys.executable, "-m", "benchmarks", "geojson", str(features), shape, writer]
            told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            runs.append([float(number) for number in told.split()])
    seconds = {writer: [run[0] for run in runs] for writer, runs in found.items()}
    ours, theirs = (statistics.median(seconds[writer]) for writer in found)
    spread = [f"{statistics.median(times):.1f} ({min(times):.1f} to {max(times):.1f})" for times in seconds.values()]
    more = [f"{max(run[1] for run in runs):,.0f}" for runs in found.values()]
    size = ", ".join(f"{runs[0][2]:,.0f}" for runs in found.values())
    return f"| {features:,} {shape} | {' | '.join(spread)} | {theirs / ours:.1f} | {' | '.join(more)} | {size} |"


def _one_run(features: int, shape: str, writer: str) -> None:
    frame = _frame(features, shape)
    if writer == "pyogrio":
        ids = tuple(frame["event_id"])
        blocks = [slice(start, start + 20_000) for start in range(0, features, 20_000)]
        shapes = np.asarray(frame.geometry.array, dtype=object)
        degrees = np.concatenate([geojson.degrees(shapes[rows], ids=ids[rows]) for rows in blocks])
        frame = gpd.GeoDataFrame(frame.drop(columns="geometry"), geometry=degrees, crs="EPSG:4326")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "out.geojson"
        before, begun = _peak_mb(), time.perf_counter()
        if writer == "pyogrio":
            pyogrio.write_dataframe(frame, path, driver="GeoJSON")
        else:
            export_layer(Layer(_META, features=frame), path, audience="restricted")
        seconds = time.perf_counter() - begun
        print(seconds, _peak_mb() - before, path.stat().st_size / 1e6)


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
