"""Boundaries of different resolution in one build: said by every layer, by the manifest and by the command."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import shapely

from hotspots.areas import Areas, Reference
from hotspots.export import export_layer
from hotspots.pipeline import build_area
from hotspots.views import Viewer, named_layer

ROOT = Path(__file__).resolve().parents[2]
SAID = "Boundaries of different resolution in one build: "


def areas(kind: str, resolution: str, *, edge_m: float) -> Areas:
    square = shapely.segmentize(shapely.box(0, 0, 1_000, 1_000), edge_m)
    table = pd.DataFrame({"code": ["A"], "name": ["a"], "geometry": [square]})
    return Areas(kind, "2011", "2011", False, "", table, resolution=resolution)


@pytest.mark.parametrize(
    ("lsoa", "ward", "mixed"),
    [
        (("BGC", 50), ("BGC (20 m)", 100), False),
        (("bgc", 50), ("not stated", 200), False),
        (("BFC", 50), ("BFE: full, to the extent of the realm", 50), False),
        (("BFC", 50), ("BGC", 50), True),
        (("BSC", 50), ("bgc", 50), True),
        (("", 5), ("", 100), True),
        (("BGC", 5), ("BGC", 100), True),
        (("schematic", 50), ("schematic", 50), False),
    ],
)
def test_fault_049_a_resolution_is_told_by_its_code_or_by_the_length_of_the_edges(lsoa, ward, mixed) -> None:
    sets = (areas(kind, stated, edge_m=edge_m) for kind, (stated, edge_m) in (("lsoa", lsoa), ("ward", ward)))
    said = Reference(*sets).mixed_resolution
    assert said.startswith(SAID) if mixed else said == ""


def test_fault_049_one_set_alone_or_an_empty_one_is_never_mixed() -> None:
    one = areas("ward", "BFC", edge_m=5)
    assert Reference(None, one).mixed_resolution == Reference(None, None).mixed_resolution == ""


def test_fault_049_a_place_of_islands_alone_has_edges_too() -> None:
    def isles(kind: str, edge_m: float) -> Areas:
        held = areas(kind, "", edge_m=edge_m)
        whole = held.table["geometry"].iloc[0]
        away = shapely.transform(whole, lambda at: at + 5_000)
        return Areas(kind, "2021", "2021", False, "", held.table.assign(geometry=[shapely.MultiPolygon([whole, away])]))

    assert isles("lsoa", 50).edge_m == 50
    assert Reference(isles("lsoa", 50), isles("ward", 50)).mixed_resolution == ""
    assert Reference(isles("lsoa", 5), isles("ward", 100)).mixed_resolution.startswith(SAID)


def test_fault_049_a_build_of_two_resolutions_says_so_wherever_it_is_read(workshop) -> None:
    boundaries = workshop.area.parent / "boundaries"
    shutil.copytree(ROOT / "boundaries", boundaries)
    workshop.area.write_text(
        workshop.area.read_text().replace((ROOT / "boundaries").as_posix(), "boundaries") + 'lsoa = "lsoa-schematic"\n'
    )
    assert build_area(workshop.area, workshop.builds).manifest["mixed_resolution"] == ""
    for name, resolution in (("lsoa-schematic", "BFC"), ("ward-schematic", "BGC (20 m)")):
        manifest = boundaries / name / "manifest.json"
        manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"resolution": resolution}))
    build = build_area(workshop.area, workshop.builds)
    assert {kind: held["resolution"] for kind, held in build.manifest["vintages"].items()} == {
        "lsoa": "BFC", "ward": "BGC (20 m)",
    }  # fmt: skip
    for layer_id in ("wards", "needle-finds-by-ward", "needle-density"):
        layer = named_layer(build, layer_id, Viewer("analyst"))
        assert layer.meta.caveats[-1].startswith(SAID), layer_id
    (written,) = export_layer(
        named_layer(build, "wards", Viewer("analyst")), workshop.folder / "wards.geojson", audience="restricted"
    )
    assert SAID in written.read_text()
    for verb in ("check", "build"):
        options = ["--area", str(workshop.area)] + (["--build", str(workshop.builds)] if verb == "build" else [])
        told = subprocess.run(
            [sys.executable, "-m", "hotspots", verb, *options],
            capture_output=True, text=True, check=True, env=workshop.environment(),
        )  # fmt: skip
        assert SAID in told.stdout, verb
