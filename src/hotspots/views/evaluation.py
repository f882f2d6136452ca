"""Did it work? A question about a place and the day that work began there, and its answer as a viewer may have it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from hotspots.analysis.comparison import (
    CONFOUNDED,
    AreaComparisons,
    Comparison,
    ControlChart,
    PeriodCounts,
    Windows,
    check_apart,
    check_windows,
    compare_areas,
    compare_windows,
    control_chart,
    displacement_zones,
    in_words,
    power_table,
    windows_around,
)
from hotspots.analysis.score import fall_caveat
from hotspots.errors import DataRefused, UsageError
from hotspots.layer import LayerMeta
from hotspots.measures import INCIDENTS_MEASURE, JUDGED_MEASURES
from hotspots.periods import Period
from hotspots.snapshot import Build
from hotspots.views.judged import (
    REST,
    counts_of,
    described,
    judged_places,
    place_label,
    place_shape,
    registered,
    rest_of,
    series_breaks,
)
from hotspots.views.scores import spec_of
from hotspots.views.selection import Viewer


@dataclass(frozen=True)
class Question:
    """
    What is asked: which count, where, since when, over how many months on each side, beside which other place.

    ``place`` and ``comparison`` are ``city``, ``city-centre``, ``ward:CODE``, ``premises:ID``, ``hotspot:ID`` or
    ``polygon:WKT``; a comparison may also be ``rest`` (everywhere else) or nothing.
    """

    what: str
    place: str
    start: date
    months: int
    gap_months: int = 0
    comparison: str = ""
    buffer_m: float = 0
    adjoining: bool = False


@dataclass(frozen=True, eq=False)
class Answer:
    """The comparison with the counts it was made from, and what it is a matter of."""

    question: Question
    windows: Windows
    comparison: Comparison
    counts: PeriodCounts
    beside: PeriodCounts | None
    label: str
    beside_label: str
    meta: LayerMeta
    fall: str = ""  # what has to stand beside a fall of a premises score

    @property
    def sentence(self) -> str:
        """The answer in plain words, with the measure and both periods named."""
        said = in_words(self.comparison, what=JUDGED_MEASURES[self.question.what], work="the work")
        return f"{self.label}, {self.windows.before.label} and {self.windows.after.label}: {said}"

    @property
    def caveats(self) -> tuple[str, ...]:
        """What the answer cannot tell."""
        return (
            *(() if self.comparison.against_comparison is not None else (CONFOUNDED,)),
            *((self.fall,) if self.fall else ()),
            *self.meta.caveats,
        )

    @property
    def table(self) -> pd.DataFrame:
        """Before and after by area: ``Area`` and the two periods, in words."""
        found = self.comparison
        rows = [(self.label, found.before, found.after)]
        if found.comparison_before is not None and found.comparison_after is not None:
            rows.append((self.beside_label, found.comparison_before, found.comparison_after))
        return pd.DataFrame(
            [(area, _shown(before), _shown(after)) for area, before, after in rows],
            columns=["Area", self.windows.before.label, self.windows.after.label],
        )


def question_of(build: Build, viewer: Viewer, intervention_id: str, *, months: int, **changes: Any) -> Question:
    """The question that a registered intervention asks: its place, start, measure and comparison were agreed before."""
    table = registered(build, viewer)
    found = table[table["intervention_id"] == intervention_id] if len(table) else table
    if found.empty:
        raise UsageError(f"there is no intervention {intervention_id!r} in the register that you may see")
    row = found.iloc[0]
    comparison = "" if pd.isna(row["comparison"]) else str(row["comparison"])
    start = pd.Timestamp(row["start"]).date()
    asked = Question(str(row["measure"]), str(row["place"]), start, months, comparison=comparison)
    return replace(asked, **changes)


def evaluate(build: Build, question: Question, viewer: Viewer) -> Answer:
    """
    The answer to a question.

    Raises
    ------
    DataRefused
        The windows reach past the coverage, cross a series break, or hold unknown counts; target and comparison
        overlap; or there is nothing to compare. The message says which, and what to do.
    DisclosureRefused
        This viewer may not have these counts.
    """
    counts = counts_of(build, viewer, what=question.what, place=question.place)
    windows = _windows(counts, question)
    beside = _comparison_counts(build, question, viewer)
    zones = _zone_counts(build, question, viewer) if question.buffer_m else (None, None)
    found = compare_windows(
        counts,
        windows,
        comparison=beside,
        buffer=zones[0],
        comparison_buffer=zones[1],
        breaks=series_breaks(build),
        unlike_months_confirmed=question.adjoining,
    )
    return Answer(
        question=question,
        windows=windows,
        comparison=found,
        counts=counts,
        beside=beside,
        label=place_label(build, viewer, question.place),
        beside_label=place_label(build, viewer, question.comparison) if question.comparison else "",
        meta=described(build, question.what),
        fall=fall_caveat(spec_of(build)) if question.what == INCIDENTS_MEASURE else "",
    )


def comparable(counts: PeriodCounts, lengths: Sequence[int], *, adjoining: bool = False) -> tuple[Period, int] | None:
    """
    The period to begin with and the months each side that the counts can be compared over, to open the page with.

    Twelve months from the latest April if they are held on both sides, else from the latest period that allows it; then
    shorter lengths. None where too few months are held for any.

    Examples
    --------
    >>> from hotspots.periods import month
    >>> periods = tuple(month(2017 + at // 12, at % 12 + 1) for at in range(20))
    >>> counts = PeriodCounts(periods, np.ones(20), np.ones(20))
    >>> start, months = comparable(counts, (3, 6, 12))
    >>> start.label, months
    ('2018-03', 6)
    """
    for months in sorted(lengths, key=lambda length: (length > 12, -length)):
        for start in sorted(counts.periods, key=lambda period: (period.start.month == 4, period.start), reverse=True):
            windows = windows_around(start.start, months=months, period_months=counts.months_each, adjoining=adjoining)
            if all(counts.whole.holds(window) for window in (windows.before, windows.after)):
                return start, months
    return None


def evaluate_wards(build: Build, question: Question, viewer: Viewer) -> AreaComparisons:
    """
    The question asked of every ward at once, with its name: which changed, allowing for how many there are.

    A ward whose counts are hidden or rounded has too few to say. Raises what :func:`evaluate` raises for all of them:
    windows that are not covered, unlike months, or a break in the series.
    """
    names = {place: name for place, name in judged_places(build, viewer, question.what).items() if "ward:" in place}
    if not names:
        raise UsageError("this build has no wards to compare")
    rows = []
    for place, name in names.items():
        counts = counts_of(build, viewer, what=question.what, place=place)
        windows = _windows(counts, question)
        check_windows(windows, source_kind=counts.source_kind, breaks=series_breaks(build))
        rows.append((name, *(_exact(counts, window) for window in (windows.before, windows.after))))
    return compare_areas(pd.DataFrame(rows, columns=["area_code", "before", "after"]))


def detectable(counts: PeriodCounts) -> tuple[float, pd.DataFrame]:
    """Events a month over all that is held (the middle where counts are hidden), and the power table for them."""
    known = ~np.isnan(counts.lower)
    if not known.any():
        raise DataRefused("every count of this place is hidden, so nothing can be said of what it could show")
    middle = (counts.lower[known] + counts.upper[known]) / 2
    per_month = float(middle.mean()) / counts.months_each
    if per_month <= 0:
        raise DataRefused("there were no events here: no fall could be shown")
    return per_month, power_table(per_month)


def chart_of(counts: PeriodCounts) -> ControlChart:
    """The control chart of a place's counts; ``DataRefused`` where there are fewer than twelve, or hidden ones."""
    exact = np.where(counts.lower == counts.upper, counts.lower, np.nan)
    return control_chart(exact.tolist(), labels=[period.label for period in counts.periods])


def _windows(counts: PeriodCounts, question: Question) -> Windows:
    return windows_around(
        question.start,
        months=question.months,
        gap_months=question.gap_months,
        period_months=counts.months_each,
        adjoining=question.adjoining,
    )


def _exact(counts: PeriodCounts, window: Period) -> float:
    """The count of a window where it is known and exact, otherwise missing."""
    if np.isnan(counts.lower).any():
        return math.nan
    low, high = counts.over(window)
    return low if low == high else math.nan


def _comparison_counts(build: Build, question: Question, viewer: Viewer) -> PeriodCounts | None:
    if not question.comparison:
        return None
    if question.comparison == REST:
        return rest_of(build, viewer, what=question.what, place=question.place)
    _check_places(build, question)
    return counts_of(build, viewer, what=question.what, place=question.comparison)


def _check_places(build: Build, question: Question) -> None:
    if question.comparison == question.place or "city" in {question.comparison, question.place}:
        raise DataRefused(
            "the target and the comparison area overlap: what happens there would count on both sides; choose a "
            "comparison area apart from the target"
        )
    shapes = [place_shape(build, place, what=question.what) for place in (question.place, question.comparison)]
    if all(shape is not None for shape in shapes):
        check_apart(*shapes)


def _zone_counts(build: Build, question: Question, viewer: Viewer) -> tuple[PeriodCounts, PeriodCounts]:
    """Counts of the rings around the target and around its comparison area."""
    shapes = [place_shape(build, place, what=question.what) if place not in {"", REST} else None
              for place in (question.place, question.comparison)]  # fmt: skip
    if any(shape is None for shape in shapes):
        raise UsageError("a displacement zone needs a target and a comparison area that have an outline of their own")
    zones = displacement_zones(*shapes, buffer_m=question.buffer_m)
    around, beside = (counts_of(build, viewer, what=question.what, place="zone", zone=zone) for zone in zones)
    return around, beside


def _shown(count: tuple[float, float]) -> str:
    low, high = count
    return f"{low:,.0f}" if low == high else f"{low:,.0f} to {high:,.0f}"
