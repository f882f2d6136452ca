"""Compiled loops: the one place that says how they are compiled, kept between runs, and shared among processors.

The compiled code is kept beside the source, or in the user's cache folder where that cannot be written, or nowhere:
then each process compiles again, slower at its first use and otherwise the same. No loop is compiled with
``parallel=True``, whose fallback layer aborts the process when two threads compute: the work is cut into blocks of rows
that threads take, and each number is made by one thread in one order, so that any cut gives the same bits.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import numba

_BLOCKS_EACH = 4  # blocks for each thread: clustered events make some blocks heavier than others


def compiled(function: Callable[..., Any]) -> Any:
    """The function compiled to machine code that lets other threads run, kept between runs where that is possible."""
    try:
        return numba.njit(nogil=True, cache=True)(function)
    except RuntimeError:  # nothing is writable: numba finds no place for its cache
        return numba.njit(nogil=True)(function)


_FUSED = {"contract", "reassoc"}


def fused(function: Callable[..., Any]) -> Any:
    """
    Compiled, with a product and the sum that it enters rounded once, and sums in an order that suits the processor.

    For sums of many terms: many times faster, and as exact. Not for tests of position, which must come out alike
    however they are written.
    """
    try:
        return numba.njit(nogil=True, cache=True, fastmath=_FUSED)(function)
    except RuntimeError:
        return numba.njit(nogil=True, fastmath=_FUSED)(function)


def processors() -> int:
    """How many processors this process may use."""
    try:
        return max(1, len(os.sched_getaffinity(0)))
    except AttributeError:  # not on Windows and macOS
        return max(1, os.cpu_count() or 1)


def in_blocks(length: int, work: Callable[[int, int], None], *, threads: int | None = None) -> None:
    """
    Call ``work(first, last)`` on consecutive blocks that together cover ``range(length)``, in threads.

    ``work`` must write only what belongs to its block. With one thread it is called once, for everything.

    Examples
    --------
    >>> found = []
    >>> in_blocks(10, lambda first, last: found.extend(range(first, last)), threads=2)
    >>> sorted(found) == list(range(10))
    True
    """
    threads = processors() if threads is None else threads
    blocks = min(length, threads * _BLOCKS_EACH)
    if threads == 1 or blocks < 2:
        work(0, length)
        return
    edges = [length * block // blocks for block in range(blocks + 1)]
    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(work, first, last) for first, last in pairwise(edges)]:
            done.result()


def each_of(parts: int, work: Callable[[int], None]) -> None:
    """
    Call ``work`` with each number below ``parts``, in as many threads.

    Examples
    --------
    >>> found = []
    >>> each_of(3, found.append)
    >>> sorted(found)
    [0, 1, 2]
    """
    if parts == 1:
        work(0)
        return
    with ThreadPoolExecutor(parts) as pool:
        for done in [pool.submit(work, number) for number in range(parts)]:
            done.result()
