"""The section of the area file for the commands that download."""

from pydantic import Field

from hotspots.source_settings import Frozen


class FetchSection(Frozen):
    """Where the commands that download ask, and how patiently."""

    portal_url: str = Field(
        default="https://services1.arcgis.com/ESMARspQHYMw9BZ9/arcgis/rest/services",
        description="Address of the Open Geography Portal's services, or of a mirror that answers like it.",
    )
    police_url: str = Field(default="https://data.police.uk/api", description="Address of the police data API.")
    catalogue: str = Field(default="", description="Own catalogue of services, whose entries are tried first.")
    attempts: int = Field(default=5, ge=1, le=20, description="How often a question is asked at most.")
    timeout_s: float = Field(default=60, gt=0, description="How long to wait for an answer to go on, seconds.")
    answer_s: float = Field(default=600, gt=0, description="How long a whole answer may take, seconds.")
