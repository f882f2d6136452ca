"""How places are found in words: the section of the area file, and nothing that reads them."""

from pydantic import Field

from hotspots.source_settings import Frozen


class GazetteerSection(Frozen):
    """Places from words; the places of the map and the streets of the recorded-crime source always belong to it."""

    open_names: str = Field(default="", description="CSV of OS Open Names (a glob), relative to the area file.")
    resolved: str = Field(default="", description="CSV of texts that somebody resolved by hand; see docs/sniff.md.")
    threshold: float = Field(default=90, ge=60, le=100, description="Score from which a name matches, 0 to 100.")
    elsewhere: tuple[str, ...] = Field(
        default=(),
        description="Villages and towns that are not ours: a text that says it is in one gets no position of ours. "
        "Larger towns, and settlements of OS Open Names outside the area, are known.",
    )
    place_uncertainty_m: float = Field(
        default=150, ge=0, description="Uncertainty of a place whose file states none, metres."
    )
    largest_uncertainty_m: float = Field(
        default=500, gt=0, description="A match less certain than this is counted and gets no position, metres."
    )
