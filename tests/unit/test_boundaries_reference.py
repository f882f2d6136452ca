"""The reference geography: sets named by the area file, lookups, and the codes of every vintage that is known."""

import json
from pathlib import Path

import pytest
from shapely import transform
from shapely.geometry import box, mapping

from hotspots import crs
from hotspots.boundaries import add_boundaries, load_reference, reference_files
from hotspots.errors import DataRefused, SettingsRefused, VintageError
from hotspots.settings import load_area

LOOKUP = """
[[boundaries.lookups]]
kind = "lsoa_to_ward"
path = "lookup.csv"
child = "LSOA11CD"
parent = "WD17CD"
child_vintage = "2011"
parent_vintage = "2017"
"""
CHANGES = """
[[boundaries.lookups]]
kind = "lsoa_2011_to_2021"
path = "changes.csv"
child = "LSOA11CD"
parent = "LSOA21CD"
change = "CHGIND"
child_vintage = "2011"
parent_vintage = "2021"
"""
LIST = """
[[boundaries.lookups]]
kind = "codes"
path = "codes.csv"
child = "code"
child_kind = "ward"
child_vintage = "2030"
"""


def supply(folder: Path, kind: str, vintage: str, *, codes: list[str], turned: bool = False) -> None:
    """Add a square of 1 km for each code, in a row; ``turned`` with easting and northing exchanged."""
    features = []
    for index, code in enumerate(codes):
        shape = box(544_000 + 1000 * index, 257_000, 545_000 + 1000 * index, 258_000)
        square = crs.geometry_to_wgs84(transform(shape, lambda pairs: pairs[:, ::-1]) if turned else shape)
        properties = {"code": code, "name": f"{kind} {code}"}
        features.append({"type": "Feature", "properties": properties, "geometry": mapping(square)})
    path = folder / "supplied.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    add_boundaries(
        path,
        folder=folder / "boundaries",
        kind=kind,  # type: ignore[arg-type]
        vintage=vintage,
        attribution="Words to print",
        replace=turned,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An area folder with LSOAs 2011 (A1, A2), LSOAs 2021 (A1, A3) and wards (W1)."""
    for kind, vintage, codes in (
        ("lsoa", "2011", ["A1", "A2"]),
        ("lsoa", "2021", ["A1", "A3"]),
        ("ward", "2013", ["W1"]),
    ):
        supply(tmp_path, kind, vintage, codes=codes)
    (tmp_path / "lookup.csv").write_text("LSOA11CD,WD17CD\nA1,W1\nA2,W1\n", encoding="utf-8")
    (tmp_path / "changes.csv").write_text("LSOA11CD,CHGIND,LSOA21CD\nA1,U,A1\nA2,S,A3\nA2,S,A4\n", encoding="utf-8")
    (tmp_path / "codes.csv").write_text("code,name\nW9,Nine\n", encoding="utf-8")
    return tmp_path


def area_file(folder: Path, text: str, *, sets: str = 'lsoa = "lsoa-2011"\nward = "ward-2013"') -> Path:
    path = folder / "hotspots.toml"
    path.write_text(f'[area]\nname = "Place"\n[boundaries]\n{sets}\n{text}', encoding="utf-8")
    return path


def test_the_sets_in_use_become_areas_with_their_vintage_and_attribution(folder: Path) -> None:
    reference = load_reference(load_area(area_file(folder, "")))
    lsoas, wards = reference.areas("lsoa"), reference.areas("ward")
    assert lsoas.table["code"].tolist() == ["A1", "A2"]
    assert (lsoas.vintage, lsoas.code_vintage, lsoas.attribution) == ("2011", "2011", "Words to print")
    assert wards.names == {"W1": "ward W1"}
    assert round(float(lsoas.area_km2["A1"]), 4) == 1.0


def test_codes_are_known_from_every_set_lookup_and_list(folder: Path) -> None:
    known = load_reference(load_area(area_file(folder, LOOKUP + CHANGES + LIST))).known_codes
    assert known["lsoa", "2011"] == {"A1", "A2"}
    assert known["lsoa", "2021"] == {"A1", "A3", "A4"}
    assert known["ward", "2013"] == {"W1"}
    assert known["ward", "2017"] == {"W1"}
    assert known["ward", "2030"] == {"W9"}


def test_a_sheet_of_another_vintage_is_refused_by_the_vintage_it_belongs_to(folder: Path) -> None:
    reference = load_reference(load_area(area_file(folder, "")))
    with pytest.raises(VintageError, match=r"A3.*belong to LSOA 2021"):
        reference.check_codes(["A1", "A3"], kind="lsoa", vintage="2011", where="callouts.csv")


def test_lookups_are_tables_of_area_parent_and_change(folder: Path) -> None:
    nesting, changes = load_reference(load_area(area_file(folder, LOOKUP + CHANGES + LIST))).lookups
    assert nesting.table.to_dict("list") == {"area_code": ["A1", "A2"], "parent_code": ["W1", "W1"]}
    assert changes.table["change"].tolist() == ["U", "S", "S"]
    assert (changes.child_vintage, changes.parent_vintage) == ("2011", "2021")


def test_fault_046_a_lookup_that_lacks_an_area_or_has_one_twice_is_refused(folder: Path) -> None:
    area = load_area(area_file(folder, LOOKUP))
    (folder / "lookup.csv").write_text("LSOA11CD,WD17CD\nA1,W1\n", encoding="utf-8")
    with pytest.raises(DataRefused, match=r"no row for 1 of the 2 areas.*such as A2"):
        load_reference(area)
    (folder / "lookup.csv").write_text("LSOA11CD,WD17CD\nA1,W1\nA2,W1\nA2,W2\n", encoding="utf-8")
    with pytest.raises(DataRefused, match="A2 belongs to two wards"):
        load_reference(area)


def test_a_lookup_with_a_wrong_heading_an_empty_cell_or_a_ragged_row_is_refused(folder: Path) -> None:
    area = load_area(area_file(folder, LOOKUP))
    for text, reason in (
        ("LSOA11CD,WARD\nA1,W1\n", "no column 'WD17CD'; it has LSOA11CD, WARD"),
        ("LSOA11CD,WD17CD\nA1,W1\nA2,\n", "1 cells under WD17CD are empty"),
        ("LSOA11CD,WD17CD\nA1,W1,x\n", "lookup.csv row 2: 3 cells under 2 headings"),
        ("LSOA11CD,WD17CD\n", "no rows below the headings"),
        ("LSOA11CD,LSOA11CD\nA1,W1\n", "a heading is there twice"),
    ):
        (folder / "lookup.csv").write_text(text, encoding="utf-8")
        with pytest.raises(DataRefused, match=reason):
            load_reference(area)


def test_a_lookup_without_a_parent_is_a_mistake_in_the_area_file(folder: Path) -> None:
    with pytest.raises(SettingsRefused, match=r"boundaries\.lookups\.0\.parent: missing"):
        load_reference(load_area(area_file(folder, LOOKUP.replace('parent = "WD17CD"\n', ""))))


@pytest.mark.parametrize("name", ["lsoa-2031", "../boundaries/lsoa-2011", "lookup.csv"])
def test_a_set_that_is_not_there_is_refused_naming_those_that_are(folder: Path, name: str) -> None:
    with pytest.raises(SettingsRefused, match=r"no set .* in boundaries \(it holds lsoa-2011, lsoa-2021, ward-2013"):
        load_reference(load_area(area_file(folder, "", sets=f'lsoa = "{name}"')))


def test_a_set_of_the_other_kind_is_refused(folder: Path) -> None:
    with pytest.raises(SettingsRefused, match=r"boundaries\.ward: the set 'lsoa-2011' holds lsoa boundaries"):
        load_reference(load_area(area_file(folder, "", sets='ward = "lsoa-2011"')))


def test_an_area_file_without_boundaries_has_no_areas_and_no_folder_is_needed(tmp_path: Path) -> None:
    reference = load_reference(load_area(area_file(tmp_path, "", sets="")))
    assert (reference.sets, dict(reference.known_codes)) == ((), {})


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"rows": 3}, "holds 2 areas, the manifest says 3"),
        ({"crs": "OGC:CRS84"}, "is in EPSG:27700, the manifest says OGC:CRS84"),
        ({"sha256": "0" * 64}, "was changed since its manifest was written"),
        ({"licence": ""}, "licence: String should have at least 1 character"),
        ({"file": "../../hotspots.toml"}, "file: String should match pattern"),
        ({"file": "other.gpkg"}, "other.gpkg is missing"),
        ({"kind": "parish"}, "kind: Input should be"),
    ],
)
def test_a_set_that_is_not_what_its_manifest_says_is_refused(
    folder: Path, change: dict[str, object], reason: str
) -> None:
    path = folder / "boundaries" / "lsoa-2011" / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | change), encoding="utf-8")
    with pytest.raises(DataRefused, match=reason):
        load_reference(load_area(area_file(folder, "")))


def test_every_file_of_the_reference_geography_has_its_fingerprint(folder: Path) -> None:
    files = reference_files(load_area(area_file(folder, LOOKUP)))
    assert [file.name for file in files] == [
        "boundaries/lsoa-2011/manifest.json",
        "boundaries/lsoa-2011/areas.gpkg",
        "boundaries/lsoa-2021/manifest.json",
        "boundaries/lsoa-2021/areas.gpkg",
        "boundaries/ward-2013/manifest.json",
        "boundaries/ward-2013/areas.gpkg",
        "lookup.csv",
    ]
    assert all(len(file.sha256) == 64 for file in files)


def test_the_shipped_example_loads_and_says_that_it_is_schematic() -> None:
    reference = load_reference(load_area(Path(__file__).parents[2] / "hotspots.toml"))
    assert reference.schematic
    assert len(reference.areas("lsoa").codes) == 69
    assert len(reference.areas("ward").codes) == 14
    assert len(reference.known_codes["lsoa", "2021"] - reference.areas("lsoa").codes) == 20


def test_fault_025_sets_that_are_not_of_one_place_are_refused_and_the_likely_cause_is_said(folder: Path) -> None:
    """Easting and northing exchanged, Cambridge lies in Ayrshire: on the National Grid, and nobody was told."""
    supply(folder, "ward", "2013", codes=["W1"], turned=True)
    said = (
        r"LSOA boundaries, 2011 \(easting 544,000 to 546,000, northing 257,000 to 258,000\) and ward boundaries, 2013 "
        r"\(easting 257,000 to 258,000, northing 544,000 to 545,000\) are not of one place: 0% and 0% .* easting and "
        r"northing the wrong way round"
    )
    with pytest.raises(DataRefused, match=said):
        load_reference(load_area(area_file(folder, "")))
    assert load_reference(load_area(area_file(folder, "", sets='ward = "ward-2013"'))).wards is not None


def test_wards_of_a_county_are_of_one_place_with_the_areas_of_one_district(folder: Path) -> None:
    supply(folder, "ward", "2020", codes=[f"W{number}" for number in range(1, 9)])
    reference = load_reference(load_area(area_file(folder, "", sets='lsoa = "lsoa-2011"\nward = "ward-2020"')))
    assert len(reference.areas("ward").codes) == 8
