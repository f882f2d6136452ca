"""The city-centre area: nine included and six excluded places, and the mask on points, polygons and surfaces."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from shapely.geometry import Point, Polygon, box, mapping

from hotspots import crs
from hotspots.areas import Areas, Reference
from hotspots.city_centre import (
    CityCentre,
    check_meets,
    check_places,
    classify,
    inside,
    load_city_centre,
    load_clip,
    load_places,
    mask_surface,
    read_city_centre,
)
from hotspots.errors import DataRefused, SettingsRefused, UsageError
from hotspots.layer import GridSpec, Surface
from hotspots.settings import Area, load_area
from hotspots.tables import points_from_frame

ROOT = Path(__file__).parents[2]
AREA = ROOT / "geo" / "city-centre-area.geojson"
PLACES = ROOT / "geo" / "places.geojson"

# Easting, northing; nine places are included, three of them at two points each.
INCLUDED = {
    "Market Square (historic centre)": (544_880, 258_440),
    "Great St Mary's": (544_843, 258_451),
    "Grafton Centre": (545_809, 258_699),
    "Mill Road west": (546_065, 257_964),
    "Mill Road bridge": (546_435, 257_803),
    "Mill Road east": (546_879, 257_609),
    "Rail station": (546_195, 257_245),
    "Leisure Park": (546_176, 256_805),
    "Jesus Green": (545_050, 259_190),
    "Midsummer Common": (545_600, 258_990),
    "Kelsey Kerridge": (545_735, 258_095),
    "ARU East Road": (545_890, 258_310),
}
EXCLUDED = {
    "Beehive Centre": (546_664, 258_513),
    "Cambridge Retail Park": (546_760, 259_040),
    "Botanic Garden": (545_482, 257_161),
    "Sainsbury's Brooks Road": (547_548, 257_837),
    "Mitcham's Corner": (545_240, 259_450),
    "Coleridge Recreation Ground": (546_690, 256_960),
}
SQUARE = CityCentre("square", "Square", "1", "full", box(0, 0, 100, 100), "")


def spots(places: dict[str, tuple[int, int]]) -> Any:
    return np.array(list(places.values()), dtype=float)


def write(path: Path, *features: tuple[dict[str, Any], Any]) -> Path:
    content = [
        {"type": "Feature", "properties": properties, "geometry": mapping(crs.geometry_to_wgs84(shape))}
        for properties, shape in features
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": content}), encoding="utf-8")
    return path


def area(folder: Path, *, option: str = "full") -> Area:
    (folder / "hotspots.toml").write_text(
        f'[area]\nname = "Place"\n[city_centre]\npath = "centre.geojson"\noption = "{option}"\n', encoding="utf-8"
    )
    return load_area(folder / "hotspots.toml")


def two_options(folder: Path) -> Path:
    shared = {"kind": "area", "id": "city-centre", "name": "Centre", "version": "draft-1", "attribution": "Ours"}
    return write(
        folder / "centre.geojson",
        ({**shared, "option": "full"}, box(544_000, 257_000, 546_000, 258_000)),
        ({**shared, "option": "to_railway"}, box(544_000, 257_000, 545_000, 258_000)),
    )


def test_fault_050_all_twelve_points_of_the_nine_included_places_are_inside_the_full_area() -> None:
    assert inside(read_city_centre(AREA), spots(INCLUDED)).tolist() == [True] * 12


def test_all_six_excluded_places_are_outside_in_both_options() -> None:
    for option in ("full", "to_railway"):
        assert inside(read_city_centre(AREA, option=option), spots(EXCLUDED)).tolist() == [False] * 6


def test_to_the_railway_leaves_only_the_eastern_end_of_mill_road_out() -> None:
    found = inside(read_city_centre(AREA, option="to_railway"), spots(INCLUDED))
    assert [name for name, held in zip(INCLUDED, found, strict=True) if not held] == ["Mill Road east"]


def test_no_included_place_is_nearer_to_the_edge_than_60_m_and_no_excluded_one_than_90_m() -> None:
    edge = read_city_centre(AREA).geometry.exterior
    assert min(edge.distance(Point(spot)) for spot in INCLUDED.values()) > 60
    assert min(edge.distance(Point(spot)) for spot in EXCLUDED.values()) > 90


def test_the_shipped_list_of_places_agrees_with_the_shipped_area_in_both_options() -> None:
    places = load_places(PLACES)
    assert places["expected"].value_counts().to_dict() == {"include": 12, "exclude": 6}
    for option in ("full", "to_railway"):
        assert check_places(read_city_centre(AREA, option=option), places) == []


def test_the_full_area_is_2_97_km2_and_its_label_says_that_it_is_a_draft() -> None:
    centre = load_city_centre(load_area(ROOT / "hotspots.toml"))
    assert centre is not None
    assert round(centre.geometry.area / 1e6, 2) == 2.97
    assert centre.label == "City centre area (draft, not the official boundary), version draft-1, option full"


def test_a_place_on_the_wrong_side_is_a_problem_said_in_a_sentence() -> None:
    places = pd.DataFrame(
        {"name": ["In", "Out"], "expected": ["include", "exclude"], "easting": [500.0, 50.0], "northing": [50.0, 50.0]}
    )
    assert check_places(SQUARE, places) == [
        "In should be inside Square, version 1, option full, but it is outside",
        "Out should be outside Square, version 1, option full, but it is inside",
    ]


def test_fault_032_a_point_on_the_edge_or_a_corner_is_in() -> None:
    events = points_from_frame(pd.DataFrame({"easting": [100.0, 0, 100.001], "northing": [50.0, 0, 50]}))
    assert inside(SQUARE, events).tolist() == [True, True, False]


def test_polygons_are_inside_from_90_percent_outside_up_to_10_and_straddling_between() -> None:
    shapes = [box(10, 0, 110, 100), box(10, 0, 111, 100), box(90, 0, 190, 100), box(89, 0, 189, 100)]
    table = pd.DataFrame({"code": list("ABCD"), "name": "", "geometry": pd.Series(shapes, dtype=object)})
    found = classify(SQUARE, Areas("lsoa", "2011", "2011", False, "", table), inside_share=0.9, outside_share=0.1)
    assert found["share"].round(3).tolist() == [0.9, 0.891, 0.1, 0.11]
    assert found["membership"].tolist() == ["inside", "straddling", "outside", "straddling"]


def surface() -> Surface:
    grid = GridSpec(0, 0, 50, 4, 3)
    values = np.arange(12, dtype=np.float32).reshape(3, 4)
    return Surface(grid, values, 300, "quartic", np.full((3, 4), 7, dtype=np.uint32))


def test_cells_whose_centre_is_outside_become_nodata_without_events() -> None:
    masked = mask_surface(surface(), box(0, 0, 100, 100))
    # Row 0 is the top (northing 100 to 150); the mask holds the two western columns of the two lower rows.
    assert np.isnan(masked.values).tolist() == [[True] * 4, [False, False, True, True], [False, False, True, True]]
    assert masked.events.tolist() == [[0] * 4, [7, 7, 0, 0], [7, 7, 0, 0]]
    assert masked.values[2].tolist()[:2] == [8.0, 9.0]
    assert surface().values[0, 0] == 0


def test_the_mask_takes_the_cells_that_their_centres_say() -> None:
    ring = Polygon([(13, 9), (180, 33), (161, 140), (40, 122)])
    grid = surface().grid
    eastings, northings = np.meshgrid(grid.centre_eastings, grid.centre_northings)
    expected = shapely.contains_xy(ring, eastings, northings)
    assert (~np.isnan(mask_surface(surface(), ring).values) == expected).all()


@pytest.mark.parametrize("mask", [box(5000, 5000, 6000, 6000), box(1, 1, 2, 2)])
def test_a_mask_that_holds_no_cell_is_refused_saying_where_both_are(mask: Any) -> None:
    with pytest.raises(DataRefused, match="surface covers easting 0 to 200 and northing 0 to 150, the mask "):
        mask_surface(surface(), mask)


def test_the_option_of_the_area_file_is_taken_and_an_unknown_one_refused(tmp_path: Path) -> None:
    two_options(tmp_path)
    centre = load_city_centre(area(tmp_path, option="to_railway"))
    assert centre is not None
    assert (centre.option, centre.id, centre.attribution) == ("to_railway", "city-centre", "Ours")
    assert round(centre.geometry.area) == 1_000_000
    with pytest.raises(SettingsRefused, match="0 areas of option 'half'; it has full, to_railway"):
        load_city_centre(area(tmp_path, option="half"))


def test_an_area_file_without_a_city_centre_has_none(tmp_path: Path) -> None:
    (tmp_path / "hotspots.toml").write_text('[area]\nname = "Place"\n', encoding="utf-8")
    assert load_city_centre(load_area(tmp_path / "hotspots.toml")) is None


def test_fault_025_a_city_centre_with_easting_and_northing_exchanged_is_refused(tmp_path: Path) -> None:
    """It lay in Ayrshire, and every count inside it was nought."""
    square = pd.DataFrame({"code": ["W1"], "name": ["One"], "geometry": [box(544_000, 257_000, 545_000, 258_000)]})
    reference = Reference(None, Areas("ward", "2013", "2013", False, "", square))
    centre = CityCentre("city-centre", "Centre", "1", "full", box(544_100, 257_100, 544_900, 257_900), "")
    check_meets(centre, reference)
    turned = replace(centre, geometry=box(257_100, 544_100, 257_900, 544_900))
    said = r"Centre, version 1, option full lies at easting 257,100 to 257,900, northing 544,100 .* the wrong way round"
    with pytest.raises(DataRefused, match=said):
        check_meets(turned, reference)


def test_a_file_without_an_area_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "centre.geojson", ({"kind": "landmark"}, box(544_000, 257_000, 545_000, 258_000)))
    with pytest.raises(DataRefused, match="no feature has the property kind = area"):
        load_city_centre(area(tmp_path))


def test_a_clip_is_the_area_by_its_name_or_a_file_with_its_hash_as_version(tmp_path: Path) -> None:
    two_options(tmp_path)
    settings = area(tmp_path, option="to_railway")
    assert load_clip("city-centre", settings).option == "to_railway"
    beats = write(
        tmp_path / "My Beats.geojson",
        ({"beat": "1"}, box(544_000, 257_000, 545_000, 258_000)),
        ({"beat": "2"}, box(545_000, 257_000, 546_000, 258_000)),
    )
    clip = load_clip(beats, settings)
    assert (clip.id, clip.name, len(clip.version)) == ("my-beats", "My Beats.geojson", 12)
    assert clip.label == f"My Beats.geojson, version {clip.version}"
    assert round(clip.geometry.area) == 2_000_000
    assert load_clip(tmp_path / "centre.geojson", None).option == "full"


def test_a_clip_that_is_neither_a_name_nor_a_file_is_refused_naming_what_there_is(tmp_path: Path) -> None:
    two_options(tmp_path)
    with pytest.raises(UsageError, match="'city-center': expected the name city-centre or a polygon file"):
        load_clip("city-center", area(tmp_path))
    with pytest.raises(UsageError, match="no name"):
        load_clip("http://example.org/x.geojson", None)


def test_a_clip_of_points_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataRefused, match="feature 1 is a Point; expected a polygon"):
        load_clip(write(tmp_path / "dots.geojson", ({}, Point(544_000, 257_000))), None)


def test_places_need_names_points_and_a_known_expectation(tmp_path: Path) -> None:
    spot = Point(544_000, 257_000)
    for properties, shape, reason in (
        ({"name": "Market"}, box(544_000, 257_000, 545_000, 258_000), "every one a point"),
        ({"name": " "}, spot, "every place needs a name"),
        ({"name": "Market", "expected": "perhaps"}, spot, "expected is 'perhaps'; allowed are include and exclude"),
    ):
        with pytest.raises(DataRefused, match=reason):
            load_places(write(tmp_path / "places.geojson", (properties, shape)))
    places = load_places(write(tmp_path / "places.geojson", ({"name": "Market", "note": "x"}, spot)))
    assert places.columns.tolist() == ["name", "expected", "easting", "northing", "note"]
    assert places["easting"].round(2).tolist() == [544_000.0]
    assert check_places(SQUARE, places) == []
