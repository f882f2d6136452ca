"""The door: which format fits, who may have the layer, and where a file may be put."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import get_args

from hotspots.errors import DisclosureRefused, FileRefused, UsageError
from hotspots.export import csv_table, geojson, geopackage, geotiff
from hotspots.export.records import plain_text
from hotspots.layer import Audience, Content, Layer, LayerMeta
from hotspots.staging import move_together, real_target, stage_in
from hotspots.style import Classes

Writer = Callable[..., tuple[Path, ...]]

_AUDIENCES: tuple[Audience, ...] = get_args(Audience)  # from the widest to the narrowest
_VECTOR: dict[str, Writer] = {".geojson": geojson.write, ".gpkg": geopackage.write, ".csv": csv_table.write}
_RASTER: dict[str, Writer] = {".tif": geotiff.write, ".tiff": geotiff.write}
_WRITERS: dict[Content, dict[str, Writer]] = {"cube": _VECTOR, "features": _VECTOR, "surface": _RASTER}
_SUFFIXES = (*_VECTOR, *_RASTER)
_STYLED = (".gpkg", *_RASTER)


def export_layer(layer: Layer, path: Path, *, audience: Audience, classes: Classes | None = None) -> tuple[Path, ...]:
    """
    Write a layer to a file, in the format that the suffix names, and return the files written (the named one first).

    ``.geojson`` is WGS84 longitude and latitude by OSTN15; ``.gpkg`` and ``.tif`` are EPSG:27700 in metres; ``.csv``
    has no geometry, but easting and northing for points. A CSV of areas comes with a long companion, and CSV and
    GeoTIFF with a description (``FILE.csv-metadata.json``). QGIS opens GeoPackage and GeoTIFF in the colours of the
    map: by a style inside the one, and by ``FILE.qml`` beside the other.

    Parameters
    ----------
    path
        The new file; one that is there is replaced, whole or not at all.
    audience
        Who will have the file. A layer goes to the audience it was disclosed for, or to a narrower one.
    classes
        The classes of the map that the layer is on, for the style to have them; else they are made from the layer.

    Raises
    ------
    UsageError
        The suffix is not one of ours or does not fit the content, or the file would land among boundaries or inside a
        published build.
    DisclosureRefused
        The layer was disclosed for a narrower audience than the one asked for.
    FileRefused
        The file could not be written, or did not read back as written; nothing was changed.
    """
    path = Path(path)
    writer = _writer(layer, path)
    check_audience(layer.meta, audience)
    check_target(path)
    layer = _plainly_described(layer)
    return writer(layer, path, classes=classes) if path.suffix.lower() in _STYLED else writer(layer, path)


def export_noted(
    layer: Layer,
    path: Path,
    *,
    audience: Audience,
    classes: Classes | None = None,
    note: Callable[..., None],
) -> tuple[Path, ...]:
    """
    As :func:`export_layer`, with the files noted before they are in their place.

    ``note`` is called with ``files``, the bytes of each by its name; where it raises, nothing has left. What was noted
    and then could not be moved was noted in vain, which is the safe side.
    """
    target = check_target(Path(path))
    try:
        with stage_in(target.parent) as stage:
            stage.mkdir()
            files = export_layer(layer, stage / target.name, audience=audience, classes=classes)
            targets = tuple(real_target(target.with_name(file.name)) for file in files)
            note(files={file.name: file.read_bytes() for file in files})
            move_together(files, targets)
    except OSError as error:
        raise FileRefused(f"{target.name} could not be written: {error.strerror or error}") from error
    return tuple(path.with_name(file.name) if file.name != target.name else path for file in files)


def formats_for(content: Content) -> tuple[str, ...]:
    """
    The suffixes that fit a content.

    Examples
    --------
    >>> formats_for("cube"), formats_for("surface")
    (('.geojson', '.gpkg', '.csv'), ('.tif', '.tiff'))
    """
    return tuple(_WRITERS[content])


def _writer(layer: Layer, path: Path) -> Writer:
    suffix = path.suffix.lower()
    if suffix not in _SUFFIXES:
        raise UsageError(
            f"{path.name}: there is no format for {suffix or 'a name without a suffix'}; "
            f"end the name with one of {', '.join(_SUFFIXES)}"
        )
    fitting = _WRITERS[layer.content]
    if suffix not in fitting:
        held = {"cube": "numbers by area", "features": "features", "surface": "a surface of cells"}[layer.content]
        raise UsageError(
            f"layer {layer.meta.id!r} holds {held}, which do not fit {suffix}; use one of {', '.join(fitting)}"
        )
    return fitting[suffix]


def _plainly_described(layer: Layer) -> Layer:
    """The layer with its description in characters that every format holds: titles come from files of others."""
    texts = {name: plain_text(value) for name, value in vars(layer.meta).items() if isinstance(value, str)}
    return layer.described(**texts, caveats=tuple(map(plain_text, layer.meta.caveats)))


def check_audience(meta: LayerMeta, audience: Audience) -> None:
    """Refuse what was made for a narrower audience than the one it would go to."""
    if audience not in _AUDIENCES:
        raise UsageError(f"there is no audience {audience!r}; choose one of {', '.join(_AUDIENCES)}")
    if _AUDIENCES.index(meta.sensitivity) > _AUDIENCES.index(audience):
        raise DisclosureRefused(
            f"layer {meta.id!r} was made for the audience {meta.sensitivity!r} and may not leave for {audience!r}; "
            f"make it with view for a {audience} viewer, which hides what that audience may not see"
        )


def check_target(path: Path) -> Path:
    """
    The file that would be written; refused in a place that only its own writers put files in, and where none can be.

    Raises
    ------
    UsageError
        A folder has that name, no file can have it, or it is among boundaries or inside a published build.
    FileRefused
        A pipe or a device has that name, or there is no folder for it.
    """
    if os.path.isdir(path):  # noqa: PTH112 (a name that is too long is no folder, and no error here)
        raise UsageError(f"{path.name or path} is a folder; name the file to write in it")
    _check_name(path)
    real = real_target(path)
    if not real.parent.is_dir():
        raise FileRefused(f"there is no folder {real.parent.name or real.parent} to write {path.name} in")
    check_folder(real.parent)
    return real


def check_folder(folder: Path) -> None:
    """Refuse a folder of boundaries or of a build: it is an input to somebody, and only its own writers write there."""
    for depth, above in enumerate((folder, *folder.parents)):
        published = (above / "CURRENT").is_file() or (depth < 2 and (above / "manifest.json").is_file())
        if published or above.name.lower() == "boundaries":
            kind = "a published build or boundary set" if published else "the boundaries"
            raise UsageError(f"this would land inside {above.name!r}, {kind}; choose another folder")


def _check_name(path: Path) -> None:
    """Refuse a name that this system cannot hold, with the longest ending that a file beside it has."""
    try:
        path.with_name(f"{path.name}-metadata.json").lstat()
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return
    except (OSError, ValueError) as error:  # too long, or with a NUL
        raise UsageError(
            f"{path.name[:40]!r}, of {len(path.name)} characters, is no name that a file can have here; "
            "choose a shorter one"
        ) from error
