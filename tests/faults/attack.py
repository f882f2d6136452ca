"""Builds under a fault, each in a forked child: ``attack.py AREA BUILDS FAULT ...``; one JSON line for each build.

Everything is imported and read once, then a child publishes under the fault. A child that ends by a signal or in the
middle of a step stands for a crash; what it leaves in the folder of builds is looked at by the test.
"""

import contextlib
import json
import os
import pickle
import random
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

# Steps that change a folder, as Python's audit events name them.
CHANGES = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.truncate"}
CRASHED = 86


def steps(folder: str, act: Callable[[int, str], None]) -> None:
    """Call ``act`` with the number and the kind of every step that changes something in a folder."""
    count = 0

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal count
        writes = event in CHANGES or (event == "open" and set(arguments[1] or "") & set("wxa+"))
        if writes and str(arguments[0]).startswith(folder):
            count += 1
            act(count, event)

    sys.addaudithook(hook)


def forked(work: Callable[[], None]) -> tuple[int, Callable[[], int]]:
    """Start a child that does the work; its process id, and a function that waits for its exit code."""
    child = os.fork()
    if child == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os._exit(outcome(work))
    return child, lambda: os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def outcome(work: Callable[[], None]) -> int:
    """0 published, 1 one of our own errors, 3 any other: that is a fault of ours."""
    from hotspots.errors import HotspotsError

    try:
        work()
    except HotspotsError as error:
        print(error, file=sys.stderr)
        return 1
    except BaseException as error:  # noqa: BLE001 (whatever it is, it is counted)
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 3
    return 0


def publication(area: str, builds: str) -> Callable[[], None]:
    """The last step of a build, with everything that it publishes already made."""
    from hotspots.pipeline import build as pipeline

    kept: dict[str, Any] = {}
    real = pipeline.publish
    pipeline.publish = lambda content, **named: kept.update(content=content, **named)  # type: ignore[assignment]
    pipeline.build_area(area, builds)
    pipeline.publish = real
    return lambda: real(kept["content"], folder=kept["folder"], identity=kept["identity"]) and None


class Warm(Exception):
    """Everything is loaded."""


def warm(area: str) -> None:
    """
    Load what a first build loads, for every child: each is then ended at its own work.

    The inputs are read by a child, and nothing is audited: what converts coordinates, and the solver, keep threads.
    """
    from hotspots.pipeline import build as pipeline
    from hotspots.settings import load_area

    def stop(*_: Any, **__: Any) -> None:
        raise Warm

    real = pipeline.check_area, pipeline.add_masks
    inputs = asked(lambda: real[0](load_area(area)))
    pipeline.check_area, pipeline.add_masks = lambda *_, **__: inputs, stop  # type: ignore[assignment]
    with contextlib.suppress(Warm):
        pipeline.build_area(area, os.devnull + "/nowhere")
    pipeline.check_area, pipeline.add_masks = real  # type: ignore[assignment]


def crash_at_every_step(area: str, builds: str, kind: str) -> Iterator[dict[str, Any]]:
    """Publish from the same beginning, ended at the first step, then at the second, until one gets through."""
    publish = publication(area, builds)

    def act(wanted: int) -> Callable[[int, str], None]:
        def at(number: int, event: str) -> None:
            if number >= wanted and kind == "full":
                raise OSError(28, "No space left on device")
            if number == wanted:
                os._exit(CRASHED)

        return at

    with tempfile.TemporaryDirectory() as kept:
        shutil.copytree(builds, f"{kept}/before")
        for wanted in range(1, 500):
            shutil.rmtree(builds)
            shutil.copytree(f"{kept}/before", builds)

            def work(wanted: int = wanted) -> None:
                steps(builds, act(wanted))
                publish()

            code = forked(work)[1]()
            yield {"step": wanted, "code": code, **state(builds)}
            if code == 0:
                return


def state(builds: str) -> dict[str, Any]:
    """What a reader finds now: the number of finds in the published build, every byte of it checked."""
    answered: dict[str, Any] = asked(lambda: found(builds))
    return answered


def found(builds: str) -> dict[str, Any]:
    """The same, in this process."""
    from hotspots.snapshot import open_build

    opened = open_build(builds)
    opened.verify()
    return {"finds": len(opened.table("needle_finds")), "id": opened.id}


def asked(question: Callable[[], Any]) -> Any:
    """The answer of a child, so that this process never has the threads that make forking unsafe."""
    here, there = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(here)
        with os.fdopen(there, "wb") as out:
            code = outcome(lambda: out.write(pickle.dumps(question())) and None)
        os._exit(code)
    os.close(there)
    with os.fdopen(here, "rb") as answer:
        content = answer.read()
    os.waitpid(child, 0)
    return pickle.loads(content)


def signals(area: str, builds: str, name: str, times: str, seed: str) -> Iterator[dict[str, Any]]:
    """Whole builds, each sent a signal at a random moment; the supplier's file is another each time."""
    from hotspots.pipeline import build_area

    chance, file = random.Random(seed), Path(area).with_name("finds.csv")
    text = file.read_text()
    warm(area)
    started = time.perf_counter()
    forked(lambda: build_area(area, builds) and None)[1]()
    whole, old = time.perf_counter() - started, state(builds)["finds"]
    for _ in range(int(times)):
        text += "2018-06-01,544990,258440,1,park\n"
        file.write_text(text)
        child, wait = forked(lambda: build_area(area, builds) and None)
        time.sleep(chance.random() * whole * 1.3)
        os.kill(child, getattr(signal, name))
        code = wait()
        now = state(builds)
        yield {"code": code, "old": old, "new": text.count("\n") - 1, **now}
        old = now["finds"]


def full_disk(area: str, builds: str, *sizes: str) -> Iterator[dict[str, Any]]:
    """Publications on a disk that holds no file larger than so many bytes."""
    import resource

    publish = publication(area, builds)
    for size in sizes:

        def work(size: int = int(size)) -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
            publish()

        code = forked(work)[1]()
        yield {"size": int(size), "code": code, **state(builds)}


def audited(area: str, builds: str) -> Iterator[dict[str, Any]]:
    """One build with every connection, and every file written, in Python's own record."""
    from hotspots.pipeline import build_area

    seen: list[str] = []

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event in {"socket.connect", "socket.getaddrinfo", "socket.sendto"}:
            seen.append(event)
        named = arguments[:2] if event == "os.rename" else arguments[:1]
        writes = event in CHANGES or (event == "open" and set(arguments[1] or "") & set("wxa+"))
        if writes:
            seen.extend(str(name) for name in named if not ours(str(name)))

    def ours(name: str) -> bool:
        # Compiled loops are kept beside the source, as Python keeps its own: code, never data.
        return name.startswith((builds, "/dev/null")) or "__pycache__" in Path(name).parts

    sys.addaudithook(hook)
    build_area(area, builds)
    yield {"seen": seen, **state(builds)}


def held(area: str, builds: str) -> Iterator[dict[str, Any]]:
    """Build, and say so; wait at the last step until told to go on (or killed), with the lock held."""
    publish = publication(area, builds)

    def at(number: int, event: str) -> None:
        if event == "os.rename":
            print(json.dumps({"waiting": number}), flush=True)
            sys.stdin.readline() if not sys.stdin.closed else time.sleep(60)

    steps(builds, at)
    publish()
    yield state(builds)


def plain(area: str, builds: str, times: str = "1") -> Iterator[dict[str, Any]]:
    """So many builds, one after the other; a refusal is an answer too."""
    from hotspots.errors import HotspotsError
    from hotspots.pipeline import build_area

    for _ in range(int(times)):
        try:
            build_area(area, builds)
        except HotspotsError as error:
            yield {"refused": str(error)}
            continue
        yield state(builds)


def reader(area: str, builds: str, seconds: str) -> Iterator[dict[str, Any]]:
    """Open the current build and read all of it, for so many seconds."""
    found(builds)
    end, opened = time.monotonic() + float(seconds), 0
    while time.monotonic() < end:
        found(builds)
        opened += 1
    yield {"opened": opened}


FAULTS: dict[str, Callable[..., Iterator[dict[str, Any]]]] = {
    "steps": crash_at_every_step, "signals": signals, "full": full_disk, "audited": audited, "held": held,
    "plain": plain, "reader": reader,
}  # fmt: skip

if __name__ == "__main__":
    socket.setdefaulttimeout(5)
    for line in FAULTS[sys.argv[3]](sys.argv[1], sys.argv[2], *sys.argv[4:]):
        print(json.dumps(line), flush=True)
