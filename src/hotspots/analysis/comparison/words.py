"""An answer in plain words, made from its numbers: what happened, how sure that is, and what it does not show."""

import math

from hotspots.analysis.comparison.compared import Comparison
from hotspots.analysis.comparison.ratios import Estimate, Interval

SMALL = 200  # events in all below which "numbers this small" is a fair thing to say
CONFOUNDED = (
    "Places are mostly chosen when they are at their worst, and would on average have come down again without anything "
    "being done: only a comparison area allows for that."
)


def in_words(comparison: Comparison, *, what: str = "The count", work: str = "") -> str:
    """
    The answer as a few sentences.

    Parameters
    ----------
    what
        What was counted, as the beginning of a sentence: "Recorded assaults".
    work
        What was done, where there is something: "the work on Mill Road".

    Examples
    --------
    >>> from hotspots.analysis.comparison.compared import compare
    >>> print(in_words(compare(10, 3), what="Incidents"))
    Incidents fell from 10 to 3 (70 % fewer; anything from 95 % fewer to 17 % more fits the counts). With numbers this
    small, chance alone could produce a change like this. We cannot tell yet whether there was a change.
    """
    said = [f"{what} {_moved(comparison.before, comparison.after)}{_extent(comparison.change)}."]
    if comparison.exposure != 1:
        said.append(f"The later period is {comparison.exposure:.2f} times as long, which is allowed for.")
    if comparison.comparison_before is not None and comparison.comparison_after is not None:
        moved = _moved(comparison.comparison_before, comparison.comparison_after)
        said.append(f"In the comparison area the count {moved}.")
    said.append(comparison.withheld or _judged(comparison, work))
    return " ".join([*said, *comparison.notes])


def _judged(comparison: Comparison, work: str) -> str:
    about = f"whether {work} made a difference" if work else "whether there was a change"
    verdict, own = comparison.estimate.verdict, comparison.change.verdict
    if verdict == "Too few to say":
        return f"These numbers are too few, or too many of them hidden, to say {about}."
    if verdict == "No clear change":
        return _unclear(comparison, about)
    direction = "fall" if verdict == "Down" else "rise"
    if comparison.against_comparison is None:
        return (
            f"The {direction} is larger than chance would usually produce. Counts before and after cannot say what "
            "brought it about."
        )
    if own != verdict:
        return (
            f"Beside the comparison area that is a {direction} larger than chance would usually produce, though the "
            "count's own change is not clear."
        )
    return (
        f"The {direction} is larger than chance would usually produce, beside the comparison area too. That is what "
        "one would see if the work had an effect, and also if something else changed here and not there."
    )


def _unclear(comparison: Comparison, about: str) -> str:
    own = comparison.change.verdict
    if comparison.against_comparison is not None and own in {"Up", "Down"}:
        direction = "fall" if own == "Down" else "rise"
        return (
            f"The {direction} is larger than chance would usually produce. But it is not clearly different from what "
            "happened in the comparison area, so we cannot put it down to the work."
        )
    total = comparison.before[1] + comparison.after[1]
    size = "With numbers this small, chance" if total < SMALL else "Chance"
    return f"{size} alone could produce a change like this. We cannot tell yet {about}."


def _moved(before: Interval, after: Interval) -> str:
    if before == after and before[0] == before[1]:
        return f"stayed at {_number(before)}"
    verb = "went"
    if after[1] < before[0]:
        verb = "fell"
    elif after[0] > before[1]:
        verb = "rose"
    return f"{verb} from {_number(before)} to {_number(after)}"


def _number(count: Interval) -> str:
    low, high = count
    return f"{low:,.0f}" if low == high else f"between {low:,.0f} and {high:,.0f}"


def _extent(change: Estimate) -> str:
    span = f"anything from {_percent(change.lower)} to {_percent(change.upper)} fits the counts"
    if math.isnan(change.ratio) or not math.isfinite(change.ratio) or change.ratio == 1:
        return f" ({span})"
    return f" ({_percent(change.ratio, plain=True)}; {span})"


def _percent(ratio: float, *, plain: bool = False) -> str:
    """
    A ratio as fewer or more.

    Examples
    --------
    >>> _percent(0.47), _percent(1.18), _percent(0.75, plain=True), _percent(float("inf")), _percent(7.3)
    ('53 % fewer', '18 % more', 'a quarter fewer', 'any number more', '7.3 times as many')
    """
    if math.isinf(ratio):
        return "any number more"
    if plain and ratio in {0.5, 0.75}:
        return {0.5: "half as many", 0.75: "a quarter fewer"}[ratio]
    if ratio >= 2:
        return f"{ratio:,.1f} times as many"
    share = round(100 * abs(ratio - 1))
    if share == 0:
        return "no change"
    return f"{share} % {'fewer' if ratio < 1 else 'more'}"
