"""Memory that a density takes beside its events: peak of a process that makes one (``python -m benchmarks.memory``)."""

import resource
import subprocess
import sys

import numpy as np

from hotspots.layer import GridSpec


def extra_mb(name: str, size: int) -> float:
    """Megabytes beyond the loaded events and the warm program, in a process of its own."""
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks.memory", name, str(size)], capture_output=True, text=True, check=True
    )
    return float(ran.stdout)


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Print the extra megabytes of one kind of density."""
    from benchmarks import density

    make = {"exact": density.exact, "bounded": density.bounded}[sys.argv[1]]
    # Every loop is loaded first, on a small grid whose memory does not count. Then the peak is that of the events.
    whole, density.GRID = density.GRID, GridSpec(density.GRID.west, density.GRID.south, 250, 40, 40)
    for few in (10, 200_000):
        make(density.city(few))
    density.GRID = whole
    random = np.random.default_rng(3)
    size = int(sys.argv[2])
    events = np.empty(size), np.empty(size)
    few = density.city(100_000)
    for first in range(0, size, len(few[0])):  # the few, moved a little: no memory but the events' own
        for column, values in zip(events, few, strict=True):
            part = column[first : first + len(values)]
            part[:] = np.clip(values[: len(part)] + random.normal(0, 20, len(part)), values.min(), values.max())
    before = _peak_mb()
    make(events)
    print(_peak_mb() - before)


if __name__ == "__main__":
    main()
