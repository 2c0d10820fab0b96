"""bench, group proof: what a cycle does besides its work, as the kernel counts it.

The tests prove more: no allocation and no lock, by preloaded counters, and no call of Python in the generated C.
"""

import time
from collections.abc import Iterator

from asiokit.bench.bare_host import BareHost
from asiokit.bench.drivers import loopback
from asiokit.bench.measure import HAS_PROC, Goal, Result, Tick, keep_the_gil, thread_named

N_FRAMES, RATE_HZ = 64, 48000
HELD_MS = 1000


PINNED = False  # threads run where the system puts them


def counters(thread: int) -> dict[str, int]:
    with open(f"/proc/self/task/{thread}/status") as file:
        status = dict(line.split(":", 1) for line in file if ":" in line)
    with open(f"/proc/self/task/{thread}/stat") as file:
        stat = file.read().rpartition(")")[2].split()
    return {
        "switches": int(status["voluntary_ctxt_switches"]),
        "minor": int(stat[7]),
        "major": int(stat[9]),
    }


def run(rounds: int, quick: bool, tick: Tick) -> Iterator[Result]:
    seconds = 0.5 if quick else 2.0
    with loopback(64, clock="realtime", share=False, sample_type="int24") as driver, BareHost(driver, N_FRAMES) as host:
        host.start()
        time.sleep(0.2)
        counted = _counted(host, seconds) if HAS_PROC else None
        tick(1, 2)
        begun = host.n_switches
        keep_the_gil(HELD_MS)
        held = host.n_switches - begun
        host.stop()
    switches, faults = counted or (None, None)
    yield Result("proof", "voluntary switches a cycle (1 = the sleep)", switches, "switches",
                 goal=Goal(1.02, of_value=True))  # fmt: skip
    yield Result("proof", "page faults a cycle", faults, "faults", goal=Goal(0, of_value=True))
    due = HELD_MS * RATE_HZ / N_FRAMES / 1000
    yield Result("proof", "cycles served while the GIL is held for 1 s", held, "cycles", due, "those due", held / due,
                 Goal(0.95, at_least=True))  # fmt: skip


def _counted(host: BareHost, seconds: float) -> tuple[float, float]:
    """(voluntary switches, page faults) a cycle."""
    thread = thread_named("asiokit-stream")
    before, n = counters(thread), host.n_switches
    time.sleep(seconds)
    after, n = counters(thread), host.n_switches - n
    faults = after["minor"] - before["minor"] + after["major"] - before["major"]
    return (after["switches"] - before["switches"]) / n, faults / n
