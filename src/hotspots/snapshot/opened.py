"""Opening a published build. A reader keeps the snapshot that it opened, whatever is published meanwhile."""

from collections.abc import Mapping
from datetime import date
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from hotspots.areas import AreaKind, Areas
from hotspots.errors import BuildError, UsageError
from hotspots.layer import Layer, LayerMeta, Surface
from hotspots.periods import Period
from hotspots.raster import read_cog
from hotspots.settings import AreaFile
from hotspots.snapshot.folder import is_name
from hotspots.snapshot.sealed import read_checked, read_sealed


class Build:
    """One snapshot, read lazily; nothing in it changes while it is open."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manifest: dict[str, Any] = read_sealed(folder)
        try:
            self.settings = AreaFile.model_validate_json(self._bytes("settings.json"))
        except ValueError as error:
            raise BuildError(
                f"build {folder.name} was made by another version of this software; run `hotspots build` again"
            ) from error
        self._frames: dict[str, Any] = {}
        self.memo: dict[str, Any] = {}  # what readers derive once from this build, such as disclosed cubes

    @property
    def id(self) -> str:
        """Name of the snapshot: 12 hex digits."""
        return str(self.manifest["build"])

    @property
    def area_name(self) -> str:
        """Name of the place."""
        return self.settings.area.name

    @property
    def layers(self) -> tuple[str, ...]:
        """Identifiers of the layers, in the order they are listed to people."""
        return tuple(self.manifest["order"])

    def meta(self, layer_id: str) -> LayerMeta:
        """Description of a layer; ``UsageError`` names the layers there are."""
        if layer_id not in self.manifest["layers"]:
            raise UsageError(f"there is no layer {layer_id!r} in this build; choose one of {', '.join(self.layers)}")
        return _meta(self.manifest["layers"][layer_id])

    def cube(self, layer_id: str) -> pd.DataFrame:
        """Cube rows of an area layer (do not change them: they are shared)."""
        return self._frame(f"layers/{layer_id}.parquet")

    def period(self, label: str) -> Period:
        """The period of a label."""
        start, end = self.manifest["periods"][label]
        return Period(date.fromisoformat(start), date.fromisoformat(end), label)

    def is_cube(self, layer_id: str) -> bool:
        """Whether a layer is a cube."""
        return self.meta(layer_id).id in self.manifest["cubes"]

    def features(self, layer_id: str) -> gpd.GeoDataFrame:
        """Features of a layer, in EPSG:27700."""
        key = f"features/{layer_id}"
        if key not in self._frames:
            self._frames[key] = gpd.read_parquet(BytesIO(self._bytes(f"layers/{layer_id}.parquet")))
        return self._frames[key]

    def table(self, name: str) -> pd.DataFrame:
        """A standard table; empty where the build has none of that kind."""
        if f"tables/{name}.parquet" not in self.manifest["files"]:
            return pd.DataFrame()
        return self._frame(f"tables/{name}.parquet")

    def areas(self, kind: AreaKind, layer_id: str = "") -> Areas | None:
        """Boundaries of a kind as they were when the build was made; of a layer, where there are several sets."""
        layer_id = layer_id or ("lsoas" if kind == "lsoa" else "wards")
        if layer_id not in self.manifest["layers"]:
            return None
        if f"areas/{layer_id}" not in self._frames:
            meta, features = self.meta(layer_id), self.features(layer_id)
            table = pd.DataFrame(features[["code", "name"]]).assign(geometry=features.geometry.to_numpy())
            further = self.ward_sets | self.manifest.get("common_areas", {})
            vintages = further.get(layer_id) or self.manifest["vintages"][kind]
            self._frames[f"areas/{layer_id}"] = Areas(
                kind, vintages["vintage"], vintages["code_vintage"], meta.schematic, meta.attribution, table
            )
        return self._frames[f"areas/{layer_id}"]  # type: ignore[no-any-return]

    @property
    def ward_sets(self) -> dict[str, dict[str, str]]:
        """The wards by date: layer, vintages and days of each; empty where one set is used for everything."""
        return self.manifest.get("ward_sets", {})  # type: ignore[no-any-return]

    @cached_property
    def surfaces(self) -> Mapping[tuple[str, str, str, str], dict[str, Any]]:
        """Density surfaces by (layer, measure, category, period)."""
        return {
            (entry["layer"], entry["measure"], entry["category"], entry["period"]): entry
            for entry in self.manifest["surfaces"]
        }

    def surface(self, key: tuple[str, str, str, str]) -> Layer:
        """One density surface as a layer."""
        entry = self.surfaces[key]
        if entry["file"] not in self._frames:
            self._bytes(f"layers/{entry['file']}")  # checked, then read by the driver
            bands, grid, tags = read_cog(self.folder / "layers" / entry["file"])
            events = np.nan_to_num(bands[1]).astype(np.uint32)
            surface = Surface(grid, bands[0], float(tags["bandwidth_m"]), tags["kernel"], events)
            self._frames[entry["file"]] = Layer(_meta(entry["meta"]), surface=surface)
        return self._frames[entry["file"]]  # type: ignore[no-any-return]

    def verify(self) -> None:
        """Every file is there and has the bytes that the manifest says; ``BuildError`` names the first that has not."""
        for name in self.manifest["files"]:
            self._bytes(name)
        for layer_id in self.layers:
            self.meta(layer_id)

    def _frame(self, name: str) -> pd.DataFrame:
        if name not in self._frames:
            self._frames[name] = pd.read_parquet(BytesIO(self._bytes(name)))
        return self._frames[name]  # type: ignore[no-any-return]

    def _bytes(self, name: str) -> bytes:
        return read_checked(self.folder, self.manifest, name)


def open_build(folder: Path | str = "build") -> Build:
    """
    The current build of a folder.

    Raises
    ------
    BuildError
        Nothing has been published there, or what ``CURRENT`` names is not readable.
    """
    folder = Path(folder)
    name = _current(folder)
    build = open_snapshot(folder / name)
    if build.id != name:
        raise BuildError(f"{folder.name}/{name} holds another build ({build.id[:12]}); run `hotspots build` again")
    return build


def _current(folder: Path) -> str:
    current = folder / "CURRENT"
    if not current.is_file():
        raise BuildError(f"there is no published build in {folder.name}/; run `hotspots build` first")
    try:
        with current.open("rb") as stream:
            name = stream.read(64).decode("ascii").strip()
    except (OSError, UnicodeDecodeError):
        name = ""
    if not is_name(name):
        raise BuildError(f"{folder.name}/CURRENT does not name a build; run `hotspots build` again")
    return name


def open_snapshot(folder: Path) -> Build:
    """The build in a snapshot folder."""
    return Build(folder)


def _meta(record: dict[str, Any]) -> LayerMeta:
    return LayerMeta(**{**record, "caveats": tuple(record["caveats"])})
