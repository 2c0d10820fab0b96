"""bench, group cpu: CPU time of the stream thread in real time, with its work and only sleeping."""

import time
from collections.abc import Iterator

from asiokit.bench.bare_host import BareHost, Interleaved
from asiokit.bench.drivers import loopback, opened
from asiokit.bench.measure import HAS_PROC, Goal, Result, Tick, compared, cpu_ns, thread_named
from asiokit.sample_types import SAMPLE_TYPES

SHAPES = ((64, 32, 1.65), (512, 32, 2.1))


PINNED = False  # threads run where the system puts them


def share(driver: object, n_frames: int, seconds: float) -> float:
    """Percent of a core."""
    with BareHost(driver, n_frames) as host:  # type: ignore[arg-type]
        host.start()
        time.sleep(0.1)
        thread = thread_named("asiokit-stream")
        before, begin = cpu_ns(thread), time.perf_counter_ns()
        time.sleep(seconds)
        used = (cpu_ns(thread) - before) / (time.perf_counter_ns() - begin)
        host.stop()
    return 100 * used


def run(rounds: int, quick: bool, tick: Tick) -> Iterator[Result]:
    rounds, seconds = (2, 0.3) if quick else (min(rounds, 7), 0.8)
    for i, (n_channels, n_frames, bound) in enumerate(SHAPES):
        idle, busy = [], []
        for r in range(rounds if HAS_PROC else 0):
            tick(i * rounds + r, len(SHAPES) * rounds)
            # one channel that shares its memory: the cycle, and no samples
            with loopback(1, clock="realtime") as driver:
                idle.append(share(driver, n_frames, seconds))
            device = Interleaved(n_channels, SAMPLE_TYPES["int32"].number)
            with opened(device, clock="realtime") as driver:
                busy.append(share(driver, n_frames, seconds))
        label = f"{n_channels} x {n_frames} converting both ways"
        if not busy:
            yield Result("cpu", label, None, "% of a core", goal=Goal(bound))
            continue
        yield compared("cpu", label, busy, idle, "a thread that only sleeps", Goal(bound), unit="% of a core")
        if n_channels == 512:
            yield Result("cpu", f"{label}, of a core", sorted(busy)[len(busy) // 2], "%", goal=Goal(8, of_value=True))
