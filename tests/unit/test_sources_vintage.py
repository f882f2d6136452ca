"""A source of another LSOA vintage than the boundaries: converted where the area file says how, and marked so."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely

from hotspots.areas import Areas, Lookup, Reference
from hotspots.errors import DataRefused, SettingsRefused, VintageError
from hotspots.source_settings import CalloutsSource, CrimesSource, PopulationSource
from hotspots.sources import read_source
from hotspots.tables import Reading

# In 2021: KEPT is as it was, MERGED was two areas, WEST and EAST were one.
KEPT, ONE, TWO, WHOLE = "E01000001", "E01000002", "E01000003", "E01000004"
MERGED, WEST, EAST = "E01034002", "E01034003", "E01034004"
LINKS = [(KEPT, KEPT, "U"), (ONE, MERGED, "M"), (TWO, MERGED, "M"), (WHOLE, WEST, "S"), (WHOLE, EAST, "S")]
COVERED = {"covers_from": date(2017, 4, 1), "covers_to": date(2018, 3, 31)}
BY_WEIGHT = {"split": "weights", "weights": "households.csv", "weight_name": "households 2021"}


def reference(codes: tuple[str, ...] = (KEPT, MERGED, WEST, EAST)) -> Reference:
    squares = [shapely.box(545_000 + 1_000 * at, 258_000, 546_000 + 1_000 * at, 259_000) for at in range(len(codes))]
    table = pd.DataFrame({"code": codes, "name": codes, "geometry": squares})
    lookup = Lookup(
        "lsoa_2011_to_2021", "2011", "2021", pd.DataFrame(LINKS, columns=["area_code", "parent_code", "change"])
    )
    old, new = ({link[at] for link in LINKS} for at in (0, 1))
    known = {("lsoa", "2011"): frozenset(old), ("lsoa", "2021"): frozenset(new)}
    return Reference(Areas("lsoa", "2021", "2021", False, "", table), None, (lookup,), known)


def read_callouts(folder: Path, rows: str, *, conversion: object = None, **changes: object) -> Reading:
    (folder / "callouts.csv").write_text(f"lsoa_code,period,count\n{rows}", encoding="utf-8")
    (folder / "households.csv").write_text(f"area_code,weight\n{WEST},600\n{EAST},400\n", encoding="utf-8")
    declared: dict[str, object] = {
        "id": "callouts", "kind": "callouts", "path": "callouts.csv", "vintage": "2011", "absent": "zero",
        "conversion": conversion, **COVERED, **changes,
    }  # fmt: skip
    return read_source(CalloutsSource.model_validate(declared), folder=folder, reference=reference())


ROWS = f"{KEPT},2017/18,9\n{ONE},2017/18,<5\n{TWO},2017/18,6\n{WHOLE},2017/18,10\n"


def test_counts_of_2011_are_refused_on_2021_boundaries_until_the_area_file_says_how(tmp_path: Path) -> None:
    with pytest.raises(VintageError, match="never mixed without the lookup"):
        read_callouts(tmp_path, ROWS)
    with pytest.raises(VintageError, match=f"{WHOLE} lies in 2 areas of 2021"):
        read_callouts(tmp_path, ROWS, conversion={})


def test_counts_are_converted_and_each_says_how(tmp_path: Path) -> None:
    reading = read_callouts(tmp_path, ROWS, conversion=BY_WEIGHT)
    assert reading.table[["area_code", "lower", "upper", "status", "conversion"]].to_numpy().tolist() == [
        [KEPT, 9, 9, "ok", "unchanged"],
        [MERGED, 7, 10, "suppressed", "merged"],
        [WEST, 6, 6, "ok", "split by households 2021"],
        [EAST, 4, 4, "ok", "split by households 2021"],
    ]
    assert reading.tally.sentence == "4 rows = 4 accepted + 0 rejected"


def test_every_layer_of_it_says_so_and_names_the_estimates(tmp_path: Path) -> None:
    caveats = read_callouts(tmp_path, ROWS, conversion=BY_WEIGHT).meta.caveats
    assert caveats[0] == (
        "Converted from LSOA 2011 to 2021 by the official lookup: 1 merged, 2 split by households 2021, 1 unchanged."
    )
    assert caveats[1] == f"Estimates, split by households 2021: {WEST}, {EAST}."


def test_the_file_of_weights_is_an_input_with_its_hash(tmp_path: Path) -> None:
    files = read_callouts(tmp_path, ROWS, conversion=BY_WEIGHT).files
    assert [file.name for file in files] == ["callouts.csv", "households.csv"]


def test_without_split_areas_nothing_needs_a_weight(tmp_path: Path) -> None:
    reading = read_callouts(tmp_path, f"{KEPT},2017/18,9\n{ONE},2017/18,5\n", conversion={})
    assert reading.table["lower"].tolist() == [9, 5]


def test_a_merged_area_with_an_unknown_part_is_left_out(tmp_path: Path) -> None:
    reading = read_callouts(tmp_path, f"{KEPT},2017/18,9\n{ONE},2017/18,5\n", conversion={}, absent="unknown")
    assert reading.table["area_code"].tolist() == [KEPT]
    assert any("1 counts were left out" in note for note in reading.notes)


def test_a_source_of_the_vintage_in_use_is_read_as_it_is(tmp_path: Path) -> None:
    reading = read_callouts(tmp_path, f"{WEST},2017/18,9\n", conversion=BY_WEIGHT, vintage="2021")
    assert reading.table[["area_code", "conversion"]].to_numpy().tolist() == [[WEST, "as supplied"]]


@pytest.mark.parametrize(
    ("conversion", "weights", "error", "said"),
    [
        ({"split": "weights"}, "", SettingsRefused, "needs weights .a file. and weight_name"),
        (BY_WEIGHT, "area_code,weight\nE01034003,many\n", VintageError, "row 2: expected one plain number"),
        (BY_WEIGHT, f"area_code,weight\n{WEST},1\n{WEST},2\n", VintageError, f"{WEST} twice"),
        (BY_WEIGHT, f"area_code,weight\n{WEST},1\n", DataRefused, f"{EAST} has no weight"),
        (BY_WEIGHT, "code,weight\nA,1\n", DataRefused, "there is no column 'area_code'"),
    ],
)
def test_weights_are_one_plain_number_an_area(
    tmp_path: Path, conversion: object, weights: str, error: type[Exception], said: str
) -> None:
    (tmp_path / "callouts.csv").write_text(f"lsoa_code,period,count\n{ROWS}", encoding="utf-8")
    (tmp_path / "households.csv").write_text(weights or "area_code,weight\n", encoding="utf-8")
    declared = {"id": "callouts", "kind": "callouts", "path": "callouts.csv", "vintage": "2011", "absent": "zero"}
    source = CalloutsSource.model_validate({**declared, **COVERED, "conversion": conversion})
    with pytest.raises(error, match=said):
        read_source(source, folder=tmp_path, reference=reference())


# Codes of 2011 until March 2017, of 2021 from April: 12 events in WHOLE, then 3 in WEST and 4 in EAST.
CHANGED = (
    f"{KEPT},2016/17,9\n{ONE},2016/17,<5\n{TWO},2016/17,6\n{WHOLE},2016/17,12\n"
    f"{KEPT},2017/18,1\n{MERGED},2017/18,2\n{WEST},2017/18,3\n{EAST},2017/18,4\n"
)
LAST = date(2017, 3, 31)
BOTH = {"covers_from": date(2016, 4, 1), "vintage_until": LAST}


def changed(reading: Reading) -> list[list[object]]:
    return reading.table[["area_code", "period", "lower", "upper", "conversion"]].to_numpy().tolist()


def test_a_series_whose_codes_change_vintage_meets_on_the_areas_that_both_share(tmp_path: Path) -> None:
    for absent in ("zero", "unknown", None):  # nothing is absent, whatever that would mean
        reading = read_callouts(tmp_path, CHANGED, conversion={"split": "common"}, absent=absent, **BOTH)
        assert changed(reading) == [
            [KEPT, "2016/17", 9, 9, "unchanged"],
            [KEPT, "2017/18", 1, 1, "as supplied"],
            [MERGED, "2016/17", 7, 10, "merged"],
            [MERGED, "2017/18", 2, 2, "as supplied"],
            [f"{WEST}+{EAST}", "2016/17", 12, 12, "grouped"],
            [f"{WEST}+{EAST}", "2017/18", 7, 7, "grouped"],
        ]
        assert reading.tally.sentence == "8 rows = 8 accepted + 0 rejected"
    assert reading.notes[0] == (
        "Codes are of LSOA 2011 until 2017-03-31 and of 2021 after; all are counted on the areas that both share by "
        "the official lookup: 1 grouped, 1 merged until 2017-03-31, 1 unchanged."
    )


def test_by_weight_only_what_came_before_the_change_is_an_estimate_and_the_note_says_until_when(tmp_path: Path) -> None:
    reading = read_callouts(tmp_path, CHANGED, conversion=BY_WEIGHT, **BOTH)
    assert [row for row in changed(reading) if row[0] in {WEST, EAST}] == [
        [WEST, "2016/17", 7, 7, "split by households 2021"],
        [WEST, "2017/18", 3, 3, "as supplied"],
        [EAST, "2016/17", 5, 5, "split by households 2021"],
        [EAST, "2017/18", 4, 4, "as supplied"],
    ]
    assert reading.notes[1] == f"Estimates, split by households 2021 until 2017-03-31: {WEST}, {EAST}."
    with pytest.raises(VintageError, match=f"callouts: 1 areas cannot be converted exactly: {WHOLE} lies in 2 areas"):
        read_callouts(tmp_path, CHANGED, conversion={}, **BOTH)


def test_single_calls_are_counted_by_the_codes_of_their_day(tmp_path: Path) -> None:
    days = (
        f"{WHOLE},2017-03-31,a\n{WHOLE},2017-03-31,b\n{EAST},2017-04-01,c\n{WEST},2017-04-01,d\n{WEST},2017-13-01,e\n"
    )
    more = {"layout": "calls", "columns": {"date": "period"}, "conversion": {"split": "common"}, **BOTH}
    reading = read_callouts(tmp_path, days, **more)
    assert changed(reading) == [
        [f"{WEST}+{EAST}", "2016/17 Q4", 2, 2, "grouped"],
        [f"{WEST}+{EAST}", "2017/18 Q1", 2, 2, "grouped"],
    ]
    assert reading.tally.sentence == "5 rows = 4 accepted + 1 rejected"


def test_one_crosstab_of_both_vintages_has_blanks_where_a_code_was_not_in_use(tmp_path: Path) -> None:
    (tmp_path / "wide.csv").write_text(
        f"LSOA,2016/17,2017/18\n{KEPT},9,1\n{ONE},1,\n{TWO},2,\n{MERGED},,2\n{WHOLE},12,\n{WEST},,3\n{EAST},,4\n",
        encoding="utf-8",
    )
    more = {"path": "wide.csv", "layout": "crosstab", "absent": None, "conversion": {"split": "common"}, **BOTH}
    reading = read_callouts(tmp_path, "", **more)
    assert [row[2] for row in changed(reading)] == [9, 1, 3, 2, 12, 7]
    assert reading.tally.sentence == "14 rows = 8 accepted + 0 rejected + 6 blank, of the other vintage"


def test_codes_of_both_vintages_are_refused_whatever_else_is_wrong_in_the_file(tmp_path: Path) -> None:
    mistyped = CHANGED + "E01999999,2017/18,1\n"
    for vintage, other in (("2011", "2021"), ("2021", "2011")):
        words = (
            rf"belong to LSOA {other}.*others are of {vintage} alone: .*declare the last one before \(vintage_until\)"
        )
        with pytest.raises(VintageError, match=words):
            read_callouts(
                tmp_path, mistyped, vintage=vintage, conversion={"split": "common"}, covers_from=date(2016, 4, 1)
            )
    # A day that is too early, or periods with days before and after it.
    with pytest.raises(VintageError, match=r"callouts \(2016-04-01 to 2018-03-31\): 3 codes .* belong to LSOA 2011"):
        read_callouts(
            tmp_path, CHANGED, conversion={"split": "common"}, vintage_until=date(2016, 3, 31),
            covers_from=date(2016, 3, 1),
        )  # fmt: skip
    with pytest.raises(DataRefused, match=r"change after 2017-02-28 .*, and 2016/17 holds days before and after"):
        read_callouts(
            tmp_path, CHANGED, conversion={"split": "common"}, **(BOTH | {"vintage_until": date(2017, 2, 28)})
        )


def test_without_a_lookup_codes_that_stop_as_others_start_are_told(tmp_path: Path) -> None:
    from hotspots.limits import STANDARD
    from hotspots.sources._vintage import Stretch
    from hotspots.sources.callouts import read_callouts as read

    codes = (KEPT, MERGED, WEST, EAST)
    lone = Reference(reference(codes).lsoas, None, (), {})
    rows = CHANGED.replace(f"{KEPT},2016/17,9\n", "")
    (tmp_path / "callouts.csv").write_text(f"lsoa_code,period,count\n{rows}", encoding="utf-8")
    source = CalloutsSource.model_validate(
        {"id": "callouts", "kind": "callouts", "path": "callouts.csv", "vintage": "2021", "absent": "zero"}
        | COVERED | {"covers_from": date(2016, 4, 1)}
    )  # fmt: skip
    reading = read(source, folder=tmp_path, limits=STANDARD, stretches=(Stretch(source, lone),))
    assert reading.notes[0].startswith(
        f"3 codes that are not known (such as {ONE}) are stated until 2016-04-01 only, and 4 of ours only after: "
        "another LSOA vintage? Name the lookup"
    )


def test_a_day_of_change_needs_a_way_to_meet_and_days_on_both_sides(tmp_path: Path) -> None:
    with pytest.raises(SettingsRefused, match=r"say under \[sources.conversion\] how both come together"):
        read_callouts(tmp_path, CHANGED, **BOTH)
    with pytest.raises(SettingsRefused, match="vintage_until is 2018-03-31, and the source covers"):
        read_callouts(
            tmp_path, CHANGED, conversion={"split": "common"}, **(BOTH | {"vintage_until": date(2018, 3, 31)})
        )


def test_an_area_that_reaches_beyond_ours_is_refused(tmp_path: Path) -> None:
    (tmp_path / "callouts.csv").write_text(f"lsoa_code,period,count\n{ROWS}", encoding="utf-8")
    declared = {"id": "callouts", "kind": "callouts", "path": "callouts.csv", "vintage": "2011", "absent": "zero"}
    source = CalloutsSource.model_validate({**declared, **COVERED, "conversion": {}})
    with pytest.raises(VintageError, match=f"lies in ours and in {EAST}, which is not ours"):
        read_source(source, folder=tmp_path, reference=reference((KEPT, MERGED, WEST)))


def test_residents_are_converted_to_the_last_one(tmp_path: Path) -> None:
    (tmp_path / "households.csv").write_text(f"area_code,weight\n{WEST},601\n{EAST},400\n", encoding="utf-8")
    (tmp_path / "population.csv").write_text(
        f"lsoa_code,population\n{KEPT},1500\n{ONE},700\n{TWO},801\n{WHOLE},2003\n", encoding="utf-8"
    )
    declared = {"id": "population", "kind": "population", "path": "population.csv", "vintage": "2011"}
    source = PopulationSource.model_validate({**declared, **COVERED, "conversion": BY_WEIGHT})
    table = read_source(source, folder=tmp_path, reference=reference()).table
    assert table[["area_code", "population"]].to_numpy().tolist() == [
        [KEPT, 1500], [MERGED, 1501], [WEST, 1203], [EAST, 800],
    ]  # fmt: skip
    assert table["population"].sum() == 1500 + 700 + 801 + 2003


def test_a_record_in_a_split_area_goes_to_the_part_that_holds_its_position(tmp_path: Path) -> None:
    from hotspots.crs import to_wgs84

    heading = "Crime ID,Month,Longitude,Latitude,Location,LSOA code,Crime type\n"
    places = [(545_500, KEPT), (546_500, ONE), (546_500, TWO), (547_500, WHOLE), (548_500, WHOLE), (548_900, WHOLE)]
    longitude, latitude = to_wgs84(np.array([float(east) for east, _ in places]), np.full(len(places), 258_500.0))
    rows = "".join(
        f",2017-05,{east:.6f},{north:.6f},On or near A Road,{code},Burglary\n"
        for east, north, (_, code) in zip(longitude, latitude, places, strict=True)
    )
    (tmp_path / "street.csv").write_text(heading + rows, encoding="utf-8")
    declared = {"id": "crimes", "kind": "crimes", "path": "street.csv", "vintage": "2011"}
    source = CrimesSource.model_validate({**declared, **COVERED, "conversion": {}})
    reading = read_source(source, folder=tmp_path, reference=reference())
    assert reading.table["stated_code"].value_counts().to_dict() == {EAST: 2, MERGED: 2, KEPT: 1, WEST: 1}
    assert reading.tally.sentence == "6 rows = 6 accepted + 0 rejected"
    assert "of 3 records in LSOAs that were split" in reading.meta.caveats[-1]
