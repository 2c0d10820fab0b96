"""bench, group freewheel: as fast as it goes, with conversion between float32 and interleaved int32 both ways."""

from collections.abc import Iterator

from asiokit.bench.bare_host import BareHost, Interleaved
from asiokit.bench.drivers import opened
from asiokit.bench.loops import Copy
from asiokit.bench.measure import Goal, Result, Tick, compared, median, runs_for
from asiokit.sample_types import SAMPLE_TYPES

SHAPES = ((64, 16), (64, 32), (64, 64), (64, 256), (128, 32), (256, 32), (512, 32), (512, 64))
RATE_HZ = 48000


PINNED = True  # one CPU for all contenders


def cycle_ns(n_channels: int, n_frames: int) -> float:
    device = Interleaved(n_channels, SAMPLE_TYPES["int32"].number)
    stretch = max(50, min(20000, 10_000_000 // (n_channels * n_frames)))
    with opened(device, clock="freewheel") as driver, BareHost(driver, n_frames) as host:
        return median(host.ns_a_cycle(stretch, 7))


def run(rounds: int, quick: bool, tick: Tick) -> Iterator[Result]:
    rounds = min(rounds, 7)
    shapes = ((64, 32), (512, 32)) if quick else SHAPES
    ours: dict[tuple[int, int], list[float]] = {shape: [] for shape in shapes}
    memcpy: dict[tuple[int, int], list[float]] = {shape: [] for shape in shapes}
    for r in range(rounds):
        tick(r, rounds)
        for shape in (*shapes[r % len(shapes) :], *shapes[: r % len(shapes)]):
            copy = Copy(4 * shape[0] * shape[1]).run
            memcpy[shape].append(copy(runs_for(copy)))
            ours[shape].append(cycle_ns(*shape))
    for shape in shapes:
        yield compared("freewheel", f"cycle converting both ways, {shape[0]} x {shape[1]}", ours[shape], memcpy[shape],
                       "memcpy of the block", Goal(8.5))  # fmt: skip
    period_ns = 32e9 / RATE_HZ
    yield Result("freewheel", "times real time, 64 x 32 at 48 kHz", period_ns / median(ours[64, 32]), "x")
    yield compared("freewheel", "512 x 32 over 64 x 32, warm", ours[512, 32], ours[64, 32], "64 x 32", Goal(12))
