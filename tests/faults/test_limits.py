"""Every limit of ``[limits]`` lets through what is just under it, and refuses what is just over it by its own name."""

import io
import json
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pyogrio
import pytest
import requests
import shapely

from hotspots.areas import Areas, Reference
from hotspots.boundaries import add_boundaries, read_features
from hotspots.boundaries.code_table import read_code_table
from hotspots.city_centre import load_clip, load_places
from hotspots.errors import DataRefused, FetchError, FileRefused, SettingsRefused
from hotspots.fetch import client
from hotspots.inbox import receive
from hotspots.limits import STANDARD, Limits
from hotspots.settings import load_area
from hotspots.source_settings import NeedleFindsSource
from hotspots.sources import read_points, read_source
from hotspots.sources.street_files import street_files

MB = 2**20
SQUARE = shapely.box(545_000, 258_000, 546_000, 259_000)


def finds(path: Path, limits: Limits, **changes: object) -> object:
    table = pd.DataFrame({"code": ["A"], "name": ["a"], "geometry": [SQUARE]})
    source = NeedleFindsSource.model_validate(
        {"id": "finds", "kind": "needle_finds", "path": path.name, "covers_from": date(2016, 4, 1),
         "covers_to": date(2017, 3, 31), "columns": {"easting": "easting", "northing": "northing"}, **changes}
    )  # fmt: skip
    reference = Reference(Areas("lsoa", "1", "1", False, "", table), None)
    return read_source(source, folder=path.parent, reference=reference, limits=limits)


def csv_file(folder: Path) -> Path:
    path = folder / "finds.csv"
    path.write_text("date_reported,easting,northing,quantity\n" + "2016-05-01,545100,258100,3\n" * 3)
    return path


def workbook(folder: Path) -> Path:
    book = openpyxl.Workbook()
    for row in (["date_reported", "easting", "northing", "quantity"], ["2016-05-01", 545100, 258100, 3]):
        book.active.append(row)
    book.save(folder / "finds.xlsx")
    return folder / "finds.xlsx"


def geojson(folder: Path) -> Path:
    ring = [[0.1, 52.1], [0.2, 52.1], [0.2, 52.2], [0.1, 52.1]]
    shape = {"type": "MultiPolygon", "coordinates": [[ring]]}
    features = [{"type": "Feature", "properties": {"code": code, "deep": [[[1]]]}, "geometry": shape} for code in "AB"]
    path = folder / "areas.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def shapefile(folder: Path) -> Path:
    import geopandas as gpd

    frame = gpd.GeoDataFrame({"code": ["A"]}, geometry=[SQUARE], crs="EPSG:27700")
    pyogrio.write_dataframe(frame, folder / "areas.shp")
    with zipfile.ZipFile(folder / "areas.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        for suffix in (".shp", ".shx", ".dbf", ".prj"):
            packed.write(folder / f"areas{suffix}", f"areas{suffix}")
    return folder / "areas.zip"


def streets(folder: Path) -> Path:
    with zipfile.ZipFile(folder / "police.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        for month in ("2018-11", "2018-12"):
            packed.writestr(f"{month}/{month}-cambridgeshire-street.csv", "Crime ID,Month\n" * 50)
    return folder / "police.zip"


def street_folder(folder: Path) -> Path:
    with zipfile.ZipFile(streets(folder)) as packed:
        packed.extractall(folder / "police")
    return folder / "police"


def unpacked(path: Path) -> int:
    with zipfile.ZipFile(path) as archive:
        return sum(member.file_size for member in archive.infolist())


def members(path: Path) -> int:
    with zipfile.ZipFile(path) as archive:
        return len(archive.infolist())


def size(path: Path) -> int:
    return path.stat().st_size


def geodatabase(folder: Path) -> Path:
    import geopandas as gpd

    path = folder / "areas.gdb"
    frame = gpd.GeoDataFrame({"code": ["A"]}, geometry=[SQUARE], crs="EPSG:27700")
    pyogrio.write_dataframe(frame, path, driver="OpenFileGDB")
    return path


READS: dict[str, Callable[[Path, Limits], Any]] = {
    ".csv": finds,
    ".xlsx": lambda path, limits: finds(path, limits, format="xlsx"),
    ".geojson": lambda path, limits: read_features(path, limits=limits),
    ".zip": lambda path, limits: read_features(path, limits=limits),
}


def street_reader(path: Path, limits: Limits) -> object:
    return list(street_files(path, limits=limits))


def glob(path: Path, limits: Limits) -> object:
    (path.parent / "more.csv").write_text(path.read_text().replace("2016-05-01", "2016-06-01"))
    return finds(path.parent / "*.csv", limits)


MEGABYTES = {name for name in Limits.model_fields if name.endswith("_mb")}

# limit -> (a file, its measure, what reads it where that is not told by its suffix)
CASES: dict[str, tuple[Callable[[Path], Path], Callable[[Path], int], Callable[[Path, Limits], Any] | None]] = {
    "file_mb": (csv_file, size, None),
    "source_files": (csv_file, lambda _: 2, glob),
    "rows": (csv_file, lambda _: 4, None),
    "cells": (csv_file, lambda _: 16, None),
    "geojson_mb": (geojson, size, None),
    "json_depth": (geojson, lambda _: 5, None),
    "features": (geojson, lambda _: 2, None),
    "vertices": (geojson, lambda _: 8, None),
    "workbook_members": (workbook, members, None),
    "workbook_mb": (workbook, unpacked, None),
    "shapefile_members": (shapefile, members, None),
    "shapefile_mb": (shapefile, unpacked, None),
    "geodatabase_members": (geodatabase, lambda path: len(list(path.iterdir())), READS[".geojson"]),
    "street_members": (streets, members, street_reader),
    "street_files": (street_folder, lambda _: 2, street_reader),
    "street_file_mb": (streets, lambda path: unpacked(path) // 2, street_reader),
    "street_mb": (streets, unpacked, street_reader),
}
ELSEWHERE = {"packed_ratio", "upload_mb", "upload_read_s", "download_mb"}


def of(limit: str, amount: int) -> Limits:
    return Limits.model_validate({limit: amount / MB if limit in MEGABYTES else amount})


def test_fault_088_every_limit_is_tried_on_both_sides() -> None:
    assert set(CASES) | ELSEWHERE == set(Limits.model_fields)


@pytest.mark.parametrize("limit", CASES)
def test_fault_017_088_each_limit_lets_its_last_one_in_and_refuses_the_next(tmp_path, limit) -> None:
    make, measure, reader = CASES[limit]
    path = make(tmp_path)
    read, amount = reader or READS[path.suffix], measure(path)
    read(path, of(limit, amount))
    with pytest.raises(FileRefused, match=rf"\(limits\.{limit}\)") as refused:
        read(path, of(limit, amount - 1))
    assert str(tmp_path) not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "make"), [("areas.zip", shapefile), ("finds.xlsx", workbook), ("police.zip", streets)]
)
def test_fault_088_a_bomb_is_known_by_how_well_it_is_packed(tmp_path, name, make) -> None:
    path = make(tmp_path)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("2019-01-cambridgeshire-street.csv", bytes(24 * MB))
    read = street_reader if name == "police.zip" else READS[path.suffix]
    ratio = unpacked(path) // size(path)
    assert ratio > 200
    with pytest.raises(FileRefused, match=r"limits\.packed_ratio"):
        read(path, STANDARD)
    read(path, Limits(packed_ratio=2 * ratio))


def test_fault_017_the_limits_of_the_area_file_hold_for_every_file_that_it_names(tmp_path) -> None:
    path = csv_file(tmp_path)
    readers: dict[Path, list[Callable[..., object]]] = {
        path: [read_points, read_code_table],
        geojson(tmp_path): [read_features, load_places, add_to(tmp_path)],
        shapefile(tmp_path): [read_features],
    }
    for file, reads in readers.items():
        for read in reads:
            with pytest.raises(FileRefused, match=r"limits\.file_mb"):
                read(file, limits=Limits(file_mb=(size(file) - 1) / MB))


def add_to(folder: Path) -> Callable[..., object]:
    def add(path: Path, *, limits: Limits) -> object:
        return add_boundaries(path, folder=folder / "sets", kind="ward", vintage="2025", limits=limits)

    return add


def test_fault_017_a_mask_keeps_to_the_limits_of_the_area_file(tmp_path) -> None:
    path = geojson(tmp_path)
    area = load_area(written(tmp_path, "vertices = 7"))
    with pytest.raises(FileRefused, match=r"limits\.vertices"):
        load_clip(str(path), area)
    load_clip(str(path), load_area(written(tmp_path, "vertices = 8")))


def written(folder: Path, line: str) -> Path:
    area = folder / "hotspots.toml"
    area.write_text(f'[area]\nname = "a"\n[limits]\n{line}\n')
    return area


@pytest.mark.parametrize("line", ["rows = 0", "file_mb = -1", "file_mb = inf", 'rows = "many"', "row = 5"])
def test_fault_095_a_limit_that_is_none_is_refused(tmp_path, line) -> None:
    with pytest.raises(SettingsRefused, match=r"limits\.row|limits\.file_mb"):
        load_area(written(tmp_path, line))


def test_fault_017_a_file_handed_in_keeps_to_its_own_limit(tmp_path) -> None:
    content = csv_file(tmp_path).read_bytes()
    area = written(tmp_path, f"upload_mb = {(len(content) - 1) / MB!r}")
    area.write_text(
        area.read_text() + '[[sources]]\nid = "finds"\nkind = "needle_finds"\npath = "finds.csv"\n'
        "covers_from = 2016-04-01\ncovers_to = 2017-03-31\n"
        'columns = { easting = "easting", northing = "northing" }\n'
    )
    with pytest.raises(DataRefused, match=r"limits\.upload_mb"):
        receive(area, "finds", content, name="finds.csv", role="analyst")
    area.write_text(area.read_text().replace("upload_mb", "upload_read_s = 0.001\nupload_mb"))
    with pytest.raises(DataRefused, match=r"not read within 0\.001 s \(limits\.upload_read_s\)"):
        receive(area, "finds", content[:-1], name="finds.csv", role="analyst")


def test_fault_017_an_answer_that_is_fetched_keeps_to_its_limit() -> None:
    answer = requests.Response()
    for limit, holds in ((10, True), (9, False)):
        answer.raw = io.BytesIO(b"0123456789")
        answer._content, answer._content_consumed = False, False
        if holds:
            assert client._body("here", answer, of("download_mb", limit)) == b"0123456789"
            continue
        with pytest.raises(FetchError, match=r"limits\.download_mb"):
            client._body("here", answer, of("download_mb", limit))
