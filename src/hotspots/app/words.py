"""Pieces of pages made of code and escaped text: what comes from data is shown as typed, whatever it holds."""

import re
from collections.abc import Iterable
from typing import Any

import pandas as pd

from hotspots.layer import hidden_words
from hotspots.maps.escape import escape

_NOT_PLAIN = re.compile(r"[^0-9A-Za-z ,\u00a0-\U0010ffff]")
_EDGE = "padding:.3em .6em;border-bottom:1px solid #b1b4b6;vertical-align:top;"
_CELL = f"{_EDGE}text-align:left;"
_FIT_A_PHONE = 3  # columns
_BAR = "height:0.9em;background:#225ea8;"
_NUMBER = f"{_EDGE}text-align:right;font-variant-numeric:tabular-nums;"
_A_NUMBER = re.compile(r"[-+\u2212]?\d[\d,]*(\.\d+)? ?%?( \(\d+(\.\d+)?%\))?")
_NO_NUMBER = {"", "–", "No calc", "suppressed"}  # what stands in a column of numbers where there is none


def plain(text: object) -> str:
    """
    Text from data as Markdown that reads exactly as typed: every sign is an entity, so none of them is syntax.

    Examples
    --------
    >>> plain("**7** <b>"), plain("Market, 2018/19")
    ('&#42;&#42;7&#42;&#42; &#60;b&#62;', 'Market, 2018&#47;19')
    """
    return _NOT_PLAIN.sub(lambda found: f"&#{ord(found.group())};", str(text).replace("\n", " ").replace("\r", " "))


def paragraph(text: object, *, size_rem: float = 1.0) -> str:
    """A paragraph of HTML that holds text from data."""
    return f'<p style="margin:0;font-size:{size_rem}rem">{escape(text)}</p>'


def listed(texts: Iterable[object]) -> str:
    """A bulleted list of HTML of texts from data."""
    return f"<ul>{''.join(f'<li>{escape(text)}</li>' for text in texts)}</ul>"


def table_of(table: pd.DataFrame, *, caption: str) -> str:
    """
    A table as HTML with a caption and header cells; on a phone each row of many columns is a list of named cells.

    Columns of numbers stand right, so that their digits line up.
    """
    columns = [(escape(name), _NUMBER if _holds_numbers(cells) else _CELL) for name, cells in table.items()]
    heads = "".join(f'<th scope="col" style="{style}font-weight:600">{name}</th>' for name, style in columns)
    rows = (
        "".join(_named_cell(name, cell, style) for (name, style), cell in zip(columns, row, strict=True))
        for row in table.itertuples(index=False)
    )
    body = "".join(f"<tr>{cells}</tr>" for cells in rows)
    kind = "stacks" if len(columns) > _FIT_A_PHONE else "fits"
    return f'<div style="overflow-x:auto" tabindex="0">{_table(caption, heads, body, kind=kind)}</div>'


def verdict_card(verdict: str, sentence: str) -> str:
    """The answer to a question: the verdict in large letters and the sentence under it, with no colour of its own."""
    return (
        '<div style="border-left:6px solid #1d70b8;padding:.4em 1em;margin:.2em 0 .6em 0" role="status">'
        f'<p style="margin:0;font-size:1.5rem;font-weight:600">{escape(verdict)}</p>'
        f'<p style="margin:.2em 0 0 0;font-size:1.05rem">{escape(sentence)}</p></div>'
    )


def trend_table(table: pd.DataFrame, *, caption: str, number: str) -> str:
    """
    Numbers by period (``period, upper, shown``) as an HTML table with a bar each, as long as the upper end.

    A column ``note`` is shown last, where there is one: what happened in the period, or what the number is.
    """
    longest = table["upper"].max()
    noted = "note" in table
    notes = [f'<td style="{_CELL}">{escape(note)}</td>' for note in table["note"]] if noted else [""] * len(table)
    body = "".join(
        f'<tr><th scope="row" style="{_CELL}font-weight:400;white-space:nowrap">{escape(period)}</th>'
        f'<td style="{_CELL}width:{30 if noted else 55}%" aria-hidden="true">'
        f'<div style="{_BAR}width:{_share(upper, longest)}%"></div></td>'
        f'<td style="{_NUMBER}">{escape(shown)}</td>{note}</tr>'
        for period, upper, shown, note in zip(table["period"], table["upper"], table["shown"], notes, strict=True)
    )
    heads = (
        f'<th scope="col" style="{_CELL}font-weight:600">Period</th><td style="{_CELL}"></td>'
        f'<th scope="col" style="{_NUMBER}font-weight:600">{escape(number)}</th>'
    )
    if noted:
        heads += f'<th scope="col" style="{_CELL}font-weight:600">Note</th>'
    return _table(caption, heads, body)


def _share(value: float, longest: float) -> int:
    return 0 if pd.isna(value) or not longest > 0 else round(100 * value / longest)


def ranked_table(table: pd.DataFrame, *, caption: str, number: str, most: int = 15) -> str:
    """
    The first rows of a ranked table as HTML with a caption and header cells: rank, name with code, and the number.

    Parameters
    ----------
    table
        What ``view.ranked`` returned: the numbers are printed as they stand there.
    caption, number
        What the table shows, and the heading of its last column (the unit).
    """
    rows = table.head(most)
    body = "".join(
        f'<tr><td style="{_NUMBER}">{"" if pd.isna(rank) else int(rank)}</td>'
        f'<th scope="row" style="{_CELL}font-weight:400">{escape(name)}{_code(code, name, ward)}</th>'
        f'<td style="{_NUMBER}">{escape(shown)}</td></tr>'
        for rank, name, code, ward, shown in zip(
            *(rows[column] for column in ("rank", "name", "code", "ward", "shown")), strict=True
        )
    )
    heads = (("Rank", _NUMBER), ("Area" if number != "score" else "Premises", _CELL), (number, _NUMBER))
    head = "".join(f'<th scope="col" style="{style}font-weight:600">{escape(text)}</th>' for text, style in heads)
    rest = len(table) - len(rows)
    said = (hidden_words(table), f"{rest:,} more are in the downloads." if rest > 0 else "")
    note = " ".join(words for words in said if words)
    return _table(caption, head, body) + (f"<p>{note}</p>" if note else "")


def _table(caption: str, head: str, body: str, *, kind: str = "") -> str:
    return (
        f'<table class="{kind}" style="width:100%;border-collapse:collapse;font-size:.95rem">'
        f'<caption style="caption-side:top;text-align:left;padding-bottom:.4em">{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def _holds_numbers(cells: "pd.Series[Any]") -> bool:
    texts = {str(cell) for cell in cells} - _NO_NUMBER
    return bool(texts) and all(_A_NUMBER.fullmatch(text) for text in texts)


def _named_cell(name: str, cell: object, style: str) -> str:
    """A cell; short ones, such as days, are not broken, and long ones not squeezed into a column of words."""
    width = "white-space:nowrap" if len(str(cell)) <= len("2018-08-31") else "min-width:7em"
    heading = f'<b class="column">{name}: </b>' if str(cell) else ""
    return f'<td style="{style}{width}">{heading}{escape(cell)}</td>'


def _code(code: object, name: object, ward: object) -> str:
    """The code of an area and its ward, in small print beside its name."""
    beside = [str(text) for text in (ward, "" if str(code) == str(name) else code) if text]
    return f' <span style="color:#505a5f;font-size:.85em">{escape(", ".join(beside))}</span>' if beside else ""
