"""Ground: what share of events without clustering each cell, or each published point, would receive.

Events are spread evenly over regions, each of which has a mass (one region for the null ``uniform``; the areas and
their residents for ``population``). Events of exact position are drawn in the triangles that the regions are made of.
For a snapped source the ground is cut into tiles, from which events are moved to each published point (its Voronoi
polygon, as events are moved to the nearest point), and each tile receives the mass of what it holds. Tiles that are the
cells of the grid say what a map holds on average.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from hotspots.errors import DataRefused
from hotspots.layer import GridSpec

Floats = npt.NDArray[np.float64]
Regions = tuple[npt.NDArray[Any], Floats]


def even_ground(grid: GridSpec, border: Any) -> Regions:
    """One region of mass one: the area, or the whole grid without one."""
    extent = shapely.box(grid.west, grid.south, grid.east, grid.north)
    return np.array([extent if border is None else shapely.intersection(border, extent)]), np.ones(1)


def populated_ground(population: pd.DataFrame, grid: GridSpec, border: Any) -> Regions:
    """The areas with residents, each cut to the area of study; residents count as evenly spread within each."""
    missing = {"geometry", "population"} - set(population.columns)
    if missing:
        raise DataRefused(
            f"population needs the columns geometry and population, one row an area; {missing} are missing"
        )
    held = population[population["population"].to_numpy(dtype=np.float64) > 0]
    whole = held["geometry"].to_numpy()
    study = even_ground(grid, border)[0][0]
    cut = shapely.intersection(whole, study)
    masses = held["population"].to_numpy(dtype=np.float64) * shapely.area(cut) / shapely.area(whole)
    if not masses.sum() > 0:
        raise DataRefused("nobody lives in the area: the null 'population' needs residents; use null='uniform'")
    return cut[masses > 0], masses[masses > 0]


def shares(tiles: npt.NDArray[Any], regions: Regions) -> Floats:
    """
    The share of events that each tile receives; they add up to one.

    Examples
    --------
    >>> halves = np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)])
    >>> shares(halves, (np.array([shapely.box(0, 0, 2, 1), shapely.box(0, 0, 1, 1)]), np.array([3.0, 1.0]))).tolist()
    [0.625, 0.375]
    """
    shapes, masses = regions
    tree = shapely.STRtree(tiles)
    region, tile = tree.query(shapes, predicate="intersects")
    # Most tiles lie wholly in a region: only the others are cut.
    wholly = np.isin(region * len(tiles) + tile, np.dot((len(tiles), 1), tree.query(shapes, predicate="contains")))
    common = np.where(wholly, shapely.area(tiles[tile]), 0.0)
    common[~wholly] = shapely.area(shapely.intersection(tiles[tile[~wholly]], shapes[region[~wholly]]))
    received = np.bincount(tile, weights=common * (masses / shapely.area(shapes))[region], minlength=len(tiles))
    return np.asarray(received / received.sum(), dtype=np.float64)


def triangles(regions: Regions) -> tuple[Floats, Floats]:
    """
    The regions as triangles, and the share of events that each receives: what events are drawn in.

    Not the cells: an event of a cell that the border cuts lies in its part inside, and one drawn anywhere in the cell
    would not be treated as observed ones are. Triangles have the shape (n, 3, 2); the shares add up to one.

    Examples
    --------
    >>> corner = shapely.Polygon([(0, 0), (4, 0), (4, 1), (1, 1), (1, 3), (0, 3)])
    >>> corners, received = triangles((np.array([corner]), np.ones(1)))
    >>> corners.shape, round(float(received.sum()), 12)
    ((4, 3, 2), 1.0)
    """
    shapes, masses = regions
    polygons, of_region = shapely.get_parts(shapes, return_index=True)
    flat = shapely.get_type_id(polygons) == shapely.GeometryType.POLYGON  # a cut may leave lines and points as well
    polygons, of_region = polygons[flat], of_region[flat]
    parts, of_polygon = shapely.get_parts(shapely.constrained_delaunay_triangles(polygons), return_index=True)
    received = shapely.area(parts) * (masses / shapely.area(shapes))[of_region[of_polygon]]
    held = received > 0
    corners = shapely.get_coordinates(parts[held]).reshape(-1, 4, 2)[:, :3]
    return corners, np.asarray(received[held] / received[held].sum(), dtype=np.float64)


def cell_tiles(grid: GridSpec) -> npt.NDArray[Any]:
    """The cells of a grid as boxes, north to south and west to east."""
    east, north = np.meshgrid(grid.centre_eastings, grid.centre_northings)
    half = grid.cell_m / 2
    return np.asarray(shapely.box(east - half, north - half, east + half, north + half)).ravel()


def snapping_tiles(snap_points: Floats, regions: Regions) -> npt.NDArray[Any]:
    """The ground from which events are moved to each of the distinct points of ``snap_points`` (shape (n, 2))."""
    ground = shapely.box(*shapely.total_bounds(regions[0]))
    if len(snap_points) == 1:
        return np.array([ground])
    polygons = shapely.voronoi_polygons(shapely.multipoints(snap_points), extend_to=ground, ordered=True)
    return np.asarray(shapely.get_parts(polygons))
