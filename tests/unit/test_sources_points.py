"""Sources with positions: needle finds, premises, incidents, crimes, and residents beside them."""

from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import shapely

from hotspots.areas import Areas, Reference
from hotspots.crs import to_wgs84
from hotspots.errors import DataRefused, SettingsRefused, VintageError
from hotspots.pipeline.cubes import needle_cube
from hotspots.source_settings import (
    CrimesSource,
    IncidentsSource,
    NeedleFindsSource,
    PopulationSource,
    PremisesSource,
)
from hotspots.sources import read_points, read_source
from hotspots.tables import CRIMES, INCIDENTS, NEEDLE_FINDS, POPULATION, PREMISES, Reading

COVERED = {"covers_from": date(2016, 4, 1), "covers_to": date(2019, 3, 31)}
CODES = ["E01000001", "E01000002", "E01000003"]
NEEDLES = "find_id,date,e,n,quantity,source,land,house,batch,ward\n"
NEEDLE_COLUMNS = {
    "find_id": "find_id", "date": "date", "easting": "e", "northing": "n", "source": "source", "land_type": "land",
    "is_house_clearance": "house", "is_batch": "batch", "ward_text": "ward",
}  # fmt: skip


def three_areas() -> Reference:
    squares = [shapely.box(545_000 + 1_000 * at, 258_000, 546_000 + 1_000 * at, 259_000) for at in range(3)]
    table = pd.DataFrame({"code": CODES, "name": ["North", "South", "East"], "geometry": squares})
    lsoas = Areas("lsoa", "2011", "2011", False, "", table)
    return Reference(lsoas, None, (), {("lsoa", "2021"): frozenset({"E01000001", "E01099991"})})


def write(folder: Path, text: str) -> dict[str, Any]:
    (folder / "records.csv").write_text(text, encoding="utf-8")
    return {"id": "records", "path": "records.csv", **COVERED}


def read_finds(folder: Path, rows: str, **changes: Any) -> Reading:
    common = write(folder, NEEDLES + rows)
    source = NeedleFindsSource.model_validate(common | {"kind": "needle_finds", "columns": NEEDLE_COLUMNS} | changes)
    return read_source(source, folder=folder, reference=three_areas())


def test_needle_finds_have_the_columns_declared(tmp_path: Path) -> None:
    reading = read_finds(tmp_path, "N1,2016-04-01,545500,258500,12,public,park,no,no,Market\n")
    assert reading.table.columns.tolist() == [column.name for column in NEEDLE_FINDS]
    find = reading.table.iloc[0]
    assert find[["event_id", "easting", "northing", "uncertainty_m", "quantity", "context", "ward_text"]].tolist() == [
        "N1", 545_500.0, 258_500.0, 10.0, 12, "public_realm", "Market",
    ]  # fmt: skip


def test_fault_035_nothing_found_is_set_aside_and_unknown_volume_is_an_instance(tmp_path: Path) -> None:
    rows = (
        "N1,2016-04-01,545500,258500,0,,park,,,\nN2,2016-04-01,545500,258500,,,park,,,\n"
        "N3,2016-04-01,545500,258500,unknown,,park,,,\nN4,2016-04-01,545500,258500,-3,,park,,,\n"
        "N5,2016-04-01,545500,258500,a few,,park,,,\n"
    )
    reading = read_finds(tmp_path, rows)
    assert reading.tally.sentence == "5 rows = 2 accepted + 2 rejected + 1 nothing found"
    assert reading.table["quantity"].isna().all()
    assert reading.rejects["reason"].tolist() == ["constraint-error", "type-error"]


@pytest.mark.parametrize(
    ("quantity", "land", "house", "batch", "context", "is_batch"),
    [("12", "park", "no", "no", "public_realm", False), ("12", "park", "yes", "yes", "house_clearance", True),
     ("12", "Private dwelling", "no", "no", "house_clearance", False), ("100", "park", "no", "no", "batch", True),
     ("99", "park", "no", "unknown", "public_realm", None), ("12", "", "no", "no", "unknown", False),
     ("12", "Unknown", "", "yes", "unknown", True), ("", "park", "no", "yes", "batch", True),
     ("12", "private-dwelling", "", "yes", "house_clearance", True)],
)  # fmt: skip
def test_the_context_says_what_may_be_a_point(
    quantity: str, land: str, house: str, batch: str, context: str, is_batch: bool | None, tmp_path: Path
) -> None:
    reading = read_finds(tmp_path, f"N1,2016-04-01,545500,258500,{quantity},,{land},{house},{batch},\n")
    find = reading.table.iloc[0]
    assert find["context"] == context
    assert (None if pd.isna(find["is_batch"]) else find["is_batch"]) == is_batch


def test_a_find_beside_the_area_is_accepted_and_said_to_be_in_no_number_by_area(tmp_path: Path) -> None:
    """In the sea, or over the border of the district: within 5 km of it a find is read, and was then told nowhere."""
    rows = [f"N{at},2016-04-01,{547_500 + 600 * at},258500,2,public,park,no,no,\n" for at in range(4)]
    reading = read_finds(tmp_path, "".join(rows))
    assert reading.tally.sentence == "4 rows = 4 accepted + 0 rejected"
    assert reading.notes[-1] == "3 finds lie in none of the LSOAs, and in no number by area"
    cube = needle_cube(reading, three_areas().areas("lsoa"))
    assert cube.meta.caveats[0] == "3 records lie in none of the areas and are not counted."
    assert read_finds(tmp_path, "".join(rows[:2])).notes[-1].startswith("1 find lies in none of the LSOAs")
    assert "none of the LSOAs" not in " ".join(read_finds(tmp_path, rows[0]).notes)


def test_fault_034_an_exact_repeat_is_set_aside_and_another_content_refused(tmp_path: Path) -> None:
    row = "N1,2016-04-01,545500,258500,12,,park,no,no,Market\n"
    assert read_finds(tmp_path, row + row).tally.sentence == "2 rows = 1 accepted + 0 rejected + 1 exact duplicate"
    message = "the find N1 is given more than once: records.csv line 2 and records.csv line 3"
    with pytest.raises(DataRefused, match=message):
        read_finds(tmp_path, row + row.replace(",12,", ",13,"))


def test_identifiers_are_minted_from_the_file_and_the_line(tmp_path: Path) -> None:
    row = ",2016-04-01,545500,258500,12,,park,no,no,Market\n"
    reading = read_finds(tmp_path, row + row)
    digest = reading.files[0].sha256[:12]
    assert reading.table["event_id"].tolist() == [f"{digest}-2", f"{digest}-3"]


@pytest.mark.parametrize(
    ("easting", "northing", "reason", "hint"),
    [("0", "0", "zero-position", "0, 0 is what a form leaves"),
     ("", "", "blank-position", "no position"), ("545500", "", "blank-position", "no position"),
     ("258500", "545500", "outside-study-area", "easting and northing swapped?"),
     ("0.1264", "52.2001", "outside-study-area", "degrees given as metres?"),
     ("52.2001", "0.1264", "outside-study-area", "degrees given as metres?"),
     ("5455000", "258500", "outside-national-grid", "a digit too many?"),
     ("545500", "25850", "outside-study-area", "a digit missing?"),
     ("645500", "258500", "outside-study-area", "outside the study area (easting 540000 to 553000, northing 253000"),
     ("NaN", "258500", "type-error", ""), ("inf", "258500", "type-error", ""), ("1e308", "0", "type-error", ""),
     ("9" * 30, "9" * 30, "outside-national-grid", "not a place in Great Britain")],
)  # fmt: skip
def test_fault_026_028_an_impossible_position_is_a_reject_with_a_hint(
    easting: str, northing: str, reason: str, hint: str, tmp_path: Path
) -> None:
    good = "N1,2016-04-01,545500,258500,12,,park,no,no,\n"
    reading = read_finds(tmp_path, good + f"N2,2016-04-01,{easting},{northing},12,,park,no,no,\n")
    reject = reading.rejects.iloc[0]
    assert (reject["line"], reject["reason"]) == (3, reason)
    assert hint in reject["detail"]
    assert reading.tally.sentence == "2 rows = 1 accepted + 1 rejected"


def read_degrees(folder: Path, rows: str, reference: Reference | None = None) -> Reading:
    common = write(folder, "date_reported,lon,lat,quantity\n" + rows)
    columns = {"longitude": "lon", "latitude": "lat"}
    source = NeedleFindsSource.model_validate(common | {"kind": "needle_finds", "columns": columns})
    return read_source(source, folder=folder, reference=reference or three_areas())


def test_longitude_and_latitude_become_metres_by_ostn15(tmp_path: Path) -> None:
    longitude, latitude = (values[0] for values in to_wgs84([545_500.0], [258_500.0]))
    reading = read_degrees(tmp_path, f"2016-04-01,{longitude:.7f},{latitude:.7f},1\n")
    assert reading.table[["easting", "northing"]].to_numpy()[0] == pytest.approx([545_500.0, 258_500.0], abs=0.02)


@pytest.mark.parametrize(
    ("longitude", "latitude", "hint"),
    [("52.2056", "0.1279", "longitude and latitude swapped?"), ("-0.1279", "52.2056", "sign of the longitude?"),
     ("545500", "258500", "metres given as degrees?"), ("-71.0638", "42.3554", "not a place in Great Britain")],
)  # fmt: skip
def test_fault_025_degrees_that_are_wrong_have_a_hint(longitude: str, latitude: str, hint: str, tmp_path: Path) -> None:
    good = "2016-04-01,0.1279,52.2056,1\n"
    reading = read_degrees(tmp_path, good + f"2016-04-01,{longitude},{latitude},1\n")
    assert hint in reading.rejects.loc[0, "detail"]


def test_without_boundaries_only_the_national_grid_is_checked(tmp_path: Path) -> None:
    rows = "2016-04-01,-3.2,55.95,1\n2016-04-01,-71.06,42.35,1\n"
    reading = read_degrees(tmp_path, rows, Reference(None, None))
    assert reading.tally.sentence == "2 rows = 1 accepted + 1 rejected"
    assert reading.rejects["reason"].tolist() == ["outside-national-grid"]


def test_fault_029_a_grid_reference_keeps_its_precision_as_uncertainty(tmp_path: Path) -> None:
    common = write(tmp_path, "date_reported,ref,quantity\n2016-04-01,TL 45 58,1\n2016-04-01,TL 4550 5850,1\n"
                             "2016-04-01,by the shop,1\n")  # fmt: skip
    source = NeedleFindsSource.model_validate(common | {"kind": "needle_finds", "columns": {"grid_reference": "ref"}})
    reading = read_source(source, folder=tmp_path, reference=three_areas())
    assert reading.table[["easting", "uncertainty_m"]].to_numpy().tolist() == [[545_500.0, 707.1], [545_505.0, 7.1]]
    assert reading.rejects[["column", "value", "reason"]].to_numpy().tolist() == [["ref", "by the shop", "type-error"]]


def test_two_kinds_of_position_or_half_a_pair_are_refused(tmp_path: Path) -> None:
    common = write(tmp_path, "date_reported,e,n,ref,quantity\n2016-04-01,1,2,3,4\n")
    for columns, message in (
        ({"easting": "e", "northing": "n", "grid_reference": "ref"}, "several kinds of position"),
        ({"easting": "e"}, "must map both easting and northing"),
    ):
        source = NeedleFindsSource.model_validate(common | {"kind": "needle_finds", "columns": columns})
        with pytest.raises(SettingsRefused, match=message):
            read_source(source, folder=tmp_path, reference=three_areas())


REGISTER = "premises_id,name,e,n,opened,closed,capacity\n"
PREMISES_COLUMNS = {
    "easting": "e", "northing": "n", "opened": "opened", "closed": "closed", "capacity": "capacity",
}  # fmt: skip


def read_register(folder: Path, rows: str) -> Reading:
    common = write(folder, REGISTER + rows)
    source = PremisesSource.model_validate(common | {"kind": "premises", "columns": PREMISES_COLUMNS})
    return read_source(source, folder=folder, reference=three_areas())


def test_a_register_keeps_premises_without_a_position_and_rejects_impossible_ones(tmp_path: Path) -> None:
    rows = (
        "P1,The Otter,545500,258500,1988-12-01,,160\nP2,The Newt,,,,,\nP3,The Pike,0,0,,,\n"
        "P4,The Heron,545500,258500,2018-01-01,2017-01-01,\nP5,The Lamp,545500,258500,,,0\n"
    )
    reading = read_register(tmp_path, rows)
    assert reading.table.columns.tolist() == [column.name for column in PREMISES]
    assert reading.table["premises_id"].tolist() == ["P1", "P2"]
    assert reading.rejects["reason"].tolist() == ["zero-position", "constraint-error", "constraint-error"]
    assert reading.notes == ("1 premises has no position",)


def test_two_premises_with_one_identifier_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataRefused, match=r"the premises P1 is given more than once: .*line 2 and .*line 3"):
        read_register(tmp_path, "P1,The Otter,545500,258500,,,\nP1,The Newt,545600,258500,,,\n")


def read_incidents(folder: Path, rows: str) -> Reading:
    register = read_register(folder, "P1,The Otter,545500,258500,2017-01-01,2018-12-31,\nP2,The Newt,,,,,\n")
    common = write(folder, "incident_id,premises_id,date,time,incident_type,severity\n" + rows)
    columns = {"time": "time", "severity": "severity"}
    source = IncidentsSource.model_validate(common | {"kind": "incidents", "columns": columns})
    return read_source(source, folder=folder, reference=three_areas(), premises=register)


def test_fault_038_incidents_are_attributed_by_identifier(tmp_path: Path) -> None:
    rows = (
        "I1,P1,2018-01-05,23:10,violence,2\nI1,P1,2018-01-05,23:10,violence,2\nI1,P2,2018-01-05,23:10,violence,2\n"
        "I2,,2018-01-06,,affray,\nI3,P9,2018-01-06,,affray,\nI4,P1,2019-01-06,,affray,\nI5,P1,2016-05-01,,affray,\n"
        "I6,P1,2018-02-01,,affray,6\n"
    )
    reading = read_incidents(tmp_path, rows)
    assert reading.table.columns.tolist() == [column.name for column in INCIDENTS]
    assert reading.tally.sentence == "8 rows = 5 accepted + 2 rejected + 1 exact duplicate"
    assert reading.rejects[["line", "reason"]].to_numpy().tolist() == [[6, "unknown-premises"], [9, "constraint-error"]]
    assert reading.notes == (
        "1 incident is attributed to no premises",
        "2 rows are of incidents attributed to more than one premises",
        "1 incident is dated before its premises opened",
        "1 incident is dated after its premises closed",
    )


def test_one_incident_of_one_premises_with_two_contents_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataRefused, match="the incident I1, P1 is given more than once"):
        read_incidents(tmp_path, "I1,P1,2018-01-05,,violence,2\nI1,P1,2018-01-05,,violence,3\n")


def test_incidents_without_a_register_are_refused(tmp_path: Path) -> None:
    common = write(tmp_path, "incident_id,premises_id,date,incident_type\nI1,P1,2018-01-05,violence\n")
    source = IncidentsSource.model_validate(common | {"kind": "incidents"})
    with pytest.raises(DataRefused, match="incidents need the register of premises"):
        read_source(source, folder=tmp_path, reference=three_areas())


STREET = "Crime ID,Month,Longitude,Latitude,LSOA code,Crime type,Hour\n"
HERE = "0.1279,52.2056"


def read_street(folder: Path, rows: str, **changes: Any) -> Reading:
    common = write(folder, STREET + rows)
    source = CrimesSource.model_validate(common | {"kind": "crimes", "vintage": "2011"} | changes)
    return read_source(source, folder=folder, reference=three_areas())


def test_exact_repeats_of_anti_social_behaviour_are_separate_incidents(tmp_path: Path) -> None:
    row = f",2018-11,{HERE},E01000001,Anti-social behaviour,\n"
    reading = read_street(tmp_path, row + row + f"x,2018-11,{HERE},E01000001,Robbery,23\n", hour_column="Hour")
    assert reading.table.columns.tolist() == [column.name for column in CRIMES]
    assert reading.table["measure"].tolist() == ["asb", "asb", "crimes"]
    assert reading.table["hour"].isna().tolist() == [True, True, False]
    assert reading.table["date"].unique().tolist() == [pd.Timestamp(2018, 11, 1)]
    assert (reading.table["uncertainty_m"] == 100).all()
    assert reading.meta.caveats


def test_street_rows_without_location_or_elsewhere_are_set_aside(tmp_path: Path) -> None:
    rows = (
        f"a,2018-11,{HERE},E01000001,Robbery,\nb,2018-11,,,,Robbery,\nc,2018-11,-0.4,52.3,E01017540,Robbery,\n"
        f"d,2019-04,{HERE},E01000001,Robbery,\ne,2018-13,{HERE},E01000001,Robbery,\nf,2018-11,0.1,,E01000001,Robbery,\n"
    )
    reading = read_street(tmp_path, rows)
    expected = "6 rows = 1 accepted + 3 rejected + 1 without location (may be in the area) + 1 elsewhere"
    assert reading.tally.sentence == expected
    assert reading.rejects["reason"].tolist() == ["outside-coverage", "type-error", "blank-position"]


def test_a_street_file_of_another_vintage_or_place_is_refused(tmp_path: Path) -> None:
    with pytest.raises(VintageError, match=r"records\.csv: 1 codes \(such as E01099991\) belong to LSOA 2021"):
        read_street(tmp_path, f"a,2018-11,{HERE},E01000001,Robbery,\nb,2018-11,{HERE},E01099991,Robbery,\n")
    with pytest.raises(DataRefused, match="no row states one of the 3 LSOAs"):
        read_street(tmp_path, "a,2018-11,-0.4,52.3,E01017540,Robbery,\n")


def read_residents(folder: Path, rows: str) -> Reading:
    common = write(folder, "lsoa_code,population\n" + rows)
    source = PopulationSource.model_validate(common | {"kind": "population", "vintage": "2011"})
    return read_source(source, folder=folder, reference=three_areas())


def test_residents_elsewhere_are_set_aside_and_missing_areas_noted(tmp_path: Path) -> None:
    reading = read_residents(tmp_path, 'e01000001,"1,444"\nE01000002,2035\nE01017540,1500\nTotal,3479\n')
    assert reading.table.columns.tolist() == [column.name for column in POPULATION]
    assert reading.table["population"].tolist() == [1_444, 2_035]
    assert reading.tally.sentence == "4 rows = 2 accepted + 1 rejected + 1 elsewhere"
    assert reading.notes == ("1 of 3 areas have no population and get no rate",)


def test_an_area_with_two_populations_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataRefused, match="the area E01000001 is given more than once"):
        read_residents(tmp_path, "E01000001,5\nE01000001,5\n")


def test_a_file_of_points_needs_no_area_file(tmp_path: Path) -> None:
    path = tmp_path / "points.csv"
    path.write_text("Easting,Northing,weight\n545500,258500,2\n545600,258500,-1\n", encoding="utf-8")
    reading = read_points(path)
    assert reading.table[["easting", "northing", "weight"]].to_numpy().tolist() == [[545_500.0, 258_500.0, 2.0]]
    assert reading.rejects[["line", "column"]].to_numpy().tolist() == [[3, "weight"]]
    path.write_text("lon,lat\n0.1,52.2\n", encoding="utf-8")
    with pytest.raises(DataRefused, match=r"expected the headings .*easting,northing or longitude,latitude"):
        read_points(path)
