"""Clusters of areas: local Moran's I, and rates steadied by empirical Bayes, for counts that come by LSOA or ward.

Counts by area have no positions: a cluster here is an area and its neighbours (those that share an edge or a corner).
The statistics are esda's. It is imported when it is needed: it takes seconds to load.
"""

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hotspots.analysis.hotspots.correction import corrected_p
from hotspots.analysis.hotspots.spec import Correction
from hotspots.areas import Areas
from hotspots.errors import DataRefused

_CLASSES = ("high among high", "low among high", "low among low", "high among low")  # esda's quadrants 1 to 4


def empirical_bayes_rates(counts: "pd.Series[Any]", population: "pd.Series[Any]") -> pd.DataFrame:
    """
    Rates that few residents cannot make extreme, on the index of ``counts``.

    ``rate_per_1000`` is the plain rate; ``steadied_per_1000`` is drawn to the overall rate, the more so the fewer
    residents (global empirical Bayes, Marshall 1991); ``standardised`` is how many standard deviations the rate is from
    the overall one, where small areas may vary more (Assunção and Reis 1999): what :func:`local_moran` should be given.
    Where the rates vary no more than chance makes them, every steadied rate is the overall one. An area without
    residents has no rate.

    Examples
    --------
    >>> counts = pd.Series([30, 25, 25, 15, 33, 21, 30, 20], list("ABCDEFGH"))
    >>> residents = pd.Series([100, 100, 110, 90, 100, 90, 110, 90], list("ABCDEFGH"))
    >>> empirical_bayes_rates(counts, residents)["standardised"].round(4).tolist()[:4]
    [1.0384, -0.041, -0.5625, -1.7306]
    """
    if not counts.index.equals(population.index):
        raise DataRefused("counts and population must have the same index, in the same order")
    lived_in = population.to_numpy(dtype=np.float64) > 0
    events, residents = counts.to_numpy(dtype=np.float64)[lived_in], population.to_numpy(dtype=np.float64)[lived_in]
    if not np.isfinite(events).all() or (events < 0).any():
        raise DataRefused("counts must be whole numbers from 0: leave areas without a count out")
    made = pd.DataFrame(np.nan, index=counts.index, columns=["rate_per_1000", "steadied_per_1000", "standardised"])
    if not len(events):
        return made
    rate, overall = events / residents, events.sum() / residents.sum()
    made.loc[lived_in, "rate_per_1000"] = rate * 1000
    if (rate == overall).all():
        made.loc[lived_in, "steadied_per_1000"], made.loc[lived_in, "standardised"] = overall * 1000, 0.0
        return made
    from esda.moran import assuncao_rate
    from esda.smoothing import Empirical_Bayes

    steadied = np.asarray(Empirical_Bayes(events, residents).r, dtype=np.float64).ravel()
    # A variance between areas estimated below nought throws the rates beyond the overall one, or out of all bounds.
    between = (steadied >= np.minimum(rate, overall) - 1e-12) & (steadied <= np.maximum(rate, overall) + 1e-12)
    made.loc[lived_in, "steadied_per_1000"] = (steadied if between.all() else np.full_like(rate, overall)) * 1000
    made.loc[lived_in, "standardised"] = assuncao_rate(events, residents)
    return made


def local_moran(
    values: "pd.Series[Any]",
    areas: Areas,
    *,
    permutations: int = 999,
    seed: int = 1,
    level: float = 0.95,
    correction: Correction = "benjamini_hochberg",
) -> pd.DataFrame:
    """
    Local Moran's I (Anselin 1995) of each area: is it high among high, low among low, or unlike its neighbours?

    Neighbours share an edge or a corner, and weigh the same in sum for every area. The p-value is of ``permutations``
    in which the other areas' values change places: esda's, which looks to one side, doubled.

    Parameters
    ----------
    values
        A value for each area, indexed by area code; an area that is missing takes no part.

    Returns
    -------
    DataFrame
        By area code of ``areas``: ``value, moran, p, p_corrected, cluster, reason``. ``cluster`` is empty where
        ``p_corrected`` is above ``1 - level``; ``reason`` says why an area has no statistic.

    Raises
    ------
    DataRefused
        A value is of no area, or fewer than three areas have one.
    """
    from esda.moran import Moran_Local

    strangers = values.index.difference(pd.Index(areas.table["code"]))
    if len(strangers):
        raise DataRefused(f"{len(strangers)} values (such as that of {strangers[0]}) are of no area in {areas.label}")
    value = values.astype(np.float64).reindex(areas.table["code"].to_numpy())
    made = pd.DataFrame({"value": value, "moran": np.nan, "p": np.nan, "p_corrected": np.nan})
    made["cluster"], made["reason"] = "", np.where(value.isna(), "it has no value", "")
    held = value.notna().to_numpy()
    if held.sum() < 3:
        raise DataRefused(f"local Moran's I needs at least three areas with a value, got {int(held.sum())}")
    if value[held].nunique() == 1:
        made.loc[held, "reason"] = "all areas have the same value"
        return made
    neighbours = _contiguity(areas, held)
    with warnings.catch_warnings(), np.errstate(invalid="ignore"):  # an area without neighbours: 0 over 0
        # esda says that its p-values will be two-sided one day; ours are doubled here.
        warnings.simplefilter("ignore", DeprecationWarning)
        found = Moran_Local(value[held].to_numpy(), neighbours, permutations=permutations, seed=seed)
    alone = np.isin(neighbours.unique_ids, neighbours.isolates)
    p = np.where(alone, np.nan, np.minimum(2 * np.asarray(found.p_sim, dtype=np.float64), 1.0))
    adjusted = corrected_p(p, method=correction)
    made.loc[held, "moran"] = np.where(alone, np.nan, found.Is)
    made.loc[held, "p"], made.loc[held, "p_corrected"] = p, adjusted
    named = np.array(_CLASSES)[np.asarray(found.q, dtype=np.int64) - 1]
    made.loc[held, "cluster"] = np.where(np.nan_to_num(adjusted, nan=1.0) <= 1 - level, named, "")
    made.loc[held, "reason"] = np.where(alone, "it has no neighbour", "")
    return made


def _contiguity(areas: Areas, held: npt.NDArray[np.bool_]) -> Any:
    """Who shares an edge or a corner with whom, among the areas that have a value."""
    import geopandas as gpd
    from libpysal.graph import Graph

    shapes = gpd.GeoSeries(areas.geometry[held], index=areas.table["code"].to_numpy()[held])
    return Graph.build_contiguity(shapes, rook=False)
