"""Texts: which signs those of settings may not hold, and how a number of rows is told."""

import re
from typing import Any

from hotspots.errors import SettingsRefused

# Control characters but for tab and line break, and those that make text run the other way.
_STEERING = re.compile("[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u202a-\\u202e\\u2066-\\u2069]")

# How a layer says that some of its records are in no area; the sentence over the map looks for it.
IN_NO_AREA = "records have no position and are in no area."


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


def many_of(count: int, read: int, policy: str) -> str:
    """
    A number of rows as a caveat may say it: exact, or of a source under the policy ``health`` its share.

    Examples
    --------
    >>> many_of(1200, 10_000, "controlled"), many_of(1200, 10_000, "health")
    ('1,200', 'about 12 % of the')
    >>> many_of(2, 1_082, "health"), many_of(1_081, 1_082, "health")
    ('fewer than 1 % of the', 'more than 99 % of the')
    """
    if policy != "health":
        return f"{count:,}"
    share = 100 * count / max(read, 1)
    if 0 < share < 1:
        return "fewer than 1 % of the"
    return "more than 99 % of the" if 99 < share < 100 else f"about {share:.0f} % of the"
