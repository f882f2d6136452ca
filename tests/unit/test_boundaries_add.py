"""Adding boundaries: cut to one district, written whole with a manifest, never overwritten silently."""

import json
from pathlib import Path
from typing import Any

import pyogrio
import pytest
from shapely.geometry import box, mapping

from hotspots import crs
from hotspots.boundaries import add_boundaries, list_boundaries
from hotspots.boundaries.manifest import open_set
from hotspots.errors import CrsError, DataRefused, UsageError, VintageError

NATIONAL = [
    {"WD25CD": "E05000001", "WD25NM": "North", "LAD25CD": "E07000001"},
    {"WD25CD": "E05000003", "WD25NM": "South", "LAD25CD": "E07000002"},
    {"WD25CD": "E05000002", "WD25NM": "West", "LAD25CD": "E07000002"},
]
LSOAS = [{"LSOA21CD": f"E0100000{number}", "LSOA21NM": f"Place 00{number}A"} for number in (1, 2, 3)]


def write(path: Path, rows: list[dict[str, Any]], *, shift_m: int = 0) -> Path:
    features = []
    for index, row in enumerate(rows):
        west = 544_000 + 1000 * index + shift_m
        square = crs.geometry_to_wgs84(box(west, 257_000, west + 1000, 258_000))
        features.append({"type": "Feature", "properties": row, "geometry": mapping(square)})
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


def added(path: Path, **changes: Any) -> dict[str, Any]:
    options = {"folder": path.parent / "boundaries", "kind": "ward", "vintage": "2025", **changes}
    return add_boundaries(path, **options)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_a_set_is_a_geopackage_in_metres_with_code_and_name_and_a_manifest(tmp_path: Path) -> None:
    manifest = added(write(tmp_path / "wards.geojson", NATIONAL), licence="OGL v3.0", attribution="Contains OS data")
    frame = pyogrio.read_dataframe(tmp_path / "boundaries" / "ward-2025" / "areas.gpkg")
    assert frame.crs.to_epsg() == 27700
    assert frame["code"].tolist() == ["E05000001", "E05000002", "E05000003"]
    assert frame["name"].tolist() == ["North", "West", "South"]
    assert (manifest["rows"], manifest["crs"], manifest["file"]) == (3, "EPSG:27700", "areas.gpkg")
    assert (manifest["licence"], manifest["source"], manifest["resolution"]) == (
        "OGL v3.0",
        "wards.geojson",
        "not stated",
    )
    assert frame.geometry.area.round(0).tolist() == [1_000_000.0] * 3


def test_a_ward_file_is_cut_by_its_own_district_column(tmp_path: Path) -> None:
    manifest = added(write(tmp_path / "wards.geojson", NATIONAL), lad="E07000002")
    _, polygons = open_set(tmp_path / "boundaries" / "ward-2025")
    assert (manifest["rows"], polygons.codes.tolist()) == (2, ["E05000002", "E05000003"])


def test_of_several_district_columns_the_newest_that_knows_the_district_is_taken(tmp_path: Path) -> None:
    rows = [row | {"LAD11CD": "E07000009", "LADCD_ACTIVE": "E07000077"} for row in NATIONAL]
    path = write(tmp_path / "wards.geojson", rows)
    assert added(path, lad="E07000002")["rows"] == 2
    assert added(path, lad="E07000009", vintage="2025-old", code_vintage="2025")["rows"] == len(NATIONAL)


def test_a_district_that_is_not_in_the_file_is_refused_naming_some_that_are(tmp_path: Path) -> None:
    with pytest.raises(DataRefused, match="no area has LAD25CD E07000008; it has such as E07000001, E07000002"):
        added(write(tmp_path / "wards.geojson", NATIONAL), lad="E07000008")


def test_an_area_off_the_national_grid_does_not_matter_once_it_is_cut_away(tmp_path: Path) -> None:
    path = write(tmp_path / "wards.geojson", NATIONAL)
    content = json.loads(path.read_text(encoding="utf-8"))
    content["features"][0]["geometry"] = mapping(box(-6.0, 54.5, -5.9, 54.6).buffer(0).envelope)
    content["features"][0]["geometry"]["coordinates"] = [[[-60, 54], [-59, 54], [-59, 55], [-60, 54]]]
    path.write_text(json.dumps(content), encoding="utf-8")
    assert added(path, lad="E07000002")["rows"] == 2
    with pytest.raises(CrsError, match="off the National Grid"):
        added(path, vintage="2025-uk", code_vintage="2025")


def test_an_lsoa_file_is_cut_by_a_list_of_codes(tmp_path: Path) -> None:
    path = write(tmp_path / "lsoas.geojson", LSOAS)
    wanted = tmp_path / "codes.csv"
    wanted.write_text("code\nE01000003\nE01000001\n", encoding="utf-8")
    assert added(path, kind="lsoa", vintage="2021", codes=wanted)["rows"] == 2
    again = added(path, kind="lsoa", vintage="2021", codes=["E01000001", "E01000003"])
    assert again["rows"] == 2


def test_an_lsoa_file_is_cut_by_a_lookup_with_a_district_column(tmp_path: Path) -> None:
    path = write(tmp_path / "lsoas.geojson", LSOAS)
    lookup = tmp_path / "lookup.csv"
    lookup.write_text(
        "LSOA11CD,LSOA21CD,LAD22CD\nE01000001,E01000001,E07000001\nE01000001,E01000002,E07000001\n"
        "E01000003,E01000003,E07000002\n",
        encoding="utf-8",
    )
    manifest = added(path, kind="lsoa", vintage="2021", lad="E07000001", lookup=lookup)
    _, polygons = open_set(tmp_path / "boundaries" / "lsoa-2021")
    assert (manifest["rows"], polygons.codes.tolist()) == (2, ["E01000001", "E01000002"])


def test_an_lsoa_file_without_a_lookup_is_refused_saying_what_it_needs(tmp_path: Path) -> None:
    with pytest.raises(
        DataRefused, match=r"LSOA files seldom have one.*lookup table with the columns LSOA21CD and LAD"
    ):
        added(write(tmp_path / "lsoas.geojson", LSOAS), kind="lsoa", vintage="2021", lad="E07000008")


def test_codes_that_are_not_in_the_file_are_refused_so_half_a_district_is_never_taken(tmp_path: Path) -> None:
    with pytest.raises(DataRefused, match=r"1 of the 2 codes wanted are not in the file \(such as E01999999\)"):
        added(write(tmp_path / "lsoas.geojson", LSOAS), kind="lsoa", vintage="2021", codes=["E01000001", "E01999999"])


def test_adding_the_same_again_changes_nothing_and_something_else_is_refused(tmp_path: Path) -> None:
    first = added(write(tmp_path / "wards.geojson", NATIONAL))
    before = contents(tmp_path / "boundaries")
    assert added(tmp_path / "wards.geojson") == first
    with pytest.raises(DataRefused, match=r"ward-2025 is there already and differs \(content_sha256\)"):
        added(write(tmp_path / "wards.geojson", NATIONAL, shift_m=5))
    assert contents(tmp_path / "boundaries") == before


def test_a_set_is_replaced_on_purpose_and_nothing_is_left_behind(tmp_path: Path) -> None:
    added(write(tmp_path / "wards.geojson", NATIONAL))
    manifest = added(write(tmp_path / "wards.geojson", NATIONAL[:2]), replace=True)
    assert manifest["rows"] == 2
    assert [path.name for path in (tmp_path / "boundaries").iterdir()] == ["ward-2025"]
    assert len(open_set(tmp_path / "boundaries" / "ward-2025")[1]) == 2


def test_the_same_file_gives_the_same_bytes(tmp_path: Path) -> None:
    path = write(tmp_path / "wards.geojson", NATIONAL)
    added(path, folder=tmp_path / "one")
    added(path, folder=tmp_path / "two")
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_lsoa_codes_of_another_year_than_declared_are_refused(tmp_path: Path) -> None:
    with pytest.raises(VintageError, match="its codes are LSOA21CD, that is of 2021, but vintage 2011 was declared"):
        added(write(tmp_path / "lsoas.geojson", LSOAS), kind="lsoa", vintage="2011")


@pytest.mark.parametrize(("code", "what"), [("E00000001", "output areas"), ("W02000001", "MSOAs")])
def test_areas_of_another_kind_do_not_pass_for_lsoas(tmp_path: Path, code: str, what: str) -> None:
    file = write(tmp_path / "l.geojson", [{"OA11CD": code, "OA11NM": "One"}])
    with pytest.raises(DataRefused, match=f"l.geojson: its codes, such as {code}, are those of {what}, not of LSOAs"):
        added(file, kind="lsoa", vintage="2011", code_column="OA11CD", name_column="OA11NM")


def test_ward_codes_outlive_their_year_only_when_that_is_stated(tmp_path: Path) -> None:
    path = write(tmp_path / "wards.geojson", NATIONAL)
    with pytest.raises(VintageError, match="code_vintage"):
        added(path, vintage="2021")
    manifest = added(path, vintage="2025", code_vintage="2021")
    assert (manifest["vintage"], manifest["code_vintage"]) == ("2025", "2021")


@pytest.mark.parametrize("vintage", ["", "../x", "2011 BGC", "A", "x" * 40])
def test_a_vintage_is_a_short_plain_name(tmp_path: Path, vintage: str) -> None:
    with pytest.raises(UsageError, match="expected a short name"):
        added(write(tmp_path / "wards.geojson", NATIONAL), vintage=vintage)


def test_what_is_there_is_listed_with_its_name_and_a_damaged_manifest_with_its_problem(tmp_path: Path) -> None:
    added(write(tmp_path / "wards.geojson", NATIONAL))
    broken = tmp_path / "boundaries" / "lsoa-2011"
    broken.mkdir()
    (broken / "manifest.json").write_text('{"kind": "lsoa", "colour": "red"}', encoding="utf-8")
    damaged, wards = list_boundaries(tmp_path / "boundaries")
    assert (wards["set"], wards["kind"], wards["rows"]) == ("ward-2025", "ward", 3)
    assert damaged["set"] == "lsoa-2011"
    assert "licence: Field required" in damaged["problem"]
    assert "colour" in damaged["problem"]
    assert list_boundaries(tmp_path / "nowhere") == []
