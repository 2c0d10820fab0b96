"""bench, group cycle: what the driver costs from one buffer switch to the next, through the vtable, freewheeling."""

from collections.abc import Iterator

import numpy as np

from asiokit.bench.bare_host import BareHost
from asiokit.bench.drivers import loopback, opened
from asiokit.bench.loops import Copy, Shape, call_ns, clock_ns
from asiokit.bench.measure import Goal, Result, Tick, compared, median, runs_for

SHAPES = ((2, 64), (8, 32), (64, 16), (64, 32), (64, 256), (512, 32))
GOALS = {(64, 32): 2.2, (512, 32): 1.3}


PINNED = True  # one CPU for all contenders


def cycle_ns(n_channels: int, n_frames: int, share: bool, sample_type: str = "float32") -> float:
    """The median of a few stretches."""
    stretch = 20000 if share else max(200, min(20000, 40_000_000 // (n_channels * n_frames)))
    with (
        loopback(n_channels, share=share, clock="freewheel", sample_type=sample_type) as driver,
        BareHost(driver, n_frames) as host,
    ):
        return median(host.ns_a_cycle(stretch, 7))


def run(rounds: int, quick: bool, tick: Tick) -> Iterator[Result]:
    rounds = min(rounds, 5)
    shapes = ((2, 64), (64, 32), (512, 32)) if quick else SHAPES
    copied: dict[tuple[int, int], list[float]] = {shape: [] for shape in shapes}
    shared: dict[tuple[int, int], list[float]] = {shape: [] for shape in shapes}
    memcpy: dict[tuple[int, int], list[float]] = {shape: [] for shape in shapes}
    ports: dict[tuple[int, int], list[float]] = {shape: [] for shape in shapes}
    stamp, call = [], []
    for r in range(rounds):
        for i, shape in enumerate((*shapes[r % len(shapes) :], *shapes[: r % len(shapes)])):
            tick(r * len(shapes) + i, rounds * len(shapes))
            n_channels, n_frames = shape
            for contender, taken in ((Copy(4 * n_channels * n_frames).run, memcpy),
                                     (Shape(n_channels, n_frames, True).run, ports)):  # fmt: skip
                taken[shape].append(contender(runs_for(contender)))
            copied[shape].append(cycle_ns(n_channels, n_frames, share=False))
            shared[shape].append(cycle_ns(n_channels, n_frames, share=True))
        stamp.append(clock_ns(10000))
        call.append(call_ns(200000))
    for shape in shapes:
        n_channels, n_frames = shape
        label = f"{n_channels} x {n_frames}"
        # with the clock read that a clocked cycle has and a freewheeling one has not
        whole = [c + s for c, s in zip(copied[shape], stamp, strict=True)]
        bound = GOALS.get(shape)
        yield compared("cycle", f"loopback by one copy + stamp, {label}", whole, memcpy[shape], "memcpy of the block",
                       Goal(bound) if bound else None)  # fmt: skip
        if shape == (64, 32):
            name = f"... over the WineASIO shape, {label}"
            yield compared("cycle", name, whole, ports[shape], "two copies a channel", Goal(0.5))
    budget = [3 * c + s for c, s in zip(call, stamp, strict=True)]
    for shape in shapes:
        whole = [c + s for c, s in zip(shared[shape], stamp, strict=True)]
        yield compared(
            "cycle", f"loopback sharing memory + stamp, {shape[0]} x {shape[1]}", whole, budget,
            "(3 indirect calls + stamp)", Goal(1.0) if shape == (64, 32) else None,
        )  # fmt: skip
    first, last = shapes[0], shapes[-1]
    yield compared("cycle", f"sharing memory, {last[0]} over {first[0]} channels", shared[last], shared[first],
                   f"{first[0]} channels", Goal(1.2))  # fmt: skip
    yield from _growth(quick)


def _growth(quick: bool) -> Iterator[Result]:
    """t = a + b x channels + c x channels x frames, of the copying loopback with conversion both ways."""
    rows = []
    for n_channels in (8, 64, 512) if quick else (2, 8, 32, 128, 512):
        for n_frames in (32, 256) if quick else (16, 64, 256):
            options = {"inputs": n_channels, "outputs": n_channels,
                       "routing": [f"{i}>{i}*0.5" for i in range(1, n_channels + 1)]}  # fmt: skip
            rows.append((n_channels, n_frames, _converting_ns(options, n_channels, n_frames)))
    n_channels, n_frames, ns = (np.array(column, float) for column in zip(*rows, strict=True))
    terms = np.stack([np.ones_like(ns), n_channels, n_channels * n_frames], axis=1)
    fit, *_ = np.linalg.lstsq(terms / ns[:, None], np.ones_like(ns), rcond=None)
    residual = float(np.max(np.abs(terms @ fit / ns - 1)))
    exponent = float(np.polyfit(np.log(n_channels * n_frames), np.log(ns), 1)[0])
    detail = {"rows": [[int(c), int(f), round(t, 1)] for c, f, t in rows], "fit": [float(x) for x in fit],
              "residual": residual}  # fmt: skip
    yield Result("cycle", "growth with channels x frames, exponent", exponent, "", goal=Goal(1.1, of_value=True),
                 detail=detail)  # fmt: skip


def _converting_ns(options: dict[str, object], n_channels: int, n_frames: int) -> float:
    stretch = max(50, min(20000, 4_000_000 // (n_channels * n_frames)))
    with (
        opened("loopback", options=options, clock="freewheel", sample_type="int32") as driver,
        BareHost(driver, n_frames) as host,
    ):
        return min(host.ns_a_cycle(stretch, 7))
