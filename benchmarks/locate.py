"""Ten million points in 35,000 polygons: ``locate`` beside geopandas and DuckDB, taking turns in one process.

``python -m benchmarks locate`` writes ``benchmarks/LOCATE.md``. DuckDB takes part where ``duckdb`` and
``duckdb-extension-spatial`` are installed.
"""

import os
import platform
import statistics
import time
from collections.abc import Callable
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.spatial import Voronoi

from hotspots.areas import Areas
from hotspots.joins import locate
from hotspots.label_grid import build_label_grid
from hotspots.tables import PointEvents, points_from_frame

RESULTS = Path(__file__).parent / "LOCATE.md"
POLYGONS, POINTS, ROUNDS = 35_000, 10_000_000, 3
WIDTH_M, HEIGHT_M = 500_000.0, 600_000.0
PIECES = 7  # of each shared edge: six sides of seven pieces are 42 vertices

Coordinates = npt.NDArray[np.float64]


def main() -> None:
    areas, places = voronoi_areas(POLYGONS), national(POINTS, seed=123_456 + POINTS)
    lines = [
        "# Locate",
        "",
        f"Remade by `python -m benchmarks locate`: {POINTS:,} points in {len(areas.table):,} Voronoi polygons (mean "
        f"{shapely.get_num_coordinates(areas.geometry).mean():.0f} vertices) of a made-up country of 500 by 600 km.",
        "Every method starts from its own table of points and of polygons in memory; indexes are built within the time "
        "shown. The methods take turns; other work shares the machine, so that ratios mean more than seconds.",
        "",
        f"Machine: {platform.machine()}, {os.cpu_count()} processors, {platform.system()}, "
        f"Python {platform.python_version()}, {_versions('numba', 'shapely', 'geopandas', 'duckdb')}.",
        "",
        *many(areas, places),
        "",
        *few(),
        "",
        agreement(areas, places[:1_000_000]),
    ]
    RESULTS.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(RESULTS.read_text(encoding="utf-8"))


def many(areas: Areas, places: Coordinates) -> list[str]:
    """The table of ten million points: seconds, and how many times as long as ``locate`` with a new label grid."""
    events = _events(places)
    methods: dict[str, Callable[[], Any]] = {
        "`locate`, label grid built": lambda: locate(events, _copy(areas)),
        "`locate`, label grid kept": lambda: locate(events, areas),
        "label grid alone": lambda: build_label_grid(areas.geometry),
        "`geopandas.sjoin`": _sjoin(areas, places),
    }
    if find_spec("duckdb") and find_spec("duckdb_extension_spatial"):
        methods["DuckDB spatial join"] = _duckdb(areas, places)
    locate(events, areas)
    taken: dict[str, list[float]] = {name: [] for name in methods}
    for _ in range(ROUNDS):
        for name, method in methods.items():
            begun = time.perf_counter()
            method()
            taken[name].append(time.perf_counter() - begun)
    first = taken["`locate`, label grid built"]
    return [
        "| method | median s | worst s | times `locate`: median | least of the rounds |",
        "|---|---|---|---|---|",
        *(
            f"| {name} | {statistics.median(seconds):.2f} | {max(seconds):.2f} | "
            f"{statistics.median(seconds) / statistics.median(first):.1f} | "
            f"{min(other / ours for other, ours in zip(seconds, first, strict=True)):.1f} |"
            for name, seconds in taken.items()
        ),
    ]


def few() -> list[str]:
    """A month of a city, 4,040 points in 69 polygons: in a process that has located before."""
    areas, events = voronoi_areas(69), _events(national(4_040, seed=1))
    taken = []
    for _ in range(20):
        begun = time.perf_counter()
        locate(events, areas)
        taken.append((time.perf_counter() - begun) * 1000)
    return [
        f"4,040 points in {len(areas.table)} polygons: {statistics.median(taken):.1f} ms (worst of 20: "
        f"{max(taken):.1f} ms), by search, without loading compiled code."
    ]


def agreement(areas: Areas, places: Coordinates) -> str:
    """How many of a million points, and of points on vertices and edges, differ from shapely's ``intersects``."""
    vertices = shapely.get_coordinates(areas.geometry)[::70]
    ends = shapely.get_coordinates(areas.geometry)
    middles = ((ends[1:] + ends[:-1]) / 2)[::70]
    asked = np.concatenate([places, vertices, middles])
    codes = np.sort(areas.table["code"].to_numpy(dtype=object))
    tree = shapely.STRtree(shapely.points(asked))
    area, point = tree.query(areas.geometry, predicate="intersects")
    expected = np.full(len(asked), len(codes))
    np.minimum.at(expected, point, area)
    found = locate(_events(asked), areas).codes.fillna("").to_numpy(dtype=object)
    different = int((found != np.array([*codes, ""], dtype=object)[expected]).sum())
    return (
        f"Against shapely's `intersects` and the smallest code: {different} of {len(places):,} points in the country, "
        f"{len(vertices):,} points on vertices and {len(middles):,} in the middle of edges differ."
    )


def national(number: int, *, seed: int) -> Coordinates:
    """Points of 1,200 towns of unequal size, and one in ten anywhere."""
    towns = np.random.default_rng(777)
    centres = towns.uniform((0, 0), (WIDTH_M, HEIGHT_M), (1_200, 2))
    people, spread_m = towns.lognormal(0, 1, 1_200), towns.uniform(500, 5_000, 1_200)
    random = np.random.default_rng(seed)
    town = random.choice(1_200, number, p=people / people.sum())
    places = centres[town] + random.normal(size=(number, 2)) * spread_m[town, None]
    rural = random.random(number) < 0.1
    places[rural] = random.uniform((0, 0), (WIDTH_M, HEIGHT_M), (int(rural.sum()), 2))
    return np.clip(places, 0, (WIDTH_M, HEIGHT_M))


def voronoi_areas(number: int) -> Areas:
    """Voronoi polygons of the country, whose shared edges are bent: each a chain of pieces off the straight line."""
    sites = national(number, seed=35 + number)
    mirrored = [sites, sites * (-1, 1), sites * (1, -1)]
    mirrored += [(2 * WIDTH_M, 0) - sites * (1, -1), (0, 2 * HEIGHT_M) - sites * (-1, 1)]
    sites = np.unique(sites, axis=0)
    diagram = Voronoi(np.unique(np.concatenate(mirrored), axis=0))
    inside = {tuple(site) for site in sites}
    regions = [
        diagram.regions[diagram.point_region[number]]
        for number, site in enumerate(diagram.points)
        if tuple(site) in inside
    ]
    shapes = _bent(regions, diagram.vertices)
    table = pd.DataFrame({"code": [f"V{number:08d}" for number in range(len(shapes))], "name": ""})
    table["geometry"] = pd.Series(list(shapes), dtype=object)
    return Areas("lsoa", "made up", "made up", True, "", table)


def _bent(regions: list[list[int]], vertices: Coordinates) -> npt.NDArray[np.object_]:
    start = np.array([vertex for region in regions for vertex in region])
    end = np.array([vertex for region in regions for vertex in [*region[1:], region[0]]])
    region = np.repeat(np.arange(len(regions)), [len(region) for region in regions])
    ends = np.sort(np.stack([start, end], axis=1), axis=1)
    shared, edge = np.unique(ends, axis=0, return_inverse=True)
    along = np.arange(PIECES) / PIECES
    bend = np.random.default_rng(35).uniform(-0.05, 0.05, (len(shared), PIECES))
    bend[:, 0] = 0
    while True:
        one, other = vertices[shared[:, 0]][:, None], vertices[shared[:, 1]][:, None]
        span = other - one
        chain = one + along[:, None] * span + bend[:, :, None] * np.stack([-span[..., 1], span[..., 0]], axis=2)
        backward = np.concatenate([vertices[shared[:, 1]][:, None], chain[:, :0:-1]], axis=1)
        pieces = np.where((start == shared[edge, 0])[:, None, None], chain[edge], backward[edge])
        rings = shapely.linearrings(pieces.reshape(-1, 2), indices=np.repeat(region, PIECES))
        shapes = shapely.polygons(rings)
        crossed = ~shapely.is_valid(shapes)
        if not crossed.any():
            return np.asarray(shapes)
        bend[edge[crossed[region]]] = 0


def _events(places: Coordinates) -> PointEvents:
    few = points_from_frame(pd.DataFrame({"easting": [0.0], "northing": [0.0]}))
    columns = {"event_id": np.arange(len(places)), "easting": places[:, 0], "northing": places[:, 1]}
    return PointEvents(pd.DataFrame(columns | {"date": pd.NaT, "uncertainty_m": 0.0}), few.meta)


def _versions(*names: str) -> str:
    return ", ".join(f"{name} {version(name)}" for name in names if find_spec(name))


def _copy(areas: Areas) -> Areas:
    """The same polygons as a new set, for which nothing is kept."""
    return Areas(areas.kind, areas.vintage, areas.code_vintage, areas.schematic, areas.attribution, areas.table)


def _sjoin(areas: Areas, places: Coordinates) -> Callable[[], Any]:
    polygons = areas.table[["code"]]

    def run() -> Any:
        # New frames each time: geopandas keeps the index of a frame that it has joined before.
        points = gpd.GeoDataFrame(geometry=geometry)
        return gpd.sjoin(points, gpd.GeoDataFrame(polygons, geometry=areas.geometry), predicate="intersects")

    geometry = shapely.points(places)
    return run


def _duckdb(areas: Areas, places: Coordinates) -> Callable[[], Any]:
    import duckdb
    import duckdb_extension_spatial

    connection = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    file = next(Path(duckdb_extension_spatial.__file__).parent.rglob("spatial.duckdb_extension*"))
    connection.execute(f"LOAD '{file}'")
    polygons = pd.DataFrame({"code": areas.table["code"], "wkb": shapely.to_wkb(areas.geometry)})
    connection.register("polygons", polygons)
    connection.register("coordinates", pd.DataFrame({"easting": places[:, 0], "northing": places[:, 1]}))
    connection.execute("CREATE TABLE areas AS SELECT code, ST_GeomFromWKB(wkb) AS shape FROM polygons")
    connection.execute("CREATE TABLE points AS SELECT ST_Point(easting, northing) AS place FROM coordinates")
    query = (
        "CREATE OR REPLACE TABLE joined AS SELECT points.rowid AS point, areas.code "
        "FROM points JOIN areas ON ST_Intersects(areas.shape, points.place)"
    )
    return lambda: connection.execute(query)
