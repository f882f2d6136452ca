"""Emergency department attendances: every one in the trend, in an area only where its place can be told."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hotspots.areas import Reference
from hotspots.errors import DataRefused
from hotspots.pipeline import build_area
from hotspots.settings import load_area
from hotspots.snapshot import Build
from hotspots.source_settings import EdAttendancesSource
from hotspots.sources import read_source
from hotspots.tables import ED_ATTENDANCES, Reading
from hotspots.views import ReportTable, Selection, Viewer, choices, report_tables, view

ROOT = Path(__file__).resolve().parents[2]
HEADINGS = "arrival,incident,means,where\n"


def read(folder: Path, rows: str, **changes: object) -> Reading:
    (folder / "ed.csv").write_text(HEADINGS + rows, encoding="utf-8")
    declared: dict[str, object] = {
        "id": "ed", "kind": "ed_attendances", "path": "ed.csv", "covers_from": date(2017, 4, 1),
        "covers_to": date(2019, 3, 31), "absent": "zero", "date_format": "%d/%m/%Y %H:%M",
        "columns": {"weapon": "means", "incident_date": "incident"}, **changes,
    }  # fmt: skip
    return read_source(EdAttendancesSource.model_validate(declared), folder=folder, reference=Reference(None, None))


def test_an_attendance_has_its_days_and_the_group_of_its_weapon_and_no_words(tmp_path: Path) -> None:
    reading = read(
        tmp_path, "01/05/2017 02:30,30/04/2017 23:50,Broken BOTTLE,outside a club\n02/05/2017 10:00,,fist,\n"
    )
    assert reading.table.columns.tolist() == [column.name for column in ED_ATTENDANCES]
    assert reading.table["weapon"].tolist() == ["glass", "body part"]
    assert reading.table["date"].dt.strftime("%Y-%m-%d").tolist() == ["2017-05-01", "2017-05-02"]
    assert reading.table["incident_date"].isna().tolist() == [False, True]
    assert "outside" not in reading.table.to_csv()


def test_the_incident_has_its_day_also_where_only_the_arrival_has_a_time_or_only_the_incident(tmp_path: Path) -> None:
    rows = "01/05/2017 02:30,30/04/2017,fist,\n02/05/2017 10:00,02/05/2017 09:15,fist,\n"
    reading = read(tmp_path, rows)
    assert reading.tally.sentence == "2 rows = 2 accepted + 0 rejected"
    assert reading.table["incident_date"].dt.strftime("%Y-%m-%d").tolist() == ["2017-04-30", "2017-05-02"]
    other = read(tmp_path, "01/05/2017,30/04/2017 23:50:00,fist,\n", date_format="%d/%m/%Y")
    assert other.table["incident_date"].dt.strftime("%Y-%m-%d").tolist() == ["2017-04-30"]
    # The order of day and month stays the declared one.
    assert read(tmp_path, "01/05/2017 02:30,,fist,\n01/05/2017 02:30,04/30/2017,fist,\n").tally.sentence == (
        "2 rows = 1 accepted + 1 rejected"
    )


def test_where_every_row_is_rejected_the_first_one_named_is_the_first_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(
        DataRefused, match=r"of the 2 rows was rejected; the first: ed.csv line 2, column incident, '04/3"
    ):
        read(tmp_path, "01/05/2017 02:30,04/30/2017,fist,\nsoon,30/04/2017,fist,\n")


def test_the_policy_is_health_unless_somebody_says_otherwise(tmp_path: Path) -> None:
    assert read(tmp_path, "01/05/2017 02:30,,fist,\n").meta.policy == "health"


def test_exact_repeats_are_kept_for_they_have_no_identifier(tmp_path: Path) -> None:
    assert read(tmp_path, "01/05/2017 02:30,,fist,\n" * 3).tally.sentence == "3 rows = 3 accepted + 0 rejected"


def test_days_outside_the_coverage_and_unreadable_ones_are_rejected_with_their_line(tmp_path: Path) -> None:
    reading = read(tmp_path, "01/05/2017 02:30,,fist,\n01/05/2019 02:30,,fist,\nsoon,,fist,\n")
    assert reading.rejects[["line", "reason"]].to_numpy().tolist() == [[3, "outside-coverage"], [4, "type-error"]]
    assert reading.rejects["column"].tolist() == ["arrival", "arrival"]


def test_words_need_a_gazetteer(tmp_path: Path) -> None:
    with pytest.raises(DataRefused, match="needs a gazetteer"):
        read(tmp_path, "01/05/2017 02:30,,fist,Jesus Green\n", columns={"weapon": "means", "location_text": "where"})


AREA = """
[[sources]]
id = "ed"
kind = "ed_attendances"
title = "Attendances after assault (synthetic)"
path = "ed.csv"
covers_from = 2017-04-01
covers_to = 2019-03-31
absent = "zero"
synthetic = true
marking = "OFFICIAL"
[sources.columns]
location_text = "where"
"""
# A year of 24 attendances a month but for April 2017 (3), the weapons 16 fists, 6 glasses and 2 knives to a month.
WEAPONS = ["fist"] * 16 + ["glass"] * 6 + ["knife"] * 2
WHERE = ["Jesus Green", "outside the Grafton", "a friend's house"]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Build:
    folder = tmp_path_factory.mktemp("ed")
    months = pd.period_range("2017-04", "2019-03", freq="M")
    rows = [
        f"{month}-{1 + at:02d},{WEAPONS[at]},{WHERE[at % 3]}\n"
        for month in months
        for at in range(3 if str(month) == "2017-04" else 24)
    ]
    (folder / "ed.csv").write_text("arrival,weapon,where\n" + "".join(rows), encoding="utf-8")
    example = (ROOT / "hotspots.toml").read_text(encoding="utf-8").split("[[sources]]")[0]
    for name in ("boundaries", "geo"):
        example = example.replace(f'"{name}/', f'"{(ROOT / name).as_posix()}/')
    example = example.replace("[boundaries]\n", f'[boundaries]\nfolder = "{(ROOT / "boundaries").as_posix()}"\n')
    (folder / "hotspots.toml").write_text(example + AREA, encoding="utf-8")
    assert load_area(folder / "hotspots.toml").source("ed_attendances").policy == "health"
    return build_area(folder / "hotspots.toml", folder / "build")


def tables(built: Build, role: str) -> dict[str, ReportTable]:
    return {table.meta.id: table for table in report_tables(built, Viewer(role))}  # type: ignore[arg-type]


def test_an_analyst_sees_every_attendance_in_the_trend(built: Build) -> None:
    months = tables(built, "analyst")["ed-attendances-by-month"].table
    assert (len(months), months["attendances"].tolist()[:3], months["attendances"].sum()) == (24, [3, 24, 24], 555)


def test_below_that_small_months_are_hidden_and_the_others_rounded(built: Build) -> None:
    months = tables(built, "officer")["ed-attendances-by-month"]
    assert months.table["attendances"].tolist()[:3] == ["suppressed", 25, 25]
    assert months.meta.policy == "health"
    assert "wherever the assault happened" in months.notes[0]


def test_the_share_by_weapon_is_of_each_financial_year(built: Build) -> None:
    weapons = tables(built, "analyst")["ed-attendances-by-weapon"].table
    last = weapons[weapons["financial year"] == "2018/19"].set_index("weapon")
    assert last["attendances"].to_dict() == {"body part": 192, "glass": 72, "sharp": 24}
    assert last["share_percent"].to_dict() == {"body part": 66.7, "glass": 25.0, "sharp": 8.3}


def test_only_located_attendances_are_in_areas_and_the_layer_says_how_many_are_not(built: Build) -> None:
    layer = view(built, Selection("ed_attendances", when="2017/18 to 2018/19", how="ward"), Viewer("analyst"))
    assert layer.cube is not None
    assert layer.cube["value"].sum() == 370
    assert any(caveat.startswith("About 33 % of the attendances have no position") for caveat in layer.meta.caveats)


def test_they_are_never_points_or_a_density(built: Build) -> None:
    assert choices(built, Viewer("analyst")).hows("ed_attendances") == ["ward", "lsoa"]


def test_no_word_of_a_place_is_in_the_build(built: Build) -> None:
    for path in built.folder.rglob("*.parquet"):
        assert b"friend" not in path.read_bytes()


def test_suppression_hides_a_second_month_so_that_the_year_does_not_give_the_first_away() -> None:
    from hotspots.disclosure import suppress

    counts = pd.Series([3.0, 24.0, 30.0])
    cube = pd.DataFrame({"area_code": ["2017-04", "2017-05", "2017-06"], "period": "2017/18"}).assign(
        measure="ed_attendances", category="all", value=counts, lower=counts, upper=counts, status="ok", events=counts
    )
    hidden = suppress(cube, threshold=5)
    assert hidden["status"].tolist() == ["suppressed", "suppressed", "ok"]
    assert np.isnan(hidden["value"].tolist()[1])
