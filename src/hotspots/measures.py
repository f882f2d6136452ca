"""The measures: what each number is called, counts, and is divided by.

Pickers, legends, the data dictionary and the exports all read this registry, so that *instances* are never shown as
*volume*, nor recorded *crime* as *ASB incidents*.
"""

from dataclasses import dataclass, replace
from typing import Literal

from hotspots.errors import UsageError

Statistic = Literal["count", "annual_average", "rate_per_1000", "per_km2", "score"]


@dataclass(frozen=True)
class Measure:
    """One number that can be shown: its identifier, words, unit, and how it is made from a count."""

    id: str
    label: str
    unit: str
    statistic: Statistic
    source_kind: str
    base: str
    meaning: str
    denominator: str | None = None

    @property
    def decimals(self) -> int:
        """How many decimals are printed: counts are whole, averages and rates have one."""
        return 0 if self.statistic in {"count", "score"} else 1


_COUNTS = (
    Measure(
        "callouts",
        "Assault-related ambulance callouts",
        "callouts",
        "count",
        "callouts",
        "callouts",
        "Callouts as the ambulance service reports them by area; not comparable with, or additive to, police counts.",
    ),
    Measure(
        "instances",
        "Needle finds (instances)",
        "finds",
        "count",
        "needle_finds",
        "instances",
        "Reports at which at least one needle was found, or the number found is unknown.",
    ),
    Measure(
        "volume",
        "Needles found (volume)",
        "needles",
        "count",
        "needle_finds",
        "volume",
        "Needles found, summed over finds of known quantity; one large find can move it.",
    ),
    Measure(
        "crimes",
        "Recorded crime",
        "crimes",
        "count",
        "crimes",
        "crimes",
        "Police-recorded crimes by the area that the record states; anti-social behaviour is not among them.",
    ),
    Measure(
        "asb",
        "Anti-social behaviour incidents",
        "incidents",
        "count",
        "crimes",
        "asb",
        "Police-recorded anti-social behaviour incidents, which carry no identifier, by the area the record states.",
    ),
    Measure(
        "crimes_located",
        "Recorded crime, by position",
        "crimes",
        "count",
        "crimes",
        "crimes_located",
        "The same crimes counted in the area that holds their (snapped) position: a second measure beside the first.",
    ),
    Measure(
        "asb_located",
        "Anti-social behaviour incidents, by position",
        "incidents",
        "count",
        "crimes",
        "asb_located",
        "The same incidents counted in the area that holds their (snapped) position.",
    ),
)


def _derived(count: Measure) -> tuple[Measure, ...]:
    return (
        replace(
            count,
            id=f"{count.id}_per_year",
            label=f"{count.label}, annual average",
            unit=f"{count.unit} a year",
            statistic="annual_average",
            meaning=f"{count.meaning} Divided by the years in the period.",
        ),
        replace(
            count,
            id=f"{count.id}_per_1000",
            label=f"{count.label} per 1,000 residents",
            unit=f"{count.unit} a year per 1,000 residents",
            statistic="rate_per_1000",
            denominator="population",
            meaning=f"{count.meaning} Per year and 1,000 residents; residents mislead where few live and many visit.",
        ),
        replace(
            count,
            id=f"{count.id}_per_km2",
            label=f"{count.label} per km²",
            unit=f"{count.unit} a year per km²",
            statistic="per_km2",
            denominator="area_km2",
            meaning=f"{count.meaning} Per year and square kilometre of the area.",
        ),
    )


_SCORE = Measure(
    "premises_score",
    "Premises violence score",
    "attributed incidents",
    "score",
    "incidents",
    "premises_score",
    "Distinct violent incidents attributed to the premises in a rolling window of six calendar months.",
)

MEASURES: dict[str, Measure] = {
    measure.id: measure
    for measure in (*_COUNTS, *(derived for count in _COUNTS for derived in _derived(count)), _SCORE)
}

INCIDENTS_MEASURE = "incidents"
# The counts of events that work can be judged by. Not the volume of needles: one find may hold thousands.
JUDGED_MEASURES: dict[str, str] = {
    name: MEASURES[name].label for name in ("callouts", "instances", "crimes", "asb")
} | {INCIDENTS_MEASURE: "Incidents attributed to the premises"}

CATEGORIES: dict[str, str] = {
    "all": "all",
    "without_batches": "without batches",
    "without_house_clearances": "without house clearances",
    "without_batches_or_house_clearances": "without batches and house clearances",
}


def measure(identifier: str) -> Measure:
    """
    The measure with this identifier; ``UsageError`` names the ones there are.

    Examples
    --------
    >>> measure("volume").unit, measure("callouts_per_year").decimals
    ('needles', 1)
    """
    if identifier not in MEASURES:
        raise UsageError(f"there is no measure {identifier!r}; choose one of {', '.join(sorted(MEASURES))}")
    return MEASURES[identifier]


def statistic_of(base: str, statistic: Statistic) -> Measure:
    """The measure that shows ``base`` (a count) by another statistic."""
    for candidate in MEASURES.values():
        if candidate.base == base and candidate.statistic == statistic:
            return candidate
    raise UsageError(f"{base!r} is not held as {statistic!r}")
