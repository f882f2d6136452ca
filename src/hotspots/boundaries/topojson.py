"""TopoJSON, in which neighbours share the lines between them (arcs): read as the GeoJSON features that it stands for.

Definition: the TopoJSON Format Specification (M. Bostock and C. Metcalf, 2013), sections 2.1.2 (transforms) and 2.1.4
(arc indexes: a negative one is the arc of its complement, turned round).
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from hotspots.errors import FileRefused
from hotspots.limits import Limits

_LEAST_RING = 4
_DEPTH = {"Polygon": 1, "MultiPolygon": 2}  # lists of rings, and lists of those

Arcs = list[npt.NDArray[np.float64]]


def collection_of(name: str, topology: dict[str, Any], *, limits: Limits) -> dict[str, Any]:
    """
    The GeoJSON feature collection of a topology's only object, with the ``crs`` member that it states.

    Examples
    --------
    >>> square = {"type": "Polygon", "arcs": [[0]], "properties": {"LSOA11CD": "W01001289"}}
    >>> arcs, grid = [[[0, 0], [0, 9], [9, 0], [0, -9], [-9, 0]]], {"scale": [0.1, 0.1], "translate": [-3, 51]}
    >>> topology = {"type": "Topology", "objects": {"all": square}, "arcs": arcs, "transform": grid}
    >>> collection_of("t.json", topology, limits=Limits())["features"][0]["geometry"]["coordinates"][0][1]
    [-3.0, 51.9]

    Raises
    ------
    FileRefused
        It holds several objects, arcs that are not there or no lines, or more vertices than the limit when each area
        has its own.
    """
    objects = topology.get("objects")
    if not isinstance(objects, dict) or len(objects) != 1:
        held = ", ".join(list(objects)[:8]) if isinstance(objects, dict) else "none"
        raise FileRefused(f"{name}: expected TopoJSON with one object, this one has {held or 'none'}; save it alone")
    (held,) = objects.values()
    try:
        arcs = _arcs(topology)
        shapes = held["geometries"] if held["type"] == "GeometryCollection" else [held]
        _check_size(name, shapes, [len(arc) for arc in arcs], limits)
        features = [_feature(shape, arcs) for shape in shapes]
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise FileRefused(f"{name}: its topology is damaged ({type(error).__name__}: {str(error)[:80]})") from error
    member = held.get("crs") or topology.get("crs")
    return {"type": "FeatureCollection", "features": features} | ({"crs": member} if member else {})


def _arcs(topology: dict[str, Any]) -> Arcs:
    """The lines in coordinates; a quantised one is written as steps on a grid."""
    lines = [np.array(arc, dtype=np.float64)[:, :2] for arc in topology["arcs"]]
    grid = topology.get("transform")
    if grid is None:
        return lines
    scale, origin = np.array(grid["scale"], dtype=np.float64), np.array(grid["translate"], dtype=np.float64)
    return [line.cumsum(axis=0) * scale + origin for line in lines]


def _check_size(name: str, shapes: list[dict[str, Any]], lengths: list[int], limits: Limits) -> None:
    """A short file can name one long line many times: what it would unfold to is counted first."""
    vertices = sum(lengths[at if at >= 0 else ~at] for shape in shapes for ring in _rings(shape) for at in ring)
    if vertices > limits.vertices:
        raise FileRefused(
            f"{name}: {vertices:,} vertices are more than the limit of {limits.vertices:,} (limits.vertices); use the "
            "generalised edition"
        )


def _rings(shape: dict[str, Any]) -> Iterator[list[int]]:
    parts = shape["arcs"] if shape.get("type") in _DEPTH else []
    for part in parts:
        yield from [part] if shape["type"] == "Polygon" else part


def _feature(shape: dict[str, Any], arcs: Arcs) -> dict[str, Any]:
    geometry = None
    if shape.get("type") == "Polygon":
        geometry = {"type": "Polygon", "coordinates": [_ring(ring, arcs) for ring in shape["arcs"]]}
    elif shape.get("type") == "MultiPolygon":
        parts = [[_ring(ring, arcs) for ring in part] for part in shape["arcs"]]
        geometry = {"type": "MultiPolygon", "coordinates": parts}
    elif shape.get("type") is not None:
        raise ValueError(f"a {str(shape['type'])[:20]} is no polygon")
    return {"type": "Feature", "properties": shape.get("properties") or {}, "geometry": geometry}


def _ring(indexes: list[int], arcs: Arcs) -> list[Any]:
    """A closed ring; one that quantising left with fewer points than a ring needs is filled up with its last."""
    lines = [arcs[at] if at >= 0 else arcs[~at][::-1] for at in indexes]
    points: list[Any] = np.concatenate([lines[0][:1], *(line[1:] for line in lines)]).tolist()
    if points[0] != points[-1]:
        points.append(points[0])
    return points + [points[-1]] * (_LEAST_RING - len(points))
