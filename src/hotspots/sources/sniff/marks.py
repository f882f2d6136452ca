"""Cells where a count should stand and something else does: marks that hide one, and blanks."""

import re
from collections.abc import Iterable, Sequence

from hotspots.sources._cells import parse_count, plain
from hotspots.sources.sniff.proposal import Finding
from hotspots.texts import number_of


def mark_findings(cells: Sequence[str]) -> Iterable[Finding]:
    """
    What the marks among counts stand for, as far as it can be guessed.

    Examples
    --------
    >>> [found.options for found in mark_findings(["12", "<5", "*", ""])]
    [({'*': (1, 4), '<5': (1, 4)},)]
    """
    marks = sorted({plain(cell) for cell in cells if _read_as(cell) == "undeclared-mark"})
    if marks:
        proposed = {mark: _stands_for(mark) for mark in marks}
        why = "cells that hide a count; what they stand for is the supplier's to say"
        yield Finding("suppressed", (proposed,), why, "confirm")


def blank_notes(cells: Sequence[str]) -> list[str]:
    """
    What is said of counts that are not given, if any.

    Examples
    --------
    >>> blank_notes(["12", "-", ""])[0][:32]
    "2 counts are not given ('', '-')"
    """
    blank = [cell for cell in cells if _read_as(cell) == "missing-cell"]
    if not blank:
        return []
    signs = ", ".join(sorted({repr(plain(cell)) for cell in blank}))
    return [
        f"{number_of(len(blank), 'count is', 'counts are')} not given ({signs}): none is taken for zero; ask the "
        'supplier, and declare what they stand for under suppressed ("-" = [0, 0] is none)'
    ]


def _read_as(cell: str) -> str:
    """Why a cell is no count, if it is none."""
    found = parse_count(cell, {})
    return "" if isinstance(found, tuple) else found.reason


def _stands_for(mark: str) -> tuple[int, int]:
    below = re.fullmatch(r"<\s*([0-9]+)", mark)
    return (1, int(below[1]) - 1) if below and int(below[1]) > 1 else (1, 4)
