"""What a premises score is made of: the profile, its version, its window, its points and its bands.

``seed_count`` counts incidents. ``weighted`` gives each the points severity x attribution x mitigation. No police force
publishes its own matrix and this is none of them: every weight is a setting, and profile and version are printed beside
every score.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from hotspots.errors import DataRefused
from hotspots.periods import months_before

Profile = Literal["seed_count", "weighted"]
Decay = Literal["none", "linear", "exponential"]
Capacity = Literal["none", "per_100_capacity"]
Band = Literal["low", "medium", "verging on high", "high"]

BANDS: tuple[Band, ...] = ("low", "medium", "verging on high", "high")
SEVERITY = {1: 1.0, 2: 2.0, 3: 3.0, 4: 4.0, 5: 5.0}
ATTRIBUTION = {
    "inside": 1.0,
    "queue_or_doorway_or_smoking_area": 1.0,
    "immediate_vicinity_dispersal": 0.5,
    "linked_elsewhere": 0.25,
    "not_attributable": 0.0,
}
MITIGATION = {"none": 1.0, "staff_acted_well_and_called_police": 0.5}
UNKNOWN = "unknown"  # an attribution that nobody has made yet: counted beside the score, never in it
_THRESHOLDS: dict[str, tuple[float, float]] = {"seed_count": (5, 12), "weighted": (10, 25)}


@dataclass(frozen=True)
class ScoreSpec:
    """
    A version of a profile: which incidents count, over how many calendar months, for how much, and where bands begin.

    Parameters
    ----------
    window_months
        The window is ``(as_of - window_months, as_of]`` in calendar months; from a month-end it begins after one.
    medium_from, high_from
        Scores from which the bands begin; of ``seed_count`` 5 and 12, of ``weighted`` 10 and 25.
    verging_fraction
        Share of ``high_from`` from which a score is *verging on high*.
    bands
        Whether there are bands at all: for real premises, only once somebody agreed the thresholds.
    severity, attribution, mitigation
        Factors of the ``weighted`` profile. An attribution of factor 0 does not count in either profile.
    severe_from, severe_mitigation
        From this severity on, good work of the staff lowers the points to no less than this share.
    decay, half_life_days
        How points fade with the age of an incident: not, evenly to nothing at the window's beginning, or by half-lives.
    capacity
        ``per_100_capacity`` adds an adjusted score, on which bands then rest; without a capacity there is none.
    rising_months, rising_by
        A score is *rising* if it is at least ``rising_by`` above that of ``rising_months`` earlier.

    Examples
    --------
    >>> ScoreSpec().label, ScoreSpec(profile="weighted").band(21.0)
    ('seed_count version 1', 'verging on high')
    """

    window_months: int = 6
    scored_types: tuple[str, ...] = ("violence", "sexual", "robbery", "weapon", "affray")
    medium_from: float | None = None
    high_from: float | None = None
    verging_fraction: float = 0.8
    bands: bool = True
    profile: Profile = "seed_count"
    version: str = "1"
    severity: Mapping[int, float] = field(default_factory=lambda: dict(SEVERITY))
    attribution: Mapping[str, float] = field(default_factory=lambda: dict(ATTRIBUTION))
    mitigation: Mapping[str, float] = field(default_factory=lambda: dict(MITIGATION))
    severe_from: int = 4
    severe_mitigation: float = 0.5
    decay: Decay = "none"
    half_life_days: float = 90.0
    capacity: Capacity = "none"
    rising_months: int = 3
    rising_by: float = 4.0

    def __post_init__(self) -> None:
        for name, allowed in (("profile", Profile), ("decay", Decay), ("capacity", Capacity)):
            _check_choice(name, getattr(self, name), allowed)
        medium, high = self.thresholds
        if not 0 < medium < high:
            raise DataRefused(f"bands must rise: medium from {medium:g}, high from {high:g}")
        if not 0 < self.verging_fraction <= 1:
            raise DataRefused(
                f"verging_fraction is a share of high_from, above 0 and up to 1, not {self.verging_fraction}"
            )
        for name in ("window_months", "rising_months"):
            if getattr(self, name) < 1:
                raise DataRefused(f"{name} is a number of calendar months from 1, not {getattr(self, name)}")
        if not (self.half_life_days > 0 and self.rising_by > 0):
            raise DataRefused("half_life_days and rising_by must be above 0")
        if not self.scored_types:
            raise DataRefused("scored_types is empty: name the incident types that count")
        _check_factors(self)

    @property
    def label(self) -> str:
        """Profile and version, as they are printed beside every score."""
        return f"{self.profile} version {self.version}"

    @property
    def thresholds(self) -> tuple[float, float]:
        """The scores from which the bands medium and high begin."""
        medium, high = _THRESHOLDS[self.profile]
        return (
            medium if self.medium_from is None else self.medium_from,
            high if self.high_from is None else self.high_from,
        )

    @property
    def verging_from(self) -> float:
        """The score from which the band is *verging on high*."""
        return self.verging_fraction * self.thresholds[1]

    @property
    def whole(self) -> bool:
        """Whether every score is a whole number: incidents counted, and none of them faded."""
        return self.profile == "seed_count" and self.decay == "none"

    @property
    def edges(self) -> tuple[float, float, float]:
        """The scores from which the bands above *low* begin."""
        return self.thresholds[0], max(self.verging_from, self.thresholds[0]), self.thresholds[1]

    def band(self, score: float) -> str:
        """The band of a score; empty where there are no bands."""
        return BANDS[sum(score >= edge for edge in self.edges)] if self.bands else ""

    def opens(self, as_of: date) -> date:
        """The last day before the window of ``as_of``: the window is open at its beginning."""
        return months_before(as_of, self.window_months)


def _check_choice(name: str, given: str, allowed: Any) -> None:
    choices: tuple[str, ...] = allowed.__args__
    if given not in choices:
        raise DataRefused(f"{name} {given!r} is not one of {', '.join(choices)}")


def _check_factors(spec: ScoreSpec) -> None:
    tables: dict[str, Mapping[Any, float]] = {
        "severity": spec.severity,
        "attribution": spec.attribution,
        "mitigation": spec.mitigation,
    }
    for name, factors in tables.items():
        for key, factor in factors.items():
            if not 0 <= factor < float("inf"):
                raise DataRefused(f"{name}: the factor of {key!r} must be a number from 0, not {factor!r}")
    if UNKNOWN in spec.attribution:
        raise DataRefused(f"attribution: {UNKNOWN!r} has no factor: such incidents are counted beside the score")
    if "none" not in spec.mitigation:
        raise DataRefused("mitigation needs a factor for 'none': incidents that say nothing of it")
    if not 0 <= spec.severe_mitigation <= 1:
        raise DataRefused(f"severe_mitigation is a share from 0 to 1, not {spec.severe_mitigation}")
