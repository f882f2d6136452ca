"""The check of polygons: valid or repaired within a tolerance, never empty, one for each code, no overlap.

Gaps are not looked for: generalised boundaries leave slivers at the coast and along rivers, and a city is not the whole
country. A point in a gap is *unlocated* and counted.
"""

from collections.abc import Mapping, Sequence
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
_CLOSED = "has a ring that did not end where it began, and was closed"


@dataclass(frozen=True)
class Repair:
    """A polygon that was changed: what was wrong with it (the end of a sentence), and how much its area changed."""

    code: str
    reason: str
    area_change_m2: float
    share: float


def repair_words(repairs: Sequence[Mapping[str, Any]], *, most: int = 10) -> list[str]:
    """
    The repairs of a manifest in sentences, the largest ``most`` of them and how many more there are.

    Examples
    --------
    >>> repair_words([{"code": "E01000001", "reason": "was given as 2 features", "area_change_m2": 0.0, "share": 0.0}])
    ['Repaired: E01000001 was given as 2 features; its area changed by 0.00% (0 m²).']
    """
    ranked = sorted(repairs, key=lambda repair: (-repair["share"], repair["code"]))
    words = [
        f"Repaired: {repair['code']} {repair['reason']}; its area changed by {repair['share']:.2%} "
        f"({repair['area_change_m2']:,.0f} m²)."
        for repair in ranked[:most]
    ]
    left = len(ranked) - most
    return words + ([f"{left} smaller repairs are in the manifest of the set."] if left > 0 else [])


def checked_table(polygons: PolygonFile, *, tolerances: BoundariesSection) -> tuple[pd.DataFrame, tuple[Repair, ...]]:
    """
    The polygons as ``code, name, geometry`` (EPSG:27700), sorted by code, and what had to be repaired.

    Raises
    ------
    DataRefused
        A code is there twice and the shapes or names contradict each other, a geometry is missing, empty or no polygon,
        a repair changes an area by more than ``tolerances.repair_tolerance``, or two areas overlap by more than
        ``tolerances.overlap_tolerance_m2`` and ``tolerances.overlap_share`` of the smaller one.
    """
    where = polygons.features.name
    codes = polygons.codes
    alike = sorted(set(codes[codes.str.upper().duplicated(keep=False) & ~codes.duplicated(keep=False)]))
    if alike:
        raise DataRefused(f"{where}: area codes must be unique; these differ in capitals alone: {', '.join(alike[:5])}")
    geometry, repairs = repaired(
        polygons.features.in_bng(), codes.tolist(), tolerance=tolerances.repair_tolerance, where=where
    )
    ajar = polygons.features.closed
    closed = () if ajar is None else tuple(Repair(code, _CLOSED, 0.0, 0.0) for code in codes[ajar])
    table = pd.DataFrame({"code": codes, "name": polygons.names, "geometry": pd.Series(geometry, dtype=object)})
    table, joined = _put_together(table, tolerance_m2=tolerances.overlap_tolerance_m2, where=where)
    table = table.sort_values("code", ignore_index=True)
    cut, trimmed = without_overlaps(
        table["geometry"].to_numpy(), table["code"].tolist(), tolerances=tolerances, where=where
    )
    return table.assign(geometry=pd.Series(cut, dtype=object)), (*closed, *repairs, *joined, *trimmed)


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
        valid[index] = _polygons_of(shape if shape.is_valid else _made_valid(shape))
        if valid[index].is_empty:
            raise DataRefused(f"{where}: {label} has no area")
        if not shape.is_valid:
            repairs.append(_repair(label, shape, valid[index]))
    worst = max(repairs, key=lambda repair: repair.share, default=None)
    if worst and worst.share > tolerance:
        raise DataRefused(
            f"{where}: {worst.code} {worst.reason.replace('was', 'is', 1)}; repairing it would change its area by "
            f"{worst.share:.1%} ({worst.area_change_m2:,.1f} m²), more than the {tolerance:.1%} allowed "
            "(repair_tolerance, --repair-share)"
        )
    return valid, tuple(repairs)


def without_overlaps(
    geometry: Any, labels: Sequence[str], *, tolerances: BoundariesSection, where: str
) -> tuple[npt.NDArray[np.object_], tuple[Repair, ...]]:
    """
    The polygons with what two of them share left to the first of the two, as lines that were generalised need.

    What is shared by no more than ``tolerances.overlap_tolerance_m2`` stays; a larger part is cut from the second
    polygon if it is at most ``tolerances.overlap_share`` of the smaller one. A point in it is counted in the area of
    the smaller code either way, where labels are in the order of their codes.

    Raises
    ------
    DataRefused
        Two polygons share more: the message names the worst pair.
    """
    tree = shapely.STRtree(geometry)
    first, second = tree.query(geometry, predicate="intersects")
    order = np.lexsort((second, first))
    first, second = first[order], second[order]
    first, second = first[first < second], second[first < second]
    shared = shapely.area(shapely.intersection(geometry[first], geometry[second]))
    large = shared > tolerances.overlap_tolerance_m2
    first, second, shared = first[large], second[large], shared[large]
    share = shared / np.minimum(shapely.area(geometry[first]), shapely.area(geometry[second]))
    if len(share) and share.max() > tolerances.overlap_share:
        worst = int(share.argmax())
        raise DataRefused(
            f"{where}: {labels[first[worst]]} and {labels[second[worst]]} overlap by {shared[worst]:,.1f} m², "
            f"{share[worst]:.1%} of the smaller one (allowed: {tolerances.overlap_share:.1%}, overlap_share, "
            f"--overlap-share; {len(share)} pairs in all overlap by more than "
            f"{tolerances.overlap_tolerance_m2:,.1f} m²)"
        )
    cut, repairs = geometry.copy(), []
    for one, other in zip(first, second, strict=True):
        before = cut[other].area
        cut[other] = _polygons_of(shapely.difference(cut[other], cut[one]))
        change = round(before - cut[other].area, 3)
        reason = f"overlapped {labels[one]}, and what they shared was cut from it"
        repairs.append(Repair(labels[other], reason, change, round(change / before, 9)))
    return cut, tuple(repairs)


def _put_together(table: pd.DataFrame, *, tolerance_m2: float, where: str) -> tuple[pd.DataFrame, tuple[Repair, ...]]:
    """One row for each code: parts of an area (islands) that came as features of their own become one shape."""
    twice = table[table["code"].duplicated(keep=False)]
    rows, repairs = [], []
    for code, given in twice.groupby("code", sort=True):
        shapes = np.unique(shapely.to_wkb(shapely.normalize(given["geometry"].to_numpy())))
        parts = shapely.from_wkb(shapes)
        whole = _polygons_of(shapely.union_all(parts))
        if given["name"].nunique() > 1 or shapely.area(parts).sum() - whole.area > tolerance_m2:
            raise DataRefused(
                f"{where}: area codes must be unique; {code} is there {len(given)} times, with different names or with "
                f"shapes that overlap ({twice['code'].nunique()} codes are there more than once)"
            )
        rows.append({"code": code, "name": given["name"].iloc[0], "geometry": whole})
        same = "the same each time" if len(parts) == 1 else "which were put together"
        repairs.append(Repair(str(code), f"was given as {len(given)} features, {same}", 0.0, 0.0))
    single = table[~table["code"].duplicated(keep=False)]
    return pd.concat([single, pd.DataFrame(rows, columns=table.columns)], ignore_index=True), tuple(repairs)


def _made_valid(shape: Any) -> Any:
    """The ground that a polygon's rings enclose: parts put together, what collapsed to a line or a point left out."""
    return shapely.make_valid(shape, method="structure", keep_collapsed=False)


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
    reason = f"was not a valid polygon ({shapely.is_valid_reason(before)})"
    return Repair(code, reason, round(change, 3), round(change / after.area, 9))
