"""Files as publishers and people leave them: populations under odd headings, street files of old or rewritten, wards
of a district whose code changed, and boundary files that state no system."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely
from typer.testing import CliRunner

from hotspots import crs
from hotspots.area_folder import Reading
from hotspots.boundary_settings import BoundariesSection
from hotspots.cli import application
from hotspots.errors import CrsError, DataRefused, HotspotsError, UsageError, VintageError
from hotspots.periods import span
from hotspots.pipeline import build_area, check_area
from hotspots.settings import load_area
from hotspots.views import Viewer
from hotspots.views.judged import counts_of

MakeTown = Callable[..., Any]
NINE = range(1000, 1900, 100)


def one_cell(place: Any) -> list[str]:
    return [f'"{code} : {name}","{n:,}"' for code, name, n in zip(*place.lsoas.iloc[:, [0, 1]].T.to_numpy(), NINE)]  # noqa: B905


def apart(place: Any, *more: str) -> list[str]:
    rows = zip(*place.lsoas.iloc[:, [0, 1]].T.to_numpy(), NINE, strict=True)
    return [",".join([code, name, str(n), *more]) for code, name, n in rows]


POPULATIONS: dict[str, tuple[Callable[[Any], list[str]], str]] = {
    "nomis, code and name in one cell": (
        lambda place: [
            '"Population estimates - small area"', '"ONS Crown Copyright Reserved"', "", '"date          :","2020"', "",
            '"2021 super output area - lower layer","Total"', *one_cell(place), "", '"Counts are swapped records."',
        ],
        "Total",
    ),
    "nomis, code under mnemonic": (
        lambda place: [
            '"date","2020"', "", '"2021 super output area - lower layer","mnemonic","All usual residents","Aged 16+"',
            *(f'"{row.split(",")[1]}","{row.split(",")[0]}",{row.split(",")[2]},7' for row in apart(place)),
        ],
        "All usual residents",
    ),
    "titles above, footnotes below": (
        lambda place: [
            "SAPE23DT2: Mid-2020 Population Estimates,,", ",,", "LSOA Code,LSOA Name,All Ages", *apart(place),
            "Source: Office for National Statistics,,",
        ],
        "All Ages",
    ),
    "LSOA 2021 Code": (
        lambda place: ["LSOA 2021 Code,LSOA 2021 Name,Total,F0 (mid-2020)", *apart(place, "3")], "Total",
    ),
    "the only counts are under their year": (lambda place: ["lsoa,name,2020", *apart(place)], "2020"),
    "no headings": (lambda place: ["E01999999,Mid-2020 elsewhere,5"][:0] + apart(place), "column 3"),
}  # fmt: skip


@pytest.mark.parametrize("kind", POPULATIONS)
@pytest.mark.parametrize("end", ["\n", "\r"])
def test_residents_are_found_under_the_headings_that_offices_give_them(
    town: MakeTown, tmp_path: Path, kind: str, end: str
) -> None:
    place = town()
    lines, heading = POPULATIONS[kind]
    file = place.folder / ("mid2020.csv" if kind == "no headings" else "residents.csv")
    file.write_bytes((end.join(lines(place)) + end).encode())
    notes = place.made(tmp_path / "area", population=file).notes
    source = load_area(tmp_path / "area" / "hotspots.toml").source("population")
    assert (source.columns.population, source.covers_from) == (heading, date(2020, 6, 30))
    found = place.reading(tmp_path / "area", "population")
    assert (found.tally.accepted, found.tally.rejected) == (9, 0)
    filled = sum(bool(line.strip(",")) for line in lines(place))
    assert f"{filled} rows = 9 kept + 0 of other places + {filled - 9} without a code" in " ".join(notes)
    assert int(found.table["population"].sum()) == 12_600


@pytest.mark.parametrize("heading", ["LSOA11CD", "code"])
def test_residents_of_another_vintage_are_refused_without_a_lookup_with_the_command_that_converts_them(
    town: MakeTown, tmp_path: Path, heading: str
) -> None:
    place = town()
    file = place.folder / "mid2020.csv"
    lines = [f"{heading},all_ages", *(f"W0109990{number},1000" for number in range(9))]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    given = ["--lad", place.lad, "--name", place.name, "--lsoas", str(place.geojson(place.lsoas, "l.geojson"))]
    given += ["--populations", str(file)]
    refused = CliRunner().invoke(application, ["init", str(tmp_path / "area"), *given])
    assert isinstance(refused.exception, HotspotsError)
    if heading == "LSOA11CD":
        assert "convert FILE.csv --from 2011 --into 2021 --to NEW.csv --lookup" in str(refused.exception)
    assert not (tmp_path / "area").exists()


@pytest.mark.parametrize("heading", ["LSOA11CD", "code"])
def test_residents_of_another_vintage_are_converted_by_the_lookup_and_none_are_guessed(
    town: MakeTown, tmp_path: Path, heading: str
) -> None:
    # The first five are unchanged, two of 2011 became one, and one of 2011 became the last three.
    place = town()
    now = place.lsoas["LSOA21CD"].tolist()
    links = [(code, code, "U") for code in now[:5]]
    links += [("W01099901", now[5], "M"), ("W01099902", now[5], "M"), *(("W01099903", code, "S") for code in now[6:])]
    lookup = place.folder / "LSOA11_LSOA21_LAD22_EW_LU.csv"
    rows = [f"{before},{after},{change},{place.lad}" for before, after, change in links]
    lookup.write_text("\n".join(["LSOA11CD,LSOA21CD,CHGIND,LAD22CD", *rows]) + "\n", encoding="utf-8-sig")
    file = place.folder / "mid2020.csv"
    people = {**dict.fromkeys(now[:5], "1,000"), "W01099901": "700", "W01099902": "600", "W01099903": "2100"}
    lines = [f"{heading},all_ages", *(f'{code},"{number}"' for code, number in people.items()), "E01004736,1500"]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    notes = " ".join(place.made(tmp_path / "area", population=file, lookups=(lookup,)).notes)
    assert "10 rows = 8 kept + 1 of other places + 1 without a code" in notes
    assert "Codes of 2011 were converted to 2021 by the lookup: 1 merged, 5 unchanged; 1 were divided" in notes
    found = place.reading(tmp_path / "area", "population")
    held = dict(zip(found.table["area_code"], found.table["population"], strict=True))
    assert held == {**dict.fromkeys(now[:5], 1000), now[5]: 1300}
    assert load_area(tmp_path / "area" / "hotspots.toml").source("population").vintage == "2021"
    assert any("3 of 9 areas have no population" in note for note in found.notes)


def test_a_national_workbook_is_kept_as_the_rows_of_the_district(town: MakeTown, tmp_path: Path) -> None:
    place = town()
    book = openpyxl.Workbook()
    book.active.append(["Contents"])
    page = book.create_sheet("Mid-2022 LSOA 2021")
    for row in (["Mid-2022: Population estimates"], [], ["LAD 2023 Code", "LSOA 2021 Code", "Total", "F0", "M90"]):
        page.append(row)
    for number in range(400):  # other districts come first: more than the columns are looked for in
        page.append(["E07000001", f"E01{number:06d}", 1500, 1, 2])
    for row in apart(place):
        code, _, count = row.split(",")
        page.append([place.lad, code, int(count), 1, 2])
    book.save(place.folder / "sapelsoa.xlsx")
    notes = " ".join(place.made(tmp_path / "area", population=place.folder / "sapelsoa.xlsx").notes)
    assert "411 rows = 9 kept + 400 of other places + 2 without a code" in notes
    kept = (tmp_path / "area" / "population" / "residents-2022-06-30.csv").read_text(encoding="utf-8")
    assert kept.splitlines()[0] == "LSOA 2021 Code,Total"
    assert len(kept.splitlines()) == 10
    assert int(place.reading(tmp_path / "area", "population").table["population"].sum()) == 12_600


def test_a_workbook_of_the_office_is_read_by_its_sheet_of_persons(town: MakeTown, tmp_path: Path) -> None:
    place = town()
    book = openpyxl.Workbook()
    book.active.append(["Contents"])
    for sheet, half in (("Mid-2020 Persons", 1), ("Mid-2020 Males", 2)):
        page = book.create_sheet(sheet)
        for row in (["SAPE23DT2"], [], ["LSOA Code", "LSOA Name", "All Ages", 0, "90+"]):
            page.append(row)
        for row in apart(place):
            code, name, number = row.split(",")
            page.append([code, name, int(number) // half, 1, 2])
    book.save(place.folder / "sape.xlsx")
    place.made(tmp_path / "area", population=place.folder / "sape.xlsx", population_date=date(2020, 6, 30))
    assert int(place.reading(tmp_path / "area", "population").table["population"].sum()) == 12_600


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["LSOA21CD,name,2019,2020"], "name both: --population-columns CODE,RESIDENTS"),
        (["LSOA21CD,name,Total"], "--population-date"),
    ],
)
def test_what_a_population_file_does_not_tell_is_asked(
    town: MakeTown, tmp_path: Path, lines: list[str], words: str
) -> None:
    place = town()
    file = place.folder / "people.csv"
    more = ("5",) if lines[0].count(",") == 3 else ()
    file.write_text("\n".join([*lines, *apart(place, *more)]), encoding="utf-8")
    with pytest.raises(UsageError, match=words):
        place.made(tmp_path / "area", population=file)
    named = (("LSOA21CD", "2020") if more else (None, None), date(2020, 6, 30))
    place.made(tmp_path / "area", population=file, population_columns=named[0], population_date=named[1])
    assert int(place.reading(tmp_path / "area", "population").table["population"].sum()) == (45 if more else 12_600)


def street(place: Any, change: Callable[[pd.DataFrame], pd.DataFrame], month: str = "2023-01", **how: Any) -> Path:
    file = place.street_file(month)
    table = change(pd.read_csv(file, dtype=str, keep_default_na=False))
    table.to_csv(file, index=False, **how)
    return place.folder / "police"


def in_metres(table: pd.DataFrame) -> pd.DataFrame:
    given = table["Longitude"] != ""
    degrees = (table.loc[given, name].astype(float).to_numpy() for name in ("Longitude", "Latitude"))
    for name, values in zip(("Easting", "Northing"), crs.to_bng(*degrees), strict=True):
        table[name] = ""
        table.loc[given, name] = [f"{value:.0f}" for value in values]
    return table[["Month", "Reported by", "Falls within", "Easting", "Northing", "Location", "Crime type", "Context"]]


REWRITTEN: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "as R writes headings": lambda table: table.rename(columns=lambda name: name.replace(" ", ".")),
    "as a database writes them": lambda table: table.rename(columns=lambda name: name.replace(" ", "_").lower()),
    "columns turned round, one more": lambda table: table[table.columns[::-1]].assign(extra="x"),
    "NA for what is blank": lambda table: table.replace("", "NA"),
    "0, 0 for no location": lambda table: table.replace({"Longitude": {"": "0"}, "Latitude": {"": "0"}}),
    "months as days": lambda table: table.assign(Month=table["Month"] + "-01"),
    "metres and no LSOA, as in 2011": in_metres,
    "degrees and no LSOA": lambda table: table.drop(columns=["Crime ID", "LSOA code", "LSOA name"]),
}


@pytest.mark.parametrize("kind", REWRITTEN)
def test_street_files_are_read_however_they_were_rewritten(town: MakeTown, tmp_path: Path, kind: str) -> None:
    place = town()
    place.made(tmp_path / "area", crimes=street(place, REWRITTEN[kind]))
    found = place.reading(tmp_path / "area", "crimes")
    assert (found.tally.read, found.tally.accepted, found.tally.rejected) == (29, 27, 0)
    assert found.tally.set_aside == {"without location (may be in the area)": 1, "elsewhere": 1}
    assert found.table["stated_code"].value_counts().tolist() == [3] * 9
    source = load_area(tmp_path / "area" / "hotspots.toml").source("crimes")
    assert source.lsoa_codes == ("located" if "no LSOA" in kind else "stated")
    assert any("have the LSOA of their point" in note for note in found.notes) == ("no LSOA" in kind)


def test_a_row_that_states_no_lsoa_is_counted_where_it_lies_and_told(town: MakeTown, tmp_path: Path) -> None:
    place = town()

    def blank_two(table: pd.DataFrame) -> pd.DataFrame:
        return table.assign(**{"LSOA code": table["LSOA code"].where(table.index > 1, "")})

    place.made(tmp_path / "area", crimes=street(place, blank_two))
    found = place.reading(tmp_path / "area", "crimes")
    assert found.tally.accepted == 27
    assert "2 records state no LSOA: 2 lie in one of ours, and are counted in it" in found.notes


def test_a_month_of_headings_alone_has_no_crime_and_says_so(town: MakeTown, tmp_path: Path) -> None:
    place = town()
    street(place, lambda table: table, "2023-01")
    place.made(tmp_path / "area", crimes=street(place, lambda table: table.iloc[:0], "2023-02"))
    found = place.reading(tmp_path / "area", "crimes")
    assert (found.tally.read, found.tally.accepted) == (29, 27)
    assert any("no row of any place is of 2023-02" in note for note in found.notes)


def test_where_every_row_of_the_area_is_rejected_the_source_is_refused(town: MakeTown, tmp_path: Path) -> None:
    place = town()
    place.made(tmp_path / "area", crimes=street(place, lambda table: table.assign(Month="Jan 23")))
    with pytest.raises(DataRefused, match=r"every row of the area was rejected.*'Jan 23'"):
        place.reading(tmp_path / "area", "crimes")


def test_street_files_put_together_in_one_csv_are_taken_by_its_name(town: MakeTown, tmp_path: Path) -> None:
    place = town()
    months = [pd.read_csv(place.street_file(month), dtype=str) for month in ("2023-01", "2023-03")]
    file = place.folder / "crimes.csv"
    pd.concat(months).to_csv(file, index=False)
    notes = place.made(tmp_path / "area", crimes=file).notes
    assert any("2 months from 2023-01 to 2023-03; missing in between: 2023-02" in note for note in notes)
    assert place.reading(tmp_path / "area", "crimes").tally.accepted == 54
    added = CliRunner().invoke(
        application, ["crimes", "add", str(file), "--area", str(tmp_path / "area" / "hotspots.toml")]
    )
    assert 'path = "police/crimes.csv"' in added.output
    (place.folder / "notes.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(DataRefused, match="no cell of it is a month"):
        place.made(tmp_path / "other", crimes=place.folder / "notes.csv")


def test_names_of_street_files_may_be_in_capitals(town: MakeTown, tmp_path: Path) -> None:
    place = town()
    file = place.street_file("2023-01")
    file.rename(file.with_name("2023-01-Dyfed-Street.CSV"))
    place.made(tmp_path / "area", crimes=place.folder / "police")
    assert place.reading(tmp_path / "area", "crimes").tally.accepted == 27


def test_wards_and_lsoas_of_a_district_whose_code_changed_are_found_all_the_same(
    town: MakeTown, tmp_path: Path
) -> None:
    place = town()
    wards = place.geojson(place.wards.assign(LAD22CD="W06000099"), "w.geojson")
    notes = place.made(tmp_path / "area", wards=wards).notes
    assert any("chosen by where they lie (no LAD22CD is W06000002)" in note for note in notes)
    lsoas = place.geojson(place.lsoas.assign(LAD22CD="W06000099"), "old.geojson")
    with pytest.raises(
        DataRefused, match=r"no LSOA of it is of W06000002 \(no LAD22CD is W06000002\); give a --lookup"
    ):
        place.made(tmp_path / "none", lsoas=lsoas)
    listed = place.folder / "codes.csv"
    listed.write_text("\n".join(["LSOA21CD", *place.lsoas["LSOA21CD"]]), encoding="utf-8")
    assert "by the list codes.csv" in place.made(tmp_path / "listed", lsoas=lsoas, lookups=(listed,)).notes[0]
    both = place.lsoas[["LSOA21CD"]].assign(LAD11CD="W06000077", LAD23CD=place.lad)
    both.to_csv(place.folder / "both.csv", index=False)
    found = place.made(tmp_path / "both", lsoas=lsoas, lookups=(place.folder / "both.csv",))
    assert "by the lookup both.csv" in found.notes[0]


def test_a_file_of_the_other_nation_is_refused(town: MakeTown, tmp_path: Path) -> None:
    place = town()
    with pytest.raises(DataRefused, match="is not in the nation of E06000014"):
        place.made(tmp_path / "area", lad="E06000014")


def test_a_place_is_called_what_its_lsoas_are_named_after(town: MakeTown, tmp_path: Path) -> None:
    place = town(name="Ynys Môn")
    place.made(tmp_path / "area", name="")
    assert load_area(tmp_path / "area" / "hotspots.toml").file.area.name == "Ynys Môn"


def test_a_system_that_no_file_states_is_declared_on_the_command_line(town: MakeTown, tmp_path: Path) -> None:
    place = town()
    metres = place.geojson(place.lsoas, "m.geojson", degrees=False)
    wards = place.shapefile(place.wards, "w.zip", prj=None)
    with pytest.raises(CrsError, match="--crs EPSG:27700"):
        place.made(tmp_path / "area", lsoas=metres)
    command = ["init", str(tmp_path / "area"), "--lad", place.lad, "--lsoas", str(metres), "--wards", str(wards)]
    done = CliRunner().invoke(application, [*command, "--crs", "EPSG:27700"])
    assert done.exit_code == 0, done.output
    area = str(tmp_path / "area" / "hotspots.toml")
    add = ["boundaries", "add", str(wards), "--kind", "ward", "--vintage", "2022", "--area", area, "--replace"]
    assert isinstance(CliRunner().invoke(application, add).exception, HotspotsError)
    assert CliRunner().invoke(application, [*add, "--crs", "EPSG:27700"]).exit_code == 0


def test_what_may_be_cut_or_repaired_is_chosen_and_kept_in_the_area_file(town: MakeTown, tmp_path: Path) -> None:
    place = town()
    frame = place.lsoas
    shapes = frame.geometry.tolist()
    shapes[0] = shapes[0].buffer(120, join_style="mitre").intersection(shapes[0].union(shapes[1]))
    overlapping = place.geojson(gpd.GeoDataFrame(frame.drop(columns="geometry"), geometry=shapes), "o.geojson")
    with pytest.raises(DataRefused, match=r"overlap by 120,\d{3}\.\d m², 12\.0% of the smaller one.*--overlap-share"):
        place.made(tmp_path / "area", lsoas=overlapping)
    wider = Reading(tolerances=BoundariesSection(overlap_share=0.2))
    notes = place.made(tmp_path / "area", lsoas=overlapping, reading=wider).notes
    assert any("and what they shared was cut from it; its area changed by 12.00%" in note for note in notes)
    assert load_area(tmp_path / "area" / "hotspots.toml").file.boundaries.overlap_share == 0.2


def test_a_month_that_was_never_supplied_is_not_a_month_without_crime_when_work_is_judged(
    town: MakeTown, tmp_path: Path
) -> None:
    place = town()
    for month in ("2023-01", "2023-02", "2023-04", "2023-05"):
        place.street_file(month)
    place.made(tmp_path / "area", crimes=place.folder / "police")
    build = build_area(tmp_path / "area" / "hotspots.toml", tmp_path / "area" / "build")
    analyst = Viewer("analyst")
    square = f"polygon:{shapely.box(place.easting, place.northing, place.easting + 1000, place.northing + 1000).wkt}"
    for where, each in (("city", 18.0), (square, 2.0)):
        counts = counts_of(build, analyst, what="crimes", place=where)
        assert [period.label for period in counts.periods] == [f"2023-0{number}" for number in range(1, 6)]
        assert counts.lower.tolist() == pytest.approx([each, each, float("nan"), each, each], nan_ok=True)
        with pytest.raises(DataRefused, match="the count of 2023-03 is hidden or not known"):
            counts.over(span(date(2023, 2, 1), date(2023, 4, 30)))


def test_the_isles_of_scilly_and_lizard_point_are_in_england() -> None:
    # Ordnance Survey's own test points of OSTN15: St Mary's, and the coast south of Penzance.
    easting, northing = crs.to_bng([-6.29977752014, -5.20304609998], [49.92226393730, 49.96006137820])
    assert easting.round(3).tolist() == [91492.146, 170370.718]
    assert northing.round(3).tolist() == [11318.804, 11572.405]
    there = crs.to_bng(*crs.to_wgs84([84_000.0, 170_100.0], [5_400.0, 11_300.0]))
    assert there[0].round(2).tolist() == [84_000.0, 170_100.0]
    assert there[1].round(2).tolist() == [5_400.0, 11_300.0]
    assert [value.tolist() for value in map(pd.isna, crs.to_bng([-6.3, 12.0], [49.7, 49.9]))] == [[True, True]] * 2


LOOKUP_HEADINGS = "LSOA11CD,LSOA11NM,LSOA21CD,LSOA21NM,CHGIND"


def two_vintages(place: Any) -> Path:
    """The first two LSOAs of 2021 were one in 2011, called E01999999 as in W01999999; the others are unchanged."""
    rows = [(f"{place.nation}01999999" if n < 2 else code, code) for n, code in enumerate(place.lsoas["LSOA21CD"])]
    lines = [f"{old},x,{new},x,{'S' if old != new else 'U'}" for old, new in rows]
    path = place.folder / "LSOA11_LSOA21.csv"
    path.write_text("\n".join([LOOKUP_HEADINGS, *lines]), encoding="utf-8-sig")
    return path


def stating_2011(place: Any) -> Callable[[pd.DataFrame], pd.DataFrame]:
    split = list(place.lsoas["LSOA21CD"][:2])

    def change(table: pd.DataFrame) -> pd.DataFrame:
        old = table["LSOA code"].where(~table["LSOA code"].isin(split), f"{place.nation}01999999")
        return pd.concat([table.assign(**{"LSOA code": old})] * 4)

    return change


def test_street_files_of_2011_on_boundaries_of_2021_are_converted_where_the_lookup_is_given(
    town: MakeTown, tmp_path: Path
) -> None:
    place = town()
    police, lookup = street(place, stating_2011(place)), two_vintages(place)
    notes = place.made(tmp_path / "area", crimes=police, lookups=(lookup,)).notes
    assert "The street files state LSOAs of 2011: they are converted to 2021 by the lookup." in notes
    found = place.reading(tmp_path / "area", "crimes")
    assert (found.tally.accepted, found.table["stated_code"].value_counts().tolist()) == (108, [12] * 9)
    with pytest.raises(VintageError, match=r"1 LSOAs that are stated are none of ours.*W01999999, 24 records.*located"):
        check_area(load_area(place.made(tmp_path / "bare", crimes=police).folder / "hotspots.toml"))


def test_street_files_over_a_change_of_vintage_are_counted_where_their_points_lie(
    town: MakeTown, tmp_path: Path
) -> None:
    place = town()
    street(place, stating_2011(place), "2023-01")
    police, lookup = street(place, lambda table: table, "2023-02"), two_vintages(place)
    notes = place.made(tmp_path / "area", crimes=police, lookups=(lookup,)).notes
    assert any("state LSOAs of 2011 and of 2021: each crime is counted where its point lies" in note for note in notes)
    found = place.reading(tmp_path / "area", "crimes")
    assert found.table["stated_code"].value_counts().tolist() == [15] * 9
    assert any("have the LSOA of their point, whatever they state" in note for note in found.notes)


def test_a_small_place_with_crime_of_one_kind_is_built(town: MakeTown, tmp_path: Path) -> None:
    place = town()

    def violence(table: pd.DataFrame) -> pd.DataFrame:
        return table.assign(**{"Crime type": "Violence and sexual offences"}).head(8)

    place.made(tmp_path / "area", crimes=street(place, violence))
    build = build_area(tmp_path / "area" / "hotspots.toml", tmp_path / "area" / "build")
    assert "crime-hotspots" in build.layers


def test_a_rock_of_a_ward_is_not_lost_where_the_line_of_the_small_areas_leaves_it_out(
    town: MakeTown, tmp_path: Path
) -> None:
    place = town()
    wards = place.wards.drop(columns="LAD22CD")
    # As features of their own, between the town and its island: no small area, generalised otherwise, reaches them.
    rocks = [shapely.box(place.easting + east, place.northing, place.easting + east + 20, place.northing + 20)
             for east in (3700, 3800, 3900)]  # fmt: skip
    parts = gpd.GeoDataFrame([wards.iloc[2].drop("geometry")] * 3, geometry=rocks, crs=wards.crs)
    file = place.geopackage(gpd.GeoDataFrame(pd.concat([wards, parts], ignore_index=True)), "rocks.gpkg")
    notes = place.made(tmp_path / "area", wards=file).notes
    assert any("was given as 4 features, which were put together" in note for note in notes)
    assert any(note.startswith("3 wards of vintage 2022") for note in notes)


def test_a_month_of_another_encoding_than_the_others_is_named_and_its_text_is_not_read_as_signs(
    town: MakeTown, tmp_path: Path
) -> None:
    place = town()
    files = [place.street_file(month) for month in ("2023-01", "2023-02")]
    files[1].write_bytes(files[1].read_text(encoding="utf-8").encode("utf-16"))
    with pytest.raises(
        DataRefused, match=r"2023-02-\S*street.csv is UTF-16 and 2023-01-\S*street.csv is not: the files"
    ):
        place.made(tmp_path / "area", crimes=place.folder / "police")
    files[0].write_bytes(files[0].read_text(encoding="utf-8").encode("utf-16"))
    place.made(tmp_path / "area", crimes=place.folder / "police")
    held = tmp_path / "area" / "police" / files[0].name
    held.write_bytes(held.read_text(encoding="utf-16").encode())
    with pytest.raises(
        HotspotsError, match=r"2023-01-\S*street.csv: not of UTF-16, which is declared; the files of one"
    ):
        place.reading(tmp_path / "area", "crimes")
