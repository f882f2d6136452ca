"""Files in the shapes that offices publish, and as spreadsheet programs save them: `init` takes them as they are."""

import json
import zipfile
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely
from typer.testing import CliRunner

from hotspots import crs
from hotspots.area_folder import Columns, Reading
from hotspots.boundaries import load_reference
from hotspots.cli import application
from hotspots.errors import DataRefused, FileRefused, UsageError, VintageError
from hotspots.limits import Limits
from hotspots.pipeline import check_area
from hotspots.settings import load_area

MakeTown = Callable[..., Any]


def coded(place: Any) -> list[tuple[str, str]]:
    return list(place.lsoas.iloc[:, [0, 1]].itertuples(index=False, name=None))


def estimates_of_four_years(place: Any, path: Path) -> Path:
    """Mid-year estimates as published since 2023: a sheet for each year, two districts' codes beside the LSOA's."""
    book = openpyxl.Workbook()
    book.active.append(["Cover sheet"])
    for year in range(2019, 2023):
        page = book.create_sheet(f"Mid-{year} LSOA 2021")
        for row in ([f"Mid-{year}: Population estimates"], ["This worksheet contains one table"], []):
            page.append(row)
        page.append(["LAD 2021 Code", "LAD 2021 Name", "LSOA 2021 Code", "LSOA 2021 Name", "Total", "F0", "M0"])
        for code, name in coded(place):
            page.append([place.lad, place.name, code, name, year - 500, 5, 6])
    book.save(path)
    return path


@pytest.mark.parametrize(("asked", "year"), [(None, 2022), (date(2020, 6, 30), 2020)])
def test_of_estimates_of_several_years_those_of_the_day_asked_for_are_taken_or_the_newest(
    town: MakeTown, tmp_path: Path, asked: date | None, year: int
) -> None:
    place = town()
    file = estimates_of_four_years(place, place.folder / "sapelsoasyoa20192022.xlsx")
    notes = " ".join(place.made(tmp_path / "area", population=file, population_date=asked).notes)
    assert f"Residents on {year}-06-30" in notes
    assert f"sheet Mid-{year} LSOA 2021" in notes
    assert place.reading(tmp_path / "area", "population").table["population"].tolist() == [year - 500] * 9


def test_estimates_of_another_year_than_was_asked_for_are_not_taken_for_it(town: MakeTown, tmp_path: Path) -> None:
    place = town()
    file = estimates_of_four_years(place, place.folder / "sapelsoasyoa20192022.xlsx")
    with pytest.raises(DataRefused, match=r"Mid-2019 LSOA 2021, .*Mid-2022 LSOA 2021 all do: save the right one alone"):
        place.made(tmp_path / "area", population=file, population_date=date(2023, 6, 30))


def test_areas_of_a_census_are_no_day_of_it(town: MakeTown, tmp_path: Path) -> None:
    place = town()
    rows = [f"{code},{1000 + number}" for number, (code, _) in enumerate(coded(place))]
    file = place.folder / "residents.csv"
    file.write_text("\n".join(["Residents by areas of Census 2021", "LSOA21CD,Total", *rows]), encoding="utf-8")
    with pytest.raises(UsageError, match="--population-date"):
        place.made(tmp_path / "area", population=file)


def test_districts_that_stand_above_their_lsoas_are_not_taken_for_headings(town: MakeTown, tmp_path: Path) -> None:
    place = town()
    book = openpyxl.Workbook()
    page = book.active
    page.title = "Mid-2017 Persons"
    for row in (["SAPE20DT1: Mid-2017 Population Estimates"], ["Area Codes", "LSOA", None, "All Ages", 0, "90+"]):
        page.append(row)
    page.append([place.lad, place.name, None, 9036, 4, 5])
    for number, (code, name) in enumerate(coded(place)):
        page.append([code, None, name, 1000 + number, 4, 5])
    book.save(place.folder / "sape20.xlsx")
    place.made(tmp_path / "area", population=place.folder / "sape20.xlsx")
    assert place.reading(tmp_path / "area", "population").table["population"].tolist() == [*range(1000, 1009)]


CENSUS: dict[str, Callable[[Any], pd.DataFrame]] = {
    "census2021-ts001-lsoa.csv": lambda place: pd.DataFrame(
        {
            "date": 2021,
            "geography": [name for _, name in coded(place)],
            "geography code": [code for code, _ in coded(place)],
            "Residence type: Total; measures: Value": range(1000, 1009),
            "Residence type: Lives in a household; measures: Value": range(900, 909),
        }
    ),
    "nomis.csv": lambda place: pd.DataFrame(
        {
            "DATE": 2021,
            "DATE_NAME": 2021,
            "GEOGRAPHY": range(633345000, 633345009),
            "GEOGRAPHY_CODE": [code for code, _ in coded(place)],
            "C2021_RESTYPE_3_NAME": "Total: All usual residents",
            "OBS_VALUE": range(1000, 1009),
            "RECORD_COUNT": 9,
        }
    ),
}


@pytest.mark.parametrize("name", CENSUS)
def test_residents_of_a_census_table_are_of_census_day(town: MakeTown, tmp_path: Path, name: str) -> None:
    place = town()
    CENSUS[name](place).to_csv(place.folder / name, index=False)
    assert "Residents on 2021-03-21" in " ".join(place.made(tmp_path / "area", population=place.folder / name).notes)
    assert int(place.reading(tmp_path / "area", "population").table["population"].sum()) == 9036


def test_an_archive_in_place_of_a_table_is_told_with_the_file_in_it(town: MakeTown, tmp_path: Path) -> None:
    place = town()
    with zipfile.ZipFile(place.folder / "census2021-ts001.zip", "w") as archive:
        archive.writestr("census2021-ts001-lsoa.csv", "date,geography\n")
    with pytest.raises(FileRefused, match=r"unpack it, and name the file in it, such as 'census2021-ts001-lsoa\.csv'"):
        place.made(tmp_path / "area", population=place.folder / "census2021-ts001.zip")


SAVED: dict[str, Callable[[str], bytes]] = {
    "as Windows saves it": lambda text: text.encode("cp1252"),
    "with semicolons": lambda text: text.replace(",", ";").encode("utf-8-sig"),
    "with tabs, as Unicode text": lambda text: text.replace(",", "\t").encode("utf-16"),
    "with empty columns at the end": lambda text: text.replace("\n", ",,\n").encode(),
    "with carriage returns alone": lambda text: text.replace("\n", "\r").encode("utf-8-sig"),
}


@pytest.mark.parametrize("how", SAVED)
def test_a_lookup_is_read_as_a_spreadsheet_program_saved_it(town: MakeTown, tmp_path: Path, how: str) -> None:
    place = town(name="Ynys Môn", lad="W06000001")
    rows = [f"{code},{name},W05001234,Bodowyr,{place.lad},Ynys Môn" for code, name in coded(place)]
    text = "\n".join(["LSOA21CD,LSOA21NM,WD24CD,WD24NM,LAD24CD,LAD24NM", *rows]) + "\n"
    (place.folder / "lookup.csv").write_bytes(SAVED[how](text))
    notes = place.made(tmp_path / "area", lookups=(place.folder / "lookup.csv",)).notes
    assert "9 LSOAs of vintage 2021 from l.geojson, chosen by the lookup lookup.csv." in notes
    kept = pd.read_csv(tmp_path / "area" / "boundaries" / "lookups" / "lookup.csv", dtype=str)
    assert list(kept) == ["LSOA21CD", "LSOA21NM", "WD24CD", "WD24NM", "LAD24CD", "LAD24NM"]
    assert kept["LAD24NM"].tolist() == ["Ynys Môn"] * 9


def test_a_lookup_in_a_workbook_is_told_to_be_saved_as_csv(town: MakeTown, tmp_path: Path) -> None:
    place = town()
    pd.DataFrame(coded(place), columns=["LSOA21CD", "LSOA21NM"]).to_excel(place.folder / "lookup.xlsx", index=False)
    with pytest.raises(FileRefused, match=r"an Excel workbook; save the sheet that holds the codes as CSV"):
        place.made(tmp_path / "area", lookups=(place.folder / "lookup.xlsx",))


def initiated(place: Any, folder: Path, *more: object) -> Any:
    lsoas = place.geojson(place.lsoas, "l.geojson")
    command = ["init", folder, "--lad", place.lad, "--lsoas", lsoas, "--crimes", place.folder / "police", *more]
    return CliRunner().invoke(application, [str(part) for part in command])


def rewritten(place: Any, month: str, change: Callable[[pd.DataFrame], pd.DataFrame], **how: Any) -> None:
    file = place.street_file(month)
    change(pd.read_csv(file, dtype=str, keep_default_na=False)).to_csv(file, index=False, **how)


@pytest.mark.parametrize("months_of_2011", [["2024-01", "2024-02"], ["2024-01"]])
def test_without_a_lookup_crimes_that_state_lsoas_of_another_vintage_are_counted_where_they_lie(
    town: MakeTown, tmp_path: Path, months_of_2011: list[str]
) -> None:
    place = town()
    split = list(place.lsoas["LSOA21CD"][:2])

    def repeated(table: pd.DataFrame) -> pd.DataFrame:
        return pd.concat([table] * 8)

    def of_2011(table: pd.DataFrame) -> pd.DataFrame:
        return repeated(table.assign(**{"LSOA code": table["LSOA code"].replace(dict.fromkeys(split, "W01999999"))}))

    for month in ("2024-01", "2024-02"):
        rewritten(place, month, of_2011 if month in months_of_2011 else repeated)
    done = initiated(place, tmp_path / "area")
    assert done.exit_code == 0
    assert 'each crime is counted where its point lies (lsoa_codes = "located")' in done.output
    assert "each crime is counted where its point lies" in (tmp_path / "area" / "README.md").read_text(encoding="utf-8")
    found = place.reading(tmp_path / "area", "crimes")
    assert found.table["stated_code"].value_counts().tolist() == [48] * 9
    assert (found.tally.read, found.tally.accepted, sum(found.tally.set_aside.values())) == (464, 432, 32)


def test_a_few_records_of_an_unknown_lsoa_that_lie_in_ours_are_told(town: MakeTown, tmp_path: Path) -> None:
    place = town()
    first = place.lsoas["LSOA21CD"][0]
    rewritten(
        place, "2024-01", lambda table: table.assign(**{"LSOA code": table["LSOA code"].replace(first, "W01999999")})
    )
    assert initiated(place, tmp_path / "area").exit_code == 0
    notes = " ".join(place.reading(tmp_path / "area", "crimes").notes)
    assert "3 records state 1 LSOAs that are none of ours (such as W01999999) and lie in ours" in notes


def test_street_files_that_a_spreadsheet_program_saved_are_read(town: MakeTown, tmp_path: Path) -> None:
    place = town()
    for month, shown in (("2024-01", "Jan-24"), ("2024-02", "Feb-24")):
        saved = {"Month": shown, "Location": "On or near Heol y Môr"}
        rewritten(place, month, partial(pd.DataFrame.assign, **saved), encoding="cp1252")
    done = initiated(place, tmp_path / "area")
    assert "2 months from 2024-01 to 2024-02; their text is cp1252, not UTF-8" in done.output
    found = place.reading(tmp_path / "area", "crimes")
    assert (found.tally.accepted, set(found.table["street"])) == (54, {"Heol y Môr"})
    assert found.table["date"].dt.month.value_counts().to_dict() == {1: 27, 2: 27}


def test_months_put_together_are_found_as_a_spreadsheet_program_shows_them(town: MakeTown, tmp_path: Path) -> None:
    place = town()
    files = [pd.read_csv(place.street_file(month), dtype=str) for month in ("2024-01", "2024-02")]
    whole = pd.concat([table.assign(Month=shown) for table, shown in zip(files, ("Jan-24", "Feb-24"), strict=True)])
    whole.to_csv(place.folder / "both.csv", index=False)
    notes = " ".join(place.made(tmp_path / "area", crimes=place.folder / "both.csv").notes)
    assert "2 months from 2024-01 to 2024-02" in notes
    assert place.reading(tmp_path / "area", "crimes").tally.accepted == 54


@pytest.mark.parametrize(("first", "second"), [("01/01/2024", "01/02/2024"), ("1/1/2024", "2/1/2024")])
def test_months_that_became_first_days_are_read_in_the_order_that_makes_them_first_days(
    town: MakeTown, tmp_path: Path, first: str, second: str
) -> None:
    place = town()
    for month, shown in (("2024-01", first), ("2024-02", second)):
        rewritten(place, month, partial(pd.DataFrame.assign, Month=shown))
    assert "2 months from 2024-01 to 2024-02" in initiated(place, tmp_path / "area").output
    found = place.reading(tmp_path / "area", "crimes")
    assert found.table["date"].dt.month.value_counts().to_dict() == {1: 27, 2: 27}
    files = [pd.read_csv(place.street_file(month), dtype=str) for month in ("2024-01", "2024-02")]
    whole = pd.concat([table.assign(Month=shown) for table, shown in zip(files, (first, second), strict=True)])
    whole.to_csv(place.folder / "both.csv", index=False)
    notes = " ".join(place.made(tmp_path / "together", crimes=place.folder / "both.csv").notes)
    assert "2 months from 2024-01 to 2024-02" in notes


@pytest.mark.parametrize("written", ["north-yorkshire", "North Yorkshire", "NORTH_YORKSHIRE"])
def test_a_force_is_named_as_people_write_it(town: MakeTown, tmp_path: Path, written: str) -> None:
    place = town()
    for force in ("btp", "north-yorkshire"):
        place.street_file("2024-01", force=force)
    done = initiated(place, tmp_path / "area", "--force", written)
    assert "Street files of north-yorkshire: one month, " in done.output


def test_one_page_of_an_answer_is_not_taken_for_the_whole_file(town: MakeTown, tmp_path: Path) -> None:
    place = town()
    file = place.geojson(place.lsoas, "query.geojson")
    for page in ({"exceededTransferLimit": True}, {"properties": {"exceededTransferLimit": True}}):
        content = json.loads(place.geojson(place.lsoas, "query.geojson").read_text(encoding="utf-8"))
        file.write_text(json.dumps(content | page), encoding="utf-8")
        with pytest.raises(FileRefused, match=r"one page of an answer .*the service has more areas than it sent"):
            place.made(tmp_path / "area", lsoas=file)


@pytest.mark.parametrize("epsg", [7405, 4258])
def test_the_grid_with_heights_and_the_degrees_of_europe_are_systems_of_ours(
    town: MakeTown, tmp_path: Path, epsg: int
) -> None:
    place = town()
    frame = place.lsoas
    if epsg == 4258:
        frame.geometry = crs.geometry_to_wgs84(frame.geometry.to_numpy())
    else:
        frame.geometry = shapely.force_3d(frame.geometry.to_numpy(), 12.5)
    place.made(tmp_path / "area", lsoas=place.geopackage(frame.set_crs(epsg, allow_override=True), "l.gpkg"))
    held = load_reference(load_area(tmp_path / "area" / "hotspots.toml")).areas("lsoa")
    assert shapely.area(held.geometry).sum() == pytest.approx(9_040_000, rel=1e-6)


def test_a_folder_is_taken_for_the_one_shapefile_in_it(town: MakeTown, tmp_path: Path) -> None:
    place = town()
    place.shapefile(place.lsoas, "lsoas.zip")
    notes = place.made(tmp_path / "area", lsoas=place.folder / "lsoas.zip-parts").notes
    assert "9 LSOAs of vintage 2021" in notes[0]
    with pytest.raises(FileRefused, match="is a folder, not a regular file; name the file in it"):
        place.made(tmp_path / "other", lsoas=place.folder)


def test_an_archive_of_another_file_says_what_is_in_it(town: MakeTown, tmp_path: Path) -> None:
    place = town()
    with zipfile.ZipFile(place.folder / "l.zip", "w") as archive:
        archive.write(place.geojson(place.lsoas, "l.geojson"), "LSOA/areas.geojson")
    with pytest.raises(FileRefused, match=r"got 0; unpack it, and name 'LSOA/areas\.geojson'"):
        place.made(tmp_path / "area", lsoas=place.folder / "l.zip")


def test_crimes_on_the_meridian_are_read_as_programs_write_their_longitudes(town: MakeTown, tmp_path: Path) -> None:
    place = town(name="Greenwich", lad="E09000011", nation="E", easting=537_000, northing=177_000)
    latitudes = crs.to_wgs84([538_885.0] * 3, [177_500.0, 178_500.0, 179_500.0])[1]
    written = [("-2e-05", "5.7E-05", "-0.000047")[row % 3] for row in range(27)]

    def moved(table: pd.DataFrame) -> pd.DataFrame:
        ours = table["LSOA code"].isin(place.lsoas["LSOA21CD"])
        at = [f"{latitudes[row % 3]:.6f}" for row in range(27)]
        return table[ours].assign(Longitude=written, Latitude=at, **{"LSOA code": ""})

    rewritten(place, "2024-01", moved)
    place.made(tmp_path / "area", crimes=place.folder / "police")
    found = place.reading(tmp_path / "area", "crimes")
    assert (found.tally.accepted, found.tally.rejected) == (27, 0)
    assert found.table["easting"].between(538_800, 539_000).all()


def of_two_places(place: Any, other: Any, named: str, *, welsh: str = "") -> Path:
    """A file of two places, the first under a name of the statistics office, and in Welsh."""
    frame = pd.concat([place.lsoas, other.lsoas], ignore_index=True)
    frame["LSOA21NMW"] = frame["LSOA21NM"].str.replace(place.name, welsh) if welsh else ""
    frame["LSOA21NM"] = frame["LSOA21NM"].str.replace(place.name, named)
    return place.geojson(gpd.GeoDataFrame(frame, crs=crs.BNG), "both.geojson")


def test_a_place_is_found_by_its_welsh_name_and_one_of_another_name_is_suggested(
    town: MakeTown, tmp_path: Path
) -> None:
    place, other = town(name="Ynys"), town(name="Gwynedd", easting=270_000)
    file = of_two_places(place, other, "Isle of Anglesey", welsh="Ynys Môn")
    notes = place.made(tmp_path / "area", name="Ynys Môn", lsoas=file).notes
    assert "chosen by their names (Ynys Môn 001A, ...)" in notes[0]
    assert notes[0].startswith("9 LSOAs")
    with pytest.raises(DataRefused, match=r"is it 'Isle of Anglesey'\?"):
        place.made(tmp_path / "other", name="Anglesey", lsoas=file)


def test_a_lookup_of_the_years_before_a_district_was_made_is_told(town: MakeTown, tmp_path: Path) -> None:
    place, other = town(name="Allerdale", lad="E06000063", nation="E"), town(name="Eden", nation="E", easting=270_000)
    file = of_two_places(place, other, "Allerdale")
    rows = [f"{code},E07000026" for code, _ in coded(place)] + [f"{code},E07000030" for code, _ in coded(other)]
    (place.folder / "lookup.csv").write_text("\n".join(["LSOA21CD,LAD22CD", *rows]), encoding="utf-8")
    with pytest.raises(DataRefused, match=r"E06000063 is not under LAD22CD of lookup\.csv \(another year has"):
        place.made(tmp_path / "area", name="Cumberland", lsoas=file, lookups=(place.folder / "lookup.csv",))


@pytest.mark.parametrize(
    ("name", "resolution"),
    [
        ("Lower_layer_Super_Output_Areas_December_2021_Boundaries_EW_BGC_V5.gpkg", "BGC"),
        ("lsoa_2011_ew_bsc.gpkg", "BSC"),
        ("subgcs.gpkg", "not stated"),
    ],
)
def test_how_far_lines_are_generalised_is_read_in_the_name_of_a_published_file(
    town: MakeTown, tmp_path: Path, name: str, resolution: str
) -> None:
    place = town()
    place.made(tmp_path / "area", lsoas=place.geopackage(place.lsoas, name))
    manifest = json.loads((tmp_path / "area" / "boundaries" / "lsoa-2021" / "manifest.json").read_text("utf-8"))
    assert manifest["resolution"] == resolution


def test_the_names_of_sets_are_listed_whole(town: MakeTown, tmp_path: Path) -> None:
    place = town()
    place.made(
        tmp_path / "area",
        wards=place.geojson(place.wards, "wards.geojson"),
        ward_columns=Columns(None, None, "2022-12-after-review"),
    )
    listed = CliRunner().invoke(application, ["boundaries", "list", "--area", str(tmp_path / "area" / "hotspots.toml")])
    assert "ward-2022-12-after-review" in listed.output


def test_a_limit_that_is_raised_for_init_holds_for_the_workbook_of_residents(town: MakeTown, tmp_path: Path) -> None:
    place = town()
    file = estimates_of_four_years(place, place.folder / "sapelsoasyoa20192022.xlsx")
    few = Reading(limits=Limits(workbook_members=3))
    with pytest.raises(FileRefused, match=r"the limit is 3 \(limits\.workbook_members\)"):
        place.made(tmp_path / "area", population=file, reading=few)


@pytest.mark.parametrize("heading", ["LSOA 2021 Code", "LSOA code (2021)", "2021 super output area - lower layer"])
def test_residents_say_the_vintage_of_their_codes_in_any_heading(town: MakeTown, tmp_path: Path, heading: str) -> None:
    place = town(year="11")
    rows = [f"{code},{1000 + number}" for number, (code, _) in enumerate(coded(place))]
    file = place.folder / "mid2022.csv"
    file.write_text("\n".join([f"{heading},Total", *rows]), encoding="utf-8")
    place.made(tmp_path / "area", population=file)
    with pytest.raises(VintageError, match="population: declared LSOA vintage 2021"):
        check_area(load_area(tmp_path / "area" / "hotspots.toml"))
