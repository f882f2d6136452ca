"""A source that has to go: beside damaged builds, after a crash, and whatever a folder of builds holds."""

import errno
import json
import os
import shutil
from pathlib import Path

import pytest

from hotspots.errors import BuildError, UsageError
from hotspots.pipeline import build_area
from hotspots.snapshot import open_build, purge
from hotspots.snapshot import purge as package
from hotspots.snapshot.folder import snapshots

WHO = {"by": "A. Name", "because": "agreement ended"}


def damaged_builds(workshop) -> dict[str, Path]:
    """Four builds: the first is whole; of the others a table is cut, the manifest is gone, and half a file is other."""
    made = []
    for finds in (2, 3, 4, 5):
        workshop.supply(finds)
        made.append(build_area(workshop.area, workshop.builds))
    cut = made[1].folder / "tables" / "needle_finds.parquet"
    cut.write_bytes(cut.read_bytes()[:50])
    (made[2].folder / "manifest.json").unlink()
    other = made[3].folder / "layers" / "wards.parquet"
    other.write_bytes(other.read_bytes()[:-1] + b"?")
    return {"whole": made[0].folder, "cut": made[1].folder, "bare": made[2].folder, "published": made[3].folder}


def written(certificate: Path) -> dict:
    return json.loads(certificate.read_text())


def test_a_purge_beside_damaged_builds_names_each_and_removes_nothing(workshop) -> None:
    folders = damaged_builds(workshop)
    before = {path: path.stat().st_size for path in workshop.builds.rglob("*") if path.is_file()}
    with pytest.raises(BuildError, match=r"nothing was removed.*--remove-damaged") as refused:
        purge(workshop.builds, "needle-finds", **WHO)
    for name in ("cut", "bare", "published"):
        assert folders[name].name in str(refused.value)
    assert folders["whole"].name not in str(refused.value)
    assert {path: path.stat().st_size for path in workshop.builds.rglob("*") if path.is_file()} == before


def test_a_purge_that_gives_damaged_builds_up_leaves_no_row_and_says_what_went(workshop) -> None:
    folders = damaged_builds(workshop)
    told = written(purge(workshop.builds, "needle-finds", **WHO, remove_damaged=True))
    assert [path.name for path in snapshots(workshop.builds)] == [folders["whole"].name]
    assert set(told["removed"]) == {folders["whole"].name}
    gone = told["removed_damaged"]
    assert set(gone) == {folders[name].name for name in ("cut", "bare", "published")}
    assert gone[folders["cut"].name]["bytes"][f"{folders['cut'].name}/tables/needle_finds.parquet"] == 50
    assert "needle_finds.parquet" in gone[folders["cut"].name]["why"]
    assert [name for name, record in gone.items() if record["was_published"]] == [folders["published"].name]
    assert told["finished"] is True
    with pytest.raises(BuildError, match="there is no published build"):
        open_build(workshop.builds)
    build_area(workshop.area, workshop.builds)
    workshop.check(5, clean=True)


def test_a_purge_of_what_only_damaged_builds_may_hold_is_certified_too(workshop) -> None:
    build = build_area(workshop.area, workshop.builds)
    (build.folder / "manifest.json").write_text("{}")
    told = written(purge(workshop.builds, "needle-finds", **WHO, remove_damaged=True))
    assert (told["removed"], set(told["removed_damaged"])) == ({}, {build.id})
    assert snapshots(workshop.builds) == []


def test_a_damaged_file_of_another_source_is_never_sealed_again_as_whole(workshop) -> None:
    build = build_area(workshop.area, workshop.builds)
    target = build.folder / "layers" / "wards.parquet"
    target.write_bytes(target.read_bytes()[:-1] + b"?")
    with pytest.raises(BuildError, match=r"wards\.parquet"):
        purge(workshop.builds, "needle-finds", **WHO)
    with pytest.raises(BuildError, match=r"wards\.parquet"):
        open_build(workshop.builds).verify()


def test_a_purge_that_was_cut_short_is_finished_by_the_next_under_its_own_certificate(workshop, monkeypatch) -> None:
    builds = [build_area(workshop.area, workshop.builds)]
    workshop.supply(5)
    builds.append(build_area(workshop.area, workshop.builds))

    class Killed(BaseException):
        pass

    real, seen = package.__globals__["_without"], []

    def killed(build, source_id):
        if seen:
            raise Killed
        seen.append(build.id)
        real(build, source_id)

    with monkeypatch.context() as patched:
        patched.setitem(package.__globals__, "_without", killed)
        with pytest.raises(Killed):
            purge(workshop.builds, "needle-finds", **WHO)
    (begun,) = (workshop.builds / "purged").glob("*.json")
    assert written(begun)["finished"] is False
    assert purge(workshop.builds, "needle-finds", by="B. Name", because="again") == begun
    told = written(begun)
    assert (told["finished"], told["by"], set(told["removed"])) == (True, "A. Name", {build.id for build in builds})
    assert open_build(workshop.builds).table("needle_finds").empty
    with pytest.raises(UsageError, match="no build holds a source"):
        purge(workshop.builds, "needle-finds", **WHO)


def test_no_certificate_is_replaced_by_another_of_the_same_second(workshop, monkeypatch) -> None:
    from datetime import UTC, datetime

    moment = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)

    class Stopped(datetime):
        @classmethod
        def now(cls, tz=None):
            return moment

    monkeypatch.setitem(package.__globals__, "datetime", Stopped)
    made = []
    for finds in (2, 3):
        workshop.supply(finds)
        build_area(workshop.area, workshop.builds)
        made.append(purge(workshop.builds, "needle-finds", **WHO))
    assert [path.name for path in made] == [
        "needle-finds-20261025T013000Z.json",
        "needle-finds-20261025T013000Z-2.json",
    ]


def test_a_link_that_has_the_name_of_a_build_is_told_and_not_followed(workshop) -> None:
    build = build_area(workshop.area, workshop.builds)
    elsewhere = workshop.folder / "elsewhere"
    shutil.copytree(build.folder, elsewhere)
    (workshop.builds / "0123456789ab").symlink_to(elsewhere, target_is_directory=True)
    told = written(purge(workshop.builds, "needle-finds", **WHO))
    assert told["links_not_followed"] == ["0123456789ab"]
    assert (elsewhere / "tables" / "needle_finds.parquet").is_file()


def test_fault_124_a_file_blown_up_to_gigabytes_is_refused_and_not_read(workshop) -> None:
    import resource

    build = build_area(workshop.area, workshop.builds)
    workshop.environment()
    names = ("layers/wards.parquet", "settings.json", "tables/needle_finds.parquet")
    for name in (*names, "manifest.json"):
        kept = (build.folder / name).read_bytes()
        os.truncate(build.folder / name, 8 * 2**30)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        with pytest.raises(BuildError, match="run `hotspots build` again"):
            open_build(workshop.builds).verify()
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 * 1024  # kilobytes
        (build.folder / name).write_bytes(kept)
    for name in ("published.jsonl", "exports.jsonl", "CURRENT"):
        (workshop.builds / name).touch()
        os.truncate(workshop.builds / name, 2**30)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert build_area(workshop.area, workshop.builds).id == build.id
    assert written(purge(workshop.builds, "needle-finds", **WHO))["left_before"] == [{"damaged_line": 1}]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 * 1024


def test_a_purge_that_runs_out_of_disk_leaves_the_snapshots_as_they_were_and_nothing_beside_them(
    workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_area(workshop.area, workshop.builds)
    before = {path: path.read_bytes() for path in workshop.builds.rglob("*.parquet")}

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    for step in ("_cut_shared_tables", "seal", "sync_tree"):
        with monkeypatch.context() as patched:
            patched.setitem(package.__globals__, step, full)
            with pytest.raises(BuildError, match=r"No space left.*stays as it was"):
                purge(workshop.builds, "needle-finds", **WHO)
        assert not list(workshop.builds.glob(".staging-*")), step
        assert {path: path.read_bytes() for path in workshop.builds.rglob("*.parquet")} == before
    assert written(purge(workshop.builds, "needle-finds", **WHO))["finished"] is True
