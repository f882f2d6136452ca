"""The cube as people take it away: one row per area (wide), or one row per number (long).

A number that is not known exactly is null in its column, never 0, -1 or a text, and says so in companion columns
``_lower``, ``_upper`` and ``_status``, which are there only for the columns that need them. ``events``, the count
behind a number, is for the disclosure gate and never leaves.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from hotspots.areas import Areas
from hotspots.crs import BNG
from hotspots.errors import DataRefused, VintageError
from hotspots.layer import Layer
from hotspots.measures import CATEGORIES, MEASURES, measure

AREA_COLUMNS = ("area_code", "area_name", "vintage")
LONG_COLUMNS = (*AREA_COLUMNS, "period", "measure", "unit", "category", "value", "lower", "upper", "status")
CONVERSION = "conversion"
_KEY = ["measure", "category", "period"]
_NUMBERS = ["value", "lower", "upper"]


class ValueColumn(NamedTuple):
    """One column of the wide form: its name, and which cells of the cube it shows."""

    name: str
    measure: str
    category: str
    period: str


def wide(layer: Layer) -> gpd.GeoDataFrame:
    """
    One row per area of the cube, in EPSG:27700: code, name, vintage, then a column per measure and period.

    Numbers that come from another vintage have the column ``conversion`` besides, which says how.

    Columns are named ``<measure>_<period>`` (``instances_2016_17``), or ``<measure>_<category>_<period>`` for the
    totals without batches or house clearances; crime types are in the long form only. They follow the order of the
    measures, then that in which the cube first names the periods. Counts are nullable integers.

    Raises
    ------
    VintageError
        The cube has codes that its boundaries have not.
    DataRefused
        The layer holds no cube, an area has two values for the same number, or two columns would have one name.
    """
    cube, areas = _checked(layer)
    table = _areas_of(cube, areas)
    shapes = dict(zip(areas.table["code"], areas.geometry, strict=True))
    columns: dict[str, Any] = {name: table[name].to_numpy() for name in table.columns}
    asked = _value_columns(layer, cube)
    for column, cells in zip(asked, _cells_of(asked, cube, table["area_code"]), strict=True):
        for name, values in _value_and_companions(column, *cells).items():
            if name in columns:
                raise DataRefused(f"layer {layer.meta.id!r}: two columns of the wide form would be called {name!r}")
            columns[name] = values
    geometry = [shapes[code] for code in table["area_code"]]
    return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(geometry, crs=BNG, index=range(len(table))), crs=BNG)


def long(layer: Layer) -> pd.DataFrame:
    """
    One row per number of the cube, without geometry, for spreadsheets and databases.

    Rows are sorted by area, measure, category and period; ``value`` is missing where ``lower`` and ``upper`` or the
    ``status`` say why.
    """
    cube, areas = _checked(layer)
    table = _areas_of(cube, areas).set_index("area_code")
    ranks = {name: _ranks(cube, name) for name in _KEY}
    ordered = cube.sort_values(
        ["area_code", *_KEY], key=lambda column: column.map(ranks[column.name]) if column.name in ranks else column
    ).reset_index(drop=True)
    ordered["area_name"] = ordered["area_code"].map(table["area_name"])
    ordered["vintage"] = areas.vintage
    ordered["unit"] = ordered["measure"].map(lambda identifier: measure(identifier).unit)
    further = [name for name in table.columns if name == CONVERSION]
    for name in further:
        ordered[name] = ordered["area_code"].map(table[name])
    return ordered[[*LONG_COLUMNS, *further]]


def value_columns(layer: Layer) -> tuple[ValueColumn, ...]:
    """The value columns of the wide form, in their order, without the companions."""
    return _value_columns(layer, _checked(layer)[0])


def _value_columns(layer: Layer, cube: pd.DataFrame) -> tuple[ValueColumn, ...]:
    keys = cube[_KEY].drop_duplicates()
    keys = keys[keys["category"].isin(CATEGORIES.keys())]
    ranks = {name: _ranks(cube, name) for name in _KEY}
    ordered = sorted(keys.itertuples(index=False, name=None), key=lambda key: _rank(key, ranks))
    columns = tuple(ValueColumn(_name(*key), *key) for key in ordered)
    names: dict[str, ValueColumn] = {}
    for column in columns:
        other = names.setdefault(column.name, column)
        if other is not column:
            raise DataRefused(
                f"layer {layer.meta.id!r}: {other[1:]} and {column[1:]} would both be the column {column.name!r}; "
                "give the periods labels that differ in their letters and digits"
            )
    return columns


@lru_cache(maxsize=1)  # a file in its wide and long forms, and its description, ask for the same layer in a row
def _checked(layer: Layer) -> tuple[pd.DataFrame, Areas]:
    """
    The cube without ``events``, its texts as texts, what is not finite as missing, and hidden values hidden.

    Do not change it: it is shared.
    """
    if layer.cube is None or layer.areas is None:
        raise DataRefused(f"layer {layer.meta.id!r} holds {layer.content}, not numbers by area")
    texts = {name: layer.cube[name].astype("object") for name in ("area_code", "period", "measure", "category")}
    status = layer.cube["status"].astype("object")
    numbers = {name: _finite(layer.cube[name]) for name in _NUMBERS}
    numbers["value"] = np.where(status == "suppressed", np.nan, numbers["value"])
    if CONVERSION in layer.cube:
        texts[CONVERSION] = layer.cube[CONVERSION].astype("object")
    cube = pd.DataFrame({**texts, **numbers, "status": status}).reset_index(drop=True)
    for identifier in cube["measure"].unique():
        measure(identifier)
    unknown = sorted(set(cube["area_code"]) - layer.areas.codes)
    if unknown:
        raise VintageError(
            f"layer {layer.meta.id!r}: {len(unknown)} area codes (such as {unknown[0]}) are not among the "
            f"{layer.areas.label}; never mixed without the lookup"
        )
    twice = cube.duplicated(["area_code", *_KEY])
    if twice.any():
        cell = cube.loc[twice, ["area_code", *_KEY]].iloc[0].tolist()
        raise DataRefused(f"layer {layer.meta.id!r}: the cube has two values for {cell}; expected one")
    return cube, layer.areas


def _finite(values: "pd.Series[Any]") -> npt.NDArray[np.float64]:
    numbers = pd.to_numeric(values).astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
    return np.where(np.isfinite(numbers), numbers, np.nan) + 0.0  # + 0.0: no minus zero


def _areas_of(cube: pd.DataFrame, areas: Areas) -> pd.DataFrame:
    codes = sorted(cube["area_code"].unique())
    names = areas.names
    table = pd.DataFrame(
        {"area_code": codes, "area_name": [names[code] for code in codes], "vintage": areas.vintage}, dtype="object"
    )
    if CONVERSION in cube:
        table[CONVERSION] = table["area_code"].map(cube.groupby("area_code")[CONVERSION].first())
    return table


def _cells_of(
    columns: Sequence[ValueColumn], cube: pd.DataFrame, codes: "pd.Series[str]"
) -> Iterator[tuple[npt.NDArray[np.float64], npt.NDArray[Any]]]:
    """Of each column the numbers (value, lower, upper) and the status of its cells, in the order of the codes."""
    keys = pd.MultiIndex.from_tuples([column[1:] for column in columns], names=_KEY)
    column_of = keys.get_indexer(pd.MultiIndex.from_frame(cube[_KEY]))
    shown = column_of >= 0
    at = column_of[shown], pd.Index(codes).get_indexer(pd.Index(cube.loc[shown, "area_code"]))
    numbers = np.full((len(columns), len(_NUMBERS), len(codes)), np.nan)
    numbers[at[0], :, at[1]] = cube.loc[shown, _NUMBERS].to_numpy()
    given = cube.loc[shown, "status"]
    status = np.full((len(columns), len(codes)), "no_data", dtype=object)
    status[at] = given.where(given.notna(), "no_data").to_numpy()
    yield from zip(numbers, status, strict=True)


def _value_and_companions(
    column: ValueColumn, numbers: npt.NDArray[np.float64], status: npt.NDArray[Any]
) -> dict[str, Any]:
    """The value column, and the three companions where any of its cells is not plainly known."""
    value, lower, upper = numbers
    plain = (status == "ok") & ~np.isnan(value) & ~(lower < value) & ~(upper > value)
    whole = measure(column.measure).statistic == "count" and _all_whole(numbers)
    shown = numbers if not whole else [pd.array(own, dtype="Int64") for own in numbers]
    columns: dict[str, Any] = {column.name: shown[0]}
    if not plain.all():
        columns[f"{column.name}_lower"] = shown[1]
        columns[f"{column.name}_upper"] = shown[2]
        columns[f"{column.name}_status"] = status
    return columns


def _all_whole(numbers: npt.NDArray[np.float64]) -> bool:
    known = numbers[~np.isnan(numbers)]
    return bool((known == np.round(known)).all() and (np.abs(known) <= 2**53).all())


def _name(measure_id: str, category: str, period: str) -> str:
    """
    The name of a value column.

    Examples
    --------
    >>> _name("callouts_per_year", "all", "2015/16 to 2017/18"), _name("volume", "without_batches", "2016/17")
    ('callouts_per_year_2015_16_to_2017_18', 'volume_without_batches_2016_17')
    """
    slug = re.sub(r"[^a-z0-9]+", "_", period.lower()).strip("_")
    return "_".join((measure_id, slug) if category == "all" else (measure_id, category, slug))


def _ranks(cube: pd.DataFrame, name: str) -> dict[str, int]:
    """Place of each value in the order of its registry, or in that in which the cube first names it."""
    registries: Mapping[str, Sequence[str]] = {"measure": list(MEASURES), "category": list(CATEGORIES)}
    present = list(cube[name].unique())
    if name in registries:
        known = [value for value in registries[name] if value in present]
        present = [*known, *sorted(set(present) - set(known))]
    return {value: place for place, value in enumerate(present)}


def _rank(key: tuple[str, ...], ranks: Mapping[str, Mapping[str, int]]) -> tuple[int, ...]:
    return tuple(ranks[name][part] for name, part in zip(_KEY, key, strict=True))
