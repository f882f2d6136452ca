"""The parts of the page "Did it work?": its controls, the answer, the counts, and what they could show."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from hotspots.analysis.comparison import AreaComparisons, ControlChart, PeriodCounts, SeriesBreak
from hotspots.app.controls import asked_in_address, picked, unambiguous
from hotspots.app.drawings import counts_chart
from hotspots.app.words import listed, paragraph, plain, table_of, trend_table, verdict_card
from hotspots.errors import DataRefused, HotspotsError
from hotspots.measures import INCIDENTS_MEASURE, JUDGED_MEASURES
from hotspots.periods import Period
from hotspots.snapshot import Build
from hotspots.texts import number_of
from hotspots.views import (
    Answer,
    Question,
    Viewer,
    chart_of,
    comparable,
    counts_of,
    detectable,
    evaluate,
    evaluate_wards,
    judged_measures,
    judged_places,
)
from hotspots.views.judged import REST, place_label, registered, series_breaks

KEYS = ("work", "count", "place", "began", "months", "gap")
LENGTHS = {1: (3, 6, 12, 24), 3: (3, 6, 12, 24), 12: (12, 24)}
NOBODY = "Choose a place and a day below"
BY_ID: dict[Any, Any] = {Build: lambda build: build.id, Viewer: lambda viewer: viewer.role, Question: repr}


@dataclass(frozen=True)
class Asked:
    """What the controls ask, and the register's row where it is registered work."""

    question: Question
    work: "dict[str, str] | None"


@st.cache_resource(max_entries=64, show_spinner=False, hash_funcs=BY_ID)
def answer_for(build: Build, viewer: Viewer, question: Question) -> Answer:
    """The answer, kept by build, viewer and question; raises what ``evaluate`` raises."""
    return evaluate(build, question, viewer)


@st.cache_resource(max_entries=64, show_spinner=False, hash_funcs=BY_ID)
def counts_for(build: Build, viewer: Viewer, what: str, place: str) -> PeriodCounts:
    """The counts of a place, kept by build, viewer and what is asked."""
    return counts_of(build, viewer, what=what, place=place)


def asked(build: Build, viewer: Viewer) -> Asked | None:
    """Draw the controls and return what is asked; None where this viewer has nothing to ask about."""
    given = asked_in_address(KEYS)
    measures = judged_measures(build, viewer)
    if not measures:
        return None
    register = registered(build, viewer)
    titles = {"": NOBODY} | (_titles(register) if len(register) else {})
    top = st.columns([5, 4, 4])
    chosen = picked(top[0], "Work", "work", list(titles), _words(titles), given)
    if chosen:
        row = register[register["intervention_id"] == chosen].iloc[0]
        what, place, start = str(row["measure"]), str(row["place"]), pd.Timestamp(row["start"]).date()
        agreed = "" if pd.isna(row["comparison"]) else str(row["comparison"])
        work = {str(name): "" if pd.isna(value) else str(value)[:200] for name, value in row.items()}
    else:
        what = picked(top[1], "Count", "count", list(measures), _words(measures), given)
        places = unambiguous(judged_places(build, viewer, what))
        place = picked(
            top[2], "Where", "place", list(places), _words(places), given, in_address=what != INCIDENTS_MEASURE
        )
        start, agreed, work = None, "", None
    counts = counts_for(build, viewer, what, place)
    row_two = st.columns([4, 3, 3, 5])
    each = counts.months_each
    lengths = [str(length) for length in LENGTHS[each]]
    opening, length = _opening(counts)
    if start is None:
        start = _began(row_two[0], counts, given, opening)
    else:
        row_two[0].html(paragraph(f"Work began on {start.isoformat()}", size_rem=0.95))
        length = 12
    first = lengths.index(str(length))
    months = int(picked(row_two[1], "Months each side", "months", lengths, str, given, first=first))
    gap = int(picked(row_two[2], "Start-up, months left out", "gap", [str(n) for n in range(0, 7, each)], str, given))
    beside = _beside(row_two[3], build, viewer, what, place, agreed, f"beside-{chosen}" if chosen else "beside")
    adjoining = st.checkbox(
        "Compare with the months just before, though they are other months of the year (no verdict)", key="adjoining"
    )
    return Asked(Question(what, place, start, months, gap, beside, adjoining=adjoining), work)


def _titles(register: pd.DataFrame) -> dict[str, str]:
    """What each work is called in the picker, and so in the address: its identifier alone where it is at premises."""
    places = register[["place", "comparison"]].fillna("").astype("str")
    at_premises = places.apply(lambda column: column.str.startswith("premises:")).any(axis="columns")
    return {
        str(identifier): f"{identifier}: {'work at premises' if named else what}"
        for identifier, what, named in zip(register["intervention_id"], register["what"], at_premises, strict=True)
    }


def answer_panel(answer: Answer) -> None:
    """The verdict, the sentence, the two periods side by side, and what the comparison area adds."""
    found = answer.comparison
    st.html(verdict_card(found.verdict or "No verdict", answer.sentence))
    st.html(table_of(answer.table, caption="What was counted"))
    if found.wdd is not None:
        st.html(paragraph(_difference(answer), size_rem=0.95))


def counts_panel(build: Build, counts: PeriodCounts, answer: Answer | None, question: Question, *, title: str) -> None:
    """Every period with its count, the limits that unchanged counts would keep to, and the same as a table."""
    if np.isnan(counts.lower).all():  # axes without a bar look like a place where nothing happened
        st.html(paragraph("Every count of this place is hidden or not known: there is nothing to draw."))
        return
    breaks: Sequence[SeriesBreak] = series_breaks(build)
    chart, no_chart = _chart(counts)
    st.html(
        counts_chart(
            counts,
            chart=chart,
            windows=answer.windows if answer else None,
            start=question.start,
            breaks=breaks,
            title=title,
        )
    )
    key = ["Light blue: before. Dark blue: after. Grey: not compared."] if answer is not None else []
    if (counts.lower != counts.upper)[~np.isnan(counts.upper)].any():
        key.append("Pale, with a dashed line: from the lowest to the highest that a hidden count can be.")
    if key:
        st.html(paragraph(" ".join(key), size_rem=0.9))
    st.html(paragraph(_signals(chart) if chart else f"No limits are drawn: {no_chart}.", size_rem=0.9))
    with st.expander("The counts as a table"):
        shown = [_shown(low, high) for low, high in zip(counts.lower, counts.upper, strict=True)]
        table = {"period": [p.label for p in counts.periods], "lower": counts.lower, "upper": counts.upper}
        st.html(trend_table(pd.DataFrame(table | {"shown": shown}), caption=title, number="count"))


@st.cache_resource(max_entries=32, show_spinner=False, hash_funcs=BY_ID)
def wards_for(build: Build, viewer: Viewer, question: Question) -> AreaComparisons:
    """The same question of every ward, kept by build, viewer and question."""
    return evaluate_wards(build, question, viewer)


def wards_panel(build: Build, viewer: Viewer, question: Question) -> None:
    """Every ward at once, where asked for: looked at one by one, some would differ by chance."""
    wards = question.what != INCIDENTS_MEASURE and any(
        "ward:" in at for at in judged_places(build, viewer, question.what)
    )
    if not wards:
        return
    if not st.checkbox("Compare every ward, allowing for how many there are", key="wards"):
        return
    try:
        found = wards_for(build, viewer, replace(question, comparison=""))
    except HotspotsError as error:
        refusal(error)
        return
    st.html(paragraph(found.sentence))
    table = found.table.sort_values(["p_value", "area_code"], ignore_index=True)
    shown = pd.DataFrame(
        {
            "Ward": table["area_code"],
            "Before": [_shown(count, count) for count in table["before"]],
            "After": [_shown(count, count) for count in table["after"]],
            "Ratio, 95 % interval": [
                "" if math.isnan(low) else _ratio(ratio, low, high)
                for ratio, low, high in zip(table["ratio"], table["lower"], table["upper"], strict=True)
            ],
            "By itself": table["alone"],
            "Beside all the others": table["verdict"],
        }
    )
    st.html(table_of(shown, caption="Every ward, before and after"))


def power_panel(counts: PeriodCounts) -> None:
    """Before work is agreed: the smallest fall that these counts could show, by months of follow-up."""
    per_month, table = detectable(counts)
    shown = pd.DataFrame(
        {
            "Months each side": table["months"].astype(int).astype(str),
            "Smallest fall shown 8 times in 10": [_percent(fall) for fall in table["detectable"]],
            "Chance to show a fall of a fifth": [_percent(chance) for chance in table[0.2]],
            "Chance to show a fall of a half": [_percent(chance) for chance in table[0.5]],
        }
    )
    st.html(table_of(shown, caption=f"At {per_month:.1f} a month, as over all that is held, without a comparison area"))
    note = "A comparison area, and months that vary more than independent events do, make smaller falls harder to show."
    st.html(paragraph(note, size_rem=0.9))


def work_panel(work: dict[str, str]) -> None:
    """What was agreed beforehand."""
    names = {"owner": "Owner", "start": "From", "end": "To", "measure": "Judged by", "target": "Target",
             "review_date": "Review"}  # fmt: skip
    told = work | {"measure": JUDGED_MEASURES[work["measure"]]}
    facts = (f"{label}: {told[name].removesuffix(' 00:00:00')}" for name, label in names.items() if told[name])
    st.html(listed(facts))


def method_panel(answer: Answer) -> None:
    """The numbers behind the answer, and how each was made."""
    found, change = answer.comparison, answer.comparison.change
    facts = [
        f"Periods: {answer.windows.before.label} and {answer.windows.after.label}",
        f"Rate ratio: {_ratio(change.ratio, change.lower, change.upper)}, exact conditional interval; mid-P value "
        f"{change.p_value:.3f}",
        f"Variance over mean of the single counts: {found.dispersion:.1f}" if found.dispersion > 1 else "",
        f"Added up: {answer.counts.areas}" if answer.counts.areas else "Counted: events by their date and position",
        f"Source: {answer.meta.source}; marking {answer.meta.marking}",
    ]
    if found.against_comparison is not None:
        beside = found.against_comparison
        numbers = _ratio(beside.ratio, beside.lower, beside.upper)
        facts.insert(2, f"Ratio of the two areas' ratios: {numbers}; P value {beside.p_value:.3f}")
        facts.insert(3, f"Displacement quotient: {found.wdq.quotient:.2f}" if found.wdq else found.wdq_refused)
    with st.expander("How this was worked out"):
        st.html(listed(fact for fact in facts if fact))


def caveats_panel(answer: Answer) -> None:
    """What this answer cannot tell."""
    st.header("What this cannot tell you", anchor=False, divider=False)
    st.html(listed(answer.caveats))


def too_short(counts: PeriodCounts) -> str:
    """Why no question of these counts can have a verdict, and what to do; nothing where one can."""
    lengths = LENGTHS[counts.months_each]
    if comparable(counts, lengths):
        return ""
    held = number_of(len(counts.periods) * counts.months_each, "month", "months")
    return (
        f"These counts cover {held} ({counts.whole.label}). Before and after are "
        f"compared by the same months of two years, so there is no verdict until {12 + min(lengths)} months are held"
    )


def _opening(counts: PeriodCounts) -> tuple[Period, int]:
    """The start and the length that the page opens with: such as can be answered, if any can."""
    lengths = LENGTHS[counts.months_each]
    found = comparable(counts, lengths) or comparable(counts, lengths, adjoining=True)
    return found or (counts.periods[-1], min(lengths))


def _began(place: Any, counts: PeriodCounts, given: dict[str, str], opening: Period) -> date:
    labels = [period.label for period in counts.periods[1:]] or [period.label for period in counts.periods]
    label = picked(place, "Work began", "began", labels, str, given, first=labels.index(opening.label))
    return next(period.start for period in counts.periods if period.label == label)


def _beside(place: Any, build: Build, viewer: Viewer, what: str, where: str, agreed: str, key: str) -> str:
    options = {"": "Nothing", REST: "Everywhere else"} if where != "city" else {"": "Nothing"}
    kinds = judged_places(build, viewer, what)
    options |= {key: name for key, name in unambiguous(kinds).items() if key not in {where, "city"} and where != "city"}
    if agreed:
        agreed_first = {agreed: f"{place_label(build, viewer, agreed)} (agreed)"}
        options = agreed_first | {key: label for key, label in options.items() if key != agreed}
    # Each piece of work keeps its own: what was chosen beside another must not stand in for what was agreed.
    given = asked_in_address([key])
    named = any(option.startswith("premises:") for option in options)
    return str(picked(place, "Compared with", key, list(options), _words(options), given, in_address=not named))


def _words(labels: dict[str, str]) -> Callable[[str], str]:
    return lambda key: labels.get(key, key)


def _difference(answer: Answer) -> str:
    found = answer.comparison.wdd
    assert found is not None
    lower, upper = _fewer(found.lower), _fewer(found.upper)
    middle = f"{_fewer(found.estimate)} than the comparison leads to expect" if not math.isnan(found.estimate) else ""
    unit = "incidents" if answer.question.what == INCIDENTS_MEASURE else "events"
    return f"Weighted displacement difference: {middle or f'in {unit}'} (95 % interval {lower} to {upper})."


def _fewer(number: float) -> str:
    return f"{abs(number):,.0f} {'fewer' if number < 0 else 'more'}"


def _chart(counts: PeriodCounts) -> tuple[ControlChart | None, str]:
    try:
        return chart_of(counts), ""
    except DataRefused as error:
        return None, str(error)


def _signals(chart: ControlChart) -> str:
    kind = "mean moving range (XmR)" if chart.kind == "xmr" else "exact Poisson limits of 99.8 %"
    marked = chart.signals.get("outside", [])
    said = f"outside them: {', '.join(marked)}" if marked else "no period lies outside them"
    others = [rule for rule in chart.signals if rule != "outside"]
    more = f"; also {' and '.join(_RULES[rule] for rule in others)}" if others else ""
    return f"Limits by {kind}: {said}{more}. Limits start a conversation; they say nothing of why."


_RULES = {"run": "a run of seven on one side", "trend": "seven in a row rising or falling",
          "near_limit": "two of three near a limit"}  # fmt: skip


def _ratio(ratio: float, lower: float, upper: float) -> str:
    middle = f"{ratio:.2f}, " if not math.isnan(ratio) else ""
    return f"{middle}{lower:.2f} to {upper:.2f}"


def _percent(fall: float) -> str:
    return "not even a fall to nothing" if math.isnan(fall) else f"{100 * fall:.0f} %"


def _shown(low: float, high: float) -> str:
    if math.isnan(low):
        return "hidden or unknown"
    return f"{low:,.0f}" if low == high else f"{low:,.0f} to {high:,.0f}"


def refusal(why: Exception | str) -> None:
    """Why there is no answer, in the words of the refusal."""
    st.info(plain(why))
