"""Rows on their way from a supplier's file to a standard table: none is lost, and each leaves once, with a reason."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import combinations
from typing import Any

import pandas as pd

from hotspots.errors import DataRefused
from hotspots.source_settings import Source
from hotspots.sources._cells import Parsed, parse_optional, parse_required
from hotspots.sources._cells import parse_each as _parse_each
from hotspots.tables import (
    STANDARD_TABLES,
    Column,
    InputFile,
    Reading,
    Resolution,
    SourceMeta,
    Tally,
    check_columns,
    empty_rejects,
    rejects_of,
)
from hotspots.texts import many_of

_DTYPES = {"date": "datetime64[s]"}
_COPIED_ROWS = 10


class Ledger:
    """
    The rows of one source, as text and as values, with what has become of the others.

    ``rows`` are those still in play: text columns by our names, ``file`` and ``line``, and the values taken so far. A
    row is rejected for the first column that fails, so rejects and rows count the same things.
    """

    def __init__(
        self,
        rows: pd.DataFrame,
        *,
        source: Source,
        files: tuple[InputFile, ...],
        headings: Mapping[str, str],
        rejects: pd.DataFrame | None = None,
        set_aside: Mapping[str, int] | None = None,
    ) -> None:
        self.rows = rows
        self.source = source
        self.files = files
        self.headings = headings
        self.notes: list[str] = []
        self._rejects = [empty_rejects() if rejects is None else rejects]
        self._set_aside = dict(set_aside or {})
        self.read = len(rows) + len(self._rejects[0]) + sum(self._set_aside.values())

    @property
    def rejected(self) -> int:
        """How many rows were rejected so far."""
        return sum(map(len, self._rejects))

    @property
    def first_reject(self) -> str:
        """The first row of the file that was rejected, in words: column by column they are found in another order."""
        first = pd.concat(self._rejects, ignore_index=True).sort_values(["file", "line"], kind="stable").iloc[0]
        return (
            f"the first: {first['file']} line {first['line']}, column {first['column']}, {first['value']!r}: "
            f"{first['reason']} ({first['detail']})"
        )

    def text(self, name: str) -> "pd.Series[Any]":
        """The text of a column by our name; blank where the source does not supply it."""
        if name in self.rows:
            return self.rows[name]
        return pd.Series("", index=self.rows.index, dtype="str")

    def take(self, name: str, parsed: Parsed, *, column: "str | pd.Series[Any] | None" = None) -> None:
        """Keep a parsed column as ``name`` and reject the rows that it could not read."""
        self.rows = self.rows.assign(**{name: parsed.values})
        heading = self.headings.get(name, name) if column is None else column
        self.reject(parsed.problems, values=parsed.text, column=heading)

    def take_required(self, name: str) -> None:
        """Keep a column of words that must be there."""
        self.take(name, _parse_each(self.text(name), parse_required, dtype="str"))

    def take_optional(self, name: str) -> None:
        """Keep a column of words that may be missing."""
        self.take(name, _parse_each(self.text(name), parse_optional, dtype="str"))

    def reject(self, problems: pd.DataFrame, *, values: "pd.Series[Any]", column: "str | pd.Series[Any]") -> None:
        """Reject the rows of ``problems`` (index, reason, detail), showing the ``values`` that are at fault."""
        if problems.empty:
            return
        rejected = self.rows.loc[problems.index]
        named = column if isinstance(column, str) else ""
        made = rejects_of(rejected, column=named, values=values.loc[problems.index], reason="", detail="")
        if not isinstance(column, str):
            made["column"] = column.loc[problems.index].to_numpy()
        made["reason"] = problems["reason"].to_numpy()
        made["detail"] = problems["detail"].to_numpy()
        self._rejects.append(made)
        self.rows = self.rows.drop(index=problems.index)

    def reject_where(
        self, chosen: "pd.Series[Any]", *, values: "pd.Series[Any]", column: str, reason: str, detail: str
    ) -> None:
        """Reject the chosen rows for one reason."""
        index = chosen.index[chosen.to_numpy(dtype=bool)]
        self.reject(pd.DataFrame({"reason": reason, "detail": detail}, index=index), values=values, column=column)

    def set_aside(self, chosen: "pd.Series[Any]", reason: str) -> None:
        """Set the chosen rows aside: nothing is wrong with them, but they do not belong in the table."""
        mask = chosen.to_numpy(dtype=bool)
        if mask.any():
            self._set_aside[reason] = self._set_aside.get(reason, 0) + int(mask.sum())
            self.rows = self.rows[~mask]

    def set_duplicates_aside(self, key: list[str], *, columns: Iterable[str], what: str) -> None:
        """
        Set exact repeats of a row aside, and refuse two rows with the same key and different content.
        """
        columns = [name for name in columns if name not in {"file", "line"}]
        self.set_aside(self.rows.duplicated(columns), "exact duplicate")
        self.refuse_duplicates(key, what=what, advice="the same identifier with different content; correct one")

    def refuse_duplicates(self, key: list[str], *, what: str, advice: str) -> None:
        """Refuse the source where two rows have the same key, naming both lines."""
        twice = self.rows[self.rows.duplicated(key, keep=False)]
        if twice.empty:
            return
        first = twice[(twice[key] == twice[key].iloc[0]).all(axis=1)]
        named = ", ".join(str(value) for value in first[key].iloc[0])
        lines = " and ".join(f"{file} line {line}" for file, line in zip(first["file"], first["line"], strict=True))
        raise DataRefused(f"{self.source.id}: {what} {named} is given more than once: {lines}; {advice}")

    def refuse_copies(self) -> None:
        """
        Refuse two files that hold the same rows, where no identifier tells that a row is there twice.

        A file that was saved anew or that a later issue replaces differs in its bytes alone. Half of the rows of the
        smaller file, and at least ten, are no chance: there is a day or a month in each.
        """
        if self.rows["file"].nunique() < 2:
            return
        content = self.rows.columns.difference(["file", "line"])
        rows = self.rows.drop_duplicates(["file", *content])
        of_file = rows["file"].value_counts()
        shared = rows[rows.duplicated(list(content), keep=False)]
        pairs = Counter(
            pair
            for files in shared.groupby(list(content), dropna=False)["file"].agg(tuple)
            for pair in combinations(sorted(files), 2)
        )
        for (first, second), count in sorted(pairs.items()):
            if count >= _COPIED_ROWS and 2 * count >= min(of_file[first], of_file[second]):
                raise DataRefused(
                    f"{self.source.id}: {count:,} rows of {first} are in {second} too, word for word, and would be "
                    "counted twice; remove the file that the other replaces"
                )

    def reading(
        self,
        *,
        order: list[str],
        table: pd.DataFrame | None = None,
        columns: Iterable[Column] | None = None,
        meta: SourceMeta | None = None,
    ) -> Reading:
        """
        The outcome: the standard table in its declared columns, sorted by ``order``, file and line.

        ``table`` replaces the rows where they were added up (one row a call); the tally counts the rows all the same.
        ``columns`` and ``meta`` are those of the source's kind unless given.
        """
        columns = tuple(columns or STANDARD_TABLES[self.source.kind])
        made = (self.rows if table is None else table)[[column.name for column in columns]]
        made = made.astype({column.name: _DTYPES.get(column.dtype, column.dtype) for column in columns})
        accepted, failed = check_columns(made, columns)
        rejects = pd.concat([*self._rejects, failed], ignore_index=True)
        count = len(self.rows) - len(failed)
        self._refuse_if_all_failed(count, rejects)
        meta = meta or _meta_of(self.source)
        if len(rejects):
            # On every layer: what is shown would otherwise pass for everything that was recorded.
            words = ("row was rejected and is counted nowhere.", "rows were rejected and are counted nowhere.")
            without = many_of(len(rejects), self.read, meta.policy, one=words[0], more=words[1])
            meta = replace(meta, caveats=(*meta.caveats, without))
        return Reading(
            meta=meta,
            table=accepted.sort_values([*order, "file", "line"], kind="stable").reset_index(drop=True),
            tally=Tally(self.read, count, len(rejects), dict(self._set_aside)),
            rejects=rejects.sort_values(["file", "line", "column"], kind="stable").reset_index(drop=True),
            files=self.files,
            notes=tuple(self.notes),
        )

    def _refuse_if_all_failed(self, accepted: int, rejects: pd.DataFrame) -> None:
        if accepted or rejects.empty or self._set_aside:
            return
        self._rejects = [rejects]
        raise DataRefused(f"{self.source.id}: every one of the {self.read:,} rows was rejected; {self.first_reject}")


def _meta_of(source: Source) -> SourceMeta:
    """What of a source's settings travels with its numbers."""
    resolution: Resolution = source.resolution
    caveats = (
        ("Positions are published snap points, not where things happened: peaks can be artefacts of the snapping.",)
        if resolution == "snapped_point"
        else ()
    )
    return SourceMeta(
        id=source.id,
        kind=source.kind,
        title=source.title or source.id.replace("-", " ").capitalize(),
        resolution=resolution,
        coverage=source.coverage,
        policy=source.policy,
        marking=source.marking,
        synthetic=source.synthetic,
        attribution=source.attribution,
        caveats=caveats,
    )
