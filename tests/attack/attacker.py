"""The attacker: reads what an audience is given and works out what each hidden number can be.

Nothing here uses the code of the audit: the attacker reads files, knows that years add up to runs of years, LSOAs to
wards and areas to the printed total, and knows the rounding; the smallest and largest a hidden number can be come from
linear programmes of its own.
"""

import csv
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from hotspots.export import export_layer
from hotspots.snapshot import Build
from hotspots.views import Selection, Viewer, choices, named_layer, sentence, view

ROOT = Path(__file__).resolve().parents[2]
THRESHOLD = 5
ROLES = {"public": "public", "partner": "officer", "restricted": "analyst"}
GUARDED = ["needle-finds-by-ward", "needle-finds-by-lsoa", "callouts-by-lsoa"]
Cell = tuple[str, str, str, str]
PIECE = "piece"  # layer of what is no cell of a table: it may be nought, and nobody asks for it


def exported(build: Build, audience: str, folder: Path) -> dict[Cell, float | None]:
    """Every number by layer, area, period and measure as the long CSV has it; None where it is hidden."""
    found: dict[Cell, float | None] = {}
    for layer_id in GUARDED:
        layer = named_layer(build, layer_id, Viewer(ROLES[audience]))  # type: ignore[arg-type]
        export_layer(layer, folder / f"{layer_id}.csv", audience=audience)  # type: ignore[arg-type]
        with (folder / f"{layer_id}-long.csv").open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                assert row["category"] == "all"
                hidden = row["status"] == "suppressed"
                assert (row["value"] == row["lower"] == row["upper"] == "") == hidden
                found[layer_id, row["area_code"], row["period"], row["measure"]] = (
                    None if hidden else float(row["value"])
                )
    return found


def printed_totals(build: Build, audience: str) -> dict[tuple[str, str], float]:
    """City totals by measure and period, read out of the sentences."""
    viewer = Viewer(ROLES[audience])  # type: ignore[arg-type]
    held, totals = choices(build, viewer), {}
    for what in ("instances", "volume", "callouts"):
        for how in held.hows(what):
            if how not in {"ward", "lsoa"}:
                continue
            for when in held.whens(what, how):
                selection = Selection(what, when=when, how=how)  # type: ignore[arg-type]
                match = re.search(r": ([\d,]+) \w+ in all[;,]", sentence(view(build, selection, viewer), selection))
                if match:
                    totals[what, when] = float(match[1].replace(",", ""))
    return totals


@dataclass
class Attack:
    numbers: dict[Cell, float | None]
    totals: dict[tuple[str, str], float]
    rows: list[tuple[dict[Cell, float], float]] = field(default_factory=list)
    at_least: dict[Cell, int] = field(default_factory=dict)
    at_most: list[tuple[dict[Cell, float], float]] = field(default_factory=list)  # sums that are no more than a number

    def __post_init__(self) -> None:
        with (ROOT / "boundaries/lookups/lsoa-2011-to-ward-2013.csv").open(encoding="utf-8") as file:
            wards = {row["area_code"]: row["parent_code"] for row in csv.DictReader(file)}
        by_area: dict[tuple[str, str, str], list[str]] = {}
        by_period: dict[tuple[str, str, str], list[str]] = {}
        for layer, area, period, measure in self.counts:
            by_area.setdefault((layer, area, measure), []).append(period)
            by_period.setdefault((layer, period, measure), []).append(area)
        for (layer, area, measure), periods in by_area.items():
            for run in (period for period in periods if " to " in period):
                first, last = run.split(" to ")
                years = [period for period in periods if " to " not in period and first <= period <= last]
                row = {(layer, area, year, measure): 1.0 for year in years}
                self.rows.append((row | {(layer, area, run, measure): -1.0}, 0.0))
        for (layer, period, measure), areas in by_period.items():
            if (measure, period) in self.totals:
                row = {(layer, area, period, measure): 1.0 for area in areas}
                self.rows.append((row, self.totals[measure, period]))
            if layer.endswith("by-ward"):
                for ward in areas:
                    parts = [code for code, parent in wards.items() if parent == ward]
                    row = {(layer.replace("ward", "lsoa"), code, period, measure): 1.0 for code in parts}
                    self.rows.append((row | {(layer, ward, period, measure): -1.0}, 0.0))

    @property
    def counts(self) -> Iterator[Cell]:
        return (cell for cell in self.numbers if not cell[3].endswith("_per_year"))

    def known(self, cell: Cell) -> tuple[float, float]:
        """What is known of one number by itself: zeros are shown, so a hidden one is at least 1."""
        number = self.numbers[cell]
        if cell[0] == PIECE:
            return (0.0, math.inf)
        if number is None:
            return (max(1.0, self.at_least.get(cell, 1)), math.inf)
        if cell[3] != "callouts":
            return (number, number)
        return (max(number - 2, THRESHOLD), number + 2) if number else (0.0, 0.0)

    def intervals(self) -> dict[Cell, tuple[float, float]]:
        cells = list(self.counts)
        place = {cell: number for number, cell in enumerate(cells)}
        equal = np.zeros((len(self.rows), len(cells)))
        for number, (row, _) in enumerate(self.rows):
            for cell, factor in row.items():
                equal[number, place[cell]] = factor
        right = np.array([value for _, value in self.rows])
        bounds = np.array([self.known(cell) for cell in cells])
        finds = [cell for cell in cells if cell[3] == "volume"]
        # Every find is of at least one needle; and whatever else is known to be no more than a number.
        least = [({(*cell[:3], "instances"): 1.0, cell: -1.0}, 0.0) for cell in finds] + self.at_most
        more, most = np.zeros((len(least), len(cells))), np.array([value for _, value in least])
        for number, (row, _) in enumerate(least):
            for cell, factor in row.items():
                more[number, place[cell]] = factor
        free = bounds[:, 0] < bounds[:, 1]
        fixed = np.where(free, 0.0, bounds[:, 0])
        found = {}
        for own in self.groups(np.concatenate([equal, more]), free):
            use, less = (equal[:, own] != 0).any(axis=1), (more[:, own] != 0).any(axis=1)
            programme = {
                "A_eq": csr_array(equal[use][:, own]) if use.any() else None,
                "b_eq": (right - equal @ fixed)[use] if use.any() else None,
                "A_ub": csr_array(more[less][:, own]) if less.any() else None,
                "b_ub": (most - more @ fixed)[less] if less.any() else None,
                "bounds": bounds[own],
            }
            for number, unknown in enumerate(own):
                if self.numbers[cells[unknown]] is None and cells[unknown][0] != PIECE:
                    found[cells[unknown]] = ends(programme, number, len(own))
        return found

    def groups(self, rows: np.ndarray, free: np.ndarray) -> list[list[int]]:
        """The free unknowns that hang together: no row ties one group to another."""
        tied = (rows[:, free] != 0).astype(float)
        _, labels = connected_components(tied.T @ tied, directed=False)
        places = np.flatnonzero(free)
        return [places[labels == label].tolist() for label in range(labels.max() + 1)]


def ends(programme: dict[str, object], place: int, size: int) -> tuple[float, float]:
    """The smallest and the largest whole number at a place."""
    found = []
    for sign in (1.0, -1.0):
        done = linprog(sign * (np.arange(size) == place), **programme)
        found.append(sign * done.fun if done.status == 0 else math.inf)
    return (math.ceil(found[0] - 1e-6), math.floor(found[1] + 1e-6) if math.isfinite(found[1]) else math.inf)


def broken(build: Build, intervals: dict[Cell, tuple[float, float]]) -> dict[Cell, tuple[float, float]]:
    """The intervals that tell more than is promised: too narrow, or a small count known to be small."""
    found = {}
    for cell, (low, high) in intervals.items():
        truth = true_value(build, cell)
        assert low <= truth <= high, cell
        if high - low + 1 < THRESHOLD or (cell[3] != "volume" and truth < THRESHOLD and high < THRESHOLD):
            found[cell] = (low, high)
    return found


def true_value(build: Build, cell: Cell) -> float:
    layer, area, period, measure = cell
    if layer not in build.memo:
        keys = ["area_code", "period", "measure", "category"]
        build.memo[layer] = build.cube(layer).set_index(keys)["value"].to_dict()
    return float(build.memo[layer][area, period, measure, "all"])
