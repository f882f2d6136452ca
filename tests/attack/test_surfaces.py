"""A published density gives no hidden count away: of one year, of all years and the places on them together.

The attack is in ``surfaces.py``. Before cells that round to nought were hidden, the line between four events and five
within the bandwidth was printed, to one cell: it told that a small area had at least five finds in 2017/18, which it
has (six, hidden to guard others), and at most nine of them with a position.
"""

import csv
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import shapely
from attacker import ROLES, THRESHOLD, Attack, broken, exported, printed_totals
from surfaces import HOT_M, Attacked, Place, Surface, kernels

from hotspots.export import export_layer
from hotspots.snapshot import Build
from hotspots.views import Selection, Viewer, named_layer, view

PRIOR = 0.77 * 1159 / 790  # of the method of the places to target: worth of the density, for each of all events
YEAR, YEARS, RUN = "2017/18", ["2016/17", "2017/18", "2018/19"], "2016/17 to 2018/19"


def exported_density(build: Build, audience: str, folder: Path, period: str = YEAR) -> Surface:
    layer = view(build, Selection("instances", when=period, how="density"), Viewer(ROLES[audience]))  # type: ignore[arg-type]
    path = folder / f"{audience}-{period.replace('/', '-')}.tif"
    export_layer(layer, path, audience=audience)  # type: ignore[arg-type]
    return Surface(path)


def shapes_of(build: Build) -> dict[str, shapely.Geometry]:
    areas = build.areas("lsoa")
    assert areas is not None
    return dict(zip(areas.table["code"], areas.table["geometry"], strict=True))


def hidden_areas(build: Build, audience: str, folder: Path, period: str = YEAR) -> Iterator[str]:
    """The LSOAs whose finds of a period are hidden, by the exported table."""
    layer = named_layer(build, "needle-finds-by-lsoa", Viewer(ROLES[audience]))  # type: ignore[arg-type]
    export_layer(layer, folder / "finds.csv", audience=audience)  # type: ignore[arg-type]
    with (folder / "finds-long.csv").open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            if (row["period"], row["measure"], row["status"]) == (period, "instances", "suppressed"):
                yield row["area_code"]


def attacked(build: Build, surfaces: dict[str, Surface], **more: object) -> Attacked:
    return Attacked(surfaces, shapely.union_all(list(shapes_of(build).values())), **more)  # type: ignore[arg-type]


def points_in(build: Build, shape: shapely.Geometry, period: str = YEAR) -> int:
    finds = build.features("needle-finds")
    days, (first, last) = finds["date"].astype(str), build.manifest["periods"][period]
    return int(shapely.intersects(shape, finds[(days >= first) & (days <= last)].geometry.to_numpy()).sum())


def places_of(build: Build, layer: str) -> list[Place]:
    """The places of a layer as a partner has them, by rank."""
    found = named_layer(build, layer, Viewer("group")).features
    assert found is not None
    return [
        Place(row.geometry, (row.easting, row.northing), not math.isnan(row.core_of_ha))
        for row in found.sort_values("rank").itertuples()
    ]


def everything(build: Build, folder: Path, *, thinned: int = 2) -> Attacked:
    """All periods as partners download them, hotspots and targets by rank, and what areas hold at most."""
    surfaces = {period: exported_density(build, "partner", folder, period) for period in [*YEARS, RUN]}
    hotspots, targets = (places_of(build, layer) for layer in ("needle-hotspots", "needle-targets"))
    finds = build.features("needle-finds").geometry
    centres = surfaces[RUN].grid[0]
    density = kernels(centres, np.column_stack([finds.x, finds.y]), HOT_M).sum(axis=1)
    listed = shapely.intersects_xy(shapely.union_all([place.shape for place in hotspots]), *centres.T)
    level = density[listed].min()
    shapes, most = shapes_of(build), dict[str, list[tuple[shapely.Geometry, float]]]()
    for (layer, code, period, measure), number in exported(build, "partner", folder).items():
        if (layer, measure) == ("needle-finds-by-lsoa", "instances") and number is not None:
            most.setdefault(period, []).append((shapes[code], number))
    told = {"hotspots": hotspots, "hot": density >= level, "level": level, "targets": targets, "prior": PRIOR}
    return attacked(build, surfaces, whole=RUN, **told, most=most, thinned=thinned)


def test_the_attack_finds_the_hidden_counts_in_the_exact_density(example_build: Build, tmp_path: Path) -> None:
    exact = exported_density(example_build, "restricted", tmp_path)
    assert exact.step == 0.0
    shapes = shapes_of(example_build)
    for code in list(hidden_areas(example_build, "partner", tmp_path))[8:12]:
        fewest, most = attacked(example_build, {YEAR: exact}).events_in(shapes[code])[YEAR]
        assert most - fewest < 1.5, code
        assert fewest - 1 < points_in(example_build, shapes[code]) < most + 1, code


def test_fault_142_a_published_density_gives_no_hidden_count_away(example_build: Build, tmp_path: Path) -> None:
    published = exported_density(example_build, "partner", tmp_path)
    for_all = exported_density(example_build, "public", tmp_path)
    assert np.array_equal(published.grid[1], for_all.grid[1], equal_nan=True)
    assert published.step == 110.0  # twice five events at the middle of a kernel of 300 m
    areas, shapes, told = list(hidden_areas(example_build, "partner", tmp_path)), shapes_of(example_build), {}
    assert len(areas) > 25
    attack = attacked(example_build, {YEAR: published})
    for code in areas:
        fewest, most = attack.events_in(shapes[code])[YEAR]
        assert most - fewest >= THRESHOLD, code
        told["needle-finds-by-lsoa", code, YEAR, "instances"] = math.ceil(fewest - 0.5)
    # Clearances are counted and not on the density, so a count is at least what the density shows.
    attack = Attack(
        exported(example_build, "partner", tmp_path), printed_totals(example_build, "partner"), at_least=told
    )
    assert broken(example_build, attack.intervals()) == {}


@pytest.fixture(scope="module")
def all_together(example_build: Build, tmp_path_factory: pytest.TempPathFactory) -> Attacked:
    return everything(example_build, tmp_path_factory.mktemp("surfaces"))


@pytest.mark.parametrize("code", ["E01017946", "E01017966"])
def test_all_years_with_outlines_peaks_and_ranks_of_hotspots_and_targets_give_no_more_away(
    code: str, example_build: Build, all_together: Attacked
) -> None:
    shape, attack = shapes_of(example_build)[code], all_together
    hidden = [year for year in YEARS if not any(place.equals(shape) for place, _ in attack.most[year])]
    assert len(hidden) > 1
    found = attack.events_in(shape)
    for period in hidden:
        fewest, most = found[period]
        assert fewest - 0.5 < points_in(example_build, shape, period) < most + 0.5
        assert most - fewest >= THRESHOLD
        assert fewest < 1  # nobody can tell that it is no small one


def test_what_is_hidden_of_a_density_is_what_rounds_to_nought(example_build: Build, tmp_path: Path) -> None:
    for period in [*YEARS, RUN]:
        exact, told = (
            exported_density(example_build, audience, tmp_path, period) for audience in ("restricted", "public")
        )
        assert np.array_equal(np.isfinite(told.grid[1]), np.floor(np.nan_to_num(exact.grid[1]) / told.step + 0.5) > 0)
