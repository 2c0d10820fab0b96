"""tests: a driver around a device object of the test's own, opened in this process."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from asiokit import entry
from asiokit.config import EntryConfig
from asiokit.host.native import NativeDriver


class DeviceSource:
    """What create_driver asks for, without a lookup by name: the device is here already."""

    wanted = None
    path = None

    def __init__(self, device: Any, config: EntryConfig) -> None:
        self.device, self.config, self.name = device, config, config.name

    def choose(self, name: str) -> bool:
        return False

    def load(self) -> tuple[EntryConfig, Any]:
        return self.config, self.device


class Opened:
    """An open driver: `native` as its host sees it, `engine` from behind, `device` as given."""

    def __init__(self, source: Any, initialize: bool = True) -> None:
        address = entry.create_driver(source)
        self.native = NativeDriver.from_address(address)
        self.engine = next(driver.engine for driver in entry.drivers() if driver.address == address)
        self.device = getattr(source, "device", None)
        if initialize and not self.native.init():
            text = self.native.error_message()
            self.native.release()
            raise AssertionError(f"init failed: {text}")

    @property
    def statistics(self) -> dict[str, Any]:
        return dict(self.engine.statistics)

    def step(self, n_cycles: int = 1, timeout_s: float = 10.0) -> None:
        assert self.engine.step(n_cycles, timeout_s), "the stream did not take the steps"


@contextmanager
def opened(device: Any, **stream: Any) -> Iterator[Opened]:
    """device: a Device object, or the name of a device class. stream: the fields of EntryConfig."""
    if isinstance(device, str):
        source: Any = entry.EntrySource(config=EntryConfig(name="Test", device=device, **stream))
    else:
        source = DeviceSource(device, EntryConfig(name="Test", device="probe", **stream))
    driver = Opened(source)
    try:
        yield driver
    finally:
        driver.native.release()


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
