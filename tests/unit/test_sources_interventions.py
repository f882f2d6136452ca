"""The register of interventions and the breaks in series: what is accepted, and one clear reason for what is not."""

from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import shapely

from hotspots.areas import Areas, Reference
from hotspots.errors import DataRefused
from hotspots.source_settings import InterventionsSource, PremisesSource
from hotspots.sources import read_series_breaks, read_source
from hotspots.sources.interventions import as_rows, place_polygon
from hotspots.tables import INTERVENTIONS, Reading

HEADINGS = "intervention_id,what,place,comparison,start,end,owner,measure,target,review_date\n"
COVERED = {"covers_from": date(2017, 4, 1), "covers_to": date(2019, 3, 31)}
SQUARE = '"polygon:POLYGON ((545100 258100, 545400 258100, 545400 258400, 545100 258100))"'


def reference() -> Reference:
    squares = [shapely.box(545_000 + 1_000 * at, 258_000, 546_000 + 1_000 * at, 259_000) for at in range(2)]
    wards = pd.DataFrame({"code": ["E05000001", "E05000002"], "name": ["West", "East"], "geometry": squares})
    return Reference(None, Areas("ward", "2013", "2013", False, "", wards))


def register(folder: Path, *rows: str) -> Reading:
    (folder / "premises.csv").write_text("premises_id,name\nPR001,The Example\n", encoding="utf-8")
    (folder / "work.csv").write_text(HEADINGS + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    common: dict[str, Any] = {**COVERED, "id": "work"}
    premises = PremisesSource.model_validate({**common, "kind": "premises", "path": "premises.csv"})
    held = read_source(premises, folder=folder, reference=reference())
    source = InterventionsSource.model_validate({**common, "kind": "interventions", "path": "work.csv"})
    return read_source(source, folder=folder, reference=reference(), premises=held)


GOOD = "I1,Patrols,ward:E05000001,ward:E05000002,2018-04-01,,Team,instances,a fifth fewer,2018-10-01"


def test_a_register_has_the_columns_declared_and_every_form_of_place(tmp_path: Path) -> None:
    reading = register(
        tmp_path,
        GOOD,
        f"I2,Lights,{SQUARE},,2018-05-01,2018-06-01,Team,crimes,fewer,",
        "I3,Visits,premises:PR001,,2018-05-01,,Licensing,incidents,half,",
        "I4,Marshals,City-Centre,city,2018-05-01,,Team,callouts,fewer,",
        "I5,Bins,hotspot:needle-hotspots-1,,2018-05-01,,Team,instances,fewer,",
    )
    assert reading.table.columns.tolist() == [column.name for column in INTERVENTIONS]
    assert reading.tally.sentence == "5 rows = 5 accepted + 0 rejected"
    assert reading.table["place"].str.partition(":")[0].tolist() == [
        "ward", "polygon", "premises", "city-centre", "hotspot",
    ]  # fmt: skip
    assert as_rows(reading.table)[0] == {
        "intervention_id": "I1", "what": "Patrols", "place": "ward:E05000001", "comparison": "ward:E05000002",
        "start": "2018-04-01", "end": "", "owner": "Team", "measure": "instances", "target": "a fifth fewer",
        "review_date": "2018-10-01",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("row", "column", "reason", "detail"),
    [
        ("I2,Visits,city,,2018-05-01,2018-04-30,Team,crimes,fewer,", "end", "constraint-error", "before the start"),
        ("I2,Visits,city,,2018-05-01,,Team,crimes,fewer,2018-01-01", "review_date", "constraint-error", "before"),
        ("I2,Visits,premises:PR999,,2018-05-01,,Team,incidents,half,", "place", "unknown-premises", "register"),
        ("I2,Visits,ward:E05999999,,2018-05-01,,Team,crimes,half,", "place", "unknown-code", "not a ward"),
        ("I2,Visits,the market,,2018-05-01,,Team,crimes,half,", "place", "type-error", "polygon:WKT"),
        ("I2,Visits,,,2018-05-01,,Team,crimes,half,", "place", "missing-cell", "no place"),
        ("I2,Visits,polygon:POINT (1 2),,2018-05-01,,Team,crimes,half,", "place", "type-error", "well-known text"),
        (
            'I2,Visits,"polygon:POLYGON ((0 0, 9 0, 9 9, 0 0))",,2018-05-01,,Team,crimes,half,',
            "place", "outside-study-area", "National Grid",
        ),
        ("I2,Visits,city,,01/05/2018,,Team,crimes,half,", "start", "type-error", ""),
        ("I2,Visits,city,,2018-05-01,,Team,volume,half,", "measure", "constraint-error", "not a count that can be"),
        ("I2,Visits,city,,2018-05-01,,Team,,half,", "measure", "missing-cell", "agreed beforehand"),
        ("I2,Visits,city,,2018-05-01,,Team,incidents,half,", "measure", "constraint-error", "premises alone"),
        (f"I2,Visits,{SQUARE},,2018-05-01,,Team,callouts,half,", "measure", "constraint-error", "come by area"),
        ("I2,Visits,city,,2018-05-01,,,crimes,half,", "owner", "missing-cell", ""),
    ],
)  # fmt: skip
def test_what_cannot_be_judged_is_rejected_with_one_reason(tmp_path, row, column, reason, detail) -> None:  # type: ignore[no-untyped-def]
    reading = register(tmp_path, GOOD, row)
    assert reading.tally.sentence == "2 rows = 1 accepted + 1 rejected"
    reject = reading.rejects.iloc[0]
    assert (reject["line"], reject["column"], reject["reason"]) == (3, column, reason)
    assert detail in reject["detail"]


def test_an_identifier_given_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataRefused, match=r"the intervention I1 is given more than once: work\.csv line 2 and"):
        register(tmp_path, GOOD, GOOD.replace("Patrols", "Lights"))


def test_a_crossed_or_endless_polygon_is_refused() -> None:
    with pytest.raises(DataRefused, match="not valid"):
        place_polygon("polygon:POLYGON ((0 0, 9 9, 9 0, 0 9, 0 0))")
    with pytest.raises(DataRefused, match="fewer vertices"):
        place_polygon("polygon:POLYGON ((" + "0 0, " * 9_000 + "0 0))")


def test_breaks_in_series_are_read_whole_or_refused(tmp_path: Path) -> None:
    path = tmp_path / "breaks.csv"
    path.write_text(
        "source_kind,date,title,detail,reference\ncrimes,2018-05-23,Athena,Other systems.,\n", encoding="utf-8"
    )
    table = read_series_breaks("breaks.csv", folder=tmp_path)
    assert table[["source_kind", "title"]].to_numpy().tolist() == [["crimes", "Athena"]]
    assert table["date"].iloc[0] == pd.Timestamp("2018-05-23")
    path.write_text(path.read_text(encoding="utf-8") + "burglaries,2017-04-01,New codes,,\n", encoding="utf-8")
    with pytest.raises(DataRefused, match=r"breaks.csv line 3, column source_kind: 'burglaries'"):
        read_series_breaks("breaks.csv", folder=tmp_path)
    with pytest.raises(DataRefused, match="there is no file"):
        read_series_breaks("none.csv", folder=tmp_path)
