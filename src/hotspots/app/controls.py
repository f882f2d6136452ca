"""The controls of the Map page: what, shown as, when, where, how and which type, from the viewer's choices."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from hotspots.app.words import plain
from hotspots.measures import CATEGORIES, MEASURES, statistic_of
from hotspots.views import HOWS, Choices, Selection

KEYS = ("what", "shown", "how", "type", "when", "where")
STATISTICS = {
    "count": "Count",
    "annual_average": "Average a year",
    "rate_per_1000": "Per 1,000 residents",
    "per_km2": "Per km²",
}


def asked_in_address(keys: Sequence[str] = KEYS) -> dict[str, str]:
    """What the address asks for, read before the controls put it right."""
    return {key: st.query_params[key] for key in keys if key in st.query_params}


def selection_of(choices: Choices) -> Selection | None:
    """
    Draw the controls and return what is selected; None where this viewer has nothing to choose.

    Each control is in the address of the page, so that a link opens the same map. An address that asks for something
    that is not held gets the default, and a notice.
    """
    asked = asked_in_address()
    bases = choices.bases()
    if not bases:
        return None
    places = st.columns([6, 4, 4, 4, 5])
    base = picked(places[0], "What", "what", bases, lambda held: MEASURES[held].label, asked)
    statistic = choices.statistics(base)[0]
    if len(choices.statistics(base)) > 1:
        ways = choices.statistics(base)
        statistic = picked(places[1], "Shown as", "shown", ways, lambda held: STATISTICS[held], asked)
    what = statistic_of(base, statistic).id
    how = picked(places[4], "How", "how", choices.hows(what), lambda held: _how_label(held, base), asked)
    categories = choices.categories(what, how)
    category = "all"
    if len(categories) > 1:
        category = picked(places[0], "Type", "type", categories, category_label, asked)
    # The longest period is the answer most people want; the rest run from the latest back.
    when = picked(places[2], "When", "when", choices.whens(what, how)[::-1], str, asked)
    wheres = choices.wheres()
    labels = unambiguous(wheres)
    where = picked(places[3], "Where", "where", list(wheres), lambda held: labels[held], asked)
    return Selection(what, category=category, when=when, where=where, how=how)


def category_label(category: str) -> str:
    """A category in words."""
    if category == "all":
        return "All types"
    words = CATEGORIES.get(category, category).replace("_", " ").replace("-", " ")
    return words[:1].upper() + words[1:]


def _how_label(how: str, base: str) -> str:
    return "Premises" if (how, base) == ("points", "premises_score") else HOWS[how]


def picked(
    place: Any,
    label: str,
    key: str,
    options: Sequence[Any],
    words: Callable[[Any], str],
    asked: dict[str, str],
    *,
    first: int = 0,
    in_address: bool = True,
) -> Any:
    """
    What is chosen of the options, kept in the address under ``key``; ``first`` is where it starts from.

    An address that asks for something else gets a notice. A choice that names a premises is not ``in_address``:
    addresses are kept in logs and histories.
    """
    bind: Any = "query-params" if in_address else None
    chosen = place.selectbox(label, options, index=first, format_func=words, key=key, bind=bind)
    if key in asked and asked[key] not in {words(option) for option in options}:
        st.info(f"{label}: {plain(asked[key][:80])} is not held here; showing {plain(words(chosen))}.")
    return chosen


def unambiguous(labels: dict[str, str]) -> dict[str, str]:
    """Labels in which no two places share a name: the code is added where they would."""
    names = list(labels.values())
    return {key: name if names.count(name) == 1 else f"{name} ({key})" for key, name in labels.items()}
