"""The example's reference geography: schematic boundaries, lookups, the city-centre area, places and series breaks."""

import hashlib
from collections.abc import Mapping

from shapely.geometry import Polygon

from hotspots.example.facts import CORES, LSOA_NAMES, LSOAS, LSOAS_2021, WARD_NAMES
from hotspots.example.shapes import Vertex, lsoa_shapes, ward_shapes
from hotspots.example.text import csv_text, feature_collection, json_text, point_geometry, polygon_geometry

SCHEMATIC = "Schematic boundaries: invented shapes, not for use."
AREA_VERSION = "draft-1"

# Digitised by hand to 10 m from the lists of places inside and outside; the official line is only a picture.
_WEST: tuple[Vertex, ...] = (
    (544_700, 258_960), (544_810, 259_150), (544_980, 259_300), (545_140, 259_350), (545_310, 259_360),
    (545_490, 259_290), (545_620, 259_140), (545_750, 259_070), (545_950, 259_060), (546_090, 259_130),
    (546_160, 258_850), (546_190, 258_790), (546_100, 258_640), (546_020, 258_520), (545_980, 258_420),
    (545_990, 258_300), (545_960, 258_190), (545_980, 258_100), (546_120, 258_040), (546_300, 257_960),
    (546_480, 257_880),
)  # fmt: skip
_MILL_ROAD_EAST: tuple[Vertex, ...] = (
    (546_760, 257_740), (547_040, 257_620), (547_320, 257_590), (547_330, 257_460), (547_040, 257_480),
    (546_820, 257_560),
)  # fmt: skip
_CUT_EAST_OF_THE_BRIDGE: tuple[Vertex, ...] = ((546_540, 257_850),)
_SOUTH: tuple[Vertex, ...] = (
    (546_500, 257_690), (546_420, 257_640), (546_290, 257_330), (546_250, 257_200), (546_170, 257_010),
    (546_290, 256_960), (546_290, 256_800), (546_230, 256_640), (546_120, 256_600), (546_000, 256_820),
    (545_890, 257_060), (545_740, 257_320), (545_600, 257_570), (545_540, 257_690), (545_130, 257_640),
    (544_900, 257_590), (544_720, 257_800), (544_640, 258_050), (544_530, 258_300), (544_480, 258_560),
    (544_560, 258_800),
)  # fmt: skip

CITY_CENTRE_RINGS = {
    "full": _WEST + _MILL_ROAD_EAST + _SOUTH,
    "to_railway": _WEST + _CUT_EAST_OF_THE_BRIDGE + _SOUTH,
}

# Name, easting, northing, inside the full area, still inside when Mill Road stops at the railway.
PLACES = (
    ("Market Square, historic centre", 544_880, 258_440, True, True),
    ("Great St Mary's", 544_843, 258_451, True, True),
    ("Grafton Centre", 545_809, 258_699, True, True),
    ("Mill Road west (Petersfield)", 546_065, 257_964, True, True),
    ("Mill Road bridge", 546_435, 257_803, True, True),
    ("Mill Road east (Romsey)", 546_879, 257_609, True, False),
    ("Rail station", 546_195, 257_245, True, True),
    ("Leisure Park", 546_176, 256_805, True, True),
    ("Jesus Green", 545_050, 259_190, True, True),
    ("Midsummer Common", 545_600, 258_990, True, True),
    ("Kelsey Kerridge", 545_735, 258_095, True, True),
    ("Anglia Ruskin University, East Road", 545_890, 258_310, True, True),
    ("Beehive Centre", 546_664, 258_513, False, False),
    ("Cambridge Retail Park", 546_760, 259_040, False, False),
    ("Botanic Garden", 545_482, 257_161, False, False),
    ("Sainsbury's, Brooks Road", 547_548, 257_837, False, False),
    ("Mitcham's Corner", 545_240, 259_450, False, False),
    ("Coleridge Recreation Ground", 546_690, 256_960, False, False),
)

_SERIES_BREAKS = (
    (
        "crimes",
        "2018-05-23",
        "Athena crime recording system",
        "Recorded crime before and after this date was entered in different systems and does not compare.",
        "Cambridgeshire Constabulary moved to Athena on 23 May 2018 (Business Co-ordination Board, 13 September 2018)",
    ),
)


def geography_files() -> dict[str, str]:
    """Text of every reference file, by its path relative to the area folder."""
    return {
        **_boundary_set("lsoa", code_vintage="2011", names=LSOA_NAMES, shapes=lsoa_shapes()),
        **_boundary_set("ward", code_vintage="2013", names=WARD_NAMES, shapes=ward_shapes()),
        "boundaries/lookups/lsoa-2011-to-ward-2013.csv": _nesting_text(),
        "boundaries/lookups/lsoa-2021-codes.csv": csv_text(("code", "name"), LSOAS_2021),
        "geo/city-centre-area.geojson": _city_centre_text(),
        "geo/places.geojson": _places_text(),
        "geo/gazetteer.geojson": _gazetteer_text(),
        "geo/series-breaks.csv": csv_text(("source_kind", "date", "title", "detail", "reference"), _SERIES_BREAKS),
    }


def city_centre_polygon(option: str) -> Polygon:
    """Our draft of the city-centre area in EPSG:27700: ``full``, or ``to_railway`` without Mill Road's eastern end."""
    return Polygon(CITY_CENTRE_RINGS[option])


def _boundary_set(
    kind: str, *, code_vintage: str, names: Mapping[str, str], shapes: Mapping[str, Polygon]
) -> dict[str, str]:
    folder = f"boundaries/{kind}-schematic"
    areas = feature_collection(
        ({"code": code, "name": names[code]}, polygon_geometry(shapes[code])) for code in sorted(shapes)
    )
    manifest = {
        "kind": kind,
        "vintage": "schematic",
        "code_vintage": code_vintage,
        "schematic": True,
        "file": "areas.geojson",
        "crs": "OGC:CRS84",
        "rows": len(shapes),
        "sha256": hashlib.sha256(areas.encode()).hexdigest(),
        "source": "Shapes made by the example generator (python -m hotspots.example) from approximate centres; "
        "codes and names are facts of the Office for National Statistics.",
        "licence": "our own work, under the licence of this project",
        "attribution": SCHEMATIC,
        "resolution": "schematic",
        "repairs": [],
    }
    return {f"{folder}/areas.geojson": areas, f"{folder}/manifest.json": json_text(manifest)}


def _nesting_text() -> str:
    rows = [(lsoa.code, lsoa.name, lsoa.ward_code, WARD_NAMES[lsoa.ward_code]) for lsoa in LSOAS]
    return csv_text(("area_code", "area_name", "parent_code", "parent_name"), sorted(rows))


def _city_centre_text() -> str:
    shared = {
        "name": "City centre area (draft, not the official boundary)",
        "version": AREA_VERSION,
        "author": "digitised by hand for this project from lists of places inside and outside",
        "attribution": "Our own work, guided by open outlines: contains OS data © Crown copyright and database right; "
        "contains public sector information licensed under the Open Government Licence v3.0.",
        "precision_m": 10,
    }
    return feature_collection(
        ({"kind": "area", "id": "city-centre", "option": option, **shared}, polygon_geometry(Polygon(ring)))
        for option, ring in CITY_CENTRE_RINGS.items()
    )


def _places_text() -> str:
    return feature_collection(
        (
            {
                "name": name,
                "expected": "include" if inside else "exclude",
                "include_when_to_railway": inside_to_railway,
                "easting": easting,
                "northing": northing,
            },
            point_geometry(easting, northing),
        )
        for name, easting, northing, inside, inside_to_railway in PLACES
    )


def _gazetteer_text() -> str:
    """Names for hotspots: parts of town, each a point and how far its name reaches."""
    return feature_collection(
        (
            {"name": core.place, "radius_m": core.radius_m, "easting": core.easting, "northing": core.northing},
            point_geometry(core.easting, core.northing),
        )
        for core in CORES
    )
