"""Wards of two times: what both sets print, in one build or in builds after each other, gives no hidden count away.

The attacker cuts the town along every border that is published. Each area is the sum of the pieces that lie in it, year
by year, whatever set it belongs to and whichever build printed it. Before the audit did so too, the wards of this town
gave most of their hidden counts away exactly, whichever way they came.
"""

import csv
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
import shapely
from attacker import ROLES, THRESHOLD, printed_totals
from scipy.optimize import linprog
from shapely.geometry import box

from hotspots.boundaries import add_boundaries
from hotspots.export import export_layer
from hotspots.pipeline import build_area
from hotspots.snapshot import Build
from hotspots.views import Viewer, named_layer

WEST, SOUTH, CELL_M = 250_000, 340_000, 500
YEARS = ["2019/20", "2020/21", "2021/22"]
AREA = """
[area]
name = "Town"
lad = "W06000002"

[boundaries]
{boundaries}

[hotspots]
simulations = 99

[[sources]]
id = "needle-finds"
kind = "needle_finds"
path = "finds.csv"
covers_from = {first}
covers_to = 2022-03-31
absent = "zero"
policy = "controlled"
columns = {{ easting = "easting", northing = "northing", land_type = "land" }}
"""
ONE_SET = 'ward = "ward-{vintage}"'
BY_DATE = """
[[boundaries.ward_sets]]
set = "ward-{old}"
in_force_from = 2004-06-10
in_force_to = 2021-05-05

[[boundaries.ward_sets]]
set = "ward-{new}"
in_force_from = 2021-05-06
"""
LSOAS = 'lsoa = "lsoa-2011"\n'


def block(west: float, south: float, east: float, north: float) -> shapely.Geometry:
    """A rectangle of the town, in cells of half a kilometre."""
    return box(
        *(offset + CELL_M * at for offset, at in zip((WEST, SOUTH) * 2, (west, south, east, north), strict=True))
    )


# The town is 8 by 6 cells. Wards of 2013 are squares; those of 2018 rows; those of 2020 pairs of squares, some of them
# one square under a new code; those of 2022 bands across the rows, through the middle of the second column of squares.
SQUARES = {
    (row, column): block(2 * column, 2 * row, 2 * column + 2, 2 * row + 2) for row in range(3) for column in range(4)
}
PAIRS = {row: [(0, 1), (2, 3)] if row % 2 == 0 else [(0,), (1, 2), (3,)] for row in range(3)}
REDRAWN = [(0, 4, 3, 6), (3, 4, 4, 6), (4, 4, 5, 6), (5, 4, 8, 6)]
SHAPES = {
    "lsoa-2011": {f"W010000{row}{column}": shape for (row, column), shape in SQUARES.items()},
    "lsoa-2021": {
        "W01900000": block(0, 0, 4, 2),  # two merged
        **{f"W0100000{at}": SQUARES[0, at] for at in (2, 3)},  # unchanged
        **{f"W0190010{at}": block(at, 2, at + 1, 4) for at in range(8)},  # split in halves
        **{f"W0190200{at}": block(*ends) for at, ends in enumerate(REDRAWN)},  # two and two redrawn: irregular
    },
    "ward-2013": {f"W050013{row}{column}": shape for (row, column), shape in SQUARES.items()},
    "ward-2018": {f"W0500180{row}": block(0, 2 * row, 8, 2 * row + 2) for row in range(3)},
    "ward-2020": {
        f"W050020{row}{number}": shapely.union_all([SQUARES[row, column] for column in columns])
        for row, pairs in PAIRS.items()
        for number, columns in enumerate(pairs)
    },
    "ward-2022": {
        f"W0500220{number}": block(*ends, 6) for number, ends in enumerate([(0, 0, 3), (3, 0, 6), (6, 0, 8)])
    },
}


@pytest.fixture(scope="module")
def boundaries(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shapes")
    member = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::27700"}}
    for name, shapes in SHAPES.items():
        kind, vintage = name.split("-")
        heading = f"{'LSOA' if kind == 'lsoa' else 'WD'}{vintage[2:]}"
        features = [
            {
                "type": "Feature",
                "properties": {f"{heading}CD": code, f"{heading}NM": f"Area {code}"},
                "geometry": json.loads(shapely.to_geojson(shape)),
            }
            for code, shape in shapes.items()
        ]
        path = folder / f"{name}.geojson"
        path.write_text(json.dumps({"type": "FeatureCollection", "crs": member, "features": features}))
        add_boundaries(path, folder=folder / "boundaries", kind=kind, vintage=vintage)  # type: ignore[arg-type]
    return folder / "boundaries"


def area_in(folder: Path, boundaries: Path, *, sets: str, seed: int, first: int = 2019) -> Path:
    """A town of no, few or many finds a year in every two cells; records begin with the year ``first``."""
    folder.mkdir(exist_ok=True)
    if not (folder / "boundaries").exists():
        (folder / "boundaries").symlink_to(boundaries)
    random = np.random.default_rng(seed)
    lines = ["date_reported,easting,northing,quantity,land"]
    for year in (2019, 2020, 2021):
        for west, south in MIDDLES:
            for _ in range(int(random.choice([0, 1, 2, 3, 6, 9], p=[0.2, 0.15, 0.15, 0.1, 0.2, 0.2]))):
                east, north = west + random.integers(-200, 200), south + random.integers(-450, 450)
                lines.append(f"{year}-06-01,{east:.0f},{north:.0f},{random.integers(1, 4)},park")
    (folder / "finds.csv").write_text("\n".join([lines[0], *(line for line in lines[1:] if int(line[:4]) >= first)]))
    path = folder / "hotspots.toml"
    path.write_text(AREA.format(boundaries=sets, first=f"{first}-04-01"))
    return path


Cell = tuple[str, str]  # area, period
LAYERS = {"instances": "needle-finds-by-", "callouts": "callouts-by-"}
# Pieces of half a kilometre by one: no border that is published cuts any of them.
MIDDLES = [(WEST + 500 * column + 250, SOUTH + 1000 * row + 500) for row in range(3) for column in range(8)]


def printed(build: Build, audience: str, folder: Path, measure: str) -> dict[Cell, float | None]:
    """Every count of years by every layer, as the files have it: None where it is hidden."""
    found: dict[Cell, float | None] = {}
    for layer_id in (name for name in build.layers if name.startswith(LAYERS[measure])):
        layer = named_layer(build, layer_id, Viewer(ROLES[audience]))  # type: ignore[arg-type]
        export_layer(layer, folder / f"{layer_id}.csv", audience=audience)  # type: ignore[arg-type]
        with (folder / f"{layer_id}-long.csv").open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                if row["measure"] == measure and "Q" not in row["period"]:
                    hidden = row["status"] == "suppressed"
                    found[row["area_code"], row["period"]] = None if hidden else float(row["value"])
    return found


def within(shape: shapely.Geometry | None, period: str) -> np.ndarray:
    """The pieces of a shape in the years of a period, as one of every unknown."""
    first, last = period.split(" to ") if " to " in period else (period, period)
    held = [shape is None or bool(shapely.contains_xy(shape, *middle)) for middle in MIDDLES]
    return np.array([[here and first <= year <= last for here in held] for year in YEARS], dtype=float).ravel()


def between(number: float, base: int) -> tuple[float, float]:
    """What a number that is shown may be: itself, or those that are rounded to it, none of them a small one."""
    return (max(number - base // 2, THRESHOLD), number + (base - 1) // 2) if base > 1 and number else (number, number)


def intervals(
    prints: Sequence[Mapping[Cell, float | None]], totals: Mapping[str, float], *, least: float, bases: Sequence[int]
) -> Iterator[tuple[Cell, float, float]]:
    """
    The smallest and the largest that each hidden count can be, where none is below ``least``.

    The numbers of each build are multiples of its own base.
    """
    shapes = {code: shape for own in SHAPES.values() for code, shape in own.items()}
    cells = {cell: within(shapes[cell[0]], cell[1]) for own in prints for cell in own}
    read = [
        (cell, *between(number, base))
        for own, base in zip(prints, bases, strict=True)
        for cell, number in own.items()
        if number is not None
    ]
    exact = [(cell, low) for cell, low, high in read if low == high]
    ranges = [(cell, low, high) for cell, low, high in read if low < high]
    equal = [*(cells[cell] for cell, _ in exact), *(within(None, period) for period in totals)]
    hidden = [cell for cell in cells if any(cell in own and own[cell] is None for own in prints)]
    more = [*(-cells[cell] for cell in hidden), *(sign * cells[cell] for cell, _, _ in ranges for sign in (-1, 1))]
    most = [*(-least for _ in hidden), *(end for _, low, high in ranges for end in (-low, high))]
    programme = {
        "A_eq": np.array(equal).reshape(len(equal), len(MIDDLES) * len(YEARS)),
        "b_eq": [*(number for _, number in exact), *totals.values()],
        "A_ub": np.array(more).reshape(len(more), len(MIDDLES) * len(YEARS)),
        "b_ub": most,
    }
    for cell in hidden:
        ends = [linprog(sign * cells[cell], **programme) for sign in (1.0, -1.0)]
        assert ends[0].status == 0
        largest = math.floor(-ends[1].fun + 1e-6) if ends[1].status == 0 else math.inf
        yield cell, math.ceil(ends[0].fun - 1e-6), largest


def base_of(build: Build) -> int:
    """The multiples that a build prints of its one source that is not open."""
    (source,) = (source for source in build.manifest["sources"].values() if source["policy"] != "open")
    rules = build.settings.disclosure.health if source["policy"] == "health" else build.settings.disclosure.controlled
    return rules.rounding_base if rules.method == "rounding" else 1


def told(
    builds: Sequence[Build],
    folder: Path,
    *,
    measure: str = "instances",
    at_least: int = 6,
    nothing_of_the_last: bool = False,
    audience: str = "partner",
) -> dict[Cell, tuple[float, float]]:
    """
    The hidden counts that everything of an audience leaves fewer than five numbers, or gives away as small.

    ``nothing_of_the_last``: had the last build shown no cell at all.
    """
    prints = [printed(build, audience, folder, measure) for build in builds]
    if nothing_of_the_last:
        prints[-1] = dict.fromkeys(prints[-1])
    totals = {
        when: value
        for build in builds
        for (what, when), value in printed_totals(build, audience).items()
        if what == measure
    }
    policies = {source["policy"] for build in builds for source in build.manifest["sources"].values()}
    assert policies <= {"health", "open"} or set(totals) >= set(YEARS)
    truth = {cell: number for build in builds for cell, number in printed(build, "restricted", folder, measure).items()}
    # A nought is hidden only where nothing else can guard a number; he is told whether any is.
    hidden = {cell for own in prints for cell, number in own.items() if number is None}
    least = min((float(truth[cell] or 0) for cell in hidden), default=1.0)
    found, many = {}, 0
    bases = [base_of(build) for build in builds]
    for cell, low, high in intervals(prints, totals, least=min(least, 1.0), bases=bases):
        number, many = truth[cell], many + 1
        assert number is not None
        assert low <= number <= high, cell
        if number > 0 and (high - low + 1 < THRESHOLD or (number < THRESHOLD and high < THRESHOLD)):
            found[cell] = (low, high)
    assert many >= at_least
    return found


@pytest.mark.parametrize(
    ("sets", "seed"),
    [(BY_DATE.format(old=2013, new=2020), 0), (LSOAS + BY_DATE.format(old=2018, new=2022), 1)],
    ids=["merged", "cut"],
)
def test_wards_by_date_in_one_build_give_no_hidden_count_away(
    sets: str, seed: int, boundaries: Path, tmp_path: Path
) -> None:
    build = build_area(area_in(tmp_path / "area", boundaries, sets=sets, seed=seed), tmp_path / "build")
    assert len([name for name in build.layers if name.startswith("needle-finds-by-ward")]) == 2
    assert told([build], tmp_path) == {}


def test_wards_of_another_time_in_the_next_build_give_no_hidden_count_away(boundaries: Path, tmp_path: Path) -> None:
    old, new = (
        area_in(tmp_path / vintage, boundaries, sets=ONE_SET.format(vintage=vintage), seed=0)
        for vintage in ("2013", "2020")
    )
    first, second = (build_area(path, tmp_path / "build") for path in (old, new))
    assert told([first, second], tmp_path) == {}
    knows_nothing_of_it = build_area(new, tmp_path / "elsewhere")
    assert len(told([first, knows_nothing_of_it], tmp_path)) > 8


def test_a_build_that_begins_a_year_later_gives_no_hidden_count_away(boundaries: Path, tmp_path: Path) -> None:
    sets = ONE_SET.format(vintage=2013)
    builds = [
        build_area(area_in(tmp_path / str(first), boundaries, sets=sets, seed=4, first=first), tmp_path / "build")
        for first in (2019, 2020)
    ]
    assert told(builds, tmp_path) == {}
