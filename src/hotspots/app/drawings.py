"""Charts as pictures (SVG in the page), made of code and escaped text: no script, and they print as they stand."""

from base64 import b64encode
from collections.abc import Sequence
from datetime import date

import numpy as np

from hotspots.analysis.comparison import ControlChart, PeriodCounts, SeriesBreak, Windows
from hotspots.maps.escape import escape
from hotspots.periods import Period

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _BOTTOM, _TOP = 720, 260, 44, 76, 34, 18
_BAR, _BEFORE, _AFTER, _INK, _MARK = "#b1b4b6", "#6b9ac4", "#225ea8", "#0b0c0c", "#d4351c"
_LABEL_SIZE = 10
_LETTER = 0.62  # of the size: a digit of the fonts that browsers take for sans-serif, with room to spare


# What a hidden count may be: pale, so that nobody reads its end for the count.
_OPEN = f' fill-opacity="0.3" stroke="{_INK}" stroke-dasharray="3 2"'


def counts_chart(
    counts: PeriodCounts,
    *,
    chart: ControlChart | None,
    windows: Windows | None,
    start: date | None,
    breaks: Sequence[SeriesBreak],
    title: str,
) -> str:
    """
    Bars of counts by period, the compared ones coloured, limits where there is a chart, a line where work began.

    A hidden count has a bar to its lowest number, and a pale one with a dashed line from there to its highest; one that
    is not known has none. Points outside the limits carry a mark as well as a colour.
    """
    highest = float(np.nanmax([*counts.upper, chart.upper if chart else 0.0, 1.0]))
    plot_width, plot_height = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _BOTTOM - _TOP
    step = plot_width / len(counts.periods)

    def down(value: float) -> float:
        return round(_TOP + plot_height * (1 - value / highest), 1)

    parts = [_axis(highest, down)]
    outside = chart.points["outside"].tolist() if chart else [False] * len(counts.periods)
    every = _labels_every(counts.periods, plot_width)
    for at, period in enumerate(counts.periods):
        x, width = round(_LEFT + at * step + step * 0.12, 1), round(step * 0.76, 1)
        low, high = float(counts.lower[at]), float(counts.upper[at])
        if not np.isnan(high):
            top, fill = down(high), _colour(period.start, windows)
            parts.append(_bar(x, down(low), width, down(0), fill))
            if low != high:
                parts.append(_bar(x, top, width, down(low), fill, _OPEN))
            if outside[at]:
                parts.append(_text(x + width / 2, top - 3, "▲", anchor="middle", colour=_MARK))
        if at % every == 0:
            parts.append(_text(x + width / 2, _HEIGHT - 18, period.label, anchor="middle", size=_LABEL_SIZE))
    if chart:
        parts += [_line(down(value), words) for value, words in _lines(chart)]
    marks = [(start, "work began")] if start else []
    marks += [(found.day, found.title) for found in breaks if found.source_kind == counts.source_kind]
    parts += [
        _upright(counts, day, words, step) for day, words in marks if counts.whole.start < day <= counts.whole.end
    ]
    return _picture("".join(parts), title)


def _bar(x: float, top: float, width: float, foot: float, fill: str, edge: str = "") -> str:
    return f'<rect x="{x}" y="{top}" width="{width}" height="{round(foot - top, 1)}" fill="{fill}"{edge}/>'


def _labels_every(periods: Sequence[Period], width: float) -> int:
    """
    How many periods a label stands for, so that none touches the next.

    Of quarters and of months, labels stand at the same time of each year where that is room enough.
    """
    longest = max(len(period.label) for period in periods) + 1
    most = max(int(width / (longest * _LABEL_SIZE * _LETTER)), 1)
    needed = -(-len(periods) // most)
    return next((every for every in (1, 2, 4, 12, 24, 48) if every >= needed), needed)


def _picture(drawn: str, title: str) -> str:
    """
    An image element that holds the drawing: the page's sanitiser takes out SVG that stands in it bare.

    On a phone it keeps a width at which it can be read, in a frame that is pushed sideways (the style of the pages).
    """
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif">'
    packed = b64encode(f"{head}{drawn}</svg>".encode()).decode("ascii")
    return (
        f'<div class="picture" tabindex="0"><img src="data:image/svg+xml;base64,{packed}" alt="{escape(title)}" '
        f'style="width:100%;max-width:{_WIDTH}px;height:auto"></div>'
    )


def _colour(day: date, windows: Windows | None) -> str:
    if windows is not None and windows.before.start <= day <= windows.before.end:
        return _BEFORE
    if windows is not None and windows.after.start <= day <= windows.after.end:
        return _AFTER
    return _BAR


def _lines(chart: ControlChart) -> list[tuple[float, str]]:
    ends = [(chart.upper, f"upper {chart.upper:.1f}"), (chart.mean, f"mean {chart.mean:.1f}")]
    return [*ends, *([(chart.lower, f"lower {chart.lower:.1f}")] if chart.lower > 0 else [])]


def _axis(highest: float, down: object) -> str:
    assert callable(down)
    ticks = [0, round(highest / 2), round(highest)]
    return "".join(
        _text(_LEFT - 6, down(tick) + 4, f"{tick:,}", anchor="end", size=11) for tick in dict.fromkeys(ticks)
    )


def _line(y: float, words: str) -> str:
    return (
        f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y}" y2="{y}" stroke="{_INK}" stroke-dasharray="6 4"/>'
        + _text(_WIDTH - _RIGHT + 4, y + 4, words, anchor="start", size=11)
    )


def _upright(counts: PeriodCounts, day: date, words: str, step: float) -> str:
    before = sum(period.end < day for period in counts.periods)
    x = round(_LEFT + before * step, 1)
    near_end = x > _WIDTH * 0.7
    return f'<line x1="{x}" x2="{x}" y1="{_TOP}" y2="{_HEIGHT - _BOTTOM}" stroke="{_INK}" stroke-width="1.5"/>' + _text(
        x + (-4 if near_end else 4), _TOP - 6, words, anchor="end" if near_end else "start", size=11
    )


def _text(x: float, y: float, words: str, *, anchor: str, size: int = 12, colour: str = _INK) -> str:
    return (
        f'<text x="{round(x, 1)}" y="{round(y, 1)}" font-size="{size}" text-anchor="{anchor}" fill="{colour}" '
        'stroke="#fff" stroke-width="3" paint-order="stroke">'
        f"{escape(words)}</text>"
    )
