"""Area folders: what ``hotspots init`` writes for a district, from files or from what the offices publish."""

from hotspots.area_folder.geography import fetch_geography
from hotspots.area_folder.make import AreaPlan, Columns, Made, Reading, make_area_folder

__all__ = ["AreaPlan", "Columns", "Made", "Reading", "fetch_geography", "make_area_folder"]
