"""Whatever a supplier's file holds, each of its rows is accepted, rejected or set aside, exactly once."""

import csv
import io
import tempfile
from datetime import date
from pathlib import Path

import pandas as pd
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspots.areas import Areas, Reference
from hotspots.errors import DataRefused
from hotspots.source_settings import CalloutsSource, NeedleFindsSource
from hotspots.sources import read_source
from hotspots.sources._cells import Problem, parse_count
from hotspots.tables import Reading

CODES = ("E01000001", "E01000002", "E01000003")
COVERED = {"covers_from": date(2016, 4, 1), "covers_to": date(2018, 3, 31)}

quantities = st.one_of(
    st.integers(-2, 200).map(str), st.sampled_from(["", "0", "1,234", "-", "NA", "<5", "inf", "1e3"])
)
eastings = st.one_of(st.integers(543_000, 549_000).map(str), st.sampled_from(["", "0", "nan", "5455000", "0.12"]))
northings = st.one_of(st.integers(256_000, 261_000).map(str), st.sampled_from(["", "0", "inf", "52.2"]))
days = st.one_of(
    st.dates(date(2016, 1, 1), date(2018, 12, 31)).map(str), st.sampled_from(["", "01/02/2017", "2017-02-30"])
)
flags = st.sampled_from(["yes", "no", "", "perhaps"])
texts = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
finds = st.lists(st.tuples(days, eastings, northings, quantities, flags, texts), min_size=1, max_size=25)


def three_areas() -> Reference:
    squares = [shapely.box(545_000 + 1_000 * at, 258_000, 546_000 + 1_000 * at, 259_000) for at in range(3)]
    table = pd.DataFrame({"code": list(CODES), "name": list("ABC"), "geometry": squares})
    return Reference(Areas("lsoa", "2011", "2011", False, "", table), None)


def written(rows: list[tuple[str, ...]]) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)
    return stream.getvalue()


def read(source: CalloutsSource | NeedleFindsSource, text: str) -> Reading | None:
    """The reading, or None where the source is refused as a whole."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, source.path).write_bytes(text.encode())
        try:
            return read_source(source, folder=Path(folder), reference=three_areas())
        except DataRefused:
            return None


@settings(max_examples=40, deadline=None)
@given(finds)
def test_every_needle_row_is_in_the_table_the_rejects_or_the_tally(rows: list[tuple[str, ...]]) -> None:
    source = NeedleFindsSource.model_validate(
        {"id": "finds", "kind": "needle_finds", "path": "finds.csv", **COVERED,
         "columns": {"date": "date", "easting": "e", "northing": "n", "is_batch": "batch", "ward_text": "ward"}}
    )  # fmt: skip
    reading = read(source, written([("date", "e", "n", "quantity", "batch", "ward"), *rows]))
    if reading is None:
        return
    assert reading.tally.read == len(rows)
    assert len(reading.table) == reading.tally.accepted
    assert len(reading.rejects) == reading.tally.rejected
    assert not set(reading.table["line"]) & set(reading.rejects["line"])
    assert reading.table["event_id"].is_unique
    assert reading.table["easting"].between(540_000, 553_000).all()
    assert not reading.table["quantity"].eq(0).any()


counts = st.one_of(st.integers(0, 50).map(str), st.sampled_from(["<5", "-", "*", ""]))


@settings(max_examples=40, deadline=None)
@given(
    st.permutations([(code, year) for code in CODES for year in ("2016/17", "2017/18")]),
    st.lists(counts, min_size=6, max_size=6),
)
def test_a_long_file_a_crosstab_and_any_order_of_rows_agree(order: list[tuple[str, str]], cells: list[str]) -> None:
    common = {
        "id": "callouts",
        "kind": "callouts",
        "path": "callouts.csv",
        "vintage": "2011",
        **COVERED,
        "absent": "unknown",
    }
    given_counts = dict(zip(sorted(order), cells, strict=True))
    long = written([("lsoa_code", "period", "count"), *((*key, given_counts[key]) for key in order)])
    across = written(
        [
            ("LSOA", "2016/17", "2017/18"),
            *((code, given_counts[code, "2016/17"], given_counts[code, "2017/18"]) for code in CODES),
        ]
    )
    first = read(CalloutsSource.model_validate(common), long)
    second = read(CalloutsSource.model_validate(common | {"layout": "crosstab"}), across)
    assert (first is None) is (second is None)
    if first is None or second is None:
        return
    assert first.tally.read == second.tally.read == 6
    assert first.tally.rejected == sum(isinstance(parse_count(cell, {"<5": (1, 4)}), Problem) for cell in cells)
    pd.testing.assert_frame_equal(first.table.drop(columns=["line"]), second.table.drop(columns=["line"]))
