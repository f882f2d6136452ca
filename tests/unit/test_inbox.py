"""What is handed in: read apart, all or nothing, the old kept, every file noted; who may, and what may not be there."""

import json
import shutil
import threading
from pathlib import Path

import pytest

from hotspots.boundaries import load_reference
from hotspots.errors import DataRefused, DisclosureRefused, HotspotsError, UsageError
from hotspots.inbox import add_intervention, receive, uploads
from hotspots.settings import load_area
from hotspots.sources import read_source

ROOT = Path(__file__).resolve().parents[2]
WORK = {
    "what": "Lighting in the Kite", "place": "ward:E05002709", "comparison": "ward:E05002711", "start": "2019-05-01",
    "end": "", "owner": "Street scene team", "measure": "instances", "target": "a fifth fewer", "review_date": "",
}  # fmt: skip


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An area folder with the example's boundaries, premises and register, and nothing else."""
    folder = tmp_path_factory.mktemp("area")
    shutil.copytree(ROOT / "boundaries", folder / "boundaries")
    (folder / "geo/sample").mkdir(parents=True)
    for name in ("interventions.csv", "premises.csv", "needle_finds.csv"):
        shutil.copy(ROOT / "geo/sample" / name, folder / "geo/sample" / name)
    text = (ROOT / "hotspots.toml").read_text(encoding="utf-8").replace("map]\n", "map]\nclasses = 5\n")
    (folder / "hotspots.toml").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def area(shipped: Path, tmp_path: Path) -> Path:
    shutil.copytree(shipped, tmp_path / "area")
    return tmp_path / "area/hotspots.toml"


def register(area: Path) -> list[str]:
    return (area.parent / "geo/sample/interventions.csv").read_text(encoding="utf-8").splitlines()


def test_a_row_is_added_the_old_register_kept_and_the_upload_noted(area: Path) -> None:
    before = register(area)
    received = add_intervention(area, WORK, role="group")
    assert received.identifier == "IV005"
    assert received.sentence == "5 rows = 5 accepted + 0 rejected"
    assert register(area)[:-1] == before
    assert register(area)[-1].startswith("IV005,Lighting in the Kite,ward:E05002709,ward:E05002711,2019-05-01,,")
    kept = area.parent / "inbox/kept" / received.kept
    assert kept.read_text(encoding="utf-8").splitlines() == before
    (noted,) = uploads(area.parent / "inbox")
    assert (noted["outcome"], noted["source"], noted["role"]) == ("accepted", "interventions", "group")
    assert "Lighting" not in json.dumps(noted)
    loaded = load_area(area)
    source = loaded.source("interventions")
    premises = read_source(loaded.source("premises"), folder=loaded.folder, reference=load_reference(loaded))
    reading = read_source(source, folder=loaded.folder, reference=load_reference(loaded), premises=premises)
    assert "IV005" in reading.table["intervention_id"].tolist()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"end": "2019-04-01"}, "end before the start"),
        ({"place": "premises:PR999"}, "unknown-premises"),
        ({"place": "polygon:POLYGON ((0 0, 1 1))"}, "well-known text"),
        ({"start": ""}, "missing-cell"),
        ({"what": "=HYPERLINK(1)"}, "begins as a formula"),
        ({"owner": "x" * 20_001}, "fewer words"),
        ({"intervention_id": "IV001"}, "given more than once"),
    ],
)
def test_a_row_that_is_not_right_changes_nothing_and_says_which_cell(area: Path, change, message) -> None:  # type: ignore[no-untyped-def]
    before = register(area)
    with pytest.raises(DataRefused, match=message):
        add_intervention(area, WORK | change, role="analyst")
    assert register(area) == before
    left = [path.name for path in (area.parent / "inbox").iterdir()]
    assert not [name for name in left if name.startswith(".staging")]


def test_work_is_registered_by_those_who_may_and_at_premises_by_licensing_and_analysts(area: Path) -> None:
    for role in ("public", "officer"):
        with pytest.raises(DisclosureRefused, match="working group, licensing and analysts"):
            add_intervention(area, WORK, role=role)  # type: ignore[arg-type]
    with pytest.raises(DisclosureRefused, match="by licensing and analysts"):
        add_intervention(area, WORK | {"place": "premises:PR001", "measure": "incidents"}, role="group")
    with pytest.raises(DisclosureRefused, match="handed in by analysts"):
        receive(area, "needle-finds", b"", name="needle_finds.csv", role="licensing")
    with pytest.raises(UsageError, match="no column cause"):
        add_intervention(area, WORK | {"cause": "x"}, role="analyst")
    assert not (area.parent / "inbox/uploads.jsonl").exists()


def test_a_source_file_is_replaced_only_by_one_that_its_reader_takes(area: Path) -> None:
    path = area.parent / "geo/sample/needle_finds.csv"
    whole = path.read_bytes()
    shorter = b"\n".join(whole.splitlines()[:50]) + b"\n"
    with pytest.raises(DataRefused, match="no heading"):
        receive(area, "needle-finds", b"a,b\n1,2\n", name="needle_finds.csv", role="analyst")
    with pytest.raises(DataRefused, match=r"is called 'needle_finds\.csv', got '\.\./premises\.csv'"):
        receive(area, "needle-finds", whole, name="../premises.csv", role="analyst")
    with pytest.raises(UsageError, match="there is no source 'needles'"):
        receive(area, "needles", whole, name="needle_finds.csv", role="analyst")
    assert path.read_bytes() == whole
    received = receive(area, "needle-finds", shorter, name="needle_finds.csv", role="analyst")
    assert path.read_bytes() == shorter
    assert (area.parent / "inbox/kept" / received.kept).read_bytes() == whole
    assert [entry["outcome"] for entry in uploads(area.parent / "inbox")] == ["refused", "accepted"]


def test_a_reader_that_is_brought_down_takes_nothing_in(area: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from hotspots.inbox import receiving

    monkeypatch.setattr(receiving.sys, "executable", shutil.which("false") or "/bin/false")
    before = register(area)
    with pytest.raises(DataRefused, match="brought its reader down"):
        add_intervention(area, WORK, role="analyst")
    assert register(area) == before


def test_two_who_add_at_once_both_find_their_row(area: Path) -> None:
    errors: list[HotspotsError] = []

    def add(what: str) -> None:
        try:
            add_intervention(area, WORK | {"what": what}, role="analyst")
        except HotspotsError as error:  # pragma: no cover
            errors.append(error)

    threads = [threading.Thread(target=add, args=(f"Work {number}",)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert sorted(line.split(",")[1] for line in register(area)[-2:]) == ["Work 0", "Work 1"]
    assert sorted(line.split(",")[0] for line in register(area)[-2:]) == ["IV005", "IV006"]
