"""How a file looks when it is opened: which column leads, its classes, and the style made from them.

The column that leads is the layer's own measure over its last period: what the Map page shows first.
"""

import contextlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np
import pyarrow as pa

from hotspots.errors import DataRefused
from hotspots.export.pivot import ValueColumn, value_columns
from hotspots.export.qml import Range, class_coats, graduated, grey_coats, pseudocolour, quoted, simple, span_coats
from hotspots.export.records import Records
from hotspots.layer import Layer
from hotspots.periods import Calendar, parse_period
from hotspots.style import FILL_LABELS, Classes, Fill, FillKind, classes_of, decimals_of, surface_classes

# No measure is as low as this: stands for an area that has no one class, in the expression that a legend ranges over.
_APART = -1_000_000_000
_GREYS: tuple[FillKind, ...] = ("suppressed", "incomplete", "no_data")


@dataclass(frozen=True)
class _Cells:
    """The leading column of the wide form with its companions, as expression names and as values."""

    name: str
    whole: bool
    companions: bool
    fills: tuple[Fill, ...]
    ends: tuple[float, float]


def leading_column(layer: Layer) -> ValueColumn | None:
    """The value column that a cube is coloured by: its own measure, all categories, the last period; None if empty."""
    columns = value_columns(layer)
    own = [column for column in columns if column.measure == layer.meta.measure] or list(columns)
    whole = [column for column in own if column.category == "all"] or own
    return whole[-1] if whole else None


def layer_classes(layer: Layer) -> Classes | None:
    """
    The classes that a layer is coloured by: those of the map that shows it; None for features.

    For a cube they serve every period, of those that the layer holds, as long as the leading column's.
    """
    if layer.surface is not None:
        return surface_classes(layer.surface.values)
    if layer.cube is None or (column := leading_column(layer)) is None:
        return None
    rows = layer.cube[(layer.cube["measure"] == column.measure) & (layer.cube["category"] == column.category)]
    length = _years(column.period)
    rows = rows[[period == column.period or _years(period) == length for period in rows["period"].astype("object")]]
    values = np.concatenate([rows[end].to_numpy(dtype=np.float64, na_value=np.nan) for end in ("lower", "upper")])
    return classes_of(values, decimals=decimals_of(column.measure))


def vector_style(layer: Layer, held: Records, geometry_type: str, *, classes: Classes | None = None) -> str | None:
    """
    The style of a file of areas or features as QML; None where shapes are mixed.

    Parameters
    ----------
    held
        The rows as they leave, whose columns the style names.
    geometry_type
        Of the layer in the file, such as ``MultiPolygon``.
    classes
        Classes that a map shows, in place of those of :func:`layer_classes`.
    """
    column = leading_column(layer) if layer.content == "cube" else None
    classes = classes or layer_classes(layer)
    if column is None or classes is None or column.name not in held.attributes.column_names:
        return simple(geometry_type)
    cells = _cells(held.attributes, column.name, classes)
    spans = sorted({fill for fill in cells.fills if fill.kind == "spans"}, key=lambda fill: (fill.first, fill.last))
    greys = [kind for kind in _GREYS if any(fill.kind == kind for fill in cells.fills)]
    ranges = [*_class_ranges(classes, cells), *_span_ranges(spans, classes), *_grey_ranges(greys)]
    return graduated(_expression(cells, classes, spans, greys), ranges)


def surface_style(layer: Layer, *, classes: Classes | None = None) -> str:
    """The style of a surface as QML, with the classes that a map shows or those of :func:`layer_classes`."""
    return pseudocolour(classes or layer_classes(layer) or surface_classes([]))


def _years(label: str) -> float | None:
    for calendar in get_args(Calendar):
        with contextlib.suppress(DataRefused):
            return round(parse_period(label, calendar=calendar).years, 6)
    return None


def _cells(attributes: pa.Table, name: str, classes: Classes) -> _Cells:
    companions = f"{name}_status" in attributes.column_names
    values = _numbers(attributes, name)
    lowers, uppers = (_numbers(attributes, f"{name}_{end}") if companions else values for end in ("lower", "upper"))
    statuses = attributes[f"{name}_status"].to_pylist() if companions else ["ok"] * len(values)
    fills = tuple(classes.fill(*cell) for cell in zip(values, lowers, uppers, statuses, strict=True))
    known = [value for value in (*values, *lowers, *uppers) if math.isfinite(value)]
    ends = (min(known), max(known)) if known else (math.inf, -math.inf)
    return _Cells(name, pa.types.is_integer(attributes[name].type), companions, fills, ends)


def _numbers(attributes: pa.Table, name: str) -> list[float]:
    return [math.nan if value is None else float(value) for value in attributes[name].to_pylist()]


def _class_ranges(classes: Classes, cells: _Cells) -> list[Range]:
    """The classes with their printed edges; the outer ones reach as far as the numbers do, as on the map."""
    lowers, uppers = list(classes.lowers), list(classes.uppers)
    if lowers:
        lowers[0], uppers[-1] = min(lowers[0], cells.ends[0]), max(uppers[-1], cells.ends[1])
    told = zip(lowers, uppers, classes.labels, classes.colours, strict=True)
    return [Range(lower, upper, label, class_coats(colour)) for lower, upper, label, colour in told]


def _span_ranges(spans: Sequence[Fill], classes: Classes) -> list[Range]:
    return [
        Range(
            _apart_span(number),
            _apart_span(number),
            f"{FILL_LABELS['spans']} ({classes.labels[fill.first]}; {classes.labels[fill.last]})",
            span_coats(fill, classes),
        )
        for number, fill in enumerate(spans)
    ]


def _grey_ranges(greys: Sequence[FillKind]) -> list[Range]:
    return [Range(_apart(kind), _apart(kind), FILL_LABELS[kind], grey_coats(kind)) for kind in greys]


def _apart(kind: FillKind) -> int:
    return _APART - _GREYS.index(kind)


def _apart_span(number: int) -> int:
    return _APART - len(_GREYS) - number


def _expression(cells: _Cells, classes: Classes, spans: Sequence[Fill], greys: Sequence[FillKind]) -> str:
    """The column where every area has a whole number; else the number as printed, or one that stands apart."""
    name = quoted(cells.name)
    printed = name if cells.whole else f"round({name}, {classes.decimals})"
    if not cells.companions:
        return printed
    cases = [f"WHEN {name} IS NOT NULL THEN {printed}"] if classes.uppers else []
    cases += [
        f"WHEN {_within(cells, 'lower', at, classes)} AND {_within(cells, 'upper', at, classes)} THEN {uppermost!r}"
        for at, uppermost in enumerate(classes.uppers)
    ]
    cases += [
        f"WHEN {_within(cells, 'lower', fill.first, classes)} AND {_within(cells, 'upper', fill.last, classes)} "
        f"THEN {_apart_span(number)}"
        for number, fill in enumerate(spans)
    ]
    status = quoted(f"{cells.name}_status")
    cases += [f"WHEN {status} = '{kind}' THEN {_apart(kind)}" for kind in greys if kind != "no_data"]
    return f"CASE {' '.join(cases)} ELSE {_apart('no_data')} END"


def _within(cells: _Cells, end: str, at: int, classes: Classes) -> str:
    """Whether an end of the interval lies in a class, by what is printed of it; the outer classes are open outwards."""
    number = f"round({quoted(f'{cells.name}_{end}')}, {classes.decimals})"
    sides = []
    if at > 0:
        sides.append(f"{number} > {classes.uppers[at - 1]!r}")
    if at < len(classes.uppers) - 1:
        sides.append(f"{number} <= {classes.uppers[at]!r}")
    return " AND ".join(sides) or f"{number} IS NOT NULL"
