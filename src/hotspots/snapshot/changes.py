"""Figures that were already published and are now different: listed with every build, old beside new."""

from pathlib import Path

import numpy as np
import pandas as pd

from hotspots.errors import BuildError
from hotspots.snapshot.opened import Build, open_build
from hotspots.spreadsheet import defused_table
from hotspots.staging import staged

_KEY = ["area_code", "period", "measure", "category"]
_NUMBERS = ["lower", "upper", "status"]
COLUMNS = ["layer", *_KEY, *(f"{name}_{side}" for side in ("old", "new") for name in _NUMBERS)]


def current_build(folder: Path) -> Build | None:
    """The build that is published in a folder, or None where there is none that can be read whole."""
    try:
        build = open_build(folder)
        build.verify()
    except BuildError:
        return None
    return build


def changed_figures(old: Build, new: Build) -> pd.DataFrame:
    """
    Every figure of a cube that both builds hold and that differs: an end of its interval, or its status.

    Columns are ``layer, area_code, period, measure, category`` and ``lower, upper, status`` of the old and the new
    build. A figure that only one of them holds was not changed, but added or withdrawn.
    """
    parts = [pd.DataFrame(columns=COLUMNS)]
    for layer_id in old.manifest["cubes"]:
        if layer_id not in new.manifest["cubes"]:
            continue
        both = old.cube(layer_id).merge(new.cube(layer_id), on=_KEY, suffixes=("_old", "_new"), validate="one_to_one")
        differs = np.zeros(len(both), dtype=bool)
        for name in _NUMBERS:
            before, after = both[f"{name}_old"], both[f"{name}_new"]
            differs |= ((before != after) & ~(before.isna() & after.isna())).to_numpy()
        if differs.any():
            parts.append(both[differs].assign(layer=layer_id)[COLUMNS])
    return pd.concat(parts[1:] or parts, ignore_index=True)


def record_changes(old: Build, new: Build, *, folder: Path) -> Path | None:
    """Write the changed figures to ``changes/<old>-<new>.csv`` of the folder of builds; None where nothing changed."""
    changed = changed_figures(old, new)
    if changed.empty:
        return None
    target = folder / "changes" / f"{old.id}-{new.id}.csv"
    target.parent.mkdir(exist_ok=True)
    with staged(target) as stage:
        defused_table(changed).to_csv(stage, index=False, lineterminator="\n")
    return target
