"""The history of premises scores in one pass, beside the obvious way: a pandas filter and count for each day.

The peer is what an analyst writes without us. It scores the same incidents of the same windows, and the counts of both
are compared before anything is timed.
"""

import platform
import time
from collections.abc import Callable
from datetime import date
from importlib.metadata import version
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd

from hotspots.analysis.score import ScoreSpec, score_history
from hotspots.compiled import processors
from hotspots.periods import Coverage, month_end

RESULTS = Path(__file__).parent / "SCORE.md"
PREMISES, MONTHS, INCIDENTS, ROUNDS = 2_000, 120, 200_000, 7
FIRST = date(2009, 1, 1)
DAYS = [month_end(FIRST, ahead=ahead) for ahead in range(MONTHS)]
COVERAGE = Coverage(date(2008, 7, 1), DAYS[-1], "zero")


def made_up(seed: int = 6) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Premises of very different troublesomeness, with types, severities, and one row in twenty repeated."""
    rng = np.random.default_rng(seed)
    ids = np.array([f"PR{number:05d}" for number in range(PREMISES)])
    share = rng.gamma(0.5, size=PREMISES)
    number = np.arange(INCIDENTS) - (np.arange(INCIDENTS) % 20 == 19)  # the row before once more
    pick = rng.choice(PREMISES, INCIDENTS, p=share / share.sum())[number]
    day = rng.integers(0, (DAYS[-1] - COVERAGE.covers_from).days + 1, INCIDENTS)[number]
    incidents = pd.DataFrame(
        {
            "incident_id": [f"IN{place:07d}" for place in number],
            "premises_id": ids[pick],
            "date": pd.Timestamp(COVERAGE.covers_from) + pd.to_timedelta(day, unit="D"),
            "incident_type": rng.choice(["violence", "affray", "theft"], INCIDENTS, p=[0.6, 0.2, 0.2])[number],
            "severity": rng.integers(1, 6, INCIDENTS)[number],
            "attribution": rng.choice(["inside", "immediate_vicinity_dispersal"], INCIDENTS)[number],
        }
    )
    return pd.DataFrame({"premises_id": ids}), incidents


def by_pandas(register: pd.DataFrame, incidents: pd.DataFrame) -> pd.DataFrame:
    """Distinct incidents in each window, one filter and one count for each day."""
    spec, columns = ScoreSpec(), []
    for day in DAYS:
        opens = pd.Timestamp(spec.opens(day))
        inside = incidents[
            (incidents["date"] > opens)
            & (incidents["date"] <= pd.Timestamp(day))
            & incidents["incident_type"].isin(spec.scored_types)
        ]
        counts = inside.groupby("premises_id")["incident_id"].nunique()
        columns.append(counts.reindex(register["premises_id"], fill_value=0).to_numpy())
    return pd.DataFrame(np.column_stack(columns))


def main() -> None:
    register, incidents = made_up()
    specs = {
        "`seed_count`": ScoreSpec(),
        "`weighted`": ScoreSpec(profile="weighted"),
        "`weighted`, exponential decay": ScoreSpec(profile="weighted", decay="exponential"),
    }

    def ours(spec: ScoreSpec) -> pd.DataFrame:
        return score_history(register, incidents, spec, days=DAYS, coverage=COVERAGE)

    counted = ours(ScoreSpec())["score"].to_numpy(dtype=np.int64).reshape(PREMISES, MONTHS)
    differ = int((counted != by_pandas(register, incidents).to_numpy()).sum())
    ways: dict[str, Callable[[], object]] = {
        name: (lambda spec=spec: ours(spec))
        for name, spec in specs.items()  # type: ignore[misc]
    }
    ways["pandas, a filter and a count for each day (`seed_count`)"] = lambda: by_pandas(register, incidents)
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):  # in turn, so that other work on the machine meets all of them
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            times[name].append(time.perf_counter() - start)
    base = median(times["`seed_count`"])
    lines = [
        "# Premises scores",
        "",
        f"Remade by `python -m benchmarks score`: the history of {PREMISES:,} made-up premises on {MONTHS} month-ends",
        f"from {INCIDENTS:,} incidents, from tables to table. The limit is 2 s on two processors; ours uses one.",
        "The methods take turns; other work may share the machine, so that ratios mean more than seconds.",
        "",
        f"Machine: {platform.machine()}, {processors()} processors, {platform.system()}, "
        f"Python {platform.python_version()}, numpy {version('numpy')}, pandas {version('pandas')}.",
        "",
        f"| method | median s | worst s of {ROUNDS} | times ours |",
        "|---|---|---|---|",
        *(
            f"| {name} | {median(taken):.2f} | {max(taken):.2f} | {median(taken) / base:.1f} |"
            for name, taken in times.items()
        ),
        "",
        f"Of {PREMISES * MONTHS:,} counts, {differ} differ between the two.",
    ]
    RESULTS.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(RESULTS.read_text(encoding="utf-8"))
