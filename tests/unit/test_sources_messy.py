"""Files as they come: without headings, with merged cells, other delimiters, carriage returns alone."""

from datetime import date
from pathlib import Path

import pytest

from hotspots.areas import Reference
from hotspots.errors import DataRefused
from hotspots.source_settings import NeedleFindsSource
from hotspots.sources import read_source
from hotspots.tables import Reading

ROWS = ("2018-05-01,3,545420,258440", "2018-05-02,1,545430,258450")


def read(content: str, folder: Path, **changes: object) -> Reading:
    (folder / "finds.csv").write_bytes(content.encode())
    declared: dict[str, object] = {
        "id": "finds", "kind": "needle_finds", "path": "finds.csv", "covers_from": date(2018, 4, 1),
        "covers_to": date(2019, 3, 31), "columns": {"easting": "easting", "northing": "northing", "land_type": ""},
        **changes,
    }  # fmt: skip
    return read_source(NeedleFindsSource.model_validate(declared), folder=folder, reference=Reference(None, None))


HEADINGS = ["date_reported", "quantity", "easting", "northing"]


def test_a_file_without_headings_has_them_from_the_area_file_and_keeps_its_first_row(tmp_path: Path) -> None:
    reading = read("\n".join(ROWS), tmp_path, headings=HEADINGS)
    assert reading.tally.sentence == "2 rows = 2 accepted + 0 rejected"
    assert reading.table["line"].tolist() == [1, 2]
    assert reading.table["quantity"].tolist() == [3, 1]


@pytest.mark.parametrize("ending", ["\r", "\r\n", "\n"])
def test_every_kind_of_line_end_is_read_and_counted(tmp_path: Path, ending: str) -> None:
    reading = read(ending.join([",".join(HEADINGS), *ROWS, ""]), tmp_path)
    assert reading.tally.sentence == "2 rows = 2 accepted + 0 rejected"
    assert reading.table["line"].tolist() == [2, 3]


@pytest.mark.parametrize(("name", "sign"), [("semicolon", ";"), ("tab", "\t"), ("pipe", "|")])
def test_other_delimiters_are_declared(tmp_path: Path, name: str, sign: str) -> None:
    text = "\n".join([",".join(HEADINGS), *ROWS]).replace(",", sign)
    assert len(read(text, tmp_path, delimiter=name).table) == 2


def test_merged_cells_repeat_the_one_above_where_declared(tmp_path: Path) -> None:
    text = "\n".join([",".join(HEADINGS), ROWS[0], ",7,545430,258450", ",8,545440,258460"])
    filled = read(text, tmp_path, fill_down=["Date_reported"])
    assert filled.table["date"].dt.strftime("%Y-%m-%d").tolist() == ["2018-05-01"] * 3
    bare = read(text, tmp_path)
    assert bare.rejects["reason"].tolist() == ["missing-cell", "missing-cell"]


def test_a_footnote_inside_the_data_is_a_counted_reject(tmp_path: Path) -> None:
    text = "\n".join([",".join(HEADINGS), ROWS[0], "* figures are provisional", ROWS[1]])
    reading = read(text, tmp_path)
    assert reading.tally.sentence == "3 rows = 2 accepted + 1 rejected"
    assert reading.rejects[["line", "reason"]].to_numpy().tolist() == [[3, "ragged-row"]]


@pytest.mark.parametrize(("key", "names"), [("headings", ["date_reported", "quantity"]), ("fill_down", ["ward"])])
def test_a_heading_that_is_not_there_is_named(tmp_path: Path, key: str, names: list[str]) -> None:
    with pytest.raises(DataRefused, match=r"finds names a heading '(easting|ward)', but there are only"):
        read("\n".join([",".join(HEADINGS), *ROWS]), tmp_path, **{key: names})
