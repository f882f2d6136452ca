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
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from scipy.optimize import linprog
from scipy.sparse import csr_array, hstack, vstack
from scipy.sparse.csgraph import connected_components

from hotspots.export import export_layer
from hotspots.snapshot import Build
from hotspots.views import Selection, Viewer, choices, named_layer, ranked, sentence, view

ROOT = Path(__file__).resolve().parents[2]
THRESHOLD = 5
ROLES = {"public": "public", "partner": "officer", "restricted": "analyst"}
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
    at_least: dict[Cell, int] = field(default_factory=dict)

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


YEAR = "2017/18"
LATTICE_M = 50.0  # events are looked for on the points of a lattice


@dataclass(frozen=True, eq=False)
class Surface:
    """
    A density taken apart: it is a sum of known kernels.

    What the file says: cells with their centres, the bandwidth, and what every number is a multiple of.
    """

    path: Path

    @cached_property
    def cells(self) -> tuple[np.ndarray, np.ndarray]:
        with rasterio.open(self.path) as file:
            values = file.read(1, masked=True).astype(float)
            rows, columns = np.nonzero(~np.ma.getmaskarray(values))
            east, north = file.xy(rows, columns)
        return np.column_stack([east, north]), values.compressed()

    @cached_property
    def bandwidth_m(self) -> float:
        with rasterio.open(self.path) as file:
            assert "quartic" in file.tags()["method"]
            return float(file.tags()["bandwidth_m"])

    @cached_property
    def step(self) -> float:
        """Read off the numbers themselves: the largest one that every number is a whole multiple of."""
        values = np.unique(self.cells[1])
        step = float(np.diff(values).min())
        return step if np.allclose(values / step, np.round(values / step), atol=1e-3) else 0.0

    def events_in(self, area: shapely.Geometry) -> tuple[float, float]:
        """The fewest and the most events in an area that agree with the cells about it."""
        reach = self.bandwidth_m
        west, south, east, north = area.bounds
        centres, values = self.cells
        near = shapely.intersects_xy(shapely.box(west - reach, south - reach, east + reach, north + reach), *centres.T)
        if not near.any():
            return 0.0, math.inf
        ranges = (np.arange(west - 2 * reach, east + 2 * reach, LATTICE_M),
                  np.arange(south - 2 * reach, north + 2 * reach, LATTICE_M))  # fmt: skip
        places = np.stack(np.meshgrid(*ranges), axis=-1).reshape(-1, 2)
        kernel, slack = self._kernels(centres[near], places), csr_array(np.ones((near.sum(), 1)))
        half = self.step / 2
        within = {
            "A_ub": vstack([hstack([kernel, -slack]), hstack([-kernel, -slack])]).tocsr(),
            "b_ub": np.concatenate([values[near] + half, half - values[near]]),
            "method": "highs-ipm",
        }
        last = np.append(np.zeros(len(places)), 1.0)
        # Events lie between the points of the lattice: the smallest misfit that any set of them has is allowed.
        misfit = linprog(last, bounds=(0, None), **within).fun * 1.02 + 1e-6
        bounds = [*[(0, None)] * len(places), (misfit, misfit)]
        inside = np.append(shapely.intersects_xy(area, *places.T).astype(float), 0.0)
        ends = [linprog(sign * inside, bounds=bounds, **within) for sign in (1.0, -1.0)]
        return float(ends[0].fun), float(-ends[1].fun) if ends[1].status == 0 else math.inf

    def _kernels(self, centres: np.ndarray, places: np.ndarray) -> csr_array:
        """Events per km² that an event at each place adds to each cell: the quartic kernel of the literature."""
        squared = ((centres[:, None, :] - places[None, :, :]) ** 2).sum(axis=-1) / self.bandwidth_m**2
        return csr_array(3 / np.pi * np.clip(1 - squared, 0, None) ** 2 / (self.bandwidth_m / 1000) ** 2)


def exported_density(build: Build, audience: str, folder: Path) -> Surface:
    layer = view(build, Selection("instances", when=YEAR, how="density"), Viewer(ROLES[audience]))  # type: ignore[arg-type]
    export_layer(layer, folder / "density.tif", audience=audience)  # type: ignore[arg-type]
    return Surface(folder / "density.tif")


def hidden_areas(build: Build, audience: str, folder: Path) -> Iterator[tuple[str, shapely.Geometry]]:
    """The LSOAs whose finds of the year are hidden, by the exported table, and their shapes."""
    layer = named_layer(build, "needle-finds-by-lsoa", Viewer(ROLES[audience]))  # type: ignore[arg-type]
    export_layer(layer, folder / "finds.csv", audience=audience)  # type: ignore[arg-type]
    areas = build.areas("lsoa")
    assert areas is not None
    shapes = dict(zip(areas.table["code"], areas.table["geometry"], strict=True))
    with (folder / "finds-long.csv").open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            if (row["period"], row["measure"], row["status"]) == (YEAR, "instances", "suppressed"):
                yield row["area_code"], shapes[row["area_code"]]


def points_in(build: Build, shape: shapely.Geometry) -> int:
    finds = build.features("needle-finds")
    own = finds[(finds["date"].astype(str) >= "2017-04-01") & (finds["date"].astype(str) <= "2018-03-31")]
    return int(shapely.intersects(shape, own.geometry.to_numpy()).sum())


def test_the_attack_finds_the_hidden_counts_in_the_exact_density(example_build: Build, tmp_path: Path) -> None:
    exact = exported_density(example_build, "restricted", tmp_path)
    assert exact.step == 0.0
    chosen = list(hidden_areas(example_build, "partner", tmp_path))[8:12]
    for code, shape in chosen:
        fewest, most = exact.events_in(shape)
        assert most - fewest < 1.5, code
        assert fewest - 1 < points_in(example_build, shape) < most + 1, code


@pytest.mark.parametrize("audience", ["public", "partner"])
def test_fault_142_a_published_density_gives_no_hidden_count_away(
    audience: str, example_build: Build, tmp_path: Path
) -> None:
    published = exported_density(example_build, audience, tmp_path)
    assert published.step == 110.0  # twice five events at the middle of a kernel of 300 m
    areas = list(hidden_areas(example_build, audience, tmp_path))
    assert len(areas) > 25
    told = {}
    for code, shape in areas:
        fewest, most = published.events_in(shape)
        assert most - fewest >= THRESHOLD, code
        told["needle-finds-by-lsoa", code, YEAR, "instances"] = math.ceil(fewest - 0.5)
    # Clearances are counted and not on the density, so a count is at least what the density shows.
    attack = Attack(exported(example_build, audience, tmp_path), printed_totals(example_build, audience), at_least=told)
    narrow = {cell: ends for cell, ends in attack.intervals().items() if ends[1] - ends[0] + 1 < THRESHOLD}
    assert narrow == {}
