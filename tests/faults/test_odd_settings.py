"""Area files as people really write them: what cannot be meant is refused, with the key and what is allowed."""

import csv
from datetime import date
from pathlib import Path

import pytest

from hotspots.errors import DataRefused, SettingsRefused, UsageError
from hotspots.pipeline import build_area, check_area
from hotspots.pipeline.inputs import check_agreements
from hotspots.settings import load_area

AREA = '[area]\nname = "Small"\n'
FINDS = """
[[sources]]
id = "needle-finds"
kind = "needle_finds"
path = "finds.csv"
covers_from = 2018-04-01
covers_to = 2019-03-31
absent = "zero"
columns = { easting = "easting", northing = "northing", land_type = "land" }
"""
CALLOUTS = """
[[sources]]
id = "callouts"
kind = "callouts"
path = "callouts.csv"
vintage = "2011"
covers_from = 2018-04-01
covers_to = 2019-03-31
"""
ROW = "2018-05-01,544880,258440,7,park"


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "hotspots.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_two_suppliers_of_one_kind_are_told_what_to_do_with_the_same_headings_and_with_others(tmp_path: Path) -> None:
    with pytest.raises(SettingsRefused) as refused:
        load_area(written(tmp_path, AREA + FINDS + FINDS.replace('id = "needle-finds"', 'id = "harbour"')))
    assert (
        "two sources of kind 'needle_finds': an area file has one of each; files with the same headings are named "
        'together by a glob, such as path = "sources/finds-*.csv", and those of suppliers who use different '
        "headings are put together in one table first"
    ) in str(refused.value)


@pytest.mark.parametrize("text", [b"\xef\xbb\xbf" + AREA.encode(), AREA.replace("\n", "\r\n").encode()])
def test_fault_095_a_mark_before_the_file_and_other_line_ends_change_nothing(tmp_path: Path, text: bytes) -> None:
    assert load_area(written(tmp_path, text)).file.area.name == "Small"


@pytest.mark.parametrize("text", ["a = " + "[" * 5_000 + "]" * 5_000, "a = " + "{a = " * 2_000 + "1" + "}" * 2_000])
def test_fault_095_lists_without_end_are_refused_without_an_overflow(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsRefused, match="too deep"):
        load_area(written(tmp_path, text))


@pytest.mark.parametrize(
    ("section", "line", "key"),
    [
        ("[density]", "bandwidth_m = inf", "density.bandwidth_m"),
        ("[density]", "bandwidth_m = nan", "density.bandwidth_m"),
        ("[density]", "bandwidth_m = true", "density.bandwidth_m"),
        ("[density]", 'bandwidth_m = "300"', "density.bandwidth_m"),
        ("[hotspots]", "cell_m = inf", "hotspots.cell_m"),
        ("[hotspots]", "simulations = 100000000000", "hotspots.simulations"),
        ("[hotspots]", "simulations = 999.0", "hotspots.simulations"),
        ("[disclosure.controlled]", 'threshold = "5"', "disclosure.controlled.threshold"),
        ("[disclosure.controlled]", "smallest_bandwidth_m = inf", "disclosure.controlled.smallest_bandwidth_m"),
        ("[boundaries]", "repair_tolerance = inf", "boundaries.repair_tolerance"),
        ("[premises_score.weighted]", "severity = { 1 = nan }", "premises_score.weighted.severity.1"),
        ("[limits]", "upload_read_s = inf", "limits.upload_read_s"),
        ("[limits]", "json_depth = 100000", "limits.json_depth"),
        ("[fetch]", "timeout_s = inf", "fetch.timeout_s"),
    ],
)
def test_fault_095_a_number_that_is_none_or_has_no_end_is_refused_by_its_key(
    tmp_path: Path, section: str, line: str, key: str
) -> None:
    with pytest.raises(SettingsRefused, match=f"{key}: "):
        load_area(written(tmp_path, f"{AREA}{section}\n{line}\n"))


@pytest.mark.parametrize("line", ["severity = { 1 = 0.5 }", "attribution = { inside = 1 }"])
def test_fault_095_whole_numbers_and_their_keys_are_read_as_before(tmp_path: Path, line: str) -> None:
    assert load_area(written(tmp_path, f"{AREA}[premises_score.weighted]\n{line}\n"))


@pytest.mark.parametrize("written_as", ["%Q", "", "%d/%m", "%H:%M", "%Y", "%M/%Y"])
def test_fault_013_a_way_to_write_dates_that_says_no_date_is_refused(tmp_path: Path, written_as: str) -> None:
    with pytest.raises(SettingsRefused, match="date_format: no way to write a date"):
        load_area(written(tmp_path, f'{AREA}{FINDS}date_format = "{written_as}"\n'))


@pytest.mark.parametrize("written_as", ["%d/%m/%y", "%b-%y", "%Y-%m-%dT%H:%M:%SZ", "%Y-%j", "%G-W%V-%u"])
def test_fault_013_ways_to_write_dates_are_free(tmp_path: Path, written_as: str) -> None:
    assert load_area(written(tmp_path, f'{AREA}{FINDS}date_format = "{written_as}"\n'))


@pytest.mark.parametrize(
    ("line", "message"),
    [('suppressed = { "7" = [1, 4] }', "'7' is a number"),
     ('suppressed = { "<5" = [1, 99999999999] }', "'<5' must give"),
     ('totals = ["Total", " "]', "totals holds a blank word"), ("filters = { kind = [] }", "names no value")],
)  # fmt: skip
def test_fault_095_marks_and_words_that_would_hide_rows_are_refused(tmp_path: Path, line: str, message: str) -> None:
    with pytest.raises(SettingsRefused, match=message):
        load_area(written(tmp_path, f"{AREA}{CALLOUTS}{line}\n"))


@pytest.mark.parametrize(
    ("kind", "line"),
    [("needle_finds", ""), ("ed_attendances", 'policy = "health"'), ("crimes", 'vintage = "2011"')],
)
def test_fault_067_single_records_whose_gaps_are_unknown_are_refused_and_never_counted_as_nought(
    tmp_path: Path, kind: str, line: str
) -> None:
    """A ward without a find was printed as 0 while the area file said that nobody knows."""
    text = FINDS[: FINDS.index("columns")].replace("needle_finds", kind).replace('"zero"', '"unknown"')
    said = 'sources.0.absent: a file of single records says nothing of what it leaves out.*declare absent = "zero"'
    with pytest.raises(SettingsRefused, match=said):
        load_area(written(tmp_path, f"{AREA}{text}{line}\n"))


@pytest.mark.parametrize("sign", ["\\u001b[31m", "\\u0000", "\\u202e", "\\u0085"])
def test_fault_134_a_text_that_steers_a_terminal_is_refused(tmp_path: Path, sign: str) -> None:
    with pytest.raises(SettingsRefused, match="holds the control character"):
        load_area(written(tmp_path, f'{AREA}{FINDS}title = "Finds {sign}"\n'))


def test_fault_014_a_source_covers_no_day_that_has_not_come(tmp_path: Path) -> None:
    area = load_area(written(tmp_path, AREA + FINDS))
    check_agreements(area, today=date(2019, 3, 31))
    with pytest.raises(DataRefused, match="needle-finds until 2019-03-31; today is 2019-03-30"):
        check_agreements(area, today=date(2019, 3, 30))


def test_fault_014_a_coverage_of_hundreds_of_years_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsRefused, match="more than 60 years; is a digit mistyped"):
        load_area(written(tmp_path, AREA + FINDS.replace("2019-03-31", "2919-03-31")))


def supply(folder: Path, *rows: str) -> Path:
    (folder / "finds.csv").write_text("\n".join(("date_reported,easting,northing,quantity,land", *rows)))
    return written(folder, AREA + FINDS)


def test_fault_005_a_source_of_which_many_rows_were_rejected_is_refused(tmp_path: Path) -> None:
    area_file = supply(tmp_path, *[ROW] * 100, *[ROW.replace("258440", "x")] * 10)
    with pytest.raises(DataRefused, match=r"needle-finds: 10 of 110 rows were rejected, over the 5% that may be .*'x'"):
        check_area(load_area(area_file), rejects=tmp_path / "rejects")
    assert (tmp_path / "rejects/needle-finds.csv").read_text().count("type-error") == 10
    supply(tmp_path, *[ROW] * 100, *[ROW.replace("258440", "x")] * 9)
    assert check_area(load_area(area_file)).readings["needle_finds"].tally.rejected == 9


def test_fault_106_what_was_rejected_is_no_formula_where_it_is_looked_at(tmp_path: Path) -> None:
    area_file = supply(tmp_path, ROW, ROW.replace(",7,", ',"=HYPERLINK(""http://outside.example"")",'))
    check_area(load_area(area_file), rejects=tmp_path / "rejects")
    with (tmp_path / "rejects/needle-finds.csv").open(newline="") as stream:
        (row,) = csv.DictReader(stream)
    assert (row["value"][:12], row["line"]) == ("'=HYPERLINK(", "3")


def test_fault_131_rejects_are_never_written_over_what_was_read(tmp_path: Path) -> None:
    area_file = supply(tmp_path, ROW, ROW.replace("258440", "x"))
    (tmp_path / "finds.csv").rename(tmp_path / "needle-finds.csv")
    area_file.write_text(area_file.read_text().replace("finds.csv", "needle-finds.csv"))
    before = (tmp_path / "needle-finds.csv").read_bytes()
    with pytest.raises(UsageError, match=r"needle-finds\.csv is read from, and would be replaced"):
        check_area(load_area(area_file), rejects=tmp_path)
    assert (tmp_path / "needle-finds.csv").read_bytes() == before


def test_fault_005_every_layer_says_how_many_rows_it_is_without(tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[2]
    area_file = supply(tmp_path, *[ROW] * 20, ROW.replace("258440", "x"))
    boundaries = f'[boundaries]\nfolder = "{root.as_posix()}/boundaries"\nward = "ward-schematic"\n'
    area_file.write_text(f"{AREA}{boundaries}{FINDS}synthetic = true\n")
    build = build_area(area_file, tmp_path / "build")
    for layer in ("needle-finds-by-ward", "needle-finds", "needle-density", "needle-hotspots", "needle-targets"):
        assert "1 row was rejected and is counted nowhere." in build.meta(layer).caveats, layer
