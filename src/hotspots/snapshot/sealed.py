"""The seal of a snapshot: its manifest lists every file with its SHA-256, and carries the SHA-256 of itself.

A reader checks the seal when it opens a snapshot and each file before it is parsed, so that a file that was cut short,
exchanged or changed by accident is refused and never read as fewer rows. It is no signature: whoever may write the
folder may seal it again.
"""

import json
import stat
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pandas as pd

from hotspots.errors import BuildError
from hotspots.files import is_there

MANIFEST = "manifest.json"
_LARGEST_MANIFEST_BYTES = 64 * 1024 * 1024
_LARGEST_FILE_BYTES = 1024 * 1024 * 1024  # of a snapshot whose manifest says no sizes: one made by an earlier version
_SHAPE = {
    "build": str, "files": dict, "layers": dict, "order": list, "cubes": dict, "sources": dict, "surfaces": list,
    "vintages": dict,
}  # fmt: skip
_SURFACE = {"layer", "measure", "category", "period", "file", "meta"}


def seal(folder: Path, manifest: dict[str, Any]) -> dict[str, Any]:
    """Write the manifest of a folder as it is now, with the hash of every file and of itself; it is returned."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path != folder / MANIFEST]
    hashes = {path.relative_to(folder).as_posix(): sha256(path.read_bytes()).hexdigest() for path in files}
    sizes = {path.relative_to(folder).as_posix(): path.stat().st_size for path in files}
    plain: dict[str, Any] = json.loads(as_json({**manifest, "files": hashes, "bytes": sizes}))
    plain["seal"] = _seal_of(plain)
    (folder / MANIFEST).write_text(as_json(plain), encoding="utf-8", newline="\n")
    return plain


def read_sealed(folder: Path) -> dict[str, Any]:
    """
    The manifest of a snapshot whose seal is whole and whose files are all there.

    Raises
    ------
    BuildError
        The folder is a link, its manifest is missing, damaged or was changed, or one of its files is missing.
    """
    if folder.is_symlink():
        raise BuildError(f"build {folder.name} is a link and no build of ours; run `hotspots build` again")
    try:
        status = (folder / MANIFEST).stat()
        if not stat.S_ISREG(status.st_mode):  # a pipe would be waited for
            raise BuildError(f"the manifest of build {folder.name} is no file; run `hotspots build` again")
        if status.st_size > _LARGEST_MANIFEST_BYTES:
            raise BuildError(
                f"build {folder.name}: its manifest is larger than any of ours; run `hotspots build` again"
            )
        manifest = json.loads((folder / MANIFEST).read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise BuildError(
            f"build {folder.name} cannot be read ({type(error).__name__}); run `hotspots build` again"
        ) from error
    if not isinstance(manifest, dict) or manifest.get("seal") != _seal_of(manifest) or not _is_shaped(manifest):
        raise BuildError(f"the manifest of build {folder.name} is damaged; run `hotspots build` again")
    missing = [name for name in manifest["files"] if not _is_file_within(folder, name)]
    if missing:
        raise BuildError(f"{missing[0]} of build {folder.name} is missing or damaged; run `hotspots build` again")
    return manifest


def _is_shaped(manifest: dict[str, Any]) -> bool:
    """Whether what every reader relies on is there and of its kind: a seal that is right does not say so."""
    if any(not isinstance(manifest.get(key), kind) for key, kind in _SHAPE.items()):
        return False
    records = (*manifest["layers"].values(), *manifest["sources"].values(), *manifest["surfaces"])
    sizes = manifest.get("bytes", {})
    names = (*manifest["files"].values(), *manifest["order"])
    return (
        all(isinstance(record, dict) for record in records)
        and all(isinstance(name, str) for name in names)
        and isinstance(sizes, dict)
        and all(isinstance(size, int) and size >= 0 for size in sizes.values())
        and set(manifest["order"]) == set(manifest["layers"])
        and set(manifest["cubes"]) <= set(manifest["layers"])
        and all(isinstance(source.get("kind"), str) for source in manifest["sources"].values())
        and all(surface.keys() >= _SURFACE for surface in manifest["surfaces"])
    )


def _is_file_within(folder: Path, name: str) -> bool:
    """Whether a name is of a regular file in a folder, and of none behind a link or that no system could hold."""
    path = folder / name
    return (
        is_there(path) and path.is_file() and path.resolve() == folder.resolve() / name and ".." not in Path(name).parts
    )


def read_checked(folder: Path, manifest: dict[str, Any], name: str) -> bytes:
    """
    The bytes of a file of a snapshot, which are those that its manifest says; ``BuildError`` where they are not.

    No more of it is read than it should have: a file that was blown up fills no memory.
    """
    try:
        with (folder / name).open("rb") as stream:
            content = stream.read(manifest.get("bytes", {}).get(name, _LARGEST_FILE_BYTES) + 1)
    except OSError:
        content = None
    if content is None or sha256(content).hexdigest() != manifest["files"].get(name):
        raise BuildError(f"{name} of build {manifest['build']} is missing or damaged; run `hotspots build` again")
    return content


def as_json(value: Any, *, flat: bool = False) -> str:
    """The JSON of our own records: sorted keys, one line feed at the end, dates in ISO form."""
    text = json.dumps(value, indent=None if flat else 1, sort_keys=True, ensure_ascii=False, default=_plain)
    return text + "\n"


def _seal_of(manifest: dict[str, Any]) -> str:
    unsealed = {key: value for key, value in manifest.items() if key != "seal"}
    return sha256(as_json(unsealed).encode("utf-8", "surrogatepass")).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, pd.Timestamp | datetime) or hasattr(value, "isoformat"):
        return value.isoformat()
    return str(value)
