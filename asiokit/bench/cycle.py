"""bench, group cycle: what the driver costs from one buffer switch to the next, through the vtable, freewheeling."""

from collections.abc import Callable, Hashable, Iterator
from functools import partial
from typing import Any

import numpy as np

from asiokit.bench.bare_host import BareHost
from asiokit.bench.drivers import loopback, opened
from asiokit.bench.loops import Copy, Shape, call_ns, clock_ns
from asiokit.bench.measure import Goal, Result, Tick, batch_of, by_turns, compared, median

PINNED = True  # one CPU for all contenders

SHAPES = ((2, 64), (8, 32), (64, 16), (64, 32), (64, 256), (512, 32))
GOALS = {(64, 32): 2.2, (512, 32): 1.3}
GROWTH = ((2, 8, 32, 128, 512), (16, 64, 256))


def cycle_ns(n_channels: int, n_frames: int, share: bool) -> float:
    """The median of a few stretches of a loopback in float32, which needs no conversion."""
    stretch = 20000 if share else max(200, min(20000, 40_000_000 // (n_channels * n_frames)))
    with loopback(n_channels, share=share, clock="freewheel") as driver, BareHost(driver, n_frames) as host:
        return median(host.ns_a_cycle(stretch, 7))


def run(rounds: int, quick: bool, tick: Tick) -> Iterator[Result]:
    shapes = ((2, 64), (64, 32), (512, 32)) if quick else SHAPES
    contenders: dict[Hashable, Callable[[], float]] = {"stamp": batch_of(clock_ns)}
    contenders["call"] = batch_of(call_ns)
    for shape in shapes:
        contenders["memcpy", shape] = batch_of(Copy(4 * shape[0] * shape[1]).run)
        contenders["ports", shape] = batch_of(Shape(*shape, True).run)
        contenders["copied", shape] = partial(cycle_ns, *shape, share=False)
        contenders["shared", shape] = partial(cycle_ns, *shape, share=True)
    taken = by_turns(contenders, rounds, tick)

    def stamped(kind: str, shape: tuple[int, int]) -> list[float]:
        """With the clock read that a clocked cycle has and a freewheeling one has not."""
        return [c + s for c, s in zip(taken[kind, shape], taken["stamp"], strict=True)]

    for shape in shapes:
        bound = GOALS.get(shape)
        yield compared("cycle", f"loopback by one copy + stamp, {shape[0]} x {shape[1]}", stamped("copied", shape),
                       taken["memcpy", shape], "memcpy of the block", Goal(bound) if bound else None)  # fmt: skip
    for shape in shapes:
        yield compared("cycle", f"... over the WineASIO shape, {shape[0]} x {shape[1]}", stamped("copied", shape),
                       taken["ports", shape], "its copies", Goal(0.5) if shape == (64, 32) else None)  # fmt: skip
    budget = [3 * c + s for c, s in zip(taken["call"], taken["stamp"], strict=True)]
    for shape in shapes:
        yield compared("cycle", f"loopback sharing memory + stamp, {shape[0]} x {shape[1]}", stamped("shared", shape),
                       budget, "(3 indirect calls + stamp)",
                       Goal(1.0) if shape == (64, 32) else None)  # fmt: skip
    most, fewest = shapes[-1], shapes[0]
    yield compared("cycle", f"sharing memory, {most[0]} over {fewest[0]} channels", taken["shared", most],
                   taken["shared", fewest], f"{fewest[0]} channels", Goal(1.2))  # fmt: skip
    yield from _growth("float32 copied", "float32", quick)
    yield from _growth("int32 converted and mixed", "int32", quick)


def _growth(name: str, sample_type: str, quick: bool) -> Iterator[Result]:
    """t = a + b x channels + c x channels x frames."""
    channels, frames = ((8, 64, 512), (32, 256)) if quick else GROWTH
    rows = [(c, f, _whole_ns(c, f, sample_type)) for c in channels for f in frames]
    fit, residuals = plane(rows)
    worst = max(residuals, key=abs)
    detail = {"rows": [[c, f, round(t, 1)] for c, f, t in rows], "fit": fit, "residuals": residuals}
    for value, term in zip(fit, ("a, fixed", "b, a channel", "c, a channel and frame"), strict=True):
        yield Result("cycle", f"growth, {name}: {term}", value, "ns")
    yield Result("cycle", f"growth, {name}: farthest off the fit", 100 * worst, "%", detail=detail)
    # of a few sizes it would mostly say where a cache ends
    goal = None if quick else Goal(1.1, of_value=True)
    yield Result("cycle", f"growth, {name}: exponent of channels x frames", exponent(rows), "", goal=goal)


def plane(rows: list[tuple[int, int, float]]) -> tuple[list[float], list[float]]:
    """(a, b, c) of a + b x channels + c x channels x frames, and how far off each row is, relative to itself. The fit
    is one of relative distances, or the largest blocks would decide alone; none of the terms can be negative."""
    n_channels, n_frames, ns = (np.array(column, float) for column in zip(*rows, strict=True))
    terms = np.stack([np.ones_like(ns), n_channels, n_channels * n_frames], axis=1)
    used, fit = [0, 1, 2], np.zeros(3)
    while used:
        found, *_ = np.linalg.lstsq(terms[:, used] / ns[:, None], np.ones_like(ns), rcond=None)
        fit = np.zeros(3)
        fit[used] = found
        if (found >= 0).all():
            break
        used = [term for term, value in zip(used, found, strict=True) if value >= 0]
    return [float(x) for x in fit], [float(x) for x in terms @ fit / ns - 1]


def exponent(rows: list[tuple[int, int, float]]) -> float:
    """Of the power of channels x frames that a cycle grows with: 1 is in proportion."""
    samples, ns = np.array([c * f for c, f, _ in rows], float), np.array([t for *_, t in rows])
    return float(np.polyfit(np.log(samples), np.log(ns), 1)[0])


def _whole_ns(n_channels: int, n_frames: int, sample_type: str) -> float:
    """The fastest of a few stretches: here the shape counts, not what else the machine does. With integers every pass
    that a cycle can have: from the host's type, a gain for each output, and back."""
    options: dict[str, Any] = {"inputs": n_channels, "outputs": n_channels, "share": False}
    if sample_type != "float32":
        options["routing"] = [f"{i}>{i}*0.5" for i in range(1, n_channels + 1)]
    stretch = max(50, min(20000, 4_000_000 // (n_channels * n_frames)))
    with (
        opened("loopback", options=options, clock="freewheel", sample_type=sample_type) as driver,
        BareHost(driver, n_frames) as host,
    ):
        return float(min(host.ns_a_cycle(stretch, 7)))
