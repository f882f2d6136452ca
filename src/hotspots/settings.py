"""The area file (``hotspots.toml``): parsed once into frozen settings, refused where it says anything unknown.

Every key is a field with a description here and a row in ``docs/configuration.md``; a test holds the two together.
Paths are relative to the area file.
"""

import json
import tomllib
from datetime import date
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import BaseModel, Field, ValidationError, model_validator

from hotspots.boundary_settings import BoundariesSection
from hotspots.errors import SettingsRefused
from hotspots.fetch_settings import FetchSection
from hotspots.gazetteer_settings import GazetteerSection
from hotspots.limits import Limits
from hotspots.source_settings import (
    CalloutsSource,
    CrimesSource,
    EdAttendancesSource,
    Frozen,
    IncidentsSource,
    InterventionsSource,
    NeedleFindsSource,
    PopulationSource,
    PremisesSource,
    Source,
)
from hotspots.tables import Marking
from hotspots.texts import check_texts

_MOST_YEARS = 60

Role = Literal["public", "officer", "group", "licensing", "analyst"]
Kernel = Literal["quartic", "epanechnikov", "triweight", "uniform", "gaussian"]


class AreaSection(Frozen):
    """What place this is."""

    name: str = Field(min_length=1, max_length=200, description="Name of the place, as printed on every page.")
    lad: str = Field(default="", description="Code of the local authority district, such as E07000008.")


class CityCentreSection(Frozen):
    """The city-centre area: a mask with a version."""

    path: str = Field(description="GeoJSON file of the area, relative to the area file.")
    option: str = Field(default="full", description="Which of the file's options to use (`full`, `to_railway`).")
    inside_share: float = Field(default=0.9, gt=0.5, le=1, description="Share of a polygon from which it is inside.")
    outside_share: float = Field(default=0.1, ge=0, lt=0.5, description="Share up to which a polygon is outside.")


class DensitySection(Frozen):
    """How density surfaces are made."""

    kernel: Kernel = Field(default="quartic", description="Kernel; quartic is the field's usual choice.")
    bandwidth_m: float = Field(default=300, gt=0, description="Support radius in metres (Gaussian: s.d.).")
    cell_m: float = Field(default=50, gt=0, description="Cell size in metres.")


class HotspotPreset(Frozen):
    """A question that a group asks every time: which types of record, at which hours."""

    name: str = Field(pattern="^[a-z][a-z0-9-]*$", description="Short name, such as `retail`: part of addresses.")
    title: str = Field(description="Name on the page.")
    categories: tuple[str, ...] = Field(min_length=1, description="Types of record, as the source writes them.")
    from_hour: int | None = Field(default=None, ge=0, le=23, description="First hour, where hours are held.")
    to_hour: int | None = Field(default=None, ge=0, le=23, description="Last hour; before the first: past midnight.")
    note: str = Field(default="", description="What has to be known to read it.")

    @model_validator(mode="after")
    def _check_hours(self) -> "HotspotPreset":
        if (self.from_hour is None) != (self.to_hour is None):
            raise ValueError("from_hour and to_hour belong together: state both or neither")
        return self


RETAIL = HotspotPreset(
    name="retail",
    title="Retail",
    categories=("Shoplifting", "Anti-social behaviour"),
    from_hour=6,
    to_hour=17,
    note="Shoplifting and anti-social behaviour together: recorded crimes and incidents, added for this purpose only.",
)
NIGHT_TIME = HotspotPreset(
    name="night-time",
    title="Night-time",
    categories=("Violence and sexual offences",),
    from_hour=18,
    to_hour=5,
    note="Violence as data.police.uk publishes it includes domestic and sexual offences and cannot be separated. A "
    "night belongs to its evening's date; records that hold only a month stay in their month.",
)


class HotspotsSection(Frozen):
    """How hotspots are found, divided and named, and how their prediction is judged."""

    bandwidth_m: float = Field(default=150, gt=0, description="Support radius of the density, metres.")
    cell_m: float = Field(default=50, gt=0, description="Cell size, metres.")
    simulations: int = Field(
        default=999, ge=99, le=99_999, description="Maps without clustering that are compared with."
    )
    level: float = Field(default=0.95, gt=0.5, lt=1, description="Share of such maps that may show no hotspot at all.")
    seed: int = Field(default=1, ge=0, description="Seed of the simulations.")
    min_events: int = Field(default=5, ge=2, description="Fewest events of a hotspot.")
    largest_ha: float = Field(
        default=4, gt=0, description="Size above which a hotspot is divided at its saddles (at twice that: cut), ha."
    )
    prominence: float = Field(
        default=0.1, ge=0, le=1, description="Share of a peak's height by which it must stand above the saddle."
    )
    gazetteer: str = Field(default="", description="GeoJSON of named places (`name`, optional `radius_m`).")
    area_share: float = Field(
        default=0.01, gt=0, le=0.2, description="Share of the area that the evaluation chooses places up to."
    )
    evaluation_cell_m: float = Field(default=100, gt=0, description="Cell size of the evaluation, metres.")
    presets: tuple[HotspotPreset, ...] = Field(
        default=(RETAIL, NIGHT_TIME), description="Agendas of recorded crime, beside all of it."
    )

    @model_validator(mode="after")
    def _check_presets(self) -> "HotspotsSection":
        names = [preset.name for preset in self.presets]
        if len(set(names)) != len(names) or "all" in names:
            raise ValueError("hotspot presets need different names, none of them 'all'")
        return self


class RatesSection(Frozen):
    """When a rate is not shown."""

    minimum_population: int = Field(default=500, ge=1, description="Residents below which no rate is shown.")


class WeightedSection(Frozen):
    """Factors of the `weighted` profile: severity x attribution x mitigation. They are no police force's."""

    severity: dict[int, float] = Field(
        default={1: 1.0, 2: 2.0, 3: 3.0, 4: 4.0, 5: 5.0}, description="Severity 1 to 5 -> points."
    )
    attribution: dict[str, float] = Field(
        default={
            "inside": 1.0,
            "queue_or_doorway_or_smoking_area": 1.0,
            "immediate_vicinity_dispersal": 0.5,
            "linked_elsewhere": 0.25,
            "not_attributable": 0.0,
        },
        description="Attribution -> share of the points; 0 does not count in any profile. `unknown` has none.",
    )
    mitigation: dict[str, float] = Field(
        default={"none": 1.0, "staff_acted_well_and_called_police": 0.5},
        description="What the premises did -> share of the points; `none` is needed, and meant where nothing is said.",
    )
    severe_from: int = Field(default=4, ge=1, description="Severity from which mitigation is limited.")
    severe_mitigation: float = Field(
        default=0.5, ge=0, le=1, description="The share it lowers such points to, at most."
    )


class ScoreSection(Frozen):
    """The premises score: the profile in use and its version, its window, its bands and the frozen scores."""

    profile: Literal["seed_count", "weighted"] = Field(
        default="seed_count", description="Incidents counted, or each weighted as `[premises_score.weighted]` says."
    )
    version: str = Field(default="1", min_length=1, description="Version of the profile: raise it with every change.")
    window_months: int = Field(default=6, ge=1, le=60, description="Length of the rolling window, calendar months.")
    medium_from: float | None = Field(
        default=None, gt=0, allow_inf_nan=False, description="Score from which the band is medium (5; 10)."
    )
    high_from: float | None = Field(
        default=None, gt=0, allow_inf_nan=False, description="Score from which the band is high (12; 25)."
    )
    verging_fraction: float = Field(default=0.8, gt=0, lt=1, description="Share of high that is verging on high.")
    rising_months: int = Field(default=3, ge=1, le=60, description="Months over which a rise is looked for.")
    rising_by: float = Field(
        default=4, gt=0, allow_inf_nan=False, description="Rise of the score from which a premises is watched."
    )
    decay: Literal["none", "linear", "exponential"] = Field(
        default="none", description="How an incident fades: not, evenly over the window, or by half-lives."
    )
    half_life_days: float = Field(
        default=90, gt=0, allow_inf_nan=False, description="Half-life of exponential decay, days."
    )
    capacity: Literal["none", "per_100_capacity"] = Field(
        default="none", description="Adds a score for each 100 of licensed capacity, on which bands then rest."
    )
    thresholds_agreed_by: str = Field(default="", description="Who agreed the bands; without it: counts only.")
    thresholds_agreed_on: date | None = Field(default=None, description="When; without it real data get no bands.")
    reported: str = Field(default="", description="CSV of scores frozen as a meeting saw them: `hotspots freeze`.")
    weighted: WeightedSection = Field(default=WeightedSection(), description="Factors of the weighted profile.")

    @property
    def thresholds_agreed(self) -> bool:
        """Whether somebody agreed the bands, on a day."""
        return bool(self.thresholds_agreed_by.strip()) and self.thresholds_agreed_on is not None


class PolicySection(Frozen):
    """The disclosure rules of a policy, each a setting with a reason."""

    method: Literal["suppression", "rounding"] = Field(
        default="suppression", description="Hide small cells and what reveals them, or round every count; never both."
    )
    threshold: int = Field(default=5, ge=2, description="Counts from 1 to below this are hidden.")
    interval_width: int = Field(
        default=0,
        ge=0,
        description="How many whole numbers a hidden count must still be able to be, whatever else is read; 0 for as "
        "many as the threshold: fewer would tell a hidden count more closely than the words that hide it.",
    )
    rounding_base: int = Field(default=5, ge=2, description="Multiple of rounded counts; those of places always are.")
    zero: Literal["show", "hide"] = Field(default="show", description="Whether a zero is shown.")
    smallest_bandwidth_m: float = Field(default=200, ge=0, description="Smallest bandwidth of a density, metres.")
    smallest_cell_m: float = Field(default=50, ge=0, description="Smallest cell of a density, metres.")
    minimum_events: int = Field(default=5, ge=1, description="Fewest events about a cell, or in a hotspot, to show it.")

    @property
    def width(self) -> int:
        """How many whole numbers a hidden count must still be able to be."""
        return self.interval_width or self.threshold

    @model_validator(mode="after")
    def _check_base(self) -> "PolicySection":
        if self.method == "rounding" and self.rounding_base > 2 * self.threshold:
            raise ValueError(
                f"rounding_base is {self.rounding_base}, more than twice the threshold ({self.threshold}): counts that "
                "are shown would be printed as 0; lower it, or raise the threshold"
            )
        return self


class DisclosureSection(Frozen):
    """What each audience may see of each policy; `open` sources are shown exactly."""

    controlled: PolicySection = Field(default=PolicySection(), description="Rules for controlled sources.")
    health: PolicySection = Field(default=PolicySection(method="rounding"), description="Rules for health sources.")


class MarkingSection(Frozen):
    """Lowering the marking of the outputs below the highest of the inputs: only by somebody, for a reason."""

    lowered_to: Marking | None = Field(default=None, description="Marking of the outputs, where it is lowered.")
    lowered_by: str = Field(default="", description="Who decided; needed to lower.")
    lowered_because: str = Field(default="", description="Why; needed to lower.")

    @model_validator(mode="after")
    def _check_named(self) -> "MarkingSection":
        if self.lowered_to is not None and not (self.lowered_by and self.lowered_because):
            raise ValueError("lowering a marking needs lowered_by (a name) and lowered_because (a reason)")
        return self


class MapSection(Frozen):
    """The map service."""

    role: Role = Field(default="officer", description="Who reads the map on this machine; decides what is shown.")
    classes: int = Field(default=5, ge=2, le=7, description="Most classes of a choropleth.")
    most_points: int = Field(default=5000, ge=1, description="Most single events drawn on a map.")
    places: str = Field(default="", description="GeoJSON of named places drawn for orientation.")
    series_breaks: str = Field(default="", description="CSV of breaks in series: no comparison crosses one.")


class AreaFile(Frozen):
    """The whole area file."""

    area: AreaSection = Field(description="What place this is.")
    boundaries: BoundariesSection = Field(default=BoundariesSection(), description="Boundary sets in use.")
    city_centre: CityCentreSection | None = Field(default=None, description="The city-centre area.")
    density: DensitySection = Field(default=DensitySection(), description="How density surfaces are made.")
    hotspots: HotspotsSection = Field(default=HotspotsSection(), description="Hotspots and their prediction.")
    rates: RatesSection = Field(default=RatesSection(), description="When a rate is not shown.")
    premises_score: ScoreSection = Field(default=ScoreSection(), description="The premises score.")
    disclosure: DisclosureSection = Field(default=DisclosureSection(), description="Disclosure rules.")
    marking: MarkingSection = Field(default=MarkingSection(), description="Lowering the protective marking.")
    gazetteer: GazetteerSection = Field(default=GazetteerSection(), description="Places from words.")
    map: MapSection = Field(default=MapSection(), description="The map service.")
    fetch: FetchSection = Field(default=FetchSection(), description="Downloads.")
    limits: Limits = Field(default=Limits(), description="How large files from outside may be.")
    sources: tuple[Source, ...] = Field(default=(), description="The partners' files.")

    @model_validator(mode="after")
    def _check_sources(self) -> "AreaFile":
        names = [source.id for source in self.sources]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two sources have the id {twice[0]!r}")
        for source in self.sources:
            days = f"{source.covers_from} to {source.covers_to}"
            if source.covers_to.year - source.covers_from.year > _MOST_YEARS:
                raise ValueError(f"{source.id}: {days} is more than {_MOST_YEARS} years; is a digit mistyped?")
        kinds = [source.kind for source in self.sources]
        double = sorted({kind for kind in kinds if kinds.count(kind) > 1})
        if double:
            raise ValueError(
                f"two sources of kind {double[0]!r}: an area file has one of each; files with the same headings are "
                'named together by a glob, such as path = "sources/finds-*.csv", and those of suppliers who use '
                "different headings are put together in one table first"
            )
        return self


class Area(Frozen):
    """An area file together with the folder its paths are relative to."""

    folder: Path
    file: AreaFile

    def source(self, kind: str) -> Any:
        """The source of a kind, or None."""
        return next((source for source in self.file.sources if source.kind == kind), None)


def load_area(path: Path | str = "hotspots.toml") -> Area:
    """
    Read an area file into frozen settings.

    Raises
    ------
    SettingsRefused
        The file is missing, is not TOML, or holds an unknown key, a wrong type or a missing key: the message lists
        every problem with the key, what was given and what is allowed.
    """
    path = Path(path)
    if not path.is_file():
        raise SettingsRefused(f"there is no area file {path}; name one with --area, or run this in an area folder")
    if path.stat().st_size > 1_000_000:
        raise SettingsRefused(f"{path.name} is larger than 1 MB: not an area file")
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        said = "its lists are too deep" if isinstance(error, RecursionError) else error
        raise SettingsRefused(f"{path.name} is not valid TOML: {said}") from error
    check_texts(content, path.name)
    try:
        # As strict as JSON: true is no number, "300" neither, and "yes" is not true.
        as_json = json.dumps(content, default=str)
        return Area(folder=path.resolve().parent, file=AreaFile.model_validate_json(as_json, strict=True))
    except ValidationError as error:
        problems = "\n".join(f"  {_problem(item)}" for item in error.errors(include_url=False))
        raise SettingsRefused(f"{path.name} cannot be used:\n{problems}") from error


def _problem(item: Any) -> str:
    location = [part for part in item["loc"] if part not in _SOURCE_MODELS]
    key = ".".join(str(part) for part in location)
    if item["type"] == "extra_forbidden":
        return f"{key}: unknown key; allowed here: {', '.join(_allowed(item['loc']))}"
    if item["type"] == "missing":
        return f"{key}: missing"
    given = item.get("input")
    shown = "" if isinstance(given, dict) else f" (given: {given!r})"
    return f"{key or 'the file'}: {item['msg'].removeprefix('Value error, ')}{shown}"


_SOURCE_MODELS: dict[str, type[BaseModel]] = {
    "callouts": CalloutsSource,
    "needle_finds": NeedleFindsSource,
    "premises": PremisesSource,
    "incidents": IncidentsSource,
    "crimes": CrimesSource,
    "population": PopulationSource,
    "ed_attendances": EdAttendancesSource,
    "interventions": InterventionsSource,
}


def _allowed(location: tuple[Any, ...]) -> list[str]:
    model: Any = AreaFile
    for part in location[:-1]:
        if isinstance(part, int):
            continue
        if part in _SOURCE_MODELS and model is None:
            model = _SOURCE_MODELS[part]
            continue
        model = _model_of(model.model_fields[part].annotation)
    return sorted(model.model_fields) if model is not None else []


def _model_of(annotation: Any) -> Any:
    """The settings model inside an annotation, or None where it is the choice of source kinds."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    models = [found for argument in get_args(annotation) if (found := _model_of(argument)) is not None]
    return models[0] if len(models) == 1 else None
