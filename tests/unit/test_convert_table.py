"""A table of counts by LSOA put on another vintage from the command line: every unit of every column is still there."""

from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from hotspots.cli import application
from hotspots.errors import DataRefused, HotspotsError, UsageError, VintageError

# A stays; B and C are merged; D is split; E and F exchange parts.
LOOKUP = """LSOA11CD,LSOA11NM,LSOA21CD,LSOA21NM,CHGIND
E01000001,A,E01000001,A,U
E01000002,B,E01000012,X,M
E01000003,C,E01000012,X,M
E01000004,D,E01000014,Y,S
E01000004,D,E01000015,Z,S
E01000005,E,E01000025,V,X
E01000005,E,E01000026,W,X
E01000006,F,E01000026,W,X
"""
COUNTS = """LSOA11CD,Year,Callouts,Needles
E01000001,2018/19,"1,234",1
E01000002,2018/19,<5,2
E01000003,2018/19,7,3
E01000004,2018/19,5,
E01000001,2017/18,4,5
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "lookup.csv").write_text(LOOKUP, encoding="utf-8-sig")
    (tmp_path / "counts.csv").write_text(COUNTS, encoding="utf-8")
    (tmp_path / "weights.csv").write_text("LSOA21CD,households\nE01000014,300\nE01000015,200\n", encoding="utf-8")
    return tmp_path


def convert(folder: Path, into: str, *more: str, table: str = "counts.csv", vintage: str = "2011") -> str:
    command = ["boundaries", "convert", str(folder / table), "--from", vintage, "--into", into]
    command += ["--to", str(folder / "out.csv"), "--lookup", str(folder / "lookup.csv"), *more]
    done = CliRunner().invoke(application, command)
    if isinstance(done.exception, HotspotsError):
        raise done.exception
    assert done.exit_code == 0, done.output
    return " ".join(done.output.split())


def out(folder: Path) -> list[list[str]]:
    return pd.read_csv(folder / "out.csv", dtype=str, keep_default_na=False).to_numpy().tolist()


def test_a_split_area_is_refused_until_a_weight_is_named(folder: Path) -> None:
    with pytest.raises(VintageError, match="E01000004 lies in 2 areas of 2021"):
        convert(folder, "2021")
    assert not (folder / "out.csv").exists()
    with pytest.raises(UsageError, match="the name of what they are"):
        convert(folder, "2021", "--weights", str(folder / "weights.csv"))


def test_every_unit_is_conserved_and_every_number_says_how_it_came(folder: Path) -> None:
    named = ("--weights", str(folder / "weights.csv"), "--weight-name", "households 2021")
    said = convert(folder, "2021", *named)
    assert out(folder) == [
        ["E01000001", "2017/18", "4", "5", "unchanged"],
        ["E01000001", "2018/19", "1234", "1", "unchanged"],
        ["E01000012", "2018/19", "8 to 11", "5", "merged"],
        ["E01000014", "2018/19", "3", "", "split by households 2021"],
        ["E01000015", "2018/19", "2", "", "split by households 2021"],
    ]
    assert "5 rows of LSOA 2011 became 5: areas 1 merged, 2 split by households 2021, 1 unchanged." in said
    assert "Callouts: 1,251 to 1,254 before = 1,251 to 1,254 after + 0 left out" in said


def test_common_areas_need_no_weight_and_the_counts_of_both_vintages_meet_on_them(folder: Path) -> None:
    convert(folder, "common")
    first = out(folder)
    assert ["E01000014+E01000015", "2018/19", "5", "", "grouped"] in first
    newer = "LSOA21CD,Year,Callouts\nE01000012,2022/23,9\nE01000014,2022/23,2\nE01000015,2022/23,4\n"
    (folder / "newer.csv").write_text(newer, encoding="utf-8")
    convert(folder, "common", table="newer.csv", vintage="2021")
    assert [row[:3] for row in out(folder)] == [["E01000012", "2022/23", "9"], ["E01000014+E01000015", "2022/23", "6"]]


def test_a_blank_part_leaves_its_new_area_out_and_the_tally_says_how_much(folder: Path) -> None:
    (folder / "blank.csv").write_text("lsoa_code,n\nE01000001,3\nE01000002,\nE01000003,7\n", encoding="utf-8")
    assert "n: 10 before = 3 after + 7 left out" in convert(folder, "2021", table="blank.csv")
    assert "n: 10 before = 10 after + 0 left out" in convert(folder, "2021", "--absent", "zero", table="blank.csv")


def put(folder: Path, text: str) -> None:
    (folder / "own.csv").write_text(text, encoding="utf-8")


def test_codes_come_out_under_the_heading_of_their_new_vintage(folder: Path) -> None:
    put(folder, "LSOA11CD,n\nE01000002,4\nE01000003,5\n")
    convert(folder, "2021", table="own.csv")
    assert (folder / "out.csv").read_text().splitlines() == ["LSOA21CD,n,conversion", "E01000012,9,merged"]
    convert(folder, "common", table="own.csv")
    assert (folder / "out.csv").read_text().splitlines()[0] == "common_code,n,conversion"
    put(folder, "lsoa_code,n\nE01000002,4\nE01000003,5\n")
    convert(folder, "2021", table="own.csv")
    assert (folder / "out.csv").read_text().splitlines()[0] == "lsoa_code,n,conversion"


def test_names_of_the_old_areas_are_left_behind_and_tell_no_rows_apart(folder: Path) -> None:
    put(folder, "LSOA11CD,LSOA11NM,LSOA name,n\nE01000001,A,a,3\nE01000002,B,b,4\nE01000003,C,c,5\n")
    said = convert(folder, "2021", table="own.csv")
    assert out(folder) == [["E01000001", "3", "unchanged"], ["E01000012", "9", "merged"]]
    assert "Left behind, as they describe the old areas: LSOA11NM, LSOA name." in said
    assert "n: 12 before = 12 after + 0 left out" in said


def test_years_in_figures_are_years_and_are_not_added_up(folder: Path) -> None:
    put(folder, "LSOA11CD,Year,n\nE01000002,2018,4\nE01000003,2018,5\nE01000002,2019,1\nE01000003,2019,2\n")
    assert "Year:" not in convert(folder, "2021", table="own.csv")
    assert out(folder) == [["E01000012", "2018", "9", "merged"], ["E01000012", "2019", "3", "merged"]]


def test_a_column_of_our_own_names_is_a_column_like_others(folder: Path) -> None:
    for name in ("column", "lower", "upper", "cell", "was", "status"):
        put(folder, f"lsoa_code,{name},n\nE01000002,a,4\nE01000003,a,5\n")
        convert(folder, "2021", table="own.csv")
        assert out(folder) == [["E01000012", "a", "9", "merged"]]


def test_what_is_written_is_read_again_intervals_too(folder: Path) -> None:
    put(folder, "lsoa_code,n\nE01000002,<5\nE01000003, 7 \n e01000001,2\n")
    convert(folder, "common", table="own.csv")
    rows = out(folder)
    assert rows == [["E01000001", "2", "unchanged"], ["E01000012", "8 to 11", "grouped"]]
    (folder / "out.csv").rename(folder / "own.csv")
    with pytest.raises(DataRefused, match="has a column conversion, so its counts were converted before"):
        convert(folder, "2011", table="own.csv", vintage="2021")


def test_marks_and_columns_in_doubt_are_settled_by_options(folder: Path) -> None:
    put(folder, "LSOA11CD,Ward,Hour,n,rate\nE01000001,P,1,3,0.5\nE01000002,Q,1,*,1.5\nE01000003,R,1,7,2.5\n")
    with pytest.raises(DataRefused, match=r"row 3: n is '\*', where other rows have counts: say what it stands for"):
        convert(folder, "2021", table="own.csv")
    marks = ("--suppressed", "*=1-4")
    with pytest.raises(DataRefused, match=r"row 2: rate is '0.5': only counts add up"):
        convert(folder, "2021", *marks, table="own.csv")
    with pytest.raises(DataRefused, match="Ward has one value in each area, and not the same in all"):
        convert(folder, "2021", *marks, "--without", "rate", table="own.csv")
    said = convert(folder, "2021", *marks, "--without", "rate,Ward", table="own.csv")
    assert out(folder) == [["E01000001", "1", "3", "unchanged"], ["E01000012", "1", "8 to 11", "merged"]]
    assert "n: 11 to 14 before = 11 to 14 after + 0 left out" in said
    put(folder, "LSOA11CD,Band,n\nE01000002,1,4\nE01000003,1,5\nE01000002,2,1\nE01000003,2,2\n")
    with pytest.raises(DataRefused, match=r"E01000002 is there twice; add a column .* or name it \(--by\)"):
        convert(folder, "2021", table="own.csv")
    convert(folder, "2021", "--by", "Band", table="own.csv")
    assert out(folder) == [["E01000012", "1", "9", "merged"], ["E01000012", "2", "3", "merged"]]


def test_options_that_would_do_nothing_are_refused(folder: Path) -> None:
    weights = ("--weights", str(folder / "weights.csv"), "--weight-name", "households 2021")
    with pytest.raises(UsageError, match="areas that both vintages share need no weights"):
        convert(folder, "common", *weights)
    with pytest.raises(UsageError, match="give both their file"):
        convert(folder, "2021", *weights[2:])
    with pytest.raises(UsageError, match="are of 2011 and asked for in 2011: nothing to convert"):
        convert(folder, "2011")
    with pytest.raises(UsageError, match="there is no column 'Wrad' beside LSOA11CD"):
        convert(folder, "2021", "--without", "Wrad")
    with pytest.raises(UsageError, match="write a mark and the least and most"):
        convert(folder, "2021", "--suppressed", "*")
    with pytest.raises(UsageError, match=r"out.xlsx: the table is written as CSV; name a file that ends in .csv"):
        convert(folder, "common", "--to", str(folder / "out.xlsx"))
    (folder / "weights.csv").write_text("LSOA21CD,n\nE01000014,3\nE01000014,2\nE01000015,2\n", encoding="utf-8")
    with pytest.raises(DataRefused, match="E01000014 is there twice"):
        convert(folder, "2021", *weights)


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("LSOA21CD,n\nE01000001,3\n", VintageError, "its codes are LSOA21CD, and 2011 was asked for"),
        ("area,n\nE01000001,3\n", UsageError, "which column holds the codes"),
        ("LSOA11CD,n\nE01000001,3\nE01000001,4\n", DataRefused, "E01000001 is there twice"),
        ("LSOA11CD,n\nE01000001,many\n", DataRefused, "no column beside LSOA11CD holds whole numbers"),
        ("lsoa_code,n\nE01000001,3\nE01000012,3\n", VintageError, r"E01000012\) are of LSOA 2021, not 2011$"),
        ("lsoa_code,n\nE01000004,3\nE01000012,3\n", VintageError, "and others of 2011 alone: convert the rows of each"),
        ("LSOA11CD,n\nE01000001,3\n,4\n", DataRefused, "1 rows have no code under LSOA11CD"),
        ("LSOA11CD,n\nE01000099,3\n", VintageError, "are not in the lookup as LSOA 2011"),
    ],
)
def test_what_cannot_be_converted_is_one_sentence(folder: Path, text: str, error: type[Exception], words: str) -> None:
    (folder / "bad.csv").write_text(text, encoding="utf-8")
    with pytest.raises(error, match=words):
        convert(folder, "2021", table="bad.csv")
