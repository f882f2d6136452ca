"""Texts: which signs those of settings may not hold, and how a number of rows is told."""

import re
from typing import Any

from hotspots.errors import SettingsRefused

# Control characters but for tab and line break, and those that make text run the other way.
_STEERING = re.compile("[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u202a-\\u202e\\u2066-\\u2069]")

# How a layer says that one or some of its records are in no area; the sentence over the map looks for it.
IN_NO_AREA = ("record has no position and is in no area.", "records have no position and are in no area.")


def check_texts(content: Any, where: str) -> None:
    """
    Refuse texts, anywhere in tables and lists, that steer a terminal, end the name of a file, or turn a line round.

    Examples
    --------
    >>> check_texts({"title": "Finds", "totals": ["Total"]}, "hotspots.toml")
    >>> check_texts("Finds\\x1b[31m", "title")
    Traceback (most recent call last):
    hotspots.errors.SettingsRefused: title: the text 'Finds\\x1b[31m' holds the control character '\\x1b'; take it out
    """
    if isinstance(content, str):
        found = _STEERING.search(content)
        if found:
            raise SettingsRefused(
                f"{where}: the text {content[:60]!r} holds the control character {found[0]!r}; take it out"
            )
    items = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    for key, value in items:
        check_texts(str(key), where)
        check_texts(value, f"{where} {key}" if isinstance(key, str) else where)


def number_of(count: int, one: str, more: str) -> str:
    """
    A number with its words, of which one is said to be one.

    Examples
    --------
    >>> number_of(1, "row is", "rows are"), number_of(1200, "row is", "rows are")
    ('1 row is', '1,200 rows are')
    """
    return f"{count:,} {one if count == 1 else more}"


def many_of(count: int, read: int, policy: str, *, one: str, more: str) -> str:
    """
    A number of rows as a caveat begins with it: exact, or of a source under the policy ``health`` its share.

    Examples
    --------
    >>> many_of(1, 10_000, "controlled", one="row is out", more="rows are out")
    '1 row is out'
    >>> many_of(1200, 10_000, "health", one="row is out", more="rows are out")
    'About 12 % of the rows are out'
    >>> many_of(2, 1_082, "health", one="row is out", more="rows are out")
    'Fewer than 1 % of the rows are out'
    """
    if policy != "health":
        return number_of(count, one, more)
    share = 100 * count / max(read, 1)
    if 0 < share < 1:
        return f"Fewer than 1 % of the {more}"
    return f"More than 99 % of the {more}" if 99 < share < 100 else f"About {share:.0f} % of the {more}"
