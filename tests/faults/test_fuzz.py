"""Damaged samples of every reader: each is read, or refused by one of our own errors, in bounded time."""

import io
import json
import os
import random
import time
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pyogrio
import pytest
import shapely

from hotspots import crs
from hotspots.areas import Areas, Reference
from hotspots.boundaries import read_polygons
from hotspots.boundaries.check import checked_table
from hotspots.boundaries.code_table import read_code_table
from hotspots.boundaries.manifest import read_manifest
from hotspots.city_centre import load_clip, load_places
from hotspots.errors import HotspotsError
from hotspots.settings import BoundariesSection, load_area
from hotspots.source_settings import CalloutsSource, InterventionsSource, NeedleFindsSource
from hotspots.sources import read_points, read_series_breaks, read_source
from hotspots.sources.reported import read_reported

ROOT = Path(__file__).resolve().parents[2]
SOAK = os.environ.get("HYPOTHESIS_PROFILE") == "soak"
MUTATIONS = int(os.environ.get("HOTSPOTS_MUTATIONS", "3000" if SOAK else "300"))
SECONDS_FOR_ONE = 20
SQUARES = [shapely.box(545_000 + 1_000 * at, 258_000, 546_000 + 1_000 * at, 259_000) for at in range(3)]
CODES = ["E01000001", "E01000002", "E01000003"]
COVERED = {"covers_from": date(2016, 4, 1), "covers_to": date(2017, 3, 31)}


def reference() -> Reference:
    table = pd.DataFrame({"code": CODES, "name": ["a", "b", "c"], "geometry": SQUARES})
    return Reference(Areas("lsoa", "2011", "2011", False, "", table), None)


def frame() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"code": CODES, "name": ["a", "b", "c"]}, geometry=SQUARES, crs="EPSG:27700")


def geojson_bytes(shapes: list[object], **properties: object) -> bytes:
    features = [
        {"type": "Feature", "properties": {"code": code, "name": code, **properties},
         "geometry": shapely.geometry.mapping(crs.geometry_to_wgs84(shape))}
        for code, shape in zip(CODES, shapes, strict=False)
    ]  # fmt: skip
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def geopackage(folder: Path) -> bytes:
    pyogrio.write_dataframe(frame(), folder / "sample.gpkg", driver="GPKG", layer="areas")
    return (folder / "sample.gpkg").read_bytes()


def shapefile(folder: Path, method: int) -> bytes:
    frame().to_file(folder / "part.shp", engine="pyogrio")
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as packed:
        for suffix in (".shp", ".shx", ".dbf", ".prj"):
            packed.writestr(f"areas{suffix}", (folder / f"part{suffix}").read_bytes())
    return stream.getvalue()


def workbook() -> bytes:
    book = openpyxl.Workbook()
    for row in [["lsoa_code", "period", "count"], *([code, "2016/17", 3] for code in CODES)]:
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    with zipfile.ZipFile(io.BytesIO(stream.getvalue())) as packed:
        members = {member.filename: packed.read(member) for member in packed.infolist()}
    loose = io.BytesIO()
    with zipfile.ZipFile(loose, "w", zipfile.ZIP_STORED) as stored:  # not packed, so that damage reaches the XML
        for name, content in members.items():
            stored.writestr(name, content)
    return loose.getvalue()


COUNTS = (
    "lsoa_code,period,count\n" + "".join(f'{code},2016/17,"1,23{at}"\n' for at, code in enumerate(CODES))
).encode()
FINDS = b"date_reported,easting,northing,quantity\n2016-05-01,545100,258100,3\n2016-06-01,546100,258100,\n"
REGISTER = (
    b"intervention_id,what,place,comparison,start,end,owner,measure,target,review_date\n"
    b'I1,Lights,"polygon:POLYGON ((545100 258100, 545400 258100, 545400 258400, 545100 258100))",city,2018-05-01,'
    b"2018-06-01,Team,crimes,a fifth fewer,2018-09-01\nI2,Bins,city-centre,,2018-05-01,,Team,asb,fewer,\n"
)
POINTS = b"longitude,latitude,weight\n0.12,52.2,1\n0.121,52.201,2.5\n"
MANIFEST = json.dumps({
    "kind": "lsoa", "vintage": "2011", "code_vintage": "2011", "schematic": False, "file": "areas.gpkg",
    "crs": "EPSG:27700", "rows": 3, "sha256": "0" * 64, "source": "s", "licence": "l", "attribution": "",
    "resolution": "", "repairs": [],
}).encode()  # fmt: skip


def read_counts(path: Path) -> object:
    source = CalloutsSource(
        id="c", kind="callouts", path=path.name, format="xlsx" if path.suffix == ".xlsx" else "csv", vintage="2011",
        absent="unknown", **COVERED,
    )  # fmt: skip
    return read_source(source, folder=path.parent, reference=reference()).tally.sentence


def read_finds(path: Path) -> object:
    columns = {"easting": "easting", "northing": "northing"}
    source = NeedleFindsSource(id="n", kind="needle_finds", path=path.name, columns=columns, **COVERED)
    return read_source(source, folder=path.parent, reference=reference()).tally.sentence


def read_register(path: Path) -> object:
    source = InterventionsSource(id="i", kind="interventions", path=path.name, **COVERED)
    return read_source(source, folder=path.parent, reference=reference()).tally.sentence


def read_shapes(path: Path) -> object:
    return checked_table(read_polygons(path), tolerances=BoundariesSection())


READERS: dict[str, tuple[Callable[[Path], object], Callable[[Path], bytes]]] = {
    "counts.csv": (read_counts, lambda _: COUNTS),
    "counts.xlsx": (read_counts, lambda _: workbook()),
    "finds.csv": (read_finds, lambda _: FINDS),
    "register.csv": (read_register, lambda _: REGISTER),
    "breaks.csv": (
        lambda path: read_series_breaks(path.name, folder=path.parent),
        lambda _: b"source_kind,date,title,detail,reference\ncrimes,2018-05-23,Athena,Other systems.,minutes\n",
    ),
    "points.csv": (read_points, lambda _: POINTS),
    "areas.geojson": (read_shapes, lambda _: geojson_bytes(SQUARES)),
    "areas.gpkg": (read_shapes, geopackage),
    "stored.zip": (read_shapes, lambda folder: shapefile(folder, zipfile.ZIP_STORED)),
    "packed.zip": (read_shapes, lambda folder: shapefile(folder, zipfile.ZIP_DEFLATED)),
    "clip.geojson": (
        lambda path: load_clip(path, None),
        lambda _: geojson_bytes(SQUARES[:1], kind="area", version="1"),
    ),
    "places.geojson": (load_places, lambda _: geojson_bytes([shape.centroid for shape in SQUARES], expected="include")),
    "inside.zip": (read_shapes, lambda folder: shapefile(folder, zipfile.ZIP_STORED)),
    "inside.xlsx": (read_counts, lambda _: workbook()),
    "reported.csv": (
        lambda path: read_reported(path.name, folder=path.parent),
        lambda _: b"".join((ROOT / "geo/sample/premises_reported.csv").read_bytes().splitlines(keepends=True)[:40]),
    ),
    "lookup.csv": (read_code_table, lambda _: b"LSOA11CD,WD25CD\n" + b"".join(f"{c},E05\n".encode() for c in CODES)),
    "manifest.json": (lambda path: read_manifest(path.parent), lambda _: MANIFEST),
    "hotspots.toml": (load_area, lambda _: (ROOT / "hotspots.toml").read_bytes()),
}
INSIDE = ("inside.zip", "inside.xlsx")


def mutated(content: bytes, chance: random.Random) -> bytes:
    kind = chance.choice(("flip", "bytes", "cut", "splice", "repeat", "digits"))
    first, second = sorted(chance.randrange(len(content) + 1) for _ in range(2))
    if kind in ("flip", "bytes"):
        changed = bytearray(content)
        for _ in range(chance.choice((1, 1, 2, 8, 40))):
            at = chance.randrange(len(changed))
            changed[at] = changed[at] ^ (1 << chance.randrange(8)) if kind == "flip" else chance.randrange(256)
        return bytes(changed)
    if kind == "cut":
        return content[:first]
    if kind == "splice":
        return content[:first] + content[second:]
    if kind == "repeat":
        return content[:second] + content[first : first + 2_000] * chance.choice((1, 3, 50)) + content[second:]
    digits = [at for at, byte in enumerate(content) if chr(byte).isdigit()] or [0]
    at = chance.choice(digits)
    odd = (b"NaN", b"1e999", b"-", b"9" * 400, b"\xd9\xa3", b"null", b"{}", b"=1+1", b"0x1", b"\x00")
    return content[:at] + chance.choice(odd) + content[at + 1 :]


def mutated_inside(content: bytes, chance: random.Random) -> bytes:
    """An archive with one damaged member and true checksums, so that the damage reaches the reader behind it."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        members = {member.filename: packed.read(member) for member in packed.infolist()}
    name = chance.choice(sorted(name for name, held in members.items() if held))
    members[name] = mutated(members[name], chance)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        for member, held in members.items():
            packed.writestr(member, held)
    return stream.getvalue()


@pytest.mark.parametrize("name", READERS)
def test_a_damaged_file_is_read_or_refused_by_one_of_our_errors(tmp_path, chance, name) -> None:
    reader, sample = READERS[name]
    whole, target = sample(tmp_path), tmp_path / "read" / name
    target.parent.mkdir()
    target.write_bytes(whole)
    reader(target)
    for number in range(MUTATIONS):
        damaged = mutated_inside(whole, chance) if name in INSIDE else mutated(whole, chance)
        target.write_bytes(damaged)
        started, said = time.perf_counter(), ""
        try:
            reader(target)
        except HotspotsError as error:
            said = str(error)
        except Exception as error:  # noqa: BLE001 (that it is none of ours is the finding)
            pytest.fail(f"mutation {number} of {name}: {type(error).__name__}: {error}; bytes {damaged[:300]!r}")
        assert str(tmp_path) not in said, f"mutation {number} names a path of this machine: {said}"
        assert time.perf_counter() - started < SECONDS_FOR_ONE, f"mutation {number} of {name}"
        assert [path.name for path in target.parent.iterdir()] == [name]
