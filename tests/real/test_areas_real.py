"""Whole builds of real areas, as an analyst would make them: boundaries added by command, then one area file."""

from pathlib import Path

import pandas as pd
import pytest
from openpyxl import Workbook
from typer.testing import CliRunner

from hotspots.cli import application
from hotspots.errors import DataRefused, VintageError
from hotspots.periods import quarter
from hotspots.pipeline import build_area
from hotspots.snapshot import Build
from hotspots.views import Selection, Viewer, ranked, view

pytestmark = pytest.mark.real
ANALYST = Viewer("analyst")
ROOT = Path(__file__).resolve().parents[2]
AREAS = Path(__file__).parent / "areas"
CAMBRIDGE, RECORDS, LONDON = (
    (AREAS / f"{name}.toml").read_text(encoding="utf-8") for name in ("cambridge", "cambridge-records", "london")
)


def add(folder: Path, file: Path, *arguments: str) -> None:
    area = folder / "hotspots.toml"
    if not area.exists():
        area.write_text('[area]\nname = "new"\n', encoding="utf-8")
    result = CliRunner().invoke(application, ["boundaries", "add", str(file), "--area", str(area), *arguments])
    assert result.exit_code == 0, result.output


@pytest.fixture(scope="module")
def cambridge(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cambridge")
    for name, kind, vintage in (
        ("cambridge_lsoa_2011_bgc", "lsoa", "2011"),
        ("cambridge_lsoa_2021_bgc", "lsoa", "2021"),
        ("cambridge_wards_2013_bgc", "ward", "2013"),
    ):
        add(folder, real_data / f"boundaries/{name}.geojson", "--kind", kind, "--vintage", vintage)
    return folder


CALLOUTS = """
[[sources]]
id = "callouts"
kind = "callouts"
path = "callouts.xlsx"
format = "xlsx"
layout = "crosstab"
area_by = "{by}"
vintage = "2011"
covers_from = 2015-04-01
covers_to = 2018-03-31
{absent}
policy = "health"
suppressed = {{ "*" = [1, 4], "<5" = [1, 4] }}
columns = {{ area = "{heading}" }}
"""


def write_area(folder: Path, text: str, real_data: Path, name: str = "hotspots.toml") -> Path:
    path = folder / name
    path.write_text(text.replace("DATA", real_data.resolve().as_posix()).replace("ROOT", ROOT.as_posix()), "utf-8")
    return path


@pytest.fixture(scope="module")
def cambridge_build(cambridge: Path, real_data: Path) -> Build:
    return build_area(write_area(cambridge, CAMBRIDGE + RECORDS, real_data), cambridge / "build")


def test_19222_police_rows_are_645_unlocated_14537_elsewhere_and_4040_in_cambridge(cambridge_build: Build) -> None:
    tally = cambridge_build.manifest["sources"]["crimes"]["tally"]
    assert (tally["read"], tally["accepted"], tally["rejected"]) == (19222, 4040, 0)
    assert sorted(tally["set_aside"].values()) == [645, 14537]


def test_3231_crimes_and_809_asb_incidents_in_months_of_1379_1320_and_1341(cambridge_build: Build) -> None:
    def total(what: str, when: str) -> float:
        cube = view(cambridge_build, Selection(what, when=when), ANALYST).cube
        assert cube is not None
        return float(cube["value"].sum())

    assert total("crimes", "2018-11 to 2019-01") == 3231
    assert total("asb", "2018-11 to 2019-01") == 809
    months = ["2018-11", "2018-12", "2019-01"]
    assert [total("crimes", month) + total("asb", month) for month in months] == [1379, 1320, 1341]


def test_3899_agree_with_their_stated_lsoa_138_lie_in_another_and_3_in_none(cambridge_build: Build) -> None:
    caveats = cambridge_build.meta("crimes-by-lsoa").caveats
    assert "3,899 of 4,040 records lie in the LSOA they state, 138 in another and 3 in none." in caveats
    stated = view(cambridge_build, Selection("crimes", when="2018-11 to 2019-01"), ANALYST).cube
    located = view(cambridge_build, Selection("crimes_located", when="2018-11 to 2019-01"), ANALYST).cube
    both = [
        cambridge_build.cube("crimes-by-lsoa").query(
            f"measure in {names} and period == '2018-11 to 2019-01' and category == 'all'"
        )
        for names in (["crimes", "asb"], ["crimes_located", "asb_located"])
    ]
    by_code = [rows.groupby("area_code")["value"].sum() for rows in both]
    assert (by_code[0] != by_code[1]).sum() == 42
    assert stated is not None
    assert located is not None
    assert located["value"].sum() <= stated["value"].sum()


def test_the_city_centre_lsoa_is_the_busiest(cambridge_build: Build) -> None:
    layer = view(cambridge_build, Selection("crimes", when="2018-11 to 2019-01"), ANALYST)
    assert ranked(layer, 1)["name"].tolist() == ["Cambridge 007G"]


def test_snapped_points_are_warned_of_on_every_density_map(cambridge_build: Build) -> None:
    layer = view(cambridge_build, Selection("crimes", when="2018-11 to 2019-01", how="density"), ANALYST)
    assert any("snap points" in caveat for caveat in layer.meta.caveats)


def test_synthetic_finds_on_the_true_wards_give_the_same_totals_and_top_four(cambridge_build: Build) -> None:
    years = ["2016/17", "2017/18", "2018/19"]
    layers = [view(cambridge_build, Selection("instances", when=year, how="ward"), ANALYST) for year in years]
    assert [layer.cube["value"].sum() for layer in layers if layer.cube is not None] == [172, 304, 328]
    average = view(cambridge_build, Selection("instances_per_year", how="ward"), ANALYST)
    assert ranked(average, 4)["name"].tolist() == ["Market", "Petersfield", "Castle", "Romsey"]
    assert "Synthetic records: not real events" in average.meta.labels


def test_one_year_that_is_covered_in_part_is_not_offered(cambridge_build: Build) -> None:
    assert "2018/19" not in cambridge_build.manifest["cubes"]["crimes-by-lsoa"]["periods"]


def write_crosstab(folder: Path, areas: list[str], heading: str, *, marked: str = "", left_out: str = "") -> None:
    """Three title rows, areas down, twelve quarters across, a totals row and a footnote."""
    sheet = Workbook()
    page = sheet.active
    assert page is not None
    page.append(["Assault-related ambulance callouts"])
    page.append(["Source: ambulance service"])
    page.append(["Supplied quarterly"])
    quarters = [quarter(2015 + number // 4, number % 4 + 1).label for number in range(12)]
    page.append([heading, *quarters])
    kept = [area for area in areas if area != left_out]
    for area in kept:
        page.append([area, *(["*"] if area == marked else [10]), *([10] * 11)])
    low = 10 * len(kept) - (9 if marked else 0)
    page.append(["Total", low, *([10 * len(kept)] * 11)])
    page.append(["* fewer than five"])
    sheet.save(folder / "callouts.xlsx")


@pytest.fixture(scope="module")
def lsoa_names(real_data: Path) -> pd.DataFrame:
    return pd.read_csv(real_data / "lookups/cambridge_lsoa11_to_ward17_bestfit.csv")


def callouts_area(by: str, heading: str, absent: str = 'absent = "zero"') -> str:
    return CAMBRIDGE + CALLOUTS.format(by=by, heading=heading, absent=absent)


def test_a_crosstab_with_a_hidden_quarter_averages_37_to_38_a_year_for_007g(
    cambridge: Path, real_data: Path, lsoa_names: pd.DataFrame
) -> None:
    write_crosstab(cambridge, lsoa_names["LSOA11NM"].tolist(), "LSOA name", marked="Cambridge 007G")
    area = write_area(cambridge, callouts_area("name", "LSOA name"), real_data, "callouts.toml")
    built = build_area(area, cambridge / "build-callouts")
    layer = view(built, Selection("callouts_per_year", when="2015/16 to 2017/18"), ANALYST)
    table = ranked(layer).set_index("name")
    assert table.loc["Cambridge 007G", "shown"] == "37.0 to 38.0"
    assert table.loc["Cambridge 008A", "shown"] == "40.0"
    tally = built.manifest["sources"]["callouts"]["tally"]
    assert tally["set_aside"]["totals"] > 0


def test_the_same_crosstab_is_refused_on_schematic_shapes(
    cambridge: Path, real_data: Path, lsoa_names: pd.DataFrame
) -> None:
    write_crosstab(cambridge, lsoa_names["LSOA11NM"].tolist(), "LSOA name", marked="Cambridge 007G")
    text = (
        callouts_area("name", "LSOA name").replace("lsoa-2011", "lsoa-schematic").replace("ward-2013", "ward-schematic")
    )
    text = text.replace("[boundaries]", '[boundaries]\nfolder = "ROOT/boundaries"')
    with pytest.raises(DataRefused, match="these shapes are invented"):
        build_area(write_area(cambridge, text, real_data, "schematic.toml"), cambridge / "build-schematic")


def test_a_sheet_with_lsoa_2021_codes_is_refused_as_2021(cambridge: Path, real_data: Path) -> None:
    codes = pd.read_csv(real_data / "lookups/cambridge_lsoa21_to_ward24_bestfit.csv")["LSOA21CD"].tolist()
    write_crosstab(cambridge, codes, "LSOA code")
    with pytest.raises(VintageError, match="LSOA 2021"):
        build_area(
            write_area(cambridge, callouts_area("code", "LSOA code"), real_data, "codes21.toml"), cambridge / "build-21"
        )


def test_an_lsoa_missing_from_the_file_is_refused_until_absence_is_declared(
    cambridge: Path, real_data: Path, lsoa_names: pd.DataFrame
) -> None:
    write_crosstab(cambridge, lsoa_names["LSOA11NM"].tolist(), "LSOA name", left_out="Cambridge 007G")
    silent = write_area(cambridge, callouts_area("name", "LSOA name", absent=""), real_data, "silent.toml")
    with pytest.raises(DataRefused, match="absent"):
        build_area(silent, cambridge / "build-absent")
    declared = write_area(cambridge, callouts_area("name", "LSOA name"), real_data, "declared.toml")
    built = build_area(declared, cambridge / "build-absent")
    layer = view(built, Selection("callouts", when="2015/16 to 2017/18"), ANALYST)
    assert ranked(layer).set_index("name").loc["Cambridge 007G", "shown"] == "0"


def test_london_wards_with_old_codes_and_one_three_year_period_are_built_54_of_54(
    real_data: Path, tmp_path: Path
) -> None:
    wards = real_data / "ambulance/london_camden_islington_westminster_wards_2013_bgc.geojson"
    columns = ["--code-column", "WD13CDO", "--name-column", "WD13NM"]
    add(tmp_path, wards, "--kind", "ward", "--vintage", "2013-old", *columns)
    built = build_area(write_area(tmp_path, LONDON, real_data), tmp_path / "build")
    layer = view(built, Selection("callouts", how="ward"), ANALYST)
    assert layer.cube is not None
    assert len(layer.cube) == 54
    assert layer.cube["status"].eq("ok").all()
    table = ranked(layer, 2)
    assert table[["name", "shown"]].to_numpy().tolist() == [["St James's", "1,582"], ["West End", "1,305"]]
    average = view(built, Selection("callouts_per_year", how="ward"), ANALYST)
    assert ranked(average, 1)["shown"].tolist() == ["527.3"]
