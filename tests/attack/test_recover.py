"""An attacker with every exported file, sentence and printed total of an audience recovers no hidden cell.

Nothing here uses the code of the audit: the attacker reads files, knows that years add up to runs of years, LSOAs to
wards and areas to the printed total, and knows the rounding; the smallest and largest a hidden number can be come from
linear programmes of its own.
"""

import csv
import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog
from scipy.sparse.csgraph import connected_components

from hotspots.export import export_layer
from hotspots.snapshot import Build
from hotspots.views import Selection, Viewer, choices, named_layer, ranked, sentence, view

ROOT = Path(__file__).resolve().parents[2]
THRESHOLD = 5
ROLES = {"public": "public", "partner": "officer"}
GUARDED = ["needle-finds-by-ward", "needle-finds-by-lsoa", "callouts-by-lsoa"]
Cell = tuple[str, str, str, str]


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
                match = re.search(r": ([\d,]+) \w+ in all;", sentence(view(build, selection, viewer), selection))
                if match:
                    totals[what, when] = float(match[1].replace(",", ""))
    return totals


@dataclass
class Attack:
    numbers: dict[Cell, float | None]
    totals: dict[tuple[str, str], float]
    rows: list[tuple[dict[Cell, float], float]] = field(default_factory=list)

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
        if number is None:
            return (1.0, math.inf)
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
        more = np.zeros((len(finds), len(cells)))  # every find is of at least one needle
        for number, cell in enumerate(finds):
            more[number, place[*cell[:3], "instances"]], more[number, place[cell]] = 1.0, -1.0
        free = bounds[:, 0] < bounds[:, 1]
        fixed = np.where(free, 0.0, bounds[:, 0])
        found = {}
        for own in self.groups(np.concatenate([equal, more]), free):
            use, less = (equal[:, own] != 0).any(axis=1), (more[:, own] != 0).any(axis=1)
            programme = {
                "A_eq": equal[use][:, own] if use.any() else None,
                "b_eq": (right - equal @ fixed)[use] if use.any() else None,
                "A_ub": more[less][:, own] if less.any() else None,
                "b_ub": -(more @ fixed)[less] if less.any() else None,
                "bounds": bounds[own],
            }
            for number, unknown in enumerate(own):
                if self.numbers[cells[unknown]] is None:
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


@pytest.mark.parametrize("audience", ["public", "partner"])
def test_every_hidden_number_of_the_example_may_still_be_five_different_ones(
    audience: str, example_build: Build, tmp_path: Path
) -> None:
    attack = Attack(exported(example_build, audience, tmp_path), printed_totals(example_build, audience))
    assert attack.totals["instances", "2016/17"] == 172
    intervals = attack.intervals()
    assert len(intervals) > 400
    narrow = {cell: ends for cell, ends in intervals.items() if ends[1] - ends[0] + 1 < THRESHOLD}
    assert narrow == {}
    for cell, (low, high) in intervals.items():
        truth = true_value(example_build, cell)
        assert low <= truth <= high
        if cell[3] != "volume" and truth < THRESHOLD:
            assert high >= THRESHOLD, cell


def true_value(build: Build, cell: Cell) -> float:
    layer, area, period, measure = cell
    if layer not in build.memo:
        keys = ["area_code", "period", "measure", "category"]
        build.memo[layer] = build.cube(layer).set_index(keys)["value"].to_dict()
    return float(build.memo[layer][area, period, measure, "all"])


@pytest.mark.parametrize("audience", ["public", "partner"])
def test_the_table_seven_totals_still_print_172_304_and_328(audience: str, example_build: Build) -> None:
    totals = printed_totals(example_build, audience)
    assert [totals["instances", year] for year in ("2016/17", "2017/18", "2018/19")] == [172, 304, 328]
    assert [totals["volume", year] for year in ("2016/17", "2017/18", "2018/19")] == [6842, 10324, 3579]
    assert not any(what == "callouts" for what, _ in totals)


@pytest.mark.parametrize("audience", ["public", "partner"])
def test_no_file_holds_a_number_that_another_of_the_same_layer_hides(
    audience: str, example_build: Build, tmp_path: Path
) -> None:
    numbers = exported(example_build, audience, tmp_path)
    viewer = Viewer(ROLES[audience])  # type: ignore[arg-type]
    for layer_id in GUARDED:
        path = tmp_path / f"{layer_id}.geojson"
        export_layer(named_layer(example_build, layer_id, viewer), path, audience=audience)  # type: ignore[arg-type]
        with (tmp_path / f"{layer_id}.csv").open(encoding="utf-8-sig", newline="") as file:
            wide = {row["area_code"]: row for row in csv.DictReader(file)}
        features = json.loads(path.read_text(encoding="utf-8"))["features"]
        properties = {feature["properties"]["area_code"]: feature["properties"] for feature in features}
        hidden = [cell for cell, number in numbers.items() if number is None and cell[0] == layer_id]
        assert hidden
        for _, area, period, measure in hidden:
            column = "_".join((measure, re.sub(r"[^a-z0-9]+", "_", period.lower())))
            for name in (column, f"{column}_lower", f"{column}_upper"):
                assert wide[area][name] == ""
                assert properties[area][name] is None
            assert properties[area][f"{column}_status"] == wide[area][f"{column}_status"] == "suppressed"


@pytest.mark.parametrize("audience", ["public", "partner"])
def test_tables_averages_and_rates_hide_what_the_counts_hide(
    audience: str, example_build: Build, tmp_path: Path
) -> None:
    numbers = exported(example_build, audience, tmp_path)
    viewer = Viewer(ROLES[audience])  # type: ignore[arg-type]
    held = choices(example_build, viewer)
    for what in held.whats():
        base = next((name for name in ("instances", "volume", "callouts") if what.startswith(name)), None)
        for how in held.hows(what) if base else []:
            layer_id = held.cube_of(str(base), how)
            for when in held.whens(what, how) if layer_id else []:
                selection = Selection(what, when=when, how=how)  # type: ignore[arg-type]
                table = ranked(view(example_build, selection, viewer)).set_index("code")
                for code, row in table.iterrows():
                    if numbers[str(layer_id), str(code), when, str(base)] is None:
                        assert row["shown"] in {"suppressed", "no data"}
                        assert pd.isna(row["rank"])
                        assert row[["value", "lower", "upper"]].isna().all()
