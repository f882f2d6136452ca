"""What a build tells of its premises, to licensing and analysts and to nobody else."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import pandas as pd

from hotspots.analysis.as_reported import reported_beside
from hotspots.analysis.score import premises_scores
from hotspots.analysis.score_explained import ScoreExplanation, explain_score, incidents_in_all, window_incidents
from hotspots.analysis.score_points import UNATTRIBUTED
from hotspots.analysis.score_spec import ScoreSpec
from hotspots.analysis.watchlist import band_changes
from hotspots.disclosure import may_see_premises
from hotspots.errors import DisclosureRefused, UsageError
from hotspots.layer import LayerMeta
from hotspots.periods import Coverage
from hotspots.snapshot import Build
from hotspots.views.scores import coverage_of, spec_of
from hotspots.views.selection import Viewer

ONLY_FOR = "Premises and their scores are for licensing and analysts only."


@dataclass(frozen=True, eq=False)
class Premises:
    """
    The premises of a build. It cannot be made for a viewer who may not see premises, and holds all there is of them.

    Raises
    ------
    DisclosureRefused
        The viewer is neither of licensing nor an analyst.
    UsageError
        The build holds no premises.
    """

    build: Build
    viewer: Viewer

    def __post_init__(self) -> None:
        if not may_see_premises(self.viewer.role):
            raise DisclosureRefused(ONLY_FOR)
        if "premises-scores" not in self.build.layers:
            raise UsageError(
                "this build holds no premises: name sources of kind premises and incidents and build again"
            )

    @property
    def meta(self) -> LayerMeta:
        """Description of the scores: source, marking, labels."""
        return self.build.meta("premises-scores")

    @cached_property
    def spec(self) -> ScoreSpec:
        """The profile that the scores are made with."""
        return spec_of(self.build)

    @cached_property
    def coverage(self) -> Coverage:
        """What the incidents cover."""
        return coverage_of(self.build)

    @property
    def days(self) -> list[str]:
        """The month-ends covered, latest first."""
        return list(self.build.manifest["score_days"])[::-1]

    @cached_property
    def names(self) -> dict[str, str]:
        """Name of each premises by identifier, in the order of the names."""
        register = self.build.table("premises").sort_values(["name", "premises_id"])
        return dict(zip(register["premises_id"], register["name"], strict=True))

    @property
    def reported(self) -> pd.DataFrame:
        """The frozen scores."""
        return self.build.table("premises_reported")

    def last_meeting(self, day: str) -> str | None:
        """The latest day before ``day`` whose scores were frozen for a meeting."""
        return max((held for held in self.reported["as_of"].unique() if held < day), default=None)

    def scores(self, day: str) -> pd.DataFrame:
        """
        Every premises on a day: ``premises_id, name, state, score, band``, ``reason`` (why it is watched, or empty) and
        ``score_as_reported`` (missing where nothing was frozen for that day), highest first.
        """
        made = premises_scores(
            self.build.table("premises"),
            self.build.table("incidents"),
            self.spec,
            as_of=date.fromisoformat(day),
            coverage=self.coverage,
        )
        watched = self.watchlist(day)
        reasons = dict(zip(watched["premises_id"], watched["reason"], strict=True))
        frozen = self.reported[(self.reported["as_of"] == day) & self.reported["premises_id"].notna()]
        shown = frozen.drop_duplicates("premises_id").set_index("premises_id")["score"]
        return made.assign(
            reason=[reasons.get(premises_id, "") for premises_id in made["premises_id"]],
            score_as_reported=made["premises_id"].map(shown).astype("Float64"),
        )

    def watchlist(self, day: str) -> pd.DataFrame:
        """Who is to be watched on a month-end, each with the reason: ``premises_id, score, band, reason``."""
        held = self.build.table("premises_watchlist")
        return held[held["as_of"] == day].reset_index(drop=True)

    def changes_since_meeting(self, day: str) -> pd.DataFrame:
        """Bands and states that are others than the last meeting was told; empty where there was no meeting."""
        meeting = self.last_meeting(day)
        frozen = self.reported[(self.reported["as_of"] == meeting) & self.reported["premises_id"].notna()]
        after = self.scores(day)[["premises_id", "state", "score", "band"]] if meeting else frozen
        return band_changes(frozen.drop_duplicates("premises_id"), after)

    def history(self, premises_id: str) -> pd.DataFrame:
        """One premises on every month-end: ``as_of, state, score, band, window_from`` and ``score_as_reported``."""
        held = self.build.table("premises_score_history")
        own = held[held["premises_id"] == premises_id].reset_index(drop=True)
        frozen = self.reported[self.reported["premises_id"] == premises_id].drop_duplicates("as_of")
        shown = frozen.set_index("as_of")["score"]
        return own.assign(score_as_reported=own["as_of"].astype("str").map(shown).astype("Float64"))

    def explained(self, premises_id: str, day: str, *, since: str | None = None) -> ScoreExplanation:
        """The score of one premises, incident by incident; ``since`` is the last meeting before unless given."""
        since = since or self.last_meeting(day)
        return explain_score(
            self.build.table("premises"),
            self.build.table("incidents"),
            self.spec,
            premises_id=premises_id,
            as_of=date.fromisoformat(day),
            coverage=self.coverage,
            since=date.fromisoformat(since) if since else None,
        )

    def recomputed(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Every frozen score beside the one computed now, and the incidents that make the difference."""
        key = "premises/recomputed"
        if key not in self.build.memo:
            tables = self.build.table("premises"), self.build.table("incidents")
            self.build.memo[key] = reported_beside(self.reported, *tables, self.spec, coverage=self.coverage)
        scores, incidents = self.build.memo[key]
        return scores, incidents

    def totals(self, day: str) -> dict[str, int]:
        """Different incidents counted in the window, each once; how many of them are shared; how many unattributed."""
        tables = self.build.table("premises"), self.build.table("incidents")
        rows = window_incidents(*tables, self.spec, as_of=date.fromisoformat(day))
        counted, shared = incidents_in_all(rows)
        return {"counted": counted, "shared": shared, UNATTRIBUTED: int(rows["premises_id"].isna().sum())}

    def marks(self, premises_id: str) -> dict[str, str]:
        """What happened to the premises itself, by day: a change of operator, the opening, the closing."""
        row = self.build.table("premises").set_index("premises_id").loc[premises_id]
        words = {"opened": "opened", "operator_since": f"operator: {row['operator']}", "closed": "closed"}
        days = {name: row[name] for name in words if pd.notna(row[name])}
        if days.get("operator_since") == days.get("opened"):
            days.pop("operator_since", None)
        return {day.date().isoformat(): words[name] for name, day in days.items()}

    def interventions(self, premises_id: str) -> dict[str, str]:
        """What the register says was done at the premises, by the day on which it began or ended."""
        register = self.build.table("interventions")
        own = register[register["place"] == f"premises:{premises_id}"] if len(register) else pd.DataFrame()
        marks: dict[str, list[str]] = {}
        for column, word in (("start", "began"), ("end", "ended")) if len(own) else ():
            for day, what in zip(own[column], own["what"], strict=True):
                if pd.notna(day):
                    marks.setdefault(pd.Timestamp(day).date().isoformat(), []).append(f"{what} {word}")
        return {day: "; ".join(words) for day, words in marks.items()}
