"""Writing without ever being half-written, for one file or several that belong together."""

import contextlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from hotspots.errors import FileRefused, HotspotsError
from hotspots.files import staged


@contextmanager
def staged_together(target: Path, *beside: Path) -> Iterator[tuple[Path, ...]]:
    """
    Paths to write to, the file first, then those beside it; all are moved into place when the block ends well.

    The file itself is moved last. Where that fails (it is open in Excel on Windows), those beside it get their old
    content back, so that no reader finds a new companion beside an old file.
    """
    before = {path: path.read_bytes() if path.is_file() else None for path in beside}
    with _restored_on_failure(before), ExitStack() as stack:
        stages = tuple(stack.enter_context(staged(path)) for path in (target, *beside))
        try:
            yield stages
        except OSError as error:
            raise FileRefused(f"{target.name} could not be written: {error.strerror or error}") from error


def same(what: str, *, got: object, expected: object, name: str) -> None:
    """Raise ``FileRefused`` unless what was read back is what was meant; ``what`` names the property compared."""
    if got != expected:
        shown = "" if len(f"{got}{expected}") > 200 else f" (expected {expected}, got {got})"
        raise FileRefused(
            f"{name}: the {what} did not read back as written{shown}; nothing was changed; is the disk full?"
        )


@contextmanager
def _restored_on_failure(before: dict[Path, bytes | None]) -> Iterator[None]:
    try:
        yield
    except HotspotsError:
        for path, content in before.items():
            with contextlib.suppress(OSError):
                _restore(path, content)
        raise


def _restore(path: Path, content: bytes | None) -> None:
    if content is None:
        path.unlink(missing_ok=True)
    elif path.read_bytes() != content:
        path.write_bytes(content)
