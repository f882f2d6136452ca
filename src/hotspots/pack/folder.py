"""Writing a pack: everything into a folder beside the target, checked, then one rename. Whole or not at all."""

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

from hotspots.errors import DisclosureRefused, UsageError
from hotspots.export import export_layer, export_table, formats_for, named_classes
from hotspots.export.action_sheet import action_table
from hotspots.export.leaving import check_folder
from hotspots.layer import Audience
from hotspots.pack.contents import ROLES, Contents, Part
from hotspots.pack.pages import hotspot_page_of, hotspot_selections, map_selections, page_of
from hotspots.pack.readme import readme
from hotspots.snapshot import Build, record_export
from hotspots.staging import free_folder, staged_folder
from hotspots.views import Selection, Viewer, named_layer, prediction, report_tables, sentence

_FORMATS = {".geojson", ".gpkg", ".csv", ".tif"}

Progress = Callable[[str], None]


def write_pack(build: Build, to: Path, *, audience: Audience, progress: Progress = lambda _: None) -> Contents:
    """
    Write the pack of a build for an audience to a new folder.

    ``layers/`` has every layer that the audience may have in every format, ``tables/`` the tables of the assessment and
    the action sheets of hotspots as CSV, ``maps/`` one A4 page a map and a list of places (PDF); ``README.txt`` says
    what is in it, what is not and why, and how it may be used, ``manifest.json`` has the SHA-256 of every file. Each
    part is noted in the journal of the builds before the folder is there.

    Parameters
    ----------
    to
        The new folder; one that is there must be empty.

    Raises
    ------
    UsageError
        The audience is not known, or the folder holds something, or is among boundaries or builds.
    FileRefused
        Something could not be written; nothing is left behind.
    """
    if audience not in ROLES:
        raise UsageError(f"there is no audience {audience!r}; choose one of {', '.join(ROLES)}")
    to = Path(to)
    _check_free(to)
    with staged_folder(to) as stage:
        contents = _written(build, stage, audience, progress)
        (stage / "README.txt").write_text(readme(build, contents), encoding="utf-8", newline="\n")
        manifest = _manifest(build, contents, stage)
        (stage / "manifest.json").write_text(manifest, encoding="utf-8", newline="\n")
        # Noted before it is there: nothing leaves without a line in the journal.
        for part in contents.parts:
            files = {name: (stage / name).read_bytes() for name in part.files}
            record_export(build.folder.parent, build_id=build.id, meta=part.meta, files=files, role=ROLES[audience])
    return contents


def _written(build: Build, stage: Path, audience: Audience, progress: Progress) -> Contents:
    contents = Contents(audience)
    viewer = contents.viewer
    for name in ("layers", "tables", "maps"):
        (stage / name).mkdir()
    for layer_id in build.layers:
        progress(f"layer {layer_id}")
        _write_layer(build, layer_id, viewer, stage, contents)
    progress("tables")
    for report in report_tables(build, viewer):
        paths = export_table(report, stage / "tables" / f"{report.meta.id}.csv", audience=audience)
        contents.tables.append(Part(report.meta, _names(paths, stage), report.notes))
    for selection in map_selections(build, viewer):
        progress(f"map {selection.what}")
        layer, page = page_of(build, selection, viewer)
        path = stage / "maps" / f"{selection.what}-{selection.how}.pdf".replace("_", "-")
        path.write_bytes(page)
        contents.maps.append(Part(layer.meta, _names((path,), stage), layer.meta.caveats))
    for selection in hotspot_selections(build, viewer):
        progress(f"{selection.how} {selection.what} {selection.category}")
        _write_places(build, selection, viewer, stage, contents)
    return contents


def _write_places(build: Build, selection: Selection, viewer: Viewer, stage: Path, contents: Contents) -> None:
    """The page of an agenda's places, and its action sheet as a table."""
    layer, page = hotspot_page_of(build, selection, viewer)
    name = f"{selection.how}-{selection.what}-{selection.category}".replace("_", "-")
    path = stage / "maps" / f"{name}.pdf"
    path.write_bytes(page)
    contents.maps.append(Part(layer.meta, _names((path,), stage), layer.meta.caveats))
    known = prediction(build, selection, viewer)
    notes = (sentence(layer, selection), *(() if known is None else (known.sentence,)))
    report = action_table(layer, table_id=f"action-sheet-{name}", notes=notes)
    paths = export_table(report, stage / "tables" / f"{report.meta.id}.csv", audience=contents.audience)
    contents.tables.append(Part(report.meta, _names(paths, stage), report.notes))


def _write_layer(build: Build, layer_id: str, viewer: Viewer, stage: Path, contents: Contents) -> None:
    try:
        layer = named_layer(build, layer_id, viewer)
    except DisclosureRefused as refusal:
        contents.left_out[layer_id] = str(refusal)
        return
    paths: list[Path] = []
    classes = named_classes(build, layer, viewer)
    for suffix in formats_for(layer.content):
        if suffix in _FORMATS:
            path = stage / "layers" / f"{layer_id}{suffix}"
            paths.extend(export_layer(layer, path, audience=contents.audience, classes=classes))
    contents.layers.append(Part(layer.meta, _names(paths, stage), layer.meta.caveats))


def _names(paths: "tuple[Path, ...] | list[Path]", stage: Path) -> tuple[str, ...]:
    return tuple(path.relative_to(stage).as_posix() for path in paths)


def _manifest(build: Build, contents: Contents, stage: Path) -> str:
    def listed(parts: list[Part]) -> list[dict[str, Any]]:
        """What the manifest says of each part."""
        return [
            {
                **{name: getattr(part.meta, name) for name in ("id", "title", "period", "policy", "marking")},
                "sensitivity": part.meta.sensitivity,
                "labels": list(part.meta.labels),
                "notes": list(part.notes),
                "files": list(part.files),
            }
            for part in parts
        ]

    files = sorted(path for path in stage.rglob("*") if path.is_file())
    record = {
        "build": build.id,
        "area": build.area_name,
        "audience": contents.audience,
        "marking": contents.marking,
        "layers": listed(contents.layers),
        "tables": listed(contents.tables),
        "maps": listed(contents.maps),
        "left_out": contents.left_out,
        "files": {path.relative_to(stage).as_posix(): sha256(path.read_bytes()).hexdigest() for path in files},
    }
    return json.dumps(record, indent=2, ensure_ascii=False) + "\n"


def _check_free(to: Path) -> None:
    target = free_folder(to)
    if not target.parent.is_dir():
        raise UsageError(f"there is no folder {target.parent.name} to put {to.name} in")
    check_folder(target)
