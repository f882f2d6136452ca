"""The layers with geometry of their own: boundaries, the city-centre area, places, and events that may be points."""

from typing import Any

import geopandas as gpd
import pandas as pd

from hotspots.areas import Areas
from hotspots.city_centre import CityCentre, inside
from hotspots.crs import BNG
from hotspots.layer import LayerMeta
from hotspots.source_settings import NeedleFindsSource

# Finds that no map of positions holds, whoever is looking; how many they are would tell what small areas hide.
NOT_POINTS = "in dwellings, on land of unknown kind, or unplaced"


def boundary_features(areas: Areas) -> gpd.GeoDataFrame:
    """Code, name, size and shape of every area."""
    table = areas.table[["code", "name"]].assign(area_km2=areas.area_km2.to_numpy())
    return gpd.GeoDataFrame(table, geometry=list(areas.geometry), crs=BNG)


def boundary_meta(areas: Areas, *, layer_id: str = "", title: str = "", in_force: str = "") -> LayerMeta:
    """Description of a boundary layer; of wards that are not in use now, with its own name and its days."""
    title = title or ("Small areas (LSOA)" if areas.kind == "lsoa" else "Wards")
    return _plain_meta(
        layer_id or ("lsoas" if areas.kind == "lsoa" else "wards"),
        f"{title}, {in_force}" if in_force else title,
        areas.label,
        schematic=areas.schematic,
        attribution=areas.attribution,
    )


def centre_features(centre: CityCentre) -> gpd.GeoDataFrame:
    """The city-centre area as one feature that names its version."""
    row = {"name": centre.name, "version": centre.version, "option": centre.option}
    return gpd.GeoDataFrame([row], geometry=[centre.geometry], crs=BNG)


def centre_meta(centre: CityCentre) -> LayerMeta:
    """Description of the city-centre area."""
    return _plain_meta("city-centre-area", centre.label, "", schematic=False, attribution=centre.attribution)


def place_features(places: pd.DataFrame) -> gpd.GeoDataFrame:
    """Named places for orientation."""
    geometry = gpd.points_from_xy(places["easting"], places["northing"])
    return gpd.GeoDataFrame(places[["name", "expected"]].reset_index(drop=True), geometry=geometry, crs=BNG)


def place_meta() -> LayerMeta:
    """Description of the places."""
    return _plain_meta("places", "Named places", "", schematic=False, attribution="")


def visible_finds(finds: pd.DataFrame, source: NeedleFindsSource) -> pd.DataFrame:
    """
    The finds that may ever be points: placed, not in a dwelling, and of a known kind of land unless the area file says.

    House clearances count in every total and never appear as points, whoever is looking.
    """
    allowed = {"public_realm", "batch"} | ({"unknown"} if source.show_unknown_land_type else set())
    return finds[finds["easting"].notna() & finds["context"].isin(allowed)]


def event_features(events: pd.DataFrame, *, columns: list[str], centre: CityCentre | None) -> gpd.GeoDataFrame:
    """Events as points with the listed columns only, and whether each lies in the city-centre area (edge: in)."""
    table = events[["event_id", "date", *columns]].reset_index(drop=True)
    if centre is not None:
        table["in_city_centre"] = inside(centre, events[["easting", "northing"]].to_numpy(dtype="float64"))
    geometry: Any = gpd.points_from_xy(events["easting"], events["northing"])
    return gpd.GeoDataFrame(table, geometry=geometry, crs=BNG)


def _plain_meta(layer_id: str, title: str, vintage: str, *, schematic: bool, attribution: str) -> LayerMeta:
    return LayerMeta(
        id=layer_id,
        title=title,
        measure="",
        unit="",
        period="",
        source="reference geography",
        method="",
        policy="open",
        marking="OFFICIAL",
        synthetic=False,
        schematic=schematic,
        vintage=vintage,
        attribution=attribution,
    )
