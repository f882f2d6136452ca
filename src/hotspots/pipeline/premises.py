"""What a build makes of premises and their incidents: all of it is for licensing and analysts only."""

from datetime import date
from pathlib import Path
from typing import Any

from hotspots.analysis.as_reported import freeze_scores
from hotspots.analysis.score import score_history
from hotspots.analysis.score_explained import explained_incidents
from hotspots.analysis.score_points import incident_points
from hotspots.analysis.watchlist import watchlist
from hotspots.disclosure import PREMISES_READERS
from hotspots.errors import DataRefused, UsageError
from hotspots.layer import highest
from hotspots.periods import month_end, months_in
from hotspots.pipeline.cubes import describe
from hotspots.pipeline.inputs import Inputs, Progress, check_agreements, read_inputs
from hotspots.score_tables import SCORE_TABLES
from hotspots.settings import Area
from hotspots.snapshot import BuildContent
from hotspots.sources.reported import read_reported
from hotspots.staging import staged
from hotspots.texts import number_of
from hotspots.views.scores import score_spec


def add_premises(content: BuildContent, inputs: Inputs, progress: Progress) -> None:
    """Add scores on every month-end covered, who is to be watched, what each incident gave, and what was reported."""
    register, incidents = inputs.reading("premises"), inputs.reading("incidents")
    if register is None or incidents is None:
        return
    progress("premises scores")
    unattributed = int(incidents.table["premises_id"].isna().sum())
    one = "incident is not attributed to any premises and is in no score."
    words = [number_of(unattributed, one, "incidents are not attributed to any premises and are in no score.")]
    reported = content.settings.premises_score.reported
    if reported and not (inputs.area.folder / reported).is_file():
        words.append(f"No score was frozen for a meeting yet: there is no file {Path(reported).name}.")
    meta = describe(
        incidents, None, layer_id="premises-scores", measure="premises_score", method="", caveats=tuple(words)
    )
    content.metas["premises-scores"] = meta
    coverage = incidents.meta.coverage
    days = [month_end(month.start) for month in months_in(coverage) if coverage.covers(month)]
    content.manifest["score_days"] = [day.isoformat() for day in days]
    content.manifest["score"] = record = _record(inputs)
    spec = score_spec(content.settings.premises_score, record)
    history = score_history(register.table, incidents.table, spec, days=days, coverage=coverage)
    columns = [column.name for column in SCORE_TABLES["premises_incidents"]]
    tables = {
        "premises_score_history": history,
        "premises_watchlist": watchlist(history, spec),
        "premises_incidents": explained_incidents(incidents.table, spec)[columns],
        "premises_reported": read_reported(reported, folder=inputs.area.folder, limits=inputs.area.file.limits),
    }
    content.tables.update(tables)
    marking = highest((register.meta.marking, incidents.meta.marking))
    content.manifest["tables"] = {
        name: {"sensitivity": "restricted", "readers": list(PREMISES_READERS), "marking": marking}
        for name in (*tables, "premises", "incidents")
    }


def check_premises(inputs: Inputs) -> None:
    """Refuse a profile that makes no sense, or for which the incidents lack what it needs."""
    if inputs.reading("premises") is not None and (incidents := inputs.reading("incidents")) is not None:
        incident_points(incidents.table, score_spec(inputs.area.file.premises_score, _record(inputs)))


def freeze(area: Area, *, as_of: date, today: date | None = None, progress: Progress = lambda _: None) -> Path:
    """
    Add the scores of a day to the area's record of reported scores, as they are now; returns the file.

    What is in the record stays as it is, byte for byte. A later build shows it beside what is then computed. Agreements
    must still run on the day ``today``; without it they are not checked.

    Raises
    ------
    UsageError
        The area file names no record, or the scores of that day are frozen already.
    DataRefused
        The day is not covered, or there are no premises and incidents to score.
    """
    name = area.file.premises_score.reported
    if not name:
        raise UsageError('the area file names no record: add reported = "premises-reported.csv" to [premises_score]')
    held = read_reported(name, folder=area.folder, limits=area.file.limits)
    if as_of.isoformat() in set(held["as_of"]):
        raise UsageError(f"the scores of {as_of} are frozen already in {name}; a frozen score is never replaced")
    if today is not None:
        check_agreements(area, today=today)
    inputs = read_inputs(area, progress=progress)
    register, incidents = inputs.reading("premises"), inputs.reading("incidents")
    if register is None or incidents is None:
        raise DataRefused("there is nothing to freeze: the area file has no sources of kind premises and incidents")
    coverage = incidents.meta.coverage
    if not coverage.covers_from <= as_of <= coverage.covers_to:
        raise DataRefused(
            f"{as_of} is not covered: {incidents.meta.id} covers {coverage.covers_from} to {coverage.covers_to}"
        )
    spec = score_spec(area.file.premises_score, _record(inputs))
    frozen = freeze_scores(register.table, incidents.table, spec, as_of=as_of, coverage=coverage)
    target = area.folder / name
    before = target.read_bytes() if target.is_file() else b""
    rows = frozen.to_csv(index=False, header=not before, lineterminator="\n").encode()
    with staged(target) as stage:
        stage.write_bytes(before + (b"" if before.endswith(b"\n") or not before else b"\n") + rows)
        read_reported(stage.name, folder=stage.parent, limits=area.file.limits)
    return target


def _record(inputs: Inputs) -> dict[str, Any]:
    """What scores are made under, beside the settings."""
    register, incidents = inputs.readings["premises"].meta, inputs.readings["incidents"].meta
    return {
        "covers_from": incidents.coverage.covers_from.isoformat(),
        "covers_to": incidents.coverage.covers_to.isoformat(),
        "absent": incidents.coverage.absent or "zero",
        "synthetic": incidents.synthetic and register.synthetic,
        "scored_types": list(inputs.source("incidents").scored_types),
    }
