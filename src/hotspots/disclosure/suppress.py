"""Hiding small counts in a cube: by rounding everything, or by suppressing cells and what would reveal them."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from hotspots.settings import PolicySection

_NUMBERS = ["value", "lower", "upper"]
_MOST_PASSES = 20

Numbers = npt.NDArray[np.float64]


def hide_small(cube: pd.DataFrame, *, threshold: int, hide_zero: bool) -> "pd.Series[bool]":
    """
    Which rows have a count behind them from 1 to below the threshold (and, if asked, none).

    An interval is hidden when its lower end is: the reader is never told that a count may be 3.
    """
    known = cube["lower"].notna()
    small = (cube["events"] < threshold) & (cube["upper"] > 0)
    return known & (small | (hide_zero & (cube["upper"] == 0)))


def suppress(cube: pd.DataFrame, *, threshold: int, hide_zero: bool = False) -> pd.DataFrame:
    """
    The cube with small counts hidden, and with what would give a lone hidden cell away.

    A hidden cell that is the only one among the areas of its period (whose total is printed), or the only one among
    the single years of a run of years, takes the smallest visible cell of that group with it (ties: the smallest
    code, the earliest period; never a zero where another is left). Every measure of an area, period and category
    shares one mask, so that needles never reveal finds. Hidden is missing plus status ``suppressed``.

    Examples
    --------
    >>> cube = pd.DataFrame({"area_code": list("ABC"), "period": "2018/19", "measure": "crimes", "category": "all",
    ...     "value": [3.0, 8.0, 20.0], "lower": [3.0, 8.0, 20.0], "upper": [3.0, 8.0, 20.0], "status": "ok",
    ...     "events": [3.0, 8.0, 20.0]})
    >>> suppress(cube, threshold=5)["status"].tolist()
    ['suppressed', 'suppressed', 'ok']
    """
    hidden = _one_mask_per_cell(cube, hide_small(cube, threshold=threshold, hide_zero=hide_zero))
    order = cube.assign(zero=cube["events"] == 0).sort_values(["zero", "events", "area_code", "period"], kind="stable")
    for _ in range(_MOST_PASSES):
        added = _complements(cube, hidden, order, ["period", "measure", "category"])
        years = order[order["period"].isin(_single_years(cube))]
        added |= _complements(cube, hidden, years, ["area_code", "measure", "category"])
        if not (added & ~hidden).any():
            break
        hidden = _one_mask_per_cell(cube, hidden | added)
    return _blank(cube, hidden)


def round_to(cube: pd.DataFrame, *, threshold: int, base: int, hide_zero: bool = False) -> pd.DataFrame:
    """
    The cube with small counts hidden and every other number rounded to the nearest multiple of ``base``.

    Halves are rounded away from zero. Each published number is only known to the base, which mostly keeps a hidden one
    from being worked out; where runs of years overlap it does not always, and the audit of a build hides more.
    """
    hidden = _one_mask_per_cell(cube, hide_small(cube, threshold=threshold, hide_zero=hide_zero))
    return _blank(_rounded(cube, base), hidden)


def masked(cube: pd.DataFrame, mask: pd.DataFrame, *, base: int | None = None) -> pd.DataFrame:
    """
    The cube with every cell hidden that an audited mask does not show, the others rounded to ``base`` if there is one.

    ``mask`` has ``area_code, period, category, state``. A cell that was not audited is not shown.
    """
    keys = ["area_code", "period", "category"]
    shown = pd.MultiIndex.from_frame(mask.loc[mask["state"] == "shown", keys])
    hidden = pd.Series(~pd.MultiIndex.from_frame(cube[keys]).isin(shown), index=cube.index)
    return _blank(cube if base is None else _rounded(cube, base), hidden & cube["lower"].notna())


def _rounded(cube: pd.DataFrame, base: int) -> pd.DataFrame:
    """Every number as the nearest multiple of ``base``, halves away from zero."""
    return cube.assign(**{column: np.floor(cube[column] / base + 0.5) * base for column in _NUMBERS})


def read_back(numbers: Numbers, section: PolicySection, *, counts: bool) -> tuple[Numbers, Numbers]:
    """
    What a shown number may be: itself, or (rounded) any that rounds to it and is not among the hidden counts.

    Examples
    --------
    >>> low, high = read_back(np.array([10.0]), PolicySection(method="rounding", rounding_base=5), counts=True)
    >>> float(low[0]), float(high[0])
    (8.0, 12.0)
    """
    known = np.nan_to_num(numbers)
    if section.method == "suppression":
        return known, known
    base = section.rounding_base
    printed = np.floor(known / base + 0.5) * base
    low, high = np.maximum(np.ceil(printed - base / 2), 0), np.ceil(printed + base / 2) - 1
    if counts:
        low = np.where(printed > 0, np.maximum(low, section.threshold), low)
        high = np.where((printed == 0) & (high < section.threshold), 0, high)
    unknown = np.isnan(numbers)
    return np.where(unknown, 0, low), np.where(unknown, 0, high)


def _one_mask_per_cell(cube: pd.DataFrame, hidden: "pd.Series[bool]") -> "pd.Series[bool]":
    return hidden.groupby([cube["area_code"], cube["period"], cube["category"]]).transform("any")


def _single_years(cube: pd.DataFrame) -> list[str]:
    return [period for period in cube["period"].unique() if " to " not in period and " Q" not in period]


def _complements(
    cube: pd.DataFrame, hidden: "pd.Series[bool]", order: pd.DataFrame, group: list[str]
) -> "pd.Series[bool]":
    """The smallest visible row of each group that has exactly one hidden row."""
    candidates = order.assign(hidden=hidden.reindex(order.index))
    counts = candidates.groupby(group)["hidden"].transform("sum")
    visible = candidates[(counts == 1) & ~candidates["hidden"] & candidates["lower"].notna()]
    chosen = visible.drop_duplicates(group).index
    return pd.Series(cube.index.isin(chosen), index=cube.index)


def _blank(cube: pd.DataFrame, hidden: "pd.Series[bool]") -> pd.DataFrame:
    blanked = cube.copy()
    blanked.loc[hidden, _NUMBERS] = np.nan
    blanked.loc[hidden, "status"] = "suppressed"
    return blanked
