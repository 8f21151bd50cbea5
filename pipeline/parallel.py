"""Work on all cores: threads, for numpy, Arrow and compiled loops let go of the interpreter while they work."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


def in_parallel(work: Callable[[int, int], T], size: int, step: int) -> Iterator[T]:
    """Yield the results of ``work(first, last)`` over ``size`` things in order, worked at on all cores."""
    starts = range(0, size, step)
    if len(starts) <= 1:
        yield from (work(start, size) for start in starts)
        return
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        yield from pool.map(lambda start: work(start, min(start + step, size)), starts)


def together(*works: Callable[[], Any]) -> list[Any]:
    """Return what each of ``works`` gives; the longest should come first."""
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        return [done.result() for done in [pool.submit(work) for work in works]]
