"""The synthetic needle finds on the true wards: the cores were chosen so that totals by ward are the same there."""

import csv
import json
import os
from collections import Counter
from pathlib import Path

import pytest
from shapely.geometry import Point, shape
from shapely.geometry.base import BaseGeometry

from hotspots import crs
from hotspots.example.facts import CORES, LSOA_NAMES, LSOAS, LSOAS_2021, WARD_NAMES
from hotspots.example.needles import INSTANCES
from hotspots.example.shapes import ward_shapes

REAL = os.environ.get("HOTSPOTS_REAL_DATA")
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not REAL, reason="HOTSPOTS_REAL_DATA is not set: the true boundaries are not in this folder"),
]
NEEDLES = Path(__file__).parents[2] / "geo" / "sample" / "needle_finds.csv"


@pytest.fixture(scope="module")
def true_wards() -> dict[str, BaseGeometry]:
    path = Path(str(REAL)) / "boundaries" / "cambridge_wards_2013_bgc.geojson"
    features = json.loads(path.read_text(encoding="utf-8"))["features"]
    return {f["properties"]["WD13CD"]: crs.geometry_to_bng(shape(f["geometry"])) for f in features}


@pytest.fixture(scope="module")
def true_ward_of_each_instance(true_wards: dict[str, BaseGeometry]) -> list[tuple[str, str]]:
    """Financial year (the year in which it starts) and true ward code of every find with a quantity."""
    with NEEDLES.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["quantity"] != "0"]
    found = []
    for row in rows:
        point = Point(int(row["easting"]), int(row["northing"]))
        (code,) = [code for code, ward in true_wards.items() if ward.intersects(point)]
        found.append((str(int(row["date_reported"][:4]) - (row["date_reported"][5:7] < "04")), code))
    return found


def test_every_core_lies_30_metres_inside_its_true_and_its_schematic_ward(true_wards: dict[str, BaseGeometry]) -> None:
    assert set(true_wards) == set(WARD_NAMES)
    for core in CORES:
        centre = Point(core.easting, core.northing)
        for wards in (true_wards, ward_shapes()):
            ward = wards[core.ward_code]
            assert ward.contains(centre), core
            assert ward.boundary.distance(centre) - core.radius_m >= 30, core


def test_instances_by_true_ward_and_year_are_those_of_the_schematic_wards(
    true_ward_of_each_instance: list[tuple[str, str]],
) -> None:
    counts = Counter((WARD_NAMES[code], year) for year, code in true_ward_of_each_instance)
    expected = {
        (ward, year): count
        for ward, years in INSTANCES.items()
        for year, count in zip(("2016", "2017", "2018"), years, strict=True)
    }
    assert counts == expected
    assert len(true_ward_of_each_instance) == 172 + 304 + 328


def test_market_petersfield_castle_and_romsey_are_the_four_highest_true_wards(
    true_ward_of_each_instance: list[tuple[str, str]],
) -> None:
    counts = Counter(WARD_NAMES[code] for _, code in true_ward_of_each_instance)
    assert counts.most_common(4) == [("Market", 291), ("Petersfield", 165), ("Castle", 99), ("Romsey", 77)]


def test_typed_codes_and_names_are_the_published_ones() -> None:
    def rows(name: str) -> list[dict[str, str]]:
        with (Path(str(REAL)) / "lookups" / name).open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    nesting = rows("cambridge_lsoa11_to_ward17_bestfit.csv")
    assert {row["LSOA11CD"]: row["LSOA11NM"] for row in nesting} == LSOA_NAMES
    assert {row["LSOA11CD"]: row["WD17CD"] for row in nesting} == {lsoa.code: lsoa.ward_code for lsoa in LSOAS}
    assert {row["WD17CD"]: row["WD17NM"] for row in nesting} == WARD_NAMES
    later = rows("cambridge_lsoa21_to_ward24_bestfit.csv")
    assert {row["LSOA21CD"]: row["LSOA21NM"] for row in later} == dict(LSOAS_2021)
