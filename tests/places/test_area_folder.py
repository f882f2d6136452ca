"""``hotspots init`` from files: any place, any format, every row accounted for; whole or not at all."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import shapely
from shapely.geometry import Polygon
from typer.testing import CliRunner

from hotspots import crs
from hotspots.area_folder import AreaPlan, Columns, make_area_folder
from hotspots.cli import application
from hotspots.errors import CrsError, DataRefused, FileRefused, HotspotsError, UsageError
from hotspots.export import export_layer
from hotspots.pipeline import build_area
from hotspots.settings import load_area
from hotspots.snapshot import Build
from hotspots.views import Selection, Viewer, choices, named_layer, view

MakeTown = Callable[..., Any]
ANALYST = Viewer("analyst")


def made(town: Any, folder: Path, **changes: Any) -> Path:
    plan = AreaPlan(**{"lad": town.lad, "name": town.name, **changes})
    return make_area_folder(plan, folder).folder


def built(folder: Path) -> Build:
    return build_area(folder / "hotspots.toml", folder / "build")


def test_a_welsh_district_with_everything_is_made_built_and_exported(town: MakeTown, tmp_path: Path) -> None:
    place = town()
    for month in ("2023-01", "2023-02", "2023-03"):
        place.street_file(month)
    folder = made(
        place,
        tmp_path / "gwynedd",
        lsoas=place.geojson(place.lsoas, "lsoas.geojson"),
        wards=place.shapefile(place.wards, "wards.zip"),
        population=place.population(),
        crimes=place.folder / "police",
    )
    told = (folder / "README.md").read_text(encoding="utf-8")
    for name in ("hotspots.toml", "boundaries/", "geo/", "police/", "population/", "templates/", "sources/"):
        assert f"\n    {name:<19} " in told
    assert "    boundaries/         LSOAs and wards of W06000002, with" in told
    build = built(folder)
    sentence = build.manifest["sources"]["crimes"]["sentence"]
    assert sentence == ("87 rows = 81 accepted + 0 rejected + 3 without location (may be in the area) + 3 elsewhere")
    layer = view(build, Selection("crimes", when="2023-01 to 2023-03"), ANALYST)
    assert layer.cube is not None
    assert layer.cube["value"].tolist() == [6.0] * 9
    wards = build.areas("ward")
    assert wards is not None
    assert sorted(wards.names.values()) == ["Llŷn & Môr", "St Mary's", "Y Felinheli"]
    for name in build.layers:
        for suffix in ("geojson", "gpkg", "csv") if name != "crime-density" else ("tif",):
            files = export_layer(
                named_layer(build, name, ANALYST), tmp_path / f"{name}.{suffix}", audience="restricted"
            )
            assert all(file.stat().st_size for file in files)


def test_a_place_without_any_records_is_built_and_has_its_boundaries_on_the_map(town: MakeTown, tmp_path: Path) -> None:
    place = town(lad="E07000148", name="Norwich", easting=622_000, northing=308_000, nation="E", year="11")
    folder = made(place, tmp_path / "norwich", lsoas=place.geopackage(place.lsoas, "lsoas.gpkg"))
    told = (folder / "README.md").read_text(encoding="utf-8")
    assert "    boundaries/         LSOAs of E07000148, with licence and attribution\n" in told
    assert not any(f"    {name}" in told for name in ("police/", "population/", "boundaries/lookups/"))
    build = built(folder)
    assert build.layers == ("lsoas",)
    assert choices(build, ANALYST).bases() == []


def test_one_month_has_no_average_a_year_and_its_rates_say_that_they_are_from_less_than_a_year(
    town: MakeTown, tmp_path: Path
) -> None:
    place = town()
    place.street_file("2023-01")
    lsoas = place.geojson(place.lsoas, "lsoas.geojson")
    folder = made(place, tmp_path / "area", lsoas=lsoas, population=place.population(), crimes=place.folder / "police")
    build = built(folder)
    assert choices(build, ANALYST).statistics("crimes") == ["count", "per_km2", "rate_per_1000"]
    with pytest.raises(UsageError, match="'crimes_per_year' is not a measure in this build"):
        view(build, Selection("crimes_per_year", when="2023-01"), ANALYST)
    words = "Per year, from less than a year: 2023-01 is taken as if the whole year were like it."
    rate = view(build, Selection("crimes_per_1000", when="2023-01"), ANALYST)
    assert rate.cube is not None
    assert rate.cube["value"].tolist()[0] == 24.0  # two crimes in a month, as 24 a year, among 1,000 residents
    assert words in rate.meta.caveats
    assert words not in view(build, Selection("crimes", when="2023-01"), ANALYST).meta.caveats


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("headings", [True, False])
def test_street_files_are_read_whatever_ends_their_lines_and_without_headings(
    town: MakeTown, tmp_path: Path, end: str, headings: bool
) -> None:
    place = town()
    place.street_file("2023-01", end=end, headings=headings)
    lsoas = place.geojson(place.lsoas, "lsoas.geojson")
    build = built(made(place, tmp_path / "area", lsoas=lsoas, crimes=place.folder / "police"))
    source = build.manifest["sources"]["crimes"]
    assert source["tally"] == {
        "read": 29,
        "accepted": 27,
        "rejected": 0,
        "set_aside": {"without location (may be in the area)": 1, "elsewhere": 1},
    }
    assert ("no heading row" in " ".join(source["notes"])) is not headings


def test_a_month_that_was_never_supplied_is_declared_and_covers_nothing(town: MakeTown, tmp_path: Path) -> None:
    place = town()
    for month in ("2023-01", "2023-03"):
        place.street_file(month)
    lsoas = place.geojson(place.lsoas, "lsoas.geojson")
    folder = made(place, tmp_path / "area", lsoas=lsoas, crimes=place.folder / "police")
    assert load_area(folder / "hotspots.toml").source("crimes").missing_months == ("2023-02",)
    assert built(folder).manifest["cubes"]["crimes-by-lsoa"]["periods"] == ["2023-01", "2023-03"]


def test_36_months_of_one_force_are_taken_from_an_archive_and_the_other_force_is_left(
    town: MakeTown, tmp_path: Path
) -> None:
    place = town()
    archive = tmp_path / "latest.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for number in range(36):
            month = f"{2021 + number // 12}-{number % 12 + 1:02d}"
            for force in ("north-wales", "gwent"):
                packed.write(place.street_file(month, force=force), f"{month}/{month}-{force}-street.csv")
            packed.writestr(f"{month}/{month}-north-wales-outcomes.csv", "not,read\n")
    lsoas = place.geojson(place.lsoas, "lsoas.geojson")
    with pytest.raises(UsageError, match="holds 2 forces: name yours with --force: gwent, north-wales"):
        made(place, tmp_path / "area", lsoas=lsoas, crimes=archive)
    folder = made(place, tmp_path / "area", lsoas=lsoas, crimes=archive, forces=("north-wales",))
    assert len(list((folder / "police").iterdir())) == 36
    tally = built(folder).manifest["sources"]["crimes"]["tally"]
    assert (tally["read"], tally["accepted"]) == (36 * 29, 36 * 27)


def test_an_archive_inside_an_archive_or_a_folder_is_named(town: MakeTown, tmp_path: Path) -> None:
    place = town()
    lsoas = place.geojson(place.lsoas, "lsoas.geojson")
    folder = tmp_path / "downloads"
    folder.mkdir()
    with zipfile.ZipFile(folder / "north-wales.zip", "w") as packed:
        packed.write(place.street_file("2023-01"), "2023-01/2023-01-north-wales-street.csv")
    with zipfile.ZipFile(tmp_path / "outer.zip", "w") as packed:
        packed.write(folder / "north-wales.zip", "data/north-wales.zip")
    with pytest.raises(FileRefused, match=r"outer.zip: holds another archive, 'data/north-wales.zip': unpack it"):
        made(place, tmp_path / "area", lsoas=lsoas, crimes=tmp_path / "outer.zip")
    with pytest.raises(FileRefused, match=r"downloads: holds another archive, 'north-wales.zip': unpack it"):
        made(place, tmp_path / "area", lsoas=lsoas, crimes=folder)


def test_a_national_file_is_cut_by_the_names_of_its_lsoas(town: MakeTown, tmp_path: Path) -> None:
    place, other = town(), town(name="Ynys Môn", easting=240_000)
    both = pd.concat([place.lsoas, other.lsoas], ignore_index=True)
    lsoas = place.geojson(both, "national.geojson")
    folder = made(other, tmp_path / "mon", lsoas=lsoas, name="Ynys Môn")
    assert len(built(folder).features("lsoas")) == 9
    with pytest.raises(DataRefused, match="nothing says which of its 18 LSOAs belong to W06000002"):
        made(place, tmp_path / "nowhere", lsoas=lsoas, name="Caernarfon")
    assert not (tmp_path / "nowhere").exists()


def test_a_file_without_names_is_not_refused_with_the_advice_to_give_a_name(town: MakeTown, tmp_path: Path) -> None:
    place = town()
    codes = place.geojson(place.lsoas.drop(columns="LSOA21NM"), "codes.geojson")
    with pytest.raises(DataRefused) as refused:
        made(place, tmp_path / "area", lsoas=codes)
    assert str(refused.value) == (
        "codes.geojson: nothing says which of its 9 LSOAs belong to W06000002: no district column, no lookup with "
        "LSOA21CD and a district column, and no column with names such as 'Norwich 001A'; give --lookup, or --whole if "
        "the file holds the district only"
    )


def test_a_lookup_cuts_a_national_file_and_is_kept_for_the_district_only(town: MakeTown, tmp_path: Path) -> None:
    place, other = town(), town(name="Conwy", easting=280_000)
    both = pd.concat([place.lsoas, other.lsoas], ignore_index=True)
    rows = [(code, f"W0500{n % 3}", place.lad) for n, code in enumerate(place.lsoas["LSOA21CD"])]
    rows += [(code, "W05009", "W06000003") for code in other.lsoas["LSOA21CD"]]
    lookup = place.folder / "LSOA21_WD22_LAD22_EW_LU.csv"
    text = "\r".join(["LSOA21CD,WD22CD,LAD22CD", *(",".join(row) for row in rows)])
    lookup.write_text(text, encoding="utf-8-sig")
    folder = made(place, tmp_path / "area", lsoas=place.geojson(both, "all.geojson"), lookups=(lookup,), name="W")
    kept = load_area(folder / "hotspots.toml").file.boundaries.lookups[0]
    assert (kept.kind, kept.child_vintage, kept.parent_vintage) == ("lsoa_to_ward", "2021", "2022")
    assert (folder / kept.path).read_text(encoding="utf-8").count("\n") == 10
    assert len(built(folder).features("lsoas")) == 9


def test_wards_without_a_district_column_are_chosen_by_where_they_lie(town: MakeTown, tmp_path: Path) -> None:
    place, other = town(), town(easting=280_000)
    wards = pd.concat([place.wards, other.wards], ignore_index=True).drop(columns="LAD22CD")
    lsoas = place.geojson(place.lsoas, "lsoas.geojson")
    folder = made(place, tmp_path / "area", lsoas=lsoas, wards=place.geojson(wards, "wards.geojson"))
    assert len(built(folder).features("wards")) == 3


def test_a_spike_is_repaired_and_told_and_a_bow_tie_is_refused(town: MakeTown, tmp_path: Path) -> None:
    place = town()
    frame = place.lsoas
    west, south = place.easting, place.northing
    square = [(west, south), (west, south + 1000), (west + 1000, south + 1000), (west + 1000, south)]
    spike = [(west + 500, south), (west + 500, south - 300), (west + 500, south)]
    frame.geometry = [Polygon([*square, *spike]), *frame.geometry.iloc[1:]]
    plan = AreaPlan(lad=place.lad, name=place.name, lsoas=place.geojson(frame, "spike.geojson"))
    assert any("was not a valid polygon" in note for note in make_area_folder(plan, tmp_path / "spike").notes)
    frame.geometry = [Polygon([square[0], square[2], square[1], square[3]]), *frame.geometry.iloc[1:]]
    with pytest.raises(DataRefused, match="not a valid polygon"):
        made(place, tmp_path / "bow", lsoas=place.geojson(frame, "bow.geojson"))
    assert not (tmp_path / "bow").exists()


def mixed(place: Any) -> dict[str, Path]:
    frame = place.lsoas
    return {
        "metres without saying so": place.geojson(frame, "a.geojson", degrees=False),
        "degrees said to be metres": place.geojson(
            frame, "b.geojson", member={"type": "name", "properties": {"name": "EPSG:27700"}}
        ),
        "UTM": place.geopackage(frame.to_crs(32630), "c.gpkg"),
        "no .prj": place.shapefile(frame, "d.zip", prj=None),
        "KML": place.folder / "e.kml",
        "a web page": place.folder / "f.geojson",
        "swapped": place.folder / "g.geojson",
    }


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        ("metres without saying so", "crs EPSG:27700"),
        ("degrees said to be metres", "these are degrees"),
        ("UTM", "EPSG:32630; expected WGS84 or EPSG:27700"),
        (
            "no .prj",
            r"coordinate system is not stated \(they look like metres of the National Grid: --crs EPSG:27700\)",
        ),
        ("KML", "XML, which is not accepted"),
        ("a web page", "it is a web page"),
        ("swapped", "is latitude given before longitude"),
    ],
)
def test_what_is_wrong_with_a_file_is_one_sentence_and_leaves_nothing(
    town: MakeTown, tmp_path: Path, problem: str, words: str
) -> None:
    place = town()
    (place.folder / "e.kml").write_text('<?xml version="1.0"?><kml/>', encoding="utf-8")
    (place.folder / "f.geojson").write_text("<!DOCTYPE html><html>Sign in</html>", encoding="utf-8")
    turned = place.lsoas
    turned.geometry = shapely.transform(crs.geometry_to_wgs84(turned.geometry.to_numpy()), lambda at: at[:, ::-1])
    (place.folder / "g.geojson").write_text(
        place.geojson(turned, "h.geojson", degrees=False).read_text(encoding="utf-8"), encoding="utf-8"
    )
    with pytest.raises((CrsError, FileRefused), match=words):
        made(place, tmp_path / "area", lsoas=mixed(place)[problem])
    assert [path.name for path in tmp_path.iterdir()] == ["given"]


FORMATS = ["geojson in metres", "geopackage", "shapefile", "degrees", "geodatabase", "zipped geodatabase"]


@pytest.mark.parametrize("kind", FORMATS)
def test_files_of_either_system_and_any_format_give_the_same_areas(town: MakeTown, tmp_path: Path, kind: str) -> None:
    place = town()
    named = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::27700"}}
    files = {
        "geojson in metres": lambda: place.geojson(place.lsoas, "m.geojson", degrees=False, member=named),
        "geopackage": lambda: place.geopackage(place.lsoas, "p.gpkg"),
        "shapefile": lambda: place.shapefile(place.lsoas, "s.zip"),
        "degrees": lambda: place.geojson(place.lsoas, "d.geojson"),
        "geodatabase": lambda: place.geodatabase(place.lsoas, "g"),
        "zipped geodatabase": lambda: place.geodatabase(place.lsoas, "g.zip", zipped=True),
    }
    folder = made(place, tmp_path / "area", lsoas=files[kind]())
    areas = built(folder).features("lsoas").geometry.area
    assert areas.round(0).tolist() == [*[1_000_000.0] * 8, 1_040_000.0]


def test_headings_of_another_kind_are_named_with_their_vintage(town: MakeTown, tmp_path: Path) -> None:
    place = town()
    frame = place.lsoas.rename(columns={"LSOA21CD": "geo_code", "LSOA21NM": "label"})
    lsoas = place.geojson(frame, "infuse.geojson")
    with pytest.raises(HotspotsError, match="none of its columns looks like the area code"):
        made(place, tmp_path / "area", lsoas=lsoas)
    with pytest.raises(UsageError, match="--lsoa-vintage"):
        made(place, tmp_path / "area", lsoas=lsoas, lsoa_columns=Columns("geo_code", "label"))
    folder = made(place, tmp_path / "area", lsoas=lsoas, lsoa_columns=Columns("geo_code", "label", "2021"))
    assert load_area(folder / "hotspots.toml").file.boundaries.lsoa == "lsoa-2021"


def test_init_on_the_command_line_checks_builds_and_never_overwrites(town: MakeTown, tmp_path: Path) -> None:
    place = town()
    place.street_file("2023-01")
    lsoas, wards = place.geojson(place.lsoas, "lsoas.geojson"), place.geojson(place.wards, "wards.geojson")
    command = ["init", str(tmp_path / "new"), "--lad", "W06000002", "--name", "Gwynedd", "--lsoas", str(lsoas)]
    command += ["--wards", str(wards), "--crimes", str(place.folder / "police")]
    done = CliRunner().invoke(application, command)
    assert done.exit_code == 0, done.output
    assert "9 LSOAs of vintage 2021 from lsoas.geojson" in done.output
    readme = (tmp_path / "new" / "README.md").read_text(encoding="utf-8")
    assert "one month, 2023-01" in readme
    before = sorted(path.name for path in (tmp_path / "new").rglob("*"))
    again = CliRunner().invoke(application, command)
    assert isinstance(again.exception, UsageError)
    assert "not empty" in str(again.exception)
    assert sorted(path.name for path in (tmp_path / "new").rglob("*")) == before


def test_the_readme_of_a_folder_lists_what_is_in_it_and_nothing_else(town: MakeTown, tmp_path: Path) -> None:
    place = town()
    place.street_file("2023-01")
    lsoas, wards = place.geojson(place.lsoas, "lsoas.geojson"), place.geojson(place.wards, "wards.geojson")

    def listed(folder: Path) -> list[str]:
        readme = (folder / "README.md").read_text(encoding="utf-8")
        part = readme.split("What is in the folder:")[1].split("To add a file")[0]
        return [line.split()[0] for line in part.splitlines() if line.strip()]

    bare = made(place, tmp_path / "bare", lsoas=lsoas)
    assert listed(bare) == ["hotspots.toml", "boundaries/", "geo/", "templates/", "sources/"]
    assert "LSOAs of W06000002, with licence" in (bare / "README.md").read_text(encoding="utf-8")
    full = made(
        place,
        tmp_path / "full",
        lsoas=lsoas,
        wards=wards,
        population=place.population(),
        crimes=place.folder / "police",
    )
    assert listed(full) == ["hotspots.toml", "boundaries/", "geo/", "police/", "population/", "templates/", "sources/"]
    assert "LSOAs and wards of W06000002" in (full / "README.md").read_text(encoding="utf-8")
    assert all((full / name).exists() for name in listed(full))


def test_the_help_of_init_shows_how_a_limit_is_given() -> None:
    """It named a section in brackets, which are markup to the library that prints the help, and were swallowed."""
    assert (
        "such as geojson_mb=1024" in CliRunner().invoke(application, ["init", "--help"], env={"COLUMNS": "200"}).output
    )


@pytest.mark.parametrize("lad", ["E0700014", "S12000033", "E05000001", "'; DROP TABLE", ""])
def test_a_code_that_is_no_district_is_refused_before_anything_is_fetched(tmp_path: Path, lad: str) -> None:
    done = CliRunner().invoke(application, ["init", str(tmp_path / "new"), "--lad", lad])
    assert isinstance(done.exception, UsageError)
    assert "is not the code of a district in England or Wales" in str(done.exception)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_in_use_is_refused_before_anything_is_fetched(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "finds.csv").touch()
    done = CliRunner().invoke(application, ["init", str(tmp_path / "new"), "--lad", "E07000148"])
    assert isinstance(done.exception, UsageError)
    assert "not empty" in str(done.exception)
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


def test_crimes_of_another_vintage_leave_no_folder(town: MakeTown, tmp_path: Path) -> None:
    place, older = town(), town(year="11", easting=290_000)
    older.street_file("2023-01")
    command = ["init", str(tmp_path / "new"), "--lad", "W06000002", "--whole"]
    command += ["--lsoas", str(place.geojson(place.lsoas, "l.geojson")), "--crimes", str(place.folder / "police")]
    done = CliRunner().invoke(application, command)
    assert isinstance(done.exception, DataRefused)
    assert not (tmp_path / "new").exists()


def test_every_template_is_read_once_its_section_is_uncommented(town: MakeTown, tmp_path: Path) -> None:
    place = town()
    folder = made(place, tmp_path / "area", lsoas=place.geojson(place.lsoas, "lsoas.geojson"))
    for name in ("callouts", "needle_finds", "premises", "incidents"):
        (folder / "sources" / f"{name}.csv").write_bytes((folder / "templates" / f"{name}.csv").read_bytes())
    area = folder / "hotspots.toml"
    head, tail = area.read_text(encoding="utf-8").split("# The partners' files.")
    lines = [line.removeprefix("# ").removeprefix("#") for line in tail.splitlines()[3:]]
    area.write_text(head + "\n".join(lines), encoding="utf-8")
    sources = built(folder).manifest["sources"]
    assert {name: source["tally"]["accepted"] for name, source in sources.items()} == {
        "callouts": 2,
        "needle-finds": 2,
        "premises": 1,
        "incidents": 2,
    }
