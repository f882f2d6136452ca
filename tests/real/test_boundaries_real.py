"""The real boundaries of Cambridge and of three London boroughs, and 4,040 recorded crimes located in them."""

import csv
import os
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from hotspots import crs
from hotspots.areas import AreaKind, Areas
from hotspots.boundaries import add_boundaries, load_reference, read_polygons
from hotspots.boundaries.check import checked_table
from hotspots.city_centre import classify, inside, read_city_centre
from hotspots.errors import DataRefused, VintageError
from hotspots.joins import locate
from hotspots.settings import BoundariesSection, load_area
from hotspots.tables import PointEvents, points_from_frame

REAL = Path(os.environ.get("HOTSPOTS_REAL_DATA") or "not-set")
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not REAL.is_dir(), reason="HOTSPOTS_REAL_DATA is not set: the real files are not here"),
]
LONDON = "ambulance/london_camden_islington_westminster_wards_2013_bgc.geojson"
AREA = Path(__file__).parents[2] / "geo" / "city-centre-area.geojson"


def areas(name: str, kind: AreaKind, vintage: str) -> Areas:
    table, repairs = checked_table(read_polygons(REAL / "boundaries" / name, kind=kind), tolerances=BoundariesSection())
    assert repairs == ()
    return Areas(kind, vintage, vintage, False, "", table)


@pytest.fixture(scope="module")
def lsoas() -> Areas:
    return areas("cambridge_lsoa_2011_bgc.geojson", "lsoa", "2011")


@pytest.fixture(scope="module")
def wards() -> Areas:
    return areas("cambridge_wards_2013_bgc.geojson", "ward", "2013")


@pytest.fixture(scope="module")
def crimes(lsoas: Areas) -> tuple[PointEvents, list[str]]:
    """The crimes whose record states an LSOA of Cambridge, and the code it states."""
    rows = []
    for path in sorted((REAL / "police").glob("*-street.csv")):
        with path.open(encoding="utf-8", newline="") as stream:
            rows += [row for row in csv.DictReader(stream) if row["LSOA code"] in lsoas.codes]
    longitude, latitude = ([float(row[name]) for row in rows] for name in ("Longitude", "Latitude"))
    easting, northing = crs.to_bng(longitude, latitude)
    points = points_from_frame(pd.DataFrame({"easting": easting, "northing": northing}), resolution="snapped_point")
    return points, [row["LSOA code"] for row in rows]


@pytest.mark.parametrize(
    ("name", "kind", "column", "rows"),
    [
        ("boundaries/cambridge_lsoa_2011_bgc.geojson", "lsoa", "LSOA11CD", 69),
        ("boundaries/cambridge_lsoa_2021_bgc.geojson", "lsoa", "LSOA21CD", 78),
        ("boundaries/cambridge_wards_2013_bgc.geojson", "ward", "WD13CD", 14),
        ("boundaries/cambridge_wards_2025_bgc.geojson", "ward", "WD25CD", 14),
        (LONDON, "ward", "WD13CD", 54),
    ],
)
def test_every_real_file_is_read_whole_needs_no_repair_and_has_no_overlap_at_all(
    name: str, kind: AreaKind, column: str, rows: int
) -> None:
    polygons = read_polygons(REAL / name, kind=kind)
    table, repairs = checked_table(polygons, tolerances=BoundariesSection(overlap_tolerance_m2=0))
    assert (polygons.code_column, len(table), repairs) == (column, rows, ())


def test_the_wards_of_london_join_their_54_counts_by_the_old_code() -> None:
    polygons = read_polygons(REAL / LONDON, code_column="WD13CDO")
    counts = (REAL / "ambulance/london_camden_islington_westminster_ambulance_assault_2009_2011.csv").open(
        encoding="utf-8", newline=""
    )
    with counts as stream:
        stated = {row["WardCode"] for row in csv.DictReader(stream)}
    assert len(stated & set(polygons.codes)) == 54


def test_the_2011_lsoas_cover_40_69_km2(lsoas: Areas) -> None:
    assert round(float(lsoas.area_km2.sum()), 2) == 40.69


def test_of_4040_crimes_3899_lie_in_the_lsoa_they_state_138_in_another_and_3_in_none(
    crimes: tuple[PointEvents, list[str]], lsoas: Areas
) -> None:
    events, stated = crimes
    located = locate(events, lsoas)
    outcome = Counter(
        "none" if pd.isna(code) else "same" if code == record else "other"
        for code, record in zip(located.codes, stated, strict=True)
    )
    assert outcome == {"same": 3899, "other": 138, "none": 3}
    assert located.tally.sentence == "4,040 rows = 4,037 accepted + 0 rejected + 3 unlocated"
    counts, records = Counter(located.codes.dropna()), Counter(stated)
    assert sum(counts[code] != records[code] for code in lsoas.codes) == 42


def test_adding_the_lsoas_twice_changes_nothing_and_other_shapes_under_their_name_are_refused(tmp_path: Path) -> None:
    path = REAL / "boundaries" / "cambridge_lsoa_2011_bgc.geojson"
    first = add_boundaries(path, folder=tmp_path, kind="lsoa", vintage="2011")
    assert (first["rows"], first["repairs"]) == (69, [])
    assert add_boundaries(path, folder=tmp_path, kind="lsoa", vintage="2011") == first
    with pytest.raises(VintageError, match="LSOA21CD, that is of 2021"):
        add_boundaries(
            REAL / "boundaries" / "cambridge_lsoa_2021_bgc.geojson", folder=tmp_path, kind="lsoa", vintage="2011"
        )
    with pytest.raises(DataRefused, match="is there already and differs"):
        add_boundaries(path, folder=tmp_path, kind="lsoa", vintage="2011", codes=sorted(read_polygons(path).codes)[:68])


def test_a_district_is_cut_by_the_published_lookup_and_by_the_wards_own_column(tmp_path: Path) -> None:
    lookup = REAL / "lookups" / "cambridge_lsoa11_to_lsoa21.csv"
    for name, vintage, rows in (("cambridge_lsoa_2011_bgc", "2011", 69), ("cambridge_lsoa_2021_bgc", "2021", 78)):
        path = REAL / "boundaries" / f"{name}.geojson"
        manifest = add_boundaries(path, folder=tmp_path, kind="lsoa", vintage=vintage, lad="E07000008", lookup=lookup)
        assert manifest["rows"] == rows
    wards = REAL / "boundaries" / "cambridge_wards_2025_bgc.geojson"
    assert add_boundaries(wards, folder=tmp_path, kind="ward", vintage="2025", lad="E07000008")["rows"] == 14


def test_a_sheet_of_2021_codes_is_refused_as_2021_once_both_sets_are_there(tmp_path: Path) -> None:
    for vintage in ("2011", "2021"):
        path = REAL / "boundaries" / f"cambridge_lsoa_{vintage}_bgc.geojson"
        add_boundaries(path, folder=tmp_path / "boundaries", kind="lsoa", vintage=vintage)
    (tmp_path / "hotspots.toml").write_text(
        '[area]\nname = "Cambridge"\n[boundaries]\nlsoa = "lsoa-2011"\n'
        '[[boundaries.lookups]]\nkind = "lsoa_to_ward"\npath = "nesting.csv"\nchild = "LSOA11CD"\nparent = "WD17CD"\n'
        'child_vintage = "2011"\nparent_vintage = "2013"\n',
        encoding="utf-8",
    )
    nesting = (REAL / "lookups" / "cambridge_lsoa11_to_ward17_bestfit.csv").read_bytes()
    (tmp_path / "nesting.csv").write_bytes(nesting)
    reference = load_reference(load_area(tmp_path / "hotspots.toml"))
    newer, older = reference.known_codes["lsoa", "2021"], reference.known_codes["lsoa", "2011"]
    assert (len(older), len(newer), len(older & newer)) == (69, 78, 58)
    assert len(reference.known_codes["ward", "2013"]) == 14
    with pytest.raises(VintageError, match="belong to LSOA 2021, but the source declares LSOA 2011"):
        reference.check_codes(newer, kind="lsoa", vintage="2011", where="callouts.xlsx")


def test_the_draft_area_holds_most_of_market_half_of_petersfield_and_a_tenth_of_romsey(wards: Areas) -> None:
    shares = classify(read_city_centre(AREA), wards).set_index("code")["share"] * 100
    names = {name: code for code, name in wards.names.items()}
    assert [round(shares[names[name]]) for name in ("Market", "Petersfield", "Romsey", "Castle")] == [99, 54, 10, 4]
    assert round(shares[names["Coleridge"]], 1) == 5.5


def test_four_lsoas_lie_inside_the_draft_area_and_no_other_does(lsoas: Areas) -> None:
    found = classify(read_city_centre(AREA), lsoas)
    held = {lsoas.names[code] for code in found.loc[found["membership"] == "inside", "code"]}
    assert held == {"Cambridge 007C", "Cambridge 007G", "Cambridge 008A", "Cambridge 008B"}


def test_points_are_flagged_in_or_out_of_the_draft_area(crimes: tuple[PointEvents, list[str]]) -> None:
    assert 1_000 < int(inside(read_city_centre(AREA), crimes[0]).sum()) < 2_500
