"""Three builds after each other, the later ones with records that came late: all that they published together.

Whoever keeps old files reads the same table three times and knows that records only came in, never how many in a hidden
cell. The attack is the one on a single build, with the tables of all three as one system (some six minutes).
"""

import csv
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from attacker import Attack, Cell, broken, exported, printed_totals

from hotspots.pipeline import build_area
from hotspots.snapshot import Build

ROOT = Path(__file__).resolve().parents[2]
LATE = 12  # records of the last quarter that the first build does not have, and the second has every other of


def area_in(folder: Path) -> Path:
    """The example's callouts and needle finds in a folder of their own: nothing else is guarded by the audit."""
    for name in ("geo", "boundaries"):
        shutil.copytree(ROOT / name, folder / name)
    head, *sources = re.split(r"(?m)^\[\[sources\]\]\n", (ROOT / "hotspots.toml").read_text(encoding="utf-8"))
    head = re.sub(r"(?s)\[premises_score\].*?\n\n", "", head)
    kept = [text for text in sources if 'kind = "callouts"' in text or 'kind = "needle_finds"' in text]
    path = folder / "hotspots.toml"
    path.write_text("[[sources]]\n".join([head, *kept]), encoding="utf-8")
    return path


def without(path: Path, gone: Sequence[int]) -> None:
    """A file of records without some of its rows."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(line for number, line in enumerate(lines) if number not in gone), encoding="utf-8")


def late_rows(path: Path, column: str, since: str) -> list[int]:
    """Rows (the heading is 0) from late in the time covered, spread over the file."""
    with path.open(encoding="utf-8", newline="") as file:
        late = [number for number, row in enumerate(csv.DictReader(file), start=1) if row[column] >= since]
    return late[:: max(len(late) // LATE, 1)][:LATE]


@pytest.fixture(scope="module")
def builds(tmp_path_factory: pytest.TempPathFactory) -> dict[bool, list[Build]]:
    """The three builds in one folder, each of which knew of those before, and in a folder each."""
    made: dict[bool, list[Build]] = {True: [], False: []}
    for left in (LATE, LATE // 2, 0):
        folder = tmp_path_factory.mktemp("area") / "own"
        folder.mkdir()
        area = area_in(folder)
        for name, column, since in (
            ("needle_finds.csv", "date_reported", "2018-06-01"),
            ("callouts.csv", "period", "2018/19"),
        ):
            path = folder / "geo/sample" / name
            without(path, late_rows(path, column, since)[:left])
        made[True].append(build_area(area, tmp_path_factory.getbasetemp() / "one/build"))
        made[False].append(build_area(area, folder / "build"))
    return made


def together(builds: Sequence[Build], folder: Path) -> Attack:
    """What all of them published as one system: each number at least what it was before."""
    whole = Attack({}, {})
    for number, build in enumerate(builds):
        own = Attack(exported(build, "partner", folder), printed_totals(build, "partner"))
        whole.numbers |= {of(number, cell): value for cell, value in own.numbers.items()}
        whole.rows += [({of(number, cell): factor for cell, factor in row.items()}, value) for row, value in own.rows]
        if number:
            whole.at_most += [({of(number - 1, cell): 1.0, of(number, cell): -1.0}, 0.0) for cell in own.counts]
    return whole


def of(number: int, cell: Cell) -> Cell:
    return (f"{number} {cell[0]}", *cell[1:])


def recovered(whole: Attack, builds: Sequence[Build]) -> dict[Cell, tuple[float, float]]:
    intervals = whole.intervals()
    assert len(intervals) > 1200
    found: dict[Cell, tuple[float, float]] = {}
    for number, build in enumerate(builds):
        own = {(cell[0][2:], *cell[1:]): ends for cell, ends in intervals.items() if cell[0].startswith(f"{number} ")}
        found |= {of(number, cell): ends for cell, ends in broken(build, own).items()}
    return found


def test_builds_that_know_nothing_of_each_other_give_hidden_counts_away(
    builds: dict[bool, list[Build]], tmp_path: Path
) -> None:
    assert len(recovered(together(builds[False], tmp_path), builds[False])) > 0


def test_three_builds_together_tell_of_no_hidden_number(builds: dict[bool, list[Build]], tmp_path: Path) -> None:
    assert recovered(together(builds[True], tmp_path), builds[True]) == {}
    listed = builds[True][2].manifest["audit"]["seen_before"]  # to act on: what was shown once cannot be taken back
    assert {row["area_code"] for row in listed if row["why"] == "hidden now, shown then"} == {"E01017963", "E01017977"}
