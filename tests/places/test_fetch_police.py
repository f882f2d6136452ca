"""Crimes from a server that does what the police data API does: split at the limit, patient, each crime once."""

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import shapely
from typer.testing import CliRunner

from hotspots import crs, staging
from hotspots.boundaries import load_reference
from hotspots.cli import application
from hotspots.errors import DataRefused, FetchError, UsageError
from hotspots.fetch import Client
from hotspots.fetch.police import fetch_street_crimes, halves
from hotspots.pipeline import build_area
from hotspots.settings import load_area

LIMIT = 20
SLUGS = ("burglary", "anti-social-behaviour", "violent-crime")


class Police:
    """The API: positions as strings, latitude first, no more than ``LIMIT`` crimes at once."""

    def __init__(self, town: Any) -> None:
        self.crimes: list[dict[str, Any]] = []
        self.asked: list[dict[str, str]] = []
        self.fails: list[Any] = []
        self.months = {"2023-01", "2023-03"}
        self.down = False
        for number, shape in enumerate(town.lsoas.geometry):
            middle = shape.representative_point()
            for copy in range(6):
                self._add(middle.x + 7 * copy, middle.y, SLUGS[copy % 3], 100 * number + copy)
        self._add(town.easting - 20, town.northing + 500, "drugs", 9999)

    def _add(self, easting: float, northing: float, slug: str, number: int) -> None:
        longitude, latitude = (float(value[0]) for value in crs.to_wgs84([easting], [northing]))
        place = {
            "latitude": f"{latitude:.6f}",
            "longitude": f"{longitude:.6f}",
            "street": {"id": 1, "name": "On or near Ffordd"},
        }
        self.crimes.append(
            {
                "id": number,
                "category": slug,
                "persistent_id": "" if slug == "anti-social-behaviour" else f"{number:064d}",
                "location": place,
                "location_type": "Force",
                "context": "",
                "outcome_status": None if number % 2 else {"category": "Under investigation", "date": "2023-02"},
            }
        )

    def answer(self, path: str, asked: dict[str, str]) -> tuple[int, dict[str, str], Any]:
        assert path == "/api/crimes-street/all-crime"
        self.asked.append(asked)
        if self.fails:
            return self.fails.pop(0)  # type: ignore[no-any-return]
        if asked["date"] not in self.months:
            return 404, {}, b"not found"
        pairs = [tuple(map(float, pair.split(","))) for pair in asked["poly"].split(":")]
        area = shapely.Polygon([(longitude, latitude) for latitude, longitude in pairs])
        found = [crime for crime in self.crimes if area.covers(shapely.Point(self._place(crime)))]
        if self.down or len(found) > LIMIT:
            return 503, {}, b""
        return 200, {}, [crime | {"month": asked["date"]} for crime in found]

    @staticmethod
    def _place(crime: dict[str, Any]) -> tuple[float, float]:
        return float(crime["location"]["longitude"]), float(crime["location"]["latitude"])


@pytest.fixture
def place(town: Callable[..., Any], tmp_path: Path) -> Any:
    made = town()
    lsoas = made.geojson(made.lsoas, "lsoas.geojson")
    command = ["init", str(tmp_path / "area"), "--lad", made.lad, "--name", made.name, "--lsoas", str(lsoas)]
    assert CliRunner().invoke(application, command).exit_code == 0
    return made


@pytest.fixture
def police(place: Any, serve: Callable[..., Any]) -> Any:
    made = Police(place)
    with serve(made.answer) as address:
        made.address = f"{address}/api"  # type: ignore[attr-defined]
        yield made


def fetched(police: Any, folder: Path, *months: str, waited: list[float] | None = None, **more: Any) -> Any:
    waits: list[float] = [] if waited is None else waited
    client = Client(attempts=3, timeout_s=5, sleep=waits.append)
    lsoas = load_reference(load_area(folder / "hotspots.toml")).areas("lsoa")
    return fetch_street_crimes(client, police.address, lsoas=lsoas, months=months, folder=folder / "police", **more)


def test_an_area_with_too_many_crimes_is_split_and_every_crime_is_there_once(police: Any, tmp_path: Path) -> None:
    made, missing = fetched(police, tmp_path / "area", "2023-01")
    month = made[0]
    assert (month.written, month.outside, missing) == (55, 1, ())
    assert month.pieces >= 3
    assert month.received == 55 + month.repeated
    lines = (tmp_path / "area" / "police" / "2023-01-api-street.csv").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 56
    assert sum("Violence and sexual offences" in line for line in lines) == 18
    assert sum(line.startswith(",2023-01,") for line in lines) == 18
    record = json.loads((tmp_path / "area" / "police" / "api.json").read_text(encoding="utf-8"))
    assert record["months"]["2023-01"]["written"] == 55
    assert "located from the snap point" in record["lsoa"]


def test_too_many_requests_are_waited_for_and_what_is_down_is_said_so(police: Any, tmp_path: Path) -> None:
    waited: list[float] = []
    police.fails = [(429, {"Retry-After": "3"}, b""), (429, {}, b"")]
    assert fetched(police, tmp_path / "area", "2023-01", waited=waited)[0][0].written == 55
    assert waited == [3.0, 2.0]
    police.down, before = True, len(police.asked)
    with pytest.raises(FetchError, match=r"503.*the service is down"):
        fetched(police, tmp_path / "area", "2023-03")
    assert len(police.asked) - before < 20
    assert not (tmp_path / "area" / "police" / "2023-03-api-street.csv").exists()


@pytest.mark.parametrize(
    "answer",
    [
        {"error": "no"},
        [{"id": 1}],
        [{"id": 1, "month": "2022-12", "category": "x", "location": {"latitude": "1", "longitude": "1"}}],
        [{"id": 1, "month": "2023-01", "category": "x", "location": {"latitude": "nan", "longitude": "1"}}],
        [{"id": 1, "month": "2023-01", "category": "x", "location": None}],
    ],
)
def test_an_answer_that_is_no_list_of_crimes_writes_nothing(police: Any, tmp_path: Path, answer: Any) -> None:
    police.fails = [(200, {}, answer)]
    with pytest.raises(FetchError, match="2023-01"):
        fetched(police, tmp_path / "area", "2023-01")
    assert list((tmp_path / "area" / "police").iterdir()) == []


def test_a_month_that_is_there_is_not_asked_for_again(police: Any, tmp_path: Path) -> None:
    fetched(police, tmp_path / "area", "2023-01")
    asked = len(police.asked)
    assert fetched(police, tmp_path / "area", "2023-01") == ((), ())
    assert len(police.asked) == asked
    assert len(fetched(police, tmp_path / "area", "2023-01", replace=True)[0]) == 1


def test_a_month_of_the_archive_is_never_counted_a_second_time(police: Any, place: Any, tmp_path: Path) -> None:
    folder = tmp_path / "area" / "police"
    folder.mkdir()
    (folder / "2023-01-north-wales-street.csv").write_bytes(place.street_file("2023-01").read_bytes())
    with pytest.raises(DataRefused, match="counted twice"):
        fetched(police, tmp_path / "area", "2023-01")


def test_fetched_months_are_built_and_the_missing_one_covers_nothing(police: Any, tmp_path: Path) -> None:
    area = tmp_path / "area" / "hotspots.toml"
    command = ["crimes", "fetch", "--from-month", "2023-01", "--to-month", "2023-03", "--area", str(area)]
    done = CliRunner().invoke(application, [*command, "--from", police.address])
    assert done.exit_code == 0, done.output
    assert "Not held by the API: 2023-02." in done.output
    area.write_text(area.read_text(encoding="utf-8") + done.output.split("has to say of them:")[1], encoding="utf-8")
    build = build_area(area, tmp_path / "build")
    source = build.manifest["sources"]["crimes"]
    assert source["sentence"] == "110 rows = 108 accepted + 0 rejected + 2 elsewhere"
    assert build.manifest["cubes"]["crimes-by-lsoa"]["periods"] == ["2023-01", "2023-03"]
    meta = build.meta("crimes-by-lsoa")
    assert "The records state no LSOA: theirs is the one that holds the snap point." in meta.caveats
    assert "holds the position" in meta.method


def test_bulk_files_are_added_to_an_area_folder_and_a_month_that_is_none_is_refused(place: Any, tmp_path: Path) -> None:
    area = str(tmp_path / "area" / "hotspots.toml")
    place.street_file("2023-01")
    place.street_file("2023-03")
    done = CliRunner().invoke(application, ["crimes", "add", str(place.folder / "police"), "--area", area])
    assert done.exit_code == 0, done.output
    assert 'missing_months = ["2023-02"]' in done.output
    months = ["--from-month", "2023-13", "--to-month", "2023-03"]
    refused = CliRunner().invoke(application, ["crimes", "fetch", *months, "--area", area])
    assert isinstance(refused.exception, UsageError)


def test_a_piece_that_is_not_found_while_others_are_is_no_piece_without_crime(police: Any, tmp_path: Path) -> None:
    police.fails = [(503, {}, b""), (404, {}, b"not found")]
    with pytest.raises(FetchError, match=r"crimes of 2023-01: \d pieces of the area were answered, 1 were 'not found'"):
        fetched(police, tmp_path / "area", "2023-01")
    assert list((tmp_path / "area" / "police").iterdir()) == []


def test_an_empty_list_is_a_month_that_is_not_held_and_never_one_without_crime(police: Any, tmp_path: Path) -> None:
    police.crimes.clear()
    assert fetched(police, tmp_path / "area", "2023-01", "2023-02") == ((), ("2023-01", "2023-02"))
    assert list((tmp_path / "area" / "police").iterdir()) == []


def test_an_address_that_holds_no_month_at_all_is_asked_about(police: Any, tmp_path: Path) -> None:
    months = ["--from-month", "2019-01", "--to-month", "2019-02"]
    command = ["crimes", "fetch", *months, "--area", str(tmp_path / "area" / "hotspots.toml"), "--from", police.address]
    done = CliRunner().invoke(application, command)
    assert done.exit_code == 0
    assert "Not held by the API: 2019-01, 2019-02. None of them is: is its address right" in " ".join(
        done.output.split()
    )


def test_a_service_that_is_busy_for_a_moment_loses_and_doubles_no_crime(police: Any, tmp_path: Path) -> None:
    police.fails = [(503, {}, b"busy")] * 3
    month = fetched(police, tmp_path / "area", "2023-01")[0][0]
    assert (month.written, month.received) == (55, 55 + month.repeated)


@pytest.mark.parametrize(
    ("answer", "times"),
    [
        ((200, {}, b"<html>Maintenance</html>"), 1),
        ((200, {}, b'[{"id": 1, "month": "2023-'), 3),
        ((429, {}, b"slow down"), 3),
        ((502, {}, b"<html>Bad gateway</html>"), 3),
        ((429, {"Retry-After": "3600"}, b"slow down"), 1),
        ((400, {}, b"bad request"), 1),
    ],
    ids=["page", "cut short", "too fast", "gateway", "an hour", "refused"],
)
def test_what_stays_wrong_is_one_error_after_as_many_questions_as_can_help(
    police: Any, tmp_path: Path, answer: Any, times: int
) -> None:
    police.fails = [answer] * 9
    with pytest.raises(FetchError):
        fetched(police, tmp_path / "area", "2023-01")
    assert len(police.asked) == times
    assert list((tmp_path / "area" / "police").iterdir()) == []


@pytest.mark.parametrize("killed_at", [".csv", ".json"])
def test_a_month_whose_file_or_record_was_not_written_any_more_is_asked_for_again(
    police: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed_at: str
) -> None:
    class Killed(BaseException):
        pass

    def staged(target: Path) -> Any:
        if target.suffix == killed_at:
            raise Killed
        return staging.staged(target)

    with monkeypatch.context() as patched:
        patched.setattr("hotspots.fetch.police.staged", staged)
        with pytest.raises(Killed):
            fetched(police, tmp_path / "area", "2023-01")
    assert fetched(police, tmp_path / "area", "2023-01")[0][0].written == 55
    folder = tmp_path / "area" / "police"
    record = json.loads((folder / "api.json").read_text(encoding="utf-8"))["months"]["2023-01"]
    assert record["sha256"] == sha256((folder / "2023-01-api-street.csv").read_bytes()).hexdigest()


def test_a_sliver_left_by_a_cut_is_not_asked_for() -> None:
    area = shapely.Polygon([(0, 0), (100, 0), (100, 10), (50.001, 10), (50.001, 30), (49, 30), (49, 10), (0, 10)])
    first, second = halves(area)
    assert shapely.get_num_geometries(first) == 1
    assert shapely.get_num_geometries(second) == 1
    tooth = shapely.Polygon([(0, 0), (100, 0), (100, 10), (50, 0.1), (49.999, 10), (0, 10)])
    assert [shapely.get_num_geometries(half) for half in halves(tooth)] == [1, 1]


def test_halves_of_an_area_are_all_of_it() -> None:
    area = shapely.Polygon([(0, 0), (100, 0), (100, 30), (50, 5), (0, 30)])
    first, second = halves(area)
    assert first.area + second.area == pytest.approx(area.area)
    assert first.intersection(second).area == 0
