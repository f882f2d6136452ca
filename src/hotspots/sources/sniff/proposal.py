"""What is proposed for a supplier's file: each setting with its reason, sure or for somebody to confirm or decide."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import pandas as pd

from hotspots.errors import UsageError

How = Literal["sure", "confirm", "decide"]


@dataclass(frozen=True)
class Finding:
    """
    One setting: what it could be, and why.

    ``sure`` follows from the file; ``confirm`` is one proposal that only somebody who knows the data can confirm;
    ``decide`` has several options, or none that the file could tell.
    """

    key: str
    options: tuple[Any, ...]
    why: str
    how: How


@dataclass(frozen=True, eq=False)
class Proposal:
    """
    The section of the area file that a supplier's file would have.

    ``rows`` are ten rows under our names as they would be read; ``notes`` say what was noticed.
    """

    file: str
    kind: str
    findings: tuple[Finding, ...]
    columns: Mapping[str, str]
    rows: pd.DataFrame
    notes: tuple[str, ...] = ()
    confirmed: bool = field(default=False)

    @property
    def open(self) -> tuple[Finding, ...]:
        """What still has to be confirmed or decided."""
        settled = {"sure", "confirm"} if self.confirmed else {"sure"}
        return tuple(found for found in self.findings if found.how not in settled)

    @property
    def settings(self) -> dict[str, Any]:
        """What is settled, as the area file would have it."""
        still = {found.key for found in self.open}
        made = {found.key: found.options[0] for found in self.findings if found.key not in still}
        return made | {"columns": dict(self.columns)}

    def decided(self, given: Mapping[str, str]) -> "Proposal":
        """The proposal with settings that somebody gave; they are taken as they are written."""
        known = {found.key: found for found in self.findings}
        unknown = sorted(set(given) - set(known))
        if unknown:
            raise UsageError(f"{unknown[0]!r} is not among the settings proposed: {', '.join(known)}")
        findings = tuple(
            replace(found, options=(_as_proposed(given[found.key], found),), why="given", how="sure")
            if found.key in given
            else found
            for found in self.findings
        )
        return replace(self, findings=findings)

    @property
    def section(self) -> str:
        """The section as TOML; what is open stands in it as a comment, so that nothing is guessed silently."""
        still = {found.key for found in self.open}
        lines = ["[[sources]]"]
        for found in self.findings:
            if found.key not in still:
                lines.append(f"{found.key} = {toml(found.options[0])}")
                continue
            options = " or ".join(toml(option) for option in found.options) or "?"
            lines.append(f"# {found.how}: {found.key} = {options}   ({_comment(found.why)})")
        if self.columns:
            lines += ["", "[sources.columns]", *(f"{key} = {toml(heading)}" for key, heading in self.columns.items())]
        return "\n".join(lines) + "\n"


def toml(value: Any) -> str:
    """
    A setting as TOML writes it.

    Examples
    --------
    >>> toml("a \\"b\\""), toml(["x"]), toml({"<5": (1, 4)}), toml(True)
    ('"a \\\\"b\\\\""', '["x"]', '{ "<5" = [1, 4] }', 'true')
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value).replace("\x7f", "\\u007f")
    if isinstance(value, list | tuple):
        return f"[{', '.join(toml(item) for item in value)}]"
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{toml(key)} = {toml(item)}' for key, item in value.items())} }}"
    return str(value)


def typed(text: str) -> Any:
    """A setting given on the command line: TOML where it is TOML, otherwise the text itself."""
    import tomllib

    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _as_proposed(text: str, found: Finding) -> Any:
    """What somebody gave for a setting: where texts were proposed, `2011` is the text "2011"."""
    value = typed(text)
    of_texts = bool(found.options) and all(isinstance(option, str) for option in found.options)
    return text if of_texts and isinstance(value, int | float) else value


def _comment(text: str) -> str:
    return " ".join(text.split())
