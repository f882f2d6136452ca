"""Places from words: what names a place gets it, with how far off it may be; what does not is counted and listed."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from hotspots.areas import Areas, Reference
from hotspots.crs import to_wgs84
from hotspots.errors import CrsError, DataRefused
from hotspots.gazetteer import Gazetteer, match_places, normal, streets_of
from hotspots.settings import load_area
from hotspots.sources import load_gazetteer, read_source
from hotspots.sources.gazetteer_files import gazetteer_paths
from hotspots.tables import Reading
from hotspots.towns import TOWNS, towns_in

PLACES = [
    ("Jesus Green", 545_050, 259_190, 150), ("Grafton Centre", 545_809, 258_699, 100),
    ("Sainsbury's, Brooks Road", 547_548, 257_837, 100), ("Mill Road (west end)", 546_065, 257_964, 100),
    ("Mill Road (east end)", 546_879, 257_609, 100), ("Mill Road", 546_470, 257_790, 480),
    ("Gwydir Street", 546_350, 258_000, 120), ("Mill Road bridge", 546_435, 257_803, 60),
    ("Church Lane", 545_000, 260_000, 100), ("Church Lane", 548_000, 255_000, 100),
    ("Long Road", 545_500, 256_000, 900),
]  # fmt: skip


def places(threshold: float = 90.0, **changes: object) -> Gazetteer:
    table = pd.DataFrame(PLACES, columns=["name", "easting", "northing", "uncertainty_m"]).assign(kind="place")
    table = table.astype({"easting": float, "northing": float, "uncertainty_m": float})
    return Gazetteer(table, threshold, **changes)  # type: ignore[arg-type]


def one(text: str, **changes: object) -> dict[str, object]:
    return match_places([text], places(**changes)).to_dict("records")[0]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "name", "uncertainty_m"),
    [
        ("Jesus Green", "Jesus Green", 150),
        ("Jesus Green, by the toilets", "Jesus Green", 200),
        ("outside the Grafton", "Grafton Centre", 150),
        ("GRAFTON CTR loading bay", "Grafton Centre", 100),
        ("Sainsburys car park", "Sainsbury's, Brooks Road", 100),
        ("mill rd", "Mill Road", 480),
        ("Mill Road near Gwydir St", "Gwydir Street", 170),
        ("under Mill Road bridge", "Mill Road bridge", 60),
        ("gwydir st car park", "Gwydir Street", 120),
        ("Jesus Grene", "Jesus Green", 150),
    ],
)
def test_words_name_a_place_and_say_how_far_off_it_may_be(text: str, name: str, uncertainty_m: float) -> None:
    found = one(text)
    assert (found["status"], found["name"], found["uncertainty_m"]) == ("matched", name, uncertainty_m)


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("", "blank"), ("  ?! ", "blank"), ("pub garden", "unmatched"), ("Church Lane", "ambiguous"),
        ("Jesus Green and Gwydir Street", "ambiguous"), ("Long Road", "vague"), ("road", "unmatched"),
        ("green", "unmatched"), ("Jesus Lane", "unmatched"),
    ],
)  # fmt: skip
def test_what_names_no_one_place_has_no_position(text: str, status: str) -> None:
    found = one(text)
    assert found["status"] == status
    assert found["easting"] != found["easting"]  # type: ignore[call-overload]


def test_the_candidates_are_named_with_their_scores() -> None:
    assert str(one("Jesus Lane")["candidates"]).startswith("Jesus Green (")
    assert one("Church Lane")["candidates"] == "Church Lane (100); Church Lane (100)"


def test_a_text_resolved_by_hand_comes_before_every_name() -> None:
    resolved = {normal("Jesus Green"): ("the lido", 545_100.0, 259_400.0, 20.0)}
    found = one("jesus green!", resolved=resolved)
    assert (found["status"], found["name"], found["easting"], found["uncertainty_m"]) == (
        "resolved",
        "the lido",
        545_100,
        20,
    )


def test_kinds_of_place_are_no_streets_and_a_street_is_as_uncertain_as_it_is_long() -> None:
    names = [
        "On or near Mill Road",
        "On or near Mill Road",
        "On or near Park/Open Space",
        "On or near ",
        "On or near X",
    ]
    made = streets_of(names, [0.0, 600.0, 1.0, 1.0, np.nan], [0.0, 800.0, 1.0, 1.0, 1.0])
    assert made[["name", "uncertainty_m"]].to_numpy().tolist() == [["Mill Road", 600.0]]


def test_a_gazetteer_without_positions_is_refused() -> None:
    table = pd.DataFrame(
        {"name": ["A"], "easting": [np.nan], "northing": [1.0], "uncertainty_m": [1.0], "kind": "place"}
    )
    with pytest.raises(DataRefused, match="finite positions"):
        Gazetteer(table)
    with pytest.raises(DataRefused, match="needs the columns"):
        Gazetteer(table.drop(columns="kind"))


@given(st.lists(st.text(max_size=60), max_size=6))
def test_every_text_has_one_answer_in_order_whatever_it_holds(texts: list[str]) -> None:
    found = match_places(texts, places())
    assert found["text"].tolist() == texts
    placed = found["status"].isin(["matched", "resolved"])
    assert (found["easting"].notna() == placed).all()
    assert (found.loc[placed, "score"] >= 90).all()


# Whole areas: the places of the map, the streets of recorded crime, OS Open Names, and texts resolved by hand.

AREA = """
[area]
name = "Small"
[map]
places = "places.geojson"
[gazetteer]
{gazetteer}
[[sources]]
id = "finds"
kind = "needle_finds"
path = "finds.csv"
covers_from = 2018-04-01
covers_to = 2019-03-31
synthetic = true
columns = {{ location_text = "where", easting = "easting", northing = "northing" }}
"""
GEOJSON = (
    '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"name": "Jesus Green"}, '
    '"geometry": {"type": "Point", "coordinates": [%.6f, %.6f]}}]}'
)
OPEN_NAMES = (
    "osgb1,http://x,Parker's Piece,,,,other,Open Space,545500,258200,1,1,545400,258100,545700,258500" + "," * 18
)
FINDS = (
    "date_reported,quantity,easting,northing,where\n2018-05-01,3,545420,258440,\n"
    "2018-05-02,1,,,Jesus Green by the pond\n"
    "2018-05-03,2,,,the usual place\n2018-05-04,2,,,the usual place\n2018-05-05,1,,,\n2018-05-06,1,,,Parkers Piece\n"
)


def read(folder: Path, gazetteer: str = "", finds: str = FINDS) -> Reading:
    longitude, latitude = to_wgs84(np.array([545_050.0]), np.array([259_190.0]))
    (folder / "places.geojson").write_text(GEOJSON % (longitude[0], latitude[0]), encoding="utf-8")
    (folder / "names.csv").write_text(OPEN_NAMES + "\n", encoding="utf-8")
    (folder / "finds.csv").write_text(finds, encoding="utf-8")
    (folder / "hotspots.toml").write_text(AREA.format(gazetteer=gazetteer), encoding="utf-8")
    area, reference = load_area(folder / "hotspots.toml"), Reference(None, None)
    source = area.source("needle_finds")
    return read_source(source, folder=folder, reference=reference, gazetteer=load_gazetteer(area, reference))


def test_finds_keep_their_coordinates_or_get_those_of_their_words_and_none_is_lost(tmp_path: Path) -> None:
    table = read(tmp_path).table
    assert len(table) == 6
    assert table["easting"].round().astype("Int64").tolist() == [545_420, 545_050, pd.NA, pd.NA, pd.NA, pd.NA]
    assert table["uncertainty_m"].astype("Int64").tolist() == [10, 200, pd.NA, pd.NA, pd.NA, pd.NA]


def test_the_outcome_is_counted_and_what_named_no_place_is_listed_most_frequent_first(tmp_path: Path) -> None:
    reading = read(tmp_path)
    assert "1 blank, 1 matched, 3 unmatched; only matched and resolved ones" in reading.notes[-1]
    assert reading.unplaced is not None
    assert reading.unplaced[["text", "records"]].to_numpy().tolist() == [["the usual place", 2], ["Parkers Piece", 1]]
    assert reading.tally.sentence == "6 rows = 6 accepted + 0 rejected"


def test_the_streets_of_other_towns_are_no_part_of_ours(tmp_path: Path) -> None:
    east, north = np.array([545_500.0, 545_700.0, 560_000.0]), np.array([258_500.0, 258_500.0, 270_000.0])
    longitude, latitude = to_wgs84(east, north)
    rows = "".join(
        f",2018-05,{at:.6f},{up:.6f},On or near Mill Road,E01000001,Burglary\n"
        for at, up in zip(longitude, latitude, strict=True)
    )
    heading = "Crime ID,Month,Longitude,Latitude,Location,LSOA code,Crime type\n"
    (tmp_path / "street.csv").write_text(heading + rows, encoding="utf-8")
    read(tmp_path)
    crimes = (
        '[[sources]]\nid = "crimes"\nkind = "crimes"\npath = "street.csv"\nvintage = "2011"\n'
        "covers_from = 2018-04-01\ncovers_to = 2019-03-31\n"
    )
    text = (tmp_path / "hotspots.toml").read_text(encoding="utf-8")
    (tmp_path / "hotspots.toml").write_text(text + crimes, encoding="utf-8")
    square = pd.DataFrame({"code": ["E01000001"], "name": ["N"], "geometry": [shapely.box(545e3, 258e3, 546e3, 259e3)]})
    reference = Reference(Areas("lsoa", "2011", "2011", False, "", square), None)
    made = load_gazetteer(load_area(tmp_path / "hotspots.toml"), reference)
    assert made is not None
    streets = made.table[made.table["kind"] == "street"]
    assert streets[["name", "easting", "uncertainty_m"]].round().to_numpy().tolist() == [["Mill Road", 545_600, 200]]


def test_open_names_add_places_as_uncertain_as_their_box(tmp_path: Path) -> None:
    table = read(tmp_path, 'open_names = "names.csv"').table
    last = table.iloc[-1]
    assert (last["easting"], last["northing"], last["uncertainty_m"]) == (545_500, 258_200, 250)


def test_a_list_filled_in_by_hand_is_read_next_time(tmp_path: Path) -> None:
    from hotspots.sources.gazetteer_files import resolve_template

    reading = read(tmp_path)
    assert reading.unplaced is not None
    resolve_template(tmp_path / "resolved.csv", reading.unplaced)
    listed = pd.read_csv(tmp_path / "resolved.csv", dtype=str, keep_default_na=False)
    listed.loc[0, ["easting", "northing", "uncertainty_m"]] = ["545600", "258700", "25"]
    listed.loc[1, "name"] = "Jesus Green"
    listed.to_csv(tmp_path / "resolved.csv", index=False)
    table = read(tmp_path, 'resolved = "resolved.csv"').table
    assert table["easting"].round().astype("Int64").tolist() == [545_420, 545_050, 545_600, 545_600, pd.NA, 545_050]
    assert table["uncertainty_m"].tolist()[2] == 25


def test_a_resolved_name_that_is_nowhere_is_refused(tmp_path: Path) -> None:
    (tmp_path / "resolved.csv").write_text(
        "text,name,easting,northing,uncertainty_m\nx,Atlantis,,,\n", encoding="utf-8"
    )
    with pytest.raises(DataRefused, match="row 2: no place of the gazetteer is called 'Atlantis'"):
        read(tmp_path, 'resolved = "resolved.csv"')


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("x,,abc,258300,", "row 2: easting 'abc' is not a number written in plain digits"),
        ("x,,545600,258300,about 50", "row 2: uncertainty_m 'about 50' is not a number"),
        ("x,,545600,,", "row 2: easting and northing belong together, and one of them is blank"),
        ("x,,545600,258300,50\nX,,545700,258300,50", "row 3: 'X' is resolved twice, to different places"),
        ("x,Jesus Green,,,\nX,,545700,258300,50", "row 3: 'X' is resolved twice, to different places"),
    ],
)
def test_what_was_filled_in_and_cannot_be_used_is_told_and_never_passed_over(
    tmp_path: Path, rows: str, words: str
) -> None:
    (tmp_path / "resolved.csv").write_text(f"text,name,easting,northing,uncertainty_m\n{rows}\n", encoding="utf-8")
    with pytest.raises(DataRefused, match=words):
        read(tmp_path, 'resolved = "resolved.csv"')
    once = "text,name,easting,northing,uncertainty_m\nx,Jesus Green,,,\nX,Jesus Green,,,\nx,,,,\n"
    (tmp_path / "resolved.csv").write_text(once, encoding="utf-8")
    read(tmp_path, 'resolved = "resolved.csv"')


def test_a_name_that_two_places_far_apart_have_resolves_nothing() -> None:
    from hotspots.sources.gazetteer_files import _resolved_row

    row = {"text": "x", "name": "Church Ln", "easting": "", "northing": "", "uncertainty_m": ""}
    with pytest.raises(DataRefused, match="row 2: 2 places that lie apart are called 'Church Ln'; give easting and"):
        _resolved_row(row, places().table, {"church lane": [8, 9]}, where="row 2", usual_m=150)
    gwydir = row | {"name": "Gwydir St"}
    made = _resolved_row(gwydir, places().table, {"gwydir street": [6]}, where="row 2", usual_m=150)
    assert made == ("Gwydir Street", 546_350, 258_000, 120)


def test_fault_028_a_place_off_the_national_grid_is_refused_with_its_row(tmp_path: Path) -> None:
    """A digit too many in the list filled in by hand put finds into no sea that there is."""
    (tmp_path / "resolved.csv").write_text(
        "text,name,easting,northing,uncertainty_m\nx,Bins,5456000,258700,25\n", encoding="utf-8"
    )
    with pytest.raises(CrsError, match=r"resolved.csv row 2: easting 5,456,000, northing 258,700 is off the National"):
        read(tmp_path, 'resolved = "resolved.csv"')


def test_an_area_without_words_has_no_gazetteer_and_one_without_places_is_told(tmp_path: Path) -> None:
    read(tmp_path)
    text = (tmp_path / "hotspots.toml").read_text(encoding="utf-8")
    (tmp_path / "hotspots.toml").write_text(text.replace('location_text = "where", ', ""), encoding="utf-8")
    assert load_gazetteer(load_area(tmp_path / "hotspots.toml"), Reference(None, None)) is None
    (tmp_path / "hotspots.toml").write_text(text.replace('places = "places.geojson"', ""), encoding="utf-8")
    with pytest.raises(DataRefused, match="no place is known"):
        load_gazetteer(load_area(tmp_path / "hotspots.toml"), Reference(None, None))


def test_the_files_of_the_gazetteer_are_inputs_of_a_build(tmp_path: Path) -> None:
    read(tmp_path, 'open_names = "n*.csv"')
    assert gazetteer_paths(load_area(tmp_path / "hotspots.toml")) == ["names.csv"]


def test_a_row_of_another_shape_is_no_open_name(tmp_path: Path) -> None:
    read(tmp_path)
    (tmp_path / "names.csv").write_text("a,b,c\n", encoding="utf-8")
    area = load_area(tmp_path / "hotspots.toml")
    assert area.file.sources[0].covers_from == date(2018, 4, 1)
    text = (
        (tmp_path / "hotspots.toml")
        .read_text(encoding="utf-8")
        .replace("[gazetteer]", '[gazetteer]\nopen_names = "names.csv"')
    )
    (tmp_path / "hotspots.toml").write_text(text, encoding="utf-8")
    with pytest.raises(DataRefused, match="3 cells; a row of OS Open Names has 34"):
        load_gazetteer(load_area(tmp_path / "hotspots.toml"), Reference(None, None))


def test_a_first_letter_is_seldom_a_slip_of_the_pen() -> None:
    found = match_places(["Hill Road bridge", "Mil Road bridge"], places())
    assert found["status"].tolist() == ["unmatched", "matched"]
    assert found["name"].tolist() == ["", "Mill Road bridge"]


def test_a_saint_before_a_name_or_a_great_little_lower_or_upper_makes_it_anothers() -> None:
    rows = [("John Street", 545_800, 258_400), ("Park Street", 544_900, 258_800), ("Eastern Street", 546_900, 257_300)]
    table = pd.DataFrame(rows, columns=["name", "easting", "northing"]).astype({"easting": float, "northing": float})
    held = Gazetteer(table.assign(uncertainty_m=100.0, kind="street"))
    others = ["St Johns Street", "St. John's St (rear)", "nr St Johns Street", "Lower Park St", "Gt Eastern Street"]
    assert match_places(others, held)["status"].tolist() == ["unmatched"] * 5
    ours = ["John St", "King St / Park St", "behind Park Street", "Jhn Street"]
    assert match_places(ours, held)["status"].tolist() == ["matched"] * 4


def test_two_roads_with_a_stroke_between_them_are_two_and_short_words_are_written_out() -> None:
    assert normal("Long Rd/Gwydir St") == "long road gwydir street"
    assert match_places(["jesus grn", "Jesus Gn"], places())["name"].tolist() == ["Jesus Green", "Jesus Green"]
    assert normal("o/s 3 Mitchams Cnr, Lion Yd") == "os 3 mitchams corner lion yard"


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("Jesus Green, Royston", "elsewhere"), ("Jesus Green Royston", "elsewhere"),
        ("Royston Jesus Green", "elsewhere"),
        ("Jesus Green (Royston)", "elsewhere"), ("Jesus Green - Royston", "elsewhere"),
        ("Jesus Green, Royston SG8 9JL", "elsewhere"), ("Jesus Green, Royston, Herts", "elsewhere"),
        ("found in Royston near Jesus Green", "elsewhere"), ("Jesus Green, St. Ives", "elsewhere"),
        ("Jesus Green towards Royston", "matched"), ("Jesus Green, bus to Royston", "matched"),
        ("Jesus Green, Royston Road end", "matched"), ("Jesus Green, Royston plates", "matched"),
        ("Jesus Green, Cambridge", "matched"), ("Jesus Green", "matched"), ("Royston", "unmatched"),
    ],
)  # fmt: skip
def test_a_text_that_says_it_is_in_another_town_gets_no_position_of_ours(text: str, status: str) -> None:
    found = one(text, elsewhere=frozenset({"royston", "st ives"}))
    assert found["status"] == status
    assert (found["easting"] != found["easting"]) == (status != "matched")


def test_without_names_of_other_places_nothing_is_elsewhere() -> None:
    assert one("Jesus Green, Royston")["status"] == "matched"


def test_a_town_is_no_other_place_where_its_name_is_one_of_ours() -> None:
    assert {"cambridge", "royston", "st ives", "newcastle upon tyne"} <= TOWNS
    assert not {"street", "sale", "march", "green"} & TOWNS
    assert all(normal(name) == name for name in TOWNS)


def test_a_town_in_a_district_of_another_name_is_no_other_place_there(tmp_path: Path) -> None:
    """Rutland's own county town: "Mill Street, Oakham" was elsewhere, and Stamford next door has to stay so."""
    read(tmp_path)
    square = pd.DataFrame(
        {"code": ["E01013799"], "name": ["Rutland 003B"], "geometry": [shapely.box(545e3, 258e3, 546e3, 259e3)]}
    )
    rutland = Reference(Areas("lsoa", "2011", "2011", False, "", square), None)
    made = load_gazetteer(load_area(tmp_path / "hotspots.toml"), rutland)
    assert made is not None
    assert "oakham" not in made.elsewhere
    assert {"stamford", "melton mowbray"} <= made.elsewhere
    given = tmp_path / "hotspots.toml"
    given.write_text(AREA.format(gazetteer='elsewhere = ["Oakham"]'), encoding="utf-8")
    made = load_gazetteer(load_area(given), rutland)
    assert made is not None
    assert "oakham" in made.elsewhere


def test_every_town_of_a_district_is_a_known_town() -> None:
    of_all = towns_in(["rutland", "south kesteven", "north yorkshire", "camden", "telford and wrekin"])
    assert {"oakham", "grantham", "stamford", "whitby", "london", "newport"} <= of_all <= TOWNS
    assert towns_in(["cambridge"]) == frozenset()


@pytest.mark.parametrize(
    ("district", "ours"),
    [
        ("Merthyr Tydfil", {"merthyr tydfil", "merthyr tudful"}),
        ("Merthyr Tudful", {"merthyr tydfil", "merthyr tudful"}),
        ("Ynys Môn", {"holyhead", "caergybi"}),
        ("Isle of Anglesey", {"holyhead", "caergybi"}),
    ],
)
def test_a_town_is_ours_or_another_by_its_name_in_welsh_as_in_english(
    tmp_path: Path, district: str, ours: set[str]
) -> None:
    """A "John Street, Caerdydd" was put on Merthyr's, and "High St Merthyr Tydfil" was not in Merthyr Tudful."""
    read(tmp_path)
    square = shapely.box(545e3, 258e3, 546e3, 259e3)
    table = pd.DataFrame({"code": ["W01001315"], "name": [f"{district} 004D"], "geometry": [square]})
    reference = Reference(Areas("lsoa", "2011", "2011", False, "", table), None)
    made = load_gazetteer(load_area(tmp_path / "hotspots.toml"), reference)
    assert made is not None
    assert not ours & made.elsewhere
    assert {"cardiff", "caerdydd", "swansea", "abertawe", "aberdare", "aberdar", "y barri"} <= made.elsewhere


@pytest.mark.parametrize("text", ["Tŷ'n Rhos", "Ty\u0302'n Rhos", "Ty'N Rhos", "ger Tŷ'n Rhos"])
def test_a_welsh_name_is_found_with_its_circumflex_or_without(text: str) -> None:
    table = pd.DataFrame([("Ty'N Rhos", 249_600.0, 338_800.0, 80.0, "street")], columns=[*places().table])
    found = match_places([text], Gazetteer(table)).to_dict("records")[0]
    near_m = 50.0 if text.startswith("ger ") else 0.0
    assert (found["status"], found["score"], found["uncertainty_m"]) == ("matched", 100.0, 80.0 + near_m)


@pytest.mark.parametrize(
    ("ward", "ours"),
    [
        ("Pwllheli North", True),
        ("Gogledd Pwllheli", True),
        ("Pwllheli", True),
        ("Pwllheli Road", False),
        ("Nefyn", False),
    ],
)
def test_a_town_of_which_a_ward_is_a_side_is_no_other_town(tmp_path: Path, ward: str, ours: bool) -> None:
    read(tmp_path)
    table = pd.DataFrame({"code": ["W05000001"], "name": [ward], "geometry": [shapely.box(545e3, 258e3, 546e3, 260e3)]})
    reference = Reference(None, Areas("ward", "2018", "2018", False, "", table))
    made = load_gazetteer(load_area(tmp_path / "hotspots.toml"), reference)
    assert made is not None
    assert ("pwllheli" not in made.elsewhere) == ours
