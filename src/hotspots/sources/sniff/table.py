"""A sheet as headings with the cells below them, wherever they begin and whether or not they have names."""

import re
from collections.abc import Sequence

from hotspots.sources._cells import plain
from hotspots.sources._open import Sheet
from hotspots.sources.sniff.fields import is_data, named_by_content

_WITHIN = 30  # rows: titles may stand above the headings


class Table:
    """
    The cells below the headings, by heading; ``top`` is the index of the heading row, -1 where there is none: then the
    columns have the names that somebody gave, or those of what they hold.
    """

    def __init__(self, sheet: Sheet, *, top: int, named: Sequence[str] = ()) -> None:
        self.sheet = sheet
        self.top = top
        body = sheet.rows[top + 1 :]
        width = max((len(row) for row in sheet.rows[max(top, 0) :]), default=0)
        headings = [plain(cell) for cell in sheet.rows[max(top, 0)]]
        if top < 0:
            headings = named_by_content([[row[at] for row in body if at < len(row)] for at in range(width)])
            headings = list(named) if len(named) == width else headings
        self.headings = headings
        usual = len(headings)
        self.rows = [row + [""] * (usual - len(row)) for row in body if len([cell for cell in row if plain(cell)]) > 1]
        self.odd = len(body) - len(self.rows)
        self.columns = [[row[at] for row in self.rows if at < len(row)] for at in range(usual)]

    def cells(self, heading: str) -> list[str]:
        """The cells below a heading."""
        return self.columns[self.headings.index(heading)]


def heading_row(sheet: Sheet) -> int:
    """The heading row: the first whose row below is as wide, unless the first row already holds data."""
    rows = sheet.rows[:_WITHIN]
    widest = max(_filled(row) for row in rows)
    for at, row in enumerate(rows):
        data = is_data(row, rows[at + 1] if at + 1 < len(rows) else [])
        if data and at == 0:
            return -1
        if _filled(row) * 2 > widest and not data:
            # Years over quarters are two heading rows: the lower one names the columns.
            below = [plain(cell) for cell in (rows[at + 1] if at + 1 < len(rows) else [])]
            return at + 1 if any(re.fullmatch(r"(?i)q(uarter ?)?[1-4]", cell) for cell in below) else at
    return 0


def _filled(row: Sequence[str]) -> int:
    return sum(bool(plain(cell)) for cell in row)
