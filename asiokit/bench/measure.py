"""bench: rounds in rotation, medians, spreads, and what a result is."""

import contextlib
import ctypes
import os
import statistics
import sys
import threading
import time
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

Key = TypeVar("Key", bound=Hashable)

Contender = Callable[[int], float]  # runs its work n times; ns a run

Tick = Callable[[int, int], None]  # called with (done, of how many)

BATCH_NS = 150_000  # long enough that reading the clock twice does not matter
MAX_RUNS = 2_000_000

_PR_SET_TIMERSLACK, _PR_GET_TIMERSLACK = 29, 30


@dataclass(frozen=True)
class Goal:
    """A bound on the ratio, or, if `of_value`, on the value itself."""

    bound: float
    at_least: bool = False
    of_value: bool = False

    def is_met_by(self, value: float | None, ratio: float | None) -> bool | None:
        figure = value if self.of_value else ratio
        if figure is None:
            return None
        return figure >= self.bound if self.at_least else figure <= self.bound


@dataclass(frozen=True)
class Result:
    """One line. value and anchor in `unit`; ratio = value / anchor (or as the name says), the median of the rounds;
    spread: the ratio's 10th and 90th percentile. What can't be had is None."""

    group: str
    name: str
    value: float | None
    unit: str
    anchor: float | None = None
    anchor_name: str = ""
    ratio: float | None = None
    goal: Goal | None = None
    spread: tuple[float, float] | None = None
    detail: Any = None  # for the plots

    @property
    def met(self) -> bool | None:
        return None if self.goal is None else self.goal.is_met_by(self.value, self.ratio)

    @property
    def goal_text(self) -> str:
        if self.goal is None:
            return ""
        sign = ">=" if self.goal.at_least else "<="
        what = self.unit if self.goal.of_value else f"x {self.anchor_name}".rstrip()
        return f"{sign} {self.goal.bound:g} {what}".rstrip()

    def fields(self) -> dict[str, Any]:
        """As --json has it."""
        return {
            "name": f"{self.group}/{self.name}",
            "group": self.group,
            "value": _rounded(self.value),
            "unit": self.unit,
            "anchor": _rounded(self.anchor),
            "anchor_name": self.anchor_name,
            "ratio": _rounded(self.ratio),
            "spread": None if self.spread is None else [_rounded(end) for end in self.spread],
            "goal": self.goal_text or None,
            "met": self.met,
            "detail": self.detail,
        }


def _rounded(x: float | None) -> float | None:
    return None if x is None else float(f"{x:.4g}")


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def spread_of(values: Sequence[float]) -> tuple[float, float]:
    """10th and 90th percentile; of few values the ends."""
    ordered = sorted(values)
    return ordered[round(0.1 * (len(ordered) - 1))], ordered[round(0.9 * (len(ordered) - 1))]


def runs_for(contender: Contender) -> int:
    """How many runs make a batch."""
    n = 1
    while n < MAX_RUNS:
        took_ns = contender(n) * n
        if took_ns >= BATCH_NS / 4:
            return max(1, min(MAX_RUNS, round(n * BATCH_NS / took_ns)))
        n *= 8
    return MAX_RUNS


def by_turns(
    contenders: Mapping[Key, Callable[[], float]], rounds: int, tick: Tick | None = None
) -> dict[Key, list[float]]:
    """What each contender says in each round. Each round asks all of them, beginning with another one."""
    keys = list(contenders)
    said: dict[Key, list[float]] = {key: [] for key in keys}
    for r in range(rounds):
        for i, key in enumerate(keys[r % len(keys) :] + keys[: r % len(keys)]):
            if tick is not None:
                tick(r * len(keys) + i, rounds * len(keys))
            said[key].append(contenders[key]())
    return said


def batch_of(contender: Contender) -> Callable[[], float]:
    """A contender warmed up, with the number of its runs fixed."""
    n = runs_for(contender)
    return lambda: contender(n)


def in_rotation(contenders: Mapping[Key, Contender], rounds: int) -> dict[Key, list[float]]:
    """ns a run of each contender in each round."""
    return by_turns({key: batch_of(contender) for key, contender in contenders.items()}, rounds)


def compared(
    group: str,
    name: str,
    values: Sequence[float],
    anchors: Sequence[float] | None,
    anchor_name: str,
    goal: Goal | None = None,
    unit: str = "ns",
    inverse: bool = False,
    detail: Any = None,
) -> Result:
    """values and anchors by round. inverse: the ratio is anchor / value (a speed, relative to the anchor's)."""
    if not anchors:
        return Result(group, name, median(values), unit, None, anchor_name, None, goal, None, detail)
    ratios = [a / v if inverse else v / a for v, a in zip(values, anchors, strict=True)]
    return Result(
        group, name, median(values), unit, median(anchors), anchor_name, median(ratios), goal, spread_of(ratios), detail
    )


ALL_CPUS: set[int] = set(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else set()


@contextlib.contextmanager
def on_cpus(cpus: set[int]) -> Iterator[None]:
    """The calling thread, and the threads and processes it starts, on these CPUs. Nothing where that is unknown."""
    if not cpus:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cpus)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def pinned() -> contextlib.AbstractContextManager[None]:
    """On one CPU: the last one that this process may use."""
    return on_cpus({max(ALL_CPUS)} if ALL_CPUS else set())


def unpinned() -> contextlib.AbstractContextManager[None]:
    """On all of them again: for programs that are started meanwhile."""
    return on_cpus(ALL_CPUS)


@contextlib.contextmanager
def sleeps_not_rounded() -> Iterator[None]:
    """Threads that are started meanwhile have a timer slack of 1 ns, as an ordinary stream thread of ours (Linux)."""
    libc: Any = ctypes.CDLL(None) if sys.platform == "linux" else None
    before = libc.prctl(_PR_GET_TIMERSLACK, 0, 0, 0, 0) if libc else 0
    if libc:
        libc.prctl(_PR_SET_TIMERSLACK, 1, 0, 0, 0)
    try:
        yield
    finally:
        if libc:
            libc.prctl(_PR_SET_TIMERSLACK, before, 0, 0, 0)


HAS_PROC = os.path.isdir("/proc/self/task") and os.name == "posix"  # in Wine it is there, and another process's


def keep_the_gil(ms: int) -> None:
    """In C, and in Python's eyes still running: nobody else gets the GIL."""
    if os.name == "nt":
        ctypes.PyDLL("kernel32").Sleep(ms)
    else:
        ctypes.PyDLL(None).poll(None, 0, ms)


def thread_named(name: str, timeout_s: float = 2.0) -> int:
    """The id of this process's thread of that name, the youngest one. LookupError."""
    end = time.monotonic() + timeout_s
    while True:
        for task in sorted(map(int, os.listdir("/proc/self/task")), reverse=True):
            with contextlib.suppress(OSError), open(f"/proc/self/task/{task}/comm") as file:
                if file.read().strip() == name:
                    return task
        if time.monotonic() > end:
            raise LookupError(f"no thread is named {name}")
        time.sleep(0.001)


def cpu_ns(thread: int) -> int:
    """CPU time that a thread of this process has used."""
    with open(f"/proc/self/task/{thread}/schedstat") as file:
        return int(file.read().split()[0])


def in_thread(work: Callable[[], Any]) -> Any:
    """work() on a thread of its own, so that what it does to its thread does not stay."""
    result: list[Any] = []
    thread = threading.Thread(target=lambda: result.append(work()))
    thread.start()
    thread.join()
    return result[0]
