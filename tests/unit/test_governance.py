"""Agreements, markings, changed figures, the journal of exports, and purging a source."""

import json
import shutil
from datetime import date
from pathlib import Path

import pytest

from hotspots.errors import DataRefused, SettingsRefused, UsageError
from hotspots.export import export_layer
from hotspots.pipeline import build_area
from hotspots.settings import load_area
from hotspots.snapshot import Build, changed_figures, open_build, purge, record_export
from hotspots.snapshot.purge import _LAYERS
from hotspots.tables import STANDARD_TABLES
from hotspots.views import Selection, Viewer, choices, named_layer, view

ROOT = Path(__file__).resolve().parents[2]
AREA = (ROOT / "hotspots.toml").read_text(encoding="utf-8")


def area_in(folder: Path, *changes: tuple[str, str], only: str = "") -> Path:
    """The area file of the example with changes, in a folder; of its sources ``only`` one, where that is enough."""
    head, *sources = AREA.split("[[sources]]\n")
    kept = [source for source in sources if source.startswith(f'id = "{only}')]
    text = "[[sources]]\n".join([head, *kept]).replace('path = "geo/', f'path = "{ROOT.as_posix()}/geo/')
    for key in ("places", "gazetteer"):
        text = text.replace(f'{key} = "geo/', f'{key} = "{ROOT.as_posix()}/geo/')
    text = text.replace('series_breaks = "geo/', f'series_breaks = "{ROOT.as_posix()}/geo/')
    text = text.replace('path = "boundaries/', f'path = "{ROOT.as_posix()}/boundaries/')
    text = text.replace("[boundaries]", f'[boundaries]\nfolder = "{ROOT.as_posix()}/boundaries"')
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (folder / "hotspots.toml").write_text(text, encoding="utf-8")
    return folder / "hotspots.toml"


@pytest.fixture
def folder(example_build: Build, tmp_path: Path) -> Path:
    """A folder of builds of this test's own, with the example as it is published and nothing noted of it."""
    build, notes = tmp_path / "build", shutil.ignore_patterns("exports.jsonl", "changes")
    shutil.copytree(example_build.folder.parent, build, ignore=notes)
    return build


EXPIRED = ('id = "needle-finds"', 'id = "needle-finds"\nagreement = "ISA-7"\nagreement_expires = 2019-06-30')


def test_a_build_is_refused_the_day_after_an_agreement_ends_and_not_on_its_last_day(tmp_path: Path) -> None:
    area = area_in(tmp_path, EXPIRED, only="needle-finds")
    with pytest.raises(DataRefused, match=r"needle-finds \(agreement ISA-7, ended 2019-06-30\)"):
        build_area(area, tmp_path / "build", today=date(2019, 7, 1))
    assert not (tmp_path / "build").exists()
    built = build_area(area, tmp_path / "build", today=date(2019, 6, 30))
    assert built.manifest["sources"]["needle-finds"]["agreement"] == "ISA-7"


def test_a_marking_is_lowered_only_by_somebody_for_a_reason(tmp_path: Path) -> None:
    alone = area_in(tmp_path, ("[density]", '[marking]\nlowered_to = "OFFICIAL"\n\n[density]'))
    with pytest.raises(SettingsRefused, match=r"lowered_by \(a name\) and lowered_because \(a reason\)"):
        load_area(alone)
    sensitive = ('policy = "health"\nmarking = "OFFICIAL"', 'policy = "health"\nmarking = "OFFICIAL-SENSITIVE"')
    kept = build_area(area_in(tmp_path, sensitive, only="callouts"), tmp_path / "build")
    assert kept.manifest["marking"] == "OFFICIAL-SENSITIVE"
    named = '[marking]\nlowered_to = "OFFICIAL"\nlowered_by = "A. Name"\nlowered_because = "agreed"\n\n[density]'
    built = build_area(area_in(tmp_path, sensitive, ("[density]", named), only="callouts"), tmp_path / "build")
    assert built.manifest["marking"] == "OFFICIAL"
    assert built.meta("callouts-by-lsoa").marking == "OFFICIAL"
    assert built.settings.marking.lowered_by == "A. Name"


def test_figures_that_were_published_and_changed_are_listed_old_and_new(tmp_path: Path, folder: Path) -> None:
    first = open_build(folder)
    assert not (folder / "changes").exists()
    lines = (ROOT / "geo/sample/needle_finds.csv").read_text(encoding="utf-8").splitlines()
    (tmp_path / "finds.csv").write_text("\n".join([lines[0], *lines[2:]]) + "\n", encoding="utf-8")
    moved = (f'path = "{ROOT.as_posix()}/geo/sample/needle_finds.csv"', 'path = "finds.csv"')
    second = build_area(area_in(tmp_path, moved), folder)
    changed = changed_figures(first, second)
    ward = changed[(changed["layer"] == "needle-finds-by-ward") & (changed["measure"] == "instances")]
    assert set(ward["period"]) == {"2016/17", "2016/17 to 2018/19"}
    assert (ward["lower_old"] - ward["lower_new"] == 1).all()
    assert (folder / "changes" / f"{first.id}-{second.id}.csv").is_file()
    assert not set(changed["layer"]) & {"callouts-by-lsoa", "crimes-by-lsoa"}


def test_every_file_that_leaves_is_in_the_journal_and_no_number_is(tmp_path: Path, folder: Path) -> None:
    built = open_build(folder)
    layer = named_layer(built, "needle-finds-by-ward", Viewer("officer"))
    for _ in range(2):
        files = export_layer(layer, tmp_path / "finds.geojson", audience="partner")
        left = {path.name: path.read_bytes() for path in files}
        record_export(folder, build_id=built.id, meta=layer.meta, files=left, role="officer")
    entries = [json.loads(line) for line in (folder / "exports.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [entry["layer"] for entry in entries] == ["needle-finds-by-ward"] * 2
    assert entries[0]["audience"] == "partner"
    assert entries[0]["files"] == entries[1]["files"]
    assert set(entries[0]["files"]) == {"finds.geojson"}


def test_a_purged_source_is_gone_from_every_snapshot_table_surface_and_reject(tmp_path: Path, folder: Path) -> None:
    first = open_build(folder)
    build_area(area_in(tmp_path, ("bandwidth_m = 300", "bandwidth_m = 400")), folder)
    certificate = purge(folder, "needle-finds", by="A. Name", because="agreement ended")
    written = json.loads(certificate.read_text(encoding="utf-8"))
    assert written["by"] == "A. Name"
    assert len(written["removed"]) == 2
    assert "tables/needle_finds.parquet" in written["removed"][first.id]
    for snapshot in folder.glob("*/manifest.json"):
        text = snapshot.read_text(encoding="utf-8")
        assert "needle-hotspots" not in text
        assert "needle-finds-by-ward" not in text.replace('"source": "needle-finds"', "")
        left = {path.name for path in snapshot.parent.rglob("*") if path.is_file()}
        assert not [name for name in left if name.startswith("needle")]
    opened = open_build(folder)
    opened.verify()
    held = choices(opened, Viewer("analyst"))
    assert "instances" not in held.whats()
    assert view(opened, Selection("callouts", when="2018/19"), Viewer("analyst")).cube is not None
    assert set(opened.table("centre_counts")["measure"]) == {"crimes", "asb"}
    assert set(opened.table("hotspot_evaluation")["measure"]) == {"crimes", "asb"}


def test_a_purge_of_what_is_not_held_or_by_nobody_is_refused(folder: Path) -> None:
    with pytest.raises(UsageError, match="there are: callouts, crimes, incidents"):
        purge(folder, "no-such-source", by="A. Name", because="x")
    with pytest.raises(UsageError, match="needs a name"):
        purge(folder, "crimes", by=" ", because="x")


def test_a_purge_knows_every_kind_of_source() -> None:
    assert set(_LAYERS) == set(STANDARD_TABLES)
