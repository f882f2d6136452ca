"""Files shaped like those that public repositories keep of real places: each goes through `init` as it is."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import shapely
from typer.testing import CliRunner

from hotspots.boundaries import load_reference
from hotspots.cli import application
from hotspots.errors import DataRefused, FileRefused
from hotspots.settings import load_area

MakeTown = Callable[..., Any]


def test_districts_of_a_file_may_be_said_without_a_year(town: MakeTown, tmp_path: Path) -> None:
    place = town()
    wards = place.wards.drop(columns="LAD22CD").assign(LADCD_ACTIVE=[place.lad, place.lad, "W06000003"])
    notes = " ".join(place.made(tmp_path / "area", wards=place.geojson(wards, "w.geojson")).notes)
    assert "2 wards of vintage 2022 from w.geojson, chosen by LADCD_ACTIVE W06000002; they leave 33." in notes
    lookup = place.folder / "lookup.csv"
    place.lsoas[["LSOA21CD"]].assign(LADCD=place.lad).to_csv(lookup, index=False)
    notes = place.made(tmp_path / "other", lookups=(lookup,), name="Somewhere").notes
    assert notes[0] == "9 LSOAs of vintage 2021 from l.geojson, chosen by the lookup lookup.csv."


def test_a_file_of_one_place_is_told_to_be_taken_whole(town: MakeTown, tmp_path: Path) -> None:
    place = town(name="City of London", lad="E09000001", nation="E")
    notes = place.made(tmp_path / "area").notes
    assert notes[0] == "9 LSOAs of vintage 2021 from l.geojson, the whole file, which holds City of London only."
    assert notes[0] in (tmp_path / "area" / "README.md").read_text(encoding="utf-8")
    notes = place.made(tmp_path / "whole", whole_files=True).notes
    assert notes[0] == "9 LSOAs of vintage 2021 from l.geojson, the whole file, as was said."


def test_a_file_of_another_place_is_not_taken_for_the_one_that_is_asked_for(town: MakeTown, tmp_path: Path) -> None:
    """The LSOAs of Gwynedd were taken for those of Ynys Môn, and said to be."""
    place = town(name="Gwynedd", lad="W06000001", nation="W")
    with pytest.raises(DataRefused, match="none is named after 'Ynys Môn'; give --lookup, --whole if"):
        place.made(tmp_path / "area", name="Ynys Môn")
    assert place.made(tmp_path / "whole", name="Ynys Môn", whole_files=True).notes[0].endswith("as was said.")


@pytest.mark.parametrize("name", ["Bournemouth, Christchurch and Poole", ""])
def test_a_file_of_one_of_the_districts_that_another_was_made_of_is_not_taken_for_the_whole(
    town: MakeTown, tmp_path: Path, name: str
) -> None:
    """The LSOAs of Christchurch were taken for those of its successor, whose name has the word in it."""
    place = town(name="Christchurch", lad="E06000058", nation="E")
    with pytest.raises(DataRefused) as refused:
        place.made(tmp_path / "area", name=name)
    assert str(refused.value) == (
        "l.geojson: it holds Christchurch only, and E06000058 was made of 3 districts (E06000028, E06000029, "
        "E07000048): give a file of all of them, the --lad of the one that is meant, or --whole if the file holds all "
        "of the district"
    )
    assert not (tmp_path / "area").exists()
    assert place.made(tmp_path / "named").notes[0].endswith("the whole file, which holds Christchurch only.")
    assert place.made(tmp_path / "whole", name=name, whole_files=True).notes[0].endswith("as was said.")


@pytest.mark.parametrize(
    ("lad", "before", "words"),
    [
        ("E06000063", ["E07000026", "E07000028", "E07000029"], "E07000026, E07000028, E07000029"),
        ("E06000057", ["E06000048"], "E06000048"),
        ("E06000048", ["E06000057"], "E06000057"),
        ("E08000037", ["E08000020"], "E08000020"),
        ("E07000240", ["E07000100"], "E07000100"),
    ],
)
def test_a_district_is_found_by_the_codes_that_its_ground_had_in_other_years(
    town: MakeTown, tmp_path: Path, lad: str, before: list[str], words: str
) -> None:
    place, other = town(lad=lad, nation="E"), town(nation="E", easting=270_000, name="Eden")
    frame = pd.concat([place.lsoas, other.lsoas], ignore_index=True)
    frame["LAD11CD"] = [before[number % len(before)] for number in range(9)] + ["E07000030"] * 9
    notes = place.made(tmp_path / "area", lsoas=place.geojson(frame, "n.geojson")).notes
    assert notes[0] == f"9 LSOAs of vintage 2021 from n.geojson, chosen by LAD11CD {words} ({lad} in other years)."
    table = frame[["LSOA21CD", "LAD11CD"]].assign(WD22CD="E05000001")
    table.to_csv(place.folder / "lookup.csv", index=False)
    notes = place.made(tmp_path / "lookup", lookups=(place.folder / "lookup.csv",)).notes
    assert "9 rows of the lookup lookup.csv." in notes


@pytest.mark.parametrize("asked", ["Ynys Môn", "Isle of Anglesey"])
def test_a_place_is_found_in_either_language_where_the_file_has_one(town: MakeTown, tmp_path: Path, asked: str) -> None:
    place, other = town(name="Isle of Anglesey", lad="W06000001"), town(easting=270_000)
    file = place.geojson(pd.concat([place.lsoas, other.lsoas], ignore_index=True), "both.geojson")
    notes = place.made(tmp_path / "area", name=asked, lsoas=file).notes
    assert notes[0].endswith("both.geojson, chosen by their names (Isle of Anglesey 001A, ...).")
    assert load_area(tmp_path / "area" / "hotspots.toml").file.area.name == asked
    with pytest.raises(DataRefused, match="no --name is given that they could be named after; give --lookup"):
        place.made(tmp_path / "none", name="", lsoas=file)


@pytest.mark.parametrize("heading", ["WD22CD", "WDCD"])
def test_wards_are_chosen_by_a_lookup_of_wards_and_districts(town: MakeTown, tmp_path: Path, heading: str) -> None:
    place, lookup = town(), town().folder / "ward to lad.csv"
    pd.DataFrame({heading: place.wards["WD22CD"], "LADCD": place.lad}).to_csv(lookup, index=False)
    wards = place.geojson(place.wards.drop(columns="LAD22CD"), "w.geojson")
    notes = place.made(tmp_path / "area", wards=wards, lookups=(lookup,)).notes
    assert "3 wards of vintage 2022 from w.geojson, chosen by the lookup ward to lad.csv." in notes
    assert load_reference(load_area(tmp_path / "area" / "hotspots.toml")).known_codes["ward", "2022"] == {
        *place.wards["WD22CD"]
    }


def test_wards_without_a_year_are_those_of_the_folder_or_left_alone(town: MakeTown, tmp_path: Path) -> None:
    place, lookup = town(), town().folder / "lookup.csv"
    wards = [place.wards["WD22CD"][number % 3] for number in range(9)]
    pd.DataFrame({"LSOA21CD": place.lsoas["LSOA21CD"], "WDCD": wards, "LADCD": place.lad}).to_csv(lookup, index=False)
    notes = place.made(tmp_path / "area", wards=place.geojson(place.wards, "w.geojson"), lookups=(lookup,)).notes
    assert "The wards under WDCD of lookup.csv are those of 2022." in notes
    (held,) = load_reference(load_area(tmp_path / "area" / "hotspots.toml")).lookups
    assert (held.kind, held.parent_vintage, len(held.table)) == ("lsoa_to_ward", "2022", 9)
    notes = place.made(tmp_path / "none", lookups=(lookup,)).notes
    assert "Of what year the wards under WDCD of lookup.csv are is not said: they are left alone." in notes


def older_rows(place: Any) -> list[str]:
    """Street files of 2010 to 2012: metres, no LSOA, and violence under its name of then."""
    rows = []
    for shape in place.lsoas.geometry:
        middle = shape.representative_point()
        rows.append(f"2010-12,Dyfed,Dyfed,{middle.x:.0f},{middle.y:.0f},On or near High Street,Violent crime,")
    return rows


@pytest.mark.parametrize("headings", [True, False])
def test_street_files_of_2010_are_read_with_headings_or_without(town: MakeTown, tmp_path: Path, headings: bool) -> None:
    place = town()
    file = place.street_file("2010-12")
    first = ["Month,Reported by,Falls within,Easting,Northing,Location,Crime type,Context"] if headings else []
    file.write_text("\n".join([*first, *older_rows(place), "2010-12,Dyfed,Dyfed,,,No Location,Other crime,"]))
    place.made(tmp_path / "area", crimes=place.folder / "police")
    read = place.reading(tmp_path / "area", "crimes")
    assert (read.tally.read, read.tally.accepted, read.tally.rejected) == (10, 9, 0)
    assert set(read.table["category"]) == {"Violent crime"}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda text: text.encode("utf-16"), "their text is utf-16, not UTF-8"),
        (lambda text: text.replace(",", ";").encode(), "their cells are parted by a semicolon"),
        (lambda text: text.replace(",", "\t").replace("\n", "\r").encode(), "their cells are parted by a tab"),
    ],
)
def test_street_files_saved_in_another_encoding_or_with_other_signs_are_declared(
    town: MakeTown, tmp_path: Path, change: Callable[[str], bytes], told: str
) -> None:
    place = town()
    for month in ("2018-01", "2018-02"):
        file = place.street_file(month)
        file.write_bytes(change(file.read_text(encoding="utf-8")))
    assert told in place.made(tmp_path / "area", crimes=place.folder / "police").notes[1]
    read = place.reading(tmp_path / "area", "crimes")
    assert (read.tally.read, read.tally.accepted, read.tally.rejected) == (58, 54, 0)


SEARCHES = "Type,Date,Latitude,Longitude,Gender,Age range,Legislation,Object of search,Outcome"
OUTCOMES = "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,Outcome type"


@pytest.mark.parametrize(
    ("kind", "headings", "words"),
    [("stop-and-search", SEARCHES, "stops and searches"), ("outcomes", OUTCOMES, "outcomes of crimes")],
)
def test_the_other_files_of_a_download_are_told_by_what_they_are(
    town: MakeTown, tmp_path: Path, kind: str, headings: str, words: str
) -> None:
    place = town()
    file = place.folder / "police" / f"2018-01-dyfed-{kind}.csv"
    file.parent.mkdir()
    file.write_text(f"{headings}\na,2018-01,b,c,-4.1,52.9,d,W01000001,e,f\n", encoding="utf-8")
    with pytest.raises(DataRefused, match=f"a file of {words}, which is no street crime"):
        place.made(tmp_path / "area", crimes=file)
    with pytest.raises(FileRefused, match=f"no street file .* is in it, but files of {kind}, which are no street"):
        place.made(tmp_path / "area", crimes=file.parent)


def test_a_small_place_with_few_crimes_in_each_lsoa_is_not_half_set_aside_over_a_change_of_vintage(
    town: MakeTown, tmp_path: Path
) -> None:
    place = town()
    place.street_file("2023-01")
    older = place.street_file("2022-12")
    older.write_text(older.read_text(encoding="utf-8").replace("W0102500", "W0102599"), encoding="utf-8")
    command = ["init", str(tmp_path / "area"), "--lad", place.lad, "--crimes", str(place.folder / "police")]
    done = CliRunner().invoke(application, [*command, "--lsoas", str(place.geojson(place.lsoas, "l.geojson"))])
    assert "each crime is counted where its point lies" in done.output
    read = place.reading(tmp_path / "area", "crimes")
    assert (read.tally.accepted, read.tally.set_aside["elsewhere"]) == (54, 2)


def test_a_ring_that_does_not_end_where_it_began_is_closed_and_told(town: MakeTown, tmp_path: Path) -> None:
    place = town()
    file = place.geojson(place.lsoas, "open.geojson")
    content = json.loads(file.read_text(encoding="utf-8"))
    content["features"][3]["geometry"]["coordinates"][0].pop()
    content["features"][8]["geometry"]["coordinates"][1][0].pop()
    file.write_text(json.dumps(content), encoding="utf-8")
    notes = place.made(tmp_path / "area", lsoas=file).notes
    words = "has a ring that did not end where it began, and was closed; its area changed by 0.00% (0 m²)."
    assert [note for note in notes if "Repaired" in note] == [
        f"Repaired: {place.lsoas['LSOA21CD'][number]} {words}" for number in (3, 8)
    ]
    held = load_reference(load_area(tmp_path / "area" / "hotspots.toml")).areas("lsoa")
    assert shapely.area(held.geometry).round(-2).tolist() == [1_000_000.0] * 8 + [1_040_000.0]
