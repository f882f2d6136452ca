"""Small towns made by hand, anywhere in England and Wales: boundaries in every format, and street files."""

import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from shapely.geometry import MultiPolygon, box

from hotspots import crs

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
