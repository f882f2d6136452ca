"""Traps of the Open Geography Portal, one by one: what its servers are known to do to those who ask for areas."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any

import pytest
import shapely
from shapely.geometry import box

from hotspots.boundaries import add_boundaries, read_polygons
from hotspots.errors import DataRefused, FetchError, HotspotsError
from hotspots.fetch import Client, Portal, fetch_boundaries, fetch_lookup
from hotspots.fetch.catalogue import Catalogue, LayerEntry, TableEntry

LAD = "W06000002"
CATALOGUE = Catalogue(
    layers=(
        LayerEntry(kind="ward", vintage="2022", resolution="BGC", services=("Wards_Old", "Wards")),
        LayerEntry(kind="lsoa", vintage="2011", resolution="BGC", services=("Squares",), district="squares"),
    ),
    tables=(TableEntry(id="squares", columns=("LSOA11CD", "LAD22CD"), services=("Squares_Old", "Squares_LU")),),
)


@pytest.fixture
def waited() -> list[float]:
    return []


@pytest.fixture
def ons(portal: Any, service: Any, town: Callable[..., Any], waited: list[float]) -> Any:
    """Three wards of the district on pages of two; the first name of the catalogue is gone."""
    wards = town().wards
    rows = wards.drop(columns="geometry").to_dict("records")
    portal.services = {"Wards": service(rows, list(wards.geometry), page=2)}
    portal.origin = Portal(portal.address, Client(attempts=3, timeout_s=5, sleep=waited.append), CATALOGUE)
    return portal


def wards(ons: Any, folder: Path) -> Any:
    return fetch_boundaries(ons.origin, folder / "w.geojson", kind="ward", vintage="2022", lad=LAD)


def renamed(service: Any, **headings: str) -> None:
    service.rows = [{headings.get(name, name): value for name, value in row.items()} for row in service.rows]


def of(service: Any, **changes: Any) -> Any:
    for name, value in changes.items():
        setattr(service, name, value)
    return service


def country(ons: Any, service: Any, *, rows: int, page: int) -> list[str]:
    """So many LSOAs of one district in a layer without a district field, and their lookup."""
    codes = [f"E010{number:05d}" for number in range(rows)]
    shapes = [box(400_000 + 10 * n, 300_000, 400_010 + 10 * n, 300_010) for n in range(rows)]
    ons.services["Squares"] = service([{"lsoa11cd": code, "lsoa11nm": code} for code in codes], shapes, page=page)
    ons.services["Squares_LU"] = service([{"LSOA11CD": code, "LAD22CD": LAD} for code in codes], page=page)
    return codes


@pytest.mark.parametrize("said", [2000, None, 0, "many"])
def test_a_server_that_sends_fewer_rows_than_it_says_is_asked_from_where_it_stopped(
    ons: Any, service: Any, tmp_path: Path, said: Any
) -> None:
    codes = country(ons, service, rows=120, page=50)
    if said is not None:
        of(ons.services["Squares"], says_page=said)
    fetched = fetch_boundaries(ons.origin, tmp_path / "l.geojson", kind="lsoa", vintage="2011", lad=LAD)
    assert read_polygons(fetched.path, kind="lsoa").codes.tolist() == codes
    asked = [asked["resultOffset"] for asked in ons.queries() if asked["returnGeometry"] == "true"]
    # Eighty codes in the first question, forty in the second: no address is longer than 2,048 letters.
    assert asked == ["0", "50", "0"]


def test_a_last_page_that_still_says_there_is_more_is_believed_only_until_nothing_comes(
    ons: Any, tmp_path: Path
) -> None:
    def more(page: dict[str, Any]) -> dict[str, Any]:
        return page | {"exceededTransferLimit": bool(page["features"])}

    of(ons.services["Wards"], change=more)
    assert wards(ons, tmp_path).rows == 3
    of(ons.services["Wards"], change=lambda page: page | {"exceededTransferLimit": True})
    with pytest.raises(FetchError, match="3 of 3 rows came, then an empty page; nothing was kept"):
        wards(ons, tmp_path)


@pytest.mark.parametrize("fault", ["says_more_and_sends_nothing", "sends_first_page_for_ever", "counts_one_too_many"])
def test_what_was_refused_is_asked_anew_when_the_server_is_well_again(ons: Any, tmp_path: Path, fault: str) -> None:
    setattr(ons.services["Wards"], fault, True)
    with pytest.raises(FetchError):
        wards(ons, tmp_path)
    assert not list(tmp_path.glob(".*"))
    setattr(ons.services["Wards"], fault, False)
    assert wards(ons, tmp_path).rows == 3


FAILED = {"error": {"code": 400, "message": "Cannot perform query. Invalid query parameters.", "details": None}}


@pytest.mark.parametrize("before", [0, 1, 2, 3], ids=["description", "count", "first page", "second page"])
@pytest.mark.parametrize(
    "answer",
    [
        FAILED,
        {"error": "no"},
        {"error": {"code": 499, "message": "Token Required"}},
        [],
        "busy",
        {},
        {"fields": [None], "count": "3", "features": [None]},
        b"<!DOCTYPE html><html>Maintenance</html>",
    ],
    ids=["invalid", "text", "token", "list", "string", "empty", "nothings", "page"],
)
def test_an_error_inside_status_200_is_an_error_of_every_kind_of_question(
    ons: Any, tmp_path: Path, waited: list[float], before: int, answer: Any
) -> None:
    ons.services["Wards"].fails = [None] * before + [(200, {}, answer)]
    with pytest.raises(FetchError, match=r"no service could be used: .*Invalid URL.*; .*(Wards|not JSON|web page)"):
        wards(ons, tmp_path)
    assert waited == []
    assert not (tmp_path / "w.geojson").exists()
    assert wards(ons, tmp_path).rows == 3


@pytest.mark.parametrize("before", [0, 1, 2, 3], ids=["description", "count", "first page", "second page"])
def test_an_answer_cut_short_is_asked_for_again_whatever_was_asked(
    ons: Any, tmp_path: Path, waited: list[float], before: int
) -> None:
    cut = (200, {}, b'{"count": 3, "fields": [], "features": [{"attributes": {"WD22')
    ons.services["Wards"].fails = [None] * before + [cut]
    assert wards(ons, tmp_path).rows == 3
    assert waited == [1.0]


def test_a_service_that_is_there_and_fails_when_it_is_asked_gives_way_to_the_next_name(
    ons: Any, service: Any, tmp_path: Path, waited: list[float]
) -> None:
    held = ons.services["Wards"]
    down = {"error": {"code": 500, "message": "Error performing query operation"}}
    ons.services["Wards_Old"] = service(held.rows, held.shapes, fails=[None, *[down] * 3])
    assert wards(ons, tmp_path).source.endswith(", Wards")
    assert waited == [1.0, 2.0]
    # Another thing under the old name: its fields are no wards.
    ons.services["Wards_Old"] = service([{"PCON24CD": "W07000001"}], held.shapes[:1])
    assert wards(ons, tmp_path).source.endswith(", Wards")


def test_a_lookup_that_is_gone_gives_way_to_the_next_name(ons: Any, service: Any, tmp_path: Path) -> None:
    codes = country(ons, service, rows=3, page=2)
    assert fetch_lookup(ons.origin, "squares", tmp_path / "l.csv", lad=LAD) == 3
    # The district of another year: no column of the name, the next is asked.
    ons.services["Squares_Old"] = service([{"LSOA11CD": code, "LAD11CD": LAD} for code in codes])
    assert fetch_lookup(ons.origin, "squares", tmp_path / "l.csv", lad=LAD) == 3
    of(
        ons.services["Squares_LU"],
        change=lambda page: {"features": [{"attributes": {"FID": n}} for n, _ in enumerate(page["features"])]},
        page=4,
    )
    with pytest.raises(FetchError, match="rows came without LSOA11CD, LAD22CD"):
        fetch_lookup(ons.origin, "squares", tmp_path / "l.csv", lad=LAD)


def test_a_lookup_that_stays_down_is_told_once_and_no_layer_is_asked(
    ons: Any, service: Any, tmp_path: Path, waited: list[float]
) -> None:
    country(ons, service, rows=3, page=2)
    ons.services["Squares_LU"].fails = [{"error": {"code": 500, "message": "Service not started"}}] * 9
    with pytest.raises(FetchError, match=r"Squares_LU.*Service not started") as told:
        fetch_boundaries(ons.origin, tmp_path / "l.geojson", kind="lsoa", vintage="2011", lad=LAD)
    assert str(told.value).count("Service not started") == 1
    assert not any("/Squares/" in path for path, _ in ons.asked)
    del ons.services["Wards"].rows[0]["LAD22CD"], ons.services["Wards"].rows[1]["LAD22CD"]
    with pytest.raises(FetchError, match="Wards has no district field, and the catalogue names no lookup"):
        wards(ons, tmp_path)


@pytest.mark.parametrize(
    "headings",
    [
        {"WD22CD": "wd22cd", "WD22NM": "wd22nm", "WD22NMW": "wd22nmw", "LAD22CD": "lad22cd"},
        {"WD22CD": "WD25CD", "WD22NM": "WD25NM", "WD22NMW": "WD25NMW", "LAD22CD": "LAD25CD"},
        {"WD22NMW": "WD22CDO"},
    ],
    ids=["lower case", "another year", "old codes beside"],
)
def test_fields_are_found_in_any_case_and_year_and_neither_welsh_names_nor_old_codes_are_taken_for_them(
    ons: Any, tmp_path: Path, headings: dict[str, str]
) -> None:
    renamed(ons.services["Wards"], **headings)
    polygons = read_polygons(wards(ons, tmp_path).path, kind="ward")
    assert polygons.codes.tolist() == [row[headings.get("WD22CD", "WD22CD")] for row in ons.services["Wards"].rows]
    assert polygons.names.tolist() == ["Y Felinheli", "St Mary's", "Llŷn & Môr"]


def test_of_fields_of_several_years_those_of_the_vintage_are_taken(ons: Any, tmp_path: Path) -> None:
    held = ons.services["Wards"]
    held.rows = [row | {"WD21CD": f"old{n}", "WD21NM": "Old", "LAD21CD": "x"} for n, row in enumerate(held.rows)]
    polygons = read_polygons(wards(ons, tmp_path).path, kind="ward")
    assert polygons.codes.tolist() == [row["WD22CD"] for row in held.rows]


@pytest.mark.parametrize("numbered", [True, False], ids=["with its number", "without"])
def test_a_row_that_comes_on_two_pages_hides_one_that_came_on_none(ons: Any, tmp_path: Path, numbered: bool) -> None:
    first: list[Any] = []

    def repeated(page: dict[str, Any]) -> dict[str, Any]:
        features = page["features"]
        for feature in features:
            if not numbered:
                del feature["attributes"]["FID"]
        first.extend(features[:1])
        return page | {"features": features if len(features) == 2 else first[:1]}

    of(ons.services["Wards"], change=repeated)
    with pytest.raises(FetchError, match="the same rows came twice"):
        wards(ons, tmp_path)


@pytest.mark.parametrize(
    ("said", "sent", "system"),
    [("geoJSON", "json", "OGC:CRS84"), ("JSON, geoJSON", "geojson", "OGC:CRS84")],
)
def test_the_other_format_than_the_one_asked_for_is_read_for_what_it_is(
    ons: Any, tmp_path: Path, said: str, sent: str, system: str
) -> None:
    of(ons.services["Wards"], formats=said, sends=sent)
    if sent == "json":

        def in_degrees(page: dict[str, Any]) -> dict[str, Any]:
            for feature in page["features"]:
                feature["geometry"] = {"rings": [[[-4.2, 53.0], [-4.2, 53.1], [-4.1, 53.1], [-4.2, 53.0]]]}
            return page

        of(ons.services["Wards"], change=in_degrees)
    polygons = read_polygons(wards(ons, tmp_path).path, kind="ward")
    assert polygons.features.system == system
    assert len(polygons) == 3


@pytest.mark.parametrize(
    "member",
    [
        None,
        {"type": "name", "properties": {"name": "EPSG:4326"}},
        {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}},
        {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4326"}},
    ],
)
def test_degrees_come_with_and_without_a_crs_member(ons: Any, tmp_path: Path, member: Any) -> None:
    of(ons.services["Wards"], formats="geoJSON", change=lambda page: page | {"crs": member})
    polygons = read_polygons(wards(ons, tmp_path).path, kind="ward")
    assert polygons.features.system == "OGC:CRS84"
    assert shapely.area(polygons.features.in_bng()).round(-2).tolist() == [3_000_000.0, 3_000_000.0, 3_040_000.0]
    assert shapely.get_type_id(polygons.features.geometry).tolist() == [3, 3, 6]


@pytest.mark.parametrize(
    "member",
    [{"type": "name", "properties": {"name": "EPSG4326"}}, {"properties": "x"}, {"properties": {"name": "EPSG:3857"}}],
)
def test_a_crs_member_that_names_no_system_of_ours_is_refused(ons: Any, tmp_path: Path, member: Any) -> None:
    of(ons.services["Wards"], formats="geoJSON", change=lambda page: page | {"crs": member})
    with pytest.raises(FetchError, match="expected WGS84 or EPSG:27700"):
        wards(ons, tmp_path)


def test_pages_in_two_systems_are_refused_and_metres_are_never_taken_for_degrees(ons: Any, tmp_path: Path) -> None:
    systems = iter([{"wkid": 27700}, {"wkid": 4326}])
    of(ons.services["Wards"], change=lambda page: page | {"spatialReference": next(systems)})
    with pytest.raises(FetchError, match="in several coordinate systems: EPSG:27700, OGC:CRS84"):
        wards(ons, tmp_path)

    def bare(page: dict[str, Any]) -> dict[str, Any]:
        rings = [{"type": "Polygon", "coordinates": feature["geometry"]["rings"]} for feature in page["features"]]
        ids = [{"properties": feature["attributes"]} for feature in page["features"]]
        return {"features": [one | {"geometry": shape} for one, shape in zip(ids, rings, strict=True)]}

    of(ons.services["Wards"], change=bare)
    (tmp_path / "sets").mkdir()
    with pytest.raises(HotspotsError, match="cannot be longitude and latitude"):
        add_boundaries(wards(ons, tmp_path).path, folder=tmp_path / "sets", kind="ward", vintage="2022")


@pytest.mark.parametrize("sent", ["json", "geojson"])
@pytest.mark.parametrize(
    "empty", [None, {"rings": []}, {"curveRings": [[[0, 0]]]}, {"type": "Polygon", "coordinates": []}, 5, {"rings": 5}]
)
def test_an_area_without_a_shape_is_refused_whatever_is_sent_in_its_place(
    ons: Any, tmp_path: Path, sent: str, empty: Any
) -> None:
    def emptied(page: dict[str, Any]) -> dict[str, Any]:
        page["features"][0]["geometry"] = empty
        return page

    of(ons.services["Wards"], sends=sent, change=emptied)
    (tmp_path / "sets").mkdir()
    with pytest.raises((FetchError, DataRefused), match=r"(?i)geometr|empty|no polygon|shape"):
        add_boundaries(wards(ons, tmp_path).path, folder=tmp_path / "sets", kind="ward", vintage="2022")
    assert list((tmp_path / "sets").iterdir()) == []


def test_an_answer_larger_than_the_limit_is_refused_at_once(ons: Any, tmp_path: Path, waited: list[float]) -> None:
    ons.services["Wards"].fails = [None, None, (200, {}, b'{"features": [' + b" " * (1 << 20))]
    limits = ons.origin.client._limits.model_copy(update={"download_mb": 1.0})
    ons.origin.client._limits = limits
    with pytest.raises(FetchError, match=r"larger than 1 MB \(limits\.download_mb\)"):
        wards(ons, tmp_path)
    assert waited == []


FETCH_WARDS = """
import sys
from pathlib import Path
from hotspots.fetch import Client, Portal, fetch_boundaries
from hotspots.fetch.catalogue import load_catalogue
portal = Portal(sys.argv[1], Client(), load_catalogue(Path(sys.argv[2])))
fetch_boundaries(portal, Path(sys.argv[3]), kind="ward", vintage="2022", lad="W06000002")
"""


def test_a_fetch_that_was_killed_between_two_pages_asks_for_the_second_only(ons: Any, tmp_path: Path) -> None:
    asked, killed = Event(), Event()

    def waits(page: dict[str, Any]) -> dict[str, Any]:
        if len(page["features"]) == 1:
            asked.set()
            assert killed.wait(120)
        return page

    of(ons.services["Wards"], change=waits)
    own = tmp_path / "own.toml"
    own.write_text(
        '[[layers]]\nkind = "ward"\nvintage = "2022"\nresolution = "BGC"\nservices = ["Wards"]\n', encoding="utf-8"
    )
    command = [sys.executable, "-c", FETCH_WARDS, ons.address, str(own), str(tmp_path / "w.geojson")]
    with subprocess.Popen(command) as running:
        assert asked.wait(120)
        running.kill()
    killed.set()
    assert not (tmp_path / "w.geojson").exists()
    ons.asked.clear()
    assert wards(ons, tmp_path).rows == 3
    assert [asked["resultOffset"] for asked in ons.queries()] == ["2"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["given", "own.toml", "w.geojson"]


def test_the_name_in_welsh_is_kept_beside_the_other(ons: Any, tmp_path: Path) -> None:
    features = json.loads(wards(ons, tmp_path).path.read_text(encoding="utf-8"))["features"]
    assert [feature["properties"]["WD22NMW"] for feature in features] == ["Y Felinheli", "Santes Fair", "Llŷn a Môr"]
