"""bench, group dispatch: what it costs to get from the stream thread to a host's, or a device's, function."""

import ctypes
import itertools
import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from asiokit.bench.bare_host import BareHost, Nothing, Ways
from asiokit.bench.drivers import opened
from asiokit.bench.loops import attached_ns, call_ns, foreign_thread_ns, unattached_ns
from asiokit.bench.measure import Contender, Goal, Result, Tick, batch_of, by_turns, compared, median
from asiokit.device import CDevice, PyDevice

PINNED = True  # one CPU for all contenders

STRETCH = 20000
HALF = np.float32(0.5)


def nothing(index: int, direct: int) -> None:
    pass


class PyNothing(PyDevice):
    """A device whose process() does nothing at all."""

    inputs = outputs = 2

    def process(self, block: Any) -> None:
        pass


class PyHalf(PyDevice):
    """Each output returns at half its level."""

    inputs = outputs = 8

    def process(self, block: Any) -> None:
        np.multiply(block.from_host, HALF, out=block.to_host)


def half_ns(n: int) -> float:
    """The same numpy work on arrays of the same shape, called directly; ns a call."""
    given, made = np.zeros((2, 8, 64), np.float32)
    calls = itertools.repeat(None, n)
    begin = time.perf_counter_ns()
    for _ in calls:
        np.multiply(given, HALF, out=made)
    return (time.perf_counter_ns() - begin) / n


def cycle_ns(device: Any) -> float:
    with opened(device, clock="freewheel") as driver, BareHost(driver, 64) as host:
        return median(host.ns_a_cycle(STRETCH, 7))


def beyond_numpy_ns() -> float:
    """What a cycle of PyHalf costs beyond its numpy, the two measured by turns."""
    cycles, calls = [], []
    with opened(PyHalf(), clock="freewheel") as driver, BareHost(driver, 64) as host:
        for _ in range(15):
            cycles.append(median(host.ns_a_cycle(2000, 1)))
            calls.append(half_ns(2000))
    return median(cycles) - median(calls)


def run(rounds: int, quick: bool, tick: Tick) -> Iterator[Result]:
    ways = Ways()
    calls: dict[str, Contender] = {
        "call": call_ns,
        "to device": ways.to_device,
        "to host": ways.to_host,
        "attached": lambda n: attached_ns(n, nothing),
        "unattached": lambda n: unattached_ns(n, nothing),
    }
    callback = _cffi_callback()
    if callback is not None:
        calls["cffi"] = lambda n: foreign_thread_ns(n, callback[0])
    contenders: dict[str, Callable[[], float]] = {name: batch_of(call) for name, call in calls.items()}
    contenders |= {
        "native cycle": lambda: cycle_ns(Nothing()),
        "C cycle": lambda: cycle_ns(CDevice(_harmless())),
        "Python cycle": lambda: cycle_ns(PyNothing()),
        "beyond numpy": beyond_numpy_ns,
    }
    taken = by_turns(contenders, rounds, tick)
    call, anchor = taken["call"], "indirect call"
    yield compared("dispatch", "to the host's bufferSwitch", taken["to host"], call, anchor, Goal(1.5))
    yield compared("dispatch", "to a native device's process()", taken["to device"], call, anchor, Goal(1.5))
    yield compared("dispatch", "Python function, thread attached once", taken["attached"], call, anchor, Goal(60))
    yield compared("dispatch", "... faster than a cffi callback by", taken["attached"], taken.get("cffi"), "cffi",
                   Goal(1.5, at_least=True), inverse=True)  # fmt: skip
    yield compared("dispatch", "... thread not attached (never done)", taken["unattached"], call, anchor)
    yield compared("dispatch", "whole cycle, device in Cython", taken["native cycle"], call, anchor)
    yield compared("dispatch", "... device a C function", taken["C cycle"], taken["native cycle"], "device in Cython",
                   Goal(1.5))  # fmt: skip
    more = [p - n for p, n in zip(taken["Python cycle"], taken["native cycle"], strict=True)]
    yield compared("dispatch", "a Python device's share of a cycle", more, call, anchor)
    more = [p - n for p, n in zip(taken["beyond numpy"], taken["native cycle"], strict=True)]
    yield compared("dispatch", "... beyond its numpy, 64 x 8", more, call, anchor, Goal(60))


def _harmless() -> int:
    """A C function of the system that takes no notice of its arguments, and makes no system call."""
    function = ctypes.CDLL("kernel32").GetCurrentThreadId if os.name == "nt" else ctypes.CDLL(None).getpagesize
    return ctypes.cast(function, ctypes.c_void_p).value or 0


def _cffi_callback() -> tuple[int, object] | None:
    """(address, what keeps it) of a cffi callback that does nothing."""
    try:
        import cffi  # type: ignore[import-untyped,unused-ignore]  # noqa: PLC0415 - most people do not have it
    except ImportError:
        return None
    ffi = cffi.FFI()
    made = ffi.callback("void(long, long)", nothing)
    return int(ffi.cast("intptr_t", made)), (ffi, made)
