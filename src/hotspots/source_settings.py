"""How each source is declared in the area file: where it is, what it covers, and how its columns are named."""

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from hotspots.periods import Absent, Calendar, Coverage, month, tells_months
from hotspots.tables import Marking, Policy

LARGEST_COUNT = 1_000_000_000  # more events than any record holds: a mistake of the cell


def _check_date_format(written: str) -> str:
    if not tells_months(written):
        raise ValueError("no way to write a date: it needs year, month and (but for months) day, as %d/%m/%Y")
    return written


DateFormat = Annotated[str, AfterValidator(_check_date_format)]


class Frozen(BaseModel):
    """A section of the area file: unknown keys are refused, numbers are finite, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class _Source(Frozen):
    id: str = Field(pattern=r"^[a-z][a-z0-9-]{0,39}$", description="Short name, used in files and commands.")
    title: str = Field(default="", description="Title on maps and pages; without one, the id in words.")
    path: str = Field(description="File, or a glob of files, relative to the area file.")
    format: Literal["csv", "xlsx"] = Field(default="csv", description="File format; the content is checked.")
    encoding: str = Field(default="utf-8", description="Text encoding of a CSV; a UTF-8 BOM is accepted.")
    sheet: str = Field(default="", description="Sheet of a workbook; the only one where there is one.")
    delimiter: Literal["comma", "semicolon", "tab", "pipe"] = Field(
        default="comma", description="What stands between the cells of a CSV."
    )
    headings: tuple[str, ...] = Field(
        default=(), description="Headings of a file that has none, in the order of its columns."
    )
    fill_down: tuple[str, ...] = Field(
        default=(), description="Headings whose blank cells repeat the one above, as merged cells come out."
    )
    covers_from: date = Field(description="First day the source covers.")
    covers_to: date = Field(description="Last day the source covers; nothing is computed beyond it.")
    absent: Absent | None = Field(default=None, description="What an absent area or period means: zero or unknown.")
    synthetic: bool = Field(default=False, description="Whether the records are invented.")
    policy: Policy = Field(default="controlled", description="Disclosure policy: open, controlled or health.")
    marking: Marking = Field(default="OFFICIAL-SENSITIVE", description="Protective marking of the input.")
    attribution: str = Field(default="", description="Words the supplier's licence asks for.")
    owner: str = Field(default="", description="Who supplies and answers for the data.")
    agreement: str = Field(default="", description="Reference of the sharing agreement.")
    agreement_expires: date | None = Field(default=None, description="Its last day; later builds are refused.")
    purpose: str = Field(default="", description="What the agreement allows the data to be used for.")
    retention_months: int | None = Field(default=None, ge=1, description="How long records are kept, in months.")
    date_format: DateFormat = Field(default="%Y-%m-%d", description="How dates are written (strptime); never guessed.")
    most_rejected: float = Field(
        default=0.05, ge=0, le=1, description="Share of the rows from which ten rejects or more refuse the source."
    )
    filters: dict[str, tuple[str, ...]] = Field(default={}, description="Heading -> values kept; others set aside.")

    @field_validator("filters")
    @classmethod
    def _check_filters(cls, kept: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        empty = [heading for heading, values in kept.items() if not values]
        if empty:
            raise ValueError(f"the filter of {empty[0]!r} names no value that is kept")
        return kept

    @model_validator(mode="after")
    def _check_coverage(self) -> "_Source":
        if self.covers_to < self.covers_from:
            raise ValueError(f"covers_to ({self.covers_to}) is before covers_from ({self.covers_from})")
        return self

    @property
    def coverage(self) -> Coverage:
        """What the source declares to cover."""
        return Coverage(self.covers_from, self.covers_to, self.absent)


class ConversionSection(Frozen):
    """How the numbers of another LSOA vintage come to the boundaries in use; without it they are refused."""

    split: Literal["refuse", "common", "weights"] = Field(
        default="refuse",
        description="What becomes of LSOAs that were split: refused, shown together as the one area that both vintages "
        "share (common), or divided by weights.",
    )
    weights: str = Field(default="", description="CSV of a weight for each LSOA in use, relative to the area file.")
    weight_name: str = Field(default="", description="What the weights are, such as households 2021; printed.")
    area: str = Field(default="area_code", description="Heading of the LSOA codes in that file.")
    weight: str = Field(default="weight", description="Heading of the weights.")


class CalloutColumns(Frozen):
    """Headings of the callout file."""

    area: str = Field(default="lsoa_code", description="Area code or name.")
    period: str = Field(default="period", description="Period (long layout).")
    count: str = Field(default="count", description="Count (long layout).")
    category: str = Field(default="", description="Callout category, where there is one.")
    date: str = Field(default="date", description="Date of the call (calls layout).")


class CalloutsSource(_Source):
    """Ambulance callouts: counts by area and period. They never become points."""

    kind: Literal["callouts"]
    resolution: Literal["lsoa", "ward"] = Field(default="lsoa", description="Areas the counts are by.")
    vintage: str = Field(description="Vintage of the area codes, such as 2011.")
    vintage_until: date | None = Field(default=None, description="Last day of that vintage; then codes are of another.")
    layout: Literal["long", "crosstab", "calls"] = Field(
        default="long", description="One row a count, areas down and periods across, or one row a call."
    )
    area_by: Literal["code", "name"] = Field(default="code", description="Whether areas are given by code or name.")
    elsewhere: bool = Field(
        default=False, description="Whether the file is of a larger area: codes that are not ours are set aside."
    )
    calendar: Calendar = Field(default="financial", description="What Q1 means: April to June, or January to March.")
    period: str = Field(default="", description="The one period of a file that names none.")
    month_format: DateFormat | None = Field(
        default=None,
        description="How months are written (strptime, such as %b-%y), where not as 2018-11 or November 2018; a day "
        "that is written must be the first.",
    )
    suppressed: dict[str, tuple[int, int]] = Field(
        default={"<5": (1, 4)}, description="Suppression mark -> smallest and largest count it stands for."
    )
    totals: tuple[str, ...] = Field(
        default=("Total", "Totals", "All", "Grand total", "Cyfanswm"),
        description="Words that mark a totals row or column: checked against the sum, then set aside.",
    )
    columns: CalloutColumns = Field(default=CalloutColumns(), description="Headings of the file.")
    conversion: ConversionSection | None = Field(default=None, description="Conversion from another LSOA vintage.")

    @model_validator(mode="after")
    def _check_marks(self) -> "CalloutsSource":
        for mark, (smallest, largest) in self.suppressed.items():
            if not 0 <= smallest <= largest <= LARGEST_COUNT:
                raise ValueError(f"suppressed {mark!r} must give smallest to largest, got {smallest} to {largest}")
            if re.fullmatch(r"[0-9., ]+", mark):
                raise ValueError(f"suppressed {mark!r} is a number, and would not be read as one any more")
        if self.elsewhere and self.area_by == "name":
            raise ValueError("elsewhere needs codes: a name that is not ours may be a name of ours, mistyped")
        if not all(word.strip() for word in self.totals):
            raise ValueError("totals holds a blank word: every row without an area would be a total")
        return self


class _RecordsSource(_Source):
    """Single records, counted where and when they lie: a place without any has none, or the file cannot be used."""

    absent: Literal["zero"] | None = Field(default=None, description="An area or period without a record has none.")

    @field_validator("absent", mode="before")
    @classmethod
    def _check_absent(cls, given: object) -> object:
        if given == "unknown":
            raise ValueError(
                "a file of single records says nothing of what it leaves out, so any count, density or hotspot would "
                'be unknown; narrow covers_from and covers_to to what was recorded in full and declare absent = "zero"'
            )
        return given


class NeedleColumns(Frozen):
    """Headings of the needle-find file; an empty one is not supplied."""

    find_id: str = Field(default="", description="Identifier of the find.")
    date: str = Field(default="date_reported", description="Date reported.")
    easting: str = Field(default="", description="National Grid easting, metres.")
    northing: str = Field(default="", description="National Grid northing, metres.")
    longitude: str = Field(default="", description="WGS84 longitude, degrees.")
    latitude: str = Field(default="", description="WGS84 latitude, degrees.")
    grid_reference: str = Field(default="", description="Ordnance Survey grid reference.")
    quantity: str = Field(default="quantity", description="Needles found.")
    source: str = Field(default="", description="Who reported it.")
    land_type: str = Field(default="", description="Kind of land.")
    is_house_clearance: str = Field(default="", description="yes, no or unknown.")
    is_batch: str = Field(default="", description="yes, no or unknown.")
    ward_text: str = Field(default="", description="Ward as supplied; compared, never used.")
    location_text: str = Field(default="", description="Place in words: matched where there are no coordinates.")


class NeedleFindsSource(_RecordsSource):
    """Needle finds: points with a quantity."""

    kind: Literal["needle_finds"]
    resolution: Literal["point", "snapped_point"] = Field(default="point", description="What a position is.")
    uncertainty_m: float = Field(default=10, ge=0, description="Uncertainty of supplied coordinates, metres.")
    batch_threshold: int = Field(default=100, ge=1, description="Quantity from which a find counts as a batch.")
    private_land_types: tuple[str, ...] = Field(
        default=("private_dwelling", "dwelling", "residence", "residential", "house_clearance", "housing_clearance"),
        description="Words of a land type, or of who reported, that make a find a house clearance, never shown as a "
        "point: `dwelling` is every land type that holds it.",
    )
    show_unknown_land_type: bool = Field(default=False, description="Whether finds of unknown land type may be points.")
    columns: NeedleColumns = Field(default=NeedleColumns(), description="Headings of the file.")


class EdColumns(Frozen):
    """Headings of the emergency department file (the ISTV minimum data set); an empty one is not supplied."""

    attendance_id: str = Field(default="", description="Identifier of the attendance.")
    arrival: str = Field(default="arrival", description="Date of arrival.")
    incident_date: str = Field(default="", description="Date of the incident, with its time or without.")
    weapon: str = Field(default="weapon", description="Primary means of assault: weapon or body part.")
    location_text: str = Field(default="", description="Where it happened, in words.")
    easting: str = Field(default="", description="National Grid easting, metres.")
    northing: str = Field(default="", description="National Grid northing, metres.")
    longitude: str = Field(default="", description="WGS84 longitude, degrees.")
    latitude: str = Field(default="", description="WGS84 latitude, degrees.")


WEAPONS: dict[str, tuple[str, ...]] = {
    "glass": ("glass", "bottle"),
    "sharp": ("knife", "blade", "sharp", "stab", "machete", "sword", "scissors", "razor"),
    "blunt": ("blunt", "bat", "bar", "hammer", "stick", "brick", "stone", "club"),
    "firearm": ("gun", "firearm", "shot", "pistol", "air weapon"),
    "body part": ("body", "fist", "feet", "foot", "head", "punch", "kick", "bite", "push", "hand", "knee", "elbow"),
}


class EdAttendancesSource(_RecordsSource):
    """Emergency department attendances after assault (ISTV minimum data set, ISB 1594), without identities."""

    kind: Literal["ed_attendances"]
    resolution: Literal["point"] = Field(default="point", description="A position is a place named in words.")
    policy: Policy = Field(default="health", description="Disclosure policy: open, controlled or health.")
    uncertainty_m: float = Field(default=100, ge=0, description="Uncertainty of supplied coordinates, metres.")
    weapons: dict[str, tuple[str, ...]] = Field(
        default=WEAPONS, description="Group of weapons -> words that put a record in it, the first that fits."
    )
    columns: EdColumns = Field(default=EdColumns(), description="Headings of the file.")


class PremisesColumns(Frozen):
    """Headings of the premises register."""

    premises_id: str = Field(default="premises_id", description="Identifier.")
    name: str = Field(default="name", description="Name.")
    kind: str = Field(default="", description="Kind of premises.")
    easting: str = Field(default="", description="National Grid easting, metres.")
    northing: str = Field(default="", description="National Grid northing, metres.")
    longitude: str = Field(default="", description="WGS84 longitude, degrees.")
    latitude: str = Field(default="", description="WGS84 latitude, degrees.")
    opened: str = Field(default="", description="Date opened.")
    closed: str = Field(default="", description="Date closed.")
    operator: str = Field(default="", description="Licence holder.")
    operator_since: str = Field(default="", description="Date since when.")
    capacity: str = Field(default="", description="Licensed capacity.")


class PremisesSource(_Source):
    """The register of premises."""

    kind: Literal["premises"]
    resolution: Literal["point"] = Field(default="point", description="What a position is.")
    columns: PremisesColumns = Field(default=PremisesColumns(), description="Headings of the file.")


class IncidentColumns(Frozen):
    """Headings of the attributed incidents."""

    incident_id: str = Field(default="incident_id", description="Identifier of the incident.")
    premises_id: str = Field(default="premises_id", description="Premises it is attributed to; blank: none.")
    date: str = Field(default="date", description="Date.")
    time: str = Field(default="", description="Local time, HH:MM.")
    incident_type: str = Field(default="incident_type", description="Type.")
    severity: str = Field(default="", description="Severity 1 to 5.")
    attribution: str = Field(default="", description="How it belongs to the premises, such as inside or unknown.")
    mitigation: str = Field(default="", description="What the premises did, such as none.")


class IncidentsSource(_Source):
    """Incidents attributed to premises, by identifier and never by distance."""

    kind: Literal["incidents"]
    resolution: Literal["point"] = Field(default="point", description="Position is the premises'.")
    scored_types: tuple[str, ...] = Field(
        default=("violence", "sexual", "robbery", "weapon", "affray"), description="Incident types that score."
    )
    columns: IncidentColumns = Field(default=IncidentColumns(), description="Headings of the file.")


class CrimesSource(_RecordsSource):
    """Recorded crime in the data.police.uk street format."""

    kind: Literal["crimes"]
    resolution: Literal["snapped_point"] = Field(default="snapped_point", description="Positions are snap points.")
    vintage: str = Field(description="Vintage of the LSOA codes that the records state.")
    uncertainty_m: float = Field(default=100, ge=0, description="Uncertainty of a snapped position, metres.")
    asb_types: tuple[str, ...] = Field(
        default=("Anti-social behaviour",), description="Crime types counted as ASB incidents, not crimes."
    )
    hour_column: str = Field(default="", description="Heading of the local hour, where the file has one.")
    street_column: str = Field(
        default="",
        description="Heading of the street (`Location` in data.police.uk files), which hotspots are named by.",
    )
    conversion: ConversionSection | None = Field(default=None, description="Conversion from another LSOA vintage.")
    lsoa_codes: Literal["stated", "located"] = Field(
        default="stated",
        description="Whether the LSOA that a record states counts, or that of its snap point whatever it states.",
    )
    missing_months: tuple[str, ...] = Field(
        default=(), description="Months (2019-07) inside the coverage that were never supplied: nothing covers them."
    )

    @model_validator(mode="after")
    def _check_keys(self) -> "CrimesSource":
        if self.conversion is not None and self.conversion.split == "common":
            raise ValueError(
                'conversion.split = "common" is for counts: a record has a position, and counts in the part that holds '
                "it; leave split out"
            )
        for text in self.missing_months:
            if not re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", text):
                raise ValueError(f"missing_months holds {text!r}; a month is written 2019-07")
        return self

    @property
    def coverage(self) -> Coverage:
        """What the source declares to cover, without the months that were never supplied."""
        missing = tuple(month(int(text[:4]), int(text[5:])) for text in sorted(self.missing_months))
        return Coverage(self.covers_from, self.covers_to, self.absent, missing)


class PopulationColumns(Frozen):
    """Headings of the population file."""

    area: str = Field(default="lsoa_code", description="Area code.")
    population: str = Field(default="population", description="Residents.")


class PopulationSource(_Source):
    """Residents by LSOA at a reference date."""

    kind: Literal["population"]
    resolution: Literal["lsoa"] = Field(default="lsoa", description="Areas the residents are by.")
    vintage: str = Field(description="Vintage of the area codes.")
    columns: PopulationColumns = Field(default=PopulationColumns(), description="Headings of the file.")
    conversion: ConversionSection | None = Field(default=None, description="Conversion from another LSOA vintage.")


class InterventionColumns(Frozen):
    """Headings of the register of interventions."""

    intervention_id: str = Field(default="intervention_id", description="Identifier.")
    what: str = Field(default="what", description="What is done.")
    place: str = Field(default="place", description="Where: city, city-centre, ward:CODE, premises:ID, polygon:WKT.")
    comparison: str = Field(default="comparison", description="Comparison area agreed beforehand; blank: none.")
    start: str = Field(default="start", description="First day.")
    end: str = Field(default="end", description="Last day; blank: still running.")
    owner: str = Field(default="owner", description="Who answers for it.")
    measure: str = Field(default="measure", description="Count it is judged by, agreed beforehand.")
    target: str = Field(default="target", description="What is hoped for, in words.")
    review_date: str = Field(default="review_date", description="Day on which it is looked at again.")


class InterventionsSource(_Source):
    """The register of interventions; the pages add to it, and every earlier state is kept."""

    kind: Literal["interventions"]
    resolution: Literal["point"] = Field(default="point", description="A place is named, never guessed.")
    columns: InterventionColumns = Field(default=InterventionColumns(), description="Headings of the file.")


Source = Annotated[
    CalloutsSource
    | NeedleFindsSource
    | PremisesSource
    | IncidentsSource
    | CrimesSource
    | PopulationSource
    | InterventionsSource
    | EdAttendancesSource,
    Field(discriminator="kind"),
]
