"""The masks of a build: the audit of every source that is not open, with what earlier builds have already published."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hotspots.disclosure.audit import Audited, audit_source
from hotspots.disclosure.overlay import overlay_of
from hotspots.disclosure.system import CELL, PublishedCube
from hotspots.errors import BuildError
from hotspots.layer import Audience
from hotspots.pipeline.cubes import Cube
from hotspots.pipeline.earlier import (
    cells_of,
    days_covered,
    earlier_layers,
    placed_events,
    rules_of,
    showed_exactly,
    shown_rows,
    source_kind,
    withheld_rows,
)
from hotspots.pipeline.place_pieces import areas_of, place_pieces
from hotspots.settings import PolicySection
from hotspots.snapshot import Build, BuildContent
from hotspots.snapshot.opened import open_snapshot

GUARDED: tuple[Audience, ...] = ("public", "partner")
EARLIER_BUILDS = 3
_KEYS = ["area_code", "period", "category"]


def add_masks(content: BuildContent, cubes: Sequence[Cube], *, folder: Path) -> None:
    """
    Decide what is hidden below the restricted audience: ``tables/masks`` and the ``audit`` record of the manifest.

    The rules are the same for both audiences below restricted, and so are the masks. ``seen_before`` lists what the
    last three builds of the folder, of a source of the same kind, have already given away of it.
    """
    guarded = [cube for cube in cubes if cube.meta.policy != "open"]
    lookup = content.tables.get("lsoa_wards")
    parents = pd.Series(dtype="str") if lookup is None else lookup.set_index("area_code")["ward_code"]
    kinds = list(dict.fromkeys(source_kind(cube) for cube in guarded))
    earlier = _earlier(folder, content, kinds)
    masks, records, seen = [], dict[str, Any](), list[dict[str, Any]]()
    for kind in kinds:
        own = [cube for cube in guarded if source_kind(cube) == kind]
        audited = _audited(content, own, parents=parents, earlier=earlier[kind])
        masks.append(audited.mask)
        seen += _seen_before(content, audited.mask, earlier=earlier[kind])
        records |= {
            str(layer_id): _record(rows, audited.intervals, audited.exposed)
            for layer_id, rows in audited.mask.groupby("layer", sort=False)
        }
    if not masks:
        return
    mask = pd.concat(masks, ignore_index=True)
    content.tables["masks"] = pd.concat([mask.assign(audience=name) for name in GUARDED], ignore_index=True)
    content.manifest["audit"] = dict.fromkeys(GUARDED, records) | {"seen_before": seen}


def _audited(
    content: BuildContent, own: Sequence[Cube], *, parents: "pd.Series[str]", earlier: Sequence[Build]
) -> Audited:
    """The audit of one source, beside whatever earlier builds printed of it."""
    policy, kind = own[0].meta.policy, source_kind(own[0])
    rules = rules_of(content.settings.disclosure, policy)
    areas = {cube.layer_id: areas_of(content, cube) for cube in own}
    others = list(earlier_layers(content, own, areas, earlier=earlier))
    areas |= {other.published.layer_id: other.areas for other in others}
    both = [(build, cube) for build in earlier for cube in own]
    seen = [_seen(*one, rules) for one in both]
    # What was shown exactly before counts were rounded is known to the last digit, whatever it would be rounded to now.
    sharper = [
        still for (build, cube), (still, _) in zip(both, seen, strict=True) if showed_exactly(build, cube.layer_id)
    ]
    policies = {policy} | {
        source["policy"] for build in earlier for source in build.manifest["sources"].values() if source["kind"] == kind
    }
    audited = audit_source(
        [
            *(PublishedCube(cube.layer_id, cube.kind, cube.rows, cube.periods) for cube in own),
            *(other.published for other in others),
        ],
        rules,
        parents=parents,
        groups=_groups(content),
        totals_printed=policies != {"health"},
        given=cells_of([*(still for still, _ in seen), *(other.shown for other in others)]),
        changed=cells_of([*(changed for _, changed in seen), *(sharper if rules.method == "rounding" else ())]),
        withheld=cells_of(
            [*(withheld_rows(build, cube.layer_id) for build, cube in both), *(other.hidden for other in others)]
        ),
        pieces=list(place_pieces(content, own, rules, earlier=earlier, areas=areas)),
        overlay=overlay_of(areas, events=placed_events(content, kind), counted=days_covered(content, kind))
        if len(areas) > 1
        else None,
    )
    here = audited.mask["layer"].isin([cube.layer_id for cube in own])
    return replace(audited, mask=audited.mask[here].reset_index(drop=True))


def _groups(content: BuildContent) -> dict[str, str]:
    """The group of each LSOA code of two vintages, where the build has areas that both share."""
    table = content.tables.get("lsoa_groups")
    return {} if table is None else dict(zip(table["area_code"], table["group"], strict=True))


def _record(rows: pd.DataFrame, intervals: pd.DataFrame, exposed: pd.DataFrame) -> dict[str, int | None]:
    layer = rows["layer"].iloc[0]
    found = [table[table["layer"] == layer] for table in (intervals, exposed)]
    widths = pd.concat([table["high"] - table["low"] + 1 for table in found])
    return {
        "cells": len(rows),
        "primary": int((rows["state"] == "primary").sum()),
        "secondary": int((rows["state"] == "secondary").sum()),
        "smallest_interval": int(widths.min()) if len(widths) else None,
        "exposed": len(found[1]),
    }


def _earlier(folder: Path, content: BuildContent, kinds: Sequence[str]) -> dict[str, list[Build]]:
    """
    For each kind of source the last snapshots of the folder that hold one, newest first.

    Whatever else they hold, and under whichever policy: what was printed of it is known.
    """
    found: dict[str, list[Build]] = {kind: [] for kind in kinds}
    paths = [path.parent for path in folder.glob("*/manifest.json") if not path.parent.name.startswith(".")]
    for path in sorted(paths, key=lambda path: path.stat().st_mtime, reverse=True):
        if all(len(builds) == EARLIER_BUILDS for builds in found.values()):
            break
        try:
            build = open_snapshot(path)
            held = {source["kind"] for source in build.manifest["sources"].values()} & set(kinds)
            if not held or _is_this(build, content):
                continue
            build.verify()
        except BuildError:
            continue  # one that nobody can read cannot be compared; publishing reports damage, not the audit
        for kind in held:
            found[kind] = [*found[kind], build][:EARLIER_BUILDS]
    return found


def _is_this(build: Build, content: BuildContent) -> bool:
    """Whether a snapshot was made of the same files, settings and code: this build itself, made once already."""
    files = [
        {name: source["files"] for name, source in manifest["sources"].items()}
        for manifest in (build.manifest, content.manifest)
    ]
    same_code = build.manifest["versions"] == content.manifest["versions"]
    return files[0] == files[1] and same_code and build.settings == content.settings


def _seen_before(content: BuildContent, mask: pd.DataFrame, *, earlier: list[Build]) -> list[dict[str, Any]]:
    """What earlier builds showed: of cells that are hidden now, and of cells that have changed by a small number."""
    found = []
    for build in earlier:
        for layer_id in mask["layer"].unique():
            if layer_id in build.manifest["cubes"]:
                now = content.cubes[layer_id]
                rules = rules_of(content.settings.disclosure, content.metas[layer_id].policy)
                old = shown_rows(build, layer_id)
                found += _compared(now, old, mask[mask["layer"] == layer_id], build, rules)
    return found


def _seen(build: Build, cube: Cube, rules: PolicySection) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The cells of a layer that a build showed with a number, of any measure, that is still printed so, and others."""
    if cube.layer_id not in build.manifest["cubes"]:
        return pd.DataFrame(columns=CELL), pd.DataFrame(columns=CELL)
    both = shown_rows(build, cube.layer_id).merge(cube.rows, on=[*_KEYS, "measure"], suffixes=("_old", ""))
    base = rules.rounding_base if rules.method == "rounding" else 1
    same = [np.floor(both[f"{end}_old"] / base + 0.5) == np.floor(both[end] / base + 0.5) for end in ("lower", "upper")]
    cells = both.assign(layer=cube.layer_id)[CELL]
    still = same[0] & same[1]
    return cells[still], cells[~still]


def _compared(
    now: pd.DataFrame, old: pd.DataFrame, mask: pd.DataFrame, build: Build, rules: PolicySection
) -> list[dict[str, Any]]:
    cells = old.merge(now, on=[*_KEYS, "measure"], suffixes=("_old", "")).merge(mask[[*_KEYS, "state"]], on=_KEYS)
    change = (cells["lower"] - cells["lower_old"]).abs()
    hidden = cells["state"] != "shown"
    small = (change > 0) & (change < rules.threshold) & (rules.method == "suppression")
    return [
        {
            "build": build.id,
            "layer": str(mask["layer"].iloc[0]),
            "area_code": row.area_code,
            "period": row.period,
            "measure": row.measure,
            "why": "hidden now, shown then" if row.state != "shown" else "changed by a small number",
        }
        for row in cells[hidden | small].sort_values([*_KEYS, "measure"]).itertuples(index=False)
    ]
