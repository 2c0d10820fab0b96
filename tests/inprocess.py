"""tests: a driver around a device in this process (asiokit.testing), and waiting."""

import os
import time
from collections.abc import Callable

from asiokit.testing import DeviceSource, OpenDriver, opened

__all__ = ["DeviceSource", "Opened", "may_be_realtime", "opened", "wait_for"]

Opened = OpenDriver


def may_be_realtime() -> bool:
    """Whether this process may make real-time threads, whatever its user is called."""
    if not hasattr(os, "sched_setscheduler"):
        return False
    before = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(70))
        os.sched_setscheduler(0, *before)
    except PermissionError:
        return False
    return True


def wait_for(condition: Callable[[], object], timeout_s: float = 10.0) -> bool:
    """For what another thread does in its own time. False when it has not come."""
    end = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.001)
    return True
