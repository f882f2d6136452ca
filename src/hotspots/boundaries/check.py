"""The check of polygons: valid or repaired within a tolerance, never empty, codes unique, no overlap.

Gaps are not looked for: generalised boundaries leave slivers at the coast and along rivers, and a city is not the whole
country. A point in a gap is *unlocated* and counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from hotspots.boundaries.read import PolygonFile
from hotspots.boundary_settings import BoundariesSection
from hotspots.errors import DataRefused

_POLYGON = int(shapely.GeometryType.POLYGON)
_POLYGONS = (_POLYGON, int(shapely.GeometryType.MULTIPOLYGON), int(shapely.GeometryType.GEOMETRYCOLLECTION))


@dataclass(frozen=True)
class Repair:
    """An invalid polygon that was made valid: why it was invalid, and how much its area changed."""

    code: str
    reason: str
    area_change_m2: float
    share: float


def checked_table(polygons: PolygonFile, *, tolerances: BoundariesSection) -> tuple[pd.DataFrame, tuple[Repair, ...]]:
    """
    The polygons as ``code, name, geometry`` (EPSG:27700), sorted by code, and what had to be repaired.

    Raises
    ------
    DataRefused
        A code is there twice, a geometry is missing, empty or no polygon, a repair changes an area by more than
        ``tolerances.repair_tolerance``, or two areas overlap by more than ``tolerances.overlap_tolerance_m2``.
    """
    where = polygons.features.name
    codes = polygons.codes
    twice = sorted(set(codes[codes.str.upper().duplicated()]))
    if twice:
        raise DataRefused(f"{where}: area codes must be unique; these are there twice: {', '.join(twice[:5])}")
    geometry, repairs = repaired(
        polygons.features.in_bng(), codes.tolist(), tolerance=tolerances.repair_tolerance, where=where
    )
    refuse_overlaps(geometry, codes.tolist(), tolerance_m2=tolerances.overlap_tolerance_m2, where=where)
    table = pd.DataFrame({"code": codes, "name": polygons.names, "geometry": pd.Series(geometry, dtype=object)})
    return table.sort_values("code", ignore_index=True), repairs


def repaired(
    geometry: Any, labels: Sequence[str], *, tolerance: float, where: str
) -> tuple[npt.NDArray[np.object_], tuple[Repair, ...]]:
    """
    Valid polygons of each geometry (EPSG:27700), and the repairs that were needed.

    Lines and points left over by a repair are dropped. A repair that changes the area by a larger share than
    ``tolerance`` is refused: a bow-tie says nothing about the shape that was meant.
    """
    valid = np.empty(len(geometry), dtype=object)
    repairs = []
    for index, (shape, label) in enumerate(zip(geometry, labels, strict=True)):
        if shape is None or shape.is_empty:
            raise DataRefused(f"{where}: {label} has no geometry")
        if shapely.get_type_id(shape) not in _POLYGONS:
            raise DataRefused(f"{where}: {label} is a {shape.geom_type}; expected a polygon")
        valid[index] = _polygons_of(shape if shape.is_valid else shapely.make_valid(shape))
        if valid[index].is_empty:
            raise DataRefused(f"{where}: {label} has no area")
        if not shape.is_valid:
            repairs.append(_repair(label, shape, valid[index]))
    worst = max(repairs, key=lambda repair: repair.share, default=None)
    if worst and worst.share > tolerance:
        raise DataRefused(
            f"{where}: {worst.code} is not a valid polygon ({worst.reason}); repairing it would change its area by "
            f"{worst.share:.1%} ({worst.area_change_m2:,.1f} m²), more than the {tolerance:.1%} allowed"
        )
    return valid, tuple(repairs)


def refuse_overlaps(geometry: Any, labels: Sequence[str], *, tolerance_m2: float, where: str) -> None:
    """Raise ``DataRefused`` naming the worst pair when two polygons share more than ``tolerance_m2`` square metres."""
    tree = shapely.STRtree(geometry)
    first, second = tree.query(geometry, predicate="intersects")
    first, second = first[first < second], second[first < second]
    shared = shapely.area(shapely.intersection(geometry[first], geometry[second]))
    if len(shared) and shared.max() > tolerance_m2:
        worst = int(shared.argmax())
        raise DataRefused(
            f"{where}: {labels[first[worst]]} and {labels[second[worst]]} overlap by {shared[worst]:,.1f} m² "
            f"(allowed: {tolerance_m2:,.1f} m²; {int((shared > tolerance_m2).sum())} pairs in all); "
            "areas of one set may not overlap"
        )


def _polygons_of(shape: Any) -> Any:
    """The polygons of a valid geometry: one polygon, or several as a multipolygon; lines and points are dropped."""
    parts = shapely.get_parts(shapely.get_parts(shape))
    parts = parts[shapely.get_type_id(parts) == _POLYGON]
    if len(parts) == 1:
        return parts[0]
    simple = shape.geom_type == "MultiPolygon" or len(parts) == 0
    return shapely.multipolygons(parts) if simple else shapely.union_all(parts)


def _repair(code: str, before: Any, after: Any) -> Repair:
    change = abs(after.area - before.area)
    return Repair(code, shapely.is_valid_reason(before), round(change, 3), round(change / after.area, 9))
