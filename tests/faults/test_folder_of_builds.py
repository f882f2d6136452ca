"""A folder of builds in which something else has one of our names: one clear error, and no cleaning by hand."""

import json
import os
import shutil
import sys
from pathlib import Path

import pytest

from hotspots.errors import BuildError, UsageError
from hotspots.pipeline import build_area
from hotspots.snapshot import open_build, purge
from hotspots.snapshot.journal import record_export
from hotspots.snapshot.sealed import _seal_of, as_json

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links and pipes are of POSIX")

KINDS = ("folder", "full folder", "link", "dangling link", "link to itself", "pipe")


def put(path: Path, kind: str, *, outside: Path) -> None:
    """Put something that is no file of ours in the place of a file or a folder."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    outside.mkdir(exist_ok=True)
    (outside / "kept.txt").write_text("kept")
    if "folder" in kind:
        path.mkdir()
        if kind == "full folder":
            (path / "mine.txt").write_text("mine")
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        targets = {"link": outside / "kept.txt", "dangling link": outside / "none", "link to itself": path}
        path.symlink_to(targets[kind])


@pytest.mark.parametrize("kind", KINDS)
def test_fault_121_124_what_is_no_file_of_ours_gives_way_and_nothing_outside_is_touched(workshop, kind) -> None:
    first = build_area(workshop.area, workshop.builds)
    outside = workshop.folder / "precious"
    for name in ("CURRENT", ".lock", ".lock-holder.json", "published.jsonl", first.id):
        put(workshop.builds / name, kind, outside=outside)
    assert build_area(workshop.area, workshop.builds).id == first.id
    workshop.check(2, clean=True)
    assert {path.name: path.read_text() for path in outside.iterdir()} == {"kept.txt": "kept"}
    kept = [path.read_text() for path in workshop.builds.glob("*-set-aside-*/mine.txt")]
    assert kept == (["mine"] * 4 if kind == "full folder" else [])


def test_fault_124_a_snapshot_that_is_a_link_is_never_read_nor_purged(workshop) -> None:
    first = build_area(workshop.area, workshop.builds)
    elsewhere = workshop.folder / "elsewhere"
    first.folder.replace(elsewhere)
    first.folder.symlink_to(elsewhere, target_is_directory=True)
    (workshop.builds / "0123456789ab").symlink_to(elsewhere, target_is_directory=True)
    before = {path.name for path in elsewhere.rglob("*")}
    with pytest.raises(BuildError, match="is a link"):
        open_build(workshop.builds)
    build_area(workshop.area, workshop.builds)
    purge(workshop.builds, "needle-finds", by="A. Name", because="agreement ended")
    assert {path.name for path in elsewhere.rglob("*")} == before


@pytest.mark.parametrize("kind", ["pipe", "folder", "link"])
def test_fault_124_a_manifest_that_is_no_file_is_refused_without_waiting(workshop, kind) -> None:
    first = build_area(workshop.area, workshop.builds)
    put(first.folder / "manifest.json", kind, outside=workshop.folder / "precious")
    with pytest.raises(BuildError, match="run `hotspots build` again"):
        open_build(workshop.builds)
    assert build_area(workshop.area, workshop.builds).id == first.id
    workshop.check(2, clean=True)


def test_fault_124_what_a_snapshot_never_holds_is_left_behind_by_a_purge(workshop) -> None:
    first = build_area(workshop.area, workshop.builds)
    outside = workshop.folder / "precious"
    put(first.folder / "layers" / "pipe", "pipe", outside=outside)
    (first.folder / "layers" / "link").symlink_to(outside, target_is_directory=True)
    purge(workshop.builds, "needle-finds", by="A. Name", because="agreement ended")
    opened = open_build(workshop.builds)
    opened.verify()
    assert not [name for name in opened.manifest["files"] if "pipe" in name or "kept" in name]


MANIFESTS = {
    "files": (None, 5, [1], {"a": 1}, {"../../precious/kept.txt": "0"}, {"a\0b": "0"}, {"a" * 5000: "0"}, {"/etc": ""}),
    "sources": (None, 5, "x", [1], {"a": 1}, {"a": {}}), "layers": (None, 5, "x", [1], {"a": 1}),
    "cubes": (None, "x", {"a": {}}), "surfaces": (None, 5, [1], [{}], {"a": 1}), "order": (None, 5, [1], ["a"], [[]]),
    "build": (None, 5, [1]),
}  # fmt: skip


def test_fault_124_a_manifest_sealed_again_with_other_shapes_is_one_clear_error(workshop) -> None:
    first = build_area(workshop.area, workshop.builds)
    target = first.folder / "manifest.json"
    whole = json.loads(target.read_text())
    for key, values in MANIFESTS.items():
        without = {name: value for name, value in whole.items() if name != key}
        for manifest in (without, *({**without, key: value} for value in values)):
            target.write_text(as_json({**manifest, "seal": ""} | {"seal": _seal_of(manifest | {"seal": ""})}))
            with pytest.raises(BuildError, match="run `hotspots build` again"):
                open_build(workshop.builds)
    assert build_area(workshop.area, workshop.builds).id == first.id
    workshop.check(2, clean=True)


def test_fault_121_a_log_of_publications_of_anything_else_is_passed_over(workshop) -> None:
    first = build_area(workshop.area, workshop.builds)
    lines = ['{"build": ["a"]}', '{"build": {}}', '{"build": "a\\u0000b"}', '{"build": "../.."}', "[" * 100_000]
    (workshop.builds / "published.jsonl").write_text("\n".join([*lines, '{"build": "' + "a" * 5000 + '"}', "5"]))
    assert build_area(workshop.area, workshop.builds).id == first.id
    workshop.check(2, clean=True)


@pytest.mark.parametrize("kind", ["pipe", "folder"])
def test_fault_119_an_export_that_cannot_be_noted_is_refused_without_waiting(workshop, kind) -> None:
    build = build_area(workshop.area, workshop.builds)
    put(workshop.builds / "exports.jsonl", kind, outside=workshop.folder / "precious")
    with pytest.raises(BuildError, match=r"could not be noted in build/exports\.jsonl"):
        record_export(workshop.builds, build_id=build.id, meta=build.meta("wards"), files={}, role="viewer")


def test_fault_124_a_purge_passes_over_no_list_or_line_that_cannot_be_read(workshop) -> None:
    build_area(workshop.area, workshop.builds)
    (workshop.builds / "changes").mkdir()
    for name, content in (("a", b"\xff\0"), ("b", b""), ("c", b"x,y\n1,2\n"), ("d", b"layer,x\nwards,1\n")):
        (workshop.builds / "changes" / f"{name}.csv").write_bytes(content)
    (workshop.builds / "exports.jsonl").write_text("[" * 100_000 + '\n{"layer": ["x"]}\n{}\n')
    shutil.copytree(open_build(workshop.builds).folder, workshop.builds / ".staging-purge-evil")
    certificate = purge(workshop.builds, "needle-finds", by="A. Name", because="agreement ended")
    written = json.loads(certificate.read_text())
    assert written["changed_lists"] == ["a.csv", "b.csv", "c.csv"]
    assert written["left_before"] == [{"damaged_line": 1}, {"damaged_line": 2}, {"damaged_line": 3}]
    assert [path.name for path in (workshop.builds / "changes").iterdir()] == ["d.csv"]
    assert not (workshop.builds / "evil").exists()


def test_fault_124_a_purge_that_could_write_no_certificate_removes_nothing(workshop) -> None:
    build_area(workshop.area, workshop.builds)
    (workshop.builds / "purged").write_text("mine")
    with pytest.raises(BuildError, match="File exists"):
        purge(workshop.builds, "needle-finds", by="A. Name", because="agreement ended")
    workshop.check(2, clean=True)
    assert (workshop.builds / "purged").read_text() == "mine"


@pytest.mark.parametrize("kind", ["pipe", "dangling link", "link to itself", "link"])
def test_fault_131_a_folder_of_builds_that_is_none_is_told_before_anything_is_read(workshop, kind, monkeypatch) -> None:
    monkeypatch.setattr("hotspots.pipeline.build.check_area", None)  # reading would fail
    put(workshop.builds, kind, outside=workshop.folder / "precious")
    with pytest.raises(BuildError, match="build is there and is no folder"):
        build_area(workshop.area, workshop.builds)
    assert os.path.lexists(workshop.builds)
    assert not (workshop.folder / "precious" / "none").exists()


@pytest.mark.parametrize("place", ["boundaries", "boundaries/new", "boundaries/ward-2025/new", "."])
def test_fault_131_builds_are_kept_neither_among_boundaries_nor_in_the_area_folder(
    workshop, place, monkeypatch
) -> None:
    monkeypatch.setattr("hotspots.pipeline.build.check_area", None)
    (workshop.area.parent / "boundaries" / "ward-2025").mkdir(parents=True)
    before = sorted(workshop.area.parent.rglob("*"))
    with pytest.raises(UsageError, match=r"no folder of builds|among the boundaries"):
        build_area(workshop.area, workshop.area.parent / place)
    assert sorted(workshop.area.parent.rglob("*")) == before


def test_fault_131_a_folder_of_builds_behind_a_link_is_used_as_it_is(workshop) -> None:
    (workshop.folder / "elsewhere").mkdir()
    workshop.builds.symlink_to("elsewhere", target_is_directory=True)
    build_area(workshop.area, workshop.builds)
    workshop.check(2, clean=True)
    assert workshop.builds.is_symlink()
