"""LSOAs that no ward holds half of, as in the City of London or on the Isles of Scilly, where no lookup was given."""

import math

import geopandas as gpd
import pytest
import shapely

from hotspots import crs
from hotspots.errors import DataRefused
from hotspots.pipeline import build_area
from hotspots.snapshot import Build
from hotspots.views import Selection, Viewer, counts_of, ranked, sentence, totals_over, view, ward_names

WEST, MIDDLE, EAST = "ward:W05025000", "ward:W05025001", "ward:W05025002"


@pytest.fixture
def build(town, tmp_path) -> Build:
    """Three columns of three LSOAs; the line of two wards runs down the middle of the second."""
    place = town()
    x, y, side = place.easting, place.northing, 1000
    strips = [(0, 0.9), (0.9, 1.5), (1.5, 3)]
    shapes = [shapely.box(x + first * side, y, x + last * side, y + 3 * side) for first, last in strips]
    columns = {name: place.wards[name] for name in ("WD22CD", "WD22NM", "LAD22CD")}
    wards = gpd.GeoDataFrame(columns, geometry=shapes, crs=crs.BNG)
    place.street_file("2023-04")
    folder = place.made(
        tmp_path / "area", wards=place.geojson(wards, "w.geojson"), crimes=place.folder / "police"
    ).folder
    return build_area(folder / "hotspots.toml", tmp_path / "build")


def shown(build: Build, where: str) -> tuple[dict[str, float], str, tuple[str, ...]]:
    asked = Selection("crimes", when="2023-04", where=where, how="lsoa")
    layer = view(build, asked, Viewer("officer"))
    names = ward_names(build)
    rows = ranked(layer, wards=names)
    return dict(zip(rows["name"], rows["value"], strict=True)), sentence(layer, asked, wards=names), layer.meta.caveats


def test_an_lsoa_on_the_line_of_two_wards_is_in_no_total_of_either_and_both_say_so(build: Build) -> None:
    """Each had 3 burglaries of two that may all be the other's; it was given to one, and the other was empty."""
    numbers, words, caveats = shown(build, MIDDLE)
    assert numbers == {"Gwynedd 001B": 2, "Gwynedd 002B": 2, "Gwynedd 003B": 2}
    assert words == (
        "Recorded crime, 2023-04, St Mary's ward: 3 small areas (LSOA), 3 of them in other wards too; "
        "highest: Gwynedd 001B and 2 others (2 crimes each)."
    )
    assert caveats[-1].startswith("Lying in another ward too, and in no total of this one: W01025001, W01025004, W0")
    assert caveats[-1].endswith("The number is of the whole LSOA: a count by area is never cut.")
    numbers, words, _ = shown(build, EAST)
    assert len(numbers) == 6
    assert "6 small areas (LSOA), 3 of them in other wards too" in words
    numbers, words, caveats = shown(build, WEST)
    assert numbers == {"Gwynedd 001A": 2, "Gwynedd 002A": 2, "Gwynedd 003A": 2}
    assert "other wards" not in words
    assert caveats[-1] == "LSOAs are given to the ward that holds most of them."


def test_the_total_of_a_ward_is_of_the_lsoas_that_it_holds_most_of(build: Build) -> None:
    def total(where: str) -> tuple[float, float]:
        found = totals_over(build, Selection("crimes", where=where), Viewer("officer"), periods=["2023-04"])
        return found.table.iloc[0]["lower"], found.table.iloc[0]["upper"]

    assert [total(where) for where in (WEST, EAST, "city")] == [(6, 6), (6, 6), (18, 18)]
    # It holds most of no LSOA, so its count is not known: 0 would say that nothing happened there.
    assert all(math.isnan(end) for end in total(MIDDLE))
    with pytest.raises(DataRefused, match="none of which lies wholly in St Mary's ward"):
        counts_of(build, Viewer("officer"), what="crimes", place=MIDDLE)
    assert set(ward_names(build).values()) == {"Y Felinheli", "Llŷn & Môr"}
