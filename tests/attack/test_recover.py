"""An attacker with every exported file, sentence and printed total of an audience recovers no hidden cell.

The attacker himself is in ``attacker.py``.
"""

import csv
import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from attacker import GUARDED, ROLES, THRESHOLD, Attack, broken, exported, printed_totals
from scipy.optimize import linprog
from scipy.sparse import csr_array, hstack, vstack

from hotspots.export import export_layer
from hotspots.snapshot import Build
from hotspots.views import Selection, Viewer, choices, named_layer, ranked, view


@pytest.mark.parametrize("audience", ["public", "partner"])
def test_every_hidden_number_of_the_example_may_still_be_five_different_ones(
    audience: str, example_build: Build, tmp_path: Path
) -> None:
    attack = Attack(exported(example_build, audience, tmp_path), printed_totals(example_build, audience))
    assert attack.totals["instances", "2016/17"] == 172
    intervals = attack.intervals()
    assert len(intervals) > 400
    assert broken(example_build, intervals) == {}


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
    assert broken(example_build, attack.intervals()) == {}
