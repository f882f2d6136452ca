"""The same attacks on every reader of files from outside: one typed error each, without waiting or calling anybody."""

import os
import socket
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
import shapely
from pydantic import ValidationError

from hotspots.areas import Areas, Reference
from hotspots.boundaries import read_features
from hotspots.boundaries.code_table import read_code_table
from hotspots.city_centre import load_clip, load_places
from hotspots.errors import FileRefused, HotspotsError
from hotspots.source_settings import NeedleFindsSource
from hotspots.sources import read_points, read_source

HEADINGS = "date_reported,easting,northing,quantity\n"
COVERED = {"covers_from": date(2016, 4, 1), "covers_to": date(2017, 3, 31)}


def finds(path: Path, **changes: object) -> object:
    table = pd.DataFrame({"code": ["A"], "name": ["a"], "geometry": [shapely.box(545_000, 258_000, 546_000, 259_000)]})
    source = NeedleFindsSource.model_validate(
        {"id": "finds", "kind": "needle_finds", "path": str(path), **COVERED,
         "columns": {"easting": "easting", "northing": "northing"}, **changes}
    )  # fmt: skip
    folder = path.parent if path.is_absolute() else Path()
    return read_source(source, folder=folder, reference=Reference(Areas("lsoa", "1", "1", False, "", table), None))


READERS: dict[str, Callable[[Path], object]] = {
    "csv": finds,
    "xlsx": lambda path: finds(path, format="xlsx"),
    "boundaries": read_features,
    "city-centre": load_places,
    "clip": lambda path: load_clip(str(path), None),
    "points": read_points,
    "lookup": read_code_table,
}


@pytest.mark.parametrize("name", READERS)
def test_fault_083_a_virtual_dataset_is_refused_by_every_reader(tmp_path, workshop, name) -> None:
    address = f"http://127.0.0.1:{workshop.listener.getsockname()[1]}/areas"
    for source in ("/etc/passwd", f"/vsicurl/{address}", address):
        for text in (
            f"<OGRVRTDataSource><OGRVRTLayer name='a'><SrcDataSource>{source}</SrcDataSource></OGRVRTLayer>",
            f"\ufeff  \n<?xml version='1.0'?><VRTDataset><SourceFilename>{source}</SourceFilename></VRTDataset>",
            f"<GDAL_WMS><Service name='TMS'><ServerUrl>{source}</ServerUrl></Service></GDAL_WMS>",
        ):
            for suffix in ("csv", "geojson", "gpkg", "zip", "xlsx", "tif"):
                path = tmp_path / f"areas.{suffix}"
                path.write_text(text, encoding="utf-8")
                with pytest.raises(FileRefused) as refused:
                    READERS[name](path)
                assert "root:" not in str(refused.value)
    assert workshop.calls == []


@pytest.mark.parametrize("name", READERS)
def test_fault_085_an_address_or_a_prefix_is_refused_by_every_reader(workshop, name) -> None:
    port = workshop.listener.getsockname()[1]
    for given in (
        f"http://127.0.0.1:{port}/a.geojson", f"/vsicurl/http://127.0.0.1:{port}/a", "/vsizip//vsicurl/127.0.0.1/a",
        f"GPKG:/vsicurl/http://127.0.0.1:{port}/a", f"WFS:http://127.0.0.1:{port}", "PG:dbname=a", "s3://bucket/a.csv",
        f"zip+http://127.0.0.1:{port}/a.zip", "MEM:::DATAPOINTER=1", '{"type": "FeatureCollection"}', "<VRTDataset/>",
    ):  # fmt: skip
        with pytest.raises(HotspotsError):
            READERS[name](Path(given))
    assert workshop.calls == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes and devices are of POSIX")
@pytest.mark.parametrize("name", READERS)
def test_fault_092_a_pipe_a_device_a_folder_and_a_socket_are_refused(tmp_path, monkeypatch, name) -> None:
    monkeypatch.chdir(tmp_path)  # the name of a socket has to be short
    os.mkfifo("pipe")
    Path("folder").mkdir()
    Path("device").symlink_to("/dev/zero")
    Path("loop").symlink_to("loop")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
        for kind in ("pipe", "folder", "device", "socket", "loop", "absent"):
            with pytest.raises(HotspotsError, match=r"regular file|there is no file|expected|cannot be read"):
                READERS[name](tmp_path / kind)


@pytest.mark.parametrize("text", ["../../etc/x", "CON:", "a\nb", "a;b", '"a"', "", "A" * 200, "a/b", "é"])
def test_fault_074_091_a_setting_that_is_a_path_or_quoted_text_is_no_identifier(text) -> None:
    with pytest.raises(ValidationError):
        finds(Path("a.csv"), id=text)


@pytest.mark.parametrize("name", READERS)
def test_fault_092_the_files_of_the_system_and_names_that_are_none_are_refused_without_waiting(name) -> None:
    for given in (
        "/proc/self/mem", "/proc/self/environ", "/proc/kmsg", "/proc/version", "/dev/stdin", "/proc/self/fd/0",
        "a\0b.csv", "x" * 5_000, "a.csv|cat /etc/passwd", "|ls", "-", "~/a", "CON", "\\\\?\\C:\\a",
    ):  # fmt: skip
        with pytest.raises(HotspotsError):
            READERS[name](Path(given))


MAGIC = {
    "gz": b"\x1f\x8b\x08\x00", "bz2": b"BZh91AY&SY", "7z": b"7z\xbc\xaf'\x1c", "rar": b"Rar!\x1a\x07\x00",
    "xz": b"\xfd7zXZ\x00", "zstd": b"\x28\xb5\x2f\xfd", "pdf": b"%PDF-1.4\n%\x00", "flatgeobuf": b"fgb\x03fgb\x00",
    "parquet": b"PAR1\x15\x04", "tiff": b"II*\x00", "pickle": b"\x80\x04\x95\x00\x00", "hdf5": b"\x89HDF\r\n\x1a\n",
    "kml": b'<kml xmlns="http://www.opengis.net/kml/2.2">', "gpx": b'<?xml version="1.0"?><gpx>',
    "doctype": b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "gti": b'<GDALTileIndexDataset><IndexDataset>/etc/passwd</IndexDataset></GDALTileIndexDataset>',
    "warped": b"<VRTDataset subClass='VRTWarpedDataset'/>", "tar": b"a.csv".ljust(257, b"\x00") + b"ustar\x0000",
    "elf": b"\x7fELF\x02\x01\x01\x00", "lnk": b"L\x00\x00\x00\x01\x14\x02\x00",
}  # fmt: skip


@pytest.mark.parametrize("kind", MAGIC)
@pytest.mark.parametrize("name", READERS)
def test_fault_023_080_085_another_kind_of_file_is_refused_whatever_its_name(tmp_path, name, kind) -> None:
    for suffix in ("csv", "geojson", "zip"):
        path = tmp_path / f"file.{suffix}"
        path.write_bytes(MAGIC[kind].ljust(600, b"\x00" if b"\x00" in MAGIC[kind] else b" "))
        with pytest.raises(HotspotsError) as refused:
            READERS[name](path)
        assert "root:" not in str(refused.value)
        assert str(tmp_path) not in str(refused.value)
