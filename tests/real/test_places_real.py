"""Area folders of real places, made by the command from the files that the offices publish."""

import shutil
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from hotspots.cli import application
from hotspots.errors import VintageError
from hotspots.pipeline import build_area, check_area
from hotspots.settings import load_area
from hotspots.views import Selection, Viewer, view

pytestmark = pytest.mark.real
ANALYST = Viewer("analyst")


def init(folder: Path, *arguments: str) -> None:
    command = ["init", str(folder), "--lad", "E07000008", "--name", "Cambridge", *arguments]
    done = CliRunner().invoke(application, command)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output


def files(data: Path) -> list[str]:
    return [
        "--lsoas",
        str(data / "boundaries/cambridge_lsoa_2011_bgc.geojson"),
        "--wards",
        str(data / "boundaries/cambridge_wards_2013_bgc.geojson"),
        "--lookup",
        str(data / "lookups/cambridge_lsoa11_to_ward17_bestfit.csv"),
        "--lookup",
        str(data / "lookups/cambridge_lsoa11_to_lsoa21.csv"),
        "--populations",
        str(data / "population/cambridge_lsoa11_population_mid2017.csv"),
        "--crimes",
        str(data / "police"),
    ]


def test_cambridge_is_made_from_files_and_every_police_row_is_accounted_for(real_data: Path, tmp_path: Path) -> None:
    init(tmp_path / "cambridge", *files(real_data))
    build = build_area(tmp_path / "cambridge" / "hotspots.toml", tmp_path / "build")
    tally = build.manifest["sources"]["crimes"]["tally"]
    assert (tally["read"], tally["accepted"], tally["rejected"]) == (19222, 4040, 0)
    assert sorted(tally["set_aside"].values()) == [645, 14537]
    assert len(build.features("lsoas")) == 69
    assert len(build.features("wards")) == 14
    assert len(build.table("lsoa_wards")) == 69
    population = build.table("population")
    assert int(population["population"].sum()) == 124_919
    rate = view(build, Selection("crimes_per_1000", when="2018-11 to 2019-01"), ANALYST)
    assert rate.cube is not None


def test_a_folder_without_december_covers_november_and_january_only(real_data: Path, tmp_path: Path) -> None:
    given = tmp_path / "given"
    given.mkdir()
    for month in ("2018-11", "2019-01"):
        shutil.copy(real_data / f"police/{month}-cambridgeshire-street.csv", given)
    arguments = files(real_data)
    init(tmp_path / "cambridge", *arguments[:-1], str(given))
    area = tmp_path / "cambridge" / "hotspots.toml"
    assert load_area(area).source("crimes").missing_months == ("2018-12",)
    build = build_area(area, tmp_path / "build")
    assert build.manifest["cubes"]["crimes-by-lsoa"]["periods"] == ["2018-11", "2019-01"]


def test_street_files_of_2011_are_converted_to_2021_by_the_lookup_and_counted_where_they_lie_without_it(
    real_data: Path, tmp_path: Path
) -> None:
    crimes = files(real_data)[-2:]
    lookup = ["--lookup", str(real_data / "lookups/cambridge_lsoa11_to_lsoa21.csv")]
    lsoas = ["--lsoas", str(real_data / "boundaries/cambridge_lsoa_2021_bgc.geojson")]
    init(tmp_path / "bare", *lsoas, *crimes)
    area = tmp_path / "bare" / "hotspots.toml"
    located = check_area(load_area(area)).reading("crimes")
    assert located is not None
    assert (located.tally.read, located.tally.accepted, located.tally.rejected) == (19222, 4037, 0)
    stated = area.read_text(encoding="utf-8").replace('lsoa_codes = "located"\n', "")
    area.write_text(stated, encoding="utf-8")
    with pytest.raises(VintageError, match=r"11 LSOAs .* another vintage than 2021"):
        check_area(load_area(area))
    init(tmp_path / "cambridge", *lsoas, *lookup, *crimes)
    build = build_area(tmp_path / "cambridge" / "hotspots.toml", tmp_path / "build")
    tally = build.manifest["sources"]["crimes"]["tally"]
    assert (tally["read"], tally["accepted"], tally["rejected"]) == (19222, 4040, 0)


def test_wards_of_two_dates_are_told_apart_by_their_days_and_never_by_their_names(
    real_data: Path, tmp_path: Path
) -> None:
    init(tmp_path / "cambridge", *files(real_data)[:-4])
    area = tmp_path / "cambridge" / "hotspots.toml"
    new = real_data / "boundaries/cambridge_wards_2025_bgc.geojson"
    add = ["boundaries", "add", str(new), "--kind", "ward", "--vintage", "2025", "--area", str(area)]
    assert CliRunner().invoke(application, add).exit_code == 0
    points = pd.read_csv(real_data / "landmarks/cambridge_landmarks.csv")
    rows = pd.concat([points.assign(date_reported=f"{year}-07-01", quantity=1, land="park") for year in (2018, 2022)])
    rows.to_csv(tmp_path / "cambridge" / "sources" / "finds.csv", index=False)
    text = area.read_text(encoding="utf-8").replace('ward = "ward-2013"\n', "")
    area.write_text(text + WARDS_AND_FINDS, encoding="utf-8")
    build = build_area(area, tmp_path / "build")
    found = {}
    for year in ("2018/19", "2022/23"):
        layer = view(build, Selection("instances", when=year, how="ward"), ANALYST)
        assert layer.cube is not None
        assert layer.areas is not None
        assert len(layer.cube) == 14
        assert layer.cube["value"].sum() == 15
        found[year] = layer.cube.assign(name=layer.cube["area_code"].map(layer.areas.names)).set_index("name")["value"]
    assert set(found["2018/19"].index) == set(found["2022/23"].index)
    assert not found["2018/19"].sort_index().equals(found["2022/23"].sort_index())


WARDS_AND_FINDS = """
[[boundaries.ward_sets]]
set = "ward-2013"
in_force_from = 2004-06-10
in_force_to = 2021-05-05

[[boundaries.ward_sets]]
set = "ward-2025"
in_force_from = 2021-05-06

[[sources]]
id = "needle-finds"
kind = "needle_finds"
path = "sources/finds.csv"
covers_from = 2018-04-01
covers_to = 2023-03-31
absent = "zero"

[sources.columns]
longitude = "longitude"
latitude = "latitude"
land_type = "land"
"""
