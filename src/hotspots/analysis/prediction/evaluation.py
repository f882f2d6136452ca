"""Does it predict? Surfaces made from earlier months, scored on later ones, against counting by cell and chance.

Which surface is used is decided inside the earlier months alone (nested evaluation): made from the first of them,
scored on the next, for every month in turn. The months scored in the end have no part in the choice.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from hotspots.analysis.given import check_border, check_points
from hotspots.analysis.prediction.accuracy import Ties, chosen_shares, hit_rate, most_possible, pai, pei
from hotspots.analysis.prediction.history import Floats, History, history_of
from hotspots.analysis.prediction.targeting import COUNTING, DEFAULT, TargetingSpec, density_alone, surface_of
from hotspots.errors import DataRefused
from hotspots.layer import GridSpec
from hotspots.tables import Column, PointEvents

FEWEST_MONTHS = 4
FIXED_BANDWIDTHS_M = (100.0, 150.0, 200.0, 300.0, 500.0)
CHANCE = "chance"
_MOST_FOLDS = 6
_FEW_EVENTS = 30  # later ones: of fewer, one event is more than three percent

EVALUATION_COLUMNS = (
    Column("surface", "str", "how the places were chosen: counting, a density, a mix, or chance"),
    Column("role", "str", "targeting (the one in use), counting, density, or chance"),
    Column("captured", "float64", "later events that fell in the chosen places", "events"),
    Column("hit_rate", "float64", "captured over all later events", "share"),
    Column("pai", "float64", "prediction accuracy index: share of events over share of area", ""),
    Column("pei", "float64", "prediction efficiency index: captured over the most that could have been", "share"),
)


@dataclass(frozen=True, eq=False)
class Evaluation:
    """
    How surfaces made from the ``trained`` months did on the ``scored`` ones.

    ``table`` has the columns ``EVALUATION_COLUMNS``, the surface in use first. ``targeting`` is that surface and
    ``choice`` says why it is in use. ``events`` is how many later events there were inside the study area.
    """

    table: pd.DataFrame
    targeting: TargetingSpec
    choice: str
    trained: tuple[date, ...]
    scored: tuple[date, ...]
    events: int
    area_km2: float
    total_area_km2: float
    ties: Ties

    @property
    def area_share(self) -> float:
        """Share of the study area that was chosen."""
        return self.area_km2 / self.total_area_km2

    def row(self, role: str) -> "pd.Series[Any]":
        """The numbers of ``targeting``, ``counting`` or ``chance``."""
        return self.table[self.table["role"] == role].iloc[0]

    @property
    def sentence(self) -> str:
        """What was found, in words."""
        return self._in_words(f"the {self.events:,} events")

    @property
    def sentence_without_count(self) -> str:
        """
        What was found, in words for whoever may not know how many events it was scored on.

        A share of few events tells how many they are (64% and 43% are of 14), so there is none.
        """
        if self.scored and not self.events:
            return self._nothing_came
        if not self.few:
            return self._in_words("the events")
        return (
            f"Places chosen from {_span(self.trained)} ({self.area_share:.1%} of the area) were held against what was "
            f"recorded in {_span(self.scored)}: fewer than {_FEW_EVENTS} events, too few to tell."
        )

    @property
    def few(self) -> bool:
        """Whether there were later events, and so few that they tell nothing and a share tells how many."""
        return 0 < self.events < _FEW_EVENTS

    @property
    def _nothing_came(self) -> str:
        return f"There is no event of {_span(self.scored)}: what was chosen before cannot be scored."

    def _in_words(self, events: str) -> str:
        if not self.scored:
            return self.choice
        if not self.events:
            return f"{self._nothing_came} {self.choice}"
        used, counted = self.row("targeting"), self.row("counting")
        few = f"These are fewer than {_FEW_EVENTS} events, too few to tell. " if self.events < _FEW_EVENTS else ""
        return (
            f"Places chosen from {_span(self.trained)} ({self.area_share:.1%} of the area) held "
            f"{used['hit_rate']:.0%} of {events} of {_span(self.scored)}; counting by cell held "
            f"{counted['hit_rate']:.0%}, and chance would hold {self.area_share:.1%}. {few}{self.choice}"
        )


def evaluate_hotspots(
    points: PointEvents,
    grid: GridSpec,
    *,
    border: Any = None,
    reference: PointEvents | None = None,
    scored_months: int | None = None,
    area_share: float = 0.01,
    candidates: Sequence[TargetingSpec] | None = None,
    months: tuple[date, ...] | None = None,
    ties: Ties = "shared",
) -> Evaluation:
    """
    Choose places from earlier months and score them on later ones: hit rate, PAI and PEI at a stated area.

    Parameters
    ----------
    points
        Dated events of one kind. Those outside the border take no part.
    border
        Study area (EPSG:27700). Area is measured inside it, cell by cell.
    reference
        All events of the same record (all recorded crime, ``points`` among them), for the parts of the fitted prior
        that follow them; without it, the prior is made of ``points`` alone.
    scored_months
        How many months at the end are scored; a third of those held, at least one, unless told.
    area_share
        Share of the study area that is chosen.
    candidates
        Surfaces to choose from; the first is used where no other is clearly better.
    months
        First days of the months held, where quiet months at either end have no events to show it.
    ties
        What becomes of cells of equal score where the area runs out (:func:`chosen_shares`).

    Notes
    -----
    With fewer than four months the surface cannot be chosen by its results: the first candidate is used, and
    ``choice`` says that it cannot tell. Otherwise the candidate that held most in the nested evaluation is used if it
    leads the first by more than two standard errors of their difference; where that one held no more than counting,
    counting is used.

    Raises
    ------
    DataRefused
        No event lies inside, the border is no polygon, dates are missing, or more months are to be scored than can be.
    """
    check_points(points)
    check_border(border, grid)
    if reference is not None:
        check_points(reference, what="reference")
    if not 0 < area_share < 1:
        raise DataRefused(f"area_share must lie between 0 and 1, got {area_share!r}; 0.01 is one hundredth of the area")
    specs = tuple(candidates) if candidates is not None else default_candidates()
    if not specs:
        raise DataRefused("candidates holds no surface: give at least one TargetingSpec, or leave it out")
    fixed = [density_alone(bandwidth) for bandwidth in FIXED_BANDWIDTHS_M]
    bandwidths = tuple(sorted({bandwidth for spec in (*specs, *fixed) for bandwidth in spec.bandwidths_m}))
    history = history_of(points, grid, border=border, reference=reference, bandwidths_m=bandwidths, months=months)
    if not history.counts.sum():
        raise DataRefused(f"{points.meta.title}: no event lies inside the study area, so nothing can be evaluated")
    last = _months_scored(len(history.months), scored_months)
    trained = len(history.months) - last
    spec, choice = choose_targeting(history, specs, trained=trained, area_share=area_share, ties=ties)
    return _scored(history, (spec, COUNTING, *fixed), choice, trained=trained, area_share=area_share, ties=ties)


def default_candidates() -> tuple[TargetingSpec, ...]:
    """The surfaces that are tried, the default first: cell history with a fitted prior, counting, fixed densities."""
    return (DEFAULT, COUNTING, *(density_alone(bandwidth_m) for bandwidth_m in FIXED_BANDWIDTHS_M))


def choose_targeting(
    history: History,
    candidates: Sequence[TargetingSpec],
    *,
    trained: int,
    area_share: float,
    ties: Ties = "shared",
) -> tuple[TargetingSpec, str]:
    """The surface to use, decided by the first ``trained`` months alone, and why, in words."""
    first = candidates[0]
    if len(history.months) < FEWEST_MONTHS or trained < FEWEST_MONTHS - 1:
        return first, (
            f"With {len(history.months)} months it cannot be told which surface predicts best ({FEWEST_MONTHS} are "
            f"needed); the stated default is used: {first.label}."
        )
    folds = range(max(1, trained - _MOST_FOLDS), trained)
    events = np.stack([history.counts[fold] for fold in folds])

    def chosen(spec: TargetingSpec) -> Floats:
        made = [surface_of(history.before(fold), spec).expected for fold in folds]
        return np.stack([_shares(history, scores, area_share, ties) for scores in made])

    shares = [chosen(spec) for spec in candidates]
    held = [float((share * events).sum()) for share in shares]
    best = int(np.argmax(held))
    counted, total = float((chosen(COUNTING) * events).sum()), max(float(events.sum()), 1.0)
    used = best if held[0] <= counted or _clearly_more(shares[best], shares[0], events) else 0
    tried, counting = f"In {len(folds)} months inside the earlier ones", f"{counted / total:.0%}"
    if held[used] <= counted:
        return (
            COUNTING,
            f"{tried}, nothing held more than counting by cell ({counting} of the events): cells are counted.",
        )
    found, label = f"{held[used] / total:.0%}", candidates[used].label
    return candidates[used], f"{tried}, {label} held {found} of the events and counting by cell {counting}."


def _shares(history: History, scores: Floats, area_share: float, ties: Ties) -> Floats:
    return chosen_shares(scores, history.areas_km2, area=area_share * history.total_km2, ties=ties)


def _clearly_more(better: Floats, other: Floats, events: Floats) -> bool:
    """Whether a choice of cells holds more events than another by over two standard errors of the difference."""
    gained = float((np.maximum(better - other, 0) * events).sum())
    lost = float((np.maximum(other - better, 0) * events).sum())
    return gained - lost > 2 * math.sqrt(gained + lost)


def _months_scored(held: int, wanted: int | None) -> int:
    if held < 2:
        raise DataRefused(f"{held} month is held: places made from earlier months need later ones to be scored on")
    scored = max(1, round(held / 3)) if wanted is None else wanted
    if not 1 <= scored < held:
        raise DataRefused(f"scored_months must lie between 1 and {held - 1} of the {held} months held, got {scored}")
    return scored


def _scored(
    history: History,
    specs: Sequence[TargetingSpec],
    choice: str,
    *,
    trained: int,
    area_share: float,
    ties: Ties,
) -> Evaluation:
    total, earlier = history.total_km2, history.before(trained)
    area = area_share * total
    later = history.counts[trained:].sum(axis=0)
    events, rows = float(later.sum()), []
    for spec, role in zip(specs, ("targeting", "counting", *["density"] * (len(specs) - 2)), strict=True):
        surface = surface_of(earlier, spec)
        shares = _shares(history, surface.expected, area_share, ties)
        # Whole cells need not use the area up; what the other rules leave of it is spent among equals, or in vain.
        used = float((shares * history.areas_km2).sum()) if ties == "whole" else area
        rows.append((surface.label, role, float((shares * later).sum()), used))
    area = rows[0][-1]
    rows.append((CHANCE, "chance", events * area / total, area))
    table = pd.DataFrame(rows, columns=["surface", "role", "captured", "area"])
    each = list(zip(table["captured"], table.pop("area"), strict=True))
    table["hit_rate"] = [hit_rate(captured, events) for captured, _ in each]
    table["pai"] = [pai(captured, events, used, total) for captured, used in each]
    table["pei"] = [pei(captured, most_possible(later, history.areas_km2, area=used)) for captured, used in each]
    months = history.months
    return Evaluation(table, specs[0], choice, months[:trained], months[trained:], round(events), area, total, ties)


def _span(months: Sequence[date]) -> str:
    if len(months) == 1:
        return months[0].strftime("%Y-%m")
    return f"{months[0]:%Y-%m} to {months[-1]:%Y-%m}"
