"""What any file of areas or features holds: typed attributes, geometry in EPSG:27700 and a stable identifier a row.

One preparation for all formats, so that GeoJSON, GeoPackage and CSV hold the same columns and the same values.
"""

import json
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from hotspots.crs import require_bng, require_on_grid
from hotspots.errors import DataRefused
from hotspots.export.pivot import wide
from hotspots.layer import Layer

Identifier = str | int

_PROVENANCE = {"file", "line"}
_IDENTIFIERS = ("area_code", "code", "event_id", "premises_id", "hotspot_id", "place_id", "id")
# Names that GeoPackage and GeoJSON drivers keep for themselves.
_RESERVED = {"fid", "ogc_fid", "geom", "geometry"}
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_CHANGED = r"[\x00-\x08\x0b-\x1f\x7f]"  # what plain_text changes (Arrow holds no lone surrogates)
_LARGEST_EXACT_INTEGER = 2**53


@dataclass(frozen=True, eq=False)
class Records:
    """Attributes (an Arrow table), geometry (EPSG:27700; None where there is none) and identifiers, row by row."""

    ids: tuple[Identifier, ...]
    attributes: pa.Table
    geometry: npt.NDArray[np.object_]

    @property
    def are_points(self) -> bool:
        """Whether every geometry that there is is a single point, and there is one."""
        kinds = set(shapely.get_type_id(self.geometry).tolist()) - {-1}
        return kinds == {0}


def records(layer: Layer) -> Records:
    """
    The rows of a layer that leave, sorted by identifier.

    A cube leaves in its wide form. Features leave with every column of their frame but the provenance (``file``,
    ``line``) and further geometries. The identifier is the area code, event or premises identifier, or else the row's
    number. Column names are made safe by :func:`column_names`, values by :func:`typed`.

    Raises
    ------
    CrsError
        Features are not in EPSG:27700, or lie off the National Grid.
    DataRefused
        A polygon is not valid.
    """
    frame = wide(layer) if layer.features is None else layer.features
    require_bng(frame.crs, what=f"layer {layer.meta.id!r}")
    geometry = _present(np.asarray(frame.geometry.array, dtype=object))
    require_on_grid(shapely.get_coordinates(geometry), what=f"layer {layer.meta.id!r}")
    hidden = set() if layer.content == "cube" else _PROVENANCE
    # Without geometry, and as plain columns: each look at a frame of features costs more than most columns do.
    leaving = [(name, values) for name, values in pd.DataFrame(frame).items() if _leaves(values, str(name), hidden)]
    names = column_names(name for name, _ in leaving)
    columns = {name: typed(values) for name, (_, values) in zip(names, leaving, strict=True)}
    attributes = pa.table(columns) if columns else pa.table({"row": pa.array(range(1, len(frame) + 1), pa.int64())})
    ids = _identifiers(attributes)
    _check_valid(geometry, ids, layer)
    order = pc.sort_indices(ids)  # texts by their UTF-8 bytes, which is by their characters
    return Records(tuple(ids.take(order).to_pylist()), attributes.take(order), geometry[order.to_numpy()])


def column_names(names: Iterable[object]) -> list[str]:
    """
    Names that every format takes, never cut: a reserved or repeated one (in any case or accents) gets a number.

    Examples
    --------
    >>> column_names(["id", "ID", "fid", "name", ""])
    ['id', 'ID_2', 'fid_2', 'name', 'column']
    """
    safe: list[str] = []
    taken = set(_RESERVED)
    for given in names:
        name = " ".join(plain_text(str(given)).split()) or "column"
        number = 1
        while _looks(candidate := name if number == 1 else f"{name}_{number}") in taken:
            number += 1
        taken.add(_looks(candidate))
        safe.append(candidate)
    return safe


def _looks(name: str) -> str:
    """What two names share that a reader, or a database, takes for the same."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def plain_text(text: str) -> str:
    """Text with line feeds only, and with what no format holds (control characters, lone surrogates) marked so."""
    return _UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n").replace("\r", "\n"))


def typed(values: "pd.Series[Any]") -> pa.Array:
    """
    A column in one of the types that leave: text, whole number, number, yes/no or date; missing and infinite are null.

    Whole numbers beyond 2**53, which JSON and spreadsheets would round, become text; times become ISO texts.

    Examples
    --------
    >>> typed(pd.Series([1.5, float("inf")])).to_pylist(), typed(pd.Series([2**60, 1])).to_pylist()
    ([1.5, None], ['1152921504606846976', '1'])
    """
    if isinstance(values.dtype, pd.CategoricalDtype):
        categories = values.dtype.categories.dtype
        whole = pd.api.types.is_integer_dtype(categories)  # which have no way to be missing
        values = values.astype("object" if whole or values.dtype.categories.empty else categories)
    if isinstance(values.dtype, pd.SparseDtype):
        values = values.astype(values.dtype.subtype)
    dtype = values.dtype
    if pd.api.types.is_float_dtype(dtype):
        return _numbers(values)
    quick = _in_one_go(values)
    if quick is not None:
        return quick
    absent = values.isna().to_numpy()
    found = [None if gone else value for value, gone in zip(values.astype("object"), absent, strict=True)]
    if pd.api.types.is_bool_dtype(dtype):
        return _truths(found)
    if pd.api.types.is_integer_dtype(dtype):
        return _whole_numbers(found)
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return _days_or_times(found)
    return _typed_objects(found)


def _in_one_go(values: "pd.Series[Any]") -> pa.Array | None:
    """What the rules for single values make of a column, for the columns of which a glance tells it; else None."""
    dtype = values.dtype
    if pd.api.types.is_integer_dtype(dtype):
        numbers = pa.array(values, from_pandas=True)
        ends = pc.min_max(numbers).as_py().values()
        fits = all(end is None or abs(end) <= _LARGEST_EXACT_INTEGER for end in ends)
        return numbers.cast(pa.int64()) if fits else None
    if isinstance(dtype, np.dtype) and dtype.kind == "M":
        days = values.to_numpy().astype("datetime64[D]")
        same_days = (days == values.to_numpy()) | values.isna().to_numpy()
        return pa.array(days, pa.date32()) if same_days.all() else None
    if pd.api.types.is_object_dtype(dtype) or pd.api.types.is_string_dtype(dtype):
        return _plain_texts(values)
    return None


def _plain_texts(values: "pd.Series[Any]") -> pa.Array | None:
    """Texts none of which has to be changed; None where a value is not a text, or one has to be."""
    if pd.api.types.infer_dtype(values, skipna=True) != "string":
        return None
    try:
        texts = pa.array(values, pa.string(), from_pandas=True)
    except (UnicodeEncodeError, pa.ArrowInvalid, pa.ArrowTypeError):
        return None
    texts = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
    return None if pc.any(pc.match_substring_regex(texts, _CHANGED)).as_py() else texts


def _present(geometry: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """
    Two-dimensional geometry of the kinds that every format has; what is empty or has no finite position is none at all.

    A ring becomes the line that it is, and a collection loses the parts of it that are empty.
    """
    flat = shapely.force_2d(geometry) if (shapely.get_coordinate_dimension(geometry) > 2).any() else geometry
    absent = shapely.is_missing(flat) | shapely.is_empty(flat) | ~np.isfinite(shapely.bounds(flat)).all(axis=1)
    present: npt.NDArray[np.object_] = np.array(flat, dtype=object)
    present[absent] = None
    for place in np.flatnonzero(shapely.get_type_id(present) == shapely.GeometryType.LINEARRING):
        present[place] = shapely.LineString(present[place].coords)
    several = np.flatnonzero(shapely.get_type_id(present) >= shapely.GeometryType.MULTIPOINT)
    parts, of = shapely.get_parts(present[several], return_index=True)
    for place in several[np.unique(of[shapely.is_empty(parts)])]:
        present[place] = type(present[place])([part for part in present[place].geoms if not part.is_empty])
    return present


def _leaves(values: "pd.Series[Any]", name: str, hidden: set[str]) -> bool:
    return name not in hidden and str(values.dtype) != "geometry"


def _identifiers(attributes: pa.Table) -> pa.Array:
    for name in _IDENTIFIERS:
        if name not in attributes.column_names:
            continue
        values = attributes.column(name).combine_chunks()
        if (pa.types.is_string(values.type) or pa.types.is_integer(values.type)) and _tell_apart(values):
            return values
    composed = _composed(attributes)
    return pa.array(range(1, attributes.num_rows + 1), pa.int64()) if composed is None else composed


def _composed(attributes: pa.Table) -> pa.Array | None:
    """Identifiers of features that only several columns tell apart, or their names; none where these repeat, too."""
    for names in (("measure", "category", "hotspot_id"), ("name",)):
        columns = [attributes.column(name) for name in names if name in attributes.column_names]
        if len(columns) < len(names) or any(column.null_count for column in columns):
            continue
        rows = zip(*(column.to_pylist() for column in columns), strict=True)
        values = pa.array([" ".join(map(str, parts)) for parts in rows], pa.string())
        if _tell_apart(values):
            return values
    return None


def _tell_apart(values: pa.Array) -> bool:
    return not values.null_count and len(values.unique()) == len(values)


def _check_valid(geometry: npt.NDArray[np.object_], ids: pa.Array, layer: Layer) -> None:
    wrong = ~shapely.is_missing(geometry) & ~shapely.is_valid(geometry)
    if wrong.any():
        place = int(np.flatnonzero(wrong)[0])
        raise DataRefused(
            f"layer {layer.meta.id!r}: the geometry of {ids[place].as_py()!r} is not valid "
            f"({shapely.is_valid_reason(geometry[place])}); repair it before it leaves"
        )


def _typed_objects(found: list[Any]) -> pa.Array:
    """A column whose type only its values tell: all of one kind, or text."""
    kinds = {type(value) for value in found if value is not None}
    for members, make in (
        ((bool, np.bool_), _truths),
        ((int, np.integer), _whole_numbers),
        ((int, float, np.number), lambda numbers: _numbers(pd.Series(numbers, dtype="float64"))),
        ((date,), _days_or_times),
    ):
        if kinds and all(issubclass(kind, members) and (bool in members or kind is not bool) for kind in kinds):
            return make(found)
    return pa.array([None if value is None else _as_text(value) for value in found], pa.string())


def _truths(found: list[Any]) -> pa.Array:
    return pa.array([None if value is None else bool(value) for value in found], pa.bool_())


def _numbers(values: "pd.Series[Any]") -> pa.Array:
    numbers = values.to_numpy(dtype=np.float64, na_value=np.nan) + 0.0  # + 0.0: no minus zero
    return pa.array(numbers, pa.float64(), mask=~np.isfinite(numbers))


def _whole_numbers(found: list[Any]) -> pa.Array:
    if any(abs(int(value)) > _LARGEST_EXACT_INTEGER for value in found if value is not None):
        return pa.array([None if value is None else str(int(value)) for value in found], pa.string())
    return pa.array([None if value is None else int(value) for value in found], pa.int64())


def _days_or_times(found: list[Any]) -> pa.Array:
    """Dates where no value has a time of day, else ISO texts to the second."""
    timed = any(
        isinstance(value, datetime) and (value.tzinfo or value.time() != datetime.min.time()) for value in found
    )
    if timed:
        return pa.array([None if value is None else _as_text(value) for value in found], pa.string())
    days = [value.date() if isinstance(value, datetime) else value for value in found]
    return pa.array(days, pa.date32())


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return plain_text(value)
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple | dict):
        return plain_text(json.dumps(value, ensure_ascii=False, sort_keys=True, default=str))
    return plain_text(str(value))
