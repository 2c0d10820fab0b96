"""bench, group freewheel: as fast as it goes, with conversion between float32 and interleaved int32 both ways."""

import contextlib
from collections.abc import Callable, Hashable, Iterator
from functools import partial

from asiokit.bench import jack
from asiokit.bench.bare_host import BareHost, Interleaved
from asiokit.bench.drivers import opened
from asiokit.bench.loops import Copy
from asiokit.bench.measure import Goal, Result, Tick, batch_of, by_turns, compared, median
from asiokit.sample_types import SAMPLE_TYPES

PINNED = True  # one CPU for all contenders

SHAPES = ((64, 16), (64, 32), (64, 64), (64, 256), (128, 32), (256, 32), (512, 32), (512, 64))
RATE_HZ = 48000
JACK_CHANNELS, JACK_FRAMES = 64, 32


def cycle_ns(n_channels: int, n_frames: int) -> float:
    device = Interleaved(n_channels, SAMPLE_TYPES["int32"].number)
    stretch = max(50, min(20000, 10_000_000 // (n_channels * n_frames)))
    with opened(device, clock="freewheel") as driver, BareHost(driver, n_frames) as host:
        return median(host.ns_a_cycle(stretch, 7))


def run(rounds: int, quick: bool, tick: Tick) -> Iterator[Result]:
    shapes = ((64, 32), (512, 32)) if quick else SHAPES
    contenders: dict[Hashable, Callable[[], float]] = {}
    with contextlib.ExitStack() as stack:
        for shape in shapes:
            contenders["memcpy", shape] = batch_of(Copy(4 * shape[0] * shape[1]).run)
            contenders["ours", shape] = partial(cycle_ns, *shape)
        with contextlib.suppress(LookupError):
            peer = stack.enter_context(jack.freewheeling(JACK_CHANNELS, JACK_FRAMES))
            contenders["jackd"] = partial(peer, 0.2 if quick else 0.5)
        taken = by_turns(contenders, rounds, tick)
    for shape in shapes:
        yield compared("freewheel", f"cycle converting both ways, {shape[0]} x {shape[1]}", taken["ours", shape],
                       taken["memcpy", shape], "memcpy of the block", Goal(8.5))  # fmt: skip
    ours = taken["ours", (JACK_CHANNELS, JACK_FRAMES)]
    yield Result("freewheel", "times real time, 64 x 32 at 48 kHz", JACK_FRAMES * 1e9 / RATE_HZ / median(ours), "x")
    goal = Goal(15, at_least=True)
    yield compared("freewheel", "64 x 32, faster than jackd freewheeling by", ours, taken.get("jackd"), "jackd",
                   inverse=True)  # fmt: skip
    worst = min(j / o for o, j in zip(ours, taken["jackd"], strict=True)) if "jackd" in taken else None
    yield Result("freewheel", "... in the worst round", None, "ns", None, "jackd", worst, goal)
    yield compared("freewheel", "512 x 32 over 64 x 32, warm", taken["ours", (512, 32)], taken["ours", (64, 32)],
                   "64 x 32", Goal(12))  # fmt: skip
