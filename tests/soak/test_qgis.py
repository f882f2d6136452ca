"""QGIS itself opens what we export, coloured: run by ``make soak`` where the system's Python has PyQGIS."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely

from hotspots.areas import Areas
from hotspots.export import export_layer
from hotspots.export.styling import layer_classes
from hotspots.layer import Layer, LayerMeta
from hotspots.style import FILL_LABELS, Classes
from hotspots.views import Viewer, named_layer

PROBE = Path(__file__).with_name("qgis_probe.py")
BACKGROUND = "#ff00ff"
# The Python of the system first: PyQGIS is not on PyPI.
PYTHONS = [Path("/usr/bin/python3"), Path(shutil.which("python3") or "/usr/bin/python3")]


def without_ours() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}


def has_qgis(python: Path) -> bool:
    if not python.exists():
        return False
    command = [python, "-c", "import qgis.core"]
    return subprocess.run(command, capture_output=True, env=without_ours(), check=False).returncode == 0


PYTHON = next((python for python in PYTHONS if has_qgis(python)), None)
pytestmark = pytest.mark.skipif(PYTHON is None, reason="PyQGIS is not on this machine (Debian: python3-qgis)")


def opened(path: Path, name: str = "") -> dict:
    """What QGIS says of a file, without settings of anybody, and the colours of a picture of it."""
    picture = path.with_suffix(".png")
    home = path.parent / "home"
    home.mkdir(exist_ok=True)
    told = subprocess.run(
        [PYTHON, PROBE, path, *([name] if name else []), picture],
        capture_output=True,
        text=True,
        timeout=300,
        env=without_ours() | {"QT_QPA_PLATFORM": "offscreen", "HOME": str(home), "XDG_RUNTIME_DIR": str(home)},
        check=False,
    )
    assert told.returncode == 0, told.stderr
    assert picture.stat().st_size > 0
    return json.loads(told.stdout.splitlines()[-1])


def legend_of(classes: Classes) -> list[list[str]]:
    return [[label, colour] for label, colour in zip(classes.labels, classes.colours, strict=True)]


@pytest.mark.parametrize("layer_id", ["callouts-by-lsoa", "needle-finds-by-ward", "needle-finds-by-lsoa"])
@pytest.mark.parametrize("role", ["analyst", "officer"])
def test_a_geopackage_of_areas_opens_as_the_choropleth_of_the_map(example_build, tmp_path, layer_id, role):
    viewer = Viewer(role)
    layer = named_layer(example_build, layer_id, viewer)
    (path,) = export_layer(layer, tmp_path / "out.gpkg", audience=viewer.audience)
    told = opened(path, layer_id.replace("-", "_"))
    classes = layer_classes(layer)
    assert told["renderer"] == "graduatedSymbol"
    assert told["crs"] == "EPSG:27700"
    assert told["legend"][: len(classes.labels)] == legend_of(classes)
    drawn = {colour for colour in classes.colours if told["pixels"].get(colour, 0) > 100}
    assert len(drawn) >= min(3, len(classes.colours))


def test_each_kind_of_area_is_painted(tmp_path):
    nan = float("nan")
    cells = [
        (7.0, 7.0, 7.0, "ok"),
        (nan, 1.0, 4.0, "suppressed"),
        (nan, 3.0, 6.0, "suppressed"),
        (nan, nan, nan, "suppressed"),
        (nan, nan, nan, "incomplete"),
        (nan, nan, nan, "no_data"),
    ]
    codes = [f"E0100000{number}" for number in range(len(cells))]
    shapes = [shapely.box(544000 + 500 * at, 257000, 544500 + 500 * at, 260000) for at in range(len(cells))]
    table = pd.DataFrame({"code": codes, "name": codes, "geometry": shapes})
    columns = ["area_code", "period", "measure", "category", "value", "lower", "upper", "status", "events"]
    rows = [(code, "2016/17", "callouts", "all", *cell, 1) for code, cell in zip(codes, cells, strict=True)]
    meta = LayerMeta(
        *("callouts-by-lsoa", "Callouts", "callouts", "callouts", "2016/17", "ambulance", "counted"),
        *("health", "OFFICIAL", True, True),
    )
    areas = Areas("lsoa", "schematic", "2011", True, "", table)
    layer = Layer(meta, cube=pd.DataFrame(rows, columns=columns), areas=areas)
    classes = Classes((0.0, 1.0, 5.0), (0.0, 4.0, 9.0), ("#ffffff", "#edf8b1", "#2c7fb8"), 0)
    (path,) = export_layer(layer, tmp_path / "out.gpkg", audience="restricted", classes=classes)
    told = opened(path, "callouts_by_lsoa")
    labels = [label for label, _ in told["legend"]]
    assert labels == [
        *("0", "1 to 4", "5 to 9"),
        f"{FILL_LABELS['spans']} (1 to 4; 5 to 9)",
        *(FILL_LABELS["suppressed"], FILL_LABELS["incomplete"], FILL_LABELS["no_data"]),
    ]
    # Six bands of the same width: each has colour, and the last its own grey.
    for colour in ("#2c7fb8", "#edf8b1", "#9e9e9e", "#bdbdbd", "#e4e4e4"):
        assert told["pixels"].get(colour, 0) > 100, colour


@pytest.mark.parametrize(
    ("layer_id", "colour"), [("needle-finds", "#253494"), ("places", "#253494"), ("city-centre-area", "#1a1a1a")]
)
def test_features_open_as_dots_or_outlines(example_build, tmp_path, layer_id, colour):
    layer = named_layer(example_build, layer_id, Viewer("analyst"))
    (path,) = export_layer(layer, tmp_path / "out.gpkg", audience="restricted")
    told = opened(path, layer_id.replace("-", "_"))
    assert told["renderer"] == "singleSymbol"
    assert told["pixels"].get(colour, 0) > 100
    assert told["pixels"][BACKGROUND] > 300_000


@pytest.mark.parametrize("layer_id", ["needle-density", "crime-density"])
def test_a_surface_opens_in_the_classes_of_the_map_and_clear_outside(example_build, tmp_path, layer_id):
    layer = named_layer(example_build, layer_id, Viewer("analyst"))
    path, *_ = export_layer(layer, tmp_path / "out.tif", audience="restricted")
    told = opened(path)
    classes = layer_classes(layer)
    assert told["renderer"] == "singlebandpseudocolor"
    assert told["legend"] == legend_of(classes)
    assert sum(told["pixels"].get(colour, 0) > 100 for colour in classes.colours) >= 3
    if np.isnan(layer.surface.values).any():
        assert told["pixels"][BACKGROUND] > 100
    assert set(told["pixels"]) <= {BACKGROUND, *classes.colours}
