"""bench, group wake: how late the thread wakes up, in rotation with cyclictest (SCHED_FIFO)."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from asiokit.bench import peers
from asiokit.bench.measure import Goal, Result, Tick, compared, median, sleeps_not_rounded
from asiokit.rt.clock import measure_wake  # type: ignore[import-not-found]

SPIN_NS = 100_000
PERIODS_NS = (1_000_000, 333_333)
MODES: dict[str, dict[str, Any]] = {
    "realtime": {},
    "realtime, deep idle allowed": {"wakeful": False},
    "realtime, last 100 us spun": {"spin_ns": SPIN_NS},
    # as a user without any right has it: an ordinary thread that does not let the kernel round its sleeps
    "unprivileged": {"realtime": False, "wakeful": False},
}
# (ratio at p50, ratio at p99), as PERFORMANCE asks of each mode
GOALS = {"realtime": (1.6, 1.5), "unprivileged": (3.0, None)}
CPU_GOALS = {1_000_000: 12.0, 333_333: 35.0}


PINNED = False  # threads run where the system puts them


def run(rounds: int, quick: bool, tick: Tick) -> Iterator[Result]:
    rounds, seconds = (2, 0.3) if quick else (max(rounds, 10), 0.8)
    for i, period_ns in enumerate(PERIODS_NS):

        def tick_round(r: int, i: int = i) -> None:
            tick(i * rounds + r, len(PERIODS_NS) * rounds)

        yield from _period(period_ns, rounds, seconds, tick_round)


def _period(period_ns: int, rounds: int, seconds: float, tick: Callable[[int], None]) -> Iterator[Result]:
    n = round(seconds * 1e9 / period_ns)
    anchor: dict[int, list[float]] = {50: [], 99: []}
    anchor_all: dict[int, int] = {}
    late: dict[str, list[Any]] = {mode: [] for mode in MODES}
    said: dict[str, dict[str, Any]] = {}
    cpu: dict[str, list[float]] = {mode: [] for mode in MODES}
    for r in range(rounds):
        tick(r)
        names = [*MODES, "cyclictest"]
        for name in names[r % len(names) :] + names[: r % len(names)]:
            if name == "cyclictest":
                histogram = peers.cyclictest(round(period_ns / 1000), seconds)
                if histogram:
                    anchor[50].append(peers.quantile_us(histogram, 0.50))
                    anchor[99].append(peers.quantile_us(histogram, 0.99))
                    for us, count in histogram.items():
                        anchor_all[us] = anchor_all.get(us, 0) + count
                continue
            with sleeps_not_rounded() if name == "unprivileged" else contextlib.nullcontext():
                said[name] = measure_wake(period_ns, n, **MODES[name])
            late[name].append(np.frombuffer(said[name]["late_ns"], np.int64) / 1000)
            cpu[name].append(100 * said[name]["cpu_share"])
    for mode in MODES:
        yield from _mode(mode, period_ns, late[mode], cpu[mode], anchor, said[mode])
    held, not_held = (
        [float(np.percentile(us, 50)) for us in late[mode]] for mode in ("realtime", "realtime, deep idle allowed")
    )
    yield compared(
        "wake", f"{period_ns / 1e6:.3g} ms, kept from deep idle, p50", held, not_held, "deep idle allowed", unit="us"
    )
    detail: dict[str, Any] = {"period_us": period_ns / 1000, "modes": {mode: _histogram(late[mode]) for mode in MODES}}
    detail["modes"]["cyclictest"] = sorted(anchor_all.items())
    for q in (50, 99):
        value = median(anchor[q]) if anchor[q] else None
        yield Result("wake", f"{period_ns / 1e6:.3g} ms, cyclictest itself, p{q}", value, "us",
                     detail=detail if q == 50 else None)  # fmt: skip


def _mode(
    mode: str, period_ns: int, late: list[Any], cpu: list[float], anchor: dict[int, list[float]], said: dict[str, Any]
) -> Iterator[Result]:
    label = f"{period_ns / 1e6:.3g} ms, {mode}"
    spun = "spun" in mode
    for q, bound in zip((50, 99), GOALS.get(mode, (None, None)), strict=True):
        values = [float(np.percentile(us, q)) for us in late]
        goal = Goal(bound) if bound else None
        if spun:
            goal = Goal(1.0, of_value=True) if q == 50 else Goal(0.2)
        anchors = anchor[q] if len(anchor[q]) == len(values) else None
        yield compared("wake", f"{label}, p{q}", values, anchors, "cyclictest", goal, "us", detail=said["scheduling"])
    if spun or mode == "realtime":
        goal = Goal(CPU_GOALS[period_ns], of_value=True) if spun else None
        yield Result("wake", f"{label}, CPU", median(cpu), "% of a core", goal=goal)


def _histogram(late: list[Any]) -> list[list[int]]:
    us, counts = np.unique(np.clip(np.concatenate(late), 0, 20000).astype(int), return_counts=True)
    return [[int(u), int(c)] for u, c in zip(us, counts, strict=True)]
