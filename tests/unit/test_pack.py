"""What officers and meetings receive: a folder for one audience, whole or not at all, with nothing it may not have."""

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely

from hotspots.areas import Areas
from hotspots.cli import application
from hotspots.errors import DataRefused, DisclosureRefused, FileRefused, UsageError
from hotspots.export import export_table
from hotspots.layer import Layer, LayerMeta
from hotspots.maps import hotspot_page, paper
from hotspots.maps.hotspot_page import hotspot_page_pdf
from hotspots.maps.page import page_pdf
from hotspots.maps.paper import Orientation
from hotspots.pack import write_pack
from hotspots.pack.pages import hotspot_page_of, hotspot_selections, map_selections, page_of
from hotspots.snapshot import Build
from hotspots.snapshot.journal import entries
from hotspots.style import Classes
from hotspots.views import Selection, Viewer, ranked, report_tables, view


@pytest.fixture(scope="module")
def partner(example_build: Build, tmp_path_factory: pytest.TempPathFactory) -> Path:
    to = tmp_path_factory.mktemp("packs") / "partner"
    write_pack(example_build, to, audience="partner")
    return to


def manifest(folder: Path) -> dict[str, object]:
    made: dict[str, object] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return made


def test_the_manifest_has_the_hash_of_every_file_and_names_no_other(partner: Path) -> None:
    files = manifest(partner)["files"]
    held = {path.relative_to(partner).as_posix(): path for path in partner.rglob("*") if path.is_file()}
    assert isinstance(files, dict)
    assert set(files) == set(held) - {"manifest.json"}
    assert all(sha256(held[name].read_bytes()).hexdigest() == digest for name, digest in files.items())


def test_partners_get_no_single_needle_finds_and_no_premises_and_are_told_why(partner: Path) -> None:
    names = {path.name for path in partner.rglob("*")}
    assert not {name for name in names if name.startswith(("needle-finds.", "premises-scores"))}
    readme = " ".join((partner / "README.txt").read_text(encoding="utf-8").split())
    assert "- Wards. OFFICIAL. Files: layers/wards.geojson," in readme
    assert "Left out, and why" in readme
    assert "premises-scores: premises and their scores are for licensing and analysts only" in readme
    assert manifest(partner)["audience"] == "partner"


def test_the_readme_begins_and_ends_with_the_marking_and_says_synthetic(partner: Path) -> None:
    lines = (partner / "README.txt").read_text(encoding="utf-8").splitlines()
    assert (lines[0], lines[-1]) == ("OFFICIAL", "OFFICIAL")
    assert "Synthetic records: not real events." in lines
    assert "Schematic boundaries: invented shapes." in lines


def test_no_small_count_of_a_guarded_source_is_in_a_partners_table(partner: Path) -> None:
    for name in ("callouts-by-lsoa-and-year", "instances-by-lsoa-and-year", "volume-by-ward-and-year"):
        with (partner / "tables" / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
            header, *rows = csv.reader(stream)
        years = [at for at, heading in enumerate(header) if at > 1 and "per 1,000" not in heading]
        cells = {row[at] for row in rows for at in years}
        assert "suppressed" in cells
        assert not {"1", "2", "3", "4"} & cells


def test_the_pages_are_pdfs_and_the_same_build_makes_the_same_bytes(partner: Path, example_build: Build) -> None:
    pages = sorted((partner / "maps").glob("*.pdf"))
    assert [page.name for page in pages][:2] == ["asb-density.pdf", "asb-per-year-lsoa.pdf"]
    assert all(page.read_bytes().startswith(b"%PDF-") for page in pages)
    asked = next(map_selections(example_build, Viewer("officer")))
    again = page_of(example_build, asked, Viewer("officer"))[1]
    assert (partner / "maps" / "callouts-per-year-lsoa.pdf").read_bytes() == again


def test_every_part_is_noted_in_the_journal(partner: Path, example_build: Build) -> None:
    noted = {name for entry in entries(example_build.folder.parent) for name in entry["files"]}
    parts = {path.relative_to(partner).as_posix() for path in partner.glob("*/*")}
    assert parts <= noted


@pytest.mark.parametrize("audience", ["public", "partner", "restricted"])
def test_there_is_a_map_for_each_count_and_way_over_three_years(example_build: Build, audience: str) -> None:
    role = {"public": "public", "partner": "officer", "restricted": "analyst"}[audience]
    made = {(asked.what, asked.how, asked.when) for asked in map_selections(example_build, Viewer(role))}  # type: ignore[arg-type]
    assert ("callouts_per_year", "lsoa", "2016/17 to 2018/19") in made
    assert ("instances", "density", "2016/17 to 2018/19") in made
    assert ("crimes_per_year", "lsoa", "2017/18 to 2018/19") in made
    assert not [what for what, _, _ in made if "located" in what]


def test_a_folder_with_something_in_it_is_refused_and_an_empty_one_taken(example_build: Build, tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "mine.txt").write_text("mine")
    with pytest.raises(UsageError, match="is there already and is not empty"):
        write_pack(example_build, taken, audience="public")
    with pytest.raises(UsageError, match="no folder nowhere"):
        write_pack(example_build, tmp_path / "nowhere" / "pack", audience="public")
    (tmp_path / "boundaries").mkdir()
    with pytest.raises(UsageError, match="boundaries"):
        write_pack(example_build, tmp_path / "boundaries" / "pack", audience="public")
    assert [path.name for path in taken.iterdir()] == ["mine.txt"]


def test_a_pack_that_fails_half_way_leaves_nothing(
    example_build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("hotspots.pack.folder.export_layer", full)
    with pytest.raises(FileRefused, match="No space left on device; nothing was left"):
        write_pack(example_build, tmp_path / "pack", audience="public")
    assert list(tmp_path.iterdir()) == []


def test_a_table_made_for_partners_does_not_leave_for_the_public(example_build: Build, tmp_path: Path) -> None:
    table = report_tables(example_build, Viewer("officer"))[0]
    with pytest.raises(DisclosureRefused, match="may not leave for 'public'"):
        export_table(table, tmp_path / "table.csv", audience="public")
    assert list(tmp_path.iterdir()) == []


def test_the_tables_have_the_published_needle_totals(example_build: Build) -> None:
    tables = {table.meta.id: table.table for table in report_tables(example_build, Viewer("analyst"))}
    assert tables["instances-by-ward-and-year"][["2016/17", "2017/18", "2018/19"]].sum().tolist() == [172, 304, 328]
    assert tables["volume-by-ward-and-year"][["2016/17", "2017/18", "2018/19"]].sum().tolist() == [6842, 10324, 3579]


def test_recorded_crime_is_the_sum_of_its_types_and_asb_is_apart(example_build: Build) -> None:
    table = report_tables(example_build, Viewer("public"))[0].table.set_index("type")
    total, asb = (
        table.loc["All: Recorded crime", "2018/19"],
        table.loc["All: Anti-social behaviour incidents", "2018/19"],
    )
    types = table.drop(index=["All: Recorded crime", "All: Anti-social behaviour incidents"])["2018/19"]
    assert types.sum() == total
    assert asb > 0
    assert "Anti-social behaviour" not in types.index


def test_the_series_break_is_printed_beside_recorded_crime(example_build: Build) -> None:
    notes = report_tables(example_build, Viewer("public"))[0].notes
    assert any(note.startswith("Series break on 2018-05-23: Athena") for note in notes)


def test_the_command_packs_and_restricted_gets_everything(example_build: Build, tmp_path: Path) -> None:
    from typer.testing import CliRunner

    builds, to = str(example_build.folder.parent), tmp_path / "all"
    done = CliRunner().invoke(application, ["pack", "--audience", "restricted", "--to", str(to), "--build", builds])
    assert done.exit_code == 0, done.output
    assert "README.txt says what they are" in done.output
    assert (to / "README.txt").is_file()
    assert manifest(to)["left_out"] == {}
    assert {layer["id"] for layer in manifest(to)["layers"]} == set(example_build.layers)  # type: ignore[attr-defined]


NEEDLES = Selection("instances", how="hotspots")
AGENDAS = ("instances-all", "crimes-all", "asb-all", "crimes-retail", "crimes-night-time")
HOSTILE = "Bar $\\frac{1}{0}$ <b>&\x00\u2028 \\input{x}"


def hostile_layer() -> Layer:
    hole = shapely.box(0, 0, 300, 300) - shapely.box(100, 100, 200, 200)
    parts = shapely.MultiPolygon([shapely.box(400, 0, 500, 100), shapely.box(600, 0, 700, 100)])
    table = pd.DataFrame({"code": ["A", "B"], "name": [HOSTILE, "B"], "geometry": [hole, parts]})
    cube = pd.DataFrame(
        {"area_code": ["A", "B"], "period": "2018/19", "measure": "crimes", "category": "all", "value": [5.0, np.nan],
         "lower": [5.0, np.nan], "upper": [5.0, np.nan], "status": ["ok", "suppressed"], "events": 5.0}
    )  # fmt: skip
    meta = LayerMeta(
        "crimes-by-lsoa", HOSTILE, "crimes", "crimes", "2018/19", HOSTILE, HOSTILE, "open", "OFFICIAL", False, False,
        caveats=(HOSTILE * 40,),
    )  # fmt: skip
    return Layer(meta, cube=cube, areas=Areas("lsoa", "2011", "2011", False, HOSTILE, table))


def test_text_from_data_is_set_as_typed_and_never_as_mathematics() -> None:
    layer = hostile_layer()
    places = pd.DataFrame({"name": [HOSTILE], "easting": [50.0], "northing": [50.0]})
    classes = Classes((5.0,), (5.0,), ("#7fcdbb",), 0)
    page = page_pdf(layer, classes, ranked=ranked(layer), orientation=Orientation((), places), footer=(HOSTILE,))
    assert page.startswith(b"%PDF-")


def test_every_agenda_has_a_page_and_an_action_sheet_and_the_public_gets_those_of_open_records_only(
    partner: Path, example_build: Build
) -> None:
    names = {f"{how}-{agenda}" for how in ("hotspots", "targets") for agenda in AGENDAS}
    assert {path.stem for path in (partner / "maps").glob("*s-*-*.pdf")} >= names
    assert {path.stem for path in (partner / "tables").glob("action-sheet-*.csv")} == {
        f"action-sheet-{name}" for name in names
    }
    shown = {asked.what for asked in hotspot_selections(example_build, Viewer("public"))}
    assert shown == {"crimes", "asb"}


def test_an_action_sheet_has_every_place_with_its_numbers_and_room_to_write(partner: Path) -> None:
    path = partner / "tables" / "action-sheet-hotspots-instances-all.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 21
    first = rows[0]
    assert (first["rank"], first["place"], first["grid reference"], first["events"]) == (
        "1", "The Kite", "TL 456 584", "75",
    )  # fmt: skip
    # What partners may have: 73 rounded, the level of the test for all, and nothing by quarter.
    assert first["chance"] == "Fewer than 1 map in 20 without clustering would reach this."
    assert first["over the quarters"] == ""
    assert [first[name] for name in ("action", "who", "by when", "done")] == ["", "", "", ""]
    about = json.loads(path.with_name(f"{path.name}-metadata.json").read_text(encoding="utf-8"))
    assert about["notes"][0].startswith("Hotspots: needle finds, 2016/17 to 2018/19, Cambridge: 21 places")
    assert about["sensitivity"] == "partner"


def test_the_page_of_an_agenda_says_what_stands_in_the_list_with_its_marking(
    example_build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    partner = words_on(monkeypatch, lambda: hotspot_page_of(example_build, NEEDLES, Viewer("officer")))
    assert {"75", "9.5%", "20"} <= set(partner)
    assert not {"73", "9.3%", "1,000", "intensifying", "Over time"} & set(partner)
    said = words_on(monkeypatch, lambda: hotspot_page_of(example_build, NEEDLES, Viewer("analyst")))
    assert said.count("OFFICIAL") == 2
    for text in ("Hotspots: needle finds", "The Kite", "TL 456 584", "73", "9.3%", "inside", "1,000", "intensifying",
                 "6 more are in the layers.",
                 "Synthetic records: not real events. Schematic boundaries: invented shapes.",
                 "Numbered by rank.  Broken blue line: the city-centre area."):  # fmt: skip
        assert text in said
    assert any("Fewer than 1 map in N" in text or "fewer than 1 map in N" in text for text in said)


def test_an_agenda_where_nothing_stands_out_has_a_page_that_says_so(
    example_build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    night = Selection("crimes", category="night-time", how="hotspots")
    said = words_on(monkeypatch, lambda: hotspot_page_of(example_build, night, Viewer("public")))
    assert "No place is listed here. That is an answer." in said
    assert "1 map in" not in said


def test_names_of_places_are_set_as_typed_and_other_layers_are_no_hotspots(example_build: Build) -> None:
    layer = view(example_build, NEEDLES, Viewer("analyst"))
    assert layer.features is not None
    hostile = replace(layer, features=layer.features.assign(name=HOSTILE, persistence=None))
    page = hotspot_page_pdf(hostile, ranked=ranked(hostile), orientation=Orientation(), sentence=HOSTILE)
    assert page.startswith(b"%PDF-")
    with pytest.raises(DataRefused, match="holds no hotspots to print"):
        hotspot_page_pdf(hostile_layer(), ranked=pd.DataFrame(), orientation=Orientation())


def words_on(monkeypatch: pytest.MonkeyPatch, printed: Callable[[], object]) -> list[str]:
    """The texts that are set on a page, in order."""
    said: list[str] = []
    monkeypatch.setattr(hotspot_page, "write", lambda *args, **_: said.append(str(args[3])))
    monkeypatch.setattr(paper, "write", lambda *args, **_: said.append(str(args[3])))
    printed()
    return said


def test_a_map_without_a_single_number_is_still_a_page() -> None:
    layer = hostile_layer()
    assert layer.cube is not None
    none = Layer(
        layer.meta,
        cube=layer.cube.assign(value=np.nan, lower=np.nan, upper=np.nan, status="no_data"),
        areas=layer.areas,
    )
    page = page_pdf(none, Classes((), (), (), 0), ranked=ranked(none), orientation=Orientation())
    assert page.startswith(b"%PDF-")


def test_single_events_are_not_printed(example_build: Build) -> None:
    from hotspots.views import named_layer

    layer = named_layer(example_build, "needle-finds", Viewer("analyst"))
    with pytest.raises(DataRefused, match="single events are not printed"):
        page_pdf(layer, Classes((), (), (), 0), ranked=pd.DataFrame(), orientation=Orientation())
