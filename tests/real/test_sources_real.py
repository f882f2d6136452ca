"""The readers on real files: police.uk, London callouts, Boston needle pickups, ONS populations."""

import json
import os
from datetime import date
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
import shapely

from hotspots.areas import Areas, Reference
from hotspots.crs import geometry_to_bng
from hotspots.errors import DataRefused, VintageError
from hotspots.source_settings import CalloutsSource, CrimesSource, NeedleFindsSource, PopulationSource
from hotspots.sources import read_source

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not os.environ.get("HOTSPOTS_REAL_DATA"), reason="HOTSPOTS_REAL_DATA is not set"),
]

QUARTERS = [f"{year}/{(year + 1) % 100} Q{quarter}" for year in (2015, 2016, 2017) for quarter in (1, 2, 3, 4)]
CITY_CENTRE = "Cambridge 007G"


def real_folder() -> Path:
    return Path(os.environ["HOTSPOTS_REAL_DATA"]).resolve()


def read_areas(file: str, *, kind: str, vintage: str, code: str, name: str, schematic: bool = False) -> Areas:
    content = json.loads((real_folder() / file).read_text(encoding="utf-8"))
    rows = [
        (
            feature["properties"][code],
            feature["properties"][name],
            geometry_to_bng(shapely.from_geojson(json.dumps(feature["geometry"]))),
        )
        for feature in content["features"]
    ]
    table = pd.DataFrame(rows, columns=["code", "name", "geometry"]).sort_values("code", ignore_index=True)
    return Areas(kind, vintage, vintage, schematic, "", table)  # type: ignore[arg-type]


def cambridge(*, schematic: bool = False) -> Reference:
    lsoas = read_areas(
        "boundaries/cambridge_lsoa_2011_bgc.geojson",
        kind="lsoa",
        vintage="2011",
        code="LSOA11CD",
        name="LSOA11NM",
        schematic=schematic,
    )
    wards = read_areas(
        "boundaries/cambridge_wards_2013_bgc.geojson", kind="ward", vintage="2013", code="WD13CD", name="WD13NM"
    )
    return Reference(lsoas, wards, (), {("lsoa", "2011"): lsoas.codes, ("lsoa", "2021"): frozenset(lsoas_2021())})


def lsoas_2021() -> list[str]:
    content = json.loads((real_folder() / "boundaries/cambridge_lsoa_2021_bgc.geojson").read_text(encoding="utf-8"))
    return sorted(feature["properties"]["LSOA21CD"] for feature in content["features"])


def police(path: str) -> CrimesSource:
    return CrimesSource(
        id="crimes",
        kind="crimes",
        path=path,
        vintage="2011",
        covers_from=date(2018, 11, 1),
        covers_to=date(2019, 1, 31),
        policy="open",
    )


def test_three_months_of_police_rows_are_645_unlocated_14537_elsewhere_and_4040_in_cambridge() -> None:
    reading = read_source(police("police/*-street.csv"), folder=real_folder(), reference=cambridge())
    assert reading.tally.read == 19_222
    assert reading.tally.set_aside == {"without location (may be in the area)": 645, "elsewhere": 14_537}
    assert (reading.tally.accepted, reading.tally.rejected) == (4_040, 0)
    assert reading.table["measure"].value_counts().to_dict() == {"crimes": 3_231, "asb": 809}
    assert reading.table["date"].dt.month.value_counts().to_dict() == {11: 1_379, 12: 1_320, 1: 1_341}
    assert reading.table["event_id"].is_unique
    assert [file.name for file in reading.files] == [
        "police/2018-11-cambridgeshire-street.csv",
        "police/2018-12-cambridgeshire-street.csv",
        "police/2019-01-cambridgeshire-street.csv",
    ]


def test_a_police_file_is_found_by_an_absolute_glob_too() -> None:
    pattern = str(real_folder() / "police" / "2018-1*.csv")
    reading = read_source(police(pattern), folder=real_folder(), reference=cambridge())
    assert reading.tally.accepted == 1_379 + 1_320


def test_london_wards_for_one_three_year_period_are_54_exact_counts() -> None:
    wards = read_areas(
        "ambulance/london_camden_islington_westminster_wards_2013_bgc.geojson",
        kind="ward",
        vintage="2013",
        code="WD13CDO",
        name="WD13NM",
    )
    source = CalloutsSource(
        id="callouts",
        kind="callouts",
        path="ambulance/london_camden_islington_westminster_ambulance_assault_2009_2011.csv",
        resolution="ward",
        vintage="2013",
        period="2009 to 2011",
        calendar="calendar",
        covers_from=date(2009, 1, 1),
        covers_to=date(2011, 12, 31),
        columns={"area": "WardCode", "count": "assault_09_11"},  # type: ignore[arg-type]
    )
    reading = read_source(source, folder=real_folder(), reference=Reference(None, wards))
    assert reading.tally.sentence == "54 rows = 54 accepted + 0 rejected"
    assert reading.table["period"].unique().tolist() == ["2009 to 2011"]
    assert (reading.table["lower"] == reading.table["upper"]).all()
    assert reading.table["lower"].max() == 1_582


def test_boston_needle_pickups_are_154_nothing_found_237_counted_and_231_of_unknown_volume() -> None:
    source = NeedleFindsSource(
        id="needle-finds",
        kind="needle_finds",
        path="needle-finds/boston_needle_pickup_2015.csv",
        covers_from=date(2015, 5, 1),
        covers_to=date(2015, 12, 31),
        date_format="%m/%d/%Y %I:%M:%S %p",
        columns={"find_id": "CASE_ENQUIRY_ID", "date": "OPEN_DT", "quantity": "quantity_parsed", "source": "Source"},  # type: ignore[arg-type]
    )
    reading = read_source(source, folder=real_folder(), reference=Reference(None, None))
    assert reading.tally.sentence == "622 rows = 468 accepted + 0 rejected + 154 nothing found"
    quantity = reading.table["quantity"]
    assert (quantity.notna().sum(), quantity.sum(), quantity.isna().sum()) == (237, 2_077, 231)
    assert reading.table["easting"].isna().all()
    assert reading.table["date"].min() == pd.Timestamp(2015, 5, 15)


@pytest.mark.parametrize(("year", "residents"), [(2017, 124_919), (2019, 124_798), (2020, 125_063)])
def test_the_city_has_the_published_number_of_residents(year: int, residents: int) -> None:
    source = PopulationSource(
        id="population",
        kind="population",
        path=f"population/cambridge_lsoa11_population_mid{year}.csv",
        vintage="2011",
        covers_from=date(year, 6, 30),
        covers_to=date(year, 6, 30),
        columns={"area": "LSOA11CD", "population": "all_ages"},  # type: ignore[arg-type]
    )
    reading = read_source(source, folder=real_folder(), reference=cambridge())
    assert (len(reading.table), reading.table["population"].sum()) == (69, residents)


def write_crosstab(path: Path, labels: list[str], *, omit: str = "") -> None:
    """Three title rows, areas down, twelve quarters across, a totals row; the city centre ten, with one ``*``."""
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    for row in (["Assault-related callouts"], ["by LSOA and quarter"], [], ["LSOA", *QUARTERS]):
        sheet.append(row)
    kept = [label for label in labels if label != omit]
    busiest = CITY_CENTRE if CITY_CENTRE in kept else kept[0]
    for label in kept:
        sheet.append([label, *[10 if label == busiest else 1] * 11, "*" if label == busiest else 1])
    others = len(kept) - 1
    sheet.append(["Total", *[others + 10] * 11, others + 3])
    sheet.append([])
    sheet.append(["* counts of 1 to 4 are not shown"])
    workbook.save(path)


def crosstab(**changes: object) -> CalloutsSource:
    settings: dict[str, object] = {
        "id": "callouts",
        "kind": "callouts",
        "path": "callouts.xlsx",
        "format": "xlsx",
        "layout": "crosstab",
        "area_by": "name",
        "vintage": "2011",
        "covers_from": date(2015, 4, 1),
        "covers_to": date(2018, 3, 31),
        "suppressed": {"*": (1, 4)},
    }
    return CalloutsSource.model_validate(settings | changes)


def test_a_crosstab_by_lsoa_name_gives_the_city_centre_37_to_38_a_year(tmp_path: Path) -> None:
    reference = cambridge()
    write_crosstab(tmp_path / "callouts.xlsx", sorted(reference.areas("lsoa").names.values()))
    reading = read_source(crosstab(), folder=tmp_path, reference=reference)
    centre = reading.table[reading.table["area_code"] == "E01032797"]
    assert (centre["lower"].sum() / 3, centre["upper"].sum() / 3) == (37.0, 38.0)
    assert centre["status"].value_counts().to_dict() == {"ok": 11, "suppressed": 1}
    assert reading.tally.read == 69 * 12 + 12 + 1
    assert reading.tally.set_aside == {"totals": 12, "notes": 1}


def test_a_real_crosstab_is_refused_on_invented_shapes(tmp_path: Path) -> None:
    reference = cambridge(schematic=True)
    write_crosstab(tmp_path / "callouts.xlsx", sorted(reference.areas("lsoa").names.values()))
    with pytest.raises(DataRefused, match="these shapes are invented: run `hotspots boundaries add`"):
        read_source(crosstab(), folder=tmp_path, reference=reference)


def test_a_sheet_of_lsoa_2021_codes_is_refused_as_2021(tmp_path: Path) -> None:
    write_crosstab(tmp_path / "callouts.xlsx", lsoas_2021())
    with pytest.raises(VintageError, match="belong to LSOA 2021, but the source declares LSOA 2011"):
        read_source(crosstab(area_by="code"), folder=tmp_path, reference=cambridge())


def test_an_absent_lsoa_is_refused_until_absent_is_declared(tmp_path: Path) -> None:
    reference = cambridge()
    names = sorted(reference.areas("lsoa").names.values())
    write_crosstab(tmp_path / "callouts.xlsx", names, omit="Cambridge 001A")
    with pytest.raises(DataRefused, match=r'1 of 69 areas are absent.*E01017975.*declare absent = "zero" or "unknown"'):
        read_source(crosstab(), folder=tmp_path, reference=reference)
    for absent in ("zero", "unknown"):
        reading = read_source(crosstab(absent=absent), folder=tmp_path, reference=reference)
        assert len(reading.table) == 68 * 12


def test_a_police_file_that_states_lsoa_2021_codes_is_refused_by_name(tmp_path: Path) -> None:
    lines = (real_folder() / "police/2018-11-cambridgeshire-street.csv").read_text(encoding="utf-8").splitlines()
    only_2021 = sorted(set(lsoas_2021()) - cambridge().areas("lsoa").codes)[0]
    retired = sorted(cambridge().areas("lsoa").codes - set(lsoas_2021()))
    changed = "\n".join(lines)
    for code in retired:
        changed = changed.replace(code, only_2021)
    (tmp_path / "street.csv").write_text(changed + "\n", encoding="utf-8")
    with pytest.raises(VintageError, match=r"street\.csv: 1 codes .* belong to LSOA 2021"):
        read_source(police("street.csv"), folder=tmp_path, reference=cambridge())
