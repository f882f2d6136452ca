"""Before and after, with or without a comparison area: one answer with an interval and a verdict."""

import math
from dataclasses import dataclass

from hotspots.analysis.comparison.displacement import Difference, Pair, Quotient, check_weights, wdd, wdq
from hotspots.analysis.comparison.ratios import (
    Count,
    Estimate,
    Interval,
    Verdict,
    check_level,
    interval_of,
    rate_ratio,
    ratio_of_ratios,
)
from hotspots.errors import DataRefused, UsageError


@dataclass(frozen=True)
class Comparison:
    """
    What was compared and what came of it; print it for the answer in plain words.

    ``change`` is the target's own, ``against_comparison`` the same beside the comparison area. ``ratio, lower, upper,
    p_value`` and ``verdict`` are those of ``against_comparison`` where there is one, otherwise of ``change``. ``wdd``
    is the weighted displacement difference; ``wdq`` the displacement quotient, or ``wdq_refused`` the reason for none.
    ``verdict`` is None where ``withheld`` says why.
    """

    before: Interval
    after: Interval
    change: Estimate
    level: float
    exposure: float = 1.0
    dispersion: float = 1.0
    comparison_before: Interval | None = None
    comparison_after: Interval | None = None
    against_comparison: Estimate | None = None
    wdd: Difference | None = None
    wdq: Quotient | None = None
    wdq_refused: str = ""
    withheld: str = ""
    notes: tuple[str, ...] = ()

    @property
    def estimate(self) -> Estimate:
        """The estimate that the verdict is about."""
        return self.against_comparison or self.change

    @property
    def ratio(self) -> float:
        """Rate after over rate before, beside the comparison area's where there is one; NaN if counts are hidden."""
        return self.estimate.ratio

    @property
    def lower(self) -> float:
        """Lower end of the interval of the ratio."""
        return self.estimate.lower

    @property
    def upper(self) -> float:
        """Upper end of the interval of the ratio."""
        return self.estimate.upper

    @property
    def p_value(self) -> float:
        """Two-sided: how often unchanged counts would differ at least as much."""
        return self.estimate.p_value

    @property
    def verdict(self) -> Verdict | None:
        """Up, Down, No clear change or Too few to say; None where a verdict is withheld."""
        return None if self.withheld else self.estimate.verdict

    @property
    def sentence(self) -> str:
        """The answer in plain words."""
        from hotspots.analysis.comparison.words import in_words

        return in_words(self)

    def __str__(self) -> str:
        return self.sentence


def compare(
    before: Count,
    after: Count,
    *,
    comparison_before: Count | None = None,
    comparison_after: Count | None = None,
    buffer: Pair | None = None,
    comparison_buffer: Pair | None = None,
    exposure_before: float = 1.0,
    exposure_after: float = 1.0,
    level: float = 0.95,
    dispersion: float = 1.0,
) -> Comparison:
    """
    Compare a count after with a count before, and with the same two counts of a comparison area.

    Parameters
    ----------
    before, after
        Events before and after: whole numbers, or ``(lowest, highest)`` for a count that was hidden.
    comparison_before, comparison_after
        The same of an area where nothing was done, chosen before the later counts were seen; both or neither.
    buffer, comparison_buffer
        Counts ``(before, after)`` of the zone around the target that events may have moved to, and of the like zone
        around the comparison area; they enter the WDD, and the first the WDQ.
    exposure_before, exposure_after
        What the counts are per: months, nights, visitors. Equal unless said.
    level
        Level of the intervals.
    dispersion
        Variance over mean of the monthly counts where they vary more than independent events do: widens everything.

    Returns
    -------
    Comparison
        Rate ratio with exact conditional interval and mid-P; with a comparison area also the ratio of ratios and the
        weighted displacement difference; a verdict; and plain words.

    Raises
    ------
    DataRefused
        There is no event at all, or a zero in either area where a comparison needs none.
    UsageError
        Half of a comparison was given, or an exposure or level that makes no sense.

    Examples
    --------
    >>> found = compare(48, 29, comparison_before=60, comparison_after=58)
    >>> round(found.ratio, 3), round(found.lower, 2), round(found.upper, 2), found.verdict
    (0.625, 0.35, 1.12, 'No clear change')
    >>> print(compare(48, 36))
    The count fell from 48 to 36 (a quarter fewer; anything from 53 % fewer to 18 % more fits the counts). With numbers
    this small, chance alone could produce a change like this. We cannot tell yet whether there was a change.
    """
    check_level(level)
    check_weights((exposure_before, exposure_after, dispersion))
    if (comparison_before is None) != (comparison_after is None):
        raise UsageError("give both comparison_before and comparison_after, or neither")
    earlier, later = interval_of(before, name="before"), interval_of(after, name="after")
    exposure = exposure_after / exposure_before
    change = rate_ratio(earlier, later, exposure=exposure, level=level, dispersion=max(dispersion, 1.0))
    if comparison_before is None or comparison_after is None:
        if buffer is not None or comparison_buffer is not None:
            raise UsageError("a buffer is judged beside a comparison area: give comparison_before and comparison_after")
        return Comparison(earlier, later, change, level, exposure, dispersion)
    compared = (
        interval_of(comparison_before, name="comparison_before"),
        interval_of(comparison_after, name="comparison_after"),
    )
    quotient, refused = _quotient((earlier, later), buffer, compared)
    return Comparison(
        earlier,
        later,
        change,
        level,
        exposure,
        dispersion,
        *compared,
        against_comparison=ratio_of_ratios((earlier, later), compared, level=level, dispersion=max(dispersion, 1.0)),
        wdd=wdd(
            (earlier, later),
            compared,
            buffer=buffer or (0, 0),
            comparison_buffer=comparison_buffer or (0, 0),
            period_weights=_weights(exposure_before, exposure_after),
            level=level,
            dispersion=max(dispersion, 1.0),
        ),
        wdq=quotient,
        wdq_refused=refused,
    )


def _weights(before: float, after: float) -> tuple[float, float]:
    """Lengths beside the longer of the two: the difference is then a number of events in the longer period."""
    longest = max(before, after)
    return before / longest, after / longest


def _quotient(target: Pair, buffer: Pair | None, comparison: Pair) -> tuple[Quotient | None, str]:
    if buffer is None:
        return None, "the displacement quotient needs the counts of a buffer zone"
    try:
        return wdq(target, buffer, comparison), ""
    except DataRefused as error:
        return None, str(error)


def is_exact(interval: Interval) -> bool:
    """Whether a count is known and not hidden."""
    return interval[0] == interval[1] and math.isfinite(interval[0])
