"""From a supplier's file to a section of the area file, decided by the person who knows the data."""

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from hotspots.areas import Reference
from hotspots.boundaries import load_reference
from hotspots.errors import SettingsRefused, UsageError
from hotspots.settings import load_area
from hotspots.sources.sniff import Proposal, sniff
from hotspots.staging import staged


def sniffed(
    file: Path, *, area: Path, kind: str = "", source_id: str = "", decided: Iterable[str] = (), confirm: bool = False
) -> Proposal:
    """
    The proposal for a file, by the boundaries of an area file where there is one.

    ``decided`` are settings as ``key=value``; with ``confirm`` the proposals that only await somebody's word stand.
    """
    given = dict(_pair(text) for text in decided)
    reference: Reference | None = None
    if area.is_file():
        reference = load_reference(load_area(area))
    proposal = sniff(file, kind=kind, source_id=source_id, reference=reference, given=given)
    path = _relative(file, area)
    findings = tuple(replace(found, options=(path,)) if found.key == "path" else found for found in proposal.findings)
    return replace(proposal, findings=findings, confirmed=confirm)


def add_section(proposal: Proposal, area: Path) -> None:
    """
    Add the section to the area file, which is read again before it replaces the old one.

    Raises
    ------
    UsageError
        Something is still to be confirmed or decided, or there is no area file.
    SettingsRefused
        The area file would not be usable with the section; nothing was changed.
    """
    if proposal.open:
        named = "; ".join(f"{found.key} ({found.how}: {found.why})" for found in proposal.open)
        raise UsageError(f"not written, for these are open: {named}; give them with --set KEY=VALUE or --confirm")
    if not area.is_file():
        raise UsageError(f"there is no area file {area.name}; make one, or name it with --area")
    before = area.read_text(encoding="utf-8")
    with staged(area) as stage:
        stage.write_text(f"{before.rstrip()}\n\n{proposal.section}", encoding="utf-8", newline="\n")
        try:
            load_area(stage)
        except SettingsRefused as refusal:
            why = str(refusal).replace(stage.name, area.name)
            raise SettingsRefused(f"{area.name} was not changed: {why}") from refusal


def _pair(text: str) -> tuple[str, str]:
    key, sign, value = text.partition("=")
    if not sign or not key.strip():
        raise UsageError(f"--set takes KEY=VALUE, got {text!r}")
    return key.strip(), value.strip()


def _relative(file: Path, area: Path) -> str:
    """The file as the area file names it."""
    resolved, folder = file.resolve(), area.resolve().parent
    return (
        resolved.relative_to(folder).as_posix()
        if resolved.is_relative_to(folder)
        else Path(os.path.relpath(resolved, folder)).as_posix()
    )
