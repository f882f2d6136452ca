"""The shipped example, read back with plain csv and json: its totals, its partition, and that it remakes itself."""

import csv
import hashlib
import json
import statistics
from collections import Counter, defaultdict
from datetime import datetime
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import shapely
from shapely.geometry import Point, Polygon, shape

from hotspots import crs
from hotspots.example import example_files, geography, write_example
from hotspots.example.facts import CORES, LSOA_NAMES, LSOAS, LSOAS_2021, WARD_NAMES, WARDS
from hotspots.example.licensed import FIGURE_9, VIOLENT
from hotspots.example.shapes import lsoa_shapes, ward_shapes
from hotspots.example.spread import inside
from hotspots.example.street import ASB, MONTHS, STATED_ELSEWHERE, snap_points

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "geo" / "sample"


@cache
def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def street_rows() -> list[dict[str, str]]:
    return [row for path in sorted((SAMPLE / "street").glob("*.csv")) for row in rows_of(path)]


def features_of(name: str) -> list[dict[str, Any]]:
    features: list[dict[str, Any]] = json.loads((ROOT / name).read_text(encoding="utf-8"))["features"]
    return features


def polygon_of(feature: dict[str, Any]) -> Polygon:
    polygon = shape(feature["geometry"])
    assert isinstance(polygon, Polygon)
    return polygon


def financial_year(date: str) -> str:
    year = int(date[:4]) - (date[5:7] < "04")
    return f"{year}/{(year + 1) % 100:02d}"


def ward_at(easting: str, northing: str) -> list[str]:
    """Names of all schematic wards that hold a position."""
    point = Point(int(easting), int(northing))
    return [WARD_NAMES[code] for code, ward in ward_shapes().items() if ward.intersects(point)]


def instances() -> list[dict[str, str]]:
    return [row for row in rows_of(SAMPLE / "needle_finds.csv") if int(row["quantity"]) > 0]


# The files remake themselves


def test_every_committed_file_is_remade_byte_for_byte(tmp_path: Path) -> None:
    written = write_example(tmp_path)
    assert len(written) == 42
    for path in written:
        name = path.relative_to(tmp_path)
        assert path.read_bytes() == (ROOT / name).read_bytes(), f"{name}: run python -m hotspots.example --to ."


def test_nothing_but_synthetic_records_lies_in_the_sample_folder() -> None:
    held = {path.relative_to(ROOT).as_posix() for path in SAMPLE.rglob("*.*")}
    assert held == {name for name in example_files() if name.startswith("geo/sample/")}


def test_the_files_hold_no_carriage_return_and_end_with_a_line_feed() -> None:
    assert all("\r" not in text and text.endswith("\n") for text in example_files().values())


# Boundaries


@pytest.mark.parametrize(
    ("kind", "names", "code_vintage"), [("lsoa", LSOA_NAMES, "2011"), ("ward", WARD_NAMES, "2013")]
)
def test_a_boundary_set_is_a_valid_coverage_with_the_real_codes_and_a_true_manifest(
    kind: str, names: dict[str, str], code_vintage: str
) -> None:
    folder = ROOT / "boundaries" / f"{kind}-schematic"
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    areas = features_of(f"boundaries/{kind}-schematic/areas.geojson")
    assert [area["properties"] for area in areas] == [{"code": c, "name": n} for c, n in sorted(names.items())]
    polygons = [polygon_of(area) for area in areas]
    assert all(polygon.is_valid for polygon in polygons)
    assert all(polygon.exterior.is_ccw and not polygon.interiors for polygon in polygons)
    assert shapely.coverage_is_valid(polygons)
    assert manifest["sha256"] == hashlib.sha256((folder / manifest["file"]).read_bytes()).hexdigest()
    assert manifest["rows"] == len(areas) == len(names)
    assert (manifest["vintage"], manifest["code_vintage"], manifest["schematic"]) == ("schematic", code_vintage, True)
    assert "invented shapes" in manifest["attribution"]


def test_there_are_69_lsoas_nested_exactly_in_14_wards() -> None:
    assert (len(LSOAS), len(WARDS)) == (69, 14)
    assert sum(lsoa.area for lsoa in lsoa_shapes().values()) == pytest.approx(40.4e6, abs=0.1e6)
    for code, ward in ward_shapes().items():
        parts = [lsoa_shapes()[lsoa.code] for lsoa in LSOAS if lsoa.ward_code == code]
        assert shapely.union_all(parts).equals(ward), WARD_NAMES[code]
        assert sum(part.area for part in parts) == pytest.approx(ward.area, abs=1e-3)


def test_written_ward_vertices_are_written_lsoa_vertices() -> None:
    def vertices(kind: str) -> set[tuple[float, float]]:
        areas = features_of(f"boundaries/{kind}-schematic/areas.geojson")
        return {tuple(vertex) for area in areas for vertex in area["geometry"]["coordinates"][0]}

    assert vertices("ward") < vertices("lsoa")


def test_shapes_resemble_the_city_without_being_it() -> None:
    assert min(lsoa.area for lsoa in lsoa_shapes().values()) > 100_000
    for ward in WARDS:
        assert ward_shapes()[ward.code].contains(Point(ward.easting, ward.northing)), ward.name
        assert ward_shapes()[ward.code].area / 1e6 == pytest.approx(ward.area_km2, rel=0.15), ward.name


def test_wards_hold_the_number_of_lsoas_that_the_true_ones_hold() -> None:
    held = Counter(WARD_NAMES[lsoa.ward_code] for lsoa in LSOAS)
    assert dict(held) == {
        "Abbey": 6, "Arbury": 6, "Castle": 4, "Cherry Hinton": 6, "Coleridge": 5, "East Chesterton": 6,
        "King's Hedges": 6, "Market": 2, "Newnham": 3, "Petersfield": 5, "Queen Edith's": 5, "Romsey": 5,
        "Trumpington": 5, "West Chesterton": 5,
    }  # fmt: skip


def test_the_lookups_name_69_lsoas_of_2011_and_78_of_2021_with_58_codes_in_both() -> None:
    nesting = rows_of(ROOT / "boundaries/lookups/lsoa-2011-to-ward-2013.csv")
    later = rows_of(ROOT / "boundaries/lookups/lsoa-2021-codes.csv")
    assert {(row["area_code"], row["parent_code"]) for row in nesting} == {(a.code, a.ward_code) for a in LSOAS}
    assert all(WARD_NAMES[row["parent_code"]] == row["parent_name"] for row in nesting)
    assert [(row["code"], row["name"]) for row in later] == list(LSOAS_2021)
    codes, later_codes = {row["area_code"] for row in nesting}, {row["code"] for row in later}
    assert (len(nesting), len(later), len(codes & later_codes)) == (69, 78, 58)


# City-centre area and places


@pytest.mark.parametrize("option", ["full", "to_railway"])
def test_twelve_places_lie_inside_the_area_and_six_outside(option: str) -> None:
    area = geography.city_centre_polygon(option)
    expected = "expected" if option == "full" else "include_when_to_railway"
    places = [place["properties"] for place in features_of("geo/places.geojson")]
    for place in places:
        found = area.contains(Point(place["easting"], place["northing"]))
        assert found == (place[expected] in ("include", True)), place["name"]
    assert Counter(place["expected"] for place in places) == {"include": 12, "exclude": 6}


def test_stopping_at_the_railway_leaves_out_mill_road_east_and_nothing_else() -> None:
    places = [place["properties"] for place in features_of("geo/places.geojson")]
    dropped = [p["name"] for p in places if p["expected"] == "include" and not p["include_when_to_railway"]]
    assert dropped == ["Mill Road east (Romsey)"]


def test_the_written_area_is_a_valid_draft_of_2_97_square_kilometres() -> None:
    full, to_railway = features_of("geo/city-centre-area.geojson")
    assert [a["properties"]["option"] for a in (full, to_railway)] == ["full", "to_railway"]
    assert "not the official boundary" in full["properties"]["name"]
    areas_km2 = [crs.geometry_to_bng(polygon_of(a)).area / 1e6 for a in (full, to_railway)]
    assert areas_km2 == pytest.approx([2.971, 2.851], abs=0.001)
    assert all(polygon_of(a).is_valid and polygon_of(a).exterior.is_ccw for a in (full, to_railway))


def test_recorded_crime_breaks_on_23_may_2018() -> None:
    breaks = rows_of(ROOT / "geo" / "series-breaks.csv")
    assert [(row["source_kind"], row["date"]) for row in breaks] == [("crimes", "2018-05-23")]


# Callouts and population


def test_callouts_are_400_372_348_336_312_and_average_352_over_the_middle_three_years() -> None:
    years: Counter[str] = Counter()
    for row in rows_of(SAMPLE / "callouts.csv"):
        years[row["period"][:7]] += int(row["count"])
    assert years == {"2014/15": 400, "2015/16": 372, "2016/17": 348, "2017/18": 336, "2018/19": 312}
    assert statistics.mean(years[year] for year in ("2015/16", "2016/17", "2017/18")) == 352.0


def test_callouts_have_no_zero_rows_no_repeats_and_007g_highest_in_every_year() -> None:
    rows = rows_of(SAMPLE / "callouts.csv")
    assert len({(row["lsoa_code"], row["period"]) for row in rows}) == len(rows)
    assert all(int(row["count"]) > 0 and row["category"] == "assault" for row in rows)
    by_year: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        by_year[row["period"][:7]][LSOA_NAMES[row["lsoa_code"]]] += int(row["count"])
    assert [counts.most_common(1)[0][0] for counts in by_year.values()] == ["Cambridge 007G"] * 5
    assert {row["period"][8:] for row in rows} == {"Q1", "Q2", "Q3", "Q4"}


def test_population_is_125000_with_one_lsoa_of_420() -> None:
    residents = {row["lsoa_code"]: int(row["population"]) for row in rows_of(SAMPLE / "population.csv")}
    assert set(residents) == set(LSOA_NAMES)
    assert sum(residents.values()) == 125_000
    lowest, *others = sorted(residents.values())
    assert lowest == 420
    assert all(1_000 <= number <= 3_000 for number in others)


# Needle finds


def test_needle_finds_are_172_304_328_instances_and_6842_10324_3579_needles() -> None:
    found: Counter[str] = Counter()
    needles: Counter[str] = Counter()
    for row in instances():
        found[financial_year(row["date_reported"])] += 1
        needles[financial_year(row["date_reported"])] += int(row["quantity"])
    assert found == {"2016/17": 172, "2017/18": 304, "2018/19": 328}
    assert needles == {"2016/17": 6_842, "2017/18": 10_324, "2018/19": 3_579}


def test_nine_finds_found_nothing_and_one_found_1800() -> None:
    quantities = [int(row["quantity"]) for row in rows_of(SAMPLE / "needle_finds.csv")]
    assert len(quantities) == 813
    assert quantities.count(0) == 9
    assert (max(quantities), statistics.median(q for q in quantities if q)) == (1_800, 3)


def test_every_needle_find_lies_in_a_core_and_in_exactly_one_ward() -> None:
    for row in rows_of(SAMPLE / "needle_finds.csv"):
        wards = ward_at(row["easting"], row["northing"])
        cores = [core for core in CORES if inside(core, int(row["easting"]), int(row["northing"]))]
        assert len(wards) == 1, row
        assert {WARD_NAMES[core.ward_code] for core in cores} == set(wards), row


@pytest.mark.parametrize("public_realm_only", [False, True])
def test_market_petersfield_castle_and_romsey_are_the_four_highest_wards(public_realm_only: bool) -> None:
    rows = [row for row in instances() if not (public_realm_only and row["is_house_clearance"] != "no")]
    counts = Counter(ward_at(row["easting"], row["northing"])[0] for row in rows)
    ranked = counts.most_common()
    assert [ward for ward, _ in ranked[:5]] == ["Market", "Petersfield", "Castle", "Romsey", "Abbey"]
    assert all(higher - lower >= 15 for (_, higher), (_, lower) in pairwise(ranked[:5]))
    if not public_realm_only:
        assert [count for _, count in ranked[:5]] == [291, 165, 99, 77, 42]


def test_twelve_finds_are_listed_under_castle_that_lie_in_market_or_west_chesterton() -> None:
    wrong = [
        (row["ward_text"], ward_at(row["easting"], row["northing"])[0])
        for row in instances()
        if [row["ward_text"]] != ward_at(row["easting"], row["northing"])
    ]
    assert Counter(wrong) == {("Castle", "Market"): 5, ("Castle", "West Chesterton"): 7}


def test_needle_flags_and_kinds_are_those_declared() -> None:
    rows = rows_of(SAMPLE / "needle_finds.csv")
    assert {row["is_house_clearance"] for row in rows} == {"yes", "no", "unknown"} == {row["is_batch"] for row in rows}
    assert {row["source"] for row in rows} == {
        "public_report", "operative_routine", "officer_patrol", "housing_clearance",
    }  # fmt: skip
    clearances = [row for row in rows if row["is_house_clearance"] == "yes"]
    assert {row["land_type"] for row in clearances} == {"private_dwelling"}
    assert sum(1 for row in rows if row["land_type"] == "private_dwelling") == len(clearances) == 15
    assert len({row["find_id"] for row in rows}) == len(rows)


def test_half_of_the_finds_lie_in_the_city_centre_area() -> None:
    area = geography.city_centre_polygon("full")
    share = statistics.mean(area.contains(Point(int(r["easting"]), int(r["northing"]))) for r in instances())
    assert 0.4 < share < 0.6


# Street crime


def test_street_files_hold_24_months_of_about_150_rows_and_14_crime_types() -> None:
    assert [path.name[:7] for path in sorted((SAMPLE / "street").glob("*.csv"))] == list(MONTHS)
    months = Counter(row["Month"] for row in street_rows())
    assert list(months) == list(MONTHS)
    assert all(135 <= count <= 175 for count in months.values())
    assert len({row["Crime type"] for row in street_rows()}) == 14
    assert {row["Reported by"] for row in street_rows()} == {"Synthetic sample"}


def test_antisocial_behaviour_has_no_identifier_and_some_of_it_repeats_exactly() -> None:
    identified = [row["Crime ID"] for row in street_rows() if row["Crime type"] != ASB]
    assert len(set(identified)) == len(identified)
    assert all(len(crime_id) == 64 for crime_id in identified)
    asb = [tuple(row.values()) for row in street_rows() if row["Crime type"] == ASB]
    assert all(row[0] == "" for row in asb)
    assert len(asb) - len(set(asb)) > 50


def test_about_3_percent_of_street_rows_have_no_place_and_half_have_an_hour() -> None:
    rows = street_rows()
    nowhere = [row for row in rows if not row["Longitude"]]
    assert all(row["LSOA code"] == row["Latitude"] == "" and row["Location"] == "No Location" for row in nowhere)
    assert 0.02 < len(nowhere) / len(rows) < 0.04
    assert 0.45 < sum(1 for row in rows if row["Hour"]) / len(rows) < 0.55


def test_a_stated_lsoa_holds_its_point_except_in_twelve_rows_and_the_next_district() -> None:
    rows = [row for row in street_rows() if row["Longitude"]]
    eastings, northings = crs.to_bng([row["Longitude"] for row in rows], [row["Latitude"] for row in rows])
    codes = list(lsoa_shapes())
    tree = shapely.STRtree(list(lsoa_shapes().values()))
    point_index, area_index = tree.query(shapely.points(eastings, northings), predicate="intersects")
    located = {int(point): codes[int(area)] for point, area in zip(point_index, area_index, strict=True)}
    assert len(point_index) == len(located)
    outside = [row for index, row in enumerate(rows) if index not in located]
    assert {row["LSOA code"] for row in outside}.isdisjoint(LSOA_NAMES)
    assert len(outside) >= 48
    elsewhere = [index for index, code in located.items() if rows[index]["LSOA code"] != code]
    assert len(elsewhere) == STATED_ELSEWHERE == 12
    assert {rows[index]["LSOA code"] for index in elsewhere} < set(LSOA_NAMES)


def test_there_are_350_snap_points_away_from_edges() -> None:
    assert len(snap_points()) == 350
    for point in snap_points():
        edge = lsoa_shapes()[point.lsoa_code].exterior
        assert edge.distance(Point(point.easting, point.northing)) > 14


# Premises and incidents


def test_twenty_four_premises_lie_in_the_city_centre_and_one_is_closed() -> None:
    rows = rows_of(SAMPLE / "premises.csv")
    area = geography.city_centre_polygon("to_railway")
    assert [row["premises_id"] for row in rows] == [f"PR{number:03d}" for number in range(1, 25)]
    assert all(area.contains(Point(int(row["easting"]), int(row["northing"]))) for row in rows)
    assert [row["premises_id"] for row in rows if row["closed"]] == ["PR017"]
    assert all(row["opened"] <= row["operator_since"] for row in rows)


def test_pr001_follows_figure_9_and_its_rolling_score_reaches_10_at_month_9() -> None:
    counts = Counter(row["date"][:7] for row in rows_of(SAMPLE / "incidents.csv") if row["premises_id"] == "PR001")
    months = ["2017-12", *MONTHS[9:]]
    series = [counts[month] for month in months]
    assert tuple(series) == FIGURE_9 == (0, 1, 0, 1, 0, 0, 2, 3, 4, 1, 1, 0, 0, 1, 0, 0)
    rolling = [sum(series[max(0, month - 6) : month]) for month in range(1, 17)]
    assert (rolling[5], rolling[8], rolling[14]) == (2, 10, 3)


def test_every_other_premises_stays_below_5_counted_incidents_in_six_months() -> None:
    by_premises: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows_of(SAMPLE / "incidents.csv"):
        if row["incident_type"] in VIOLENT and row["premises_id"] not in ("", "PR001"):
            by_premises[row["premises_id"]][row["date"][:7]] += 1
    months = ["2017-12", *MONTHS[9:]]
    windows = [[c[m] for m in months[at : at + 6]] for c in by_premises.values() for at in range(len(months) - 5)]
    assert len(by_premises) == 17
    assert max(map(sum, windows)) == 4


def test_five_incidents_are_unattributed_and_one_pair_is_probably_one_event() -> None:
    rows = rows_of(SAMPLE / "incidents.csv")
    assert sum(1 for row in rows if not row["premises_id"]) == 5
    assert all("2017-12-01" <= row["date"] <= "2019-03-31" and 3 <= int(row["date"][8:]) <= 26 for row in rows)
    times = defaultdict(list)
    for row in rows:
        if row["premises_id"]:
            times[row["premises_id"]].append(datetime.fromisoformat(f"{row['date']}T{row['time']}"))
    close = [
        premises
        for premises, moments in times.items()
        for earlier, later in pairwise(moments)
        if (later - earlier).total_seconds() <= 3600
    ]
    assert close == ["PR013"]


def test_incident_types_include_excluded_ones_and_pr001_has_only_counted_ones() -> None:
    rows = rows_of(SAMPLE / "incidents.csv")
    assert {row["incident_type"] for row in rows} == {*VIOLENT, "theft", "drugs"}
    assert {row["incident_type"] for row in rows if row["premises_id"] == "PR001"} <= set(VIOLENT)


def test_the_sample_folder_says_that_it_is_synthetic_and_how_to_make_it_again() -> None:
    text = (SAMPLE / "README.md").read_text(encoding="utf-8")
    assert "all of this is synthetic" in text
    assert "python -m hotspots.example --to ." in text
