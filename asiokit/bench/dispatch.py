"""bench, group dispatch: what it costs to get from the stream thread to a host's, or a device's, function."""

import os
from collections.abc import Iterator
from typing import Any

from asiokit.bench.bare_host import BareHost
from asiokit.bench.drivers import opened
from asiokit.bench.loops import attached_ns, call_ns, foreign_thread_ns, unattached_ns
from asiokit.bench.measure import Contender, Goal, Result, Tick, compared, in_rotation, median
from asiokit.device import CDevice, PyDevice

STRETCH = 20000


PINNED = True  # one CPU for all contenders


def nothing(index: int, direct: int) -> None:
    pass


class PyNothing(PyDevice):
    """A device whose process() does nothing at all."""

    inputs = outputs = 2

    def process(self, block: Any) -> None:
        pass


def cycle_ns(device: Any, stretch: int = STRETCH) -> float:
    with opened(device, clock="freewheel") as driver, BareHost(driver, 64) as host:
        return median(host.ns_a_cycle(stretch, 7))


def run(rounds: int, quick: bool, tick: Tick) -> Iterator[Result]:
    contenders: dict[str, Contender] = {
        "call": call_ns,
        "attached": lambda n: attached_ns(n, nothing),
        "unattached": lambda n: unattached_ns(n, nothing),
    }
    callback = _cffi_callback()
    if callback is not None:
        contenders["cffi"] = lambda n: foreign_thread_ns(n, callback[0])
    taken = in_rotation(contenders, rounds)
    tick(1, 2)
    call = taken["call"]
    native, c_device, python = [], [], []
    for _ in range(min(rounds, 5)):
        native.append(cycle_ns("loopback"))
        c_device.append(cycle_ns(CDevice(_harmless())))
        python.append(cycle_ns(PyNothing()))
    yield compared("dispatch", "Python function, thread attached once", taken["attached"], call, "indirect call",
                   Goal(60))  # fmt: skip
    if callback is not None:
        yield compared("dispatch", "... faster than a cffi callback by", taken["attached"], taken["cffi"], "cffi",
                       Goal(1.5, at_least=True), inverse=True)  # fmt: skip
    else:
        yield Result("dispatch", "... faster than a cffi callback by", None, "ns", None, "cffi",
                     goal=Goal(1.5, at_least=True))  # fmt: skip
    yield compared("dispatch", "... thread not attached (never done)", taken["unattached"], call, "indirect call")
    calls = call[: len(native)]
    yield compared("dispatch", "whole cycle, C function as the device", c_device, calls, "indirect call")
    yield compared("dispatch", "... over the loopback's own cycle", c_device, native, "cycle of a cdef class",
                   Goal(1.5))  # fmt: skip
    more = [p - n for p, n in zip(python, native, strict=True)]
    yield compared("dispatch", "a Python device's share of a cycle", more, calls, "indirect call")


def _harmless() -> int:
    """A C function of the system that takes no notice of its arguments, and makes no system call."""
    import ctypes  # noqa: PLC0415

    function = ctypes.CDLL("kernel32").GetCurrentThreadId if os.name == "nt" else ctypes.CDLL(None).getpagesize
    return ctypes.cast(function, ctypes.c_void_p).value or 0


def _cffi_callback() -> tuple[int, object] | None:
    """(address, what keeps it) of a cffi callback that does nothing."""
    try:
        import cffi  # noqa: PLC0415 - most people do not have it
    except ImportError:
        return None
    ffi = cffi.FFI()
    made = ffi.callback("void(long, long)", nothing)
    return int(ffi.cast("intptr_t", made)), (ffi, made)
