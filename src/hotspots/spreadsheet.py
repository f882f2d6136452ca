"""Text on its way into a spreadsheet: none of it is a formula there, whoever wrote it.

Reading back: a text that begins with ``'`` and then with what a spreadsheet takes for a formula loses that ``'``.
"""

import re

import pandas as pd

# What Excel, LibreOffice and Google Sheets evaluate, also behind blanks and quotes and in the full-width forms.
# (a mark of byte order before the first cell is taken off it, and leaves a formula).
_UNSEEN = "\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff"
_FORMULA = re.compile(f"^[\\s'\"\u201c\u201d{_UNSEEN}]*[=+\\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]")


def is_formula(text: str) -> bool:
    """
    Whether a spreadsheet would take a text for a formula.

    Examples
    --------
    >>> is_formula("=cmd()"), is_formula("Mill Road")
    (True, False)
    """
    return _FORMULA.match(text) is not None


def defused(text: str) -> str:
    """
    Text that no spreadsheet takes for a formula: with a ``'`` before it where it would.

    Examples
    --------
    >>> defused("=cmd()"), defused("Mill Road"), defused("'=1"), defused("＝1")
    ("'=cmd()", 'Mill Road', "''=1", "'＝1")
    """
    return f"'{text}" if is_formula(text) else text


def defused_table(table: pd.DataFrame) -> pd.DataFrame:
    """
    A table whose texts no spreadsheet takes for formulas, headings too; numbers and days stay as they are.

    Examples
    --------
    >>> defused_table(pd.DataFrame({"value": ["=1+1", None], "line": [-2, 3]})).to_csv(index=False).split()
    ['value,line', "'=1+1,-2", ',3']
    """
    texts = table.select_dtypes(include=["object", "string"]).columns
    made = {name: table[name].map(lambda cell: defused(cell) if isinstance(cell, str) else cell) for name in texts}
    return table.assign(**made).rename(columns=lambda name: defused(str(name)))
