"""What a file says about itself: title, measure, unit, period, source, method, sensitivity and who to credit."""

import json
from typing import Any

import numpy as np

from hotspots.crs import TRANSFORMATION
from hotspots.export.pivot import value_columns
from hotspots.layer import Layer
from hotspots.measures import CATEGORIES, measure


def metadata(layer: Layer) -> dict[str, Any]:
    """
    The description of a layer as plain JSON values, the same for every format and every time.

    ``columns`` says for each value column of the wide form what it measures, in which unit and for which period.
    """
    meta = layer.meta
    about: dict[str, Any] = {
        name: getattr(meta, name)
        for name in (
            *("id", "title", "measure", "unit", "period", "area", "vintage", "coverage", "source", "method"),
            *("policy", "sensitivity", "marking"),
        )
    }
    about["attribution"] = _attribution(layer)
    about["labels"] = list(meta.labels)
    about["caveats"] = list(meta.caveats)
    about["synthetic"] = bool(meta.synthetic)
    about["schematic"] = bool(meta.schematic)
    about["settings"] = {str(key): _plain(meta.settings[key]) for key in sorted(meta.settings)}
    about["transformation"] = TRANSFORMATION
    if layer.content == "cube":
        about["columns"] = [_column(column) for column in value_columns(layer)]
    return about


def metadata_texts(layer: Layer) -> dict[str, str]:
    """The description as texts, for the formats whose tags hold nothing else; lists one item a line, tables as JSON."""
    return {name: text for name, value in metadata(layer).items() if (text := _text(value))}


def column_labels(layer: Layer) -> dict[str, str]:
    """What each column of a layer of areas is called where a reader shows words for names; none for other layers."""
    if layer.content != "cube":
        return {}
    labels = {"area_code": "Area code", "area_name": "Area", "vintage": "Boundaries of"}
    for column in map(_column, value_columns(layer)):
        kind = "" if column["category"] == CATEGORIES["all"] else f", {column['category']}"
        label = f"{column['label']}{kind}, {column['period']}"
        companions = {"": "", "_lower": " (at least)", "_upper": " (at most)", "_status": " (how far known)"}
        labels |= {f"{column['name']}{ending}": f"{label}{words}" for ending, words in companions.items()}
    return labels


def _attribution(layer: Layer) -> str:
    lines = layer.meta.attribution.splitlines()
    if layer.areas is not None:
        lines += [line for line in layer.areas.attribution.splitlines() if line not in layer.meta.attribution]
    return "\n".join(dict.fromkeys(line for line in lines if line))


def _column(column: Any) -> dict[str, str]:
    known = measure(column.measure)
    return {
        "name": column.name,
        "label": known.label,
        "measure": column.measure,
        "unit": known.unit,
        "category": CATEGORIES[column.category],
        "period": column.period,
    }


def _plain(value: Any) -> Any:
    """A setting as a JSON value: numpy's numbers become Python's, and what is not finite becomes null."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value if isinstance(value, bool | int | float | str) or value is None else str(value)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return "\n".join(value)
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False) if value else ""
    return str(value)
