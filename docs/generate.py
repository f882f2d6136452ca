"""Write ``configuration.md`` and ``data-dictionary.md`` from the declarations: ``python docs/generate.py``.

A test compares what is committed with what this makes, so that no setting, column or measure goes undocumented.
"""

import types
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from hotspots.analysis.hotspots.places import HOTSPOT_COLUMNS
from hotspots.analysis.prediction import EVALUATION_COLUMNS
from hotspots.disclosure import PREMISES_READERS
from hotspots.errors import DisclosureRefused, UsageError
from hotspots.export import bundle, formats_for
from hotspots.measures import CATEGORIES, MEASURES
from hotspots.pipeline import build_area
from hotspots.score_tables import SCORE_TABLES
from hotspots.settings import AreaFile, Role
from hotspots.snapshot import Build
from hotspots.source_settings import Source
from hotspots.tables import REJECT_COLUMNS, STANDARD_TABLES
from hotspots.views import Viewer, choices, named_layer

HERE = Path(__file__).parent
REPEATED = "sources"


def configuration() -> str:
    """The page of settings, section by section."""
    parts = [
        "# Configuration: the area file",
        "",
        "Made from the settings by `python docs/generate.py`; do not edit.",
        "",
        "An area folder holds one `hotspots.toml`, a folder of boundary sets, and the partners' files. Paths are",
        "relative to the area file. A key that is not listed here is refused with the keys that are allowed; a wrong",
        "type is refused with what was given. `hotspots check` reads everything and publishes nothing.",
        "",
    ]
    for heading, model in sections():
        parts += [f"## `{heading}`", "", (model.__doc__ or "").strip().splitlines()[0], ""]
        parts += ["| key | type | default | meaning |", "|---|---|---|---|"]
        parts += [row(name, field) for name, field in model.model_fields.items() if not nested(field.annotation)]
        parts.append("")
    return "\n".join(parts).rstrip() + "\n"


def sections() -> Iterator[tuple[str, type[BaseModel]]]:
    """Every section of the area file with the heading it is written under."""
    for name, field in AreaFile.model_fields.items():
        if name == REPEATED:
            continue
        model = nested(field.annotation)
        assert model is not None
        yield f"[{name}]", model
        for inner, inner_field in model.model_fields.items():
            deeper = nested(inner_field.annotation)
            if deeper is not None:
                brackets = ("[[", "]]") if get_origin(inner_field.annotation) is tuple else ("[", "]")
                yield f"{brackets[0]}{name}.{inner}{brackets[1]}", deeper
    for model in get_args(get_args(Source)[0]):
        kind = get_args(model.model_fields["kind"].annotation)[0]
        yield f'[[sources]] kind = "{kind}"', model
        for name in ("columns", "conversion"):
            inner = model.model_fields.get(name)
            if inner is not None:
                yield f'[sources.{name}] of kind = "{kind}"', nested(inner.annotation)  # type: ignore[misc]


def nested(annotation: Any) -> type[BaseModel] | None:
    """The settings model inside an annotation, if it is one."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for argument in get_args(annotation) if (found := nested(argument)) is not None), None)


def row(name: str, field: Any) -> str:
    """One line of a table of settings."""
    if field.default is PydanticUndefined:
        default = "required"
    else:
        default = "" if field.default in ("", None, (), {}) else f"`{shown(field.default)}`"
    meaning = field.description or "Kind of source." if name == "kind" else field.description
    return f"| `{name}` | {kind_of(field.annotation)} | {default} | {meaning} |".replace("<5", "&lt;5")


def shown(value: Any) -> str:
    """A default as it is written in the area file."""
    if isinstance(value, tuple):
        return "[" + ", ".join(shown(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f'"{key}" = {shown(item)}' for key, item in value.items()) + " }"
    if isinstance(value, bool):
        return "true" if value else "false"
    return f'"{value}"' if isinstance(value, str) else str(value)


def kind_of(annotation: Any) -> str:
    """The type of a setting in plain words."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return kind_of(arguments[0])
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in arguments)
    if origin is tuple:
        return f"list of {kind_of(arguments[0])}" if arguments[-1] is Ellipsis else "pair of numbers"
    if origin is dict:
        return f"table of {kind_of(arguments[1])}"
    if origin in (Union, types.UnionType):
        return kind_of(next(argument for argument in arguments if argument is not type(None)))
    return {"str": "text", "int": "whole number", "float": "number", "bool": "true or false", "date": "date"}[
        annotation.__name__
    ]


def data_dictionary() -> str:
    """The page of tables, measures and categories."""
    parts = [
        "# Data dictionary",
        "",
        "Made from the declarations by `python docs/generate.py`; do not edit.",
        "",
        "Positions are EPSG:27700 metres (`easting`, `northing`); periods include first and last day; a financial",
        "year runs from April to March and is written `2018/19`.",
        "",
        "## Measures",
        "",
        "| identifier | label | unit | made as | meaning |",
        "|---|---|---|---|---|",
    ]
    parts += [
        f"| `{m.id}` | {m.label} | {m.unit} | {m.statistic} of `{m.base}` | {m.meaning} |" for m in MEASURES.values()
    ]
    parts += [
        "",
        "Needle finds have these categories; crimes have their types.",
        "",
        "| category | meaning |",
        "|---|---|",
    ]
    parts += [f"| `{name}` | {label} |" for name, label in CATEGORIES.items()]
    parts += ["", "## The cube", "", "One row per `area_code, period, measure, category`:", ""]
    parts += ["| column | meaning |", "|---|---|", *(f"| `{name}` | {meaning} |" for name, meaning in CUBE.items())]
    made = {"hotspots (and targets)": HOTSPOT_COLUMNS, "hotspot_evaluation": EVALUATION_COLUMNS}
    for name, columns in (STANDARD_TABLES | SCORE_TABLES | made).items():
        only = name in (*SCORE_TABLES, "premises", "incidents")
        parts += [
            "",
            f"## Table `{name}`",
            "",
            *(["For licensing and analysts only (`restricted`).", ""] if only else []),
            "| column | type | unit | may be missing | meaning |",
            "|---|---|---|---|---|",
        ]
        parts += [
            f"| `{c.name}` | {c.dtype} | {c.unit} | {'yes' if c.nullable else 'no'} | {c.meaning} |" for c in columns
        ]
    parts += ["", "## Rejects", "", f"Columns: {', '.join(f'`{name}`' for name in REJECT_COLUMNS)}."]
    return "\n".join(parts) + "\n"


CUBE = {
    "value": "the number; missing where it is an interval, hidden or unknown",
    "lower": "smallest value the inputs allow",
    "upper": "largest value the inputs allow",
    "status": "`ok`, `suppressed` (an input or we hide it), `incomplete`, `no_data`",
    "events": "the count behind the number: tested by the disclosure gate, never leaves",
}


def audiences(build: Build) -> str:
    """The page of who may have which layer in which format, and what the Map page offers whom: all of it tried."""
    parts = [
        "# Who may have what",
        "",
        "Made by `python docs/generate.py`, which tries every one on the shipped example; do not edit. Callouts are a",
        "`health` source there; needle finds, premises and incidents `controlled`; recorded crime `open`. What *yes*",
        "holds is in [disclosure.md](disclosure.md): below `restricted`, small and revealing counts are hidden.",
        "",
        "The readers are the roles `public`, `officer` (and `group`: both read what partners do), `licensing` and",
        "`analyst`. A file that only licensing may have besides is marked `restricted`; the command line has no",
        "licensing role.",
        "",
        "## Files",
        "",
        f"| layer | format | {' | '.join(READERS)} |",
        f"|---|---|{'---|' * len(READERS)}",
    ]
    reasons: list[str] = []
    for layer_id in build.layers:
        for suffix in FORMATS:
            cells = [cell(attempt(build, layer_id, suffix, Viewer(role)), reasons) for role in READERS.values()]
            parts.append(f"| `{layer_id}` | `{suffix}` | {' | '.join(cells)} |")
    parts += ["", *(f"{number}. {reason}" for number, reason in enumerate(reasons, start=1))]
    parts += [
        "",
        "## The Map page",
        "",
        "What it can be asked for: a measure, and how it is drawn. Each has its files.",
        "",
    ]
    parts += [f"| measure | drawn as | {' | '.join(READERS)} |", f"|---|---|{'---|' * len(READERS)}"]
    offered = {reader: offers(build, Viewer(role)) for reader, role in READERS.items()}
    for what, how in offered["restricted"]:
        told = ["yes" if (what, how) in offered[reader] else "no" for reader in READERS]
        parts.append(f"| `{what}` | `{how}` | {' | '.join(told)} |")
    tables = ", ".join(f"`{name}`" for name in ("premises", "incidents", *SCORE_TABLES))
    parts += [
        "",
        f"The tables {tables} of a build and the Premises page are for {' and '.join(PREMISES_READERS)} readers only.",
    ]
    return "\n".join(parts) + "\n"


FORMATS = tuple(dict.fromkeys((*formats_for("cube"), *formats_for("surface"))))
READERS: dict[str, Role] = {"public": "public", "partner": "officer", "licensing": "licensing", "restricted": "analyst"}


def attempt(build: Build, layer_id: str, suffix: str, viewer: Viewer) -> str:
    """Why a reader cannot have a layer as a file, after trying; nothing where the file was written."""
    try:
        layer = named_layer(build, layer_id, viewer)
        bundle(layer, suffix, viewer.file_audience(layer.meta))
    except DisclosureRefused as refusal:
        words = str(refusal).rsplit(": ", 1)[-1]
        return words[0].upper() + words[1:] + "."
    except UsageError:
        return "This format does not hold this content."
    return ""


def offers(build: Build, viewer: Viewer) -> list[tuple[str, str]]:
    """Every measure and way of drawing that a reader may ask for."""
    held = choices(build, viewer)
    return [(what, how) for what in held.whats() for how in held.hows(what)]


def cell(refused: str, reasons: list[str]) -> str:
    """One answer of the table; the reasons are numbered below it."""
    if not refused:
        return "yes"
    if refused not in reasons:
        reasons.append(refused)
    return f"no ({reasons.index(refused) + 1})"


def main() -> None:
    """Write the pages; the table of audiences from a build of the example in a folder of its own."""
    with TemporaryDirectory() as folder:
        pages = {
            "configuration.md": configuration(),
            "data-dictionary.md": data_dictionary(),
            "audiences.md": audiences(build_area(HERE.parent / "hotspots.toml", Path(folder) / "build")),
        }
    for name, text in pages.items():
        (HERE / name).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
