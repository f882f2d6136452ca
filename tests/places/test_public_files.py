"""Files shaped like those that public repositories keep of real places: each goes through `init` as it is."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

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
