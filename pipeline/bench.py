"""The form every bench has: ``chengqing bench NAME`` loads ``tests/bench/NAME.py`` and calls its ``run``."""

from __future__ import annotations

import importlib.util
import inspect
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol, cast

from pipeline.errors import UnknownName, UsageError
from pipeline.paths import CHECKOUT
from pipeline.versions import code_commit, code_version

BENCHES = CHECKOUT / "tests" / "bench"


@dataclass(frozen=True, slots=True)
class Metric:
    """One measured figure beside the best peer of the same run; ``None`` where there is none."""

    name: str
    ours: float | None
    peer: float | None = None
    peer_name: str = ""
    unit: str = ""
    goal: float | None = None
    higher_is_better: bool = True

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; ``None`` without a goal or a figure."""
        if self.goal is None or self.ours is None:
            return None
        return self.ours >= self.goal if self.higher_is_better else self.ours <= self.goal


class Bench(Protocol):
    """A module of ``tests/bench``."""

    def run(self, data: Path, progress: Callable[[str], None], **chosen: int) -> list[Metric]:
        """Measure on ``data`` (laid out as the shared data folder) and return the figures.

        A bench that lets one choose how many posts has a parameter ``size``.
        """
        ...


def bench_names() -> list[str]:
    """Names of the benches in this checkout."""
    return sorted(path.stem for path in BENCHES.glob("[a-z]*.py"))


def load_bench(name: str) -> Bench:
    """The bench called ``name``; ``UnknownName`` with the names there are."""
    path = BENCHES / f"{name}.py"
    if name not in bench_names():
        raise UnknownName(f"no bench {name!r} in {BENCHES}; there are: {', '.join(bench_names()) or 'none'}")
    spec = importlib.util.spec_from_file_location(f"chengqing_bench_{name}", path)
    if spec is None or spec.loader is None:
        raise UnknownName(f"{path} cannot be loaded as Python")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return cast(Bench, module)


def run_bench(
    name: str, data: Path, progress: Callable[[str], None], size: int | None = None
) -> list[Metric]:
    """The figures of one bench, on ``size`` posts where that is said; ``UsageError`` for a bench that has one size."""
    run = load_bench(name).run
    if size is None:
        return run(data, progress)
    if "size" not in inspect.signature(run).parameters:
        raise UsageError(f"bench {name} has one size: leave --size out")
    return run(data, progress, size=size)


def report(name: str, data: Path, metrics: Iterable[Metric]) -> dict[str, object]:
    """The JSON object of one bench."""
    return {
        "bench": name,
        "version": code_version(),
        "commit": code_commit(),
        "cores": os.cpu_count(),
        "data": str(data),
        "metrics": [
            {k: v for k, v in asdict(m).items() if k != "higher_is_better"} | {"met": m.met} for m in metrics
        ],
    }
