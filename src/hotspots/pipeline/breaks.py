"""Breaks in series: the days on which a source began to be counted in another way."""

from datetime import date
from typing import Any, get_args

import pandas as pd

from hotspots.boundaries.code_table import column_of, read_code_table
from hotspots.errors import DataRefused
from hotspots.settings import Area
from hotspots.source_settings import Source

COLUMNS = ("source_kind", "date", "title", "detail", "reference")


def load_breaks(area: Area) -> pd.DataFrame:
    """
    The file of breaks that the area file names, with ``date`` as days; without rows where it names none.

    Raises
    ------
    DataRefused
        A column is missing, a day is not written as 2018-05-23, or a row is of no kind of source.
    """
    if not area.file.map.series_breaks:
        return pd.DataFrame({name: pd.Series(dtype="datetime64[s]" if name == "date" else "str") for name in COLUMNS})
    path = area.folder / area.file.map.series_breaks
    table = read_code_table(path)
    columns: dict[str, Any] = {name: column_of(table, name, where=path.name) for name in COLUMNS}
    unknown = sorted(set(columns["source_kind"]) - _kinds())
    if unknown:
        raise DataRefused(f"{path.name}: {unknown[0]!r} is no kind of source; expected {', '.join(sorted(_kinds()))}")
    columns["date"] = pd.Series([_day(text, path.name) for text in columns["date"]], dtype="datetime64[s]")
    return pd.DataFrame(columns)


def _day(text: str, where: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise DataRefused(f"{where}: {text!r} is not a day; write it as 2018-05-23") from error


def _kinds() -> set[str]:
    return {str(get_args(model.model_fields["kind"].annotation)[0]) for model in get_args(get_args(Source)[0])}
