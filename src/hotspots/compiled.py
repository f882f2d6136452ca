"""Compiled kernels: machine code that is kept between runs, and that lets other threads run while it works."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

import numba

P = ParamSpec("P")
R = TypeVar("R")


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """
    The function as machine code, compiled at its first call and kept on disk for the next process.

    It holds no interpreter lock, so that row blocks of one array run in threads. Where no folder can be written, the
    code is compiled again in every process: slower to start, with the same result.
    """
    try:
        kernel = numba.njit(nogil=True, cache=True)(function)
    except RuntimeError:  # numba finds no folder to keep the code in
        kernel = numba.njit(nogil=True)(function)
    return cast("Callable[P, R]", kernel)
