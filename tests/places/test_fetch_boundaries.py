"""Boundaries from a server that does what the Open Geography Portal does: counted, whole or not at all, resumed."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import shapely
from shapely.geometry import Polygon
from typer.testing import CliRunner

from hotspots.boundaries import list_boundaries, read_polygons
from hotspots.cli import application
from hotspots.errors import CrsError, DataRefused, FetchError, UnreachableError, UsageError
from hotspots.fetch import Client, Folder, Portal, fetch_boundaries, fetch_lookup, origin_of
from hotspots.fetch.catalogue import Catalogue, LayerEntry, TableEntry, load_catalogue
from hotspots.fetch.shapes import polygons_of, shape_of, system_of
from hotspots.fetch_settings import FetchSection
from hotspots.pipeline import build_area

LAD = "W06000002"
CATALOGUE = Catalogue(
    resolutions={"BGC": "BGC (generalised, 20 m)"},
    layers=(
        LayerEntry(
            kind="lsoa",
            vintage="2021",
            resolution="BGC",
            services=("LSOA_Gone", "LSOA_Decemeber_2021"),
            district="both",
        ),
        LayerEntry(kind="ward", vintage="2022", resolution="BGC", services=("Wards_2022",)),
    ),
    tables=(TableEntry(id="both", columns=("LSOA11CD", "LSOA21CD", "LAD22CD"), services=("LSOA11_LSOA21_LU",)),),
)


@pytest.fixture
def waited() -> list[float]:
    return []


@pytest.fixture
def ons(portal: Any, service: Any, town: Callable[..., Any], waited: list[float]) -> Any:
    """The portal with a country of two districts: LSOAs without a district field, wards with one, and the lookup."""
    here, there = town(), town(easting=280_000, name="Conwy", lad="W06000003")
    rows, shapes, lookup, wards, ward_shapes = [], [], [], [], []
    for place in (here, there):
        for code, name, _, shape in place.lsoas.itertuples(index=False):
            rows.append({"lsoa21cd": code, "lsoa21nm": name})
            shapes.append(shape)
            lookup.append({"LSOA11CD": code, "LSOA21CD": code, "CHGIND": "U", "LAD22CD": place.lad})
        for code, name, welsh, _, shape in place.wards.itertuples(index=False):
            wards.append({"WD22CD": code, "WD22NM": name, "WD22NMW": welsh, "LAD22CD": place.lad})
            ward_shapes.append(shape)
    portal.services = {
        "LSOA_Decemeber_2021": service(rows, shapes),
        "LSOA11_LSOA21_LU": service(lookup),
        "Wards_2022": service(wards, ward_shapes, page=2),
    }
    portal.origin = Portal(portal.address, Client(attempts=4, timeout_s=5, sleep=waited.append), CATALOGUE)
    portal.here = here
    return portal


def lsoas(ons: Any, to: Path, **changes: Any) -> Any:
    return fetch_boundaries(ons.origin, to, **{"kind": "lsoa", "vintage": "2021", "lad": LAD, **changes})


def test_lsoas_come_page_by_page_by_the_codes_of_a_lookup_in_the_metres_they_are_kept_in(
    ons: Any, tmp_path: Path
) -> None:
    fetched = lsoas(ons, tmp_path / "lsoas.geojson")
    assert fetched.rows == 9
    assert fetched.source == "Open Geography Portal (Office for National Statistics), LSOA_Decemeber_2021"
    assert fetched.licence == "Open Government Licence v3.0"
    polygons = read_polygons(fetched.path, kind="lsoa")
    assert polygons.features.system == "EPSG:27700"
    assert polygons.codes.tolist() == ons.here.lsoas["LSOA21CD"].tolist()
    assert shapely.equals(polygons.features.geometry, ons.here.lsoas.geometry.to_numpy()).all()
    offsets = [asked["resultOffset"] for asked in ons.queries() if asked["returnGeometry"] == "true"]
    assert offsets == ["0", "4", "8"]
    assert list(tmp_path.glob(".*")) == []


@pytest.mark.parametrize("flag", ["top", "inside", "both"])
def test_geojson_says_in_either_place_that_there_is_more(ons: Any, tmp_path: Path, flag: str) -> None:
    wards = ons.services["Wards_2022"]
    wards.formats, wards.flag = "geoJSON, PBF", flag
    fetched = fetch_boundaries(ons.origin, tmp_path / "w.geojson", kind="ward", vintage="2022", lad=LAD)
    polygons = read_polygons(fetched.path, kind="ward")
    assert polygons.features.system == "OGC:CRS84"
    assert polygons.names.tolist() == ["Y Felinheli", "St Mary's", "Llŷn & Môr"]
    assert shapely.area(polygons.features.in_bng()).round(-2).tolist() == [3_000_000.0, 3_000_000.0, 3_040_000.0]


def test_rows_that_are_not_said_to_be_missing_are_asked_for_all_the_same(ons: Any, tmp_path: Path) -> None:
    ons.services["LSOA_Decemeber_2021"].says_nothing_of_more = True
    assert lsoas(ons, tmp_path / "lsoas.geojson").rows == 9


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("says_more_and_sends_nothing", "4 of 9 rows came, then an empty page"),
        ("sends_first_page_for_ever", "a page was sent twice|came twice"),
        ("counts_one_too_many", "9 of 10 rows came, then an empty page"),
    ],
)
def test_an_answer_that_cannot_be_whole_is_refused_and_nothing_is_left_but_what_came(
    ons: Any, tmp_path: Path, fault: str, words: str
) -> None:
    setattr(ons.services["LSOA_Decemeber_2021"], fault, True)
    with pytest.raises(FetchError, match=words):
        lsoas(ons, tmp_path / "lsoas.geojson")
    assert not (tmp_path / "lsoas.geojson").exists()


def error(code: int, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "details": []}}


@pytest.mark.parametrize(
    "failure",
    [
        error(500, "Error performing query operation"),
        (503, {}, b"busy"),
        (500, {}, b"<html>oops</html>"),
        (200, {}, b'{"fields": [{"na'),
        (200, {"Content-Length": "5000"}, b"{"),
    ],
)
def test_what_may_pass_is_asked_again_with_growing_pauses(
    ons: Any, tmp_path: Path, waited: list[float], failure: Any
) -> None:
    ons.services["LSOA_Decemeber_2021"].fails = [failure, failure]
    assert lsoas(ons, tmp_path / "lsoas.geojson").rows == 9
    assert waited == [1.0, 2.0]


def test_a_server_that_asks_to_wait_is_given_the_time(ons: Any, tmp_path: Path, waited: list[float]) -> None:
    ons.services["Wards_2022"].fails = [(429, {"Retry-After": "7"}, b"slow down")]
    fetch_boundaries(ons.origin, tmp_path / "w.geojson", kind="ward", vintage="2022", lad=LAD)
    assert waited == [7.0]


def test_a_service_that_stays_down_is_told_with_the_reason_of_each_name_tried(ons: Any, tmp_path: Path) -> None:
    ons.services["LSOA_Decemeber_2021"].fails = [error(500, "Service not started")] * 9
    with pytest.raises(FetchError, match=r"Invalid URL.*Service not started.*asked 4 times"):
        lsoas(ons, tmp_path / "lsoas.geojson")


def test_a_sign_in_page_is_not_data(ons: Any, tmp_path: Path, waited: list[float]) -> None:
    ons.services["Wards_2022"].fails = [(200, {}, b"<html>Please sign in</html>")]
    with pytest.raises(FetchError, match="a proxy that wants you to sign in"):
        fetch_boundaries(ons.origin, tmp_path / "w.geojson", kind="ward", vintage="2022", lad=LAD)
    assert waited == []


def test_nothing_at_the_address_is_one_sentence(tmp_path: Path, waited: list[float]) -> None:
    origin = Portal("http://127.0.0.1:9", Client(attempts=2, timeout_s=1, sleep=waited.append), CATALOGUE)
    with pytest.raises(UnreachableError, match="no answer"):
        fetch_boundaries(origin, tmp_path / "w.geojson", kind="ward", vintage="2022", lad=LAD)


def test_an_interrupted_fetch_goes_on_where_it_stopped(ons: Any, tmp_path: Path) -> None:
    service = ons.services["LSOA_Decemeber_2021"]
    # Described, counted, two pages sent; then the service is gone.
    service.fails = [None, None, None, None, *[error(500, "gone")] * 4]
    with pytest.raises(FetchError, match="gone"):
        lsoas(ons, tmp_path / "lsoas.geojson")
    ons.asked.clear()
    assert lsoas(ons, tmp_path / "lsoas.geojson").rows == 9
    asked = [asked["resultOffset"] for asked in ons.queries() if asked["returnGeometry"] == "true"]
    assert asked == ["8"]
    assert [path.name for path in tmp_path.iterdir()] == ["given", "lsoas.geojson"]


def test_a_district_that_the_lookup_does_not_know_is_refused(ons: Any, tmp_path: Path) -> None:
    with pytest.raises(DataRefused, match="no row of the lookup both has LAD22CD E07000148"):
        lsoas(ons, tmp_path / "lsoas.geojson", lad="E07000148")
    with pytest.raises(DataRefused, match="no area of E07000148"):
        fetch_boundaries(ons.origin, tmp_path / "w.geojson", kind="ward", vintage="2022", lad="E07000148")


def test_areas_that_the_lookup_names_and_the_layer_lacks_are_missed(ons: Any, tmp_path: Path) -> None:
    service = ons.services["LSOA_Decemeber_2021"]
    del service.rows[2], service.shapes[2]
    with pytest.raises(FetchError, match="1 of 9 areas did not come, such as"):
        lsoas(ons, tmp_path / "lsoas.geojson")


def test_a_lookup_is_written_with_the_rows_of_the_district(ons: Any, tmp_path: Path) -> None:
    assert fetch_lookup(ons.origin, "both", tmp_path / "lookup.csv", lad=LAD) == 9
    lines = (tmp_path / "lookup.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "LSOA11CD,LSOA21CD,LAD22CD"
    assert len(lines) == 10


def test_a_folder_of_downloaded_files_is_a_mirror(ons: Any, town: Callable[..., Any], tmp_path: Path) -> None:
    here = town()
    here.geojson(here.lsoas, "LSOA_Decemeber_2021.geojson")
    lookup = ["LSOA11CD,LSOA21CD,LAD22CD", *(f"{code},{code},{LAD}" for code in here.lsoas["LSOA21CD"])]
    (here.folder / "LSOA11_LSOA21_LU.csv").write_text("\n".join(lookup), encoding="utf-8-sig")
    fetched = fetch_boundaries(
        Folder(here.folder, CATALOGUE), tmp_path / "l.geojson", kind="lsoa", vintage="2021", lad=LAD
    )
    assert fetched.rows == 9
    assert ons.asked == []
    with pytest.raises(DataRefused, match="none of these files is in the folder: Wards_2022"):
        fetch_boundaries(Folder(here.folder, CATALOGUE), tmp_path / "w", kind="ward", vintage="2022", lad=LAD)


def test_a_condition_holds_codes_only(ons: Any, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not the code of a district"):
        fetch_boundaries(ons.origin, tmp_path / "w", kind="ward", vintage="2022", lad="x' OR 1=1 --")
    with pytest.raises(FetchError, match="is no code of a district"):
        fetch_lookup(ons.origin, "both", tmp_path / "l", lad="x' OR 1=1 --")


def test_rings_are_told_apart_by_their_direction_and_an_island_in_a_lake_stays() -> None:
    def square(at: float, size: float, *, clockwise: bool) -> list[list[float]]:
        points = [[at, at], [at, at + size], [at + size, at + size], [at + size, at], [at, at]]
        return points if clockwise else points[::-1]

    lake, island = square(10, 20, clockwise=False), square(15, 5, clockwise=True)
    shape = polygons_of([square(0, 100, clockwise=True), lake, island, square(200, 10, clockwise=True)])
    assert shape.area == 100 * 100 - 20 * 20 + 5 * 5 + 10 * 10
    assert shape.is_valid
    bow = [[0, 0], [1, 1], [0, 1], [1, 0], [0, 0]]
    assert not polygons_of([bow]).is_valid
    with pytest.raises(FetchError, match="a hole outside every outer ring"):
        shape_of({"geometry": {"rings": [square(0, 1, clockwise=True), lake]}}, where="here")


def test_the_system_of_an_answer_is_the_one_it_states() -> None:
    assert system_of({"attributes": {}, "system": {"wkid": 102100, "latestWkid": 27700}}, where="x") == "EPSG:27700"
    assert system_of({"attributes": {}, "system": {"wkid": 4326}}, where="x") == "OGC:CRS84"
    assert system_of({"properties": {}, "system": None}, where="x") == "OGC:CRS84"
    stated = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::27700"}}
    assert system_of({"properties": {}, "system": stated}, where="x") == "EPSG:27700"
    with pytest.raises(CrsError, match="expected WGS84 or EPSG:27700"):
        system_of({"attributes": {}, "system": {"wkid": 102100, "latestWkid": 3857}}, where="x")
    with pytest.raises(CrsError, match="does not say"):
        system_of({"attributes": {}, "system": None}, where="x")


def test_the_packaged_catalogue_has_a_lookup_for_every_layer_without_a_district() -> None:
    catalogue = load_catalogue()
    for entry in catalogue.layers:
        if entry.district:
            heading = {"lsoa": "LSOA", "ward": "WD"}[entry.kind] + entry.vintage[2:4] + "CD"
            assert heading in catalogue.table(entry.district).columns
    with pytest.raises(UsageError, match="it has 2019 BGC"):
        catalogue.layer("ward", "1999")


def test_an_own_catalogue_goes_first_and_a_wrong_address_is_refused(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text('[[tables]]\nid = "both"\ncolumns = ["A", "LAD22CD"]\nservices = ["New_Name"]\n', encoding="utf-8")
    origin = origin_of("http://127.0.0.1:1/rest/", FetchSection(catalogue="own.toml"), folder=tmp_path)
    assert isinstance(origin, Portal)
    assert origin.base == "http://127.0.0.1:1/rest"
    assert origin.catalogue.table("both").services == ("New_Name",)
    with pytest.raises(UsageError, match="is not the address of a service"):
        origin_of("ftp://example.org/x", FetchSection())
    with pytest.raises(DataRefused, match="neither an address"):
        origin_of(str(tmp_path / "nowhere"), FetchSection())


def area_folder(tmp_path: Path, ons: Any, *, lines: str = "") -> Path:
    catalogue = [
        '[[layers]]\nkind = "ward"\nvintage = "2022"\nresolution = "BGC"\nservices = ["Wards_2022"]\n',
    ]
    (tmp_path / "own.toml").write_text("".join(catalogue), encoding="utf-8")
    text = f'[area]\nname = "Gwynedd"\nlad = "{LAD}"\n[fetch]\nportal_url = "{ons.address}"\ncatalogue = "own.toml"\n'
    (tmp_path / "hotspots.toml").write_text(text + "attempts = 1\n" + lines, encoding="utf-8")
    return tmp_path / "hotspots.toml"


def run(area: Path, *more: str) -> Any:
    command = ["boundaries", "fetch", "--kind", "ward", "--vintage", "2022", "--area", str(area), *more]
    return CliRunner().invoke(application, command)


def test_the_command_adds_a_checked_set_with_licence_and_attribution_and_never_overwrites(
    ons: Any, tmp_path: Path
) -> None:
    area = area_folder(tmp_path, ons)
    done = run(area)
    assert done.exit_code == 0, done.output
    held = list_boundaries(tmp_path / "boundaries")[0]
    assert (held["set"], held["rows"], held["licence"]) == ("ward-2022", 3, "Open Government Licence v3.0")
    assert held["attribution"].startswith("Contains National Statistics data © Crown copyright and database right 2022")
    assert run(area).exit_code == 0
    ons.services["Wards_2022"].rows[0]["WD22NM"] = "Renamed"
    again = run(area)
    assert isinstance(again.exception, DataRefused)
    assert "is there already and differs" in str(again.exception)
    assert run(area, "--replace").exit_code == 0
    assert sorted(path.name for path in (tmp_path / "boundaries").iterdir()) == ["ward-2022"]


def test_geometry_that_cannot_be_repaired_adds_nothing(ons: Any, tmp_path: Path) -> None:
    area = area_folder(tmp_path, ons)
    ons.services["Wards_2022"].shapes[0] = Polygon([(0, 0), (900, 900), (900, 0), (0, 900)])
    done = run(area)
    assert isinstance(done.exception, DataRefused)
    assert "not a valid polygon" in str(done.exception)
    assert list((tmp_path / "boundaries").iterdir()) == []


def test_a_place_is_made_from_the_portal_alone_and_builds(ons: Any, service: Any, tmp_path: Path) -> None:
    codes = [row["lsoa21cd"] for row in ons.services["LSOA_Decemeber_2021"].rows]
    both = [
        {"LSOA11CD": code, "LSOA21CD": code, "CHGIND": "U", "LAD22CD": LAD if n < 9 else "x"}
        for n, code in enumerate(codes)
    ]
    catalogue = load_catalogue()
    ons.services[catalogue.layer("lsoa", "2021").services[-1]] = ons.services["LSOA_Decemeber_2021"]
    ons.services[catalogue.layer("ward", "2022").services[0]] = ons.services["Wards_2022"]
    ons.services["LSOA11_LSOA21_LAD22_EW_LU"] = service(both)
    ons.services["LSOA21_WD22_LAD22_EW_LU_v3"] = service(
        [{"LSOA21CD": code, "WD22CD": "W05000001", "LAD22CD": LAD} for code in codes[:9]]
    )
    command = ["init", str(tmp_path / "new"), "--lad", LAD, "--name", "Gwynedd", "--ward-vintage", "2022"]
    done = CliRunner().invoke(application, [*command, "--from", ons.address])
    assert done.exit_code == 0, done.output + str(done.exception)
    assert "3 wards of vintage 2022" in done.output
    held = list_boundaries(tmp_path / "new" / "boundaries")
    assert [(item["set"], item["resolution"]) for item in held] == [
        ("lsoa-2021", "BGC (generalised, 20 m)"),
        ("ward-2022", "BGC (generalised, 20 m)"),
    ]
    assert build_area(tmp_path / "new" / "hotspots.toml", tmp_path / "build").layers == ("lsoas", "wards")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["build", "given", "new"]


def test_what_is_kept_of_an_answer_is_the_answer(ons: Any, tmp_path: Path) -> None:
    ons.services["Wards_2022"].fails = [None, None, None, error(400, "no")]
    with pytest.raises(FetchError, match="no"):
        fetch_boundaries(ons.origin, tmp_path / "w.geojson", kind="ward", vintage="2022", lad=LAD)
    kept = list((tmp_path / ".fetching-w.geojson").iterdir())
    assert [len(json.loads(path.read_text(encoding="utf-8"))["features"]) for path in kept] == [2]
    kept[0].write_text("{", encoding="utf-8")
    assert fetch_boundaries(ons.origin, tmp_path / "w.geojson", kind="ward", vintage="2022", lad=LAD).rows == 3
