"""Random numbers that are a function of a key and a counter, so that any thread may draw any simulation.

The generator is SplitMix64 (Steele, Lea and Flood 2014): the ``k``-th number of a key is a mixture of ``key + k
gamma``. Each simulation has a key of its own, made from the seed and its number: the same seed gives the same
simulations, however many threads share them.
"""

import numpy as np
import numpy.typing as npt

from hotspots.compiled import compiled

_GAMMA = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_TO_UNIT = 2.0**-53


@compiled
def mixed(number):  # type: ignore[no-untyped-def]
    """The mixture of SplitMix64, of a 64-bit number."""
    number = (number ^ (number >> np.uint64(30))) * _FIRST
    number = (number ^ (number >> np.uint64(27))) * _SECOND
    return number ^ (number >> np.uint64(31))


@compiled
def key_of(seed, simulation):  # type: ignore[no-untyped-def]
    """The key of one simulation."""
    return mixed(mixed(np.uint64(seed) + _GAMMA) + np.uint64(simulation + 1) * _GAMMA)


@compiled
def uniform(key, counter):  # type: ignore[no-untyped-def]
    """The ``counter``-th number of a key, evenly spread from 0 to below 1."""
    return np.float64(mixed(key + np.uint64(counter + 1) * _GAMMA) >> np.uint64(11)) * _TO_UNIT


@compiled
def drawn(share, other, number):  # type: ignore[no-untyped-def]
    """The item of an alias table (:func:`alias_table`) that a number from 0 to below 1 falls on."""
    place = number * share.size
    item = int(place)
    return item if place - item < share[item] else other[item]


@compiled
def _pair_up(share, other, small, large):  # type: ignore[no-untyped-def]
    """Fill each item below its part from one above it (Vose 1991)."""
    few, many = 0, 0
    for item in range(share.size):
        if share[item] < 1:
            small[few] = item
            few += 1
        else:
            large[many] = item
            many += 1
    while few > 0 and many > 0:
        few -= 1
        item, giver = small[few], large[many - 1]
        other[item] = giver
        share[giver] -= 1 - share[item]
        if share[giver] < 1:
            many -= 1
            small[few] = giver
            few += 1
    # What is left is one, but for rounding; an item without a part is never left, as its giver outlasts it.
    for left in range(few):
        share[small[left]] = 1.0
    for left in range(many):
        share[large[left]] = 1.0


def alias_table(weights: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """
    A table to draw items by weight in constant time (Walker 1977).

    Every item has an equal part of the line, keeps a share of it, and leaves the rest to another item. Items without
    weight must be left out beforehand.

    Examples
    --------
    >>> share, other = alias_table(np.array([1.0, 3.0]))
    >>> share.tolist(), other.tolist()
    ([0.5, 1.0], [1, 1])
    """
    share = np.asarray(weights * (len(weights) / weights.sum()), dtype=np.float64)
    other = np.arange(len(weights))
    _pair_up(share, other, np.empty_like(other), np.empty_like(other))
    return share, other
