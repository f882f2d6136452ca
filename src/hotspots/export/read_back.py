"""What was written is read back and compared with what was meant, before it leaves."""

from hotspots.errors import FileRefused


def same(what: str, *, got: object, expected: object, name: str) -> None:
    """Raise ``FileRefused`` unless what was read back is what was meant; ``what`` names the property compared."""
    if got != expected:
        shown = "" if len(f"{got}{expected}") > 200 else f" (expected {expected}, got {got})"
        raise FileRefused(
            f"{name}: the {what} did not read back as written{shown}; nothing was changed; is the disk full?"
        )
