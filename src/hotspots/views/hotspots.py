"""Hotspots as they are asked for: by agenda, disclosed for the viewer, with what is known of their prediction."""

from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from hotspots.disclosure import disclose, may_see_points
from hotspots.errors import DisclosureRefused, UsageError
from hotspots.layer import Layer
from hotspots.snapshot import Build
from hotspots.views.selection import Selection, Viewer

EVALUATION_TABLE = "hotspot_evaluation"
_PRINTED = {"hit_rate": 2, "pai": 1, "pei": 2}  # decimals


@dataclass(frozen=True, eq=False)
class Prediction:
    """
    How places chosen from earlier months did on later ones, for one agenda.

    ``table`` has ``surface, role, captured, hit_rate, pai, pei``; ``sentence`` is the finding in words. Below
    restricted, where the source is not open, both are without numbers of events, shares are rounded, and of fewer
    than 30 later events there are none: the table is empty.
    """

    table: pd.DataFrame
    sentence: str


def agendas(build: Build, viewer: Viewer) -> dict[tuple[str, str], str]:
    """
    The agendas whose hotspots this viewer may see, as ``(what, category)`` with a label for people.

    ``("crimes", "all")`` is recorded crime, ``("crimes", "retail")`` the preset *Retail*.
    """
    return {
        (record["measure"], record["category"]): str(record["label"])
        for record in build.manifest.get("hotspots", [])
        if record["how"] == "hotspots" and _may_see(build, record, viewer)
    }


def chosen_hotspots(build: Build, selection: Selection, viewer: Viewer) -> Layer:
    """
    The hotspots or targets of an agenda over the whole area, disclosed for the viewer.

    Raises
    ------
    UsageError
        The build holds no hotspots of that measure and category, or not over that period.
    DisclosureRefused
        This viewer's audience may not have them.
    """
    record = _record(build, selection)
    if selection.when not in ("", record["period"]):
        raise UsageError(f"hotspots are held over {record['period']} only, not over {selection.when!r}")
    features = build.features(record["layer"])
    own = features[(features["measure"] == record["measure"]) & (features["category"] == record["category"])]
    meta = replace(
        build.meta(record["layer"]),
        title=record["title"],
        measure=record["measure"],
        period=record["period"],
        method=record["method"],
        caveats=tuple(record["caveats"]),
        settings=record["settings"],
    )
    layer = Layer(meta, features=own.reset_index(drop=True))
    return disclose(layer, build.settings.disclosure, audience=viewer.audience)


def prediction(build: Build, selection: Selection, viewer: Viewer) -> Prediction | None:
    """What is known of an agenda's prediction; None where too few months are held to score any."""
    layer = chosen_hotspots(build, selection, viewer)  # refuses what this viewer may not have
    record = _record(build, selection)
    table = build.table(EVALUATION_TABLE)
    if not record["evaluation"] or table.empty:
        return None
    own = table[
        (table["kind"] == record["kind"])
        & (table["measure"] == record["measure"])
        & (table["category"] == record["category"])
    ]
    kept = own.drop(columns=["kind", "measure", "category"]).reset_index(drop=True)
    if may_see_points(layer.meta.policy, viewer.audience):
        return Prediction(kept, record["evaluation"])
    if record.get("evaluation_of_few"):
        kept = kept.iloc[:0]
    # In full digits a share is a fraction that tells its denominator, and of few events in two digits as well.
    return Prediction(kept.drop(columns="captured").round(_PRINTED), record["evaluation_without_count"])


def _record(build: Build, selection: Selection) -> dict[str, Any]:
    records = build.manifest.get("hotspots", [])
    for record in records:
        asked = (selection.what, selection.category, selection.how)
        if (record["measure"], record["category"], record["how"]) == asked:
            found: dict[str, Any] = record
            return found
    held = ", ".join(f"{record['measure']} ({record['category']})" for record in records) or "none"
    raise UsageError(f"this build holds no hotspots of {selection.what} ({selection.category}); there are: {held}")


def _may_see(build: Build, record: dict[str, Any], viewer: Viewer) -> bool:
    try:
        chosen_hotspots(build, Selection(record["measure"], category=record["category"], how="hotspots"), viewer)
    except DisclosureRefused:
        return False
    return True
