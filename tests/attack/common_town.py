"""A town of six LSOAs in use and five of the other vintage, for the tests of common areas."""

import json
from pathlib import Path

import shapely
from shapely.affinity import translate
from shapely.geometry import box

from hotspots.boundaries import add_boundaries

KEPT, ONE, TWO, WHOLE, ROUND, ROBIN = (f"E0100000{at}" for at in range(1, 7))
MERGED, WEST, EAST, NORTH, SOUTH = (f"E0103400{at}" for at in range(2, 7))
# KEPT is as it was, MERGED was ONE and TWO, WEST and EAST were WHOLE; ROUND and ROBIN exchanged ground: NORTH, SOUTH.
LINKS = [
    (KEPT, KEPT, "U"), (ONE, MERGED, "M"), (TWO, MERGED, "M"), (WHOLE, WEST, "S"), (WHOLE, EAST, "S"),
    (ROUND, NORTH, "X"), (ROUND, SOUTH, "X"), (ROBIN, SOUTH, "X"),
]  # fmt: skip
EASTING, NORTHING, KM = 545_000, 258_000, 1_000


def square(column: float, row: float, wide: float = 1, high: float = 1) -> shapely.Geometry:
    west, south = EASTING + KM * column, NORTHING + KM * row
    return box(west, south, west + KM * wide, south + KM * high)


SHAPES_2021 = {
    KEPT: square(0, 0), MERGED: square(1, 0), WEST: square(2, 0), EAST: square(3, 0),
    NORTH: square(0, 1, 2), SOUTH: square(2, 1, 2),
}  # fmt: skip
SHAPES_2011 = {
    KEPT: square(0, 0), ONE: square(1, 0, 0.5), TWO: square(1.5, 0, 0.5), WHOLE: square(2, 0, 2),
    ROUND: square(0, 1, 3), ROBIN: square(3, 1),
}  # fmt: skip
# EAST is in the second ward, and WEST, which was one LSOA with it, in the first.
WARDS = {"E05000001": square(0, 0, 3), "E05000002": square(3, 0).union(square(0, 1, 4))}
GROUP, REDRAWN = f"{WEST}+{EAST}", f"{NORTH}+{SOUTH}"

LOOKUP = """
[[boundaries.lookups]]
kind = "lsoa_2011_to_2021"
path = "lookup.csv"
child = "LSOA11CD"
parent = "LSOA21CD"
change = "CHGIND"
child_vintage = "2011"
parent_vintage = "2021"
"""
AREA = (
    """
[area]
name = "Town"
lad = "E07000001"

[boundaries]
lsoa = "lsoa-{vintage}"
ward = "ward-2022"
"""
    + LOOKUP
    + """
[disclosure.controlled]
method = "{method}"

[[sources]]
id = "callouts"
kind = "callouts"
path = "callouts.csv"
vintage = "{of}"
covers_from = 2017-04-01
covers_to = 2019-03-31
absent = "zero"
policy = "{policy}"

[sources.conversion]
{conversion}
"""
)
RESIDENTS = """
[[sources]]
id = "population"
kind = "population"
path = "residents.csv"
vintage = "2021"
covers_from = 2021-03-21
covers_to = 2021-03-21
policy = "open"
"""


def _geojson(path: Path, heading: str, shapes: dict[str, shapely.Geometry]) -> Path:
    features = [
        {
            "type": "Feature",
            "properties": {f"{heading}CD": code, f"{heading}NM": f"Town 00{at}A"},
            "geometry": json.loads(shapely.to_geojson(shape)),
        }
        for at, (code, shape) in enumerate(shapes.items(), start=1)
    ]
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::27700"}}
    path.write_text(json.dumps({"type": "FeatureCollection", "crs": crs, "features": features}))
    return path


def copied(code: str, copy: int) -> str:
    """The code of an area in a further copy of the town, which lies two kilometres further north."""
    return code if copy == 0 else f"{code[:4]}{copy + 3}{code[5:]}"


def _copies(shapes: dict[str, shapely.Geometry], copies: int) -> dict[str, shapely.Geometry]:
    return {
        copied(code, copy): translate(shape, 0, 2 * KM * copy)
        for copy in range(copies)
        for code, shape in shapes.items()
    }


def links(copies: int) -> list[tuple[str, str, str]]:
    return [(copied(old, copy), copied(new, copy), how) for copy in range(copies) for old, new, how in LINKS]


def town(
    folder: Path,
    counts: dict[tuple[str, str], object],
    *,
    vintage: str = "2021",
    of: str = "2011",
    conversion: str = 'split = "common"',
    policy: str = "controlled",
    method: str = "suppression",
    residents: dict[str, int] | None = None,
    copies: int = 1,
) -> Path:
    """The area file of the town with callouts by (LSOA, year), on the boundaries of a vintage."""
    folder.mkdir(parents=True, exist_ok=True)
    sets = {"lsoa-2011": SHAPES_2011, "lsoa-2021": SHAPES_2021, "ward-2022": WARDS}
    for name, shapes in sets.items():
        kind, year = name.split("-")
        heading = f"{'LSOA' if kind == 'lsoa' else 'WD'}{year[2:]}"
        path = _geojson(folder / f"{name}.geojson", heading, _copies(shapes, copies))
        if not (folder / "boundaries" / name).exists():
            add_boundaries(path, folder=folder / "boundaries", kind=kind, vintage=year)  # type: ignore[arg-type]
    lookup = "".join(f"{old},{new},{change}\n" for old, new, change in links(copies))
    (folder / "lookup.csv").write_text(f"LSOA11CD,LSOA21CD,CHGIND\n{lookup}", encoding="utf-8")
    rows = "".join(f"{code},{year},{count}\n" for (code, year), count in counts.items())
    (folder / "callouts.csv").write_text(f"lsoa_code,period,count\n{rows}", encoding="utf-8")
    text = AREA.format(vintage=vintage, of=of, conversion=conversion, policy=policy, method=method)
    if residents is not None:
        people = "".join(f"{code},{count}\n" for code, count in residents.items())
        (folder / "residents.csv").write_text(f"lsoa_code,population\n{people}", encoding="utf-8")
        text += RESIDENTS
    path = folder / "hotspots.toml"
    path.write_text(text, encoding="utf-8")
    return path
