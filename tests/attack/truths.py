"""A second truth: the same build with other hidden numbers, and without the rows that nobody but analysts may read.

It is another solution of everything that is published: hidden counts of any size that still add up.
"""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, milp

from hotspots.disclosure.system import PublishedCube, System, published_system
from hotspots.pipeline.earlier import rules_of
from hotspots.snapshot import Build, open_build
from hotspots.views import Viewer, choices

SOURCES = [["needle-finds-by-ward", "needle-finds-by-lsoa"], ["callouts-by-lsoa"]]
ROWS = [  # single rows of sources that are not open, and what is counted from them by position
    "tables/needle_finds",
    "tables/callouts",
    "tables/premises",
    "tables/incidents",
    "tables/ward_mismatches",
    "layers/needle-finds",
]
GUARDED = [layer for layers in SOURCES for layer in layers]


def another_truth(build: Build) -> Build:
    """The same build with other hidden numbers in its cubes; nothing is written."""
    other = open_build(build.folder.parent)
    for layers in SOURCES:
        policy = build.meta(layers[0]).policy
        cubes = [_published(build, layer) for layer in layers]
        parents = build.table("lsoa_wards").set_index("area_code")["ward_code"]
        rules = rules_of(build.settings.disclosure, policy)
        system = published_system(cubes, rules, parents=parents, groups={}, totals_printed=policy != "health")
        numbers = _other_numbers(system, _hidden(build, system))
        for layer in layers:
            other._frames[f"layers/{layer}.parquet"] = _with_numbers(build.cube(layer), layer, system, numbers)
    for name in ROWS:
        rows = other.features(name[7:]) if name.startswith("layers/") else other.table(name[7:])
        other._frames[f"features/{name[7:]}" if name.startswith("layers/") else f"{name}.parquet"] = rows.iloc[:0]
    centre = other.table("centre_counts")
    other._frames["tables/centre_counts.parquet"] = centre[~centre["measure"].isin(["instances", "volume"])]
    return other


def _published(build: Build, layer: str) -> PublishedCube:
    record = build.manifest["cubes"][layer]
    held = choices(build, Viewer("analyst"))
    return PublishedCube(layer, record["kind"], build.cube(layer), [held.period(label) for label in record["periods"]])


def _hidden(build: Build, system: System) -> np.ndarray:
    masks = build.table("masks").query("audience == 'partner' and state != 'shown'")
    keys = ["layer", "area_code", "period"]
    return pd.MultiIndex.from_frame(system.cells).isin(pd.MultiIndex.from_frame(masks[keys]))


def _other_numbers(system: System, hidden: np.ndarray) -> np.ndarray:
    """Whole numbers that agree with all that is shown and with every sum, those not known pushed up and down."""
    away = np.tile(hidden, (len(system.values), 1)) & ~np.isnan(system.values)
    true = np.nan_to_num(system.values)
    low, high = np.where(away, 1.0, system.shown_low), np.where(away, true + 40.0, system.shown_high)
    # Of a rounded number that is shown, too, nobody may see which one it is: not by a rank, nor by an order.
    push = np.where(low < high, np.random.default_rng(5).choice([-1.0, 1.0], size=true.shape), 0.0)
    found = milp(
        push.ravel(),
        integrality=np.ones(true.size),
        bounds=Bounds(low.ravel(), high.ravel()),
        constraints=LinearConstraint(system.matrix, system.row_low, system.row_high),
        options={"mip_rel_gap": 0.05},
    )
    return np.where(np.isnan(system.values), np.nan, np.round(found.x).reshape(true.shape))


def _with_numbers(cube: pd.DataFrame, layer: str, system: System, numbers: np.ndarray) -> pd.DataFrame:
    """The rows of a layer with the numbers of its cells in place of its own; quarters and categories stay."""
    changed = cube.set_index(["area_code", "period", "measure", "category"]).copy()
    own = (system.cells["layer"] == layer).to_numpy()
    cells = system.cells[own]
    family = 0
    for measure in cube["measure"].unique():
        ends = (
            1
            if cube.loc[cube["measure"] == measure, "lower"].equals(cube.loc[cube["measure"] == measure, "upper"])
            else 2
        )
        keys = pd.MultiIndex.from_arrays(
            [cells["area_code"], cells["period"], [measure] * len(cells), ["all"] * len(cells)]
        )
        lower, upper = numbers[family, own], numbers[family + ends - 1, own]
        changed.loc[keys, "lower"], changed.loc[keys, "upper"] = lower, upper
        changed.loc[keys, "value"] = np.where(lower == upper, lower, np.nan)
        changed.loc[keys, "events"] = numbers[0, own]
        family += ends
    return changed.reset_index()[list(cube.columns)]


def contents(content: bytes, suffix: str, folder: Path) -> Any:
    """The bytes; of a GeoPackage, every row of every table with its style, description and index."""
    if suffix != ".gpkg":
        return content
    (folder / "opened.gpkg").write_bytes(content)
    with closing(sqlite3.connect(folder / "opened.gpkg")) as database:
        names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: database.execute(f'SELECT * FROM "{name}"').fetchall() for name in sorted(names)}
