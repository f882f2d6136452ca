"""The premises score: what was attributed to each premises in a rolling window, on any day or on many days at once.

A score is a way to decide whom to talk to first; it is not evidence in itself. Attribution is by identifier, never by
distance, and counts by area (ambulance callouts) have no way in: the functions take tables of premises and incidents.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hotspots.analysis.score_points import MILLION, incident_points, refuse_areas, require_columns
from hotspots.analysis.score_spec import BANDS, ScoreSpec
from hotspots.errors import DataRefused
from hotspots.periods import Coverage

__all__ = ["BANDS", "SPIKE_CAVEAT", "STANDING", "ScoreSpec", "fall_caveat", "premises_scores", "score_history"]

STANDING = "For prioritising contact, not evidence in itself."
# In the order in which they are asked: the first that holds is the state.
STATES = ("closed", "not open", "no data", "incomplete", "new operator", "ok")
_SCORED = ("new operator", "ok")
_NEVER = np.iinfo(np.int64).min

Days = npt.NDArray[np.int64]


def fall_caveat(spec: ScoreSpec) -> str:
    """
    What has to stand beside every fall of a score.

    Examples
    --------
    >>> fall_caveat(ScoreSpec()).split(":")[0]
    'A window without decay drops a spike exactly six months later whatever anyone does'
    """
    length = {3: "three", 6: "six", 9: "nine", 12: "twelve"}.get(spec.window_months, str(spec.window_months))
    drops = f"A window without decay drops a spike exactly {length} months later whatever anyone does"
    if spec.decay != "none":
        drops = f"Points fade with time and leave the window after {length} months whatever anyone does"
    return f"{drops}: a score that falls is a reason to look at the counts, not proof that the work succeeded."


SPIKE_CAVEAT = fall_caveat(ScoreSpec())  # of the usual window, where no profile is at hand


def premises_scores(
    premises: pd.DataFrame, incidents: pd.DataFrame, spec: ScoreSpec, *, as_of: date, coverage: Coverage
) -> pd.DataFrame:
    """
    Score of every premises on a day.

    The window is half-open, ``(as_of - 6 calendar months, as_of]``; from a month-end it begins after a month-end. An
    incident counts once for a premises, however many rows it has; one attributed to two premises counts at each.

    Returns
    -------
    DataFrame
        ``premises_id, name, easting, northing``; ``state``: ``ok`` (a score of 0 is one), ``incomplete`` (the window is
        not wholly covered), ``no data`` (none of it is, or the source says that absent means unknown), ``new operator``
        (the window begins with the change: a score and no band), ``not open``, ``closed``; ``score`` (missing but for
        ``ok`` and ``new operator``; whole numbers where incidents are only counted); with a capacity adjustment
        ``per_100_capacity``; ``band`` (``low``, ``medium``, ``verging on high``, ``high``; empty without bands);
        ``window_from`` (first day counted) and ``window_to``. Ordered by what bands rest on, then by identifier.

    Raises
    ------
    ResolutionError
        Counts by area were given.
    DataRefused
        A column is missing, two premises have one identifier, or an incident is attributed to a premises that the
        register does not hold.

    Examples
    --------
    >>> register = pd.DataFrame({"premises_id": ["P1"], "name": ["The Example"], "easting": [1.0], "northing": [2.0],
    ...                          "opened": [pd.NaT], "closed": [pd.NaT]})
    >>> seen = pd.DataFrame({"incident_id": ["a", "a", "b"], "premises_id": ["P1"] * 3, "incident_type": "violence",
    ...                      "date": pd.to_datetime(["2018-03-31", "2018-03-31", "2018-09-30"])})
    >>> covered = Coverage(date(2018, 1, 1), date(2018, 12, 31), "zero")
    >>> scores = premises_scores(register, seen, ScoreSpec(), as_of=date(2018, 9, 30), coverage=covered)
    >>> scores[["score", "state", "band"]].to_numpy().tolist()  # 31 March is outside (31 March, 30 September]
    [[1, 'ok', 'low']]
    """
    history = score_history(premises, incidents, spec, days=[as_of], coverage=coverage)
    require_columns(premises, ("name", "easting", "northing"), what="premises")
    table = premises[["premises_id", "name", "easting", "northing"]].reset_index(drop=True)
    table["state"] = history["state"].astype("str")
    for name in _numbers(spec):
        table[name] = history[name]
    table["band"] = history["band"].astype("str")
    table["window_from"], table["window_to"] = history["window_from"].astype("str"), history["as_of"].astype("str")
    return table.sort_values([_numbers(spec)[-1], "premises_id"], ascending=[False, True], ignore_index=True)


def score_history(
    premises: pd.DataFrame, incidents: pd.DataFrame, spec: ScoreSpec, *, days: Sequence[date], coverage: Coverage
) -> pd.DataFrame:
    """
    Score of every premises on each of several days, in one pass over the incidents.

    Past days are scored by the profile given, whatever was in use then: it is named beside every score.

    Returns
    -------
    DataFrame
        ``premises_id, as_of, state, score, per_100_capacity`` (with that adjustment), ``band, window_from``: the
        premises in the order of the register, and of each the days as given. Words are categories.
    """
    points = incident_points(incidents, spec)
    register = _Register.of(premises)
    windows = _Windows.of(days, spec)
    held = points[points["premises_id"].notna()]
    place = register.places(held["premises_id"])
    day = held["date"].to_numpy(dtype="datetime64[D]").astype(np.int64)
    counted = (held["unused"] == "").to_numpy()
    millionths = np.rint(held["points"].to_numpy(dtype=np.float64)[counted] * MILLION)
    sums = _sums(place[counted], day[counted], millionths, register=register, windows=windows, spec=spec)
    seen = None
    if coverage.absent == "unknown":
        seen = _sums(place, day, np.ones(len(day)), register=register, windows=windows, spec=None) > 0
    first = windows.first_days(register.operator_since)
    state = _states(register, windows, first, coverage, seen=seen)
    scores = np.where(np.isin(state, [STATES.index(name) for name in _SCORED]), sums / MILLION, np.nan)
    return _history(register, windows, spec, first=first, state=state, scores=scores)


@dataclass(frozen=True, eq=False)
class _Register:
    """The premises as arrays: days are numbers since 1970; a day that is not known is far in the past or future."""

    ids: pd.Index
    opened: Days
    closed: Days
    operator_since: Days
    capacity: npt.NDArray[np.float64]

    @classmethod
    def of(cls, premises: pd.DataFrame) -> "_Register":
        """The register of a table of premises, checked."""
        refuse_areas(premises)
        require_columns(premises, ("premises_id",), what="premises")
        ids = pd.Index(premises["premises_id"])
        if ids.hasnans or ids.has_duplicates:
            twice = ids[ids.duplicated()]
            named = f"{twice[0]!r} is there twice" if len(twice) else "one has none"
            raise DataRefused(f"each premises needs an identifier of its own; {named}")
        opened = _day_numbers(premises, "opened", missing=_NEVER)
        since = _day_numbers(premises, "operator_since", missing=_NEVER)
        capacity = premises["capacity"] if "capacity" in premises else pd.Series(pd.NA, index=premises.index)
        return cls(
            ids,
            opened,
            _day_numbers(premises, "closed", missing=np.iinfo(np.int64).max),
            np.where(since > opened, since, _NEVER),  # the first operator is no change of operator
            pd.to_numeric(capacity).to_numpy(dtype=np.float64, na_value=np.nan),
        )

    def places(self, ids: "pd.Series[str]") -> npt.NDArray[np.intp]:
        """The row of each identifier; ``DataRefused`` where the register does not hold one."""
        place = self.ids.get_indexer(pd.Index(ids))
        if (place < 0).any():
            unknown = ids[place < 0]
            raise DataRefused(
                f"{len(unknown)} incidents are attributed to premises that the register does not hold "
                f"(the first: {unknown.iloc[0]!r}); correct the identifier, or add the premises"
            )
        return place


@dataclass(frozen=True, eq=False)
class _Windows:
    """Half-open windows ``(opens, closes]`` as day numbers, earliest first; ``order`` gives the days as asked."""

    opens: Days
    closes: Days
    order: npt.NDArray[np.intp]

    @classmethod
    def of(cls, days: Sequence[date], spec: ScoreSpec) -> "_Windows":
        """The windows that end on the days."""
        if wrong := [day for day in days if not isinstance(day, date) or pd.isna(day)]:
            raise DataRefused(f"{wrong[0]!r} is not a day; give a datetime.date")
        closes = np.array(days, dtype="datetime64[D]").astype(np.int64)
        opens = np.array([spec.opens(day) for day in days], dtype="datetime64[D]").astype(np.int64)
        order = np.argsort(closes, kind="stable")
        return cls(opens[order], closes[order], np.argsort(order, kind="stable"))

    def first_days(self, operator_since: Days) -> Days:
        """First day counted, by premises and window: a change of operator inside a window begins it anew."""
        since = operator_since[:, None]
        return np.where(since <= self.closes, np.maximum(self.opens + 1, since), self.opens + 1)


def _sums(
    place: npt.NDArray[np.intp],
    day: Days,
    millionths: npt.NDArray[np.float64],
    *,
    register: _Register,
    windows: _Windows,
    spec: ScoreSpec | None,
) -> npt.NDArray[np.float64]:
    """
    Points by premises and window. An incident is in few windows, and those follow one another: each step adds every
    incident to the next of its windows, so that nothing is held for pairs of incidents and windows.
    """
    count = len(windows.closes)
    first = np.searchsorted(windows.closes, day, side="left")
    last = np.searchsorted(windows.opens, day, side="left")
    since = register.operator_since[place]
    sums = np.zeros(len(register.ids) * count)
    for step in range(int((last - first).max(initial=0))):
        at = first + step
        live = np.flatnonzero(at < last)
        here = at[live]
        restarted = (since[live] <= windows.closes[here]) & (day[live] < since[live])
        live, here = live[~restarted], here[~restarted]
        faded = np.rint(millionths[live] * fading(day[live], windows.opens[here], windows.closes[here], spec))
        sums += np.bincount(place[live] * count + here, weights=faded, minlength=len(sums))
    return sums.reshape(len(register.ids), count)


def fading(day: Days, opens: Days, closes: Days, spec: ScoreSpec | None) -> npt.NDArray[np.float64]:
    """
    The share of its points that an incident still gives: 1 on the day itself, and without decay always.

    Examples
    --------
    >>> day, opens, closes = np.array([10, 5]), np.array([0, 0]), np.array([10, 10])
    >>> fading(day, opens, closes, ScoreSpec(decay="linear")).tolist()
    [1.0, 0.5]
    >>> fading(day, opens, closes, ScoreSpec(decay="exponential", half_life_days=5)).tolist()
    [1.0, 0.5]
    """
    age = (closes - day).astype(np.float64)
    if spec is None or spec.decay == "none":
        return np.ones(len(age))
    return 1 - age / (closes - opens) if spec.decay == "linear" else 0.5 ** (age / spec.half_life_days)


def _states(
    register: _Register, windows: _Windows, first: Days, coverage: Coverage, *, seen: npt.NDArray[np.bool_] | None
) -> npt.NDArray[np.intp]:
    """The place in ``STATES`` of each premises in each window."""
    covers_from, covers_to = (_day_number(day) for day in (coverage.covers_from, coverage.covers_to))
    closes = windows.closes[None, :]
    untouched = (closes < covers_from) | (first > covers_to)
    holds = (
        register.closed[:, None] < closes,
        register.opened[:, None] > closes,
        untouched if seen is None else untouched | ~seen,
        (first < covers_from) | (closes > covers_to),
        first > windows.opens + 1,
    )
    return np.select(np.broadcast_arrays(*holds), list(range(len(holds))), default=len(holds))


def _history(
    register: _Register,
    windows: _Windows,
    spec: ScoreSpec,
    *,
    first: Days,
    state: npt.NDArray[np.intp],
    scores: npt.NDArray[np.float64],
) -> pd.DataFrame:
    banded, adjusted = scores, None
    if spec.capacity == "per_100_capacity":
        banded = adjusted = np.rint(scores * 100 / register.capacity[:, None] * MILLION) / MILLION
    band = np.where((state == STATES.index("ok")) & ~np.isnan(banded) & spec.bands, _band_numbers(banded, spec), 0)
    count, asked = len(windows.closes), windows.order
    day_texts, days = _day_texts(np.concatenate([windows.closes, first.ravel()]))
    closes, starts = days[:count], days[count:].reshape(first.shape)
    places = np.arange(len(register.ids))
    columns: dict[str, Any] = {
        "premises_id": _words(np.repeat(places, count), register.ids),
        "as_of": _words(np.tile(closes[asked], len(places)), day_texts),
        "state": _words(state[:, asked], STATES),
        "score": _known(scores[:, asked]),
        **({} if adjusted is None else {"per_100_capacity": _known(adjusted[:, asked])}),
        "band": _words(band[:, asked], ("", *BANDS)),
        "window_from": _words(starts[:, asked], day_texts),
    }
    table = pd.DataFrame(columns)
    return table.astype({"score": "Int64"}) if spec.whole else table


def _words(codes: npt.NDArray[np.intp], words: Any) -> Any:
    """Each word held once, however often it is used."""
    return pd.Categorical.from_codes(codes.ravel(), words)


def _known(numbers: npt.NDArray[np.float64]) -> Any:
    """Numbers of which NaN are missing."""
    return pd.arrays.FloatingArray(np.nan_to_num(numbers.ravel()), np.isnan(numbers.ravel()))


def _band_numbers(scores: npt.NDArray[np.float64], spec: ScoreSpec) -> npt.NDArray[np.intp]:
    """1 for the lowest band to 4 for the highest."""
    return 1 + np.searchsorted(np.array(spec.edges), np.nan_to_num(scores), side="right")


def _numbers(spec: ScoreSpec) -> list[str]:
    """The columns of numbers of a profile; bands rest on the last."""
    return ["score"] if spec.capacity == "none" else ["score", "per_100_capacity"]


def _day_numbers(table: pd.DataFrame, column: str, *, missing: int) -> Days:
    if column not in table:
        return np.full(len(table), missing, dtype=np.int64)
    days = pd.to_datetime(table[column]).to_numpy(dtype="datetime64[D]")
    return np.where(np.isnat(days), missing, days.astype(np.int64))


def _day_number(day: date) -> int:
    return (day - date(1970, 1, 1)) // timedelta(days=1)


def _day_texts(days: Days) -> tuple[list[str], npt.NDArray[np.intp]]:
    """Each day written once, and which of them each is."""
    found, which = np.unique(days, return_inverse=True)
    return found.astype("datetime64[D]").astype("str").tolist(), which
