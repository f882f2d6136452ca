"""Commands that write, under faults, each time in a forked child: ``commands.py WORLD every|some COMMAND``.

Everything is imported once. Each command is run to its end, to know what it makes; then it is ended at steps that
change a file, told to end by signals, and given a full disk. A line of JSON for each run says what became of every file
that it writes: old, new, or neither.
"""

import importlib
import json
import os
import random
import resource
import shutil
import signal
import sqlite3
import stat
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from attack import CRASHED, steps

# What commands import when they need it: here once for all children.
IMPORTED = (
    *("hotspots.cli", "hotspots.pack", "hotspots.pipeline", "hotspots.pipeline.command", "hotspots.pipeline.assessing"),
    *(
        "hotspots.pipeline.converting",
        "hotspots.pipeline.sniffing",
        "hotspots.pipeline.premises",
        "hotspots.area_folder",
    ),
    *(
        "hotspots.views",
        "hotspots.export",
        "hotspots.fetch",
        "hotspots.disclosure.audit",
        "scipy.optimize",
    ),
    *("matplotlib.pyplot", "hotspots.analysis.density.exact", "hotspots.snapshot"),
    *("pyarrow.dataset", "pyarrow.parquet", "rich.status"),
)
SIGNALS = ("SIGTERM", "SIGHUP", "SIGINT")
SIZES = (0, 100, 3000)


@dataclass(frozen=True)
class Command:
    """What is typed, and the files and folders that it writes: each of them is old or new as a whole."""

    line: str
    writes: tuple[str, ...]


COMMANDS = {
    "build": Command("build --area fuller.toml", ("build/CURRENT",)),
    "check": Command("check --area fuller.toml --rejects out/rejects", ("out/rejects/needle-finds.csv",)),
    "csv": Command("export wards --audience public --to out/w.csv", ("out/w.csv", "out/w.csv-metadata.json")),
    "geojson": Command("export wards --audience public --to out/w.geojson", ("out/w.geojson",)),
    "gpkg": Command("export needle-finds-by-ward --audience public --to out/n.gpkg", ("out/n.gpkg",)),
    "tif": Command("export needle-density --audience restricted --to out/d.tif", ("out/d.tif", "out/d.qml")),
    "pack": Command("pack --audience public --to out/pack", ("out/pack",)),
    "freeze": Command("freeze --as-of 2018-08-31", ("reported.csv",)),
    "purge": Command("purge needle-finds --by A.Name --because agreement --build purged", ("purged/CURRENT",)),
    "init": Command(
        "init out/new --lad E07000008 --name Cambridge --lsoas lsoas.geojson --whole --lsoa-vintage 2021", ("out/new",)
    ),
    "add": Command("boundaries add wards.geojson --kind ward --vintage 2025 --replace", ("boundaries/ward-2025",)),
    "convert": Command(
        "boundaries convert counts.csv --from 2011 --into common --lookup lookup.csv --to out/c.csv", ("out/c.csv",)
    ),
    "crimes": Command(
        "crimes add download --to police", ("police/2018-05-dyfed-street.csv", "police/2018-06-dyfed-street.csv")
    ),
    "assessment": Command(
        "assessment crimes.csv --to out/a.csv --smallest-base 3", ("out/a.csv", "out/a.csv-metadata.json")
    ),
    "density": Command("density points.csv --to out/p.tif --cell-m 100 --bandwidth-m 300", ("out/p.tif", "out/p.qml")),
    "sniff": Command(
        "sources sniff more.csv --kind needle_finds --id more --area sniffed.toml --confirm --write "
        "--set date_format=%d/%m/%Y --set covers_from=2018-04-01 --set covers_to=2019-03-31 "
        "--set absent=zero --set policy=controlled",
        ("sniffed.toml",),
    ),
}


@dataclass
class World:
    """A folder in which all commands can be run, as it was before any of them."""

    folder: Path
    kept: Path

    def reset(self) -> None:
        for path in self.folder.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        shutil.copytree(self.kept, self.folder, dirs_exist_ok=True)

    def run(self, command: Command, fault: Callable[[], None], *, kill_after_s: float = 0) -> tuple[int, str]:
        """The command in a child of this process, under a fault: its exit code, and what it said."""
        heard, said = os.pipe()
        child = os.fork()
        if child == 0:
            os.chdir(self.folder)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            os.dup2(said, 2)
            opened_anew()
            words, _, last = command.line.partition("\0")
            sys.argv = ["hotspots", *words.split(), *([last] if last else [])]
            from hotspots.cli import main

            try:
                fault()
                main()
            except SystemExit as ended:
                sys.stdout.flush()
                os._exit(ended.code if isinstance(ended.code, int) else 0)
            except BaseException as error:  # noqa: BLE001 (whatever it is, it is told)
                os.write(2, f"Traceback {error!r}".encode())
                os._exit(99)
            os._exit(0)
        os.close(said)
        if kill_after_s:
            time.sleep(kill_after_s)
            os.kill(child, signal.SIGKILL)
        with os.fdopen(heard, errors="replace") as stream:
            words = stream.read()
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), words

    def written(self, command: Command) -> dict[str, Any]:
        """What is at each place that the command writes to."""
        return {name: content(self.folder / name) for name in command.writes}

    def left(self) -> list[str]:
        """Names of what is half-written, anywhere."""
        hidden = (path for path in self.folder.rglob(".*") if path.name != ".lock")
        return sorted(path.relative_to(self.folder).as_posix() for path in hidden)


def content(path: Path) -> Any:
    """What can be told of a file or a folder: its bytes, by hash; of what carries a time, that it is whole."""
    if path.is_dir():
        return {one.relative_to(path).as_posix(): content(one) for one in sorted(path.rglob("*")) if one.is_file()}
    if not path.is_file():
        return None
    if path.read_bytes()[:6] == b"SQLite":
        held = sqlite3.connect(path)
        rows = (
            held.execute("select table_name from gpkg_contents").fetchall(),
            held.execute("pragma quick_check").fetchall(),
        )
        held.close()
        return rows
    if path.name == "manifest.json" and path.parent.name == "pack":
        return sorted(json.loads(path.read_text())["files"])
    return sha256(path.read_bytes()).hexdigest()


def nothing() -> None:
    """No fault."""


def ended_at(world: World, wanted: int, act: Callable[[], None]) -> Callable[[], None]:
    """A fault that acts at the step of that number."""
    return lambda: steps(str(world.folder), lambda number, _: act() if number == wanted else None)


def kinds_of_steps(world: World, command: Command) -> str:
    """The steps of a run that change a file in the world, a letter each: o(pen), m(kdir), r(ename, remove, rmdir)."""
    told = world.folder.parent / "steps"

    def count() -> None:
        handle = os.open(told, os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
        steps(str(world.folder), lambda _, event: os.write(handle, event.removeprefix("os.")[:1].encode()) and None)

    world.run(command, count)
    return told.read_text()


def faults_of(world: World, kinds: str, *, every: bool) -> Iterator[tuple[str, Callable[[], None]]]:
    """
    Ended at steps, told to end by signals while something is being written, and a full disk.

    Without ``every``: at the first, the middle and the last step, by one signal, and with one size.
    """
    many = len(kinds)
    writing = [at for at, kind in enumerate(kinds, start=1) if kind in "om"] or [1]
    turn = many % len(SIGNALS)
    for at in range(1, many + 1) if every else sorted({1, many // 2 + 1, many}):
        yield f"ended at {at}", ended_at(world, at, lambda: os._exit(CRASHED))
    for one in SIGNALS if every else SIGNALS[turn : turn + 1]:
        at = writing[len(writing) // 2]
        yield f"{one} at {at}", ended_at(world, at, told_to_end(one))
    for size in SIZES if every else SIZES[turn : turn + 1]:
        yield f"full at {size}", full(size)


def under_faults(world: World, name: str, *, every: bool) -> Iterator[dict[str, Any]]:
    """One command under its faults, in the folder as each of them leaves it, and a last time without any."""
    command = COMMANDS[name]
    world.reset()
    old = world.written(command)
    kinds = kinds_of_steps(world, command)
    new = world.written(command)
    world.reset()
    for fault, make in (*faults_of(world, kinds, every=every), ("none", lambda: None)):
        if not fault.startswith(("ended", "none")):
            world.reset()  # the steps are then those that were counted
        code, said = world.run(command, make)
        now = world.written(command)
        what = {key: "old" if now[key] == old[key] else "new" if now[key] == new[key] else "neither" for key in now}
        yield {"command": name, "fault": fault, "code": code, "said": said, "what": what, "left": world.left()}
        if "old" not in what.values():
            world.reset()


def told_to_end(name: str) -> Callable[[], None]:
    """Send this process a signal."""
    return lambda: os.kill(os.getpid(), getattr(signal, name))


def full(size: int) -> Callable[[], None]:
    """A disk that holds no file larger than so many bytes."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def killed(world: World, name: str, times: str, seed: str) -> Iterator[dict[str, Any]]:
    """One command killed at random moments in the folder as it was left, and a last time not."""
    command, chance = COMMANDS[name], random.Random(seed)
    world.reset()
    old = world.written(command)
    started = time.perf_counter()
    world.run(command, lambda: None)
    whole, new = time.perf_counter() - started, world.written(command)
    world.reset()
    for left in range(int(times), -1, -1):
        code, said = world.run(command, lambda: None, kill_after_s=chance.random() * whole * 1.5 if left else 0)
        now = world.written(command)
        what = {key: "old" if now[key] == old[key] else "new" if now[key] == new[key] else "neither" for key in now}
        yield {"command": name, "code": code, "said": said, "what": what, "left": world.left() if not left else []}
        if "old" not in what.values():
            world.reset()


def opened_anew() -> None:
    """What is printed goes where the streams lead now."""
    sys.stdout, sys.stderr = (os.fdopen(stream, "w", closefd=False) for stream in (1, 2))


def on(number: int, path: str) -> Callable[[], None]:
    """Have a stream of the process lead to a file."""

    def lead() -> None:
        os.dup2(os.open(path, os.O_WRONLY), number)
        opened_anew()

    return lead


def without_streams() -> None:
    """No stream at all, as some services start a process."""
    os.closerange(0, 3)
    sys.stdin = sys.stdout = sys.stderr = None


def read_by_nobody() -> None:
    """``| head -0``."""
    here, there = os.pipe()
    os.close(here)
    os.dup2(there, 1)
    opened_anew()


def without_a_folder() -> None:
    """The working folder is removed by somebody."""
    Path("gone").mkdir()
    os.chdir("gone")
    Path("../gone").rmdir()


def told_to_end_and_not_to_listen() -> None:
    """``nohup``: the terminal is closed while something is being written."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    steps(str(Path.cwd()), lambda number, _: os.kill(os.getpid(), signal.SIGHUP) if number == 3 else None)


SURROUNDINGS: dict[str, Callable[[], None]] = {
    "without streams": without_streams,
    "read by nobody": read_by_nobody,
    "full output": on(1, "/dev/full"),
    "full errors": on(2, "/dev/full"),
    "letters of 1963": lambda: sys.stdout.reconfigure(encoding="ascii"),  # type: ignore[union-attr]
    "without a folder": without_a_folder,
    "nohup": told_to_end_and_not_to_listen,
    "umask 000": lambda: os.umask(0) and None,
    "umask 077": lambda: os.umask(0o77) and None,
    "thin": lambda: os.environ.update(COLUMNS="1", TZ=":nowhere", LANG="tr_TR", LC_ALL="xx", TMPDIR="/nowhere"),
}


def in_surroundings(world: World) -> Iterator[dict[str, Any]]:
    """One export in each of them."""
    command = Command("export wards --audience public --to out/é😀.csv", ("out/é😀.csv",))
    for name, make in SURROUNDINGS.items():
        world.reset()
        code, said = world.run(command, make)
        target = world.folder / command.writes[0]
        mode = oct(target.stat().st_mode & 0o777) if target.exists() else ""
        yield {"around": name, "code": code, "said": said, "mode": mode, "left": world.left(), **world.written(command)}


def at_targets(world: World, *targets: str) -> Iterator[dict[str, Any]]:
    """One export to each of the names, among things that are no files."""
    world.reset()
    out = world.folder / "out"
    os.mkfifo(out / "pipe.csv")
    for name, target in (("null.csv", "/dev/null"), ("full.csv", "/dev/full"), ("link.csv", "w.csv")):
        (out / name).symlink_to(target)
    for name, target in (("dangling.csv", "made.csv"), ("loop.csv", "loop.csv"), ("folder.csv", ".")):
        (out / name).symlink_to(target)
    (out / "build").symlink_to("../build")
    for target in targets:
        # As a shell would hand it over: a name may hold blanks, line ends, and what is no letter.
        line = f"export wards --audience public --to \0{target}"
        code, said = world.run(Command(line, ()), lambda: None)
        kinds = {path.name: stat.S_IFMT(path.lstat().st_mode) for path in out.iterdir() if path.suffix == ".csv"}
        odd = sorted(name for name, kind in kinds.items() if kind != stat.S_IFREG)
        yield {"to": target, "code": code, "said": said, "odd": odd, "left": world.left(), "there": sorted(kinds)}


def main(kept: str, chosen: str, *names: str) -> None:
    """Run the faults of the commands named, an export in odd surroundings, or to odd targets."""
    for module in IMPORTED:
        importlib.import_module(module)
    folder = Path(kept).with_name("world")
    folder.mkdir()
    world = World(folder, Path(kept))
    runs = {"around": in_surroundings, "targets": at_targets, "kills": killed}.get(chosen)
    faults = (line for name in names for line in under_faults(world, name, every=chosen == "every"))
    for line in runs(world, *names) if runs is not None else faults:
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
