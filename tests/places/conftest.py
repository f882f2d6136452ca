"""Small towns made by hand, anywhere in England and Wales: boundaries in every format, and street files."""

import json
import re
import socket
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from shapely.geometry import MultiPolygon, box

from hotspots import crs
from hotspots.area_folder import AreaPlan, Made, make_area_folder
from hotspots.pipeline import check_area
from hotspots.settings import load_area
from hotspots.tables import Reading

STREET_HEADINGS = (
    "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,Crime type,"
    "Last outcome category,Context"
)
# As the offices write it beside a Shapefile: Esri's words for EPSG:27700.
ESRI_BNG = (
    'PROJCS["British_National_Grid",GEOGCS["GCS_OSGB_1936",DATUM["D_OSGB_1936",SPHEROID["Airy_1830",6377563.396,'
    '299.3249646]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],'
    'PARAMETER["False_Easting",400000.0],PARAMETER["False_Northing",-100000.0],PARAMETER["Central_Meridian",-2.0],'
    'PARAMETER["Scale_Factor",0.9996012717],PARAMETER["Latitude_Of_Origin",49.0],UNIT["Meter",1.0]]'
)


@dataclass(frozen=True)
class Town:
    """Nine LSOAs of 1 km in three wards; the ninth has an island. Everything as frames in EPSG:27700."""

    folder: Path
    lad: str
    name: str
    easting: int
    northing: int
    nation: str
    year: str

    @property
    def lsoas(self) -> gpd.GeoDataFrame:
        shapes: list[Any] = []
        for number in range(9):
            west, south = self.easting + 1000 * (number % 3), self.northing + 1000 * (number // 3)
            shapes.append(box(west, south, west + 1000, south + 1000))
        island = box(self.easting + 4000, self.northing, self.easting + 4200, self.northing + 200)
        shapes[8] = MultiPolygon([shapes[8], island])
        code, name = f"LSOA{self.year}CD", f"LSOA{self.year}NM"
        rows = {
            code: [f"{self.nation}010{self.easting // 1000:03d}{n:02d}" for n in range(9)],
            name: [f"{self.name} 00{1 + n // 3}{'ABC'[n % 3]}" for n in range(9)],
            "GlobalID": [str(n) for n in range(9)],
        }
        return gpd.GeoDataFrame(rows, geometry=shapes, crs=crs.BNG)

    @property
    def wards(self) -> gpd.GeoDataFrame:
        lsoas = self.lsoas.geometry
        shapes = [shapely.union_all(lsoas.iloc[column::3].to_numpy()) for column in range(3)]
        rows = {
            "WD22CD": [f"{self.nation}050{self.easting // 1000:03d}{n:02d}" for n in range(3)],
            "WD22NM": ["Y Felinheli", "St Mary's", "Llŷn & Môr"],
            "WD22NMW": ["Y Felinheli", "Santes Fair", "Llŷn a Môr"],
            "LAD22CD": [self.lad] * 3,
        }
        return gpd.GeoDataFrame(rows, geometry=shapes, crs=crs.BNG)

    def made(self, folder: Path, **given: Any) -> Made:
        """An area folder of the town, from its LSOAs as GeoJSON unless other files are given; nothing is read yet."""
        usual = {"lad": self.lad, "name": self.name, "lsoas": self.geojson(self.lsoas, "l.geojson")}
        return make_area_folder(AreaPlan(**{**usual, **given}), folder)

    @staticmethod
    def reading(folder: Path, kind: str) -> Reading:
        """The source of a kind in an area folder, read; its rows add up."""
        found = check_area(load_area(folder / "hotspots.toml"), today=date(2026, 1, 1)).reading(kind)
        assert found is not None
        tally = found.tally
        assert tally.read == tally.accepted + tally.rejected + sum(tally.set_aside.values())
        return found

    def geojson(self, frame: gpd.GeoDataFrame, name: str, *, degrees: bool = True, member: Any = None) -> Path:
        """A frame as GeoJSON, in degrees without a ``crs`` member unless asked otherwise."""
        shapes = frame.geometry.to_numpy()
        shapes = crs.geometry_to_wgs84(shapes) if degrees else shapes
        features = [
            {"type": "Feature", "properties": row, "geometry": json.loads(shapely.to_geojson(shape))}
            for row, shape in zip(frame.drop(columns="geometry").to_dict("records"), shapes, strict=True)
        ]
        content = {"type": "FeatureCollection", "features": features} | ({"crs": member} if member else {})
        path = self.folder / name
        path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        return path

    def geopackage(self, frame: gpd.GeoDataFrame, name: str) -> Path:
        path = self.folder / name
        frame.to_file(path, driver="GPKG", layer="areas")
        return path

    def geodatabase(self, frame: gpd.GeoDataFrame, name: str, *, zipped: bool = False) -> Path:
        """A folder as ArcGIS has it, or the archive that the portal sends: in a folder named by chance."""
        made = self.folder / f"{Path(name).stem}.gdb"
        frame.to_file(made, driver="OpenFileGDB", layer="LSOA_2021_EW_BGC_V5", promote_to_multi=True)
        if not zipped:
            return made
        with zipfile.ZipFile(self.folder / name, "w", zipfile.ZIP_DEFLATED) as archive:
            for part in sorted(made.iterdir()):
                archive.write(part, f"0c5d2a.gdb/{part.name}")
        return self.folder / name

    def shapefile(self, frame: gpd.GeoDataFrame, name: str, *, prj: str | None = ESRI_BNG) -> Path:
        """A zipped Shapefile with the offices' own .prj, another one, or none."""
        made = self.folder / f"{name}-parts"
        made.mkdir()
        frame.to_file(made / "areas.shp", encoding="utf-8")
        (made / "areas.prj").unlink()
        if prj:
            (made / "areas.prj").write_text(prj, encoding="utf-8")
        with zipfile.ZipFile(self.folder / name, "w", zipfile.ZIP_DEFLATED) as archive:
            for part in sorted(made.iterdir()):
                archive.write(part, part.name)
        return self.folder / name

    def population(self, name: str = "mid2020.csv") -> Path:
        table = pd.DataFrame({f"LSOA{self.year}CD": self.lsoas.iloc[:, 0], "all_ages": range(1000, 1900, 100)})
        table.to_csv(self.folder / name, index=False)
        return self.folder / name

    def street_rows(self, month: str, *, each: int = 2) -> list[str]:
        """Of one month: ``each`` crimes and one ASB incident in every LSOA, one elsewhere, one without a place."""
        rows = []
        for code, label, shape in self.lsoas.iloc[:, [0, 1, 3]].itertuples(index=False):
            middle = shape.geoms[0].centroid if shape.geom_type == "MultiPolygon" else shape.centroid
            longitude, latitude = (float(value[0]) for value in crs.to_wgs84([middle.x], [middle.y]))
            place = f"Force,Force,{longitude:.6f},{latitude:.6f},On or near High Street,{code},{label}"
            rows += [f"{code}{month}{n},{month},{place},Burglary,Under investigation," for n in range(each)]
            rows.append(f",{month},{place},Anti-social behaviour,,")
        rows.append(f"far{month},{month},Force,Force,-0.1,51.5,On or near Strand,E01004736,Westminster 018A,Drugs,,")
        rows.append(f"lost{month},{month},Force,Force,,,No Location,,,Robbery,,")
        return rows

    def street_file(self, month: str, *, force: str = "dyfed", headings: bool = True, end: str = "\n") -> Path:
        lines = [*([STREET_HEADINGS] if headings else []), *self.street_rows(month)]
        path = self.folder / "police" / month / f"{month}-{force}-street.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes((end.join(lines) + end).encode())
        return path


@pytest.fixture
def town(tmp_path: Path) -> Callable[..., Town]:
    def make(**changes: Any) -> Town:
        folder = tmp_path / "given"
        folder.mkdir(exist_ok=True)
        given = {"lad": "W06000002", "name": "Gwynedd", "easting": 250_000, "northing": 340_000, "nation": "W"}
        return Town(folder, **{**given, "year": "21", **changes})

    return make


@dataclass
class Service:
    """One layer or table of the portal: its rows as the ONS has them, and how its server misbehaves."""

    rows: list[dict[str, Any]]
    shapes: list[Any] = field(default_factory=list)
    page: int = 4
    flag: str = "top"
    formats: str = "JSON, geoJSON, PBF"
    fails: list[Any] = field(default_factory=list)
    sends_first_page_for_ever: bool = False
    says_more_and_sends_nothing: bool = False
    says_nothing_of_more: bool = False
    counts_one_too_many: bool = False
    says_page: Any = None
    sends: str = ""
    change: Callable[[dict[str, Any]], dict[str, Any]] = lambda page: page


# The police API refuses a GET of more than 4,094 letters; other servers refuse one of more than these.
LONGEST_GET = 2048


class Portal:
    """A server on this machine that answers like the Open Geography Portal, in every trap that is known."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.services: dict[str, Service] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []

    def queries(self) -> list[dict[str, str]]:
        return [asked for path, asked in self.asked if path.endswith("/query") and "returnCountOnly" not in asked]

    def answer(self, path: str, asked: dict[str, str]) -> tuple[int, dict[str, str], Any]:
        self.asked.append((path, asked))
        found = re.match(r"^/(?P<name>\w+)/FeatureServer/(?P<layer>\d+)(?P<query>/query)?$", path)
        service = self.services.get(found["name"]) if found else None
        if found is None or service is None or found["layer"] != "0":
            return 200, {}, {"error": {"code": 400, "message": "Invalid URL", "details": ["Invalid URL"]}}
        if service.fails:
            failure = service.fails.pop(0)
            if failure is not None:
                return failure if isinstance(failure, tuple) else (200, {}, failure)
        return 200, {}, self._query(service, asked) if found["query"] else self._described(service)

    @staticmethod
    def _described(service: Service) -> dict[str, Any]:
        fields = [{"name": "FID", "type": "esriFieldTypeOID"}]
        fields += [{"name": name, "type": "esriFieldTypeString"} for name in service.rows[0]]
        return {
            "fields": fields,
            "objectIdField": "FID",
            "maxRecordCount": service.page if service.says_page is None else service.says_page,
            "supportedQueryFormats": service.formats,
        }

    def _query(self, service: Service, asked: dict[str, str]) -> dict[str, Any]:
        column, codes = self._condition(asked["where"])
        if column not in service.rows[0]:
            words = f"'Invalid field: {column}' parameter is invalid"
            return {"error": {"code": 400, "message": "Cannot perform query.", "details": [words]}}
        chosen = [number for number, row in enumerate(service.rows) if row[column] in codes]
        if asked.get("returnCountOnly") == "true":
            return {"count": len(chosen) + service.counts_one_too_many}
        offset = 0 if service.sends_first_page_for_ever else int(asked["resultOffset"])
        # The server never sends more than it allows, whatever is asked for.
        page = chosen[offset : offset + min(service.page, int(asked["resultRecordCount"]))]
        more = offset + len(page) < len(chosen)
        if service.says_more_and_sends_nothing and offset:
            page, more = [], True
        geometry = asked["returnGeometry"] == "true"
        made = self._geojson if (service.sends or asked["f"]) == "geojson" else self._esri
        return service.change(made(service, page, geometry, asked, more=more and not service.says_nothing_of_more))

    @staticmethod
    def _condition(where: str) -> tuple[str, list[str]]:
        column, _, rest = re.sub(r" (?:=|IN) ", "|", where, count=1).partition("|")
        return column, re.findall(r"'([^']*)'", rest)

    @staticmethod
    def _esri(service: Service, page: list[int], geometry: bool, asked: dict[str, str], *, more: bool) -> Any:
        metres = asked.get("outSR", "27700") == "27700"
        answer: dict[str, Any] = {"objectIdFieldName": "FID", "features": []}
        if geometry:
            answer["spatialReference"] = {"wkid": 27700 if metres else 4326}
        for number in page:
            feature: dict[str, Any] = {"attributes": {"FID": number + 1, **service.rows[number]}}
            if geometry:
                feature["geometry"] = {"rings": rings_of(service.shapes[number])}
            answer["features"].append(feature)
        return answer | ({"exceededTransferLimit": True} if more else {})

    @staticmethod
    def _geojson(service: Service, page: list[int], geometry: bool, asked: dict[str, str], *, more: bool) -> Any:
        features = [
            {
                "type": "Feature",
                "id": number + 1,
                "properties": {"FID": number + 1, **service.rows[number]},
                "geometry": json.loads(shapely.to_geojson(crs.geometry_to_wgs84(service.shapes[number])))
                if geometry
                else None,
            }
            for number in page
        ]
        answer: dict[str, Any] = {"type": "FeatureCollection", "features": features}
        if more and service.flag in {"top", "both"}:
            answer["exceededTransferLimit"] = True
        if more and service.flag in {"inside", "both"}:
            answer["properties"] = {"exceededTransferLimit": True}
        return answer


def rings_of(shape: Any) -> list[Any]:
    """A polygon as Esri writes it: all rings in one list, outer ones clockwise, holes the other way."""
    parts = shape.geoms if shape.geom_type == "MultiPolygon" else [shape]
    rings = []
    for part in parts:
        rings.append(list(part.exterior.reverse().coords if part.exterior.is_ccw else part.exterior.coords))
        rings += [list(ring.coords if ring.is_ccw else ring.reverse().coords) for ring in part.interiors]
    return [[list(point) for point in ring] for ring in rings]


@contextmanager
def serving(answer: Callable[[str, dict[str, str]], tuple[int, dict[str, str], Any]]) -> Iterator[str]:
    """A server on a free port of this machine; bytes are sent as they are, anything else as JSON."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            if len(self.path) > LONGEST_GET:
                self.send_error(400)
                return
            self._send(parts.path, dict(parse_qsl(parts.query, keep_blank_values=True)))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._send(urlsplit(self.path).path, dict(parse_qsl(body, keep_blank_values=True)))

        def _send(self, path: str, asked: dict[str, str]) -> None:
            status, headers, content = answer(path, asked)
            body = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if "Content-Length" not in headers:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: Any) -> None:
            """Tests print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def portal() -> Iterator[Portal]:
    made = Portal("")
    with serving(made.answer) as address:
        made.address = address
        yield made


@pytest.fixture
def service() -> type[Service]:
    return Service


@pytest.fixture
def serve() -> Callable[..., Any]:
    return serving


@pytest.fixture(autouse=True)
def no_other_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a test does, no name is looked up and no proxy of the machine is used."""
    looked_up = socket.getaddrinfo

    def only_here(host: Any, *arguments: Any, **more: Any) -> Any:
        assert host in {"127.0.0.1", "localhost"}, f"a test asked for {host}"
        return looked_up(host, *arguments, **more)

    monkeypatch.setattr(socket, "getaddrinfo", only_here)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
