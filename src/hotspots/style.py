"""Class edges and colours: made once, shared by map, legend, table and report.

A class is a closed range of *printed* numbers ("5 to 9", then "10 to 14"), so a reader can tell from the number beside
the map which colour it has. Edges are made from every period of a measure, so that a legend never rescales silently.
Nothing here draws: no folium, no matplotlib.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from hotspots.layer import printed, rounded
from hotspots.measures import MEASURES

Palette = Literal["YlGnBu", "cividis"]
FillKind = Literal["class", "spans", "suppressed", "incomplete", "no_data"]

# A surface's zero is not white: white is where nothing is shown, outside the area or hidden.
ZERO_COLOURS: "dict[Palette, str]" = {"YlGnBu": "#ffffff", "cividis": "#eceff1"}
POINT_COLOUR = "#253494"
HOTSPOT_COLOUR = "#fd8d3c"
GREYS: dict[FillKind, str] = {"suppressed": "#9e9e9e", "incomplete": "#bdbdbd", "no_data": "#e4e4e4"}
FILL_LABELS: dict[FillKind, str] = {
    "spans": "striped: a range, in the colours of both its ends",
    "suppressed": "suppressed: small, or would give a small one away",
    "incomplete": "incomplete: not covered in full",
    "no_data": "no data",
}

# ColorBrewer's YlGnBu and matplotlib's cividis from light to dark: lightness falls steadily, so both read in grey and
# for every kind of colour blindness. On a white ground darker means more, for areas and for surfaces alike.
_PALETTES: dict[Palette, tuple[tuple[str, ...], ...]] = {
    "YlGnBu": (
        ("#7fcdbb",),
        ("#edf8b1", "#2c7fb8"),
        ("#edf8b1", "#7fcdbb", "#2c7fb8"),
        ("#ffffcc", "#a1dab4", "#41b6c4", "#225ea8"),
        ("#ffffcc", "#a1dab4", "#41b6c4", "#2c7fb8", "#253494"),
        ("#ffffcc", "#c7e9b4", "#7fcdbb", "#41b6c4", "#2c7fb8", "#253494"),
        ("#ffffcc", "#c7e9b4", "#7fcdbb", "#41b6c4", "#1d91c0", "#225ea8", "#0c2c84"),
    ),
    "cividis": (
        ("#7d7c78",),
        ("#fee838", "#00224e"),
        ("#fee838", "#7d7c78", "#00224e"),
        ("#fee838", "#a59c74", "#575d6d", "#00224e"),
        ("#fee838", "#bcae6c", "#7d7c78", "#414d6b", "#00224e"),
        ("#fee838", "#cbba69", "#958f78", "#666970", "#31446b", "#00224e"),
        ("#fee838", "#d3c164", "#a59c74", "#7d7c78", "#575d6d", "#233e6c", "#00224e"),
    ),
}
MOST_CLASSES = 7
# Natural breaks take time with the square of the number of values; this many order statistics place them as well.
_MOST_SAMPLED = 200


@dataclass(frozen=True)
class Fill:
    """How one area is painted: a class, stripes of two classes, or a grey with a reason."""

    kind: FillKind
    first: int = 0
    last: int = 0

    @property
    def key(self) -> str:
        """A short name for the fill, the same for everything painted the same way."""
        return {"class": f"c{self.first}", "spans": f"c{self.first}-{self.last}"}.get(self.kind, self.kind)


@dataclass(frozen=True)
class Classes:
    """
    Closed ranges of printed numbers, lowest first, and a colour for each.

    ``lowers`` and ``uppers`` are rounded to ``decimals``. A first class of 0 to 0 holds the zeros alone. There may be
    fewer classes than asked for, and none at all where nothing is known.

    Examples
    --------
    >>> classes = Classes((0.0, 1.0, 5.0), (0.0, 4.0, 9.0), ("#ffffff", "#edf8b1", "#2c7fb8"), 0)
    >>> classes.labels, classes.index(4), classes.index(4.5)
    (('0', '1 to 4', '5 to 9'), 1, 2)
    """

    lowers: tuple[float, ...]
    uppers: tuple[float, ...]
    colours: tuple[str, ...]
    decimals: int

    @property
    def edges(self) -> tuple[float, ...]:
        """The lowest number of the first class, then the highest of every class."""
        return (*self.lowers[:1], *self.uppers)

    @property
    def labels(self) -> tuple[str, ...]:
        """Each class in words, with its edges as they are printed: ``5 to 9``."""
        ends = [
            (rounded(lower, decimals=self.decimals), rounded(upper, decimals=self.decimals))
            for lower, upper in zip(self.lowers, self.uppers, strict=True)
        ]
        return tuple(lower if lower == upper else f"{lower} to {upper}" for lower, upper in ends)

    def index(self, value: float) -> int:
        """The class of a number, by what is printed of it; numbers beyond the ends take the end class."""
        if not self.uppers or math.isnan(value):
            raise ValueError("a number that is not known, or a scale without classes, has no class")
        return min(int(np.searchsorted(self.uppers, as_printed(value, self.decimals))), len(self.uppers) - 1)

    def indices(self, values: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.int16]:
        """The class of each number of an array, -1 where it is NaN: what a surface is painted by."""
        if not self.uppers:
            return np.full(values.shape, -1, dtype=np.int16)
        # Halfway to the next printed number: cheaper than printing each of a million cells, and the same to the digit.
        limits = np.asarray(self.uppers[:-1], dtype=np.float64) + 0.5 * 10.0**-self.decimals
        found = np.searchsorted(limits, values, side="right").astype(np.int16)
        found[np.isnan(values)] = -1
        return found

    def fill(self, value: float, lower: float, upper: float, status: str) -> Fill:
        """
        How an area with this value, interval and status is painted.

        An interval has a class only where both its ends do and it is the same one; otherwise it spans classes.

        Examples
        --------
        >>> classes = Classes((1.0, 5.0), (4.0, 9.0), ("#edf8b1", "#2c7fb8"), 0)
        >>> nan = float("nan")
        >>> classes.fill(nan, 1, 4, "suppressed").key, classes.fill(nan, 3, 6, "suppressed").key
        ('c0', 'c0-1')
        >>> classes.fill(nan, nan, nan, "suppressed").key
        'suppressed'
        """
        if self.uppers and math.isfinite(value):
            return Fill("class", self.index(value), self.index(value))
        if self.uppers and math.isfinite(lower) and math.isfinite(upper):
            first, last = self.index(lower), self.index(upper)
            return Fill("class" if first == last else "spans", first, last)
        return Fill(status if status in GREYS else "no_data")


def classes_of(
    values: npt.ArrayLike, *, decimals: int, most: int = 5, palette: Palette = "YlGnBu", zero_apart: bool = True
) -> Classes:
    """
    Natural breaks (Fisher-Jenks) of all the values a legend has to serve: every period of the measure and category.

    Zeros, where there are any, are a class of their own. Constant data give one class, few different numbers give as
    many classes, nothing known gives none; NaN and infinite values are left out. Never an exception.

    Parameters
    ----------
    values
        What is drawn, of any shape, in the measure's unit.
    decimals
        How many decimals are printed.
    most
        Most classes, the zero class among them (1 to 7).
    palette
        ``YlGnBu`` for areas, ``cividis`` for surfaces.

    Examples
    --------
    >>> classes_of([0, 1, 1, 2, 9, 10, float("nan")], decimals=0, most=3).labels
    ('0', '1 to 2', '3 to 10')
    >>> classes_of([4, 4, 4], decimals=0).labels, classes_of([], decimals=0).labels
    (('4',), ())
    """
    known = _known(values, decimals)
    has_zero = zero_apart and bool(known.size) and known[0] == 0.0
    rest = known[known > 0.0] if has_zero else known
    room = max(1, min(most, MOST_CLASSES) - has_zero)
    uppers = _natural_breaks(rest, room)
    step = 10.0**-decimals
    starts = [step if has_zero else rest[0], *(upper + step for upper in uppers[:-1])] if uppers else []
    lowers = [float(rounded(start, decimals=decimals).replace(",", "")) for start in starts]
    colours = _PALETTES[palette][len(uppers) - 1] if uppers else ()
    if has_zero:
        return Classes((0.0, *lowers), (0.0, *uppers), (ZERO_COLOURS[palette], *colours), decimals)
    return Classes(tuple(lowers), tuple(uppers), colours, decimals)


def surface_classes(values: npt.ArrayLike, *, most: int = 5) -> Classes:
    """
    Classes of a surface's cells: cividis, and as many decimals as tell its largest value to two figures.

    Examples
    --------
    >>> surface_classes([[0.0, 0.02], [0.04, 0.043]], most=3).labels
    ('0.000', '0.001 to 0.020', '0.021 to 0.043')
    """
    known = np.asarray(values, dtype=np.float64)
    known = known[np.isfinite(known)]
    largest = float(np.abs(known).max()) if known.size else 0.0
    decimals = min(9, max(0, 1 - math.floor(math.log10(largest)))) if largest > 0 else 0
    return classes_of(_thinned(np.sort(known)), decimals=decimals, most=most, palette="cividis")


def decimals_of(measure: str) -> int:
    """How many decimals a measure is printed with; one for what the registry does not hold."""
    return MEASURES[measure].decimals if measure in MEASURES else 1


def shown(value: float, lower: float, upper: float, status: str, *, measure: str) -> str:
    """A number as map, table and sentence print it, with the decimals of its measure."""
    return printed(value, lower, upper, status, decimals=decimals_of(measure))


def as_printed(value: float, decimals: int) -> float:
    """
    A number as it reads when printed: rounded half away from zero.

    Examples
    --------
    >>> as_printed(57.25, 1), as_printed(1234.5, 0)
    (57.3, 1235.0)
    """
    return float(rounded(value, decimals=decimals).replace(",", ""))


def fills_used(fills: Iterable[Fill]) -> tuple[FillKind, ...]:
    """Which of the fills that are no class are on a map, in the order the legend lists them."""
    kinds = {fill.kind for fill in fills}
    return tuple(kind for kind in FILL_LABELS if kind in kinds)


def _known(values: npt.ArrayLike, decimals: int) -> npt.NDArray[np.float64]:
    flat = np.asarray(values, dtype=np.float64).ravel()
    different = np.unique(flat[np.isfinite(flat)])
    kept = [as_printed(float(value), decimals) for value in different]
    counts = _multiplicity(flat, different)
    return np.repeat(np.asarray(kept, dtype=np.float64), counts)


def _multiplicity(flat: npt.NDArray[np.float64], different: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    finite = np.sort(flat[np.isfinite(flat)])
    ends = np.searchsorted(finite, different, side="right")
    return np.diff(ends, prepend=0).astype(np.int64)


def _natural_breaks(values: npt.NDArray[np.float64], room: int) -> list[float]:
    """Upper ends of at most ``room`` classes of sorted values, the last one their largest."""
    different = np.unique(values)
    if different.size <= room:
        return [float(value) for value in different]
    if room == 1:
        return [float(different[-1])]
    sample = _thinned(values)
    if np.unique(sample).size <= room:
        sample = _thinned(different)
    bins = _fisher_jenks(sample, min(room, np.unique(sample).size))
    return sorted({float(upper) for upper in bins[:-1]} | {float(different[-1])})


def _fisher_jenks(values: npt.NDArray[np.float64], count: int) -> list[float]:
    """
    Upper ends of the ``count`` classes of sorted values that lie closest about their means (Fisher 1958; Jenks 1977).

    Equal to ``mapclassify.FisherJenks``, its single precision included (a test holds it to that), which compiles itself
    for five seconds in every process that draws a map.

    Examples
    --------
    >>> _fisher_jenks(np.array([1.0, 2.0, 9.0, 10.0, 11.0, 30.0]), 3)
    [2.0, 11.0, 30.0]
    """
    sorted32, many = values.astype(np.float32), len(values)
    # Of so many values in so many classes: where the last class begins, and the least sum of squares about the means.
    first, least = np.zeros((many + 1, count + 1), dtype=np.int64), np.zeros((many + 1, count + 1), dtype=np.float32)
    first[1:, 1:] = 1
    for held in range(2, many + 1):
        backwards = sorted32[held - 1 :: -1]
        size = np.arange(1, held + 1, dtype=np.float32)
        about_mean = (np.cumsum(backwards**2) - np.cumsum(backwards) ** 2 / size)[::-1]
        cost = about_mean[1:, None] + least[1:held, 1:-1]  # by first value of the last class, and classes before it
        first[held, 2:] = cost.argmin(axis=0) + 2
        least[held, 2:] = cost.min(axis=0)
        least[held, 1] = about_mean[0]
    ends, left = [float(values[-1])], many
    for number in range(count, 1, -1):
        left = int(first[left, number]) - 1
        ends.append(float(values[left - 1]))
    return ends[::-1]


def _thinned(ordered: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """At most 200 order statistics, evenly spaced, the smallest and largest among them."""
    if ordered.size <= _MOST_SAMPLED:
        return ordered
    return ordered[np.linspace(0, ordered.size - 1, _MOST_SAMPLED).round().astype(np.int64)]
